//! `/cap-groups`: propose, approve, reject, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::cap_groups::{
    ApproveCapGroup, CapGroup, CapGroupStatus, GroupCaps, ProposeCapGroup, RejectCapGroup,
};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{CapGroupCode, Code, Instant, Sequence, Subject};
use subsidy_reports::related::{Related, RelatedKeys};

/// Caps that programmes share: one of them at least.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCapGroup {
    code: CapGroupCode,
    /// CNY of an organisation and calendar year.
    annual: Option<Amount>,
    /// CNY of an organisation in all.
    lifetime: Option<Amount>,
}

/// Caps that programmes share.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapGroupView {
    /// Its code, by which it is approved and rejected as other proposals are by their id.
    id: CapGroupCode,
    code: CapGroupCode,
    status: CapGroupStatus,
    /// What holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    caps: Option<GroupCaps>,
    /// What waits for another person.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed: Option<GroupCaps>,
    /// Why the last proposal was rejected.
    rejection: Option<String>,
    created_by: Subject,
    /// Who approved or rejected what was proposed last.
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for CapGroupView {
    type Document = CapGroup;

    fn related_keys(group: &CapGroup, wanted: &mut RelatedKeys) {
        wanted.text(group.rejection);
    }

    fn of(group: &CapGroup, attached: &Related) -> Self {
        Self {
            id: group.code.clone(),
            code: group.code.clone(),
            status: group.status,
            caps: group.caps,
            proposed: group.proposed,
            rejection: attached.text(group.rejection),
            created_by: group.created_by.clone(),
            decided_by: group.decided_by.clone(),
            revision: group.revision.version,
            updated_at: group.revision.updated_at,
        }
    }
}

/// `POST /cap-groups`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let NewCapGroup { code, annual, lifetime } = request.body()?;
    if annual.is_none() && lifetime.is_none() {
        return Err(Problem::new(Code::MissingField).at("/annual"));
    }
    let caps = GroupCaps { annual, lifetime };
    Ok(Parsed::new(Command::ProposeCapGroup(ProposeCapGroup { code, caps })))
}

/// `POST /cap-groups/{code}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveCapGroup(ApproveCapGroup { code: request.path.value("code")? })))
}

/// `POST /cap-groups/{code}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let code = request.path.value("code")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectCapGroup(RejectCapGroup { code, reason })))
}

/// `GET /cap-groups`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<CapGroupView>(&request, &request.list::<CapGroupStatus>()?).await
}

/// `GET /cap-groups/{code}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    view::show::<CapGroupView>(&request, &request.path.value("code")?, |_| true).await
}
