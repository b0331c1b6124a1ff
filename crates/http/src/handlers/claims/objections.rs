//! `/claims/{id}/objections`, `/publicity`: what is published, and what is said against it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all, with_related};
use crate::handlers::agencies::today;
use crate::handlers::claims::is_seen;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::claims::objection::{
    Objection, ObjectionStatus, RaiseObjection, Resolution, ResolveObjection,
};
use subsidy_core::claims::{Claim, ClaimKind};
use subsidy_core::domain::{
    ClaimId, Code, CreditCode, Date, Instant, Line, Money, ObjectionId, ProgrammeCode, Sequence, Subject,
};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::claims::queries;
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;

/// What is said against a claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObjection {
    pub(in crate::handlers) text: Reason,
}

/// What an officer decides on an objection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResolution {
    pub(in crate::handlers) decision: Resolution,
    pub(in crate::handlers) reason: Reason,
}

/// An objection.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectionView {
    id: ObjectionId,
    claim_id: ClaimId,
    status: ObjectionStatus,
    /// Null where it was erased.
    text: Option<String>,
    /// Why it was resolved so.
    reason: Option<String>,
    /// Who raised it; shown to the agency and to that person alone.
    created_by: Option<Subject>,
    resolved_by: Option<Subject>,
    created_at: Instant,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for ObjectionView {
    type Document = Objection;

    fn related_keys(objection: &Objection, wanted: &mut RelatedKeys) {
        wanted.text(Some(objection.text));
        wanted.text(objection.reason);
    }

    fn of(objection: &Objection, attached: &Related) -> Self {
        Self {
            id: objection.id,
            claim_id: objection.claim,
            status: objection.status,
            text: attached.text(Some(objection.text)),
            reason: attached.text(objection.reason),
            created_by: Some(objection.created_by.clone()),
            resolved_by: objection.resolved_by.clone(),
            created_at: objection.created_at,
            revision: objection.revision.version,
            updated_at: objection.revision.updated_at,
        }
    }
}

/// A claim that is published.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedView {
    claim_id: ClaimId,
    /// What the claim asks money for.
    kind: ClaimKind,
    programme: ProgrammeCode,
    organisation: CreditCode,
    organisation_name: Line,
    amount: Money,
    /// The day of its review.
    from: Date,
    /// The last day on which it can be objected to.
    until: Date,
}

/// `POST /claims/{id}/objections`
pub fn raise(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let claim = request.path.value("id")?;
    let body: NewObjection = request.body()?;
    let id = ObjectionId::new(request.new_id());
    Ok(Parsed::reasoned(body.text, |text| Command::RaiseObjection(RaiseObjection { id, claim, text })))
}

/// `POST /claims/{id}/objections/{objection}/resolve`
pub fn resolve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (claim, id) = (request.path.value("id")?, request.path.value("objection")?);
    let NewResolution { decision, reason } = request.body()?;
    Ok(Parsed::reasoned(reason, |reason| {
        Command::ResolveObjection(ResolveObjection { id, claim, decision, reason })
    }))
}

/// `GET /claims/{id}/objections`: all for who sees the claim, else what the caller raised.
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (mut list, visibility) = (request.list::<()>()?, request.visibility());
    let id: ClaimId = request.path.value("id")?;
    let conn = request.reader().await?;
    let claim: Claim = view::find(&conn, &id, |_| true).await?;
    let sees = is_seen(&claim, visibility);
    list.query.claim = Some(id.uuid());
    list.query.created_by = (!sees).then(|| request.actor.subject.to_string());
    let (found, next) = view::documents(&conn, &list).await?;
    if found.is_empty() && !sees {
        return Err(Problem::new(Code::NotFound));
    }
    let attached = with_related(&conn, &found, ObjectionView::related_keys).await?;
    let view = |objection: &Objection| {
        let told = visibility.all || objection.created_by == request.actor.subject;
        let view = ObjectionView::of(objection, &attached);
        ObjectionView { created_by: view.created_by.filter(|_| told), ..view }
    };
    Reply::list((found.iter().map(view).collect(), next))
}

/// `GET /publicity`
pub async fn published(request: ReadRequest) -> Result<Reply, Problem> {
    let page = request.page()?;
    let conn = request.reader().await?;
    let today = today(&conn, &request.agency).await?.business_date;
    let rows = queries::published(&conn, page.query(), today.naive()).await?;
    let (rows, next) = page.cut(rows, |row| row.created);
    Reply::list((decode_all(&rows, published_view)?, next))
}

fn published_view(row: &queries::PublishedClaimRow) -> Result<PublishedView, Unreadable> {
    Ok(PublishedView {
        claim_id: ClaimId::new(row.id),
        kind: convert::read(&row.kind)?,
        programme: convert::read(&row.programme)?,
        organisation: convert::read(&row.organisation)?,
        organisation_name: convert::read(&row.name)?,
        amount: convert::money(row.amount)?,
        from: Date::from_naive(row.reviewed_on),
        until: Date::from_naive(row.until),
    })
}
