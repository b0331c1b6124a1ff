//! Ageing 账龄: what is open of each voucher, award, approved claim and recovery, by the days since it first was.

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::lines::open::{OpenItem, still_open};
use super::report::{Report, Row, Scope};
use subsidy_core::domain::Date;

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

fn kind(account: &str) -> &'static str {
    match account {
        "B2003" => "unredeemed_voucher",
        "B2006" => "unclaimed_award",
        "B2007" => "unpaid_claim",
        _ => "receivable",
    }
}

/// What is open as of the day.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope) -> Result<Report, ReadError> {
    let rows = still_open(conn, scope).await?;
    let rows = rows.into_iter().map(|open| row(scope, open)).collect::<Result<_, _>>()?;
    Ok(Report::of(["ageing", "账龄"], COLUMNS, rows))
}

fn row(scope: &Scope, open: OpenItem) -> Result<Row, ReadError> {
    let amount = open.amount;
    let since = open.since.unwrap_or(scope.as_of.naive());
    let days = scope.as_of.naive().signed_duration_since(since).num_days();
    let link = scope.only.named(scope.statement().with("account", &open.account), &[]);
    let link = link.with("document", &open.about);
    let link = link.with("programme", &open.programme).until(scope.as_of);
    let mut row = Row::default()
        .text(kind(&open.account))
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
    fn a_bucket_ends_with_its_last_day() {
        for (days, expected) in
            [(0, 0), (30, 0), (31, 1), (90, 1), (91, 2), (180, 2), (181, 3), (365, 3), (366, 4), (4_000, 4)]
        {
            assert_eq!(bucket(days), expected, "{days}");
        }
    }
}
