//! Where a tile of the log is found: the paths of C2SP tlog-tiles.
//!
//! `tile/<L>/<N>[.p/<W>]` for hashes, `tile/entries/<N>[.p/<W>]` for bundles of entries, where N is written
//! in groups of three digits, all but the last with an `x` before it: 1,234,067 is `x001/x234/067`. Each
//! place has exactly one path, and [`TilePath::parse`] takes no other.

use std::fmt;

use super::tree::TILE_HEIGHT;

/// Hashes, or entries, in a full tile.
pub const TILE_WIDTH: u16 = 1 << TILE_HEIGHT;

/// The highest level a tile's path may name.
pub const TILE_LEVEL_MAX: u8 = 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of subtrees of 2^(8·level) leaves.
    Hashes {
        /// 0 for the hashes of leaves.
        level: u8,
    },
    /// The leaves themselves, each after its length in two bytes.
    Entries,
}

/// The place of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    /// What the tile holds, and on which level.
    pub kind: TileKind,
    /// The tile's place on its level, from 0.
    pub index: u64,
    /// How many of 256 it holds, 1 to 255; none for a full tile.
    pub partial_width: Option<u16>,
}

/// The path is not one of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct TilePathError;

/// The path of a tile of hashes, such as `tile/0/x001/234.p/5`; a width of 256 is a full tile.
#[must_use]
pub fn tile_path(level: u8, index: u64, partial_width: Option<u16>) -> String {
    TilePath { kind: TileKind::Hashes { level }, index, partial_width }.to_string()
}

/// The path of a bundle of entries, such as `tile/entries/x001/234.p/5`; a width of 256 is a full bundle.
#[must_use]
pub fn entries_path(index: u64, partial_width: Option<u16>) -> String {
    TilePath { kind: TileKind::Entries, index, partial_width }.to_string()
}

/// How many of 256 hashes or entries a tree of `size` leaves has in a tile: 0 where there is no such tile
/// yet.
#[must_use]
pub fn tile_width(kind: TileKind, index: u64, size: u64) -> u16 {
    let level = match kind {
        TileKind::Hashes { level } => u32::from(level),
        TileKind::Entries => 0,
    };
    let on_level = size.checked_shr(level * TILE_HEIGHT).unwrap_or(0);
    let before = index.saturating_mul(u64::from(TILE_WIDTH));
    let width = on_level.saturating_sub(before).min(u64::from(TILE_WIDTH));
    u16::try_from(width).unwrap_or(TILE_WIDTH)
}

impl TilePath {
    /// Reads a path that starts with `tile/`.
    ///
    /// # Errors
    /// [`TilePathError`] for anything but the one way to write a place: leading zeros, a width of 0 or 256, a
    /// level above 63, an index beyond 64 bits.
    pub fn parse(path: &str) -> Result<TilePath, TilePathError> {
        let rest = path.strip_prefix("tile/").ok_or(TilePathError)?;
        let (kind, rest) = rest.split_once('/').ok_or(TilePathError)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes { level: parse_decimal(level, TILE_LEVEL_MAX.into())? },
        };
        let (index, partial_width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, Some(parse_decimal::<u16>(width, u64::from(TILE_WIDTH) - 1)?)),
            None => (rest, None),
        };
        let parsed = TilePath { kind, index: parse_index(index)?, partial_width };
        // What is read twice the same is written one way only.
        if partial_width == Some(0) || parsed.to_string() != path {
            return Err(TilePathError);
        }
        Ok(parsed)
    }
}

fn parse_decimal<T: TryFrom<u64>>(text: &str, max: u64) -> Result<T, TilePathError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TilePathError);
    }
    let value = text.parse::<u64>().ok().filter(|value| *value <= max).ok_or(TilePathError)?;
    T::try_from(value).map_err(|_| TilePathError)
}

