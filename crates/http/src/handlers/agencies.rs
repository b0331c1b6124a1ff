//! `GET /me`, `PUT /business-date`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::problem::Problem;
use subsidy_core::agencies::{Agency, MoveBusinessDate};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::Zone;
use subsidy_core::domain::{
    AgencyCode, Code, CreditCode, Date, Instant, Line, Month, Roles, Sequence, Subject,
};
use subsidy_core::programmes::StatutoryLimits;
use subsidy_store::db::pool::Connection;
use subsidy_store::engine::store;

/// Who calls, and where.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The caller's opaque id.
    subject: Subject,
    /// What the caller may do.
    roles: Roles,
    /// Whose ledger.
    agency: AgencyCode,
    /// For which organisation the caller acts.
    organisation: Option<CreditCode>,
    /// The agency's date of today.
    business_date: Date,
}

/// An agency's dates.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyView {
    /// Its code.
    agency: AgencyCode,
    /// Its name.
    name: Line,
    /// Its zone.
    #[schema(example = "Asia/Shanghai")]
    zone: String,
    /// Whether its business date may be set by hand.
    sandbox: bool,
    /// The business date that was set.
    date: Option<Date>,
}

impl AgencyView {
    /// The view of an agency.
    pub fn of(agency: &Agency) -> Self {
        Self {
            agency: agency.code.clone(),
            name: agency.name.clone(),
            zone: agency.zone.to_string(),
            sandbox: agency.sandbox,
            date: agency.business_date,
        }
    }
}

/// A new business date.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBusinessDate {
    date: Date,
}

/// `PUT /business-date`
pub fn move_business_date(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewBusinessDate = request.body()?;
    Ok(Parsed::new(Command::MoveBusinessDate(MoveBusinessDate { date: body.date })))
}

/// `GET /me`
pub async fn me(request: ReadRequest) -> Result<Reply, Problem> {
    let today = today(&request.reader().await?, &request.agency).await?;
    Reply::json(&Me {
        subject: request.actor.subject,
        roles: request.actor.roles,
        agency: request.agency,
        organisation: request.actor.organisation,
        business_date: today.business_date,
    })
}

/// Where an agency's ledger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// The sequence of the next leaf.
    pub next: Sequence,
    /// What a sandbox has set, else the date in the agency's zone.
    pub business_date: Date,
    pub zone: Zone,
    /// The statutory limits that it is held to.
    pub limits: StatutoryLimits,
    /// The last month that is closed.
    pub closed_through: Option<Month>,
}

/// Where the ledger stands now. Error: `unavailable` where it has not begun.
pub async fn today(conn: &Connection, agency: &AgencyCode) -> Result<Today, Problem> {
    let row = store::head(conn).await?;
    let row = row.ok_or_else(|| Problem::new(Code::Unavailable))?;
    let head = row.read(agency)?;
    let now = Instant::new(chrono::Utc::now()).max(head.recorded_at);
    let agency = head.agency.ok_or_else(|| Problem::new(Code::Unavailable))?;
    let (business_date, closed_through) = (agency.business_date_at(now), agency.closed_through);
    Ok(Today { next: head.next, business_date, zone: agency.zone, limits: agency.limits(), closed_through })
}
