//! `/programmes/{code}/estimate`: what a programme for interest will still cost.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::handler::{ReadRequest, Reply, decode_all};
use crate::http::handlers::agencies::today;
use crate::http::handlers::loans::quote::reference;
use crate::http::problem::Problem;
use crate::http::view;
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{CreditCode, Date, Line, LoanId, Money, Month, ProgrammeCode};
use subsidy_core::loans::estimate::{Estimate, LoanCost, MonthCost, Terms};
use subsidy_core::loans::events::first_drawdown;
use subsidy_core::loans::subsidy::{SubsidyError, within_ceiling};
use subsidy_core::loans::{Loan, LoanError};
use subsidy_core::organisations::Organisation;
use subsidy_core::programmes::calculation::CalculationError;
use subsidy_core::programmes::dating::{disbursed_in_time, signed_in_time};
use subsidy_core::programmes::eligibility::CaseTags;
use subsidy_core::programmes::rules::{in_force, usable};
use subsidy_core::programmes::{Applicant, Instrument, Policy, Programme, ProgrammeError};
use subsidy_core::tags::{HeldTag, HeldTags, TagSubject};
use subsidy_store::db::pool::Connection;
use subsidy_store::loans::LoanRow;
use subsidy_store::loans::queries;
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
    window: Window,
    rules_version: u32,
    /// Of all loans, before caps in money.
    total: Money,
    /// What the programme has left; below the total, it will not last.
    available: Money,
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
    amount: Money,
    rows: Vec<EstimatedMonth>,
}

impl EstimatedLoan {
    fn of(loan: &Loan, cost: &LoanCost) -> Self {
        Self {
            loan_id: loan.id,
            loan_no: loan.loan_no.clone(),
            organisation: loan.organisation,
            bank: loan.bank,
            from: cost.from,
            until: cost.until,
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
    let as_of = today(&conn, &request.agency).await?.business_date;
    let version = in_force(&versions, as_of.max(programme.window.from));
    let version = version.ok_or_else(|| Problem::refusal(ProgrammeError::WindowClosed { date: as_of }))?;
    let policy = &version.rules;
    let window = policy.earning(programme.window);
    let mut rates = BTreeMap::new();
    for share in policy.all_points().filter_map(|points| points.share_of_reference.as_ref()) {
        rates.insert(share.name.folded(), reference(&conn, &share.name).await?);
    }
    let mut estimate = Estimate::new(window);
    let mut loans = Vec::new();
    for Subsidised { loan, claimed, tier } in subsidised(&conn, &code, window, (policy, as_of)).await? {
        let policy = &*policy.under(tier);
        let share = policy.points.as_ref().and_then(|points| points.share_of_reference.as_ref());
        let reference = share.and_then(|share| rates.get(&share.name.folded()));
        let terms = Terms { policy, reference: reference.map(Vec::as_slice).unwrap_or_default() };
        let cost = estimate.add(terms, &loan, claimed).map_err(|error| match error {
            SubsidyError::Loan(error) => Problem::refusal(error),
            SubsidyError::OutOfRange(_) => Problem::refusal(CalculationError::AmountOutOfRange),
            SubsidyError::NoPoints => Problem::fault(&error),
        })?;
        loans.extend(cost.map(|cost| EstimatedLoan::of(&loan, &cost)));
    }
    let months = EstimatedMonth::all(&estimate.months());
    Reply::json(&EstimateView {
        available: available(&conn, &code).await?,
        programme: code,
        as_of,
        window,
        rules_version: version.number,
        total: estimate.total(),
        months,
        loans,
    })
}

/// A loan that may still be paid for.
struct Subsidised {
    loan: Loan,
    /// The day up to which claims take its days.
    claimed: Option<Date>,
    tier: Option<u32>,
}

/// The loans that the programme may still pay for, each with the day up to which claims take its days: of organisations
/// that may ask, not too dear, signed and drawn in time, and not taken by a programme that suffers no other.
async fn subsidised(
    conn: &Connection,
    code: &ProgrammeCode,
    window: Window,
    (policy, as_of): (&Policy, Date),
) -> Result<Vec<Subsidised>, Problem> {
    let limit = i64::try_from(LOANS_MAX + 1).unwrap_or(i64::MAX);
    let rows = queries::estimated(conn, code.as_str(), window.from.naive(), limit).await?;
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
    let listed = if policy.reads_lists() { listed(conn, codes, &loans).await? } else { BTreeMap::new() };
    let ceiling = match &policy.rate_ceiling {
        Some(ceiling) => Some((ceiling, reference(conn, &ceiling.reference).await?)),
        None => None,
    };
    let cheap = |loan: &Loan| -> Result<(), LoanError> {
        let Some((ceiling, rates)) = &ceiling else { return Ok(()) };
        within_ceiling(ceiling, rates, loan.annual_rate_percent, loan.signed_on)
    };
    let tags = |subject| listed.get(&subject);
    let may = |loan: Loan| {
        let applicant = Applicant {
            organisation: known.get(&loan.organisation)?,
            supplier: known.get(&loan.bank)?,
            investment: loan.project.investment.map(Amount::money),
            tags: CaseTags {
                organisation: tags(TagSubject::Organisation(loan.organisation)),
                supplier: tags(TagSubject::Organisation(loan.bank)),
                project: tags(TagSubject::Loan(loan.id)),
            },
            filed: as_of,
            today: as_of,
        };
        let in_time = signed_in_time(policy, loan.signed_on).is_ok()
            && disbursed_in_time(policy, first_drawdown(&loan.events)).is_ok();
        let tier = policy.tier_of(&applicant.traits());
        let let_in = in_time && applicant.eligible(policy).is_ok() && policy.in_a_tier(tier).is_ok();
        let claimed = claimed.get(&loan.id.uuid()).copied();
        (let_in && cheap(&loan).is_ok()).then_some(Subsidised { loan, claimed, tier })
    };
    Ok(loans.into_iter().filter_map(may).collect())
}

/// The approved tags of organisations and loans.
async fn listed(
    conn: &Connection,
    codes: Vec<String>,
    loans: &[Loan],
) -> Result<BTreeMap<TagSubject, HeldTags>, Problem> {
    let subjects: Vec<_> = codes.into_iter().chain(loans.iter().map(|loan| loan.id.to_string())).collect();
    let mut held: BTreeMap<TagSubject, HeldTags> = BTreeMap::new();
    for tag in decode_all(&held_by(conn, &subjects).await?, TagRow::read)? {
        held.entry(tag.subject).or_default().insert(tag.id, HeldTag::from(&tag));
    }
    Ok(held)
}

async fn available(conn: &Connection, code: &ProgrammeCode) -> Result<Money, Problem> {
    let rows = programmes::budgets(conn, &[code.to_string()]).await?;
    let found = rows.iter().find(|row| row.account == "B2001");
    found.map_or(Ok(Money::ZERO), |row| Ok(subsidy_store::db::convert::money(row.amount)?))
}
