//! Turnovers 发生额: debits and credits by book, and those of each month.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::accounts::{BookCode, Side};
use super::balances::turnover;
use super::postings::Posting;
use crate::domain::money::OutOfRange;
use crate::domain::{Money, Month};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Turnover {
    /// 借方, CNY.
    pub debit: Money,
    /// 贷方, CNY.
    pub credit: Money,
}

impl Turnover {
    /// The sum. Error: out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        Ok(Self { debit: self.debit.plus(other.debit)?, credit: self.credit.plus(other.credit)? })
    }

    /// What is left on a side. Error: out of range.
    pub fn balance(self, side: Side) -> Result<Money, OutOfRange> {
        match side {
            Side::Debit => self.debit.minus(self.credit),
            Side::Credit => self.credit.minus(self.debit),
        }
    }

    /// Whether debits equal credits.
    pub fn ties(self) -> bool {
        self.debit == self.credit
    }
}

/// Debits and credits of each book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Turnovers {
    /// 指标账
    #[serde(rename = "B")]
    pub budget: Turnover,
    /// 财务会计
    #[serde(rename = "F")]
    pub accrual: Turnover,
    /// 预算会计
    #[serde(rename = "Y")]
    pub cash: Turnover,
}

impl Turnovers {
    /// Of one posting. Error: out of range.
    pub fn of(posting: &Posting) -> Result<Self, OutOfRange> {
        let mut turnovers = Self::default();
        for line in posting.lines() {
            let (debit, credit) = turnover(line);
            turnovers.add(line.account.book(), Turnover { debit, credit })?;
        }
        Ok(turnovers)
    }

    /// Adds to a book. Error: out of range.
    pub fn add(&mut self, book: BookCode, turnover: Turnover) -> Result<(), OutOfRange> {
        let of_it = match book {
            BookCode::B => &mut self.budget,
            BookCode::F => &mut self.accrual,
            BookCode::Y => &mut self.cash,
        };
        *of_it = of_it.plus(turnover)?;
        Ok(())
    }

    pub const fn of_book(&self, book: BookCode) -> Turnover {
        match book {
            BookCode::B => self.budget,
            BookCode::F => self.accrual,
            BookCode::Y => self.cash,
        }
    }

    /// The sum, book by book. Error: out of range.
    pub fn plus(mut self, other: &Self) -> Result<Self, OutOfRange> {
        for book in BookCode::ALL {
            self.add(book, other.of_book(book))?;
        }
        Ok(self)
    }

    /// The first book whose debits and credits differ.
    pub fn untied(&self) -> Option<BookCode> {
        BookCode::ALL.into_iter().find(|book| !self.of_book(*book).ties())
    }
}

/// Turnovers by month, of all months or of those up to one. They are an index of the postings, kept where it is known
/// and never written: the database has them in its totals.
#[derive(Debug, Clone, Default)]
pub struct MonthlyTurnovers {
    months: BTreeMap<Month, Turnovers>,
    through: Option<Month>,
    complete: bool,
}

impl MonthlyTurnovers {
    /// Of a ledger that has posted nothing yet, and of all that it will post.
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// Whether all months up to this one are known.
    pub fn knows(&self, month: &Month) -> bool {
        self.complete || self.through.is_some_and(|through| *month <= through)
    }

    /// Marks the months up to this one as known.
    pub fn looked_for(&mut self, month: Month) {
        self.through = self.through.max(Some(month));
    }

    /// Puts a month that was loaded.
    pub fn load(&mut self, month: Month, turnovers: Turnovers) {
        self.months.insert(month, turnovers);
    }

    /// Months with postings up to this one, in order; none where they are not known.
    pub fn through(&self, month: Month) -> Option<impl Iterator<Item = (Month, &Turnovers)>> {
        self.knows(&month).then(|| self.months.range(..=month).map(|(month, turnovers)| (*month, turnovers)))
    }

    /// Adds a posting of a month, where that month is known. Error: out of range.
    pub fn add(&mut self, month: Month, posting: &Posting) -> Result<(), OutOfRange> {
        if posting.is_empty() || !self.knows(&month) {
            return Ok(());
        }
        let of_it = self.months.entry(month).or_default();
        *of_it = of_it.plus(&Turnovers::of(posting)?)?;
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use super::super::accounts::Account;
    use super::super::postings::Dimensions;
    use super::*;
    use crate::domain::ProgrammeCode;
    use crate::domain::dates::FiscalYear;

    fn posting(fen: i64) -> Posting {
        let at = Dimensions {
            programme: ProgrammeCode::parse("p").unwrap(),
            organisation: None,
            level: None,
            fiscal_year: FiscalYear::new(2025).unwrap(),
        };
        Posting::appropriate(Money::from_fen(fen), &at).and(Posting::commit(
            Money::from_fen(1),
            Account::B2003,
            &at,
        ))
    }

    #[test]
    fn a_posting_is_added_to_its_month_where_that_is_known() {
        let [february, march] = ["2025-02", "2025-03"].map(|month| Month::parse(month).unwrap());
        let mut part = MonthlyTurnovers::default();
        assert!(part.through(february).is_none());
        part.looked_for(february);
        let mut whole = MonthlyTurnovers::complete();
        for turnovers in [&mut part, &mut whole] {
            turnovers.add(february, &posting(500)).unwrap();
            turnovers.add(february, &posting(20)).unwrap();
            turnovers.add(march, &posting(9)).unwrap();
        }
        let side = Money::from_fen(522);
        let expected = Turnovers { budget: Turnover { debit: side, credit: side }, ..Turnovers::default() };
        for turnovers in [&part, &whole] {
            let known: Vec<_> = turnovers.through(february).unwrap().collect();
            assert_eq!(known, [(february, &expected)]);
        }
        assert!(part.through(march).is_none());
        assert_eq!(whole.through(march).unwrap().count(), 2);
    }

    #[test]
    fn a_book_that_does_not_tie_is_named() {
        let mut turnovers = Turnovers::of(&posting(500)).unwrap();
        assert_eq!(turnovers.untied(), None);
        turnovers.add(BookCode::F, Turnover { debit: Money::from_fen(1), credit: Money::ZERO }).unwrap();
        assert_eq!(turnovers.untied(), Some(BookCode::F));
    }
}
