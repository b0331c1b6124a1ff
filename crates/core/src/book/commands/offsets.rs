//! Offsets: what is due of a claim, kept for a recovery.

use super::payments::backed;
use super::recoveries;
use crate::book::context::{Context, Decide, Reads, named, not_before};
use crate::book::effects::{Decision, Effects};
use crate::book::guards::backing;
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::payable;
use crate::ledger::{Account, BalanceKey, Posting};
use crate::payments::rules as payments;
use crate::recoveries::{OffsetRecovery, rules};

impl Decide for OffsetRecovery {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Claim(self.claim));
        if let Some(claim) = reads.book.claims.peek(&self.claim) {
            reads.insert(Key::Balance(payable::owed(claim)));
            backing::read(claim, reads);
            reads.insert(Key::Balance(BalanceKey::of(Account::B2007, &claim.programme)));
        }
        if let Some(recovery) = recoveries::read(self.id, reads) {
            recoveries::read_freed(recovery, reads);
            recoveries::read_balances(&[Account::B2001, Account::F1212], &recovery.programme, reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = recoveries::existing(context, self.id)?;
        rules::receivable(before)?;
        let claim = named(context.book.claims.get(&self.claim)?, "/claim_id")?;
        payments::payable(claim)?;
        backed(context, claim, Some("/claim_id".to_owned()))?;
        context.may_approve()?;
        let day = context.effective_date(self.effective_date)?;
        not_before(day, before.decided_on.max(payable::newest_day(claim)))?;
        let lost = || Fault::Broken(format!("recovery {} has lost its claim", before.id));
        let of = context.book.claims.get(&before.claim)?.ok_or_else(lost)?;
        rules::offsettable(before, (claim, of), day)?;
        let due = payable::payable(claim)?;
        let most = due.min(rules::outstanding(before)?);
        let amount = self.amount.map_or(most, |amount| amount.money());
        rules::within(amount, most)?;
        let offset = rules::offset(before, claim, (amount, day), context.stamp)?;
        let mut effects = Effects::claim(Some(claim.status), &offset.claim);
        effects.transitions.retain(|_| claim.status != offset.claim.status);
        // what is kept came in; a claim may be kept for a recovery of its own
        let own = (claim.id == of.id).then(|| offset.claim.clone());
        if own.is_some() {
            effects.changes.clear();
        }
        effects.changes.extend(recoveries::came_in(context, before, own, (amount, day))?);
        let (from, to) = (claim.dimensions(), before.dimensions());
        effects.posting = Posting::offset((&offset.due, &from, claim.payee), (&offset.owed, &to));
        effects.effective_date = Some(day);
        Ok(recoveries::conclude(effects, Some(before.status), offset.recovery))
    }
}
