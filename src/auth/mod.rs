//! Who calls.
pub mod jwks;
pub mod token;
