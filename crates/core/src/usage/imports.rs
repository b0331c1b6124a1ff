//! Decisions on imports: whether a file counts beside what counts already, in the place of it, or not at all.

use std::collections::BTreeMap;

use super::rules::{InvoiceTotals, Totals, sum};
use super::{
    CountedPeriod, Delivery, ImportStatus, ImportUsage, IncompleteMonth, Metered, RentalUsage, ReplacedMonth,
    Span, UsageError, UsageImport,
};
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Money, Month, Revision, Sequence, Stamp, TextHash, UsageImportId, WrongState};

/// The most months and service categories that one import comes to.
pub const IMPORT_TOTALS_MAX: usize = 240;
/// The most rates that one import is converted at.
pub const IMPORT_RATES_MAX: usize = 60;
/// The most months and service categories of a contract.
pub const RENTAL_TOTALS_MAX: usize = 2_000;
/// The most invoices and months that the rows of one import name.
pub const IMPORT_INVOICES_MAX: usize = 120;
/// The most invoices and months of a contract.
pub const RENTAL_INVOICES_MAX: usize = 2_000;

const fn out_of_range(_: OutOfRange) -> UsageError {
    UsageError::UsageOutOfRange
}

fn limited(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

#[derive(Debug)]
pub struct Imported {
    pub import: UsageImport,
    /// The contract's usage after it.
    pub usage: RentalUsage,
    /// The imports of which it takes the place, or is to.
    pub replaced: Vec<UsageImport>,
}

/// The imports whose deliveries count in any of the billing periods that a command brings.
pub fn beside(usage: Option<&RentalUsage>, deliveries: &[Delivery]) -> Vec<UsageImportId> {
    let brings =
        |period: &&CountedPeriod| deliveries.iter().any(|one| one.billing_period == period.billing_period);
    let mut found: Vec<UsageImportId> = usage
        .iter()
        .flat_map(|usage| usage.periods.iter().filter(brings))
        .flat_map(|p| p.imports.clone())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The deliveries of an import that count and are of a billing period that these bring.
fn shared<'a>(import: &'a UsageImport, brought: &'a [Delivery]) -> impl Iterator<Item = &'a Delivery> {
    import.counting().filter(|one| brought.iter().any(|new| new.billing_period == one.billing_period))
}

/// The months in which what is replaced counts.
pub fn replaced_months(command: &ImportUsage, beside: &[&UsageImport]) -> Vec<Month> {
    let named = beside.iter().filter(|one| command.replaces.contains(&one.id));
    let totals = named.flat_map(|one| shared(one, &command.deliveries)).flat_map(|delivery| &delivery.totals);
    let mut months: Vec<Month> = totals.map(|total| total.month).collect();
    months.sort_unstable();
    months.dedup();
    months
}

/// Whether the limits hold and anything was read.
fn sound(command: &ImportUsage) -> Result<(), UsageError> {
    if command.accepted == 0 && command.repeated == 0 {
        return Err(UsageError::UsageNothingTaken { rejected: command.rejected });
    }
    let totals: usize = command.deliveries.iter().map(|one| one.totals.len()).sum();
    if totals > IMPORT_TOTALS_MAX
        || command.rates.len() > IMPORT_RATES_MAX
        || command.deliveries.len() > IMPORT_TOTALS_MAX
    {
        return Err(UsageError::UsageTotalsTooMany { limit: limited(IMPORT_TOTALS_MAX) });
    }
    let invoices: usize = command.deliveries.iter().map(|one| one.invoices.len()).sum();
    if invoices > IMPORT_INVOICES_MAX {
        return Err(UsageError::UsageInvoicesTooMany { limit: limited(IMPORT_INVOICES_MAX) });
    }
    Ok(())
}

/// Whether what the file charges for is free of other files, but for those that it replaces or says that it adds to. The
/// same bytes again bring nothing and are let through.
fn apart(command: &ImportUsage, beside: &[&UsageImport]) -> Result<(), UsageError> {
    if command.adds {
        return Ok(());
    }
    let mut others = beside.iter().filter(|one| !command.replaces.contains(&one.id));
    let meets = |one: &&&UsageImport| {
        let same_bytes = one.sha256 == command.sha256;
        command.deliveries.iter().any(|new| {
            one.counting()
                .filter(|known| known.billing_period == new.billing_period)
                .any(|known| same_bytes || Span::any_meet(&known.charged, &new.charged))
        })
    };
    // the newest is the likeliest to be what the file restates
    let Some(other) = others.by_ref().filter(meets).max_by_key(|one| one.revision.created) else {
        return Ok(());
    };
    let before = comes_to(shared(other, &command.deliveries))?;
    let both = |new: &&Delivery| other.counting().any(|known| known.billing_period == new.billing_period);
    let new = comes_to(command.deliveries.iter().filter(both))?;
    // of the same bytes only those rows were kept that do not count yet
    let after = if other.sha256 == command.sha256 { before.plus(new).map_err(out_of_range)? } else { new };
    let difference = after.minus(before).map_err(out_of_range)?;
    Err(UsageError::DeliveryOverlaps { import_id: other.id, before, after, difference })
}

/// What deliveries come to, rounded once.
fn comes_to<'a>(mut deliveries: impl Iterator<Item = &'a Delivery>) -> Result<Money, UsageError> {
    let add = |sum: Metered, one: &Delivery| sum.plus(self::sum(&one.totals)?);
    deliveries.try_fold(Metered::default(), add).and_then(Metered::round).map_err(out_of_range)
}

/// The imports that the command names, each of which counts in a billing period that the file brings and is not about to
/// be replaced by another.
fn named<'a>(command: &ImportUsage, beside: &[&'a UsageImport]) -> Result<Vec<&'a UsageImport>, UsageError> {
    let mut found = Vec::new();
    for id in &command.replaces {
        let one = beside.iter().find(|one| one.id == *id).copied();
        let one = one.filter(|one| shared(one, &command.deliveries).next().is_some());
        let one = one.ok_or(UsageError::ReplacesNothing { import_id: *id })?;
        if let Some(import_id) = one.pending {
            return Err(UsageError::ReplacementPending { import_id });
        }
        if !found.iter().any(|known: &&UsageImport| known.id == one.id) {
            found.push(one);
        }
    }
    Ok(found)
}

