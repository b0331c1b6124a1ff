//! `/rentals/{id}/usage/imports`: billing files that were brought, what became of them, and the word of a second person on
//! those that would take the place of what claims were filed on.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::error::Entry;
use crate::extract::Query;
use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::organisations::WithReason;
use crate::handlers::programmes::Nothing;
use crate::handlers::usage::{IncompleteMonthView, find_visible};
use crate::language::Language;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{
    Code, ContentHash, Instant, Money, Month, RentalId, Sequence, Subject, UsageImportId,
};
use subsidy_core::usage::finding::{CellError, Finding};
use subsidy_core::usage::focus::{Column, Mode};
use subsidy_core::usage::header::HeaderError;
use subsidy_core::usage::{
    ApproveUsageImport, Delivery, ImportStatus, Metered, RejectUsageImport, RowError, UsageImport, rules,
};
use subsidy_files::billing_files::error::{FileError, IntakeError, Packed};
use subsidy_files::billing_files::limits::ROWS_MAX;
use subsidy_reports::related::Related;
use subsidy_store::db::convert;
use subsidy_store::usage::UsageErrorRow;

/// The most characters of a cause in another's words.
const CAUSE_CHARS_MAX: usize = 120;
/// Columns of Parquet that cells can be read of.
const READABLE: &str =
    "a value a row: text, number, DECIMAL, TIMESTAMP or DATE; packed as Snappy, gzip, Zstandard or LZ4_RAW";

/// What is wrong with a row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowErrorView {
    /// From 1, the header not counted.
    pub row: u32,
    /// None where the row itself is wrong.
    pub column: Option<String>,
    /// What is wrong, as `/errors/{code}` explains it.
    pub code: String,
    /// What stands there, where that is a date, a number or a word of the specification.
    pub found: Option<String>,
    /// What is wrong, in words of the language that was asked for.
    pub detail: String,
}

impl RowErrorView {
    fn new(row: u32, column: Option<&str>, (code, found): (&str, Option<&str>), language: Language) -> Self {
        let (column, found) = (column.map(str::to_owned), found.map(str::to_owned));
        Self { row, column, code: code.to_owned(), found, detail: detail(code, language) }
    }

    /// The view of an error.
    pub fn of(error: &RowError, language: Language) -> Self {
        Self::new(error.row, error.column, (error.code.as_str(), error.found.as_deref()), language)
    }

    /// The view of an error that was kept.
    pub fn stored(row: &UsageErrorRow, language: Language) -> Self {
        let number = u32::try_from(row.row).unwrap_or(0);
        Self::new(number, row.column.as_deref(), (&row.code, row.found.as_deref()), language)
    }
}

fn detail(code: &str, language: Language) -> String {
    Entry::stored(code).words(language).detail.to_owned()
}

/// One cause: what is found in how many rows, and where first.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// What is wrong, as `/errors/{code}` explains it.
    #[schema(value_type = String)]
    code: CellError,
    /// None where rows or the file itself are meant.
    column: Option<String>,
    /// In how many rows; 0 of the file itself.
    rows: u32,
    /// The first of them, from 1; 0 of the file itself.
    row: u32,
    /// What the specification has instead.
    expected: &'static str,
    /// What stands there.
    found: Option<String>,
    /// What it was read as; none where the row was refused for it.
    read_as: Option<String>,
}

impl FindingView {
    fn of(finding: &Finding) -> Self {
        Self {
            code: finding.code,
            column: finding.column.clone(),
            rows: finding.rows,
            row: finding.row,
            expected: finding.code.expected(),
            found: finding.found.clone(),
            read_as: finding.read_as.clone(),
        }
    }
}

/// What a file brings of a billing period of the contract's provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The agency's month in which the billing period begins (`BillingPeriodStart`).
    billing_period: Month,
    /// Rows.
    rows: u32,
    /// CNY that they come to, rounded once.
    billed_total: Money,
    /// The first instant that they charge for; null where no row could be read.
    charged_from: Option<Instant>,
    /// The first instant after the last that they charge for.
    charged_until: Option<Instant>,
    /// Months of which rows were refused.
    incomplete: Vec<IncompleteMonthView>,
    /// The import that took its place.
    replaced_by: Option<UsageImportId>,
}

impl DeliveryView {
    fn of(delivery: &Delivery) -> Self {
        let billed = rules::sum(&delivery.totals).and_then(Metered::round);
        Self {
            billing_period: delivery.billing_period,
            rows: delivery.rows,
            billed_total: billed.unwrap_or_default(),
            charged_from: delivery.charged.first().map(|span| span.from),
            charged_until: delivery.charged.last().map(|span| span.until),
            incomplete: delivery.refused.iter().map(IncompleteMonthView::of).collect(),
            replaced_by: delivery.replaced_by,
        }
    }
}

