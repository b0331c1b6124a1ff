//! Indexes that follow documents of the book: kept up where they are known.

use super::{Book, Change, Fault};
use crate::claims::{Claim, ClaimStatus};
use crate::domain::dated::Dated;
use crate::domain::{ClaimId, LoanId};
use crate::evidence::{Invoice, Statement};
use crate::loans::{BorrowerKey, LoanAllocation};
use crate::payments::PaymentLine;
use crate::prefunds::true_up::TrueUp;
use crate::reference_rates::ReferenceRate;
use crate::role_grants::{HeldRole, RoleGrant};
use crate::tags::{HeldTag, Tag, TagStatus};
use crate::vouchers::{Voucher, VoucherStatus};

impl Book {
    /// Puts a document's place in the indexes that follow it, before the document itself.
    pub(super) fn index(&mut self, change: &Change) {
        match change {
            Change::Programme(p) => self.programme_codes.put(p.code.folded(), p.code.clone()),
            Change::Rental(r) => self.contracts.put(r.contract(), r.id),
            Change::Loan(l) => self.loan_keys.put(l.key(), l.id),
            Change::ReferenceRate(rate) => self.index_rate(rate),
            Change::Invoice(invoice) => self.index_invoice(invoice),
            Change::TrueUp(true_up) => self.index_true_up(true_up),
            Change::Voucher(voucher) => self.index_voucher(voucher),
            Change::Claim(claim) => self.index_payable(claim),
            Change::PaymentLine(line) => self.index_line(line),
            Change::Tag(tag) => self.index_tag(tag),
            Change::RoleGrant(grant) => self.index_role(grant),
            _ => {}
        }
    }

    /// A line's claim in the batch's index, in the order of their ids, and the reference that it was paid under.
    fn index_line(&mut self, line: &PaymentLine) {
        if let Ok(claims) = self.batch_claims.get(&line.batch) {
            let mut claims = claims.cloned().unwrap_or_default();
            if let Err(at) = claims.binary_search(&line.claim) {
                claims.insert(at, line.claim);
                self.batch_claims.put(line.batch, claims);
            }
        }
        let before = self.payment_lines.peek(&line.key()).and_then(|before| before.reference_key.clone());
        if before != line.reference_key {
            for (key, used) in [(before, false), (line.reference_key.clone(), true)] {
                let Some(key) = key.filter(|key| self.paid_references.get(key).is_ok()) else { continue };
                self.paid_references.alter(key, |lines| {
                    if used {
                        lines.insert(line.key())
                    } else {
                        lines.remove(&line.key())
                    };
                });
            }
        }
    }

    /// Whether a claim waits for its payment in no batch.
    fn index_payable(&mut self, claim: &Claim) {
        let waits = claim.status == ClaimStatus::Approved && claim.batch.is_none();
        let known = self.payable_claims.get(&()).ok();
        let listed = known.map(|known| known.is_some_and(|ids| ids.contains(&claim.id)));
        if listed.is_some_and(|listed| listed != waits) {
            self.payable_claims.alter((), |ids| {
                if waits {
                    ids.insert(claim.id)
                } else {
                    ids.remove(&claim.id)
                };
            });
        }
    }

    /// The reference under which a true-up's money came back.
    fn index_true_up(&mut self, true_up: &TrueUp) {
        if let Some(key) = true_up.reference_key().filter(|key| self.returned_references.get(key).is_ok()) {
            self.returned_references.put(key, true_up.id);
        }
    }

    /// Whether a voucher is live in its organisation's index, in the order of their ids.
    fn index_voucher(&mut self, voucher: &Voucher) {
        let live = matches!(voucher.status, VoucherStatus::Issued | VoucherStatus::PartlyRedeemed);
        let known = self.live_vouchers.get(&voucher.organisation).ok();
        let listed = known.map(|known| known.is_some_and(|ids| ids.contains(&voucher.id)));
        if listed.is_some_and(|listed| listed != live) {
            self.live_vouchers.alter(voucher.organisation, |ids| {
                if live {
                    ids.insert(voucher.id)
                } else {
                    ids.remove(&voucher.id)
                };
            });
        }
    }

    /// A statement's short form among all of the invoice.
    fn index_invoice(&mut self, invoice: &Invoice) {
        let (number, statement) = (invoice.facts.number.clone(), Statement::from(invoice));
        if self.statements.get(&number).is_ok() {
            self.statements.alter(number, |all| {
                all.insert(invoice.organisation, statement);
            });
        }
    }

    /// What an approved tag says, among all of whom or what it names.
    fn index_tag(&mut self, tag: &Tag) {
        if tag.status == TagStatus::Approved && self.tags_of.get(&tag.subject).is_ok() {
            self.tags_of.alter(tag.subject, |held| drop(held.insert(tag.id, HeldTag::from(tag))));
        }
    }

    /// What a grant that waits or counts says, among all of the person's.
    fn index_role(&mut self, grant: &RoleGrant) {
        let person = grant.subject.folded();
        if self.roles_of.get(&person).is_ok() {
            self.roles_of.alter(person, |held| {
                match HeldRole::of(grant) {
                    Some(role) => held.insert(grant.id, role),
                    None => held.remove(&grant.id),
                };
            });
        }
    }

    /// A rate's place in its series.
    fn index_rate(&mut self, rate: &ReferenceRate) {
        let name = rate.name.folded();
        if self.rate_series.get(&name).is_ok() {
            self.rate_series.alter(name, |series| {
                let place = series.partition_point(|known| known.date < rate.date);
                series.insert(place, Dated { date: rate.date, value: rate.percent });
            });
        }
    }

    /// A claim on a loan, and what it holds while it counts.
    pub(super) fn put_loan_use(
        &mut self,
        loan: LoanId,
        claim: ClaimId,
        new: LoanAllocation,
    ) -> Result<(), Fault> {
        let key = BorrowerKey { programme: new.programme.clone(), organisation: new.organisation };
        if self.holdings.get(&key).is_ok() {
            self.holdings.alter(key, |holdings| {
                if new.live {
                    holdings.insert(claim, new.principal.clone())
                } else {
                    holdings.remove(&claim)
                };
            });
        }
        let mut uses = self.loan_uses.get(&loan)?.cloned().unwrap_or_default();
        uses.insert(claim, new);
        self.loan_uses.put(loan, uses);
        Ok(())
    }
}
