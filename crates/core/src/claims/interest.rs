//! The sheet of an interest subsidy 贷款贴息, as a claim keeps it: what was paid first is subsidised after (先付后贴).
//!
//! The subsidy is never more than the ordinary interest that was paid. Where the bank confirmed every day of the
//! period, the smaller of what it confirmed and what the organisation says counts; a confirmation that goes beyond the
//! period counts with the days that it has in common with it, evenly; what is left of a fen of their sum is dropped. Where a
//! day is not confirmed, what the organisation says counts alone.

use super::rules::Facts;
use super::subject::InterestTerms;
use crate::domain::dated::{Dated, between, in_force};
use crate::domain::dates::Window;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{DayCount, ExactPoints, Money, Percent};
use crate::loans::events::{Owed, first_drawdown, history};
use crate::loans::subsidy::{Limits, Question, Subsidy, SubsidyError, outside, over};
use crate::loans::{InterestPeriod, Loan, LoanError};
use crate::programmes::bounds::Caps;
use crate::programmes::calculation::{Calculation, CalculationError, CapUse, Inputs, enough};
use crate::programmes::funding::{Level, by_level};
use crate::programmes::interest::{InterestInputs, LoanState, SEGMENTS_MAX};
use crate::programmes::policy::TermFrom;
use crate::programmes::{Policy, StatutoryLimits};

/// The loan and what counts beside the rules.
#[derive(Debug)]
pub struct Credit<'a> {
    pub loan: &'a Loan,
    /// The days that earn.
    pub window: Window,
    /// The agency's limits today.
    pub statutory: StatutoryLimits,
    /// The reference rate that the points rule asks for, in the order of the days.
    pub reference: &'a [Dated<Percent>],
    /// CNY of principal that the organisation's cap leaves; everything where empty.
    pub room: Vec<Dated<Money>>,
    /// Points of claims under other programmes.
    pub others: Vec<Dated<ExactPoints>>,
    /// CNY of them by level, where the rules count what others pay.
    pub known: Vec<(Level, Money)>,
}

