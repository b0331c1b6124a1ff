//! Which vouchers or tasks a run is about: found under the lock.

use diesel_async::AsyncPgConnection;

use super::broken::BatchError;
use super::submission::{Run, Submission, Work};
use crate::db::convert::Unreadable;
use crate::tasks::{TaskRow, to_remind};
use crate::vouchers::{LastDays, vouchers_due, vouchers_expiring};
use subsidy_core::book::{Command, Envelope};
use subsidy_core::domain::{Date, VoucherId};
use subsidy_core::reminders::RemindTask;
use subsidy_core::vouchers::{ExpireVoucher, RemindVoucher};

/// Runs with their members: what is due now, under the lock.
pub async fn runs(
    conn: &AsyncPgConnection,
    submissions: &[&Submission],
    today: Date,
) -> Result<Vec<Option<Submission>>, BatchError> {
    let mut found = Vec::with_capacity(submissions.len());
    for submission in submissions {
        let Work::Run { actor, run, limit, .. } = &submission.work else {
            found.push(None);
            continue;
        };
        let member = |command| Envelope { actor: actor.clone(), if_match: None, command };
        let due = due(conn, *run, i64::from(*limit), today).await?.into_iter().map(member).collect();
        let work = Work::Run { actor: actor.clone(), run: *run, limit: *limit, due };
        found.push(Some(Submission { work, ..Submission::clone(submission) }));
    }
    Ok(found)
}

/// The commands of a run.
async fn due(
    conn: &AsyncPgConnection,
    run: Run,
    limit: i64,
    today: Date,
) -> Result<Vec<Command>, BatchError> {
    let day = run.as_of().unwrap_or(today).min(today);
    match run {
        Run::Expiry { as_of } => {
            let rows = vouchers_due(conn, day.naive(), limit).await?;
            let expire = |id| Command::ExpireVoucher(ExpireVoucher { id, as_of });
            Ok(rows.into_iter().map(|row| expire(VoucherId::new(row.id))).collect())
        }
        Run::Reminder { as_of, days } => {
            let until = day.plus_days(u64::from(days)).unwrap_or(day).naive();
            let days_column = i16::try_from(days).unwrap_or(i16::MAX);
            let rows =
                vouchers_expiring(conn, LastDays { from: today.naive(), until }, days_column, limit).await?;
            let remind = |id| Command::RemindVoucher(RemindVoucher { id, as_of, days });
            Ok(rows.into_iter().map(|row| remind(VoucherId::new(row.id))).collect())
        }
        Run::Tasks { days } => {
            let rows = to_remind(conn, today, days, limit).await?;
            rows.iter().map(|row| Ok(Command::RemindTask(told(row, days)?))).collect()
        }
    }
}

fn told(row: &TaskRow, days: u16) -> Result<RemindTask, BatchError> {
    let term_days = row.term_days.and_then(|days| u16::try_from(days).ok());
    let lost = || Unreadable(format!("{} {} is due and has no term", row.kind, row.document));
    Ok(RemindTask {
        task: row.key()?,
        counted_from: Date::from_naive(row.counted_from),
        term_days: term_days.ok_or_else(lost)?,
        days,
    })
}
