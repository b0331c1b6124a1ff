//! `/programmes/{code}/estimate`: what a programme for interest will still cost.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::agencies::today;
use crate::handlers::loans::quote::reference;
use crate::problem::Problem;
use crate::view;
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    CreditCode, Date, Folded, Label, Line, LoanId, Money, Month, Percent, ProgrammeCode,
};
use subsidy_core::loans::Loan;
use subsidy_core::loans::ceiling::within_ceiling;
use subsidy_core::loans::estimate::{Estimate, LoanCost, MonthCost, Terms};
use subsidy_core::loans::events::{Dated, first_drawdown};
use subsidy_core::loans::subsidy::SubsidyError;
use subsidy_core::organisations::Organisation;
use subsidy_core::programmes::calculation::CalculationError;
use subsidy_core::programmes::dating::{CaseDays, applying, disbursed_in_time, signed_in_time};
use subsidy_core::programmes::eligibility::CaseTags;
use subsidy_core::programmes::policy::RateCeilings;
use subsidy_core::programmes::rules::{in_force, usable};
use subsidy_core::programmes::{Applicant, Instrument, Programme, ProgrammeError, RulesVersion};
use subsidy_core::tags::{HeldTag, HeldTags, TagSubject};
use subsidy_store::db::pool::Connection;
use subsidy_store::loans::LoanRow;
use subsidy_store::loans::queries::{self, EstimatedQuery};
use subsidy_store::organisations::OrganisationRow;
use subsidy_store::programmes::RulesRow;
use subsidy_store::programmes::queries as programmes;
use subsidy_store::tags::{TagRow, held_by};

/// The most loans of an estimate.
const LOANS_MAX: usize = 10_000;

/// What a programme will still cost. All amounts are sums of the loans' months.
#[derive(Debug, Serialize, ToSchema)]
pub struct EstimateView {
    programme: ProgrammeCode,
    /// The business date: from here on balances and rates stay as they are.
    as_of: Date,
    /// Of the rules that apply to what is filed today.
    window: Window,
    /// The version that applies to what is filed today.
    rules_version: u32,
    /// Of all loans, before caps in money.
    total: Money,
    /// What the programme has left; below the total, it will not last.
    available: Money,
    /// The first day that what is left does not cover, each month's cost spread evenly over its days; null where it lasts.
    budget_ends_on: Option<Date>,
    /// Of all loans, month after month.
    months: Vec<EstimatedMonth>,
    /// By organisation, in the order of their recording.
    loans: Vec<EstimatedLoan>,
}

/// A month's cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct EstimatedMonth {
    month: Month,
    amount: Money,
}

impl EstimatedMonth {
    fn all(months: &[MonthCost]) -> Vec<Self> {
        months.iter().map(|cost| Self { month: cost.month, amount: cost.amount }).collect()
    }
}

/// A loan's cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct EstimatedLoan {
    loan_id: LoanId,
    loan_no: Line,
    organisation: CreditCode,
    bank: CreditCode,
    /// The first day that counts: none of it or after it is taken by a claim.
    from: Date,
    /// The day after the last that counts.
    until: Date,
    /// The version of the rules that applies to the loan.
    rules_version: u32,
    amount: Money,
    rows: Vec<EstimatedMonth>,
}

impl EstimatedLoan {
    fn of(loan: &Loan, version: &RulesVersion, cost: &LoanCost) -> Self {
        Self {
            loan_id: loan.id,
            loan_no: loan.loan_no.clone(),
            organisation: loan.organisation,
            bank: loan.bank,
            from: cost.from,
            until: cost.until,
            rules_version: version.number,
            amount: cost.amount,
            rows: EstimatedMonth::all(&cost.months),
        }
    }
}

