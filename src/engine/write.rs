//! Writes what a batch decided: array statements, all in flight together.

use diesel_async::AsyncPgConnection;

use super::batch::BatchError;
use super::fold::Folded;
use super::posted::{Rows, Totals};
use super::store::{
    self, BankAccountRow, CalculationRow, HeadRow, IdempotencyRow, LogRow, NumberRow, TransitionRow,
};
use super::submission::Submission;
use crate::audit::tree::FullTile;
use crate::book::Slots;
use crate::claims::store::ClaimRow;
use crate::claims::store::further::{ObjectionRow, RecalculationRow};
use crate::db::convert::Unreadable;
use crate::db::rows::exactly;
use crate::db::together::Together;
use crate::evidence::store::{EvidenceRow, InvoiceRow};
use crate::ledger::store::{BalanceRow, EntryRow, TotalRow};
use crate::loans::store::LoanRow;
use crate::loans::store::uses::LoanUseRow;
use crate::organisations::store::OrganisationRow;
use crate::payments::store::{PaymentBatchRow, PaymentLineRow};
use crate::periods::store::PeriodRow;
use crate::prefunds::store::{PrefundRow, PrefundYearRow, TrueUpRow};
use crate::programmes::store::{BudgetChangeRow, ProgrammeRow, RulesRow, UsageRow};
use crate::recoveries::store::RecoveryRow;
use crate::reference_rates::store::ReferenceRateRow;
use crate::rentals::store::RentalRow;
use crate::rentals::store::uses::ContractUseRow;
use crate::reversals::store::ReversalRow;
use crate::usage::store::{RentalUsageRow, UsageImportRow};
use crate::vouchers::store::VoucherRow;

/// New and changed rows of one table.
struct Split<R> {
    new: Vec<R>,
    changed: Vec<R>,
    /// The versions that the changed rows had.
    old: Vec<i64>,
}

impl<R> Split<R> {
    fn of<K: Ord + Clone + std::fmt::Debug, V: Clone>(
        slots: &Slots<K, V>,
        row: impl Fn(&K, &V) -> Result<R, Unreadable>,
        version: impl Fn(&R) -> i64,
    ) -> Result<Self, Unreadable> {
        let mut split = Self { new: Vec::new(), changed: Vec::new(), old: Vec::new() };
        for change in slots.changed() {
            let now = row(change.key, change.now)?;
            match change.before {
                None => split.new.push(now),
                Some(before) => {
                    split.old.push(version(&row(change.key, before)?));
                    split.changed.push(now);
                }
            }
        }
        Ok(split)
    }
}

/// Rows of a table with versions.
macro_rules! versioned {
    ($slots:expr, $row:expr) => {
        Split::of(&$slots, $row, |row| row.version)
    };
}

/// Updates changed rows, each of which must still have its old version.
macro_rules! update_versioned {
    ($conn:expr, $type:ident, $split:expr) => {
        async { exactly($type::update($conn, &$split.changed, &$split.old).await?, $split.changed.len()) }
    };
}

/// The same for rows that are changed by their key alone.
macro_rules! update_keyed {
    ($conn:expr, $type:ident, $split:expr) => {
        async { exactly($type::update($conn, &$split.changed).await?, $split.changed.len()) }
    };
}

