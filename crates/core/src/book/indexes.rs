//! Documents that an index of the book follows: put with their place in it, where the index is known.

use super::{Book, Fault, RateKey};
use crate::domain::dated::Dated;
use crate::domain::{ClaimId, LoanId};
use crate::evidence::{Invoice, Statement};
use crate::loans::{BorrowerKey, LoanAllocation};
use crate::payments::PaymentLine;
use crate::prefunds::true_up::TrueUp;
use crate::reference_rates::ReferenceRate;
use crate::vouchers::{Voucher, VoucherStatus};

impl Book {
    /// A line, and its claim in the batch's index, in the order of their ids.
    pub(super) fn put_line(&mut self, line: PaymentLine) {
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
        self.payment_lines.put(line.key(), line);
    }

    /// A true-up, and the reference under which its money came back.
    pub(super) fn put_true_up(&mut self, true_up: TrueUp) {
        if let Some(key) = true_up.reference_key().filter(|key| self.returned_references.get(key).is_ok()) {
            self.returned_references.put(key, true_up.id);
        }
        self.true_ups.put(true_up.id, true_up);
    }

    /// A voucher, and whether it is live in its organisation's index, in the order of their ids.
    pub(super) fn put_voucher(&mut self, voucher: Voucher) {
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
        self.vouchers.put(voucher.id, voucher);
    }

    /// A statement, and its short form among all of the invoice.
    pub(super) fn put_invoice(&mut self, invoice: Invoice) {
        let (number, statement) = (invoice.facts.number.clone(), Statement::from(&invoice));
        if self.statements.get(&number).is_ok() {
            self.statements.alter(number, |all| {
                all.insert(invoice.organisation, statement);
            });
        }
        self.invoices.put(invoice.key(), invoice);
    }

    /// A rate, and its place in its series.
    pub(super) fn put_rate(&mut self, rate: ReferenceRate) {
        let key = RateKey::new(&rate.name, rate.date);
        if self.rate_series.get(&key.name).is_ok() {
            self.rate_series.alter(key.name.clone(), |series| {
                let place = series.partition_point(|known| known.date < rate.date);
                series.insert(place, Dated { date: rate.date, value: rate.percent });
            });
        }
        self.reference_rates.put(key, rate);
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
