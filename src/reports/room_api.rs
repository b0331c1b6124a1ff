//! The auditor's room: every report as JSON, as comma-separated values, as a workbook.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::formats::workbook::Sheets;
use super::formats::{Cell, Column, FormatError, csv, workbook};
use super::journal::{self, Dialect};
use super::lines::Filter;
use super::report::{ROWS_MAX, Report, Scope};
use super::sample::{self, Draw};
use super::{
    account_statement, ageing, budget_execution, exceptions, overlaps, recalculation, scope,
    voucher_rollforward,
};
use crate::agencies::api::today;
use crate::db::convert;
use crate::db::pool::Connection;
use crate::domain::money::Amount;
use crate::domain::{CreditCode, Date, Instant, ProgrammeCode, Sequence, TextHash};
use crate::http::problem::Problem;
use crate::http::verb::{FileReply, ReadRequest, Reply};
use crate::ledger::Account;

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
}

/// How a report is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Csv,
    Xlsx,
}

impl Format {
    /// Error: `format_not_supported`.
    pub(super) fn of(request: &ReadRequest) -> Result<Self, Problem> {
        match request.query.text("format") {
            None | Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Xlsx),
            Some(other) => Err(Problem::new("format_not_supported").with("format", other)),
        }
    }
}

/// What a report was asked: up to where it reads, and how it is answered.
pub(super) struct Asked {
    pub(super) conn: Connection,
    pub(super) scope: Scope,
    pub(super) at: scope::At,
    pub(super) format: Format,
}

/// Reads what all reports are asked.
pub(super) async fn asked(request: &ReadRequest) -> Result<Asked, Problem> {
    asked_in(request, Format::of(request)?).await
}

/// The same, in a format. Error: `invalid_query` for a sequence that the ledger has not reached.
async fn asked_in(request: &ReadRequest, format: Format) -> Result<Asked, Problem> {
    let query = &request.query;
    let as_of = query.value::<Date>("as_of")?;
    let known_at = query.value::<u64>("known_at")?;
    let programme = query.value::<ProgrammeCode>("programme")?.map(|code| code.to_string());
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
    let scope = Scope { as_of, known_at: sequence, recorded_at: at.recorded_at, programme };
    Ok(Asked { conn, scope, at, format })
}

fn unknown_sequence() -> Problem {
    Problem::new("invalid_query").with("parameter", "known_at")
}

