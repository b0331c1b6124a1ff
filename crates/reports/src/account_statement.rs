//! The account statement 明细账: lines of one or more accounts in the order of their days, with a running balance.

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};

use super::ReadError;
use super::formats::Column;
use super::lines::walk::{ByDay, LineKey};
use super::lines::{self, Filter, LineRow};
use super::reading::{self, Part};
use super::report::{Link, Row, Scope};
use subsidy_core::domain::Money;
use subsidy_store::db::convert;

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

/// Where a part of a statement begins, and what the lines before it come to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    lines: LineKey,
    balance: Money,
}

/// The lines that a filter lets through. `movement` and `balance` stand on each account's own side; the first balance
/// carries what was before `from`.
#[derive(Debug)]
pub struct Reading {
    lines: ByDay,
    balance: Money,
}

impl Reading {
    /// Before the first line, or at a place.
    pub async fn begin(
        conn: &AsyncPgConnection,
        scope: Scope,
        filter: Filter,
        place: Option<Place>,
    ) -> Result<Self, ReadError> {
        let (balance, after) = match place {
            Some(place) => (place.balance, Some(place.lines)),
            None => (lines::opening(conn, &scope, &filter).await?, None),
        };
        Ok(Self { lines: ByDay::begin(conn, scope, filter, after).await?, balance })
    }
}

impl reading::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection, part: Part) -> Result<Option<Vec<Row>>, ReadError> {
        let Some(lines) = self.lines.next(conn, part).await? else { return Ok(None) };
        lines.into_iter().map(|line| row(line, &mut self.balance)).collect::<Result<_, _>>().map(Some)
    }
}

impl reading::Paged for Reading {
    type Place = Place;

    fn place(&self) -> Place {
        Place { lines: self.lines.after(), balance: self.balance }
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
