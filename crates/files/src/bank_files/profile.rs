//! What an agency's bank is like: which names it takes, the table that it takes payments in, and how it writes its own
//! tables of results. Settings, not documents.

use serde::Deserialize;

use super::template::Template;
use subsidy_core::payments::answers::table::Mapping;
use subsidy_core::payments::{Letters, NAME_MAX};

/// A bank, as operators describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BankProfile {
    /// The most characters of a payee's name.
    pub name_max: Option<NameMax>,
    /// The letters that it takes in names; all where left out.
    pub letters: Option<Letters>,
    /// The table that it takes payments in.
    pub payments: Option<Template>,
    /// How its tables of results are read.
    pub results: Option<Mapping>,
}

/// The most characters of a name that a bank takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct NameMax(u32);

impl NameMax {
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl Default for NameMax {
    fn default() -> Self {
        Self(NAME_MAX)
    }
}

impl TryFrom<u32> for NameMax {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if (1..=NAME_MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("name_max is 1 to {NAME_MAX}, not {number}"))
        }
    }
}
