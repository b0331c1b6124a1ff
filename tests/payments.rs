//! Payment batches and what surrounds them, over HTTP: files for the bank, its results, reminders, expiry.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "payments/calendar.rs"]
mod calendar;
#[path = "payments/expiry.rs"]
mod expiry;
#[path = "payments/files.rs"]
mod files;
#[path = "payments/names.rs"]
mod names;
#[path = "payments/results.rs"]
mod results;
#[path = "support/service.rs"]
mod service;
#[path = "payments/stage.rs"]
mod stage;
#[path = "payments/undoing.rs"]
mod undoing;
