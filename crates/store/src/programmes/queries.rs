//! What is read of programmes, their rules and their budgets.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;

use crate::db::list::columns;
use crate::programmes::{ProgrammeRow, RulesRow};
use crate::schema::{programmes, rules_versions};
use crate::{rows, statement};

rows! {
    /// What a fiscal year's lines on an account come to.
    pub struct YearSumRow { fiscal_year: i16, account: String, amount: Decimal }
}

rows! {
    /// A balance of a programme.
    pub struct BudgetBalanceRow { programme: String, account: String, amount: Decimal }
}

statement! {
    /// The balances of some programmes in the budget's book.
    pub fn budgets(programmes: &[String]) -> Vec<BudgetBalanceRow> =
        "SELECT programme, account, sum(amount) AS amount FROM balances \
         WHERE programme = ANY($1) AND account >= 'B' AND account < 'C' GROUP BY programme, account";
    /// What was appropriated to a programme and lapsed, by fiscal year: debits less credits.
    pub fn appropriated(programme: &str) -> Vec<YearSumRow> =
        "SELECT fiscal_year, account, sum(debit) - sum(credit) AS amount FROM totals \
         WHERE account IN ('B1001', 'B2009') AND programme = $1 GROUP BY fiscal_year, account";
}

/// Programmes that are active, oldest first; so many at most.
pub async fn active(mut conn: &AsyncPgConnection, limit: i64) -> QueryResult<Vec<ProgrammeRow>> {
    let active = programmes::table.filter(programmes::status.eq("active"));
    active.order(programmes::created).limit(limit).select(columns::<ProgrammeRow>()).load(&mut conn).await
}

/// All versions of the rules of some programmes.
pub async fn rules(mut conn: &AsyncPgConnection, programmes: &[String]) -> QueryResult<Vec<RulesRow>> {
    let versions = rules_versions::table.filter(rules_versions::programme.eq_any(programmes));
    let versions = versions.order((rules_versions::programme, rules_versions::number));
    versions.select(columns::<RulesRow>()).load(&mut conn).await
}
