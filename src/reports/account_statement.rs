//! The account statement 明细账: lines of one or more accounts in the order of their days, with a running balance.

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::lines::{self, Filter};
use super::report::{Link, Report, Row, Scope};
use crate::db::convert;

const COLUMNS: &[Column] = &[
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

/// The lines that a filter lets through. `movement` and `balance` stand on each account's own side; the first balance
/// carries what was before `from`.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope, filter: &Filter) -> Result<Report, ReadError> {
    let mut balance = lines::opening(conn, scope, filter).await?;
    let found = lines::read(conn, scope, filter).await?;
    let mut rows = Vec::with_capacity(found.len());
    for line in found {
        let movement = line.movement()?;
        balance = balance.plus(movement)?;
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
        rows.push(row.amount(movement).amount(balance));
    }
    Ok(Report::of(["account-statement", "明细账"], COLUMNS, rows))
}
