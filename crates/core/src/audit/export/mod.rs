//! The log of an export, held against its checkpoint: bundles of entries, tiles of hashes, the replay.
//!
//! The checkpoint's signature is what is believed first. Entries whose root is the checkpoint's are the log, and then a
//! tile that differs is the damaged one; where their root is another and the tiles' is the checkpoint's, the first
//! entry that differs from its hash in a tile is the first bad one. Nothing here opens a file: whoever calls hands in
//! what the files hold.

use std::fmt;

use super::bundle;
use super::note::{self, Checkpoint, NoteError, VerifierKey};
use super::replay::{BadLeaf, Decoded, Replay, Replayed};
use super::since::Roots;
use super::tile::{TILE_WIDTH, TileKind, TilePath, entries_path, tile_path, tile_width};
use super::tree::{Frontier, Hash, leaf_hash};
use super::verify::{Tiles, short};
use crate::domain::Sequence;

/// The file of the signed note.
pub const CHECKPOINT: &str = "checkpoint";
/// The file of the verifier key.
pub const KEY: &str = "key";

/// Something of an export that does not verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The damaged file, by its path in the export.
    pub file: String,
    /// The sequence that is to answer for it, where one is.
    pub sequence: Option<Sequence>,
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sequence {
            Some(sequence) => write!(f, "sequence {sequence} does not verify: {}: {}", self.file, self.what),
            None => write!(f, "{} does not verify: {}", self.file, self.what),
        }
    }
}

impl Damage {
    /// A file as a whole.
    pub fn file(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { file: file.into(), sequence: None, what: what.into() }
    }

    pub fn at(file: impl Into<String>, sequence: u64, what: impl Into<String>) -> Self {
        Self { file: file.into(), sequence: Some(Sequence::new(sequence)), what: what.into() }
    }
}

/// What a file holds; else why it cannot be read.
pub type Content = Result<Vec<u8>, String>;

/// Reads the key of an export, which is a line of its own and written in one way only.
pub fn key(content: Content) -> Result<VerifierKey, Damage> {
    let text = text(KEY, content)?;
    let parsed = VerifierKey::parse(text.trim_end()).map_err(|error| Damage::file(KEY, error.to_string()))?;
    if format!("{parsed}\n") != text {
        return Err(Damage::file(KEY, "not a verifier key in a line of its own"));
    }
    Ok(parsed)
}

/// Reads the checkpoint of an export.
pub fn checkpoint(content: Content, key: &VerifierKey) -> Result<Checkpoint, Damage> {
    let text = text(CHECKPOINT, content)?;
    let refused = |error: NoteError| Damage::file(CHECKPOINT, error.to_string());
    let checkpoint = note::verify(&text, key).map_err(refused)?;
    // A line that stands twice says nothing that it does not say once.
    let (_, signatures) = text.rsplit_once("\n\n").unwrap_or_default();
    let mut lines: Vec<&str> = signatures.lines().collect();
    lines.sort_unstable();
    if lines.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Damage::file(CHECKPOINT, "a signature stands twice"));
    }
    Ok(checkpoint)
}

fn text(file: &str, content: Content) -> Result<String, Damage> {
    let bytes = content.map_err(|why| Damage::file(file, why))?;
    String::from_utf8(bytes).map_err(|_| Damage::file(file, "not UTF-8"))
}

/// Whether a log of this size has a tile at this path.
#[must_use]
pub fn has_tile(path: &str, size: u64) -> bool {
    TilePath::parse(path).is_ok_and(|tile| {
        let width = tile_width(tile.kind, tile.index, size);
        width > 0 && tile.partial_width.unwrap_or(TILE_WIDTH) == width
    })
}

/// The paths of every tile of hashes of a log of this size, and of every bundle.
pub fn tiles(size: u64) -> impl Iterator<Item = String> {
    let on_level = move |kind: TileKind| {
        (0_u64..)
            .map(move |index| (kind, index, tile_width(kind, index, size)))
            .take_while(|(_, _, width)| *width > 0)
    };
    let levels = (0_u8..8).flat_map(move |level| on_level(TileKind::Hashes { level }));
    levels
        .chain(on_level(TileKind::Entries))
        .map(|(kind, index, width)| TilePath { kind, index, partial_width: Some(width) }.to_string())
}

