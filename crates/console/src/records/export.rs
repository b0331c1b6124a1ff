//! What a list shows as a file: the same filter, all of its pages, the same columns.

use std::io::Cursor;

use actix_web::HttpResponse;
use actix_web::http::header;
use serde_json::Value;
use subsidy_core::domain::{Code, Instant, Money};

use super::Record;
use super::cell::{Column, Show, cells};
use crate::doc::Doc;
use crate::form::Refusal;
use crate::visit::{Visit, with_query};
use subsidy_http::problem::Problem;
use subsidy_reports::formats::file::{FileFormat, Writing};
use subsidy_reports::formats::{self, Cell, FormatError};

/// What a browser is made to wait for.
const ROWS_MAX: usize = 20_000;
/// The most rows that are read at once.
const PAGE_MAX: usize = 200;

/// What lists are exported as.
pub const FORMATS: [&str; 4] = ["csv", "xlsx", "parquet", "json"];

/// `GET /claims?status=paid&format=csv`. Errors: those of the read; `too_large`, `format_not_supported`.
pub async fn export(visit: &Visit<'_>, record: &'static Record) -> Result<HttpResponse, Refusal> {
    let format = visit.filter("format");
    if !FORMATS.contains(&format) {
        let problem = Problem::new(Code::FormatNotSupported).with("format", format);
        return Err(Refusal::from_problem(&problem, visit));
    }
    let documents = all(visit, record).await?;
    let today = visit.today().await;
    let (media_type, bytes) = match FileFormat::parse(format) {
        None => {
            let documents: Vec<Value> = documents.into_iter().map(|found| found.0).collect();
            ("application/json", Value::from(documents).to_string().into_bytes())
        }
        Some(file) => {
            let written = table(visit, (record, file), &documents, &today).await;
            let written = written.map_err(|error| Refusal::from_problem(&Problem::fault(&error), visit))?;
            (file.media_type(), written)
        }
    };
    let name = record.path.trim_start_matches('/').replace('/', "-");
    let name = format!("attachment; filename=\"{name}-{today}.{format}\"");
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, name.as_str())];
    let mut response = HttpResponse::Ok();
    for header in headers {
        response.insert_header(header);
    }
    Ok(response.body(bytes))
}

/// What the address asks for beside the format: the console's own choices begin with a dot.
fn filters(visit: &Visit<'_>) -> Vec<(String, String)> {
    let own = ["format", "cursor", "limit"];
    let asked =
        visit.query.iter().filter(|(name, _)| !own.contains(&name.as_str()) && !name.starts_with('.'));
    asked.cloned().collect()
}

async fn all(visit: &Visit<'_>, record: &Record) -> Result<Vec<Doc>, Refusal> {
    let mut query = filters(visit);
    // what is suggested while somebody types is the first few of it
    let few = visit.filter(".first").parse::<usize>().ok().filter(|few| (1..=PAGE_MAX).contains(few));
    query.push(("limit".to_owned(), few.unwrap_or(PAGE_MAX).to_string()));
    let target = with_query(&format!("/v1{}", record.path), &query);
    let documents = visit.look_whole(&target, few.unwrap_or(ROWS_MAX + 1)).await?.list("data");
    if documents.len() > ROWS_MAX {
        let problem = Problem::too_large(ROWS_MAX, "rows");
        return Err(Refusal::from_problem(&problem, visit));
    }
    Ok(documents)
}

/// How wide a column stands in a workbook, in characters.
const WIDTH: u16 = 22;

/// A column of the list as one of a file: amounts are numbers there, days are days, instants are instants.
fn head(visit: &Visit<'_>, record: &Record, column: &Column) -> formats::Column {
    let (name, member) = (column.name(visit.t), column.member);
    let head = match column.show {
        Show::Money if member == record.sum => formats::Column::summed(name, WIDTH),
        Show::Money => formats::Column::amounts(name, WIDTH),
        // a month is shown like a day and is none
        Show::Date if member != "month" => formats::Column::days(name, WIDTH),
        Show::Time => formats::Column::instants(name, WIDTH),
        _ => formats::Column::plain(name, WIDTH),
    };
    head.of_member(member)
}

/// The list as a file of a table. Made of the same rows it is the same, whoever asks for it and whenever.
async fn table(
    visit: &Visit<'_>,
    (record, format): (&Record, FileFormat),
    documents: &[Doc],
    today: &str,
) -> Result<Vec<u8>, FormatError> {
    let heads: Vec<_> = record.columns.iter().map(|column| head(visit, record, column)).collect();
    let title = (record.title)(visit.t);
    let made = documents.iter().map(|found| found.text("updated_at")).max().unwrap_or_default();
    let made = Instant::parse(&made).or_else(|_| Instant::parse(&format!("{today}T00:00:00Z")));
    let made = made.map_err(|_| FormatError::Cell { column: "updated_at", text: today.to_owned() })?;
    let mut file = Writing::begin(format, &heads, (title, made), Cursor::new(Vec::new()))?;
    for found in documents {
        let shown = cells(visit, found, record.columns).await;
        let row: Vec<Cell> = shown
            .into_iter()
            .zip(record.columns)
            .map(|(cell, column)| written(found, column, cell.text, format))
            .collect::<Result<_, _>>()?;
        file.row(&row)?;
    }
    let asked = with_query(record.path, &filters(visit));
    let (file, _) = file.finish(|summary| {
        vec![
            ("清单 list", title.to_owned()),
            ("条件 filter", asked.clone()),
            ("业务日期 business_date", today.to_owned()),
            ("行数 rows", summary.rows.to_string()),
        ]
    })?;
    Ok(file.into_inner())
}

/// A cell: amounts, and instants for programs, as the API says them; all else as people read it.
fn written(found: &Doc, column: &Column, shown: String, format: FileFormat) -> Result<Cell, FormatError> {
    let own = found.text(column.member);
    Ok(match column.show {
        Show::Money if own.is_empty() => Cell::Empty,
        Show::Money => {
            let amount = Money::parse_signed(&own);
            Cell::Amount(amount.map_err(|_| FormatError::Cell { column: column.member, text: own })?)
        }
        Show::Time if format == FileFormat::Parquet => Cell::from(Some(own).filter(|text| !text.is_empty())),
        _ if shown.is_empty() => Cell::Empty,
        _ => Cell::Text(shown),
    })
}
