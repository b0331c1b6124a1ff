//! What batches left of the book that the next ones mostly need again: programmes and their rules, parties, counters,
//! balances.
//!
//! The book is a function of the log. While the head under the lock is the one that this process left, what its last
//! batch knew is still so, and need not be read again. Under any other head all of it is forgotten: another process
//! wrote, or the database was restored. Documents that come once are not kept, so that a group's copy of the book stays
//! small.

use crate::agencies::Agency;
use crate::audit::tree::Frontier;
use crate::book::Book;

/// The most keys that are kept; beyond it all are forgotten and read anew.
const KEYS_MAX: usize = 8_192;

/// What is known, and of which log.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The edge of the log, which tells it from every other.
    edge: Option<Frontier>,
    book: Book,
}

impl Kept {
    /// Of an agency, and of nothing else.
    pub(super) fn of(agency: Option<Agency>) -> Self {
        Self { edge: None, book: Book { agency, ..Book::default() } }
    }

    /// What is known, if the log still ends where it was left: a guess until the head is read.
    pub(super) const fn guess(&self) -> &Book {
        &self.book
    }

    /// Whether vouchers were numbered: their programme, its rules, counters and balances are known then, if it is the same.
    pub(super) fn knows_numbers(&self) -> bool {
        self.book.numbers.iter().next().is_some()
    }

    /// Whether it knows more than the agency.
    pub(super) const fn knows_a_log(&self) -> bool {
        self.edge.is_some()
    }

    /// What is known of the log that ends so: of another, nothing. From here on nothing is kept until a batch leaves it.
    pub(super) fn take(&mut self, frontier: &Frontier) -> Book {
        let agency = self.book.agency.clone();
        let kept = std::mem::replace(self, Self::of(agency));
        if kept.edge.as_ref() == Some(frontier) { kept.book } else { Book::default() }
    }

    /// Takes over what a batch knew when it was committed, and the log that it left.
    pub(super) fn leave(&mut self, frontier: Frontier, book: Book) {
        let book = Book {
            agency: book.agency,
            organisations: book.organisations.settled(),
            programmes: book.programmes.settled(),
            rules: book.rules.settled(),
            usages: book.usages.settled(),
            numbers: book.numbers.settled(),
            balances: book.balances.settled(),
            ..Book::default()
        };
        let keys = book.organisations.len() + book.usages.len() + book.balances.len() + book.rules.len();
        *self = if keys <= KEYS_MAX { Self { edge: Some(frontier), book } } else { Self::of(book.agency) };
    }
}
