//! `/claims`: what a claim is written from, and written anew.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::handler::{Parsed, WriteRequest};
use crate::handlers::claims::LINES_MAX;
use crate::handlers::programmes::views::NewLine;
use crate::kinds::{self, Member};
use crate::problem::Problem;
use subsidy_core::book::Command;
use subsidy_core::claims::backing::{EVIDENCE_MAX, INVOICES_MAX, InvoicePart};
use subsidy_core::claims::{ClaimKind, ClaimPeriod, ClaimRequest, InterestTerms, WriteClaim};
use subsidy_core::domain::money::AmountOrZero;
use subsidy_core::domain::{
    AwardId, ClaimId, Code, EvidenceId, Label, LoanId, Points, ProgrammeCode, RentalId, VoucherId,
};
use subsidy_core::programmes::funding::{OTHER_FUNDING_MAX, OtherFunding};

/// A claim as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    /// What is claimed: which of the other members it has.
    kind: ClaimKind,
    /// Of a redemption: the voucher that it redeems.
    voucher_id: Option<VoucherId>,
    /// Of a tranche of a grant: the award.
    award_id: Option<AwardId>,
    /// Of a tranche of a grant: its name.
    tranche: Option<Label>,
    /// Of a rental or an interest subsidy: under which programme.
    programme: Option<ProgrammeCode>,
    /// Of a rental subsidy: the contract.
    rental_id: Option<RentalId>,
    /// Of an interest subsidy: the loan.
    loan_id: Option<LoanId>,
    /// Of a rental or an interest subsidy: the days that it is for; the last is not counted. Of interest they are over.
    period: Option<ClaimPeriod>,
    /// Of a redemption or a rental subsidy: what was settled; of a rental subsidy either this or `usage`.
    #[schema(min_items = 1, max_items = 100)]
    settlement: Option<Vec<NewLine>>,
    /// Of a rental subsidy: whether it is for what was metered in its days, item by item.
    usage: Option<bool>,
    /// Of an interest subsidy: CNY of ordinary interest that was paid for the period; the subsidy is never more.
    interest_paid: Option<AmountOrZero>,
    /// Of an interest subsidy: CNY of penalty and compound interest: recorded, never subsidised.
    penalty_interest: Option<AmountOrZero>,
    /// Of an interest subsidy: points of other subsidies, which rules that net them off take off the contract rate.
    other_points: Option<Points>,
    /// Of a redemption: whether it is the voucher's last: what is left is released.
    #[serde(rename = "final")]
    closing: Option<bool>,
    /// Of a redemption or a rental subsidy: parts of invoices that it takes.
    #[schema(max_items = 200)]
    invoices: Option<Vec<InvoicePart>>,
    /// What others pay for the same costs: `[]` says that nobody does. Needed where the rules ask for it.
    #[schema(max_items = 20)]
    other_funding: Option<Vec<OtherFunding>>,
    /// The ids of further evidence.
    #[schema(max_items = 100)]
    #[serde(default)]
    evidence: Vec<EvidenceId>,
}

fn written(request: &WriteRequest<'_>, id: ClaimId) -> Result<Box<WriteClaim>, Problem> {
    let body: NewClaim = request.body()?;
    of_its_kind(&body)?;
    if body.settlement.as_ref().is_some_and(|lines| !(1..=LINES_MAX).contains(&lines.len())) {
        return Err(Problem::new(Code::InvalidValue).at("/settlement"));
    }
    let other_funding = body.other_funding.clone();
    let (invoices, evidence) = (body.invoices.clone().unwrap_or_default(), body.evidence.clone());
    for (limit, count, what) in [
        (INVOICES_MAX, invoices.len(), "invoices"),
        (EVIDENCE_MAX, evidence.len(), "evidence"),
        (OTHER_FUNDING_MAX, other_funding.as_ref().map_or(0, Vec::len), "other_funding"),
    ] {
        if count > limit {
            return Err(Problem::too_large(limit, what).at(format!("/{what}")));
        }
    }
    Ok(Box::new(WriteClaim { id, request: asked(body)?, invoices, evidence, other_funding }))
}

