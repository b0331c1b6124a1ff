//! Balances, entries and totals in the database.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::db::convert::{self, Unreadable};
use crate::{rows, statement};
use subsidy_core::domain::{Money, Month};
use subsidy_core::ledger::accounts::{Account, BookCode};
use subsidy_core::ledger::balances::BalanceKey;
use subsidy_core::ledger::turnovers::{Turnover, Turnovers};

rows! {
    /// A balance, on its account's own side.
    pub struct BalanceRow in "balances", keyed {
        key { account: String, programme: String, payee: String }
        amount: Decimal,
    }
}

rows! {
    /// A line of a posting.
    pub struct EntryRow in "entries", appended {
        key { sequence: i64, line: i16 }
        account: String,
        side: String,
        amount: Decimal,
        programme: String,
        organisation: String,
        level: String,
        fiscal_year: i16,
        effective_date: NaiveDate,
        document: String,
    }
}

rows! {
    /// Turnovers of a block of sequences.
    pub struct TotalRow in "totals", keyed {
        key {
            account: String,
            programme: String,
            level: String,
            fiscal_year: i16,
            effective_date: NaiveDate,
            flow: String,
            block: i64,
        }
        debit: Decimal,
        credit: Decimal,
    }
}

statement! {
    /// The lines of sequences from one up to, not including, another, in order.
    pub fn entries_between(Range<i64> { start, end }) -> Vec<EntryRow> =
        "SELECT * FROM entries WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence, line";
}

/// How many sequences are totalled together.
pub const BLOCK: i64 = 65_536;

impl BalanceRow {
    /// The row of a balance.
    pub fn new(key: &BalanceKey, amount: Money) -> Self {
        let (account, programme, payee) = columns(key);
        Self { account, programme, payee, amount: convert::decimal(amount) }
    }

    /// The balance of a row.
    pub fn read(&self) -> Result<(BalanceKey, Money), Unreadable> {
        let account = Account::parse(&self.account).ok_or_else(|| Unreadable(self.account.clone()))?;
        let payee = if self.payee.is_empty() { None } else { Some(convert::read(&self.payee)?) };
        let key = BalanceKey { account, programme: convert::read(&self.programme)?, payee };
        Ok((key, convert::money(self.amount)?))
    }
}

pub fn columns(key: &BalanceKey) -> (String, String, String) {
    let payee = key.payee.map(|p| p.to_string()).unwrap_or_default();
    (key.account.code().to_owned(), key.programme.to_string(), payee)
}

rows! {
    /// Turnovers of a month and a book.
    pub struct MonthRow { month: String, book: String, debit: Decimal, credit: Decimal }
}

statement! {
    /// Turnovers by month and book, of days up to and including one. It reads the totals, once for each month that is closed.
    pub fn by_month(until: NaiveDate) -> Vec<MonthRow> =
        "SELECT to_char(first, 'YYYY-MM') AS month, book, debit, credit \
           FROM (SELECT date_trunc('month', effective_date::timestamp) AS first, left(account, 1) AS book, \
                        sum(debit) AS debit, sum(credit) AS credit \
                   FROM totals WHERE effective_date <= $1 GROUP BY 1, 2) AS m \
          ORDER BY 1, 2";
}

pub fn read_months(rows: &[MonthRow]) -> Result<BTreeMap<Month, Turnovers>, Unreadable> {
    let mut months: BTreeMap<Month, Turnovers> = BTreeMap::new();
    for row in rows {
        let book = BookCode::ALL.into_iter().find(|book| book.into_str() == row.book);
        let book = book.ok_or_else(|| Unreadable(row.book.clone()))?;
        let turnover = Turnover { debit: convert::money(row.debit)?, credit: convert::money(row.credit)? };
        let of_it = months.entry(convert::read(&row.month)?).or_default();
        of_it.add(book, turnover).map_err(|error| Unreadable(error.to_string()))?;
    }
    Ok(months)
}
