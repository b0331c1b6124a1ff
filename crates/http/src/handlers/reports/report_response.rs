//! What every report is asked, and how it is answered: as JSON, as comma-separated values, as a workbook, as Parquet.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::handler::{FileReply, ReadRequest, Reply};
use crate::handlers::agencies::today;
use crate::handlers::reports::report_page::{self, Cursor, ReportPage};
use crate::problem::Problem;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{Code, CreditCode, Date, Instant, ProgrammeCode, Sequence};
use subsidy_reports::ReadError;
use subsidy_reports::formats::file::{FileFormat, Summary, Writing};
use subsidy_reports::formats::{Cell, Column, FormatError, Totals};
use subsidy_reports::reading::{self, PageStart, Paged};
use subsidy_reports::report::{Link, NONE, Only, ROWS_MAX, Report, Scope};
use subsidy_reports::scope;
use subsidy_store::db::convert;
use subsidy_store::db::pool::Connection;

/// A column of a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnView {
    /// What the rows call it.
    key: &'static str,
    /// What it is called, in Chinese and in English.
    name: &'static str,
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    /// The name of the report, as its path has it.
    report: &'static str,
    /// The last day that counts.
    as_of: Date,
    /// The last sequence that counts.
    known_at: Sequence,
    /// When that sequence was recorded.
    recorded_at: Instant,
    /// What was asked for beside.
    filters: BTreeMap<String, String>,
    columns: Vec<ColumnView>,
    /// Each with a member a column; `links` says by the column where the rows are that sum to its figure.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
    /// The sums of the columns that are summed, by their keys.
    #[schema(value_type = Object)]
    totals: Map<String, Value>,
    /// Of which rows `totals` are.
    totals_of: TotalsOf,
    /// How many rows the report has, where all of them were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_in_all: Option<usize>,
    /// Where the next page begins, of a report that is asked for page by page; there is none on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Which rows sums are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TotalsOf {
    /// All rows of the report, answered or not.
    Report,
    /// The rows that are answered: nobody has read the others yet.
    Page,
}

/// How a report is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// In the answer itself.
    Json,
    File(FileFormat),
}

impl Format {
    /// Error: `format_not_supported`.
    pub fn of(request: &ReadRequest) -> Result<Self, Problem> {
        match request.query.text("format") {
            None | Some("json") => Ok(Self::Json),
            Some(name) => FileFormat::parse(name)
                .map(Self::File)
                .ok_or_else(|| Problem::new(Code::FormatNotSupported).with("format", name)),
        }
    }
}

/// What a report was asked: up to where it reads, and how it is answered.
#[derive(Debug)]
pub struct ReportRequest {
    pub conn: Connection,
    /// Up to where, and of what.
    pub scope: Scope,
    /// The last sequence that counts.
    pub at: scope::At,
    pub format: Format,
    /// Which page of it; none for the whole.
    pub page: Option<ReportPage>,
}

impl ReportRequest {
    /// The place at which the reading of a page is begun; none at the beginning. Error: `invalid_cursor`.
    pub fn place<P: DeserializeOwned>(&self) -> Result<Option<P>, Problem> {
        let cursor = self.page.as_ref().and_then(|page| page.cursor.as_ref());
        cursor.map(Cursor::place).transpose()
    }
}

/// Reads what all reports are asked.
pub async fn read_request(request: &ReadRequest) -> Result<ReportRequest, Problem> {
    read_request_in(request, Format::of(request)?).await
}

/// The same, in a format. Error: `invalid_query` for a sequence that the ledger has not reached.
pub async fn read_request_in(request: &ReadRequest, format: Format) -> Result<ReportRequest, Problem> {
    let query = &request.query;
    let page = ReportPage::of(request, format != Format::Json)?;
    let first = page.as_ref().and_then(|page| page.cursor.as_ref());
    let as_of = first.map(|first| first.as_of).or(query.value::<Date>("as_of")?);
    let known_at = query.number::<u64>("known_at")?;
    let known_at = first.and_then(|first| u64::try_from(first.known_at).ok()).or(known_at);
    let programme = query.value::<ProgrammeCode>("programme")?.map(|code| code.to_string());
    let only = only(request)?;
    let conn = request.reader().await?;
    let today = today(&conn, &request.agency).await?;
    let last = convert::sequence(today.next) - 1;
    let sequence = match known_at {
        None => last,
        Some(asked) => {
            i64::try_from(asked).ok().filter(|asked| *asked <= last).ok_or_else(unknown_sequence)?
        }
    };
    let at = scope::at(&conn, sequence).await?.ok_or_else(unknown_sequence)?;
    // what is known at a sequence does not wait for days that came after it
    let as_of = match (as_of, known_at) {
        (Some(day), _) => day,
        (None, None) => today.business_date,
        (None, Some(_)) => scope::business_date(&conn, &at).await?,
    };
    let scope = Scope { as_of, known_at: sequence, recorded_at: at.recorded_at, programme, only };
    Ok(ReportRequest { conn, scope, at, format, page })
}

