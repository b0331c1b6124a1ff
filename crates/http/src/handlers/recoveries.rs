//! `/recoveries`: propose, approve, reject, receipts, write-off, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    ClaimId, CreditCode, Date, Instant, Line, Money, ProgrammeCode, RecoveryId, Sequence, Subject,
};
use subsidy_core::recoveries::{
    ApproveRecovery, OffsetRecovery, ProposeRecovery, ReceiveRecovery, Recovery, RecoveryOffset,
    RecoveryStatus, RejectRecovery, WriteOffRecovery, rules,
};
use subsidy_reports::related::{Related, RelatedKeys};

/// Money that is to come back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecovery {
    claim_id: ClaimId,
    amount: Amount,
    decision_no: Line,
    reason: Reason,
    /// It blocks the organisation and suspends its vouchers.
    #[serde(default)]
    fraud: bool,
    /// That of its approval where none is given.
    effective_date: Option<Date>,
}

/// Money that came back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReceipt {
    amount: Amount,
    /// The posting counts from this day.
    date: Date,
    bank_reference: Line,
}

/// Money that came back.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    amount: Money,
    date: Date,
    bank_reference: Line,
    /// Whether its posting was reversed: it counts no more.
    reversed: bool,
}

/// What is due of a claim, to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOffset {
    /// Whose: an approved claim of the same payee that stands in no batch.
    claim_id: ClaimId,
    /// As much as is owed and due where none is given.
    amount: Option<Amount>,
    /// The business date where none is given.
    effective_date: Option<Date>,
}

/// What was kept of a claim.
#[derive(Debug, Serialize, ToSchema)]
pub struct OffsetView {
    claim_id: ClaimId,
    amount: Money,
    date: Date,
}

/// A recovery.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryView {
    id: RecoveryId,
    claim_id: ClaimId,
    programme: ProgrammeCode,
    organisation: CreditCode,
    status: RecoveryStatus,
    amount: Money,
    /// CNY that came back or was offset.
    received: Money,
    written_off: Money,
    /// CNY that a later recalculation of the claim gave back.
    cancelled: Money,
    /// amount − received − written_off − cancelled
    outstanding: Money,
    receipts: Vec<ReceiptView>,
    offsets: Vec<OffsetView>,
    decision_no: Line,
    /// Why the money is to come back.
    reason: Option<String>,
    /// Whether it is for fraud: what comes back frees no cap then.
    fraud: bool,
    effective_date: Option<Date>,
    created_by: Subject,
    approved_by: Option<Subject>,
    /// Why it was rejected.
    rejection: Option<String>,
    rejected_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for RecoveryView {
    type Document = Recovery;

    fn related_keys(recovery: &Recovery, wanted: &mut RelatedKeys) {
        wanted.text(Some(recovery.reason));
        wanted.text(recovery.rejection);
    }

    fn of(recovery: &Recovery, attached: &Related) -> Self {
        let receipt = |r: &subsidy_core::recoveries::Receipt| ReceiptView {
            amount: r.amount,
            date: r.date,
            bank_reference: r.bank_reference.clone(),
            reversed: r.reversed,
        };
        let offset = |o: &RecoveryOffset| OffsetView { claim_id: o.claim, amount: o.amount, date: o.date };
        Self {
            id: recovery.id,
            claim_id: recovery.claim,
            programme: recovery.programme.clone(),
            organisation: recovery.organisation,
            status: recovery.status,
            amount: recovery.amount,
            received: recovery.received,
            written_off: recovery.written_off,
            cancelled: recovery.cancelled,
            outstanding: rules::outstanding(recovery).unwrap_or_default(),
            receipts: recovery.receipts.iter().map(receipt).collect(),
            offsets: recovery.offsets.iter().map(offset).collect(),
            decision_no: recovery.decision_no.clone(),
            reason: attached.text(Some(recovery.reason)),
            fraud: recovery.fraud,
            effective_date: recovery.decided_on.or(recovery.effective_date),
            created_by: recovery.created_by.clone(),
            approved_by: recovery.approved_by.clone(),
            rejection: attached.text(recovery.rejection),
            rejected_by: recovery.rejected_by.clone(),
            revision: recovery.revision.version,
            updated_at: recovery.revision.updated_at,
        }
    }
}

/// `POST /recoveries`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewRecovery = request.body()?;
    let id = RecoveryId::new(request.new_id());
    Ok(Parsed::reasoned(body.reason, |reason| {
        Command::ProposeRecovery(Box::new(ProposeRecovery {
            id,
            claim: body.claim_id,
            amount: body.amount,
            decision_no: body.decision_no,
            reason,
            fraud: body.fraud,
            effective_date: body.effective_date,
        }))
    }))
}

/// `POST /recoveries/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveRecovery(ApproveRecovery { id: request.path.value("id")? })))
}

/// `POST /recoveries/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectRecovery(RejectRecovery { id, reason })))
}

/// `POST /recoveries/{id}/receipts`
pub fn receive(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewReceipt { amount, date, bank_reference } = request.body()?;
    Ok(Parsed::new(Command::ReceiveRecovery(ReceiveRecovery { id, amount, date, bank_reference })))
}

/// `POST /recoveries/{id}/offset`
pub fn offset(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewOffset { claim_id: claim, amount, effective_date } = request.body()?;
    Ok(Parsed::new(Command::OffsetRecovery(OffsetRecovery { id, claim, amount, effective_date })))
}

/// `POST /recoveries/{id}/write-off`
pub fn write_off(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::WriteOffRecovery(WriteOffRecovery { id, reason })))
}

/// `GET /recoveries`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<RecoveryView>(&request, &request.list::<RecoveryStatus>()?).await
}

/// `GET /recoveries/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    view::show::<RecoveryView>(&request, &request.path.value("id")?, |_| true).await
}
