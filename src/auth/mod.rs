pub mod claims;
pub mod code_flow;
pub mod identity;
pub mod jwks;
mod key_source;
pub mod provider_keys;
pub mod sign_in;
pub mod token;