/// `GET /programmes/{code}/estimate`
pub async fn estimate(request: ReadRequest) -> Result<Reply, Problem> {
    let code: ProgrammeCode = request.path.value("code")?;
    let conn = request.reader().await?;
    let programme: Programme = view::find(&conn, &code, |_| true).await?;
    usable(&programme, Instrument::InterestSubsidy).map_err(Problem::refusal)?;
    let rows = programmes::rules(&conn, &[code.to_string()]).await;
    let versions = decode_all(&rows?, RulesRow::read)?;
    let agency = today(&conn, &request.agency).await?;
    let (as_of, statutory) = (agency.business_date, agency.limits);
    let filed = as_of.max(programme.window.from);
    let current = in_force(&versions, filed);
    let current = current.ok_or_else(|| Problem::refusal(ProgrammeError::WindowClosed { date: as_of }))?;
    let rates = rates(&conn, &versions).await?;
    let case = Case { programme: &programme, versions: &versions, rates: &rates, filed, as_of };
    let (mut estimate, mut loans) = (Estimate::default(), Vec::new());
    for Subsidised { loan, claimed, version, tier } in subsidised(&conn, &case).await? {
        let (policy, window) = (&*version.rules.under(tier), version.rules.earning(programme.window));
        let share = policy.points.as_ref().and_then(|points| points.share_of_reference.as_ref());
        let reference = share.map_or(&[][..], |share| series(&rates, &share.name));
        let terms = Terms { policy, window, statutory, reference };
        let cost = estimate.add(&loan, claimed, terms).map_err(|error| match error {
            SubsidyError::Loan(error) => Problem::refusal(error),
            SubsidyError::OutOfRange(_) => Problem::refusal(CalculationError::AmountOutOfRange),
            SubsidyError::NoPoints => Problem::fault(&error),
        })?;
        loans.extend(cost.map(|cost| EstimatedLoan::of(&loan, version, &cost)));
    }
    let months = EstimatedMonth::all(&estimate.months());
    let available = available(&conn, &code).await?;
    let out_of_range = |_| Problem::refusal(CalculationError::AmountOutOfRange);
    Reply::json(&EstimateView {
        available,
        budget_ends_on: estimate.ends_on(available).map_err(out_of_range)?,
        programme: code,
        as_of,
        window: current.rules.earning(programme.window),
        rules_version: current.number,
        total: estimate.total(),
        months,
        loans,
    })
}

/// Reference rates by their folded names, each in the order of the days.
type Rates = BTreeMap<Folded, Vec<Dated<Percent>>>;

/// Every reference rate that a version names.
async fn rates(conn: &Connection, versions: &[RulesVersion]) -> Result<Rates, Problem> {
    let mut rates = Rates::new();
    for policy in versions.iter().map(|version| &version.rules) {
        let shares = policy.all_points().filter_map(|points| points.share_of_reference.as_ref());
        let names = shares.map(|share| &share.name);
        for name in names
            .chain(policy.rate_ceiling.iter().flat_map(RateCeilings::all).map(|ceiling| &ceiling.reference))
        {
            rates.insert(name.folded(), reference(conn, name).await?);
        }
    }
    Ok(rates)
}

fn series<'a>(rates: &'a Rates, name: &Label) -> &'a [Dated<Percent>] {
    rates.get(&name.folded()).map(Vec::as_slice).unwrap_or_default()
}

/// What loans are held against.
struct Case<'a> {
    programme: &'a Programme,
    versions: &'a [RulesVersion],
    rates: &'a Rates,
    /// The day on which they are taken to be filed.
    filed: Date,
    as_of: Date,
}

impl<'a> Case<'a> {
    /// The version that applies to a loan which was signed and drawn in time, and is not too dear.
    fn version(&self, loan: &Loan) -> Option<&'a RulesVersion> {
        let disbursed = first_drawdown(&loan.events);
        let days = CaseDays { filed: self.filed, signed: Some(loan.signed_on), disbursed };
        let version = applying(self.versions, &days).ok()?;
        let policy = &version.rules;
        signed_in_time(policy, loan.signed_on).ok()?;
        disbursed_in_time(policy, disbursed).ok()?;
        let ceilings = policy.rate_ceiling.as_ref();
        if let Some(ceiling) = ceilings.and_then(|all| all.of(loan.signed_on, loan.matures_on)) {
            let rates = series(self.rates, &ceiling.reference);
            within_ceiling(ceiling, rates, loan.annual_rate_percent, loan.signed_on).ok()?;
        }
        Some(version)
    }
}

