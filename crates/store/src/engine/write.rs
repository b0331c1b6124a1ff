//! Writes what a batch decided: array statements, all in flight together.

use diesel_async::AsyncPgConnection;
use futures_util::future::try_join_all;

use super::batch::{BatchError, begin};
use super::execute::BatchResult;
use super::posted::{Rows, Totals};
use super::store::{
    self, BankAccountRow, CalculationRow, Head, HeadRow, IdempotencyRow, LogRow, NumberRow, TransitionRow,
};
use super::submission::Submission;
use crate::calendar::{CalendarChangeRow, CalendarDayRow};
use crate::claims::ClaimRow;
use crate::claims::further::{ObjectionRow, RecalculationRow};
use crate::db::convert::{self, Unreadable};
use crate::db::rows::exactly;
use crate::db::statement_batch::{StatementBatch, Write};
use crate::erasures::{ErasureRow, erase};
use crate::evidence::{EvidenceRow, InvoiceRow};
use crate::keys::keyed::AnswerKey;
use crate::ledger::{BalanceRow, EntryRow, TotalRow};
use crate::loans::LoanRow;
use crate::loans::allocations::LoanAllocationRow;
use crate::organisations::OrganisationRow;
use crate::payments::{PaymentBatchRow, PaymentLineRow};
use crate::people::{ParticipantsRow, PersonRow};
use crate::periods::PeriodRow;
use crate::prefunds::{PrefundRow, PrefundYearRow, TrueUpRow};
use crate::programmes::{BudgetChangeRow, ProgrammeRow, RulesRow, UsageRow};
use crate::recoveries::RecoveryRow;
use crate::reference_rates::ReferenceRateRow;
use crate::rentals::RentalRow;
use crate::rentals::allocations::ContractAllocationRow;
use crate::reversals::ReversalRow;
use crate::usage::{RentalUsageRow, UsageImportRow};
use crate::vouchers::VoucherRow;
use subsidy_core::audit::tree::FullTile;
use subsidy_core::book::Loaded;

/// New and changed rows of one table.
struct Split<R> {
    new: Vec<R>,
    changed: Vec<R>,
    /// The versions that the changed rows had.
    old: Vec<i64>,
}

