//! `/calls`: propose, approve, reject, rank, award, read.

pub mod applications;
pub mod awards;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::{
    ApplicationId, AwardId, CallId, Code, CreditCode, Instant, Line, Money, ProgrammeCode, Sequence, Subject,
};
use subsidy_core::grants::ranking::ranked;
use subsidy_core::grants::{
    Application, AwardRequest, Call, CallStatus, Listed, NameCall, ProposeAwards, ProposeCall, RejectCall,
};
use subsidy_core::programmes::grants::Quota;
use subsidy_core::programmes::{RulesKey, RulesVersion, Title};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::documents::Stored;
use subsidy_store::grants::ApplicationRow;

/// A title in both languages, or one for both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum CallTitle {
    Both(Title),
    One(Line),
}

/// What may be applied for, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCall {
    /// Of the instrument `grant`.
    programme: ProgrammeCode,
    title: CallTitle,
    /// When is filed, both days included.
    filing: Window,
    /// Of this call, beside that of the rules.
    #[serde(default)]
    quota: Quota,
}

/// The applications that are to be granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAwards {
    /// The ranking from its top, each with its amount; where it is left out, as far as quota and budget go, each with what
    /// its project may get.
    #[schema(max_items = 500)]
    #[serde(default)]
    awards: Vec<AwardRequest>,
}

/// An application on the list of awards.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedView {
    application_id: ApplicationId,
    /// Null until the list is approved.
    award_id: Option<AwardId>,
    organisation: CreditCode,
    /// The mean of the experts' scores, to four decimals.
    mean: String,
    amount: Money,
}

/// A call for applications.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallView {
    id: CallId,
    programme: ProgrammeCode,
    title: Title,
    filing: Window,
    quota: Quota,
    status: CallStatus,
    /// Under which version of the rules everything of it is decided.
    rules_version: Option<u32>,
    /// How many applications were filed.
    applications: usize,
    /// The awards that wait for another person, or that were approved, in order.
    awards: Vec<ListedView>,
    /// Why it, or its awards, were rejected last.
    reason: Option<String>,
    created_by: Subject,
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

/// Where an application stands among those that all of their experts scored.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankView {
    /// From 1.
    rank: usize,
    application_id: ApplicationId,
    organisation: CreditCode,
    project: Line,
    /// The mean of the experts' scores, to four decimals.
    mean: String,
    /// What it may get.
    amount: Money,
}

impl View for CallView {
    type Document = Call;

    fn related_keys(call: &Call, wanted: &mut RelatedKeys) {
        wanted.text(call.reason);
    }

    fn of(call: &Call, attached: &Related) -> Self {
        let listed = |one: &Listed| ListedView {
            application_id: one.application,
            award_id: Some(one.award).filter(|_| call.status == CallStatus::Closed),
            organisation: one.organisation,
            mean: one.mean.to_string(),
            amount: one.amount,
        };
        Self {
            id: call.id,
            programme: call.programme.clone(),
            title: call.title.clone(),
            filing: call.filing,
            quota: call.quota,
            status: call.status,
            rules_version: call.rules_version,
            applications: call.applications.len(),
            awards: call.list.iter().map(listed).collect(),
            reason: attached.text(call.reason),
            created_by: call.created_by.clone(),
            decided_by: call.decided_by.clone(),
            revision: call.revision.version,
            updated_at: call.revision.updated_at,
        }
    }
}

impl CallView {
    /// As an answer to a proposal of awards, whose id is the call's since one waits at a time.
    pub fn proposed(self) -> Self {
        Self { status: CallStatus::Proposed, ..self }
    }
}

/// `POST /calls`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewCall = request.body()?;
    let title = match body.title {
        CallTitle::Both(title) => title,
        CallTitle::One(line) => Title { zh: line.clone(), en: line },
    };
    Ok(Parsed::new(Command::ProposeCall(Box::new(ProposeCall {
        id: CallId::new(request.new_id()),
        programme: body.programme,
        title,
        filing: body.filing,
        quota: body.quota,
    }))))
}

/// A command that names a call and nothing else.
fn named(request: &WriteRequest<'_>, command: fn(NameCall) -> Command) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(command(NameCall { id: request.path.value("id")? })))
}

fn refused(request: &WriteRequest<'_>, command: fn(RejectCall) -> Command) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| command(RejectCall { id, reason })))
}

/// `POST /calls/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::ApproveCall)
}

/// `POST /calls/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    refused(request, Command::RejectCall)
}

/// `POST /calls/{id}/awards`
pub fn award(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewAwards { awards } = request.body()?;
    Ok(Parsed::new(Command::ProposeAwards(ProposeAwards { id, awards })))
}

/// `POST /calls/{id}/awards/approve`
pub fn approve_awards(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::ApproveAwards)
}

/// `POST /calls/{id}/awards/reject`
pub fn reject_awards(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    refused(request, Command::RejectAwards)
}

/// `GET /calls`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<CallView>(&request, &request.list::<CallStatus>()?).await
}

/// `GET /calls/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    view::show::<CallView>(&request, &request.path.value("id")?, |_| true).await
}

/// `GET /calls/{id}/ranking`: those that all of their experts scored and found good enough, the best first.
pub async fn ranking(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let call: Call = view::find(&conn, &request.path.value("id")?, |_| true).await?;
    let number = call.rules_version.ok_or_else(|| Problem::new(Code::NotFound))?;
    let key = RulesKey { programme: call.programme.clone(), number };
    let version: RulesVersion = view::find(&conn, &key, |_| true).await?;
    let review = version.rules.grant.map(|grant| grant.review).ok_or_else(|| Problem::new(Code::NotFound))?;
    let keys: Vec<_> = call.applications.iter().map(Application::columns).collect();
    let rows = ApplicationRow::by_keys(&conn, &keys).await?;
    let found: Vec<Application> = decode_all(&rows, Application::from_row)?;
    let known: BTreeMap<ApplicationId, &Application> = found.iter().map(|one| (one.id, one)).collect();
    let scored = call.applications.iter().filter_map(|id| known.get(id).copied());
    let ranked =
        ranked(scored.filter(|one| one.is_scored()), &review).map_err(|error| Problem::fault(&error))?;
    let view = |(place, (application, mean)): (usize, &(&Application, _))| RankView {
        rank: place.saturating_add(1),
        application_id: application.id,
        organisation: application.organisation,
        project: application.project.name.clone(),
        mean: ToString::to_string(mean),
        amount: application.amount,
    };
    Reply::list((ranked.iter().enumerate().map(view).collect(), None))
}
