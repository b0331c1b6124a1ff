//! What a verification finds, and what it counts while it replays.
//!
//! Pure: rows come from whoever reads them. A difference is reported with the sequence that is to answer for
//! it, and of several the smallest sequence is *the first bad one*. What is kept per key is only the last
//! sequence that touched it: documents say it themselves, in their revision.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::replay::{BadLeaf, Replayed};
use super::tree::{FullTile, Hash, TILE_HEIGHT};
use crate::book::{Change, Series};
use crate::domain::{ClaimId, LoanId, RentalId, Sequence};
use crate::ledger::{BalanceKey, Deltas};
use crate::programmes::CapUsageKey;
use crate::rentals::allocations::ContractHolder;

/// Hashes in a full tile.
const TILE_HASHES: usize = 256;

/// Something that does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The sequence that is to answer for it.
    pub sequence: Sequence,
    /// Table, key and column; or what of the leaf.
    pub place: String,
    /// What is stored; none where something is missing.
    pub stored: Option<String>,
    /// What the replay gives; none where there should be nothing.
    pub replayed: Option<String>,
}

/// The most characters of a value that a report repeats.
const VALUE_MAX: usize = 100;

/// A value as a report shows it: whole where it is short.
pub fn short(text: &str) -> String {
    cut(text, VALUE_MAX)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(['…']).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sequence {} does not verify: {}", self.sequence, self.place)?;
        match (&self.stored, &self.replayed) {
            (Some(stored), Some(replayed)) => {
                write!(f, ": stored {}, replayed {}", short(stored), short(replayed))
            }
            (Some(_), None) => f.write_str(": stored, but the log makes no such row"),
            (None, Some(_)) => f.write_str(": missing"),
            (None, None) => Ok(()),
        }
    }
}

impl From<BadLeaf> for Finding {
    fn from(bad: BadLeaf) -> Self {
        Self {
            sequence: bad.sequence,
            place: bad.what,
            stored: Some(bad.found),
            replayed: Some(bad.expected),
        }
    }
}

/// So many findings are kept; all of them are counted.
pub const FINDINGS_MOST: usize = 100;

/// The most characters of a value that is kept: a tile has 16,384.
const KEPT_VALUE_MAX: usize = 1_000;

/// What does not verify, by the sequences that answer for it; of one sequence in the order in which it was found. What is
/// beyond the most that are kept is counted alone: whoever changes a whole table fills no memory with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    count: u64,
    stopped: bool,
}

impl Findings {
    pub fn add(&mut self, finding: Finding) {
        self.count = self.count.saturating_add(1);
        let place = self.kept.partition_point(|kept| kept.sequence <= finding.sequence);
        if place < FINDINGS_MOST {
            let cut = |value: Option<String>| value.map(|value| cut(&value, KEPT_VALUE_MAX));
            let (stored, replayed) = (cut(finding.stored), cut(finding.replayed));
            self.kept.insert(place, Finding { stored, replayed, ..finding });
            self.kept.truncate(FINDINGS_MOST);
        }
    }

    pub fn add_all(&mut self, findings: Vec<Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// Says that something was not looked at because of what was found.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether all was looked at, so that there is nothing else.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.stopped
    }

    /// Adds what was found by itself.
    pub fn extend(&mut self, more: Self) {
        self.stopped |= more.stopped;
        let beyond = more.beyond();
        more.kept.into_iter().for_each(|finding| self.add(finding));
        self.count = self.count.saturating_add(beyond);
    }

    /// The one with the smallest sequence: the first bad one.
    #[must_use]
    pub fn first(&self) -> Option<&Finding> {
        self.kept.first()
    }

    /// Those with the smallest sequences, [`FINDINGS_MOST`] at most.
    #[must_use]
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many more there are than those that are kept.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.count.saturating_sub(u64::try_from(self.kept.len()).unwrap_or(u64::MAX))
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        let mut findings = Self::default();
        findings.add(finding);
        findings
    }
}

/// Says the first.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first().map_or(Ok(()), |first| first.fmt(f))
    }
}

/// A full tile as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    pub level: u8,
    /// Its place on the level.
    pub index: u64,
    /// 256 hashes, one after another.
    pub data: Vec<u8>,
    pub root: Hash,
}

impl Tile {
    /// The sequence that is to answer for a tile that differs: where the stored hashes are the right
    /// number, the last leaf under the first that differs; else the last leaf of all.
    pub fn first_bad(&self, stored: &[u8]) -> Sequence {
        let same = self.data.chunks(32).zip(stored.chunks(32)).take_while(|(ours, theirs)| ours == theirs);
        let place = same.count().min(TILE_HASHES - 1);
        let hashes = u64::try_from(place).unwrap_or(0) + 1 + self.index.saturating_mul(256);
        let leaves = 1_u64.checked_shl(u32::from(self.level) * 8).unwrap_or(u64::MAX);
        Sequence::new(hashes.saturating_mul(leaves).saturating_sub(1))
    }
}

/// Gathers the hashes of each level until their tile is full.
#[derive(Debug, Default)]
pub struct Tiles {
    levels: Vec<Vec<u8>>,
}

impl Tiles {
    /// The tiles that a leaf filled, lowest level first.
    pub fn append(&mut self, replayed: &Replayed) -> Vec<Tile> {
        self.add(replayed.hash, &replayed.tiles)
    }

    /// The same of a leaf's hash and what the frontier said to it.
    pub fn add(&mut self, mut hash: Hash, filled: &[FullTile]) -> Vec<Tile> {
        let mut full = Vec::new();
        let mut filled = filled.iter();
        for level in 0_usize.. {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let Some(data) = self.levels.get_mut(level) else { break };
            data.extend_from_slice(&hash);
            let Some(tile) = filled.next() else { break };
            let data = std::mem::take(data);
            full.push(Tile { level: tile.level, index: tile.index, data, root: tile.root });
            hash = tile.root;
        }
        full
    }

