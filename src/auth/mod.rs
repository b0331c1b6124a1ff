//! Who calls.

pub mod accounts;
pub mod jwks;
pub mod keyed;
pub mod keys;
pub mod token;
mod token_cache;
