use std::borrow::Cow;

use super::{Claim, ClaimError, ClaimRequest, ClaimStatus, ClaimSubject, ReviewClaim, objection};
use crate::domain::dates::FiscalYear;
use crate::domain::money::Amount;
use crate::domain::{Actor, ClaimId, CreditCode, Date, Money, Revision, Stamp, TextHash, WrongState};
use crate::ledger::{ExpenseClass, Part};
use crate::programmes::SettledLine;
use crate::programmes::assessment::Assessment;
use crate::programmes::calculation::{
    Calculation, CalculationError, CapUse, Inputs, Question, YearMinimum, sheet,
};
use crate::programmes::cap_use::{CapUses, YearBase};
use crate::programmes::documents::Documents;
use crate::programmes::funding::{OtherFunding, by_level, taken_off};
use crate::programmes::overrides::{Relaxed, lapsed};
use crate::programmes::policy::{Expense, Payee};
use crate::programmes::prorated::Prorated;
use crate::programmes::{Applicant, Counts, EligibilityError, Level, Policy, RulesVersion};
use crate::rentals::allocations::Netted;
use crate::vouchers::ReviewDecision;

/// What a claim is computed from.
#[derive(Debug)]
pub struct Facts<'a> {
    pub rules: &'a RulesVersion,
    /// They, as the tier has them.
    pub policy: Cow<'a, Policy>,
    pub tier: Option<u32>,
    pub applicant: Applicant<'a>,
    /// The fiscal year of the commitment; where there is none yet, it is committed with the approval.
    pub fiscal_year: Option<FiscalYear>,
    /// CNY that it may draw on its voucher.
    pub room: Option<Money>,
    /// What other programmes pay for the same days of the contract and nobody took off yet, where the rules count it.
    pub others: Option<Vec<Netted>>,
    /// What others pay for the part that is claimed, by whose money it is, where the rules have a joint ceiling.
    pub beside: Vec<(Level, Money)>,
    /// What an officer found of what was filed.
    pub assessment: Option<Assessment>,
    /// Caps that were relaxed for it; the policy has them.
    pub overrides: Vec<Relaxed>,
    /// What others pay, as the claim says.
    pub declared: Option<Vec<OtherFunding>>,
    /// What documents show of what was settled, where any is there.
    pub documents: Option<Documents>,
    /// Which part of the contract counts, where the rules prorate.
    pub prorated: Option<Prorated>,
    /// The year whose annual cap it counts against.
    pub cap_year: FiscalYear,
    /// What was redeemed of its caps.
    pub used: CapUses,
    /// Its cost year, and the bases of the other claims of it, where the rules sum them.
    pub year_base: Option<YearBase>,
    /// Whether something of it was paid: what the rules pay nothing for comes to 0.00 then, and is not refused.
    pub paid_before: bool,
    /// The day of the filing or the approval.
    pub day: Date,
}

impl Facts<'_> {
    /// What the rules ask of the bases of its cost year.
    pub fn year_minimum(&self) -> Option<YearMinimum> {
        let (of, minimum) = self.year_base.zip(self.policy.caps.minimum_of_year())?;
        Some(YearMinimum { year: of.year, minimum, beside: of.beside, same_loan: of.same_loan })
    }
}

/// The sheet of a claim. Error: what makes it come to nothing.
pub fn calculate(
    settlement: &[SettledLine],
    version: u32,
    facts: &Facts<'_>,
) -> Result<Calculation, CalculationError> {
    let (policy, applicant) = (&*facts.policy, &facts.applicant);
    policy.in_a_tier(facts.tier)?;
    // a redemption is of a voucher that said it
    if facts.room.is_none() {
        policy.declared(facts.declared.as_deref())?;
    }
    if !facts.paid_before {
        policy.alone(facts.declared.as_deref())?;
    }
    let known = facts.others.iter().flatten().map(|one| (one.level, one.amount));
    let others = by_level(facts.declared.as_deref(), known)?;
    let joint = policy.joint_ceiling_percent.is_some();
    let beside =
        joint.then(|| by_level(facts.declared.as_deref(), facts.beside.iter().copied())).transpose()?;
    let levels = policy.stacking.takes_off();
    let takes_off = !levels.is_empty() && (facts.others.is_some() || !others.is_empty());
    let net_off = takes_off.then(|| taken_off(&others, levels)).transpose()?;
    let caps = &policy.caps;
    // nothing is issued of what draws on no voucher: its annual cap counts what is approved, whichever it names
    let counts = |of: &[Counts]| facts.room.is_none() || of.contains(&Counts::Redemption);
    let annual = caps.annual.as_ref().filter(|annual| counts(&annual.counts));
    let cap = |year, most, used| CapUse { per: caps.per, ..CapUse::new(year, most, used) };
    let inputs = Inputs {
        startup: applicant.organisation.startup,
        lists: applicant.lists(&facts.rules.rules),
        base: Some(policy.base.unwrap_or_default()),
        ratio_percent: None,
        net_off,
        other_money: match beside {
            Some(beside) => beside,
            None if facts.declared.is_some() => others,
            None => Vec::new(),
        },
        assessment: facts.assessment.clone(),
        overrides: facts.overrides.clone(),
        documents: facts.documents.clone(),
        prorated: facts.prorated,
        claim_cap: caps.claim.map(Amount::money),
        voucher_balance: facts.room,
        lifetime: caps.lifetime.map(|most| cap(None, most.money(), facts.used.in_all)),
        annual: annual.map(|annual| cap(Some(facts.cap_year), annual.amount.money(), facts.used.in_year)),
        year_minimum: facts.year_minimum(),
        paid_before: facts.paid_before,
        groups: facts.used.groups.clone(),
        interest: None,
    };
    sheet(Question { rules: facts.rules, policy, tier: facts.tier, lines: settlement, version, inputs })
}

