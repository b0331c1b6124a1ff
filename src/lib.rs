//! The map of the house. A file may know only what stands above its line:
#![doc = ""]

pub mod agencies;
pub mod audit;
pub mod auth;
pub mod book;
pub mod db;
pub mod domain;
pub mod engine;
pub mod ledger;
pub mod organisations;
pub mod programmes;
pub mod reference_rates;
pub mod rentals;
pub mod vouchers;
