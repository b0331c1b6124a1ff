//! Tags 名单标签: who, which loan and which contract is on which list, from which day to which; both days count.
//!
//! A tag is proposed → approved or rejected by another person; that it ends earlier is proposed and approved in the same
//! way. A list 名单 is imported as one proposal of many tags, which is approved or rejected as a whole. Rules read
//! approved tags alone, of the day that they say.
pub mod list;
pub mod rules;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::text::Malformed;
use crate::domain::{
    Code, ContentHash, CreditCode, Date, Line, LoanId, RentalId, Revision, Subject, TagId, TagImportId,
    TextHash,
};
pub use list::{ENTRIES_MAX, TagEntries, TagEntry};

/// The name of a list: 1 to 40 of `a-z`, `0-9` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(String);

impl TagName {
    /// Error: `invalid_tag`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let letter = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if (1..=40).contains(&text.len()) && text.bytes().all(letter) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Malformed { code: Code::InvalidTag })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::domain::string_value!(TagName, Code::InvalidTag);

/// What can be on a list.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum TagSubjectKind {
    Organisation,
    Loan,
    Rental,
}

/// Who or what is on a list. An organisation need not be registered yet: lists are older than applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum TagSubject {
    Organisation(CreditCode),
    Loan(LoanId),
    Rental(RentalId),
}

impl TagSubject {
    /// Error: the code of what is wrong with the id.
    pub fn parse(kind: TagSubjectKind, id: &str) -> Result<Self, Code> {
        Ok(match kind {
            TagSubjectKind::Organisation => {
                Self::Organisation(CreditCode::parse(id).map_err(|error| error.code())?)
            }
            TagSubjectKind::Loan => Self::Loan(LoanId::parse(id).map_err(|error| error.code)?),
            TagSubjectKind::Rental => Self::Rental(RentalId::parse(id).map_err(|error| error.code)?),
        })
    }

    pub const fn kind(&self) -> TagSubjectKind {
        match self {
            Self::Organisation(_) => TagSubjectKind::Organisation,
            Self::Loan(_) => TagSubjectKind::Loan,
            Self::Rental(_) => TagSubjectKind::Rental,
        }
    }

    /// Its credit code or id.
    pub fn id(&self) -> String {
        match self {
            Self::Organisation(code) => code.to_string(),
            Self::Loan(id) => id.to_string(),
            Self::Rental(id) => id.to_string(),
        }
    }
}

/// Where a tag, its end or a list is in its life.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum TagStatus {
    /// It waits for another person.
    Proposed,
    Approved,
    Rejected,
}

/// That a tag ends earlier than it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagEnd {
    pub status: TagStatus,
    /// The last day that counts; the day before the tag's first where none ever did.
    pub until: Date,
    /// The notice that ends it.
    pub document: Line,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub id: TagId,
    pub tag: TagName,
    /// Who or what is on it.
    pub subject: TagSubject,
    /// The first day that counts.
    pub from: Date,
    /// The last day that counts; open where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The notice that names it.
    pub document: Line,
    /// The list that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<TagImportId>,
    /// Its place among the entries of that list, from 1; 0 where it came by itself.
    pub line: u32,
    pub status: TagStatus,
    /// The newest proposal to end it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Box<TagEnd>>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// A list that was imported as one proposal. Its tags are documents of their own, with ids that follow from its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagImport {
    pub id: TagImportId,
    pub tag: TagName,
    /// Of what its lines are ids.
    pub kind: TagSubjectKind,
    /// The notice that names them.
    pub document: Line,
    /// Of the bytes of the file that was imported.
    pub sha256: ContentHash,
    /// How many lines it has, 1 to 400.
    pub count: u32,
    pub status: TagStatus,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    /// Who approved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl TagImport {
    /// The ids of its tags, line by line.
    pub fn tags(&self) -> impl Iterator<Item = TagId> {
        rules::tags_of(self.id, self.count)
    }
}

/// What an approved tag says to rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTag {
    pub tag: TagName,
    /// The first day that counts.
    pub from: Date,
    /// The last day that counts.
    pub until: Option<Date>,
}

impl HeldTag {
    /// Whether it counts on a day.
    pub fn counts_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

impl From<&Tag> for HeldTag {
    fn from(tag: &Tag) -> Self {
        Self { tag: tag.tag.clone(), from: tag.from, until: tag.until }
    }
}

/// The approved tags of one subject.
pub type HeldTags = BTreeMap<TagId, HeldTag>;

/// `POST /tags`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeTag {
    /// The id that the edge made.
    pub id: TagId,
    pub tag: TagName,
    pub subject: TagSubject,
    /// The first day that counts.
    pub from: Date,
    /// The last day that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The notice that names it.
    pub document: Line,
}

/// `POST /tags/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveTag {
    pub id: TagId,
}

/// `POST /tags/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectTag {
    pub id: TagId,
    pub reason: TextHash,
}

/// `POST /tags/{id}/end`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeTagEnd {
    pub id: TagId,
    /// The last day that is to count.
    pub until: Date,
    /// The notice that ends it.
    pub document: Line,
}

/// `POST /tags/{id}/end/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveTagEnd {
    pub id: TagId,
}

/// `POST /tags/{id}/end/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectTagEnd {
    pub id: TagId,
    pub reason: TextHash,
}

/// `POST /tags/import`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeTagImport {
    /// The id that the edge made; those of the tags follow from it.
    pub id: TagImportId,
    pub tag: TagName,
    /// Of what its lines are ids.
    pub kind: TagSubjectKind,
    /// The notice that names them.
    pub document: Line,
    /// Of the bytes of the file that was imported.
    pub sha256: ContentHash,
    pub entries: TagEntries,
}

/// `POST /tags/imports/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveTagImport {
    pub id: TagImportId,
}

/// `POST /tags/imports/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectTagImport {
    pub id: TagImportId,
    pub reason: TextHash,
}

/// Why a tag is not proposed, or does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TagError {
    /// It cannot be done in this state.
    #[error("it is {status}")]
    WrongState {
        /// The state it is in.
        status: String,
    },
    /// The last day lies before the first.
    #[error("no day counts")]
    InvalidWindow { pointer: &'static str },
    /// It came with a list, which is decided as a whole.
    #[error("it is of the list {import}")]
    TagOfImport { import: TagImportId },
    /// An end that is not earlier than what the tag says, or lies before the day before its first.
    #[error("the tag counts from {from}, and ends on another day")]
    TagEndNotEarlier {
        /// The first day that counts.
        from: Date,
        /// The last day that counts now; none where it is open.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    },
}

crate::domain::coded!(TagError: WrongState InvalidWindow TagOfImport TagEndNotEarlier);
