//! Receipts: one entry of the log with all that proves, offline, that it is there.
//!
//! A receipt is one JSON document: the leaf, its place, the hashes up to the root, the signed checkpoint that says the
//! root, and the key that signed it. Who does not trust the key in it brings their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::leaf::{Leaf, LeafError};
use super::note::{self, Checkpoint, NoteError, VerifierKey};
use super::proof::{Inclusion, PROOF_HASHES_MAX, ProofInvalid, verify_inclusion};
use super::tree::{Hash, leaf_hash};
use crate::domain::AgencyCode;

pub const FORMAT: &str = "subsidy-ledger-receipt/1";

/// A receipt as it is written. Bytes stand in it as base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`FORMAT`].
    pub format: String,
    /// The entry's place in the log, from 0.
    pub sequence: u64,
    /// Its bytes, as they were hashed.
    pub leaf: String,
    /// The hashes beside the way from the leaf up to the root, from the leaf up.
    pub proof: Vec<String>,
    /// The signed note whose root the proof leads to.
    pub checkpoint: String,
    /// The key that signed the note: `name+id+base64`.
    pub verifier_key: String,
}

/// Why a receipt does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    #[error("not a receipt of the form {FORMAT}")]
    Format,
    /// A member is not base64 of what it should be.
    #[error("{member} is not readable")]
    Unreadable { member: &'static str },
    /// The key that the checker trusts is another one.
    #[error("the receipt is by another key than the one given")]
    OtherKey,
    #[error("the checkpoint does not verify: {0}")]
    Checkpoint(#[from] NoteError),
    /// The proof does not lead from the leaf to the checkpoint's root.
    #[error("the proof does not lead from the leaf to the checkpoint's root")]
    Proof(#[from] ProofInvalid),
    #[error("the leaf is none: {0}")]
    Leaf(#[from] LeafError),
    /// The leaf is of another agency than the checkpoint.
    #[error("the leaf is of agency {found}, the checkpoint of another")]
    Agency { found: AgencyCode },
    #[error("the leaf says sequence {found}")]
    Sequence { found: u64 },
}

/// What a receipt that holds proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// What the entry says.
    pub leaf: Leaf,
    /// The log as it was signed.
    pub checkpoint: Checkpoint,
    pub key: VerifierKey,
}

impl Receipt {
    /// Of a leaf and what proves it.
    pub fn new(sequence: u64, leaf: &[u8], proof: &[Hash], checkpoint: String, key: &VerifierKey) -> Self {
        Self {
            format: FORMAT.to_owned(),
            sequence,
            leaf: STANDARD.encode(leaf),
            proof: proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
            checkpoint,
            verifier_key: key.to_string(),
        }
    }

    /// Checks all of it. `trusted` is the key that the checker has from elsewhere; without it the receipt is taken
    /// at its own word.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn check(&self, trusted: Option<&VerifierKey>) -> Result<Proved, ReceiptError> {
        if self.format != FORMAT {
            return Err(ReceiptError::Format);
        }
        let unreadable = |member| move |_| ReceiptError::Unreadable { member };
        let key = VerifierKey::parse(&self.verifier_key)
            .map_err(|_| ReceiptError::Unreadable { member: "verifier_key" })?;
        if trusted.is_some_and(|trusted| *trusted != key) {
            return Err(ReceiptError::OtherKey);
        }
        let checkpoint = note::verify(&self.checkpoint, &key)?;
        let bytes = STANDARD.decode(&self.leaf).map_err(unreadable("leaf"))?;
        let claim = Inclusion {
            leaf_hash: leaf_hash(&bytes),
            index: self.sequence,
            size: checkpoint.size,
            root: checkpoint.root,
        };
        verify_inclusion(&claim, &self.hashes()?)?;
        let leaf = Leaf::decode(&bytes)?;
        if checkpoint.agency().as_ref() != Some(&leaf.agency) {
            return Err(ReceiptError::Agency { found: leaf.agency });
        }
        if leaf.sequence.number() != self.sequence {
            return Err(ReceiptError::Sequence { found: leaf.sequence.number() });
        }
        Ok(Proved { leaf, checkpoint, key })
    }

    fn hashes(&self) -> Result<Vec<Hash>, ReceiptError> {
        let unreadable = || ReceiptError::Unreadable { member: "proof" };
        if self.proof.len() > PROOF_HASHES_MAX {
            return Err(unreadable());
        }
        let hash = |text: &String| {
            let bytes = STANDARD.decode(text).map_err(|_| unreadable())?;
            Hash::try_from(bytes).map_err(|_| unreadable())
        };
        self.proof.iter().map(hash).collect()
    }
}
