//! The audit log as its readers ask for it: checkpoints, tiles, entries, receipts.

use serde::Serialize;
use subsidy_core::domain::Code;
use utoipa::ToSchema;

use crate::handler::{ReadRequest, Reply};
use crate::problem::Problem;
use subsidy_core::audit::receipt::Receipt;
use subsidy_core::audit::tile::TilePath;
use subsidy_reports::transactions;
use subsidy_store::engine::tiles::TreeError;

/// An entry of the log with all that proves, offline, that it is there. `subsidy-ledger verify --receipt` checks it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptView {
    /// The form of the receipt.
    #[schema(example = "subsidy-ledger-receipt/1")]
    format: String,
    /// The entry's place in the log, from 0.
    sequence: u64,
    /// The leaf's bytes, base64: its hash is SHA-256(0x00 || bytes).
    leaf: String,
    /// The inclusion proof of RFC 6962, 2.1.1, from the leaf up; each hash in base64.
    proof: Vec<String>,
    /// The signed note (C2SP tlog-checkpoint) whose root the proof leads to.
    checkpoint: String,
    /// The key that signed it: name+id+base64.
    verifier_key: String,
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        let Receipt { format, sequence, leaf, proof, checkpoint, verifier_key } = receipt;
        Self { format, sequence, leaf, proof, checkpoint, verifier_key }
    }
}

fn problem(error: &TreeError) -> Problem {
    match error {
        TreeError::NotThere => Problem::new(Code::NotFound),
        TreeError::Checkpoint(error) => Problem::checkpoint(error),
        TreeError::NotTheTree | TreeError::Bundle(_) => Problem::fault(error),
    }
}

/// `GET /audit/checkpoint`: the newest signed note.
pub async fn checkpoint(request: ReadRequest) -> Result<Reply, Problem> {
    Ok(Reply::Text(request.engine.checkpoint(&request.agency).await?))
}

/// `GET /audit/tile/{path}`: a tile of hashes or a bundle of entries. A full one never changes.
pub async fn tile(request: ReadRequest) -> Result<Reply, Problem> {
    let path = format!("tile/{}", request.path.text("path")?);
    let path = TilePath::parse(&path).map_err(|_| Problem::new(Code::NotFound))?;
    let tile = request.engine.tile(&request.agency, &path).await.map_err(|error| problem(&error))?;
    Ok(Reply::Bytes { bytes: tile.bytes, never_changes: tile.full })
}

/// `GET /audit/entries/{sequence}`: the leaf's bytes, as they were hashed.
pub async fn leaf(request: ReadRequest) -> Result<Reply, Problem> {
    let sequence: u64 = request.path.number("sequence")?;
    let sequence = i64::try_from(sequence).map_err(|_| Problem::new(Code::NotFound))?;
    let conn = request.reader().await?;
    let found = transactions::leaf(&conn, sequence).await?;
    let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Reply::Json { body: found.leaf, version: None })
}

/// `GET /audit/proof/{sequence}`: the entry's receipt.
pub async fn proof(request: ReadRequest) -> Result<Reply, Problem> {
    let receipt = request.engine.receipt(&request.agency, request.path.number("sequence")?).await;
    Reply::json(&ReceiptView::from(receipt.map_err(|error| problem(&error))?))
}
