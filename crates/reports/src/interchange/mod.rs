//! Tables for audit software: the ledger in the shape that audit tools expect, under the table names that ISO 21378:2019
//! publishes (audit data collection; GB/T 24589 asks for the same tables). Aligned with those names, and not conformant.
//!
//! Everything is read by key up to one sequence, in short statements. What is no posting (names, states of programmes and
//! periods) is as it is now.

mod shape;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use super::duties;
use super::formats::{Cell, FormatError};
use super::lines::movement;
use super::report::{Row, Scope};
use super::scope::At;
use super::snapshot_range::SnapshotRange;
pub use shape::AuditTable;
use subsidy_core::book::Command;
use subsidy_core::book::Duty;
use subsidy_core::domain::{Date, Instant, Money, Month};
use subsidy_core::ledger::Account;
use subsidy_store::db::convert;
use subsidy_store::db::list::PageQuery;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

const PAGE: i64 = 5_000;

rows! {
    struct DetailRow {
        sequence: i64,
        line: i16,
        kind: String,
        effective_date: NaiveDate,
        recorded_at: DateTime<Utc>,
        subject: String,
        account: String,
        side: String,
        amount: Decimal,
        programme: String,
        organisation: String,
        level: String,
        fiscal_year: i16,
        document: String,
    }
}

rows! {
    struct AccountMonthRow { account: String, programme: String, month: String, debit: Decimal, credit: Decimal }
}

rows! {
    struct PartyRow { credit_code: String, name: String, category: String, status: String }
}

rows! {
    struct ProjectRow {
        code: String,
        title_zh: String,
        title_en: String,
        instrument: String,
        document: String,
        window_from: NaiveDate,
        window_until: NaiveDate,
        status: String,
    }
}

rows! {
    struct PeriodStatusRow { month: String, status: String }
}

statement! {
    fn details(PageQuery { after, limit }; line: i16, known_at: i64) -> Vec<DetailRow> =
        "SELECT e.sequence, e.line, l.kind, e.effective_date, l.recorded_at, l.subject, e.account, e.side::text AS side, e.amount, \
                e.programme, e.organisation, e.level, e.fiscal_year, l.document \
           FROM entries AS e JOIN log AS l ON l.sequence = e.sequence \
          WHERE (e.sequence, e.line) > ($1, $3) AND e.sequence <= $4 ORDER BY e.sequence, e.line LIMIT $2";
    /// Full blocks from the totals, the last one from its entries.
    fn months(SnapshotRange { blocks, first, last }) -> Vec<AccountMonthRow> =
        "SELECT account, programme, to_char(effective_date, 'YYYY-MM') AS month, sum(debit) AS debit, sum(credit) AS credit \
           FROM (SELECT account, programme, effective_date, debit, credit FROM totals WHERE block < $1 \
                 UNION ALL \
                 SELECT account, programme, effective_date, CASE side WHEN 'D' THEN amount ELSE 0 END, \
                        CASE side WHEN 'C' THEN amount ELSE 0 END \
                   FROM entries WHERE sequence >= $2 AND sequence <= $3) AS t \
          GROUP BY account, programme, month";
    fn parties(after: &str, limit: i64) -> Vec<PartyRow> =
        "SELECT credit_code, name, category, status FROM organisations WHERE credit_code COLLATE \"C\" > $1 \
          ORDER BY credit_code COLLATE \"C\" LIMIT $2";
    fn projects() -> Vec<ProjectRow> =
        "SELECT code, title_zh, title_en, instrument, document, window_from, window_until, status FROM programmes \
          ORDER BY code COLLATE \"C\"";
    fn periods() -> Vec<PeriodStatusRow> = "SELECT month, status FROM periods ORDER BY month";
}

/// Why a table is not written.
#[derive(Debug, thiserror::Error)]
pub enum InterchangeError {
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be written.
    #[error(transparent)]
    Format(#[from] FormatError),
}

impl From<diesel::result::Error> for InterchangeError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Read(error.into())
    }
}

impl From<subsidy_core::domain::money::OutOfRange> for InterchangeError {
    fn from(error: subsidy_core::domain::money::OutOfRange) -> Self {
        Self::Read(error.into())
    }
}

impl From<convert::Unreadable> for InterchangeError {
    fn from(error: convert::Unreadable) -> Self {
        Self::Read(error.into())
    }
}

pub type Sink<'a> = dyn FnMut(&[Cell]) -> Result<(), FormatError> + 'a;

/// A table's rows, one after another.
pub async fn write(
    conn: &AsyncPgConnection,
    (at, scope): (&At, &Scope),
    table: AuditTable,
    sink: &mut Sink<'_>,
) -> Result<(), InterchangeError> {
    let mut put = |row: Row| sink(&row.cells);
    match table {
        AuditTable::ChartOfAccounts => Ok(Account::ALL.iter().map(account).try_for_each(put)?),
        AuditTable::JournalEntryType => {
            Ok(Command::KINDS.iter().map(|kind| kind_of(kind)).try_for_each(put)?)
        }
        AuditTable::User => {
            let report = duties::read_from_log(conn, at, scope).await?;
            Ok(report
                .table
                .rows
                .iter()
                .try_for_each(|cells| sink(cells.get(..table.columns().len()).unwrap_or_default()))?)
        }
        AuditTable::Supplier => suppliers(conn, &mut put).await,
        AuditTable::Project => {
            let found = projects(conn).await?;
            Ok(found.into_iter().map(project).try_for_each(put)?)
        }
        AuditTable::AccountingPeriod => accounting_periods(conn, scope, &mut put).await,
        AuditTable::PeriodBalance => balances(conn, scope, &mut put).await,
        AuditTable::Details => journal(conn, scope, &mut put).await,
    }
}

