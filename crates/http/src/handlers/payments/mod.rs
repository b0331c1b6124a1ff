//! `/payment-batches`: propose, approve, reject, results, what undoes them, read.

pub mod answers;
pub mod file;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ParsedGroup, ReadRequest, Reply, WriteRequest, decode_all, load_related};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    ClaimId, Code, ContentHash, CreditCode, Date, Instant, Line, Money, PaymentBatchId, Sequence, Subject,
};
use subsidy_core::payments::{
    ApprovePaymentBatch, ApproveResult, BatchStatus, CLAIMS_MAX, ClaimIds, LeftOut, LineStatus, PaymentBatch,
    PaymentLine, PaymentResult, ProposePaymentBatch, ProposedResult, RejectPaymentBatch, RejectResult,
    SettlePayment,
};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::payments::PaymentLineRow;
use subsidy_store::payments::queries;

/// Approved claims to be paid together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentBatch {
    /// All of them or none. Left out: every approved claim that can be paid, a thousand at most; `left_out` names
    /// the first hundred of the others.
    #[schema(min_items = 1, max_items = 1000)]
    claim_ids: Option<Vec<ClaimId>>,
}

/// What the bank says of one claim: its first result is taken as it is; `returned` after `paid` undoes a payment and waits
/// for another person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentResult {
    claim_id: ClaimId,
    outcome: PaymentResult,
    /// What the bank says it was; another amount than the line's is refused.
    amount: Option<Amount>,
    /// What the bank calls it. No two payments of an agency are called the same.
    bank_reference: Line,
    /// The posting counts from this day: none before that of the batch's approval.
    date: Date,
    /// Why it came back.
    reason: Option<Reason>,
}

/// What the bank says, line by line, each claim once: all are taken or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentResults {
    #[schema(min_items = 1, max_items = 1000)]
    results: Vec<NewPaymentResult>,
}

/// Results that wait, by the claims of their lines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingResults {
    #[schema(min_items = 1, max_items = 1000)]
    claim_ids: Vec<ClaimId>,
}

/// Results that wait and are not so.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusedResults {
    #[schema(min_items = 1, max_items = 1000)]
    claim_ids: Vec<ClaimId>,
    reason: Reason,
}

/// A result that waits: one that undoes a payment, or one that a file of the bank says. It counts when another person
/// approves it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedResultView {
    outcome: PaymentResult,
    bank_reference: Line,
    date: Date,
    /// Why the payment came back, in the bank's words.
    reason: Option<String>,
    /// The SHA-256 of the bank's file that says so; none where an officer typed it.
    statement: Option<ContentHash>,
    proposed_by: Subject,
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
    /// Why the payment came back, in the bank's words.
    reason: Option<String>,
    /// A result that waits for another person's approval.
    proposed_result: Option<ProposedResultView>,
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
    /// How many results wait for another person's approval.
    waiting: u32,
    total: Money,
    /// Of a batch of everything: what was approved and is not in it, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOut>,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    approved_by: Option<Subject>,
    /// The business date on which it was approved: no result is of an earlier day.
    approved_on: Option<Date>,
    /// Its claims: all where one batch is read, else those that the request was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<PaymentLineView>>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for PaymentBatchView {
    type Document = PaymentBatch;

    fn related_keys(batch: &PaymentBatch, wanted: &mut RelatedKeys) {
        wanted.text(batch.reason);
    }

    fn of(batch: &PaymentBatch, attached: &Related) -> Self {
        Self {
            id: batch.id,
            status: batch.status,
            count: batch.count,
            open: batch.open,
            waiting: batch.waiting,
            total: batch.total,
            left_out: batch.left_out.clone(),
            reason: attached.text(batch.reason),
            created_by: batch.created_by.clone(),
            approved_by: batch.approved_by.clone(),
            approved_on: batch.approved_on,
            lines: None,
            revision: batch.revision.version,
            updated_at: batch.revision.updated_at,
        }
    }
}

impl PaymentBatchView {
    /// With the lines that a request was about.
    pub fn with_lines<'a>(self, lines: impl Iterator<Item = &'a PaymentLine>, attached: &Related) -> Self {
        Self { lines: Some(lines.map(|line| line_view(line, attached)).collect()), ..self }
    }
}

impl PaymentLineView {
    /// What its view shows beside it.
    pub fn related_keys(line: &PaymentLine, wanted: &mut RelatedKeys) {
        wanted.text(line.reason);
        wanted.text(line.proposed_result.as_ref().and_then(|result| result.reason));
    }
}

fn result_view(result: &ProposedResult, attached: &Related) -> ProposedResultView {
    ProposedResultView {
        outcome: result.outcome,
        bank_reference: result.bank_reference.clone(),
        date: result.date,
        reason: attached.text(result.reason),
        statement: result.statement,
        proposed_by: result.proposed_by.clone(),
    }
}

fn line_view(line: &PaymentLine, attached: &Related) -> PaymentLineView {
    PaymentLineView {
        claim_id: line.claim,
        payee: line.payee,
        amount: line.amount,
        status: line.status,
        bank_reference: line.bank_reference.clone(),
        date: line.date,
        reason: attached.text(line.reason),
        proposed_result: line.proposed_result.as_ref().map(|one| result_view(one, attached)),
    }
}

