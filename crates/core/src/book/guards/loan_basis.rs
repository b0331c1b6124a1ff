//! Claims for interest: the loan and the programme that each rests on, and what it takes of the loan's days.

use std::collections::BTreeSet;

use super::cap_usage::{self, Counted};
use super::parties::{Between, party};
use super::programmes;
use super::year_bases::{self, Own};
use crate::book::context::{Context, Reads, named};
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::backing::{self, Parties};
use crate::claims::interest::{Credit, InterestError, calculate};
use crate::claims::{Claim, ClaimPeriod, InterestTerms, rules};
use crate::domain::dated::Dated;
use crate::domain::dates::FiscalYear;
use crate::domain::{ClaimId, CreditCode, Date, Label, LoanId, Money, Percent, ProgrammeCode};
use crate::loans::ceiling::within_ceiling;
use crate::loans::events::first_drawdown;
use crate::loans::{
    BorrowerKey, InterestPeriod, Loan, LoanAllocation, LoanAllocations, LoanError, allocations,
};
use crate::programmes::calculation::Calculation;
use crate::programmes::dating::{CaseDays, applying, disbursed_in_time, signed_in_time};
use crate::programmes::policy::{Policy, RateCeilings};
use crate::programmes::rules::usable;
use crate::programmes::{Counts, Instrument, Programme, ProgrammeError, RulesKey, RulesVersion};
use crate::tags::TagSubject;

/// A loan, the programme that is to pay a part of its interest, and what is said of that interest.
pub(crate) struct LoanBasis<'a> {
    claim: ClaimId,
    loan: &'a Loan,
    programme: &'a Programme,
    terms: InterestTerms,
    filed: Date,
    /// Where in the body the period stands.
    pointer: &'static str,
}

/// A loan and the claims on it.
pub(crate) fn read(loan: LoanId, reads: &mut Reads<'_>) {
    reads.extend([Key::Loan(loan), Key::LoanAllocations(loan)]);
}

pub(crate) fn read_holdings(code: &ProgrammeCode, organisation: CreditCode, reads: &mut Reads<'_>) {
    reads.insert(Key::Holdings(BorrowerKey { programme: code.clone(), organisation }));
}

/// The reference rates that the versions of a programme's rules name, as far as they are known.
pub(crate) fn read_rates(code: &ProgrammeCode, reads: &mut Reads<'_>) {
    let versions = reads.book.programmes.peek(code).map_or(0, |p| p.versions);
    for number in 1..=versions {
        let Some(version) = reads.book.rules.peek(&RulesKey { programme: code.clone(), number }) else {
            continue;
        };
        let shares = version.rules.all_points().filter_map(|points| points.share_of_reference.as_ref());
        reads.extend(shares.map(|share| Key::RateSeries(share.name.folded())));
        let ceilings = version.rules.rate_ceiling.iter().flat_map(RateCeilings::all);
        reads.extend(ceilings.map(|ceiling| Key::RateSeries(ceiling.reference.folded())));
    }
}

impl<'a> LoanBasis<'a> {
    /// What a draft names. Another's loan is not there.
    pub(crate) fn from_request(
        context: Context<'a>,
        claim: ClaimId,
        programme: &ProgrammeCode,
        loan: LoanId,
        terms: InterestTerms,
    ) -> Result<Self, Stop> {
        let programme = named(context.book.programmes.get(programme)?, "/programme")?;
        let loan = context.book.loans.get(&loan)?.filter(|loan| context.acts_for(loan.organisation));
        let filed = context.stamp.business_date;
        Ok(Self { claim, loan: named(loan, "/loan_id")?, programme, terms, filed, pointer: "/period" })
    }

    /// What a claim rests on.
    pub(crate) fn of(
        context: Context<'a>,
        claim: &Claim,
        loan: LoanId,
        terms: InterestTerms,
    ) -> Result<Self, Stop> {
        let lost = || Fault::Broken(format!("claim {} has lost its programme or loan", claim.id));
        let programme = context.book.programmes.get(&claim.programme)?.ok_or_else(lost)?;
        let loan = context.book.loans.get(&loan)?.ok_or_else(lost)?;
        let filed = claim.filed_on(context.stamp.business_date);
        Ok(Self { claim: claim.id, loan, programme, terms, filed, pointer: "/period" })
    }

    /// The same for a recalculation, which names the period among its changes.
    pub(crate) const fn changed(self) -> Self {
        Self { pointer: "/changes/period", ..self }
    }

    pub(crate) const fn parties(&self) -> Parties {
        Parties { organisation: self.loan.organisation, provider: self.loan.bank, buyer: None }
    }

    /// Interest is paid first: before the period is over nothing of it counts.
    pub(crate) const fn earliest(&self) -> Date {
        self.terms.period.until
    }