/// Why there is no sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterestError {
    /// The loan or what is loaded does not allow it.
    #[error(transparent)]
    Loan(#[from] LoanError),
    /// It comes to nothing.
    #[error(transparent)]
    Calculation(#[from] CalculationError),
    #[error("the rules name no points")]
    NoPoints,
}

impl From<OutOfRange> for InterestError {
    fn from(error: OutOfRange) -> Self {
        Self::Calculation(error.into())
    }
}

impl From<SubsidyError> for InterestError {
    fn from(error: SubsidyError) -> Self {
        match error {
            SubsidyError::Loan(error) => Self::Loan(error),
            SubsidyError::OutOfRange(error) => error.into(),
            SubsidyError::NoPoints => Self::NoPoints,
        }
    }
}

/// CNY of ordinary interest that the bank confirmed for a period; none where it did not confirm every day of it.
pub fn confirmed(loan: &Loan, period: InterestPeriod) -> Result<Option<Money>, OutOfRange> {
    let days =
        |from, until| DayCount::Actual360.between(from, until, from).map_or(0, |part| i128::from(part.days));
    // whole fen, and what the confirmations that go beyond the period have of a fen: two of them at most
    let (mut sum, mut known, mut rest) = (0_i128, 0, (0_i128, 1_i128));
    for paid in loan.interest.iter().filter(|paid| paid.period.overlaps(&period)) {
        let [from, until] = [paid.period.from.max(period.from), paid.period.until.min(period.until)];
        let common = days(from, until);
        let whole = days(paid.period.from, paid.period.until).max(1);
        let part = i128::from(paid.interest_paid.fen()) * common;
        sum += part / whole;
        if part % whole != 0 {
            rest = (rest.0 * whole + part % whole * rest.1, rest.1 * whole);
        }
        // no two confirmations have a day in common
        known += common;
    }
    let sum = i64::try_from(sum + rest.0 / rest.1).map(Money::from_fen).map_err(|_| OutOfRange)?;
    Ok(Some(sum).filter(|_| known == days(period.from, period.until)))
}

/// The days of a period from the first that the bank confirmed to the last, and CNY that it confirmed of them; none where
/// it confirmed no day of it, or where a day between them is missing.
pub fn confirmed_days(
    loan: &Loan,
    period: InterestPeriod,
) -> Result<Option<(InterestPeriod, Money)>, OutOfRange> {
    let common = || loan.interest.iter().filter(|paid| paid.period.overlaps(&period));
    let first = common().map(|paid| paid.period.from).min();
    let Some((from, until)) = first.zip(common().map(|paid| paid.period.until).max()) else {
        return Ok(None);
    };
    let days = InterestPeriod { from: from.max(period.from), until: until.min(period.until) };
    Ok(confirmed(loan, days)?.map(|paid| (days, paid)))
}

/// The sheet of a claim. Error: what makes it come to nothing, or what the loan lacks.
pub fn calculate(
    terms: &InterestTerms,
    version: u32,
    facts: &Facts<'_>,
    credit: &Credit<'_>,
) -> Result<Calculation, InterestError> {
    let (policy, period) = (&*facts.policy, terms.period.of_interest());
    policy.in_a_tier(facts.tier)?;
    policy.declared(facts.declared.as_deref())?;
    if !facts.paid_before {
        policy.alone(facts.declared.as_deref())?;
    }
    // without points what others pay is taken off in CNY
    let in_money = policy.points.is_none() && !policy.stacking.takes_off().is_empty();
    let counted = facts.declared.is_some() || policy.joint_ceiling_percent.is_some() || in_money;
    let of_ours = credit.known.iter().copied().filter(|_| counted);
    let other_money = by_level(facts.declared.as_deref(), of_ours)?;
    let rate = credit.loan.annual_rate_percent;
    let known = history(credit.loan.signed(), &credit.loan.events, |_| String::new())?.matured();
    let opening = in_force(&known, period.from).unwrap_or(Owed::nothing(rate));
    let inputs = inputs(terms, facts, credit, &known)?;
    let paid = inputs.counted();
    let (lifetime, annual) = caps(facts);
    let subsidy = over(
        &Question {
            policy,
            window: credit.window,
            period,
            signed_on: inputs.signed_on,
            first_drawdown: inputs.first_drawdown,
            drawn_outside: &inputs.drawn_outside,
            annual_rate_percent: opening.rate,
            matures_on: None,
            events: &[],
            reference: &inputs.reference,
            room: &inputs.room,
            others: &inputs.others,
            other_points: terms.other_points,
            limits: Limits {
                interest_paid: Some(paid),
                statutory: credit.statutory,
                lifetime: lifetime.clone(),
                annual: annual.clone(),
                groups: facts.used.groups.clone(),
                other_money: other_money.clone(),
            },
        },
        &known,
    )?;
    if subsidy.segments.len() > SEGMENTS_MAX {
        let (pointer, limit) = ("/period".to_owned(), SEGMENTS_MAX.to_string());
        return Err(LoanError::TooManySegments { pointer, limit }.into());
    }
    let groups = facts.used.groups.clone();
    let caps = Caps { lifetime: lifetime.as_ref(), annual: annual.as_ref(), groups: &groups };
    caps.worth_paid(subsidy.amount, &subsidy.reductions, facts.paid_before)?;
    if !facts.paid_before {
        large_enough(&subsidy, policy)?;
        enough_paid(paid, policy)?;
        enough(subsidy.amount, policy)?;
    }
    let inputs = Inputs {
        startup: facts.applicant.organisation.startup,
        lists: facts.applicant.lists(&facts.rules.rules),
        claim_cap: policy.caps.claim.map(Amount::money),
        lifetime,
        annual,
        year_minimum: facts.year_minimum(),
        paid_before: facts.paid_before,
        groups,
        other_money,
        overrides: facts.overrides.clone(),
        interest: Some(Box::new(inputs)),
        ..Inputs::default()
    };
    Ok(sheet(subsidy, version, facts, inputs).or_nothing(policy)?)
}

pub fn sheet(subsidy: Subsidy, version: u32, facts: &Facts<'_>, inputs: Inputs) -> Calculation {
    Calculation {
        version,
        rules_version: facts.rules.number,
        rules_sha256: facts.rules.sha256.clone(),
        tier: facts.tier,
        inputs,
        lines: Vec::new(),
        segments: subsidy.segments,
        exact: subsidy.exact,
        computed: subsidy.computed,
        rounding: subsidy.rounding,
        reductions: subsidy.reductions,
        amount: subsidy.amount,
        shares: subsidy.shares,
    }
}

/// The caps on what is approved, whichever an annual cap names: nothing is issued.
fn caps(facts: &Facts<'_>) -> (Option<CapUse>, Option<CapUse>) {
    let (caps, used) = (&facts.policy.caps, &facts.used);
    let cap = |year, cap, used| CapUse { per: caps.per, ..CapUse::new(year, cap, used) };
    let lifetime = caps.lifetime.map(|most| cap(None, most.money(), used.in_all));
    let annual = caps.annual.as_ref();
    (lifetime, annual.map(|annual| cap(Some(facts.cap_year), annual.amount.money(), used.in_year)))
}

fn inputs(
    terms: &InterestTerms,
    facts: &Facts<'_>,
    credit: &Credit<'_>,
    known: &[Dated<Owed>],
) -> Result<InterestInputs, OutOfRange> {
    let period = terms.period;
    let state = |step: Dated<Owed>| LoanState {
        date: step.date,
        principal: step.value.principal,
        overdue: step.value.overdue,
        annual_rate_percent: step.value.rate,
        paused: step.value.paused,
    };
    let (policy, loan) = (&*facts.policy, credit.loan);
    let term = |from| policy.term.is_some_and(|term| term.from == from);
    let by_years = policy.day_count == Some(DayCount::Icma);
    let asked = policy.points.as_ref().is_some_and(|points| points.share_of_reference.is_some());
    let reference = if asked { credit.reference } else { &[] };
    Ok(InterestInputs {
        from: period.from,
        until: period.until,
        window: credit.window,
        statutory: credit.statutory,
        loan: between(known, period.from, period.until).into_iter().map(state).collect(),
        signed_on: term(TermFrom::Signed).then_some(loan.signed_on),
        first_drawdown: first_drawdown(&loan.events).filter(|_| by_years || term(TermFrom::FirstDrawdown)),
        drawn_outside: between(&outside(policy, &loan.events)?, period.from, period.until),
        reference: between(reference, period.from, period.until),
        room: credit.room.clone(),
        others: credit.others.clone(),
        other_points: terms.other_points,
        interest_paid: terms.interest_paid,
        interest_confirmed: confirmed(credit.loan, period.of_interest())?,
    })
}

/// Whether the base, which is the most principal that earns on a day, is not below the rules' minimum.
pub fn large_enough(subsidy: &Subsidy, policy: &Policy) -> Result<(), CalculationError> {
    let base = subsidy.segments.iter().map(|segment| segment.eligible_principal).max().unwrap_or_default();
    if let Some(minimum) = policy.caps.minimum_of_each().filter(|least| base < *least) {
        return Err(CalculationError::BelowMinimum { base, minimum });
    }
    Ok(())
}

/// Whether as much interest was paid as the rules ask for.
pub fn enough_paid(paid: Money, policy: &Policy) -> Result<(), CalculationError> {
    let minimum = policy.minimums.and_then(|minimums| minimums.interest_paid).map(Amount::money);
    match minimum.filter(|minimum| paid < *minimum) {
        Some(minimum) => Err(CalculationError::InterestPaidBelowMinimum { paid, minimum }),
        None => Ok(()),
    }
}
