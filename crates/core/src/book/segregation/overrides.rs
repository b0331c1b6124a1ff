//! Caps that are relaxed for one claim or voucher: who proposes that is of its set.

use super::{document, held_voucher, of_claim, of_voucher, parties_of};
use crate::book::{Book, Fault, Key, Keys};
use crate::domain::CreditCode;
use crate::people::Hold;
use crate::programmes::overrides::Overridden;

/// A claim or voucher of which a cap is relaxed.
pub(super) fn keys(of: Overridden, book: &Book, keys: &mut Keys) {
    match of {
        Overridden::Claim(id) => document(id, book, keys),
        Overridden::Voucher(id) => drop(keys.insert(Key::Voucher(id))),
    }
}

/// Those of the claim or voucher of which a cap is relaxed: who proposes that is of its set.
pub(super) fn holds(of: Overridden, book: &Book) -> Result<Vec<Hold>, Fault> {
    match of {
        Overridden::Claim(id) => of_claim(id, book),
        Overridden::Voucher(id) => held_voucher(id, book),
    }
}

/// Whose claim or voucher it is.
pub(super) fn parties(of: Overridden, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    match of {
        Overridden::Claim(id) => parties_of(id, book),
        Overridden::Voucher(id) => of_voucher(id, book),
    }
}
