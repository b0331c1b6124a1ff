//! Invoice by invoice: what rows of usage come to under an invoice's number against what a claim takes of the invoice.
//!
//! Where both are there, the smaller counts; the rest of the part does not, and the sheet says so, with a code. Of the
//! rows those count that lie in the months of the claim, less what other claims of the programme count of the invoice:
//! together they never count more than either. Absent documents limit nothing: an invoice that no row of the contract
//! names counts as it is taken, rows that name none or one that the claim does not take are part of the usage in all,
//! and in months of which nothing was metered there is nothing to hold an invoice against. The base in all is limited
//! after that, as it is without.
//!
//! Rows may leave out the code of an older invoice. Two invoices that such rows could name share what they come to, in
//! the order of their numbers.

use std::collections::BTreeMap;

use super::backing::TakenInvoice;
use crate::domain::money::OutOfRange;
use crate::domain::{Exact, InvoiceNumber, Money, NamedInvoice};
use crate::programmes::documents::{InvoiceAmount, InvoiceCut, InvoiceCutCode};
use crate::rentals::allocations::{Days, Settled};
use crate::usage::{InvoiceTotal, Metered};

/// The claims of a programme that share months with one, directly or through others.
#[derive(Debug)]
pub(super) struct Cluster<'a> {
    /// The days of the claim itself.
    pub own: Days,
    /// From the first day of any to the last of any.
    pub shared: Days,
    pub others: &'a [&'a Settled],
}

/// The parts of invoices that rows do not show. Error: out of range.
pub(super) fn cuts(
    taken: &[TakenInvoice],
    cluster: &Cluster<'_>,
    rows: &[InvoiceTotal],
) -> Result<Vec<InvoiceCut>, OutOfRange> {
    let mut rooms: BTreeMap<&NamedInvoice, Exact> = BTreeMap::new();
    let mut cuts = Vec::new();
    for (invoice, taken) in sums(taken)? {
        let Some(name) = named(rows, invoice) else { continue };
        let left = match rooms.get(name) {
            Some(left) => *left,
            None => room(name, cluster, rows)?,
        };
        let asked = Exact::from_money(taken);
        let counted = asked.min(left);
        rooms.insert(name, left.minus(counted)?);
        if counted < asked {
            let (code, invoice) = (InvoiceCutCode::InvoiceBeyondUsage, NamedInvoice::of(invoice));
            cuts.push(InvoiceCut { code, invoice, taken, metered: left, amount: asked.minus(counted)? });
        }
    }
    Ok(cuts)
}

/// What counts of each invoice: what is taken of it less what was cut. Error: out of range.
pub(super) fn counted(taken: &[TakenInvoice], cuts: &[InvoiceCut]) -> Result<Vec<InvoiceAmount>, OutOfRange> {
    let counted = |(invoice, taken): (&InvoiceNumber, Money)| {
        let cut = Exact::sum(cuts.iter().filter(|cut| cut.invoice.is(invoice)).map(|cut| cut.amount))?;
        Ok(InvoiceAmount { invoice: invoice.clone(), amount: Exact::from_money(taken).minus(cut)? })
    };
    sums(taken)?.into_iter().map(counted).collect()
}

/// What is taken of each invoice, in the order of their numbers.
fn sums(taken: &[TakenInvoice]) -> Result<BTreeMap<&InvoiceNumber, Money>, OutOfRange> {
    let mut sums: BTreeMap<&InvoiceNumber, Money> = BTreeMap::new();
    for part in taken {
        let sum = sums.entry(&part.invoice).or_default();
        *sum = sum.plus(part.amount)?;
    }
    Ok(sums)
}

/// An invoice as rows name it: by its whole number, or where none does without its code.
fn named<'a>(rows: &'a [InvoiceTotal], invoice: &InvoiceNumber) -> Option<&'a NamedInvoice> {
    let names = || rows.iter().map(|row| &row.invoice);
    names().find(|name| name.is(invoice)).or_else(|| names().find(|name| name.is_bare(invoice)))
}