/// Writes a batch. The head moves first, with the log: it is what the triggers hold the rest against.
pub(super) async fn write(
    conn: &AsyncPgConnection,
    folded: &Folded,
    submissions: &[&Submission],
    head: (&HeadRow, bool),
) -> Result<(), BatchError> {
    let rows = Rows::of(folded, submissions)?;
    let book = &folded.book;
    let periods = versioned!(book.periods, |_, p| PeriodRow::new(p))?;
    let organisations = versioned!(book.organisations, |_, o| OrganisationRow::new(o))?;
    let rates = versioned!(book.reference_rates, |_, r| Ok(ReferenceRateRow::new(r)))?;
    let programmes = versioned!(book.programmes, |_, p| Ok(ProgrammeRow::new(p)))?;
    let rules = versioned!(book.rules, |_, v| RulesRow::new(v))?;
    let budget_changes = versioned!(book.budget_changes, |_, c| Ok(BudgetChangeRow::new(c)))?;
    let evidence = versioned!(book.evidence, |_, e| EvidenceRow::new(e))?;
    let invoices = versioned!(book.invoices, |_, i| Ok(InvoiceRow::new(i)))?;
    let rentals = versioned!(book.rentals, |_, r| RentalRow::new(r))?;
    let usage_imports = versioned!(book.usage_imports, |_, i| Ok(UsageImportRow::new(i)))?;
    let rental_usage = versioned!(book.rental_usage, |_, u| RentalUsageRow::new(u))?;
    let loans = versioned!(book.loans, |_, l| LoanRow::new(l))?;
    let vouchers = versioned!(book.vouchers, |_, v| VoucherRow::new(v))?;
    let claims = versioned!(book.claims, |_, c| ClaimRow::new(c))?;
    let recalculations = versioned!(book.recalculations, |_, r| RecalculationRow::new(r))?;
    let objections = versioned!(book.objections, |_, o| Ok(ObjectionRow::new(o)))?;
    let batches = versioned!(book.payment_batches, |_, b| Ok(PaymentBatchRow::new(b)))?;
    let lines = versioned!(book.payment_lines, |_, l| Ok(PaymentLineRow::new(l)))?;
    let recoveries = versioned!(book.recoveries, |_, r| RecoveryRow::new(r))?;
    let reversals = versioned!(book.reversals, |_, r| Ok(ReversalRow::new(r)))?;
    let usages = Split::of(&book.usages, |k, u| Ok(UsageRow::new(k, *u)), |_| 0)?;
    let numbers = Split::of(&book.numbers, number_row, |_| 0)?;
    let balances = Split::of(&book.balances, |k, a| Ok(BalanceRow::new(k, *a)), |_| 0)?;
    let uses = uses(book)?;
    let loan_uses = loan_uses(book)?;
    let (head, new) = head;
    if new {
        let begun = HeadRow { next_sequence: 0, frontier: Vec::new(), ..head.clone() };
        HeadRow::insert(conn, &[begun]).await?;
    }
    let moved = if folded.records.is_empty() { [].as_slice() } else { std::slice::from_ref(head) };
    let totals: Vec<TotalRow> = rows.totals.rows().map(|(row, _)| row).collect();
    let mut together = Together::default();
    together.add(HeadRow::updating(moved));
    together.add(LogRow::inserting(&rows.log));
    together.add(EntryRow::inserting(&rows.entries));
    together.add(Totals::adding(&totals));
    together.add(BalanceRow::updating(&balances.changed));
    together.add(TransitionRow::inserting(&rows.transitions));
    together.add(CalculationRow::inserting(&rows.calculations));
    together.add(UsageRow::updating(&usages.changed));
    together.add(NumberRow::updating(&numbers.changed));
    together.add(IdempotencyRow::inserting(&rows.idempotency));
    together.add(VoucherRow::updating(&vouchers.changed, &vouchers.old)?);
    tokio::try_join!(
        together.run(conn),
        PeriodRow::insert(conn, &periods.new),
        update_versioned!(conn, PeriodRow, periods),
        OrganisationRow::insert(conn, &organisations.new),
        update_versioned!(conn, OrganisationRow, organisations),
        ReferenceRateRow::insert(conn, &rates.new),
        update_versioned!(conn, ReferenceRateRow, rates),
        ProgrammeRow::insert(conn, &programmes.new),
        update_versioned!(conn, ProgrammeRow, programmes),
        RulesRow::insert(conn, &rules.new),
        update_versioned!(conn, RulesRow, rules),
        BudgetChangeRow::insert(conn, &budget_changes.new),
        update_versioned!(conn, BudgetChangeRow, budget_changes),
        EvidenceRow::insert(conn, &evidence.new),
        InvoiceRow::insert(conn, &invoices.new),
        update_versioned!(conn, InvoiceRow, invoices),
        RentalRow::insert(conn, &rentals.new),
        update_versioned!(conn, RentalRow, rentals),
        UsageImportRow::insert(conn, &usage_imports.new),
        RentalUsageRow::insert(conn, &rental_usage.new),
        update_versioned!(conn, RentalUsageRow, rental_usage),
        LoanRow::insert(conn, &loans.new),
        update_versioned!(conn, LoanRow, loans),
        Box::pin(prefunds(conn, book)),
        VoucherRow::insert(conn, &vouchers.new),
        ClaimRow::insert(conn, &claims.new),
        update_versioned!(conn, ClaimRow, claims),
        RecalculationRow::insert(conn, &recalculations.new),
        update_versioned!(conn, RecalculationRow, recalculations),
        ObjectionRow::insert(conn, &objections.new),
        update_versioned!(conn, ObjectionRow, objections),
        RecoveryRow::insert(conn, &recoveries.new),
        update_versioned!(conn, RecoveryRow, recoveries),
        ReversalRow::insert(conn, &reversals.new),
        update_versioned!(conn, ReversalRow, reversals),
        PaymentBatchRow::insert(conn, &batches.new),
        update_versioned!(conn, PaymentBatchRow, batches),
        // a line that came back makes room for the claim's next one
        update_versioned!(conn, PaymentLineRow, lines),
        PaymentLineRow::insert(conn, &lines.new),
        ContractUseRow::insert(conn, &uses.new),
        update_keyed!(conn, ContractUseRow, uses),
        LoanUseRow::insert(conn, &loan_uses.new),
        update_keyed!(conn, LoanUseRow, loan_uses),
        UsageRow::insert(conn, &usages.new),
        NumberRow::insert(conn, &numbers.new),
        BalanceRow::insert(conn, &balances.new),
        texts(conn, &rows.texts),
        bank_accounts(conn, &rows.bank_accounts),
    )?;
    // of the log that now stands: a statement that is prepared for the first time arrives after those that are not
    tiles(conn, &folded.tiles).await?;
    Ok(())
}

