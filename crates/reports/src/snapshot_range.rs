//! Which totals and which lines come to what was known at a sequence.
//!
//! The totals of the blocks before the sequence's own no longer change. Of its own block either the lines up to the
//! sequence are added to them, or its totals count too and the lines after the sequence are taken off again, whichever are
//! fewer: at most half a block of lines is read, and next to none at the end of the log. One statement reads both, in one
//! snapshot: what is posted meanwhile is in the totals and among the lines that are taken off.

use diesel_async::AsyncPgConnection;

use super::ReadError;
use subsidy_store::db::rows::CountRow;
use subsidy_store::ledger::BLOCK;
use subsidy_store::statement;

statement! {
    fn end() -> Option<CountRow> = "SELECT next_sequence - 1 AS count FROM head";
}

/// The totals of blocks before one, and lines from a sequence to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotRange {
    /// Blocks whose totals count: those before this one.
    pub blocks: i64,
    /// The first sequence whose lines are read.
    pub first: i64,
    /// The last one. Before the first: none are.
    pub last: i64,
    /// 1 where the lines are added to the totals, -1 where they are taken off.
    pub sign: i64,
}

impl SnapshotRange {
    /// Up to a sequence.
    pub async fn of(conn: &AsyncPgConnection, known_at: i64) -> Result<Self, ReadError> {
        let end = end(conn).await?.map_or(known_at, |end| end.count);
        Ok(Self::within(known_at, end))
    }

    /// Up to a sequence, every line by itself: what the totals are held against.
    pub const fn by_lines(known_at: i64) -> Self {
        Self { blocks: 0, first: 0, last: known_at, sign: 1 }
    }

    /// Up to a sequence of a log that ends at another, or goes on since.
    fn within(known_at: i64, end: i64) -> Self {
        let block = known_at.div_euclid(BLOCK);
        let (first, last) = (block * BLOCK, (block + 1) * BLOCK - 1);
        if end.min(last) - known_at <= known_at - first {
            Self { blocks: block + 1, first: known_at + 1, last, sign: -1 }
        } else {
            Self { blocks: block, first, last: known_at, sign: 1 }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_the_log_and_of_a_block_are_totals_alone() {
        let taken = |blocks, first, last| SnapshotRange { blocks, first, last, sign: -1 };
        assert_eq!(SnapshotRange::within(5, 5), taken(1, 6, BLOCK - 1));
        assert_eq!(SnapshotRange::within(BLOCK - 1, 9 * BLOCK), taken(1, BLOCK, BLOCK - 1));
        assert_eq!(
            SnapshotRange::within(BLOCK, 9 * BLOCK),
            SnapshotRange { blocks: 1, first: BLOCK, last: BLOCK, sign: 1 },
            "the first of a block is one line more"
        );
        assert_eq!(SnapshotRange::within(2 * BLOCK - 2, 9 * BLOCK), taken(2, 2 * BLOCK - 1, 2 * BLOCK - 1));
    }

    proptest! {
        #[test]
        fn a_reach_counts_each_sequence_up_to_its_own_once_and_reads_half_a_block_at_most(
            known_at in 0..5 * BLOCK,
            more in 0..3 * BLOCK,
            later in 0..BLOCK,
        ) {
            let end = known_at + more;
            let range = SnapshotRange::within(known_at, end);
            // the log may have gone on since its end was asked for
            let counted = |sequence: i64| {
                let of_totals = i64::from(sequence <= end + later && sequence.div_euclid(BLOCK) < range.blocks);
                of_totals + if (range.first..=range.last).contains(&sequence) { range.sign } else { 0 }
            };
            for sequence in [0, known_at - 1, known_at, range.first, range.blocks * BLOCK - 1, known_at / BLOCK * BLOCK] {
                if (0..=known_at).contains(&sequence) {
                    prop_assert_eq!(counted(sequence), 1, "{} of {:?}", sequence, range);
                }
            }
            for sequence in [known_at + 1, known_at + more / 2, end, end + later] {
                if sequence > known_at {
                    prop_assert_eq!(counted(sequence), 0, "{} of {:?}", sequence, range);
                }
            }
            prop_assert!(range.last.min(end) - range.first < BLOCK / 2 + 1);
        }
    }
}
