//! What backs a claim: invoices, each with the part that the claim takes of it, and further evidence.
//!
//! A draft takes nothing, but has to find room. From its submission on a claim holds its parts until it is withdrawn or
//! rejected; what was paid is never free again. An invoice is taken up to its amount less what red invoices took back, by
//! all claims of its organisation together, whatever programme they are of and whichever file shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Claim, ClaimStatus};
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{CreditCode, EvidenceId, InvoiceNumber, Money};
use crate::evidence::{Evidence, EvidenceKind, Invoice, Party};
use crate::programmes::policy::Claimant;
use crate::rentals::Rental;

/// The most invoices of a claim.
pub const INVOICES_MAX: usize = 200;
/// The most further evidence of a claim.
pub const EVIDENCE_MAX: usize = 100;

/// A part of an invoice, as a claim asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoicePart {
    /// A file that shows the invoice.
    pub evidence_id: EvidenceId,
    /// CNY of it, tax included.
    pub amount: Amount,
}

/// A part of an invoice, as a claim takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenInvoice {
    /// The file that was named.
    pub evidence_id: EvidenceId,
    /// The invoice that it shows.
    pub invoice: InvoiceNumber,
    /// CNY of it, tax included.
    pub amount: Money,
}

/// Why something does not back a claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum BackingError {
    #[error("no invoice")]
    NotAnInvoice { pointer: String },
    /// Nobody said what the invoice amounts to, so nothing can be taken of it.
    #[error("invoice {invoice} has no amount")]
    InvoiceAmountMissing { invoice: String, pointer: String },
    #[error("invoice {invoice} was issued to {buyer}")]
    InvoiceBuyerDiffers {
        invoice: String,
        /// To whom: a credit code, or `other`.
        buyer: Party,
        pointer: String,
    },
    /// The invoice was issued by another than the contract's provider.
    #[error("invoice {invoice} was issued by {seller}")]
    InvoiceSellerDiffers {
        invoice: String,
        /// By whom: a credit code, or `other`.
        seller: Party,
        pointer: String,
    },
    /// Claims together would take more of an invoice than its amount.
    #[error("{available} of invoice {invoice} is left")]
    EvidenceReused {
        invoice: String,
        /// CNY that is left of it for this claim.
        available: Money,
        /// CNY that the claim asks for, up to the place that is too much.
        requested: Money,
        pointer: String,
    },
    #[error("invoice {invoice} is a red one")]
    RedInvoice { invoice: String, pointer: String },
    /// A red invoice took back what the claim holds.
    #[error("{missing} of invoice {invoice} was taken back")]
    InvoiceReversed {
        invoice: String,
        /// CNY that the claim holds and nothing backs.
        missing: Money,
        pointer: String,
    },
    /// Another organisation says of the invoice what contradicts this one, and no officer said who is right.
    #[error("{organisation} says another thing of invoice {invoice}")]
    InvoiceDisputed { invoice: String, organisation: CreditCode, pointer: String },
    #[error("named twice")]
    DuplicateEvidence { pointer: String },
}

crate::domain::coded! {
    BackingError:
    NotAnInvoice InvoiceAmountMissing InvoiceBuyerDiffers InvoiceSellerDiffers EvidenceReused RedInvoice
    InvoiceReversed InvoiceDisputed DuplicateEvidence
}

/// What a claim is held against.
#[derive(Debug, Clone, Copy)]
pub struct Parties {
    /// Whoever claims, and whom eligibility and caps are held against.
    pub organisation: CreditCode,
    /// Who provides or lends, and issues the invoices.
    pub provider: CreditCode,
    /// Who bought, where the provider claims.
    pub buyer: Option<CreditCode>,
}

impl Parties {
    /// Who claims on a contract under rules, and who is its other party.
    pub const fn on(rental: &Rental, claimant: Claimant) -> Self {
        let (buyer, provider) = (rental.organisation, rental.provider);
        match claimant {
            Claimant::Enterprise => Self { organisation: buyer, provider, buyer: None },
            Claimant::Provider => Self { organisation: provider, provider, buyer: Some(buyer) },
        }
    }

    /// Those of a claim that was written.
    pub const fn of(claim: &Claim) -> Self {
        Self { organisation: claim.organisation, provider: claim.provider, buyer: claim.buyer }
    }

    /// Who pays the invoices.
    pub fn payer(self) -> CreditCode {
        self.buyer.unwrap_or(self.organisation)
    }

    /// The other party than who claims.
    pub fn other(self) -> CreditCode {
        self.buyer.unwrap_or(self.provider)
    }
}

