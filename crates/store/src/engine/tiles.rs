//! The log's tree as its readers ask for it: tiles, bundles of entries, proofs, receipts.
//!
//! Full tiles are stored; what is not full yet is computed from the leaves' hashes and the roots of the tiles below.
//! The head is read first: what it counts never changes again, so that no transaction is needed.

use std::collections::BTreeMap;
use std::ops::Range;

use diesel_async::AsyncPgConnection;

use super::store::{self, Head, TileRow};
use super::{CheckpointError, Engine, origin};
use crate::db::pool::DatabaseError;
use crate::{rows, statement};
use subsidy_core::audit::bundle;
use subsidy_core::audit::bundle::BundleError;
use subsidy_core::audit::note::{Checkpoint, SigningKey};
use subsidy_core::audit::proof::{Inclusion, ProofError, inclusion_proof, verify_inclusion};
use subsidy_core::audit::receipt::Receipt;
use subsidy_core::audit::tile::{TILE_WIDTH, TileKind, TilePath, tile_width};
use subsidy_core::audit::tree::{Frontier, Hash, TILE_HEIGHT, leaf_hash};
use subsidy_core::domain::AgencyCode;

/// Why a part of the tree cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("the log has no such part")]
    NotThere,
    /// The head, the key or the database.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The stored hashes are not those of the tree: `verify` says where.
    #[error("the stored hashes do not give the root of the log")]
    NotTheTree,
    /// A leaf is longer than any can be.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl From<diesel::result::Error> for TreeError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Checkpoint(CheckpointError::Database(DatabaseError::from(error)))
    }
}

rows! {
    /// A hash of the tree.
    pub struct HashRow { hash: Vec<u8> }
}

statement! {
    /// The hashes of leaves from one up to, not including, another, in order.
    fn leaf_hashes(Range<i64> { start, end }) -> Vec<HashRow> =
        "SELECT hash FROM log WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence";
    /// The roots of a level's tiles from one up to, not including, another, in order.
    fn tile_roots(Range<i64> { start, end }; level: i16) -> Vec<HashRow> =
        "SELECT root AS hash FROM tiles WHERE level = $3 AND index >= $1 AND index < $2 ORDER BY index";
}

/// The bytes of a tile, and whether they are there for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileBytes {
    /// As C2SP tlog-tiles has them.
    pub bytes: Vec<u8>,
    /// Whether the tile is full.
    pub full: bool,
}

impl Engine {
    /// The tile or bundle at a path. A partial one may be as wide as the log has it, or less.
    pub async fn tile(&self, agency: &AgencyCode, path: &TilePath) -> Result<TileBytes, TreeError> {
        let conn = self.reader(agency).await.map_err(CheckpointError::from)?;
        let head = head(&conn, agency).await?;
        let width = path.partial_width.unwrap_or(TILE_WIDTH);
        if width > tile_width(path.kind, path.index, head.frontier.size()) {
            return Err(TreeError::NotThere);
        }
        let from = path.index * u64::from(TILE_WIDTH);
        let until = from + u64::from(width);
        let bytes = match path.kind {
            TileKind::Entries => bundled(&conn, from, until).await?,
            TileKind::Hashes { level } => match stored(&conn, level, path).await? {
                Some(tile) => tile,
                None => hashes(&conn, level, from, until).await?.concat(),
            },
        };
        Ok(TileBytes { bytes, full: path.partial_width.is_none() })
    }

    /// The receipt of an entry: proved into the log as it stands now, and checked before it is handed out.
    pub async fn receipt(&self, agency: &AgencyCode, sequence: u64) -> Result<Receipt, TreeError> {
        let conn = self.reader(agency).await.map_err(CheckpointError::from)?;
        let head = head(&conn, agency).await?;
        let (size, root) = (head.frontier.size(), head.frontier.root());
        let at = i64::try_from(sequence).map_err(|_| TreeError::NotThere)?;
        let leaf = store::leaves(&conn, &[at]).await?.into_iter().next().ok_or(TreeError::NotThere)?.leaf;
        let proof = proof(&conn, size, sequence).await?;
        let claim = Inclusion { leaf_hash: leaf_hash(&leaf), index: sequence, size, root };
        verify_inclusion(&claim, &proof).map_err(|_| TreeError::NotTheTree)?;
        self.ensure_keys_fit(agency).await.map_err(CheckpointError::from)?;
        let key = self.log_key(agency)?;
        let note = signed(agency, &head, &key)?;
        Ok(Receipt::new(sequence, &leaf, &proof, note, &key.verifier_key()))
    }

