//! `/awards`: objections, acceptance, extension, cancel, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all};
use crate::handlers::agencies::today;
use crate::handlers::claims::ByPath;
use crate::handlers::claims::objections::{NewObjection, NewResolution};
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::claims::objection::ObjectionStatus;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::AmountOrZero;
use subsidy_core::domain::{
    ApplicationId, AwardId, CallId, ClaimId, CreditCode, Date, Instant, Label, Line, Money, Percent,
    ProgrammeCode, Sequence, Subject,
};
use subsidy_core::grants::awards::{
    Acceptance, AcceptanceDecision, Award, AwardObjection, AwardStatus, Extension, NameAward,
    ProposeAcceptance, ProposeExtension, RaiseAwardObjection, RejectAward, ResolveAwardObjection, Settled,
    Tranche,
};
use subsidy_core::programmes::grants::TrancheOn;
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::list::ListRow;
use subsidy_store::grants::{AwardRow, queries};

/// 验收
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAcceptance {
    /// What the project is entitled to, as audited.
    entitlement: AmountOrZero,
    document: Line,
    decision: AcceptanceDecision,
    /// Of what is asked back; the document where it is left out.
    reason: Option<Reason>,
}

/// 延期
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExtension {
    /// The new deadline.
    until: Date,
    document: Line,
}

/// A part of an award.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrancheView {
    name: Label,
    percent: Percent,
    on: TrancheOn,
    amount: Money,
    /// The claim that is for it.
    claim_id: Option<ClaimId>,
}

/// An objection to an award.
#[derive(Debug, Serialize, ToSchema)]
pub struct AwardObjectionView {
    /// From 1.
    number: usize,
    /// What was objected; null once it was erased.
    text: Option<String>,
    status: ObjectionStatus,
    /// Why it was resolved so.
    reason: Option<String>,
    resolved_by: Option<Subject>,
}

/// A later deadline that waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtensionView {
    until: Date,
    document: Line,
    proposed_by: Subject,
}

/// What an acceptance finds.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptanceView {
    entitlement: Money,
    document: Line,
    decision: AcceptanceDecision,
    /// Of what is asked back, why; null where nothing is.
    reason: Option<String>,
    proposed_by: Subject,
}

/// What an acceptance made of an award.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettledView {
    accepted_on: Date,
    /// What was paid and not asked back before.
    paid: Money,
    /// What may still be claimed.
    due: Money,
    /// What nobody needs of the award.
    released: Money,
    /// What was paid too much and is asked back.
    recovered: Money,
    approved_by: Subject,
}

/// What a project was granted.
#[derive(Debug, Serialize, ToSchema)]
pub struct AwardView {
    id: AwardId,
    status: AwardStatus,
    #[serde(flatten)]
    facts: AwardFacts,
}

/// That a proposal waits for another person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    Proposed,
}

/// A proposal to accept a project, or to give it a later deadline: its id is the award's, since one waits at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedAwardView {
    id: AwardId,
    status: ProposalStatus,
    #[serde(flatten)]
    facts: AwardFacts,
}

/// What of an award is shown whatever it is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct AwardFacts {
    application_id: ApplicationId,
    call_id: CallId,
    /// Its place on the list, from 1.
    rank: u32,
    programme: ProgrammeCode,
    organisation: CreditCode,
    /// The project's name.
    project: Line,
    amount: Money,
    fiscal_year: FiscalYear,
    /// The version of the programme's rules under which it was granted.
    rules_version: u32,
    tranches: Vec<TrancheView>,
    awarded_on: Date,
    /// The last day of its publicity.
    published_until: Option<Date>,
    objections: Vec<AwardObjectionView>,
    /// The day by which the project is to be accepted.
    due_on: Date,
    /// Whether that was made later.
    extended: bool,
    /// The later deadline that waits for another person.
    extension: Option<ExtensionView>,
    /// Until it is settled, it waits for another person.
    acceptance: Option<AcceptanceView>,
    settled: Option<SettledView>,
    /// Why it was cancelled, or a proposal last rejected.
    reason: Option<String>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for AwardView {
    type Document = Award;

    fn related_keys(award: &Award, wanted: &mut RelatedKeys) {
        wanted.text(award.reason);
        wanted.text(award.acceptance.as_ref().map(|acceptance| acceptance.reason));
        for objection in &award.objections {
            wanted.text(Some(objection.text));
            wanted.text(objection.reason);
        }
    }

    fn of(award: &Award, attached: &Related) -> Self {
        Self { id: award.id, status: award.status, facts: AwardFacts::of(award, attached) }
    }
}

impl ProposedAwardView {
    /// The answer to a proposal.
    pub fn of(award: &Award, attached: &Related) -> Self {
        let facts = AwardFacts::of(award, attached);
        Self { id: award.id, status: ProposalStatus::Proposed, facts }
    }
}

