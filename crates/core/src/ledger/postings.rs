//! Postings: the verbs of the ledger, each balanced in every book it touches.

use serde::{Deserialize, Serialize};

use super::accounts::{Account, BookCode, Side};
use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{CreditCode, Label, Money, ProgrammeCode, RecoveryId};

/// What every line of a posting carries beside its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimensions {
    /// 专项
    pub programme: ProgrammeCode,
    /// The beneficiary or payee; none for the budget itself.
    pub organisation: Option<CreditCode>,
    /// The funding level, where a programme shares its funding.
    pub level: Option<Label>,
    /// The fiscal year of the appropriation or the commitment.
    pub fiscal_year: FiscalYear,
}

impl Dimensions {
    /// Of all funding levels together.
    pub fn of(programme: &ProgrammeCode, organisation: CreditCode, fiscal_year: FiscalYear) -> Self {
        Self { programme: programme.clone(), organisation: Some(organisation), level: None, fiscal_year }
    }
}

/// A funding level's part of an amount; no level where one level pays all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Label>,
    /// CNY.
    pub amount: Money,
}

/// One line of a posting. The amount is above zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub account: Account,
    pub side: Side,
    /// CNY, above zero.
    pub amount: Money,
    /// 专项
    pub programme: ProgrammeCode,
    /// The beneficiary or payee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CreditCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Label>,
    /// The fiscal year.
    pub fiscal_year: FiscalYear,
    /// The recovery whose receivable it moves, where the command that posts it is about another document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryId>,
}

/// Lines that balance in every book.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Posting(Vec<Line>);

impl Posting {
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    /// Whether nothing is posted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// **appropriate a**: B Dr1001 Cr2001.
    pub fn appropriate(amount: Money, at: &Dimensions) -> Self {
        Self::default().pair(Account::B1001, Account::B2001, amount, at)
    }

    /// A reduction of an appropriation: B Dr2001 Cr1001.
    pub fn reduce_appropriation(amount: Money, at: &Dimensions) -> Self {
        Self::default().pair(Account::B2001, Account::B1001, amount, at)
    }

    /// **lapse a**: B Dr2001 Cr2009.
    pub fn lapse(amount: Money, at: &Dimensions) -> Self {
        Self::default().pair(Account::B2001, Account::B2009, amount, at)
    }

    /// A commitment from the available appropriation: B Dr2001 Cr`commitment`.
    pub fn commit(amount: Money, commitment: Account, at: &Dimensions) -> Self {
        Self::default().pair(Account::B2001, commitment, amount, at)
    }

    /// **RELEASE(a, c)**: B Dr c Cr2001; a commitment of an earlier fiscal year lapses: Cr2009.
    /// `at.fiscal_year` is the commitment's year, `today` the year in which it is released.
    pub fn release(amount: Money, commitment: Account, at: &Dimensions, today: FiscalYear) -> Self {
        let to = if today > at.fiscal_year { Account::B2009 } else { Account::B2001 };
        Self::default().pair(commitment, to, amount, at)
    }

