//! What a claim's backing reads: the evidence that it names, and the invoices that the evidence shows.

use crate::book::{Book, Key, Keys};
use crate::claims::{Claim, WriteClaim};

/// What a claim is written from.
pub(super) fn named(command: &WriteClaim, book: &Book, keys: &mut Keys) {
    for id in command.evidence_ids() {
        keys.insert(Key::Evidence(id));
        let facts = book.evidence.peek(&id).and_then(|evidence| evidence.invoice.as_ref());
        keys.extend(facts.map(|facts| Key::Invoice(facts.number.clone())));
    }
}

/// What a claim takes already.
pub(super) fn taken(claim: &Claim, keys: &mut Keys) {
    keys.extend(claim.invoices.iter().map(|part| Key::Invoice(part.invoice.clone())));
}
