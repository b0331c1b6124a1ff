//! What a list shows as a file: the same filter, all of its pages, the same columns.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde_json::Value;
use subsidy_core::domain::Code;

use super::Record;
use super::cell::{Show, cells};
use crate::console::doc::Doc;
use crate::console::form::Refusal;
use crate::console::visit::{Visit, with_query};
use crate::http::problem::Problem;
use crate::reports::formats::FormatError;
use crate::reports::formats::csv::lines;

/// What a browser is made to wait for.
const ROWS_MAX: usize = 20_000;

/// What lists are exported as.
pub const FORMATS: [&str; 2] = ["csv", "json"];

/// `GET /claims?status=paid&format=csv`. Errors: those of the read; `too_large`, `format_not_supported`.
pub async fn export(visit: &Visit<'_>, record: &'static Record) -> Result<HttpResponse, Refusal> {
    let format = visit.filter("format");
    if !FORMATS.contains(&format) {
        let problem = Problem::new(Code::FormatNotSupported).with("format", format);
        return Err(Refusal::from_problem(&problem, visit));
    }
    let documents = all(visit, record).await?;
    let (media_type, bytes) = if format == "json" {
        let documents: Vec<Value> = documents.into_iter().map(|found| found.0).collect();
        ("application/json", Value::from(documents).to_string().into_bytes())
    } else {
        let written = table(visit, record, &documents).await;
        let written = written.map_err(|error| Refusal::from_problem(&Problem::fault(&error), visit))?;
        ("text/csv; charset=utf-8", written)
    };
    let name = record.path.trim_start_matches('/').replace('/', "-");
    let name = format!("attachment; filename=\"{name}-{}.{format}\"", visit.today().await);
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, name.as_str())];
    let mut response = HttpResponse::Ok();
    for header in headers {
        response.insert_header(header);
    }
    Ok(response.body(bytes))
}

async fn all(visit: &Visit<'_>, record: &Record) -> Result<Vec<Doc>, Refusal> {
    let own = ["format", "cursor", "limit"];
    let filters =
        visit.query.iter().filter(|(name, _)| !own.contains(&name.as_str()) && !name.starts_with('.'));
    let mut query: Vec<_> = filters.cloned().collect();
    query.push(("limit".to_owned(), "200".to_owned()));
    let (mut documents, mut target) = (Vec::new(), with_query(&format!("/v1{}", record.path), &query));
    loop {
        let found = visit.look(&target).await?;
        documents.extend(found.list("data"));
        let cursor = found.text("next_cursor");
        if documents.len() > ROWS_MAX {
            let problem = Problem::too_large(ROWS_MAX, "rows");
            return Err(Refusal::from_problem(&problem, visit));
        }
        if cursor.is_empty() {
            return Ok(documents);
        }
        let next: Vec<_> = query.iter().cloned().chain([("cursor".to_owned(), cursor)]).collect();
        target = with_query(&format!("/v1{}", record.path), &next);
    }
}

async fn table(visit: &Visit<'_>, record: &Record, documents: &[Doc]) -> Result<Vec<u8>, FormatError> {
    let mut rows = vec![record.columns.iter().map(|column| visit.t.field(column.member)).collect()];
    for found in documents {
        let shown = cells(visit, found, record.columns).await;
        let value = |(cell, column): (super::cell::Cell, &super::Column)| match column.show {
            // a figure as programs read it
            Show::Money => found.text(column.member),
            _ => cell.text,
        };
        rows.push(shown.into_iter().zip(record.columns).map(value).collect());
    }
    lines(&rows)
}
