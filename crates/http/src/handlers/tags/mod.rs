//! `/tags`: who and what is on which list: propose, approve, reject, end, read.

pub mod lists;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, List, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{
    CreditCode, Date, Instant, Line, LoanId, RentalId, Sequence, Subject, TagId, TagImportId,
};
use subsidy_core::tags::{
    ApproveTag, ApproveTagEnd, ProposeTag, ProposeTagEnd, RejectTag, RejectTagEnd, Tag, TagEnd, TagName,
    TagStatus, TagSubject, TagSubjectKind,
};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::list::ListQuery;

/// Who or what is on a list. An organisation need not be registered yet.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagSubjectView {
    /// What is on the list: of what `id` is the id.
    kind: TagSubjectKind,
    /// A credit code, or the id of a loan or a rental.
    id: String,
}

/// The name of the schema of what is on a list: what its `id` is.
pub fn id_schema(kind: TagSubjectKind) -> Cow<'static, str> {
    match kind {
        TagSubjectKind::Organisation => CreditCode::name(),
        TagSubjectKind::Loan => LoanId::name(),
        TagSubjectKind::Rental => RentalId::name(),
    }
}

/// Somebody or something on a list, from a day on; both days count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTag {
    tag: TagName,
    subject: TagSubjectView,
    from: Date,
    /// The last day that counts; open where left out.
    until: Option<Date>,
    /// The notice that names it.
    document: Line,
}

/// That a tag ends earlier than it said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTagEnd {
    /// The last day that is to count; the day before the tag's first where none ever did.
    until: Date,
    /// The notice that ends it.
    document: Line,
}

/// A proposal to end a tag, as it stands with the tag.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagEnding {
    status: TagStatus,
    until: Date,
    document: Line,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    /// Who approved or rejected it.
    decided_by: Option<Subject>,
}

/// A tag.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagView {
    id: TagId,
    status: TagStatus,
    tag: TagName,
    subject: TagSubjectView,
    from: Date,
    /// The last day that counts.
    until: Option<Date>,
    document: Line,
    /// The list that it came with, which is decided as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<TagImportId>,
    /// The newest proposal to end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<TagEnding>,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    /// Who approved or rejected it.
    decided_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

/// A proposal to end a tag: its id is the tag's, since one waits at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TagEndView {
    id: TagId,
    tag: TagName,
    subject: TagSubjectView,
    #[serde(flatten)]
    end: TagEnding,
    /// The tag's version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl From<&TagSubject> for TagSubjectView {
    fn from(subject: &TagSubject) -> Self {
        Self { kind: subject.kind(), id: subject.id() }
    }
}

impl TagEnding {
    fn of(end: &TagEnd, attached: &Related) -> Self {
        Self {
            status: end.status,
            until: end.until,
            document: end.document.clone(),
            reason: attached.text(end.reason),
            created_by: end.created_by.clone(),
            decided_by: end.decided_by.clone(),
        }
    }
}

impl View for TagView {
    type Document = Tag;

    fn related_keys(tag: &Tag, wanted: &mut RelatedKeys) {
        wanted.text(tag.reason);
        wanted.text(tag.end.as_ref().and_then(|end| end.reason));
    }

    fn of(tag: &Tag, attached: &Related) -> Self {
        Self {
            id: tag.id,
            status: tag.status,
            tag: tag.tag.clone(),
            subject: TagSubjectView::from(&tag.subject),
            from: tag.from,
            until: tag.until,
            document: tag.document.clone(),
            import_id: tag.import,
            end: tag.end.as_ref().map(|end| TagEnding::of(end, attached)),
            reason: attached.text(tag.reason),
            created_by: tag.created_by.clone(),
            decided_by: tag.decided_by.clone(),
            revision: tag.revision.version,
            updated_at: tag.revision.updated_at,
        }
    }
}

impl TagEndView {
    /// The end of a tag that has one.
    pub fn of(tag: &Tag, attached: &Related) -> Option<Self> {
        let end = TagEnding::of(tag.end.as_ref()?, attached);
        let (id, name, subject) = (tag.id, tag.tag.clone(), TagSubjectView::from(&tag.subject));
        Some(Self {
            id,
            tag: name,
            subject,
            end,
            revision: tag.revision.version,
            updated_at: tag.revision.updated_at,
        })
    }
}

/// `POST /tags`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let NewTag { tag, subject, from, until, document } = request.body()?;
    let subject = TagSubject::parse(subject.kind, &subject.id);
    let subject = subject.map_err(|code| Problem::new(code).at("/subject/id"))?;
    let id = TagId::new(request.new_id());
    let command = ProposeTag { id, tag, subject, from, until, document };
    Ok(Parsed::new(Command::ProposeTag(Box::new(command))))
}

/// `POST /tags/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveTag(ApproveTag { id: request.path.value("id")? })))
}

/// `POST /tags/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectTag(RejectTag { id, reason })))
}

/// `POST /tags/{id}/end`
pub fn propose_end(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewTagEnd { until, document } = request.body()?;
    Ok(Parsed::new(Command::ProposeTagEnd(ProposeTagEnd { id, until, document })))
}

/// `POST /tags/{id}/end/approve`
pub fn approve_end(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveTagEnd(ApproveTagEnd { id: request.path.value("id")? })))
}

/// `POST /tags/{id}/end/reject`
pub fn reject_end(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectTagEnd(RejectTagEnd { id, reason })))
}

/// `GET /tags`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let List { page, query } = request.list::<TagStatus>()?;
    let asked = &request.query;
    let tag = asked.value::<TagName>("tag")?.map(|tag| tag.to_string());
    let on = asked.value::<Date>("on")?.map(Date::naive);
    let subject = asked.text("subject").map(str::to_owned);
    let query = ListQuery { tag, subject, on, ..query };
    view::list::<TagView>(&request, &List { page, query }).await
}

/// `GET /tags/{id}`: an outsider sees the approved ones of its organisation.
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let visibility = request.visibility();
    let own = [visibility.organisation, visibility.provider, visibility.bank];
    let seen = |tag: &Tag| match tag.subject {
        TagSubject::Organisation(code) => tag.status == TagStatus::Approved && own.contains(&Some(code)),
        TagSubject::Loan(_) | TagSubject::Rental(_) => false,
    };
    view::show::<TagView>(&request, &request.path.value("id")?, |tag| visibility.all || seen(tag)).await
}
