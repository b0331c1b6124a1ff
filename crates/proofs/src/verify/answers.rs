//! The answers of idempotency keys. An accepted one names a leaf, and the leaf names its key; a refusal stands in no leaf.
//! Both are under a key outside the database, which is looked at where it is at hand.

use diesel_async::AsyncPgConnection;

use super::page::{Naming, PAGE};
use super::{Outside, VerifyError};
use subsidy_core::audit::leaf::Leaf;
use subsidy_core::audit::replay::Replay;
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::domain::{AgencyCode, Sequence};
use subsidy_store::db::convert;
use subsidy_store::db::rows::Row;
use subsidy_store::engine::answers::mac;
use subsidy_store::engine::store;
use subsidy_store::engine::store::{HeadRow, IdempotencyRow};
use subsidy_store::keys::keyed::AnswerKey;
use subsidy_store::{rows, statement};

rows! {
    /// A refusal whose number is not its place.
    struct Misnumbered { place: i64, ordinal: i64 }
}

statement! {
    fn misnumbered() -> Option<Misnumbered> =
        "SELECT n.place, n.ordinal FROM ( \
           SELECT row_number() OVER (ORDER BY ordinal) AS place, ordinal FROM idempotency WHERE refusal IS NOT NULL \
         ) AS n WHERE n.place IS DISTINCT FROM n.ordinal ORDER BY n.place LIMIT 1";
}

const ANSWERS: Naming<IdempotencyRow> = Naming {
    place: |row| format!("idempotency {} {}", row.subject, hex::encode(&row.key)),
    sequence: |row| row.sequence.unwrap_or(-1),
};

/// The answers that a page of leaves gave, and how they are marked.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    agency: &'a AgencyCode,
    key: Option<AnswerKey>,
    /// How many accepted ones were found under the keys of leaves.
    found: i64,
}

impl<'a> Answers<'a> {
    pub(super) fn new(agency: &'a AgencyCode, outside: &Outside<'_>) -> Self {
        Self { agency, key: outside.keys.map(|keys| AnswerKey::new(keys.account_key())), found: 0 }
    }

    /// Whether a row is as it was stored, as far as the key outside says.
    fn is_marked(&self, row: &IdempotencyRow) -> bool {
        self.key.as_ref().is_none_or(|key| row.mac == mac(key, self.agency, row))
    }

    fn unmarked(row: &IdempotencyRow, sequence: Sequence) -> Finding {
        let place = format!("{} mac", (ANSWERS.place)(row));
        Finding { sequence, place, stored: Some(hex::encode(&row.mac)), replayed: Some("another".to_owned()) }
    }

    /// What leaves were asked for under, against what is stored under those keys.
    pub(super) async fn page(
        &mut self,
        conn: &AsyncPgConnection,
        expected: &[IdempotencyRow],
        findings: &mut Findings,
    ) -> Result<(), VerifyError> {
        let keys: Vec<_> = expected.iter().map(Row::key).collect();
        let stored = IdempotencyRow::by_keys(conn, &keys).await?;
        let stored: std::collections::BTreeMap<_, _> =
            stored.into_iter().map(|row| (row.key(), row)).collect();
        for (expected, key) in expected.iter().zip(&keys) {
            let sequence = convert::read_sequence(expected.sequence.unwrap_or(0))?;
            let Some(row) = stored.get(key) else {
                findings.add(ANSWERS.missing(expected, sequence));
                continue;
            };
            self.found += i64::from(row.sequence.is_some());
            // what the leaf does not say is held to the mark
            let told =
                IdempotencyRow { request: row.request.clone(), mac: row.mac.clone(), ..expected.clone() };
            let differs = ANSWERS.differs(row, &told, sequence);
            // a row that differs has no right mark either
            if differs.is_empty() && !self.is_marked(row) {
                findings.add(Self::unmarked(row, sequence));
            }
            findings.add_all(differs);
        }
        Ok(())
    }

    /// Refusals are numbered without gaps, up to what the head says under a key and no fewer than the last leaf does: one
    /// that went is missed.
    pub(super) async fn refusals(
        &self,
        conn: &AsyncPgConnection,
        head: Option<&HeadRow>,
        replay: &Replay,
        findings: &mut Findings,
    ) -> Result<(), VerifyError> {
        let Some(head) = head else { return Ok(()) };
        let sequence = Sequence::new(replay.next().number().saturating_sub(1));
        let finding = |place: String, stored: Option<String>, replayed: Option<String>| Finding {
            sequence,
            place,
            stored,
            replayed,
        };
        if let Some(key) = &self.key
            && head.refusals_mac != head.mac(key)
        {
            let place = format!("head refusals {} refusals_mac", head.refusals);
            findings.add(finding(place, Some(hex::encode(&head.refusals_mac)), Some("another".to_owned())));
        }
        let place = |ordinal: i64| format!("idempotency refusal {ordinal}");
        if let Some(Misnumbered { place: expected, ordinal }) = misnumbered(conn).await? {
            let (ordinal, stored, replayed) = if ordinal > expected {
                (expected, None, Some(String::new()))
            } else {
                (ordinal, Some(String::new()), None)
            };
            findings.add(finding(place(ordinal), stored, replayed));
            return Ok(());
        }
        let count = store::refused_answers(conn).await?.map_or(0, |row| row.count);
        let said = i64::try_from(replay.refusals()).unwrap_or(i64::MAX).max(head.refusals);
        if count < said {
            findings.add(finding(place(count + 1), None, Some(String::new())));
        } else if count > said {
            findings.add(finding(place(said + 1), Some(String::new()), None));
        }
        Ok(())
    }

    /// Accepted answers that no leaf gave, and refusals that this service did not store.
    pub(super) async fn rest(
        &self,
        conn: &AsyncPgConnection,
        replay: &Replay,
        findings: &mut Findings,
    ) -> Result<(), VerifyError> {
        let last = Sequence::new(replay.next().number().saturating_sub(1));
        let accepted = store::accepted_answers(conn).await?.map_or(0, |row| row.count);
        if accepted == self.found && self.key.is_none() {
            return Ok(());
        }
        let mut after = (String::new(), Vec::new());
        loop {
            let rows =
                store::answers_after(conn, &after.0, &after.1, accepted != self.found, i64::from(PAGE))
                    .await?;
            let Some(end) = rows.last() else { return Ok(()) };
            after = end.key();
            let sequences: Vec<i64> = rows.iter().filter_map(|row| row.sequence).collect();
            let leaves = store::leaves(conn, &sequences).await?;
            for row in &rows {
                if let Some(sequence) = row.sequence {
                    let leaf = leaves.iter().find(|leaf| leaf.sequence == sequence);
                    let leaf = leaf.and_then(|leaf| Leaf::decode(&leaf.leaf).ok());
                    let own = leaf.is_some_and(|leaf| {
                        leaf.actor.subject.as_str() == row.subject
                            && leaf.idempotency_key.is_some_and(|key| key.as_bytes().as_slice() == row.key)
                    });
                    if !own {
                        let said = u64::try_from(sequence).map_or(last, Sequence::new).min(last);
                        findings.add(ANSWERS.surplus(row, said));
                    }
                } else if !self.is_marked(row) {
                    findings.add(Self::unmarked(row, last));
                }
            }
        }
    }
}