/// Whether the rules still let in an organisation that they let in before.
pub fn still_eligible(applicant: &Applicant<'_>, rules: &RulesVersion) -> Result<(), ClaimError> {
    still(applicant.eligible(&rules.rules))
}

/// Reports lost eligibility of a claim that was let in before as `EligibilityChanged`.
pub fn still(found: Result<(), EligibilityError>) -> Result<(), ClaimError> {
    found.map_err(|refused| ClaimError::EligibilityChanged { reason: refused.reason().to_owned() })
}

/// A sheet's amount by funding level.
pub fn parts(sheet: &Calculation) -> Vec<Part> {
    if sheet.shares.is_empty() {
        return vec![Part { level: None, amount: sheet.amount }];
    }
    sheet.shares.iter().map(|s| Part { level: Some(s.level.clone()), amount: s.amount }).collect()
}

/// Who is paid under the rules.
fn payee(facts: &Facts<'_>) -> CreditCode {
    match facts.rules.rules.payee {
        Payee::Enterprise => facts.applicant.organisation.credit_code,
        // the provider of a loan is its bank
        Payee::Provider | Payee::Bank => facts.applicant.supplier.credit_code,
    }
}

/// Which expense a claim is under the rules.
pub fn class(subject: &ClaimSubject, rules: &RulesVersion) -> ExpenseClass {
    match (subject, rules.rules.expense) {
        (ClaimSubject::VoucherRedemption { .. }, _) => ExpenseClass::Voucher,
        (ClaimSubject::RentalSubsidy { .. }, Expense::Subsidy) => ExpenseClass::Rental,
        (ClaimSubject::RentalSubsidy { .. }, Expense::Procurement) => ExpenseClass::Procurement,
        (ClaimSubject::InterestSubsidy { .. }, _) => ExpenseClass::Interest,
        (ClaimSubject::GrantTranche { tranche, .. }, _) => {
            let advances = rules.rules.grant.as_ref().is_some_and(|grant| grant.advances(tranche));
            if advances { ExpenseClass::Advance } else { ExpenseClass::Grant }
        }
    }
}

pub fn draft(
    id: ClaimId,
    subject: ClaimSubject,
    facts: &Facts<'_>,
    sheet: &Calculation,
    actor: &Actor,
    stamp: &Stamp,
) -> Claim {
    Claim {
        id,
        class: class(&subject, facts.rules),
        subject,
        programme: facts.rules.programme.clone(),
        organisation: facts.applicant.organisation.credit_code,
        provider: facts.applicant.supplier.credit_code,
        buyer: None,
        payee: payee(facts),
        status: ClaimStatus::Draft,
        invoices: Vec::new(),
        evidence: Vec::new(),
        other_funding: facts.declared.clone(),
        assessment: None,
        overrides: Vec::new(),
        amount: sheet.amount,
        parts: parts(sheet),
        held: Money::ZERO,
        fiscal_year: facts.fiscal_year.unwrap_or(facts.day.year()),
        rules_version: sheet.rules_version,
        calculation: sheet.version,
        submitted_on: None,
        reviewed_on: None,
        reviewed_at: None,
        published_until: None,
        approved_on: None,
        batch: None,
        paid_on: None,
        recovered: Money::ZERO,
        reason: None,
        created_by: actor.subject.clone(),
        submitted_by: None,
        reviewed_by: None,
        approved_by: None,
        payments: Vec::new(),
        settled: Vec::new(),
        corrected: Money::ZERO,
        freed: Money::ZERO,
        redrawn: Money::ZERO,
        last_sheet: 0,
        pending: None,
        recalculated_on: None,
        objections: 0,
        objections_open: 0,
        objection_upheld: false,
        revision: Revision::first(stamp),
    }
}

/// Whether it may be written anew, or filed.
pub fn writable(claim: &Claim) -> Result<(), ClaimError> {
    claim.in_state(&[ClaimStatus::Draft, ClaimStatus::Returned])
}

/// A claim computed anew under the rules of a day.
pub fn computed(claim: &Claim, facts: &Facts<'_>, sheet: &Calculation, stamp: &Stamp) -> Claim {
    Claim {
        payee: payee(facts),
        class: class(&claim.subject, facts.rules),
        amount: sheet.amount,
        parts: parts(sheet),
        rules_version: sheet.rules_version,
        calculation: sheet.version,
        revision: claim.revision.next(stamp),
        ..claim.clone()
    }
}

