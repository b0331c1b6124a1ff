//! The map of the house. A file may know only what stands above its line; `tests/house.rs` holds it to that.
//!
//! ```text
//! domain            values: money, percent, rounding, dates, credit codes, canonical JSON, actors
//! ledger            the chart of accounts, postings that balance, balances and their floors
//! agencies …        a folder per noun: mod.rs (types, commands), rules.rs (decisions)
//! book              Book, Command, needs, decide, apply: effects across nouns are composed only here
//! audit             leaves, the Merkle tree, signed notes, proofs, replay
//! db, …/store.rs    the private cluster, connections, array statements; a noun's SQL
//! auth/keys …       the keys folder, what is derived from its keys, sealed account numbers
//! objects           files under their digests, in a folder or an S3-compatible store
//! engine            the one door: queue → lock → load → decide → write → commit; verification
//! reports           one file per report
//! auth              token → actor
//! http, …/api.rs    the routes on one page, the table of errors, a noun's handlers
//! cli               one file per command
//! ```

pub mod agencies;
pub mod audit;
pub mod auth;
pub mod book;
pub mod calendar;
pub mod claims;
pub mod cli;
pub mod db;
pub mod domain;
pub mod engine;
pub mod erasures;
pub mod evidence;
pub mod http;
pub mod ledger;
pub mod loans;
pub mod objects;
pub mod organisations;
pub mod payments;
pub mod people;
pub mod periods;
pub mod prefunds;
pub mod programmes;
pub mod recoveries;
pub mod reference_rates;
pub mod rentals;
pub mod reports;
pub mod reversals;
pub mod usage;
pub mod vouchers;
