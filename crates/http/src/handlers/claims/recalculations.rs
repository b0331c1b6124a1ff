//! `/claims/{id}/recalculate`, `/claims/{id}/recalculations`, `/claims/{id}/calculation`: sheets after the first.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all, load_related};
use crate::handlers::claims::parts::TakenInvoiceView;
use crate::handlers::claims::{Approval, LINES_MAX, find_visible};
use crate::handlers::organisations::WithReason;
use crate::handlers::programmes::views::NewLine;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::claims::ClaimPeriod;
use subsidy_core::claims::recalculation::{
    ApproveRecalculation, ClaimChanges, ProposeRecalculation, Recalculation, RecalculationStatus,
    RejectRecalculation,
};
use subsidy_core::domain::money::AmountOrZero;
use subsidy_core::domain::{ClaimId, Code, Date, Instant, Money, Points, RecoveryId, Sequence, Subject};
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::calculation::Calculation;
use subsidy_core::programmes::funding::{OTHER_FUNDING_MAX, OtherFunding};
use subsidy_reports::related::{Related, RelatedKeys, SheetRow, sheets_of};

/// The members of a claim that are other than they were; what is left out stays. Of an interest subsidy none need be
/// named: what happened to the loan since is taken up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaimChanges {
    /// What was settled.
    #[schema(min_items = 1, max_items = 100)]
    settlement: Option<Vec<NewLine>>,
    /// Whether it is the voucher's last: what is left is released.
    #[serde(rename = "final")]
    closing: Option<bool>,
    /// Of a rental subsidy: whether what was metered in its days, as that is known now, takes the settlement's place.
    usage: Option<bool>,
    /// Of an interest subsidy: for which days.
    period: Option<ClaimPeriod>,
    /// Of an interest subsidy: CNY of ordinary interest that was paid.
    interest_paid: Option<AmountOrZero>,
    /// Of an interest subsidy: CNY of penalty and compound interest.
    penalty_interest: Option<AmountOrZero>,
    /// Of an interest subsidy: points of other subsidies.
    other_points: Option<Points>,
    /// What others pay for the same costs, in place of what was declared: `[]` says that nobody does.
    #[schema(max_items = 20)]
    other_funding: Option<Vec<OtherFunding>>,
}

/// What is known better now, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecalculation {
    changes: NewClaimChanges,
    reason: Reason,
    /// Whether it is right although rows of usage of its months were refused: the reason says why.
    #[serde(default)]
    accept_incomplete_usage: bool,
}

/// A further sheet of a claim.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecalculationView {
    claim_id: ClaimId,
    /// The number of its sheet.
    version: u32,
    /// The number of the sheet that it takes the place of.
    previous_version: u32,
    status: RecalculationStatus,
    settlement: Vec<SettledLine>,
    /// Where it is what was metered: the leaf after which that was read.
    usage_sequence: Option<Sequence>,
    /// Whether the claim is the last of its voucher; false where it redeems none.
    #[serde(rename = "final")]
    closing: bool,
    /// Of an interest subsidy: for which days.
    period: Option<ClaimPeriod>,
    /// Of an interest subsidy: CNY of ordinary interest that was paid.
    interest_paid: Option<Money>,
    /// Of an interest subsidy: points of other subsidies.
    other_points: Option<Points>,
    /// What others pay for the same costs, as it is known with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other_funding: Option<Vec<OtherFunding>>,
    /// The parts of invoices that the claim holds with it: what red invoices took back is let go.
    invoices: Vec<TakenInvoiceView>,
    amount: Money,
    /// Its amount less that of the sheet before; below zero where it gives less.
    difference: Money,
    /// Its sheet.
    calculation: Option<Calculation>,
    /// Why the claim is computed again.
    reason: Option<String>,
    /// Why it was rejected.
    rejection_reason: Option<String>,
    /// What asks back what was paid too much.
    recovery_id: Option<RecoveryId>,
    proposed_on: Date,
    effective_date: Option<Date>,
    created_by: Subject,
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for RecalculationView {
    type Document = Recalculation;

    fn related_keys(recalculation: &Recalculation, wanted: &mut RelatedKeys) {
        wanted.text(Some(recalculation.reason));
        wanted.text(recalculation.rejection);
        wanted.sheet(recalculation.claim.to_string(), recalculation.number);
    }

    fn of(recalculation: &Recalculation, attached: &Related) -> Self {
        Self {
            claim_id: recalculation.claim,
            version: recalculation.number,
            previous_version: recalculation.previous,
            status: recalculation.status,
            settlement: recalculation.settlement.clone(),
            usage_sequence: recalculation.usage,
            closing: recalculation.closing,
            period: recalculation.interest.map(|terms| terms.period),
            interest_paid: recalculation.interest.map(|terms| terms.interest_paid),
            other_points: recalculation.interest.and_then(|terms| terms.other_points),
            other_funding: recalculation.other_funding.clone(),
            invoices: recalculation.invoices.iter().map(TakenInvoiceView::of).collect(),
            amount: recalculation.amount,
            difference: recalculation.difference,
            calculation: attached.sheet(&recalculation.claim.to_string(), recalculation.number),
            reason: attached.text(Some(recalculation.reason)),
            rejection_reason: attached.text(recalculation.rejection),
            recovery_id: recalculation.recovery,
            proposed_on: recalculation.proposed_on,
            effective_date: recalculation.decided_on,
            created_by: recalculation.created_by.clone(),
            decided_by: recalculation.decided_by.clone(),
            revision: recalculation.revision.version,
            updated_at: recalculation.revision.updated_at,
        }
    }
}

