//! The short name of an agency (主管部门), the tenant: it names its database schema, its log and its key file.
//!
//! An [`AgencyCode`] is 1 to 40 of `a-z`, `0-9`, `_`, so it is safe in a schema name and in a path as it
//! stands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Most characters in an agency's code; with `agency_` before it, it fits PostgreSQL's 63 bytes.
pub const AGENCY_CODE_LENGTH_MAX: usize = 40;

/// The code of an agency: `[a-z0-9_]{1,40}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgencyCode(String);

/// The text is not an agency's code; the message is the stable error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("agency_code")]
pub struct AgencyCodeError;

impl AgencyCode {
    /// Takes 1 to 40 of `a-z`, `0-9`, `_`.
    ///
    /// # Errors
    /// [`AgencyCodeError`] for anything else.
    pub fn parse(text: &str) -> Result<AgencyCode, AgencyCodeError> {
        AgencyCode::try_from(text.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the agency's database schema: `agency_<code>`.
    #[must_use]
    pub fn schema(&self) -> String {
        format!("agency_{}", self.0)
    }
}

impl TryFrom<String> for AgencyCode {
    type Error = AgencyCodeError;

    fn try_from(text: String) -> Result<AgencyCode, AgencyCodeError> {
        let well_formed = (1..=AGENCY_CODE_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if well_formed { Ok(AgencyCode(text)) } else { Err(AgencyCodeError) }
    }
}

impl From<AgencyCode> for String {
    fn from(code: AgencyCode) -> String {
        code.0
    }
}

impl FromStr for AgencyCode {
    type Err = AgencyCodeError;

    fn from_str(text: &str) -> Result<AgencyCode, AgencyCodeError> {
        AgencyCode::parse(text)
    }
}

impl fmt::Display for AgencyCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_code_names_its_schema() {
        assert_eq!(AgencyCode::parse("shanghai_drc").unwrap().schema(), "agency_shanghai_drc");
        assert!(AgencyCode::parse(&"a".repeat(40)).unwrap().schema().len() <= 63);
    }

    #[test]
    fn what_could_leave_a_schema_or_a_folder_is_refused() {
        let long = "a".repeat(41);
        for text in ["", "A", "a-b", "a.b", "../a", "a/b", "a\"", "a b", "a\n", "上海", "a\0", long.as_str()]
        {
            assert_eq!(AgencyCode::parse(text), Err(AgencyCodeError), "{text:?}");
            assert!(serde_json::from_value::<AgencyCode>(serde_json::json!(text)).is_err());
        }
    }
}
