//! Sessions of the console, in `public`: a row is found by the hash of its token alone.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{rows, statement};

rows! {
    /// A session that has not ended, with its agency's name.
    pub struct SessionRow {
        agency: String,
        agency_name: String,
        subject: String,
        roles: Value,
        organisation: Option<String>,
        began_at: DateTime<Utc>,
        seen_at: DateTime<Utc>,
        ends_at: DateTime<Utc>,
        mac: Vec<u8>,
    }
}

rows! {
    /// A session in a list of an agency's.
    pub struct SessionListed {
        id: String,
        subject: String,
        roles: Value,
        organisation: Option<String>,
        began_at: DateTime<Utc>,
        seen_at: DateTime<Utc>,
    }
}

/// A session that begins.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// The SHA-256 of its token.
    pub token: &'a [u8],
    pub agency: &'a str,
    pub subject: &'a str,
    pub roles: Value,
    pub organisation: Option<&'a str>,
    pub now: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Of all of it.
    pub mac: &'a [u8],
}

/// The account of the service's own with which a session begins.
#[derive(Debug)]
pub struct OfAccount<'a> {
    pub name: &'a str,
    /// When the account was changed last, as whoever signs in saw it.
    pub changed_at: DateTime<Utc>,
}

/// The instant, and the one since which a session must have been used.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub now: DateTime<Utc>,
    pub idle_since: DateTime<Utc>,
}

/// A session of an agency's list.
#[derive(Debug)]
pub struct OfAgency<'a> {
    pub agency: &'a str,
    pub id: &'a str,
}

/// The sessions of somebody.
#[derive(Debug)]
pub struct OfSubject<'a> {
    pub agency: &'a str,
    pub subject: &'a str,
}

statement! {
    pub fn begin(NewSession<'_> { token, agency, subject, roles, organisation, now, ends_at, mac }) -> usize =
        "INSERT INTO sessions (token_sha256, agency, subject, roles, organisation, began_at, seen_at, ends_at, mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)";
    /// None where the account was closed or changed since: its row is locked, so that whoever closes it either comes first and
    /// is seen here, or waits and ends this session too.
    pub fn begin_with_account(
        NewSession<'_> { token, agency, subject, roles, organisation, now, ends_at, mac },
        OfAccount<'_> { name, changed_at }
    ) -> usize =
        "WITH open AS (SELECT name FROM accounts WHERE name = $9 AND agency = $2 AND changed_at = $10 AND NOT disabled FOR SHARE) \
         INSERT INTO sessions (token_sha256, agency, subject, roles, organisation, began_at, seen_at, ends_at, mac) \
         SELECT $1, $2, $3, $4, $5, $6, $6, $7, $8 FROM open";
    pub fn find(Clock { now, idle_since }; token: &[u8]) -> Option<SessionRow> =
        "SELECT s.agency, a.name AS agency_name, s.subject, s.roles, s.organisation, s.began_at, s.seen_at, s.ends_at, s.mac \
         FROM sessions AS s JOIN agencies AS a ON a.code = s.agency \
         WHERE s.ends_at > $1 AND s.seen_at > $2 AND s.token_sha256 = $3";
    pub fn touch(token: &[u8], now: DateTime<Utc>) -> usize =
        "UPDATE sessions SET seen_at = $2 WHERE token_sha256 = $1";
    pub fn end(token: &[u8]) -> usize = "DELETE FROM sessions WHERE token_sha256 = $1";
    /// Of an agency, those that have not ended.
    pub fn of_agency(Clock { now, idle_since }; agency: &str) -> Vec<SessionListed> =
        "SELECT encode(token_sha256, 'hex') AS id, subject, roles, organisation, began_at, seen_at FROM sessions \
         WHERE ends_at > $1 AND seen_at > $2 AND agency = $3 ORDER BY began_at LIMIT 500";
    /// Ends one of an agency's.
    pub fn end_listed(OfAgency<'_> { agency, id }) -> usize =
        "DELETE FROM sessions WHERE agency = $1 AND encode(token_sha256, 'hex') = $2";
    /// Ends all of somebody's.
    pub fn end_of(OfSubject<'_> { agency, subject }) -> usize =
        "DELETE FROM sessions WHERE agency = $1 AND subject = $2";
    /// Drops the rows of sessions that ended by themselves.
    pub fn forget_ended(Clock { now, idle_since }) -> usize =
        "DELETE FROM sessions WHERE ends_at <= $1 OR seen_at <= $2";
}
