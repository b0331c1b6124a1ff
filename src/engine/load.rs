//! Loads what commands need: one statement a table, all of a round in flight together.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::batch::BatchError;
use super::store::{LogRow, NumberRow};
use crate::audit::leaf::Leaf;
use crate::book::reversible::reversible;
use crate::book::{Book, Key, Keys, RateKey, Series};
use crate::claims::store::ClaimRow;
use crate::claims::store::further::{ObjectionRow, RecalculationRow};
use crate::db::convert;
use crate::domain::{ClaimId, CreditCode, PaymentBatchId, VoucherId};
use crate::evidence::store::{EvidenceRow, InvoiceRow, invoice_columns};
use crate::ledger::store::{self as ledger, BalanceRow, MonthRow, by_month, read_months};
use crate::loans::store::{self as loans, LoanKeyRow, LoanRow};
use crate::organisations::store::OrganisationRow;
use crate::payments::store::{PaymentBatchRow, PaymentLineRow, PlacedRow, claims_of};
use crate::periods::store::PeriodRow;
use crate::programmes::store::{BudgetChangeRow, ProgrammeRow, RulesRow, UsageRow, usage_columns};
use crate::recoveries::store::RecoveryRow;
use crate::reference_rates::store::ReferenceRateRow;
use crate::rentals::store::{ContractRow, RentalRow, by_contracts, contract_column};
use crate::reversals::store::ReversalRow;
use crate::vouchers::Uses;
use crate::vouchers::store::{ContractUseRow, LiveRow, VoucherRow, live_of, uses_of};

/// The keys of one round, by table.
#[derive(Default)]
struct Wanted {
    periods: Vec<String>,
    /// The last day of the last month whose turnovers are asked for.
    turnovers: Option<chrono::NaiveDate>,
    organisations: Vec<String>,
    rates: Vec<(String, chrono::NaiveDate)>,
    programmes: Vec<String>,
    rules: Vec<(String, i32)>,
    budget_changes: Vec<Uuid>,
    evidence: Vec<Uuid>,
    invoices: Vec<(String, String)>,
    rentals: Vec<Uuid>,
    contracts: Vec<String>,
    loans: Vec<Uuid>,
    loan_keys: Vec<String>,
    vouchers: Vec<Uuid>,
    claims: Vec<Uuid>,
    recalculations: Vec<(Uuid, i32)>,
    objections: Vec<Uuid>,
    payment_batches: Vec<Uuid>,
    payment_lines: Vec<(Uuid, Uuid)>,
    batch_claims: Vec<Uuid>,
    recoveries: Vec<Uuid>,
    reversals: Vec<i64>,
    reversible: Vec<i64>,
    live_vouchers: Vec<String>,
    uses: Vec<Uuid>,
    usages: Vec<(String, String, i16, String)>,
    numbers: Vec<String>,
    balances: Vec<(String, String, String)>,
}

impl Wanted {
    fn of(keys: &Keys) -> Self {
        let mut wanted = Self::default();
        for key in keys {
            wanted.add(key);
        }
        wanted
    }

