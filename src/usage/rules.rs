//! Decisions on usage: what rows come to, and what an import adds to a contract's usage.

use std::collections::BTreeMap;

use super::{
    ImportUsage, InvoiceTotal, Metered, RentalUsage, ServiceCategory, UsageError, UsageImport, UsageTotal,
};
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Label, Month, NamedInvoice, Revision, Stamp};
use crate::programmes::policy::ItemMapping;

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

/// What rows come to, by month and service category.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<(Month, ServiceCategory), Metered>);

impl Totals {
    /// Adds a row, cut at months. Error: out of range.
    pub fn add(&mut self, category: ServiceCategory, parts: &[(Month, Metered)]) -> Result<(), OutOfRange> {
        parts.iter().try_for_each(|(month, part)| self.put(*month, category, *part))
    }

    fn put(&mut self, month: Month, category: ServiceCategory, part: Metered) -> Result<(), OutOfRange> {
        let sum = self.0.entry((month, category)).or_default();
        *sum = sum.plus(part)?;
        Ok(())
    }

    /// Adds what is listed. Error: out of range.
    pub fn add_all(&mut self, totals: &[UsageTotal]) -> Result<(), OutOfRange> {
        totals.iter().try_for_each(|total| self.put(total.month, total.service_category, total.amount))
    }

    /// All of them, in the order of month and category.
    pub fn list(&self) -> Vec<UsageTotal> {
        let one = |(&(month, service_category), &amount): (&(Month, ServiceCategory), &Metered)| UsageTotal {
            month,
            service_category,
            amount,
        };
        self.0.iter().map(one).collect()
    }
}

/// What rows come to, by the invoice that they name and by month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceTotals(BTreeMap<(NamedInvoice, Month), Metered>);

impl InvoiceTotals {
    /// Adds a row, cut at months. Error: out of range.
    pub fn add(&mut self, invoice: &NamedInvoice, parts: &[(Month, Metered)]) -> Result<(), OutOfRange> {
        parts.iter().try_for_each(|(month, part)| self.put(invoice.clone(), *month, *part))
    }

    fn put(&mut self, invoice: NamedInvoice, month: Month, part: Metered) -> Result<(), OutOfRange> {
        let sum = self.0.entry((invoice, month)).or_default();
        *sum = sum.plus(part)?;
        Ok(())
    }

    /// Adds what is listed. Error: out of range.
    pub fn add_all(&mut self, totals: &[InvoiceTotal]) -> Result<(), OutOfRange> {
        totals.iter().try_for_each(|total| self.put(total.invoice.clone(), total.month, total.amount))
    }

    /// All of them, in the order of invoice and month.
    pub fn list(&self) -> Vec<InvoiceTotal> {
        let one = |((invoice, month), amount): (&(NamedInvoice, Month), &Metered)| InvoiceTotal {
            invoice: invoice.clone(),
            month: *month,
            amount: *amount,
        };
        self.0.iter().map(one).collect()
    }
}

/// What totals come to together. Error: out of range.
pub fn sum(totals: &[UsageTotal]) -> Result<Metered, OutOfRange> {
    totals.iter().try_fold(Metered::default(), |sum, total| sum.plus(total.amount))
}

/// The usage of a contract in the months of a period, by item: net CNY, exact. A programme's `item_map` goes before
/// what a service category is otherwise. Error: out of range.
pub fn by_item(
    usage: &RentalUsage,
    (from, until): (Month, Month),
    map: &[ItemMapping],
) -> Result<BTreeMap<Label, Metered>, OutOfRange> {
    let mut items = BTreeMap::new();
    for total in usage.totals.iter().filter(|total| from <= total.month && total.month <= until) {
        let Some(item) = item(total.service_category, map) else { continue };
        let sum: &mut Metered = items.entry(item).or_default();
        *sum = sum.plus(total.amount)?;
    }
    Ok(items)
}

/// The item of a service category.
pub fn item(category: ServiceCategory, map: &[ItemMapping]) -> Option<Label> {
    let mapped = map.iter().find(|one| one.service_category.as_str() == category.as_str());
    mapped.map_or_else(|| Label::parse(category.item()).ok(), |one| Some(one.item.clone()))
}

/// An import, and the contract's usage after it.
pub fn import(
    existing: Option<&RentalUsage>,
    command: &ImportUsage,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<(UsageImport, RentalUsage), UsageError> {
    if existing.map_or(0, |usage| usage.imports) != command.after {
        return Err(UsageError::UsageMoved);
    }
    let too_many = |limit| UsageError::UsageTotalsTooMany { limit: limited(limit) };
    if command.totals.len() > IMPORT_TOTALS_MAX {
        return Err(too_many(IMPORT_TOTALS_MAX));
    }
    if command.rates.len() > IMPORT_RATES_MAX {
        return Err(too_many(IMPORT_RATES_MAX));
    }
    let out_of_range = |_: OutOfRange| UsageError::UsageOutOfRange;
    let mut totals = Totals::default();
    totals.add_all(existing.map_or(&[], |usage| &usage.totals)).map_err(out_of_range)?;
    totals.add_all(&command.totals).map_err(out_of_range)?;
    let totals = totals.list();
    if totals.len() > RENTAL_TOTALS_MAX {
        return Err(too_many(RENTAL_TOTALS_MAX));
    }
    let invoices = named(existing, command)?;
    let billed = sum(&command.totals).map_err(out_of_range)?;
    // what a contract comes to can be counted too
    sum(&totals).and_then(Metered::round).map_err(out_of_range)?;
    let import = UsageImport {
        id: command.id,
        rental: command.rental,
        mode: command.mode,
        sha256: command.sha256,
        rows: command.rows,
        accepted: command.accepted,
        repeated: command.repeated,
        rejected: command.rejected,
        rows_sha256: command.rows_sha256,
        billed,
        billed_total: billed.round().map_err(out_of_range)?,
        created_by: actor.subject.clone(),
        revision: Revision::first(stamp),
    };
    let revision = existing.map_or_else(|| Revision::first(stamp), |usage| usage.revision.next(stamp));
    let imports = command.after.saturating_add(1);
    Ok((import, RentalUsage { rental: command.rental, imports, totals, invoices, revision }))
}

fn limited(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// What the contract's rows come to by invoice. Once an import did not tell, it cannot be known.
fn named(
    existing: Option<&RentalUsage>,
    command: &ImportUsage,
) -> Result<Option<Vec<InvoiceTotal>>, UsageError> {
    let before = existing.map_or(Some(&[][..]), |usage| usage.invoices.as_deref());
    let (Some(before), Some(told)) = (before, &command.invoices) else { return Ok(None) };
    let too_many = |limit| UsageError::UsageInvoicesTooMany { limit: limited(limit) };
    if told.len() > IMPORT_INVOICES_MAX {
        return Err(too_many(IMPORT_INVOICES_MAX));
    }
    let mut totals = InvoiceTotals::default();
    for listed in [before, told] {
        totals.add_all(listed).map_err(|_| UsageError::UsageOutOfRange)?;
    }
    let totals = totals.list();
    if totals.len() > RENTAL_INVOICES_MAX { Err(too_many(RENTAL_INVOICES_MAX)) } else { Ok(Some(totals)) }
}
