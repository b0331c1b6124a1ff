//! `/claims`: write, submit, withdraw, review, approve, reject, read.

mod blocked;
pub mod credits;
pub mod drafts;
pub mod objections;
mod parts;
pub mod recalculations;
pub mod reconciliation;
pub mod unmatched;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, Visibility, WriteRequest, with_related};
use crate::handlers::agencies::today;
use crate::handlers::organisations::WithReason;
use crate::handlers::overrides::OverrideView;
use crate::handlers::programmes::views::{NewAssessment, assessed};
use crate::kinds::KindsOf;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use parts::{ClaimPaymentView, PendingView, TakenInvoiceView};
use subsidy_core::book::Command;
use subsidy_core::claims::blocked::Block;
use subsidy_core::claims::{
    ApproveClaim, Claim, ClaimKind, ClaimPeriod, ClaimStatus, NameClaim, RejectClaim, ReviewClaim, SettledBy,
    payable,
};
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{
    AwardId, ClaimId, CreditCode, Date, EvidenceId, Instant, Label, LoanId, Money, PaymentBatchId, Points,
    ProgrammeCode, RentalId, Sequence, Subject, VoucherId,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::assessment::Assessment;
use subsidy_core::programmes::calculation::Calculation;
use subsidy_core::programmes::funding::OtherFunding;
use subsidy_core::vouchers::ReviewDecision;
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_reports::terms::{self, TermView};
use subsidy_store::db::pool::Connection;

/// The most lines of a settlement.
pub(super) const LINES_MAX: usize = 100;

/// What an officer decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimReview {
    decision: ReviewDecision,
    /// Needed to return or reject, and to accept usage that is not whole.
    reason: Option<Reason>,
    /// true: the claim is right although rows of usage of its months were refused; `reason` says why.
    #[serde(default)]
    accept_incomplete_usage: bool,
    /// What counts of what was filed. Its `reason` is that of the review.
    assessment: Option<NewAssessment>,
}

/// From when an approval counts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The business date where none is given.
    pub(super) effective_date: Option<Date>,
}

/// Nothing but the path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ByPath {}

/// A claim.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimView {
    id: ClaimId,
    /// What is claimed: which of the other members it has.
    kind: ClaimKind,
    programme: ProgrammeCode,
    organisation: CreditCode,
    provider: CreditCode,
    /// Who bought, where the provider of the contract claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    buyer: Option<CreditCode>,
    /// Who is paid.
    payee: CreditCode,
    /// Of a redemption: the voucher that it redeems.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    voucher_id: Option<VoucherId>,
    /// Of a rental subsidy: the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rental_id: Option<RentalId>,
    /// Of an interest subsidy: the loan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    loan_id: Option<LoanId>,
    /// Of a tranche of a grant: the award.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    award_id: Option<AwardId>,
    /// Of a tranche of a grant: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tranche: Option<Label>,
    /// Of a rental or an interest subsidy: the days that it is for; `until` is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    period: Option<ClaimPeriod>,
    /// Of a rental or an interest subsidy: the last day of the period that is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_day: Option<Date>,
    /// Of an interest subsidy: CNY of ordinary interest, as the organisation says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    interest_paid: Option<Money>,
    /// Of an interest subsidy: CNY of penalty and compound interest: recorded, never subsidised.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    penalty_interest: Option<Money>,
    /// Of an interest subsidy: points of other subsidies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other_points: Option<Points>,
    status: ClaimStatus,
    settlement: Vec<SettledLine>,
    /// Of a rental subsidy for what was metered: the leaf after which that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    usage_sequence: Option<Sequence>,
    /// Whether it is the last of its voucher; false where it redeems none.
    #[serde(rename = "final")]
    closing: bool,
    /// What it takes of which invoice.
    invoices: Vec<TakenInvoiceView>,
    /// The ids of further evidence.
    evidence: Vec<EvidenceId>,
    /// What others pay for the same costs, as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other_funding: Option<Vec<OtherFunding>>,
    /// What an officer found of what was filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    assessment: Option<Assessment>,
    /// Caps that are to be relaxed for it, or were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<OverrideView>,
    amount: Money,
    /// CNY held on the voucher.
    held: Money,
    fiscal_year: FiscalYear,
    /// The version of the programme's rules that it is decided by.
    rules_version: u32,
    /// Its newest calculation sheet.
    calculation: Option<Calculation>,
    /// When it was filed last: its approval counts from no earlier day.
    submitted_on: Option<Date>,
    reviewed_on: Option<Date>,
    /// The last day of its publicity, which began with the review.
    published_until: Option<Date>,
    approved_on: Option<Date>,
    /// The batch that it is to be paid with, or was.
    payment_batch_id: Option<PaymentBatchId>,
    /// What was paid of it or offset, in order.
    payments: Vec<ClaimPaymentView>,
    /// CNY that the bank paid, with a batch or out of its prefund.
    paid: Money,
    /// CNY that was kept for recoveries.
    offset: Money,
    /// CNY that is still to be paid.
    payable: Money,
    /// The recalculation that waits for approval.
    recalculation: Option<PendingView>,
    /// How many objections are open.
    objections_open: u32,
    /// Of one claim that was asked for: what stands in the way of its approval or its payment today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    blocked_because: Option<Vec<Block>>,
    /// Of one claim that was asked for: by when its next step is to be taken, where the programme's rules say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    term: Option<TermView>,
    paid_on: Option<Date>,
    /// CNY that was decided to come back.
    recovered: Money,
    /// Why it was last returned or rejected.
    reason: Option<String>,
    created_by: Subject,
    submitted_by: Option<Subject>,
    reviewed_by: Option<Subject>,
    approved_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

