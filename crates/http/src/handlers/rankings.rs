//! `/rankings`: propose, approve, reject, read; the certificate of who is named.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::claims::ByPath;
use crate::handlers::organisations::WithReason;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::claims::backing::EVIDENCE_MAX;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{
    Code, CreditCode, Date, EvidenceId, Instant, Line, ProgrammeCode, RankingId, Score, Sequence, Subject,
};
use subsidy_core::organisations::Organisation;
use subsidy_core::programmes::{Programme, Title};
use subsidy_core::rankings::{
    ApproveRanking, ENTRIES_MAX, Entry, METRICS_MAX, Metric, Place, ProposeRanking, Ranking, RankingStatus,
    RejectRanking, TieBreak,
};
use subsidy_reports::related::{Related, RelatedKeys};

/// Organisations to be measured against each other.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRanking {
    programme: ProgrammeCode,
    /// Of which year.
    year: FiscalYear,
    /// Each is ranked by itself; the ranks are weighted and summed.
    #[schema(min_items = 1, max_items = 10)]
    metrics: Vec<Metric>,
    #[schema(min_items = 1, max_items = 500)]
    entries: Vec<Entry>,
    /// How many are named.
    top: u32,
}

/// Where an organisation stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceView {
    /// From 1.
    place: usize,
    organisation: CreditCode,
    values: Vec<Score>,
    /// Its rank by each metric; ties share the better rank.
    ranks: Vec<u32>,
    /// Of the weighted ranks: the lowest comes first.
    sum: Score,
    /// What put it before the next, whose sum is the same: `first_metric` or `registration`.
    tie: Option<TieBreak>,
    /// Whether it is named.
    named: bool,
    evidence: Vec<EvidenceId>,
}

/// A ranking.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankingView {
    id: RankingId,
    programme: ProgrammeCode,
    year: FiscalYear,
    metrics: Vec<Metric>,
    /// How many are named at most, from the first on.
    top: u32,
    status: RankingStatus,
    /// All of them, the first first.
    places: Vec<PlaceView>,
    /// What is published: who is named, and how ties were decided.
    notice: NoticeView,
    published_on: Option<Date>,
    /// Why it was rejected.
    reason: Option<String>,
    created_by: Subject,
    decided_by: Option<Subject>,
    /// The version for `If-Match`; of one that is approved the leaf, of which `GET /audit/proof` has the receipt.
    revision: Sequence,
    updated_at: Instant,
}

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct NoticeView {
    /// The text in Chinese, as it is published.
    zh: String,
    /// The same text in English.
    en: String,
}

/// That an organisation is named.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateView {
    ranking_id: RankingId,
    programme: ProgrammeCode,
    title: Title,
    year: FiscalYear,
    organisation: CreditCode,
    organisation_name: Line,
    /// From 1.
    place: usize,
    /// Of how many.
    of: usize,
    published_on: Option<Date>,
    /// The leaf that approved it: `GET /audit/proof/{sequence}` has its offline receipt.
    sequence: Sequence,
}

fn place((index, place): (usize, &Place), top: u32) -> PlaceView {
    let number = index.saturating_add(1);
    PlaceView {
        place: number,
        organisation: place.organisation,
        values: place.values.clone(),
        ranks: place.ranks.clone(),
        sum: place.sum,
        tie: place.tie,
        named: u32::try_from(number).is_ok_and(|number| number <= top),
        evidence: place.evidence.clone(),
    }
}

/// Who is named, in order, and of those that the line between named and not runs through, how that was decided.
fn notice(ranking: &Ranking) -> NoticeView {
    let named: Vec<String> = ranking.named().map(|place| place.organisation.to_string()).collect();
    let (year, count) = (ranking.year, named.len());
    let mut zh = format!("{year} 年度排名前 {count} 名：{}。", named.join("、"));
    let mut en = format!("The first {count} of {year}: {}.", named.join(", "));
    for (one, next) in ranking.places.iter().zip(ranking.places.iter().skip(1)) {
        let Some(tie) = one.tie else { continue };
        let (by_zh, by_en) = match tie {
            TieBreak::FirstMetric => ("首项指标较高者", "by the higher first metric"),
            TieBreak::Registration => ("登记较早者", "by the earlier registration"),
        };
        let (one, next) = (one.organisation, next.organisation);
        zh.push_str(&format!("{one} 与 {next} 得分相同，以{by_zh}在前。"));
        en.push_str(&format!(" {one} and {next} have equal sums; the order is {by_en}."));
    }
    NoticeView { zh, en }
}

