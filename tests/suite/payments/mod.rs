//! Payment batches and what surrounds them, over HTTP: files for the bank, its results, reminders, expiry.

mod answer_forms;
pub mod answers;
mod bank_tables;
mod calendar;
mod everything;
mod expiry;
mod files;
mod names;
mod results;
mod stage;
mod undoing;