    fn add(&mut self, key: &Key) {
        match key {
            Key::Period(k) => self.periods.push(k.to_string()),
            Key::Turnovers(k) => self.turnovers = self.turnovers.max(Some(k.last_day().naive())),
            Key::Organisation(k) => self.organisations.push(k.to_string()),
            Key::ReferenceRate(k) => self.rates.push((k.name.to_string(), k.date.naive())),
            Key::Programme(k) => self.programmes.push(k.to_string()),
            Key::Rules(k) => self.rules.push((k.programme.to_string(), crate::db::convert::count(k.number))),
            Key::BudgetChange(k) => self.budget_changes.push(k.uuid()),
            Key::Evidence(k) => self.evidence.push(k.uuid()),
            Key::Invoice(k) => self.invoices.push(invoice_columns(k)),
            Key::Rental(k) => self.rentals.push(k.uuid()),
            Key::Contract(k) => self.contracts.push(contract_column(k)),
            Key::Loan(k) => self.loans.push(k.uuid()),
            Key::LoanOf(k) => self.loan_keys.push(loans::contract_column(k)),
            Key::Voucher(k) => self.vouchers.push(k.uuid()),
            Key::Claim(k) => self.claims.push(k.uuid()),
            Key::Recalculation(k) => {
                self.recalculations.push((k.claim.uuid(), crate::db::convert::count(k.number)));
            }
            Key::Objection(k) => self.objections.push(k.uuid()),
            Key::PaymentBatch(k) => self.payment_batches.push(k.uuid()),
            Key::PaymentLine(k) => self.payment_lines.push((k.batch.uuid(), k.claim.uuid())),
            Key::BatchClaims(k) => self.batch_claims.push(k.uuid()),
            Key::Recovery(k) => self.recoveries.push(k.uuid()),
            Key::Reversal(k) => self.reversals.push(convert::sequence(*k)),
            Key::Reversible(k) => self.reversible.push(convert::sequence(*k)),
            Key::LiveVouchers(k) => self.live_vouchers.push(k.to_string()),
            Key::ContractUses(k) => self.uses.push(k.uuid()),
            Key::Usage(k) => self.usages.push(usage_columns(k)),
            Key::Number(k) => self.numbers.push(k.0.clone()),
            Key::Balance(k) => self.balances.push(ledger::columns(k)),
        }
    }
}

/// Rows of the tables that the book is made of.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub periods: Vec<PeriodRow>,
    pub turnovers: Vec<MonthRow>,
    pub organisations: Vec<OrganisationRow>,
    pub rates: Vec<ReferenceRateRow>,
    pub programmes: Vec<ProgrammeRow>,
    pub rules: Vec<RulesRow>,
    pub budget_changes: Vec<BudgetChangeRow>,
    pub evidence: Vec<EvidenceRow>,
    pub invoices: Vec<InvoiceRow>,
    pub rentals: Vec<RentalRow>,
    pub loans: Vec<LoanRow>,
    pub loan_keys: Vec<LoanKeyRow>,
    pub vouchers: Vec<VoucherRow>,
    pub claims: Vec<ClaimRow>,
    pub recalculations: Vec<RecalculationRow>,
    pub objections: Vec<ObjectionRow>,
    pub payment_batches: Vec<PaymentBatchRow>,
    pub payment_lines: Vec<PaymentLineRow>,
    pub batch_claims: Vec<PlacedRow>,
    pub recoveries: Vec<RecoveryRow>,
    pub reversals: Vec<ReversalRow>,
    pub leaves: Vec<LogRow>,
    pub live: Vec<LiveRow>,
    pub usages: Vec<UsageRow>,
    pub numbers: Vec<NumberRow>,
    pub balances: Vec<BalanceRow>,
    pub contracts: Vec<ContractRow>,
    pub uses: Vec<ContractUseRow>,
}

/// Loads keys into the book; a key that is not there is absent from then on.
pub(super) async fn load(conn: &AsyncPgConnection, keys: Keys, book: &mut Book) -> Result<(), BatchError> {
    read(conn, &keys).await?.put(book)?;
    for key in keys {
        book.looked_for(key);
    }
    Ok(())
}

