//! Why a claim is not paid: everything that stands in the way of its approval or its payment, as far as it is known today.

use serde::{Deserialize, Serialize};

use super::{Claim, ClaimStatus, objection, rules};
use crate::domain::{Date, Money, Month};
use crate::organisations::{Organisation, Standing};
use crate::programmes::{Applicant, RulesVersion};

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumString, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BlockCode {
    PayeeBlocked,
    /// Another account of the payee waits for approval.
    AccountChangePending,
    BankAccountMissing,
    /// One is open, or was upheld.
    ObjectionOpen,
    PublicityRunning,
    EligibilityChanged,
    /// Less is available than the claim comes to.
    BudgetExhausted,
    RecalculationPending,
    /// The month of today takes no postings.
    PeriodClosed,
    /// The rules ask for an assessment at the review.
    AssessmentMissing,
    /// Of a batch: a red invoice took back what the claim rests on.
    BackingWithdrawn,
    /// Of a batch: the bank does not take so long a name.
    NameTooLong,
    /// Of a batch: the bank does not take a letter of the name.
    NameLetterRefused,
}

/// What stands in the way of a claim's approval or payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Block {
    pub code: BlockCode,
    /// From when on; null where that is not known.
    pub since: Option<Date>,
    /// Which: the payee, the last day, the rule, the amount, the version or the month.
    pub detail: String,
}

/// What a claim waits on.
#[derive(Debug)]
pub struct Standings<'a> {
    pub rules: &'a RulesVersion,
    pub applicant: Applicant<'a>,
    pub payee: &'a Organisation,
    /// CNY that the programme has left.
    pub available: Money,
    /// When the recalculation was proposed that waits.
    pub recalculated_on: Option<Date>,
    pub closed_through: Option<Month>,
    pub today: Date,
}

/// Everything that stands in the way of a claim; nothing where it waits for nobody, or is decided.
pub fn blocked(claim: &Claim, found: &Standings<'_>, day_of: impl Fn(&Organisation) -> Date) -> Vec<Block> {
    let waits = matches!(claim.status, ClaimStatus::Submitted | ClaimStatus::Reviewed);
    if !waits && claim.status != ClaimStatus::Approved {
        return Vec::new();
    }
    let block = |code, since, detail: String| Block { code, since, detail };
    let mut blocks = of_the_payee(found, &day_of);
    if waits {
        if let Err(error) = objection::none_stands(claim) {
            blocks.push(block(BlockCode::ObjectionOpen, claim.reviewed_on, error.to_string()));
        }
        if let Some(until) = claim
            .published_until
            .filter(|until| claim.status == ClaimStatus::Reviewed && found.today <= *until)
        {
            blocks.push(block(BlockCode::PublicityRunning, claim.reviewed_on, until.to_string()));
        }
        let asked = found.rules.rules.assessment.is_some() && claim.subject.rental().is_some();
        if asked && claim.assessment.is_none() {
            blocks.push(block(BlockCode::AssessmentMissing, claim.submitted_on, String::new()));
        }
        // what a voucher or an award holds was committed with it, what a bank deducts with its prefund
        let held = claim.subject.voucher().is_some() || claim.subject.tranche().is_some();
        let committed = held || found.rules.rules.prefunds();
        if !committed && claim.amount > found.available {
            blocks.push(block(BlockCode::BudgetExhausted, None, found.available.to_string()));
        }
    }
    // asked again by every batch, so also of what is approved
    blocks.extend(of_the_parties(claim, found, &day_of));
    if let Some(version) = claim.pending {
        blocks.push(block(BlockCode::RecalculationPending, found.recalculated_on, version.to_string()));
    }
    let month = Month::of(found.today);
    if found.closed_through.is_some_and(|closed| month <= closed) {
        blocks.push(block(BlockCode::PeriodClosed, None, month.to_string()));
    }
    blocks
}

/// Who claims is blocked, belongs to the provider by now, or is let in no more.
fn of_the_parties(
    claim: &Claim,
    found: &Standings<'_>,
    day_of: impl Fn(&Organisation) -> Date,
) -> Vec<Block> {
    let (organisation, supplier) = (found.applicant.organisation, found.applicant.supplier);
    let block = |since, detail| Block { code: BlockCode::EligibilityChanged, since: Some(since), detail };
    let mut blocks = Vec::new();
    if organisation.status == Standing::Blocked && organisation.credit_code != found.payee.credit_code {
        blocks.push(block(day_of(organisation), format!("{} is blocked", organisation.credit_code)));
    }
    // a tranche of a grant has no provider
    if claim.subject.tranche().is_none() && found.applicant.is_refused_as_related(&found.rules.rules) {
        let since = day_of(organisation).max(day_of(supplier));
        blocks.push(block(since, format!("{} is related to the organisation", supplier.credit_code)));
    }
    if let Err(error) = rules::still_eligible(&found.applicant, found.rules) {
        blocks.push(block(day_of(organisation), error.to_string()));
    }
    blocks
}

fn of_the_payee(found: &Standings<'_>, day_of: impl Fn(&Organisation) -> Date) -> Vec<Block> {
    let payee = found.payee;
    let account = !found.rules.rules.prefunds();
    let since = Some(day_of(payee));
    let so = [
        (BlockCode::PayeeBlocked, payee.status == Standing::Blocked),
        (BlockCode::AccountChangePending, account && payee.account_change.is_some()),
        (BlockCode::BankAccountMissing, account && payee.bank_account.is_none()),
    ];
    let there = so.into_iter().filter(|(_, there)| *there);
    there.map(|(code, _)| Block { code, since, detail: payee.credit_code.to_string() }).collect()
}
