//! How the whole ledger is proved: it is verified in place, and exported into a folder that proves itself without it.

pub mod exports;
pub mod verify;
