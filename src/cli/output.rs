//! Data on standard output: the one place that writes there.

use std::io::{self, Write};

use serde::Serialize;

use super::Failure;

/// Whether a person or a program reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::Args)]
pub struct Form {
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
}

pub fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// A value as indented JSON.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(serde_json::to_string_pretty(value)?)
}

/// Names and values, one pair a line, the values under each other.
pub fn pairs(pairs: &[(&str, String)]) -> Result<(), Failure> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in pairs {
        line(format_args!("{name:width$}  {value}"))?;
    }
    Ok(())
}

/// A line for the person at the terminal, on standard error.
pub fn note(text: impl std::fmt::Display) -> Result<(), Failure> {
    Ok(writeln!(io::stderr().lock(), "{text}")?)
}
