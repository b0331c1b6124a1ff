//! What is read of evidence.

use uuid::Uuid;

use crate::evidence::{EvidenceRow, InvoiceRow};
use crate::{rows, statement};

rows! {
    /// Bytes that are to be kept somewhere.
    pub struct KeptRow { sha256: Vec<u8>, bytes: i32, evidence: Uuid, sequence: i64 }
}

statement! {
    pub fn get(id: Uuid) -> Option<EvidenceRow> = "SELECT * FROM evidence WHERE id = $1";
    /// A page of all, or of an organisation's own, oldest first.
    pub fn page(
        after: i64,
        all: bool,
        own_organisation: &str,
        kind: Option<&str>,
        organisation: Option<&str>,
        number: Option<&str>,
        code: Option<&str>,
        limit: i64,
    ) -> Vec<EvidenceRow> =
        "SELECT * FROM evidence WHERE created > $1 AND ($2 OR organisation = $3) \
         AND ($4::text IS NULL OR kind = $4) AND ($5::text IS NULL OR organisation = $5) \
         AND ($6::text IS NULL OR (invoice_number = $6 AND invoice_code = coalesce($7, ''))) \
         ORDER BY created LIMIT $8";
    /// What organisations say of the invoices of these codes and numbers.
    pub fn statements_of(codes: &[String], numbers: &[String]) -> Vec<InvoiceRow> =
        "SELECT i.* FROM unnest($1, $2) AS w(code, number) \
         JOIN invoices AS i ON i.number = w.number AND i.code = w.code";
    /// What an organisation says of the invoices of these codes and numbers.
    pub fn invoices_of(codes: &[String], numbers: &[String], organisation: &str) -> Vec<InvoiceRow> =
        "SELECT i.* FROM unnest($1, $2) AS w(code, number) \
         JOIN invoices AS i ON i.organisation = $3 AND i.code = w.code AND i.number = w.number";
    /// The next digests after one, each once, with the first evidence that has it.
    pub fn kept(after: &[u8], limit: i64) -> Vec<KeptRow> =
        "SELECT DISTINCT ON (sha256) sha256, bytes, id AS evidence, created AS sequence FROM evidence \
         WHERE sha256 > $1 ORDER BY sha256, created LIMIT $2";
}
