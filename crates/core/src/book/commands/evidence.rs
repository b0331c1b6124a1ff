//! Files that back claims, and the invoices that they show.

use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::clawback;
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, Key};
use crate::domain::Role;
use crate::evidence::invoice::{self, ReversedError};
use crate::evidence::{
    ConfirmInvoice, Evidence, EvidenceError, Invoice, InvoiceFacts, InvoiceKey, RegisterEvidence, rules,
};
use crate::organisations::OrganisationError;
use crate::recoveries::{RecoveryError, rules as recoveries};

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
                let recovery = clawback::id(self.id.uuid(), hold.claim);
                clawback::read(recovery, reads);
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
        Ok(conclude(effects, evidence, invoice))
    }
}

fn conclude(effects: Effects, evidence: Evidence, invoice: Option<Invoice>) -> Decision {
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
    let less = original.reversed_by(more, command.reason, context.stamp).map_err(|error| match error {
        ReversedError::Refused(error) => Stop::from(error),
        ReversedError::OutOfRange(error) => error.into(),
    })?;
    asked_back(context, command, (&original, &less), effects)?;
    // a statement that begins here begins at this leaf
    let revision = if known.is_some() { less.revision } else { original.revision };
    effects.changes.push(Change::Invoice(Box::new(Invoice { revision, ..less })));
    Ok(())
}

/// A recovery to be decided of every paid claim that an invoice backs no more.
fn asked_back(
    context: Context<'_>,
    command: &RegisterEvidence,
    (original, less): (&Invoice, &Invoice),
    effects: &mut Effects,
) -> Result<(), Stop> {
    let (Some(facts), Some(reason)) = (&command.invoice, command.reason) else { return Ok(()) };
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
        let amount = clawback::share(claim, more)?.min(outstanding);
        let recovery = clawback::id(command.id.uuid(), id);
        let number = format!("红字发票 {}", facts.number);
        clawback::propose(context, claim, (recovery, amount), (&number, reason), effects)?;
    }
    Ok(())
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
        let step = Transition::new("invoice", &evidence.id, Some(before.confirmed), after.confirmed);
        let effects = Effects::step(Change::Invoice(Box::new(after.clone())), step);
        Ok(conclude(effects, evidence.clone(), Some(after)))
    }
}
