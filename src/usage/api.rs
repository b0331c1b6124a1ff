//! `/rentals/{id}/usage`: what was used on a contract, the files that say so, and what is wrong with them.

use serde::Serialize;
use utoipa::ToSchema;

use super::charge::HeaderError;
use super::focus::Mode;
use super::store::{RentalUsageRow, UsageErrorRow, UsageImportRow, UsageRowRow};
use super::{Metered, RentalUsage, RowError, UsageImport, UsageTotal, queries, rules};
use crate::db::convert;
use crate::db::pool::Connection;
use crate::domain::money::OutOfRange;
use crate::domain::{
    Actor, ContentHash, Instant, Label, Money, Month, Percent, RentalId, Role, Sequence, Subject,
    UsageImportId,
};
use crate::engine::billing_file::{FileError, ROWS_MAX};
use crate::engine::intake::IntakeError;
use crate::http::error::Entry;
use crate::http::extract::Query;
use crate::http::language::Language;
use crate::http::problem::Problem;
use crate::http::verb::{ReadRequest, Reply, whole};
use crate::rentals::Rental;
use crate::rentals::queries as rentals;

/// What is wrong with a row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowErrorView {
    /// From 1, the header not counted.
    pub row: u32,
    /// None where the row itself is wrong.
    pub column: Option<String>,
    pub code: String,
    pub detail: String,
}

impl RowErrorView {
    fn new(row: u32, column: Option<&str>, code: &str, language: Language) -> Self {
        let detail = Entry::get(code).words(language).last().copied().unwrap_or_default().to_owned();
        Self { row, column: column.map(str::to_owned), code: code.to_owned(), detail }
    }

    /// The view of an error.
    pub fn of(error: &RowError, language: Language) -> Self {
        Self::new(error.row, error.column, error.code.as_str(), language)
    }

    /// The view of an error that was kept.
    pub fn stored(row: &UsageErrorRow, language: Language) -> Self {
        Self::new(u32::try_from(row.row).unwrap_or(0), row.column.as_deref(), &row.code, language)
    }
}

/// A file that was imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageImportView {
    import_id: UsageImportId,
    rental_id: RentalId,
    #[schema(value_type = String)]
    mode: Mode,
    /// SHA-256 of the file.
    sha256: ContentHash,
    /// All rows of the file.
    rows: u32,
    /// Rows that count.
    accepted: u32,
    /// Rows that counted already.
    repeated: u32,
    /// Rows that are wrong.
    rejected: u32,
    /// CNY of the rows that count, corrections netted, rounded once.
    billed_total: Money,
    /// The same without rounding.
    #[schema(value_type = String)]
    billed_exact: Metered,
    /// The first 1,000; in the answer to an import alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<RowErrorView>>,
    created_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl UsageImportView {
    /// The view of an import.
    pub fn of(import: &UsageImport) -> Self {
        Self {
            import_id: import.id,
            rental_id: import.rental,
            mode: import.mode,
            sha256: import.sha256,
            rows: import.rows,
            accepted: import.accepted,
            repeated: import.repeated,
            rejected: import.rejected,
            billed_total: import.billed_total,
            billed_exact: import.billed,
            errors: None,
            created_by: import.created_by.clone(),
            revision: import.revision.version,
            updated_at: import.revision.updated_at,
        }
    }
}

/// A row that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageRowView {
    import_id: UsageImportId,
    row: u32,
    provider: String,
    billing_account: String,
    sub_account: Option<String>,
    resource: Option<String>,
    sku: Option<String>,
    service_category: String,
    service: String,
    region: Option<String>,
    charge_category: String,
    correction: bool,
    description: Option<String>,
    charge_period_start: Instant,
    /// Not counted.
    charge_period_end: Instant,
    consumed_quantity: Option<String>,
    consumed_unit: Option<String>,
    invoice_id: Option<String>,
    currency: String,
    /// As it is billed.
    billed: String,
    /// CNY for one of the currency; none for CNY.
    rate: Option<Percent>,
    /// Exact CNY.
    amount: String,
}

