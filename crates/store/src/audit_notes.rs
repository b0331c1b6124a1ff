//! Audit notes in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::convert::Unreadable;
use crate::{columns, listed, rows, stored};
use subsidy_core::audit_notes::{AuditNote, Noted};

rows! {
    pub struct AuditNoteRow in "audit_notes", once {
        key { id: Uuid }
        about: String,
        text: Vec<u8>,
        written_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { AuditNote as AuditNoteRow, |id| id.uuid() }
listed! { AuditNoteRow in audit_notes, by [about] }

columns! {
    AuditNote as AuditNoteRow { id, text, written_by }
    row |note| { about: note.about.to_string() }
    document |row| { about: Noted::parse(&row.about).map_err(|_| Unreadable(format!("about {}", row.about)))? }
}
