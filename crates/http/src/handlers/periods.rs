//! `/periods`: list, close, reopen.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all, load_related};
use crate::handlers::agencies::today;
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use subsidy_core::book::Command;
use subsidy_core::domain::{Instant, Money, Month, Sequence, Subject};
use subsidy_core::ledger::{Turnover, Turnovers};
use subsidy_core::periods::{ClosePeriod, Period, PeriodStatus, ReopenPeriod};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::periods::PeriodRow;
use subsidy_store::periods::queries;

/// What was posted in a month, in one book.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthTurnoverView {
    debit: Money,
    credit: Money,
}

/// What was posted in a month, by book.
#[derive(Debug, Serialize, ToSchema)]
#[allow(non_snake_case, reason = "the books' letters")]
pub struct MonthBooksView {
    /// 指标账
    B: MonthTurnoverView,
    /// 财务会计
    F: MonthTurnoverView,
    /// 预算会计
    Y: MonthTurnoverView,
}

/// A month.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodView {
    month: Month,
    /// A closed month takes no postings.
    status: PeriodStatus,
    /// Of a closed month as it was closed, of an open one as it stands.
    books: MonthBooksView,
    /// Whether debits equal credits in each book.
    ties: bool,
    /// Who closed it last.
    closed_by: Option<Subject>,
    closed_at: Option<Instant>,
    /// Who reopened it last.
    reopened_by: Option<Subject>,
    reopened_at: Option<Instant>,
    /// Why it was reopened.
    reason: Option<String>,
    /// The version for `If-Match`; null for a month that was never closed.
    revision: Option<Sequence>,
    updated_at: Option<Instant>,
}

impl MonthBooksView {
    const fn of(turnovers: &Turnovers) -> Self {
        const fn view(turnover: Turnover) -> MonthTurnoverView {
            MonthTurnoverView { debit: turnover.debit, credit: turnover.credit }
        }
        Self { B: view(turnovers.budget), F: view(turnovers.accrual), Y: view(turnovers.cash) }
    }
}

impl PeriodView {
    /// What its view shows beside it.
    pub fn related_keys(period: &Period, wanted: &mut RelatedKeys) {
        wanted.text(period.reason);
    }

    /// The view of a month that was closed.
    pub fn of(period: &Period, attached: &Related) -> Self {
        Self {
            closed_by: Some(period.closed_by.clone()),
            closed_at: Some(period.closed_at),
            reopened_by: period.reopened_by.clone(),
            reopened_at: period.reopened_at,
            reason: attached.text(period.reason),
            revision: Some(period.revision.version),
            updated_at: Some(period.revision.updated_at),
            ..Self::never_closed(period.month, period.status, &period.books)
        }
    }

    fn never_closed(month: Month, status: PeriodStatus, books: &Turnovers) -> Self {
        Self {
            month,
            status,
            books: MonthBooksView::of(books),
            ties: books.untied().is_none(),
            closed_by: None,
            closed_at: None,
            reopened_by: None,
            reopened_at: None,
            reason: None,
            revision: None,
            updated_at: None,
        }
    }
}

/// `POST /periods/{month}/close`
pub fn close(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ClosePeriod(ClosePeriod { month: request.path.value("month")? })))
}

/// `POST /periods/{month}/reopen`
pub fn reopen(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let month = request.path.value("month")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::ReopenPeriod(ReopenPeriod { month, reason })))
}

/// `GET /periods`: from the first month with postings to that of the business date.
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let page = request.page()?;
    let conn = request.reader().await?;
    let now = today(&conn, &request.agency).await?;
    let this_month = Month::of(now.business_date);
    let rows = queries::all(&conn).await?;
    let known: BTreeMap<Month, Period> =
        decode_all(&rows, PeriodRow::read)?.into_iter().map(|period| (period.month, period)).collect();
    let posted = request.sums.months.read(&conn, &request.agency, now.closed_through).await?;
    let first = known.keys().chain(posted.keys()).min().copied().unwrap_or(this_month);
    let after = page.after;
    let months = first.through(this_month).filter(|month| ordinal(*month) > after);
    let rows = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let (months, next) = page.cut(months.take(rows).collect(), |month| ordinal(*month));
    let mut wanted = RelatedKeys::default();
    months
        .iter()
        .filter_map(|month| known.get(month))
        .for_each(|period| PeriodView::related_keys(period, &mut wanted));
    let attached = load_related(&conn, wanted).await?;
    let view = |month: &Month| {
        let books = posted.get(month).copied().unwrap_or_default();
        match known.get(month) {
            Some(period) if period.status == PeriodStatus::Closed => PeriodView::of(period, &attached),
            Some(period) => PeriodView::of(&Period { books, ..period.clone() }, &attached),
            None => {
                let closed = now.closed_through.is_some_and(|last| *month <= last);
                let status = if closed { PeriodStatus::Closed } else { PeriodStatus::Open };
                PeriodView::never_closed(*month, status, &books)
            }
        }
    };
    Reply::list((months.iter().map(view).collect(), next))
}

/// A month's place on a page: months since the year 0.
fn ordinal(month: Month) -> i64 {
    use chrono::Datelike;
    let first = month.first_day().naive();
    i64::from(first.year()) * 12 + i64::from(first.month0())
}
