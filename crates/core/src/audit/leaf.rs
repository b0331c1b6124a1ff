//! The leaf codec: an accepted command as canonical JSON, stored byte for byte.
//!
//! A leaf holds what decided (`actor`, `command`, `recorded_at`) and what was decided (`outcome`,
//! `postings`), so that a replay of the first must give the second. No personal data stands in it in
//! clear: subjects are opaque ids, free text and account numbers are digests. The digest of the request itself is not
//! in it: a body may hold an account number, which could be guessed from an unkeyed digest.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::book::{Command, Decision, Outcome};
use crate::domain::canonical::{self, CanonicalError};
use crate::domain::{Actor, AgencyCode, Date, Instant, KeyHash, Sequence, TextHash};
use crate::ledger::Posting;

/// The form of leaves.
pub const VERSION: u32 = 1;

/// The largest command, in bytes of canonical JSON.
pub const COMMAND_BYTES_MAX: usize = 32 * 1024;

/// The largest leaf, in bytes: a tile of entries counts them in 16 bits.
pub const LEAF_BYTES_MAX: usize = 65_535;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The day on which it counts.
    pub effective_date: Date,
    pub lines: Posting,
}

/// A leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// The form: 1.
    pub v: u32,
    /// Whose ledger: a leaf is of no other log.
    pub agency: AgencyCode,
    pub sequence: Sequence,
    pub recorded_at: Instant,
    pub actor: Actor,
    /// Under which idempotency key. The members of a group have none: their header's is what they were asked for under,
    /// so that a key stands in one leaf and a leaf answers one key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<KeyHash>,
    /// How many answers of refused requests were stored before it: none of them goes unnoticed afterwards.
    #[serde(default, skip_serializing_if = "is_none")]
    pub refusals: u64,
    /// Digests in the command whose words were kept beside the log, in order: none of them is missing there later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<TextHash>,
    pub command: Command,
    pub outcome: Outcome,
    /// What was posted; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postings: Option<Posted>,
}

/// Why there is no leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    #[error("the leaf has {bytes} bytes")]
    TooLarge { bytes: usize },
    /// Not canonical JSON of a leaf.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// Well-formed, but not the bytes that the codec writes.
    #[error("the leaf is not in canonical form")]
    NotCanonical,
}

/// What a decision posts, as its leaf says it.
pub fn posted(decision: &Decision) -> Option<Posted> {
    let effects = &decision.effects;
    let effective_date = effects.effective_date.filter(|_| !effects.posting.is_empty())?;
    Some(Posted { effective_date, lines: effects.posting.clone() })
}

/// Whether a number need not be said.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The digests that a command names, of whatever.
pub fn digests(command: &Command) -> Result<BTreeSet<TextHash>, LeafError> {
    let mut found = BTreeSet::new();
    let mut values = vec![serde_json::to_value(command).map_err(|_| LeafError::NotCanonical)?];
    while let Some(value) = values.pop() {
        match value {
            Value::String(text) => found.extend(TextHash::parse(&text)),
            Value::Array(members) => values.extend(members),
            Value::Object(members) => values.extend(members.into_iter().map(|(_, member)| member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Ok(found)
}

impl Leaf {
    /// The bytes of a leaf.
    pub fn encode(&self) -> Result<Vec<u8>, LeafError> {
        let bytes = canonical::encode(self)?.into_bytes();
        if bytes.len() > LEAF_BYTES_MAX { Err(LeafError::TooLarge { bytes: bytes.len() }) } else { Ok(bytes) }
    }

    /// The leaf of these bytes, which are the only ones that say it.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        let text = std::str::from_utf8(bytes).map_err(|_| LeafError::NotCanonical)?;
        let leaf: Self = canonical::decode(text)?;
        if leaf.encode()? == bytes { Ok(leaf) } else { Err(LeafError::NotCanonical) }
    }
}
