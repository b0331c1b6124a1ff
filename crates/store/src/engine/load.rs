//! Loads what commands need: one statement a table, all of a round in flight together.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::batch::BatchError;
use super::store::{LogRow, NumberRow};
use crate::calendar::{CalendarChangeRow, CalendarDayRow};
use crate::claims::ClaimRow;
use crate::claims::further::{ObjectionRow, RecalculationRow};
use crate::db::convert::{self, Unreadable};
use crate::erasures::{ErasureRow, KeptRow, kept};
use crate::evidence::queries::statements_of;
use crate::evidence::{EvidenceRow, InvoiceRow, invoice_columns, statement_columns};
use crate::ledger;
use crate::ledger::{BalanceRow, MonthRow, by_month};
use crate::loans;
use crate::loans::allocations::{HoldingRow, LoanAllocationRow, borrower_column, holdings_of, series_of};
use crate::loans::{LoanKeyRow, LoanRow};
use crate::organisations::OrganisationRow;
use crate::payments::{PaymentBatchRow, PaymentLineRow, PlacedRow, ReferenceRow, claims_of, paid_under};
use crate::people::{ParticipantsRow, PersonRow};
use crate::periods::PeriodRow;
use crate::prefunds::{PrefundRow, PrefundYearRow, TrueUpRow, returned_under, year_columns};
use crate::programmes::{
    BudgetChangeRow, ProgrammeCodeRow, ProgrammeRow, RulesRow, UsageRow, by_folds, usage_columns,
};
use crate::recoveries::RecoveryRow;
use crate::reference_rates::ReferenceRateRow;
use crate::rentals::allocations::{ContractAllocationRow, uses_of};
use crate::rentals::{ContractRow, RentalRow, by_contracts, contract_column};
use crate::reversals::ReversalRow;
use crate::usage::{RentalUsageRow, UsageImportRow};
use crate::vouchers::{LiveRow, VoucherRow, live_of};
use subsidy_core::book::{Book, Key, Keys, ROUNDS_MAX};

