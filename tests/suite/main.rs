//! Everything that must hold of the whole service, one program with a module for each subject: a program less to link
//! is a shorter way from a change to its answer.
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it expects and fails by panicking"
)]

mod acceptance;
mod assessment;
mod audit_notes;
mod authorisation;
mod backup;
mod billing_files;
mod blocked;
mod bounds;
mod cap_groups;
mod catalogue;
mod claimants;
mod cli;
mod clients;
mod cluster;
mod connections;
mod console;
mod corrections;
mod corruption;
mod dating;
mod demonstration;
mod deployment;
mod documents;
mod engine;
mod errors;
mod evidence;
mod examples;
mod explained;
mod export;
mod faults;
mod foreign;
mod forged_tokens;
mod grants;
mod guides;
mod house;
mod interest_oracle;
mod loans;
mod model;
mod other_funding;
mod overrides;
mod parameters;
mod payments;
mod periods;
mod policies;
mod poolers;
mod prefunds;
mod rankings;
mod receipts;
mod rentals;
mod replay;
mod reports;
mod rewound;
mod role_grants;
mod rows;
mod schema;
mod servers;
mod service;
mod sign_in;
mod simulation;
mod slices;
mod statutory_limits;
mod support;
mod tags;
mod terminal;
mod terms;
mod tiers;
mod translations;
mod usage;
mod verifications;
mod verify;
mod words;
mod worked_examples;
mod year_minimum;