impl<R> Split<R> {
    fn of<K: Ord + Clone + std::fmt::Debug, V: Clone>(
        loaded: &Loaded<K, V>,
        row: impl Fn(&K, &V) -> Result<R, Unreadable>,
        version: impl Fn(&R) -> i64,
    ) -> Result<Self, Unreadable> {
        let mut split = Self { new: Vec::new(), changed: Vec::new(), old: Vec::new() };
        for change in loaded.changed() {
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
    ($loaded:expr, $row:expr) => {
        Split::of(&$loaded, $row, |row| row.version)
    };
}

/// Where a batch is written.
#[derive(Debug, Clone, Copy)]
pub enum Within<'a> {
    /// In a transaction that holds the head's lock. The head may be a new one.
    Lock { new: bool },
    /// In one that begins with the writing, on the condition that the head is still so.
    Head(&'a Head),
}

/// Writes a batch. The head moves first, with the log: it is what the triggers hold the rest against. Says whether all of
/// it was one statement that committed by itself; else the commit is still to be sent.
pub async fn write(
    conn: &AsyncPgConnection,
    result: &BatchResult,
    submissions: &[&Submission],
    head: &HeadRow,
    within: Within<'_>,
    key: &AnswerKey,
) -> Result<bool, BatchError> {
    let rows = Rows::of(result, submissions, key)?;
    let book = &result.book;
    let people = versioned!(book.people, |_, p| PersonRow::new(p))?;
    let participants = versioned!(book.participants, |_, p| ParticipantsRow::new(p))?;
    let erasures = versioned!(book.erasures, |_, e| Ok(ErasureRow::new(e)))?;
    let periods = versioned!(book.periods, |_, p| PeriodRow::new(p))?;
    let organisations = versioned!(book.organisations, |_, o| OrganisationRow::new(o))?;
    let rates = versioned!(book.reference_rates, |_, r| Ok(ReferenceRateRow::new(r)))?;
    let calendar_changes = versioned!(book.calendar_changes, |_, c| CalendarChangeRow::new(c))?;
    let calendar_days = versioned!(book.calendar_days, |_, d| Ok(CalendarDayRow::new(d)))?;
    let programmes = versioned!(book.programmes, |_, p| Ok(ProgrammeRow::new(p)))?;
    let rules = versioned!(book.rules, |_, v| RulesRow::new(v))?;
    let budget_changes = versioned!(book.budget_changes, |_, c| Ok(BudgetChangeRow::new(c)))?;
    let evidence = versioned!(book.evidence, |_, e| EvidenceRow::new(e))?;
    let invoices = versioned!(book.invoices, |_, i| InvoiceRow::new(i))?;
    let rentals = versioned!(book.rentals, |_, r| RentalRow::new(r))?;
    let usage_imports = versioned!(book.usage_imports, |_, i| UsageImportRow::new(i))?;
    let rental_usage = versioned!(book.rental_usage, |_, u| RentalUsageRow::new(u))?;
    let loans = versioned!(book.loans, |_, l| LoanRow::new(l))?;
    let prefunds = versioned!(book.prefunds, |_, p| PrefundRow::new(p))?;
    let years = versioned!(book.prefund_years, |_, y| PrefundYearRow::new(y))?;
    let true_ups = versioned!(book.true_ups, |_, t| TrueUpRow::new(t))?;
    let vouchers = versioned!(book.vouchers, |_, v| VoucherRow::new(v))?;
    let claims = versioned!(book.claims, |_, c| ClaimRow::new(c))?;
    let recalculations = versioned!(book.recalculations, |_, r| RecalculationRow::new(r))?;
    let objections = versioned!(book.objections, |_, o| Ok(ObjectionRow::new(o)))?;
    let batches = versioned!(book.payment_batches, |_, b| Ok(PaymentBatchRow::new(b)))?;
    let lines = versioned!(book.payment_lines, |_, l| PaymentLineRow::new(l))?;
    let recoveries = versioned!(book.recoveries, |_, r| RecoveryRow::new(r))?;
    let reversals = versioned!(book.reversals, |_, r| Ok(ReversalRow::new(r)))?;
    let usages = Split::of(&book.usages, |k, u| Ok(UsageRow::new(k, *u)), |_| 0)?;
    let numbers = Split::of(&book.numbers, number_row, |_| 0)?;
    let balances = Split::of(&book.balances, |k, a| Ok(BalanceRow::new(k, *a)), |_| 0)?;
    let uses = uses(book)?;
    let loan_uses = loan_uses(book)?;
    if let Within::Lock { new: true } = within {
        let begun = HeadRow { next_sequence: 0, frontier: Vec::new(), ..head.clone() };
        HeadRow::insert(conn, &[begun]).await?;
    }
    // refusals alone move it too: it counts them
    let moved = HeadRow::updating(std::slice::from_ref(head)).map(|write| match within {
        Within::Lock { .. } => write,
        Within::Head(was) => write
            .guard("t.next_sequence = $$", convert::sequence(was.next))
            .guard("t.schema_version = $$", was.schema_version)
            .guard("t.refusals = $$", i64::try_from(was.refusals).unwrap_or(i64::MAX))
            .guard("t.agency = $$", head.agency.as_str())
            .guard(
                "t.semantics = $$",
                was.agency.as_ref().map_or(0, |agency| convert::count(agency.semantics)),
            ),
    });
    let totals: Vec<TotalRow> = rows.totals.rows().map(|(row, _)| row).collect();
    let mut together = StatementBatch::default();
    together.add(moved);
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
    let mut others: Vec<Write<'_>> = Vec::new();
    macro_rules! also {
        ($($write:expr),+ $(,)?) => { $(others.extend($write);)+ };
    }
    also!(
        PersonRow::inserting(&people.new),
        PersonRow::updating(&people.changed, &people.old)?,
        ParticipantsRow::inserting(&participants.new),
        ParticipantsRow::updating(&participants.changed, &participants.old)?,
        ErasureRow::inserting(&erasures.new),
        PeriodRow::inserting(&periods.new),
        PeriodRow::updating(&periods.changed, &periods.old)?,
        OrganisationRow::inserting(&organisations.new),
        OrganisationRow::updating(&organisations.changed, &organisations.old)?,
        ReferenceRateRow::inserting(&rates.new),
        CalendarChangeRow::inserting(&calendar_changes.new),
        CalendarChangeRow::updating(&calendar_changes.changed, &calendar_changes.old)?,
        CalendarDayRow::inserting(&calendar_days.new),
        CalendarDayRow::updating(&calendar_days.changed, &calendar_days.old)?,
        ProgrammeRow::inserting(&programmes.new),
        ProgrammeRow::updating(&programmes.changed, &programmes.old)?,
        RulesRow::inserting(&rules.new),
        RulesRow::updating(&rules.changed, &rules.old)?,
        BudgetChangeRow::inserting(&budget_changes.new),
        BudgetChangeRow::updating(&budget_changes.changed, &budget_changes.old)?,
        EvidenceRow::inserting(&evidence.new),
        InvoiceRow::inserting(&invoices.new),
        InvoiceRow::updating(&invoices.changed, &invoices.old)?,
        RentalRow::inserting(&rentals.new),
        UsageImportRow::inserting(&usage_imports.new),
        UsageImportRow::updating(&usage_imports.changed, &usage_imports.old)?,
        RentalUsageRow::inserting(&rental_usage.new),
        RentalUsageRow::updating(&rental_usage.changed, &rental_usage.old)?,
        LoanRow::inserting(&loans.new),
        LoanRow::updating(&loans.changed, &loans.old)?,
        PrefundRow::inserting(&prefunds.new),
        PrefundRow::updating(&prefunds.changed, &prefunds.old)?,
        PrefundYearRow::inserting(&years.new),
        PrefundYearRow::updating(&years.changed, &years.old)?,
        // one that was rejected makes room for the year's next one
        TrueUpRow::updating(&true_ups.changed, &true_ups.old)?,
        TrueUpRow::inserting(&true_ups.new),
        VoucherRow::inserting(&vouchers.new),
        ClaimRow::inserting(&claims.new),
        ClaimRow::updating(&claims.changed, &claims.old)?,
        RecalculationRow::inserting(&recalculations.new),
        RecalculationRow::updating(&recalculations.changed, &recalculations.old)?,
        ObjectionRow::inserting(&objections.new),
        ObjectionRow::updating(&objections.changed, &objections.old)?,
        RecoveryRow::inserting(&recoveries.new),
        RecoveryRow::updating(&recoveries.changed, &recoveries.old)?,
        ReversalRow::inserting(&reversals.new),
        ReversalRow::updating(&reversals.changed, &reversals.old)?,
        PaymentBatchRow::inserting(&batches.new),
        PaymentBatchRow::updating(&batches.changed, &batches.old)?,
        // a line that came back makes room for the claim's next one
        PaymentLineRow::updating(&lines.changed, &lines.old)?,
        PaymentLineRow::inserting(&lines.new),
        ContractAllocationRow::inserting(&uses.new),
        ContractAllocationRow::updating(&uses.changed),
        LoanAllocationRow::inserting(&loan_uses.new),
        LoanAllocationRow::updating(&loan_uses.changed),
        UsageRow::inserting(&usages.new),
        NumberRow::inserting(&numbers.new),
        BalanceRow::inserting(&balances.new),
    );
    let beside = rows.texts.is_empty() && rows.bank_accounts.is_empty() && result.tiles.is_empty();
    let open = matches!(within, Within::Lock { .. });
    if !open && others.is_empty() && beside {
        return together.run(conn).await.map(|()| true).map_err(BatchError::from);
    }
    tokio::try_join!(
        async { if open { Ok(()) } else { begin(conn).await } },
        together.run(conn),
        try_join_all(others.into_iter().map(|write| write.run(conn))),
        texts(conn, &rows.texts),
        bank_accounts(conn, &rows.bank_accounts),
    )?;
    // of a log and a text that now stand: the database holds an erasure to its leaf
    for row in &erasures.new {
        exactly(erase(conn, row.sha256.clone()).await?, 1)?;
    }
    // of the log that now stands: a statement that is prepared for the first time arrives after those that are not
    tiles(conn, &result.tiles).await?;
    Ok(false)
}

pub fn number_row(series: &subsidy_core::book::Series, last: &u64) -> Result<NumberRow, Unreadable> {
    let last = i64::try_from(*last).map_err(|_| Unreadable("a series ran out".to_owned()))?;
    Ok(NumberRow { series: series.0.clone(), last })
}

/// Contracts' uses, document by document.
fn uses(book: &subsidy_core::book::Book) -> Result<Split<ContractAllocationRow>, Unreadable> {
    let mut split = Split { new: Vec::new(), changed: Vec::new(), old: Vec::new() };
    for change in book.uses.changed() {
        for (user, now) in change.now.iter() {
            let row = ContractAllocationRow::new(*change.key, *user, now)?;
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
fn loan_uses(book: &subsidy_core::book::Book) -> Result<Split<LoanAllocationRow>, Unreadable> {
    let mut split = Split { new: Vec::new(), changed: Vec::new(), old: Vec::new() };
    for change in book.loan_uses.changed() {
        for (claim, now) in change.now.iter() {
            match change.before.and_then(|before| before.get(claim)) {
                None => split.new.push(LoanAllocationRow::new(*change.key, *claim, now)?),
                Some(before) if before != now => {
                    split.changed.push(LoanAllocationRow::new(*change.key, *claim, now)?);
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
