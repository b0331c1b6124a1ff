//! `/vouchers`: apply, review, issue, cancel, suspend, reinstate, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, with_related};
use crate::handlers::agencies::today;
use crate::handlers::organisations::WithReason;
use crate::handlers::overrides::OverrideView;
use crate::handlers::programmes::views::{NewAssessment, assessed};
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{
    CreditCode, Date, Instant, Money, ProgrammeCode, RentalId, Sequence, Subject, VoucherId,
};
use subsidy_core::programmes::assessment::Assessment;
use subsidy_core::programmes::calculation::Calculation;
use subsidy_core::programmes::funding::{OTHER_FUNDING_MAX, OtherFunding};
use subsidy_core::vouchers::{
    ApplyForVoucher, ChangeVoucher, IssueVoucher, ReviewDecision, ReviewVoucher, Voucher, VoucherBalance,
    VoucherStatus,
};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_reports::terms::{self, TermView};

/// An application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoucher {
    programme: ProgrammeCode,
    /// The contract that it is for.
    rental_id: RentalId,
    /// What others pay for the same contract: `[]` says that nobody does. Needed where the rules ask for it.
    #[schema(max_items = 20)]
    other_funding: Option<Vec<OtherFunding>>,
}

/// What an officer decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    decision: ReviewDecision,
    /// Needed to return or reject.
    reason: Option<Reason>,
    /// What counts of the contract. Its `reason` is that of the review.
    assessment: Option<NewAssessment>,
}

/// From when a voucher counts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The business date where none is given.
    effective_date: Option<Date>,
}

/// What became of a face value.
#[derive(Debug, Serialize, ToSchema)]
pub struct BalanceView {
    face: Money,
    redeemed: Money,
    held: Money,
    released: Money,
    expired: Money,
    /// face − redeemed − held − released − expired
    available: Money,
}

impl BalanceView {
    fn of(balance: &VoucherBalance) -> Self {
        Self {
            face: balance.face,
            redeemed: balance.redeemed,
            held: balance.held,
            released: balance.released,
            expired: balance.expired,
            available: balance.available().unwrap_or_default(),
        }
    }
}

/// A voucher.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherView {
    id: VoucherId,
    /// The number people know it by, from issue on.
    number: Option<String>,
    programme: ProgrammeCode,
    organisation: CreditCode,
    provider: CreditCode,
    rental_id: RentalId,
    status: VoucherStatus,
    face_value: Money,
    balance: BalanceView,
    /// Whether a last claim was approved: nothing more can be drawn on it.
    closed: bool,
    submitted_on: Date,
    /// The day on which it was reviewed last.
    reviewed_on: Option<Date>,
    /// Of one voucher that was asked for: by when its next step is to be taken, where the programme's rules say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    term: Option<TermView>,
    /// The start day, which does not count.
    valid_from: Option<Date>,
    /// The last usable day.
    valid_until: Option<Date>,
    fiscal_year: Option<FiscalYear>,
    /// The version of the programme's rules that it is decided by.
    rules_version: u32,
    /// Its newest calculation sheet.
    calculation: Option<Calculation>,
    /// What others pay for the same contract, as its applicant says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other_funding: Option<Vec<OtherFunding>>,
    /// What an officer found of the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    assessment: Option<Assessment>,
    /// Caps that are to be relaxed for it, or were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<OverrideView>,
    /// Why it was last returned, rejected, cancelled, suspended or reinstated.
    reason: Option<String>,
    created_by: Subject,
    reviewed_by: Option<Subject>,
    issued_by: Option<Subject>,
    /// How many days ahead its holder was last reminded of its end.
    reminded_days: Option<u16>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for VoucherView {
    type Document = Voucher;

    fn related_keys(voucher: &Voucher, wanted: &mut RelatedKeys) {
        wanted.text(voucher.reason);
        voucher.overrides.iter().for_each(|one| OverrideView::related_keys(one, wanted));
        wanted.sheet(voucher.id.to_string(), voucher.calculation);
    }

    fn of(voucher: &Voucher, attached: &Related) -> Self {
        Self {
            id: voucher.id,
            number: voucher.number.clone(),
            programme: voucher.programme.clone(),
            organisation: voucher.organisation,
            provider: voucher.provider,
            rental_id: voucher.rental,
            status: voucher.status,
            face_value: voucher.balance.face,
            balance: BalanceView::of(&voucher.balance),
            closed: voucher.closed,
            submitted_on: voucher.submitted_on,
            reviewed_on: voucher.reviewed_on,
            term: None,
            valid_from: voucher.valid_from,
            valid_until: voucher.valid_until,
            fiscal_year: voucher.fiscal_year,
            rules_version: voucher.rules_version,
            calculation: attached.sheet(&voucher.id.to_string(), voucher.calculation),
            other_funding: voucher.other_funding.clone(),
            assessment: voucher.assessment.clone(),
            overrides: voucher.overrides.iter().map(|one| OverrideView::of(one, attached)).collect(),
            reason: attached.text(voucher.reason),
            created_by: voucher.created_by.clone(),
            reviewed_by: voucher.reviewed_by.clone(),
            issued_by: voucher.issued_by.clone(),
            reminded_days: voucher.reminded_days,
            revision: voucher.revision.version,
            updated_at: voucher.revision.updated_at,
        }
    }
}