/// `POST /claims/{id}/recalculate`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let claim = request.path.value("id")?;
    let NewRecalculation { changes, reason, accept_incomplete_usage } = request.body()?;
    if changes.usage == Some(false) || changes.usage.is_some() && changes.settlement.is_some() {
        return Err(Problem::new(Code::InvalidValue).at("/changes/usage"));
    }
    if changes.settlement.as_ref().is_some_and(|lines| !(1..=LINES_MAX).contains(&lines.len())) {
        return Err(Problem::new(Code::InvalidValue).at("/changes/settlement"));
    }
    if changes.other_funding.as_ref().is_some_and(|declared| declared.len() > OTHER_FUNDING_MAX) {
        let problem = Problem::too_large(OTHER_FUNDING_MAX, "other_funding");
        return Err(problem.at("/changes/other_funding"));
    }
    let changes = ClaimChanges {
        settlement: changes.settlement.map(NewLine::all),
        closing: changes.closing,
        usage: changes.usage.unwrap_or_default(),
        period: changes.period,
        interest_paid: changes.interest_paid.map(AmountOrZero::money),
        penalty_interest: changes.penalty_interest.map(AmountOrZero::money),
        other_points: changes.other_points,
        other_funding: changes.other_funding,
    };
    Ok(Parsed::reasoned(reason, |reason| {
        let proposal = ProposeRecalculation { claim, changes, reason, accept_incomplete_usage };
        Command::ProposeRecalculation(Box::new(proposal))
    }))
}

/// `POST /claims/{id}/recalculations/{version}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    approval(request, Some(request.path.number("version")?))
}

/// `POST /claims/{id}/recalculate/approve`: the one that waits.
pub fn approve_waiting(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    approval(request, None)
}

fn approval(request: &WriteRequest<'_>, number: Option<u32>) -> Result<Parsed, Problem> {
    let claim = request.path.value("id")?;
    let body: Approval = request.body()?;
    let recovery = RecoveryId::new(request.new_id());
    let approval = ApproveRecalculation { claim, number, recovery, effective_date: body.effective_date };
    Ok(Parsed::new(Command::ApproveRecalculation(approval)))
}

/// `POST /claims/{id}/recalculations/{version}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    rejection(request, Some(request.path.number("version")?))
}

/// `POST /claims/{id}/recalculate/reject`: the one that waits.
pub fn reject_waiting(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    rejection(request, None)
}

fn rejection(request: &WriteRequest<'_>, number: Option<u32>) -> Result<Parsed, Problem> {
    let claim = request.path.value("id")?;
    let body: WithReason = request.body()?;
    let reject = |reason| Command::RejectRecalculation(RejectRecalculation { claim, number, reason });
    Ok(Parsed::reasoned(body.reason, reject))
}

/// `GET /claims/{id}/recalculations`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let mut list = request.list::<()>()?;
    let conn = request.reader().await?;
    list.query.claim = Some(find_visible(&request, &conn).await?.id.uuid());
    view::listed::<RecalculationView>(&conn, &list).await
}

/// `GET /claims/{id}/calculation`: its newest sheet, or the one of a number.
pub async fn calculation(request: ReadRequest) -> Result<Reply, Problem> {
    let version = request.query.number::<u32>("version")?;
    let conn = request.reader().await?;
    let claim = find_visible(&request, &conn).await?;
    let (document, number) = (claim.id.to_string(), version.unwrap_or(claim.calculation));
    let mut wanted = RelatedKeys::default();
    wanted.sheet(document.clone(), number);
    let found = load_related(&conn, wanted).await?;
    Reply::json(&found.sheet(&document, number).ok_or_else(|| Problem::new(Code::NotFound))?)
}

/// `GET /claims/{id}/calculations`: every sheet, the first first.
pub async fn calculations(request: ReadRequest) -> Result<Reply, Problem> {
    let page = request.page()?;
    let conn = request.reader().await?;
    let claim = find_visible(&request, &conn).await?;
    let rows = sheets_of(&conn, page.query(), &claim.id.to_string()).await?;
    let (rows, next) = page.cut(rows, |row| i64::from(row.version));
    Reply::list((decode_all(&rows, SheetRow::read)?, next))
}
