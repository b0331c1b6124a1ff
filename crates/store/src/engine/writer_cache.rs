//! What batches left of the book that the next ones mostly need again: programmes and their rules, parties, counters,
//! balances.
//!
//! The book is a function of the log. While the head is the one that this process left, what its last batch knew is still
//! so, and need not be read again. Under any other head all of it is forgotten: another process wrote, or the database
//! was restored. Documents that come once are not kept, so that a group's copy of the book stays small.

use super::store::Head;
use subsidy_core::agencies::Agency;
use subsidy_core::audit::tree::Frontier;
use subsidy_core::book::Book;

/// The most keys that are kept; beyond it all are forgotten and read anew.
const KEYS_MAX: usize = 8_192;

/// What is known, and of which log.
#[derive(Debug, Default)]
pub struct WriterCache {
    /// The head, whose frontier tells the log from every other.
    head: Option<Head>,
    book: Book,
    /// Whether nobody else wrote between the last two batches.
    alone: bool,
}

impl WriterCache {
    /// Of an agency, and of nothing else.
    pub fn of(agency: Option<Agency>) -> Self {
        Self { head: None, book: Book { agency, ..Book::default() }, alone: false }
    }

    /// What is known, if the log still ends where it was left: a guess until the head is read.
    pub const fn cached(&self) -> &Book {
        &self.book
    }

    /// Whether vouchers were numbered: their programme, its rules, counters and balances are known then, if it is the same.
    pub fn knows_numbers(&self) -> bool {
        self.book.numbers.iter().next().is_some()
    }

    /// Whether it knows more than the agency.
    pub const fn knows_a_log(&self) -> bool {
        self.head.is_some()
    }

    /// The head, where it is likely that nobody else moved it.
    pub fn unmoved(&self) -> Option<&Head> {
        self.head.as_ref().filter(|_| self.alone)
    }

    /// The connection changes, and with it perhaps the database: the next batch looks at the head under its lock.
    pub const fn mark_stale(&mut self) {
        self.alone = false;
    }

    /// What is known of the log that ends so: of another, nothing. From here on nothing is kept until a batch leaves it.
    pub fn take(&mut self, frontier: &Frontier) -> Book {
        let agency = self.book.agency.clone();
        let kept = std::mem::replace(self, Self::of(agency));
        self.alone = kept.head.is_some_and(|head| head.frontier == *frontier);
        if self.alone { kept.book } else { Book::default() }
    }

    /// Takes over what a batch knew when it was committed, and the log that it left.
    pub fn store(&mut self, head: Head, book: Book) {
        let head = Head { agency: book.agency.clone(), ..head };
        let book = Book {
            agency: book.agency,
            people: book.people.settled(),
            organisations: book.organisations.settled(),
            programmes: book.programmes.settled(),
            rules: book.rules.settled(),
            usages: book.usages.settled(),
            numbers: book.numbers.settled(),
            balances: book.balances.settled(),
            ..Book::default()
        };
        let keys = book.people.len()
            + book.organisations.len()
            + book.usages.len()
            + book.balances.len()
            + book.rules.len();
        *self = if keys <= KEYS_MAX {
            Self { head: Some(head), book, alone: self.alone }
        } else {
            Self::of(book.agency)
        };
    }
}