/// What not every kind of a claim has. A rental subsidy needs its settlement too, unless it is for what was metered.
#[rustfmt::skip]
pub const MEMBERS: [Member<NewClaim, ClaimKind>; 14] = {
    use ClaimKind::{GrantTranche as Grant, InterestSubsidy as Interest, RentalSubsidy as Rental, VoucherRedemption as Voucher};
    [
        Member { name: "award_id", there: |body| body.award_id.is_some(), takes: &[Grant], needs: &[Grant] },
        Member { name: "tranche", there: |body| body.tranche.is_some(), takes: &[Grant], needs: &[Grant] },
        Member { name: "voucher_id", there: |body| body.voucher_id.is_some(), takes: &[Voucher], needs: &[Voucher] },
        Member { name: "final", there: |body| body.closing.is_some(), takes: &[Voucher], needs: &[] },
        Member { name: "programme", there: |body| body.programme.is_some(), takes: &[Rental, Interest], needs: &[Rental, Interest] },
        Member { name: "rental_id", there: |body| body.rental_id.is_some(), takes: &[Rental], needs: &[Rental] },
        Member { name: "loan_id", there: |body| body.loan_id.is_some(), takes: &[Interest], needs: &[Interest] },
        Member { name: "period", there: |body| body.period.is_some(), takes: &[Rental, Interest], needs: &[Rental, Interest] },
        Member { name: "settlement", there: |body| body.settlement.is_some(), takes: &[Voucher, Rental], needs: &[Voucher] },
        Member { name: "usage", there: |body| body.usage.is_some(), takes: &[Rental], needs: &[] },
        Member { name: "invoices", there: |body| body.invoices.is_some(), takes: &[Voucher, Rental], needs: &[] },
        Member { name: "interest_paid", there: |body| body.interest_paid.is_some(), takes: &[Interest], needs: &[Interest] },
        Member { name: "penalty_interest", there: |body| body.penalty_interest.is_some(), takes: &[Interest], needs: &[] },
        Member { name: "other_points", there: |body| body.other_points.is_some(), takes: &[Interest], needs: &[] },
    ]
};

/// Whether a claim has what its kind needs and nothing else. Error: all that it has not, all that it should not have.
fn of_its_kind(body: &NewClaim) -> Result<(), Problem> {
    let metered = body.usage.unwrap_or_default();
    let unsettled = body.kind == ClaimKind::RentalSubsidy && body.settlement.is_none() && !metered;
    let at = |code: Code, name: &str| Problem::new(code).at(format!("/{name}"));
    let foreign = kinds::foreign(body, &body.kind, &MEMBERS).map(|name| at(Code::UnknownField, name));
    let missing = kinds::missing(body, &body.kind, &MEMBERS).chain(unsettled.then_some("settlement"));
    let wrong = foreign.chain(missing.map(|name| at(Code::MissingField, name)));
    wrong.reduce(Problem::and).map_or(Ok(()), Err)
}

fn asked(body: NewClaim) -> Result<ClaimRequest, Problem> {
    let missing = |pointer: &'static str| move || Problem::new(Code::MissingField).at(pointer);
    let usage = body.usage.unwrap_or_default();
    if usage && body.settlement.is_some() {
        return Err(Problem::new(Code::SettlementOrUsage).at("/usage"));
    }
    let settled = match body.settlement {
        None if usage => Ok(Vec::new()),
        given => given.map(NewLine::all).ok_or_else(missing("/settlement")),
    };
    Ok(match body.kind {
        ClaimKind::VoucherRedemption => ClaimRequest::VoucherRedemption {
            voucher: body.voucher_id.ok_or_else(missing("/voucher_id"))?,
            settlement: settled?,
            closing: body.closing.unwrap_or_default(),
        },
        ClaimKind::RentalSubsidy => ClaimRequest::RentalSubsidy {
            programme: body.programme.ok_or_else(missing("/programme"))?,
            rental: body.rental_id.ok_or_else(missing("/rental_id"))?,
            period: body.period.ok_or_else(missing("/period"))?,
            settlement: settled?,
            usage,
        },
        ClaimKind::InterestSubsidy => ClaimRequest::InterestSubsidy {
            programme: body.programme.ok_or_else(missing("/programme"))?,
            loan: body.loan_id.ok_or_else(missing("/loan_id"))?,
            terms: InterestTerms {
                period: body.period.ok_or_else(missing("/period"))?,
                interest_paid: body.interest_paid.ok_or_else(missing("/interest_paid"))?.money(),
                penalty_interest: body.penalty_interest.unwrap_or_default().money(),
                other_points: body.other_points,
            },
        },
        ClaimKind::GrantTranche => ClaimRequest::GrantTranche {
            award: body.award_id.ok_or_else(missing("/award_id"))?,
            tranche: body.tranche.ok_or_else(missing("/tranche"))?,
        },
    })
}

/// `POST /claims`
pub fn draft(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = ClaimId::new(request.new_id());
    Ok(Parsed::new(Command::DraftClaim(written(request, id)?)))
}

/// `PUT /claims/{id}`
pub fn rewrite(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    Ok(Parsed::new(Command::RewriteClaim(written(request, id)?)))
}
