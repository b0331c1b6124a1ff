//! Recoveries, and what one for fraud does to the organisation.

use crate::book::context::{Context, Decide, Reads, found, named, not_before};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::cap_usage;
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::Claim;
use crate::domain::{Date, Money, ProgrammeCode, RecoveryId};
use crate::ledger::{Account, BalanceKey, Posting};
use crate::organisations::{ChangeStanding, Standing, rules as organisations};
use crate::recoveries::{
    ApproveRecovery, ProposeRecovery, ReceiveRecovery, Recovery, RecoveryStatus, RejectRecovery,
    WriteOffRecovery, rules,
};
use crate::vouchers::{ChangeVoucher, rules as vouchers};

impl Decide for ProposeRecovery {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Recovery(self.id), Key::Claim(self.claim)]);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let claim = named(context.book.claims.get(&self.claim)?, "/claim_id")?;
        rules::within(self.amount.money(), rules::outstanding_of(claim)?)?;
        if let Some(day) = self.effective_date {
            context.effective_date(Some(day))?;
            not_before(day, claim.paid_on)?;
        }
        let recovery = rules::propose(self, claim, context.actor, context.stamp);
        Ok(conclude(Effects::default(), None, recovery?))
    }
}

pub(super) fn read<'a>(id: RecoveryId, reads: &mut Reads<'a>) -> Option<&'a Recovery> {
    reads.insert(Key::Recovery(id));
    reads.book.recoveries.peek(&id)
}

pub(super) fn existing(context: Context<'_>, id: RecoveryId) -> Result<&Recovery, Stop> {
    let recovery = found(context.book.recoveries.get(&id)?)?;
    context.same_version(&recovery.revision)?;
    Ok(recovery)
}

pub(super) fn read_balances(accounts: &[Account], programme: &ProgrammeCode, reads: &mut Reads<'_>) {
    reads.extend(accounts.iter().map(|account| Key::Balance(BalanceKey::of(*account, programme))));
}

