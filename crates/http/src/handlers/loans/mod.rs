//! `/loans`: record, what happened, what was paid, read.

pub mod estimate;
pub mod quote;
pub mod run;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::agencies::today;
use crate::handlers::rentals::applicant;
use crate::kinds::{self, Member};
use crate::problem::Problem;
use crate::view;
use subsidy_core::book::Command;
use subsidy_core::domain::money::{Amount, AmountOrZero};
use subsidy_core::domain::{
    Code, CreditCode, Date, Instant, Line, LoanId, Money, Percent, Sequence, Subject,
};
use subsidy_core::loans::events::{Change, LoanEvent, Owed, history};
use subsidy_core::loans::{
    ConfirmInterest, EVENTS_MAX, InterestPaid, InterestPeriod, Loan, Project, RecordLoanEvents, RegisterLoan,
};

/// What happens to a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoanEventKind {
    /// 放款
    Drawdown,
    /// 还本
    Repayment,
    /// 利率调整
    RateChange,
    /// 逾期
    Overdue,
    /// 逾期结清
    OverdueCleared,
    /// 展期
    Extension,
    /// 暂停: nothing earns from this day on
    Pause,
    /// 恢复: from this day on it earns again
    Resume,
}

/// A dated event. It takes effect on its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedLoanEvent {
    /// What happened: which of the other members it has.
    kind: LoanEventKind,
    date: Date,
    /// Of `drawdown`, `repayment`, `overdue` and `overdue_cleared`: CNY of principal.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    /// Of `rate_change` alone: percent a year from that day on.
    #[serde(skip_serializing_if = "Option::is_none")]
    annual_rate_percent: Option<Percent>,
    /// Of `extension` alone: the later day on which the loan is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    matures_on: Option<Date>,
}

/// The events that move an amount.
const MOVES: &[LoanEventKind] = &[
    LoanEventKind::Drawdown,
    LoanEventKind::Repayment,
    LoanEventKind::Overdue,
    LoanEventKind::OverdueCleared,
];

/// What not every kind of an event has; of a pause and of its end the day says it all.
pub const MEMBERS: [Member<DatedLoanEvent, LoanEventKind>; 3] = [
    Member { name: "amount", there: |event| event.amount.is_some(), takes: MOVES, needs: MOVES },
    Member {
        name: "annual_rate_percent",
        there: |event| event.annual_rate_percent.is_some(),
        takes: &[LoanEventKind::RateChange],
        needs: &[LoanEventKind::RateChange],
    },
    Member {
        name: "matures_on",
        there: |event| event.matures_on.is_some(),
        takes: &[LoanEventKind::Extension],
        needs: &[LoanEventKind::Extension],
    },
];

impl DatedLoanEvent {
    /// The event; `pointer` is its place in the body.
    fn event(&self, pointer: &str) -> Result<LoanEvent, Problem> {
        let at = |code: Code, name: &str| Problem::new(code).at(format!("{pointer}/{name}"));
        if let Some(other) = kinds::foreign(self, &self.kind, &MEMBERS).next() {
            return Err(at(Code::FieldNotApplicable, other));
        }
        if let Some(own) = kinds::missing(self, &self.kind, &MEMBERS).next() {
            return Err(at(Code::MissingField, own));
        }
        let amount = || self.amount.ok_or_else(|| at(Code::MissingField, "amount"));
        let rate = || self.annual_rate_percent.ok_or_else(|| at(Code::MissingField, "annual_rate_percent"));
        let matures_on = || self.matures_on.ok_or_else(|| at(Code::MissingField, "matures_on"));
        let change = match self.kind {
            LoanEventKind::Drawdown => Change::Drawdown(amount()?),
            LoanEventKind::Repayment => Change::Repayment(amount()?),
            LoanEventKind::RateChange => Change::RateChange(rate()?),
            LoanEventKind::Overdue => Change::Overdue(amount()?),
            LoanEventKind::OverdueCleared => Change::OverdueCleared(amount()?),
            LoanEventKind::Extension => Change::Extension(matures_on()?),
            LoanEventKind::Pause => Change::Pause,
            LoanEventKind::Resume => Change::Resume,
        };
        Ok(LoanEvent { date: self.date, change })
    }

    fn of(event: &LoanEvent) -> Self {
        let blank =
            |kind| Self { kind, date: event.date, amount: None, annual_rate_percent: None, matures_on: None };
        let moved = |kind, amount| Self { amount: Some(amount), ..blank(kind) };
        match event.change {
            Change::Drawdown(amount) => moved(LoanEventKind::Drawdown, amount),
            Change::Repayment(amount) => moved(LoanEventKind::Repayment, amount),
            Change::RateChange(rate) => {
                Self { annual_rate_percent: Some(rate), ..blank(LoanEventKind::RateChange) }
            }
            Change::Overdue(amount) => moved(LoanEventKind::Overdue, amount),
            Change::OverdueCleared(amount) => moved(LoanEventKind::OverdueCleared, amount),
            Change::Pause => blank(LoanEventKind::Pause),
            Change::Resume => blank(LoanEventKind::Resume),
            Change::Extension(day) => Self { matures_on: Some(day), ..blank(LoanEventKind::Extension) },
        }
    }
}

/// Events as they are written; `pointer` is the place of their list in the body.
pub(super) fn events(written: &[DatedLoanEvent], pointer: &str) -> Result<Vec<LoanEvent>, Problem> {
    written.iter().enumerate().map(|(index, event)| event.event(&format!("{pointer}/{index}"))).collect()
}

