//! What commands on reversals read.

use super::{budget, payments, prefunds, recoveries};
use crate::book::{Book, Key, Keys};
use crate::domain::Sequence;
use crate::payments::LineKey;
use crate::reversals::Made;

/// The posting, what it was made for, and the balances that its opposite moves.
pub(super) fn reversal(sequence: Sequence, book: &Book, keys: &mut Keys) {
    keys.extend([Key::Reversal(sequence), Key::Reversible(sequence)]);
    match book.reversible.peek(&sequence).map(|posting| &posting.made) {
        None => {}
        Some(Made::BudgetChange(id)) => {
            keys.insert(Key::BudgetChange(*id));
            if let Some(change) = book.budget_changes.peek(id) {
                budget(&change.programme, keys);
            }
        }
        Some(Made::Payment { batch, claim }) => {
            payments::line(LineKey { batch: *batch, claim: *claim }, book, keys);
        }
        Some(Made::Prefund(id)) => prefunds::reverse(*id, book, keys),
        Some(Made::Deduction { claim }) => {
            keys.insert(Key::Claim(*claim));
            if let Some(claim) = book.claims.peek(claim) {
                prefunds::undeduct(claim, keys);
            }
        }
        Some(Made::Receipt { recovery, .. }) => recoveries::receive(*recovery, book, keys),
        Some(Made::WriteOff { recovery, .. }) => recoveries::write_off(*recovery, book, keys),
    }
}
