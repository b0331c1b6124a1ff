//! Reminders of tasks in the database.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::convert::Unreadable;
use crate::db::list::{ListQuery, Narrow, columns};
use crate::schema::reminders;
use crate::{columns, rows, stored};
use subsidy_core::reminders::{Reminder, TaskKey};

rows! {
    pub struct ReminderRow in "reminders", versioned, fixed [created] {
        key { task: String }
        counted_from: NaiveDate,
        term_days: i16,
        due_on: NaiveDate,
        told_on: NaiveDate,
        times: i32,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Reminder as ReminderRow, ToString::to_string }

columns! {
    Reminder as ReminderRow { counted_from, term_days, due_on, told_on, times }
    row |reminder| { task: reminder.task.to_string() }
    document |row| { task: TaskKey::parse(&row.task).map_err(|_| Unreadable(format!("task {}", row.task)))? }
}

/// A page of the tasks that were told of, perhaps of those that were last told of on a day, in the order of the first time.
pub async fn told(mut conn: &AsyncPgConnection, list: &ListQuery) -> QueryResult<Vec<ReminderRow>> {
    reminders::table
        .select(columns::<ReminderRow>())
        .into_boxed()
        .narrow(&list.on, |on| reminders::told_on.eq(on))
        .filter(reminders::created.gt(list.after))
        .order(reminders::created)
        .limit(list.limit)
        .load(&mut conn)
        .await
}
