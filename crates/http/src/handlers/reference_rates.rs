//! `/reference-rates`: load and read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{Code, Date, Instant, Label, Percent, Sequence, Subject};
use subsidy_core::reference_rates::{LoadReferenceRate, ReferenceRate};
use subsidy_reports::related::Related;

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

impl View for ReferenceRateView {
    type Document = ReferenceRate;

    fn of(rate: &ReferenceRate, _: &Related) -> Self {
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
    let (mut list, name) = (request.list::<()>()?, request.query.value::<Label>("name")?);
    list.query.name_fold = name.map(|name| name.folded().as_str().to_owned());
    view::list::<ReferenceRateView>(&request, &list).await
}
