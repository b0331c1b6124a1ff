//! What is read of reference rates.

use crate::reference_rates::ReferenceRateRow;
use crate::statement;

statement! {
    /// A page, in the order of loading.
    pub fn page(after: i64, fold: Option<&str>, limit: i64) -> Vec<ReferenceRateRow> =
        "SELECT * FROM reference_rates WHERE created > $1 AND ($2::text IS NULL OR name_fold = $2) \
         ORDER BY created LIMIT $3";
}
