//! The trial balance: turnovers from the beginning to a day, as the ledger knew them at a sequence.
//!
//! Blocks of 65,536 sequences come from `totals`, and at most half a block of lines is read ([`SnapshotRange`]): an answer for an
//! earlier sequence is the same for ever.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use super::formats::Column;
use super::report::{Link, Report, Row, Scope};
use super::snapshot_range::SnapshotRange;
use subsidy_core::domain::Date;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::ledger::{Account, BookCode, Turnover};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("科目 account", 12),
    Column::plain("名称 name", 20),
    Column::plain("英文名称 name_en", 34),
    Column::summed("借方 debit", 20),
    Column::summed("贷方 credit", 20),
    Column::amounts("余额 balance", 20),
    Column::plain("方向 side", 10),
];

rows! {
    struct TrialBalanceRow { account: String, debit: Decimal, credit: Decimal }
}

statement! {
    /// Totals of blocks before `$1`; lines from `$2` to `$3` are added or, where `$4` says so, taken off.
    fn turnovers(
        SnapshotRange { blocks, first, last, sign }; as_of: NaiveDate, programme: Option<&str>
    ) -> Vec<TrialBalanceRow> =
        "SELECT account, sum(debit) AS debit, sum(credit) AS credit FROM ( \
             SELECT account, sum(debit) AS debit, sum(credit) AS credit FROM totals \
              WHERE block < $1 AND effective_date <= $5 AND ($6::text IS NULL OR programme = $6) GROUP BY account \
             UNION ALL \
             SELECT account, CASE side WHEN 'D' THEN $4 * sum(amount) ELSE 0 END, \
                    CASE side WHEN 'C' THEN $4 * sum(amount) ELSE 0 END \
               FROM entries WHERE sequence >= $2 AND sequence <= $3 AND effective_date <= $5 \
                AND ($6::text IS NULL OR programme = $6) GROUP BY account, side) AS t \
         GROUP BY account HAVING sum(debit) > 0 OR sum(credit) > 0";
}

#[derive(Debug, Clone)]
pub struct Question {
    /// The last day that counts.
    pub as_of: Date,
    /// The last sequence that counts; −1 for none.
    pub known_at: i64,
    pub programme: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrialBalance(BTreeMap<Account, Turnover>);

impl TrialBalance {
    /// Sums what was known.
    pub async fn read(conn: &AsyncPgConnection, question: &Question) -> Result<Self, ReadError> {
        Self::read_from(conn, question, SnapshotRange::of(conn, question.known_at).await?).await
    }

    /// The same from some totals and some lines.
    pub async fn read_from(
        conn: &AsyncPgConnection,
        question: &Question,
        range: SnapshotRange,
    ) -> Result<Self, ReadError> {
        let (as_of, programme) = (question.as_of.naive(), question.programme.as_deref());
        let found = turnovers(conn, range, as_of, programme).await?;
        let mut turnovers = BTreeMap::new();
        for row in found {
            let account = Account::parse(&row.account).ok_or(Unreadable(row.account))?;
            let turnover =
                Turnover { debit: convert::money(row.debit)?, credit: convert::money(row.credit)? };
            turnovers.insert(account, turnover);
        }
        Ok(Self(turnovers))
    }

    /// Of one level, organisation or district.
    pub async fn of_part(conn: &AsyncPgConnection, scope: &Scope) -> Result<Self, ReadError> {
        let sums = super::turnovers::sums(conn, scope, &[]).await?;
        Ok(Self(sums.into_iter().map(|((_, account), turnover)| (account, turnover)).collect()))
    }

    /// The turnover of an account; of one that was never used, zero.
    pub fn of(&self, account: Account) -> Turnover {
        self.0.get(&account).copied().unwrap_or_default()
    }

    pub fn of_book(&self, book: BookCode) -> Result<Turnover, OutOfRange> {
        let of_it = self.0.iter().filter(|(account, _)| account.book() == book);
        of_it.map(|(_, turnover)| *turnover).try_fold(Turnover::default(), Turnover::plus)
    }

    /// The whole chart as rows.
    pub fn report(&self, scope: &Scope) -> Result<Report, OutOfRange> {
        let row = |account: &Account| {
            let (turnover, side) = (self.of(*account), account.side());
            let statement = Self::link(scope, *account);
            Ok(Row::default()
                .text(account.code())
                .text(account.name_zh())
                .text(account.name_en())
                .amount(turnover.debit)
                .amount(turnover.credit)
                .figure(turnover.balance(side)?, statement)
                .text(side.into_str()))
        };
        let rows = Account::ALL.iter().map(row).collect::<Result<_, _>>()?;
        Ok(Report::of(["trial-balance", "试算平衡表"], COLUMNS, rows))
    }

    /// The statement whose movements sum to an account's balance.
    pub fn link(scope: &Scope, account: Account) -> Link {
        let statement = scope.statement().with("account", account.code());
        let statement = statement.with("programme", scope.programme.as_deref().unwrap_or_default());
        scope.only.named(statement, &[]).until(scope.as_of)
    }

    /// The turnover of all books.
    pub fn total(&self) -> Result<Turnover, OutOfRange> {
        self.0.values().copied().try_fold(Turnover::default(), Turnover::plus)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use subsidy_core::domain::Money;
    use subsidy_core::ledger::Side;

    #[test]
    fn books_and_total_sum_their_accounts() {
        let turnover =
            |debit, credit| Turnover { debit: Money::from_fen(debit), credit: Money::from_fen(credit) };
        let balance = TrialBalance(BTreeMap::from([
            (Account::B1001, turnover(500, 0)),
            (Account::B2001, turnover(200, 500)),
            (Account::B2003, turnover(0, 200)),
        ]));
        assert_eq!(balance.of_book(BookCode::B).unwrap(), turnover(700, 700));
        assert_eq!(balance.of_book(BookCode::F).unwrap(), Turnover::default());
        assert_eq!(balance.total().unwrap(), turnover(700, 700));
        assert_eq!(balance.of(Account::B2001).balance(Side::Credit).unwrap(), Money::from_fen(300));
        assert_eq!(balance.of(Account::Y6001), Turnover::default());
    }
}
