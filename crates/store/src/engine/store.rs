//! The engine's own tables: the head, the log and what stands beside it.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::db::convert::{self, Unreadable};
use crate::keys::keyed::AnswerKey;
use crate::{rows, statement};
use subsidy_core::agencies::Agency;
use subsidy_core::audit::tree::Frontier;
use subsidy_core::book::Series;
use subsidy_core::domain::{AgencyCode, Date, Instant, Month, Sequence};

rows! {
    /// The head: one row, whose lock is the door.
    pub struct HeadRow in "head", keyed, fixed [
        name, zone, sandbox, agency, schema_version,
    ] {
        key { one: bool }
        agency: String,
        next_sequence: i64,
        frontier: Vec<u8>,
        recorded_at: DateTime<Utc>,
        semantics: i32,
        schema_version: i32,
        name: String,
        zone: String,
        sandbox: bool,
        business_date: Option<NaiveDate>,
        related_programmes: Value,
        closed_through: Option<NaiveDate>,
        limits: Value,
        lost: Option<Value>,
        refusals: i64,
        refusals_mac: Vec<u8>,
    }
}

rows! {
    /// A leaf of the log. `xact` is the database's own.
    pub struct LogRow in "log", appended {
        key { sequence: i64 }
        leaf: Vec<u8>,
        hash: Vec<u8>,
        line_count: i32,
        kind: String,
        document: String,
        effective_date: Option<NaiveDate>,
        subject: String,
        recorded_at: DateTime<Utc>,
    }
}

rows! {
    /// A step of a document's state.
    pub struct TransitionRow in "transitions", appended {
        key { sequence: i64, ordinal: i16 }
        kind: String,
        document: String,
        from_status: Option<String>,
        to_status: String,
    }
}

rows! {
    pub struct CalculationRow in "calculations", appended {
        key { document: String, version: i32 }
        sequence: i64,
        sheet: Value,
        points_max: Option<Decimal>,
        window_until: Option<NaiveDate>,
    }
}

rows! {
    /// The answer to a key; `mac` is of all the rest, under a key outside the database.
    pub struct IdempotencyRow in "idempotency", appended {
        key { subject: String, key: Vec<u8> }
        request: Vec<u8>,
        sequence: Option<i64>,
        refusal: Option<Value>,
        recorded_at: DateTime<Utc>,
        mac: Vec<u8>,
        ordinal: Option<i64>,
    }
}

rows! {
    /// The last number of a series.
    pub struct NumberRow in "numbers", keyed {
        key { series: String }
        last: i64,
    }
}

impl NumberRow {
    /// The row of a series.
    pub fn new(series: &Series, last: u64) -> Result<Self, Unreadable> {
        let last = i64::try_from(last).map_err(|_| Unreadable("a series ran out".to_owned()))?;
        Ok(Self { series: series.0.clone(), last })
    }

    /// The series of a row.
    pub fn read(&self) -> Result<(Series, u64), Unreadable> {
        let last = u64::try_from(self.last).map_err(|_| Unreadable("a series below zero".to_owned()))?;
        Ok((Series(self.series.clone()), last))
    }
}

rows! {
    pub struct TextRow in "texts", appended {
        key { sha256: Vec<u8> }
        salt: Option<Vec<u8>>,
        body: Option<String>,
    }
}

rows! {
    /// A sealed account number.
    pub struct BankAccountRow in "bank_accounts", appended {
        key { organisation: String, mac: Vec<u8> }
        sealed: Vec<u8>,
    }
}

rows! {
    /// A leaf's bytes.
    pub struct LeafRow { sequence: i64, leaf: Vec<u8> }
}

statement! {
    /// The head, locked until the transaction ends. Reads nothing else: what is loaded before the lock
    /// is there would be stale.
    pub fn lock_head() -> Option<HeadRow> = "SELECT * FROM head FOR UPDATE";
}

statement! {
    /// The head as it stands.
    pub fn head() -> Option<HeadRow> = "SELECT * FROM head";
}

rows! {
    pub struct TableRow { name: String }
}

statement! {
    /// The head's table; none where the agency has no schema.
    pub fn head_table() -> Option<TableRow> =
        "SELECT relname::text AS name FROM pg_class WHERE oid = to_regclass('head')";
}

