//! `/ledger/transactions/{sequence}/reverse` and its approval.

use serde::Serialize;
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{Code, Date, Instant, Sequence, Subject};
use subsidy_core::reversals::{ApproveReversal, ProposeReversal, Reversal, ReversalStatus};
use subsidy_reports::related::{Related, RelatedKeys};

/// A reversal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReversalView {
    /// The transaction that it reverses.
    sequence: Sequence,
    status: ReversalStatus,
    /// Why the transaction is reversed.
    reason: Option<String>,
    /// The day it counts from.
    effective_date: Option<Date>,
    /// The transaction that it is, once it is posted.
    reversed_by: Option<Sequence>,
    created_by: Subject,
    approved_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for ReversalView {
    type Document = Reversal;

    fn related_keys(reversal: &Reversal, wanted: &mut RelatedKeys) {
        wanted.text(Some(reversal.reason));
    }

    fn of(reversal: &Reversal, attached: &Related) -> Self {
        Self {
            sequence: reversal.sequence,
            status: reversal.status,
            reason: attached.text(Some(reversal.reason)),
            effective_date: reversal.effective_date,
            reversed_by: reversal.reversed_by,
            created_by: reversal.created_by.clone(),
            approved_by: reversal.approved_by.clone(),
            revision: reversal.revision.version,
            updated_at: reversal.revision.updated_at,
        }
    }
}

/// A sequence in a path; one that no log reaches names nothing.
fn sequence(request: &WriteRequest<'_>) -> Result<Sequence, Problem> {
    let number: u64 = request.path.number("sequence")?;
    i64::try_from(number).map_err(|_| Problem::new(Code::NotFound))?;
    Ok(Sequence::new(number))
}

/// `POST /ledger/transactions/{sequence}/reverse`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let sequence = sequence(request)?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::ProposeReversal(ProposeReversal { sequence, reason })))
}

/// `POST /ledger/transactions/{sequence}/reverse/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveReversal(ApproveReversal { sequence: sequence(request)? })))
}

/// `GET /ledger/reversals`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<ReversalView>(&request, &request.list::<ReversalStatus>()?).await
}
