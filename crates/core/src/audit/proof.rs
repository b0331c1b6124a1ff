//! Proofs that a leaf is in the log and that a log only grew: RFC 6962, section 2.1.1 and 2.1.2.
//!
//! Proofs are made from full subtrees only, which a reader supplies: `reader(height, index)` is the root of
//! the 2^height leaves from `index`·2^height on. They are checked with the algorithms of RFC 9162, section
//! 2.1.3.2 and 2.1.4.2, which never see the tree.

use super::tree::{Hash, empty_root, node_hash};

/// Most hashes in a proof: one for each level of a tree of 2^64 leaves, and one to start from.
pub const PROOF_HASHES_MAX: usize = 65;

/// Why no proof could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// The leaf or the older tree is not within the tree.
    #[error("{index} is not within a log of {size} entries")]
    OutOfRange {
        /// The leaf asked for, or the size of the older tree.
        index: u64,
        size: u64,
    },
    #[error("a hash of the log could not be read")]
    Read(#[source] E),
}

/// The proof does not prove what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct ProofInvalid;

/// A range of leaves, as the recursive definitions cut it.
#[derive(Clone, Copy)]
struct Range {
    start: u64,
    size: u64,
}

impl Range {
    /// Cuts at the largest power of two below the size, which is at least 2.
    fn split(self) -> (Range, Range) {
        let left = 1u64 << (u64::BITS - 1 - (self.size - 1).leading_zeros());
        (Range { start: self.start, size: left }, Range { start: self.start + left, size: self.size - left })
    }

    fn root<E>(self, reader: &mut impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
        if self.size.is_power_of_two() {
            let height = self.size.trailing_zeros();
            return reader(height, self.start >> height);
        }
        let (left, right) = self.split();
        Ok(node_hash(&left.root(reader)?, &right.root(reader)?))
    }
}

/// The audit path of leaf `index` in the tree of the first `size` leaves, from the leaf up.
///
/// # Errors
/// [`ProofError::OutOfRange`] unless `index < size`; [`ProofError::Read`] with what the reader failed with.
pub fn inclusion_proof<E>(
    size: u64,
    index: u64,
    mut reader: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let mut range = Range { start: 0, size };
    let mut siblings = Vec::new();
    while range.size > 1 {
        let (left, right) = range.split();
        let (inside, sibling) = if index < right.start { (left, right) } else { (right, left) };
        siblings.push(sibling);
        range = inside;
    }
    roots(siblings, &mut reader)
}

/// The proof that the tree of `old_size` leaves is the beginning of the tree of `new_size` leaves. It is
/// empty where there is nothing to prove: from an empty tree, and between equal sizes.
///
/// # Errors
/// [`ProofError::OutOfRange`] if `old_size > new_size`; [`ProofError::Read`] with what the reader failed
/// with.
pub fn consistency_proof<E>(
    old_size: u64,
    new_size: u64,
    mut reader: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if old_size > new_size {
        return Err(ProofError::OutOfRange { index: old_size, size: new_size });
    }
    if old_size == 0 || old_size == new_size {
        return Ok(Vec::new());
    }
    let mut range = Range { start: 0, size: new_size };
    let mut siblings = Vec::new();
    while old_size != range.start + range.size {
        let (left, right) = range.split();
        let (inside, sibling) = if old_size <= right.start { (left, right) } else { (right, left) };
        siblings.push(sibling);
        range = inside;
    }
    // Who checks knows the old root: it is part of the proof only where the cuts went to the right of it.
    if range.start != 0 {
        siblings.push(range);
    }
    roots(siblings, &mut reader)
}

/// The roots of ranges that were found from the top down, from the bottom up.
fn roots<E>(
    ranges: Vec<Range>,
    reader: &mut impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    ranges.into_iter().rev().map(|range| range.root(reader).map_err(ProofError::Read)).collect()
}

/// What an inclusion proof claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    pub leaf_hash: Hash,
    /// The leaf's place, from 0.
    pub index: u64,
    /// Leaves in the tree.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
}

/// Checks that a leaf stands at its place in a tree.
///
/// # Errors
/// [`ProofInvalid`] if it does not, or if the proof is too long or too short.
pub fn verify_inclusion(claim: &Inclusion, proof: &[Hash]) -> Result<(), ProofInvalid> {
    if claim.index >= claim.size {
        return Err(ProofInvalid);
    }
    let mut path = Path { index: claim.index, last: claim.size - 1 };
    let mut root = claim.leaf_hash;
    for sibling in proof {
        root = if path.sibling_is_left()? { node_hash(sibling, &root) } else { node_hash(&root, sibling) };
        path.climb();
    }
    if path.last == 0 && root == claim.root { Ok(()) } else { Err(ProofInvalid) }
}

