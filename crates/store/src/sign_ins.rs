//! Sign-ins at the identity provider that have not come back, in `public`. A row is taken once.

use chrono::{DateTime, Utc};

use crate::{rows, statement};

rows! {
    /// A sign-in that came back.
    pub struct SignInRow {
        next: String,
        kept: String,
        began_at: DateTime<Utc>,
        mac: Vec<u8>,
    }
}

/// A sign-in that begins.
#[derive(Debug)]
pub struct NewSignIn<'a> {
    /// The SHA-256 of its state.
    pub state: &'a [u8],
    pub next: &'a str,
    pub kept: &'a str,
    pub now: DateTime<Utc>,
    pub mac: &'a [u8],
}

statement! {
    pub fn begin(NewSignIn<'_> { state, next, kept, now, mac }) -> usize =
        "INSERT INTO sign_ins (state_sha256, next, kept, began_at, mac) VALUES ($1, $2, $3, $4, $5)";
    /// The row of a state, which is gone afterwards.
    pub fn take(state: &[u8]) -> Option<SignInRow> =
        "DELETE FROM sign_ins WHERE state_sha256 = $1 RETURNING next, kept, began_at, mac";
    /// Drops what began before an instant.
    pub fn forget(before: DateTime<Utc>) -> usize = "DELETE FROM sign_ins WHERE began_at < $1";
}