impl UsageRowView {
    fn of(row: &UsageRowRow) -> Result<Self, convert::Unreadable> {
        Ok(Self {
            import_id: UsageImportId::new(row.import),
            row: convert::read_count(row.row)?,
            provider: row.provider.clone(),
            billing_account: row.billing_account.clone(),
            sub_account: row.sub_account.clone(),
            resource: row.resource.clone(),
            sku: row.sku.clone(),
            service_category: row.service_category.clone(),
            service: row.service.clone(),
            region: row.region.clone(),
            charge_category: row.category.clone(),
            correction: row.correction,
            description: row.description.clone(),
            charge_period_start: Instant::new(row.period_start),
            charge_period_end: Instant::new(row.period_end),
            consumed_quantity: row.consumed_quantity.clone(),
            consumed_unit: row.consumed_unit.clone(),
            invoice_id: row.invoice.clone(),
            currency: row.currency.clone(),
            billed: row.billed.clone(),
            rate: row.rate.map(convert::read_percent).transpose()?,
            amount: row.amount.clone(),
        })
    }
}

/// What a month and service category come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageTotalView {
    /// Of the agency's zone.
    month: Month,
    service_category: String,
    /// The item that it is where a programme's `item_map` says nothing else.
    item: Option<Label>,
    /// Exact CNY, corrections netted.
    #[schema(value_type = String)]
    exact: Metered,
    /// The same to the fen.
    amount: Money,
}

/// What was used on a contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageView {
    /// A page of the rows that count, in the order of their imports.
    data: Vec<UsageRowView>,
    /// Where the next page begins; null on the last.
    next_cursor: Option<String>,
    /// How many files were imported.
    imports: u32,
    /// CNY of all rows, rounded once.
    billed_total: Money,
    /// The same without rounding.
    #[schema(value_type = String)]
    billed_exact: Metered,
    totals: Vec<UsageTotalView>,
}

/// How a file is to be taken: strictly where nothing is said.
pub fn mode(query: &Query) -> Result<Mode, Problem> {
    match query.text("mode") {
        None => Ok(Mode::Strict),
        Some(text) => {
            convert::read(text).map_err(|_| Problem::new("invalid_query").with("parameter", "mode"))
        }
    }
}

/// A contract that a caller may bring usage of: an officer any, a provider its own.
pub async fn metered(conn: &Connection, actor: &Actor, id: RentalId) -> Result<Rental, Problem> {
    let provides = |rental: &Rental| actor.has(Role::Provider) && actor.organisation == Some(rental.provider);
    let found = rental(conn, id).await?;
    if actor.has(Role::Officer) || provides(&found) { Ok(found) } else { Err(Problem::new("not_found")) }
}

async fn rental(conn: &Connection, id: RentalId) -> Result<Rental, Problem> {
    let row = rentals::get(conn, id.uuid()).await.map_err(|error| Problem::database(&error))?;
    row.ok_or_else(|| Problem::new("not_found"))?.read().map_err(|error| Problem::fault(&error))
}

/// Why a file is not taken.
pub fn refused(error: IntakeError) -> Problem {
    match error {
        IntakeError::Busy => Problem::new("busy"),
        IntakeError::Database(error) => Problem::database(&error),
        IntakeError::Query(error) => Problem::database(&error),
        IntakeError::OutOfRange(_) => Problem::new("usage_out_of_range"),
        IntakeError::Unreadable(_) | IntakeError::Broken => Problem::fault(&error),
        IntakeError::File(FileError::Unreadable(_) | FileError::Malformed(_)) => {
            Problem::new("unreadable_body")
        }
        IntakeError::File(FileError::Beyond(limit)) => {
            Problem::new("usage_file_beyond_limits").with("part", limit.as_str()).with("limit", limit.most())
        }
        IntakeError::File(FileError::TooManyRows) => {
            Problem::too_large(usize::try_from(ROWS_MAX).unwrap_or(usize::MAX), "rows")
        }
        IntakeError::File(FileError::Header(errors)) => {
            let problem = Problem::new("usage_file_refused").with("rejected", 0_u32);
            errors.iter().fold(problem, |problem, error| {
                let (key, column) = match error {
                    HeaderError::Missing(column) => ("usage_column_missing", column),
                    HeaderError::Repeated(column) => ("usage_column_repeated", column),
                    HeaderError::Inexact(column) => ("usage_column_inexact", column),
                };
                problem.in_row(key, 0, Some(column.name()))
            })
        }
        IntakeError::Refused { errors, rejected } => {
            let problem = Problem::new("usage_file_refused").with("rejected", rejected);
            errors
                .iter()
                .fold(problem, |problem, error| problem.in_row(error.code.as_str(), error.row, error.column))
        }
    }
}

