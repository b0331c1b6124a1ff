//! How rows reach PostgreSQL: the private cluster, connections, array statements, migrations. The only SQL
//! outside a noun's `store.rs`, the engine and the reports.

pub mod catalogue;
pub mod clients;
pub mod cluster;
pub mod columns;
pub mod convert;
pub mod copy;
pub mod display;
pub mod error;
pub mod inspect;
pub mod list;
pub mod migrate;
pub mod pool;
pub mod refusal;
pub mod rows;
pub mod scripts;
pub mod session;
mod sql_text;
pub mod statement;
pub mod statement_batch;
mod tapped;
pub mod target;
mod wire;

/// Why a statement has no answer.
pub use diesel::result::Error as QueryError;
