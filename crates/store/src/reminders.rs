//! Reminders of tasks in the database.

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::convert::Unreadable;
use crate::{columns, listed, rows, stored};
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

listed! { ReminderRow in reminders, by [told_on] }
