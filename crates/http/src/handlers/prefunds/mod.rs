//! `/prefunds`: propose, approve, reject, read; what each bank has of them, by year.

pub mod true_ups;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    CreditCode, Date, Instant, Label, Line, Money, PrefundId, ProgrammeCode, Sequence, Subject, TrueUpId,
};
use subsidy_core::ledger::Part;
use subsidy_core::prefunds::{
    ApprovePrefund, Prefund, PrefundStatus, PrefundYear, ProposePrefund, RejectPrefund, rules,
};
use subsidy_reports::related::{Related, RelatedKeys};

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

impl View for PrefundView {
    type Document = Prefund;

    fn related_keys(prefund: &Prefund, wanted: &mut RelatedKeys) {
        wanted.text(prefund.reason);
    }

    fn of(prefund: &Prefund, attached: &Related) -> Self {
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

impl View for PrefundYearView {
    type Document = PrefundYear;

    fn of(year: &PrefundYear, _: &Related) -> Self {
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

/// `GET /prefunds`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<PrefundView>(&request, &request.list::<PrefundStatus>()?).await
}

/// `GET /prefunds/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let visibility = request.visibility();
    view::show::<PrefundView>(&request, &request.path.value("id")?, |prefund| {
        visibility.can_see_bank(prefund.bank)
    })
    .await
}

/// `GET /prefunds/balances`
pub async fn balances(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<PrefundYearView>(&request, &request.list::<()>()?).await
}
