//! Writes what a batch decided: array statements, all in flight together.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::batch::BatchError;
use super::fold::{Folded, Record, Stored};
use super::store::{
    self, BankAccountRow, CalculationRow, HeadRow, IdempotencyRow, LogRow, NumberRow, TransitionRow,
};
use super::submission::Submission;
use crate::audit::tree::FullTile;
use crate::book::Slots;
use crate::claims::store::ClaimRow;
use crate::claims::store::further::{ObjectionRow, RecalculationRow};
use crate::db::convert::{self, Unreadable};
use crate::db::rows::exactly;
use crate::domain::Date;
use crate::evidence::store::{EvidenceRow, InvoiceRow};
use crate::ledger::store::{BLOCK, BalanceRow, EntryRow};
use crate::loans::store::LoanRow;
use crate::organisations::store::OrganisationRow;
use crate::payments::store::{PaymentBatchRow, PaymentLineRow};
use crate::programmes::store::{BudgetChangeRow, ProgrammeRow, RulesRow, UsageRow};
use crate::recoveries::store::RecoveryRow;
use crate::reference_rates::store::ReferenceRateRow;
use crate::rentals::store::RentalRow;
use crate::vouchers::store::{ContractUseRow, VoucherRow};

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

/// Writes a batch. The head comes last but for the tiles: it is what the triggers hold the rest against.
pub(super) async fn write(
    conn: &AsyncPgConnection,
    folded: &Folded,
    submissions: &[&Submission],
    head: (&HeadRow, bool),
) -> Result<(), BatchError> {
    let rows = Rows::of(folded, submissions)?;
    let book = &folded.book;
    let organisations = versioned!(book.organisations, |_, o| OrganisationRow::new(o))?;
    let rates = versioned!(book.reference_rates, |_, r| Ok(ReferenceRateRow::new(r)))?;
    let programmes = versioned!(book.programmes, |_, p| Ok(ProgrammeRow::new(p)))?;
    let rules = versioned!(book.rules, |_, v| RulesRow::new(v))?;
    let budget_changes = versioned!(book.budget_changes, |_, c| Ok(BudgetChangeRow::new(c)))?;
    let evidence = versioned!(book.evidence, |_, e| EvidenceRow::new(e))?;
    let invoices = versioned!(book.invoices, |_, i| Ok(InvoiceRow::new(i)))?;
    let rentals = versioned!(book.rentals, |_, r| RentalRow::new(r))?;
    let loans = versioned!(book.loans, |_, l| LoanRow::new(l))?;
    let vouchers = versioned!(book.vouchers, |_, v| VoucherRow::new(v))?;
    let claims = versioned!(book.claims, |_, c| ClaimRow::new(c))?;
    let recalculations = versioned!(book.recalculations, |_, r| RecalculationRow::new(r))?;
    let objections = versioned!(book.objections, |_, o| Ok(ObjectionRow::new(o)))?;
    let batches = versioned!(book.payment_batches, |_, b| Ok(PaymentBatchRow::new(b)))?;
    let lines = versioned!(book.payment_lines, |_, l| Ok(PaymentLineRow::new(l)))?;
    let recoveries = versioned!(book.recoveries, |_, r| RecoveryRow::new(r))?;
    let usages = Split::of(&book.usages, |k, u| Ok(UsageRow::new(k, *u)), |_| 0)?;
    let numbers = Split::of(&book.numbers, number_row, |_| 0)?;
    let balances = Split::of(&book.balances, |k, a| Ok(BalanceRow::new(k, *a)), |_| 0)?;
    let uses = uses(book);
    let (head, new) = head;
    if new {
        let begun = HeadRow { next_sequence: 0, frontier: Vec::new(), ..head.clone() };
        HeadRow::insert(conn, &[begun]).await?;
    }
    tokio::try_join!(
        LogRow::insert(conn, &rows.log),
        EntryRow::insert(conn, &rows.entries),
        TransitionRow::insert(conn, &rows.transitions),
        CalculationRow::insert(conn, &rows.calculations),
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
        LoanRow::insert(conn, &loans.new),
        update_versioned!(conn, LoanRow, loans),
        VoucherRow::insert(conn, &vouchers.new),
        update_versioned!(conn, VoucherRow, vouchers),
        ClaimRow::insert(conn, &claims.new),
        update_versioned!(conn, ClaimRow, claims),
        RecalculationRow::insert(conn, &recalculations.new),
        update_versioned!(conn, RecalculationRow, recalculations),
        ObjectionRow::insert(conn, &objections.new),
        update_versioned!(conn, ObjectionRow, objections),
        RecoveryRow::insert(conn, &recoveries.new),
        update_versioned!(conn, RecoveryRow, recoveries),
        PaymentBatchRow::insert(conn, &batches.new),
        update_versioned!(conn, PaymentBatchRow, batches),
        // a line that came back makes room for the claim's next one
        update_versioned!(conn, PaymentLineRow, lines),
        PaymentLineRow::insert(conn, &lines.new),
        ContractUseRow::insert(conn, &uses.new),
        update_keyed!(conn, ContractUseRow, uses),
        UsageRow::insert(conn, &usages.new),
        update_keyed!(conn, UsageRow, usages),
        NumberRow::insert(conn, &numbers.new),
        update_keyed!(conn, NumberRow, numbers),
        BalanceRow::insert(conn, &balances.new),
        update_keyed!(conn, BalanceRow, balances),
        rows.totals.add(conn),
        IdempotencyRow::insert(conn, &rows.idempotency),
        texts(conn, &rows.texts),
        bank_accounts(conn, &rows.bank_accounts),
        move_head(conn, head, !folded.records.is_empty()),
        tiles(conn, &folded.tiles),
    )?;
    Ok(())
}

