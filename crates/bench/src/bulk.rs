//! A ledger that is made in memory and copied into an empty schema: for measurements over ledgers that no service could
//! make in the time.
//!
//! The same fold decides that decides a batch, over a book in which everything is known, so that the leaves replay. Rows
//! of the log are copied in the log's order, each piece in a transaction of its own under the head's lock and all
//! triggers, as the role that serves; documents, counters and sums follow once, at the end. Until then the schema holds
//! a log without its documents: it is not for serving, and `verify` says so.

use std::collections::BTreeMap;

use subsidy_core::audit::tree::Frontier;
use subsidy_core::book::{Book, Envelope, Outcome};
use subsidy_core::documents;
use subsidy_core::domain::{AgencyCode, Instant, Sequence};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::copy::{CopyError, Copying};
use subsidy_store::db::migrate::SCHEMA_VERSION;
use subsidy_store::db::target::Target;
use subsidy_store::documents::Stored;
use subsidy_store::engine::execute::{BatchResult, Start, execute};
use subsidy_store::engine::posted::{Rows, Totals};
use subsidy_store::engine::store::{
    CalculationRow, Head, HeadRow, IdempotencyRow, LogRow, NumberRow, TextRow, TileRow, TransitionRow,
};
use subsidy_store::engine::{Answer, NewText, Submission, Work};
use subsidy_store::keys::keyed::AnswerKey;
use subsidy_store::ledger::{BalanceRow, EntryRow, TotalRow};
use subsidy_store::loans::allocations::LoanAllocationRow;
use subsidy_store::programmes::UsageRow;
use subsidy_store::rentals::allocations::ContractAllocationRow;

/// Lines that are copied in one transaction.
const PIECE_LINES: usize = 100_000;
/// Leaves of one, where they post little.
const PIECE_LEAVES: usize = 50_000;

/// Why a ledger is not made.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    #[error("refused: {0}")]
    Refused(String),
    #[error("a command was not decided: {0}")]
    NotDecided(String),
    /// Its rows cannot be written.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A value has no row.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// A ledger that grows in memory.
pub struct Bulk {
    agency: AgencyCode,
    key: AnswerKey,
    copying: Copying,
    book: Book,
    frontier: Frontier,
    recorded_at: Instant,
    /// What is decided and not yet copied.
    rows: Rows,
    tiles: Vec<TileRow>,
    /// By level, hashes of the tile that is not full yet.
    hashes: Vec<Vec<u8>>,
    totals: Totals,
    /// Whether the head is there.
    begun: bool,
    lines: u64,
}

impl std::fmt::Debug for Bulk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Bulk").field("leaves", &self.frontier.size()).finish_non_exhaustive()
    }
}

fn ready<R>(rows: Vec<R>) -> impl Iterator<Item = Result<R, BulkError>> {
    rows.into_iter().map(Ok)
}

impl Bulk {
    /// Before the first leaf, in a schema that is migrated and empty.
    pub async fn begin(target: &Target, agency: AgencyCode, key: AnswerKey) -> Result<Self, BulkError> {
        let copying = Copying::open(target, &agency).await?;
        Ok(Self {
            agency,
            key,
            copying,
            book: Book::complete(),
            frontier: Frontier::new(),
            recorded_at: Instant::new(chrono::DateTime::UNIX_EPOCH),
            rows: Rows::default(),
            tiles: Vec::new(),
            hashes: Vec::new(),
            totals: Totals::default(),
            begun: false,
            lines: 0,
        })
    }

    /// Decides a command as if it were asked for at an instant, or when the one before was if that is later.
    /// Error: a rule refused it.
    pub fn ask(
        &mut self,
        envelope: Envelope,
        texts: Vec<NewText>,
        at: Instant,
    ) -> Result<Outcome, BulkError> {
        let sequence = self.frontier.size();
        let mut key = [0_u8; 32];
        key.iter_mut().zip(sequence.to_be_bytes()).for_each(|(place, byte)| *place = byte);
        let submission = Submission {
            agency: self.agency.clone(),
            subject: envelope.actor.subject.clone(),
            key,
            request: key,
            request_id: String::new(),
            work: Work::One(Box::new(envelope)),
            texts,
            accounts: Vec::new(),
        };
        self.recorded_at = self.recorded_at.max(at);
        let start = Start {
            book: std::mem::take(&mut self.book),
            frontier: std::mem::replace(&mut self.frontier, Frontier::new()),
            next: Sequence::new(sequence),
            recorded_at: self.recorded_at,
            refusals: 0,
        };
        let result = execute(start, &[&submission], &BTreeMap::new());
        self.keep(result, &submission)
    }

