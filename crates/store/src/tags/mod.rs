//! Tags, and the lists that they come with, in the database.

mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::Unreadable;
use crate::{columns, listed, rows, statement, stored};
use subsidy_core::domain::text::Malformed;
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
    /// An approved tag of each of these lists, one a kind of its entries.
    pub fn begun(lists: &[String]) -> Vec<TagRow> =
        "SELECT DISTINCT ON (tag, kind) * FROM tags WHERE tag = ANY($1) AND status = 'approved' ORDER BY tag, kind";
}

listed! { TagImportRow in tag_imports, by [status] }

stored! { TagImport as TagImportRow, |id| id.uuid() }

columns! {
    TagImport as TagImportRow { id, tag, kind, document, sha256, count, status, reason, created_by, decided_by }
}

stored! { Tag as TagRow, |id| id.uuid() }

columns! {
    Tag as TagRow { id, tag, document, import, line, status, reason, created_by, decided_by }
    renamed { from as valid_from, until as valid_until, end as ending }
    row |t| {
        kind: Column::write(&t.subject.kind())?,
        subject: t.subject.id(),
    }
    document |r| {
        subject: TagSubject::parse(Column::read(&r.kind)?, &r.subject)
            .map_err(|code| Unreadable(Malformed { code }.to_string()))?,
    }
}
