//! The book: all that rules read, and the one place where effects across nouns are composed.
//!
//! ```text
//! command           the one list of commands: payload, kind in the log, duty, document
//! documents         the one list of documents, and of what the indexes hold
//! commands/         of each command what it reads and what is decided on it, under each other; a file per noun
//! guards/           what commands of several nouns read and refuse alike
//! context           the trait that a command implements; segregation/ who is in the way of an approval
//! simulation/       rules tried on what was decided already
//! effects           what a decision changes; refusal: why there is none; loaded: what the book knows of a key
//! ```
//!
//! Pure. `needs` says which keys a command reads, `decide` answers it from the book under a stamp, and
//! `Book::apply` changes the book by what was decided. A key that was looked for and is not there is
//! *absent*; a key that was not loaded is a [`Fault`], never absent: a decision over the loaded slice is
//! the decision over the whole book.

pub mod command;
mod commands;
mod context;
pub mod documents;
pub mod effects;
mod guards;
mod indexes;
pub mod loaded;
pub mod refusal;
pub mod reversible;
pub mod segregation;
pub mod simulation;

use std::collections::BTreeSet;

pub use command::{Command, Duty, Envelope};
pub use commands::{ROUNDS_MAX, caller, decide, needs};
pub use documents::Document;
pub use effects::{Change, Decision, Effects, Outcome, Transition};
pub use loaded::{Fault, Loaded};
pub use refusal::{AccessError, DateError, Refusal, Stop};

use crate::agencies::Agency;
use crate::domain::dates::Zone;
use crate::domain::{Date, Instant, Money, Month};
use crate::ledger::{BalanceKey, Deltas, LedgerError, MonthlyTurnovers, balances};
pub use crate::reference_rates::RateKey;
use crate::{documents, indexes};

/// A series of running numbers, such as the vouchers of a programme and year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series(pub String);

macro_rules! book {
    (
        { $($document:ident($key:ty) in $documents:ident: $type:ty, $book_key:expr;)* }
        { $($(#[$place:meta])* $index:ident($index_key:ty) in $indexes:ident: $value:ty;)* }
    ) => {
        /// A key of the book.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Key {
            $($document($key),)*
            $($index($index_key),)*
            /// What was posted in each month up to this one.
            Turnovers(Month),
        }

        /// All that rules read of one agency.
        #[derive(Debug, Clone, Default)]
        pub struct Book {
            /// None before its first leaf.
            pub agency: Option<Agency>,
            $(pub $documents: Loaded<$key, $type>,)*
            $($(#[$place])* pub $indexes: Loaded<$index_key, $value>,)*
            /// What was posted in each month: an index of the postings, kept where it is known.
            pub turnovers: MonthlyTurnovers,
        }

        $(impl Document for $type {
            type Key = $key;

            fn book_key(&self) -> $key {
                let key: fn(&Self) -> $key = $book_key;
                key(self)
            }
        })*

        impl Book {
            /// An empty book in which everything that was not put is absent: where a replay begins.
            pub fn complete() -> Self {
                Self {
                    agency: None,
                    $($documents: Loaded::complete(),)*
                    $($indexes: Loaded::complete(),)*
                    turnovers: MonthlyTurnovers::complete(),
                }
            }

            /// Whether a key was looked for.
            pub fn knows(&self, key: &Key) -> bool {
                match key {
                    $(Key::$document(key) => self.$documents.knows(key),)*
                    $(Key::$index(key) => self.$indexes.knows(key),)*
                    Key::Turnovers(month) => self.turnovers.knows(month),
                }
            }

            /// Marks a key as looked for and, unless it was put, not there.
            pub fn looked_for(&mut self, key: Key) {
                match key {
                    $(Key::$document(key) => self.$documents.looked_for(key),)*
                    $(Key::$index(key) => self.$indexes.looked_for(key),)*
                    Key::Turnovers(month) => self.turnovers.looked_for(month),
                }
            }

            /// Puts what was decided, and with a document its place in the indexes that follow it.
            fn put(&mut self, change: Change) -> Result<(), Fault> {
                self.index(&change);
                match change {
                    $(Change::$document(document) => self.$documents.put(document.book_key(), *document),)*
                    Change::Agency(agency) => self.agency = Some(agency),
                    Change::Reversible { sequence, posting } => self.reversible.put(sequence, posting),
                    Change::ContractAllocation { rental, user, contract_use } => {
                        let mut uses = self.uses.get(&rental)?.cloned().unwrap_or_default();
                        uses.insert(user, contract_use);
                        self.uses.put(rental, uses);
                    }
                    Change::LoanAllocation { loan, claim, loan_use } => {
                        self.put_loan_use(loan, claim, *loan_use)?;
                    }
                    Change::Usage { key, used } => self.usages.put(key, used),
                    Change::Number { series, last } => self.numbers.put(series, last),
                }
                Ok(())
            }
        }
    };
}
documents! { indexes book }

/// Keys, each once and in order.
pub type Keys = BTreeSet<Key>;

impl Book {
    /// The business date that a command is decided under, which is recorded at an instant: the agency's. The
    /// first command of a log brings its own agency.
    pub fn business_date(&self, command: &Command, at: Instant) -> Date {
        match (&self.agency, command) {
            (Some(agency), _) => agency.business_date_at(at),
            (None, Command::CreateAgency(c)) => c.business_date.unwrap_or_else(|| at.date_in(c.zone.tz())),
            (None, _) => at.date_in(Zone::default().tz()),
        }
    }

    /// A balance, 0.00 where nothing was posted yet. Fault: not loaded.
    pub fn balance(&self, key: &BalanceKey) -> Result<Money, Fault> {
        Ok(self.balances.get(key)?.copied().unwrap_or_default())
    }

    /// Changes the book by what was decided.
    ///
    /// Fault: a balance that the posting moves was not loaded, or it would break a floor that `decide`
    /// did not see; nothing is changed then.
    pub fn apply(&mut self, effects: &Effects) -> Result<(), Fault> {
        for (key, after) in self.moved(effects)? {
            self.balances.put(key, after);
        }
        if let Some(day) = effects.effective_date {
            let added = self.turnovers.add(Month::of(day), &effects.posting);
            added.map_err(|e| Fault::Broken(e.to_string()))?;
        }
        for change in &effects.changes {
            self.put(change.clone())?;
        }
        Ok(())
    }

    /// The balances after a posting.
    fn moved(&self, effects: &Effects) -> Result<Vec<(BalanceKey, Money)>, Fault> {
        let deltas = Deltas::of(&effects.posting).map_err(|e| Fault::Broken(e.to_string()))?;
        let mut after = Vec::new();
        for (key, delta) in deltas.iter() {
            let balance = balances::moved(key, self.balance(key)?, delta);
            after.push((key.clone(), balance.map_err(|e: LedgerError| Fault::Broken(e.to_string()))?));
        }
        Ok(after)
    }
}
