//! Reports: what is read across nouns. Each pins the last sequence it knows and reads append-only rows up to it.

pub mod account_statement;
pub mod ageing;
pub mod budget_codes;
pub mod budget_execution;
pub mod duties;
pub mod exceptions;
pub mod exports;
pub mod flow;
pub mod formats;
pub mod four_eyes;
pub mod funnel;
pub mod interchange;
pub mod journal;
pub mod known;
pub mod lines;
pub mod months;
pub mod operations;
pub mod overlaps;
pub mod paged_reports;
pub mod payment_file;
pub mod process_sums;
pub mod reading;
pub mod recalculation;
pub mod related;
pub mod report;
pub mod roles;
pub mod sample;
pub mod scope;
pub mod simulation;
pub mod snapshot_range;
pub mod terms;
pub mod transactions;
pub mod trial_balance;
pub mod turnovers;
pub mod voucher_rollforward;
pub mod work;

use subsidy_core::domain::money::OutOfRange;
use subsidy_store::db::convert::Unreadable;

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the database refused a statement")]
    Database(#[from] diesel::result::Error),
    /// What it answered does not fit.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A sum left the range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// A report has no room for what it is of.
    #[error("more than {limit} rows")]
    TooManyRows { limit: usize },
}

impl From<subsidy_store::engine::UnreadBook> for ReadError {
    fn from(error: subsidy_store::engine::UnreadBook) -> Self {
        match error {
            subsidy_store::engine::UnreadBook::Database(error) => Self::Database(error),
            subsidy_store::engine::UnreadBook::Unreadable(error) => Self::Unreadable(error),
        }
    }
}