/// A log under examination, bundle by bundle.
#[derive(Debug)]
pub struct LogCheck {
    claimed: Checkpoint,
    /// The tree over the entries; none once they cannot be told apart any more.
    entries: Option<Frontier>,
    /// The tree over the hashes that the lowest tiles say; none once some are missing.
    hashes: Option<Frontier>,
    tiles: Tiles,
    /// None where the tree alone is asked for.
    replay: Option<Replay>,
    roots: Roots,
    /// Where entries and tiles first differ, or entries end.
    differs: Option<Damage>,
    /// More entries than the checkpoint counts.
    surplus: Option<Damage>,
    /// The first tile that is not what the entries make it.
    tile: Option<Damage>,
    bad_leaf: Option<(BadLeaf, String)>,
}

impl LogCheck {
    /// Before the first bundle. `roots` are those that older checkpoints ask for.
    pub fn new(claimed: Checkpoint, roots: Roots) -> Self {
        Self {
            replay: Some(Replay::new(claimed.agency())),
            claimed,
            entries: Some(Frontier::new()),
            hashes: Some(Frontier::new()),
            tiles: Tiles::default(),
            roots,
            differs: None,
            surplus: None,
            tile: None,
            bad_leaf: None,
        }
    }

    /// The same for the tree alone: no entry is read but for its hash.
    pub fn of_tree(claimed: Checkpoint, roots: Roots) -> Self {
        Self { replay: None, ..Self::new(claimed, roots) }
    }

    /// How many bundles there are.
    pub const fn bundles(&self) -> u64 {
        self.claimed.size.div_ceil(256)
    }

    /// The ledger as the entries so far make it; none where the tree alone is asked for.
    pub const fn replay(&self) -> Option<&Replay> {
        self.replay.as_ref()
    }

    /// Takes the next bundle. `read` answers what a file holds; `each` is told of every entry that replays.
    pub fn bundle(
        &mut self,
        index: u64,
        read: &mut dyn FnMut(&str) -> Content,
        each: &mut dyn FnMut(Replayed),
    ) {
        let width = tile_width(TileKind::Entries, index, self.claimed.size);
        let (file, tile) = (entries_path(index, Some(width)), tile_path(0, index, Some(width)));
        let hashes = read(&tile);
        let said = self.said(&tile, hashes, usize::from(width));
        let bundle = match read(&file) {
            Ok(bundle) => bundle,
            Err(why) => return self.lost(Damage::at(file, index * 256, why)),
        };
        let (mut leaves, mut sequence) = (bundle::leaves(&bundle), index * 256);
        let mut whole = Vec::new();
        for place in 0..usize::from(width) {
            match leaves.next() {
                Some(Ok(leaf)) => whole.push(leaf),
                Some(Err(error)) => {
                    self.compare(whole, (&file, &tile), &said, &mut sequence, read, each);
                    return self.lost(Damage::at(file, index * 256 + wide(place), error.to_string()));
                }
                None => {
                    self.compare(whole, (&file, &tile), &said, &mut sequence, read, each);
                    return self.lost(Damage::at(file, index * 256 + wide(place), "missing"));
                }
            }
        }
        self.compare(whole, (&file, &tile), &said, &mut sequence, read, each);
        if leaves.next().is_some() {
            let what = "more entries than the checkpoint counts";
            self.surplus.get_or_insert(Damage::at(file, sequence, what));
        }
    }

    /// The hashes that a lowest tile says, as many as it should.
    fn said(&mut self, tile: &str, content: Content, width: usize) -> Vec<Hash> {
        let data = match content {
            Ok(data) => data,
            Err(why) => {
                self.tile.get_or_insert(Damage::file(tile, why));
                Vec::new()
            }
        };
        let said: Vec<Hash> = data.as_chunks::<32>().0.iter().copied().take(width).collect();
        match &mut self.hashes {
            Some(frontier) if said.len() == width => {
                said.iter().for_each(|hash| drop(frontier.append(*hash)))
            }
            _ => self.hashes = None,
        }
        if data.len() != width * 32 {
            let what = format!("{} bytes instead of {}", data.len(), width * 32);
            self.tile.get_or_insert(Damage::file(tile, what));
        }
        said
    }

    /// Holds entries against the hashes that a tile says of them, and replays them.
    fn compare(
        &mut self,
        leaves: Vec<&[u8]>,
        (file, tile): (&str, &str),
        said: &[Hash],
        sequence: &mut u64,
        read: &mut dyn FnMut(&str) -> Content,
        each: &mut dyn FnMut(Replayed),
    ) {
        if self.replay.is_none() {
            for (place, leaf) in leaves.into_iter().enumerate() {
                self.hash(leaf_hash(leaf), (file, tile), said.get(place), sequence, read);
            }
            return;
        }
        let leaves = leaves.into_iter().map(<[u8]>::to_vec).collect();
        for (place, decoded) in Decoded::all(leaves).into_iter().enumerate() {
            let told_apart = self.hash(decoded.hash, (file, tile), said.get(place), sequence, read);
            let Some(replay) = self.replay.as_mut().filter(|_| told_apart && self.bad_leaf.is_none()) else {
                continue;
            };
            match replay.take(decoded) {
                Ok(replayed) => each(replayed),
                Err(bad) => self.bad_leaf = Some((bad, file.to_owned())),
            }
        }
    }

