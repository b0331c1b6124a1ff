//! Metered usage: files that were staged, and what their rows come to.

use rand::Rng;
use subsidy_ledger::domain::NamedInvoice;
use subsidy_ledger::usage::{
    Billed, ImportUsage, InvoiceTotal, Metered, Mode, ServiceCategory, UsageTotal, UsedRate,
};

use super::*;

impl World {
    /// A file of any contract; mostly compared with what the contract has.
    pub(super) fn metering(&mut self, book: &Book, today: Date) -> Command {
        let known: Vec<_> = book.rentals.iter().map(|(id, _)| *id).collect();
        let rental =
            if known.is_empty() || self.one_in(15) { RentalId::new(self.id()) } else { self.pick(&known) };
        let imports = book.rental_usage.peek(&rental).map_or(0, |usage| usage.imports);
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
        let totals: Vec<_> = (0..self.rng.gen_range(0..4)).map(|_| self.total(today, term)).collect();
        let invoices = (!self.one_in(12)).then(|| self.invoiced(book, &totals));
        let [accepted, repeated, rejected] =
            [self.rng.gen_range(0..90), self.rng.gen_range(0..9), self.rng.gen_range(0..9)];
        Command::ImportUsage(Box::new(ImportUsage {
            id: UsageImportId::new(self.id()),
            rental,
            after: if self.one_in(10) { imports + 1 } else { imports },
            mode: if self.one_in(2) { Mode::Strict } else { Mode::Lenient },
            sha256: ContentHash::new(self.rng.r#gen()),
            rows: accepted + repeated + rejected,
            accepted,
            repeated,
            rejected,
            rows_sha256: ContentHash::new(self.rng.r#gen()),
            rates,
            totals,
            invoices,
        }))
    }

    /// Some of the totals under invoices that were brought, the number of one in three without its code.
    fn invoiced(&mut self, book: &Book, totals: &[UsageTotal]) -> Vec<InvoiceTotal> {
        let known: Vec<_> = book.invoices.iter().map(|(number, _)| number).collect();
        let mut found = Vec::new();
        for total in totals {
            if known.is_empty() || self.one_in(2) {
                continue;
            }
            let number = self.pick(&known);
            let bare = number.code().is_some() && self.one_in(3);
            let text = if bare { number.number().to_owned() } else { number.to_string() };
            let invoice = NamedInvoice::parse(&text).expect("an invoice's number");
            found.push(InvoiceTotal { invoice, month: total.month, amount: total.amount });
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
            };
        }
        let units: i64 = self.rng.gen_range(-9_999_999..99_999_999);
        let billed = Billed::parse(&format!("{units}E-{}", self.rng.gen_range(0..12))).expect("a number");
        UsageTotal {
            month: Month::of(self.day(today)),
            service_category: self.pick(ServiceCategory::ALL),
            amount: Metered::of(billed, None).expect("in range"),
        }
    }
}
