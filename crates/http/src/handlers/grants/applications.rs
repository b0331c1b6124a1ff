//! `/applications`: write, submit, withdraw, review, name experts, score, read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all, with_related};
use crate::handlers::claims::{ByPath, LINES_MAX};
use crate::handlers::rentals::applicant;
use crate::problem::Problem;
use crate::text::Reason;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::claims::backing::EVIDENCE_MAX;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    ApplicationId, CallId, Code, CreditCode, Date, EvidenceId, Instant, Label, Line, Money, ProgrammeCode,
    Role, Score, Sequence, Subject,
};
use subsidy_core::grants::{
    Application, ApplicationStatus, Criterion, Expert, ExpertScore, NameApplication, NameExperts, Project,
    ReviewApplication, ScoreApplication, WriteApplication,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::calculation::Calculation;
use subsidy_core::programmes::grants::EXPERTS_MAX;
use subsidy_core::vouchers::ReviewDecision;
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::grants::{ApplicationRow, queries};

/// What a project spends on an item.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetLine {
    item: Label,
    amount: Amount,
}

/// What money is asked for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GrantProject)]
pub struct ProjectBody {
    name: Line,
    /// Its first day.
    from: Date,
    /// How long it takes; by its end it is to be accepted.
    months: u32,
    #[schema(min_items = 1, max_items = 100)]
    budget: Vec<BudgetLine>,
}

/// An application as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApplication {
    call: CallId,
    /// For whom an officer writes it.
    organisation: Option<CreditCode>,
    project: ProjectBody,
    /// The ids of evidence.
    #[schema(max_items = 100)]
    #[serde(default)]
    evidence: Vec<EvidenceId>,
}

/// 形式审查
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationReview {
    decision: ReviewDecision,
    /// Needed to return or reject.
    reason: Option<Reason>,
}

/// Who is to score an application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExperts {
    #[schema(max_items = 30)]
    #[serde(default)]
    experts: Vec<Expert>,
    /// Who was named before and does not score it after all.
    #[schema(max_items = 30)]
    #[serde(default)]
    excused: Vec<Subject>,
}

/// What an expert finds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScore {
    /// Their sum is the score.
    #[schema(min_items = 1, max_items = 20)]
    criteria: Vec<Criterion>,
    comment: Reason,
}

/// The most criteria of a score.
const CRITERIA_MAX: usize = 20;

/// What an expert found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreView {
    expert: Subject,
    criteria: Vec<Criterion>,
    total: Score,
    /// What the expert wrote beside the score; null for whoever may not read it.
    comment: Option<String>,
}

/// An application for a grant.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationView {
    id: ApplicationId,
    call_id: CallId,
    programme: ProgrammeCode,
    organisation: CreditCode,
    project: ProjectBody,
    evidence: Vec<EvidenceId>,
    status: ApplicationStatus,
    /// What it may get.
    amount: Money,
    /// The version of the programme's rules that it was filed under.
    rules_version: u32,
    /// Its newest calculation sheet.
    calculation: Option<Calculation>,
    /// How many experts were named.
    experts_named: usize,
    /// How many of them scored it.
    scores_given: usize,
    /// Who was named: for officers, approvers and auditors.
    experts: Option<Vec<Expert>>,
    /// For the same, and for its experts, once all are in; before that an expert sees their own.
    scores: Option<Vec<ScoreView>>,
    /// Why it was returned or rejected.
    reason: Option<String>,
    created_by: Subject,
    reviewed_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for ApplicationView {
    type Document = Application;

    fn related_keys(application: &Application, wanted: &mut RelatedKeys) {
        wanted.text(application.reason);
        wanted.sheet(application.id.to_string(), application.calculation);
        application.scores.iter().for_each(|score| wanted.text(Some(score.comment)));
    }

    /// As everybody sees it: neither experts nor scores.
    fn of(application: &Application, attached: &Related) -> Self {
        let line = |line: &SettledLine| BudgetLine { item: line.item.clone(), amount: line.amount };
        let project = &application.project;
        Self {
            id: application.id,
            call_id: application.call,
            programme: application.programme.clone(),
            organisation: application.organisation,
            project: ProjectBody {
                name: project.name.clone(),
                from: project.from,
                months: project.months,
                budget: project.budget.iter().map(line).collect(),
            },
            evidence: application.evidence.clone(),
            status: application.status,
            amount: application.amount,
            rules_version: application.rules_version,
            calculation: attached.sheet(&application.id.to_string(), application.calculation),
            experts_named: application.experts.len(),
            scores_given: application.scores.len(),
            experts: None,
            scores: None,
            reason: attached.text(application.reason),
            created_by: application.created_by.clone(),
            reviewed_by: application.reviewed_by.clone(),
            revision: application.revision.version,
            updated_at: application.revision.updated_at,
        }
    }
}

impl ApplicationView {
    /// As the caller sees it: the scores of others only once all are in.
    fn for_caller(request: &ReadRequest, application: &Application, attached: &Related) -> Self {
        let (all, subject) = (request.visibility().all, &request.actor.subject);
        let expert = application.named(subject);
        let shown = |score: &&ExpertScore| application.is_scored() || score.subject == *subject;
        let score = |score: &ExpertScore| ScoreView {
            expert: score.subject.clone(),
            criteria: score.criteria.clone(),
            total: score.total,
            comment: attached.text(Some(score.comment)),
        };
        let scores = || application.scores.iter().filter(shown).map(score).collect();
        Self {
            experts: all.then(|| application.experts.clone()),
            scores: (all || expert).then(scores),
            ..Self::of(application, attached)
        }
    }
}

