//! Puts rows that were read into the book.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::BatchError;
use super::load::Rows;
use crate::ledger::read_months;
use subsidy_core::audit::leaf::Leaf;
use subsidy_core::book::reversible::reversible;
use subsidy_core::book::{Book, RateKey, Series};
use subsidy_core::domain::dated::Dated;
use subsidy_core::domain::{ClaimId, CreditCode, Folded, InvoiceNumber, PaymentBatchId, Percent, VoucherId};
use subsidy_core::evidence::{Statement, Statements};
use subsidy_core::loans::{BorrowerKey, Holdings, LoanAllocations};
use subsidy_core::payments::{LineKey, ReferenceKey};
use subsidy_core::programmes::RulesKey;
use subsidy_core::rentals::allocations::ContractAllocations;

/// Documents of one table, each under its key.
macro_rules! documents {
    ($rows:expr => $loaded:expr, $document:ident => $key:expr) => {
        for row in &$rows {
            let $document = row.read()?;
            $loaded.load($key, $document);
        }
    };
}

/// Rows that say their keys beside what stands under them.
macro_rules! pairs {
    ($rows:expr => $loaded:expr) => {
        for row in &$rows {
            let (key, value) = row.read()?;
            $loaded.load(key, value);
        }
    };
}

impl Rows {
    /// Puts what was read into the book.
    pub fn hydrate(&self, book: &mut Book) -> Result<(), BatchError> {
        self.hydrate_documents(book)?;
        self.hydrate_claims(book)?;
        pairs!(self.loan_keys => book.loan_keys);
        pairs!(self.usages => book.usages);
        pairs!(self.balances => book.balances);
        pairs!(self.contracts => book.contracts);
        pairs!(self.programme_codes => book.programme_codes);
        for (month, turnovers) in read_months(&self.turnovers)? {
            book.turnovers.load(month, turnovers);
        }
        for row in &self.numbers {
            let last = u64::try_from(row.last).map_err(|_| BatchError::unreadable("a series below zero"))?;
            book.numbers.load(Series(row.series.clone()), last);
        }
        self.hydrate_indexes(book)
    }

    fn hydrate_documents(&self, book: &mut Book) -> Result<(), BatchError> {
        pairs!(self.texts => book.texts);
        documents!(self.erasures => book.erasures, erasure => erasure.sha256);
        documents!(self.people => book.people, person => person.folded.clone());
        documents!(self.participants => book.participants, set => set.matter.clone());
        documents!(self.periods => book.periods, period => period.month);
        documents!(self.organisations => book.organisations, organisation => organisation.credit_code);
        documents!(self.rates => book.reference_rates, rate => RateKey::new(&rate.name, rate.date));
        documents!(self.calendar_changes => book.calendar_changes, change => change.id);
        documents!(self.calendar_days => book.calendar_days, day => day.date);
        documents!(self.programmes => book.programmes, programme => programme.code.clone());
        documents!(self.rules => book.rules, version => RulesKey {
            programme: version.programme.clone(),
            number: version.number,
        });
        documents!(self.budget_changes => book.budget_changes, change => change.id);
        documents!(self.evidence => book.evidence, evidence => evidence.id);
        documents!(self.invoices => book.invoices, invoice => invoice.key());
        documents!(self.rentals => book.rentals, rental => rental.id);
        documents!(self.usage_imports => book.usage_imports, import => import.id);
        documents!(self.rental_usage => book.rental_usage, usage => usage.rental);
        documents!(self.loans => book.loans, loan => loan.id);
        documents!(self.prefunds => book.prefunds, prefund => prefund.id);
        documents!(self.prefund_years => book.prefund_years, year => year.key());
        documents!(self.true_ups => book.true_ups, true_up => true_up.id);
        documents!(self.vouchers => book.vouchers, voucher => voucher.id);
        Ok(())
    }

