//! Pages of reports: a cursor says up to where the report reads and where its next page goes on, and bears the service's
//! mark. What a reading summed before a page stands in it: a cursor of somebody else's making could show a false balance.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::handler::ReadRequest;
use crate::page::{filters, limit};
use crate::problem::Problem;
use subsidy_core::domain::{Code, Date};
use subsidy_reports::reading::PageStart;
use subsidy_reports::report::Scope;
use subsidy_store::keys::keyed::CursorKey;

/// Bytes of the mark.
const MARK: usize = 32;

/// Where a page begins: the report is the one of the first page, whatever was posted since.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    pub as_of: Date,
    pub known_at: i64,
    /// The place at which the reading is begun.
    place: Value,
    /// How many rows after it were shown.
    pub shown: usize,
}

/// The page of a report that is asked for.
#[derive(Debug, Clone)]
pub struct ReportPage {
    /// At most so many rows.
    pub limit: usize,
    /// Where it begins; none for the first.
    pub cursor: Option<Cursor>,
}

fn invalid() -> Problem {
    Problem::new(Code::InvalidCursor)
}

impl Cursor {
    /// The place at which a reading is begun. Error: `invalid_cursor`.
    pub fn place<P: DeserializeOwned>(&self) -> Result<P, Problem> {
        P::deserialize(&self.place).map_err(|_| invalid())
    }
}

impl ReportPage {
    /// The page that a request asks for, by a limit or a cursor; none where it asks for the whole report. Errors:
    /// `invalid_query` for the limit or for a file, `invalid_cursor`.
    pub fn of(request: &ReadRequest, is_file: bool) -> Result<Option<Self>, Problem> {
        let query = &request.query;
        let Some(asks) = ["limit", "cursor"].into_iter().find(|name| query.text(name).is_some()) else {
            return Ok(None);
        };
        if is_file {
            return Err(Problem::new(Code::InvalidQuery).with("parameter", asks));
        }
        let cursor = query.text("cursor").map(|text| read(request, text).ok_or_else(invalid)).transpose()?;
        Ok(Some(Self { limit: limit(query)?, cursor }))
    }
}

/// A cursor that the service made for this report of this agency, with these filters.
fn read(request: &ReadRequest, text: &str) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (said, mark) = bytes.split_at_checked(bytes.len().checked_sub(MARK)?)?;
    let is_own = marked(request, said, |key, parts| key.verify(parts, mark));
    is_own.then(|| serde_json::from_slice(said).ok())?
}

/// The cursor of the next page.
pub fn write<P: Serialize>(
    request: &ReadRequest,
    (as_of, known_at): (Date, i64),
    start: &PageStart<P>,
) -> Result<String, Problem> {
    let written = serde_json::to_value(&start.place)
        .and_then(|place| serde_json::to_vec(&Cursor { as_of, known_at, place, shown: start.shown }))
        .map_err(|error| Problem::fault(&error))?;
    let mark = marked(request, &written, CursorKey::mac);
    Ok(URL_SAFE_NO_PAD.encode([written.as_slice(), &mark].concat()))
}

/// What a report was asked, and up to where: the same for all of its pages.
pub fn question(request: &ReadRequest, scope: &Scope) -> String {
    let filters = filters(request.route, &request.query);
    let Scope { as_of, known_at, recorded_at, .. } = scope;
    format!("{} {filters} {as_of} {known_at} {recorded_at}", request.agency)
}

/// The mark is over the agency, the report with its filters, and what is said.
fn marked<T>(request: &ReadRequest, said: &[u8], by: impl FnOnce(&CursorKey, &[&[u8]]) -> T) -> T {
    let filters = filters(request.route, &request.query);
    let key = CursorKey::new(request.engine.keys().account_key());
    by(&key, &[request.agency.as_str().as_bytes(), filters.as_bytes(), said])
}
