//! Accounts of the service's own, in `public`, and how often signing in failed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{rows, statement};

rows! {
    pub struct AccountRow {
        name: String,
        agency: String,
        roles: Value,
        organisation: Option<String>,
        password: String,
        provisional: bool,
        factor: Option<Vec<u8>>,
        factor_step: i64,
        recovery: Value,
        disabled: bool,
        created_at: DateTime<Utc>,
        changed_at: DateTime<Utc>,
        mac: Vec<u8>,
    }
}

rows! {
    pub struct AccountName { name: String }
}

rows! {
    pub struct TryRow { failures: i32 }
}

/// An account as it becomes.
#[derive(Debug)]
pub struct WrittenAccount<'a> {
    pub name: &'a str,
    pub agency: &'a str,
    pub roles: Value,
    pub organisation: Option<&'a str>,
    pub password: &'a str,
    pub provisional: bool,
    pub factor: Option<&'a [u8]>,
    pub factor_step: i64,
    /// None where those that are left stay.
    pub recovery: Option<Value>,
    pub disabled: bool,
    /// When the row that it takes the place of was written.
    pub before: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub mac: &'a [u8],
}

/// A failure to sign in.
#[derive(Debug)]
pub struct FailedTry<'a> {
    /// The keyed hash of the account's name, or of the address.
    pub who: &'a [u8],
    pub now: DateTime<Utc>,
    /// Failures before this do not count.
    pub since: DateTime<Utc>,
}

/// A recovery code that is used up, by its keyed hash.
#[derive(Debug)]
pub struct UsedCode<'a> {
    pub name: &'a str,
    pub hash: &'a str,
}

statement! {
    pub fn find(name: &str) -> Option<AccountRow> =
        "SELECT name, agency, roles, organisation, password, provisional, factor, factor_step, recovery, disabled, \
                created_at, changed_at, mac FROM accounts WHERE name = $1";
    pub fn of_agency(agency: &str) -> Vec<AccountRow> =
        "SELECT name, agency, roles, organisation, password, provisional, factor, factor_step, recovery, disabled, \
                created_at, changed_at, mac FROM accounts WHERE agency = $1 ORDER BY name";
    /// Of any agency: whether there is one at all.
    pub fn first() -> Option<AccountName> = "SELECT name FROM accounts LIMIT 1";
    /// None where the name is taken.
    pub fn add(WrittenAccount<'_> {
        name, agency, roles, organisation, password, provisional, factor, factor_step, recovery, disabled, before, now, mac
    }) -> usize =
        "INSERT INTO accounts (name, agency, roles, organisation, password, provisional, factor, factor_step, recovery, \
                               disabled, created_at, changed_at, mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, '[]'), $10, $11, $12, $13) ON CONFLICT DO NOTHING";
    /// None where it changed meanwhile.
    pub fn change(WrittenAccount<'_> {
        name, agency, roles, organisation, password, provisional, factor, factor_step, recovery, disabled, before, now, mac
    }) -> usize =
        "UPDATE accounts SET roles = $3, organisation = $4, password = $5, provisional = $6, factor = $7, \
                             factor_step = greatest(factor_step, $8), recovery = coalesce($9, recovery), disabled = $10, changed_at = $12, mac = $13 \
         WHERE name = $1 AND agency = $2 AND changed_at = $11";
    /// Takes the place of a row that the service did not write, told by its MAC; none where it changed meanwhile.
    pub fn replace(WrittenAccount<'_> {
        name, agency, roles, organisation, password, provisional, factor, factor_step, recovery, disabled, now, mac
    }; altered: &[u8]) -> usize =
        "UPDATE accounts SET agency = $2, roles = $3, organisation = $4, password = $5, provisional = $6, factor = $7, \
                             factor_step = $8, recovery = coalesce($9, '[]'), disabled = $10, changed_at = $11, mac = $12 \
         WHERE name = $1 AND mac = $13";
    /// Uses the code of a time step; none where that or a later one was used.
    pub fn use_step(name: &str, step: i64) -> usize =
        "UPDATE accounts SET factor_step = $2 WHERE name = $1 AND factor_step < $2";
    /// Uses a recovery code up.
    pub fn use_recovery(UsedCode<'_> { name, hash }) -> usize =
        "UPDATE accounts SET recovery = recovery - $2 WHERE name = $1 AND jsonb_exists(recovery, $2)";
    /// Counts a failure, and says how many there are.
    pub fn count(FailedTry<'_> { who, now, since }) -> Option<TryRow> =
        "INSERT INTO sign_in_tries AS t (who, failures, since) VALUES ($1, 1, $2) \
         ON CONFLICT (who) DO UPDATE SET failures = CASE WHEN t.since < $3 THEN 1 ELSE t.failures + 1 END, \
                                         since = CASE WHEN t.since < $3 THEN $2 ELSE t.since END \
         RETURNING failures";
    /// Takes a failure back: it was none.
    pub fn uncount(who: &[u8]) -> usize =
        "UPDATE sign_in_tries SET failures = failures - 1 WHERE who = $1 AND failures > 0";
    pub fn forget(who: &[u8]) -> usize = "DELETE FROM sign_in_tries WHERE who = $1";
    pub fn forget_before(since: DateTime<Utc>) -> usize = "DELETE FROM sign_in_tries WHERE since < $1";
}
