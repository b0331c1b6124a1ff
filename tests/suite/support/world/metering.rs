//! Metered usage: files that were staged, what their rows come to, and what they take the place of.

use rand::Rng;
use subsidy_core::domain::NamedInvoice;
use subsidy_core::usage::{
    ApproveUsageImport, Billed, Delivery, ImportStatus, ImportUsage, InvoiceTotal, Metered, Mode,
    RefusedRows, RejectUsageImport, ServiceCategory, Span, UsageTotal, UsedRate,
};

use super::*;

impl World {
    /// A file of any contract, mostly compared with what the contract has; or a word on one that waits.
    pub(super) fn metering(&mut self, book: &Book, today: Date) -> Command {
        let waiting = book.usage_imports.iter().filter(|(_, i)| i.status == ImportStatus::Proposed);
        let waiting: Vec<_> = waiting.map(|(id, import)| (*id, import.rental)).collect();
        let any: Vec<_> = book.usage_imports.iter().map(|(id, import)| (*id, import.rental)).collect();
        let from = if waiting.is_empty() || self.one_in(12) { &any } else { &waiting };
        if !from.is_empty() && self.one_in(if waiting.is_empty() { 15 } else { 2 }) {
            let (id, rental) = self.pick(from);
            return if self.one_in(3) {
                Command::RejectUsageImport(RejectUsageImport { id, rental, reason: self.hash() })
            } else {
                Command::ApproveUsageImport(ApproveUsageImport { id, rental })
            };
        }
        let known: Vec<_> = book.rentals.iter().map(|(id, _)| *id).collect();
        let rental =
            if known.is_empty() || self.one_in(15) { RentalId::new(self.id()) } else { self.pick(&known) };
        let usage = book.rental_usage.peek(&rental);
        let after = usage.map(|usage| usage.revision.version).unwrap_or_default();
        let counting: Vec<_> =
            usage.iter().flat_map(|usage| &usage.periods).flat_map(|p| p.imports.clone()).collect();
        let rates = book.reference_rates.iter().map(|(_, rate)| rate);
        let rates: Vec<_> = rates
            .map(|rate| UsedRate { name: rate.name.clone(), date: rate.date, percent: rate.percent })
            .collect();
        let mut rates: Vec<_> = if rates.is_empty() {
            Vec::new()
        } else {
            vec![rates[self.rng.gen_range(0..rates.len())].clone()]
        };
        if self.one_in(12) {
            rates.push(UsedRate { name: label("USD/CNY"), date: self.day(today), percent: percent("7") });
        }
        let term = book.rentals.peek(&rental).map(|found| (found.from, found.until));
        let deliveries = self.deliveries(book, today, term);
        let accepted = deliveries.iter().map(|one| one.rows).sum();
        let [repeated, rejected] = [self.rng.gen_range(0..4), self.rng.gen_range(0..9)];
        let replaces =
            if counting.is_empty() || self.one_in(2) { Vec::new() } else { vec![self.pick(&counting)] };
        Command::ImportUsage(Box::new(ImportUsage {
            id: UsageImportId::new(self.id()),
            rental,
            after: if self.one_in(10) { after.next() } else { after },
            mode: if self.one_in(2) { Mode::Strict } else { Mode::Lenient },
            replaces,
            adds: self.one_in(2),
            sha256: ContentHash::new(self.rng.r#gen()),
            rows: accepted + repeated + rejected,
            accepted,
            repeated,
            rejected,
            rows_sha256: ContentHash::new(self.rng.r#gen()),
            errors_sha256: ContentHash::new(self.rng.r#gen()),
            rates,
            deliveries,
            readings: Vec::new(),
            findings: Vec::new(),
        }))
    }

    /// Of none to two billing periods, each with some totals and now and then with rows that were refused.
    fn deliveries(&mut self, book: &Book, today: Date, term: Option<(Date, Date)>) -> Vec<Delivery> {
        let first = term.filter(|_| !self.one_in(4)).map_or(Month::of(today), |(from, _)| Month::of(from));
        let mut found = Vec::new();
        for billing_period in first.through(first.next()).take(self.rng.gen_range(0..3)) {
            let mut totals: Vec<UsageTotal> = Vec::new();
            for _ in 0..self.rng.gen_range(1..4) {
                let total = self.total(today, term);
                if !totals
                    .iter()
                    .any(|t| (t.month, t.service_category) == (total.month, total.service_category))
                {
                    totals.push(total);
                }
            }
            totals.sort_by_key(|total| (total.month, total.service_category));
            let mut invoices = self.invoiced(book, &totals);
            invoices.sort_by(|one, other| (&one.invoice, one.month).cmp(&(&other.invoice, other.month)));
            invoices.dedup_by(|one, other| (&one.invoice, one.month) == (&other.invoice, other.month));
            let hour = self.rng.gen_range(0..72);
            let at = |hours: i64| {
                Instant::new(
                    chrono::DateTime::from_timestamp(1_800_000_000 + hours * 3_600, 0).expect("a time"),
                )
            };
            let refused =
                self.maybe(4, |w| RefusedRows { month: billing_period, rows: w.rng.gen_range(1..5) });
            found.push(Delivery {
                billing_period,
                rows: totals.iter().map(|total| total.rows).sum(),
                charged: vec![Span { from: at(hour), until: at(hour + self.rng.gen_range(1..24)) }],
                totals,
                invoices,
                refused: refused.into_iter().collect(),
                replaced_by: None,
            });
        }
        found
    }

    /// Some of the totals under invoices that were brought, the number of one in three without its code.
    fn invoiced(&mut self, book: &Book, totals: &[UsageTotal]) -> Vec<InvoiceTotal> {
        let known: Vec<_> = book.invoices.iter().map(|(key, _)| &key.number).collect();
        let mut found = Vec::new();
        for total in totals {
            if known.is_empty() || self.one_in(2) {
                continue;
            }
            let number = self.pick(&known);
            let bare = number.code().is_some() && self.one_in(3);
            let text = if bare { number.number().to_owned() } else { number.to_string() };
            let invoice = NamedInvoice::parse(&text).expect("an invoice's number");
            found.push(InvoiceTotal { invoice, month: total.month, amount: total.amount, rows: total.rows });
        }
        found
    }

    /// Of any month and service; most times of compute, in a month of the contract.
    fn total(&mut self, today: Date, term: Option<(Date, Date)>) -> UsageTotal {
        if let Some((from, until)) = term.filter(|(from, until)| from < until && !self.one_in(3)) {
            let months: Vec<_> = Month::of(from).through(Month::of(until)).collect();
            let billed = Billed::parse(&format!("{}E-4", self.rng.gen_range(10_000_000..9_999_999_999_i64)));
            return UsageTotal {
                month: self.pick(&months),
                service_category: ServiceCategory::Compute,
                amount: Metered::of(billed.expect("a number"), None).expect("in range"),
                rows: self.rng.gen_range(1..30),
            };
        }
        let units: i64 = self.rng.gen_range(-9_999_999..99_999_999);
        let billed = Billed::parse(&format!("{units}E-{}", self.rng.gen_range(0..12))).expect("a number");
        UsageTotal {
            month: Month::of(self.day(today)),
            service_category: self.pick(ServiceCategory::ALL),
            amount: Metered::of(billed, None).expect("in range"),
            rows: self.rng.gen_range(1..30),
        }
    }
}
