//! Views of what stands in a claim: parts of invoices, payments, a recalculation that waits.

use serde::Serialize;
use utoipa::ToSchema;

use subsidy_core::claims::backing::TakenInvoice;
use subsidy_core::claims::{Claim, ClaimPayment, SettledBy};
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{Date, EvidenceId, Money, PaymentBatchId, RecoveryId};
use subsidy_core::programmes::calculation::Calculation;
use subsidy_reports::related::Related;

/// A part of an invoice that a claim takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenInvoiceView {
    evidence_id: EvidenceId,
    /// Of an older invoice.
    code: Option<String>,
    /// The number of the invoice, without its code.
    number: String,
    amount: Money,
}

impl TakenInvoiceView {
    /// The view of a part that is taken.
    pub fn of(taken: &TakenInvoice) -> Self {
        Self {
            evidence_id: taken.evidence_id,
            code: taken.invoice.code().map(str::to_owned),
            number: taken.invoice.number().to_owned(),
            amount: taken.amount,
        }
    }
}

/// What was paid of a claim, or offset: by the bank with a batch or out of its prefund, or against a recovery.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimPaymentView {
    payment_batch_id: Option<PaymentBatchId>,
    /// What the bank calls its payment.
    bank_reference: Option<String>,
    recovery_id: Option<RecoveryId>,
    /// Out of the bank's prefund of this year; below zero where a recalculation gave it back.
    prefund_year: Option<FiscalYear>,
    amount: Money,
    date: Date,
}

impl ClaimPaymentView {
    /// A payment, with what the bank calls it.
    pub fn of(claim: &Claim, payment: &ClaimPayment, attached: &Related) -> Self {
        let (payment_batch_id, recovery_id, prefund_year) = match payment.by {
            SettledBy::Batch(batch) => (Some(batch), None, None),
            SettledBy::Recovery(recovery) => (None, Some(recovery), None),
            SettledBy::Prefund(year) => (None, None, Some(year)),
        };
        Self {
            payment_batch_id,
            bank_reference: payment_batch_id.and_then(|batch| attached.reference(batch, claim.id)),
            recovery_id,
            prefund_year,
            amount: payment.amount,
            date: payment.date,
        }
    }
}

/// A recalculation that waits for approval.
#[derive(Debug, Serialize, ToSchema)]
pub struct PendingView {
    /// The number of its sheet.
    version: u32,
    amount: Option<Money>,
    /// Its amount less the claim's.
    difference: Option<Money>,
    /// The sheet that it would put in the place of the newest.
    calculation: Option<Calculation>,
}

impl PendingView {
    /// The recalculation of this number.
    pub fn of(claim: &Claim, version: u32, attached: &Related) -> Self {
        let calculation = attached.sheet(&claim.id.to_string(), version);
        let amount = calculation.as_ref().map(|sheet| sheet.amount);
        let difference = amount.and_then(|amount| amount.minus(claim.amount).ok());
        Self { version, amount, difference, calculation }
    }
}
