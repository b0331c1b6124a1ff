//! The service: its commands, and the parsers that are fuzzed. What people and programs meet of the ledger stands in crates of
//! their own, listed here.
//!
//! The order of the house, which the manifests hold: each crate knows only some of those above it.
//!
//! ```text
//! crates/core       pure: values, ledger, nouns, commands, decisions, replay, proofs
//! crates/store      PostgreSQL: connections, the SQL of each noun, keys, the writer
//! crates/files      what others wrote: evidence under its digest, billing files of clouds, answers of banks
//! crates/proofs     the whole ledger verified, and exported into a folder that proves itself
//! crates/reports    one file per report
//! crates/auth       token → actor
//! crates/http       the routes on one page, the table of errors, handlers: a file per noun
//! crates/console    the pages that people open: a folder each; a client of the routes, in process
//! src/cli           a file or folder per command
//! src/foreign.rs    the parsers of what others wrote, by name: what is fuzzed
//! crates/bench      measurements: nothing of it ships
//! ```

pub mod cli;
pub mod foreign;
