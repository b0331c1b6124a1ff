//! The operations log 操作日志: who did what when, a row a leaf, in the log's order.
//!
//! The log is read by its key, a window of sequences at a time, so that no statement runs long however few rows a filter
//! lets through. What was done with a document an index finds, wherever it stands.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;
use serde::Deserialize;

use super::ReadError;
use super::formats::Column;
use super::four_eyes::{self, Approvals};
use super::known::KnownSums;
use super::reading::{self, Part};
use super::report::{Link, Row, Scope};
use super::scope::{At, BusinessDays};
use subsidy_core::book::Duty;
use subsidy_core::domain::{Actor, AgencyCode, Date, Instant, Subject};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::people::PersonRow;
use subsidy_store::{rows, statement};

/// What a row says.
pub const COLUMNS: &[Column] = &[
    Column::counts("序号 sequence", 10),
    Column::instants("记录时间 recorded_at", 28),
    Column::days("业务日 business_date", 12),
    Column::plain("经手 subject", 18),
    Column::plain("角色 roles", 18),
    Column::plain("代表单位 organisation", 24),
    Column::plain("操作 kind", 24),
    Column::plain("职责 duty", 12),
    Column::plain("单据 document", 38),
    Column::days("生效日 effective_date", 12),
    Column::counts("分录行数 lines", 10),
];

pub const NAME: [&str; 2] = ["operations", "操作日志"];

/// Sequences that are looked through together, and leaves of a part at most.
const WINDOW: i64 = 65_536;
const PAGE: i64 = 4_096;
/// The same of a page that people look at.
const SHORT_WINDOW: i64 = 8_192;
const SHORT_PAGE: i64 = 256;

rows! {
    struct OperationRow {
        sequence: i64,
        recorded_at: DateTime<Utc>,
        subject: String,
        kind: String,
        document: String,
        effective_date: Option<NaiveDate>,
        line_count: i32,
        leaf: Vec<u8>,
    }
}

/// Which leaves of the log.
#[derive(Debug, Clone, Copy)]
struct LeafQuery<'a> {
    after: i64,
    until: i64,
    subjects: Option<&'a [String]>,
    kinds: &'a [String],
    from: Option<NaiveDate>,
    last: Option<NaiveDate>,
    zone: &'a str,
    without: &'a [String],
    limit: i64,
}

/// `$1` after, `$2` up to, `$3` spellings of a subject, `$4` kinds (none: all), `$5` and `$6` first and last day of recording in the
/// zone `$7`, `$8` kinds that are left out, `$9` how many at most.
macro_rules! leaves {
    ($of:literal) => {
        concat!(
            "SELECT l.sequence, l.recorded_at, l.subject, l.kind, l.document, l.effective_date, l.line_count, l.leaf FROM log AS l \
              WHERE l.sequence > $1 AND l.sequence <= $2 AND ($3::text[] IS NULL OR l.subject = ANY($3)) \
                AND (cardinality($4::text[]) = 0 OR l.kind = ANY($4)) \
                AND ($5::date IS NULL OR l.recorded_at >= $5::timestamp AT TIME ZONE $7) \
                AND ($6::date IS NULL OR l.recorded_at < ($6 + 1)::timestamp AT TIME ZONE $7) \
                AND NOT l.kind = ANY($8) ",
            $of,
            "ORDER BY l.sequence LIMIT $9"
        )
    };
}

statement! {
    fn select_leaves(
        LeafQuery<'_> { after, until, subjects, kinds, from, last, zone, without, limit }
    ) -> Vec<OperationRow> = leaves!("");
    /// Those of a document `$10`, which an index finds.
    fn select_leaves_of(
        LeafQuery<'_> { after, until, subjects, kinds, from, last, zone, without, limit }; document: &str
    ) -> Vec<OperationRow> = leaves!("AND l.document = $10 ");
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this subject, however it was spelled.
    pub subject: Option<String>,
    pub kind: Option<String>,
    /// Of this part in the separation of duties.
    pub duty: Option<Duty>,
    pub document: Option<String>,
    /// Recorded on or after this day, in the agency's zone.
    pub from: Option<Date>,
    /// Recorded on or before this day, in the agency's zone.
    pub until: Option<Date>,
    /// Only approvals by somebody who was in the way: four eyes leave none.
    pub own: bool,
}

/// A reading that goes on page by page.
#[derive(Debug)]
pub struct Reading {
    filter: Filter,
    days: BusinessDays,
    zone: String,
    kinds: Vec<String>,
    without: Vec<String>,
    after: i64,
    known_at: i64,
    /// The sequences of the approvals by somebody who was in the way, where those alone are asked for.
    own: BTreeSet<i64>,
    spellings: Option<Vec<String>>,
}

/// What of a leaf is read here: who asked.
#[derive(Deserialize)]
struct LeafActor {
    actor: Actor,
}

