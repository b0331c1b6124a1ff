//! Values that the database refuses: its SQLSTATE says of which kind they are.
//!
//! Every value is checked before it is sent, so that a refusal shows a check that is missing. It is the request's fault all
//! the same, and no sign that the database is away. The query builder hands on an error's message without its code: the
//! code is noted as it comes in, and found again by the message.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use diesel::result::Error as DieselError;

use super::statement_batch::ROWS_MISSED;

/// How many messages are kept: they are looked for at once.
const KEPT_MAX: usize = 64;
/// By how many bytes messages are told apart.
const TOLD_APART_BYTES: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A character that text cannot hold.
    Text,
    /// A number that is out of range.
    Number,
    /// A day or a time that is out of range.
    Date,
    /// Longer than there is room for.
    Length,
    Form,
}

impl ValueKind {
    const ALL: [Self; 5] = [Self::Text, Self::Number, Self::Date, Self::Length, Self::Form];

    /// Class 22 is what is wrong with a value; of class 54, which is limits, two are met by values that are too large.
    fn of(sqlstate: &str) -> Option<Self> {
        Some(match sqlstate {
            "22021" | "22P05" => Self::Text,
            "22003" | "22012" | "2201E" | "2201F" | "2201W" | "2201X" => Self::Number,
            "22007" | "22008" | "22009" => Self::Date,
            "22001" | "22026" | "54000" | "54001" => Self::Length,
            other if other.starts_with("22") => Self::Form,
            _ => return None,
        })
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Length => "length",
            Self::Form => "form",
        }
    }
}

static KEPT: Mutex<VecDeque<(String, ValueKind)>> = Mutex::new(VecDeque::new());

fn told_apart_by(message: &str) -> &str {
    let end = message.floor_char_boundary(TOLD_APART_BYTES);
    message.get(..end).unwrap_or(message)
}

/// What one connection heard of values that were refused.
#[derive(Debug, Default)]
pub(super) struct Heard(AtomicU8);

impl Heard {
    /// An error that the server sent. A statement of ours that fails itself is about no value.
    pub(super) fn note(&self, sqlstate: &str, message: &str) {
        let Some(kind) = ValueKind::of(sqlstate).filter(|_| !message.contains(ROWS_MISSED)) else { return };
        let place = ValueKind::ALL.iter().zip(1..).find(|(known, _)| **known == kind);
        self.0.store(place.map_or(0, |(_, place)| place), Ordering::Release);
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT_MAX - 1);
        kept.push_front((told_apart_by(message).to_owned(), kind));
    }

    /// What it heard last since this was last asked.
    pub(super) fn take(&self) -> Option<ValueKind> {
        match self.0.swap(0, Ordering::AcqRel) {
            0 => None,
            place => ValueKind::ALL.get(usize::from(place) - 1).copied(),
        }
    }
}

/// Which kind of value it was for which the database refused a statement; none where it was for something else.
pub fn of(error: &(dyn Error + 'static)) -> Option<ValueKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(DieselError::DatabaseError(_, why)) = error.downcast_ref() {
            let message = told_apart_by(why.message());
            let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            return kept.iter().find(|(kept, _)| kept == message).map(|(_, kind)| *kind);
        }
        next = error.source();
    }
    None
}