/// The keys of one round, by table.
#[derive(Default)]
struct Wanted {
    people: Vec<String>,
    participants: Vec<String>,
    periods: Vec<String>,
    texts: Vec<Vec<u8>>,
    erasures: Vec<Vec<u8>>,
    /// The last day of the last month whose turnovers are asked for.
    turnovers: Option<chrono::NaiveDate>,
    organisations: Vec<String>,
    rates: Vec<(String, chrono::NaiveDate)>,
    calendar_changes: Vec<Uuid>,
    calendar_days: Vec<chrono::NaiveDate>,
    programmes: Vec<String>,
    programme_codes: Vec<String>,
    rules: Vec<(String, i32)>,
    budget_changes: Vec<Uuid>,
    evidence: Vec<Uuid>,
    invoices: Vec<(String, String, String)>,
    /// The codes and the numbers.
    statements: (Vec<String>, Vec<String>),
    rentals: Vec<Uuid>,
    contracts: Vec<String>,
    usage_imports: Vec<Uuid>,
    rental_usage: Vec<Uuid>,
    loans: Vec<Uuid>,
    loan_keys: Vec<String>,
    loan_uses: Vec<Uuid>,
    holdings: Vec<String>,
    series: Vec<String>,
    prefunds: Vec<Uuid>,
    prefund_years: Vec<(String, String, i16)>,
    true_ups: Vec<Uuid>,
    vouchers: Vec<Uuid>,
    claims: Vec<Uuid>,
    recalculations: Vec<(Uuid, i32)>,
    objections: Vec<Uuid>,
    payment_batches: Vec<Uuid>,
    payment_lines: Vec<(Uuid, Uuid)>,
    batch_claims: Vec<Uuid>,
    references: Vec<String>,
    returned_references: Vec<String>,
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
            Key::Person(k) => self.people.push(k.as_str().to_owned()),
            Key::Participants(k) => self.participants.push(k.to_string()),
            Key::Text(k) => self.texts.push(k.as_bytes().to_vec()),
            Key::Erasure(k) => self.erasures.push(k.as_bytes().to_vec()),
            Key::Period(k) => self.periods.push(k.to_string()),
            Key::Turnovers(k) => self.turnovers = self.turnovers.max(Some(k.last_day().naive())),
            Key::Organisation(k) => self.organisations.push(k.to_string()),
            Key::ReferenceRate(k) => self.rates.push((k.name.to_string(), k.date.naive())),
            Key::CalendarChange(k) => self.calendar_changes.push(k.uuid()),
            Key::CalendarDay(k) => self.calendar_days.push(k.naive()),
            Key::Programme(k) => self.programmes.push(k.to_string()),
            Key::ProgrammeOf(k) => self.programme_codes.push(k.to_string()),
            Key::Rules(k) => self.rules.push((k.programme.to_string(), crate::db::convert::count(k.number))),
            Key::BudgetChange(k) => self.budget_changes.push(k.uuid()),
            Key::Evidence(k) => self.evidence.push(k.uuid()),
            Key::Invoice(k) => self.invoices.push(statement_columns(k)),
            Key::Statements(k) => self.statements.extend([invoice_columns(k)]),
            Key::Rental(k) => self.rentals.push(k.uuid()),
            Key::Contract(k) => self.contracts.push(contract_column(k)),
            Key::UsageImport(k) => self.usage_imports.push(k.uuid()),
            Key::RentalUsage(k) => self.rental_usage.push(k.uuid()),
            Key::Loan(k) => self.loans.push(k.uuid()),
            Key::LoanOf(k) => self.loan_keys.push(loans::contract_column(k)),
            Key::LoanAllocations(k) => self.loan_uses.push(k.uuid()),
            Key::Holdings(k) => self.holdings.push(borrower_column(k)),
            Key::RateSeries(k) => self.series.push(k.to_string()),
            Key::Prefund(k) => self.prefunds.push(k.uuid()),
            Key::PrefundYear(k) => self.prefund_years.push(year_columns(k)),
            Key::TrueUp(k) => self.true_ups.push(k.uuid()),
            Key::Voucher(k) => self.vouchers.push(k.uuid()),
            Key::Claim(k) => self.claims.push(k.uuid()),
            Key::Recalculation(k) => {
                self.recalculations.push((k.claim.uuid(), crate::db::convert::count(k.number)));
            }
            Key::Objection(k) => self.objections.push(k.uuid()),
            Key::PaymentBatch(k) => self.payment_batches.push(k.uuid()),
            Key::PaymentLine(k) => self.payment_lines.push((k.batch.uuid(), k.claim.uuid())),
            Key::BatchClaims(k) => self.batch_claims.push(k.uuid()),
            Key::PaidReference(k) => self.references.push(k.to_string()),
            Key::ReturnedReference(k) => self.returned_references.push(k.to_string()),
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

/// Loads keys into the book; a key that is not there is absent from then on.
pub async fn load(conn: &AsyncPgConnection, keys: Keys, book: &mut Book) -> Result<(), BatchError> {
    read(conn, &keys).await?.hydrate(book)?;
    for key in keys {
        book.looked_for(key);
    }
    Ok(())
}

/// What is asked for of the book, read round by round: for a report that asks the rules themselves.
pub async fn read_book(conn: &AsyncPgConnection, asked: impl Fn(&Book) -> Keys) -> Result<Book, UnreadBook> {
    let mut book = Book::default();
    for _ in 0..ROUNDS_MAX {
        let wanted: Keys = asked(&book).into_iter().filter(|key| !book.knows(key)).collect();
        if wanted.is_empty() {
            break;
        }
        load(conn, wanted, &mut book).await.map_err(|error| match error {
            BatchError::Database(error) => UnreadBook::Database(error),
            error => UnreadBook::Unreadable(Unreadable(error.to_string())),
        })?;
    }
    Ok(book)
}

/// Why a book is not read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadBook {
    /// The database did not answer, or refused.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    /// A row does not hold what its table promises.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Names each table once: where its rows go, what they are, and how those that are wanted are read.
macro_rules! tables {
    (|$conn:ident, $wanted:ident| $($rows:ident: $row:ty = $read:expr;)*) => {
        /// Rows of the tables that the book is made of.
        #[derive(Debug, Default)]
        pub struct Rows {
            $(pub $rows: Vec<$row>,)*
        }

        /// Reads keys, all tables in flight together.
        pub async fn read($conn: &AsyncPgConnection, keys: &Keys) -> QueryResult<Rows> {
            let $wanted = Wanted::of(keys);
            // each on the heap: together they are larger than a worker's stack suffers
            let ($($rows,)*) = tokio::try_join!($(Box::pin($read),)*)?;
            Ok(Rows { $($rows,)* })
        }
    };
}

tables! { |conn, wanted|
    people: PersonRow = PersonRow::by_keys(conn, &wanted.people);
    participants: ParticipantsRow = ParticipantsRow::by_keys(conn, &wanted.participants);
    texts: KeptRow = asked(&wanted.texts, |keys| kept(conn, keys));
    erasures: ErasureRow = ErasureRow::by_keys(conn, &wanted.erasures);
    periods: PeriodRow = PeriodRow::by_keys(conn, &wanted.periods);
    turnovers: MonthRow = async {
        match wanted.turnovers {
            Some(until) => by_month(conn, until).await,
            None => Ok(Vec::new()),
        }
    };
    organisations: OrganisationRow = OrganisationRow::by_keys(conn, &wanted.organisations);
    rates: ReferenceRateRow = ReferenceRateRow::by_keys(conn, &wanted.rates);
    calendar_changes: CalendarChangeRow = CalendarChangeRow::by_keys(conn, &wanted.calendar_changes);
    calendar_days: CalendarDayRow = CalendarDayRow::by_keys(conn, &wanted.calendar_days);
    programmes: ProgrammeRow = ProgrammeRow::by_keys(conn, &wanted.programmes);
    programme_codes: ProgrammeCodeRow = asked(&wanted.programme_codes, |folds| by_folds(conn, folds));
    rules: RulesRow = RulesRow::by_keys(conn, &wanted.rules);
    budget_changes: BudgetChangeRow = BudgetChangeRow::by_keys(conn, &wanted.budget_changes);
    evidence: EvidenceRow = EvidenceRow::by_keys(conn, &wanted.evidence);
    invoices: InvoiceRow = InvoiceRow::by_keys(conn, &wanted.invoices);
    statements: InvoiceRow = async {
        let (codes, numbers) = &wanted.statements;
        if codes.is_empty() { Ok(Vec::new()) } else { statements_of(conn, codes, numbers).await }
    };
    rentals: RentalRow = RentalRow::by_keys(conn, &wanted.rentals);
    usage_imports: UsageImportRow = UsageImportRow::by_keys(conn, &wanted.usage_imports);
    rental_usage: RentalUsageRow = RentalUsageRow::by_keys(conn, &wanted.rental_usage);
    loans: LoanRow = LoanRow::by_keys(conn, &wanted.loans);
    loan_keys: LoanKeyRow = asked(&wanted.loan_keys, |keys| loans::by_contracts(conn, keys));
    loan_uses: LoanAllocationRow = asked(&wanted.loan_uses, |keys| loans::allocations::uses_of(conn, keys));
    holdings: HoldingRow = asked(&wanted.holdings, |keys| holdings_of(conn, keys));
    series: ReferenceRateRow = asked(&wanted.series, |keys| series_of(conn, keys));
    prefunds: PrefundRow = PrefundRow::by_keys(conn, &wanted.prefunds);
    prefund_years: PrefundYearRow = PrefundYearRow::by_keys(conn, &wanted.prefund_years);
    true_ups: TrueUpRow = TrueUpRow::by_keys(conn, &wanted.true_ups);
    vouchers: VoucherRow = VoucherRow::by_keys(conn, &wanted.vouchers);
    claims: ClaimRow = ClaimRow::by_keys(conn, &wanted.claims);
    recalculations: RecalculationRow = RecalculationRow::by_keys(conn, &wanted.recalculations);
    objections: ObjectionRow = ObjectionRow::by_keys(conn, &wanted.objections);
    payment_batches: PaymentBatchRow = PaymentBatchRow::by_keys(conn, &wanted.payment_batches);
    payment_lines: PaymentLineRow = PaymentLineRow::by_keys(conn, &wanted.payment_lines);
    batch_claims: PlacedRow = asked(&wanted.batch_claims, |keys| claims_of(conn, keys));
    references: ReferenceRow = asked(&wanted.references, |keys| paid_under(conn, keys));
    returned: TrueUpRow = asked(&wanted.returned_references, |keys| returned_under(conn, keys));
    recoveries: RecoveryRow = RecoveryRow::by_keys(conn, &wanted.recoveries);
    reversals: ReversalRow = ReversalRow::by_keys(conn, &wanted.reversals);
    leaves: LogRow = LogRow::by_keys(conn, &wanted.reversible);
    live: LiveRow = asked(&wanted.live_vouchers, |keys| live_of(conn, keys));
    usages: UsageRow = UsageRow::by_keys(conn, &wanted.usages);
    numbers: NumberRow = NumberRow::by_keys(conn, &wanted.numbers);
    balances: BalanceRow = BalanceRow::by_keys(conn, &wanted.balances);
    contracts: ContractRow = asked(&wanted.contracts, |keys| by_contracts(conn, keys));
    uses: ContractAllocationRow = asked(&wanted.uses, |keys| uses_of(conn, keys));
}

/// Rows that nobody asks for are not read.
async fn asked<'a, K, R, F>(keys: &'a [K], read: impl FnOnce(&'a [K]) -> F) -> QueryResult<Vec<R>>
where
    F: Future<Output = QueryResult<Vec<R>>>,
{
    if keys.is_empty() { Ok(Vec::new()) } else { read(keys).await }
}
