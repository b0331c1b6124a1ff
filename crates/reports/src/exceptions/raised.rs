//! Which leaves raise a question, kept as the log grows: a list that is asked for as usual looks at those alone.

use std::collections::BTreeSet;

use diesel_async::AsyncPgConnection;

use super::acts::{self, ApprovalDay};
use crate::ReadError;
use crate::known::Summed;
use crate::report::{Scope, Window};
use crate::scope::At;
use subsidy_core::domain::Date;
use subsidy_store::{rows, statement};

rows! {
    pub struct ReopeningRow { sequence: i64 }
}

statement! {
    fn reopenings(Window { after, until }) -> Vec<ReopeningRow> =
        "SELECT sequence FROM log WHERE sequence > $1 AND sequence <= $2 AND kind = 'reopen_period' ORDER BY sequence";
}

/// The sequences of approvals, with their days, and of reopened months.
#[derive(Debug, Default)]
pub struct RaisedQuestions {
    approvals: Vec<ApprovalDay>,
    reopenings: Vec<i64>,
}

impl RaisedQuestions {
    /// The approvals up to a sequence that raise a question, on a holiday also those that raise no other.
    pub(super) fn approvals(&self, known_at: i64, is_holiday: impl Fn(Date) -> bool) -> BTreeSet<i64> {
        let until = self.approvals.iter().take_while(|one| one.sequence <= known_at);
        until.filter(|one| one.is_raised || is_holiday(one.day)).map(|one| one.sequence).collect()
    }

    /// The reopenings of months.
    pub(super) fn reopenings(&self) -> BTreeSet<i64> {
        self.reopenings.iter().copied().collect()
    }
}

impl Summed for RaisedQuestions {
    const ADDS_ALL: bool = true;
    // each approval is read with its calculation sheet
    const WINDOW: i64 = 4_096;

    type Read = (Vec<ApprovalDay>, Vec<ReopeningRow>);

    async fn read(
        &self,
        conn: &AsyncPgConnection,
        (at, _): (&At, &Scope),
        window: Window,
    ) -> Result<Self::Read, ReadError> {
        Ok((acts::raised(conn, window, at.zone).await?, reopenings(conn, window).await?))
    }

    fn add(&mut self, (approvals, reopenings): Self::Read) -> Result<(), ReadError> {
        self.approvals.extend(approvals);
        self.reopenings.extend(reopenings.into_iter().map(|found| found.sequence));
        Ok(())
    }
}