fn owned(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

impl Reading {
    /// What comes after a sequence, or from the first on, up to that of `at`.
    pub async fn begin(
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &At, &Scope),
        filter: Filter,
        (known, after): (&KnownSums<Approvals>, Option<i64>),
    ) -> Result<Self, ReadError> {
        let at = of.1;
        let days = BusinessDays::read(conn, at).await?;
        let (zone, after, known_at) = (days.zone().to_string(), after.unwrap_or(-1), at.sequence);
        let duty = filter.duty.or(filter.own.then_some(Duty::Approves));
        let of_duty = duty.map(Duty::kinds).unwrap_or_default();
        let kinds = filter.kind.as_ref().map_or_else(|| owned(&of_duty), |kind| vec![kind.clone()]);
        // a kind outside the duty asked for leaves nothing
        let within = |kind: &String| duty.is_none_or(|duty| Duty::of(kind) == duty);
        let without = if duty == Some(Duty::Records) {
            Duty::ALL.into_iter().flat_map(Duty::kinds).map(str::to_owned).collect()
        } else {
            filter.kind.iter().filter(|kind| !within(kind)).cloned().collect()
        };
        let approvals = if filter.own { four_eyes::in_the_way(conn, of, known).await? } else { Vec::new() };
        let own = approvals.into_iter().map(|approval| approval.sequence).collect();
        Ok(Self { filter, days, zone, kinds, without, after, known_at, own, spellings: None })
    }

    /// Rows of the next window, and where to go on.
    async fn window(&mut self, conn: &AsyncPgConnection, part: Part) -> Result<Vec<Row>, ReadError> {
        let limit = part.pick(PAGE, SHORT_PAGE);
        let window = self.after.saturating_add(part.pick(WINDOW, SHORT_WINDOW)).min(self.known_at);
        // a document has few leaves, wherever they are
        let until = if self.filter.document.is_some() { self.known_at } else { window };
        if let (Some(subject), None) = (&self.filter.subject, &self.spellings) {
            self.spellings = Some(spellings(conn, subject).await?);
        }
        let filter = &self.filter;
        let query = LeafQuery {
            after: self.after,
            until,
            subjects: self.spellings.as_deref(),
            kinds: &self.kinds,
            from: filter.from.map(Date::naive),
            last: filter.until.map(Date::naive),
            zone: &self.zone,
            without: &self.without,
            limit,
        };
        let leaves = match &filter.document {
            Some(document) => select_leaves_of(conn, query, document).await?,
            None => select_leaves(conn, query).await?,
        };
        let full = i64::try_from(leaves.len()).unwrap_or(limit) >= limit;
        self.after = leaves.last().filter(|_| full).map_or(until, |leaf| leaf.sequence);
        let mut leaves = leaves;
        if filter.own {
            leaves.retain(|leaf| self.own.contains(&leaf.sequence));
        }
        leaves.into_iter().map(|leaf| row(leaf, &self.days)).collect()
    }
}

/// Every spelling under which a person acted.
async fn spellings(conn: &AsyncPgConnection, subject: &str) -> Result<Vec<String>, ReadError> {
    let mut spellings = vec![subject.to_owned()];
    if let Ok(subject) = Subject::parse(subject) {
        for row in PersonRow::by_keys(conn, &[subject.folded().as_str().to_owned()]).await? {
            let person = row.read()?;
            spellings.extend(person.former.iter().chain([&person.subject]).map(Subject::to_string));
        }
    }
    Ok(spellings)
}

impl reading::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection, part: Part) -> Result<Option<Vec<Row>>, ReadError> {
        if self.filter.own {
            let next = self.own.range(self.after.saturating_add(1)..).next();
            self.after = next.map_or(self.known_at, |next| next - 1);
        }
        if self.after >= self.known_at {
            return Ok(None);
        }
        self.window(conn, part).await.map(Some)
    }
}

impl reading::Paged for Reading {
    type Place = i64;

    fn place(&self) -> i64 {
        self.after
    }
}

fn row(leaf: OperationRow, days: &BusinessDays) -> Result<Row, ReadError> {
    let asked: LeafActor =
        serde_json::from_slice(&leaf.leaf).map_err(|error| Unreadable(error.to_string()))?;
    let roles: Vec<&str> = asked.actor.roles.iter().map(<&str>::from).collect();
    let recorded_at = Instant::new(leaf.recorded_at);
    let row = Row::default()
        .linked(leaf.sequence, Link::of(&format!("/v1/audit/entries/{}", leaf.sequence)))
        .text(recorded_at)
        .text(days.of(leaf.sequence, recorded_at))
        .text(leaf.subject)
        .text(roles.join(" "))
        .text(asked.actor.organisation.map(|code| code.to_string()).unwrap_or_default())
        .text(&leaf.kind)
        .text(Duty::of(&leaf.kind).into_str())
        .text(leaf.document)
        .text(leaf.effective_date.map(|day| day.to_string()).unwrap_or_default());
    let lines = i64::from(leaf.line_count);
    Ok(if lines == 0 {
        row.count(0)
    } else {
        row.counted(lines, Link::of(&format!("/v1/ledger/transactions/{}", leaf.sequence)))
    })
}
