//! What is read of usage, and how the rows of a file are staged.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::convert::Unreadable;
use crate::db::list::{PageQuery, columns};
use crate::db::rows::CountRow;
use crate::schema::usage_rows;
use crate::usage::{UsageErrorRow, UsageRowRow};
use crate::{rows, statement};
use subsidy_core::usage::Metered;

rows! {
    /// A row with where it stands among all of its contract.
    pub struct PlacedRow { created: i64, import: Uuid, row: i32 }
}

/// The next rows of an import.
pub async fn rows_after(
    mut conn: &AsyncPgConnection,
    import: Uuid,
    row: i32,
    limit: i64,
) -> QueryResult<Vec<UsageRowRow>> {
    let next = usage_rows::table.filter(usage_rows::import.eq(import).and(usage_rows::row.gt(row)));
    next.order(usage_rows::row).limit(limit).select(columns::<UsageRowRow>()).load(&mut conn).await
}

/// A file on its way, and its contract.
#[derive(Debug, Clone, Copy)]
pub struct StagedFile {
    pub import: Uuid,
    pub rental: Uuid,
}

/// Where an error stands: in a row, the first or a later one of it.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPlace {
    pub row: i32,
    pub line: i32,
}

impl ErrorPlace {
    pub const FIRST: Self = Self { row: 0, line: -1 };
}