/// What not every kind of a claim shows: what it was written from, and what follows of that.
pub fn members_by_kind() -> Vec<KindsOf> {
    let period: &[_] = &[ClaimKind::RentalSubsidy, ClaimKind::InterestSubsidy];
    let own = [
        KindsOf::new("last_day", period, period),
        KindsOf::new("usage_sequence", &[ClaimKind::RentalSubsidy], &[]),
    ];
    KindsOf::all(&drafts::MEMBERS).into_iter().chain(own).collect()
}

impl View for ClaimView {
    type Document = Claim;

    fn related_keys(claim: &Claim, wanted: &mut RelatedKeys) {
        wanted.text(claim.reason);
        claim.overrides.iter().for_each(|one| OverrideView::related_keys(one, wanted));
        wanted.sheet(claim.id.to_string(), claim.calculation);
        if let Some(version) = claim.pending {
            wanted.sheet(claim.id.to_string(), version);
        }
        if claim.payments.iter().any(|payment| matches!(payment.by, SettledBy::Batch(_))) {
            wanted.references(claim.id);
        }
    }

    fn of(claim: &Claim, attached: &Related) -> Self {
        Self {
            id: claim.id,
            kind: claim.subject.kind(),
            programme: claim.programme.clone(),
            organisation: claim.organisation,
            provider: claim.provider,
            buyer: claim.buyer,
            payee: claim.payee,
            voucher_id: claim.subject.voucher(),
            rental_id: claim.subject.rental(),
            loan_id: claim.subject.loan(),
            award_id: claim.subject.tranche().map(|(award, _)| award),
            tranche: claim.subject.tranche().map(|(_, tranche)| tranche.clone()),
            period: claim.subject.period(),
            last_day: claim.subject.period().and_then(ClaimPeriod::last_day),
            interest_paid: claim.subject.interest().map(|terms| terms.interest_paid),
            penalty_interest: claim.subject.interest().map(|terms| terms.penalty_interest),
            other_points: claim.subject.interest().and_then(|terms| terms.other_points),
            status: claim.status,
            settlement: claim.subject.settlement().to_vec(),
            usage_sequence: claim.subject.metered(),
            closing: claim.subject.closing(),
            invoices: claim.invoices.iter().map(TakenInvoiceView::of).collect(),
            evidence: claim.evidence.clone(),
            other_funding: claim.other_funding.clone(),
            assessment: claim.assessment.clone(),
            overrides: claim.overrides.iter().map(|one| OverrideView::of(one, attached)).collect(),
            amount: claim.amount,
            held: claim.held,
            fiscal_year: claim.fiscal_year,
            rules_version: claim.rules_version,
            calculation: attached.sheet(&claim.id.to_string(), claim.calculation),
            submitted_on: claim.submitted_on,
            reviewed_on: claim.reviewed_on,
            published_until: claim.published_until,
            approved_on: claim.approved_on,
            payment_batch_id: claim.batch,
            payments: claim
                .payments
                .iter()
                .map(|payment| ClaimPaymentView::of(claim, payment, attached))
                .collect(),
            paid: payable::paid(claim).unwrap_or_default(),
            offset: payable::offset(claim).unwrap_or_default(),
            payable: payable::payable(claim).unwrap_or_default(),
            recalculation: claim.pending.map(|version| PendingView::of(claim, version, attached)),
            objections_open: claim.objections_open,
            blocked_because: None,
            term: None,
            paid_on: claim.paid_on,
            recovered: claim.recovered,
            reason: attached.text(claim.reason),
            created_by: claim.created_by.clone(),
            submitted_by: claim.submitted_by.clone(),
            reviewed_by: claim.reviewed_by.clone(),
            approved_by: claim.approved_by.clone(),
            revision: claim.revision.version,
            updated_at: claim.revision.updated_at,
        }
    }
}

