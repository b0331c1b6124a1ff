//! Claims for what was rented: the contract and the programme that each rests on.

use super::cap_usage::{self, Counted};
use super::parties::{Between, party};
use super::programmes;
use super::year_bases::{self, Own};
use crate::book::context::{Context, Reads, named};
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::book::{Book, Fault, Key};
use crate::claims::backing::{self, Parties};
use crate::claims::recalculation::{RecalculationKey, RecalculationStatus};
use crate::claims::rental_claims::{self, ClaimOutline};
use crate::claims::{Claim, ClaimPeriod, ClaimSubject, rules};
use crate::domain::dates::{FiscalYear, Window};
use crate::domain::{ClaimId, CreditCode, Date, Money, ProgrammeCode, RentalId, Sequence, Subject};
use crate::programmes::calculation::Calculation;
use crate::programmes::dating::{CaseDays, applying, filing_open, signed_in_time, within_costs};
use crate::programmes::documents::Documents;
use crate::programmes::policy::Claimant;
use crate::programmes::prorated::Prorated;
use crate::programmes::rules::usable;
use crate::programmes::stacking::Stacked;
use crate::programmes::{
    Counts, EligibilityError, Instrument, Level, Programme, ProgrammeError, RulesKey, RulesVersion,
    SettledLine,
};
use crate::rentals::allocations::{
    ContractAllocation, ContractAllocations, ContractHolder, ContractPart, Netted, Settled,
};
use crate::rentals::{Rental, RentalError};
use crate::tags::TagSubject;
use crate::vouchers::VoucherError;

/// A contract, the programme that is to pay a part of it, and the days that it is to pay for.
pub(crate) struct RentalBasis<'a> {
    pub(crate) rental: &'a Rental,
    programme: &'a Programme,
    pub(crate) period: ClaimPeriod,
    filed: Date,
    /// Which party of the contract claims.
    claimant: Claimant,
}

/// Of a party that does not claim under the rules: why it is refused.
const NO_CLAIMANT: &str = "claimant";

/// Who may claim on a contract: its provider as well, where any version of the rules that is known says so.
pub(crate) fn claimants(programme: &ProgrammeCode, rental: &Rental, book: &Book) -> Vec<CreditCode> {
    let versions = book.programmes.peek(programme).map_or(0, |known| known.versions);
    let by_provider = (1..=versions).any(|number| {
        let key = RulesKey { programme: programme.clone(), number };
        book.rules.peek(&key).is_some_and(|version| version.rules.claimant() == Claimant::Provider)
    });
    [rental.organisation].into_iter().chain(by_provider.then_some(rental.provider)).collect()
}

/// A contract, what rests on it already, and what was metered of it.
pub(crate) fn read(rental: RentalId, reads: &mut Reads<'_>) {
    reads.extend([Key::Rental(rental), Key::ContractUses(rental), Key::RentalUsage(rental)]);
}

impl<'a> RentalBasis<'a> {
    /// What a draft names. The contract of others is not there; to its party that does not claim under the rules that is said.
    pub(crate) fn from_request(
        context: Context<'a>,
        programme: &ProgrammeCode,
        rental: RentalId,
        period: ClaimPeriod,
    ) -> Result<Self, Stop> {
        let programme = named(context.book.programmes.get(programme)?, "/programme")?;
        let party = |r: &&Rental| context.acts_for(r.organisation) || context.acts_for(r.provider);
        let rental = named(context.book.rentals.get(&rental)?.filter(party), "/rental_id")?;
        let filed = context.stamp.business_date;
        // where no version applies, that is said once the rules are asked for
        let days = CaseDays::contract(filed, rental.signed_on);
        let rules = applying(programmes::versions(context.book, programme)?, &days).ok();
        let claimant = rules.map(|version| version.rules.claimant()).unwrap_or_default();
        let basis = Self { rental, programme, period, filed, claimant };
        if !context.acts_for(basis.parties().organisation) {
            return Err(EligibilityError::NotEligible { reason: NO_CLAIMANT }.into());
        }
        Ok(basis)
    }

