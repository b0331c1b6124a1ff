//! `/programmes/{code}/rules/simulate`: rules tried on what was decided already, before anybody approves them. It writes
//! nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::agencies::today;
use crate::handlers::reports::report_response::{Format, answer, read_request};
use crate::json::Json;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view;
use subsidy_core::book::simulation::totals::{BudgetEffect, Totals};
use subsidy_core::book::simulation::{NotComparable, PastKind, Question, Simulation, Tried};
use subsidy_core::book::{Command, Envelope, Stop};
use subsidy_core::claims::NameClaim;
use subsidy_core::domain::dates::{FiscalYear, Window};
use subsidy_core::domain::{ClaimId, Code, CreditCode, Date, Line, Money, ProgrammeCode, Sequence};
use subsidy_core::programmes::bounds::Reduction;
use subsidy_core::programmes::calculation::YearMinimum;
use subsidy_core::programmes::interest::Bound;
use subsidy_core::programmes::{Policy, Programme};
use subsidy_reports::simulation::{DOCUMENTS_MAX, SimulationError, report, run};
use subsidy_store::db::pool::Connection;
use subsidy_store::organisations::OrganisationRow;

/// Rules that are tried: a proposal as it would be sent, and on what it is tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSimulation {
    /// The rules that are tried, whole.
    rules: Policy,
    /// Held to the programme's window as in a proposal. What is tried is tried whenever it was filed.
    effective_from: Option<Date>,
    /// As in a proposal; nobody keeps it.
    #[expect(dead_code, reason = "it is held to what a reason is, and no more")]
    reason: Option<Reason>,
    /// When was filed what is tried, both days included; this year's where left out. What was filed before counts as it is.
    filed: Option<Window>,
    /// Vouchers or claims alone; both where left out.
    kind: Option<PastKind>,
}

/// A voucher or a claim under other rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimulatedDocument {
    kind: PastKind,
    /// The id of the voucher or the claim.
    #[schema(value_type = String)]
    id: Uuid,
    /// The number of a voucher that was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    number: Option<String>,
    organisation: CreditCode,
    filed_on: Date,
    /// Where it is in its life.
    status: &'static str,
    /// The version under which it was decided.
    rules_version: u32,
    /// CNY of its sheet.
    old: Money,
    /// CNY under the rules that are tried: 0.00 where they refuse it, as it is where it is not comparable.
    new: Money,
    /// `new` less `old`.
    difference: Money,
    /// The number of the tier, from 1; none where the rules' own apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tier: Option<u32>,
    /// What the rules that are tried take off, in the order of the cuts.
    reductions: Vec<Reduction>,
    /// What keeps days, principal or points from earning.
    bound_by: Vec<Bound>,
    /// Where the rules ask their least base of a cost year: that, with what the other claims that are tried bring to it. No claim
    /// is refused for it here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    year_minimum: Option<YearMinimum>,
    /// The code with which the rules that are tried refuse it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refusal: Option<&'static str>,
    /// Why it has no new amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    not_comparable: Option<NotComparable>,
}

/// What an organisation gains and loses.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimulatedOrganisation {
    organisation: CreditCode,
    name: Line,
    #[serde(flatten)]
    totals: Totals,
}

/// Rules tried on what was decided already.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimulationView {
    programme: ProgrammeCode,
    /// The last sequence that counts.
    known_at: Sequence,
    /// When was filed what is tried.
    filed: Window,
    totals: Totals,
    /// Of what was committed; what waits is not committed yet.
    budget: BudgetEffect,
    /// In the order of their codes.
    organisations: Vec<SimulatedOrganisation>,
    /// In the order in which they drew on the caps.
    documents: Vec<SimulatedDocument>,
}

impl From<Tried> for SimulatedDocument {
    fn from(one: Tried) -> Self {
        Self {
            kind: one.kind,
            id: one.id,
            number: one.number,
            organisation: one.organisation,
            filed_on: one.filed_on,
            status: one.status,
            rules_version: one.rules_version,
            old: one.old,
            new: one.new,
            difference: one.difference,
            tier: one.tier,
            reductions: one.reductions,
            bound_by: one.bound_by,
            year_minimum: one.year_minimum,
            refusal: one.refusal.map(|code| code.into_str()),
            not_comparable: one.not_comparable,
        }
    }
}

impl From<SimulationError> for Problem {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Read(error) => error.into(),
            SimulationError::Stopped(Stop::Refused(refusal)) => Self::refusal(refusal),
            SimulationError::Stopped(Stop::Fault(error)) => Self::fault(&error),
            SimulationError::TooManyDocuments => Self::too_large(DOCUMENTS_MAX, "documents"),
        }
    }
}

/// All days of a fiscal year.
fn days_of(year: FiscalYear) -> Result<Window, Problem> {
    let day = |of: &str| Date::parse(&format!("{year}-{of}")).map_err(|error| Problem::new(error.code));
    Ok(Window { from: day("01-01")?, until: day("12-31")? })
}

/// `POST /programmes/{code}/rules/simulate`
pub async fn simulate(request: ReadRequest, body: Json) -> Result<Reply, Problem> {
    let NewSimulation { rules, effective_from, filed, kind, .. } = body.read()?;
    let code: ProgrammeCode = request.path.value("code")?;
    let format = Format::of(&request)?;
    let conn = request.reader().await?;
    let programme: Programme = view::find(&conn, &code, |_| true).await?;
    let business_date = today(&conn, &request.agency).await?.business_date;
    let filed = filed.map_or_else(|| days_of(business_date.year()), Ok)?;
    if filed.until < filed.from {
        return Err(Problem::new(Code::InvalidWindow).at("/filed"));
    }
    // it says who asks; nothing of it is done
    let command = Command::WithdrawClaim(NameClaim { id: ClaimId::new(Uuid::nil()) });
    let envelope = Envelope { actor: request.actor.clone(), if_match: None, command };
    let question = Question { programme, rules, effective_from, filed, kind };
    let (simulation, known_at) = run(&conn, (&request.agency, &question), (&envelope, business_date)).await?;
    if format != Format::Json {
        drop(conn);
        return answer(&request, &read_request(&request).await?, &report(&simulation));
    }
    let Simulation { rows, organisations, totals, budget } = simulation;
    let names = names(&conn, organisations.keys()).await?;
    let named = |(organisation, totals): (CreditCode, Totals)| {
        let name = names.get(&organisation).cloned()?;
        Some(SimulatedOrganisation { organisation, name, totals })
    };
    Reply::json(&SimulationView {
        programme: code,
        known_at,
        filed,
        totals,
        budget,
        organisations: organisations.into_iter().filter_map(named).collect(),
        documents: rows.into_iter().map(Into::into).collect(),
    })
}

async fn names(
    conn: &Connection,
    codes: impl Iterator<Item = &CreditCode>,
) -> Result<BTreeMap<CreditCode, Line>, Problem> {
    let codes: Vec<String> = codes.map(ToString::to_string).collect();
    let found = decode_all(&OrganisationRow::by_keys(conn, &codes).await?, OrganisationRow::read)?;
    Ok(found.into_iter().map(|one| (one.credit_code, one.name)).collect())
}
