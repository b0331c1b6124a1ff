//! The claims of a new batch.

use crate::domain::Code;
use std::fmt::{self, Write as _};

use uuid::Uuid;

use super::CLAIMS_MAX;
use crate::domain::ClaimId;
use crate::domain::text::Malformed;

/// Claims by their ids, as one text of 32 digits each: a thousand of them fit into a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimIds(Vec<ClaimId>);

impl ClaimIds {
    /// 1 to 1,000 ids. Error: `invalid_id`.
    pub fn new(ids: Vec<ClaimId>) -> Result<Self, Malformed> {
        if (1..=CLAIMS_MAX).contains(&ids.len()) {
            Ok(Self(ids))
        } else {
            Err(Malformed { code: Code::InvalidId })
        }
    }

    /// Reads the form that `Display` writes. Error: `invalid_id`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let refused = Malformed { code: Code::InvalidId };
        let mut ids = Vec::with_capacity(text.len() / 32);
        for digits in text.as_bytes().chunks(32) {
            let digits = std::str::from_utf8(digits).map_err(|_| refused)?;
            let id = Uuid::try_parse(digits).ok().filter(|id| id.simple().to_string() == digits);
            ids.push(ClaimId::new(id.ok_or(refused)?));
        }
        Self::new(ids)
    }

    /// The ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = ClaimId> {
        self.0.iter().copied()
    }
}

impl fmt::Display for ClaimIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(self.0.len() * 32);
        self.0.iter().try_for_each(|id| write!(text, "{}", id.uuid().simple()))?;
        f.write_str(&text)
    }
}

crate::domain::string_value!(ClaimIds, Code::InvalidId);
