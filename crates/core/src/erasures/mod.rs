//! Erasures 销毁: free texts that were erased on an order. The leaf that named a text keeps its digest; the words and their
//! salt, which stand beside the log, go. Who ordered it, on what document and when is a leaf of its own.

pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::{Line, Revision, Subject, TextHash};

/// A text that was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The text's digest, as it stands in the leaf that named it.
    pub sha256: TextHash,
    /// The order or the request that it was done on.
    pub document: Line,
    /// Who had it done.
    pub erased_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseText {
    pub sha256: TextHash,
    /// The order or the request.
    pub document: Line,
}

/// Why a text is not erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ErasureError {
    /// No leaf named a text with this digest whose words were kept.
    #[error("no text has that digest")]
    TextUnknown,
    #[error("the text was erased on {document}")]
    TextErased { document: Line },
}

crate::domain::coded!(ErasureError: TextUnknown TextErased);
