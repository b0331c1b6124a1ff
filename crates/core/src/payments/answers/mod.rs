//! What a bank says of payments, read from its files: `pain.002`, `camt.052`, `camt.053` and `camt.054` of any version, and
//! tables of its own by a mapping.

mod camt;
pub mod matching;
mod pain002;
pub mod table;
mod tree;

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::{Date, Instant};
use crate::xml::{self, Limits, XmlError};
use tree::{Node, Parts};

const DEPTH_MAX: usize = 40;
/// A month of a busy account: fifty thousand entries.
const ELEMENTS_MAX: usize = 4_000_000;
/// The most characters of a field.
const FIELD_CHARS_MAX: usize = 500;
/// The most payments of a file.
pub const ANSWERS_MAX: usize = 50_000;

/// What became of a payment, as its bank says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BankAnswerSaid)]
pub enum AnswerKind {
    Paid,
    /// Refused, or sent back.
    Returned,
    /// On its way: taken, checked, not yet booked.
    Pending,
    /// Money of somebody else: no answer to a payment of ours unless it names one.
    Received,
}

/// What a file says of one payment, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which of the file's it is, from 1; the row of a table.
    pub place: u32,
    pub said: AnswerKind,
    /// `EndToEndId`, where the bank gives it back.
    pub end_to_end_id: Option<String>,
    /// `InstrId`, where the bank gives it back: our files say the same in both.
    pub instruction_id: Option<String>,
    pub amount: Option<String>,
    /// As ISO 4217 has it.
    pub currency: Option<String>,
    /// The account numbers of the parties: the payee's is among them, where any is said. Of what came back, some banks
    /// call him the debtor and others leave the parties as they were.
    pub accounts: Vec<String>,
    pub date: Option<Date>,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
    /// Why, as the bank's code says: `AC04`.
    pub code: Option<String>,
    /// The same in words.
    pub text: Option<String>,
}

/// What a file says of a whole message that we sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// `MsgId` or `PmtInfId` of what was sent.
    pub message_id: String,
    pub answer: Answer,
    /// What an account's statement books of all its payments in one sum; a status report says no sum.
    pub total: Option<String>,
}

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// What kind of file it is: `pain.002`, `camt.053`, `table`, ….
    pub format: &'static str,
    pub answers: Vec<Answer>,
    pub whole: Vec<Whole>,
}

/// Why a file of the bank is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BankFileError {
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("it is {root}")]
    OtherXml { root: String },
    #[error("more than {ANSWERS_MAX} payments")]
    TooMany,
    /// A table in which a column of the mapping is not found.
    #[error("no column {column}")]
    Column { column: String },
    /// A cell that is not what its column should hold.
    #[error("row {row}, {column}: {found}")]
    Cell { row: u32, column: String, found: String },
}

/// Reads a file of XML. Times with an offset from UTC are days in the agency's `zone`.
pub fn read_xml(bytes: &[u8], zone: Tz) -> Result<Answers, BankFileError> {
    let limits = Limits { depth: DEPTH_MAX, elements: ELEMENTS_MAX, chars: FIELD_CHARS_MAX };
    let mut parts = Parts::default();
    xml::read(bytes, limits, &mut parts)?;
    let Some(format) = parts.format else {
        return Err(BankFileError::OtherXml { root: parts.root.unwrap_or_default() });
    };
    let read = if format == "pain.002" { pain002::read } else { camt::read };
    let mut found = read(&parts.found, zone);
    if found.answers.len() + found.whole.len() > ANSWERS_MAX {
        return Err(BankFileError::TooMany);
    }
    found.format = format;
    Ok(found)
}

/// The day of a time: in the agency's zone where the time says how far it is from UTC, else as it stands.
fn day(text: &str, zone: Tz) -> Option<Date> {
    match Instant::parse(text) {
        // the years that the ledger knows
        Ok(at) => Date::parse(&at.date_in(zone).to_string()).ok(),
        Err(_) => Date::parse(text.get(..10)?).ok(),
    }
}

/// An account's number, in either of the forms that banks write.
fn account(of: Option<&Node>) -> Option<String> {
    let of = of?;
    of.text("Id/IBAN").or_else(|| of.text("Id/Othr/Id")).map(str::to_owned)
}

/// A code of the external code sets, or the bank's own.
fn reason_code(of: Option<&Node>) -> Option<String> {
    let of = of?;
    of.text("Rsn/Cd").or_else(|| of.text("Rsn/Prtry")).map(str::to_owned)
}

/// An id that names something: `NOTPROVIDED` names nothing.
fn named(id: Option<&str>) -> Option<String> {
    id.filter(|id| !id.eq_ignore_ascii_case("NOTPROVIDED")).map(str::to_owned)
}
