//! What auditors remark.

use crate::audit_notes::{self, Noted, WriteAuditNote};
use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome};
use crate::book::refusal::Stop;

impl Decide for WriteAuditNote {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::AuditNote(self.id));
        match &self.about {
            Noted::Award(id) => reads.insert(Key::Award(*id)),
            Noted::Claim(id) => reads.insert(Key::Claim(*id)),
            Noted::Leaf(_) => {}
            Noted::Loan(id) => reads.insert(Key::Loan(*id)),
            Noted::Organisation(code) => reads.insert(Key::Organisation(*code)),
            Noted::PaymentBatch(id) => reads.insert(Key::PaymentBatch(*id)),
            Noted::Programme(code) => reads.insert(Key::Programme(code.clone())),
            Noted::Recovery(id) => reads.insert(Key::Recovery(*id)),
            Noted::Rental(id) => reads.insert(Key::Rental(*id)),
            Noted::Voucher(id) => reads.insert(Key::Voucher(*id)),
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let book = context.book;
        let is_there = match &self.about {
            Noted::Award(id) => book.awards.get(id)?.is_some(),
            Noted::Claim(id) => book.claims.get(id)?.is_some(),
            Noted::Leaf(sequence) => *sequence < context.stamp.sequence,
            Noted::Loan(id) => book.loans.get(id)?.is_some(),
            Noted::Organisation(code) => book.organisations.get(code)?.is_some(),
            Noted::PaymentBatch(id) => book.payment_batches.get(id)?.is_some(),
            Noted::Programme(code) => book.programmes.get(code)?.is_some(),
            Noted::Recovery(id) => book.recoveries.get(id)?.is_some(),
            Noted::Rental(id) => book.rentals.get(id)?.is_some(),
            Noted::Voucher(id) => book.vouchers.get(id)?.is_some(),
        };
        found(is_there.then_some(&()))?;
        let note = audit_notes::write(self, context.actor, context.stamp);
        let effects = Effects::from(Change::AuditNote(Box::new(note.clone())));
        Ok(Decision { effects, outcome: Outcome::AuditNote(Box::new(note)) })
    }
}