    /// The hashes that wait for their tile to fill: level, place and hashes, lowest level first. `size` is the
    /// number of leaves.
    pub fn partial(&self, size: u64) -> impl Iterator<Item = (u8, u64, &[u8])> {
        self.levels.iter().zip(0_u8..).filter(|(data, _)| !data.is_empty()).map(move |(data, level)| {
            let index = size.checked_shr((u32::from(level) + 1) * TILE_HEIGHT).unwrap_or(0);
            (level, index, data.as_slice())
        })
    }
}

/// The last sequence that touched what has no revision of its own.
#[derive(Debug, Default)]
pub struct Touched {
    pub balances: BTreeMap<BalanceKey, Sequence>,
    pub usages: BTreeMap<CapUsageKey, Sequence>,
    pub numbers: BTreeMap<Series, Sequence>,
    pub uses: BTreeMap<(RentalId, ContractHolder), Sequence>,
    pub loan_uses: BTreeMap<(LoanId, ClaimId), Sequence>,
    /// How many sheets each document has, and the last sequence that made one.
    pub sheets: BTreeMap<String, (u32, Sequence)>,
}

impl Touched {
    /// What a leaf touched.
    pub fn by(&mut self, replayed: &Replayed) {
        let sequence = replayed.leaf.sequence;
        let effects = &replayed.decision.effects;
        for (key, _) in Deltas::of(&effects.posting).unwrap_or_default().iter() {
            self.balances.insert(key.clone(), sequence);
        }
        for change in &effects.changes {
            self.change(change, sequence);
        }
        for sheet in &effects.sheets {
            let (count, last) = self.sheets.entry(sheet.document.clone()).or_default();
            (*count, *last) = (count.saturating_add(1), sequence);
        }
    }

    fn change(&mut self, change: &Change, sequence: Sequence) {
        match change {
            Change::Usage { key, .. } => {
                self.usages.insert(key.clone(), sequence);
            }
            Change::Number { series, .. } => {
                self.numbers.insert(series.clone(), sequence);
            }
            Change::ContractAllocation { rental, user, .. } => {
                self.uses.insert((*rental, *user), sequence);
            }
            Change::LoanAllocation { loan, claim, .. } => {
                self.loan_uses.insert((*loan, *claim), sequence);
            }
            // a document says itself which sequence changed it last
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::super::replay::Replay;
    use super::*;

    fn finding(sequence: u64, stored: Option<&str>, replayed: Option<&str>) -> Finding {
        let [stored, replayed] = [stored, replayed].map(|value| value.map(str::to_owned));
        Finding {
            sequence: Sequence::new(sequence),
            place: "entries line 2 amount".to_owned(),
            stored,
            replayed,
        }
    }

    #[test]
    fn the_first_bad_sequence_is_the_smallest_and_of_one_sequence_what_was_found_first() {
        let mut findings = Findings::default();
        for (sequence, stored) in [(9, "a"), (4, "b"), (4, "c"), (7, "d")] {
            findings.add(finding(sequence, Some(stored), None));
        }
        let stored: Vec<_> = findings.kept().iter().map(|one| one.stored.as_deref().unwrap()).collect();
        assert_eq!(stored, ["b", "c", "d", "a"]);
        assert_eq!(findings.first(), findings.kept().first());
    }

    #[test]
    fn the_findings_with_the_smallest_sequences_are_kept_and_all_are_counted() {
        let mut findings = Findings::default();
        for sequence in (0..250).rev() {
            findings.add(finding(sequence, None, None));
        }
        let mut all = Findings::from(finding(77, None, None));
        all.extend(findings);
        let kept: Vec<_> = all.kept().iter().map(|one| one.sequence.number()).collect();
        let expected: Vec<u64> = (0..=77).chain(77..99).collect();
        assert_eq!((kept, all.count(), all.beyond()), (expected, 251, 151));
        all.add(finding(0, Some(&"x".repeat(40_000)), None));
        assert_eq!(all.kept()[1].stored.as_ref().unwrap().chars().count(), KEPT_VALUE_MAX + 1);
    }

    #[test]
    fn a_finding_names_the_sequence_the_place_and_both_values() {
        assert_eq!(
            finding(17, Some("100.01"), Some("100.00")).to_string(),
            "sequence 17 does not verify: entries line 2 amount: stored 100.01, replayed 100.00"
        );
        assert!(finding(1, Some(""), None).to_string().ends_with(": stored, but the log makes no such row"));
        assert!(finding(1, None, Some("")).to_string().ends_with(": missing"));
        assert!(finding(1, Some(&"x".repeat(5_000)), Some("")).to_string().len() < 250);
    }

    #[test]
    fn a_tile_that_differs_names_the_leaf_under_its_first_wrong_hash() {
        let tile = |level, index| Tile { level, index, data: vec![1; 256 * 32], root: [0; 32] };
        let mut stored = vec![1; 256 * 32];
        stored[77 * 32 + 5] = 2;
        assert_eq!(tile(0, 0).first_bad(&stored), Sequence::new(77));
        assert_eq!(tile(0, 3).first_bad(&stored), Sequence::new(3 * 256 + 77));
        assert_eq!(tile(1, 0).first_bad(&stored), Sequence::new(78 * 256 - 1));
        assert_eq!(tile(0, 0).first_bad(&[1; 256 * 32]), Sequence::new(255), "only the root differs");
        assert_eq!(tile(0, 0).first_bad(&[]), Sequence::new(0));
    }

    #[test]
    fn a_replay_that_has_not_begun_has_nothing_open() {
        assert_eq!(Replay::new(None).finish(), Ok(()));
    }
}