/// Reads keys, all tables in flight together.
pub(super) async fn read(conn: &AsyncPgConnection, keys: &Keys) -> Result<Rows, diesel::result::Error> {
    let wanted = Wanted::of(keys);
    let contracts = async {
        if wanted.contracts.is_empty() { Ok(Vec::new()) } else { by_contracts(conn, &wanted.contracts).await }
    };
    let loan_keys = async {
        if wanted.loan_keys.is_empty() {
            Ok(Vec::new())
        } else {
            loans::by_contracts(conn, &wanted.loan_keys).await
        }
    };
    let live = async {
        if wanted.live_vouchers.is_empty() {
            Ok(Vec::new())
        } else {
            live_of(conn, &wanted.live_vouchers).await
        }
    };
    let batch_claims = async {
        if wanted.batch_claims.is_empty() {
            Ok(Vec::new())
        } else {
            claims_of(conn, &wanted.batch_claims).await
        }
    };
    let turnovers = async {
        match wanted.turnovers {
            Some(until) => by_month(conn, None, until).await,
            None => Ok(Vec::new()),
        }
    };
    let uses =
        async { if wanted.uses.is_empty() { Ok(Vec::new()) } else { uses_of(conn, &wanted.uses).await } };
    let (
        periods,
        turnovers,
        organisations,
        rates,
        programmes,
        rules,
        budget_changes,
        evidence,
        invoices,
        rentals,
        loans,
        loan_keys,
        vouchers,
        claims,
        recalculations,
        objections,
        payment_batches,
        payment_lines,
        batch_claims,
        recoveries,
        reversals,
        leaves,
        live,
        usages,
        numbers,
        balances,
        contracts,
        uses,
    ) = tokio::try_join!(
        PeriodRow::by_keys(conn, &wanted.periods),
        turnovers,
        OrganisationRow::by_keys(conn, &wanted.organisations),
        ReferenceRateRow::by_keys(conn, &wanted.rates),
        ProgrammeRow::by_keys(conn, &wanted.programmes),
        RulesRow::by_keys(conn, &wanted.rules),
        BudgetChangeRow::by_keys(conn, &wanted.budget_changes),
        EvidenceRow::by_keys(conn, &wanted.evidence),
        InvoiceRow::by_keys(conn, &wanted.invoices),
        RentalRow::by_keys(conn, &wanted.rentals),
        LoanRow::by_keys(conn, &wanted.loans),
        loan_keys,
        VoucherRow::by_keys(conn, &wanted.vouchers),
        ClaimRow::by_keys(conn, &wanted.claims),
        RecalculationRow::by_keys(conn, &wanted.recalculations),
        ObjectionRow::by_keys(conn, &wanted.objections),
        PaymentBatchRow::by_keys(conn, &wanted.payment_batches),
        PaymentLineRow::by_keys(conn, &wanted.payment_lines),
        batch_claims,
        RecoveryRow::by_keys(conn, &wanted.recoveries),
        ReversalRow::by_keys(conn, &wanted.reversals),
        LogRow::by_keys(conn, &wanted.reversible),
        live,
        UsageRow::by_keys(conn, &wanted.usages),
        NumberRow::by_keys(conn, &wanted.numbers),
        BalanceRow::by_keys(conn, &wanted.balances),
        contracts,
        uses,
    )?;
    Ok(Rows {
        periods,
        turnovers,
        organisations,
        rates,
        programmes,
        rules,
        budget_changes,
        evidence,
        invoices,
        rentals,
        loans,
        loan_keys,
        vouchers,
        claims,
        recalculations,
        objections,
        payment_batches,
        payment_lines,
        batch_claims,
        recoveries,
        reversals,
        leaves,
        live,
        usages,
        numbers,
        balances,
        contracts,
        uses,
    })
}

