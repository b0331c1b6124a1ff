//! `/programmes`: propose, approve, read; their rules and their budgets.

pub mod eligibility;
pub mod explained;
pub mod simulation;
pub mod views;

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all, load_related};
use crate::handlers::agencies::today;
use crate::handlers::programmes::views::Budget;
pub use crate::handlers::programmes::views::{BudgetChangeView, ProgrammeView, RulesView};
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, List};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::{FiscalYear, Window};
use subsidy_core::domain::money::{Amount, SignedAmount};
use subsidy_core::domain::{BudgetChangeId, Code, Date, Line, ProgrammeCode};
use subsidy_core::programmes::{
    ApproveBudgetChange, ApproveProgramme, ApproveRules, BudgetChangeKind, BudgetChangeStatus, BudgetCodes,
    BudgetRequest, Instrument, LegalBasis, Level, PerformanceTarget, Policy, Programme, ProgrammeStatus,
    ProposeBudgetChange, ProposeProgramme, ProposeRules, RulesVersion, Title,
};
use subsidy_reports::related::RelatedKeys;
use subsidy_store::db::list::ListRow;
use subsidy_store::db::pool::Connection;
use subsidy_store::programmes::queries;
use subsidy_store::programmes::{ProgrammeRow, RulesRow};

/// A new programme.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProgramme {
    code: ProgrammeCode,
    title: Title,
    instrument: Instrument,
    /// Whose money it is.
    #[serde(default)]
    level: Level,
    legal_basis: LegalBasis,
    window: Window,
    /// By what the budget's system knows its money.
    budget_codes: Option<BudgetCodes>,
    /// The first version of its rules, approved together with it.
    rules: Policy,
}

/// New rules.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRules {
    effective_from: Date,
    /// The new version of the rules, whole: what is left out is not taken from the version before.
    rules: Policy,
    reason: Reason,
}

/// New money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppropriation {
    amount: Amount,
    /// The fiscal year whose money it is.
    #[schema(minimum = 1900, maximum = 2999)]
    fiscal_year: i32,
    /// 下达文号
    document: Line,
    /// Where the money comes from.
    source: Option<Line>,
    /// The programme's where left out.
    budget_codes: Option<BudgetCodes>,
    /// What its fiscal year is to achieve, a metric at most once.
    #[serde(default)]
    targets: Vec<PerformanceTarget>,
    effective_date: Option<Date>,
}

/// A signed change of the appropriation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdjustment {
    amount: SignedAmount,
    document: Line,
    reason: Reason,
}

/// Money given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLapse {
    /// All that is available where none is given.
    amount: Option<Amount>,
    /// The fiscal year whose money is taken back.
    #[schema(minimum = 1900, maximum = 2999)]
    fiscal_year: i32,
    reason: Reason,
}

/// Nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

fn fiscal_year(year: i32) -> Result<FiscalYear, Problem> {
    FiscalYear::new(year).map_err(|error| Problem::new(error.code).at("/fiscal_year"))
}

/// `POST /programmes`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewProgramme = request.body()?;
    Ok(Parsed::new(Command::ProposeProgramme(Box::new(ProposeProgramme {
        code: body.code,
        title: body.title,
        instrument: body.instrument,
        level: body.level,
        legal_basis: body.legal_basis,
        window: body.window,
        budget_codes: body.budget_codes,
        rules: body.rules,
    }))))
}

/// `POST /programmes/{code}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let code = request.path.value("code")?;
    let Nothing {} = request.body()?;
    Ok(Parsed::new(Command::ApproveProgramme(ApproveProgramme { code })))
}

/// `POST /programmes/{code}/rules`
pub fn propose_rules(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let programme = request.path.value("code")?;
    let NewRules { effective_from, rules, reason } = request.body()?;
    Ok(Parsed::reasoned(reason, |reason| {
        Command::ProposeRules(Box::new(ProposeRules { programme, effective_from, rules, reason }))
    }))
}

/// `POST /programmes/{code}/rules/{version}/approve`
pub fn approve_rules(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (programme, number) = (request.path.value("code")?, request.path.number("version")?);
    let Nothing {} = request.body()?;
    Ok(Parsed::new(Command::ApproveRules(ApproveRules { programme, number })))
}

fn change(id: Uuid, programme: ProgrammeCode, request: BudgetRequest) -> Command {
    Command::ProposeBudgetChange(ProposeBudgetChange { id: BudgetChangeId::new(id), programme, request })
}

/// `POST /programmes/{code}/appropriations`
pub fn appropriate(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let programme = request.path.value("code")?;
    let body: NewAppropriation = request.body()?;
    let asked = BudgetRequest::Appropriation {
        amount: body.amount,
        fiscal_year: fiscal_year(body.fiscal_year)?,
        document: body.document,
        source: body.source,
        budget_codes: body.budget_codes.map(Box::new),
        targets: body.targets,
        effective_date: body.effective_date,
    };
    Ok(Parsed::new(change(request.new_id(), programme, asked)))
}

/// `POST /programmes/{code}/adjustments`
pub fn adjust(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (programme, id) = (request.path.value("code")?, request.new_id());
    let NewAdjustment { amount, document, reason } = request.body()?;
    Ok(Parsed::reasoned(reason, |reason| {
        change(id, programme, BudgetRequest::Adjustment { amount, document, reason })
    }))
}