/// A new loan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLoan {
    /// The parties' number for it.
    loan_no: Line,
    /// Who lends; registered as an organisation.
    bank: CreditCode,
    /// Who borrows: an officer names it, an enterprise is it.
    organisation: Option<CreditCode>,
    /// Percent a year, as it was signed.
    annual_rate_percent: Percent,
    signed_on: Date,
    matures_on: Date,
    project: Project,
    #[serde(default)]
    #[schema(max_items = 200)]
    events: Vec<DatedLoanEvent>,
}

/// What happened to a loan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLoanEvents {
    #[schema(min_items = 1, max_items = 200)]
    events: Vec<DatedLoanEvent>,
}

/// What was paid on a loan for a period that is over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInterestPaid {
    period: InterestPeriod,
    /// CNY of ordinary interest.
    interest_paid: AmountOrZero,
    /// CNY of penalty and compound interest: recorded, never subsidised.
    #[serde(default)]
    penalty_interest: AmountOrZero,
}

/// What the bank confirmed for a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct InterestPaidView {
    period: InterestPeriod,
    interest_paid: Money,
    penalty_interest: Money,
    confirmed_on: Date,
    confirmed_by: Subject,
}

/// A loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoanView {
    id: LoanId,
    organisation: CreditCode,
    bank: CreditCode,
    loan_no: Line,
    /// Percent a year, as it was signed.
    annual_rate_percent: Percent,
    /// Percent a year, as it is now.
    current_rate_percent: Percent,
    signed_on: Date,
    /// As it was signed.
    matures_on: Date,
    /// After every extension: what is owed then is overdue from that day on.
    current_matures_on: Date,
    project: Project,
    /// CNY that is owed now.
    principal: Money,
    /// CNY of it that is overdue: what was marked so, and from the day of maturity on all of it.
    overdue: Money,
    /// Whether nothing of it earns for now.
    paused: bool,
    events: Vec<DatedLoanEvent>,
    /// What the bank confirmed, by period.
    interest_paid: Vec<InterestPaidView>,
    created_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl LoanView {
    /// The view of a loan; on a day, where that is known.
    pub fn of(loan: &Loan, today: Option<Date>) -> Self {
        let paid = |paid: &InterestPaid| InterestPaidView {
            period: paid.period,
            interest_paid: paid.interest_paid,
            penalty_interest: paid.penalty_interest,
            confirmed_on: paid.confirmed_on,
            confirmed_by: paid.confirmed_by.clone(),
        };
        // what is recorded was held against this
        let known = history(loan.signed(), &loan.events, |_| String::new()).ok();
        let matures_on = known.as_ref().and_then(|known| known.matures_on).unwrap_or(loan.matures_on);
        let last = known.as_ref().and_then(|known| known.steps.last());
        let now = last.map_or(Owed::nothing(loan.annual_rate_percent), |step| step.value);
        let matured = today.is_some_and(|today| matures_on <= today);
        Self {
            id: loan.id,
            organisation: loan.organisation,
            bank: loan.bank,
            loan_no: loan.loan_no.clone(),
            annual_rate_percent: loan.annual_rate_percent,
            current_rate_percent: now.rate,
            signed_on: loan.signed_on,
            matures_on: loan.matures_on,
            current_matures_on: matures_on,
            project: loan.project.clone(),
            principal: now.principal,
            overdue: if matured { now.principal } else { now.overdue.min(now.principal) },
            paused: now.paused,
            events: loan.events.iter().map(DatedLoanEvent::of).collect(),
            interest_paid: loan.interest.iter().map(paid).collect(),
            created_by: loan.created_by.clone(),
            revision: loan.revision.version,
            updated_at: loan.revision.updated_at,
        }
    }
}

/// `POST /loans`
pub fn register(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewLoan = request.body()?;
    let organisation = applicant(request.actor, body.organisation)?;
    Ok(Parsed::new(Command::RegisterLoan(Box::new(RegisterLoan {
        id: LoanId::new(request.new_id()),
        organisation,
        bank: body.bank,
        loan_no: body.loan_no,
        annual_rate_percent: body.annual_rate_percent,
        signed_on: body.signed_on,
        matures_on: body.matures_on,
        project: body.project,
        events: events(&body.events, "/events")?,
    }))))
}

/// `POST /loans/{id}/events`
pub fn record_events(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: NewLoanEvents = request.body()?;
    if !(1..=EVENTS_MAX).contains(&body.events.len()) {
        return Err(Problem::new(Code::InvalidValue).at("/events"));
    }
    let events = events(&body.events, "/events")?;
    Ok(Parsed::new(Command::RecordLoanEvents(Box::new(RecordLoanEvents { id, events }))))
}

/// `POST /loans/{id}/interest-paid`
pub fn confirm(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewInterestPaid { period, interest_paid, penalty_interest } = request.body()?;
    let (interest_paid, penalty_interest) = (interest_paid.money(), penalty_interest.money());
    Ok(Parsed::new(Command::ConfirmInterest(ConfirmInterest { id, period, interest_paid, penalty_interest })))
}

/// `GET /loans`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let list = request.list::<()>()?;
    let conn = request.reader().await?;
    let (found, next) = view::documents(&conn, &list).await?;
    let today = Some(today(&conn, &request.agency).await?.business_date);
    Reply::list((found.iter().map(|loan| LoanView::of(loan, today)).collect(), next))
}

/// `GET /loans/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let (conn, visibility) = (request.reader().await?, request.visibility());
    let can_see = |loan: &Loan| visibility.can_see_loan(loan.organisation, loan.bank);
    let found = view::find(&conn, &request.path.value("id")?, can_see).await?;
    let today = today(&conn, &request.agency).await?.business_date;
    Reply::document(&LoanView::of(&found, Some(today)), found.revision.version)
}
