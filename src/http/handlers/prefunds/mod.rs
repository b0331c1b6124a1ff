//! `/prefunds`: propose, approve, reject, read; what each bank has of them, by year.

pub mod true_ups;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all, with_related};
use crate::http::handlers::claims::ByPath;
use crate::http::handlers::organisations::WithReason;
use crate::http::list::Filters;
use crate::http::problem::Problem;
use crate::reports::related::{Related, RelatedKeys};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    Code, CreditCode, Date, Instant, Label, Line, Money, PrefundId, ProgrammeCode, Sequence, Subject,
    TrueUpId,
};
use subsidy_core::ledger::Part;
use subsidy_core::prefunds::{
    ApprovePrefund, Prefund, PrefundStatus, PrefundYear, ProposePrefund, RejectPrefund, rules,
};
use subsidy_store::prefunds::queries;
use subsidy_store::prefunds::{PrefundRow, PrefundYearRow};

/// Money to be paid to a bank ahead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrefund {
    programme: ProgrammeCode,
    /// Registered as an organisation.
    bank: CreditCode,
    amount: Amount,
    /// The bank deducts from it what is approved in this year.
    fiscal_year: FiscalYear,
    /// The document that orders it.
    document: Line,
    /// The day of its approval where none is given.
    effective_date: Option<Date>,
}

/// A funding level's part.
#[derive(Debug, Serialize, ToSchema)]
pub struct LevelPartView {
    /// Null where one level pays all.
    level: Option<Label>,
    amount: Money,
}

impl LevelPartView {
    /// The view of a part.
    pub(super) fn of(part: &Part) -> Self {
        Self { level: part.level.clone(), amount: part.amount }
    }
}

/// Money that is paid to a bank ahead.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrefundView {
    id: PrefundId,
    programme: ProgrammeCode,
    bank: CreditCode,
    amount: Money,
    fiscal_year: FiscalYear,
    document: Line,
    status: PrefundStatus,
    /// By funding level, from its approval on.
    shares: Vec<LevelPartView>,
    effective_date: Option<Date>,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl PrefundView {
    /// What its view shows beside it.
    pub fn related_keys(prefund: &Prefund, wanted: &mut RelatedKeys) {
        wanted.text(prefund.reason);
    }

    /// The view of a prefund.
    pub fn of(prefund: &Prefund, attached: &Related) -> Self {
        Self {
            id: prefund.id,
            programme: prefund.programme.clone(),
            bank: prefund.bank,
            amount: prefund.amount,
            fiscal_year: prefund.fiscal_year,
            document: prefund.document.clone(),
            status: prefund.status,
            shares: prefund.parts.iter().map(LevelPartView::of).collect(),
            effective_date: prefund.effective_date,
            reason: attached.text(prefund.reason),
            created_by: prefund.created_by.clone(),
            decided_by: prefund.decided_by.clone(),
            revision: prefund.revision.version,
            updated_at: prefund.revision.updated_at,
        }
    }
}

/// What a bank has of a programme's prefunds for a year: opening + paid − deducted − rolled − returned = left.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrefundYearView {
    programme: ProgrammeCode,
    bank: CreditCode,
    fiscal_year: FiscalYear,
    /// CNY that was left of the year before.
    opening: Money,
    /// CNY that was paid to the bank.
    paid: Money,
    /// CNY that the bank deducted, less what it was given back.
    deducted: Money,
    /// CNY that rolled into the next year.
    rolled: Money,
    /// CNY that came back.
    returned: Money,
    left: Money,
    /// What is left by funding level.
    shares: Vec<LevelPartView>,
    /// The first day on which anything was there to deduct from.
    since: Date,
    /// The last day on which anything was posted: a true-up counts from no earlier one.
    newest: Date,
    /// The true-up that waits, or that was approved.
    true_up_id: Option<TrueUpId>,
    /// Whether it was approved: the year takes nothing more.
    trued_up: bool,
    updated_at: Instant,
}

impl PrefundYearView {
    fn of(year: &PrefundYear) -> Self {
        Self {
            programme: year.programme.clone(),
            bank: year.bank,
            fiscal_year: year.fiscal_year,
            opening: year.opening,
            paid: year.paid,
            deducted: year.deducted,
            rolled: year.rolled,
            returned: year.returned,
            left: rules::left(year).unwrap_or_default(),
            shares: year.left.iter().map(LevelPartView::of).collect(),
            since: year.since,
            newest: year.newest,
            true_up_id: year.true_up,
            trued_up: year.closed,
            updated_at: year.revision.updated_at,
        }
    }
}

/// `POST /prefunds`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewPrefund = request.body()?;
    Ok(Parsed::new(Command::ProposePrefund(Box::new(ProposePrefund {
        id: PrefundId::new(request.new_id()),
        programme: body.programme,
        bank: body.bank,
        amount: body.amount,
        fiscal_year: body.fiscal_year,
        document: body.document,
        effective_date: body.effective_date,
    }))))
}

/// `POST /prefunds/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApprovePrefund(ApprovePrefund { id: request.path.value("id")? })))
}

/// `POST /prefunds/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectPrefund(RejectPrefund { id, reason })))
}

/// A bank sees what is its own.
pub(super) fn seen(request: &ReadRequest, bank: CreditCode) -> Result<(), Problem> {
    let visibility = request.visibility();
    if visibility.all || visibility.bank == Some(bank) { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
}

/// `GET /prefunds`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, filters, visibility) = (request.page()?, Filters::of(&request.query)?, request.visibility());
    let status = filters.word::<PrefundStatus>()?.map(PrefundStatus::as_str);
    let bank = request.query.value::<CreditCode>("bank")?.map(|bank| bank.to_string());
    let own = visibility.bank_text();
    let conn = request.reader().await?;
    let rows = queries::page(
        &conn,
        page.after,
        visibility.all,
        &own,
        status,
        filters.programme.as_deref(),
        bank.as_deref(),
        filters.updated_since,
        page.rows(),
    );
    let rows = rows.await?;
    let (rows, next) = page.cut(rows, |row| row.created);
    let found = decode_all(&rows, PrefundRow::read)?;
    let attached = with_related(&conn, &found, PrefundView::related_keys).await?;
    Reply::list((found.iter().map(|prefund| PrefundView::of(prefund, &attached)).collect(), next))
}

/// `GET /prefunds/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let id: PrefundId = request.path.value("id")?;
    let conn = request.reader().await?;
    let row = queries::get(&conn, id.uuid()).await?;
    let found = row.ok_or_else(|| Problem::new(Code::NotFound))?;
    let found = found.read()?;
    seen(&request, found.bank)?;
    let attached = with_related(&conn, std::slice::from_ref(&found), PrefundView::related_keys).await?;
    Reply::document(&PrefundView::of(&found, &attached), found.revision.version)
}

/// `GET /prefunds/balances`
pub async fn balances(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, filters, visibility) = (request.page()?, Filters::of(&request.query)?, request.visibility());
    let bank = request.query.value::<CreditCode>("bank")?.map(|bank| bank.to_string());
    let own = visibility.bank_text();
    let conn = request.reader().await?;
    let rows = queries::years(
        &conn,
        page.after,
        visibility.all,
        &own,
        filters.programme.as_deref(),
        bank.as_deref(),
        page.rows(),
    );
    let rows = rows.await?;
    let (rows, next) = page.cut(rows, |row| row.created);
    Reply::list((decode_all(&rows, PrefundYearRow::read)?.iter().map(PrefundYearView::of).collect(), next))
}