/// An import. `beside` are those that count in its billing periods; `claimed` says whether a claim was filed on what it
/// replaces, so that another person has to approve it.
pub fn import(
    existing: Option<&RentalUsage>,
    command: &ImportUsage,
    (beside, claimed): (&[&UsageImport], bool),
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Imported, UsageError> {
    if existing.map(|usage| usage.revision.version).unwrap_or_default() != command.after {
        return Err(UsageError::UsageMoved);
    }
    sound(command)?;
    let named = named(command, beside)?;
    apart(command, beside)?;
    let proposed = !named.is_empty() && claimed;
    let status = if proposed { ImportStatus::Proposed } else { ImportStatus::Imported };
    let import = written(command, status, actor, stamp)?;
    let usage = existing.cloned().map_or_else(
        || none_yet(&import, stamp),
        |usage| RentalUsage {
            imports: usage.imports.saturating_add(1),
            revision: usage.revision.next(stamp),
            ..usage
        },
    );
    if !proposed {
        return in_place(import, usage, &named, stamp);
    }
    let waiting = |one: &&UsageImport| {
        let mut by = one.replacement_proposed_by.clone();
        by.push(actor.subject.clone());
        by.dedup();
        UsageImport {
            pending: Some(import.id),
            replacement_proposed_by: by,
            revision: one.revision.next(stamp),
            ..(*one).clone()
        }
    };
    let replaced = named.iter().map(waiting).collect();
    Ok(Imported { import, usage, replaced })
}

fn none_yet(import: &UsageImport, stamp: &Stamp) -> RentalUsage {
    RentalUsage {
        rental: import.rental,
        imports: 1,
        totals: Vec::new(),
        invoices: Vec::new(),
        periods: Vec::new(),
        incomplete: Vec::new(),
        replaced: Vec::new(),
        revision: Revision::first(stamp),
    }
}

fn written(
    command: &ImportUsage,
    status: ImportStatus,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<UsageImport, UsageError> {
    let mut totals = Totals::default();
    for delivery in &command.deliveries {
        totals.add_all(&delivery.totals).map_err(out_of_range)?;
    }
    let billed = sum(&totals.list()).map_err(out_of_range)?;
    let counting = |one: &Delivery| Delivery { replaced_by: None, ..one.clone() };
    Ok(UsageImport {
        id: command.id,
        rental: command.rental,
        status,
        mode: command.mode,
        replaces: command.replaces.clone(),
        adds: command.adds,
        sha256: command.sha256,
        rows: command.rows,
        accepted: command.accepted,
        repeated: command.repeated,
        rejected: command.rejected,
        rows_sha256: command.rows_sha256,
        errors_sha256: command.errors_sha256,
        billed,
        billed_total: billed.round().map_err(out_of_range)?,
        deliveries: command.deliveries.iter().map(counting).collect(),
        readings: command.readings.clone(),
        findings: command.findings.clone(),
        pending: None,
        replacement_proposed_by: Vec::new(),
        created_by: actor.subject.clone(),
        approved_by: None,
        reason: None,
        revision: Revision::first(stamp),
    })
}

/// An import that counts from now on, in the place of what it replaces.
fn in_place(
    import: UsageImport,
    mut usage: RentalUsage,
    named: &[&UsageImport],
    stamp: &Stamp,
) -> Result<Imported, UsageError> {
    let (mut totals, mut invoices) = (Totals::default(), InvoiceTotals::default());
    totals.add_all(&usage.totals).map_err(out_of_range)?;
    invoices.add_all(&usage.invoices).map_err(out_of_range)?;
    let mut refused: BTreeMap<Month, (u32, Sequence)> =
        usage.incomplete.iter().map(|one| (one.month, (one.rows, one.since))).collect();
    let mut months: BTreeMap<Month, _> = usage.replaced.iter().map(|one| (one.month, one.at)).collect();
    for old in named.iter().flat_map(|one| shared(one, &import.deliveries)) {
        totals.take_all(&old.totals).map_err(out_of_range)?;
        invoices.take_all(&old.invoices).map_err(out_of_range)?;
        for one in &old.refused {
            if let Some((rows, _)) = refused.get_mut(&one.month) {
                *rows = rows.saturating_sub(one.rows);
            }
        }
        months.extend(old.totals.iter().map(|total| (total.month, stamp.sequence)));
    }
    for new in &import.deliveries {
        totals.add_all(&new.totals).map_err(out_of_range)?;
        invoices.add_all(&new.invoices).map_err(out_of_range)?;
        for one in &new.refused {
            let (rows, since) = refused.entry(one.month).or_default();
            *rows = rows.saturating_add(one.rows);
            *since = stamp.sequence;
        }
        counted(&mut usage.periods, new.billing_period, &import, stamp);
    }
    usage.totals = totals.list();
    usage.invoices = invoices.list();
    let left = refused.into_iter().filter(|(_, (rows, _))| *rows > 0);
    usage.incomplete = left.map(|(month, (rows, since))| IncompleteMonth { month, rows, since }).collect();
    usage.replaced = months.into_iter().map(|(month, at)| ReplacedMonth { month, at }).collect();
    if usage.totals.len() > RENTAL_TOTALS_MAX {
        return Err(UsageError::UsageTotalsTooMany { limit: limited(RENTAL_TOTALS_MAX) });
    }
    if usage.invoices.len() > RENTAL_INVOICES_MAX {
        return Err(UsageError::UsageInvoicesTooMany { limit: limited(RENTAL_INVOICES_MAX) });
    }
    // what a contract comes to can be counted too
    sum(&usage.totals).and_then(Metered::round).map_err(out_of_range)?;
    let replaced = named.iter().map(|one| replaced(one, &import, stamp)).collect();
    Ok(Imported { import, usage, replaced })
}

/// Lets an import count in a billing period, and none of those that it replaces.
fn counted(periods: &mut Vec<CountedPeriod>, billing_period: Month, import: &UsageImport, stamp: &Stamp) {
    let place = periods.binary_search_by_key(&billing_period, |one| one.billing_period);
    let place = place.unwrap_or_else(|at| {
        periods.insert(at, CountedPeriod { billing_period, imports: Vec::new(), changed: stamp.sequence });
        at
    });
    if let Some(period) = periods.get_mut(place) {
        period.imports.retain(|known| !import.replaces.contains(known));
        period.imports.push(import.id);
        period.changed = stamp.sequence;
    }
}

fn replaced(old: &UsageImport, by: &UsageImport, stamp: &Stamp) -> UsageImport {
    let mut deliveries = old.deliveries.clone();
    for delivery in &mut deliveries {
        let brings = by.deliveries.iter().any(|new| new.billing_period == delivery.billing_period);
        if brings && delivery.replaced_by.is_none() {
            delivery.replaced_by = Some(by.id);
        }
    }
    let all = deliveries.iter().all(|one| one.replaced_by.is_some());
    UsageImport {
        status: if all { ImportStatus::Replaced } else { old.status },
        deliveries,
        pending: None,
        revision: old.revision.next(stamp),
        ..old.clone()
    }
}

/// Whether somebody has to approve it still.
pub fn waiting(import: &UsageImport) -> Result<(), UsageError> {
    Ok(WrongState::unless(import.status, &[ImportStatus::Proposed])?)
}

/// A proposed import that counts from now on. Nothing that counts of its billing periods may have changed since: its rows
/// were compared with what counted then.
pub fn approve(
    import: &UsageImport,
    usage: &RentalUsage,
    named: &[&UsageImport],
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Imported, UsageError> {
    let changed = |period: &CountedPeriod| {
        let brings = import.deliveries.iter().any(|one| one.billing_period == period.billing_period);
        brings && period.changed > import.revision.created
    };
    if usage.periods.iter().any(changed) {
        return Err(UsageError::ReplacementStale);
    }
    let import = UsageImport {
        status: ImportStatus::Imported,
        approved_by: Some(actor.subject.clone()),
        revision: import.revision.next(stamp),
        ..import.clone()
    };
    let usage = RentalUsage { revision: usage.revision.next(stamp), ..usage.clone() };
    in_place(import, usage, named, stamp)
}

/// A proposed import refused: nothing of it ever counted, and what it was to replace is free again.
pub fn reject(
    import: &UsageImport,
    named: &[&UsageImport],
    reason: TextHash,
    stamp: &Stamp,
) -> (UsageImport, Vec<UsageImport>) {
    let free = |one: &&UsageImport| UsageImport {
        pending: None,
        revision: one.revision.next(stamp),
        ..(*one).clone()
    };
    let rejected = UsageImport {
        status: ImportStatus::Rejected,
        reason: Some(reason),
        revision: import.revision.next(stamp),
        ..import.clone()
    };
    (rejected, named.iter().map(free).collect())
}