/// `POST /claims/{id}/submit`
pub fn submit(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::SubmitClaim)
}

/// `POST /claims/{id}/withdraw`
pub fn withdraw(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::WithdrawClaim)
}

fn named(request: &WriteRequest<'_>, command: fn(NameClaim) -> Command) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(command(NameClaim { id: request.path.value("id")? })))
}

/// `POST /claims/{id}/review`
pub fn review(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: ClaimReview = request.body()?;
    let (decision, accept_incomplete_usage) = (body.decision, body.accept_incomplete_usage);
    let (reason, assessment) = assessed(body.reason, body.assessment)?;
    let review = |reason| {
        let review = ReviewClaim { id, decision, reason, accept_incomplete_usage, assessment };
        Command::ReviewClaim(review)
    };
    Ok(Parsed::perhaps_reasoned(reason, review))
}

/// `POST /claims/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: Approval = request.body()?;
    Ok(Parsed::new(Command::ApproveClaim(ApproveClaim { id, effective_date: body.effective_date })))
}

/// `POST /claims/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectClaim(RejectClaim { id, reason })))
}

/// `GET /claims`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<ClaimView>(&request, &request.list::<ClaimStatus>()?).await
}

fn can_see(request: &ReadRequest) -> impl FnOnce(&Claim) -> bool + use<> {
    let visibility = request.visibility();
    move |claim| is_seen(claim, visibility)
}

/// Whether a claim is of one of the caller's: who claims, provides or bought.
pub(super) fn is_seen(claim: &Claim, visibility: Visibility) -> bool {
    let bought = claim.buyer.is_some() && visibility.organisation == claim.buyer;
    bought || visibility.can_see(claim.organisation, claim.provider)
}

/// A claim that the caller may see.
pub(super) async fn find_visible(request: &ReadRequest, conn: &Connection) -> Result<Claim, Problem> {
    view::find(conn, &request.path.value("id")?, can_see(request)).await
}

/// `GET /claims/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let claim = find_visible(&request, &conn).await?;
    let related = with_related(&conn, std::slice::from_ref(&claim), ClaimView::related_keys).await?;
    let blocked_because = Some(blocked::blocks(&request, &conn, &claim).await?);
    let today = today(&conn, &request.agency).await?.business_date;
    let term = terms::of(&conn, &claim.programme, claim.waits(), today).await?;
    let view = ClaimView { blocked_because, term, ..ClaimView::of(&claim, &related) };
    Reply::document(&view, claim.revision.version)
}
