//! When and where in the log a change happened; the engine makes one stamp a command, rules only read it.

use serde::{Deserialize, Serialize};

use super::dates::{Date, Instant};

/// A position in an agency's log: gapless, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(u64);

impl Sequence {
    pub const fn new(position: u64) -> Self {
        Self(position)
    }

    pub const fn number(self) -> u64 {
        self.0
    }

    /// The next position. The log never holds 2⁶⁴ leaves.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl std::fmt::Display for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a command is decided under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The leaf it will have.
    pub sequence: Sequence,
    pub recorded_at: Instant,
    /// The agency's business date at that instant.
    pub business_date: Date,
}

/// Where a document began and where it last changed. The last change is its version (its `ETag`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The leaf that created it.
    pub created: Sequence,
    /// The leaf that changed it last.
    pub version: Sequence,
    pub updated_at: Instant,
}

impl Revision {
    /// Of a document that this stamp creates.
    pub const fn first(stamp: &Stamp) -> Self {
        Self { created: stamp.sequence, version: stamp.sequence, updated_at: stamp.recorded_at }
    }

    /// Of the same document, changed under this stamp.
    pub const fn next(self, stamp: &Stamp) -> Self {
        Self { created: self.created, version: stamp.sequence, updated_at: stamp.recorded_at }
    }
}