/// A draft or a returned claim with other inputs.
pub fn written(claim: &Claim, request: &ClaimRequest) -> Result<Claim, ClaimError> {
    let subject = claim.subject.rewritten(&claim.programme, request)?;
    Ok(Claim { subject, assessment: None, ..claim.clone() })
}

/// A claim filed, which holds its amount where it draws on a voucher.
pub fn submitted(claim: Claim, actor: &Actor, stamp: &Stamp) -> Claim {
    Claim {
        status: ClaimStatus::Submitted,
        held: claim.subject.voucher().map_or(Money::ZERO, |_| claim.amount),
        reason: None,
        submitted_on: Some(stamp.business_date),
        submitted_by: Some(actor.subject.clone()),
        reviewed_by: None,
        reviewed_on: None,
        reviewed_at: None,
        published_until: None,
        assessment: None,
        objection_upheld: false,
        ..claim
    }
}

/// A claim taken back before it was decided. What it held is free.
pub fn withdraw(claim: &Claim, stamp: &Stamp) -> Result<Claim, ClaimError> {
    use ClaimStatus::{Draft, Returned, Reviewed, Submitted};
    claim.in_state(&[Draft, Submitted, Reviewed, Returned])?;
    Ok(Claim {
        status: ClaimStatus::Withdrawn,
        held: Money::ZERO,
        revision: claim.revision.next(stamp),
        ..claim.clone()
    })
}

/// A claim reviewed: passed on, returned or rejected. Rejected, what it held is free.
pub fn review(
    claim: &Claim,
    command: &ReviewClaim,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Claim, ClaimError> {
    // one that was reviewed may be looked at again, since its amount may have changed; after an objection was upheld it
    // is sent back to be mended, or refused
    let mended = claim.objection_upheld && command.decision == ReviewDecision::Pass;
    let again: &[_] = if mended { &[] } else { &[ClaimStatus::Reviewed] };
    claim.in_state(&[&[ClaimStatus::Submitted], again].concat())?;
    let (status, held) = match command.decision {
        ReviewDecision::Pass => (ClaimStatus::Reviewed, claim.held),
        ReviewDecision::Return => (ClaimStatus::Returned, claim.held),
        ReviewDecision::Reject => (ClaimStatus::Rejected, Money::ZERO),
    };
    if command.decision != ReviewDecision::Pass && command.reason.is_none() {
        return Err(ClaimError::ReasonMissing);
    }
    let assessment = match command.decision {
        ReviewDecision::Pass => command.assessment.clone().or_else(|| claim.assessment.clone()),
        ReviewDecision::Return | ReviewDecision::Reject => None,
    };
    let overrides = match command.decision {
        ReviewDecision::Return => lapsed(&claim.overrides),
        ReviewDecision::Pass | ReviewDecision::Reject => claim.overrides.clone(),
    };
    Ok(Claim {
        status,
        held,
        assessment,
        overrides,
        reason: command.reason,
        reviewed_by: Some(actor.subject.clone()),
        reviewed_on: Some(stamp.business_date),
        reviewed_at: Some(stamp.sequence),
        published_until: None,
        revision: claim.revision.next(stamp),
        ..claim.clone()
    })
}

/// A reviewed claim refused. What it held is free.
pub fn reject(claim: &Claim, reason: TextHash, stamp: &Stamp) -> Result<Claim, ClaimError> {
    claim.in_state(&[ClaimStatus::Reviewed, ClaimStatus::Approved])?;
    if claim.status == ClaimStatus::Approved {
        unpaid(claim)?;
    }
    Ok(Claim {
        status: ClaimStatus::Rejected,
        held: Money::ZERO,
        approved_on: None,
        approved_by: None,
        reason: Some(reason),
        revision: claim.revision.next(stamp),
        ..claim.clone()
    })
}

/// Whether an approval can be taken back: nothing was paid or offset, and neither a batch nor a recalculation waits.
fn unpaid(claim: &Claim) -> Result<(), ClaimError> {
    if let Some(version) = claim.pending {
        return Err(ClaimError::RecalculationPending { version });
    }
    let status = match (claim.batch, claim.payments.is_empty()) {
        (Some(_), _) => "in_payment_batch",
        (None, false) => "partly_paid",
        (None, true) => return Ok(()),
    };
    Err(WrongState::is(status).into())
}

/// Whether a claim waits for approval, its publicity, where the rules ask for one, is over, and no objection stands
/// against it.
pub fn approvable(claim: &Claim, stamp: &Stamp) -> Result<(), ClaimError> {
    claim.in_state(&[ClaimStatus::Reviewed])?;
    match claim.published_until {
        Some(until) if stamp.business_date <= until => Err(ClaimError::PublicityRunning { until }),
        Some(_) | None => objection::none_stands(claim),
    }
}

/// A claim approved: what it held is redeemed.
pub fn approved(claim: Claim, day: Date, actor: &Actor) -> Claim {
    Claim {
        status: ClaimStatus::Approved,
        held: Money::ZERO,
        approved_on: Some(day),
        approved_by: Some(actor.subject.clone()),
        ..claim
    }
}
