//! What is read of the calendar.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::calendar::CalendarDayRow;
use crate::db::list::{ListQuery, Narrow, columns};
use crate::schema::{calendar_changes, calendar_days};
use crate::{rows, statement};

/// A day with the notice that named it.
#[derive(Debug, Queryable)]
pub struct NamedDayRow {
    pub date: NaiveDate,
    pub kind: String,
    pub calendar: Uuid,
    pub document: String,
}

/// 1900-01-01, whose place is 0.
const FIRST: i64 = 693_596;

impl NamedDayRow {
    /// Where it stands among all days: what a cursor names.
    pub fn place(&self) -> i64 {
        i64::from(self.date.num_days_from_ce()) - FIRST
    }
}

rows! {
    /// What a day was, as far as the log goes.
    pub struct DayKindRow { date: NaiveDate, kind: String }
}

statement! {
    /// What every named day was when the log ended at a sequence: later changes do not rewrite a report.
    pub fn known_at(until: i64) -> Vec<DayKindRow> =
        "SELECT DISTINCT ON (date) (day ->> 'date')::date AS date, day ->> 'kind' AS kind \
           FROM calendar_changes AS c, jsonb_array_elements(c.days) AS day \
          WHERE c.status = 'approved' AND c.version <= $1 ORDER BY date, c.version DESC";
}

/// A page of the days that changes named, in the order of the days.
pub async fn days(mut conn: &AsyncPgConnection, list: &ListQuery) -> QueryResult<Vec<NamedDayRow>> {
    // a cursor is the caller's: what it names may be no day
    let after = i32::try_from(list.after.saturating_add(FIRST)).ok();
    let after = after.and_then(NaiveDate::from_num_days_from_ce_opt).unwrap_or(NaiveDate::MAX);
    let named = calendar_days::table.inner_join(calendar_changes::table);
    named
        .select((
            calendar_days::date,
            calendar_days::kind,
            calendar_days::calendar,
            calendar_changes::document,
        ))
        .into_boxed()
        .narrow(&list.from, |from| calendar_days::date.ge(from))
        .narrow(&list.until, |until| calendar_days::date.le(until))
        .filter(calendar_days::date.gt(after))
        .order(calendar_days::date)
        .limit(list.limit)
        .load(&mut conn)
        .await
}

/// The named days from one to another.
pub async fn between(
    mut conn: &AsyncPgConnection,
    days: RangeInclusive<NaiveDate>,
) -> QueryResult<Vec<CalendarDayRow>> {
    let named = calendar_days::table.filter(calendar_days::date.between(*days.start(), *days.end()));
    named.order(calendar_days::date).select(columns::<CalendarDayRow>()).load(&mut conn).await
}