statement! {
    /// Leaves by their positions.
    pub fn leaves(sequences: &[i64]) -> Vec<LeafRow> =
        "SELECT sequence, leaf FROM log WHERE sequence = ANY($1) ORDER BY sequence";
}

statement! {
    /// Whether the schema holds a ledger.
    pub fn has_head() -> Option<crate::db::rows::CountRow> =
        "SELECT count(*) AS count FROM pg_class WHERE oid = to_regclass('head')";
}

statement! {
    /// The log from a sequence up to, not including, another, in order.
    pub fn log_between(Range<i64> { start, end }) -> Vec<LogRow> =
        "SELECT * FROM log WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence";
}

statement! {
    /// Steps of states from a sequence up to, not including, another, in order.
    pub fn transitions_between(Range<i64> { start, end }) -> Vec<TransitionRow> =
        "SELECT * FROM transitions WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence, ordinal";
}

statement! {
    /// Where the log, the entries and the transitions hold a sequence that is none of the first `size`.
    pub fn beyond(size: i64) -> Vec<Beyond> =
        "SELECT t.name, t.sequence FROM ( \
           SELECT 'log' AS name, min(sequence) AS sequence FROM log WHERE sequence >= $1 OR sequence < 0 \
           UNION ALL SELECT 'entries', min(sequence) FROM entries WHERE sequence >= $1 OR sequence < 0 \
           UNION ALL SELECT 'transitions', min(sequence) FROM transitions WHERE sequence >= $1 OR sequence < 0 \
         ) AS t WHERE t.sequence IS NOT NULL ORDER BY t.name";
}

statement! {
    /// How many keys have an accepted answer.
    pub fn accepted_answers() -> Option<crate::db::rows::CountRow> =
        "SELECT count(*) AS count FROM idempotency WHERE sequence IS NOT NULL";
    /// How many keys have a refusal.
    pub fn refused_answers() -> Option<crate::db::rows::CountRow> =
        "SELECT count(*) AS count FROM idempotency WHERE refusal IS NOT NULL";
    /// The next answers in the order of their keys: refusals, or all.
    pub fn answers_after(subject: &str, key: &[u8], all: bool, limit: i64) -> Vec<IdempotencyRow> =
        "SELECT * FROM idempotency WHERE (subject, key) > ($1, $2) AND ($3 OR sequence IS NULL) \
         ORDER BY subject, key LIMIT $4";
}

rows! {
    /// A sequence outside the log.
    pub struct Beyond { name: String, sequence: i64 }
}

rows! {
    pub struct TileRow in "tiles", appended {
        key { level: i16, index: i64 }
        data: Vec<u8>,
        root: Vec<u8>,
    }
}

statement! {
    /// Tiles of 256 leaf hashes, each whole.
    pub fn add_leaf_tiles(indexes: &[i64], roots: &[Vec<u8>]) -> usize =
        "INSERT INTO tiles (level, index, data, root) \
         SELECT 0, t.index, (SELECT string_agg(l.hash, ''::bytea ORDER BY l.sequence) FROM log AS l \
                             WHERE l.sequence >= t.index * 256 AND l.sequence < (t.index + 1) * 256), t.root \
         FROM unnest($1, $2) AS t (index, root)";
}

statement! {
    /// A tile of the roots of 256 tiles of the level below, whole.
    pub fn add_tile(level: i16, index: i64, root: &[u8]) -> usize =
        "INSERT INTO tiles (level, index, data, root) \
         SELECT $1, $2, (SELECT string_agg(t.root, ''::bytea ORDER BY t.index) FROM tiles AS t \
                         WHERE t.level = $1 - 1 AND t.index >= $2 * 256 AND t.index < ($2 + 1) * 256), $3";
}

#[derive(Debug, Clone, Copy)]
pub struct TextColumns<'a> {
    pub hashes: &'a [Vec<u8>],
    pub salts: &'a [Vec<u8>],
    pub bodies: &'a [String],
}

/// The columns of sealed account numbers.
#[derive(Debug, Clone, Copy)]
pub struct AccountColumns<'a> {
    pub organisations: &'a [String],
    pub macs: &'a [Vec<u8>],
    pub sealed: &'a [Vec<u8>],
}

