//! `/interest-subsidies/quote`: what a subsidy would come to, under rules that are given or a programme's. It writes
//! nothing, and 0.00 is an answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::agencies::today;
use crate::handlers::loans::{DatedLoanEvent, events};
use crate::json::Json;
use crate::problem::Problem;
use crate::view;
use subsidy_core::claims::ClaimPeriod;
use subsidy_core::claims::interest::{enough_paid, large_enough};
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::money::AmountOrZero;
use subsidy_core::domain::{
    Code, Date, DayCount, Label, Money, Percent, Points, ProgrammeCode, Rounding, Unrounded,
};
use subsidy_core::loans::ceiling::within_ceiling;
use subsidy_core::loans::events::{Dated, LoanEvent, first_drawdown, in_order};
use subsidy_core::loans::rules::not_before_signing;
use subsidy_core::loans::subsidy::{Limits, Question, Segment, Subsidy, SubsidyError, compute};
use subsidy_core::loans::{InterestPeriod, LoanError, RATE_MAX};
use subsidy_core::organisations::{Category, Size};
use subsidy_core::programmes::calculation::{CalculationError, Reduction, ShareAmount, YearMinimum, enough};
use subsidy_core::programmes::dating::{CaseDays, applying, disbursed_in_time, signed_in_time};
use subsidy_core::programmes::eligibility::Traits;
use subsidy_core::programmes::funding::{OtherFunding, by_level};
use subsidy_core::programmes::policy::{RulesBy, TermFrom};
use subsidy_core::programmes::rules::usable;
use subsidy_core::programmes::{
    DatesError, Instrument, Policy, PolicyError, Programme, ProgrammeError, RulesVersion, StatutoryLimits,
};
use subsidy_core::tags::TagName;
use subsidy_store::db::pool::Connection;
use subsidy_store::programmes::RulesRow;
use subsidy_store::programmes::queries as programmes;
use subsidy_store::reference_rates::ReferenceRateRow;
use subsidy_store::reference_rates::queries::of_name;

/// A question: exactly one of `rules` and `programme`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuote {
    /// Rules of an interest subsidy, as a programme has them.
    rules: Option<Policy>,
    /// A programme, under its rules in force today.
    programme: Option<ProgrammeCode>,
    /// The programme's own where left out, else everything up to the agency's limit. Rules that say which days are paid for go first.
    window: Option<Window>,
    loan: QuotedLoan,
    /// `from` is counted, `until` is not.
    period: InterestPeriod,
    /// CNY of ordinary interest paid for the period: the subsidy is never more. Needed where the rules name no points, or have a
    /// joint ceiling.
    interest_paid: Option<AmountOrZero>,
    /// Points of other subsidies, which rules that net them off take off the contract rate.
    other_points: Option<Points>,
    /// What others pay for the same interest: `[]` says that nobody does. Needed where the rules ask for it.
    #[schema(max_items = 20)]
    other_funding: Option<Vec<OtherFunding>>,
    /// Who asks: it says the tier, where the rules have tiers.
    #[serde(default)]
    applicant: QuotedApplicant,
}

/// Who asks, and on which lists it and the loan's project are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QuotedApplicant {
    category: Option<Category>,
    size: Option<Size>,
    /// Whether who asks is a startup; not where it is left out.
    startup: bool,
    region: Option<Label>,
    tags: Vec<TagName>,
    project_tags: Vec<TagName>,
}

impl QuotedApplicant {
    fn traits(&self) -> Traits<'_> {
        Traits {
            category: self.category,
            size: self.size,
            startup: self.startup,
            region: self.region.as_ref(),
            tags: self.tags.iter().collect(),
            project_tags: self.project_tags.iter().collect(),
            base: None,
        }
    }
}

