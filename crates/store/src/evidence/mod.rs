//! Evidence and invoices in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::columns::Column;
use crate::db::convert::Unreadable;
use crate::{columns, listed, rows, stored};
use subsidy_core::domain::InvoiceNumber;
use subsidy_core::evidence::{Evidence, Invoice, InvoiceFacts, InvoiceKey};

rows! {
    /// A file that backs claims.
    pub struct EvidenceRow in "evidence", once {
        key { id: Uuid }
        kind: String,
        organisation: String,
        sha256: Vec<u8>,
        bytes: i32,
        media_type: String,
        invoice_code: Option<String>,
        invoice_number: Option<String>,
        invoice: Option<Value>,
        brought_on: NaiveDate,
        created_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// What an organisation says of an invoice.
    pub struct InvoiceRow in "invoices", versioned, fixed [created] {
        key { organisation: String, code: String, number: String }
        amount: Option<Decimal>,
        original_code: Option<String>,
        original_number: Option<String>,
        einvoice: bool,
        confirmed: String,
        allocated: Decimal,
        holds: Value,
        reversed: Decimal,
        reversal: Option<Vec<u8>>,
        tax: Option<Decimal>,
        buyer: Option<String>,
        buyer_name: Option<Vec<u8>>,
        seller: Option<String>,
        seller_name: Option<Vec<u8>>,
        issued_on: Option<NaiveDate>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

pub fn invoice_columns(number: &InvoiceNumber) -> (String, String) {
    (number.code().unwrap_or_default().to_owned(), number.number().to_owned())
}

/// The key's columns of a statement.
pub fn statement_columns(key: &InvoiceKey) -> (String, String, String) {
    let (code, number) = invoice_columns(&key.number);
    (key.organisation.to_string(), code, number)
}

/// The number in the columns of a key.
fn read_number(code: &str, number: &str) -> Result<InvoiceNumber, Unreadable> {
    let found = InvoiceNumber::parse(Some(code).filter(|code| !code.is_empty()), number);
    found.map_err(|_| Unreadable(format!("{code}-{number} is no invoice")))
}

stored! { Evidence as EvidenceRow, |id| id.uuid() }
listed! { EvidenceRow in evidence, own [organisation], by [kind, organisation, invoice_number, invoice_code] }

columns! {
    Evidence as EvidenceRow {
        id, kind, organisation, sha256, bytes, media_type, invoice, brought_on, created_by,
    }
    row |e| {
        invoice_code: e.invoice.as_ref().map(|facts| invoice_columns(&facts.number).0),
        invoice_number: e.invoice.as_ref().map(|facts| invoice_columns(&facts.number).1),
    }
}

stored! { Invoice as InvoiceRow, statement_columns }

columns! {
    Invoice as InvoiceRow { organisation, confirmed, allocated, holds, reversed, reversal }
    row |i| {
        code: invoice_columns(&i.facts.number).0,
        number: invoice_columns(&i.facts.number).1,
        amount: Column::write(&i.facts.amount)?,
        original_code: i.facts.original.as_ref().map(|number| invoice_columns(number).0),
        original_number: i.facts.original.as_ref().map(|number| invoice_columns(number).1),
        einvoice: i.facts.einvoice,
        tax: Column::write(&i.facts.tax)?,
        buyer: Column::write(&i.facts.buyer)?,
        buyer_name: Column::write(&i.facts.buyer_name)?,
        seller: Column::write(&i.facts.seller)?,
        seller_name: Column::write(&i.facts.seller_name)?,
        issued_on: Column::write(&i.facts.issued_on)?,
    }
    document |row| { facts: row.facts()? }
}

impl InvoiceRow {
    fn facts(&self) -> Result<InvoiceFacts, Unreadable> {
        let original = self.original_number.as_deref();
        let original =
            original.map(|number| read_number(self.original_code.as_deref().unwrap_or_default(), number));
        Ok(InvoiceFacts {
            number: read_number(&self.code, &self.number)?,
            amount: self.amount.read()?,
            original: original.transpose()?,
            einvoice: self.einvoice,
            tax: self.tax.read()?,
            buyer: self.buyer.read()?,
            buyer_name: self.buyer_name.read()?,
            seller: self.seller.read()?,
            seller_name: self.seller_name.read()?,
            issued_on: self.issued_on.read()?,
        })
    }
}