    fn hydrate_claims(&self, book: &mut Book) -> Result<(), BatchError> {
        documents!(self.claims => book.claims, claim => claim.id);
        documents!(self.recalculations => book.recalculations, recalculation => recalculation.key());
        documents!(self.objections => book.objections, objection => objection.id);
        documents!(self.payment_batches => book.payment_batches, batch => batch.id);
        documents!(self.payment_lines => book.payment_lines, line => line.key());
        documents!(self.recoveries => book.recoveries, recovery => recovery.id);
        documents!(self.reversals => book.reversals, reversal => reversal.sequence);
        for row in &self.leaves {
            let leaf = Leaf::decode(&row.leaf).map_err(|error| BatchError::unreadable(&error.to_string()))?;
            let Some(posted) = &leaf.postings else { continue };
            let day = posted.effective_date;
            if let Some(posting) = reversible(&leaf.command, &leaf.outcome, &posted.lines, day) {
                book.reversible.load(leaf.sequence, posting);
            }
        }
        Ok(())
    }

    /// What hangs together, by what it hangs on.
    fn hydrate_indexes(&self, book: &mut Book) -> Result<(), BatchError> {
        let mut by_batch: BTreeMap<_, Vec<ClaimId>> = BTreeMap::new();
        for row in &self.batch_claims {
            by_batch.entry(PaymentBatchId::new(row.batch)).or_default().push(ClaimId::new(row.claim));
        }
        for (batch, claims) in by_batch {
            book.batch_claims.load(batch, claims);
        }
        let mut by_reference: BTreeMap<ReferenceKey, BTreeSet<LineKey>> = BTreeMap::new();
        for row in &self.references {
            let (reference, line) = row.read()?;
            by_reference.entry(reference).or_default().insert(line);
        }
        for (reference, lines) in by_reference {
            book.paid_references.load(reference, lines);
        }
        for row in &self.returned {
            let true_up = row.read()?;
            if let Some(key) = true_up.reference_key() {
                book.returned_references.load(key, true_up.id);
            }
        }
        let mut by_number: BTreeMap<InvoiceNumber, Statements> = BTreeMap::new();
        for row in &self.statements {
            let invoice = row.read()?;
            let all = by_number.entry(invoice.facts.number.clone()).or_default();
            all.insert(invoice.organisation, Statement::from(&invoice));
        }
        for (number, statements) in by_number {
            book.statements.load(number, statements);
        }
        let mut by_organisation: BTreeMap<CreditCode, BTreeSet<VoucherId>> = BTreeMap::new();
        for row in &self.live {
            let organisation = crate::db::convert::read(&row.organisation)?;
            by_organisation.entry(organisation).or_default().insert(VoucherId::new(row.id));
        }
        for (organisation, vouchers) in by_organisation {
            book.live_vouchers.load(organisation, vouchers);
        }
        let mut by_rental: BTreeMap<_, ContractAllocations> = BTreeMap::new();
        for row in &self.uses {
            let (rental, user, contract_use) = row.read()?;
            by_rental.entry(rental).or_default().insert(user, contract_use);
        }
        for (rental, uses) in by_rental {
            book.uses.load(rental, uses);
        }
        self.hydrate_loan_indexes(book)
    }

    fn hydrate_loan_indexes(&self, book: &mut Book) -> Result<(), BatchError> {
        let mut by_loan: BTreeMap<_, LoanAllocations> = BTreeMap::new();
        for row in &self.loan_uses {
            let (loan, claim, loan_use) = row.read()?;
            by_loan.entry(loan).or_default().insert(claim, loan_use);
        }
        for (loan, uses) in by_loan {
            book.loan_uses.load(loan, uses);
        }
        let mut by_borrower: BTreeMap<BorrowerKey, Holdings> = BTreeMap::new();
        for row in &self.holdings {
            let (borrower, claim, principal) = row.read()?;
            by_borrower.entry(borrower).or_default().insert(claim, principal);
        }
        for (borrower, holdings) in by_borrower {
            book.holdings.load(borrower, holdings);
        }
        let mut by_name: BTreeMap<Folded, Vec<Dated<Percent>>> = BTreeMap::new();
        for row in &self.series {
            let rate = row.read()?;
            by_name
                .entry(rate.name.folded())
                .or_default()
                .push(Dated { date: rate.date, value: rate.percent });
        }
        for (name, series) in by_name {
            book.rate_series.load(name, series);
        }
        Ok(())
    }
}