    fn keep(&mut self, result: BatchResult, submission: &Submission) -> Result<Outcome, BulkError> {
        let rows = Rows::of(&result, &[submission], &self.key)
            .map_err(|error| BulkError::NotDecided(error.to_string()))?;
        self.tile(&result)?;
        let BatchResult { answers, book, frontier, .. } = result;
        (self.book, self.frontier) = (book, frontier);
        let answer = answers.into_iter().next();
        match answer.ok_or_else(|| BulkError::NotDecided("no answer".to_owned()))? {
            Ok(Answer::Accepted { first, .. }) => {
                self.rows.log.extend(rows.log);
                self.rows.entries.extend(rows.entries);
                self.rows.transitions.extend(rows.transitions);
                self.rows.calculations.extend(rows.calculations);
                self.rows.idempotency.extend(rows.idempotency);
                self.rows.texts.extend(rows.texts);
                self.totals.extend(rows.totals);
                Ok(first.outcome)
            }
            Ok(Answer::Refused { refusal, .. }) => Err(BulkError::Refused(refusal.to_string())),
            Err(error) => Err(BulkError::NotDecided(error.to_string())),
        }
    }

    /// The tiles that the new leaves filled, each with the hashes that it is made of.
    fn tile(&mut self, result: &BatchResult) -> Result<(), BulkError> {
        for record in &result.records {
            self.hash(0, &record.hash);
        }
        for full in &result.tiles {
            let level = usize::from(full.level);
            let data = self.hashes.get_mut(level).map(std::mem::take).unwrap_or_default();
            let index = i64::try_from(full.index).map_err(|_| Unreadable("a tile's place".to_owned()))?;
            self.tiles.push(TileRow { level: i16::from(full.level), index, data, root: full.root.to_vec() });
            self.hash(level + 1, &full.root);
        }
        Ok(())
    }

    fn hash(&mut self, level: usize, hash: &[u8]) {
        if self.hashes.len() <= level {
            self.hashes.resize(level + 1, Vec::new());
        }
        if let Some(hashes) = self.hashes.get_mut(level) {
            hashes.extend(hash);
        }
    }

    /// Lines so far, copied or not.
    pub fn lines(&self) -> u64 {
        self.lines + u64::try_from(self.rows.entries.len()).unwrap_or(u64::MAX)
    }

    /// Copies what waits, once it is enough for a transaction.
    pub async fn settle(&mut self) -> Result<(), BulkError> {
        if self.rows.entries.len() < PIECE_LINES && self.rows.log.len() < PIECE_LEAVES {
            return Ok(());
        }
        self.copy().await
    }

    /// Copies what waits, in one transaction: the head moves first, and takes the lock; the commit holds all against it.
    async fn copy(&mut self) -> Result<(), BulkError> {
        let (rows, copying) = (std::mem::take(&mut self.rows), &self.copying);
        self.lines += u64::try_from(rows.entries.len()).unwrap_or(u64::MAX);
        let head = self.head()?;
        copying.run("BEGIN").await?;
        if !self.begun {
            let begun = HeadRow { next_sequence: 0, frontier: Vec::new(), ..head.clone() };
            copying.rows(ready(vec![begun])).await?;
        }
        move_head(copying, &head).await?;
        copying.rows::<LogRow, _>(ready(rows.log)).await?;
        copying.rows::<EntryRow, _>(ready(rows.entries)).await?;
        copying.rows::<TransitionRow, _>(ready(rows.transitions)).await?;
        copying.rows::<CalculationRow, _>(ready(rows.calculations)).await?;
        copying.rows::<IdempotencyRow, _>(ready(rows.idempotency)).await?;
        let text = |text: NewText| TextRow {
            sha256: text.hash.as_bytes().to_vec(),
            salt: Some(text.salt),
            body: Some(text.body),
        };
        copying.rows(ready(rows.texts.into_iter().map(text).collect())).await?;
        copying.rows::<TileRow, _>(ready(std::mem::take(&mut self.tiles))).await?;
        copying.run("COMMIT").await?;
        self.begun = true;
        Ok(())
    }