/// The part of an invoice that evidence shows; `place` is where it is named.
pub fn taken(part: &InvoicePart, evidence: &Evidence, place: usize) -> Result<TakenInvoice, BackingError> {
    let shown = evidence.invoice.as_ref().filter(|_| evidence.kind == EvidenceKind::Invoice);
    let shown = shown.ok_or_else(|| BackingError::NotAnInvoice { pointer: named(place) })?;
    let invoice = shown.number.clone();
    Ok(TakenInvoice { evidence_id: part.evidence_id, invoice, amount: part.amount.money() })
}

/// Where an invoice's evidence is named.
pub fn named(place: usize) -> String {
    format!("/invoices/{place}/evidence_id")
}

/// A claim that holds so much that a red invoice took back.
pub fn reversed(invoice: &Invoice, missing: Money, place: usize) -> BackingError {
    BackingError::InvoiceReversed {
        invoice: invoice.facts.number.to_string(),
        missing,
        pointer: named(place),
    }
}

/// A claim on an invoice of which another organisation says another thing.
pub fn disputed(invoice: &Invoice, organisation: CreditCode, place: usize) -> BackingError {
    BackingError::InvoiceDisputed {
        invoice: invoice.facts.number.to_string(),
        organisation,
        pointer: named(place),
    }
}

/// Whether an invoice has an amount that can be taken, and is between the claim's parties, where it names them.
pub fn between(invoice: &Invoice, parties: Parties, place: usize) -> Result<(), BackingError> {
    let facts = &invoice.facts;
    let (invoice, pointer) = (facts.number.to_string(), named(place));
    let others = |party: Option<Party>, wanted| party.filter(|party| *party != Party::Organisation(wanted));
    if let Some(buyer) = others(facts.buyer, parties.payer()) {
        return Err(BackingError::InvoiceBuyerDiffers { invoice, buyer, pointer });
    }
    if let Some(seller) = others(facts.seller, parties.provider) {
        return Err(BackingError::InvoiceSellerDiffers { invoice, seller, pointer });
    }
    match facts.amount {
        None => Err(BackingError::InvoiceAmountMissing { invoice, pointer }),
        Some(amount) if amount < Money::ZERO => Err(BackingError::RedInvoice { invoice, pointer }),
        Some(_) => Ok(()),
    }
}

/// Evidence named once only: in one list, and an invoice not as further evidence as well. The same invoice may be taken
/// in several parts.
pub fn named_once(invoices: &[InvoicePart], evidence: &[EvidenceId]) -> Result<(), BackingError> {
    for (place, id) in evidence.iter().enumerate() {
        let before = evidence.iter().take(place).any(|other| other == id);
        if before || invoices.iter().any(|part| part.evidence_id == *id) {
            return Err(BackingError::DuplicateEvidence { pointer: format!("/evidence/{place}") });
        }
    }
    Ok(())
}

/// Whether a claim in this state holds its parts of invoices.
pub const fn holds(status: ClaimStatus) -> bool {
    match status {
        ClaimStatus::Draft | ClaimStatus::Rejected | ClaimStatus::Withdrawn => false,
        ClaimStatus::Submitted
        | ClaimStatus::Reviewed
        | ClaimStatus::Approved
        | ClaimStatus::Paid
        | ClaimStatus::Returned => true,
    }
}

/// What a claim holds of each invoice.
pub fn held(claim: &Claim) -> Result<BTreeMap<InvoiceNumber, Money>, OutOfRange> {
    let mut held = BTreeMap::new();
    for part in claim.invoices.iter().filter(|_| holds(claim.status)) {
        let sum: &mut Money = held.entry(part.invoice.clone()).or_default();
        *sum = sum.plus(part.amount)?;
    }
    Ok(held)
}

/// The parts of invoices that stay once what was taken back is let go, the last part first.
pub fn without(
    parts: &[TakenInvoice],
    missing: &BTreeMap<InvoiceNumber, Money>,
) -> Result<Vec<TakenInvoice>, OutOfRange> {
    let mut missing = missing.clone();
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts.iter().rev() {
        let left = missing.entry(part.invoice.clone()).or_default();
        let gone = part.amount.min(*left);
        *left = left.minus(gone)?;
        kept.push(TakenInvoice { amount: part.amount.minus(gone)?, ..part.clone() });
    }
    kept.retain(|part| part.amount.is_positive());
    kept.reverse();
    Ok(kept)
}

/// More of an invoice is taken than is left of it for the claim.
pub fn reused(part: &TakenInvoice, [available, requested]: [Money; 2], place: usize) -> BackingError {
    let (invoice, pointer) = (part.invoice.to_string(), named(place));
    BackingError::EvidenceReused { invoice, available, requested, pointer }
}
