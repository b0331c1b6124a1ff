//! Performance 绩效: what each programme's appropriations were to achieve in a fiscal year, and what the postings say of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use serde_json::Value;
use strum::VariantArray as _;

use super::carry_over::by_programme;
use super::{Figure, Figures, appropriated, figure, movements};
use crate::ReadError;
use crate::formats::Column;
use crate::report::{Dimension, Report, Row, Scope};
use crate::turnovers::{Source, TurnoverSums};
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::{Amount, OutOfRange};
use subsidy_core::domain::{Money, Month};
use subsidy_core::programmes::fiscal_years::execution_rate;
use subsidy_core::programmes::{PerformanceMetric, PerformanceTarget};
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("预算年度 fiscal_year", 10),
    Column::plain("绩效指标 metric", 26),
    Column::plain("单位 unit", 14),
    Column::plain("目标值 target", 20),
    Column::plain("完成值 actual", 20),
    Column::plain("完成率% achieved_percent", 14),
    Column::plain("结果 result", 14),
];

rows! {
    struct TargetsRow { programme: String, targets: Value }
}

rows! {
    struct PaidOrganisationsRow { programme: String, organisations: i64 }
}

/// The days of a year that count.
#[derive(Debug, Clone, Copy)]
struct PaidQuery<'a> {
    known_at: i64,
    programme: Option<&'a str>,
    from: NaiveDate,
    until: NaiveDate,
}

statement! {
    /// Targets of appropriations of a year that were approved and not reversed, in the order of their approvals.
    fn targets(known_at: i64, fiscal_year: i16) -> Vec<TargetsRow> =
        "SELECT b.programme, b.targets FROM budget_changes AS b \
           JOIN transitions AS t ON t.document = b.id::text AND t.to_status = 'approved' AND t.sequence <= $1 \
          WHERE b.kind = 'appropriation' AND b.fiscal_year = $2 AND b.targets <> '[]' \
            AND NOT EXISTS (SELECT 1 FROM transitions AS r \
                             WHERE r.document = t.document AND r.to_status = 'reversed' AND r.sequence <= $1) \
          ORDER BY t.sequence";
    /// How many organisations of each programme were paid more than came back, in some days.
    fn paid_organisations(PaidQuery<'_> { known_at, programme, from, until }) -> Vec<PaidOrganisationsRow> =
        "SELECT programme, count(*) AS organisations FROM ( \
             SELECT programme, organisation FROM entries \
              WHERE account = 'B2008' AND organisation <> '' AND sequence <= $1 AND ($2::text IS NULL OR programme = $2) \
                AND effective_date >= $3 AND effective_date <= $4 \
              GROUP BY programme, organisation \
             HAVING sum(CASE side WHEN 'C' THEN amount ELSE -amount END) > 0) AS p GROUP BY programme";
}

/// By programme and metric: the newest target.
type Targets = BTreeMap<String, BTreeMap<PerformanceMetric, Amount>>;

/// A fiscal year of all programmes, a row a metric. `scope` ends with that year at the latest.
pub async fn read(
    conn: &AsyncPgConnection,
    (scope, known): (&Scope, TurnoverSums<'_>),
    year: FiscalYear,
) -> Result<Report, ReadError> {
    let mut wanted = Targets::new();
    for row in targets(conn, scope.known_at, convert::year(Some(year))).await? {
        let said: Vec<PerformanceTarget> = convert::read_json(&row.targets)?;
        let of_programme = wanted.entry(row.programme).or_default();
        of_programme.extend(said.into_iter().map(|target| (target.metric, target.at_least)));
    }
    let money = movements(conn, scope, (Dimension::FiscalYear, Source::Known(known))).await?;
    let query = PaidQuery {
        known_at: scope.known_at,
        programme: scope.programme.as_deref(),
        from: NaiveDate::from_ymd_opt(year.number(), 1, 1).unwrap_or_default(),
        until: scope.as_of.naive(),
    };
    let paid = paid_organisations(conn, query).await?;
    let paid: BTreeMap<String, i64> =
        paid.into_iter().map(|found| (found.programme, found.organisations)).collect();
    let mut rows = Vec::new();
    for (programme, years) in by_programme(&money)? {
        let figures = years.into_iter().find(|(one, _)| *one == year).map(|(_, figures)| figures);
        let achieved = Achieved {
            expended: money
                .get(&(programme.clone(), None))
                .map_or(Ok(Money::ZERO), |months| expended(months, year))?,
            rate: figures.map(|figures| rate(&figures)).transpose()?.flatten(),
            organisations: Money::from_fen(paid.get(programme).copied().unwrap_or_default() * 100),
        };
        for metric in PerformanceMetric::VARIANTS {
            let target = wanted.get(programme).and_then(|targets| targets.get(metric));
            rows.push(row(scope, (programme, year), (*metric, target.map(|t| t.money())), &achieved)?);
        }
    }
    Ok(Report::of(["performance", "绩效"], COLUMNS, rows))
}

/// What the postings say of a programme and a year; counts and percents in hundredths, as amounts are.
struct Achieved {
    expended: Money,
    /// None where nothing was appropriated for the year.
    rate: Option<Money>,
    organisations: Money,
}

fn rate(figures: &Figures) -> Result<Option<Money>, OutOfRange> {
    execution_rate(figure(figures, Figure::Expended), appropriated(figures)?)
}

/// CNY that was paid out in the months of a year.
fn expended(months: &BTreeMap<Month, Figures>, year: FiscalYear) -> Result<Money, OutOfRange> {
    let in_year = months.iter().filter(|(month, _)| month.first_day().year() == year);
    Money::sum(in_year.map(|(_, figures)| figure(figures, Figure::Expended)))
}

fn row(
    scope: &Scope,
    (programme, year): (&str, FiscalYear),
    (metric, target): (PerformanceMetric, Option<Money>),
    achieved: &Achieved,
) -> Result<Row, OutOfRange> {
    let (unit, actual) = match metric {
        PerformanceMetric::Expended => ("元 CNY", Some(achieved.expended)),
        PerformanceMetric::ExecutionRatePercent => ("%", achieved.rate),
        PerformanceMetric::Organisations => ("家 organisations", Some(achieved.organisations)),
    };
    let shown = |figure: Option<Money>| match (metric, figure) {
        (_, None) => String::new(),
        (PerformanceMetric::Organisations, Some(count)) => {
            count.to_string().trim_end_matches(".00").to_owned()
        }
        (_, Some(figure)) => figure.to_string(),
    };
    let lines = scope.statement().with("account", Figure::Expended.accounts()).with("programme", programme);
    let lines = lines.with("from", &format!("{year}-01-01")).until(scope.as_of);
    let percent = match (actual, target) {
        (Some(actual), Some(target)) => execution_rate(actual, target)?,
        _ => None,
    };
    let result = match (target, actual.unwrap_or_default()) {
        (None, _) => "no_target",
        (Some(target), actual) if actual >= target => "reached",
        (Some(_), _) => "not_reached",
    };
    let percent = percent.map(|percent| percent.to_string()).unwrap_or_default();
    let row =
        Row::default().text(programme).text(year).text(metric.into_str()).text(unit).text(shown(target));
    // a share and a number of organisations are no sum of lines
    let row = match metric {
        PerformanceMetric::Expended => row.linked(shown(actual), lines),
        PerformanceMetric::ExecutionRatePercent | PerformanceMetric::Organisations => row.text(shown(actual)),
    };
    Ok(row.text(percent).text(result))
}
