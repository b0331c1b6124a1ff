//! The Merkle tree of the audit log: hashing of RFC 6962 (section 2.1) and the frontier that `head` keeps.
//!
//! A [`Frontier`] is all that appending needs: the roots of the full subtrees that the first `size` leaves
//! fall into, largest first, one for each bit set in `size`. It gives the root in O(log n) and says which
//! tiles of 256 hashes (C2SP tlog-tiles, height 8) became full with a leaf. Nothing here reads or writes
//! anything.

use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of an inner node, or of a whole tree.
pub type Hash = [u8; 32];

/// Levels of the tree in one tile: a tile holds 2^8 hashes.
pub const TILE_HEIGHT: u32 = 8;

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The hash of a leaf: SHA-256(0x00 || leaf).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 || left || right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tile that became full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullTile {
    /// The tile's level L: it holds the roots of 256 subtrees of 2^(8·L) leaves each.
    pub level: u8,
    /// The tile's place on its level, from 0.
    pub index: u64,
    /// The Merkle hash of the tile's 256 hashes, which is hash number `index` of the level above.
    pub root: Hash,
}

/// The tiles that one leaf filled, lowest level first; a level fills only together with all below it.
pub type AppendedTiles = Vec<FullTile>;

/// Why stored bytes are not the frontier of a tree of that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frontier of size {size} has {expected_bytes} bytes, not {found_bytes}")]
pub struct FrontierError {
    /// Leaves in the tree.
    pub size: u64,
    /// 32 for each bit set in `size`.
    pub expected_bytes: usize,
    pub found_bytes: usize,
}

/// The right edge of a tree: enough to append and to tell the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Leaves in the tree; also the index of the next one.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash and tells which tiles it filled.
    pub fn append(&mut self, leaf_hash: Hash) -> AppendedTiles {
        let mut tiles = AppendedTiles::new();
        let mut root = leaf_hash;
        // Each full subtree on the right edge, smallest first, is the left sibling of what has grown so far.
        for height in 1..=self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            root = node_hash(&left, &root);
            if height.is_multiple_of(TILE_HEIGHT) {
                let level = u8::try_from(height / TILE_HEIGHT - 1).unwrap_or(u8::MAX);
                let index = self.size.checked_shr(height).unwrap_or(0);
                tiles.push(FullTile { level, index, root });
            }
        }
        self.peaks.push(root);
        self.size += 1;
        tiles
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let from_smallest = self.peaks.iter().rev().copied();
        from_smallest.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }

    /// The hashes of the frontier, largest subtree first, without the size.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.concat()
    }

    /// Reads what [`Frontier::to_bytes`] wrote for a tree of this size.
    ///
    /// # Errors
    /// [`FrontierError`] if the number of hashes is not the number of bits set in `size`.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Frontier, FrontierError> {
        let (peaks, rest) = bytes.as_chunks::<32>();
        let expected = usize::try_from(size.count_ones()).unwrap_or(usize::MAX);
        if !rest.is_empty() || peaks.len() != expected {
            let expected_bytes = expected.saturating_mul(32);
            return Err(FrontierError { size, expected_bytes, found_bytes: bytes.len() });
        }
        Ok(Frontier { size, peaks: peaks.to_vec() })
    }
}

