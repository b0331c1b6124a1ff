//! What is read of reversals.

use crate::reversals::ReversalRow;
use crate::statement;

statement! {
    /// A page, oldest first.
    pub fn page(after: i64, status: Option<&str>, limit: i64) -> Vec<ReversalRow> =
        "SELECT * FROM reversals WHERE created > $1 AND ($2::text IS NULL OR status = $2) ORDER BY created LIMIT $3";
    /// Those that are posted and reverse one of these leaves, or are posted by one of them.
    pub fn touching(sequences: &[i64]) -> Vec<ReversalRow> =
        "SELECT * FROM reversals WHERE status = 'approved' AND (sequence = ANY($1) OR reversed_by = ANY($1))";
}
