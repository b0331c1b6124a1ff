//! Evidence 佐证材料: files that back claims, and the invoices 发票 among them.
//!
//! A file is kept outside the database under its SHA-256; the log holds that digest, never the bytes. An organisation's
//! invoice is known across all programmes of the agency by its code and number, however many files show it: what claims
//! take of it is counted on the invoice, never above its amount.
pub mod archive;
pub mod einvoice;
pub mod invoice;
pub mod media;
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Code, ContentHash, CreditCode, Date, EvidenceId, InvoiceNumber, Money, Revision, Subject, TextHash,
};
pub use invoice::{Confirmation, Invoice, InvoiceHold, InvoiceKey, Statement, Statements};
pub use media::MediaType;

/// What a file is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum EvidenceKind {
    /// 发票
    Invoice,
    /// 合同
    Contract,
    /// 交付材料
    Delivery,
    /// 付款凭证
    Payment,
    /// 银行流水
    BankStatement,
    /// 贷款合同
    LoanContract,
    /// 承诺书
    Commitment,
    /// 评审材料
    Review,
    /// 其他
    Other,
}

impl EvidenceKind {
    /// Whether a file of this type can be that: an invoice is a page that was issued, a contract one that was signed.
    pub const fn takes(self, media_type: MediaType) -> bool {
        use MediaType::{Csv, Jpeg, Ofd, Pdf, Png, Text, Xlsx, Xml, Zip};
        match (self, media_type) {
            (_, Pdf | Ofd | Png | Jpeg | Xml) => true,
            // the invoice is taken out of it
            (kind, Zip) => matches!(kind, Self::Invoice),
            (Self::Invoice, Xlsx | Csv | Text) => false,
            (Self::Contract | Self::LoanContract | Self::Commitment, Xlsx | Csv) => false,
            (
                Self::Contract
                | Self::LoanContract
                | Self::Commitment
                | Self::Delivery
                | Self::Payment
                | Self::BankStatement
                | Self::Review
                | Self::Other,
                Xlsx | Csv | Text,
            ) => true,
        }
    }
}

/// Who buys or sells, as an invoice names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    Organisation(CreditCode),
    /// By something that is no credit code, perhaps a person's number: it is not kept, and is no organisation of ours.
    Other,
}

impl Party {
    /// What an invoice says of a party.
    pub fn of(text: &str) -> Self {
        CreditCode::parse(text).map_or(Self::Other, Self::Organisation)
    }

    pub const fn credit_code(self) -> Option<CreditCode> {
        match self {
            Self::Organisation(code) => Some(code),
            Self::Other => None,
        }
    }
}

impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Organisation(code) => code.fmt(f),
            Self::Other => f.write_str("other"),
        }
    }
}

impl Party {
    fn parse(text: &str) -> Result<Self, crate::domain::text::Malformed> {
        Ok(Self::of(text))
    }
}

crate::domain::string_value!(Party, Code::InvalidValue);

/// What is known of an invoice. What neither its file nor who brought it said is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceFacts {
    pub number: InvoiceNumber,
    /// CNY, tax included; below zero where it is a red one 红字, which takes back another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Of a red one: what it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<InvoiceNumber>,
    /// Whether the file of an e-invoice itself says its number, amount, buyer and seller.
    #[serde(default, skip_serializing_if = "is_false")]
    pub einvoice: bool,
    /// CNY of tax in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_name: Option<TextHash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_name: Option<TextHash>,
    /// The day of its issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_on: Option<Date>,
}

impl InvoiceFacts {
    /// A number of which nothing else is known.
    pub const fn of(number: InvoiceNumber) -> Self {
        Self {
            number,
            amount: None,
            original: None,
            einvoice: false,
            tax: None,
            buyer: None,
            buyer_name: None,
            seller: None,
            seller_name: None,
            issued_on: None,
        }
    }
}

/// A file that backs claims. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub id: EvidenceId,
    pub kind: EvidenceKind,
    pub organisation: CreditCode,
    /// The digest of its bytes, by which they are kept.
    pub sha256: ContentHash,
    /// How many bytes.
    pub bytes: u32,
    /// What its bytes are.
    pub media_type: MediaType,
    /// Of an invoice: what this file and who brought it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceFacts>,
    /// The business date on which it was brought.
    pub brought_on: Date,
    pub created_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Evidence {
    /// Which invoice it shows, as its organisation says.
    pub fn invoice_key(&self) -> Option<InvoiceKey> {
        let number = self.invoice.as_ref()?.number.clone();
        Some(InvoiceKey { organisation: self.organisation, number })
    }
}

/// `POST /evidence`, when the file is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterEvidence {
    /// The id that the edge made.
    pub id: EvidenceId,
    pub kind: EvidenceKind,
    pub organisation: CreditCode,
    /// The digest of its bytes.
    pub sha256: ContentHash,
    /// How many bytes.
    pub bytes: u32,
    /// What its bytes are.
    pub media_type: MediaType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceFacts>,
    /// Whether an officer found what is known of the invoice to be wrong, and this to be right.
    #[serde(default, skip_serializing_if = "is_false")]
    pub corrects: bool,
    /// Of a red invoice: why what was paid on its original is to come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
}

/// `POST /evidence/{id}/confirm`: an officer's word for what an organisation says of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmInvoice {
    /// A file that shows the invoice.
    pub evidence: EvidenceId,
    /// Whether the officer stands for it; false where the word is taken back.
    pub confirmed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Why a file is no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EvidenceError {
    /// There is no such file type, or none that this kind of evidence can have.
    #[error("the file is of no type that this can have")]
    FileType {
        /// What it should be evidence of.
        kind: EvidenceKind,
    },
    /// XML that is not well formed, has a DTD, is nested too deep or says a field twice.
    #[error("{reason}")]
    MalformedXml { reason: String },
    /// No invoice number, or none of the two forms.
    #[error("no invoice number")]
    InvoiceNumber { pointer: String },
    #[error("the file names another number")]
    InvoiceNumberContradicts { pointer: String },
    /// The file, the request or what is known of the invoice contradict each other.
    #[error("{field} contradicts")]
    InvoiceContradicts {
        /// Which field: `amount`, `original`, `tax`, `buyer`, `seller`, `issued_on`.
        field: String,
        /// The same as a pointer.
        pointer: String,
    },
    /// A red invoice says what it takes back; one that is not red takes back nothing.
    #[error("a red invoice and its original belong together")]
    OriginalInvoice { pointer: String },
    /// The file shows no invoice that could be confirmed.
    #[error("no invoice")]
    NothingToConfirm,
    /// An officer confirmed another organisation's statement of the invoice, which contradicts this one.
    #[error("confirmed for {organisation}")]
    InvoiceConfirmed { organisation: CreditCode },
    /// Claims take of the invoice already: what they rest on stays.
    #[error("{allocated} is taken of the invoice")]
    InvoiceInUse {
        /// CNY.
        allocated: Money,
    },
    /// An amount that no invoice that backs a claim can have.
    #[error("no amount")]
    InvalidAmount { pointer: String },
}

crate::domain::coded! {
    EvidenceError:
    FileType MalformedXml InvoiceNumber InvoiceNumberContradicts InvoiceContradicts OriginalInvoice
    NothingToConfirm InvoiceConfirmed InvoiceInUse InvalidAmount
}