/// A loan that need not be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotedLoan {
    /// Percent a year, as it was signed.
    annual_rate_percent: Percent,
    /// Held against the rules' rate ceiling and their window for signing; where left out, neither is checked. Needed where a
    /// term runs from it, or rules apply by it.
    signed_on: Option<Date>,
    /// When it is due, as it was signed; where left out, what is owed earns to the end of the period. Needed where the rules' rate
    /// ceiling is by tenor.
    matures_on: Option<Date>,
    events: Vec<DatedLoanEvent>,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteView {
    /// What would be paid.
    amount: Money,
    /// The unrounded sum: all of its digits where they end, else twenty decimals of them.
    exact: Unrounded,
    /// Rounded, before any cut.
    computed: Money,
    /// Every day of the period that lies in the window.
    segments: Vec<Segment>,
    day_count: DayCount,
    rounding: Rounding,
    /// Cuts, in the order in which they were made; of annual and lifetime caps nothing is taken as used.
    reductions: Vec<Reduction>,
    shares: Vec<ShareAmount>,
    /// Where the rules ask their least base of a cost year: that. No quote is refused for it, since other claims of the year count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    year_minimum: Option<YearMinimum>,
    /// The window that was applied.
    window: Window,
    /// Which version of the programme's rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules_version: Option<u32>,
    /// The number of the tier, from 1; none where the rules' own apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<u32>,
}

impl QuoteView {
    fn of(subsidy: Subsidy, period: InterestPeriod, terms: &Terms) -> Self {
        let year = ClaimPeriod { from: period.from, until: period.until }.last_year();
        let minimum = terms.policy.caps.minimum_of_year();
        Self {
            year_minimum: minimum.map(|minimum| YearMinimum {
                year,
                minimum,
                beside: Money::ZERO,
                same_loan: None,
            }),
            amount: subsidy.amount,
            exact: subsidy.exact,
            computed: subsidy.computed,
            segments: subsidy.segments,
            day_count: terms.policy.day_count.unwrap_or_default(),
            rounding: subsidy.rounding,
            reductions: subsidy.reductions,
            shares: subsidy.shares,
            window: terms.window,
            rules_version: terms.rules_version,
            tier: terms.tier,
        }
    }
}

/// Under what is quoted.
struct Terms {
    policy: Policy,
    window: Window,
    statutory: StatutoryLimits,
    /// The day on which it is asked.
    filed: Date,
    rules_version: Option<u32>,
    tier: Option<u32>,
}

/// A loan's events, in the order of their days, and where each stands in the body.
struct Events {
    places: Vec<usize>,
    events: Vec<LoanEvent>,
}

/// `POST /interest-subsidies/quote`
pub async fn quote(request: ReadRequest, body: Json) -> Result<Reply, Problem> {
    let body: NewQuote = body.read()?;
    body.period.check().map_err(Problem::refusal)?;
    let loan = loan_events(&body.loan)?;
    let conn = request.reader().await?;
    let terms = terms(&request, &conn, &body, &loan.events).await?;
    dates(&terms.policy, &body.loan, &loan.events)?;
    let period = ClaimPeriod { from: body.period.from, until: body.period.until };
    let year = period.cost_year(&terms.policy, "/period");
    year.map_err(|error| Problem::refusal(ProgrammeError::from(error)))?;
    ceiling(&conn, &terms.policy, &body.loan).await?;
    let share = terms.policy.points.as_ref().and_then(|points| points.share_of_reference.as_ref());
    let reference = match share {
        Some(share) => reference(&conn, &share.name).await?,
        None => Vec::new(),
    };
    let room = terms.policy.principal_cap.map(|cap| Dated { date: terms.window.from, value: cap.money() });
    let paid = body.interest_paid.map(AmountOrZero::money);
    match paid {
        None if terms.policy.points.is_none() || terms.policy.joint_ceiling_percent.is_some() => {
            return Err(Problem::new(Code::MissingField).at("/interest_paid"));
        }
        None => {}
        Some(paid) => enough_paid(paid, &terms.policy).map_err(Problem::refusal)?,
    }
    terms.policy.declared(body.other_funding.as_deref()).map_err(Problem::refusal)?;
    terms.policy.alone(body.other_funding.as_deref()).map_err(Problem::refusal)?;
    let other_money = by_level(body.other_funding.as_deref(), [])
        .map_err(|_| Problem::refusal(CalculationError::AmountOutOfRange))?;
    let question = Question {
        policy: &terms.policy,
        window: terms.window,
        period: body.period,
        signed_on: body.loan.signed_on,
        first_drawdown: None,
        drawn_outside: &[],
        annual_rate_percent: body.loan.annual_rate_percent,
        matures_on: body.loan.matures_on,
        events: &loan.events,
        reference: &reference,
        room: room.as_slice(),
        others: &[],
        other_points: body.other_points,
        limits: Limits { other_money, ..Limits::unused(&terms.policy, terms.statutory, paid) },
    };
    let pointer =
        |index: usize| format!("/loan/events/{}", loan.places.get(index).copied().unwrap_or_default());
    let subsidy = compute(&question, pointer).map_err(|error| match error {
        SubsidyError::Loan(error) => Problem::refusal(error),
        SubsidyError::OutOfRange(_) => Problem::refusal(CalculationError::AmountOutOfRange),
        SubsidyError::NoPoints => Problem::fault(&error),
    })?;
    // a claim would be refused so; a quote of 0.00 is an answer
    if subsidy.amount.is_positive() {
        large_enough(&subsidy, &terms.policy).map_err(Problem::refusal)?;
        enough(subsidy.amount, &terms.policy).map_err(Problem::refusal)?;
    }
    Reply::json(&QuoteView::of(subsidy, body.period, &terms))
}

