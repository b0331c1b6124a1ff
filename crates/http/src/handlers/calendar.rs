//! `/calendar`: propose, approve, reject, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, List, View};
use subsidy_core::book::Command;
use subsidy_core::calendar::{
    ApproveCalendar, CalendarChange, CalendarDay, CalendarDays, CalendarStatus, DAYS_MAX, DayKind,
    ProposeCalendar, RejectCalendar,
};
use subsidy_core::domain::{CalendarId, Code, Date, Instant, Line, Sequence, Subject};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::calendar::queries;
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;

/// What a day is, or is to be.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarDayView {
    date: Date,
    /// What the day is, other than its weekday says.
    kind: DayKind,
}

/// Holidays, and workdays in their stead, as a notice orders them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCalendar {
    /// Each day once.
    #[schema(min_items = 1, max_items = 366)]
    days: Vec<CalendarDayView>,
    /// The notice that orders them.
    document: Line,
}

/// A change of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarView {
    id: CalendarId,
    status: CalendarStatus,
    days: Vec<CalendarDayView>,
    document: Line,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    /// Who approved or rejected it.
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

/// A day that the calendar names. Of all others, Saturdays and Sundays are holidays.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedDayView {
    date: Date,
    /// What the day is, other than its weekday says.
    kind: DayKind,
    /// The change that named it last.
    calendar_id: CalendarId,
    /// The notice that ordered it.
    document: Line,
}

impl View for CalendarView {
    type Document = CalendarChange;

    fn related_keys(change: &CalendarChange, wanted: &mut RelatedKeys) {
        wanted.text(change.reason);
    }

    fn of(change: &CalendarChange, attached: &Related) -> Self {
        let day = |day: &CalendarDay| CalendarDayView { date: day.date, kind: day.kind };
        Self {
            id: change.id,
            status: change.status,
            days: change.days.iter().map(day).collect(),
            document: change.document.clone(),
            reason: attached.text(change.reason),
            created_by: change.created_by.clone(),
            decided_by: change.decided_by.clone(),
            revision: change.revision.version,
            updated_at: change.revision.updated_at,
        }
    }
}

/// `POST /calendar`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewCalendar = request.body()?;
    if body.days.len() > DAYS_MAX {
        return Err(Problem::too_large(DAYS_MAX, "days"));
    }
    let named = body.days.iter().enumerate();
    let mut seen = std::collections::BTreeSet::new();
    if let Some((index, day)) = named.into_iter().find(|(_, day)| !seen.insert(day.date)) {
        let twice = Problem::new(Code::DayTwice).with("date", day.date.to_string());
        return Err(twice.at(format!("/days/{index}/date")));
    }
    let days = body.days.iter().map(|day| CalendarDay { date: day.date, kind: day.kind }).collect();
    let days = CalendarDays::new(days).map_err(|_| Problem::new(Code::InvalidValue).at("/days"))?;
    let id = CalendarId::new(request.new_id());
    let command = ProposeCalendar { id, days, document: body.document };
    Ok(Parsed::new(Command::ProposeCalendar(Box::new(command))))
}

/// `POST /calendar/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveCalendar(ApproveCalendar { id: request.path.value("id")? })))
}

/// `POST /calendar/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectCalendar(RejectCalendar { id, reason })))
}

fn named_day(row: &queries::NamedDayRow) -> Result<NamedDayView, Unreadable> {
    Ok(NamedDayView {
        date: Date::from_naive(row.date),
        kind: convert::read(&row.kind)?,
        calendar_id: CalendarId::new(row.calendar),
        document: convert::read(&row.document)?,
    })
}

/// `GET /calendar`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let List { page, mut query } = request.list::<()>()?;
    let day = |name| Ok::<_, Problem>(request.query.value::<Date>(name)?.map(Date::naive));
    (query.from, query.until) = (day("from")?, day("until")?);
    let conn = request.reader().await?;
    let (rows, next) = page.cut(queries::days(&conn, &query).await?, queries::NamedDayRow::place);
    Reply::list((decode_all(&rows, named_day)?, next))
}

/// `GET /calendar/changes`
pub async fn changes(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<CalendarView>(&request, &request.list::<CalendarStatus>()?).await
}

/// `GET /calendar/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    view::show::<CalendarView>(&request, &request.path.value("id")?, |_| true).await
}