/// A contract that the caller may see.
pub(super) async fn seen(request: &ReadRequest, conn: &Connection) -> Result<RentalId, Problem> {
    let found = rental(conn, request.path.value("id")?).await?;
    if request.sight().sees(found.organisation, found.provider) {
        Ok(found.id)
    } else {
        Err(Problem::new("not_found"))
    }
}

/// A place among a contract's rows as a cursor has it: the import's leaf, and the row in it.
const ROW_BITS: u32 = 24;

fn place(created: i64, row: i32) -> i64 {
    created.saturating_mul(1 << ROW_BITS).saturating_add(row.into())
}

fn placed(after: i64) -> (i64, i32) {
    let after = after.max(0);
    (after >> ROW_BITS, i32::try_from(after & ((1 << ROW_BITS) - 1)).unwrap_or(i32::MAX))
}

/// `GET /rentals/{id}/usage`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, conn) = (request.page()?, request.reader().await?);
    let id = seen(&request, &conn).await?;
    let (created, row) = placed(page.after);
    let database = |error| Problem::database(&error);
    let places = queries::places(&conn, id.uuid(), created, row, page.rows()).await.map_err(database)?;
    let (places, next_cursor) = page.cut(places, |found| place(found.created, found.row));
    let keys: Vec<_> = places.iter().map(|found| (found.import, found.row)).collect();
    let mut rows = UsageRowRow::by_keys(&conn, &keys).await.map_err(database)?;
    rows.sort_by_key(|row| keys.iter().position(|key| *key == (row.import, row.row)));
    let usage = queries::usage(&conn, id.uuid()).await.map_err(database)?;
    let usage = usage.as_ref().map(RentalUsageRow::read).transpose();
    let usage = usage.map_err(|error| Problem::fault(&error))?;
    let data = whole(&rows, UsageRowView::of)?;
    let view = view(usage, data, next_cursor).map_err(|error: OutOfRange| Problem::fault(&error))?;
    Reply::json(&view)
}

fn view(
    usage: Option<RentalUsage>,
    data: Vec<UsageRowView>,
    next_cursor: Option<String>,
) -> Result<UsageView, OutOfRange> {
    let (imports, totals) = usage.map(|usage| (usage.imports, usage.totals)).unwrap_or_default();
    let billed_exact = rules::sum(&totals)?;
    let total = |total: &UsageTotal| {
        Ok(UsageTotalView {
            month: total.month,
            service_category: total.service_category.as_str().to_owned(),
            item: rules::item(total.service_category, &[]),
            exact: total.amount,
            amount: total.amount.round()?,
        })
    };
    let totals = totals.iter().map(total).collect::<Result<_, OutOfRange>>()?;
    Ok(UsageView { data, next_cursor, imports, billed_total: billed_exact.round()?, billed_exact, totals })
}

/// `GET /rentals/{id}/usage/imports`
pub async fn imports(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, conn) = (request.page()?, request.reader().await?);
    let id = seen(&request, &conn).await?;
    let rows = queries::imports(&conn, id.uuid(), page.after, page.rows()).await;
    let (rows, next) = page.cut(rows.map_err(|error| Problem::database(&error))?, |row| row.created);
    let found = whole(&rows, UsageImportRow::read)?;
    Reply::list((found.iter().map(UsageImportView::of).collect(), next))
}