/// What rows come to under a name in the claim's months, as far as no other claim counts it.
fn room(name: &NamedInvoice, cluster: &Cluster<'_>, rows: &[InvoiceTotal]) -> Result<Exact, OutOfRange> {
    let metered = |days: Days| {
        let (from, until) = days.months();
        let of = rows.iter().filter(|row| row.invoice == *name && from <= row.month && row.month <= until);
        of.map(|row| row.amount).try_fold(Metered::default(), Metered::plus)?.exact()
    };
    let others = cluster.others.iter().flat_map(|one| &one.invoices);
    let others = others.filter(|of| named(rows, &of.invoice) == Some(name)).map(|of| of.amount);
    let left = metered(cluster.shared)?.minus(Exact::sum(others)?)?;
    Ok(metered(cluster.own)?.min(left).max(Exact::ZERO))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed parse fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Date, EvidenceId, Month};

    const LONG: &str = "24312000000012345678";

    fn number(text: &str) -> InvoiceNumber {
        let coded = text.split_once('-').map(|(code, number)| InvoiceNumber::parse(Some(code), number));
        coded.unwrap_or_else(|| InvoiceNumber::parse(None, text)).unwrap()
    }

    fn takes(parts: &[(&str, i64)]) -> Vec<TakenInvoice> {
        let part = |(invoice, fen): &(&str, i64)| TakenInvoice {
            evidence_id: EvidenceId::new(uuid::Uuid::nil()),
            invoice: number(invoice),
            amount: Money::from_fen(*fen),
        };
        parts.iter().map(part).collect()
    }

    fn rows(rows: &[(&str, &str, &str)]) -> Vec<InvoiceTotal> {
        let row = |(invoice, month, amount): &(&str, &str, &str)| InvoiceTotal {
            rows: 1,
            invoice: NamedInvoice::parse(invoice).unwrap(),
            month: Month::parse(month).unwrap(),
            amount: Metered::parse(amount).unwrap(),
        };
        rows.iter().map(row).collect()
    }

    fn days(from: &str, until: &str) -> Days {
        Days { from: Date::parse(from).unwrap(), until: Date::parse(until).unwrap() }
    }

    fn alone() -> Cluster<'static> {
        let january = days("2025-01-01", "2025-02-01");
        Cluster { own: january, shared: january, others: &[] }
    }

    /// `invoice metered amount` of each cut.
    fn shown(taken: &[TakenInvoice], cluster: &Cluster<'_>, rows: &[InvoiceTotal]) -> Vec<String> {
        let cuts = cuts(taken, cluster, rows).unwrap();
        cuts.iter().map(|cut| format!("{} {} {}", cut.invoice, cut.metered, cut.amount)).collect()
    }

    #[test]
    fn of_an_invoice_and_its_rows_the_smaller_counts_and_absent_ones_limit_nothing() {
        let other = "24312000000012345679";
        let billed = rows(&[(LONG, "2025-01", "60.004"), (LONG, "2025-02", "500.00")]);
        assert_eq!(
            shown(&takes(&[(LONG, 10_000), (other, 7)]), &alone(), &billed),
            [format!("{LONG} 60.004 39.996")]
        );
        assert!(shown(&takes(&[(LONG, 6_000)]), &alone(), &billed).is_empty());
        // named in another month alone: of this one it shows nothing
        let later = rows(&[(LONG, "2025-02", "500.00")]);
        assert_eq!(shown(&takes(&[(LONG, 1)]), &alone(), &later), [format!("{LONG} 0.00 0.01")]);
        // corrections beyond what was billed
        let negative = rows(&[(LONG, "2025-01", "-5.00")]);
        assert_eq!(shown(&takes(&[(LONG, 1)]), &alone(), &negative), [format!("{LONG} 0.00 0.01")]);
    }

    #[test]
    fn a_row_without_the_code_names_an_older_invoice_where_none_names_it_whole() {
        let (one, two) = ("3100211130-12345678", "3100211131-12345678");
        let bare = rows(&[("12345678", "2025-01", "100.00")]);
        assert_eq!(
            shown(&takes(&[(two, 8_000), (one, 7_000)]), &alone(), &bare),
            [format!("{two} 30.00 50.00")]
        );
        let both = rows(&[("12345678", "2025-01", "100.00"), (one, "2025-01", "10.00")]);
        assert_eq!(shown(&takes(&[(one, 7_000)]), &alone(), &both), [format!("{one} 10.00 60.00")]);
    }

    proptest! {
        /// However one invoice is split over claims for days of however many months, together they count no more than
        /// its rows come to and no more than they take, and a single claim no more than the rows of its own months.
        #[test]
        fn claims_together_never_count_more_than_the_smaller(
            billed in proptest::collection::vec(0_i64..2_000, 4),
            asked in proptest::collection::vec((0_u8..4, 1_u8..3, 1_i64..2_000), 1..8),
        ) {
            let month = |index: u8| Month::parse(&format!("2025-0{}", index + 1)).unwrap();
            let row = |(index, fen): (u8, &i64)| InvoiceTotal {
            rows: 1,
                invoice: NamedInvoice::parse(LONG).unwrap(),
                month: month(index),
                amount: Metered::parse(&Money::from_fen(*fen).to_string()).unwrap(),
            };
            let rows: Vec<_> = (0_u8..).zip(&billed).map(row).collect();
            let mut before: Vec<Settled> = Vec::new();
            for (first, length, fen) in asked {
                let last = (first + length).min(4);
                let own = Days { from: month(first).first_day(), until: month(last).first_day() };
                let known: Vec<&Settled> = before.iter().collect();
                let (shared, others) = super::super::rental_claims::together(own, &known);
                let taken = takes(&[(LONG, fen)]);
                let found = cuts(&taken, &Cluster { own, shared, others: &others }, &rows).unwrap();
                let invoices = counted(&taken, &found).unwrap();
                let here = billed.iter().skip(first.into()).take((last - first).into()).sum::<i64>();
                let most = Exact::from_money(Money::from_fen(fen.min(here)));
                prop_assert!(invoices.iter().all(|of| of.amount <= most));
                let settled = Settled { days: own, items: Vec::new(), invoiced: true, metered: false, netted: Vec::new(), invoices, base: Money::ZERO };
                before.push(settled);
            }
            let all = Exact::sum(before.iter().flat_map(|one| &one.invoices).map(|of| of.amount)).unwrap();
            prop_assert!(all <= Exact::from_money(Money::from_fen(billed.iter().sum())));
        }
    }
}
