//! Entry bundles of C2SP tlog-tiles: up to 256 leaves, each behind its length in two bytes, big-endian.

use super::tile::TILE_WIDTH;

/// What is no entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// A leaf is longer than its length can say.
    #[error("a leaf is longer than 65,535 bytes")]
    LeafTooLong,
    #[error("the bundle ends inside a leaf")]
    Truncated,
    #[error("the bundle holds more than 256 leaves")]
    TooMany,
}

/// Adds a leaf to a bundle. Error: the leaf is too long.
pub fn push(bundle: &mut Vec<u8>, leaf: &[u8]) -> Result<(), BundleError> {
    let length = u16::try_from(leaf.len()).map_err(|_| BundleError::LeafTooLong)?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf);
    Ok(())
}

/// The leaves of a bundle, in order, up to where it stops being one.
#[derive(Debug, Clone)]
pub struct Leaves<'bundle>(&'bundle [u8]);

/// The leaves of a bundle, in order.
#[must_use]
pub const fn leaves(bundle: &[u8]) -> Leaves<'_> {
    Leaves(bundle)
}

impl<'bundle> Iterator for Leaves<'bundle> {
    type Item = Result<&'bundle [u8], BundleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let parts = self
            .0
            .split_first_chunk::<2>()
            .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
        let (leaf, rest) =
            parts.map_or((Err(BundleError::Truncated), [].as_slice()), |(leaf, rest)| (Ok(leaf), rest));
        self.0 = rest;
        Some(leaf)
    }
}

/// All leaves of a bundle. Error: not a bundle.
pub fn split(bundle: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let leaves = leaves(bundle).collect::<Result<Vec<_>, _>>()?;
    if leaves.len() > usize::from(TILE_WIDTH) {
        return Err(BundleError::TooMany);
    }
    Ok(leaves)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed bundle fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn leaves_come_back_as_they_went_in(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..256)) {
            let mut bundle = Vec::new();
            for leaf in &leaves {
                push(&mut bundle, leaf).unwrap();
            }
            prop_assert_eq!(split(&bundle).unwrap(), leaves.iter().map(Vec::as_slice).collect::<Vec<_>>());
            if !bundle.is_empty() {
                bundle.pop();
                prop_assert_eq!(split(&bundle), Err(BundleError::Truncated));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _split = split(&bytes);
        }
    }

    #[test]
    fn a_leaf_that_is_too_long_is_refused() {
        assert_eq!(push(&mut Vec::new(), &vec![0; 65_536]), Err(BundleError::LeafTooLong));
        assert!(push(&mut Vec::new(), &vec![0; 65_535]).is_ok());
    }
}
