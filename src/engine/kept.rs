//! What batches left of the book, kept for the next ones while nobody else writes.
//!
//! The book is a function of the log. While the head under the lock is the one that this process left, whatever its
//! batches loaded and decided is still so, and need not be read again. Under any other head all of it is forgotten:
//! another process wrote, or the database was restored.

use crate::agencies::Agency;
use crate::audit::tree::Frontier;
use crate::book::{Book, Keys};

/// Of how many keys a generation is, at least. Two of them are kept: at some 1 kB a document, about 64 MiB.
const GENERATION: usize = 32_768;

/// What is known, and of which log.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The edge of the log, which tells it from every other.
    edge: Option<Frontier>,
    /// What was asked for since the older generation was full.
    young: Box<Book>,
    old: Box<Book>,
}

impl Kept {
    /// Of an agency, and of nothing else yet.
    pub(super) fn begin(agency: Option<Agency>) -> Self {
        Self { young: Box::new(Book { agency, ..Book::default() }), ..Self::default() }
    }

    /// The agency as the last batch left it.
    pub(super) fn agency(&self) -> Option<&Agency> {
        self.young.agency.as_ref()
    }

    /// Whether vouchers were issued: their programme, its rules, counters and balances are known then, if it is the same.
    pub(super) fn knows_numbers(&self) -> bool {
        !self.young.numbers.is_empty() || !self.old.numbers.is_empty()
    }

    /// Whether the log still ends where it was left.
    pub(super) fn is_of(&self, frontier: &Frontier) -> bool {
        self.edge.as_ref() == Some(frontier)
    }

    /// Puts what is known of these keys into a book. Gives back those that are not known.
    pub(super) fn share(&self, keys: Keys, book: &mut Book) -> Keys {
        keys.into_iter().filter(|key| !self.young.share(key, book) && !self.old.share(key, book)).collect()
    }

    /// Takes over what a batch knew when it was committed, and the log that it left.
    pub(super) fn leave(&mut self, frontier: Frontier, book: Book) {
        self.edge = Some(frontier);
        self.young.settle(book);
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.young.agency.clone_from(&self.old.agency);
        }
    }
}
