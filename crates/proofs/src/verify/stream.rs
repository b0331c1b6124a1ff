//! The log through the replay, a page at a time; while one page is replayed the next is read.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;

use super::VerifyError;
use super::answers::Answers;
use super::page::{Naming, PAGE, Page, by_keys};
use super::sealed::AccountNumbers;
use subsidy_core::audit::replay::{Decoded, Replay, Replayed};
use subsidy_core::audit::since::Roots;
use subsidy_core::audit::verify::{Finding, Findings, Tile, Tiles, Touched};
use subsidy_core::book::Envelope;
use subsidy_core::domain::{AgencyCode, Instant, Sequence, TextHash};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::rows::{Row, Table};
use subsidy_store::engine::execute::Record;
use subsidy_store::engine::posted::{Rows, Totals};
use subsidy_store::engine::store::{CalculationRow, IdempotencyRow, LogRow, TileRow, TransitionRow};
use subsidy_store::engine::submission::Accepted;
use subsidy_store::ledger::EntryRow;

const LOG: Naming<LogRow> = Naming { place: |_| "log".to_owned(), sequence: |row| row.sequence };
const ENTRIES: Naming<EntryRow> =
    Naming { place: |row| format!("entries line {}", row.line), sequence: |row| row.sequence };
const TRANSITIONS: Naming<TransitionRow> =
    Naming { place: |row| format!("transitions step {}", row.ordinal), sequence: |row| row.sequence };
pub(super) const CALCULATIONS: Naming<CalculationRow> = Naming {
    place: |row| format!("calculations {} version {}", row.document, row.version),
    sequence: |row| row.sequence,
};
pub(super) const TILES: Naming<TileRow> =
    Naming { place: |row| format!("tiles level {} index {}", row.level, row.index), sequence: |_| -1 };

/// The ledger as the leaves so far make it.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub replay: Replay,
    pub touched: Touched,
    pub totals: Totals,
    pub lines: u64,
    pub tiles_full: usize,
    /// Whether a leaf did not replay: nothing after it is known.
    pub broken: bool,
    /// The roots that older checkpoints ask for.
    pub roots: Roots,
    pub began: Option<Instant>,
    /// The account numbers that leaves name.
    pub named: AccountNumbers,
    /// The texts that leaves say were kept, each with the first that does.
    pub texts: BTreeMap<TextHash, Sequence>,
    tiles: Tiles,
}

/// What a page makes that is found by key, not by sequence.
#[derive(Debug, Default)]
struct Keyed {
    sheets: Vec<(CalculationRow, Sequence)>,
    tiles: Vec<Tile>,
    answers: Vec<IdempotencyRow>,
}

/// Replays the log from its first leaf to its last, or to the first that does not replay.
pub(super) async fn run(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
    findings: &mut Findings,
    answers: &mut Answers<'_>,
    roots: Roots,
    progress: impl Fn(u64),
) -> Result<Stream, VerifyError> {
    let mut stream = Stream { replay: Replay::new(Some(agency.clone())), roots, ..Stream::default() };
    let mut next = Some(Page::read(conn, 0).await?);
    while let Some(page) = next.take() {
        let after = page.next();
        let replaying = tokio::task::spawn_blocking(move || stream.page(page));
        if let Some(from) = after {
            next = Some(Page::read(conn, from).await?);
        }
        let (replayed, of_page, keyed) = replaying.await.map_err(|_| VerifyError::Broken)??;
        stream = replayed;
        findings.extend(of_page);
        by_keys(conn, &CALCULATIONS, &keyed.sheets, findings).await?;
        tiles(conn, &keyed.tiles, findings).await?;
        answers.page(conn, &keyed.answers, findings).await?;
        stream.tiles_full += keyed.tiles.len();
        progress(stream.replay.next().number());
        if stream.broken {
            break;
        }
    }
    Ok(stream)
}

impl Stream {
    /// Replays a page and compares what stands in it.
    fn page(mut self, mut page: Page) -> Result<(Self, Findings, Keyed), Unreadable> {
        let (mut findings, mut keyed, mut rows) = (Findings::default(), Keyed::default(), Rows::default());
        let leaves = page.decode();
        for ((row, leaf), expected) in page.log.iter().zip(leaves).zip(page.from..) {
            match self.leaf(row, leaf, expected) {
                Ok(replayed) => self.note(replayed, &mut rows, &mut keyed)?,
                Err(finding) => {
                    findings.add(finding);
                    self.broken = true;
                    break;
                }
            }
        }
        if !self.broken
            && page.next().is_none()
            && let Err(bad) = self.replay.finish()
        {
            findings.add(bad.into());
        }
        let known = convert::sequence(self.replay.next());
        compare(&LOG, &page.log, &rows.log, known, &mut findings);
        compare(&ENTRIES, &page.entries, &rows.entries, known, &mut findings);
        compare(&TRANSITIONS, &page.transitions, &rows.transitions, known, &mut findings);
        self.totals.extend(rows.totals);
        keyed.sheets = rows
            .calculations
            .into_iter()
            .map(|row| Ok((convert::read_sequence(row.sequence)?, row)))
            .map(|pair: Result<_, Unreadable>| pair.map(|(sequence, row)| (row, sequence)))
            .collect::<Result<_, _>>()?;
        Ok((self, findings, keyed))
    }