    /// **ACCRUE(a, c, k)**, level by level: B Dr `commitment` Cr2007; F Dr`expense` Cr2302, owed to the payee.
    pub fn accrue(
        parts: &[Part],
        [commitment, expense]: [Account; 2],
        at: &Dimensions,
        payee: CreditCode,
    ) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            posting.pair(commitment, Account::B2007, amount, at).pair(expense, Account::F2302, amount, at)
        })
        .owed_to(payee)
    }

    /// **ACCRUE** reversed, level by level: less was approved than before and none of it is paid.
    pub fn unaccrue(
        parts: &[Part],
        [commitment, expense]: [Account; 2],
        at: &Dimensions,
        payee: CreditCode,
    ) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            posting.pair(Account::B2007, commitment, amount, at).pair(Account::F2302, expense, amount, at)
        })
        .owed_to(payee)
    }

    /// **PAY(a)**, level by level: B Dr2007 Cr2008; F Dr2302 Cr4001; Y Dr7101 Cr6001.
    pub fn pay(parts: &[Part], at: &Dimensions, payee: CreditCode) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            posting
                .pair(Account::B2007, Account::B2008, amount, at)
                .pair(Account::F2302, Account::F4001, amount, at)
                .pair(Account::Y7101, Account::Y6001, amount, at)
        })
        .owed_to(payee)
    }

    /// **PAY** reversed: the bank returned it after it was paid.
    pub fn unpay(parts: &[Part], at: &Dimensions, payee: CreditCode) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            posting
                .pair(Account::B2008, Account::B2007, amount, at)
                .pair(Account::F4001, Account::F2302, amount, at)
                .pair(Account::Y6001, Account::Y7101, amount, at)
        })
        .owed_to(payee)
    }

    /// **Prefund**, level by level: B Dr2001 Cr2005, B Dr2005 Cr2008, F Dr1214 Cr4001, Y Dr7101 Cr6001. It is the bank's.
    pub fn prefund(parts: &[Part], at: &Dimensions, bank: CreditCode) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            posting
                .pair(Account::B2001, Account::B2005, amount, at)
                .pair(Account::B2005, Account::B2008, amount, at)
                .pair(Account::F1214, Account::F4001, amount, at)
                .pair(Account::Y7101, Account::Y6001, amount, at)
        })
        .owed_to(bank)
    }

    /// **What is left of a prefund came back**, level by level: F Dr4001 Cr1214, Y Dr6001 Cr7101, B Dr2008 Cr2001.
    pub fn prefund_returned(parts: &[Part], at: &Dimensions, bank: CreditCode) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            posting
                .pair(Account::F4001, Account::F1214, amount, at)
                .pair(Account::Y6001, Account::Y7101, amount, at)
                .pair(Account::B2008, Account::B2001, amount, at)
        })
        .owed_to(bank)
    }

    /// **Deduction** by the bank, level by level: F Dr`expense` Cr1214. The pot was spent with the prefund.
    pub fn deduct(parts: &[Part], expense: Account, at: &Dimensions, bank: CreditCode) -> Self {
        Self::by_level(parts, at, |posting, amount, at| posting.pair(expense, Account::F1214, amount, at))
            .owed_to(bank)
    }

    /// **What is left of a prefund rolls** into another fiscal year, level by level: F Dr1214 of that year, Cr1214.
    pub fn roll(parts: &[Part], at: &Dimensions, to: FiscalYear, bank: CreditCode) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            let into = Dimensions { fiscal_year: to, ..at.clone() };
            posting.line(Account::F1214, Side::Debit, amount, &into).line(
                Account::F1214,
                Side::Credit,
                amount,
                at,
            )
        })
        .owed_to(bank)
    }

    /// **Recovery decided**, level by level: F Dr1212 Cr`credited`.
    pub fn recovery(parts: &[Part], credited: Account, at: &Dimensions) -> Self {
        Self::by_level(parts, at, |posting, amount, at| posting.pair(Account::F1212, credited, amount, at))
    }

    /// **Cash of a recovery** in the year of the payment: F Dr4001 Cr1212, Y Dr6001 Cr7101, B Dr2008 Cr2001.
    pub fn recovered(parts: &[Part], at: &Dimensions) -> Self {
        Self::by_level(parts, at, |posting, amount, at| {
            posting
                .pair(Account::F4001, Account::F1212, amount, at)
                .pair(Account::Y6001, Account::Y7101, amount, at)
                .pair(Account::B2008, Account::B2001, amount, at)
        })
    }

    /// **Cash of a recovery** in a later year: F Dr2103 Cr1212 if the decision credited 2103, else F Dr4001 Cr1212.
    pub fn recovered_later(parts: &[Part], credited: Account, at: &Dimensions) -> Self {
        let debit = if credited == Account::F2103 { Account::F2103 } else { Account::F4001 };
        Self::by_level(parts, at, |posting, amount, at| posting.pair(debit, Account::F1212, amount, at))
    }

    /// **Write-off**: F Dr`credited` Cr1212, whichever the decision credited.
    pub fn write_off(parts: &[Part], credited: Account, at: &Dimensions) -> Self {
        Self::by_level(parts, at, |posting, amount, at| posting.pair(credited, Account::F1212, amount, at))
    }

    /// **Offset** of what is due against what is owed, the same sum by the levels of each: B Dr2007 Cr2001;
    /// F Dr2302 Cr1212. The debits are the payable's, the credits the recovery's.
    pub fn offset(
        (due, at, payee): (&[Part], &Dimensions, CreditCode),
        (owed, back_at): (&[Part], &Dimensions),
    ) -> Self {
        let lines = |parts: &[Part], accounts: [Account; 2], side, at: &Dimensions| {
            parts.iter().fold(Self::default(), |posting, part| {
                let at = Dimensions { level: part.level.clone(), ..at.clone() };
                accounts
                    .into_iter()
                    .fold(posting, |posting, account| posting.line(account, side, part.amount, &at))
            })
        };
        let debits = lines(due, [Account::B2007, Account::F2302], Side::Debit, at).owed_to(payee);
        debits.and(lines(owed, [Account::B2001, Account::F1212], Side::Credit, back_at))
    }

    /// The exact opposite, pair by pair: with the original it comes to nothing on every account and dimension.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let opposite = |line: &Line| {
            let side = match line.side {
                Side::Debit => Side::Credit,
                Side::Credit => Side::Debit,
            };
            Line { side, ..line.clone() }
        };
        Self(self.0.chunks(2).flat_map(|pair| pair.iter().rev().map(opposite)).collect())
    }

    /// Both postings as one.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The same pairs for the part of every level.
    fn by_level(parts: &[Part], at: &Dimensions, pairs: impl Fn(Self, Money, &Dimensions) -> Self) -> Self {
        parts.iter().fold(Self::default(), |posting, part| {
            pairs(posting, part.amount, &Dimensions { level: part.level.clone(), ..at.clone() })
        })
    }

    /// The receivables are this recovery's: what the other lines move is the document that the command is about.
    #[must_use]
    pub fn receivable_of(mut self, recovery: RecoveryId) -> Self {
        for line in self.0.iter_mut().filter(|line| line.account == Account::F1212) {
            line.recovery = Some(recovery);
        }
        self
    }

    /// The payables are this payee's, who need not be the beneficiary.
    fn owed_to(mut self, payee: CreditCode) -> Self {
        for line in self.0.iter_mut().filter(|line| line.account.per_payee()) {
            line.organisation = Some(payee);
        }
        self
    }

    /// Adds a debit and a credit of the same amount; a part of 0.00 is left out.
    fn pair(self, debit: Account, credit: Account, amount: Money, at: &Dimensions) -> Self {
        self.line(debit, Side::Debit, amount, at).line(credit, Side::Credit, amount, at)
    }

    /// One line; none of 0.00.
    fn line(mut self, account: Account, side: Side, amount: Money, at: &Dimensions) -> Self {
        if !amount.is_zero() {
            self.0.push(Line {
                account,
                side,
                amount,
                programme: at.programme.clone(),
                organisation: at.organisation,
                level: at.level.clone(),
                fiscal_year: at.fiscal_year,
                recovery: None,
            });
        }
        self
    }

    /// Whether debits equal credits in every book and every amount is above zero.
    pub fn balances(&self) -> Result<bool, OutOfRange> {
        for book in BookCode::ALL {
            let side = |side| {
                Money::sum(
                    self.0.iter().filter(|l| l.account.book() == book && l.side == side).map(|l| l.amount),
                )
            };
            if side(Side::Debit)? != side(Side::Credit)? {
                return Ok(false);
            }
        }
        Ok(self.0.iter().all(|l| l.amount.is_positive()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed posting fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(year: i32) -> Dimensions {
        Dimensions {
            programme: ProgrammeCode::parse("p").unwrap(),
            organisation: None,
            level: None,
            fiscal_year: FiscalYear::new(year).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn every_verb_balances_every_book(fen in 0_i64..100_000_000_000, year in 2020_i32..2030, today in 2020_i32..2030) {
            let (amount, at) = (Money::from_fen(fen), at(year));
            let payee = CreditCode::parse("91310000MA1FL0000N").unwrap();
            let parts = [Part { level: None, amount }, Part { level: Some(Label::parse("city").unwrap()), amount }];
            let total = amount.plus(amount).unwrap();
            for posting in [
                Posting::appropriate(amount, &at),
                Posting::reduce_appropriation(amount, &at),
                Posting::lapse(amount, &at),
                Posting::commit(amount, Account::B2003, &at),
                Posting::release(amount, Account::B2003, &at, FiscalYear::new(today).unwrap()),
                Posting::accrue(&parts, [Account::B2003, Account::F500101], &at, payee),
                Posting::unaccrue(&parts, [Account::B2003, Account::F500101], &at, payee),
                Posting::offset((&parts, &at, payee), (&[Part { level: None, amount: total }], &at)),
                Posting::pay(&parts, &at, payee),
                Posting::unpay(&parts, &at, payee),
                Posting::prefund(&parts, &at, payee),
                Posting::prefund_returned(&parts, &at, payee),
                Posting::deduct(&parts, Account::F500103, &at, payee),
                Posting::roll(&parts, &at, FiscalYear::new(today).unwrap(), payee),
                Posting::recovery(&parts, Account::F2103, &at),
                Posting::recovered(&parts, &at),
                Posting::recovered_later(&parts, Account::F2103, &at),
                Posting::write_off(&parts, Account::F500101, &at),
            ] {
                prop_assert!(posting.balances().unwrap());
                prop_assert_eq!(posting.is_empty(), fen == 0);
                // by account, level, organisation, year
                let mut sums = std::collections::BTreeMap::new();
                for line in posting.clone().and(posting.reversed()).lines() {
                    let key = (line.account, line.level.clone(), line.organisation, line.fiscal_year);
                    let sign = if line.side == Side::Debit { 1 } else { -1 };
                    *sums.entry(key).or_insert(0_i64) += sign * line.amount.fen();
                }
                prop_assert!(sums.values().all(|sum| *sum == 0), "{:?}", sums);
                prop_assert_eq!(posting.reversed().reversed(), posting);
            }
        }
    }

    #[test]
    fn a_payment_reversed_is_what_a_return_posts() {
        let payee = CreditCode::parse("91310000MA1FL0000N").unwrap();
        let parts = [Part { level: None, amount: Money::from_fen(7) }];
        assert_eq!(
            Posting::pay(&parts, &at(2025), payee).reversed(),
            Posting::unpay(&parts, &at(2025), payee)
        );
    }

    #[test]
    fn a_commitment_of_an_earlier_year_lapses_when_it_is_released() {
        let later =
            Posting::release(Money::from_fen(1), Account::B2003, &at(2025), FiscalYear::new(2026).unwrap());
        assert_eq!(
            later.lines().iter().map(|l| l.account).collect::<Vec<_>>(),
            [Account::B2003, Account::B2009]
        );
        let same =
            Posting::release(Money::from_fen(1), Account::B2003, &at(2025), FiscalYear::new(2025).unwrap());
        assert_eq!(
            same.lines().iter().map(|l| l.account).collect::<Vec<_>>(),
            [Account::B2003, Account::B2001]
        );
    }
}
