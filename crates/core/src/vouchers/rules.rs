use super::{
    ApplyForVoucher, ChangeVoucher, ReviewDecision, ReviewVoucher, Voucher, VoucherBalance, VoucherError,
    VoucherStatus,
};
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{Actor, Date, Money, Revision, Stamp, VoucherId, WrongState};
use crate::programmes::assessment::Assessment;
use crate::programmes::calculation::{Calculation, CalculationError, CapUse, Inputs, Question, sheet};
use crate::programmes::cap_use::CapUses;
use crate::programmes::funding::{Level, LevelMoney, OtherFunding, by_level, taken_off};
use crate::programmes::overrides::{Override, counting, relaxed};
use crate::programmes::policy::Policy;
use crate::programmes::prorated::Prorated;
use crate::programmes::stacking::Stacked;
use crate::programmes::{Applicant, Counts, RulesVersion};
use crate::rentals::Rental;
use crate::rentals::allocations::{ContractAllocations, ContractHolder};

/// What a voucher is computed from.
#[derive(Debug)]
pub struct Facts<'a> {
    pub rules: &'a RulesVersion,
    pub applicant: Applicant<'a>,
    pub rental: &'a Rental,
    /// What rests on the contract.
    pub uses: &'a ContractAllocations,
    /// What was issued of its caps.
    pub used: &'a CapUses,
    /// What an officer found of the contract.
    pub assessment: Option<&'a Assessment>,
    /// Caps that are relaxed for it.
    pub overrides: &'a [Override],
    /// What others pay, as the applicant says.
    pub declared: Option<&'a [OtherFunding]>,
    /// Which part of the contract counts, where the rules prorate.
    pub prorated: Option<Prorated>,
    /// The day of the application or the issue.
    pub day: Date,
}

/// Whether the contract may carry this voucher, `own`, beside those that it carries.
pub fn contract_free(
    own: VoucherId,
    (programme, level): (&crate::domain::ProgrammeCode, Level),
    policy: &Policy,
    uses: &ContractAllocations,
) -> Result<(), VoucherError> {
    let one = policy.one_per_contract.unwrap_or(true);
    let stacked = Stacked::of(level, policy);
    let clash = uses.beside(ContractHolder::Voucher(own)).find(|(_, other)| {
        let same = other.programme == *programme;
        same && one || !same && stacked.clashes(other.stacked)
    });
    match clash {
        None => Ok(()),
        Some((by, other)) => {
            Err(VoucherError::ContractAlreadyUsed { by, programme: other.programme.clone() })
        }
    }
}

/// The sheet of a voucher. Error: what makes it come to nothing.
pub fn calculate(own: VoucherId, version: u32, facts: &Facts<'_>) -> Result<Calculation, CalculationError> {
    let (rules, lines) = (&facts.rules.rules, &facts.rental.lines);
    let tier = rules.tier(&facts.applicant, lines, (None, facts.assessment))?;
    rules.in_a_tier(tier)?;
    let overrides = counting(facts.overrides);
    let policy = &*relaxed(rules.under(tier), &overrides);
    policy.declared(facts.declared)?;
    policy.alone(facts.declared)?;
    let others = others(own, facts)?;
    let levels = policy.stacking.takes_off();
    let net_off = (!levels.is_empty()).then(|| taken_off(&others, levels)).transpose()?;
    let annual = policy.caps.annual.as_ref().filter(|a| a.counts.contains(&Counts::Issue));
    let cap = |year, most, used| CapUse { per: policy.caps.per, ..CapUse::new(year, most, used) };
    let inputs = Inputs {
        startup: facts.applicant.organisation.startup,
        lists: facts.applicant.lists(rules),
        ratio_percent: None,
        base: Some(policy.base.unwrap_or_default()),
        net_off,
        other_money: if facts.declared.is_some() || policy.joint_ceiling_percent.is_some() {
            others
        } else {
            Vec::new()
        },
        assessment: facts.assessment.cloned(),
        overrides,
        prorated: facts.prorated,
        claim_cap: policy.caps.claim.map(Amount::money),
        lifetime: policy.caps.lifetime.map(|most| cap(None, most.money(), facts.used.in_all)),
        annual: annual.map(|annual| CapUse {
            released: Some(annual.released.unwrap_or_default()),
            ..cap(Some(facts.day.year()), annual.amount.money(), facts.used.in_year)
        }),
        groups: facts.used.groups.clone(),
        ..Inputs::default()
    };
    sheet(Question { rules: facts.rules, policy, tier, lines, version, inputs })
}

/// What others pay for the contract, where the rules count it.
fn others(own: VoucherId, facts: &Facts<'_>) -> Result<Vec<LevelMoney>, OutOfRange> {
    if !facts.rules.rules.counts_others() {
        return by_level(facts.declared, []);
    }
    let beside = facts.uses.beside(ContractHolder::Voucher(own));
    let beside = beside.filter(|(_, other)| other.programme != facts.rules.programme);
    by_level(facts.declared, beside.map(|(_, other)| (other.stacked.level, other.amount)))
}