/// What the tests of the tree compare with: RFC 6962, section 2.1, word for word, and its well-known tree.
#[cfg(test)]
pub(crate) mod oracle {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    /// The eight leaves of the certificate-transparency test tree.
    pub(crate) const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    /// The roots of its first 1 to 8 leaves.
    pub(crate) const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    /// Leaf hashes that are all different.
    pub(crate) fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|index| leaf_hash(index.to_string().as_bytes())).collect()
    }

    fn split(size: usize) -> usize {
        size.next_power_of_two() / 2
    }

    pub(crate) fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&root(left), &root(right))
            }
        }
    }

    pub(crate) fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut proof, sibling) = if index < left.len() {
            (path(index, left), right)
        } else {
            (path(index - left.len(), right), left)
        };
        proof.push(root(sibling));
        proof
    }

    pub(crate) fn subproof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if known { Vec::new() } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut proof, sibling) = if old <= left.len() {
            (subproof(old, left, known), right)
        } else {
            (subproof(old - left.len(), right, false), left)
        };
        proof.push(root(sibling));
        proof
    }

    /// A reader of full subtrees over leaf hashes.
    pub(crate) fn subtree(leaves: &[Hash], height: u32, index: u64) -> Hash {
        let width = 1usize << height;
        let start = usize::try_from(index).unwrap() * width;
        root(leaves.get(start..start + width).unwrap_or_else(|| panic!("not full: {height} {index}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use proptest::prelude::*;

    use super::oracle;
    use super::*;

    fn frontier(leaves: &[Hash]) -> Frontier {
        let mut frontier = Frontier::new();
        for leaf in leaves {
            frontier.append(*leaf);
        }
        frontier
    }

    #[test]
    fn the_empty_tree_has_the_hash_of_nothing() {
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(Frontier::new().root()), expected);
        assert_eq!(Frontier::from_bytes(0, &[]).unwrap(), Frontier::new());
    }

    #[test]
    fn roots_are_those_of_the_certificate_transparency_test_tree() {
        let mut frontier = Frontier::new();
        for (leaf, expected) in oracle::LEAVES.iter().zip(oracle::ROOTS) {
            assert_eq!(frontier.append(leaf_hash(leaf)), vec![]);
            assert_eq!(hex::encode(frontier.root()), expected);
        }
    }

    #[test]
    fn every_size_up_to_600_has_the_root_of_the_recursive_definition_and_survives_storage() {
        let leaves = oracle::leaves(600);
        let mut frontier = Frontier::new();
        for (size, leaf) in (1usize..).zip(&leaves) {
            frontier.append(*leaf);
            assert_eq!(frontier.root(), oracle::root(&leaves[..size]), "{size}");
            assert_eq!(Frontier::from_bytes(frontier.size(), &frontier.to_bytes()).unwrap(), frontier);
        }
    }

    #[test]
    fn a_tile_is_reported_with_its_root_when_its_last_leaf_arrives() {
        let leaves = oracle::leaves(65_536);
        let mut frontier = Frontier::new();
        for (index, leaf) in (0u64..).zip(&leaves) {
            let tiles = frontier.append(*leaf);
            if (index + 1) % 256 != 0 {
                assert_eq!(tiles, vec![]);
                continue;
            }
            let tile = tiles[0];
            assert_eq!((tile.level, tile.index), (0, index / 256));
            assert_eq!(tile.root, oracle::subtree(&leaves, 8, tile.index));
            assert_eq!(tiles.len(), if index + 1 == 65_536 { 2 } else { 1 });
            if let Some(above) = tiles.get(1) {
                assert_eq!((above.level, above.index, above.root), (1, 0, frontier.root()));
            }
        }
    }

    #[test]
    fn tiles_high_up_have_their_place_on_their_level() {
        // The frontier before leaf 3·2^24 - 1: only the shape matters here.
        let size = 3 * (1u64 << 24) - 1;
        let bytes = vec![7; usize::try_from(size.count_ones()).unwrap() * 32];
        let mut frontier = Frontier::from_bytes(size, &bytes).unwrap();
        let tiles = frontier.append([9; 32]);
        let places: Vec<(u8, u64)> = tiles.iter().map(|tile| (tile.level, tile.index)).collect();
        assert_eq!(places, vec![(0, (size + 1) / 256 - 1), (1, (size + 1) / 65_536 - 1), (2, 2)]);
    }

    #[test]
    fn bytes_that_do_not_fit_the_size_are_refused() {
        for (size, bytes) in [(0u64, 32usize), (1, 0), (1, 31), (1, 33), (3, 32), (4, 64), (u64::MAX, 32)] {
            assert!(Frontier::from_bytes(size, &vec![0; bytes]).is_err(), "{size} {bytes}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn stopping_and_starting_again_anywhere_changes_no_root(size in 1usize..5_000, cut in 0usize..5_000) {
            let leaves = oracle::leaves(size);
            let before = frontier(&leaves[..cut.min(size)]);
            let mut after = Frontier::from_bytes(before.size(), &before.to_bytes()).unwrap();
            for leaf in &leaves[cut.min(size)..] {
                after.append(*leaf);
            }
            prop_assert_eq!(after.root(), oracle::root(&leaves));
        }
    }
}
