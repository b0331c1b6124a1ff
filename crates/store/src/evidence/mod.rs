//! Evidence and invoices in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
use subsidy_core::domain::{ContentHash, Date, EvidenceId, InvoiceNumber};
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

/// The digest of a file in a column.
pub fn read_content_hash(bytes: &[u8]) -> Result<ContentHash, Unreadable> {
    let digest =
        <[u8; 32]>::try_from(bytes).map_err(|_| Unreadable("a digest of another length".to_owned()))?;
    Ok(ContentHash::new(digest))
}

stored! { Evidence as EvidenceRow, |id| id.uuid() }
listed! { EvidenceRow in evidence, own [organisation], by [kind, organisation, invoice_number, invoice_code] }

impl EvidenceRow {
    /// The row of a file.
    pub fn new(e: &Evidence) -> Result<Self, Unreadable> {
        let (code, number) = e.invoice.as_ref().map(|facts| invoice_columns(&facts.number)).unzip();
        Ok(Self {
            id: e.id.uuid(),
            kind: e.kind.into_str().to_owned(),
            organisation: e.organisation.to_string(),
            sha256: e.sha256.as_bytes().to_vec(),
            bytes: convert::count(e.bytes),
            media_type: e.media_type.as_str().to_owned(),
            invoice_code: code,
            invoice_number: number,
            invoice: e.invoice.as_ref().map(convert::json).transpose()?,
            brought_on: e.brought_on.naive(),
            created_by: e.created_by.to_string(),
            created: convert::sequence(e.revision.created),
            version: convert::sequence(e.revision.version),
            updated_at: e.revision.updated_at.utc(),
        })
    }

    /// The file of a row.
    pub fn read(&self) -> Result<Evidence, Unreadable> {
        Ok(Evidence {
            id: EvidenceId::new(self.id),
            kind: convert::read(&self.kind)?,
            organisation: convert::read(&self.organisation)?,
            sha256: read_content_hash(&self.sha256)?,
            bytes: convert::read_count(self.bytes)?,
            media_type: convert::read(&self.media_type)?,
            invoice: self.invoice.as_ref().map(convert::read_json).transpose()?,
            brought_on: Date::from_naive(self.brought_on),
            created_by: convert::read(&self.created_by)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { Invoice as InvoiceRow, statement_columns }

impl InvoiceRow {
    /// The row of an invoice.
    pub fn new(i: &Invoice) -> Result<Self, Unreadable> {
        let (organisation, code, number) = statement_columns(&i.key());
        let (original_code, original_number) = i.facts.original.as_ref().map(invoice_columns).unzip();
        Ok(Self {
            organisation,
            code,
            number,
            amount: i.facts.amount.map(convert::decimal),
            original_code,
            original_number,
            einvoice: i.facts.einvoice,
            confirmed: i.confirmed.into_str().to_owned(),
            allocated: convert::decimal(i.allocated),
            holds: convert::json(&i.holds)?,
            reversed: convert::decimal(i.reversed),
            reversal: hash(i.reversal),
            tax: i.facts.tax.map(convert::decimal),
            buyer: i.facts.buyer.map(|party| party.to_string()),
            buyer_name: hash(i.facts.buyer_name),
            seller: i.facts.seller.map(|party| party.to_string()),
            seller_name: hash(i.facts.seller_name),
            issued_on: i.facts.issued_on.map(Date::naive),
            created: convert::sequence(i.revision.created),
            version: convert::sequence(i.revision.version),
            updated_at: i.revision.updated_at.utc(),
        })
    }

    /// The invoice of a row.
    pub fn read(&self) -> Result<Invoice, Unreadable> {
        let original = self.original_number.as_deref();
        let original =
            original.map(|number| read_number(self.original_code.as_deref().unwrap_or_default(), number));
        Ok(Invoice {
            organisation: convert::read(&self.organisation)?,
            facts: InvoiceFacts {
                number: read_number(&self.code, &self.number)?,
                amount: self.amount.map(convert::money).transpose()?,
                original: original.transpose()?,
                einvoice: self.einvoice,
                tax: self.tax.map(convert::money).transpose()?,
                buyer: convert::read_opt(self.buyer.as_deref())?,
                buyer_name: read_hash(self.buyer_name.as_deref())?,
                seller: convert::read_opt(self.seller.as_deref())?,
                seller_name: read_hash(self.seller_name.as_deref())?,
                issued_on: self.issued_on.map(Date::from_naive),
            },
            confirmed: convert::read(&self.confirmed)?,
            allocated: convert::money(self.allocated)?,
            holds: convert::read_json(&self.holds)?,
            reversed: convert::money(self.reversed)?,
            reversal: read_hash(self.reversal.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