impl Rows {
    /// Puts what was read into the book.
    pub(super) fn put(&self, book: &mut Book) -> Result<(), BatchError> {
        for row in &self.periods {
            let period = row.read()?;
            book.periods.load(period.month, period);
        }
        for (month, turnovers) in read_months(&self.turnovers)? {
            book.turnovers.load(month, turnovers);
        }
        for row in &self.organisations {
            let organisation = row.read()?;
            book.organisations.load(organisation.credit_code, organisation);
        }
        for row in &self.rates {
            let rate = row.read()?;
            book.reference_rates.load(RateKey { name: rate.name.clone(), date: rate.date }, rate);
        }
        for row in &self.programmes {
            let programme = row.read()?;
            book.programmes.load(programme.code.clone(), programme);
        }
        for row in &self.rules {
            let version = row.read()?;
            let key =
                crate::programmes::RulesKey { programme: version.programme.clone(), number: version.number };
            book.rules.load(key, version);
        }
        for row in &self.budget_changes {
            let change = row.read()?;
            book.budget_changes.load(change.id, change);
        }
        for row in &self.evidence {
            let evidence = row.read()?;
            book.evidence.load(evidence.id, evidence);
        }
        for row in &self.invoices {
            let invoice = row.read()?;
            book.invoices.load(invoice.facts.number.clone(), invoice);
        }
        for row in &self.rentals {
            let rental = row.read()?;
            book.rentals.load(rental.id, rental);
        }
        for row in &self.loans {
            let loan = row.read()?;
            book.loans.load(loan.id, loan);
        }
        for row in &self.loan_keys {
            let (key, id) = row.read()?;
            book.loan_keys.load(key, id);
        }
        for row in &self.vouchers {
            let voucher = row.read()?;
            book.vouchers.load(voucher.id, voucher);
        }
        for row in &self.claims {
            let claim = row.read()?;
            book.claims.load(claim.id, claim);
        }
        for row in &self.recalculations {
            let recalculation = row.read()?;
            book.recalculations.load(recalculation.key(), recalculation);
        }
        for row in &self.objections {
            let objection = row.read()?;
            book.objections.load(objection.id, objection);
        }
        for row in &self.payment_batches {
            let batch = row.read()?;
            book.payment_batches.load(batch.id, batch);
        }
        for row in &self.payment_lines {
            let line = row.read()?;
            book.payment_lines.load(line.key(), line);
        }
        let mut by_batch: BTreeMap<_, Vec<ClaimId>> = BTreeMap::new();
        for row in &self.batch_claims {
            by_batch.entry(PaymentBatchId::new(row.batch)).or_default().push(ClaimId::new(row.claim));
        }
        for (batch, claims) in by_batch {
            book.batch_claims.load(batch, claims);
        }
        for row in &self.recoveries {
            let recovery = row.read()?;
            book.recoveries.load(recovery.id, recovery);
        }
        for row in &self.reversals {
            let reversal = row.read()?;
            book.reversals.load(reversal.sequence, reversal);
        }
        for row in &self.leaves {
            let leaf = Leaf::decode(&row.leaf).map_err(|error| BatchError::unreadable(&error.to_string()))?;
            let Some(posted) = &leaf.postings else { continue };
            let day = posted.effective_date;
            if let Some(posting) = reversible(&leaf.command, &leaf.outcome, &posted.lines, day) {
                book.reversible.load(leaf.sequence, posting);
            }
        }
        let mut by_organisation: BTreeMap<CreditCode, BTreeSet<VoucherId>> = BTreeMap::new();
        for row in &self.live {
            let organisation = crate::db::convert::read(&row.organisation)?;
            by_organisation.entry(organisation).or_default().insert(VoucherId::new(row.id));
        }
        for (organisation, vouchers) in by_organisation {
            book.live_vouchers.load(organisation, vouchers);
        }
        for row in &self.usages {
            let (key, used) = row.read()?;
            book.usages.load(key, used);
        }
        for row in &self.numbers {
            let last = u64::try_from(row.last).map_err(|_| BatchError::unreadable("a series below zero"))?;
            book.numbers.load(Series(row.series.clone()), last);
        }
        for row in &self.balances {
            let (key, amount) = row.read()?;
            book.balances.load(key, amount);
        }
        for row in &self.contracts {
            let (key, id) = row.read()?;
            book.contracts.load(key, id);
        }
        let mut by_rental: BTreeMap<_, Uses> = BTreeMap::new();
        for row in &self.uses {
            let (rental, voucher, contract_use) = row.read()?;
            by_rental.entry(rental).or_default().insert(voucher, contract_use);
        }
        for (rental, uses) in by_rental {
            book.uses.load(rental, uses);
        }
        Ok(())
    }
}
