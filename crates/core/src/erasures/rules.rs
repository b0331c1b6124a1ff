use super::{EraseText, Erasure, ErasureError};
use crate::domain::{Actor, Revision, Stamp};

/// A text goes once, and only one that was kept.
pub fn erase(
    is_kept: bool,
    before: Option<&Erasure>,
    command: &EraseText,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Erasure, ErasureError> {
    match before {
        Some(Erasure { document, .. }) => Err(ErasureError::TextErased { document: document.clone() }),
        None if !is_kept => Err(ErasureError::TextUnknown),
        None => Ok(Erasure {
            sha256: command.sha256,
            document: command.document.clone(),
            erased_by: actor.subject.clone(),
            revision: Revision::first(stamp),
        }),
    }
}
