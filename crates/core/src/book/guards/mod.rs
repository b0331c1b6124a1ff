//! What commands of several nouns read and refuse alike: each function with the keys that it reads above it.

pub(super) mod award_basis;
pub(super) mod backing;
pub(super) mod cap_usage;
pub(super) mod claim_basis;
pub(super) mod clawback;
pub(super) mod loan_basis;
pub(super) mod parties;
pub(super) mod programmes;
pub(super) mod rental_basis;
pub(super) mod voucher_basis;
pub(super) mod year_bases;
