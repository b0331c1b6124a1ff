//! Files that back claims, and the invoices that they show.

use sha2::{Digest, Sha256};

use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, Key};
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{ClaimId, EvidenceId, Line, Money, RecoveryId, Role};
use crate::evidence::invoice::{self, ReversedError};
use crate::evidence::{
    ConfirmInvoice, Evidence, EvidenceError, Invoice, InvoiceFacts, InvoiceKey, RegisterEvidence, rules,
};
use crate::organisations::OrganisationError;
use crate::people::Matter;
use crate::recoveries::{ProposeRecovery, RecoveryError, RecoveryStatus, rules as recoveries};

impl Decide for RegisterEvidence {
    fn needs(&self, reads: &mut Reads<'_>) {
        // the file, what is known of its invoice, and where that is a red one its original and the claims that rest on it
        reads.extend([Key::Evidence(self.id), Key::Organisation(self.organisation)]);
        let Some(facts) = &self.invoice else { return };
        let key = |number| InvoiceKey { organisation: self.organisation, number };
        let own = key(facts.number.clone());
        let known = reads.book.invoices.peek(&own).and_then(|known| known.facts.original.clone());
        reads.insert(Key::Invoice(own));
        for original in [facts.original.clone(), known].into_iter().flatten().map(key) {
            let holds = reads.book.invoices.peek(&original).into_iter().flat_map(|invoice| &invoice.holds);
            for hold in holds {
                reads.insert(Key::Claim(hold.claim));
                let recovery = claim_asked_back(self.id, hold.claim);
                reads.extend([Key::Recovery(recovery), Key::Participants(Matter::recovery(recovery))]);
            }
            reads.insert(Key::Invoice(original));
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        if !context.acts_for(self.organisation) {
            return Err(AccessError::NotFound { pointer: Some("/organisation".to_owned()) }.into());
        }
        if self.corrects && !context.actor.has(Role::Officer) {
            return Err(AccessError::Forbidden.into());
        }
        let credit_code = self.organisation;
        // a blocked organisation may still bring what its open claims are asked for
        if context.book.organisations.get(&credit_code)?.is_none() {
            return Err(OrganisationError::OrganisationNotRegistered { credit_code }.into());
        }
        if context.book.evidence.get(&self.id)?.is_some() {
            return Err(Fault::Broken(format!("evidence {} exists", self.id)).into());
        }
        rules::fits(self.kind, self.media_type)?;
        let evidence = rules::register(self, context.actor, context.stamp);
        let step = Transition::new("evidence", &evidence.id, None, "registered");
        let mut effects = Effects::step(Change::Evidence(Box::new(evidence.clone())), step);
        let mut invoice = None;
        if let Some(facts) = &self.invoice {
            invoice = Some(stated(context, self, facts, &mut effects)?);
        }
        Ok(decided(effects, evidence, invoice))
    }
}

fn decided(effects: Effects, evidence: Evidence, invoice: Option<Invoice>) -> Decision {
    // who holds it is a matter of the claims
    let invoice = invoice.map(|invoice| Box::new(Invoice { holds: Vec::new(), ..invoice }));
    Decision { effects, outcome: Outcome::Evidence { evidence: Box::new(evidence), invoice } }
}

/// The organisation's statement of the invoice with what the file says of it. Nothing that another organisation said is
/// looked at: the answer tells nobody whether somebody else knows the number.
fn stated(
    context: Context<'_>,
    command: &RegisterEvidence,
    facts: &InvoiceFacts,
    effects: &mut Effects,
) -> Result<Invoice, Stop> {
    let key = InvoiceKey { organisation: command.organisation, number: facts.number.clone() };
    let known = context.book.invoices.get(&key)?;
    let learn = if command.corrects { rules::corrected } else { rules::learnt };
    let learnt = learn(known, (command.organisation, facts), context.stamp)?;
    if let Some(after) = &learnt {
        effects.changes.push(Change::Invoice(Box::new(after.clone())));
        reversed(context, command, (known, after), effects)?;
    }
    let lost = || Fault::Broken(format!("invoice {} is not known", facts.number));
    Ok(learnt.or_else(|| known.cloned()).ok_or_else(lost)?)
}

/// What a red invoice takes back of its original, and the recoveries of what was paid on that.
fn reversed(
    context: Context<'_>,
    command: &RegisterEvidence,
    (before, after): (Option<&Invoice>, &Invoice),
    effects: &mut Effects,
) -> Result<(), Stop> {
    let Some(number) = after.facts.original.clone() else { return Ok(()) };
    let counted = before.filter(|before| before.facts.original.is_some());
    let counted = counted.map(Invoice::takes_back).transpose()?;
    let more = after.takes_back().and_then(|all| all.minus(counted.unwrap_or_default()));
    let more = more?;
    if more.is_zero() {
        return Ok(());
    }
    let key = InvoiceKey { organisation: command.organisation, number };
    let unknown = || Invoice::new(key.organisation, InvoiceFacts::of(key.number.clone()), context.stamp);
    let known = context.book.invoices.get(&key)?;
    let original = known.cloned().unwrap_or_else(unknown);
    let less = original.reversed_by(more, context.stamp).map_err(|error| match error {
        ReversedError::Refused(error) => Stop::from(error),
        ReversedError::OutOfRange(error) => error.into(),
    })?;
    asked_back(context, command, (&original, &less), effects)?;
    // a statement that begins here begins at this leaf
    let revision = if known.is_some() { less.revision } else { original.revision };
    effects.changes.push(Change::Invoice(Box::new(Invoice { revision, ..less })));
    Ok(())
}

/// A recovery to be decided of every paid claim that an invoice backs no more: the share of its amount that rested on
/// what was taken back.
fn asked_back(
    context: Context<'_>,
    command: &RegisterEvidence,
    (original, less): (&Invoice, &Invoice),
    effects: &mut Effects,
) -> Result<(), Stop> {
    let before = original.unbacked()?;
    for (id, without) in less.unbacked()? {
        let more = without.minus(before.get(&id).copied().unwrap_or_default())?;
        let lost = || Fault::Broken(format!("claim {id} holds an invoice and is not known"));
        let claim = context.book.claims.get(&id)?.ok_or_else(lost)?;
        let outstanding = match recoveries::outstanding_of(claim) {
            // of what was not paid nothing is asked back
            Err(RecoveryError::WrongState { .. }) => continue,
            found => found?,
        };
        let rested = Money::sum(claim.invoices.iter().map(|part| part.amount));
        let share = share(claim.amount, more, rested?);
        let amount = share?.min(outstanding);
        let (Some(amount), Some(reason)) = (Amount::of(amount), command.reason) else { continue };
        let broken = |error: &dyn std::fmt::Display| Fault::Broken(error.to_string());
        let decision_no = Line::parse(&format!("红字发票 {}", command_number(command)));
        let proposal = ProposeRecovery {
            id: claim_asked_back(command.id, id),
            claim: id,
            amount,
            decision_no: decision_no.map_err(|error| broken(&error))?,
            reason,
            fraud: false,
            effective_date: None,
        };
        let recovery = recoveries::propose(&proposal, claim, context.actor, context.stamp)?;
        effects.transitions.push(Transition::new(
            "recovery",
            &recovery.id,
            None,
            RecoveryStatus::Proposed.as_str(),
        ));
        effects.changes.push(Change::Recovery(Box::new(recovery)));
    }
    Ok(())
}

fn command_number(command: &RegisterEvidence) -> String {
    command.invoice.as_ref().map(|facts| facts.number.to_string()).unwrap_or_default()
}

/// The id of the recovery that a red invoice's file makes of a claim: the same at every replay.
fn claim_asked_back(evidence: EvidenceId, claim: ClaimId) -> RecoveryId {
    let digest = Sha256::new().chain_update(evidence.uuid()).chain_update(claim.uuid()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    RecoveryId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The part of an amount that rested on a part of its base, rounded half up to the fen; nothing of an empty base.
fn share(amount: Money, part: Money, whole: Money) -> Result<Money, OutOfRange> {
    let product = i128::from(amount.fen()) * i128::from(part.fen());
    // twice the product of two i64 and one of them fit an i128
    let twice = 2 * product + i128::from(whole.fen());
    let rounded = twice.checked_div_euclid(2 * i128::from(whole.fen())).unwrap_or(0);
    i64::try_from(rounded).map(Money::from_fen).map_err(|_| OutOfRange)
}

/// An officer's word for what an organisation says of an invoice.
impl Decide for ConfirmInvoice {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Evidence(self.evidence));
        if let Some(key) = reads.book.evidence.peek(&self.evidence).and_then(Evidence::invoice_key) {
            reads.extend([Key::Statements(key.number.clone()), Key::Invoice(key)]);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let evidence = found(context.book.evidence.get(&self.evidence)?)?;
        let facts = evidence.invoice.as_ref().ok_or(EvidenceError::NothingToConfirm)?;
        let key = InvoiceKey { organisation: evidence.organisation, number: facts.number.clone() };
        let lost = || Fault::Broken(format!("invoice {} has evidence and is not known", key.number));
        let before = context.book.invoices.get(&key)?.ok_or_else(lost)?;
        // what is shown of the file is as new as what is known of its invoice
        let version = evidence.revision.version.max(before.revision.version);
        if context.if_match.is_some_and(|seen| seen != version) {
            return Err(AccessError::VersionConflict { version: Some(version) }.into());
        }
        let statements = context.book.statements.get(&key.number)?.ok_or_else(lost)?;
        if self.confirmed
            && let Some(organisation) = invoice::confirmed_for_another(statements, key.organisation)
        {
            return Err(EvidenceError::InvoiceConfirmed { organisation }.into());
        }
        let after = before.confirmed(self.confirmed, context.stamp);
        let step = Transition::new(
            "invoice",
            &evidence.id,
            Some(before.confirmed.as_str()),
            after.confirmed.as_str(),
        );
        let effects = Effects::step(Change::Invoice(Box::new(after.clone())), step);
        Ok(decided(effects, evidence.clone(), Some(after)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_and_of_nothing_it_is_nothing() {
        let share = |amount, part, whole| {
            share(Money::from_fen(amount), Money::from_fen(part), Money::from_fen(whole)).unwrap().fen()
        };
        assert_eq!(share(20_000, 50_000, 100_000), 10_000);
        assert_eq!((share(1, 1, 2), share(1, 1, 3), share(10, 1, 3)), (1, 0, 3));
        assert_eq!((share(5, 0, 0), share(5, 7, 0)), (0, 0));
    }
}