/// `POST /payment-batches`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewPaymentBatch = request.body()?;
    if body.claim_ids.as_ref().is_some_and(|ids| ids.len() > CLAIMS_MAX) {
        return Err(Problem::too_large(CLAIMS_MAX, "claims"));
    }
    let claims = body.claim_ids.map(ClaimIds::new).transpose();
    let claims = claims.map_err(|_| Problem::new(Code::InvalidValue).at("/claim_ids"))?;
    let id = PaymentBatchId::new(request.new_id());
    let (name_max, letters) = (request.name_max, request.letters);
    let command = ProposePaymentBatch { id, claims, name_max, letters };
    Ok(Parsed::new(Command::ProposePaymentBatch(Box::new(command))))
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
        return Err(Problem::new(Code::InvalidValue).at("/results"));
    }
    let mut group =
        ParsedGroup { commands: Vec::new(), texts: Vec::new(), member: "/results", places: Vec::new() };
    let mut claims = BTreeSet::new();
    for (index, result) in body.results.into_iter().enumerate() {
        if !claims.insert(result.claim_id) {
            let twice = Problem::new(Code::ResultTwice).with("claim", result.claim_id.to_string());
            return Err(twice.at(format!("/results/{index}/claim_id")));
        }
        let text = result.reason.map(Reason::salted);
        group.commands.push(Command::SettlePayment(SettlePayment {
            batch,
            claim: result.claim_id,
            outcome: result.outcome,
            amount: result.amount,
            bank_reference: result.bank_reference,
            date: result.date,
            reason: text.as_ref().map(|text| text.hash),
            statement: None,
        }));
        group.texts.extend(text);
    }
    Ok(group)
}

/// The members of a group that are each about one claim, which is named once.
fn each_once(claims: &[ClaimId], command: impl Fn(ClaimId) -> Command) -> Result<ParsedGroup, Problem> {
    if claims.len() > CLAIMS_MAX {
        return Err(Problem::too_large(CLAIMS_MAX, "claims"));
    }
    if claims.is_empty() {
        return Err(Problem::new(Code::InvalidValue).at("/claim_ids"));
    }
    let mut seen = BTreeSet::new();
    if let Some(index) = claims.iter().position(|claim| !seen.insert(*claim)) {
        let claim = claims.get(index).map(ToString::to_string).unwrap_or_default();
        return Err(Problem::new(Code::ResultTwice).with("claim", claim).at(format!("/claim_ids/{index}")));
    }
    let commands = claims.iter().map(|claim| command(*claim)).collect();
    Ok(ParsedGroup { commands, texts: Vec::new(), member: "/claim_ids", places: Vec::new() })
}

/// `POST /payment-batches/{id}/results/approve`
pub fn approve_results(request: &WriteRequest<'_>) -> Result<ParsedGroup, Problem> {
    let batch = request.path.value("id")?;
    let body: WaitingResults = request.body()?;
    each_once(&body.claim_ids, |claim| Command::ApproveResult(ApproveResult { batch, claim }))
}

/// `POST /payment-batches/{id}/results/reject`
pub fn reject_results(request: &WriteRequest<'_>) -> Result<ParsedGroup, Problem> {
    let batch = request.path.value("id")?;
    let body: RefusedResults = request.body()?;
    let text = body.reason.salted();
    let reason = text.hash;
    let mut group =
        each_once(&body.claim_ids, |claim| Command::RejectResult(RejectResult { batch, claim, reason }))?;
    group.texts.push(text);
    Ok(group)
}

/// `POST /payment-batches/{id}/results/{claim}/approve`
pub fn approve_result(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    let (batch, claim) = (request.path.value("id")?, request.path.value("claim")?);
    Ok(Parsed::new(Command::ApproveResult(ApproveResult { batch, claim })))
}

/// `POST /payment-batches/{id}/results/{claim}/reject`
pub fn reject_result(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (batch, claim) = (request.path.value("id")?, request.path.value("claim")?);
    let body: WithReason = request.body()?;
    let reject = |reason| Command::RejectResult(RejectResult { batch, claim, reason });
    Ok(Parsed::reasoned(body.reason, reject))
}

/// `GET /payment-batches`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<PaymentBatchView>(&request, &request.list::<BatchStatus>()?).await
}

/// `GET /payment-batches/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let id: PaymentBatchId = request.path.value("id")?;
    let conn = request.reader().await?;
    let found: PaymentBatch = view::find(&conn, &id, |_| true).await?;
    let rows = queries::lines(&conn, id.uuid()).await?;
    let lines = decode_all(&rows, PaymentLineRow::read)?;
    let mut wanted = RelatedKeys::default();
    PaymentBatchView::related_keys(&found, &mut wanted);
    lines.iter().for_each(|line| PaymentLineView::related_keys(line, &mut wanted));
    let attached = load_related(&conn, wanted).await?;
    let view = PaymentBatchView::of(&found, &attached).with_lines(lines.iter(), &attached);
    Reply::document(&view, found.revision.version)
}