impl AwardFacts {
    fn of(award: &Award, attached: &Related) -> Self {
        let tranche = |one: &Tranche| TrancheView {
            name: one.name.clone(),
            percent: one.percent,
            on: one.on,
            amount: one.amount,
            claim_id: one.claim,
        };
        let objection = |(place, one): (usize, &AwardObjection)| AwardObjectionView {
            number: place.saturating_add(1),
            text: attached.text(Some(one.text)),
            status: one.status,
            reason: attached.text(one.reason),
            resolved_by: one.resolved_by.clone(),
        };
        let extension = |one: &Extension| ExtensionView {
            until: one.until,
            document: one.document.clone(),
            proposed_by: one.proposed_by.clone(),
        };
        let acceptance = |one: &Acceptance| AcceptanceView {
            entitlement: one.entitlement,
            document: one.document.clone(),
            decision: one.decision,
            reason: attached.text(Some(one.reason)),
            proposed_by: one.proposed_by.clone(),
        };
        let settled = |one: &Settled| SettledView {
            accepted_on: one.accepted_on,
            paid: one.paid,
            due: one.due,
            released: one.released,
            recovered: one.recovered,
            approved_by: one.approved_by.clone(),
        };
        Self {
            application_id: award.application,
            call_id: award.call,
            rank: award.rank,
            programme: award.programme.clone(),
            organisation: award.organisation,
            project: award.project.clone(),
            amount: award.amount,
            fiscal_year: award.fiscal_year,
            rules_version: award.rules_version,
            tranches: award.tranches.iter().map(tranche).collect(),
            awarded_on: award.awarded_on,
            published_until: award.published_until,
            objections: award.objections.iter().enumerate().map(objection).collect(),
            due_on: award.due_on,
            extended: award.extended,
            extension: award.extension.as_ref().map(extension),
            acceptance: award.acceptance.as_ref().map(acceptance),
            settled: award.settled.as_ref().map(settled),
            reason: attached.text(award.reason),
            revision: award.revision.version,
            updated_at: award.revision.updated_at,
        }
    }
}

/// An award that is published.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedAwardView {
    award_id: AwardId,
    programme: ProgrammeCode,
    organisation: CreditCode,
    project: Line,
    amount: Money,
    /// The day of the award.
    from: Date,
    /// The last day on which it can be objected to.
    until: Option<Date>,
}

/// `POST /awards/{id}/objections`
pub fn object(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewObjection { text } = request.body()?;
    Ok(Parsed::reasoned(text, |text| Command::RaiseAwardObjection(RaiseAwardObjection { id, text })))
}

/// `POST /awards/{id}/objections/{number}/resolve`
pub fn resolve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (id, number) = (request.path.value("id")?, request.path.number("number")?);
    let NewResolution { decision, reason } = request.body()?;
    Ok(Parsed::reasoned(reason, |reason| {
        Command::ResolveAwardObjection(ResolveAwardObjection { id, number, decision, reason })
    }))
}

/// `POST /awards/{id}/acceptance`
pub fn propose_acceptance(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewAcceptance { entitlement, document, decision, reason } = request.body()?;
    let stated = || Reason::parse(document.as_str()).map_err(|error| Problem::fault(&error));
    let reason = reason.map_or_else(stated, Ok)?;
    Ok(Parsed::reasoned(reason, |reason| {
        Command::ProposeAcceptance(ProposeAcceptance { id, entitlement, document, decision, reason })
    }))
}

/// `POST /awards/{id}/extension`
pub fn propose_extension(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewExtension { until, document } = request.body()?;
    Ok(Parsed::new(Command::ProposeExtension(ProposeExtension { id, until, document })))
}

fn named(request: &WriteRequest<'_>, command: fn(NameAward) -> Command) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(command(NameAward { id: request.path.value("id")? })))
}

fn refused(request: &WriteRequest<'_>, command: fn(RejectAward) -> Command) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| command(RejectAward { id, reason })))
}

/// `POST /awards/{id}/acceptance/approve`
pub fn approve_acceptance(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::ApproveAcceptance)
}

/// `POST /awards/{id}/acceptance/reject`
pub fn reject_acceptance(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    refused(request, Command::RejectAcceptance)
}

/// `POST /awards/{id}/extension/approve`
pub fn approve_extension(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::ApproveExtension)
}

/// `POST /awards/{id}/extension/reject`
pub fn reject_extension(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    refused(request, Command::RejectExtension)
}

/// `POST /awards/{id}/cancel`
pub fn cancel(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    refused(request, Command::CancelAward)
}

/// `GET /awards`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let mut list = request.list::<AwardStatus>()?;
    list.query.call = request.query.value::<CallId>("call")?.map(CallId::uuid);
    view::list::<AwardView>(&request, &list).await
}

/// `GET /awards/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let visibility = request.visibility();
    view::show::<AwardView>(&request, &request.path.value("id")?, |award| {
        visibility.all || visibility.organisation == Some(award.organisation)
    })
    .await
}

/// `GET /publicity/awards`
pub async fn published(request: ReadRequest) -> Result<Reply, Problem> {
    let page = request.page()?;
    let conn = request.reader().await?;
    let today = today(&conn, &request.agency).await?.business_date;
    let rows = queries::published(&conn, page.query(), today.naive()).await?;
    let (rows, next) = page.cut(rows, ListRow::created);
    let view = |award: Award| PublishedAwardView {
        award_id: award.id,
        programme: award.programme,
        organisation: award.organisation,
        project: award.project,
        amount: award.amount,
        from: award.awarded_on,
        until: award.published_until,
    };
    Reply::list((decode_all(&rows, AwardRow::read)?.into_iter().map(view).collect(), next))
}