/// What a consistency proof claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consistency {
    /// Leaves in the older tree.
    pub old_size: u64,
    /// The root of the older tree.
    pub old_root: Hash,
    /// Leaves in the newer tree.
    pub new_size: u64,
    /// The root of the newer tree.
    pub new_root: Hash,
}

/// Checks that the older tree is the beginning of the newer one.
///
/// # Errors
/// [`ProofInvalid`] if it is not, if the tree shrank, or if the proof is too long or too short.
pub fn verify_consistency(claim: &Consistency, proof: &[Hash]) -> Result<(), ProofInvalid> {
    let Consistency { old_size, old_root, new_size, new_root } = *claim;
    if old_size == 0 || old_size == new_size {
        let expected = if old_size == 0 { empty_root() } else { new_root };
        return if proof.is_empty() && old_root == expected { Ok(()) } else { Err(ProofInvalid) };
    }
    if old_size > new_size {
        return Err(ProofInvalid);
    }
    let (start, siblings) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        let (start, siblings) = proof.split_first().ok_or(ProofInvalid)?;
        (*start, siblings)
    };
    let mut path = Path { index: old_size - 1, last: new_size - 1 };
    path.skip(path.index.trailing_ones());
    let (mut older, mut newer) = (start, start);
    for sibling in siblings {
        if path.sibling_is_left()? {
            older = node_hash(sibling, &older);
            newer = node_hash(sibling, &newer);
        } else {
            newer = node_hash(&newer, sibling);
        }
        path.climb();
    }
    if path.last == 0 && older == old_root && newer == new_root { Ok(()) } else { Err(ProofInvalid) }
}

/// A way from a node up to the root, beside the last node of each level: `fn` and `sn` of RFC 9162.
#[derive(Clone, Copy)]
struct Path {
    index: u64,
    last: u64,
}

impl Path {
    /// Whether the next sibling stands to the left; at the root there is no sibling and the proof is too
    /// long.
    fn sibling_is_left(&mut self) -> Result<bool, ProofInvalid> {
        if self.last == 0 {
            return Err(ProofInvalid);
        }
        if self.index & 1 == 1 {
            return Ok(true);
        }
        if self.index != self.last {
            return Ok(false);
        }
        // The last node of a level without a partner moves up as it is, until it is a right child.
        self.skip(self.index.trailing_zeros());
        Ok(true)
    }

    fn climb(&mut self) {
        self.skip(1);
    }

    fn skip(&mut self, levels: u32) {
        self.index = self.index.checked_shr(levels).unwrap_or(0);
        self.last = self.last.checked_shr(levels).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::super::tree::{leaf_hash, oracle};
    use super::*;

    fn reader(leaves: &[Hash]) -> impl FnMut(u32, u64) -> Result<Hash, Infallible> + '_ {
        |height, index| Ok(oracle::subtree(leaves, height, index))
    }

    fn wide(size: usize) -> u64 {
        u64::try_from(size).unwrap()
    }

    fn assert_inclusion(leaves: &[Hash], index: usize) {
        let root = oracle::root(leaves);
        let proof = inclusion_proof(wide(leaves.len()), wide(index), reader(leaves)).unwrap();
        assert_eq!(proof, oracle::path(index, leaves));
        let claim =
            Inclusion { leaf_hash: leaves[index], index: wide(index), size: wide(leaves.len()), root };
        assert_eq!(verify_inclusion(&claim, &proof), Ok(()));
        assert!(verify_inclusion(&Inclusion { leaf_hash: [1; 32], ..claim }, &proof).is_err());
        assert!(verify_inclusion(&Inclusion { root: [1; 32], ..claim }, &proof).is_err());
        assert!(verify_inclusion(&claim, &[proof.as_slice(), &[[2; 32]]].concat()).is_err());
        if let Some((_, shorter)) = proof.split_last() {
            assert!(verify_inclusion(&claim, shorter).is_err());
        }
    }

    fn assert_consistency(leaves: &[Hash], old: usize) {
        let proof = consistency_proof(wide(old), wide(leaves.len()), reader(leaves)).unwrap();
        assert_eq!(proof, oracle::subproof(old, leaves, true));
        let claim = Consistency {
            old_size: wide(old),
            old_root: oracle::root(&leaves[..old]),
            new_size: wide(leaves.len()),
            new_root: oracle::root(leaves),
        };
        assert_eq!(verify_consistency(&claim, &proof), Ok(()));
        assert!(verify_consistency(&Consistency { old_root: [1; 32], ..claim }, &proof).is_err());
        assert!(verify_consistency(&Consistency { new_root: [1; 32], ..claim }, &proof).is_err());
        assert!(verify_consistency(&claim, &[proof.as_slice(), &[[2; 32]]].concat()).is_err());
        if let Some((_, shorter)) = proof.split_last() {
            assert!(verify_consistency(&claim, shorter).is_err());
        }
    }