/// A voucher applied for.
pub fn apply(
    command: &ApplyForVoucher,
    facts: &Facts<'_>,
    sheet: &Calculation,
    actor: &Actor,
    stamp: &Stamp,
) -> Voucher {
    Voucher {
        id: command.id,
        number: None,
        programme: command.programme.clone(),
        organisation: facts.rental.organisation,
        provider: facts.rental.provider,
        rental: command.rental,
        status: VoucherStatus::Submitted,
        suspended_from: None,
        balance: VoucherBalance::default(),
        closed: false,
        submitted_on: stamp.business_date,
        reviewed_on: None,
        valid_from: None,
        valid_until: None,
        fiscal_year: None,
        rules_version: facts.rules.number,
        tier: sheet.tier,
        calculation: sheet.version,
        other_funding: command.other_funding.clone(),
        assessment: None,
        overrides: Vec::new(),
        reason: None,
        created_by: actor.subject.clone(),
        reviewed_by: None,
        issued_by: None,
        reminded_days: None,
        revision: Revision::first(stamp),
    }
}

fn in_state(voucher: &Voucher, allowed: &[VoucherStatus]) -> Result<(), VoucherError> {
    Ok(WrongState::unless(voucher.status, allowed)?)
}

/// A voucher reviewed: passed on, returned or rejected.
pub fn review(
    voucher: &Voucher,
    command: &ReviewVoucher,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Voucher, VoucherError> {
    // one that was reviewed may be looked at again: its amount may have changed, or something was found since
    in_state(voucher, &[VoucherStatus::Submitted, VoucherStatus::Reviewed])?;
    let status = match command.decision {
        ReviewDecision::Pass => VoucherStatus::Reviewed,
        ReviewDecision::Return => VoucherStatus::Returned,
        ReviewDecision::Reject => VoucherStatus::Rejected,
    };
    if command.decision != ReviewDecision::Pass && command.reason.is_none() {
        return Err(VoucherError::ReasonMissing);
    }
    Ok(Voucher {
        status,
        assessment: command.assessment.clone().or_else(|| voucher.assessment.clone()),
        reason: command.reason,
        reviewed_by: Some(actor.subject.clone()),
        reviewed_on: Some(stamp.business_date),
        revision: voucher.revision.next(stamp),
        ..voucher.clone()
    })
}

/// Whether a voucher waits to be issued.
pub fn issuable(voucher: &Voucher) -> Result<(), VoucherError> {
    in_state(voucher, &[VoucherStatus::Reviewed])
}

/// A voucher issued with the sheet's amount as its face value.
pub fn issue(
    voucher: &Voucher,
    facts: &Facts<'_>,
    sheet: &Calculation,
    number: String,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Voucher, VoucherError> {
    let months = facts.rules.rules.validity_months.unwrap_or(0);
    let valid_until = facts.day.plus_months(months).ok_or(VoucherError::ValidityOutOfRange)?;
    Ok(Voucher {
        number: Some(number),
        status: VoucherStatus::Issued,
        balance: VoucherBalance { face: sheet.amount, ..VoucherBalance::default() },
        valid_from: Some(facts.day),
        valid_until: Some(valid_until),
        fiscal_year: Some(facts.day.year()),
        rules_version: facts.rules.number,
        tier: sheet.tier,
        calculation: sheet.version,
        issued_by: Some(actor.subject.clone()),
        revision: voucher.revision.next(stamp),
        ..voucher.clone()
    })
}

/// A voucher taken back, and what is released. What claims hold stays held until they are decided, so a
/// voucher with a hold cannot be cancelled.
pub fn cancel(
    voucher: &Voucher,
    command: &ChangeVoucher,
    stamp: &Stamp,
) -> Result<(Voucher, Money), VoucherError> {
    in_state(voucher, &[VoucherStatus::Issued, VoucherStatus::PartlyRedeemed, VoucherStatus::Suspended])?;
    let available = voucher.balance.available()?;
    let released = voucher.balance.released.plus(available)?;
    if voucher.balance.held.is_positive() {
        return Err(WrongState::is("held").into());
    }
    let cancelled = Voucher {
        status: VoucherStatus::Cancelled,
        suspended_from: None,
        balance: VoucherBalance { released, ..voucher.balance },
        reason: Some(command.reason),
        revision: voucher.revision.next(stamp),
        ..voucher.clone()
    };
    Ok((cancelled, available))
}

/// A voucher that cannot be used for now.
pub fn suspend(voucher: &Voucher, command: &ChangeVoucher, stamp: &Stamp) -> Result<Voucher, VoucherError> {
    in_state(voucher, &[VoucherStatus::Issued, VoucherStatus::PartlyRedeemed])?;
    Ok(Voucher {
        status: VoucherStatus::Suspended,
        suspended_from: Some(voucher.status),
        reason: Some(command.reason),
        revision: voucher.revision.next(stamp),
        ..voucher.clone()
    })
}

/// A suspended voucher as it was before.
pub fn reinstate(voucher: &Voucher, command: &ChangeVoucher, stamp: &Stamp) -> Result<Voucher, VoucherError> {
    in_state(voucher, &[VoucherStatus::Suspended])?;
    Ok(Voucher {
        status: voucher.suspended_from.unwrap_or(VoucherStatus::Issued),
        suspended_from: None,
        reason: Some(command.reason),
        revision: voucher.revision.next(stamp),
        ..voucher.clone()
    })
}
