//! What a command's two functions have at hand: what it reads from, and what it decides with.

use super::effects::Decision;
use super::refusal::{AccessError, DateError, Stop};
use super::segregation::{self, InTheWay};
use super::{Book, Envelope, Fault, Key, Keys};
use crate::agencies::Agency;
use crate::domain::{Actor, CreditCode, Date, Month, Revision, Role, Sequence, Stamp};

/// A command: which keys it reads, and what is decided on it.
pub(super) trait Decide {
    /// Asks for the keys that `decide` reads, as far as the book shows them already.
    fn needs(&self, _: &mut Reads<'_>) {}

    /// Guards first, in the order in which callers are told: not found, other version, other state, same person, date,
    /// rule. A function of the book, the command and the stamp, and of nothing else.
    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop>;
}

/// The keys that a command asks for, beside the book as it is loaded so far.
#[derive(Debug)]
pub(super) struct Reads<'a> {
    pub(super) book: &'a Book,
    pub(super) today: Date,
    keys: Keys,
}

impl<'a> Reads<'a> {
    pub(super) const fn new(book: &'a Book, today: Date, keys: Keys) -> Self {
        Self { book, today, keys }
    }

    pub(super) fn insert(&mut self, key: Key) {
        self.keys.insert(key);
    }

    pub(super) fn extend(&mut self, keys: impl IntoIterator<Item = Key>) {
        self.keys.extend(keys);
    }

    pub(super) fn into_keys(self) -> Keys {
        self.keys
    }
}

/// What every decision has at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) book: &'a Book,
    pub(super) envelope: &'a Envelope,
    pub(super) actor: &'a Actor,
    pub(super) if_match: Option<Sequence>,
    pub(super) stamp: &'a Stamp,
}

impl<'a> Context<'a> {
    pub(super) fn agency(&self) -> Result<&'a Agency, Stop> {
        self.book
            .agency
            .as_ref()
            .ok_or_else(|| Fault::Broken("the agency has no first leaf".to_owned()).into())
    }

    /// The document is the version that the caller saw.
    pub(super) fn same_version(&self, revision: &Revision) -> Result<(), AccessError> {
        match self.if_match {
            Some(seen) if seen != revision.version => {
                Err(AccessError::VersionConflict { version: Some(revision.version) })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A document that does not exist yet has no version that a caller could have seen.
    pub(super) fn no_version(&self) -> Result<(), AccessError> {
        if self.if_match.is_some() { Err(AccessError::VersionConflict { version: None }) } else { Ok(()) }
    }

    /// Four eyes: the document is not that of the caller's organisation, and the caller is not in its set.
    pub(super) fn may_approve(&self) -> Result<(), Stop> {
        segregation::impartial(self.book, self.envelope)?;
        let (command, subject) = (&self.envelope.command, &self.actor.subject);
        match segregation::in_the_way(self.book, command, subject, self.stamp.sequence)? {
            Some(InTheWay { part, .. }) => {
                Err(AccessError::SamePerson { role: part.role().to_owned() }.into())
            }
            None => Ok(()),
        }
    }

    /// Whether the caller may act for an organisation: an officer for any, an enterprise for its own.
    pub(super) fn acts_for(&self, organisation: CreditCode) -> bool {
        self.actor.has(Role::Officer)
            || self.actor.has(Role::Enterprise) && self.actor.organisation == Some(organisation)
    }

    /// The day a posting counts from. A closed month takes none: that is said before anything else about the day.
    pub(super) fn effective_date(&self, asked: Option<Date>) -> Result<Date, DateError> {
        let business_date = self.stamp.business_date;
        let period = Month::of(asked.unwrap_or(business_date));
        if self.book.agency.as_ref().is_some_and(|agency| agency.is_closed(period)) {
            return Err(DateError::PeriodClosed { period });
        }
        match asked {
            Some(effective_date) if effective_date > business_date => {
                Err(DateError::EffectiveDateInFuture { effective_date, business_date })
            }
            Some(effective_date) => Ok(effective_date),
            None => Ok(business_date),
        }
    }
}

/// A document that the path names, or 404.
pub(super) fn found<T>(document: Option<&T>) -> Result<&T, AccessError> {
    document.ok_or(AccessError::NotFound { pointer: None })
}

/// A document that a member of the body names, or 404 pointing at it.
pub(super) fn named<'a, T>(document: Option<&'a T>, pointer: &str) -> Result<&'a T, AccessError> {
    document.ok_or_else(|| AccessError::NotFound { pointer: Some(pointer.to_owned()) })
}

/// A day that lies before what it rests on would make the books of that day wrong.
pub(super) fn not_before(day: Date, earliest: Option<Date>) -> Result<(), DateError> {
    match earliest {
        Some(earliest) if day < earliest => {
            Err(DateError::EffectiveDateTooEarly { effective_date: day, earliest })
        }
        Some(_) | None => Ok(()),
    }
}
