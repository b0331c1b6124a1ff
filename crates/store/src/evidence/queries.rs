//! What is read of evidence.

use uuid::Uuid;

use crate::db::QueryError;
use crate::db::pool::{Database, DatabaseError};
use crate::evidence::InvoiceRow;
use crate::{rows, statement};
use subsidy_core::domain::AgencyCode;

rows! {
    /// Bytes that are to be kept somewhere.
    pub struct KeptRow { sha256: Vec<u8>, bytes: i32, evidence: Uuid, sequence: i64 }
}

/// Codes and numbers of invoices, each with the other of its place.
#[derive(Debug, Clone, Copy)]
pub struct InvoiceNumbers<'a> {
    pub codes: &'a [String],
    pub numbers: &'a [String],
}

/// How many digests are asked for at once.
const PAGE: i64 = 1_000;

/// Hands over every file that an agency's ledger names, each once. No connection is held meanwhile.
pub async fn each_kept<E: From<DatabaseError> + From<QueryError>>(
    database: &Database,
    agency: &AgencyCode,
    mut take: impl AsyncFnMut(&KeptRow) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = Vec::new();
    loop {
        let page = kept(&*database.auditor(agency).await?, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.sha256);
        for row in &page {
            take(row).await?;
        }
    }
}

statement! {
    /// What organisations say of the invoices of these codes and numbers.
    pub fn statements_of(InvoiceNumbers<'_> { codes, numbers }) -> Vec<InvoiceRow> =
        "SELECT i.* FROM unnest($1, $2) AS w(code, number) \
         JOIN invoices AS i ON i.number = w.number AND i.code = w.code";
    /// The next digests after one, each once, with the first evidence that has it.
    pub fn kept(after: &[u8], limit: i64) -> Vec<KeptRow> =
        "SELECT DISTINCT ON (sha256) sha256, bytes, id AS evidence, created AS sequence FROM evidence \
         WHERE sha256 > $1 ORDER BY sha256, created LIMIT $2";
}