type Put<'a> = dyn FnMut(Row) -> Result<(), FormatError> + 'a;

fn account(account: &Account) -> Row {
    Row::default()
        .text(account.code())
        .text(account.name_zh())
        .text(account.name_en())
        .text(account.book().into_str())
        .text(account.side().into_str())
}

fn kind_of(kind: &str) -> Row {
    Row::default().text(kind).text(Duty::of(kind).into_str())
}

fn project(found: ProjectRow) -> Row {
    Row::default()
        .text(found.code)
        .text(found.title_zh)
        .text(found.title_en)
        .text(found.instrument)
        .text(found.document)
        .text(found.window_from)
        .text(found.window_until)
        .text(found.status)
}

async fn suppliers(conn: &AsyncPgConnection, put: &mut Put<'_>) -> Result<(), InterchangeError> {
    let mut after = String::new();
    loop {
        let found = parties(conn, &after, PAGE).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = last.credit_code.clone();
        for party in found {
            let row = Row::default().text(party.credit_code).text(party.name);
            put(row.text(party.category).text(party.status))?;
        }
    }
}

/// A month's debits and credits by programme and account.
type Movements = BTreeMap<(String, String), BTreeMap<Month, [Money; 2]>>;

async fn movements(conn: &AsyncPgConnection, scope: &Scope) -> Result<Movements, InterchangeError> {
    let blocks = (scope.known_at + 1).div_euclid(BLOCK);
    let mut all = Movements::new();
    let range = SnapshotRange { blocks, first: blocks * BLOCK, last: scope.known_at, sign: 1 };
    for row in months(conn, range).await? {
        let month = convert::read(&row.month)?;
        let sums = [convert::money(row.debit)?, convert::money(row.credit)?];
        all.entry((row.programme, row.account)).or_default().insert(month, sums);
    }
    Ok(all)
}

/// The first and the last month that anything was posted in.
fn span(movements: &Movements) -> Option<(Month, Month)> {
    let months = || movements.values().flat_map(BTreeMap::keys).copied();
    months().min().zip(months().max())
}

async fn accounting_periods(
    conn: &AsyncPgConnection,
    scope: &Scope,
    put: &mut Put<'_>,
) -> Result<(), InterchangeError> {
    let Some((first, last)) = span(&movements(conn, scope).await?) else { return Ok(()) };
    let closed: BTreeMap<String, String> =
        periods(conn).await?.into_iter().map(|period| (period.month, period.status)).collect();
    for month in first.through(last) {
        let status = closed.get(&month.to_string()).map_or("open", String::as_str);
        let row = Row::default().text(month).count(year(month.first_day()));
        put(row.text(month.first_day()).text(month.last_day()).text(status))?;
    }
    Ok(())
}

fn year(day: Date) -> i64 {
    i64::from(chrono::Datelike::year(&day.naive()))
}

/// Every account of every programme, from its first month to the ledger's last one.
async fn balances(
    conn: &AsyncPgConnection,
    scope: &Scope,
    put: &mut Put<'_>,
) -> Result<(), InterchangeError> {
    let movements = movements(conn, scope).await?;
    let Some((_, last)) = span(&movements) else { return Ok(()) };
    for ((programme, code), months) in &movements {
        let Some(first) = months.keys().next() else { continue };
        let side = Account::parse(code).map(|account| account.side().into_str()).unwrap_or_default();
        let mut balance = Money::ZERO;
        for month in first.through(last) {
            let [debit, credit] = months.get(&month).copied().unwrap_or_default();
            let grown = |side: &str, amount| movement(code, side, convert::decimal(amount));
            let after = balance.plus(grown("D", debit)?)?.plus(grown("C", credit)?)?;
            let row = Row::default().text(code).text(programme).text(month).count(year(month.first_day()));
            let row = row.text("CNY").text(side).amount(balance);
            put(row.amount(debit).amount(credit).amount(after))?;
            balance = after;
        }
    }
    Ok(())
}

async fn journal(conn: &AsyncPgConnection, scope: &Scope, put: &mut Put<'_>) -> Result<(), InterchangeError> {
    let mut after = (-1, 0);
    loop {
        let found = details(conn, PageQuery { after: after.0, limit: PAGE }, after.1, scope.known_at).await?;
        let Some(last) = found.last() else { return Ok(()) };
        after = (last.sequence, last.line);
        for line in found {
            put(detail(line)?)?;
        }
    }
}

fn detail(found: DetailRow) -> Result<Row, InterchangeError> {
    let day = Date::from_naive(found.effective_date);
    let amount = convert::money(found.amount)?;
    let row = Row::default()
        .count(found.sequence)
        .count(i64::from(found.line))
        .text(found.kind)
        .text(day)
        .text(Month::of(day))
        .count(year(day))
        .text(Instant::new(found.recorded_at))
        .text(found.subject)
        .text(found.account);
    let row = if found.side == "D" { row.amount(amount).empty() } else { row.empty().amount(amount) };
    Ok(row
        .text("CNY")
        .text(found.programme)
        .text(found.organisation)
        .text(found.level)
        .count(i64::from(found.fiscal_year))
        .text(found.document))
}
