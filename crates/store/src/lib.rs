//! PostgreSQL: everything that is written, and what is read for it.
//!
//! ```text
//! db                the private cluster, connections, migrations, statements over arrays
//! schema            the tables as diesel's queries know them
//! keys              the keys folder, what is derived from its keys, sealed account numbers
//! documents         what engine, `verify` and exports know of each noun's rows
//! calendar …        a module per noun: its rows, how they are loaded and written; `queries` for its lists
//! sessions          who is signed in to the console; sign_ins: who is on the way to the identity provider; accounts: who has a
//!                   password here
//! engine            the one door for writes: queue, lock, load, decide, write, commit
//! ```

pub mod accounts;
pub mod audit_notes;
pub mod calendar;
pub mod cap_groups;
pub mod claims;
pub mod db;
pub mod documents;
pub mod engine;
pub mod erasures;
pub mod evidence;
pub mod grants;
pub mod keys;
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
pub mod sessions;
pub mod sign_ins;
pub mod statutory_limits;
pub mod tags;
pub mod tasks;
pub mod usage;
pub mod vouchers;
