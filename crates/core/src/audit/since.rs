//! Older checkpoints, held elsewhere, against a log as it is now: what a log inside a database cannot prove by itself.
//!
//! A log that was cut off or rewritten, even with its own key, no longer has the root that an older checkpoint of the
//! same key says.

use std::collections::BTreeMap;

use super::note::{self, Checkpoint, NoteError, VerifierKey};
use super::tree::{Frontier, Hash};

/// An older checkpoint, as somebody kept it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// How its keeper calls it: the file's name.
    pub name: String,
    pub note: String,
}

/// An older checkpoint that the log's key signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    /// How its keeper calls it.
    pub name: String,
    pub checkpoint: Checkpoint,
}

/// What an older checkpoint says against a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    #[error("the log was cut off: {name} has {older} entries, the log has {size}")]
    CutOff { name: String, older: u64, size: u64 },
    #[error("the log was rewritten: its first {older} entries do not have the root that {name} says")]
    Rewritten { name: String, older: u64 },
}

impl Contradiction {
    /// The first sequence that is gone; of a rewritten log the last one that the checkpoint speaks for.
    pub const fn sequence(&self) -> u64 {
        match self {
            Self::CutOff { size, .. } => *size,
            Self::Rewritten { older, .. } => older.saturating_sub(1),
        }
    }
}

impl KeptCheckpoint {
    /// The log that the note says it is of, before any signature is looked at.
    pub fn origin(&self) -> Option<&str> {
        self.note.lines().next()
    }

    /// Whether it has the form of a signed checkpoint, whoever signed it.
    pub fn is_checkpoint(&self) -> bool {
        let text = self.note.split_once("\n\n").map(|(text, _)| format!("{text}\n"));
        text.is_some_and(|text| Checkpoint::parse(&text).is_ok())
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`NoteError`]: not a checkpoint of the log that the key signs.
    pub fn open(&self, key: &VerifierKey) -> Result<Older, NoteError> {
        Ok(Older { name: self.name.clone(), checkpoint: note::verify(&self.note, key)? })
    }
}

/// The roots that older checkpoints ask for, taken down as the log grows past their sizes.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    wanted: Vec<Older>,
    found: BTreeMap<u64, Option<Hash>>,
}

impl Roots {
    /// For these checkpoints.
    pub fn of(wanted: Vec<Older>) -> Self {
        let found = wanted.iter().map(|older| (older.checkpoint.size, None)).collect();
        let mut roots = Self { wanted, found };
        roots.reached(&Frontier::new());
        roots
    }

    /// The log has come so far.
    pub fn reached(&mut self, frontier: &Frontier) {
        if let Some(root) = self.found.get_mut(&frontier.size()) {
            *root = Some(frontier.root());
        }
    }

    /// What the checkpoints say against a log of this size, the one of the fewest entries first.
    pub fn contradictions(&self, size: u64) -> Vec<Contradiction> {
        let mut all: Vec<Contradiction> =
            self.wanted.iter().filter_map(|older| self.against(older, size)).collect();
        all.sort_by_key(Contradiction::sequence);
        all
    }

    fn against(&self, older: &Older, size: u64) -> Option<Contradiction> {
        let (name, then) = (older.name.clone(), &older.checkpoint);
        if then.size > size {
            return Some(Contradiction::CutOff { name, older: then.size, size });
        }
        let root = self.found.get(&then.size).copied().flatten();
        (root != Some(then.root)).then_some(Contradiction::Rewritten { name, older: then.size })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::note::SigningKey;
    use super::super::tree::leaf_hash;
    use super::*;

    fn older(size: u64, root: Hash) -> Older {
        let checkpoint = Checkpoint { origin: "s/a".to_owned(), size, root };
        Older { name: format!("kept-{size}"), checkpoint }
    }

    /// The log of 7 leaves, seen by these checkpoints.
    fn said(wanted: Vec<Older>) -> Vec<Contradiction> {
        let (mut roots, mut frontier) = (Roots::of(wanted), Frontier::new());
        for leaf in 0_u8..7 {
            frontier.append(leaf_hash(&[leaf]));
            roots.reached(&frontier);
        }
        roots.contradictions(7)
    }

    #[test]
    fn what_only_grew_contradicts_none_of_its_checkpoints() {
        let (mut frontier, mut all) = (Frontier::new(), vec![older(0, Frontier::new().root())]);
        for leaf in 0_u8..7 {
            frontier.append(leaf_hash(&[leaf]));
            all.push(older(frontier.size(), frontier.root()));
        }
        assert_eq!(said(all), []);
    }

    #[test]
    fn what_was_cut_off_or_rewritten_does() {
        let all = said(vec![older(9, [0; 32]), older(3, [0; 32])]);
        let rewritten = Contradiction::Rewritten { name: "kept-3".to_owned(), older: 3 };
        let cut = Contradiction::CutOff { name: "kept-9".to_owned(), older: 9, size: 7 };
        assert_eq!(all.iter().map(Contradiction::sequence).collect::<Vec<_>>(), [2, 7]);
        assert_eq!(all, [rewritten, cut]);
    }

    #[test]
    fn only_a_note_of_the_logs_own_key_is_taken() {
        let [key, other] = [[1; 32], [2; 32]].map(|seed| SigningKey::from_seed("s/a", &seed).unwrap());
        let note = older(0, Frontier::new().root()).checkpoint.sign(&other).unwrap();
        let kept = KeptCheckpoint { name: "n".to_owned(), note };
        assert_eq!(kept.origin(), Some("s/a"));
        assert!(kept.open(&other.verifier_key()).is_ok());
        assert!(kept.open(&key.verifier_key()).is_err());
    }
}