fn loan_events(loan: &QuotedLoan) -> Result<Events, Problem> {
    if loan.annual_rate_percent > RATE_MAX {
        let pointer = "/loan/annual_rate_percent".to_owned();
        return Err(Problem::refusal(LoanError::RateTooHigh { pointer, limit: RATE_MAX }));
    }
    let written = events(&loan.events, "/loan/events")?;
    if let Some(signed_on) = loan.signed_on {
        for (index, event) in written.iter().enumerate() {
            not_before_signing(event.date, signed_on, &format!("/loan/events/{index}/date"))
                .map_err(Problem::refusal)?;
        }
    }
    let (places, events) = in_order(&written).into_iter().unzip();
    Ok(Events { places, events })
}

/// The rules and the window: those that are given, or a programme's.
async fn terms(
    request: &ReadRequest,
    conn: &Connection,
    body: &NewQuote,
    events: &[LoanEvent],
) -> Result<Terms, Problem> {
    let agency = today(conn, &request.agency).await?;
    let (today, statutory) = (agency.business_date, agency.limits);
    let days = CaseDays { filed: today, signed: body.loan.signed_on, disbursed: first_drawdown(events) };
    let mut terms = match (&body.rules, &body.programme) {
        (Some(_), Some(_)) => return Err(Problem::new(Code::RulesOrProgramme).at("/programme")),
        (None, None) => return Err(Problem::new(Code::MissingField).at("/rules")),
        (Some(rules), None) => {
            let until = statutory.window_until;
            let everything = Window { from: body.period.from.min(until), until };
            let window = body.window.unwrap_or(everything);
            Terms { policy: rules.clone(), window, statutory, filed: today, rules_version: None, tier: None }
        }
        (None, Some(code)) => of_programme(conn, (code, body.window), statutory, days).await?,
    };
    if terms.window.until < terms.window.from {
        return Err(Problem::new(Code::InvalidWindow).at("/window"));
    }
    terms.policy.check(Instrument::InterestSubsidy, &terms.window, &statutory).map_err(|error| {
        let problem = Problem::refusal(ProgrammeError::from(error.clone()));
        match error {
            PolicyError::StatutoryPointsCap { .. } => problem.at("/rules/points/max"),
            PolicyError::StatutoryWindow { until } if until < terms.window.until => {
                problem.at("/window/until")
            }
            PolicyError::StatutoryWindow { .. } => problem.at("/rules"),
            PolicyError::RulesFieldMissing { .. }
            | PolicyError::RulesFieldNotApplicable { .. }
            | PolicyError::RulesInvalid { .. } => problem,
        }
    })?;
    if terms.policy.takes_filing(terms.filed) == Some(false) {
        return Err(Problem::refusal(ProgrammeError::WindowClosed { date: terms.filed }));
    }
    terms.window = terms.policy.cost_window(terms.filed).unwrap_or(terms.window);
    terms.tier = terms.policy.tier_of(&body.applicant.traits());
    terms.policy.in_a_tier(terms.tier).map_err(Problem::refusal)?;
    terms.policy = terms.policy.under(terms.tier).into_owned();
    Ok(terms)
}