/// `POST /vouchers`
pub fn apply(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewVoucher = request.body()?;
    let id = VoucherId::new(request.new_id());
    let NewVoucher { programme, rental_id: rental, other_funding } = body;
    if other_funding.as_ref().is_some_and(|declared| declared.len() > OTHER_FUNDING_MAX) {
        return Err(Problem::too_large(OTHER_FUNDING_MAX, "other_funding").at("/other_funding"));
    }
    let command = ApplyForVoucher { id, programme, rental, other_funding };
    Ok(Parsed::new(Command::ApplyForVoucher(command)))
}

/// `POST /vouchers/{id}/review`
pub fn review(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: Review = request.body()?;
    let decision = body.decision;
    let (reason, assessment) = assessed(body.reason, body.assessment)?;
    let review = |reason| Command::ReviewVoucher(ReviewVoucher { id, decision, reason, assessment });
    Ok(Parsed::perhaps_reasoned(reason, review))
}

/// `POST /vouchers/{id}/issue`
pub fn issue(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: Issue = request.body()?;
    Ok(Parsed::new(Command::IssueVoucher(IssueVoucher { id, effective_date: body.effective_date })))
}

/// `POST /vouchers/{id}/cancel`
pub fn cancel(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    change(request, Command::CancelVoucher)
}

/// `POST /vouchers/{id}/suspend`
pub fn suspend(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    change(request, Command::SuspendVoucher)
}

/// `POST /vouchers/{id}/reinstate`
pub fn reinstate(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    change(request, Command::ReinstateVoucher)
}

fn change(request: &WriteRequest<'_>, command: fn(ChangeVoucher) -> Command) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| command(ChangeVoucher { id, reason })))
}

/// `GET /vouchers`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<VoucherView>(&request, &request.list::<VoucherStatus>()?).await
}

/// `GET /vouchers/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let (visibility, conn) = (request.visibility(), request.reader().await?);
    let seen = |voucher: &Voucher| visibility.can_see(voucher.organisation, voucher.provider);
    let voucher: Voucher = view::find(&conn, &request.path.value("id")?, seen).await?;
    let related = with_related(&conn, std::slice::from_ref(&voucher), VoucherView::related_keys).await?;
    let today = today(&conn, &request.agency).await?.business_date;
    let term = terms::of(&conn, &voucher.programme, voucher.waits(), today).await?;
    let view = VoucherView { term, ..VoucherView::of(&voucher, &related) };
    Reply::document(&view, voucher.revision.version)
}