/// A loan that may still be paid for.
struct Subsidised<'a> {
    loan: Loan,
    /// The day up to which claims take its days.
    claimed: Option<Date>,
    version: &'a RulesVersion,
    tier: Option<u32>,
}

/// The loans that the programme may still pay for, of organisations that may ask, each with the day up to which claims take
/// its days and the version that applies to it: none that a programme takes which suffers no other.
async fn subsidised<'a>(conn: &Connection, case: &Case<'a>) -> Result<Vec<Subsidised<'a>>, Problem> {
    let limit = i64::try_from(LOANS_MAX + 1).unwrap_or(i64::MAX);
    let code = &case.programme.code;
    let windows = case.versions.iter().map(|version| version.rules.earning(case.programme.window).from);
    let from = windows.min().unwrap_or(case.programme.window.from);
    let (level, after) = (case.programme.level.into_str(), from.naive());
    let query = EstimatedQuery { programme: code.as_str(), level, after, limit };
    let rows = queries::estimated(conn, query).await?;
    if rows.len() > LOANS_MAX {
        return Err(Problem::too_large(LOANS_MAX, "loans"));
    }
    let claimed = queries::claimed(conn, code.as_str()).await?;
    let claimed: BTreeMap<Uuid, Date> =
        claimed.into_iter().map(|found| (found.loan, Date::from_naive(found.until))).collect();
    let loans = decode_all(&rows, LoanRow::read)?;
    let parties: BTreeSet<CreditCode> =
        loans.iter().flat_map(|loan| [loan.organisation, loan.bank]).collect();
    let codes: Vec<String> = parties.iter().map(ToString::to_string).collect();
    let found = OrganisationRow::by_keys(conn, &codes).await?;
    let found = decode_all(&found, OrganisationRow::read)?;
    let known: BTreeMap<CreditCode, &Organisation> = found.iter().map(|o| (o.credit_code, o)).collect();
    let reads_lists = case.versions.iter().any(|version| version.rules.reads_lists());
    let subjects = codes.into_iter().chain(loans.iter().map(|loan| loan.id.to_string())).collect();
    let listed = if reads_lists { listed(conn, subjects).await? } else { BTreeMap::new() };
    let tags = |subject| listed.get(&subject);
    let may = |loan: Loan| {
        let version = case.version(&loan)?;
        let policy = &version.rules;
        let applicant = Applicant {
            organisation: known.get(&loan.organisation)?,
            supplier: known.get(&loan.bank)?,
            investment: loan.project.investment.map(Amount::money),
            tags: CaseTags {
                organisation: tags(TagSubject::Organisation(loan.organisation)),
                supplier: tags(TagSubject::Organisation(loan.bank)),
                project: tags(TagSubject::Loan(loan.id)),
            },
            filed: case.as_of,
            today: case.as_of,
        };
        let tier = policy.tier_of(&applicant.traits());
        let let_in = applicant.eligible(policy).is_ok() && policy.in_a_tier(tier).is_ok();
        let claimed = claimed.get(&loan.id.uuid()).copied();
        let_in.then_some(Subsidised { loan, claimed, version, tier })
    };
    Ok(loans.into_iter().filter_map(may).collect())
}

/// The approved tags of organisations, contracts and loans.
pub async fn listed(
    conn: &Connection,
    subjects: Vec<String>,
) -> Result<BTreeMap<TagSubject, HeldTags>, Problem> {
    let mut held: BTreeMap<TagSubject, HeldTags> = BTreeMap::new();
    for tag in decode_all(&held_by(conn, &subjects).await?, TagRow::read)? {
        held.entry(tag.subject).or_default().insert(tag.id, HeldTag::from(&tag));
    }
    Ok(held)
}

/// CNY that a programme has left.
pub async fn available(conn: &Connection, code: &ProgrammeCode) -> Result<Money, Problem> {
    let rows = programmes::budgets(conn, &[code.to_string()]).await?;
    let found = rows.iter().find(|row| row.account == "B2001");
    found.map_or(Ok(Money::ZERO), |row| Ok(subsidy_store::db::convert::money(row.amount)?))
}