impl Decide for ApproveRecovery {
    fn needs(&self, reads: &mut Reads<'_>) {
        let Some(recovery) = read(self.id, reads) else { return };
        reads.insert(Key::Claim(recovery.claim));
        read_owed(recovery, reads);
        if recovery.fraud {
            let organisation = recovery.organisation;
            reads.extend([Key::Organisation(organisation), Key::LiveVouchers(organisation)]);
            let live = reads.book.live_vouchers.peek(&organisation).into_iter().flatten();
            reads.extend(live.copied().map(Key::Voucher));
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::in_state(before, RecoveryStatus::Proposed)?;
        context.may_approve()?;
        let day = context.effective_date(before.effective_date)?;
        not_before(day, Some(before.paid_on))?;
        let lost = || Fault::Broken(format!("recovery {} has lost its claim", before.id));
        let claim = context.book.claims.get(&before.claim)?.ok_or_else(lost)?;
        rules::same_class(before, claim)?;
        rules::within(before.amount, rules::outstanding_of(claim)?)?;
        let recovery = rules::approve(before, day, context.actor, context.stamp);
        let recovered = claim.recovered.plus(recovery.amount)?;
        let revision = claim.revision.next(context.stamp);
        let claim = Claim { recovered, revision, ..claim.clone() };
        let mut effects = Effects::from(Change::Claim(Box::new(claim)));
        effects.posting =
            Posting::recovery(&recovery.owed, rules::credited(&recovery), &recovery.dimensions());
        effects.effective_date = Some(day);
        if recovery.fraud {
            blocked(context, &recovery, &mut effects)?;
        }
        Ok(conclude(effects, Some(before.status), recovery))
    }
}

fn read_owed(recovery: &Recovery, reads: &mut Reads<'_>) {
    let accounts = [Account::F1212, recovery.class.given_up(), Account::F2103];
    read_balances(&accounts, &recovery.programme, reads);
    // of a grant the payee is who applied
    let credited = recovery.class.expense();
    reads.insert(Key::Balance(BalanceKey::kept(credited, &recovery.programme, recovery.organisation)));
}

/// Nothing is asked back: neither who proposed it nor who proposed another of the claim in vain says so.
impl Decide for RejectRecovery {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Recovery(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::in_state(before, RecoveryStatus::Proposed)?;
        context.may_approve()?;
        let recovery = rules::reject(before, self.reason, context.actor, context.stamp);
        Ok(conclude(Effects::default(), Some(before.status), recovery))
    }
}

/// The organisation blocked, and its live vouchers suspended.
fn blocked(context: Context<'_>, recovery: &Recovery, effects: &mut Effects) -> Result<(), Stop> {
    let (credit_code, reason) = (recovery.organisation, recovery.reason);
    let lost = || Fault::Broken(format!("{credit_code} has a claim and is not registered"));
    let before = context.book.organisations.get(&credit_code)?.ok_or_else(lost)?;
    if before.status == Standing::Active {
        let command = ChangeStanding { credit_code, reason };
        let after = organisations::change_standing(before, &command, Standing::Blocked, context.stamp);
        let step = Transition::new("organisation", &credit_code, Some(before.status), after.status);
        effects.transitions.push(step);
        effects.changes.push(Change::Organisation(Box::new(after)));
    }
    for id in context.book.live_vouchers.get(&credit_code)?.into_iter().flatten() {
        let lost = || Fault::Broken(format!("voucher {id} is live and gone"));
        let before = context.book.vouchers.get(id)?.ok_or_else(lost)?;
        let after = vouchers::suspend(before, &ChangeVoucher { id: *id, reason }, context.stamp)?;
        effects.transitions.push(Transition::new("voucher", id, Some(before.status), after.status));
        effects.changes.push(Change::Voucher(Box::new(after)));
    }
    Ok(())
}

/// The keys of a receipt, and of its reversal.
pub(super) fn read_receipt(id: RecoveryId, reads: &mut Reads<'_>) {
    use Account::{B2001, B2008, F1212, F2103, F4001, Y6001, Y7101};
    if let Some(recovery) = read(id, reads) {
        read_balances(&[B2001, B2008, F1212, F2103, F4001, Y6001, Y7101], &recovery.programme, reads);
        read_freed(recovery, reads);
    }
}

impl Decide for ReceiveRecovery {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_receipt(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::receivable(before)?;
        rules::unrecorded(before, &self.bank_reference)?;
        let day = context.effective_date(Some(self.date))?;
        not_before(day, before.decided_on)?;
        let outstanding = rules::outstanding(before)?;
        rules::within(self.amount.money(), outstanding)?;
        let (recovery, parts) = rules::received(before, self, context.stamp)?;
        let at = recovery.dimensions();
        let posting = rules::receipt_posting(&recovery, &parts, day, &at);
        let changes = came_in(context, before, None, (self.amount.money(), day))?;
        let effects = Effects { changes, posting, effective_date: Some(day), ..Effects::default() };
        Ok(conclude(effects, Some(before.status), recovery))
    }
}

/// The keys of [`came_in`].
pub(super) fn read_freed(recovery: &Recovery, reads: &mut Reads<'_>) {
    reads.insert(Key::Claim(recovery.claim));
    if let Some(claim) = reads.book.claims.peek(&recovery.claim) {
        cap_usage::read_counted(claim, claim.approved_on, reads);
    }
}

/// What the caps count once money of a recovery came in, or went out again where it is below zero: its claim is free of
/// it. What was got by fraud stays counted. `changed` is the claim where the same step changed it already.
pub(super) fn came_in(
    context: Context<'_>,
    recovery: &Recovery,
    changed: Option<Claim>,
    (amount, day): (Money, Date),
) -> Result<Vec<Change>, Stop> {
    if recovery.fraud {
        return Ok(changed.map(|claim| Change::Claim(Box::new(claim))).into_iter().collect());
    }
    let lost = || Fault::Broken(format!("recovery {} has lost its claim", recovery.id));
    let claim = match changed {
        Some(claim) => claim,
        None => context.book.claims.get(&recovery.claim)?.ok_or_else(lost)?.clone(),
    };
    let less = amount.negated()?;
    let mut changes = cap_usage::counted(context, &claim, claim.approved_on, (less, day))?;
    let freed = claim.freed.plus(amount)?;
    let revision = claim.revision.next(context.stamp);
    changes.push(Change::Claim(Box::new(Claim { freed, revision, ..claim })));
    Ok(changes)
}

/// The keys of a write-off, and of its reversal.
pub(super) fn read_write_off(id: RecoveryId, reads: &mut Reads<'_>) {
    if let Some(recovery) = read(id, reads) {
        read_owed(recovery, reads);
    }
}

impl Decide for WriteOffRecovery {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_write_off(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::in_state(before, RecoveryStatus::Approved)?;
        context.may_approve()?;
        let day = context.effective_date(None)?;
        let recovery = rules::written_off(before, context.stamp)?;
        let posting = Posting::write_off(&before.owed, rules::given_up(before), &before.dimensions());
        let effects = Effects { posting, effective_date: Some(day), ..Effects::default() };
        Ok(conclude(effects, Some(before.status), recovery))
    }
}

pub(super) fn conclude(mut effects: Effects, from: Option<RecoveryStatus>, recovery: Recovery) -> Decision {
    if from != Some(recovery.status) {
        effects.transitions.push(Transition::new("recovery", &recovery.id, from, recovery.status));
    }
    effects.changes.push(Change::Recovery(Box::new(recovery.clone())));
    Decision { effects, outcome: Outcome::Recovery(Box::new(recovery)) }
}