/// A level, an organisation, a district, a fiscal year, each where the route knows it; `none` names lines that say nothing.
fn only(request: &ReadRequest) -> Result<Only, Problem> {
    let named = |name: &str| {
        let said = request.query.text(name);
        said.map(|text| if text == NONE { String::new() } else { text.to_owned() })
    };
    let organisation = named("organisation");
    if organisation.as_ref().is_some_and(|code| !code.is_empty() && CreditCode::parse(code).is_err()) {
        return Err(Problem::new(Code::InvalidQuery).with("parameter", "organisation"));
    }
    let fiscal_year = request.query.number::<i32>("fiscal_year")?.map(FiscalYear::new).transpose();
    let fiscal_year =
        fiscal_year.map_err(|_| Problem::new(Code::InvalidQuery).with("parameter", "fiscal_year"))?;
    Ok(Only {
        level: named("level"),
        organisation,
        region: named("region"),
        fiscal_year: fiscal_year.map(|year| year.to_string()),
    })
}

fn unknown_sequence() -> Problem {
    Problem::new(Code::InvalidQuery).with("parameter", "known_at")
}

/// The filters that a report was asked for, beside its times and format.
fn filters(request: &ReadRequest) -> BTreeMap<String, String> {
    let others = request.query.others(&["as_of", "known_at", "format", "limit", "cursor"]);
    others.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The report in the format that was asked for, or a page of it.
pub fn answer(request: &ReadRequest, asked: &ReportRequest, report: &Report) -> Result<Reply, Problem> {
    let rows = report.table.rows.len();
    if rows > ROWS_MAX {
        return Err(Problem::new(Code::TooManyRows).with("limit", ROWS_MAX));
    }
    if let Format::File(format) = asked.format {
        let bytes = file(request, asked, report, format)?;
        let sha256 = Sha256::digest(&bytes).into();
        let name = file_name(report.name, asked, format.ending());
        return Ok(Reply::File(FileReply {
            name,
            media_type: format.media_type(),
            bytes,
            sha256,
            sequence: None,
        }));
    }
    let Some(page) = &asked.page else {
        return Reply::json(&view(request, asked, (report, 0..rows), TotalsOf::Report)?);
    };
    asked.place::<()>()?;
    let shown = page.cursor.as_ref().map_or(0, |cursor| cursor.shown).min(rows);
    let end = shown.saturating_add(page.limit).min(rows);
    let next = (end < rows).then(|| next_cursor(request, asked, &PageStart { place: (), shown: end }));
    let view = view(request, asked, (report, shown..end), TotalsOf::Report)?;
    Reply::json(&ReportView { next_cursor: next.transpose()?, ..view })
}

/// The same of a report that is made as a whole, unless a page of it was shown and it is kept.
pub async fn answer_made(
    request: &ReadRequest,
    asked: &ReportRequest,
    made: impl Future<Output = Result<Report, ReadError>>,
) -> Result<Reply, Problem> {
    let Some(page) = &asked.page else { return answer(request, asked, &made.await?) };
    let question = report_page::question(request, &asked.scope);
    let paged = &request.sums.paged;
    // the first page shows how things stand, and the others belong to it
    let kept = page.cursor.as_ref().and_then(|_| paged.get(&question));
    let report = match kept {
        Some(report) => report,
        None => Arc::new(made.await?),
    };
    let reply = answer(request, asked, &report)?;
    if report.table.rows.len() > page.limit {
        paged.keep(question, report);
    }
    Ok(reply)
}

/// What a reading has, begun at the place of the request: a page of it, or all of it.
pub async fn answer_reading(
    request: &ReadRequest,
    asked: &ReportRequest,
    (name, columns): ([&'static str; 2], &'static [Column]),
    mut reading: impl Paged,
) -> Result<Reply, Problem> {
    let Some(asked_page) = &asked.page else {
        let rows = reading::decode_all(&asked.conn, reading).await?;
        return answer(request, asked, &Report::of(name, columns, rows));
    };
    let shown = asked_page.cursor.as_ref().map_or(0, |cursor| cursor.shown);
    let (rows, next) = reading::page(&asked.conn, &mut reading, shown, asked_page.limit).await?;
    let next_cursor = next.map(|next| next_cursor(request, asked, &next)).transpose()?;
    let is_all = asked_page.cursor.is_none() && next_cursor.is_none();
    let totals_of = if is_all { TotalsOf::Report } else { TotalsOf::Page };
    let rows_all = 0..rows.len();
    let view = view(request, asked, (&Report::of(name, columns, rows), rows_all), totals_of)?;
    Reply::json(&ReportView { next_cursor, ..view })
}

/// Where the next page begins, of the same report.
fn next_cursor<P: Serialize>(
    request: &ReadRequest,
    asked: &ReportRequest,
    next: &PageStart<P>,
) -> Result<String, Problem> {
    report_page::write(request, (asked.scope.as_of, asked.scope.known_at), next)
}

/// What a report's file is called.
pub fn file_name([name, _]: [&str; 2], asked: &ReportRequest, ending: &str) -> String {
    format!("{name}-{}-{}.{ending}", asked.scope.as_of, asked.scope.known_at)
}

/// Some rows of a report; its totals are of all rows that there are.
fn view(
    request: &ReadRequest,
    asked: &ReportRequest,
    (report, shown): (&Report, Range<usize>),
    totals_of: TotalsOf,
) -> Result<ReportView, Problem> {
    let columns = report.table.columns;
    let fault = |error: &dyn std::fmt::Display| Problem::fault(&error.to_string());
    let mut totals = Totals::of(columns);
    report.table.rows.iter().try_for_each(|row| totals.add(row)).map_err(|error| fault(&error))?;
    let totals =
        totals.summed().map(|(column, sum)| (column.key().to_owned(), Value::String(sum.to_string())));
    let rows = report.table.rows.iter().zip(&report.links).skip(shown.start).take(shown.len());
    Ok(ReportView {
        report: report.name[0],
        as_of: asked.scope.as_of,
        known_at: convert::read_sequence(asked.scope.known_at).map_err(|error| fault(&error))?,
        recorded_at: asked.scope.recorded_at,
        filters: filters(request),
        columns: columns.iter().map(|column| ColumnView { key: column.key(), name: column.name }).collect(),
        rows: rows.map(|(cells, links)| row_view(columns, cells, links)).collect(),
        totals: totals.collect(),
        totals_of,
        rows_in_all: (totals_of == TotalsOf::Report).then_some(report.table.rows.len()),
        next_cursor: None,
    })
}

fn row_view(columns: &[Column], cells: &[Cell], links: &[(usize, Link)]) -> Value {
    let mut row: Map<String, Value> = columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| {
            let value = match cell {
                Cell::Text(text) => Value::String(text.clone()),
                Cell::Amount(amount) => Value::String(amount.to_string()),
                Cell::Count(count) => Value::from(*count),
                Cell::Empty => Value::Null,
            };
            (column.key().to_owned(), value)
        })
        .collect();
    let links = links.iter().filter_map(|(index, link)| {
        Some((columns.get(*index)?.key().to_owned(), Value::String(link.text().to_owned())))
    });
    row.insert("links".to_owned(), Value::Object(links.collect()));
    Value::Object(row)
}

/// The report as a file in memory.
fn file(
    request: &ReadRequest,
    asked: &ReportRequest,
    report: &Report,
    format: FileFormat,
) -> Result<Vec<u8>, FormatError> {
    let (columns, created) = (report.table.columns, asked.scope.recorded_at);
    let into = std::io::Cursor::new(Vec::new());
    let mut writing = Writing::begin(format, columns, (report.name[1], created), into)?;
    report.table.rows.iter().try_for_each(|row| writing.row(row))?;
    let facts = Facts::of(request, asked, report.name);
    let (bytes, _) = writing.finish(|summary| facts.with(summary))?;
    Ok(bytes.into_inner())
}

/// What is to be known about a file's rows before they are written: of when they are, and for whom.
#[derive(Debug, Clone)]
pub struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// Of a report's file.
    pub fn of(request: &ReadRequest, asked: &ReportRequest, [name, chinese]: [&str; 2]) -> Self {
        let scope = &asked.scope;
        let filters = filters(request);
        let filters: Vec<String> = filters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Self(vec![
            ("报表 report", format!("{chinese} {name}")),
            ("主管部门 agency", asked.at.agency.clone()),
            ("截至 as_of", scope.as_of.to_string()),
            ("已知至 known_at", scope.known_at.to_string()),
            ("记录时间 recorded_at", scope.recorded_at.to_string()),
            ("筛选 filters", filters.join("&")),
            ("导出人 person", request.actor.subject.to_string()),
        ])
    }

    /// With what the rows came to.
    pub fn with(&self, summary: &Summary) -> Vec<(&'static str, String)> {
        let mut about = self.0.clone();
        about.push(("行数 rows", summary.rows.to_string()));
        let sums = summary.totals.summed();
        about.extend(sums.map(|(column, sum)| ("合计 total", format!("{} {sum}", column.name))));
        about.push(("数据摘要 sha256_of_csv", summary.sha256_of_csv.to_string()));
        about
    }

    /// What makes the file what it is.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.as_str())
    }
}
