//! Vouchers after their issue: cancelled, suspended, reinstated, expired, and reminded of.

use super::vouchers::{conclude, existing, freed};
use crate::book::Key;
use crate::book::context::{Context, Decide, Reads};
use crate::book::effects::{Change, Decision, Effects, Outcome};
use crate::book::guards::cap_usage;
use crate::book::refusal::Stop;
use crate::domain::VoucherId;
use crate::ledger::{Account, Posting};
use crate::vouchers::{ChangeVoucher, ExpireVoucher, RemindVoucher, redemption, rules};

fn read_release(id: VoucherId, reads: &mut Reads<'_>) {
    reads.insert(Key::Voucher(id));
    if let Some(voucher) = reads.book.vouchers.peek(&id) {
        reads.insert(Key::ContractUses(voucher.rental));
        cap_usage::read_released(voucher, reads);
    }
}

/// A voucher is taken back and what is left on it released.
pub(super) struct Cancel<'a>(pub &'a ChangeVoucher);

impl Decide for Cancel<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_release(self.0.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let (voucher, released) = rules::cancel(before, self.0, context.stamp)?;
        let today = context.effective_date(None)?;
        let mut effects = Effects::voucher(Some(before.status), &voucher);
        effects.changes.extend(cap_usage::released(context, &voucher, (released, today))?);
        if voucher.balance.redeemed.is_zero() {
            effects.changes.extend(freed(context, &voucher)?);
        }
        let at = voucher.dimensions(today);
        effects.posting = Posting::release(released, Account::B2003, &at, today.year());
        effects.effective_date = Some(today).filter(|_| !effects.posting.is_empty());
        Ok(conclude(effects, voucher, None))
    }
}

/// A voucher cannot be used for now.
pub(super) struct Suspend<'a>(pub &'a ChangeVoucher);

impl Decide for Suspend<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Voucher(self.0.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let voucher = rules::suspend(before, self.0, context.stamp)?;
        Ok(conclude(Effects::voucher(Some(before.status), &voucher), voucher, None))
    }
}

/// A suspended voucher can be used again.
pub(super) struct Reinstate<'a>(pub &'a ChangeVoucher);

impl Decide for Reinstate<'_> {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Voucher(self.0.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.0.id)?;
        let voucher = rules::reinstate(before, self.0, context.stamp)?;
        Ok(conclude(Effects::voucher(Some(before.status), &voucher), voucher, None))
    }
}

impl Decide for ExpireVoucher {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_release(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let day = context.effective_date(self.as_of)?;
        let (voucher, amount) = redemption::expire(before, day, context.stamp)?;
        let mut effects = Effects::voucher(Some(before.status), &voucher);
        effects.transitions.retain(|_| before.status != voucher.status);
        effects.changes.extend(cap_usage::released(context, &voucher, (amount, day))?);
        effects.posting = Posting::release(amount, Account::B2003, &voucher.dimensions(day), day.year());
        effects.effective_date = Some(day);
        Ok(Decision { effects, outcome: Outcome::Expiry { voucher: Box::new(voucher), amount } })
    }
}

/// A reminder moves no money and no state; the day is looked back from, as of an expiry.
impl Decide for RemindVoucher {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Voucher(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let day = context.effective_date(self.as_of)?;
        let (voucher, amount) = redemption::remind(before, day, self.days, context.stamp)?;
        let changes = vec![Change::Voucher(Box::new(voucher.clone()))];
        let effects = Effects { changes, ..Effects::default() };
        Ok(Decision { effects, outcome: Outcome::Reminder { voucher: Box::new(voucher), amount } })
    }
}
