//! Where a ledger stood at a sequence.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;

use super::ReadError;
use subsidy_core::audit::leaf::Leaf;
use subsidy_core::book::Command;
use subsidy_core::domain::dates::Zone;
use subsidy_core::domain::{Date, Instant};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::rows::CountRow;
use subsidy_store::{rows, statement};

rows! {
    struct LogPositionRow { recorded_at: DateTime<Utc>, zone: String, agency: String, business_date: Option<NaiveDate> }
}

rows! {
    struct LeafBytesRow { leaf: Vec<u8> }
}

rows! {
    struct MoveRow { sequence: i64, leaf: Vec<u8> }
}

statement! {
    /// Bytes that the database takes on disk, all agencies together.
    pub fn disk() -> Option<CountRow> = "SELECT pg_database_size(current_database()) AS count";
    pub fn lines() -> Option<CountRow> = "SELECT count(*) AS count FROM entries";
    fn select_position(sequence: i64) -> Option<LogPositionRow> =
        "SELECT l.recorded_at, h.zone, h.name AS agency, h.business_date FROM log AS l CROSS JOIN head AS h \
         WHERE l.sequence = $1";
    fn last_move(sequence: i64) -> Option<LeafBytesRow> =
        "SELECT leaf FROM log WHERE sequence <= $1 AND kind IN ('move_business_date', 'create_agency') \
         ORDER BY sequence DESC LIMIT 1";
}

statement! {
    fn moves(sequence: i64) -> Vec<MoveRow> =
        "SELECT sequence, leaf FROM log WHERE sequence <= $1 AND kind IN ('move_business_date', 'create_agency') \
         ORDER BY sequence";
}

/// A sequence of an agency's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub sequence: i64,
    pub recorded_at: Instant,
    pub zone: Zone,
    pub agency: String,
    sandbox: bool,
}

/// A sequence; none that the log has not reached.
pub async fn at(conn: &AsyncPgConnection, sequence: i64) -> Result<Option<At>, ReadError> {
    let Some(found) = select_position(conn, sequence).await? else { return Ok(None) };
    Ok(Some(At {
        sequence,
        recorded_at: Instant::new(found.recorded_at),
        zone: convert::read(&found.zone)?,
        agency: found.agency,
        sandbox: found.business_date.is_some(),
    }))
}

/// The business date when the sequence was recorded: what a sandbox had set by then, else the day in the agency's zone.
pub async fn business_date(conn: &AsyncPgConnection, at: &At) -> Result<Date, ReadError> {
    let day = at.recorded_at.date_in(at.zone.tz());
    if !at.sandbox {
        return Ok(day);
    }
    let Some(found) = last_move(conn, at.sequence).await? else { return Ok(day) };
    Ok(moved_to(&found.leaf)?.unwrap_or(day))
}

/// The business date that a leaf set; none of an agency that has the day of its zone.
fn moved_to(leaf: &[u8]) -> Result<Option<Date>, ReadError> {
    let leaf = Leaf::decode(leaf).map_err(|error| Unreadable(error.to_string()))?;
    Ok(match leaf.command {
        Command::MoveBusinessDate(moved) => Some(moved.date),
        Command::CreateAgency(created) => created.business_date,
        other => return Err(Unreadable(other.kind().to_owned()).into()),
    })
}

/// The business dates of all leaves up to one.
#[derive(Debug, Clone)]
pub struct BusinessDays {
    zone: Zone,
    /// What a sandbox set, by the sequence of the leaf that did.
    set: BTreeMap<i64, Date>,
}

impl BusinessDays {
    /// Up to a sequence.
    pub async fn read(conn: &AsyncPgConnection, at: &At) -> Result<Self, ReadError> {
        let mut set = BTreeMap::new();
        // outside of a sandbox no leaf sets one, and nobody looks for such leaves through the whole log
        if at.sandbox {
            for found in moves(conn, at.sequence).await? {
                set.extend(moved_to(&found.leaf)?.map(|day| (found.sequence, day)));
            }
        }
        Ok(Self { zone: at.zone, set })
    }

    /// The zone in which a day begins.
    pub const fn zone(&self) -> Zone {
        self.zone
    }

    /// The business date when a leaf was recorded.
    pub fn of(&self, sequence: i64, recorded_at: Instant) -> Date {
        let set = self.set.range(..=sequence).next_back().map(|(_, day)| *day);
        set.unwrap_or_else(|| recorded_at.date_in(self.zone.tz()))
    }
}
