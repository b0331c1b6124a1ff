//! What backs a claim: found, of the right parties, and within what is left of each invoice.

use std::collections::{BTreeMap, BTreeSet};

use crate::book::context::{Context, Reads, named};
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::book::{Fault, Key};
use crate::claims::backing::{self, Parties, TakenInvoice};
use crate::claims::{Claim, WriteClaim};
use crate::domain::{ClaimId, CreditCode, EvidenceId, InvoiceNumber, Money, TextHash};
use crate::evidence::{Evidence, Invoice, InvoiceKey, invoice};

/// The keys of [`written`]: the evidence that a claim names, and what its organisation says of the invoices on it.
pub(crate) fn read_written(command: &WriteClaim, reads: &mut Reads<'_>) {
    for id in command.evidence_ids() {
        reads.insert(Key::Evidence(id));
        reads.extend(reads.book.evidence.peek(&id).and_then(Evidence::invoice_key).map(Key::Invoice));
    }
}

/// The parts of invoices that a claim is written from. `before` is the claim that is written anew, whose own hold is no
/// hindrance. It is asked before any amount is computed.
pub(crate) fn written(
    context: Context<'_>,
    command: &WriteClaim,
    parties: Parties,
    before: Option<&Claim>,
) -> Result<Vec<TakenInvoice>, Stop> {
    backing::named_once(&command.invoices, &command.evidence)?;
    for (place, id) in command.evidence.iter().enumerate() {
        own(context, parties.organisation, *id, &format!("/evidence/{place}"))?;
    }
    let mut parts = Vec::with_capacity(command.invoices.len());
    for (place, part) in command.invoices.iter().enumerate() {
        let evidence = own(context, parties.organisation, part.evidence_id, &backing::named(place))?;
        parts.push(backing::taken(part, evidence, place)?);
    }
    fits(context, &parts, parties, before)?;
    Ok(parts)
}

/// What a claim takes already.
pub(crate) fn read(claim: &Claim, reads: &mut Reads<'_>) {
    let invoices = claim.invoices.iter().map(|part| part.invoice.clone());
    reads
        .extend(invoices.map(|number| Key::Invoice(InvoiceKey { organisation: claim.organisation, number })));
}

/// Whether what a claim takes is still there for it, and still of its parties.
pub(crate) fn still_fits(context: Context<'_>, claim: &Claim) -> Result<(), Stop> {
    fits(context, &claim.invoices, Parties::of(claim), Some(claim))
}

/// What others say of the invoices that a claim takes.
pub(crate) fn read_statements(id: ClaimId, reads: &mut Reads<'_>) {
    let invoices = reads.book.claims.peek(&id).into_iter().flat_map(|claim| &claim.invoices);
    reads.extend(invoices.map(|part| Key::Statements(part.invoice.clone())));
}

/// Whether what a claim holds still backs it: no red invoice took it back, and no other organisation says of the invoice
/// what contradicts this one's word. Only who decides on the claim is told.
pub(crate) fn stands(context: Context<'_>, claim: &Claim) -> Result<(), Stop> {
    for (place, part) in claim.invoices.iter().enumerate() {
        let invoice = known(context, claim.organisation, &part.invoice)?;
        let unbacked = invoice.unbacked()?;
        if let Some(missing) = unbacked.get(&claim.id) {
            return Err(backing::reversed(invoice, *missing, place).into());
        }
        let statements = context.book.statements.get(&part.invoice)?;
        if let Some(other) = statements.and_then(|all| invoice::disputed(all, claim.organisation)) {
            return Err(backing::disputed(invoice, other, place).into());
        }
    }
    Ok(())
}

/// What red invoices took back of what a claim holds, by invoice.
pub(crate) fn withdrawn(context: Context<'_>, claim: &Claim) -> Result<BTreeMap<InvoiceNumber, Money>, Stop> {
    let mut withdrawn = BTreeMap::new();
    for part in &claim.invoices {
        let invoice = known(context, claim.organisation, &part.invoice)?;
        let unbacked = invoice.unbacked()?;
        withdrawn.extend(unbacked.get(&claim.id).map(|missing| (part.invoice.clone(), *missing)));
    }
    Ok(withdrawn)
}

/// Why what was paid on a claim's invoices is to come back, where a red invoice took back of one.
pub(crate) fn reversal(context: Context<'_>, claim: &Claim) -> Result<Option<TextHash>, Stop> {
    for part in &claim.invoices {
        let invoice = known(context, claim.organisation, &part.invoice)?;
        if let Some(reason) = invoice.reversal {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

fn fits(
    context: Context<'_>,
    parts: &[TakenInvoice],
    parties: Parties,
    before: Option<&Claim>,
) -> Result<(), Stop> {
    let held = before.map(backing::held).transpose()?.unwrap_or_default();
    let mut left = BTreeMap::new();
    for (place, part) in parts.iter().enumerate() {
        let invoice = known(context, parties.organisation, &part.invoice)?;
        backing::between(invoice, parties, place)?;
        let amount = invoice.backing()?;
        let own = held.get(&part.invoice).copied().unwrap_or_default();
        let others = invoice.allocated.minus(own)?;
        let free = amount.minus(others)?;
        left.insert(part.invoice.clone(), free.max(Money::ZERO));
    }
    // the first part in the order in which they are named that goes beyond what is left
    let mut sums: BTreeMap<&InvoiceNumber, Money> = BTreeMap::new();
    for (place, part) in parts.iter().enumerate() {
        let requested = sums.entry(&part.invoice).or_default();
        *requested = requested.plus(part.amount)?;
        let available = left.get(&part.invoice).copied().unwrap_or_default();
        if *requested > available {
            return Err(backing::reused(part, [available, *requested], place).into());
        }
    }
    Ok(())
}

/// Evidence of an organisation; another's is not there.
pub(crate) fn own<'a>(
    context: Context<'a>,
    organisation: CreditCode,
    id: EvidenceId,
    pointer: &str,
) -> Result<&'a Evidence, Stop> {
    let found = context.book.evidence.get(&id)?.filter(|found| found.organisation == organisation);
    Ok(named(found, pointer)?)
}

fn known<'a>(
    context: Context<'a>,
    organisation: CreditCode,
    number: &InvoiceNumber,
) -> Result<&'a Invoice, Fault> {
    let lost = || Fault::Broken(format!("invoice {number} has evidence and is not known"));
    let key = InvoiceKey { organisation, number: number.clone() };
    context.book.invoices.get(&key)?.ok_or_else(lost)
}

/// The invoices whose hold a claim's step changes, from nothing where it is new.
pub(crate) fn reallocated(
    context: Context<'_>,
    before: Option<&Claim>,
    after: &Claim,
) -> Result<Vec<Change>, Stop> {
    let old = before.map(backing::held).transpose()?.unwrap_or_default();
    let new = backing::held(after)?;
    let numbers: BTreeSet<&InvoiceNumber> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for number in numbers {
        let of = |held: &BTreeMap<_, Money>| held.get(number).copied().unwrap_or_default();
        let (from, to) = (of(&old), of(&new));
        if from == to {
            continue;
        }
        let invoice = known(context, after.organisation, number)?;
        let held = invoice.held_by(after.id, to, context.stamp)?;
        changes.push(Change::Invoice(Box::new(held)));
    }
    Ok(changes)
}