    /// What a claim rests on.
    pub(crate) fn of(
        context: Context<'a>,
        claim: &Claim,
        rental: RentalId,
        period: ClaimPeriod,
    ) -> Result<Self, Stop> {
        let lost = || Fault::Broken(format!("claim {} has lost its programme or contract", claim.id));
        let programme = context.book.programmes.get(&claim.programme)?.ok_or_else(lost)?;
        let rental = context.book.rentals.get(&rental)?.ok_or_else(lost)?;
        let filed = claim.filed_on(context.stamp.business_date);
        let claimant = if claim.buyer.is_some() { Claimant::Provider } else { Claimant::Enterprise };
        Ok(Self { rental, programme, period, filed, claimant })
    }

    /// What a claim rests on, where that is a contract.
    pub(crate) fn under(context: Context<'a>, claim: &Claim) -> Result<Option<Self>, Stop> {
        let leased = claim.subject.rental().zip(claim.subject.period());
        leased.map(|(rental, period)| Self::of(context, claim, rental, period)).transpose()
    }

    pub(crate) const fn parties(&self) -> Parties {
        Parties::on(self.rental, self.claimant)
    }

    /// Whether the rules let in the contract's scenario, and the party that claims.
    pub(crate) fn let_in(&self, rules: &RulesVersion) -> Result<(), EligibilityError> {
        if rules.rules.claimant() != self.claimant {
            return Err(EligibilityError::NotEligible { reason: NO_CLAIMANT });
        }
        rental_claims::scenario(self.rental, rules)
    }

    /// The rules that apply to what is filed today, of an active programme for rentals: their windows have the day of the
    /// filing, that of the signing, and the whole period in them.
    pub(crate) fn rules_today(&self, context: Context<'a>) -> Result<&'a RulesVersion, Stop> {
        if self.period.is_empty() {
            return Err(RentalError::InvalidPeriod.into());
        }
        let today = context.stamp.business_date;
        usable(self.programme, Instrument::RentalSubsidy)?;
        let days = CaseDays::contract(today, self.rental.signed_on);
        let rules = applying(programmes::versions(context.book, self.programme)?, &days)?;
        let window = self.programme.window;
        filing_open(&rules.rules, &window, today)?;
        let period = Window { from: self.period.from, until: self.period.last().unwrap_or(self.period.from) };
        if rules.rules.cost_window(today).is_none() && rules.rules.prorate.is_none() {
            let outside = [period.from, period.until].into_iter().find(|day| !window.contains(*day));
            if let Some(date) = outside {
                return Err(ProgrammeError::WindowClosed { date }.into());
            }
        }
        within_costs(&rules.rules, (window, &days), (period, "/period")).map_err(ProgrammeError::from)?;
        if rules.rules.prorate.is_some() {
            let contract = (self.contract(), "/rental_id");
            within_costs(&rules.rules, (window, &days), contract).map_err(ProgrammeError::from)?;
        }
        signed_in_time(&rules.rules, self.rental.signed_on).map_err(ProgrammeError::from)?;
        rental_claims::within_term(self.rental, self.period)?;
        self.period.over(today, "/period")?;
        Ok(rules)
    }

    const fn contract(&self) -> Window {
        Window { from: self.rental.from, until: self.rental.until }
    }

    /// Which part of the contract counts, where the rules prorate.
    pub(crate) fn prorated(&self, rules: &RulesVersion) -> Option<Prorated> {
        let days = CaseDays::contract(self.filed, self.rental.signed_on);
        Prorated::of(&rules.rules, self.programme.window, &days, self.contract())
    }

    /// What the claim is for, written from what is metered now where it is a claim from metered usage.
    pub(crate) fn metered(
        &self,
        context: Context<'_>,
        rules: &RulesVersion,
        subject: ClaimSubject,
    ) -> Result<ClaimSubject, Stop> {
        if subject.metered().is_none() {
            return Ok(subject);
        }
        rental_claims::whole_months(self.rental, self.period)?;
        let known = context.book.rental_usage.get(&self.rental.id)?;
        Ok(rental_claims::remetered(&subject, self.rental, rules, known)?)
    }

    /// What the claim is held against.
    pub(crate) fn facts(
        &self,
        context: Context<'a>,
        rules: &'a RulesVersion,
        asked: ClaimOutline<'_>,
        day: Date,
    ) -> Result<rules::Facts<'a>, Stop> {
        let rental = self.rental;
        self.period.over(context.stamp.business_date, "/period")?;
        let uses = uses(context, rental.id)?;
        free(asked.id, (rules, self.programme.level), &uses)?;
        rental_claims::apart(asked, &uses)?;
        let cost_year = self.period.cost_year(&rules.rules, "/period").map_err(ProgrammeError::from)?;
        let cap_year = cost_year.unwrap_or(day.year());
        let parties = self.parties();
        let of = Counted::contract(&self.programme.code, parties.organisation, rental.id);
        let own = counted_base(uses.get(&ContractHolder::Claim(asked.id)), self.period);
        let year_base = year_bases::beside(context, (of, &rules.rules), self.period, own)?;
        let Beside { others, part, documents } = beside(context, rules, asked, &uses)?;
        let project = TagSubject::Rental(rental.id);
        let (organisation, supplier) = (parties.organisation, parties.other());
        let between = Between { organisation, supplier, project, filed: self.filed };
        let applicant = party(context, &between, rules)?;
        let tier = rules.rules.tier(
            &applicant,
            asked.subject.settlement(),
            (documents.as_ref(), asked.assessment),
        )?;
        Ok(rules::Facts {
            rules,
            policy: rules.rules.under(tier),
            tier,
            applicant,
            fiscal_year: None,
            room: None,
            others,
            beside: part,
            declared: None,
            assessment: None,
            overrides: Vec::new(),
            documents,
            prorated: self.prorated(rules),
            cap_year,
            year_base,
            paid_before: false,
            used: cap_usage::used(context, &rules.rules, of, (cap_year, Counts::Redemption))?,
            day,
        })
    }
}

