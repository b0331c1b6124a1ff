pub mod jwks;
pub mod token;
