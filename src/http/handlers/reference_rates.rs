//! `/reference-rates`: load and read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all};
use crate::http::problem::Problem;
use subsidy_core::book::Command;
use subsidy_core::domain::{Code, Date, Folded, Instant, Label, Percent, Sequence, Subject};
use subsidy_core::reference_rates::{LoadReferenceRate, ReferenceRate};
use subsidy_store::reference_rates::ReferenceRateRow;
use subsidy_store::reference_rates::queries;

/// The highest rate that its column holds.
const RATE_MAX: Percent = Percent::from_micro(999_999_999);

/// A dated rate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReferenceRate {
    /// Such as `LPR5Y`.
    name: Label,
    /// The day from which it is in force.
    date: Date,
    percent: Percent,
}

/// A dated rate.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferenceRateView {
    name: Label,
    date: Date,
    percent: Percent,
    created_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl ReferenceRateView {
    /// The view of a rate.
    pub fn of(rate: &ReferenceRate) -> Self {
        Self {
            name: rate.name.clone(),
            date: rate.date,
            percent: rate.percent,
            created_by: rate.created_by.clone(),
            revision: rate.revision.version,
            updated_at: rate.revision.updated_at,
        }
    }
}

/// `POST /reference-rates`
pub fn load(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewReferenceRate = request.body()?;
    if body.percent > RATE_MAX {
        return Err(Problem::new(Code::InvalidPercent).at("/percent"));
    }
    let command = LoadReferenceRate { name: body.name, date: body.date, percent: body.percent };
    Ok(Parsed::new(Command::LoadReferenceRate(command)))
}

/// `GET /reference-rates`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, name) = (request.page()?, request.query.value::<Label>("name")?);
    let conn = request.reader().await?;
    let fold = name.as_ref().map(Label::folded);
    let rows = queries::page(&conn, page.after, fold.as_ref().map(Folded::as_str), page.rows());
    let rows = rows.await?;
    let (rows, next) = page.cut(rows, |row| row.created);
    let found = decode_all(&rows, ReferenceRateRow::read)?;
    Reply::list((found.iter().map(ReferenceRateView::of).collect(), next))
}
