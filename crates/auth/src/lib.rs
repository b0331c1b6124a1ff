//! Who asks: a token, or a person who signed in, becomes an actor with roles.
//!
//! Tokens are the service's own or an OpenID Connect provider's (`token`, `claims`, `jwks`, `provider_keys`); people sign in
//! there (`sign_in`, `code_flow`) or with a password and a one-time code of the service (`accounts`).

pub mod accounts;
pub mod claims;
pub mod code_flow;
pub mod identity;
pub mod jwks;
mod key_source;
pub mod one_time_codes;
pub mod passwords;
pub mod provider_keys;
pub mod sign_in;
pub mod token;
