//! `/payment-batches`: propose, approve, reject, results, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::queries;
use super::store::{PaymentBatchRow, PaymentLineRow};
use super::{
    ApprovePaymentBatch, BatchStatus, CLAIMS_MAX, ClaimIds, LineStatus, PaymentBatch, PaymentLine,
    PaymentResult, ProposePaymentBatch, RejectPaymentBatch, SettlePayment,
};
use crate::book::Command;
use crate::claims::api::ByPath;
use crate::domain::{ClaimId, CreditCode, Date, Instant, Line, Money, PaymentBatchId, Sequence, Subject};
use crate::http::list::Filters;
use crate::http::problem::Problem;
use crate::http::text::Reason;
use crate::http::verb::{Parsed, ParsedGroup, ReadRequest, Reply, WriteRequest, attached, beside, whole};
use crate::organisations::api::WithReason;
use crate::reports::attachments::{Attachments, Wanted};

/// Approved claims to be paid together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentBatch {
    #[schema(min_items = 1, max_items = 1000)]
    claim_ids: Vec<ClaimId>,
}

/// What the bank says of one claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentResult {
    claim_id: ClaimId,
    outcome: PaymentResult,
    /// What the bank calls it.
    bank_reference: Line,
    /// The posting counts from this day.
    date: Date,
    /// Why it came back.
    reason: Option<Reason>,
}

/// What the bank says, line by line: all are taken or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentResults {
    #[schema(min_items = 1, max_items = 1000)]
    results: Vec<NewPaymentResult>,
}

/// A claim in a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentLineView {
    claim_id: ClaimId,
    payee: CreditCode,
    amount: Money,
    status: LineStatus,
    bank_reference: Option<Line>,
    date: Option<Date>,
    reason: Option<String>,
}

/// A payment batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentBatchView {
    id: PaymentBatchId,
    status: BatchStatus,
    /// How many claims.
    count: u32,
    /// How many have no result yet.
    open: u32,
    total: Money,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    approved_by: Option<Subject>,
    /// Its claims; shown where one batch is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<PaymentLineView>>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl PaymentBatchView {
    /// What its view shows beside it.
    pub fn wants(batch: &PaymentBatch, wanted: &mut Wanted) {
        wanted.text(batch.reason);
    }

    /// The view of a batch.
    pub fn of(batch: &PaymentBatch, attached: &Attachments) -> Self {
        Self {
            id: batch.id,
            status: batch.status,
            count: batch.count,
            open: batch.open,
            total: batch.total,
            reason: attached.text(batch.reason),
            created_by: batch.created_by.clone(),
            approved_by: batch.approved_by.clone(),
            lines: None,
            revision: batch.revision.version,
            updated_at: batch.revision.updated_at,
        }
    }
}

fn line_view(line: &PaymentLine, attached: &Attachments) -> PaymentLineView {
    PaymentLineView {
        claim_id: line.claim,
        payee: line.payee,
        amount: line.amount,
        status: line.status,
        bank_reference: line.bank_reference.clone(),
        date: line.date,
        reason: attached.text(line.reason),
    }
}

/// `POST /payment-batches`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewPaymentBatch = request.body()?;
    if body.claim_ids.len() > CLAIMS_MAX {
        return Err(Problem::too_large(CLAIMS_MAX, "claims"));
    }
    let claims = ClaimIds::new(body.claim_ids).map_err(|_| Problem::new("invalid_value").at("/claim_ids"))?;
    let id = PaymentBatchId::new(request.new_id());
    Ok(Parsed::new(Command::ProposePaymentBatch(Box::new(ProposePaymentBatch { id, claims }))))
}

/// `POST /payment-batches/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    let id = request.path.value("id")?;
    Ok(Parsed::new(Command::ApprovePaymentBatch(ApprovePaymentBatch { id })))
}

/// `POST /payment-batches/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    let reject = |reason| Command::RejectPaymentBatch(RejectPaymentBatch { id, reason });
    Ok(Parsed::reasoned(body.reason, reject))
}

/// `POST /payment-batches/{id}/results`
pub fn results(request: &WriteRequest<'_>) -> Result<ParsedGroup, Problem> {
    let batch = request.path.value("id")?;
    let body: NewPaymentResults = request.body()?;
    if body.results.len() > CLAIMS_MAX {
        return Err(Problem::too_large(CLAIMS_MAX, "results"));
    }
    if body.results.is_empty() {
        return Err(Problem::new("invalid_value").at("/results"));
    }
    let mut group = ParsedGroup { commands: Vec::new(), texts: Vec::new(), member: "/results" };
    for result in body.results {
        let text = result.reason.map(Reason::salted);
        group.commands.push(Command::SettlePayment(SettlePayment {
            batch,
            claim: result.claim_id,
            outcome: result.outcome,
            bank_reference: result.bank_reference,
            date: result.date,
            reason: text.as_ref().map(|text| text.hash),
        }));
        group.texts.extend(text);
    }
    Ok(group)
}

/// `GET /payment-batches`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, filters) = (request.page()?, Filters::of(&request.query)?);
    let status = filters.word::<BatchStatus>()?.map(BatchStatus::as_str);
    let conn = request.reader().await?;
    let rows = queries::page(&conn, page.after, status, filters.updated_since, page.rows());
    let rows = rows.await.map_err(|error| Problem::database(&error))?;
    let (rows, next) = page.cut(rows, |row| row.created);
    let found = whole(&rows, PaymentBatchRow::read)?;
    let attached = beside(&conn, &found, PaymentBatchView::wants).await?;
    Reply::list((found.iter().map(|batch| PaymentBatchView::of(batch, &attached)).collect(), next))
}

/// `GET /payment-batches/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let id: PaymentBatchId = request.path.value("id")?;
    let conn = request.reader().await?;
    let row = queries::get(&conn, id.uuid()).await.map_err(|error| Problem::database(&error))?;
    let found = row.ok_or_else(|| Problem::new("not_found"))?;
    let found = found.read().map_err(|error| Problem::fault(&error))?;
    let rows = queries::lines(&conn, id.uuid()).await.map_err(|error| Problem::database(&error))?;
    let lines = whole(&rows, PaymentLineRow::read)?;
    let mut wanted = Wanted::default();
    PaymentBatchView::wants(&found, &mut wanted);
    lines.iter().for_each(|line| wanted.text(line.reason));
    let attached = attached(&conn, wanted).await?;
    let lines = lines.iter().map(|line| line_view(line, &attached)).collect();
    let view = PaymentBatchView { lines: Some(lines), ..PaymentBatchView::of(&found, &attached) };
    Reply::document(&view, found.revision.version)
}
