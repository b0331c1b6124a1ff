//! Writes what a batch decided: array statements, all in flight together.

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::try_join_all;

use super::broken::BatchError;
use super::execute::BatchResult;
use super::posted::{Rows, Totals};
use super::store::{
    self, BankAccountRow, CalculationRow, Head, HeadRow, IdempotencyRow, LogRow, NumberRow, TransitionRow,
};
use super::submission::Submission;
use crate::db::convert::{self, Unreadable};
use crate::db::rows::{Versioned, exactly};
use crate::db::statement_batch::{StatementBatch, Write};
use crate::documents::Stored;
use crate::erasures::erase;
use crate::keys::keyed::AnswerKey;
use crate::ledger::{BalanceRow, EntryRow, TotalRow};
use crate::loans::allocations::LoanAllocationRow;
use crate::programmes::UsageRow;
use crate::rentals::allocations::ContractAllocationRow;
use subsidy_core::audit::tree::FullTile;
use subsidy_core::book::{Book, Loaded};
use subsidy_core::documents;

/// New and changed rows of one table.
struct Split<R> {
    new: Vec<R>,
    changed: Vec<R>,
    /// The versions that the changed rows had, of a table that has versions.
    old: Vec<i64>,
}

impl<R> Default for Split<R> {
    fn default() -> Self {
        Self { new: Vec::new(), changed: Vec::new(), old: Vec::new() }
    }
}

impl<R> Split<R> {
    /// Rows that their keys alone tell apart.
    fn keyed<K: Ord + Clone + std::fmt::Debug, V: Clone>(
        loaded: &Loaded<K, V>,
        row: impl Fn(&K, &V) -> Result<R, Unreadable>,
    ) -> Result<Self, Unreadable> {
        let mut split = Self::default();
        for change in loaded.changed() {
            let rows = if change.before.is_none() { &mut split.new } else { &mut split.changed };
            rows.push(row(change.key, change.now)?);
        }
        Ok(split)
    }

    /// Rows of documents, each of which says its version.
    fn documents<D: Stored<Row = R>>(loaded: &Loaded<D::Key, D>) -> Result<Self, Unreadable>
    where
        R: Versioned,
    {
        let mut split = Self::default();
        for change in loaded.changed() {
            let now = change.now.to_row()?;
            match change.before {
                None => split.new.push(now),
                Some(before) => {
                    split.old.push(before.to_row()?.version());
                    split.changed.push(now);
                }
            }
        }
        Ok(split)
    }

    /// Adds the writes of documents.
    fn write<'a, D: Stored<Row = R>>(
        &'a self,
        together: &mut StatementBatch<'a>,
        others: &mut Vec<Write<'a>>,
    ) -> diesel::QueryResult<()>
    where
        R: Versioned,
    {
        let mut changed = R::updating(&self.changed, &self.old)?;
        if D::WITH_EVERY_BATCH {
            together.add(changed.take());
        }
        let (first, second) = if D::CHANGED_FIRST {
            (changed, R::inserting(&self.new))
        } else {
            (R::inserting(&self.new), changed)
        };
        others.extend(first.into_iter().chain(second));
        Ok(())
    }
}

macro_rules! changed_documents {
    ({ $($key:ident($book_key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => {
        /// What a batch changed of every document.
        struct ChangedDocuments {
            $($loaded: Split<<$type as Stored>::Row>,)*
        }

        impl ChangedDocuments {
            fn of(book: &Book) -> Result<Self, Unreadable> {
                Ok(Self { $($loaded: Split::documents::<$type>(&book.$loaded)?,)* })
            }

            /// Adds the writes, table by table.
            fn write<'a>(
                &'a self,
                together: &mut StatementBatch<'a>,
                others: &mut Vec<Write<'a>>,
            ) -> diesel::QueryResult<()> {
                $(self.$loaded.write::<$type>(together, others)?;)*
                Ok(())
            }
        }
    };
}
documents! { changed_documents }

/// Where a batch is written.
#[derive(Debug, Clone, Copy)]
pub enum Within<'a> {
    /// In a transaction that holds the head's lock. The head may be a new one.
    Lock { new: bool },
    /// In one that begins with the writing, on the condition that the head is still so.
    Head(&'a Head),
}

pub async fn begin(conn: &AsyncPgConnection) -> diesel::QueryResult<()> {
    (&mut &*conn).batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await
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
    let documents = ChangedDocuments::of(book)?;
    let usages = Split::keyed(&book.usages, |k, u| Ok(UsageRow::new(k, *u)))?;
    let numbers = Split::keyed(&book.numbers, |k, last| NumberRow::new(k, *last))?;
    let balances = Split::keyed(&book.balances, |k, a| Ok(BalanceRow::new(k, *a)))?;
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
    let mut others: Vec<Write<'_>> = Vec::new();
    documents.write(&mut together, &mut others)?;
    let counters = [
        ContractAllocationRow::inserting(&uses.new),
        ContractAllocationRow::updating(&uses.changed),
        LoanAllocationRow::inserting(&loan_uses.new),
        LoanAllocationRow::updating(&loan_uses.changed),
        UsageRow::inserting(&usages.new),
        NumberRow::inserting(&numbers.new),
        BalanceRow::inserting(&balances.new),
    ];
    others.extend(counters.into_iter().flatten());
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
    for row in &documents.erasures.new {
        exactly(erase(conn, row.sha256.clone()).await?, 1)?;
    }
    // of the log that now stands: a statement that is prepared for the first time arrives after those that are not
    tiles(conn, &result.tiles).await?;
    Ok(false)
}

/// Contracts' uses, document by document.
fn uses(book: &Book) -> Result<Split<ContractAllocationRow>, Unreadable> {
    let mut split = Split::default();
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
fn loan_uses(book: &Book) -> Result<Split<LoanAllocationRow>, Unreadable> {
    let mut split = Split::default();
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
    store::add_texts(conn, store::TextColumns { hashes: &hashes, salts: &salts, bodies: &bodies })
        .await
        .map(|_| ())
}

async fn bank_accounts(conn: &AsyncPgConnection, rows: &[BankAccountRow]) -> diesel::QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let organisations: Vec<String> = rows.iter().map(|r| r.organisation.clone()).collect();
    let macs: Vec<Vec<u8>> = rows.iter().map(|r| r.mac.clone()).collect();
    let sealed: Vec<Vec<u8>> = rows.iter().map(|r| r.sealed.clone()).collect();
    let columns = store::AccountColumns { organisations: &organisations, macs: &macs, sealed: &sealed };
    store::add_bank_accounts(conn, columns).await.map(|_| ())
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
