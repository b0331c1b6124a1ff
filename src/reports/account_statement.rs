//! The account statement 明细账: lines of one or more accounts in the order of their days, with a running balance.

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::lines::walk::ByDay;
use super::lines::{self, Filter, LineRow};
use super::report::{self, Link, Report, Row, Scope};
use subsidy_core::domain::Money;
use subsidy_store::db::convert;
use subsidy_store::ledger::BLOCK;

/// What a row says.
pub const COLUMNS: &[Column] = &[
    Column::days("日期 effective_date", 12),
    Column::counts("序号 sequence", 10),
    Column::counts("行 line", 6),
    Column::plain("记录 kind", 22),
    Column::plain("科目 account", 10),
    Column::plain("对方科目 counter_account", 10),
    Column::plain("流向 flow", 14),
    Column::plain("专项 programme", 24),
    Column::plain("单位 organisation", 24),
    Column::plain("资金级次 level", 12),
    Column::plain("单据 document", 38),
    Column::plain("经手 subject", 18),
    Column::summed("借方 debit", 18),
    Column::summed("贷方 credit", 18),
    Column::summed("变动 movement", 18),
    Column::amounts("余额 balance", 18),
];

pub const NAME: [&str; 2] = ["account-statement", "明细账"];
/// The lines that a filter lets through. `movement` and `balance` stand on each account's own side; the first balance
/// carries what was before `from`. A ledger of one block is read at once.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope, filter: &Filter) -> Result<Report, ReadError> {
    if scope.known_at >= BLOCK {
        let reading = Reading::begin(conn, scope.clone(), filter.clone()).await?;
        return Ok(Report::of(NAME, COLUMNS, report::decode_all(conn, reading).await?));
    }
    let mut balance = lines::opening(conn, scope, filter).await?;
    let found = lines::read(conn, scope, filter).await?;
    let rows = found.into_iter().map(|line| row(line, &mut balance)).collect::<Result<_, _>>()?;
    Ok(Report::of(NAME, COLUMNS, rows))
}

/// The same lines in the same order, page by page in short statements.
#[derive(Debug)]
pub struct Reading {
    lines: ByDay,
    balance: Money,
}

impl Reading {
    /// Before the first line.
    pub async fn begin(conn: &AsyncPgConnection, scope: Scope, filter: Filter) -> Result<Self, ReadError> {
        let balance = lines::opening(conn, &scope, &filter).await?;
        Ok(Self { lines: ByDay::begin(conn, scope, filter).await?, balance })
    }
}

impl report::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection) -> Result<Option<Vec<Row>>, ReadError> {
        let Some(lines) = self.lines.next(conn).await? else { return Ok(None) };
        lines.into_iter().map(|line| row(line, &mut self.balance)).collect::<Result<_, _>>().map(Some)
    }
}

fn row(line: LineRow, balance: &mut Money) -> Result<Row, ReadError> {
    let movement = line.movement()?;
    *balance = balance.plus(movement)?;
    let transaction = Link::of(&format!("/v1/ledger/transactions/{}", line.sequence));
    let amount = convert::money(line.amount)?;
    let row = Row::default()
        .text(line.effective_date)
        .linked(line.sequence, transaction)
        .count(i64::from(line.line))
        .text(line.kind)
        .text(line.account)
        .text(line.counter)
        .text(line.flow)
        .text(line.programme)
        .text(line.organisation)
        .text(line.level)
        .text(line.about)
        .text(line.subject);
    let row = if line.side == "D" { row.amount(amount).empty() } else { row.empty().amount(amount) };
    Ok(row.amount(movement).amount(*balance))
}
