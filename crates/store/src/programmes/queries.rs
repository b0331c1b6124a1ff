//! What is read of programmes, their rules and their budgets.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use rust_decimal::Decimal;

use crate::db::list::columns;
use crate::programmes::RulesRow;
use crate::schema::rules_versions;
use crate::{rows, statement};

rows! {
    pub struct BudgetBalanceRow { programme: String, account: String, amount: Decimal }
}

statement! {
    /// The balances of some programmes in the budget's book.
    pub fn budgets(programmes: &[String]) -> Vec<BudgetBalanceRow> =
        "SELECT programme, account, sum(amount) AS amount FROM balances \
         WHERE programme = ANY($1) AND account >= 'B' AND account < 'C' GROUP BY programme, account";
}

/// All versions of the rules of some programmes.
pub async fn rules(mut conn: &AsyncPgConnection, programmes: &[String]) -> QueryResult<Vec<RulesRow>> {
    let versions = rules_versions::table.filter(rules_versions::programme.eq_any(programmes));
    let versions = versions.order((rules_versions::programme, rules_versions::number));
    versions.select(columns::<RulesRow>()).load(&mut conn).await
}