/// Holds the days of the loan against the rules, as far as it says them.
fn dates(policy: &Policy, loan: &QuotedLoan, events: &[LoanEvent]) -> Result<(), Problem> {
    let refused = |error: DatesError| Problem::refusal(ProgrammeError::from(error));
    let from_signing = policy.term.is_some_and(|term| term.from == TermFrom::Signed);
    match loan.signed_on {
        None if from_signing => return Err(Problem::new(Code::MissingField).at("/loan/signed_on")),
        None => {}
        Some(day) => signed_in_time(policy, day).map_err(refused)?,
    }
    disbursed_in_time(policy, first_drawdown(events)).map_err(refused)
}

/// A programme's rules that apply today; before its window begins, those it begins with.
async fn of_programme(
    conn: &Connection,
    (code, window): (&ProgrammeCode, Option<Window>),
    statutory: StatutoryLimits,
    days: CaseDays,
) -> Result<Terms, Problem> {
    let programme: Programme =
        view::find(conn, code, |_| true).await.map_err(|problem| match problem.code() {
            Code::NotFound => problem.at("/programme"),
            _ => problem,
        })?;
    usable(&programme, Instrument::InterestSubsidy).map_err(Problem::refusal)?;
    let rows = programmes::rules(conn, &[code.to_string()]).await?;
    let versions = decode_all(&rows, RulesRow::read)?;
    let by_signing = |version: &RulesVersion| version.rules.rules_by == Some(RulesBy::Signed);
    if days.signed.is_none() && versions.iter().any(by_signing) {
        return Err(Problem::new(Code::MissingField).at("/loan/signed_on"));
    }
    let days = CaseDays { filed: days.filed.max(programme.window.from), ..days };
    let version = applying(&versions, &days).map_err(Problem::refusal)?;
    let (policy, window) = (version.rules.clone(), window.unwrap_or(programme.window));
    let rules_version = Some(version.number);
    Ok(Terms { policy, window, statutory, filed: days.filed, rules_version, tier: None })
}

/// Holds the loan against the rules' ceiling where it says when it was signed.
async fn ceiling(conn: &Connection, policy: &Policy, loan: &QuotedLoan) -> Result<(), Problem> {
    let Some((ceilings, signed_on)) = policy.rate_ceiling.as_ref().zip(loan.signed_on) else { return Ok(()) };
    if ceilings.asks_tenor() && loan.matures_on.is_none() {
        return Err(Problem::new(Code::MissingField).at("/loan/matures_on"));
    }
    let Some(ceiling) = ceilings.of(signed_on, loan.matures_on.unwrap_or(signed_on)) else { return Ok(()) };
    let rates = reference(conn, &ceiling.reference).await?;
    within_ceiling(ceiling, &rates, loan.annual_rate_percent, signed_on).map_err(Problem::refusal)
}

/// A reference rate, in the order of the days.
pub(super) async fn reference(conn: &Connection, name: &Label) -> Result<Vec<Dated<Percent>>, Problem> {
    let rows = of_name(conn, name.folded().as_str()).await?;
    let rates = decode_all(&rows, ReferenceRateRow::read)?;
    Ok(rates.into_iter().map(|rate| Dated { date: rate.date, value: rate.percent }).collect())
}