/// In which year a claim counts for the minimum already.
pub(crate) fn counted_year(known: Option<&ContractAllocations>, claim: ClaimId) -> Option<FiscalYear> {
    let known = known?.get(&ContractHolder::Claim(claim))?;
    Some(known.settled.as_deref()?.days.last_year())
}

/// What a claim counts for the minimum of which year.
pub(super) fn counted_base(known: Option<&ContractAllocation>, period: ClaimPeriod) -> Own {
    let (year, counted) = match known.and_then(|known| known.settled.as_deref()) {
        Some(settled) => (settled.days.last_year(), settled.base),
        None => (period.last_year(), Money::ZERO),
    };
    Own { year, counted, same_loan: None }
}

fn uses(context: Context<'_>, rental: RentalId) -> Result<ContractAllocations, Fault> {
    Ok(context.book.uses.get(&rental)?.cloned().unwrap_or_default())
}

/// Whether no other programme that suffers none beside it pays for the contract. Claims of the same programme follow one
/// another, period by period.
fn free(
    own: ClaimId,
    (rules, level): (&RulesVersion, Level),
    uses: &ContractAllocations,
) -> Result<(), VoucherError> {
    let stacked = Stacked::of(level, &rules.rules);
    let mut others =
        uses.beside(ContractHolder::Claim(own)).filter(|(_, other)| other.programme != rules.programme);
    match others.find(|(_, other)| stacked.clashes(other.stacked)) {
        None => Ok(()),
        Some((by, other)) => {
            Err(VoucherError::ContractAlreadyUsed { by, programme: other.programme.clone() })
        }
    }
}

/// What limits a claim beside the caps.
pub(crate) struct Beside {
    pub(crate) others: Option<Vec<Netted>>,
    /// What others pay for the part that is claimed, where the rules have a joint ceiling.
    pub(crate) part: Vec<(Level, Money)>,
    pub(crate) documents: Option<Documents>,
}

fn beside(
    context: Context<'_>,
    rules: &RulesVersion,
    asked: ClaimOutline<'_>,
    uses: &ContractAllocations,
) -> Result<Beside, Stop> {
    let (Some(rental), Some(period)) = (asked.subject.rental(), asked.subject.period()) else {
        return Ok(Beside { others: None, part: Vec::new(), documents: None });
    };
    let own = ContractHolder::Claim(asked.id);
    let paid = || uses.paid_by_others(own, asked.programme, period.into());
    let others = rules.rules.counts_others().then(paid).transpose();
    let part = match rules.rules.joint_ceiling_percent {
        Some(_) => {
            let lost = || Fault::Broken(format!("claim {} has lost its contract", asked.id));
            let whole = context.book.rentals.get(&rental)?.ok_or_else(lost)?.total;
            let amount = SettledLine::total(asked.subject.settlement())?;
            uses.beside_part(own, asked.programme, ContractPart { days: Some(period.into()), amount, whole })?
        }
        None => Vec::new(),
    };
    let known = context.book.rental_usage.get(&rental)?;
    let documents = rental_claims::documents(asked, rules, uses, known)?;
    Ok(Beside { others: others?, part, documents })
}

