//! `/audit/notes`: what auditors remark on documents and leaves. Only auditors read them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::audit_notes::{AuditNote, Noted, WriteAuditNote};
use subsidy_core::book::Command;
use subsidy_core::domain::{AuditNoteId, Instant, Sequence, Subject};
use subsidy_reports::related::{Related, RelatedKeys};

/// A remark.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAuditNote {
    about: Noted,
    /// 1 to 2,000 characters.
    text: Reason,
}

/// What an auditor remarked.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditNoteView {
    id: AuditNoteId,
    about: Noted,
    /// Null where it was erased.
    text: Option<String>,
    written_by: Subject,
    written_at: Instant,
    /// The leaf that holds its digest.
    revision: Sequence,
}

impl View for AuditNoteView {
    type Document = AuditNote;

    fn related_keys(note: &AuditNote, wanted: &mut RelatedKeys) {
        wanted.text(Some(note.text));
    }

    fn of(note: &AuditNote, attached: &Related) -> Self {
        Self {
            id: note.id,
            about: note.about.clone(),
            text: attached.text(Some(note.text)),
            written_by: note.written_by.clone(),
            written_at: note.revision.updated_at,
            revision: note.revision.version,
        }
    }
}

/// `POST /audit/notes`
pub fn write(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let NewAuditNote { about, text } = request.body()?;
    let id = AuditNoteId::new(request.new_id());
    Ok(Parsed::reasoned(text, |text| Command::WriteAuditNote(WriteAuditNote { id, about, text })))
}

/// `GET /audit/notes`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (mut list, about) = (request.list::<()>()?, request.query.value::<Noted>("about")?);
    list.query.about = about.map(|about| about.to_string());
    view::list::<AuditNoteView>(&request, &list).await
}
