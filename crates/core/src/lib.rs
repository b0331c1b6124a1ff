//! What is pure of the service: no file, clock, network or chance. Whoever has the same commands comes to the same ledger.
//!
//! ```text
//! domain            values: money, percent, rounding, dates, credit codes, canonical JSON, actors
//! schema            how those values stand in the OpenAPI document
//! xml               XML that others wrote, read under limits
//! ledger            the chart of accounts, postings that balance, balances and their floors
//! agencies …        a folder per noun: mod.rs (types, commands), rules.rs (arithmetic, changes of state)
//! book              Book, Command, needs, decide, apply: effects across nouns are composed only here
//! audit             leaves, the Merkle tree, signed notes, proofs, replay, verification
//! ```

pub mod agencies;
pub mod audit;
pub mod audit_notes;
pub mod book;
pub mod calendar;
pub mod cap_groups;
pub mod claims;
pub mod domain;
pub mod erasures;
pub mod evidence;
pub mod grants;
pub mod ledger;
pub mod loans;
pub mod organisations;
pub mod payments;
pub mod people;
pub mod periods;
pub mod prefunds;
pub mod programmes;
pub mod rankings;
pub mod recoveries;
pub mod reference_rates;
pub mod reminders;
pub mod rentals;
pub mod reversals;
pub mod revocations;
pub mod role_grants;
pub mod schema;
pub mod statutory_limits;
pub mod tags;
pub mod usage;
pub mod vouchers;
pub mod xml;