/// A billing file that was brought for a contract: an import. What it brings of one billing period of the contract's
/// provider is a delivery. Where its charge periods meet what counts of the same billing period already, the file is
/// asked what it is (409 `delivery_overlaps`): a replacement (`?replaces=IMPORT`) takes the place of the deliveries that
/// both bring, an addition (`?adds=true`) counts beside them, rows that are repeated once. A replacement of what a claim
/// was filed on counts only once an approver, who proposed none of it, approves it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageImportView {
    import_id: UsageImportId,
    rental_id: RentalId,
    /// `imported` counts; `proposed` waits for an approver, since it would take the place of what a claim was filed on;
    /// `rejected` never counted; `replaced`: later imports took its place.
    #[schema(value_type = String)]
    status: ImportStatus,
    /// `strict` or `lenient`: whether one wrong row refused the whole file.
    #[schema(value_type = String)]
    mode: Mode,
    /// The imports of which it takes the place, in the billing periods that it brings.
    replaces: Vec<UsageImportId>,
    /// Whether it adds to what counts of the same time.
    adds: bool,
    /// SHA-256 of the file.
    sha256: ContentHash,
    /// All rows of the file.
    rows: u32,
    /// Rows that count, or will once it is approved.
    accepted: u32,
    /// Rows that counted already.
    repeated: u32,
    /// Rows that are wrong.
    rejected: u32,
    /// CNY of the accepted rows, corrections netted, rounded once.
    billed_total: Money,
    /// The same without rounding.
    #[schema(value_type = String)]
    billed_exact: Metered,
    /// What it brings of each billing period.
    deliveries: Vec<DeliveryView>,
    /// What was written otherwise than FOCUS has it, and what it was read as: one a cause.
    readings: Vec<FindingView>,
    /// What is wrong with the rejected rows: one a cause.
    findings: Vec<FindingView>,
    /// The first 1,000 errors, row by row; in the answer to an import alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<RowErrorView>>,
    /// The import that waits to take its place.
    pending_replacement: Option<UsageImportId>,
    created_by: Subject,
    /// Who approved it, where somebody had to.
    approved_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for UsageImportView {
    type Document = UsageImport;

    fn of(import: &UsageImport, _: &Related) -> Self {
        Self {
            import_id: import.id,
            rental_id: import.rental,
            status: import.status,
            mode: import.mode,
            replaces: import.replaces.clone(),
            adds: import.adds,
            sha256: import.sha256,
            rows: import.rows,
            accepted: import.accepted,
            repeated: import.repeated,
            rejected: import.rejected,
            billed_total: import.billed_total,
            billed_exact: import.billed,
            deliveries: import.deliveries.iter().map(DeliveryView::of).collect(),
            readings: import.readings.iter().map(FindingView::of).collect(),
            findings: import.findings.iter().map(FindingView::of).collect(),
            errors: None,
            pending_replacement: import.pending,
            created_by: import.created_by.clone(),
            approved_by: import.approved_by.clone(),
            revision: import.revision.version,
            updated_at: import.revision.updated_at,
        }
    }
}

/// What a query says of a file: how it is taken, what it replaces, and whether it adds.
#[derive(Debug)]
pub struct ImportQuery {
    /// Strictly where nothing is said.
    pub mode: Mode,
    /// The imports of which it takes the place, each once.
    pub replaces: Vec<UsageImportId>,
    /// Whether it adds to what counts of the same time.
    pub adds: bool,
}

impl ImportQuery {
    pub fn of(query: &Query) -> Result<Self, Problem> {
        let invalid = |parameter: &str| Problem::new(Code::InvalidQuery).with("parameter", parameter);
        let mode = query.text("mode").map_or(Ok(Mode::Strict), convert::read);
        let adds = match query.text("adds") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(invalid("adds")),
        };
        let ids = query.text("replaces").into_iter().flat_map(|ids| ids.split(','));
        let ids = ids.map(|id| id.trim().parse::<UsageImportId>()).collect::<Result<Vec<_>, _>>();
        let mut replaces = ids.map_err(|_| invalid("replaces"))?;
        replaces.sort_unstable();
        replaces.dedup();
        Ok(Self { mode: mode.map_err(|_| invalid("mode"))?, replaces, adds })
    }
}

