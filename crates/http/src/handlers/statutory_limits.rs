//! `/statutory-limits`: propose, approve, reject, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::agencies::today;
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{Date, Instant, Line, Points, Sequence, StatutoryLimitId, Subject};
use subsidy_core::programmes::StatutoryLimits;
use subsidy_core::statutory_limits::{
    ApproveStatutoryLimit, ProposeStatutoryLimit, RejectStatutoryLimit, StatutoryLimit, StatutoryLimitStatus,
};
use subsidy_reports::related::{Related, RelatedKeys};

/// Other limits, as a document orders them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatutoryLimit {
    /// The most points of interest.
    points_max: Points,
    /// The last day that earns interest.
    window_until: Date,
    /// The number of what orders it.
    document: Line,
    reason: Reason,
}

/// A limit that was proposed.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatutoryLimitView {
    id: StatutoryLimitId,
    status: StatutoryLimitStatus,
    points_max: Points,
    window_until: Date,
    document: Line,
    /// Why the limits are to change.
    reason: Option<String>,
    /// Why it was rejected.
    rejection: Option<String>,
    created_by: Subject,
    /// Who approved or rejected it.
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for StatutoryLimitView {
    type Document = StatutoryLimit;

    fn related_keys(limit: &StatutoryLimit, wanted: &mut RelatedKeys) {
        wanted.text(Some(limit.reason));
        wanted.text(limit.rejection);
    }

    fn of(limit: &StatutoryLimit, attached: &Related) -> Self {
        Self {
            id: limit.id,
            status: limit.status,
            points_max: limit.limits.points_max,
            window_until: limit.limits.window_until,
            document: limit.document.clone(),
            reason: attached.text(Some(limit.reason)),
            rejection: attached.text(limit.rejection),
            created_by: limit.created_by.clone(),
            decided_by: limit.decided_by.clone(),
            revision: limit.revision.version,
            updated_at: limit.revision.updated_at,
        }
    }
}

/// `POST /statutory-limits`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let NewStatutoryLimit { points_max, window_until, document, reason } = request.body()?;
    let (id, limits) =
        (StatutoryLimitId::new(request.new_id()), StatutoryLimits { points_max, window_until });
    Ok(Parsed::reasoned(reason, |reason| {
        Command::ProposeStatutoryLimit(ProposeStatutoryLimit { id, limits, document, reason })
    }))
}

/// `POST /statutory-limits/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    let id = request.path.value("id")?;
    Ok(Parsed::new(Command::ApproveStatutoryLimit(ApproveStatutoryLimit { id })))
}

/// `POST /statutory-limits/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| {
        Command::RejectStatutoryLimit(RejectStatutoryLimit { id, reason })
    }))
}

/// `GET /statutory-limits`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<StatutoryLimitView>(&request, &request.list::<StatutoryLimitStatus>()?).await
}

/// `GET /statutory-limits/current`
pub async fn current(request: ReadRequest) -> Result<Reply, Problem> {
    Reply::json(&today(&request.reader().await?, &request.agency).await?.limits)
}

/// `GET /statutory-limits/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    view::show::<StatutoryLimitView>(&request, &request.path.value("id")?, |_| true).await
}
