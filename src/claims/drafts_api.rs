//! `/claims`: what a claim is written from, and written anew.

use serde::Deserialize;
use utoipa::ToSchema;

use super::api::LINES_MAX;
use super::backing::{EVIDENCE_MAX, INVOICES_MAX, InvoicePart};
use super::{ClaimKind, ClaimPeriod, ClaimRequest, WriteClaim};
use crate::book::Command;
use crate::domain::{ClaimId, EvidenceId, ProgrammeCode, RentalId, VoucherId};
use crate::http::problem::Problem;
use crate::http::verb::{Parsed, WriteRequest};
use crate::programmes::calculation::SettledLine;

/// A claim as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    kind: ClaimKind,
    /// Of a redemption: the voucher that it redeems.
    voucher_id: Option<VoucherId>,
    /// Of a rental subsidy: under which programme.
    programme: Option<ProgrammeCode>,
    /// Of a rental subsidy: the contract.
    rental_id: Option<RentalId>,
    /// Of a rental subsidy: the days that it is for; the last is not counted.
    period: Option<ClaimPeriod>,
    /// What was settled; of a rental subsidy either this or `usage`.
    #[schema(min_items = 1, max_items = 100)]
    settlement: Option<Vec<SettledLine>>,
    /// Of a rental subsidy: whether it is for what was metered in its days, item by item.
    usage: Option<bool>,
    /// Of a redemption: whether it is the voucher's last: what is left is released.
    #[serde(rename = "final")]
    closing: Option<bool>,
    /// Parts of invoices that it takes.
    #[schema(max_items = 200)]
    #[serde(default)]
    invoices: Vec<InvoicePart>,
    /// The ids of further evidence.
    #[schema(max_items = 100)]
    #[serde(default)]
    evidence: Vec<EvidenceId>,
}

fn written(request: &WriteRequest<'_>, id: ClaimId) -> Result<Box<WriteClaim>, Problem> {
    let body: NewClaim = request.body()?;
    if body.settlement.as_ref().is_some_and(|lines| !(1..=LINES_MAX).contains(&lines.len())) {
        return Err(Problem::new("invalid_value").at("/settlement"));
    }
    for (limit, count, what) in
        [(INVOICES_MAX, body.invoices.len(), "invoices"), (EVIDENCE_MAX, body.evidence.len(), "evidence")]
    {
        if count > limit {
            return Err(Problem::too_large(limit, what).at(format!("/{what}")));
        }
    }
    let (invoices, evidence) = (body.invoices.clone(), body.evidence.clone());
    Ok(Box::new(WriteClaim { id, request: asked(body)?, invoices, evidence }))
}

/// What is asked for, with the members of its kind and no others.
fn asked(body: NewClaim) -> Result<ClaimRequest, Problem> {
    let foreign = match body.kind {
        ClaimKind::VoucherRedemption => [
            ("/programme", body.programme.is_some()),
            ("/rental_id", body.rental_id.is_some()),
            ("/period", body.period.is_some()),
            ("/usage", body.usage.is_some()),
        ],
        ClaimKind::RentalSubsidy => [
            ("/voucher_id", body.voucher_id.is_some()),
            ("/final", body.closing.is_some()),
            ("", false),
            ("", false),
        ],
    };
    if let Some((pointer, _)) = foreign.into_iter().find(|(_, there)| *there) {
        return Err(Problem::new("unknown_field").at(pointer));
    }
    let missing = |pointer: &'static str| move || Problem::new("missing_field").at(pointer);
    let usage = body.usage.unwrap_or_default();
    if usage && body.settlement.is_some() {
        return Err(Problem::new("settlement_or_usage").at("/usage"));
    }
    let settlement = match body.settlement {
        None if usage => Vec::new(),
        given => given.ok_or_else(missing("/settlement"))?,
    };
    Ok(match body.kind {
        ClaimKind::VoucherRedemption => ClaimRequest::VoucherRedemption {
            voucher: body.voucher_id.ok_or_else(missing("/voucher_id"))?,
            settlement,
            closing: body.closing.unwrap_or_default(),
        },
        ClaimKind::RentalSubsidy => ClaimRequest::RentalSubsidy {
            programme: body.programme.ok_or_else(missing("/programme"))?,
            rental: body.rental_id.ok_or_else(missing("/rental_id"))?,
            period: body.period.ok_or_else(missing("/period"))?,
            settlement,
            usage,
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
