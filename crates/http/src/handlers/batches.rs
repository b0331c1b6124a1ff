//! The bodies of `POST /batches`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::json::Json;
use subsidy_core::domain::Sequence;

/// Whether the operations stand or fall together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Each for itself, under its own key.
    Each,
    /// All or none, under the outer key.
    All,
}

/// A write within a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// `POST` or `PUT`.
    #[schema(example = "POST")]
    pub method: String,
    /// The path of a write.
    #[schema(example = "/v1/vouchers")]
    pub path: String,
    /// Its body.
    #[schema(value_type = Object)]
    pub body: Option<Json>,
    /// Its key; needed in the mode `each`.
    pub idempotency_key: Option<String>,
}

/// Writes to be made together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatch {
    pub mode: Mode,
    #[schema(max_items = 1000)]
    pub operations: Vec<Operation>,
}

/// What became of one operation.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResult {
    /// The HTTP status that the operation alone would have had.
    pub status: u16,
    /// The resource or the problem.
    #[schema(value_type = Object)]
    pub body: Value,
    /// Null where nothing was committed.
    pub ledger_sequence: Option<Sequence>,
}

/// What became of the operations, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResults {
    pub results: Vec<BatchResult>,
}
