//! What is read of loans.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::store::LoanRow;
use crate::reference_rates::store::ReferenceRateRow;
use crate::statement;

statement! {
    /// One.
    pub fn get(id: Uuid) -> Option<LoanRow> = "SELECT * FROM loans WHERE id = $1";
    /// A page of all, or of a party's own, oldest first.
    #[allow(clippy::too_many_arguments, reason = "one a filter")]
    pub fn page(
        after: i64,
        all: bool,
        own_organisation: &str,
        own_bank: &str,
        organisation: Option<&str>,
        bank: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<LoanRow> =
        "SELECT * FROM loans WHERE created > $1 AND ($2 OR organisation = $3 OR bank = $4) \
         AND ($5::text IS NULL OR organisation = $5) AND ($6::text IS NULL OR bank = $6) \
         AND ($7::timestamptz IS NULL OR updated_at >= $7) \
         ORDER BY created LIMIT $8";
    /// All of a reference rate, in the order of the days.
    pub fn reference(name: &str) -> Vec<ReferenceRateRow> =
        "SELECT * FROM reference_rates WHERE name = $1 ORDER BY date";
}