    /// The next leaf, if its row has the next sequence and its own hash.
    fn leaf(&mut self, row: &LogRow, leaf: Decoded, expected: i64) -> Result<Replayed, Finding> {
        let finding = |place: &str, stored: Option<String>, replayed: Option<String>| Finding {
            sequence: self.replay.next(),
            place: place.to_owned(),
            stored,
            replayed,
        };
        if row.sequence != expected {
            return Err(finding("log", None, Some(expected.to_string())));
        }
        if row.hash != leaf.hash {
            use subsidy_store::db::rows::ColumnText;
            return Err(finding("log hash", Some(row.hash.shown()), Some(leaf.hash.to_vec().shown())));
        }
        self.replay.take(leaf).map_err(Finding::from)
    }

    /// What a leaf makes: expected rows, tiles, and what it touched.
    fn note(&mut self, replayed: Replayed, rows: &mut Rows, keyed: &mut Keyed) -> Result<(), Unreadable> {
        self.touched.by(&replayed);
        let leaf = &replayed.leaf;
        self.began.get_or_insert(leaf.recorded_at);
        self.named.by(&leaf.command, leaf.sequence);
        for text in &leaf.texts {
            self.texts.entry(*text).or_insert(leaf.sequence);
        }
        if let Some(key) = leaf.idempotency_key {
            keyed.answers.push(IdempotencyRow {
                subject: leaf.actor.subject.to_string(),
                key: key.as_bytes().to_vec(),
                request: Vec::new(),
                sequence: Some(convert::sequence(leaf.sequence)),
                refusal: None,
                recorded_at: leaf.recorded_at.utc(),
                mac: Vec::new(),
                ordinal: None,
            });
        }
        self.roots.reached(self.replay.frontier());
        keyed.tiles.extend(self.tiles.append(&replayed));
        let lines = replayed.decision.effects.posting.lines().len();
        self.lines = self.lines.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
        rows.record(&record(replayed)).map_err(|error| Unreadable(error.to_string()))
    }
}

/// A replayed leaf as a batch would have it, but for its bytes: they were what was replayed.
pub fn record(replayed: Replayed) -> Record {
    let Replayed { leaf, hash, decision, .. } = replayed;
    Record {
        envelope: Envelope { actor: leaf.actor, if_match: None, command: leaf.command },
        decision,
        accepted: Accepted { sequence: leaf.sequence, recorded_at: leaf.recorded_at, outcome: leaf.outcome },
        texts: leaf.texts,
        leaf: Vec::new(),
        hash,
    }
}

/// Compares the rows of the sequences that replayed.
fn compare<R: Table>(naming: &Naming<R>, stored: &[R], expected: &[R], known: i64, findings: &mut Findings)
where
    R::Key: Ord,
{
    let end = stored.iter().position(|row| (naming.sequence)(row) >= known).unwrap_or(stored.len());
    naming.lists(stored.get(..end).unwrap_or_default(), expected, findings);
}

/// Full tiles as they became full.
async fn tiles(conn: &AsyncPgConnection, tiles: &[Tile], findings: &mut Findings) -> diesel::QueryResult<()> {
    for some in tiles.chunks(usize::from(PAGE / 50)) {
        let rows: Vec<TileRow> = some.iter().map(tile_row).collect();
        let keys: Vec<_> = rows.iter().map(Row::key).collect();
        let stored = TileRow::by_keys(conn, &keys).await?;
        for (tile, expected) in some.iter().zip(&rows) {
            match stored.iter().find(|row| row.key() == expected.key()) {
                Some(row) => findings.add_all(TILES.differs(row, expected, tile.first_bad(&row.data))),
                None => findings.add(TILES.missing(expected, tile.first_bad(&[]))),
            }
        }
    }
    Ok(())
}

fn tile_row(tile: &Tile) -> TileRow {
    TileRow {
        level: i16::from(tile.level),
        index: i64::try_from(tile.index).unwrap_or(i64::MAX),
        data: tile.data.clone(),
        root: tile.root.to_vec(),
    }
}
