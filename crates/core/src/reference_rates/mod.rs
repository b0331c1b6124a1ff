//! Reference rates: a dated table (LPR5Y, USD/CNY, …) that an officer loads. The rate in force on a day
//! is the latest on or before it.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::{Date, Folded, Label, Percent, Revision, Subject};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceRate {
    /// Which rate, such as `LPR5Y`.
    pub name: Label,
    /// The day from which it is in force.
    pub date: Date,
    /// Percent; for an exchange rate the rate itself.
    pub percent: Percent,
    pub created_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// A rate and a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RateKey {
    /// Which rate, however its name is typed.
    pub name: Folded,
    pub date: Date,
}

impl RateKey {
    /// The rate of a name and day.
    pub fn new(name: &Label, date: Date) -> Self {
        Self { name: name.folded(), date }
    }
}

/// `POST /reference-rates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadReferenceRate {
    pub name: Label,
    /// From which day.
    pub date: Date,
    /// Percent.
    pub percent: Percent,
}

/// Why a rate is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReferenceRateError {
    /// A rate once used cannot be another: it is in calculation sheets.
    #[error("that rate is already loaded for that day")]
    ReferenceRateExists { name: Label, date: Date },
}

crate::domain::coded!(ReferenceRateError: ReferenceRateExists);
