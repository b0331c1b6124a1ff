//! What a claim's backing reads: the evidence that it names, and what its organisation says of the invoices that the
//! evidence shows. And what evidence reads of claims: those that a red invoice leaves without backing.

use crate::people::Matter;
use sha2::{Digest, Sha256};

use crate::book::{Book, Key, Keys};
use crate::claims::{Claim, WriteClaim};
use crate::domain::{ClaimId, EvidenceId, RecoveryId};
use crate::evidence::{ConfirmInvoice, Evidence, InvoiceKey, RegisterEvidence};

fn shown(evidence: &Evidence) -> Option<InvoiceKey> {
    let number = evidence.invoice.as_ref()?.number.clone();
    Some(InvoiceKey { organisation: evidence.organisation, number })
}

/// What a claim is written from.
pub(super) fn named(command: &WriteClaim, book: &Book, keys: &mut Keys) {
    for id in command.evidence_ids() {
        keys.insert(Key::Evidence(id));
        keys.extend(book.evidence.peek(&id).and_then(shown).map(Key::Invoice));
    }
}

/// What a claim takes already.
pub(super) fn taken(claim: &Claim, keys: &mut Keys) {
    let invoices = claim.invoices.iter().map(|part| part.invoice.clone());
    keys.extend(invoices.map(|number| Key::Invoice(InvoiceKey { organisation: claim.organisation, number })));
}

/// What others say of the invoices that a claim takes.
pub(super) fn contradicted(id: ClaimId, book: &Book, keys: &mut Keys) {
    let invoices = book.claims.peek(&id).into_iter().flat_map(|claim| &claim.invoices);
    keys.extend(invoices.map(|part| Key::Statements(part.invoice.clone())));
}

/// A file, what is known of its invoice, and where that is a red one its original and the claims that rest on it.
pub(super) fn brought(command: &RegisterEvidence, book: &Book, keys: &mut Keys) {
    keys.extend([Key::Evidence(command.id), Key::Organisation(command.organisation)]);
    let Some(facts) = &command.invoice else { return };
    let key = |number| InvoiceKey { organisation: command.organisation, number };
    let own = key(facts.number.clone());
    let known = book.invoices.peek(&own).and_then(|known| known.facts.original.clone());
    keys.insert(Key::Invoice(own));
    for original in [facts.original.clone(), known].into_iter().flatten().map(key) {
        let holds = book.invoices.peek(&original).into_iter().flat_map(|invoice| &invoice.holds);
        for hold in holds {
            keys.insert(Key::Claim(hold.claim));
            let recovery = claim_asked_back(command.id, hold.claim);
            keys.extend([Key::Recovery(recovery), Key::Participants(Matter::recovery(recovery))]);
        }
        keys.insert(Key::Invoice(original));
    }
}

/// A statement that an officer confirms, and those that contradict it.
pub(super) fn confirmed(command: &ConfirmInvoice, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Evidence(command.evidence));
    if let Some(key) = book.evidence.peek(&command.evidence).and_then(shown) {
        keys.extend([Key::Statements(key.number.clone()), Key::Invoice(key)]);
    }
}

/// The id of the recovery that a red invoice's file makes of a claim: the same at every replay.
pub fn claim_asked_back(evidence: EvidenceId, claim: ClaimId) -> RecoveryId {
    let digest = Sha256::new().chain_update(evidence.uuid()).chain_update(claim.uuid()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    RecoveryId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
