//! Ageing 账龄: what is open of each voucher, award, approved claim and recovery, by the days since it first was. Of a project
//! that was to be accepted before, its kind says so, and what it was paid ahead stands beside it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::known::KnownSums;
use super::lines::open::{OpenItem, OpenItems};
use super::report::{ROWS_MAX, Report, Row, Scope};
use super::scope::At;
use subsidy_core::domain::{AgencyCode, Date};
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("类别 kind", 20),
    Column::plain("单据 document", 38),
    Column::plain("专项 programme", 24),
    Column::plain("单位 organisation", 24),
    Column::days("起始日 since", 12),
    Column::counts("天数 days", 8),
    Column::summed("0-30天 days_0_30", 18),
    Column::summed("31-90天 days_31_90", 18),
    Column::summed("91-180天 days_91_180", 18),
    Column::summed("181-365天 days_181_365", 18),
    Column::summed("365天以上 days_over_365", 18),
    Column::summed("合计 outstanding", 18),
];

/// The last day of each bucket but the last.
const BUCKETS: [i64; 4] = [30, 90, 180, 365];

fn bucket(days: i64) -> usize {
    BUCKETS.iter().take_while(|last| days > **last).count()
}

/// What a row can be of.
pub const KINDS: [&str; 6] = [
    "unredeemed_voucher",
    "unclaimed_award",
    "overdue_project",
    "unpaid_claim",
    "overdue_advance",
    "receivable",
];

fn kind(account: &str, overdue: bool) -> &'static str {
    match account {
        "B2003" => "unredeemed_voucher",
        "B2006" if overdue => "overdue_project",
        "B2006" => "unclaimed_award",
        "B2007" => "unpaid_claim",
        "F1214" => "overdue_advance",
        _ => "receivable",
    }
}

rows! {
    struct OverdueRow { document: String }
}

statement! {
    /// Awards whose deadline, as it was known at `$1`, is over on `$2`, and which were neither accepted nor cancelled.
    fn overdue(known_at: i64, as_of: NaiveDate) -> Vec<OverdueRow> =
        "SELECT a.id::text AS document FROM awards AS a JOIN applications AS p ON p.id = a.application \
          WHERE a.created <= $1 AND CASE WHEN EXISTS (SELECT FROM transitions AS t WHERE t.document = a.id::text \
                AND t.kind = 'extension' AND t.sequence <= $1) THEN a.due_on \
                ELSE (p.project ->> 'from')::date + make_interval(months => (p.project ->> 'months')::int) END < $2 \
            AND NOT EXISTS (SELECT FROM transitions AS t WHERE t.document = a.id::text AND t.kind = 'award' \
                AND t.to_status <> 'awarded' AND t.sequence <= $1)";
}

/// What is open as of the day, of one kind or of all.
pub async fn read(
    conn: &AsyncPgConnection,
    (agency, at, scope): (&AgencyCode, &At, &Scope),
    only: Option<&str>,
    known: &KnownSums<OpenItems>,
) -> Result<Report, ReadError> {
    let programme = scope.programme.as_deref();
    let rows = known.read(conn, (agency, at, scope), |items| items.of(programme)).await?;
    let overdue = overdue(conn, scope.known_at, scope.as_of.naive()).await?;
    let overdue: BTreeSet<String> = overdue.into_iter().map(|row| row.document).collect();
    // an advance is no question until its project is overdue
    let asked = |open: &OpenItem| {
        let is_overdue = overdue.contains(&open.about);
        let is_question = open.account != "F1214" || is_overdue;
        is_question && only.is_none_or(|only| kind(&open.account, is_overdue) == only)
    };
    let rows: Vec<OpenItem> = rows.into_iter().filter(asked).collect();
    if rows.len() > ROWS_MAX {
        return Err(ReadError::TooManyRows { limit: ROWS_MAX });
    }
    let rows = rows.into_iter().map(|open| row(scope, open, &overdue)).collect::<Result<_, _>>()?;
    Ok(Report::of(["ageing", "账龄"], COLUMNS, rows))
}

fn row(scope: &Scope, open: OpenItem, overdue: &BTreeSet<String>) -> Result<Row, ReadError> {
    let amount = open.amount;
    let since = open.since.unwrap_or(scope.as_of.naive());
    let days = scope.as_of.naive().signed_duration_since(since).num_days();
    let link = scope.only.named(scope.statement().with("account", &open.account), &[]);
    let link = link.with("document", &open.about);
    let link = link.with("programme", &open.programme).until(scope.as_of);
    let mut row = Row::default()
        .text(kind(&open.account, overdue.contains(&open.about)))
        .text(&open.about)
        .text(open.programme)
        .text(open.organisation)
        .text(Date::from_naive(since))
        .count(days);
    for index in 0..=BUCKETS.len() {
        row = if index == bucket(days) { row.figure(amount, link.clone()) } else { row.empty() };
    }
    Ok(row.figure(amount, link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_asked_for() {
        let accounts = ["B2003", "B2006", "B2007", "F1214", "F1212"];
        let kinds = accounts.iter().flat_map(|account| [false, true].map(|overdue| kind(account, overdue)));
        assert_eq!(kinds.collect::<BTreeSet<_>>(), BTreeSet::from(KINDS));
    }

    #[test]
    fn a_bucket_ends_with_its_last_day() {
        for (days, expected) in
            [(0, 0), (30, 0), (31, 1), (90, 1), (91, 2), (180, 2), (181, 3), (365, 3), (366, 4), (4_000, 4)]
        {
            assert_eq!(bucket(days), expected, "{days}");
        }
    }
}