impl View for RankingView {
    type Document = Ranking;

    fn related_keys(ranking: &Ranking, wanted: &mut RelatedKeys) {
        wanted.text(ranking.reason);
    }

    fn of(ranking: &Ranking, attached: &Related) -> Self {
        Self {
            id: ranking.id,
            programme: ranking.programme.clone(),
            year: ranking.year,
            metrics: ranking.metrics.clone(),
            top: ranking.top,
            status: ranking.status,
            places: ranking.places.iter().enumerate().map(|one| place(one, ranking.top)).collect(),
            notice: notice(ranking),
            published_on: ranking.published_on,
            reason: attached.text(ranking.reason),
            created_by: ranking.created_by.clone(),
            decided_by: ranking.decided_by.clone(),
            revision: ranking.revision.version,
            updated_at: ranking.revision.updated_at,
        }
    }
}

/// `POST /rankings`
pub fn propose(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewRanking = request.body()?;
    let invalid = |pointer: String| Problem::new(Code::InvalidValue).at(pointer);
    let names: std::collections::BTreeSet<_> = body.metrics.iter().map(|one| one.name.folded()).collect();
    if !(1..=METRICS_MAX).contains(&body.metrics.len()) || names.len() != body.metrics.len() {
        return Err(invalid("/metrics".to_owned()));
    }
    if !(1..=ENTRIES_MAX).contains(&body.entries.len()) {
        return Err(invalid("/entries".to_owned()));
    }
    if let Some(place) = body.entries.iter().position(|entry| entry.evidence.len() > EVIDENCE_MAX) {
        return Err(invalid(format!("/entries/{place}/evidence")));
    }
    if body.top == 0 {
        return Err(invalid("/top".to_owned()));
    }
    Ok(Parsed::new(Command::ProposeRanking(Box::new(ProposeRanking {
        id: RankingId::new(request.new_id()),
        programme: body.programme,
        year: body.year,
        metrics: body.metrics,
        entries: body.entries,
        top: body.top,
    }))))
}

/// `POST /rankings/{id}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let ByPath {} = request.body()?;
    Ok(Parsed::new(Command::ApproveRanking(ApproveRanking { id: request.path.value("id")? })))
}

/// `POST /rankings/{id}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let id = request.path.value("id")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| Command::RejectRanking(RejectRanking { id, reason })))
}

/// `GET /rankings`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<RankingView>(&request, &request.list::<RankingStatus>()?).await
}

/// `GET /rankings/{id}`: outsiders see it once it is published.
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let all = request.visibility().all;
    let published = |ranking: &Ranking| all || ranking.status == RankingStatus::Approved;
    view::show::<RankingView>(&request, &request.path.value("id")?, published).await
}

/// `GET /rankings/{id}/certificates/{credit_code}`
pub async fn certificate(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let published = |ranking: &Ranking| ranking.status == RankingStatus::Approved;
    let ranking: Ranking = view::find(&conn, &request.path.value("id")?, published).await?;
    let code: CreditCode = request.path.value("credit_code")?;
    let place = ranking.named().position(|place| place.organisation == code);
    let place = place.ok_or_else(|| Problem::new(Code::NotFound))?.saturating_add(1);
    let organisation: Organisation = view::find(&conn, &code, |_| true).await?;
    let programme: Programme = view::find(&conn, &ranking.programme, |_| true).await?;
    Reply::json(&CertificateView {
        ranking_id: ranking.id,
        programme: programme.code,
        title: programme.title,
        year: ranking.year,
        organisation: code,
        organisation_name: organisation.name,
        place,
        of: ranking.places.len(),
        published_on: ranking.published_on,
        sequence: ranking.revision.version,
    })
}