    fn head(&self) -> Result<HeadRow, BulkError> {
        let agency = self.book.agency.as_ref();
        let agency = agency.ok_or_else(|| BulkError::NotDecided("no agency".to_owned()))?;
        let head = Head {
            next: Sequence::new(self.frontier.size()),
            frontier: self.frontier.clone(),
            recorded_at: self.recorded_at,
            refusals: 0,
            schema_version: SCHEMA_VERSION,
            agency: None,
        };
        Ok(HeadRow::new(&head, agency)?.marked(&self.key))
    }

    /// Copies what waits, then every document, counter and sum. Answers how many leaves and lines there are.
    pub async fn finish(mut self) -> Result<(u64, u64), BulkError> {
        self.copy().await?;
        self.copying.run("BEGIN").await?;
        self.documents().await?;
        self.sums().await?;
        self.copying.run("COMMIT").await?;
        Ok((self.frontier.size(), self.lines))
    }

    async fn documents(&self) -> Result<(), BulkError> {
        macro_rules! copies {
            ({ $($key:ident($book_key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => { $(
                let rows = self.book.$loaded.iter().map(|(_, document)| Ok::<_, BulkError>(document.to_row()?));
                self.copying.rows(rows).await?;
            )* };
        }
        documents! { copies }
        Ok(())
    }

    async fn sums(&self) -> Result<(), BulkError> {
        let (book, copying) = (&self.book, &self.copying);
        let uses =
            book.uses.iter().flat_map(|(rental, uses)| uses.iter().map(|(user, one)| (*rental, *user, one)));
        copying
            .rows(uses.map(|(rental, user, one)| {
                Ok::<_, BulkError>(ContractAllocationRow::new(rental, user, one)?)
            }))
            .await?;
        let uses = book
            .loan_uses
            .iter()
            .flat_map(|(loan, uses)| uses.iter().map(|(claim, one)| (*loan, *claim, one)));
        copying
            .rows(
                uses.map(|(loan, claim, one)| Ok::<_, BulkError>(LoanAllocationRow::new(loan, claim, one)?)),
            )
            .await?;
        copying
            .rows(book.usages.iter().map(|(key, used)| Ok::<_, BulkError>(UsageRow::new(key, *used))))
            .await?;
        copying
            .rows(book.numbers.iter().map(|(key, last)| Ok::<_, BulkError>(NumberRow::new(key, *last)?)))
            .await?;
        copying
            .rows(book.balances.iter().map(|(key, sum)| Ok::<_, BulkError>(BalanceRow::new(key, *sum))))
            .await?;
        copying.rows::<TotalRow, BulkError>(self.totals.rows().map(|(row, _)| Ok(row))).await?;
        Ok(())
    }
}

/// The head moves on: it is what the triggers hold the rest against.
async fn move_head(copying: &Copying, head: &HeadRow) -> Result<(), BulkError> {
    let arguments = [
        Some(head.next_sequence.to_string()),
        Some(hex::encode(&head.frontier)),
        Some(head.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        head.business_date.map(|day| day.to_string()),
        Some(head.related_programmes.to_string()),
        head.closed_through.map(|day| day.to_string()),
    ];
    let moved = copying.told(
        "UPDATE head SET next_sequence = $1::text::bigint, frontier = decode($2::text, 'hex'), \
                recorded_at = $3::text::timestamptz, business_date = $4::text::date, \
                related_programmes = $5::text::jsonb, closed_through = $6::text::date",
        &arguments,
    );
    if moved.await? == 1 { Ok(()) } else { Err(BulkError::NotDecided("no head".to_owned())) }
}
