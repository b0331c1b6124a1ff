//! Flow of money 资金流向: what of each programme is approved and paid for which organisation, on whose delivery.
//!
//! All rows together are the accounts themselves: approved is B2007 + B2008, paid is B2008, less what came back. What is
//! paid ahead to a bank is that bank's and of no provider.

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::known::KnownSums;
use super::lines::parties::{Flow, Flows};
use super::report::{NONE, Report, Row, Scope};
use super::scope::At;
use super::turnovers::shown;
use subsidy_core::domain::AgencyCode;

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("单位 organisation", 24),
    Column::plain("服务商或银行 provider", 24),
    Column::summed("核定 approved", 20),
    Column::summed("已支付 paid", 20),
];

/// A row for each organisation and provider of a programme.
pub async fn read(
    conn: &AsyncPgConnection,
    (agency, at, scope): (&AgencyCode, &At, &Scope),
    known: &KnownSums<Flows>,
) -> Result<Report, ReadError> {
    let programme = scope.programme.as_deref();
    let flows = known.read(conn, (agency, at, scope), |flows| flows.of(programme)).await??;
    let rows = flows.iter().map(|(parties, flow)| row(scope, parties, *flow));
    Ok(Report::of(["flow", "资金流向"], COLUMNS, rows.collect::<Result<_, _>>()?))
}

fn row(
    scope: &Scope,
    [programme, organisation, provider]: &[String; 3],
    flow: Flow,
) -> Result<Row, ReadError> {
    let named = |code: &str| if code.is_empty() { NONE.to_owned() } else { code.to_owned() };
    let link = |accounts: &str| {
        let link = scope.statement().with("account", accounts).with("programme", programme);
        link.with("organisation", &named(organisation)).with("provider", &named(provider)).until(scope.as_of)
    };
    Ok(Row::default()
        .text(programme)
        .text(shown(organisation))
        .text(shown(provider))
        .figure(flow.waiting.plus(flow.paid)?, link("B2007,B2008"))
        .figure(flow.paid, link("B2008")))
}
