//! What each route does: a file per noun. A handler parses, asks or submits, and shows what it was answered.

pub mod agencies;
pub mod audit_notes;
pub mod batches;
pub mod calendar;
pub mod cap_groups;
pub mod claims;
pub mod evidence;
pub mod grants;
pub mod loans;
pub mod organisations;
pub mod overrides;
pub mod payments;
pub mod periods;
pub mod prefunds;
pub mod programmes;
pub mod rankings;
pub mod recoveries;
pub mod reference_rates;
pub mod rentals;
pub mod reports;
pub mod reversals;
pub mod statutory_limits;
pub mod tags;
pub mod tokens;
pub mod usage;
pub mod vouchers;