/// The filters that a report was asked for, beside its times and format.
fn filters(request: &ReadRequest) -> BTreeMap<String, String> {
    let others = request.query.others(&["as_of", "known_at", "format"]);
    others.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The report in the format that was asked for.
pub(super) fn answer(request: &ReadRequest, asked: &Asked, report: &Report) -> Result<Reply, Problem> {
    if report.table.rows.len() > ROWS_MAX {
        return Err(Problem::new("too_many_rows").with("limit", ROWS_MAX));
    }
    let failed = |error: FormatError| Problem::fault(&error);
    let (bytes, ending, media_type) = match asked.format {
        Format::Json => return Reply::json(&view(request, asked, report)?),
        Format::Csv => (csv::write(&report.table).map_err(failed)?, "csv", "text/csv; charset=utf-8"),
        Format::Xlsx => (
            sheets(request, asked, report).map_err(failed)?,
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    };
    let [name, _] = report.name;
    let sha256 = Sha256::digest(&bytes).into();
    let name = format!("{name}-{}-{}.{ending}", asked.scope.as_of, asked.scope.known_at);
    Ok(Reply::File(FileReply { name, media_type, bytes, sha256, sequence: None }))
}

fn view(request: &ReadRequest, asked: &Asked, report: &Report) -> Result<ReportView, Problem> {
    let columns = report.table.columns;
    let fault = |error: &dyn std::fmt::Display| Problem::fault(&error.to_string());
    let mut totals = Map::new();
    for (index, column) in columns.iter().enumerate().filter(|(_, column)| column.sums) {
        let total = report.table.total(index).map_err(|error| fault(&error))?;
        totals.insert(column.key().to_owned(), Value::String(total.unwrap_or_default().to_string()));
    }
    let rows = report.table.rows.iter().zip(&report.links);
    Ok(ReportView {
        report: report.name[0],
        as_of: asked.scope.as_of,
        known_at: convert::read_sequence(asked.scope.known_at).map_err(|error| fault(&error))?,
        recorded_at: asked.scope.recorded_at,
        filters: filters(request),
        columns: columns.iter().map(|column| ColumnView { key: column.key(), name: column.name }).collect(),
        rows: rows.map(|(cells, links)| row_view(columns, cells, links)).collect(),
        totals,
    })
}

fn row_view(columns: &[Column], cells: &[Cell], links: &[(usize, super::report::Link)]) -> Value {
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

/// The rows, and a sheet that says which they are, of when and for whom.
fn sheets(request: &ReadRequest, asked: &Asked, report: &Report) -> Result<Vec<u8>, FormatError> {
    let (scope, table) = (&asked.scope, &report.table);
    let sha256 = TextHash::new(Sha256::digest(csv::write(table)?).into());
    let filters = filters(request);
    let filters: Vec<String> = filters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let [name, chinese] = report.name;
    let mut about = vec![
        ("报表 report", format!("{chinese} {name}")),
        ("主管部门 agency", asked.at.agency.clone()),
        ("截至 as_of", scope.as_of.to_string()),
        ("已知至 known_at", scope.known_at.to_string()),
        ("记录时间 recorded_at", scope.recorded_at.to_string()),
        ("筛选 filters", filters.join("&")),
        ("导出人 person", request.actor.subject.to_string()),
        ("行数 rows", table.rows.len().to_string()),
    ];
    for (index, column) in table.columns.iter().enumerate().filter(|(_, column)| column.sums) {
        about.push(("合计 total", format!("{} {}", column.name, table.total(index)?.unwrap_or_default())));
    }
    about.push(("数据摘要 sha256_of_csv", sha256.to_string()));
    workbook::write(&Sheets { name: chinese, table, about: &about, created: scope.recorded_at })
}

/// `GET /reports/budget-execution`
pub async fn budget_execution(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = asked(&request).await?;
    answer(&request, &asked, &budget_execution::read(&asked.conn, &asked.scope).await?)
}

/// `GET /reports/voucher-rollforward`
pub async fn voucher_rollforward(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = asked(&request).await?;
    answer(&request, &asked, &voucher_rollforward::read(&asked.conn, &asked.scope).await?)
}

/// `GET /reports/ageing`
pub async fn ageing(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = asked(&request).await?;
    answer(&request, &asked, &ageing::read(&asked.conn, &asked.scope).await?)
}

/// The accounts that a query names, apart by commas; none where it names none.
pub(super) fn accounts(request: &ReadRequest) -> Result<Vec<String>, Problem> {
    let Some(text) = request.query.text("account") else { return Ok(Vec::new()) };
    let refused = || Problem::new("invalid_query").with("parameter", "account");
    let code = |code: &str| Account::parse(code).map(|account| account.code().to_owned());
    text.split(',').map(code).collect::<Option<_>>().ok_or_else(refused)
}

/// `GET /reports/account-statement`. `until` is another word for `as_of`.
pub async fn account_statement(request: ReadRequest) -> Result<Reply, Problem> {
    let (accounts, query) = (accounts(&request)?, &request.query);
    let flow = query.text("flow").map(str::to_owned);
    let known = ["appropriated", "adjusted", "issued", "redeemed", "released", "expired"];
    if flow.as_ref().is_some_and(|flow| !known.contains(&flow.as_str())) {
        return Err(Problem::new("invalid_query").with("parameter", "flow"));
    }
    if accounts.is_empty() && flow.is_none() {
        return Err(Problem::new("invalid_query").with("parameter", "account"));
    }
    let filter = Filter {
        accounts,
        flow,
        organisation: query.value::<CreditCode>("organisation")?.map(|code| code.to_string()),
        level: query.text("level").map(str::to_owned),
        document: query.text("document").map(str::to_owned),
        voucher: query.text("voucher").map(str::to_owned),
        from: query.value::<Date>("from")?,
    };
    let until = query.value::<Date>("until")?;
    let mut asked = asked(&request).await?;
    if let Some(until) = until {
        asked.scope.as_of = asked.scope.as_of.min(until);
    }
    answer(&request, &asked, &account_statement::read(&asked.conn, &asked.scope, &filter).await?)
}

/// `GET /reports/recalculation`
pub async fn recalculation(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = asked(&request).await?;
    answer(&request, &asked, &recalculation::read(&asked.conn, &asked.scope).await?)
}

/// `GET /reports/overlaps`
pub async fn overlaps(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = asked(&request).await?;
    answer(&request, &asked, &overlaps::read(&asked.conn, &asked.scope).await?)
}

/// `GET /reports/exceptions`
pub async fn exceptions(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = asked(&request).await?;
    let zone = asked.at.zone.to_string();
    answer(&request, &asked, &exceptions::read(&asked.conn, &asked.scope, &zone).await?)
}

/// `GET /reports/sample`
pub async fn sample(request: ReadRequest) -> Result<Reply, Problem> {
    let missing = |name: &str| Problem::new("invalid_query").with("parameter", name);
    let seed = request.query.text("seed").filter(|seed| !seed.is_empty()).ok_or_else(|| missing("seed"))?;
    let interval = request.query.text("interval").and_then(|text| Amount::parse(text).ok());
    let account = match accounts(&request)?.as_slice() {
        [] => Account::F2302.code().to_owned(),
        [one] => one.clone(),
        [..] => return Err(missing("account")),
    };
    let interval = interval.ok_or_else(|| missing("interval"))?.money();
    let draw = Draw { seed: seed.to_owned(), interval, account };
    let asked = asked(&request).await?;
    answer(&request, &asked, &sample::read(&asked.conn, &asked.scope, &draw).await?)
}

/// `GET /reports/journal`
pub async fn journal(request: ReadRequest) -> Result<Reply, Problem> {
    let name = request.query.text("format").unwrap_or("hledger");
    let dialect =
        Dialect::parse(name).ok_or_else(|| Problem::new("format_not_supported").with("format", name))?;
    let asked = asked_in(&request, Format::Json).await?;
    let bytes = journal::read(&asked.conn, &asked.scope, dialect).await?.into_bytes();
    let sha256 = Sha256::digest(&bytes).into();
    let name = format!("journal-{}-{}.{}", asked.scope.as_of, asked.scope.known_at, dialect.ending());
    Ok(Reply::File(FileReply {
        name,
        media_type: "text/plain; charset=utf-8",
        bytes,
        sha256,
        sequence: None,
    }))
}