pub(super) fn number_row(series: &crate::book::Series, last: &u64) -> Result<NumberRow, Unreadable> {
    let last = i64::try_from(*last).map_err(|_| Unreadable("a series ran out".to_owned()))?;
    Ok(NumberRow { series: series.0.clone(), last })
}

/// Contracts' uses, voucher by voucher.
fn uses(book: &crate::book::Book) -> Split<ContractUseRow> {
    let mut split = Split { new: Vec::new(), changed: Vec::new(), old: Vec::new() };
    for change in book.uses.changed() {
        for (voucher, now) in change.now.iter() {
            let row = ContractUseRow::new(*change.key, *voucher, now);
            match change.before.and_then(|before| before.get(voucher)) {
                None => split.new.push(row),
                Some(before) if before != now => split.changed.push(row),
                Some(_) => {}
            }
        }
    }
    split
}

/// Rows of the engine's own tables and of the ledger.
#[derive(Default)]
pub(super) struct Rows {
    pub log: Vec<LogRow>,
    pub entries: Vec<EntryRow>,
    pub transitions: Vec<TransitionRow>,
    pub calculations: Vec<CalculationRow>,
    totals: Totals,
    idempotency: Vec<IdempotencyRow>,
    texts: Vec<super::submission::NewText>,
    bank_accounts: Vec<BankAccountRow>,
}

impl Rows {
    fn of(folded: &Folded, submissions: &[&Submission]) -> Result<Self, BatchError> {
        let mut rows = Self::default();
        for record in &folded.records {
            rows.record(record)?;
        }
        let recorded_at = folded.records.last().map(|r| r.accepted.recorded_at);
        for (index, stored) in &folded.stored {
            let Some(submission) = submissions.get(*index) else { continue };
            rows.stored(submission, stored, recorded_at.map(crate::domain::Instant::utc));
        }
        Ok(rows)
    }

    /// Adds what an accepted command leaves in the log, the entries, the transitions and the sheets.
    pub(super) fn record(&mut self, record: &Record) -> Result<(), BatchError> {
        let sequence = convert::sequence(record.accepted.sequence);
        let effects = &record.decision.effects;
        let document = record.envelope.command.document();
        let lines = effects.posting.lines();
        self.log.push(LogRow {
            sequence,
            leaf: record.leaf.clone(),
            hash: record.hash.to_vec(),
            line_count: i32::try_from(lines.len()).unwrap_or(i32::MAX),
            kind: record.envelope.command.kind().to_owned(),
            document: document.clone(),
            effective_date: effects.effective_date.map(Date::naive),
            subject: record.envelope.actor.subject.to_string(),
            recorded_at: record.accepted.recorded_at.utc(),
        });
        self.entries.extend(entries(record, sequence, &document)?);
        for entry in self.entries.iter().rev().take(lines.len()) {
            self.totals.count(entry);
        }
        for (index, step) in effects.transitions.iter().enumerate() {
            self.transitions.push(TransitionRow {
                sequence,
                ordinal: i16::try_from(index).unwrap_or(i16::MAX),
                kind: step.kind.to_owned(),
                document: step.document.clone(),
                from_status: step.from.map(str::to_owned),
                to_status: step.to.to_owned(),
            });
        }
        for sheet in &effects.sheets {
            self.calculations.push(CalculationRow {
                document: sheet.document.clone(),
                version: convert::count(sheet.sheet.version),
                sequence,
                sheet: convert::json(&sheet.sheet)?,
            });
        }
        Ok(())
    }