    #[test]
    fn proofs_of_the_certificate_transparency_test_tree_have_their_published_hashes() {
        let leaves: Vec<Hash> = oracle::LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect();
        let proof = inclusion_proof(8, 0, reader(&leaves)).unwrap();
        let expected = [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ];
        assert_eq!(proof.iter().map(hex::encode).collect::<Vec<_>>(), expected);
        let proof = consistency_proof(6, 8, reader(&leaves)).unwrap();
        let expected = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(proof.iter().map(hex::encode).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_leaf_and_every_older_size_is_proved_in_every_tree_up_to_70() {
        let leaves = oracle::leaves(70);
        for size in 1..=leaves.len() {
            for index in 0..size {
                assert_inclusion(&leaves[..size], index);
            }
            for old in 1..=size {
                assert_consistency(&leaves[..size], old);
            }
        }
    }

    #[test]
    fn the_edges_of_every_tree_up_to_600_are_proved() {
        let leaves = oracle::leaves(600);
        for size in 1..=leaves.len() {
            assert_inclusion(&leaves[..size], 0);
            assert_inclusion(&leaves[..size], size - 1);
            assert_inclusion(&leaves[..size], size / 2);
            assert_consistency(&leaves[..size], size.div_ceil(2));
            assert_consistency(&leaves[..size], size.saturating_sub(1).max(1));
        }
    }

    #[test]
    fn an_empty_tree_is_the_beginning_of_any_and_proves_nothing() {
        let leaves = oracle::leaves(5);
        assert_eq!(consistency_proof(0, 5, reader(&leaves)), Ok(vec![]));
        let claim =
            Consistency { old_size: 0, old_root: empty_root(), new_size: 5, new_root: oracle::root(&leaves) };
        assert_eq!(verify_consistency(&claim, &[]), Ok(()));
        assert!(verify_consistency(&Consistency { old_root: [0; 32], ..claim }, &[]).is_err());
        assert!(verify_consistency(&claim, &[[0; 32]]).is_err());
    }

    #[test]
    fn what_is_out_of_range_is_refused_and_not_read() {
        let leaves = oracle::leaves(4);
        let refused = Err(ProofError::OutOfRange { index: 4, size: 4 });
        assert_eq!(inclusion_proof(4, 4, reader(&leaves)), refused);
        let refused = Err(ProofError::OutOfRange { index: 5, size: 4 });
        assert_eq!(consistency_proof(5, 4, reader(&leaves)), refused);
        let shrunk = Consistency { old_size: 5, old_root: [0; 32], new_size: 4, new_root: [0; 32] };
        assert!(verify_consistency(&shrunk, &[]).is_err());
        let beyond = Inclusion { leaf_hash: [0; 32], index: 0, size: 0, root: [0; 32] };
        assert!(verify_inclusion(&beyond, &[]).is_err());
    }

    #[test]
    fn proofs_in_the_largest_tree_are_made_and_refused_without_overflow() {
        let zero = |_, _| Ok::<Hash, Infallible>([0; 32]);
        for index in [0, 1, u64::MAX / 2, u64::MAX - 2, u64::MAX - 1] {
            let proof = inclusion_proof(u64::MAX, index, zero).unwrap();
            assert!(proof.len() <= PROOF_HASHES_MAX);
            let claim = Inclusion { leaf_hash: [0; 32], index, size: u64::MAX, root: [0; 32] };
            assert!(verify_inclusion(&claim, &proof).is_err());
            let proof = consistency_proof(index.max(1), u64::MAX, zero).unwrap();
            assert!(proof.len() <= PROOF_HASHES_MAX);
        }
        let largest =
            Consistency { old_size: 1 << 63, old_root: [0; 32], new_size: u64::MAX, new_root: [0; 32] };
        assert!(verify_consistency(&largest, &[[0; 32]; 65]).is_err());
    }

    #[test]
    fn what_the_reader_fails_with_is_passed_on() {
        assert_eq!(inclusion_proof(2, 0, |_, _| Err("gone")), Err(ProofError::Read("gone")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn larger_trees_are_proved_too(size in 601usize..4_000, index in any::<prop::sample::Index>()) {
            let leaves = oracle::leaves(size);
            assert_inclusion(&leaves, index.index(size));
            assert_consistency(&leaves, index.index(size) + 1);
        }

        #[test]
        fn a_proof_with_a_changed_hash_does_not_hold(
            size in 2usize..300,
            index in any::<prop::sample::Index>(),
            place in any::<prop::sample::Index>(),
            bit in 0u8..8,
        ) {
            let leaves = oracle::leaves(size);
            let index = index.index(size);
            let mut proof = inclusion_proof(wide(size), wide(index), reader(&leaves)).unwrap();
            let place = place.index(proof.len());
            proof[place][0] ^= 1 << bit;
            let root = oracle::root(&leaves);
            let claim = Inclusion { leaf_hash: leaves[index], index: wide(index), size: wide(size), root };
            prop_assert!(verify_inclusion(&claim, &proof).is_err());
        }
    }
}
