//! The service: what people and programs meet of the ledger.
//!
//! The order of the house, each knows only what stands above it:
//!
//! ```text
//! crates/core       pure: values, ledger, nouns, commands, decisions, replay, proofs
//! crates/store      PostgreSQL: connections, the SQL of each noun, keys, the writer
//! packed            what a ZIP holds that anybody may have made
//! objects           files under their digests, in a folder or an S3-compatible store
//! billing_files     billing files as clouds write them, and how their rows are staged
//! bank_files        what banks answer with, in their own files
//! verify, exports   the whole ledger proved, and written into a folder that proves itself
//! reports           one file per report
//! auth              token → actor
//! http              the routes on one page, the table of errors, handlers: a file per noun
//! console           the pages that people open: a folder each; a client of the routes, in process
//! cli               one file per command
//! foreign           the parsers of what others wrote, by name: what is fuzzed
//! crates/bench      measurements: nothing of it ships
//! ```

pub mod auth;
pub mod bank_files;
pub mod billing_files;
pub mod cli;
pub mod console;
pub mod exports;
pub mod foreign;
pub mod http;
pub mod objects;
pub mod packed;
pub mod reports;
pub mod verify;
