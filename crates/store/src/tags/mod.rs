//! Tags, and the lists that they come with, in the database.

mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, statement, stored};
use subsidy_core::domain::text::Malformed;
use subsidy_core::domain::{Date, TagId, TagImportId};
use subsidy_core::tags::{Tag, TagImport, TagSubject};

rows! {
    pub struct TagImportRow in "tag_imports", versioned, fixed [
        tag, kind, document, sha256, count, created_by, created,
    ] {
        key { id: Uuid }
        tag: String,
        kind: String,
        document: String,
        sha256: String,
        count: i32,
        status: String,
        reason: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    pub struct TagRow in "tags", versioned, fixed [
        tag, kind, subject, valid_from, document, import, line, created_by, created,
    ] {
        key { id: Uuid }
        tag: String,
        kind: String,
        subject: String,
        valid_from: NaiveDate,
        valid_until: Option<NaiveDate>,
        document: String,
        import: Option<Uuid>,
        line: i32,
        status: String,
        ending: Option<Value>,
        reason: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

statement! {
    /// The approved tags of these subjects.
    pub fn held_by(subjects: &[String]) -> Vec<TagRow> =
        "SELECT * FROM tags WHERE subject = ANY($1) AND status = 'approved'";
}

listed! { TagImportRow in tag_imports, by [status] }

stored! { TagImport as TagImportRow, |id| id.uuid() }

impl TagImportRow {
    /// The row of a list.
    pub fn new(i: &TagImport) -> Result<Self, Unreadable> {
        Ok(Self {
            id: i.id.uuid(),
            tag: i.tag.to_string(),
            kind: i.kind.into_str().to_owned(),
            document: i.document.to_string(),
            sha256: i.sha256.to_string(),
            count: convert::count(i.count),
            status: i.status.into_str().to_owned(),
            reason: hash(i.reason),
            created_by: i.created_by.to_string(),
            decided_by: i.decided_by.as_ref().map(ToString::to_string),
            created: convert::sequence(i.revision.created),
            version: convert::sequence(i.revision.version),
            updated_at: i.revision.updated_at.utc(),
        })
    }

    /// The list of a row.
    pub fn read(&self) -> Result<TagImport, Unreadable> {
        Ok(TagImport {
            id: TagImportId::new(self.id),
            tag: convert::read(&self.tag)?,
            kind: convert::read(&self.kind)?,
            document: convert::read(&self.document)?,
            sha256: convert::read(&self.sha256)?,
            count: convert::read_count(self.count)?,
            status: convert::read(&self.status)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            decided_by: convert::read_opt(self.decided_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { Tag as TagRow, |id| id.uuid() }

impl TagRow {
    /// The row of a tag.
    pub fn new(t: &Tag) -> Result<Self, Unreadable> {
        Ok(Self {
            id: t.id.uuid(),
            tag: t.tag.to_string(),
            kind: t.subject.kind().into_str().to_owned(),
            subject: t.subject.id(),
            valid_from: t.from.naive(),
            valid_until: t.until.map(Date::naive),
            document: t.document.to_string(),
            import: t.import.map(TagImportId::uuid),
            line: convert::count(t.line),
            status: t.status.into_str().to_owned(),
            ending: t.end.as_ref().map(convert::json).transpose()?,
            reason: hash(t.reason),
            created_by: t.created_by.to_string(),
            decided_by: t.decided_by.as_ref().map(ToString::to_string),
            created: convert::sequence(t.revision.created),
            version: convert::sequence(t.revision.version),
            updated_at: t.revision.updated_at.utc(),
        })
    }

    /// The tag of a row.
    pub fn read(&self) -> Result<Tag, Unreadable> {
        let subject = TagSubject::parse(convert::read(&self.kind)?, &self.subject);
        Ok(Tag {
            id: TagId::new(self.id),
            tag: convert::read(&self.tag)?,
            subject: subject.map_err(|code| Unreadable(Malformed { code }.to_string()))?,
            from: Date::from_naive(self.valid_from),
            until: self.valid_until.map(Date::from_naive),
            document: convert::read(&self.document)?,
            import: self.import.map(TagImportId::new),
            line: convert::read_count(self.line)?,
            status: convert::read(&self.status)?,
            end: self.ending.as_ref().map(convert::read_json).transpose()?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            decided_by: convert::read_opt(self.decided_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
