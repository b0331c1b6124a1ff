//! Billing files as clouds write them: what a file is, its rows whatever their encoding, and what becomes of each. Rows are
//! staged beside the log; the command that counts them goes through the writer like any other.

pub mod error;
pub mod file;
pub mod intake;
pub mod limits;
pub mod metered;
pub mod parquet;
pub mod rows;
mod text;

pub use text::delimiter;
