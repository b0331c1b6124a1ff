//! Metered usage of contracts: billing files that count, and those that would take the place of what claims used.

use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Fault, Key, RateKey};
use crate::domain::{Month, RentalId, Role, UsageImportId};
use crate::usage::imports::{self, Imported};
use crate::usage::{
    ApproveUsageImport, ImportUsage, RejectUsageImport, RentalUsage, UsageError, UsageImport, UsedRate,
};

impl Decide for ImportUsage {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::Rental(self.rental), Key::RentalUsage(self.rental), Key::UsageImport(self.id)]);
        reads.insert(Key::ContractUses(self.rental));
        let beside = imports::beside(reads.book.rental_usage.peek(&self.rental), &self.deliveries);
        reads.extend(beside.into_iter().map(Key::UsageImport));
        let key = |rate: &UsedRate| Key::ReferenceRate(RateKey::new(&rate.name, rate.date));
        reads.extend(self.rates.iter().map(key));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let rental = found(context.book.rentals.get(&self.rental)?)?;
        let actor = context.actor;
        let provides = actor.has(Role::Provider) && actor.organisation == Some(rental.provider);
        if !provides && !actor.has(Role::Officer) {
            return Err(AccessError::NotFound { pointer: None }.into());
        }
        if context.book.usage_imports.get(&self.id)?.is_some() {
            return Err(Fault::Broken(format!("import {} exists", self.id)).into());
        }
        for rate in &self.rates {
            let key = RateKey::new(&rate.name, rate.date);
            let known = context.book.reference_rates.get(&key)?;
            if known.is_none_or(|known| known.percent != rate.percent) {
                let (name, date) = (rate.name.clone(), rate.date);
                return Err(UsageError::UsageRateUnknown { name, date }.into());
            }
        }
        let existing = context.book.rental_usage.get(&self.rental)?;
        let beside = all(context, &imports::beside(existing, &self.deliveries))?;
        let claimed = claimed(context, self.rental, &imports::replaced_months(self, &beside))?;
        let imported = imports::import(existing, self, (&beside, claimed), actor, context.stamp)?;
        Ok(conclude(imported, None))
    }
}

/// Whether a claim that was filed, or decided, is for any of these months of the contract: what it settles was limited by
/// what was metered in them.
fn claimed(context: Context<'_>, rental: RentalId, replaced: &[Month]) -> Result<bool, Stop> {
    if replaced.is_empty() {
        return Ok(false);
    }
    let uses = context.book.uses.get(&rental)?;
    let filed = uses.iter().flat_map(|uses| uses.iter()).filter(|(_, one)| one.live);
    let mut days = filed.filter_map(|(_, one)| Some(one.settled.as_deref()?.days));
    Ok(days.any(|days| {
        let (from, until) = days.months();
        replaced.iter().any(|month| from <= *month && *month <= until)
    }))
}

fn all<'a>(context: Context<'a>, ids: &[UsageImportId]) -> Result<Vec<&'a UsageImport>, Stop> {
    let one = |id: &UsageImportId| {
        let lost = || Fault::Broken(format!("usage import {id} is lost"));
        Ok(context.book.usage_imports.get(id)?.ok_or_else(lost)?)
    };
    ids.iter().map(one).collect()
}

/// A billing file that waits, and what it is to replace.
fn read_proposal(id: UsageImportId, rental: RentalId, reads: &mut Reads<'_>) {
    reads.extend([Key::UsageImport(id), Key::RentalUsage(rental)]);
    let replaced = reads.book.usage_imports.peek(&id).map_or(&[][..], |import| &import.replaces);
    reads.extend(replaced.iter().copied().map(Key::UsageImport));
}

/// A proposal that waits, the contract's usage, and what the proposal is to replace.
type Proposal<'a> = (&'a UsageImport, &'a RentalUsage, Vec<&'a UsageImport>);

fn proposal<'a>(context: Context<'a>, id: UsageImportId, rental: RentalId) -> Result<Proposal<'a>, Stop> {
    let import = found(context.book.usage_imports.get(&id)?.filter(|import| import.rental == rental))?;
    context.same_version(&import.revision)?;
    imports::waiting(import)?;
    let lost = || Fault::Broken(format!("contract {rental} has lost its usage"));
    let usage = context.book.rental_usage.get(&rental)?.ok_or_else(lost)?;
    let named = all(context, &import.replaces)?;
    context.may_approve()?;
    Ok((import, usage, named))
}

impl Decide for ApproveUsageImport {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_proposal(self.id, self.rental, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (import, usage, named) = proposal(context, self.id, self.rental)?;
        let approved = imports::approve(import, usage, &named, context.actor, context.stamp)?;
        Ok(conclude(approved, Some(import)))
    }
}

impl Decide for RejectUsageImport {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_proposal(self.id, self.rental, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let (import, usage, named) = proposal(context, self.id, self.rental)?;
        let (rejected, replaced) = imports::reject(import, &named, self.reason, context.stamp);
        Ok(conclude(Imported { import: rejected, usage: usage.clone(), replaced }, Some(import)))
    }
}

fn conclude(imported: Imported, before: Option<&UsageImport>) -> Decision {
    let Imported { import, usage, replaced } = imported;
    let step = Transition::new("usage_import", &import.id, before.map(|before| before.status), import.status);
    let mut changes =
        vec![Change::UsageImport(Box::new(import.clone())), Change::RentalUsage(Box::new(usage))];
    changes.extend(replaced.into_iter().map(|one| Change::UsageImport(Box::new(one))));
    let effects = Effects { changes, transitions: vec![step], ..Effects::default() };
    Decision { effects, outcome: Outcome::UsageImport(Box::new(import)) }
}
