//! Revocations of tokens in the database.

use chrono::{DateTime, Utc};

use crate::db::convert::Unreadable;
use crate::{columns, rows, stored};
use subsidy_core::revocations::{Revocation, RevokedTokens};

rows! {
    pub struct RevocationRow in "revocations", versioned, fixed [created] {
        key { tokens: String }
        revoked_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Revocation as RevocationRow, ToString::to_string }

columns! {
    Revocation as RevocationRow { revoked_by }
    row |revocation| { tokens: revocation.tokens.to_string() }
    document |row| { tokens: row.tokens()? }
}

impl RevocationRow {
    fn tokens(&self) -> Result<RevokedTokens, Unreadable> {
        RevokedTokens::stored(&self.tokens).ok_or_else(|| Unreadable(format!("tokens {}", self.tokens)))
    }
}
