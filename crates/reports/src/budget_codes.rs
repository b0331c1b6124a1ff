//! Budget codes in tables: four cells, in the order project, function, economy, fund.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::ReadError;
use super::formats::Cell;
use subsidy_core::programmes::BudgetCodes;
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

rows! {
    struct BudgetCodesRow { code: String, budget_codes: Value }
}

statement! {
    fn of_programmes() -> Vec<BudgetCodesRow> =
        "SELECT code, budget_codes FROM programmes WHERE budget_codes IS NOT NULL";
}

/// Those of a programme; empty where it names none.
pub fn cells(codes: Option<&BudgetCodes>) -> Vec<Cell> {
    match codes {
        Some(codes) => codes.in_order().map(|code| Cell::Text(code.to_string())).to_vec(),
        None => vec![Cell::Empty; 4],
    }
}

/// Rows that begin with their programme's code, each with the codes of its programme at its end.
pub async fn append(conn: &AsyncPgConnection, rows: &mut [Vec<Cell>]) -> Result<(), ReadError> {
    let mut known: BTreeMap<String, BudgetCodes> = BTreeMap::new();
    for row in of_programmes(conn).await? {
        known.insert(row.code, convert::read_json(&row.budget_codes)?);
    }
    for row in rows {
        let codes = match row.first() {
            Some(Cell::Text(programme)) => known.get(programme),
            _ => None,
        };
        row.extend(cells(codes));
    }
    Ok(())
}
