//! By when the agency is to have dealt with one voucher or claim; the work list asks the same of all that wait.

use diesel_async::AsyncPgConnection;
use serde::Serialize;
use utoipa::ToSchema;

use super::ReadError;
use subsidy_core::book::{Book, Key, Keys};
use subsidy_core::calendar::{CalendarError, rules};
use subsidy_core::domain::{Date, ProgrammeCode};
use subsidy_core::programmes::service::{ServiceStep, Waits};
use subsidy_core::programmes::{RulesKey, RulesVersion};
use subsidy_store::engine;

/// The working days within which the agency takes the next step.
#[derive(Debug, Serialize, ToSchema)]
pub struct TermView {
    /// Which step it waits for.
    step: ServiceStep,
    /// The day on which it began to wait.
    since: Date,
    /// Working days, counted from the first one after that day or after the last day of its publicity.
    term_days: u16,
    /// The last of them. Null where the calendar names no working day so far ahead.
    due_on: Option<Date>,
    /// Whether that day is over.
    late: bool,
}

fn versions<'a>(book: &'a Book, programme: &ProgrammeCode) -> Vec<&'a RulesVersion> {
    let count = book.programmes.peek(programme).map_or(0, |known| known.versions);
    let key = |number| RulesKey { programme: programme.clone(), number };
    (1..=count).filter_map(|number| book.rules.peek(&key(number))).collect()
}

/// The term of what waits under a programme's rules; none where nothing waits or they give none.
pub async fn of(
    conn: &AsyncPgConnection,
    programme: &ProgrammeCode,
    waits: Option<Waits>,
    today: Date,
) -> Result<Option<TermView>, ReadError> {
    let Some(waits) = waits else { return Ok(None) };
    let book = engine::read_book(conn, |book| {
        let mut keys = Keys::from([Key::Programme(programme.clone())]);
        let count = book.programmes.peek(programme).map_or(0, |known| known.versions);
        keys.extend((1..=count).map(|number| Key::Rules(RulesKey { programme: programme.clone(), number })));
        if let Some(days) = waits.term(versions(book, programme)) {
            keys.extend(rules::ahead_of(waits.counted_from, u32::from(days)).map(Key::CalendarDay));
        }
        keys
    });
    let book = book.await?;
    let Some(term_days) = waits.term(versions(&book, programme)) else { return Ok(None) };
    let named = |day: Date| Ok::<_, CalendarError>(book.calendar_days.peek(&day).map(|named| named.kind));
    let due_on = rules::after(waits.counted_from, u32::from(term_days), named).ok();
    let Waits { step, since, .. } = waits;
    Ok(Some(TermView { step, since, term_days, due_on, late: due_on.is_some_and(|due| due < today) }))
}
