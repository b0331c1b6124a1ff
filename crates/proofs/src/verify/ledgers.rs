//! Which ledgers there are: those that the register names, and those that a schema holds. Neither alone is believed.

use std::collections::BTreeMap;

use super::VerifyError;
use subsidy_core::domain::AgencyCode;
use subsidy_store::db::convert;
use subsidy_store::db::pool::Database;
use subsidy_store::engine::store;
use subsidy_store::{rows, statement};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub agency: AgencyCode,
    /// Whether the register names it.
    pub is_registered: bool,
    /// Whether a schema holds it.
    pub has_ledger: bool,
}

rows! {
    struct LedgerRow { code: String }
}

statement! {
    fn select_ledgers() -> Vec<LedgerRow> =
        "SELECT substr(n.nspname::text, 8) AS code FROM pg_namespace AS n \
         JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'head' \
         WHERE n.nspname ~ '^agency_[a-z0-9_]{1,40}$'";
}

/// All of them, in order.
pub async fn ledgers(database: &Database) -> Result<Vec<Listed>, VerifyError> {
    let conn = database.admin().await?;
    let mut found: BTreeMap<AgencyCode, (bool, bool)> = BTreeMap::new();
    for row in store::agencies(&conn).await? {
        found.entry(convert::read(&row.code)?).or_default().0 = true;
    }
    for row in select_ledgers(&conn).await? {
        found.entry(convert::read(&row.code)?).or_default().1 = true;
    }
    let listed = |(agency, (is_registered, has_ledger))| Listed { agency, is_registered, has_ledger };
    Ok(found.into_iter().map(listed).collect())
}