fn written(request: &WriteRequest<'_>, id: ApplicationId) -> Result<Box<WriteApplication>, Problem> {
    let body: NewApplication = request.body()?;
    let organisation = applicant(request.actor, body.organisation)?;
    if !(1..=LINES_MAX).contains(&body.project.budget.len()) {
        return Err(Problem::new(Code::InvalidValue).at("/project/budget"));
    }
    if body.evidence.len() > EVIDENCE_MAX {
        return Err(Problem::too_large(EVIDENCE_MAX, "evidence").at("/evidence"));
    }
    let ProjectBody { name, from, months, budget } = body.project;
    let budget = budget.into_iter().map(|line| SettledLine::new(line.item, line.amount, None)).collect();
    let project = Project { name, from, months, budget };
    Ok(Box::new(WriteApplication { id, call: body.call, organisation, project, evidence: body.evidence }))
}

/// `POST /applications`
pub fn draft(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = ApplicationId::new(request.new_id());
    Ok(Parsed::new(Command::DraftApplication(written(request, id)?)))
}

/// `PUT /applications/{id}`
pub fn rewrite(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    Ok(Parsed::new(Command::RewriteApplication(written(request, id)?)))
}

fn named(request: &WriteRequest<'_>, command: fn(NameApplication) -> Command) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(command(NameApplication { id: request.path.value("id")? })))
}

/// `POST /applications/{id}/submit`
pub fn submit(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::SubmitApplication)
}

/// `POST /applications/{id}/withdraw`
pub fn withdraw(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    named(request, Command::WithdrawApplication)
}

/// `POST /applications/{id}/review`
pub fn review(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let ApplicationReview { decision, reason } = request.body()?;
    Ok(Parsed::perhaps_reasoned(reason, |reason| {
        Command::ReviewApplication(ReviewApplication { id, decision, reason })
    }))
}

/// `POST /applications/{id}/experts`
pub fn name_experts(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewExperts { experts, excused } = request.body()?;
    let counts = [("/experts", experts.len().max(excused.len()), 1), ("/excused", excused.len(), 0)];
    for (field, count, least) in counts {
        if !(least..=EXPERTS_MAX).contains(&count) {
            return Err(Problem::new(Code::InvalidValue).at(field));
        }
    }
    let full = |subject| of_one_issuer(&request.actor.subject, subject);
    let experts = experts.into_iter().map(|expert| Expert { subject: full(expert.subject), ..expert });
    let (experts, excused) = (experts.collect(), excused.into_iter().map(full).collect());
    Ok(Parsed::new(Command::NameExperts(NameExperts { id, experts, excused })))
}

/// A name without an issuer is what the issuer of whoever names it calls somebody.
fn of_one_issuer(officer: &Subject, named: Subject) -> Subject {
    let issuer = officer.as_str().split_once('#').filter(|_| !named.as_str().contains('#'));
    issuer.and_then(|(issuer, _)| Subject::of(issuer, named.as_str()).ok()).unwrap_or(named)
}

/// `POST /applications/{id}/scores`
pub fn score(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let NewScore { criteria, comment } = request.body()?;
    let names: std::collections::BTreeSet<_> = criteria.iter().map(|one| one.name.folded()).collect();
    if !(1..=CRITERIA_MAX).contains(&criteria.len()) || names.len() != criteria.len() {
        return Err(Problem::new(Code::InvalidValue).at("/criteria"));
    }
    let organisation = request.actor.organisation;
    Ok(Parsed::reasoned(comment, |comment| {
        Command::ScoreApplication(ScoreApplication { id, organisation, criteria, comment })
    }))
}

/// `GET /applications`: an expert sees those that they were named for.
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let mut list = request.list::<ApplicationStatus>()?;
    list.query.call = request.query.value::<CallId>("call")?.map(CallId::uuid);
    let conn = request.reader().await?;
    let visibility = request.visibility();
    let expert = !visibility.all && visibility.organisation.is_none() && request.actor.has(Role::Expert);
    let (found, next) = if expert {
        let rows = queries::for_expert(&conn, list.page.query(), &request.actor.subject.to_string()).await?;
        let (rows, next) = list.page.cut(rows, |row| row.created);
        (decode_all(&rows, ApplicationRow::read)?, next)
    } else {
        view::documents::<Application>(&conn, &list).await?
    };
    let attached = with_related(&conn, &found, ApplicationView::related_keys).await?;
    let view = |one: &Application| ApplicationView::for_caller(&request, one, &attached);
    Reply::list((found.iter().map(view).collect(), next))
}

/// `GET /applications/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let visibility = request.visibility();
    let conn = request.reader().await?;
    let can_see = |one: &Application| {
        let expert = request.actor.has(Role::Expert) && one.named(&request.actor.subject);
        expert || visibility.all || visibility.organisation == Some(one.organisation)
    };
    let found: Application = view::find(&conn, &request.path.value("id")?, can_see).await?;
    let attached = with_related(&conn, std::slice::from_ref(&found), ApplicationView::related_keys).await?;
    Reply::document(&ApplicationView::for_caller(&request, &found, &attached), found.revision.version)
}