/// What limits a further sheet of a claim beside the caps.
pub(crate) fn anew(
    context: Context<'_>,
    rental: RentalId,
    rules: &RulesVersion,
    asked: ClaimOutline<'_>,
) -> Result<Beside, Stop> {
    let uses = uses(context, rental)?;
    rental_claims::apart(asked, &uses)?;
    beside(context, rules, asked, &uses)
}

/// The contract, used by a claim for as long as the claim holds what backs it; nothing where that stays. `sheet` is the one
/// that the step made: what the claim settles is on it.
pub(crate) fn used(
    context: Context<'_>,
    claim: &Claim,
    sheet: Option<&Calculation>,
) -> Result<Vec<Change>, Stop> {
    let (Some(rental), Some(period)) = (claim.subject.rental(), claim.subject.period()) else {
        return Ok(Vec::new());
    };
    let user = ContractHolder::Claim(claim.id);
    let known = uses(context, rental)?;
    let before = known.get(&user);
    let live = backing::holds(claim.status);
    // what others pay is on the sheet as a sum: from whom it is taken, the contract says
    let levels = || Ok::<_, Stop>(programmes::rules_of(context, claim)?.rules.stacking.takes_off());
    let settled = |sheet| -> Result<_, Stop> {
        let open = known.paid_by_others(user, &claim.programme, period.into())?;
        Ok(rental_claims::settled(claim.into(), sheet, (&open, levels()?))?)
    };
    let settled = sheet.map(settled).transpose()?.flatten().map(Box::new);
    let settled = settled.or_else(|| before.and_then(|before| before.settled.clone()));
    let before_base = before.and_then(|before| before.settled.as_deref()).map_or(Money::ZERO, |of| of.base);
    let base = year_bases::counted(context, claim, before_base, sheet)?;
    let settled = settled.map(|settled| Box::new(Settled { base, ..*settled }));
    let after = match (before, live) {
        (None, false) => return Ok(Vec::new()),
        (Some(before), false) => ContractAllocation { live, settled, ..before.clone() },
        (_, true) => ContractAllocation {
            programme: claim.programme.clone(),
            amount: claim.amount,
            // those of its submission
            stacked: programmes::stacked(context, claim)?,
            live,
            settled,
        },
    };
    if before == Some(&after) {
        return Ok(Vec::new());
    }
    let [before, now] = [before, Some(&after)].map(|of| counted_base(of, period));
    let moves = [(before.year, before.counted.negated()?), (now.year, now.counted)];
    let mut changes = year_bases::moved(context, claim, &moves)?;
    changes.push(Change::ContractAllocation { rental, user, contract_use: after });
    Ok(changes)
}

/// Whether no rows of usage of the claim's months were refused, but for those up to a leaf: an officer spoke of them.
pub(crate) fn whole_usage(
    context: Context<'_>,
    changed: &Claim,
    accepted_up_to: Option<Sequence>,
) -> Result<(), Stop> {
    let Some(rental) = changed.subject.rental() else { return Ok(()) };
    let known = context.book.rental_usage.get(&rental)?;
    Ok(rental_claims::whole_usage(&changed.subject, known, accepted_up_to)?)
}

/// Who spoke first after the newest refusal of such rows: at the review, or in proposing a recalculation that was approved.
/// Error: nobody did, the refusal is newer than every word.
pub(crate) fn usage_spoken_of(
    context: Context<'_>,
    before: &Claim,
    changed: &Claim,
) -> Result<Option<Subject>, Stop> {
    let mut words = vec![(before.reviewed_at, before.reviewed_by.clone())];
    for number in 1..=before.last_sheet {
        let key = RecalculationKey { claim: before.id, number };
        let approved = context.book.recalculations.get(&key)?;
        let approved = approved.filter(|one| one.status == RecalculationStatus::Approved);
        words.extend(approved.map(|one| (Some(one.revision.created), Some(one.created_by.clone()))));
    }
    let mut last = Ok(());
    for (leaf, who) in words {
        last = whole_usage(context, changed, leaf);
        if last.is_ok() {
            return Ok(who);
        }
    }
    last.map(|()| None)
}
