//! `/claims/{id}/overrides`, `/vouchers/{id}/overrides`: propose, approve, reject.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, WriteRequest};
use crate::handlers::organisations::WithReason;
use crate::handlers::programmes::Nothing;
use crate::problem::Problem;
use crate::text::Reason;
use subsidy_core::book::Command;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{Line, Subject};
use subsidy_core::programmes::overrides::{
    ApproveOverride, Overridden, Override, OverrideCode, OverrideStatus, ProposeOverride, RejectOverride,
};
use subsidy_reports::related::{Related, RelatedKeys};

/// A cap that is to be relaxed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOverride {
    code: OverrideCode,
    /// CNY that takes the place of the cap, at most what the rules allow.
    to: Amount,
    /// What allows it.
    document: Line,
    reason: Reason,
}

/// A cap that is to be relaxed for one claim or voucher, or was.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverrideView {
    /// Its number, from 1.
    id: u32,
    code: OverrideCode,
    to: Amount,
    document: Line,
    /// Why the cap is to be relaxed.
    reason: Option<String>,
    status: OverrideStatus,
    proposed_by: Subject,
    /// Who approved or rejected it.
    decided_by: Option<Subject>,
    /// Why it was rejected.
    rejection: Option<String>,
}

impl OverrideView {
    pub fn related_keys(one: &Override, wanted: &mut RelatedKeys) {
        wanted.text(Some(one.reason));
        wanted.text(one.rejection);
    }

    pub fn of(one: &Override, attached: &Related) -> Self {
        Self {
            id: one.number,
            code: one.code,
            to: one.to,
            document: one.document.clone(),
            reason: attached.text(Some(one.reason)),
            status: one.status,
            proposed_by: one.proposed_by.clone(),
            decided_by: one.decided_by.clone(),
            rejection: attached.text(one.rejection),
        }
    }
}

fn claim(request: &WriteRequest<'_>) -> Result<Overridden, Problem> {
    request.path.value("id").map(Overridden::Claim)
}

fn voucher(request: &WriteRequest<'_>) -> Result<Overridden, Problem> {
    request.path.value("id").map(Overridden::Voucher)
}

fn propose(request: &WriteRequest<'_>, of: Overridden) -> Result<Parsed, Problem> {
    let NewOverride { code, to, document, reason } = request.body()?;
    Ok(Parsed::reasoned(reason, |reason| {
        Command::ProposeOverride(Box::new(ProposeOverride { of, code, to, document, reason }))
    }))
}

fn approve(request: &WriteRequest<'_>, of: Overridden) -> Result<Parsed, Problem> {
    let Nothing {} = request.body()?;
    let number = request.path.number("number")?;
    Ok(Parsed::new(Command::ApproveOverride(ApproveOverride { of, number })))
}

fn reject(request: &WriteRequest<'_>, of: Overridden) -> Result<Parsed, Problem> {
    let number = request.path.number("number")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectOverride(RejectOverride { of, number, reason })))
}

/// `POST /claims/{id}/overrides`
pub fn propose_of_claim(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    propose(request, claim(request)?)
}

/// `POST /claims/{id}/overrides/{number}/approve`
pub fn approve_of_claim(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    approve(request, claim(request)?)
}

/// `POST /claims/{id}/overrides/{number}/reject`
pub fn reject_of_claim(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    reject(request, claim(request)?)
}

/// `POST /vouchers/{id}/overrides`
pub fn propose_of_voucher(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    propose(request, voucher(request)?)
}

/// `POST /vouchers/{id}/overrides/{number}/approve`
pub fn approve_of_voucher(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    approve(request, voucher(request)?)
}

/// `POST /vouchers/{id}/overrides/{number}/reject`
pub fn reject_of_voucher(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    reject(request, voucher(request)?)
}
