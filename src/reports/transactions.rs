//! The ledger's transactions: what each leaf of the log posted.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::{rows, statement};

rows! {
    /// A leaf of the log.
    pub struct LeafFound {
        sequence: i64,
        kind: String,
        effective_date: Option<NaiveDate>,
        recorded_at: DateTime<Utc>,
        subject: String,
        document: String,
    }
}

rows! {
    /// A line that a leaf posted.
    pub struct EntryFound {
        sequence: i64,
        account: String,
        side: String,
        amount: Decimal,
        programme: String,
        organisation: String,
        level: String,
    }
}

rows! {
    /// The bytes of a leaf.
    pub struct LeafBytes { leaf: Vec<u8> }
}

statement! {
    /// One transaction; leaves that post nothing are none.
    pub fn get(sequence: i64) -> Option<LeafFound> =
        "SELECT sequence, kind, effective_date, recorded_at, subject, document FROM log \
         WHERE sequence = $1 AND line_count > 0";
    /// A page of the transactions of which at least one line meets all filters, in the order of the log.
    #[allow(clippy::too_many_arguments, reason = "one a filter")]
    pub fn page(
        after: i64,
        programme: Option<&str>,
        organisation: Option<&str>,
        account: Option<&str>,
        document: Option<&str>,
        from: Option<NaiveDate>,
        until: Option<NaiveDate>,
        limit: i64,
    ) -> Vec<LeafFound> =
        "SELECT l.sequence, l.kind, l.effective_date, l.recorded_at, l.subject, l.document FROM log AS l \
         WHERE l.sequence > $1 AND l.line_count > 0 AND ($5::text IS NULL OR l.document = $5) \
         AND ($6::date IS NULL OR l.effective_date >= $6) AND ($7::date IS NULL OR l.effective_date <= $7) \
         AND (coalesce($2::text, $3::text, $4::text) IS NULL OR EXISTS ( \
             SELECT FROM entries AS e WHERE e.sequence = l.sequence AND ($2::text IS NULL OR e.programme = $2) \
             AND ($3::text IS NULL OR e.organisation = $3) AND ($4::text IS NULL OR e.account = $4))) \
         ORDER BY l.sequence LIMIT $8";
    /// The lines of some transactions.
    pub fn entries(sequences: &[i64]) -> Vec<EntryFound> =
        "SELECT sequence, account, side::text AS side, amount, programme, organisation, level FROM entries \
         WHERE sequence = ANY($1) ORDER BY sequence, line";
    /// A leaf as it was hashed.
    pub fn leaf(sequence: i64) -> Option<LeafBytes> = "SELECT leaf FROM log WHERE sequence = $1";
}
