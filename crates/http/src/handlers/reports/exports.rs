//! Long reports as files: asked for, watched, fetched.

use std::fs::File;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::handler::{ReadRequest, Reply, StoredFile};
use crate::handlers::reports::audit_reports::{
    known_exceptions, of, read_dialect, read_draw, read_exceptions, read_leaves, read_lines_request,
};
use crate::handlers::reports::report_response::{
    Facts, Format, ReportRequest, file_name, read_request, read_request_in,
};
use crate::problem::Problem;
use subsidy_core::domain::{AgencyCode, Code, ContentHash, Instant};
use subsidy_files::objects::ObjectError;
use subsidy_reports::account_statement;
use subsidy_reports::account_statement::Reading as Lines;
use subsidy_reports::exports;
use subsidy_reports::exports::{ExportError, ExportRequest, KEPT, Pages, Progress};
use subsidy_reports::formats::file::FileFormat;
use subsidy_reports::formats::{Cell, Column};
use subsidy_reports::operations;
use subsidy_reports::operations::Reading as Leaves;
use subsidy_reports::reading::{Part, Reading};
use subsidy_reports::report::Row;
use subsidy_reports::{exceptions, journal, overlaps, recalculation, sample};
use subsidy_store::engine::Engine;

/// The id of an export. It is made of what was asked, so that the same question has the same id.
#[derive(Debug, Serialize)]
pub struct ExportId(Uuid);

subsidy_core::string_schema! {
    ExportId as "ExportId": "01890a5d-ac96-874b-bcce-b302099a8057", "The id of an export.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
}

/// An export of a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// Which export it is; the same question has the same id.
    id: ExportId,
    /// `running`, `finished`, `failed` or `interrupted`; the last two begin again when they are asked for again.
    status: &'static str,
    /// How many rows are written so far.
    rows: u64,
    /// How many bytes the file has.
    bytes: Option<u64>,
    /// The digest of its bytes.
    #[schema(value_type = Option<String>)]
    sha256: Option<ContentHash>,
    /// The digest of the same rows as CSV.
    sha256_of_csv: Option<String>,
    finished_at: Option<Instant>,
    /// When the file may be removed.
    kept_until: Option<Instant>,
    /// Where the export is, and where its file will be.
    link: String,
    /// Where its file will be, or is.
    content: String,
}

impl ExportView {
    fn of(id: Uuid, progress: Progress) -> Self {
        let link = format!("/v1/report-exports/{id}");
        let content = format!("{link}/content");
        let (status, rows, finished) = match progress {
            Progress::Running(rows) => ("running", rows, None),
            Progress::Finished(finished) => ("finished", finished.rows, Some(finished)),
            Progress::Failed => ("failed", 0, None),
            Progress::Interrupted => ("interrupted", 0, None),
        };
        let finished = finished.as_ref();
        Self {
            id: ExportId(id),
            status,
            rows,
            bytes: finished.map(|finished| finished.bytes),
            sha256: finished.map(|finished| finished.sha256),
            sha256_of_csv: finished.map(|finished| finished.sha256_of_csv.clone()),
            finished_at: finished.map(|finished| finished.finished_at),
            kept_until: finished.map(|finished| Instant::new(finished.finished_at.utc() + KEPT)),
            link,
            content,
        }
    }
}

fn problem(error: ExportError) -> Problem {
    match error {
        ExportError::Busy => Problem::new(Code::Busy),
        ExportError::Read(error) => error.into(),
        ExportError::Database(error) => Problem::database(&error),
        error @ (ExportError::Format(_)
        | ExportError::Io(_)
        | ExportError::TooManyRows { .. }
        | ExportError::Worker) => Problem::fault(&error),
    }
}

/// Rows of a report, each page on a connection of its own.
struct ReportPages<T> {
    engine: Engine,
    agency: AgencyCode,
    reading: T,
}

fn cells(rows: Option<Vec<Row>>) -> Option<Vec<Vec<Cell>>> {
    rows.map(|rows| rows.into_iter().map(|row| row.cells).collect())
}

impl<T: Reading> Pages for ReportPages<T> {
    async fn next(&mut self) -> Result<Option<Vec<Vec<Cell>>>, ExportError> {
        let conn = self.engine.reader(&self.agency).await?;
        Ok(cells(self.reading.next(&conn, Part::Long).await?))
    }
}

/// `POST /reports/account-statement/exports`
pub async fn account_statement(request: ReadRequest) -> Result<Reply, Problem> {
    let (asked, filter) = read_lines_request(&request).await?;
    let reading = Lines::begin(&asked.conn, asked.scope.clone(), filter, None).await?;
    begin(&request, &asked, (account_statement::NAME, account_statement::COLUMNS), reading)
}

/// `POST /reports/operations/exports`
pub async fn operations(request: ReadRequest) -> Result<Reply, Problem> {
    let filter = read_leaves(&request)?;
    let asked = read_request(&request).await?;
    let known = (&request.sums.approvals, None);
    let reading = Leaves::begin(&asked.conn, of(&request, &asked), filter, known).await?;
    begin(&request, &asked, (operations::NAME, operations::COLUMNS), reading)
}

