//! Loads what commands need: one statement a table, all of a round in flight together.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::batch::BatchError;
use super::store::{LogRow, NumberRow};
use crate::book::{Book, Key, Keys};
use crate::claims::store::ClaimRow;
use crate::claims::store::further::{ObjectionRow, RecalculationRow};
use crate::db::convert;
use crate::evidence::store::{EvidenceRow, InvoiceRow, invoice_columns};
use crate::ledger::store::{self as ledger, BalanceRow, MonthRow, by_month};
use crate::loans::store::{self as loans, LoanKeyRow, LoanRow};
use crate::organisations::store::OrganisationRow;
use crate::payments::store::{PaymentBatchRow, PaymentLineRow, PlacedRow, claims_of};
use crate::periods::store::PeriodRow;
use crate::programmes::store::{BudgetChangeRow, ProgrammeRow, RulesRow, UsageRow, usage_columns};
use crate::recoveries::store::RecoveryRow;
use crate::reference_rates::store::ReferenceRateRow;
use crate::rentals::store::{ContractRow, RentalRow, by_contracts, contract_column};
use crate::reversals::store::ReversalRow;
use crate::usage::store::{RentalUsageRow, UsageImportRow};
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
    usage_imports: Vec<Uuid>,
    rental_usage: Vec<Uuid>,
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
            Key::UsageImport(k) => self.usage_imports.push(k.uuid()),
            Key::RentalUsage(k) => self.rental_usage.push(k.uuid()),
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
    pub usage_imports: Vec<UsageImportRow>,
    pub rental_usage: Vec<RentalUsageRow>,
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
        usage_imports,
        rental_usage,
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
        UsageImportRow::by_keys(conn, &wanted.usage_imports),
        RentalUsageRow::by_keys(conn, &wanted.rental_usage),
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
        usage_imports,
        rental_usage,
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
