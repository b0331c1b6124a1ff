//! Erasures in the database.

use chrono::{DateTime, Utc};

use crate::db::convert::{self, Unreadable};
use crate::{rows, statement, stored};
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

impl ErasureRow {
    /// The row of an erasure.
    pub fn new(erasure: &Erasure) -> Result<Self, Unreadable> {
        Ok(Self {
            sha256: erasure.sha256.as_bytes().to_vec(),
            document: erasure.document.to_string(),
            erased_by: erasure.erased_by.to_string(),
            created: convert::sequence(erasure.revision.created),
            version: convert::sequence(erasure.revision.version),
            updated_at: erasure.revision.updated_at.utc(),
        })
    }

    /// The erasure of a row.
    pub fn read(&self) -> Result<Erasure, Unreadable> {
        Ok(Erasure {
            sha256: digest(&self.sha256)?,
            document: convert::read(&self.document)?,
            erased_by: convert::read(&self.erased_by)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

/// A digest as the database keeps it.
pub fn digest(bytes: &[u8]) -> Result<TextHash, Unreadable> {
    bytes.try_into().map(TextHash::new).map_err(|_| Unreadable("a digest of another length".to_owned()))
}

rows! {
    /// A text that was kept, its words or no longer.
    pub struct KeptRow { sha256: Vec<u8> }
}

impl KeptRow {
    pub fn read(&self) -> Result<(TextHash, ()), Unreadable> {
        Ok((digest(&self.sha256)?, ()))
    }
}

statement! {
    pub fn kept(digests: &[Vec<u8>]) -> Vec<KeptRow> = "SELECT sha256 FROM texts WHERE sha256 = ANY($1)";
    /// Takes the words of a text whose erasure this transaction logged.
    pub fn erase(digest: Vec<u8>) -> usize = "SELECT erase_text($1)";
}
