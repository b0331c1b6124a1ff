//! `/rentals/{id}/usage/imports/{import}/errors`: what is wrong with a billing file, row by row, as JSON or as a file.

use sha2::{Digest, Sha256};

use crate::handler::{FileReply, ReadRequest, Reply};
use crate::handlers::usage::find_visible;
use crate::handlers::usage::imports::RowErrorView;
use crate::problem::Problem;
use subsidy_core::domain::{Code, Instant, UsageImportId};
use subsidy_files::billing_files::limits::ERRORS_KEPT_MAX;
use subsidy_reports::formats::{Cell, Column, FormatError, Table, csv, workbook};
use subsidy_store::db::pool::Connection;
use subsidy_store::usage::queries;
use subsidy_store::usage::{UsageErrorRow, UsageImportRow};

const COLUMNS: &[Column] = &[
    Column::plain("行 row", 10),
    Column::plain("列 column", 26),
    Column::plain("代码 code", 28),
    Column::plain("内容 found", 28),
    Column::plain("说明 detail", 60),
];

/// As which file errors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum ErrorsFile {
    /// An array of objects.
    Json,
    Csv,
    Xlsx,
}

/// The errors as a file's bytes. `made` is when: the same errors give the same bytes.
pub fn written(
    errors: &[RowErrorView],
    file: ErrorsFile,
    made: Instant,
    about: &[(&'static str, String)],
) -> Result<Vec<u8>, FormatError> {
    let table = || Table { columns: COLUMNS, rows: errors.iter().map(cells).collect() };
    match file {
        ErrorsFile::Json => Ok(serde_json::to_vec_pretty(errors).map_err(std::io::Error::from)?),
        ErrorsFile::Csv => csv::write(&table()),
        ErrorsFile::Xlsx => {
            let table = table();
            workbook::write(&workbook::Sheets { name: "差错 errors", table: &table, about, created: made })
        }
    }
}

fn cells(error: &RowErrorView) -> Vec<Cell> {
    vec![
        Cell::Count(i64::from(error.row)),
        Cell::from(error.column.clone()),
        Cell::Text(error.code.clone()),
        Cell::from(error.found.clone()),
        Cell::Text(error.detail.clone()),
    ]
}

/// `GET /rentals/{id}/usage/imports/{import}/errors`
pub async fn errors(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, conn) = (request.page()?, request.reader().await?);
    let id = find_visible(&request, &conn).await?.id;
    let import: UsageImportId = request.path.value("import")?;
    let rows = UsageImportRow::by_keys(&conn, &[import.uuid()]).await?;
    let row = rows.first().filter(|row| row.rental == id.uuid());
    let row = row.ok_or_else(|| Problem::new(Code::NotFound))?;
    let asked = request.query.text("format").unwrap_or("json");
    let view = |row: &UsageErrorRow| RowErrorView::stored(row, request.language);
    let (file, media_type) = match asked.parse() {
        Err(_) => return Err(Problem::new(Code::FormatNotSupported).with("format", asked)),
        Ok(ErrorsFile::Json) => {
            let (row, line) = (page.after.max(0) >> 8, page.after.max(0) & 255);
            let at = |part| i32::try_from(part).unwrap_or(i32::MAX);
            let after =
                queries::ErrorPlace { row: at(row), line: if page.after < 0 { -1 } else { at(line) } };
            let rows = queries::errors_after(&conn, after, import.uuid(), page.rows()).await?;
            let (rows, next) = page.cut(rows, |row| (i64::from(row.row) << 8) + i64::from(row.line));
            return Reply::list((rows.iter().map(view).collect(), next));
        }
        Ok(file @ ErrorsFile::Csv) => (file, "text/csv; charset=utf-8"),
        Ok(file @ ErrorsFile::Xlsx) => {
            (file, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        }
    };
    let views: Vec<RowErrorView> = all(&conn, import).await?.iter().map(view).collect();
    let bytes = of_import(&views, file, row)?;
    let (name, sha256) = (format!("usage-errors-{import}.{asked}"), Sha256::digest(&bytes).into());
    Ok(Reply::File(FileReply { name, media_type, bytes, sha256, sequence: None }))
}

async fn all(conn: &Connection, import: UsageImportId) -> Result<Vec<UsageErrorRow>, Problem> {
    let limit = i64::try_from(ERRORS_KEPT_MAX).unwrap_or(i64::MAX);
    let rows = queries::errors_after(conn, queries::ErrorPlace::FIRST, import.uuid(), limit).await;
    rows.map_err(Problem::from)
}

fn of_import(views: &[RowErrorView], file: ErrorsFile, row: &UsageImportRow) -> Result<Vec<u8>, Problem> {
    let about = [
        ("import_id", row.id.to_string()),
        ("rental_id", row.rental.to_string()),
        ("mode", row.mode.clone()),
        ("rows", row.rows.to_string()),
        ("rejected", row.rejected.to_string()),
        ("sha256", hex::encode(&row.sha256)),
    ];
    written(views, file, Instant::new(row.updated_at), &about).map_err(Problem::from)
}
