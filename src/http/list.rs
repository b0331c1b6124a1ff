//! What lists can be filtered by.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::extract::Query;
use super::problem::Problem;
use subsidy_core::domain::{Code, CreditCode, Instant, ProgrammeCode};
use subsidy_store::db::convert;

/// The filters that a query names.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    status: Option<String>,
    /// 专项
    pub programme: Option<String>,
    pub organisation: Option<String>,
    /// Changed at or after.
    pub updated_since: Option<DateTime<Utc>>,
}

impl Filters {
    /// Error: `invalid_query`, naming the filter.
    pub fn of(query: &Query) -> Result<Self, Problem> {
        Ok(Self {
            status: query.text("status").map(str::to_owned),
            programme: query.value::<ProgrammeCode>("programme")?.map(|code| code.to_string()),
            organisation: query.value::<CreditCode>("organisation")?.map(|code| code.to_string()),
            updated_since: query.value::<Instant>("updated_since")?.map(Instant::utc),
        })
    }

    /// The status, which is one of a few words.
    pub fn word<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        let Some(text) = &self.status else { return Ok(None) };
        let word = convert::read(text);
        word.map(Some).map_err(|_| Problem::new(Code::InvalidQuery).with("parameter", "status"))
    }
}
