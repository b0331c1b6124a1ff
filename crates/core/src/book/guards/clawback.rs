//! What was paid of a claim on invoices that red invoices took back: a recovery is proposed of it, for two people to
//! decide.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::book::context::{Context, Reads};
use crate::book::effects::{Change, Effects, Transition};
use crate::book::guards::backing;
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::{Claim, payable};
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{ClaimId, Line, Money, PaymentBatchId, RecoveryId, TextHash};
use crate::people::Matter;
use crate::recoveries::{ProposeRecovery, RecoveryStatus, rules as recoveries};

/// The id of the recovery that a file or a payment batch makes of a claim: the same at every replay.
pub(crate) fn id(cause: Uuid, claim: ClaimId) -> RecoveryId {
    RecoveryId::new(made(cause, claim.uuid()))
}

/// The id of what one document makes of another.
pub(crate) fn made(cause: Uuid, of: Uuid) -> Uuid {
    let digest = Sha256::new().chain_update(cause).chain_update(of).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The keys of [`propose`].
pub(crate) fn read(id: RecoveryId, reads: &mut Reads<'_>) {
    reads.extend([Key::Recovery(id), Key::Participants(Matter::recovery(id))]);
}

/// CNY of a claim that rested on a part of its invoices.
pub(crate) fn share(claim: &Claim, part: Money) -> Result<Money, OutOfRange> {
    share_of(claim.amount, part, Money::sum(claim.invoices.iter().map(|part| part.amount))?)
}

/// The part of an amount that rested on a part of its base, rounded half up to the fen; nothing of an empty base.
fn share_of(amount: Money, part: Money, whole: Money) -> Result<Money, OutOfRange> {
    let product = i128::from(amount.fen()) * i128::from(part.fen());
    // twice the product of two i64 and one of them fit an i128
    let twice = 2 * product + i128::from(whole.fen());
    let rounded = twice.checked_div_euclid(2 * i128::from(whole.fen())).unwrap_or(0);
    i64::try_from(rounded).map(Money::from_fen).map_err(|_| OutOfRange)
}

/// A recovery to be decided of an amount that was paid, where it is above zero. `number` is its decision's.
pub(crate) fn propose(
    context: Context<'_>,
    claim: &Claim,
    (id, amount): (RecoveryId, Money),
    (number, reason): (&str, TextHash),
    effects: &mut Effects,
) -> Result<(), Stop> {
    let Some(amount) = Amount::of(amount) else { return Ok(()) };
    let decision_no = Line::parse(number).map_err(|error| Fault::Broken(error.to_string()))?;
    let (fraud, effective_date) = (false, None);
    let proposal =
        ProposeRecovery { id, claim: claim.id, amount, decision_no, reason, fraud, effective_date };
    let recovery = recoveries::propose(&proposal, claim, context.actor, context.stamp)?;
    effects.transitions.push(Transition::new("recovery", &recovery.id, None, RecoveryStatus::Proposed));
    effects.changes.push(Change::Recovery(Box::new(recovery)));
    Ok(())
}

/// The keys of [`paid_without_backing`].
pub(crate) fn read_paid((batch, claim): (PaymentBatchId, ClaimId), reads: &mut Reads<'_>) {
    if let Some(known) = reads.book.claims.peek(&claim) {
        backing::read(known, reads);
    }
    read(id(batch.uuid(), claim), reads);
}

/// A red invoice came after the bank had its file: the bank paid what rests on nothing, and a recovery of it is proposed.
/// What was settled before this payment was asked back when the red invoice came.
pub(crate) fn paid_without_backing(
    context: Context<'_>,
    (batch, claim): (PaymentBatchId, ClaimId),
    effects: &mut Effects,
) -> Result<(), Stop> {
    let Some(before) = context.book.claims.get(&claim)? else { return Ok(()) };
    let withdrawn = Money::sum(backing::withdrawn(context, before)?.into_values())?;
    let Some(reason) = backing::reversal(context, before)?.filter(|_| withdrawn.is_positive()) else {
        return Ok(());
    };
    let paid = effects.changes.iter().find_map(|change| match change {
        Change::Claim(claim) => Some(claim.as_ref().clone()),
        _ => None,
    });
    let Some(after) = paid else { return Ok(()) };
    let share = share(&after, withdrawn)?;
    let asked = share.min(payable::received(before)?);
    let amount = share.min(payable::received(&after)?).minus(asked)?;
    let id = id(batch.uuid(), claim);
    propose(context, &after, (id, amount), (&format!("红字冲减 {id}"), reason), effects)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_and_of_nothing_it_is_nothing() {
        let share = |amount, part, whole| {
            share_of(Money::from_fen(amount), Money::from_fen(part), Money::from_fen(whole)).unwrap().fen()
        };
        assert_eq!(share(20_000, 50_000, 100_000), 10_000);
        assert_eq!((share(1, 1, 2), share(1, 1, 3), share(10, 1, 3)), (1, 0, 3));
        assert_eq!((share(5, 0, 0), share(5, 7, 0)), (0, 0));
    }
}
