//! What is tried: vouchers and claims with the sheets that count.

use uuid::Uuid;

use crate::book::Book;
use crate::book::refusal::Stop;
use crate::claims::backing::Parties;
use crate::claims::{Claim, ClaimStatus, ClaimSubject};
use crate::domain::dates::FiscalYear;
use crate::domain::{CreditCode, Date, LoanId, RentalId, Sequence};
use crate::programmes::calculation::Calculation;
use crate::programmes::{Counts, ProgrammeError, RulesVersion};
use crate::vouchers::Voucher;

/// No document is older: what has no day of its own comes before all, and rules from it on govern all.
pub(super) const BEGINNING: Date = Date::from_naive(chrono::NaiveDate::MIN);

/// What was decided, or waits.
#[derive(Debug, Clone)]
pub enum PastDocument {
    Voucher(Box<Voucher>),
    Claim(Box<Claim>),
}

/// Which of both.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PastKind {
    Voucher,
    Claim,
}

/// A document and the sheet that counts.
#[derive(Debug, Clone)]
pub struct Past {
    pub document: PastDocument,
    pub sheet: Calculation,
    /// The leaf that made the sheet by which it was decided, before it was ever recalculated.
    pub decided_at: Sequence,
}

/// What a document rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) organisation: CreditCode,
    pub(super) supplier: CreditCode,
    pub(super) rental: Option<RentalId>,
    pub(super) loan: Option<LoanId>,
    /// The day on which it was filed.
    pub(super) filed: Date,
    /// That of its decision, or of the filing while it waits.
    pub(super) day: Date,
    pub(super) counts: Counts,
    /// Whether it draws on budget and caps.
    pub(super) counted: bool,
}

impl Past {
    pub const fn kind(&self) -> PastKind {
        match self.document {
            PastDocument::Voucher(_) => PastKind::Voucher,
            PastDocument::Claim(_) => PastKind::Claim,
        }
    }

    pub fn id(&self) -> Uuid {
        match &self.document {
            PastDocument::Voucher(voucher) => voucher.id.uuid(),
            PastDocument::Claim(claim) => claim.id.uuid(),
        }
    }

    pub(super) const fn created(&self) -> Sequence {
        match &self.document {
            PastDocument::Voucher(voucher) => voucher.revision.created,
            PastDocument::Claim(claim) => claim.revision.created,
        }
    }

    pub(super) fn case(&self, book: &Book) -> Case {
        match &self.document {
            PastDocument::Voucher(voucher) => Case {
                organisation: voucher.organisation,
                supplier: voucher.provider,
                rental: Some(voucher.rental),
                loan: None,
                filed: voucher.submitted_on,
                day: voucher.valid_from.unwrap_or(voucher.submitted_on),
                counts: Counts::Issue,
                counted: voucher.valid_from.is_some(),
            },
            PastDocument::Claim(claim) => {
                let voucher = claim.subject.voucher().and_then(|id| book.vouchers.peek(&id));
                // none of those that are tried was never filed
                let filed = claim.filed_on(claim.approved_on.unwrap_or(BEGINNING));
                Case {
                    organisation: claim.organisation,
                    supplier: Parties::of(claim).other(),
                    rental: claim.subject.rental().or(voucher.map(|voucher| voucher.rental)),
                    loan: claim.subject.loan(),
                    filed,
                    day: claim.approved_on.or(claim.reviewed_on).unwrap_or(filed),
                    counts: Counts::Redemption,
                    counted: matches!(claim.status, ClaimStatus::Approved | ClaimStatus::Paid),
                }
            }
        }
    }
}

/// Whether experts and an acceptance decide it.
pub(super) const fn by_experts(one: &Past) -> bool {
    matches!(&one.document, PastDocument::Claim(claim) if matches!(claim.subject, ClaimSubject::GrantTranche { .. }))
}

/// The year whose annual cap counts a document under some rules.
pub(super) fn cap_year(one: &Past, case: &Case, rules: &RulesVersion) -> Result<FiscalYear, Stop> {
    let period = match &one.document {
        PastDocument::Claim(claim) => claim.subject.period(),
        PastDocument::Voucher(_) => None,
    };
    let cost = period.map(|period| period.cost_year(&rules.rules, "/period")).transpose();
    let cost = cost.map_err(ProgrammeError::from)?.flatten();
    Ok(cost.unwrap_or_else(|| case.day.year()))
}
