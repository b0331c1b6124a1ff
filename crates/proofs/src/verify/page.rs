//! A page of the log with what stands beside it, and how rows are held against expected ones.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;

use subsidy_core::audit::replay::Decoded;
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::domain::Sequence;
use subsidy_store::db::rows::Table;
use subsidy_store::engine::store::{LogRow, TransitionRow, log_between, transitions_between};
use subsidy_store::ledger::{EntryRow, entries_between};

/// How many sequences, or rows, are read at once.
pub const PAGE: u16 = 2_000;

/// The rows of up to [`PAGE`] sequences.
#[derive(Debug)]
pub struct Page {
    pub from: i64,
    pub log: Vec<LogRow>,
    pub entries: Vec<EntryRow>,
    pub transitions: Vec<TransitionRow>,
}

impl Page {
    pub async fn read(conn: &AsyncPgConnection, from: i64) -> diesel::QueryResult<Self> {
        let until = from + i64::from(PAGE);
        let (log, entries, transitions) = tokio::try_join!(
            log_between(conn, from..until),
            entries_between(conn, from..until),
            transitions_between(conn, from..until),
        )?;
        Ok(Self { from, log, entries, transitions })
    }

    /// Where the next page begins, if the log may go on after this one.
    pub fn next(&self) -> Option<i64> {
        (self.log.len() == usize::from(PAGE)).then_some(self.from + i64::from(PAGE))
    }

    /// The leaves, decoded side by side. They are taken out of their rows.
    pub(super) fn decode(&mut self) -> Vec<Decoded> {
        Decoded::all(self.log.iter_mut().map(|row| std::mem::take(&mut row.leaf)).collect())
    }
}

/// How a table's rows are named in a report, and which sequence answers for one.
pub(super) struct Naming<R> {
    pub place: fn(&R) -> String,
    pub sequence: fn(&R) -> i64,
}

fn at(sequence: i64) -> Sequence {
    Sequence::new(u64::try_from(sequence).unwrap_or(0))
}

impl<R: Table> Naming<R> {
    /// A row that is not what the log makes it. `sequence` answers for it.
    pub(super) fn differs(&self, stored: &R, expected: &R, sequence: Sequence) -> Vec<Finding> {
        let finding = |(column, stored, replayed)| Finding {
            sequence,
            place: format!("{} {column}", (self.place)(expected)),
            stored: Some(stored),
            replayed: Some(replayed),
        };
        stored.differences(expected).into_iter().map(finding).collect()
    }

    /// A row that is not there.
    pub(super) fn missing(&self, expected: &R, sequence: Sequence) -> Finding {
        Finding { sequence, place: (self.place)(expected), stored: None, replayed: Some(String::new()) }
    }

    /// A row that no leaf makes.
    pub(super) fn surplus(&self, stored: &R, sequence: Sequence) -> Finding {
        Finding { sequence, place: (self.place)(stored), stored: Some(String::new()), replayed: None }
    }

    /// Two lists in the order of their keys, which say their sequences.
    pub(super) fn lists(&self, stored: &[R], expected: &[R], findings: &mut Findings)
    where
        R::Key: Ord,
    {
        let (mut stored, mut expected) = (stored.iter().peekable(), expected.iter().peekable());
        loop {
            let order = match (stored.peek(), expected.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(s), Some(e)) => s.key().cmp(&e.key()),
            };
            let stored = if order.is_le() { stored.next() } else { None };
            let expected = if order.is_ge() { expected.next() } else { None };
            match (stored, expected) {
                (Some(s), Some(e)) => findings.add_all(self.differs(s, e, at((self.sequence)(e)))),
                (Some(s), None) => findings.add(self.surplus(s, at((self.sequence)(s)))),
                (None, Some(e)) => findings.add(self.missing(e, at((self.sequence)(e)))),
                (None, None) => {}
            }
        }
    }
}

/// Reads the rows of the expected keys and compares. Answers how many are missing.
pub(super) async fn by_keys<R: Table>(
    conn: &AsyncPgConnection,
    naming: &Naming<R>,
    expected: &[(R, Sequence)],
    findings: &mut Findings,
) -> diesel::QueryResult<usize>
where
    R::Key: Ord,
{
    let keys: Vec<R::Key> = expected.iter().map(|(row, _)| row.key()).collect();
    let rows = R::read(conn, &keys).await?;
    let stored: BTreeMap<R::Key, R> = rows.into_iter().map(|row| (row.key(), row)).collect();
    let mut missing = 0;
    for ((row, sequence), key) in expected.iter().zip(&keys) {
        match stored.get(key) {
            Some(stored) => {
                findings.add_all(naming.differs(stored, row, *sequence));
            }
            None => {
                missing += 1;
                findings.add(naming.missing(row, *sequence));
            }
        }
    }
    Ok(missing)
}
