//! `/prefunds/true-ups`: propose, approve, reject, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::handlers::prefunds::LevelPartView;
use crate::kinds::{self, Member};
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::Figure;
use subsidy_core::domain::{
    Code, CreditCode, Date, Instant, Line, Money, ProgrammeCode, Sequence, Subject, TextHash, TrueUpId,
};
use subsidy_core::ledger::parts;
use subsidy_core::prefunds::true_up::{
    ApproveTrueUp, ProposeTrueUp, RejectTrueUp, Statement, TrueUp, TrueUpAction, TrueUpStatus,
};
use subsidy_reports::related::{Related, RelatedKeys};

/// What becomes of what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrueUpKind {
    /// 结转
    Roll,
    /// 退回
    Return,
}

/// What the bank states.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatement {
    /// CNY that it deducted in the year, less what it was given back.
    deducted: Figure,
    /// CNY that it has left, where it says so.
    left: Option<Figure>,
}

/// A year of a bank's prefunds to be settled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTrueUp {
    programme: ProgrammeCode,
    bank: CreditCode,
    fiscal_year: FiscalYear,
    /// What becomes of what is left.
    action: TrueUpKind,
    statement: NewStatement,
    /// The document that it rests on.
    document: Line,
    /// Of `return` alone: what the bank calls what came back.
    bank_reference: Option<Line>,
    /// Of `return` the day on which it came back; of `roll` the day it counts from, that of the approval where none is
    /// given.
    date: Option<Date>,
    reason: Option<Reason>,
}

/// What not every kind of a true-up has.
pub const MEMBERS: [Member<NewTrueUp, TrueUpKind>; 2] = [
    Member {
        name: "bank_reference",
        there: |body| body.bank_reference.is_some(),
        takes: &[TrueUpKind::Return],
        needs: &[TrueUpKind::Return],
    },
    Member {
        name: "date",
        there: |body| body.date.is_some(),
        takes: &[TrueUpKind::Roll, TrueUpKind::Return],
        needs: &[TrueUpKind::Return],
    },
];

impl NewTrueUp {
    fn action(&self) -> Result<TrueUpAction, Problem> {
        if kinds::foreign(self, &self.action, &MEMBERS).next().is_some() {
            return Err(Problem::new(Code::TrueUpReferenceNotApplicable).at("/bank_reference"));
        }
        let missing = |name: &str| Problem::new(Code::MissingField).at(format!("/{name}"));
        if let Some(own) = kinds::missing(self, &self.action, &MEMBERS).next() {
            return Err(missing(own));
        }
        Ok(match self.action {
            TrueUpKind::Roll => TrueUpAction::Roll { date: self.date },
            TrueUpKind::Return => TrueUpAction::Return {
                bank_reference: self.bank_reference.clone().ok_or_else(|| missing("bank_reference"))?,
                date: self.date.ok_or_else(|| missing("date"))?,
            },
        })
    }
}

/// What the bank states.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementView {
    deducted: Money,
    left: Option<Money>,
}

/// A year of a bank's prefunds settled: opening + paid − deducted = left.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrueUpView {
    id: TrueUpId,
    programme: ProgrammeCode,
    bank: CreditCode,
    fiscal_year: FiscalYear,
    action: TrueUpKind,
    status: TrueUpStatus,
    /// CNY that had rolled into the year.
    opening: Money,
    /// CNY that was paid to the bank.
    paid: Money,
    /// CNY that it had in all: opening + paid.
    prefunded: Money,
    /// CNY that it deducted, less what it was given back.
    deducted: Money,
    /// CNY that is left: it rolls, or came back.
    left: Money,
    /// What is left by funding level.
    shares: Vec<LevelPartView>,
    /// What the bank states of the same.
    statement: StatementView,
    document: Line,
    /// Of `return` alone: what the bank calls what came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bank_reference: Option<Line>,
    /// The day that was asked for; of `return` the one on which it came back.
    date: Option<Date>,
    /// Why it is settled so; null where nothing was said.
    reason: Option<String>,
    /// Why it was rejected.
    rejection: Option<String>,
    /// The day from which it counts.
    effective_date: Option<Date>,
    created_by: Subject,
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for TrueUpView {
    type Document = TrueUp;

    fn related_keys(true_up: &TrueUp, wanted: &mut RelatedKeys) {
        wanted.text(true_up.reason);
        wanted.text(true_up.rejection);
    }

    fn of(true_up: &TrueUp, attached: &Related) -> Self {
        let (action, bank_reference) = match &true_up.action {
            TrueUpAction::Roll { .. } => (TrueUpKind::Roll, None),
            TrueUpAction::Return { bank_reference, .. } => (TrueUpKind::Return, Some(bank_reference.clone())),
        };
        let Statement { deducted, left } = true_up.statement;
        Self {
            id: true_up.id,
            programme: true_up.programme.clone(),
            bank: true_up.bank,
            fiscal_year: true_up.fiscal_year,
            action,
            status: true_up.status,
            opening: true_up.opening,
            paid: true_up.paid,
            prefunded: true_up.opening.plus(true_up.paid).unwrap_or_default(),
            deducted: true_up.deducted,
            left: parts::sum(&true_up.left).unwrap_or_default(),
            shares: true_up.left.iter().map(LevelPartView::of).collect(),
            statement: StatementView { deducted, left },
            document: true_up.document.clone(),
            bank_reference,
            date: true_up.action.date(),
            reason: attached.text(true_up.reason),
            rejection: attached.text(true_up.rejection),
            effective_date: true_up.decided_on,
            created_by: true_up.created_by.clone(),
            decided_by: true_up.decided_by.clone(),
            revision: true_up.revision.version,
            updated_at: true_up.revision.updated_at,
        }
    }
}

/// `POST /prefunds/true-ups`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewTrueUp = request.body()?;
    let (id, action) = (TrueUpId::new(request.new_id()), body.action()?);
    let statement =
        Statement { deducted: body.statement.deducted.money(), left: body.statement.left.map(Figure::money) };
    let (programme, bank, fiscal_year) = (body.programme, body.bank, body.fiscal_year);
    let document = body.document;
    let command = |reason: Option<TextHash>| {
        let command = ProposeTrueUp { id, programme, bank, fiscal_year, action, statement, document, reason };
        Command::ProposeTrueUp(Box::new(command))
    };
    Ok(Parsed::perhaps_reasoned(body.reason, command))
}

/// `POST /prefunds/true-ups/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveTrueUp(ApproveTrueUp { id: request.path.value("id")? })))
}

/// `POST /prefunds/true-ups/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectTrueUp(RejectTrueUp { id, reason })))
}

/// `GET /prefunds/true-ups`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<TrueUpView>(&request, &request.list::<TrueUpStatus>()?).await
}

/// `GET /prefunds/true-ups/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let visibility = request.visibility();
    view::show::<TrueUpView>(&request, &request.path.value("id")?, |true_up| {
        visibility.can_see_bank(true_up.bank)
    })
    .await
}