    /// The rules in force today, of an active programme for interest. It may be asked after its window has closed: what
    /// was paid for its last days is known only then, unless the rules say when is filed. Days outside the window earn nothing.
    pub(crate) fn rules_today(&self, context: Context<'a>) -> Result<&'a RulesVersion, Stop> {
        let today = context.stamp.business_date;
        self.over(today)?;
        usable(self.programme, Instrument::InterestSubsidy)?;
        let days = CaseDays {
            filed: self.filed,
            signed: Some(self.loan.signed_on),
            disbursed: first_drawdown(&self.loan.events),
        };
        let rules = applying(programmes::versions(context.book, self.programme)?, &days)?;
        if rules.rules.takes_filing(self.filed) == Some(false) {
            return Err(ProgrammeError::WindowClosed { date: self.filed }.into());
        }
        Ok(rules)
    }

    /// The year whose annual cap counts what is approved on a day.
    fn cap_year(&self, rules: &RulesVersion, day: Date) -> Result<FiscalYear, ProgrammeError> {
        Ok(self.terms.period.cost_year(&rules.rules, self.pointer)?.unwrap_or(day.year()))
    }

    /// The period has days, and all of them are over.
    fn over(&self, business_date: Date) -> Result<(), Stop> {
        if self.terms.period.is_empty() {
            return Err(LoanError::EmptyPeriod { pointer: self.pointer.to_owned() }.into());
        }
        Ok(self.terms.period.over(business_date, self.pointer)?)
    }

    /// What the claim is held against: its days are free, and the loan is not too dear.
    pub(crate) fn facts(
        &self,
        context: Context<'a>,
        rules: &'a RulesVersion,
        day: Date,
    ) -> Result<rules::Facts<'a>, Stop> {
        let loan = self.loan;
        self.free(context, rules)?;
        let ceilings = rules.rules.rate_ceiling.as_ref();
        if let Some(ceiling) = ceilings.and_then(|all| all.of(loan.signed_on, loan.matures_on)) {
            let rates = series(context, &ceiling.reference)?;
            within_ceiling(ceiling, rates, loan.annual_rate_percent, loan.signed_on)?;
        }
        let cap_year = self.cap_year(rules, day)?;
        let of = Counted::loan(&self.programme.code, loan.organisation, loan.id);
        let project = TagSubject::Loan(loan.id);
        let (organisation, supplier) = (loan.organisation, loan.bank);
        let own =
            counted_base(&known(context, loan.id)?, (&self.programme.code, self.claim), self.terms.period);
        let year_base = year_bases::beside(context, (of, &rules.rules), self.terms.period, own)?;
        let between = Between { organisation, supplier, project, filed: self.filed };
        let applicant = party(context, &between, rules)?;
        let tier = rules.rules.tier(&applicant, &[], (None, None))?;
        Ok(rules::Facts {
            rules,
            policy: rules.rules.under(tier),
            tier,
            applicant,
            fiscal_year: None,
            room: None,
            others: None,
            beside: Vec::new(),
            declared: None,
            assessment: None,
            overrides: Vec::new(),
            documents: None,
            prorated: None,
            cap_year,
            year_base,
            paid_before: false,
            used: cap_usage::used(context, &rules.rules, of, (cap_year, Counts::Redemption))?,
            day,
        })
    }

    /// Whether no other claim takes a day of the period, which is over.
    pub(crate) fn free(&self, context: Context<'_>, rules: &RulesVersion) -> Result<(), Stop> {
        self.over(context.stamp.business_date)?;
        let period = self.terms.period.of_interest();
        let (rules, uses) = ((rules, self.programme.level), known(context, self.loan.id)?);
        Ok(allocations::free(self.claim, rules, period, &uses, self.pointer)?)
    }

    /// The sheet of the claim.
    pub(crate) fn sheet(
        &self,
        context: Context<'a>,
        number: u32,
        facts: &rules::Facts<'a>,
    ) -> Result<Calculation, Stop> {
        let (policy, period) = (&*facts.policy, self.terms.period.of_interest());
        signed_in_time(policy, self.loan.signed_on).map_err(ProgrammeError::from)?;
        disbursed_in_time(policy, first_drawdown(&self.loan.events)).map_err(ProgrammeError::from)?;
        let statutory = context.agency()?.limits();
        let window = policy.cost_window(self.filed).unwrap_or(self.programme.window);
        let code = &self.programme.code;
        let room = match policy.principal_cap {
            Some(cap) => {
                let key = BorrowerKey { programme: code.clone(), organisation: self.loan.organisation };
                let holdings = context.book.holdings.get(&key)?.cloned().unwrap_or_default();
                allocations::room(self.claim, cap.money(), period, &holdings)?
            }
            None => Vec::new(),
        };
        let (uses, levels) = (known(context, self.loan.id)?, policy.stacking.takes_off());
        let others = allocations::others(self.claim, code, period, (&uses, levels))?;
        let known = match policy.counts_others() {
            true => allocations::paid_by_others(self.claim, code, period, &uses)?,
            false => Vec::new(),
        };
        let reference = reference(context, policy)?;
        let credit = Credit { loan: self.loan, window, statutory, reference, room, others, known };
        calculate(&self.terms, number, facts, &credit).map_err(|error| match error {
            InterestError::Loan(error) => error.into(),
            InterestError::Calculation(error) => error.into(),
            InterestError::NoPoints => {
                Fault::Broken(format!("{code} pays interest and names no points")).into()
            }
        })
    }
}

