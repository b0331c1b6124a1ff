//! The lines of a list 名单, as a leaf keeps them: `id,from,until`, a text a line.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{TagSubject, TagSubjectKind};
use crate::domain::text::Malformed;
use crate::domain::{Code, CreditCode, Date};

/// The most lines of a list: with ids of loans they fit in a command.
pub const ENTRIES_MAX: usize = 400;

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagEntry {
    /// A credit code, or the id of a loan or a contract.
    id: String,
    /// The first day that counts.
    pub from: Date,
    /// The last day that counts.
    pub until: Option<Date>,
}

impl TagEntry {
    pub fn new(subject: &TagSubject, from: Date, until: Option<Date>) -> Self {
        Self { id: subject.id(), from, until }
    }

    /// Error: `invalid_value`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed { code: Code::InvalidValue };
        let mut cells = text.split(',');
        let mut cell = || cells.next().ok_or_else(malformed);
        let (id, from, until) = (cell()?, cell()?, cell()?);
        let day = |text| Date::parse(text).map_err(|_| malformed());
        let until = Some(until).filter(|text| !text.is_empty()).map(day).transpose()?;
        let known = [TagSubjectKind::Organisation, TagSubjectKind::Loan];
        let named = known.into_iter().any(|kind| TagSubject::parse(kind, id).is_ok());
        if !named || cells.next().is_some() {
            return Err(malformed());
        }
        Ok(Self { id: id.to_owned(), from: day(from)?, until })
    }

    /// Who or what it names. Error: the code of what is wrong with the id.
    pub fn subject(&self, kind: TagSubjectKind) -> Result<TagSubject, Code> {
        TagSubject::parse(kind, &self.id)
    }

    /// Whether it names the organisation.
    pub fn is_of(&self, organisation: CreditCode) -> bool {
        self.id == organisation.to_string()
    }
}

impl fmt::Display for TagEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.until.map(|until| until.to_string()).unwrap_or_default();
        write!(f, "{},{},{until}", self.id, self.from)
    }
}

crate::domain::string_value!(TagEntry, Code::InvalidValue);

/// 1 to 400 lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<TagEntry>", into = "Vec<TagEntry>")]
pub struct TagEntries(Vec<TagEntry>);

impl TagEntries {
    /// Error: `invalid_value`.
    pub fn new(entries: Vec<TagEntry>) -> Result<Self, Malformed> {
        if (1..=ENTRIES_MAX).contains(&entries.len()) {
            Ok(Self(entries))
        } else {
            Err(Malformed { code: Code::InvalidValue })
        }
    }

    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    pub fn iter(&self) -> impl Iterator<Item = &TagEntry> {
        self.0.iter()
    }
}

impl TryFrom<Vec<TagEntry>> for TagEntries {
    type Error = Malformed;

    fn try_from(entries: Vec<TagEntry>) -> Result<Self, Malformed> {
        Self::new(entries)
    }
}

impl From<TagEntries> for Vec<TagEntry> {
    fn from(entries: TagEntries) -> Self {
        entries.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_line_is_written_as_it_was_read() {
        for line in [
            "91310000MA1FL0000N,2025-01-01,2025-12-31",
            "91310000MA1FL0000N,2025-01-01,",
            "01890a5d-ac96-774b-bcce-b302099a8057,2025-01-01,",
        ] {
            assert_eq!(TagEntry::parse(line).unwrap().to_string(), line);
        }
        for line in ["", "91310000MA1FL0000N,2025-01-01", "x,2025-01-01,", "91310000MA1FL0000N,2025-02-30,"] {
            assert_eq!(TagEntry::parse(line).unwrap_err().code, Code::InvalidValue, "{line}");
        }
    }
}
