//! Decisions on usage: what rows come to, and what of a contract's usage they are.

use std::collections::BTreeMap;

use super::{InvoiceTotal, Metered, RentalUsage, ServiceCategory, UsageTotal};
use crate::domain::money::OutOfRange;
use crate::domain::{Label, Month, NamedInvoice};
use crate::programmes::policy::ItemMapping;

/// An amount and how many rows it is of.
type Sum = (Metered, u32);

fn added(sum: &mut Sum, (amount, rows): Sum) -> Result<(), OutOfRange> {
    *sum = (sum.0.plus(amount)?, sum.1.checked_add(rows).ok_or(OutOfRange)?);
    Ok(())
}

/// Takes away what was added before. Error: out of range, also where fewer rows were added.
fn taken<K: Ord>(sums: &mut BTreeMap<K, Sum>, key: K, (amount, rows): Sum) -> Result<(), OutOfRange> {
    let sum = sums.get_mut(&key).ok_or(OutOfRange)?;
    *sum = (sum.0.minus(amount)?, sum.1.checked_sub(rows).ok_or(OutOfRange)?);
    if sum.1 == 0 {
        sums.remove(&key);
    }
    Ok(())
}

/// What rows come to, by month and service category.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals(BTreeMap<(Month, ServiceCategory), Sum>);

impl Totals {
    /// Adds a row, cut at months. Error: out of range.
    pub fn add(&mut self, category: ServiceCategory, parts: &[(Month, Metered)]) -> Result<(), OutOfRange> {
        let mut put = |month, part| added(self.0.entry((month, category)).or_default(), (part, 1));
        parts.iter().try_for_each(|(month, part)| put(*month, *part))
    }

    /// Adds what is listed. Error: out of range.
    pub fn add_all(&mut self, totals: &[UsageTotal]) -> Result<(), OutOfRange> {
        let mut put = |one: &UsageTotal| {
            added(self.0.entry((one.month, one.service_category)).or_default(), (one.amount, one.rows))
        };
        totals.iter().try_for_each(&mut put)
    }

    /// Takes away what was added. Error: out of range.
    pub fn take_all(&mut self, totals: &[UsageTotal]) -> Result<(), OutOfRange> {
        let mut take =
            |one: &UsageTotal| taken(&mut self.0, (one.month, one.service_category), (one.amount, one.rows));
        totals.iter().try_for_each(&mut take)
    }

    /// All of them, in the order of month and category.
    pub fn list(&self) -> Vec<UsageTotal> {
        let one = |(&(month, service_category), &(amount, rows)): (&(Month, ServiceCategory), &Sum)| {
            UsageTotal { month, service_category, amount, rows }
        };
        self.0.iter().map(one).collect()
    }
}

/// What rows come to, by the invoice that they name and by month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvoiceTotals(BTreeMap<(NamedInvoice, Month), Sum>);

impl InvoiceTotals {
    /// Adds a row, cut at months. Error: out of range.
    pub fn add(&mut self, invoice: &NamedInvoice, parts: &[(Month, Metered)]) -> Result<(), OutOfRange> {
        let mut put = |month, part| added(self.0.entry((invoice.clone(), month)).or_default(), (part, 1));
        parts.iter().try_for_each(|(month, part)| put(*month, *part))
    }

    /// Adds what is listed. Error: out of range.
    pub fn add_all(&mut self, totals: &[InvoiceTotal]) -> Result<(), OutOfRange> {
        let mut put = |one: &InvoiceTotal| {
            added(self.0.entry((one.invoice.clone(), one.month)).or_default(), (one.amount, one.rows))
        };
        totals.iter().try_for_each(&mut put)
    }

    /// Takes away what was added. Error: out of range.
    pub fn take_all(&mut self, totals: &[InvoiceTotal]) -> Result<(), OutOfRange> {
        let mut take =
            |one: &InvoiceTotal| taken(&mut self.0, (one.invoice.clone(), one.month), (one.amount, one.rows));
        totals.iter().try_for_each(&mut take)
    }

    /// All of them, in the order of invoice and month.
    pub fn list(&self) -> Vec<InvoiceTotal> {
        let one = |((invoice, month), &(amount, rows)): (&(NamedInvoice, Month), &Sum)| InvoiceTotal {
            invoice: invoice.clone(),
            month: *month,
            amount,
            rows,
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

pub fn item(category: ServiceCategory, map: &[ItemMapping]) -> Option<Label> {
    let mapped = map.iter().find(|one| one.service_category.as_str() == category.as_str());
    mapped.map_or_else(|| Label::parse(category.item()).ok(), |one| Some(one.item.clone()))
}