/// Prefunds, banks' years and true-ups.
async fn prefunds(conn: &AsyncPgConnection, book: &crate::book::Book) -> diesel::QueryResult<()> {
    let unreadable = |error: Unreadable| diesel::result::Error::SerializationError(Box::new(error));
    let prefunds = versioned!(book.prefunds, |_, p| PrefundRow::new(p)).map_err(unreadable)?;
    let years = versioned!(book.prefund_years, |_, y| PrefundYearRow::new(y)).map_err(unreadable)?;
    let true_ups = versioned!(book.true_ups, |_, t| TrueUpRow::new(t)).map_err(unreadable)?;
    tokio::try_join!(
        PrefundRow::insert(conn, &prefunds.new),
        update_versioned!(conn, PrefundRow, prefunds),
        PrefundYearRow::insert(conn, &years.new),
        update_versioned!(conn, PrefundYearRow, years),
        // one that was rejected makes room for the year's next one
        update_versioned!(conn, TrueUpRow, true_ups),
        TrueUpRow::insert(conn, &true_ups.new),
    )?;
    Ok(())
}

pub(super) fn number_row(series: &crate::book::Series, last: &u64) -> Result<NumberRow, Unreadable> {
    let last = i64::try_from(*last).map_err(|_| Unreadable("a series ran out".to_owned()))?;
    Ok(NumberRow { series: series.0.clone(), last })
}

/// Contracts' uses, document by document.
fn uses(book: &crate::book::Book) -> Result<Split<ContractUseRow>, Unreadable> {
    let mut split = Split { new: Vec::new(), changed: Vec::new(), old: Vec::new() };
    for change in book.uses.changed() {
        for (user, now) in change.now.iter() {
            let row = ContractUseRow::new(*change.key, *user, now)?;
            match change.before.and_then(|before| before.get(user)) {
                None => split.new.push(row),
                Some(before) if before != now => split.changed.push(row),
                Some(_) => {}
            }
        }
    }
    Ok(split)
}

/// Claims on loans, claim by claim.
fn loan_uses(book: &crate::book::Book) -> Result<Split<LoanUseRow>, Unreadable> {
    let mut split = Split { new: Vec::new(), changed: Vec::new(), old: Vec::new() };
    for change in book.loan_uses.changed() {
        for (claim, now) in change.now.iter() {
            match change.before.and_then(|before| before.get(claim)) {
                None => split.new.push(LoanUseRow::new(*change.key, *claim, now)?),
                Some(before) if before != now => {
                    split.changed.push(LoanUseRow::new(*change.key, *claim, now)?);
                }
                Some(_) => {}
            }
        }
    }
    Ok(split)
}

async fn texts(conn: &AsyncPgConnection, texts: &[super::submission::NewText]) -> diesel::QueryResult<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let hashes: Vec<Vec<u8>> = texts.iter().map(|t| t.hash.as_bytes().to_vec()).collect();
    let salts: Vec<Vec<u8>> = texts.iter().map(|t| t.salt.clone()).collect();
    let bodies: Vec<String> = texts.iter().map(|t| t.body.clone()).collect();
    store::add_texts(conn, &hashes, &salts, &bodies).await.map(|_| ())
}

async fn bank_accounts(conn: &AsyncPgConnection, rows: &[BankAccountRow]) -> diesel::QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let organisations: Vec<String> = rows.iter().map(|r| r.organisation.clone()).collect();
    let macs: Vec<Vec<u8>> = rows.iter().map(|r| r.mac.clone()).collect();
    let sealed: Vec<Vec<u8>> = rows.iter().map(|r| r.sealed.clone()).collect();
    store::add_bank_accounts(conn, &organisations, &macs, &sealed).await.map(|_| ())
}

/// Full tiles: those of leaf hashes together, then each level above the one that it is made of.
async fn tiles(conn: &AsyncPgConnection, full: &[FullTile]) -> diesel::QueryResult<()> {
    let index = |t: &FullTile| i64::try_from(t.index).unwrap_or(i64::MAX);
    let leaves: Vec<&FullTile> = full.iter().filter(|t| t.level == 0).collect();
    if leaves.is_empty() {
        return Ok(());
    }
    let indexes: Vec<i64> = leaves.iter().map(|t| index(t)).collect();
    let roots: Vec<Vec<u8>> = leaves.iter().map(|t| t.root.to_vec()).collect();
    exactly(store::add_leaf_tiles(conn, &indexes, &roots).await?, leaves.len())?;
    for tile in full.iter().filter(|t| t.level > 0) {
        exactly(store::add_tile(conn, i16::from(tile.level), index(tile), &tile.root).await?, 1)?;
    }
    Ok(())
}
