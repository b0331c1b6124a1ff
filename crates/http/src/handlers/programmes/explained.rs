//! `/programmes/{code}/rules/{version}/explained`: a version of the rules as people read it.

use serde::Serialize;
use utoipa::ToSchema;

use super::rules_of;
use crate::handler::{ReadRequest, Reply};
use crate::problem::Problem;
use crate::view;
use subsidy_core::domain::{Code, Date, ProgrammeCode};
use subsidy_core::programmes::explained::{Sentence, explain};
use subsidy_core::programmes::{Instrument, Programme, ProgrammeStatus, ProposalStatus};

/// A version of the rules, sentence after sentence.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedRules {
    programme: ProgrammeCode,
    instrument: Instrument,
    /// The version of the rules that is explained.
    version: u32,
    status: ProposalStatus,
    effective_from: Date,
    /// The SHA-256 of the rules that are explained, in hexadecimal.
    rules_sha256: String,
    /// In the order in which they apply; each parameter is in one of them.
    sentences: Vec<Sentence>,
}

/// `GET /programmes/{code}/rules/{version}/explained`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let (code, number) = (request.path.value::<ProgrammeCode>("code")?, request.path.number("version")?);
    let (conn, visibility) = (request.reader().await?, request.visibility());
    // a draft is not for outsiders, and neither are rules that nobody approved
    let can_see = |one: &Programme| visibility.all || one.status == ProgrammeStatus::Active;
    let programme: Programme = view::find(&conn, &code, can_see).await?;
    let versions = rules_of(&conn, &[code.to_string()]).await?;
    let version = versions.into_iter().find(|version| version.number == number);
    let version = version.filter(|version| visibility.all || version.status == ProposalStatus::Approved);
    let version = version.ok_or_else(|| Problem::new(Code::NotFound))?;
    Reply::json(&ExplainedRules {
        programme: code,
        instrument: programme.instrument,
        version: number,
        status: version.status,
        effective_from: version.effective_from,
        sentences: explain(&version.rules).map_err(|error| Problem::fault(&error))?,
        rules_sha256: version.sha256,
    })
}