/// Why a file is not taken.
pub fn refused(error: IntakeError) -> Problem {
    match error {
        IntakeError::Busy => Problem::new(Code::Busy),
        IntakeError::Database(error) => Problem::database(&error),
        IntakeError::Query(error) => Problem::database(&error),
        IntakeError::OutOfRange(_) => Problem::new(Code::UsageOutOfRange),
        IntakeError::Unreadable(_) | IntakeError::Broken => Problem::fault(&error),
        IntakeError::File(error) => unread(&error),
        IntakeError::Refused { findings, rejected, mode, .. } => {
            let strict = mode == Mode::Strict && rejected > 0;
            let code = if strict { Code::UsageFileRefused } else { Code::UsageNothingTaken };
            let problem = Problem::new(code).with("rejected", rejected);
            findings.iter().fold(problem, |problem, finding| {
                let members = serde_json::to_value(FindingView::of(finding)).unwrap_or_default();
                problem.in_rows(finding.code.code(), members)
            })
        }
    }
}

/// What the reader of Parquet says, without the bytes of a file that it may show at length.
fn in_brief(cause: &str) -> String {
    cause.chars().filter(|c| !c.is_control()).take(CAUSE_CHARS_MAX).collect()
}

/// Why nothing of a file is read.
fn unread(error: &FileError) -> Problem {
    match error {
        FileError::Unreadable(_) => Problem::new(Code::UnreadableBody),
        FileError::Malformed(cause) => {
            Problem::new(Code::UsageFileMalformed).with("cause", in_brief(&cause.to_string()))
        }
        FileError::Beyond(limit) => {
            Problem::new(Code::UsageFileBeyondLimits).with("part", limit.as_str()).with("limit", limit.most())
        }
        FileError::TooManyRows => Problem::too_large(usize::try_from(ROWS_MAX).unwrap_or(usize::MAX), "rows"),
        FileError::Packed(Packed::Unreadable) => Problem::new(Code::UsagePackedUnreadable),
        FileError::Packed(Packed::Several(count)) => {
            Problem::new(Code::UsagePackedSeveral).with("count", *count)
        }
        FileError::Packed(Packed::Parquet) => Problem::new(Code::UsagePackedParquet),
        FileError::Header(errors) => {
            let problem = Problem::new(Code::UsageFileRefused).with("rejected", 0_u32);
            errors.iter().fold(problem, |problem, error| {
                let (code, members) = of_header(error);
                problem.in_rows(code, members)
            })
        }
    }
}

/// Why a first line is no header, as a finding on the file itself.
fn of_header(error: &HeaderError) -> (Code, Value) {
    let (code, column, expected, found) = match error {
        HeaderError::Missing(column) => {
            (Code::UsageColumnMissing, Some(*column), column.names().join(" / "), None)
        }
        HeaderError::Repeated(column) => {
            (Code::UsageColumnRepeated, Some(*column), column.names().join(" / "), None)
        }
        HeaderError::Renamed(column, found) => {
            (Code::UsageColumnRenamed, Some(*column), column.names().join(" / "), Some(found.as_str()))
        }
        HeaderError::Inexact(column, found) => {
            (Code::UsageColumnInexact, Some(*column), "DECIMAL".to_owned(), Some(found.as_str()))
        }
        HeaderError::Unreadable(column, found) => {
            (Code::UsageColumnUnreadable, Some(*column), READABLE.to_owned(), Some(found.as_str()))
        }
        HeaderError::Native(foreign) => {
            (Code::UsageNotFocus, None, foreign.instead.to_owned(), Some(foreign.looks_like))
        }
    };
    let column = column.map(Column::name);
    (code, json!({"row": 0, "column": column, "rows": 0, "expected": expected, "found": found}))
}

/// `GET /rentals/{id}/usage/imports`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let mut list = request.list::<()>()?;
    let conn = request.reader().await?;
    list.query.rental = Some(find_visible(&request, &conn).await?.id.uuid());
    view::listed::<UsageImportView>(&conn, &list).await
}

/// `GET /rentals/{id}/usage/imports/{import}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let rental = find_visible(&request, &conn).await?.id;
    let of_it = |import: &UsageImport| import.rental == rental;
    view::shown::<UsageImportView>(&conn, &request.path.value("import")?, of_it).await
}

/// `POST /rentals/{id}/usage/imports/{import}/approve`
pub fn approve(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (id, rental) = (request.path.value("import")?, request.path.value("id")?);
    let Nothing {} = request.body()?;
    Ok(Parsed::new(Command::ApproveUsageImport(ApproveUsageImport { id, rental })))
}

/// `POST /rentals/{id}/usage/imports/{import}/reject`
pub fn reject(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (id, rental) = (request.path.value("import")?, request.path.value("id")?);
    let body: WithReason = request.body()?;
    let command = |reason| Command::RejectUsageImport(RejectUsageImport { id, rental, reason });
    Ok(Parsed::reasoned(body.reason, command))
}