    /// The key of an agency's log.
    pub fn log_key(&self, agency: &AgencyCode) -> Result<SigningKey, CheckpointError> {
        let secret = self.keys().log_key(agency)?.ok_or(CheckpointError::NoLog)?;
        Ok(SigningKey::from_seed(&origin(agency), secret.expose())?)
    }
}

/// The log as a head has it, signed.
pub fn signed(agency: &AgencyCode, head: &Head, key: &SigningKey) -> Result<String, CheckpointError> {
    let (size, root) = (head.frontier.size(), head.frontier.root());
    Ok(Checkpoint { origin: origin(agency), size, root }.sign(key)?)
}

/// The head of a log that has begun.
pub async fn head(conn: &AsyncPgConnection, agency: &AgencyCode) -> Result<Head, CheckpointError> {
    let row = store::head(conn).await.map_err(DatabaseError::from)?.ok_or(CheckpointError::NoLog)?;
    Ok(row.read(agency)?)
}

async fn bundled(conn: &AsyncPgConnection, from: u64, until: u64) -> Result<Vec<u8>, TreeError> {
    let sequences: Vec<i64> = (from..until).filter_map(|sequence| i64::try_from(sequence).ok()).collect();
    let leaves = store::leaves(conn, &sequences).await?;
    if u64::try_from(leaves.len()) != Ok(until - from) {
        return Err(TreeError::NotTheTree);
    }
    let mut bytes = Vec::new();
    leaves.iter().try_for_each(|row| bundle::push(&mut bytes, &row.leaf))?;
    Ok(bytes)
}

/// A full tile as it is stored.
async fn stored(conn: &AsyncPgConnection, level: u8, path: &TilePath) -> Result<Option<Vec<u8>>, TreeError> {
    let Some(index) = i64::try_from(path.index).ok().filter(|_| path.partial_width.is_none()) else {
        return Ok(None);
    };
    let rows = TileRow::by_keys(conn, &[(i16::from(level), index)]).await?;
    Ok(rows.into_iter().next().map(|row| row.data))
}

/// Hashes of a level: those of leaves, or the roots of the tiles of the level below.
async fn hashes(conn: &AsyncPgConnection, level: u8, from: u64, until: u64) -> Result<Vec<Hash>, TreeError> {
    let [first, last] = [from, until].map(|place| i64::try_from(place).unwrap_or(i64::MAX));
    let rows = match level.checked_sub(1) {
        None => leaf_hashes(conn, first..last).await?,
        Some(below) => tile_roots(conn, first..last, i16::from(below)).await?,
    };
    let hashes = rows.into_iter().map(|row| Hash::try_from(row.hash).map_err(|_| TreeError::NotTheTree));
    let hashes = hashes.collect::<Result<Vec<_>, _>>()?;
    if u64::try_from(hashes.len()) == Ok(until - from) { Ok(hashes) } else { Err(TreeError::NotTheTree) }
}

/// The root of the full subtree of 2^height leaves at a place.
async fn subtree(conn: &AsyncPgConnection, height: u32, index: u64) -> Result<Hash, TreeError> {
    let (level, within) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
    let level = u8::try_from(level).map_err(|_| TreeError::NotThere)?;
    let mut tree = Frontier::new();
    for hash in hashes(conn, level, index << within, (index + 1) << within).await? {
        tree.append(hash);
    }
    Ok(tree.root())
}

/// The root that the log had when it had this many leaves; what it has is at least as many.
pub async fn root_of(conn: &AsyncPgConnection, size: u64) -> Result<Hash, TreeError> {
    let (mut peaks, mut from) = (Vec::new(), 0);
    for height in (0..u64::BITS).rev().filter(|height| size & (1 << height) != 0) {
        peaks.extend(subtree(conn, height, from >> height).await?);
        from += 1_u64 << height;
    }
    Ok(Frontier::from_bytes(size, &peaks).map_err(|_| TreeError::NotTheTree)?.root())
}

/// An inclusion proof. Made twice: the first time to hear which subtrees it needs.
async fn proof(conn: &AsyncPgConnection, size: u64, index: u64) -> Result<Vec<Hash>, TreeError> {
    let mut needed = BTreeMap::new();
    inclusion_proof(size, index, |height, place| {
        Ok::<Hash, TreeError>(*needed.entry((height, place)).or_default())
    })
    .map_err(|_| TreeError::NotThere)?;
    for ((height, place), root) in &mut needed {
        *root = subtree(conn, *height, *place).await?;
    }
    let read = |height, place| needed.get(&(height, place)).copied().ok_or(TreeError::NotTheTree);
    inclusion_proof(size, index, read).map_err(|error| match error {
        ProofError::OutOfRange { .. } => TreeError::NotThere,
        ProofError::Read(error) => error,
    })
}