    fn stored(
        &mut self,
        submission: &Submission,
        stored: &Stored,
        recorded_at: Option<chrono::DateTime<chrono::Utc>>,
    ) {
        let (sequence, refusal) = match stored {
            Stored::Sequence(sequence) => (Some(convert::sequence(*sequence)), None),
            Stored::Refusal(refusal) => (None, Some(refusal.clone())),
        };
        if sequence.is_some() {
            self.texts.extend(submission.texts.iter().cloned());
            self.bank_accounts.extend(submission.accounts.iter().map(|a| BankAccountRow {
                organisation: a.organisation.to_string(),
                mac: a.mac.as_bytes().to_vec(),
                sealed: a.sealed.clone(),
            }));
        }
        self.idempotency.push(IdempotencyRow {
            subject: submission.subject.to_string(),
            key: submission.key.to_vec(),
            request: submission.request.to_vec(),
            sequence,
            refusal,
            recorded_at: recorded_at.unwrap_or_else(chrono::Utc::now),
        });
    }
}

/// The entry rows of a record: lines 1 to n.
fn entries(record: &Record, sequence: i64, document: &str) -> Result<Vec<EntryRow>, BatchError> {
    let effects = &record.decision.effects;
    let lines = effects.posting.lines();
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let effective =
        effects.effective_date.ok_or_else(|| BatchError::unreadable("a posting without a day"))?;
    Ok(lines
        .iter()
        .zip(1_i16..)
        .map(|(line, number)| EntryRow {
            sequence,
            line: number,
            account: line.account.code().to_owned(),
            side: if line.side == crate::ledger::Side::Debit { "D" } else { "C" }.to_owned(),
            amount: convert::decimal(line.amount),
            programme: line.programme.to_string(),
            organisation: line.organisation.map(|o| o.to_string()).unwrap_or_default(),
            level: line.level.as_ref().map(ToString::to_string).unwrap_or_default(),
            fiscal_year: convert::year(Some(line.fiscal_year)),
            effective_date: effective.naive(),
            document: document.to_owned(),
        })
        .collect())
}

type TotalKey = (String, String, String, i16, chrono::NaiveDate, i64);

/// Turnovers of a batch, folded once per key.
#[derive(Default)]
struct Totals(BTreeMap<TotalKey, (Decimal, Decimal)>);

impl Totals {
    fn count(&mut self, entry: &EntryRow) {
        let key = (
            entry.account.clone(),
            entry.programme.clone(),
            entry.level.clone(),
            entry.fiscal_year,
            entry.effective_date,
            entry.sequence / BLOCK,
        );
        let (debit, credit) = self.0.entry(key).or_default();
        let side = if entry.side == "D" { debit } else { credit };
        *side = side.checked_add(entry.amount).unwrap_or(Decimal::MAX);
    }

    async fn add(&self, conn: &AsyncPgConnection) -> diesel::QueryResult<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let column =
            |get: fn(&TotalKey) -> &String| self.0.keys().map(|k| get(k).clone()).collect::<Vec<_>>();
        let (accounts, programmes, levels) = (column(|k| &k.0), column(|k| &k.1), column(|k| &k.2));
        let years: Vec<i16> = self.0.keys().map(|k| k.3).collect();
        let dates: Vec<_> = self.0.keys().map(|k| k.4).collect();
        let blocks: Vec<i64> = self.0.keys().map(|k| k.5).collect();
        let (debits, credits): (Vec<Decimal>, Vec<Decimal>) = self.0.values().copied().unzip();
        let count = store::add_totals(
            conn,
            &accounts,
            &programmes,
            &levels,
            &years,
            &dates,
            &blocks,
            &debits,
            &credits,
        );
        exactly(count.await?, self.0.len())
    }
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

async fn move_head(conn: &AsyncPgConnection, head: &HeadRow, moved: bool) -> diesel::QueryResult<()> {
    if !moved {
        return Ok(());
    }
    exactly(HeadRow::update(conn, std::slice::from_ref(head)).await?, 1)
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