statement! {
    /// Where the next rows of a contract stand: after a row of an import, in the order of imports.
    pub fn places(PageQuery { after, limit }; rental: Uuid, row: i32) -> Vec<PlacedRow> =
        "SELECT i.created, n.import, n.row FROM usage_imports AS i CROSS JOIN LATERAL ( \
             SELECT u.import, u.row FROM usage_rows AS u \
             WHERE u.import = i.id AND i.counting ? u.billing_period \
               AND (i.created > $1 OR u.row > $4) ORDER BY u.row LIMIT $2) AS n \
         WHERE i.rental = $3 AND i.created >= $1 AND i.counting <> '[]' ORDER BY i.created, n.row LIMIT $2";
    /// The next errors of an import.
    pub fn errors_after(ErrorPlace { row, line }; import: Uuid, limit: i64) -> Vec<UsageErrorRow> =
        "SELECT * FROM usage_errors WHERE import = $3 AND (row, line) > ($1, $2) ORDER BY row, line LIMIT $4";
    /// What the rows of a contract come to, by the invoice that they name.
    pub fn by_invoice(rental: Uuid, limit: i64) -> Vec<InvoiceSumRow> =
        "SELECT u.invoice, sum(u.amount::numeric)::text AS amount FROM usage_rows AS u \
         JOIN usage_imports AS i ON i.id = u.import \
         WHERE u.rental = $1 AND u.invoice IS NOT NULL AND i.counting ? u.billing_period GROUP BY u.invoice ORDER BY u.invoice LIMIT $2";
    /// The invoices that rows of contracts name.
    pub fn named_of(rentals: &[Uuid]) -> Vec<NamedRow> =
        "SELECT DISTINCT u.rental, u.invoice FROM usage_rows AS u JOIN usage_imports AS i ON i.id = u.import \
         WHERE u.rental = ANY($1) AND u.invoice IS NOT NULL AND i.counting ? u.billing_period";
    /// Waits for the contract's imports before this one, until the connection is closed.
    pub fn lock(rental: &str) -> usize =
        "SELECT pg_advisory_lock(hashtextextended(current_schema() || '/usage/' || $1, 0))";
    /// Marks rows that are about to be staged.
    pub fn mark(StagedFile { import, rental }) -> usize =
        "INSERT INTO usage_staged (import, rental) VALUES ($1, $2)";
    /// Takes the marks of a contract's files away that never came to count: this one, and what is older than any write
    /// takes.
    pub fn unmark(StagedFile { import, rental }) -> Vec<ImportRow> =
        "DELETE FROM usage_staged AS s WHERE s.rental = $2 \
         AND (s.import = $1 OR s.staged_at < now() - interval '1 hour') \
         AND NOT EXISTS (SELECT FROM usage_imports AS i WHERE i.id = s.import) RETURNING s.import";
    /// Takes their rows away.
    pub fn remove_rows(imports: &[Uuid]) -> usize = "DELETE FROM usage_rows WHERE import = ANY($1)";
    /// Takes their errors away.
    pub fn remove_errors(imports: &[Uuid]) -> usize = "DELETE FROM usage_errors WHERE import = ANY($1)";
    /// Counts rows that are equal to others of their file.
    pub fn number_equals(import: Uuid) -> usize =
        "UPDATE usage_rows AS u SET ordinal = n.ordinal FROM ( \
             SELECT row, (row_number() OVER (PARTITION BY identity ORDER BY row))::integer - 1 AS ordinal \
             FROM usage_rows WHERE import = $1) AS n \
         WHERE u.import = $1 AND u.row = n.row AND n.ordinal > 0";
    /// Corrections of a file that name nothing: a row's id, else resource, SKU and charge period of a row that is no
    /// correction itself; of the file or of what counts already.
    pub fn nameless(StagedFile { import, rental }) -> Vec<RowNumberRow> =
        "SELECT u.row FROM usage_rows AS u WHERE u.import = $1 AND u.correction AND NOT CASE \
             WHEN u.corrects IS NOT NULL THEN EXISTS (SELECT FROM usage_rows AS o \
                 WHERE o.rental = $2 AND o.row_id = u.corrects AND (o.import, o.row) <> (u.import, u.row) \
                 AND (o.import = u.import OR EXISTS (SELECT FROM usage_imports AS i \
                     WHERE i.id = o.import AND i.counting ? o.billing_period))) \
             ELSE EXISTS (SELECT FROM usage_rows AS o \
                 WHERE o.rental = $2 AND o.subject = u.subject AND NOT o.correction \
                 AND (o.import = u.import OR EXISTS (SELECT FROM usage_imports AS i \
                     WHERE i.id = o.import AND i.counting ? o.billing_period))) \
         END ORDER BY u.row";
    /// Takes rows away that count already, in what the file does not replace.
    pub fn remove_repeated(StagedFile { import, rental }; replaced: &[Uuid]) -> usize =
        "DELETE FROM usage_rows AS u WHERE u.import = $1 AND EXISTS (SELECT FROM usage_rows AS o \
             JOIN usage_imports AS i ON i.id = o.import AND i.counting ? o.billing_period \
             WHERE o.rental = $2 AND o.identity = u.identity AND o.ordinal = u.ordinal AND o.import <> ALL($3))";
    /// Whether the same bytes count already, in whole or in part.
    pub fn same_bytes(rental: Uuid, sha256: &[u8]) -> Option<CountRow> =
        "SELECT count(*) AS count FROM usage_imports WHERE rental = $1 AND sha256 = $2 AND counting <> '[]'";
    /// Imports whose mark is not there, or is of another contract.
    pub fn wrong_marks(limit: i64) -> Vec<MarkRow> =
        "SELECT i.id AS import, i.rental, s.rental AS staged FROM usage_imports AS i \
         LEFT JOIN usage_staged AS s ON s.import = i.id \
         WHERE s.rental IS DISTINCT FROM i.rental ORDER BY i.created LIMIT $1";
    /// Rows that are neither of an import that counts nor of a file on its way.
    pub fn strays() -> Option<CountRow> =
        "SELECT count(*) AS count FROM usage_rows AS u WHERE NOT EXISTS ( \
             SELECT FROM usage_staged AS s WHERE s.import = u.import)";
    /// Errors that are of neither.
    pub fn stray_errors() -> Option<CountRow> =
        "SELECT count(*) AS count FROM usage_errors AS e WHERE NOT EXISTS ( \
             SELECT FROM usage_staged AS s WHERE s.import = e.import)";
}

rows! {
    /// What rows under an invoice come to.
    pub struct InvoiceSumRow { invoice: String, amount: String }
}

rows! {
    /// An invoice as rows of a contract name it.
    pub struct NamedRow { rental: Uuid, invoice: String }
}

rows! {
    /// An import, its contract, and that of its mark.
    pub struct MarkRow { import: Uuid, rental: Uuid, staged: Option<Uuid> }
}

rows! {
    pub struct ImportRow { import: Uuid }
}

rows! {
    pub struct RowNumberRow { row: i32 }
}

impl InvoiceSumRow {
    /// What the rows come to, exactly.
    pub fn read(&self) -> Result<Metered, Unreadable> {
        let (whole, part) = self.amount.split_once('.').unwrap_or((&self.amount, ""));
        let text = format!("{whole}.{:0<2}", part.trim_end_matches('0'));
        Metered::parse(&text).map_err(|error| Unreadable(error.to_string()))
    }
}
