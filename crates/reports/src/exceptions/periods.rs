//! Periods 反结账: months that were closed and take postings again: who closed them, who reopened them, and why.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;

use super::{Code, ExceptionRow};
use crate::ReadError;
use crate::report::{Link, Window};
use subsidy_core::domain::dates::Zone;
use subsidy_store::{rows, statement};

rows! {
    struct ReopenedRow {
        sequence: i64,
        month: String,
        reopened_by: String,
        closed_by: Option<String>,
        closed_at: Option<DateTime<Utc>>,
        reason: Option<String>,
    }
}

statement! {
    /// Reopenings after `$1` up to `$2`, each with the last close of its month before. The reason is a text, which may have
    /// been erased on an order.
    fn reopened(Window { after, until }) -> Vec<ReopenedRow> =
        "SELECT l.sequence, l.document AS month, l.subject AS reopened_by, c.subject AS closed_by, \
                c.recorded_at AS closed_at, t.body AS reason \
           FROM log AS l \
           LEFT JOIN LATERAL ( \
               SELECT k.subject, k.recorded_at FROM transitions AS s JOIN log AS k ON k.sequence = s.sequence \
                WHERE s.document = l.document AND s.kind = 'period' AND s.to_status = 'closed' \
                  AND s.sequence < l.sequence \
                ORDER BY s.sequence DESC LIMIT 1) AS c ON true \
           LEFT JOIN texts AS t ON t.sha256 = decode(convert_from(l.leaf, 'UTF8')::jsonb #>> '{command,reopen_period,reason}', 'hex') \
          WHERE l.sequence > $1 AND l.sequence <= $2 AND l.kind = 'reopen_period' ORDER BY l.sequence";
}

/// All of them in a window.
pub(super) async fn read(
    conn: &AsyncPgConnection,
    window: Window,
    zone: Zone,
) -> Result<Vec<ExceptionRow>, ReadError> {
    Ok(reopened(conn, window).await?.into_iter().map(|found| row(found, zone)).collect())
}

fn row(found: ReopenedRow, zone: Zone) -> ExceptionRow {
    let closed = found.closed_by.zip(found.closed_at).map(|(by, at)| {
        let local = at.with_timezone(&zone.tz());
        format!("closed by {by} {}", local.format("%Y-%m-%d %H:%M"))
    });
    let said = [closed, found.reason].into_iter().flatten().collect::<Vec<_>>().join("; ");
    ExceptionRow {
        code: Code::PeriodReopened,
        document: found.month,
        place: Some(Link::of("/v1/periods")),
        sequence: found.sequence,
        programme: String::new(),
        organisation: String::new(),
        subject: found.reopened_by,
        amount: None,
        limit: None,
        occurrences: None,
        detail: said,
        shown: None,
    }
}
