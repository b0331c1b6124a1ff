//! Who calls.
pub mod jwks;
pub mod token;
mod token_cache;