/// `POST /programmes/{code}/lapse`
pub fn lapse(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (programme, id) = (request.path.value("code")?, request.new_id());
    let body: NewLapse = request.body()?;
    let (amount, fiscal_year) = (body.amount, fiscal_year(body.fiscal_year)?);
    Ok(Parsed::reasoned(body.reason, |reason| {
        change(id, programme, BudgetRequest::Lapse { amount, fiscal_year, reason })
    }))
}

/// `POST /programmes/{code}/appropriations/{id}/approve`
pub fn approve_appropriation(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    approve_change(request, BudgetChangeKind::Appropriation)
}

/// `POST /programmes/{code}/lapse/{id}/approve`
pub fn approve_lapse(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    approve_change(request, BudgetChangeKind::Lapse)
}

/// `POST /programmes/{code}/adjustments/{id}/approve`
pub fn approve_adjustment(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    approve_change(request, BudgetChangeKind::Adjustment)
}

fn approve_change(request: &WriteRequest<'_>, kind: BudgetChangeKind) -> Result<Parsed, Problem> {
    let (programme, id) = (request.path.value("code")?, request.path.value("id")?);
    let Nothing {} = request.body()?;
    Ok(Parsed::new(Command::ApproveBudgetChange(ApproveBudgetChange { programme, kind, id })))
}

async fn rules_of(conn: &Connection, codes: &[String]) -> Result<Vec<RulesVersion>, Problem> {
    let rows = queries::rules(conn, codes).await?;
    decode_all(&rows, RulesRow::read)
}

/// `GET /programmes`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (List { page, mut query }, visibility) = (request.list::<ProgrammeStatus>()?, request.visibility());
    if !visibility.all {
        let active = ProgrammeStatus::Active.into_str();
        if query.status.is_some_and(|status| status != active) {
            return Reply::list::<ProgrammeView>((Vec::new(), None));
        }
        query.status = Some(active.to_owned());
    }
    let conn = request.reader().await?;
    let day = today(&conn, &request.agency).await?.business_date;
    let (rows, next) = page.cut(ProgrammeRow::list(&conn, &query).await?, |row| row.created);
    let codes: Vec<String> = rows.iter().map(|row| row.code.clone()).collect();
    let versions = rules_of(&conn, &codes).await?;
    let budgets = queries::budgets(&conn, &codes).await?;
    let mut wanted = RelatedKeys::default();
    versions.iter().for_each(|version| RulesView::related_keys(version, &mut wanted));
    let attached = load_related(&conn, wanted).await?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let of_it: Vec<_> = versions.iter().filter(|v| v.programme.as_str() == row.code).cloned().collect();
        let budget = Budget::of(budgets.iter().filter(|balance| balance.programme == row.code));
        let programme = row.read()?;
        let view = ProgrammeView::of(&programme).with_rules(&of_it, day, &attached);
        let budget = budget?;
        views.push(if visibility.all { view.with_budget(budget) } else { view });
    }
    Reply::list((views, next))
}

/// `GET /programmes/{code}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let code: ProgrammeCode = request.path.value("code")?;
    let (conn, visibility) = (request.reader().await?, request.visibility());
    // a draft is not for outsiders
    let can_see = |one: &Programme| visibility.all || one.status == ProgrammeStatus::Active;
    let programme = view::find(&conn, &code, can_see).await?;
    let codes = [code.to_string()];
    let versions = rules_of(&conn, &codes).await?;
    let day = today(&conn, &request.agency).await?.business_date;
    let mut wanted = RelatedKeys::default();
    versions.iter().for_each(|version| RulesView::related_keys(version, &mut wanted));
    let attached = load_related(&conn, wanted).await?;
    let mut view = ProgrammeView::of(&programme).with_rules(&versions, day, &attached);
    if visibility.all {
        let balances = queries::budgets(&conn, &codes).await?;
        let budget =
            Budget::of(&balances)?.with_years(&queries::appropriated(&conn, code.as_str()).await?)?;
        view = view.with_budget(budget).with_versions(&versions, &attached);
    }
    Reply::document(&view, programme.revision.version)
}

/// `GET /programmes/{code}/rules`: all versions, on one page.
pub async fn list_rules(request: ReadRequest) -> Result<Reply, Problem> {
    let code: ProgrammeCode = request.path.value("code")?;
    let conn = request.reader().await?;
    let versions = rules_of(&conn, &[code.to_string()]).await?;
    if versions.is_empty() {
        return Err(Problem::new(Code::NotFound));
    }
    let mut wanted = RelatedKeys::default();
    versions.iter().for_each(|version| RulesView::related_keys(version, &mut wanted));
    let attached = load_related(&conn, wanted).await?;
    Reply::list((versions.iter().map(|version| RulesView::of(version, &attached)).collect(), None))
}

/// `GET /programmes/{code}/appropriations`: every change of the budget.
pub async fn list_changes(request: ReadRequest) -> Result<Reply, Problem> {
    let code: ProgrammeCode = request.path.value("code")?;
    let mut list = request.list::<BudgetChangeStatus>()?;
    let conn = request.reader().await?;
    view::find::<Programme>(&conn, &code, |_| true).await?;
    drop(conn);
    list.query.programme = Some(code.to_string());
    view::list::<BudgetChangeView>(&request, &list).await
}