    /// The next entry's hash, held against the one that a tile says. Answers whether entries can still be told apart.
    fn hash(
        &mut self,
        hash: Hash,
        (file, tile): (&str, &str),
        said: Option<&Hash>,
        sequence: &mut u64,
        read: &mut dyn FnMut(&str) -> Content,
    ) -> bool {
        if said.is_some_and(|said| *said != hash) {
            let what = format!("its hash is not the one in {tile}");
            self.differs.get_or_insert(Damage::at(file, *sequence, what));
            self.tile.get_or_insert(Damage::file(tile, "not the hashes of the entries"));
        }
        *sequence += 1;
        let Some(entries) = &mut self.entries else { return false };
        let filled = entries.append(hash);
        self.roots.reached(entries);
        for full in self.tiles.add(hash, &filled) {
            self.hold(full.level, full.index, None, &full.data, read);
        }
        true
    }

    /// Holds a tile against what the entries make it. The lowest ones were read already, hash by hash.
    fn hold(
        &mut self,
        level: u8,
        index: u64,
        width: Option<u16>,
        data: &[u8],
        read: &mut dyn FnMut(&str) -> Content,
    ) {
        if level == 0 {
            return;
        }
        let path = tile_path(level, index, width);
        match read(&path) {
            Ok(stored) if stored == data => {}
            Ok(_) => drop(self.tile.get_or_insert(Damage::file(path, "not the hashes of the entries"))),
            Err(why) => drop(self.tile.get_or_insert(Damage::file(path, why))),
        }
    }

    /// The entries cannot be told apart from here on.
    fn lost(&mut self, damage: Damage) {
        self.differs.get_or_insert(damage);
        self.entries = None;
    }

    /// The first thing that is wrong with the log, in the order of what is believed. `read` as before.
    pub fn finish(&mut self, read: &mut dyn FnMut(&str) -> Content) -> Result<(), Damage> {
        let of_checkpoint = |tree: &Option<Frontier>| {
            tree.as_ref()
                .is_some_and(|tree| tree.size() == self.claimed.size && tree.root() == self.claimed.root)
        };
        let (entries, hashes) = (of_checkpoint(&self.entries), of_checkpoint(&self.hashes));
        let bad_leaf = self.bad_leaf.take().map(|(bad, file)| damage(&bad, &file));
        if !entries {
            return Err(self.blame(hashes, bad_leaf));
        }
        if let Some(surplus) = self.surplus.take() {
            return Err(surplus);
        }
        let partial: Vec<(u8, u64, Vec<u8>)> =
            self.tiles.partial(self.claimed.size).map(|(l, i, data)| (l, i, data.to_vec())).collect();
        for (level, index, data) in partial {
            let width = u16::try_from(data.len() / 32).ok();
            self.hold(level, index, width, &data, read);
        }
        if let Some(tile) = self.tile.take() {
            return Err(tile);
        }
        if let Some(against) = self.roots.contradictions(self.claimed.size).first() {
            return Err(Damage::file(CHECKPOINT, against.to_string()));
        }
        if let Some(bad) = bad_leaf {
            return Err(bad);
        }
        let last = entries_path(self.bundles().saturating_sub(1), None);
        self.replay.as_ref().map_or(Ok(()), Replay::finish).map_err(|bad| damage(&bad, &last))
    }

    /// What is to answer for a root that is not the checkpoint's.
    fn blame(&mut self, hashes_are_good: bool, bad_leaf: Option<Damage>) -> Damage {
        match (self.differs.take(), bad_leaf) {
            (Some(differs), _) if hashes_are_good => differs,
            (Some(differs), Some(bad)) if bad.sequence < differs.sequence => bad,
            (Some(differs), _) => differs,
            (None, Some(bad)) => bad,
            (None, None) => {
                let what = format!("its root is not that of the {} entries", self.claimed.size);
                Damage::file(CHECKPOINT, what)
            }
        }
    }
}

/// A leaf that does not replay, in a file.
fn damage(bad: &BadLeaf, file: &str) -> Damage {
    let what = format!("{}: found {}, expected {}", bad.what, short(&bad.found), short(&bad.expected));
    Damage { file: file.to_owned(), sequence: Some(bad.sequence), what }
}

fn wide(place: usize) -> u64 {
    u64::try_from(place).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