/// `POST /reports/exceptions/exports`
pub async fn exceptions(request: ReadRequest) -> Result<Reply, Problem> {
    let question = read_exceptions(&request)?;
    let asked = read_request(&request).await?;
    let known = (known_exceptions(&request), None);
    let reading = exceptions::Reading::begin(&asked.conn, of(&request, &asked), question, known).await?;
    begin(&request, &asked, (exceptions::NAME, exceptions::COLUMNS), reading)
}

/// `POST /reports/journal/exports`
pub async fn journal(request: ReadRequest) -> Result<Reply, Problem> {
    let dialect = read_dialect(&request)?;
    let asked = read_request_in(&request, Format::File(dialect.format())).await?;
    let reading = journal::Reading::begin(&asked.conn, asked.scope.clone(), dialect).await?;
    begin(&request, &asked, (journal::NAME, journal::COLUMNS), reading)
}

/// `POST /reports/sample/exports`
pub async fn sample(request: ReadRequest) -> Result<Reply, Problem> {
    let draw = read_draw(&request)?;
    let asked = read_request(&request).await?;
    begin(
        &request,
        &asked,
        (sample::NAME, sample::COLUMNS),
        sample::Reading::new(asked.scope.clone(), &draw, None),
    )
}

/// `POST /reports/recalculation/exports`
pub async fn recalculation(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    let reading = recalculation::Reading::begin(&asked.conn, asked.scope.clone(), None).await?;
    begin(&request, &asked, (recalculation::NAME, recalculation::COLUMNS), reading)
}

/// `POST /reports/overlaps/exports`
pub async fn overlaps(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    let known = &request.sums.invoices;
    let reading = overlaps::Reading::begin(&asked.conn, of(&request, &asked), known).await?;
    begin(&request, &asked, (overlaps::NAME, overlaps::COLUMNS), reading)
}

/// Begins an export of a question, or finds it. Without a format it is CSV.
fn begin<T: Reading>(
    request: &ReadRequest,
    asked: &ReportRequest,
    (name, columns): ([&'static str; 2], &'static [Column]),
    reading: T,
) -> Result<Reply, Problem> {
    let format = match asked.format {
        Format::File(format) => format,
        Format::Json if request.query.text("format").is_none() => FileFormat::Csv,
        Format::Json => return Err(Problem::new(Code::FormatNotSupported).with("format", "json")),
    };
    let facts = Facts::of(request, asked, name);
    let parts: Vec<&str> =
        [request.agency.as_str(), format.ending()].into_iter().chain(facts.parts()).collect();
    let id = exports::id_of(&parts);
    let wanted = ExportRequest {
        agency: request.agency.clone(),
        id,
        format,
        name: file_name(name, asked, format.ending()),
        sheet: name[1],
        columns,
        created: asked.scope.recorded_at,
    };
    let pages = ReportPages { engine: request.engine.clone(), agency: request.agency.clone(), reading };
    let progress = request.exports.begin(wanted, pages, move |summary| facts.with(summary));
    Reply::json(&ExportView::of(id, progress.map_err(problem)?))
}

fn found(request: &ReadRequest) -> Result<(Uuid, Progress), Problem> {
    let id: Uuid = request.path.value("id")?;
    let progress = request.exports.progress(&request.agency, id).map_err(problem)?;
    Ok((id, progress.ok_or_else(|| Problem::new(Code::NotFound))?))
}

/// `GET /report-exports/{id}`
pub async fn progress(request: ReadRequest) -> Result<Reply, Problem> {
    let (id, progress) = found(&request)?;
    Reply::json(&ExportView::of(id, progress))
}

/// `GET /report-exports/{id}/content`. Error: `not_found` before it is finished.
pub async fn content(request: ReadRequest) -> Result<Reply, Problem> {
    let (id, progress) = found(&request)?;
    let Progress::Finished(finished) = progress else { return Err(Problem::new(Code::NotFound)) };
    let format = FileFormat::of_ending(&finished.format).ok_or_else(|| Problem::new(Code::NotFound))?;
    let file = request.exports.file(&request.agency, id, &finished).map_err(problem)?;
    let stream = stream::try_unfold(file, |mut file: File| async move {
        let failed = |source| ObjectError::File { path: "an export".into(), source };
        let read =
            tokio::task::spawn_blocking(move || exports::next_bytes(&mut file).map(|bytes| (bytes, file)));
        let (bytes, file) = read.await.map_err(|_| ObjectError::Worker)?.map_err(failed)?;
        Ok((!bytes.is_empty()).then(|| (bytes.into(), file)))
    });
    Ok(Reply::Stored(StoredFile {
        stream: stream.boxed(),
        bytes: finished.bytes,
        media_type: format.media_type(),
        name: finished.name,
        digest: finished.sha256.to_string(),
    }))
}