fn parse_index(text: &str) -> Result<u64, TilePathError> {
    let mut index = 0u64;
    for group in text.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        if digits.len() != 3 {
            return Err(TilePathError);
        }
        let value: u64 = parse_decimal(digits, 999)?;
        index = index.checked_mul(1000).and_then(|index| index.checked_add(value)).ok_or(TilePathError)?;
    }
    Ok(index)
}

impl fmt::Display for TilePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(formatter, "tile/{level}/")?,
            TileKind::Entries => formatter.write_str("tile/entries/")?,
        }
        let mut above = Vec::new();
        let mut index = self.index / 1000;
        while index > 0 {
            above.push(index % 1000);
            index /= 1000;
        }
        for group in above.iter().rev() {
            write!(formatter, "x{group:03}/")?;
        }
        write!(formatter, "{:03}", self.index % 1000)?;
        match self.partial_width {
            Some(width) if width < TILE_WIDTH => write!(formatter, ".p/{width}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_those_of_the_published_form() {
        assert_eq!(tile_path(0, 0, None), "tile/0/000");
        assert_eq!(tile_path(0, 1234, Some(5)), "tile/0/x001/234.p/5");
        assert_eq!(tile_path(3, 1_234_067, None), "tile/3/x001/x234/067");
        assert_eq!(tile_path(1, 1000, Some(256)), "tile/1/x001/000");
        assert_eq!(entries_path(1_000_000, Some(255)), "tile/entries/x001/x000/000.p/255");
        let last = "tile/0/x018/x446/x744/x073/x709/x551/615";
        assert_eq!(tile_path(0, u64::MAX, None), last);
        assert_eq!(TilePath::parse(last).unwrap().index, u64::MAX);
    }

    #[test]
    fn any_other_way_to_write_a_path_is_refused() {
        let refused = [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/256/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile//000",
            "/tile/0/000",
            "tile/0/x000",
            "tile/0/x000/000",
            "tile/0/x001",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/0/xx01/000",
            "tile/0/x001/000/",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/05",
            "tile/0/000.p/256",
            "tile/0/000.p/1.p/1",
            "tile/0/../000",
            "tile/data/000",
            "tile/entries",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
            "tile/0/٠٠٠",
        ];
        for path in refused {
            assert_eq!(TilePath::parse(path), Err(TilePathError), "{path}");
        }
    }

    #[test]
    fn widths_follow_the_size_of_the_tree() {
        let level = |level| TileKind::Hashes { level };
        assert_eq!(tile_width(level(0), 0, 0), 0);
        assert_eq!(tile_width(TileKind::Entries, 0, 255), 255);
        assert_eq!(tile_width(level(0), 0, 256), 256);
        assert_eq!(tile_width(level(0), 1, 256), 0);
        assert_eq!(tile_width(level(1), 0, 256), 1);
        assert_eq!(tile_width(level(1), 0, 70_000), 256);
        assert_eq!(tile_width(level(1), 1, 70_000), 17);
        assert_eq!(tile_width(level(2), 0, 70_000), 1);
        assert_eq!(tile_width(level(8), 0, u64::MAX), 0);
        assert_eq!(tile_width(level(63), u64::MAX, u64::MAX), 0);
    }

    proptest! {
        #[test]
        fn every_path_is_read_as_it_was_written(
            level in proptest::option::of(0u8..=63),
            index in prop_oneof![0u64..3_000, any::<u64>()],
            partial_width in proptest::option::of(1u16..=255),
        ) {
            let kind = level.map_or(TileKind::Entries, |level| TileKind::Hashes { level });
            let path = TilePath { kind, index, partial_width };
            prop_assert_eq!(TilePath::parse(&path.to_string()), Ok(path));
        }

        #[test]
        fn a_path_that_is_read_is_the_only_one_for_its_place(path in "tile/[0-9e]{1,2}/[x0-9/.p]{1,16}") {
            if let Ok(parsed) = TilePath::parse(&path) {
                prop_assert_eq!(parsed.to_string(), path);
            }
        }
    }
}