fn series<'a>(context: Context<'a>, name: &Label) -> Result<&'a [Dated<Percent>], Fault> {
    Ok(context.book.rate_series.get(&name.folded())?.map(Vec::as_slice).unwrap_or_default())
}

/// The reference rate that the points rule asks for.
fn reference<'a>(context: Context<'a>, policy: &Policy) -> Result<&'a [Dated<Percent>], Fault> {
    match policy.points.as_ref().and_then(|points| points.share_of_reference.as_ref()) {
        Some(share) => series(context, &share.name),
        None => Ok(&[]),
    }
}

fn known(context: Context<'_>, loan: LoanId) -> Result<LoanAllocations, Fault> {
    Ok(context.book.loan_uses.get(&loan)?.cloned().unwrap_or_default())
}

/// The loan's days, taken by a claim for as long as it holds what backs it; nothing where that stays.
pub(crate) fn used(
    context: Context<'_>,
    claim: &Claim,
    (loan, terms): (LoanId, InterestTerms),
    sheet: Option<&Calculation>,
) -> Result<Vec<Change>, Stop> {
    let known = known(context, loan)?;
    let before = known.get(&claim.id);
    let live = backing::holds(claim.status);
    let base = year_bases::counted(context, claim, before.map_or(Money::ZERO, |before| before.base), sheet)?;
    let after = match (before, sheet) {
        (None, _) if !live => return Ok(Vec::new()),
        (_, Some(sheet)) => {
            // what pays nothing takes no points and no principal, only the days
            let pays = claim.amount.is_positive();
            let (points, principal) = if pays { allocations::taken(&sheet.segments) } else { <_>::default() };
            let period = terms.period.of_interest();
            let (programme, organisation) = (claim.programme.clone(), claim.organisation);
            let stacked = programmes::stacked(context, claim)?;
            let amount = claim.amount;
            LoanAllocation { programme, organisation, period, points, principal, amount, base, stacked, live }
        }
        (Some(before), None) => LoanAllocation { base, live, ..before.clone() },
        (None, None) => {
            return Err(Fault::Broken(format!("claim {} was filed without a sheet", claim.id)).into());
        }
    };
    if before == Some(&after) {
        return Ok(Vec::new());
    }
    let years: BTreeSet<FiscalYear> = [before, Some(&after)].into_iter().flatten().map(cost_year).collect();
    let mut now = known.clone();
    now.insert(claim.id, after.clone());
    let mut moves = Vec::new();
    for year in years {
        let of = |uses| most_of(uses, (&claim.programme, year), None);
        moves.push((year, of(&now).minus(of(&known))?));
    }
    let mut changes = year_bases::moved(context, claim, &moves)?;
    changes.push(Change::LoanAllocation { loan, claim: claim.id, loan_use: Box::new(after) });
    Ok(changes)
}

/// In which year a claim counts for the minimum already.
pub(crate) fn counted_year(known: Option<&LoanAllocations>, claim: ClaimId) -> Option<FiscalYear> {
    Some(cost_year(known?.get(&claim)?))
}

/// The year of the last day of a claim's period.
fn cost_year(known: &LoanAllocation) -> FiscalYear {
    let InterestPeriod { from, until } = known.period;
    ClaimPeriod { from, until }.last_year()
}

/// CNY of the largest base of the claims on a loan under a programme that lie in a year, perhaps but for one of them: a loan
/// that is claimed for quarter by quarter counts once.
fn most_of(
    uses: &LoanAllocations,
    (programme, year): (&ProgrammeCode, FiscalYear),
    but: Option<ClaimId>,
) -> Money {
    let of = uses
        .iter()
        .filter(|(id, of)| Some(**id) != but && of.programme == *programme && cost_year(of) == year);
    of.map(|(_, of)| of.base).max().unwrap_or_default()
}

/// What the loan of a claim counts for the minimum of the year of a period.
pub(super) fn counted_base(
    known: &LoanAllocations,
    (programme, claim): (&ProgrammeCode, ClaimId),
    period: ClaimPeriod,
) -> Own {
    let year = period.last_year();
    let of = |but| most_of(known, (programme, year), but);
    Own { year, counted: of(None), same_loan: Some(of(Some(claim))) }
}
