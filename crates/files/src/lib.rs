//! What others wrote: evidence, billing files of clouds, answers of banks. Nothing of it is trusted: each is held to limits
//! before it is read.

pub mod bank_files;
pub mod billing_files;
pub mod objects;
pub mod packed;
