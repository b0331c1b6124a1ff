//! What is read of programmes, their rules and their budgets.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::programmes::{BudgetChangeRow, ProgrammeRow, RulesRow};
use crate::{rows, statement};

rows! {
    /// A balance of a programme.
    pub struct BudgetFound { programme: String, account: String, amount: Decimal }
}

statement! {
    pub fn get(code: &str) -> Option<ProgrammeRow> = "SELECT * FROM programmes WHERE code = $1";
    /// A page, oldest first.
    pub fn page(
        after: i64,
        status: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<ProgrammeRow> =
        "SELECT * FROM programmes WHERE created > $1 AND ($2::text IS NULL OR status = $2) \
         AND ($3::timestamptz IS NULL OR updated_at >= $3) ORDER BY created LIMIT $4";
    /// All versions of the rules of some programmes.
    pub fn rules(programmes: &[String]) -> Vec<RulesRow> =
        "SELECT * FROM rules_versions WHERE programme = ANY($1) ORDER BY programme, number";
    /// The balances of some programmes in the budget's book.
    pub fn budgets(programmes: &[String]) -> Vec<BudgetFound> =
        "SELECT programme, account, sum(amount) AS amount FROM balances \
         WHERE programme = ANY($1) AND account >= 'B' AND account < 'C' GROUP BY programme, account";
    /// A page of the changes of a budget, oldest first.
    pub fn budget_changes(programme: &str, after: i64, status: Option<&str>, limit: i64) -> Vec<BudgetChangeRow> =
        "SELECT * FROM budget_changes WHERE programme = $1 AND created > $2 AND ($3::text IS NULL OR status = $3) \
         ORDER BY created LIMIT $4";
}
