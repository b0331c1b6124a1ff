//! `/tags/import`, `/tags/imports`: a list 名单 as a file of `id,from,until`, decided as a whole.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::extract::Query;
use crate::handler::{self, Parsed, ReadRequest, Reply, UploadRequest, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{Actor, Code, ContentHash, Date, Instant, Line, Sequence, Subject, TagImportId};
use subsidy_core::tags::{
    ApproveTagImport, ENTRIES_MAX, ProposeTagImport, RejectTagImport, TagEntries, TagEntry, TagImport,
    TagName, TagStatus, TagSubject, TagSubjectKind,
};
use subsidy_reports::related::{Related, RelatedKeys};

/// The columns of a list, in their order.
const COLUMNS: [&str; 3] = ["id", "from", "until"];
/// How many wrong lines are named.
const WRONG_MAX: usize = 100;

/// A list that was imported as one proposal. Its tags are listed by `GET /v1/tags`, each with this `import_id`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagImportView {
    id: TagImportId,
    status: TagStatus,
    tag: TagName,
    /// Of what the lines are ids: all of them of one kind.
    kind: TagSubjectKind,
    document: Line,
    /// Of the file.
    sha256: ContentHash,
    /// How many tags it brings.
    count: u32,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    /// Who approved or rejected it.
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for TagImportView {
    type Document = TagImport;

    fn related_keys(list: &TagImport, wanted: &mut RelatedKeys) {
        wanted.text(list.reason);
    }

    fn of(list: &TagImport, attached: &Related) -> Self {
        Self {
            id: list.id,
            status: list.status,
            tag: list.tag.clone(),
            kind: list.kind,
            document: list.document.clone(),
            sha256: list.sha256,
            count: list.count,
            reason: attached.text(list.reason),
            created_by: list.created_by.clone(),
            decided_by: list.decided_by.clone(),
            revision: list.revision.version,
            updated_at: list.revision.updated_at,
        }
    }
}

/// What a query says of a list.
struct ImportQuery {
    tag: TagName,
    document: Line,
    kind: TagSubjectKind,
}

impl ImportQuery {
    fn of(query: &Query) -> Result<Self, Problem> {
        let missing = |name: &str| Problem::new(Code::InvalidQuery).with("parameter", name);
        Ok(Self {
            tag: query.value("tag")?.ok_or_else(|| missing("tag"))?,
            document: query.value("document")?.ok_or_else(|| missing("document"))?,
            kind: query.word("kind")?.unwrap_or(TagSubjectKind::Organisation),
        })
    }
}

/// What of a list can be refused before it is read.
pub fn check_query(_: &Actor, query: &Query) -> Result<(), Problem> {
    ImportQuery::of(query).map(drop)
}

/// What is wrong with a line, and in which column.
type Wrong = (Code, Option<&'static str>);

/// Reads a list; every line that is wrong is named.
struct Reader {
    kind: TagSubjectKind,
    entries: Vec<TagEntry>,
    /// By subject: from when to when it is on the list already.
    seen: BTreeMap<TagSubject, Vec<(Date, Option<Date>)>>,
}

impl Reader {
    fn line(&mut self, line: &csv::StringRecord) -> Result<(), Wrong> {
        let [id, from, until] = line.iter().map(str::trim).collect::<Vec<_>>()[..] else {
            return Err((Code::RowRagged, None));
        };
        let day = |text, column| Date::parse(text).map_err(|_| (Code::InvalidDate, Some(column)));
        let subject = TagSubject::parse(self.kind, id).map_err(|code| (code, Some("id")))?;
        let from = day(from, "from")?;
        let until = Some(until).filter(|text| !text.is_empty()).map(|text| day(text, "until")).transpose()?;
        if until.is_some_and(|until| until < from) {
            return Err((Code::InvalidWindow, Some("until")));
        }
        let seen = self.seen.entry(subject).or_default();
        let before = |until: Option<Date>, from: Date| until.is_some_and(|until| until < from);
        if seen.iter().any(|(f, u)| !before(*u, from) && !before(until, *f)) {
            return Err((Code::TagLineTwice, Some("id")));
        }
        seen.push((from, until));
        self.entries.push(TagEntry::new(&subject, from, until));
        Ok(())
    }
}

/// Reads a whole list. Error: all that is wrong with it.
pub fn entries(kind: TagSubjectKind, bytes: &[u8]) -> Result<TagEntries, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes).into_records();
    let header = lines.next().and_then(Result::ok);
    if !header.is_some_and(|header| header.iter().map(str::trim).eq(COLUMNS)) {
        return Err(refused(1).in_rows(Code::UsageColumnMissing, place(1, Some("id,from,until"))));
    }
    let mut reader = Reader { kind, entries: Vec::new(), seen: BTreeMap::new() };
    let mut wrong = Vec::new();
    for (row, line) in (2_u32..).zip(lines) {
        let found = line.map_err(|_| (Code::NotUtf8, None)).and_then(|line| reader.line(&line));
        wrong.extend(found.err().map(|(code, column)| (code, row, column)));
        if reader.entries.len() + wrong.len() > ENTRIES_MAX {
            return Err(Problem::too_large(ENTRIES_MAX, "lines"));
        }
    }
    if !wrong.is_empty() {
        let problem = refused(wrong.len());
        let shown = wrong.into_iter().take(WRONG_MAX);
        return Err(
            shown.fold(problem, |problem, (code, row, column)| problem.in_rows(code, place(row, column)))
        );
    }
    TagEntries::new(reader.entries).map_err(|_| refused(1).in_rows(Code::ValueMissing, place(2, Some("id"))))
}

fn place(row: u32, column: Option<&str>) -> serde_json::Value {
    json!({"row": row, "column": column})
}

fn refused(lines: usize) -> Problem {
    Problem::new(Code::TagListRefused).with("rejected", lines)
}

/// `POST /tags/import`
pub fn import(request: &UploadRequest<'_>) -> Result<Parsed, Problem> {
    let ImportQuery { tag, document, kind } = ImportQuery::of(request.query)?;
    let text = request.file.text.as_deref().ok_or_else(|| Problem::new(Code::TagListMedia))?;
    let entries = entries(kind, text)?;
    let id = TagImportId::new(handler::new_id());
    let command = ProposeTagImport { id, tag, kind, document, sha256: request.file.sha256, entries };
    Ok(Parsed::new(Command::ProposeTagImport(Box::new(command))))
}

/// `POST /tags/imports/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveTagImport(ApproveTagImport { id: request.path.value("id")? })))
}

/// `POST /tags/imports/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectTagImport(RejectTagImport { id, reason })))
}

/// `GET /tags/imports`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<TagImportView>(&request, &request.list::<TagStatus>()?).await
}

/// `GET /tags/imports/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    view::show::<TagImportView>(&request, &request.path.value("id")?, |_| true).await
}
