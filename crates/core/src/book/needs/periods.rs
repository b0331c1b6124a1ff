//! What commands on periods read.

use crate::book::{Book, Key, Keys};
use crate::domain::Month;
use crate::periods::rules::first_closed;

/// The month, what was posted up to it, and the months that it closes beside itself.
pub(super) fn close(month: Month, book: &Book, keys: &mut Keys) {
    keys.extend([Key::Period(month), Key::Turnovers(month)]);
    let Some(agency) = &book.agency else { return };
    if let Some(mut posted) = book.turnovers.through(month) {
        let first = first_closed(agency, month, posted.next().map(|(month, _)| month));
        keys.extend(first.through(month).map(Key::Period));
    }
}

/// The month, and every one after it that is closed.
pub(super) fn reopen(month: Month, book: &Book, keys: &mut Keys) {
    keys.extend([Key::Period(month.previous()), Key::Period(month)]);
    if let Some(last) = book.agency.as_ref().and_then(|agency| agency.closed_through) {
        keys.extend(month.through(last).map(Key::Period));
    }
}
