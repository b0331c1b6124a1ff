//! `/role-grants`: who may have which role: propose, approve, reject, end, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, List, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{Code, CreditCode, Date, Instant, Line, Role, RoleGrantId, Sequence, Subject};
use subsidy_core::role_grants::{
    ApproveRoleGrant, EndRoleGrant, ProposeRoleGrant, RejectRoleGrant, RoleGrant, RoleGrantStatus,
};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::list::ListQuery;

/// A role that somebody is to have; both days count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoleGrant {
    /// Who gets it: `issuer#sub`, as their tokens and accounts name them.
    subject: Subject,
    role: Role,
    /// For which organisation an enterprise, a provider or a bank acts; others act for none.
    organisation: Option<CreditCode>,
    /// The first day that counts; from its approval where left out.
    from: Option<Date>,
    /// The last day that counts; open where left out.
    until: Option<Date>,
    /// The number of what orders it.
    document: Option<Line>,
    reason: Reason,
}

/// A role that somebody may have, or was to have.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleGrantView {
    id: RoleGrantId,
    status: RoleGrantStatus,
    /// Who gets the role.
    subject: Subject,
    role: Role,
    organisation: Option<CreditCode>,
    /// The first day that counts; from its approval where there is none.
    from: Option<Date>,
    /// The last day that counts.
    until: Option<Date>,
    document: Option<Line>,
    /// Why the role was proposed; null once the text was erased.
    reason: Option<String>,
    /// Why it was rejected.
    rejection: Option<String>,
    /// Why the role was taken away.
    end_reason: Option<String>,
    created_by: Subject,
    /// Who approved or rejected it.
    decided_by: Option<Subject>,
    decided_on: Option<Date>,
    /// Who took the role away.
    ended_by: Option<Subject>,
    ended_on: Option<Date>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for RoleGrantView {
    type Document = RoleGrant;

    fn related_keys(grant: &RoleGrant, wanted: &mut RelatedKeys) {
        wanted.text(Some(grant.reason));
        wanted.text(grant.rejection);
        wanted.text(grant.end_reason);
    }

    fn of(grant: &RoleGrant, attached: &Related) -> Self {
        Self {
            id: grant.id,
            status: grant.status,
            subject: grant.subject.clone(),
            role: grant.role,
            organisation: grant.organisation,
            from: grant.from,
            until: grant.until,
            document: grant.document.clone(),
            reason: attached.text(Some(grant.reason)),
            rejection: attached.text(grant.rejection),
            end_reason: attached.text(grant.end_reason),
            created_by: grant.created_by.clone(),
            decided_by: grant.decided_by.clone(),
            decided_on: grant.decided_on,
            ended_by: grant.ended_by.clone(),
            ended_on: grant.ended_on,
            revision: grant.revision.version,
            updated_at: grant.revision.updated_at,
        }
    }
}

/// `POST /role-grants`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let NewRoleGrant { subject, role, organisation, from, until, document, reason } = request.body()?;
    // without its issuer it would be nobody's
    if !subject.as_str().contains('#') {
        return Err(Problem::new(Code::InvalidValue).at("/subject"));
    }
    let id = RoleGrantId::new(request.new_id());
    Ok(Parsed::reasoned(reason, |reason| {
        let command = ProposeRoleGrant { id, subject, role, organisation, from, until, document, reason };
        Command::ProposeRoleGrant(Box::new(command))
    }))
}

/// `POST /role-grants/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveRoleGrant(ApproveRoleGrant { id: request.path.value("id")? })))
}

/// `POST /role-grants/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectRoleGrant(RejectRoleGrant { id, reason })))
}

/// `POST /role-grants/{id}/end`
pub fn end(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::EndRoleGrant(EndRoleGrant { id, reason })))
}

/// `GET /role-grants`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let List { page, query } = request.list::<RoleGrantStatus>()?;
    let asked = &request.query;
    let subject = asked.text("subject").map(str::to_owned);
    let role = asked.word::<Role>("role")?.map(|role| role.into_str().to_owned());
    view::list::<RoleGrantView>(&request, &List { page, query: ListQuery { subject, role, ..query } }).await
}

/// `GET /role-grants/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    view::show::<RoleGrantView>(&request, &request.path.value("id")?, |_| true).await
}
