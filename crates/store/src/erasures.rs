//! Erasures in the database.

use chrono::{DateTime, Utc};

use crate::db::columns::Column;
use crate::db::convert::Unreadable;
use crate::{columns, rows, statement, stored};
use subsidy_core::domain::TextHash;
use subsidy_core::erasures::Erasure;

rows! {
    pub struct ErasureRow in "erasures", once {
        key { sha256: Vec<u8> }
        document: String,
        erased_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Erasure as ErasureRow, |digest| digest.as_bytes().to_vec() }

columns! {
    Erasure as ErasureRow { sha256, document, erased_by }
}

rows! {
    /// A text that was kept, its words or no longer.
    pub struct KeptRow { sha256: Vec<u8> }
}

impl KeptRow {
    pub fn read(&self) -> Result<(TextHash, ()), Unreadable> {
        Ok((Column::read(&self.sha256)?, ()))
    }
}

statement! {
    pub fn kept(digests: &[Vec<u8>]) -> Vec<KeptRow> = "SELECT sha256 FROM texts WHERE sha256 = ANY($1)";
    /// Takes the words of a text whose erasure this transaction logged.
    pub fn erase(digest: Vec<u8>) -> usize = "SELECT erase_text($1)";
}
