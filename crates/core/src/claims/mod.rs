//! Claims 申领 / 兑付申请: a request for money under a programme: the redemption of a voucher, a subsidy for what was
//! rented in a period, or one for the interest that was paid on a loan.
//!
//! draft → submitted → reviewed → approved → paid; returned, rejected, withdrawn. A submitted claim holds its
//! amount on its voucher until it is decided; returned, it keeps its hold, so that a claim filed in time can be
//! mended after the last usable day. Inputs change in a draft or a returned claim only; the rules are those in
//! force at submission. What is found out later is a recalculation: a further sheet, of which the difference is posted
//! once another person approves it.
pub mod backing;
pub mod blocked;
pub mod changes;
pub mod interest;
mod invoice_matching;
pub mod matching;
pub mod objection;
pub mod payable;
pub mod recalculation;
pub mod refusal;
pub mod rental_claims;
pub mod rules;
pub mod subject;

use serde::{Deserialize, Serialize};

use crate::domain::dates::FiscalYear;
use crate::domain::{
    ClaimId, CreditCode, Date, EvidenceId, Money, PaymentBatchId, ProgrammeCode, RecoveryId, Revision,
    Sequence, Subject, TextHash, WrongState,
};
use crate::ledger::{Dimensions, ExpenseClass, Part};
use crate::programmes::assessment::Assessment;
use crate::programmes::funding::OtherFunding;
use crate::programmes::overrides::Override;
use crate::programmes::service::{ServiceStep, Waits};
use crate::vouchers::ReviewDecision;
use backing::{InvoicePart, TakenInvoice};
pub use refusal::ClaimError;
pub use subject::{ClaimPeriod, ClaimRequest, ClaimSubject, InterestTerms};

/// What a claim asks money for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ClaimKind {
    VoucherRedemption,
    /// A part of what was rented.
    RentalSubsidy,
    /// A part of the interest on a loan.
    InterestSubsidy,
    /// A part of what a project was granted.
    GrantTranche,
}

/// Where a claim is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ClaimStatus {
    Draft,
    /// Filed; it holds its amount.
    Submitted,
    /// Looked at by an officer and passed on.
    Reviewed,
    Approved,
    Paid,
    /// Sent back to be mended.
    Returned,
    Rejected,
    /// Taken back by who filed it.
    Withdrawn,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub id: ClaimId,
    /// What it is for, under the tag `kind`.
    #[serde(flatten)]
    pub subject: ClaimSubject,
    pub programme: ProgrammeCode,
    pub organisation: CreditCode,
    /// The contract's provider; of a loan the bank.
    pub provider: CreditCode,
    /// Who bought, where the provider of the contract claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<CreditCode>,
    pub payee: CreditCode,
    /// Where it is in its life.
    pub status: ClaimStatus,
    /// Which expense it is, from its approval on.
    #[serde(default, skip_serializing_if = "ExpenseClass::is_voucher")]
    pub class: ExpenseClass,
    /// What it takes of which invoice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<TakenInvoice>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
    /// What others pay for the same costs, as it says; none where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_funding: Option<Vec<OtherFunding>>,
    /// What an officer found of what was filed, from its review on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// Caps that are relaxed for it, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// CNY, of its newest calculation sheet.
    pub amount: Money,
    /// The amount by funding level.
    pub parts: Vec<Part>,
    /// CNY that it holds on the voucher.
    pub held: Money,
    /// The fiscal year of the commitment.
    pub fiscal_year: FiscalYear,
    /// Which version of the programme's rules it was computed under; from submission on it stays.
    pub rules_version: u32,
    /// The number of its newest calculation sheet.
    pub calculation: u32,
    /// The day on which it was filed last: its approval counts from no earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_on: Option<Date>,
    /// The day on which it was reviewed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_on: Option<Date>,
    /// The leaf of that review: what came later nobody has seen yet. An objection or anything else that touches the claim
    /// does not move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_at: Option<Sequence>,
    /// The last day of its publicity, as the calendar was known at the review; none where its rules ask for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_until: Option<Date>,
    /// The day from which its approval counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_on: Option<Date>,
    /// The batch that it is to be paid with, or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<PaymentBatchId>,
    /// The day on which it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_on: Option<Date>,
    /// CNY that was decided to come back.
    pub recovered: Money,
    /// Why it was last returned or rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    /// Who filed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Subject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<Subject>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Subject>,
    /// What was paid of it or offset, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<ClaimPayment>,
    /// By funding level, what was paid or offset and a recalculation did not ask back; 0.00 where a level is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Part>,
    /// CNY that recalculations asked back and none gave back since. The voucher stays charged with it, and the caps until it
    /// comes in.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub corrected: Money,
    /// CNY that came in of recoveries without fraud: the caps count it no more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub freed: Money,
    /// CNY of what recalculations asked back that came in and was drawn again: the voucher is charged with it once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redrawn: Money,
    /// The highest number that a sheet of its recalculations has; 0 where there was none.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub last_sheet: u32,
    /// The recalculation that waits for another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<u32>,
    /// The day from which the newest recalculation counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recalculated_on: Option<Date>,
    /// How many objections were raised.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub objections: u32,
    /// How many of them are open.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub objections_open: u32,
    /// Whether one was upheld since it was filed last: it cannot be approved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub objection_upheld: bool,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Claim {
    /// Error: it is in none of these states.
    pub fn in_state(&self, allowed: &[ClaimStatus]) -> Result<(), ClaimError> {
        Ok(WrongState::unless(self.status, allowed)?)
    }

    /// The day on which it was filed; while it can be written anew, today.
    pub fn filed_on(&self, today: Date) -> Date {
        let writable = matches!(self.status, ClaimStatus::Draft | ClaimStatus::Returned);
        self.submitted_on.filter(|_| !writable).unwrap_or(today)
    }

    /// What it waits for from the agency, and since when.
    pub fn waits(&self) -> Option<Waits> {
        match self.status {
            ClaimStatus::Submitted => Some(Waits::since(ServiceStep::Review, self.submitted_on?)),
            ClaimStatus::Reviewed => {
                let since = self.reviewed_on?;
                let counted_from = self.published_until.map_or(since, |until| until.max(since));
                Some(Waits { step: ServiceStep::Approval, since, counted_from })
            }
            ClaimStatus::Approved => Some(Waits::since(ServiceStep::Payment, self.approved_on?)),
            ClaimStatus::Draft
            | ClaimStatus::Returned
            | ClaimStatus::Paid
            | ClaimStatus::Rejected
            | ClaimStatus::Withdrawn => None,
        }
    }

    /// What every line about its money carries.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions::of(&self.programme, self.organisation, self.fiscal_year)
    }
}

