//! Which sequences may hold lines about a document: found by indexes, so that its statement does not read the whole ledger.
//!
//! They are more than those whose lines are about it, never fewer: what a line is about is told by the line itself.

use super::Filter;
use crate::ReadError;
use crate::report::Scope;
use subsidy_store::db::rows::CountRow;
use subsidy_store::statement;

statement! {
    /// Sequences with lines up to `$1` of the document `$2`; of the claims of a voucher or an award; of a recovery's claim, and of
    /// all recoveries of a claim's organisation, for each of which what is due of the claim may be kept; those that made an
    /// award or a recovery; and what reversed any of these.
    fn touching(known_at: i64, document: &str) -> Vec<CountRow> =
        "WITH own AS (SELECT CASE WHEN $2 ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN $2::uuid END AS id), \
              related AS (SELECT $2 AS document \
                UNION SELECT k.id::text FROM own AS o JOIN claims AS k ON k.voucher = o.id \
                UNION SELECT k.id::text FROM own AS o JOIN awards AS a ON a.id = o.id \
                      JOIN claims AS k ON k.organisation = a.organisation AND k.award = a.id \
                UNION SELECT r.claim::text FROM own AS o JOIN recoveries AS r ON r.id = o.id \
                UNION SELECT r.id::text FROM own AS o JOIN claims AS k ON k.id = o.id \
                      JOIN recoveries AS r ON r.organisation = k.organisation), \
              touched AS (SELECT l.sequence FROM related AS d JOIN log AS l ON l.document = d.document AND l.line_count > 0 \
                UNION SELECT a.created FROM own AS o JOIN awards AS a ON a.id = o.id \
                UNION SELECT r.created FROM own AS o JOIN recoveries AS r ON r.id = o.id) \
         SELECT s.sequence AS count FROM (SELECT sequence FROM touched \
                UNION SELECT r.reversed_by FROM touched AS t JOIN reversals AS r ON r.sequence = t.sequence \
                 WHERE r.reversed_by IS NOT NULL) AS s \
          WHERE s.sequence <= $1 ORDER BY 1";
}

/// Sequences that may hold the lines of a filter that names a document or a voucher; none of one that names neither.
pub(super) async fn sequences(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
) -> Result<Option<Vec<i64>>, ReadError> {
    let Some(document) = filter.voucher.as_ref().or(filter.document.as_ref()) else { return Ok(None) };
    let found = touching(conn, scope.known_at, document).await?;
    Ok(Some(found.into_iter().map(|found| found.count).collect()))
}
