//! What is read of prefunds, banks' years and true-ups.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::prefunds::{PrefundRow, PrefundYearRow, TrueUpRow};
use crate::statement;

statement! {
    pub fn get(id: Uuid) -> Option<PrefundRow> = "SELECT * FROM prefunds WHERE id = $1";
    /// A page of all, or of a bank's own, oldest first.
    #[allow(clippy::too_many_arguments, reason = "one a filter")]
    pub fn page(
        after: i64,
        all: bool,
        own_bank: &str,
        status: Option<&str>,
        programme: Option<&str>,
        bank: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<PrefundRow> =
        "SELECT * FROM prefunds WHERE created > $1 AND ($2 OR bank = $3) AND ($4::text IS NULL OR status = $4) \
         AND ($5::text IS NULL OR programme = $5) AND ($6::text IS NULL OR bank = $6) \
         AND ($7::timestamptz IS NULL OR updated_at >= $7) ORDER BY created LIMIT $8";
    /// A page of the years of all banks, or of one's own, in the order in which they began. A leaf that rolls what is left
    /// begins one year at most.
    pub fn years(
        after: i64,
        all: bool,
        own_bank: &str,
        programme: Option<&str>,
        bank: Option<&str>,
        limit: i64,
    ) -> Vec<PrefundYearRow> =
        "SELECT * FROM prefund_years WHERE created > $1 AND ($2 OR bank = $3) \
         AND ($4::text IS NULL OR programme = $4) AND ($5::text IS NULL OR bank = $5) ORDER BY created LIMIT $6";
    pub fn true_up(id: Uuid) -> Option<TrueUpRow> = "SELECT * FROM true_ups WHERE id = $1";
    /// A page of all, or of a bank's own, oldest first.
    #[allow(clippy::too_many_arguments, reason = "one a filter")]
    pub fn true_ups(
        after: i64,
        all: bool,
        own_bank: &str,
        status: Option<&str>,
        programme: Option<&str>,
        bank: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<TrueUpRow> =
        "SELECT * FROM true_ups WHERE created > $1 AND ($2 OR bank = $3) AND ($4::text IS NULL OR status = $4) \
         AND ($5::text IS NULL OR programme = $5) AND ($6::text IS NULL OR bank = $6) \
         AND ($7::timestamptz IS NULL OR updated_at >= $7) ORDER BY created LIMIT $8";
}