// serde hands references
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_zero(amount: &Money) -> bool {
    amount.is_zero()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
const fn is_none_yet(count: &u32) -> bool {
    *count == 0
}

/// By what a part of a claim was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// The bank, with this batch.
    Batch(PaymentBatchId),
    /// An offset against this recovery.
    Recovery(RecoveryId),
    /// The bank, out of its prefund of this year.
    Prefund(FiscalYear),
}

/// What was paid of a claim, or offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimPayment {
    pub by: SettledBy,
    /// CNY.
    pub amount: Money,
    /// The amount by funding level. A level is below zero where a recalculation moved a fen to another; so is the amount
    /// of what a recalculation gave back to a prefund.
    pub parts: Vec<Part>,
    /// On which day.
    pub date: Date,
}

/// `POST /claims` and `PUT /claims/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteClaim {
    /// Which; of a new one the id that the edge made.
    pub id: ClaimId,
    pub request: ClaimRequest,
    /// Parts of invoices that it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<InvoicePart>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceId>,
    /// What others pay for the same costs; none where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_funding: Option<Vec<OtherFunding>>,
}

impl WriteClaim {
    /// A claim that nothing backs.
    pub const fn new(id: ClaimId, request: ClaimRequest) -> Self {
        Self { id, request, invoices: Vec::new(), evidence: Vec::new(), other_funding: None }
    }

    /// All evidence that it names.
    pub fn evidence_ids(&self) -> impl Iterator<Item = EvidenceId> {
        self.invoices.iter().map(|part| part.evidence_id).chain(self.evidence.iter().copied())
    }
}

/// `POST /claims/{id}/submit` and `/withdraw`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameClaim {
    pub id: ClaimId,
}

/// `POST /claims/{id}/review`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewClaim {
    pub id: ClaimId,
    pub decision: ReviewDecision,
    /// Why; needed to return or reject, and where usage is not whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// Whether the claim is right although rows of usage of its months were refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_incomplete_usage: bool,
    /// What counts of what was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
}

/// `POST /claims/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveClaim {
    pub id: ClaimId,
    /// The day it counts from; the business date where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_date: Option<Date>,
}

/// `POST /claims/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectClaim {
    pub id: ClaimId,
    pub reason: TextHash,
}
