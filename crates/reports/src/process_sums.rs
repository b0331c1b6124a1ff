//! All that a process keeps of what reports summed, and of reports themselves.

use std::convert::Infallible;
use std::time::Duration;

use super::ReadError;
use super::duties::Duties;
use super::exceptions::prefunds::Prefunds;
use super::exceptions::raised::RaisedQuestions;
use super::four_eyes::Approvals;
use super::funnel::Cases;
use super::known::{self, KnownSums, Summed};
use super::lines::open::OpenItems;
use super::lines::parties::Flows;
use super::months::Months;
use super::overlaps::invoices::TakenInvoices;
use super::paged_reports::PagedReports;
use super::turnovers::Turnovers;
use subsidy_core::domain::AgencyCode;
use subsidy_store::db::convert;
use subsidy_store::db::pool::DatabaseError;
use subsidy_store::engine::{Engine, store};

/// How often the sums are looked after.
const EVERY: Duration = Duration::from_secs(60);
/// How many leaves a sum may be behind its log: whoever asks for a report waits while they are added, which is not long.
const BEHIND_MAX: i64 = 8_192;

/// What a process knows of each agency. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ProcessSums {
    /// What was posted by month.
    pub months: Months,
    /// What was turned over, by all that the totals know.
    pub turnovers: KnownSums<Turnovers>,
    /// What is open of each document.
    pub open: KnownSums<OpenItems>,
    /// What is approved and paid, by organisation and provider.
    pub flows: KnownSums<Flows>,
    /// How far each case came.
    pub cases: KnownSums<Cases>,
    /// What everybody did.
    pub duties: KnownSums<Duties>,
    /// What was approved by somebody who was in the way.
    pub approvals: KnownSums<Approvals>,
    /// Which leaves raise a question.
    pub raised: KnownSums<RaisedQuestions>,
    /// What is left of prefunds.
    pub prefunds: KnownSums<Prefunds>,
    /// Which claims took which invoice.
    pub invoices: KnownSums<TakenInvoices>,
    /// Reports of which pages are shown.
    pub paged: PagedReports,
}

/// Why sums are behind.
#[derive(Debug, thiserror::Error)]
pub enum KeepUpError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<diesel::result::Error> for KeepUpError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Read(error.into())
    }
}

impl From<convert::Unreadable> for KeepUpError {
    fn from(error: convert::Unreadable) -> Self {
        Self::Read(error.into())
    }
}

impl ProcessSums {
    /// Goes on with the sums of long logs as long as the process lives: nobody who asks for a report after a start waits for
    /// all that was posted in years.
    pub async fn keep_up(&self, engine: &Engine) -> Infallible {
        loop {
            match agencies(engine).await {
                Ok(agencies) => {
                    for agency in agencies {
                        self.go_on(engine, &agency, BEHIND_MAX).await;
                    }
                }
                Err(error) => tracing::warn!(%error, "the agencies whose reports are summed cannot be read"),
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Goes on with the sums of an agency that are so many leaves behind its log, or more. What cannot be read is logged,
    /// and does not keep the others back: whoever asks for its report hears what is wrong.
    pub async fn go_on(&self, engine: &Engine, agency: &AgencyCode, behind: i64) {
        macro_rules! keep_up {
            ($($sum:ident)*) => {
                $(if let Err(error) = keep_up(engine, agency, &self.$sum, behind).await {
                    tracing::warn!(%agency, sum = stringify!($sum), %error, "what reports sum is behind the log");
                })*
            };
        }
        keep_up! { turnovers open flows cases duties approvals raised prefunds invoices }
    }
}

async fn agencies(engine: &Engine) -> Result<Vec<AgencyCode>, KeepUpError> {
    let conn = engine.database().admin().await?;
    let rows = store::agencies(&conn).await?;
    Ok(rows.iter().map(|row| convert::read(&row.code)).collect::<Result<_, _>>()?)
}

async fn keep_up<T: Summed>(
    engine: &Engine,
    agency: &AgencyCode,
    sum: &KnownSums<T>,
    behind: i64,
) -> Result<(), KeepUpError> {
    let conn = engine.reader(agency).await?;
    if let Some((at, scope)) = known::whole(&conn).await? {
        sum.keep_up(&conn, (agency, &at, &scope), behind).await?;
    }
    Ok(())
}