statement! {
    /// Texts; one that is there already (the same salt and words) stays.
    pub fn add_texts(TextColumns<'_> { hashes, salts, bodies }) -> usize =
        "INSERT INTO texts (sha256, salt, body) SELECT * FROM unnest($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";
}

statement! {
    pub fn add_bank_accounts(AccountColumns<'_> { organisations, macs, sealed }) -> usize =
        "INSERT INTO bank_accounts (organisation, mac, sealed) SELECT * FROM unnest($1, $2, $3) \
         ON CONFLICT (organisation, mac) DO NOTHING";
}

#[derive(Debug, Clone)]
pub struct Head {
    /// The sequence of the next leaf: the size of the log.
    pub next: Sequence,
    /// The tree's right edge.
    pub frontier: Frontier,
    /// When the last batch was recorded.
    pub recorded_at: Instant,
    /// How many answers of refused requests are stored.
    pub refusals: u64,
    pub schema_version: i32,
    /// The agency itself; none before its first leaf.
    pub agency: Option<Agency>,
}

impl HeadRow {
    /// The head of a row. Another agency's is none of ours, wherever the connection stands.
    pub fn read(&self, code: &AgencyCode) -> Result<Head, Unreadable> {
        if self.agency != code.as_str() {
            return Err(Unreadable(format!("the head is of agency {}, not {code}", self.agency)));
        }
        let next = convert::read_sequence(self.next_sequence)?;
        let frontier =
            Frontier::from_bytes(next.number(), &self.frontier).map_err(|e| Unreadable(e.to_string()))?;
        Ok(Head {
            next,
            frontier,
            recorded_at: Instant::new(self.recorded_at),
            refusals: u64::try_from(self.refusals).map_err(|e| Unreadable(e.to_string()))?,
            schema_version: self.schema_version,
            agency: Some(Agency {
                code: code.clone(),
                name: convert::read(&self.name)?,
                zone: convert::read(&self.zone)?,
                sandbox: self.sandbox,
                business_date: self.business_date.map(Date::from_naive),
                semantics: convert::read_count(self.semantics)?,
                related_programmes: convert::read_json(&self.related_programmes)?,
                closed_through: self.closed_through.map(|day| Month::of(Date::from_naive(day))),
                limits: convert::read_json(&self.limits)?,
                lost: self.lost.as_ref().map(convert::read_json).transpose()?,
            }),
        })
    }

    /// The row of a head, not marked yet.
    pub fn new(head: &Head, agency: &Agency) -> Result<Self, Unreadable> {
        Ok(Self {
            one: true,
            agency: agency.code.to_string(),
            next_sequence: convert::sequence(head.next),
            frontier: head.frontier.to_bytes(),
            recorded_at: head.recorded_at.utc(),
            semantics: convert::count(agency.semantics),
            schema_version: head.schema_version,
            name: agency.name.to_string(),
            zone: agency.zone.to_string(),
            sandbox: agency.sandbox,
            business_date: agency.business_date.map(Date::naive),
            related_programmes: convert::json(&agency.related_programmes)?,
            closed_through: agency.closed_through.map(|month| month.last_day().naive()),
            limits: convert::json(&agency.limits)?,
            lost: agency.lost.as_ref().map(convert::json).transpose()?,
            refusals: i64::try_from(head.refusals).map_err(|e| Unreadable(e.to_string()))?,
            refusals_mac: Vec::new(),
        })
    }

    /// The same, its number of refusals marked as the service's own.
    #[must_use]
    pub fn marked(self, key: &AnswerKey) -> Self {
        Self { refusals_mac: self.mac(key).to_vec(), ..self }
    }

    /// The HMAC of its number of refusals.
    pub fn mac(&self, key: &AnswerKey) -> [u8; 32] {
        key.mac(&[self.agency.as_bytes(), b"refusals", self.refusals.to_string().as_bytes()])
    }
}

rows! {
    /// Whether a server takes writes.
    pub struct TakesWrites { takes_writes: bool }
}

statement! {
    /// Whether the server takes writes: it is no standby, and not set read-only.
    pub fn takes_writes() -> Option<TakesWrites> =
        "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS takes_writes";
}

rows! {
    /// An agency in the register.
    pub struct AgencyRow in "agencies", appended {
        key { code: String }
        name: String,
        zone: String,
        sandbox: bool,
        origin: String,
        verifier_key: String,
        account_check: Vec<u8>,
        created_at: DateTime<Utc>,
    }
}

statement! {
    pub fn agencies() -> Vec<AgencyRow> = "SELECT * FROM public.agencies ORDER BY code";
}
