//! What is read of organisations.

use chrono::{DateTime, Utc};

use crate::organisations::OrganisationRow;
use crate::statement;

statement! {
    pub fn get(credit_code: &str) -> Option<OrganisationRow> =
        "SELECT * FROM organisations WHERE credit_code = $1";
    /// A page, oldest first.
    pub fn page(
        after: i64,
        status: Option<&str>,
        credit_code: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<OrganisationRow> =
        "SELECT * FROM organisations WHERE created > $1 AND ($2::text IS NULL OR status = $2) \
         AND ($3::text IS NULL OR credit_code = $3) AND ($4::timestamptz IS NULL OR updated_at >= $4) \
         ORDER BY created LIMIT $5";
}
