//! Payment batches 拨付批次: approved claims sent to the bank together, answered line by line.
//!
//! proposed → approved → settled once every line has its result; proposed → rejected. A claim stands in one open
//! batch at most. A line returned before it was paid posts nothing. A result takes two people where it undoes a payment, and
//! where a file of the bank says it: it is proposed, and counts when another person approves it. What came back is
//! approved and free again.
pub mod answers;
mod claim_ids;
mod refusal;
pub mod rules;

use serde::{Deserialize, Serialize};

pub use self::claim_ids::ClaimIds;
pub use self::refusal::PaymentError;
use crate::claims::blocked::BlockCode;
pub use crate::domain::ReferenceKey;
use crate::domain::money::Amount;
use crate::domain::{
    ClaimId, ContentHash, CreditCode, Date, Line, Money, PaymentBatchId, Revision, Sequence, Subject,
    TextHash,
};

/// The most claims of a batch.
pub const CLAIMS_MAX: usize = 1_000;
/// The most claims that a batch of everything names as left out; each claim says by itself what stands in its way.
pub const LEFT_OUT_MAX: usize = 100;
/// The most characters of a payee's name that every bank takes: what a `pain.001` file has room for.
pub const NAME_MAX: u32 = 140;

/// Which letters a bank takes in names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letters {
    /// Those of GBK: no rare ones, which have four bytes in GB 18030.
    Gbk,
    /// Latin letters without accents, digits, blanks and the signs that SWIFT takes.
    Latin,
}

impl Letters {
    /// The first letter of a name that the bank does not take.
    pub fn refused(self, name: &str) -> Option<char> {
        name.chars().find(|letter| match self {
            Self::Gbk => encoding_rs::GBK.encode(letter.encode_utf8(&mut [0; 4])).2,
            Self::Latin => !letter.is_ascii_alphanumeric() && !"/-?:().,'+ ".contains(*letter),
        })
    }
}

/// Where a batch is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentBatchStatus)]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum BatchStatus {
    /// It waits for another person.
    Proposed,
    /// To be paid by the bank.
    Approved,
    /// Every line has its result.
    Settled,
    /// Refused; its claims are free.
    Rejected,
}

/// A claim that waits for its payment and is not in a batch of all that do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LeftOut {
    pub claim_id: ClaimId,
    /// What stands in the way, as `blocked_because` of the claim has it.
    pub code: BlockCode,
    /// Which: the payee, the rule, the version, the invoice.
    pub detail: String,
}

/// A payment batch; its lines stand apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentBatch {
    pub id: PaymentBatchId,
    /// Where it is in its life.
    pub status: BatchStatus,
    /// How many lines it has.
    pub count: u32,
    /// How many have no result yet.
    pub open: u32,
    /// How many results wait for another person's approval.
    pub waiting: u32,
    /// CNY of all lines.
    pub total: Money,
    /// What was approved and is not in it, where it was to be everything; the first [`LEFT_OUT_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The most characters of a name that the agency's bank takes, as it was set when the batch was proposed.
    pub name_max: u32,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Subject>,
    /// The business date on which it was approved: the bank did nothing of it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_on: Option<Date>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentLineStatus)]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum LineStatus {
    Open,
    Paid,
    /// Sent back by the bank.
    Returned,
    /// Its batch was rejected.
    Dropped,
}

/// A claim in a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentLine {
    pub batch: PaymentBatchId,
    pub claim: ClaimId,
    pub payee: CreditCode,
    /// CNY.
    pub amount: Money,
    pub status: LineStatus,
    /// What the bank calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_reference: Option<Line>,
    /// The day of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Why it was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// What no other payment may be called: the reference that it was paid under, unless that was an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_key: Option<ReferenceKey>,
    /// The leaf that paid it, while it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_in: Option<Sequence>,
    /// A result that waits for another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_result: Option<ProposedResult>,
    /// Everybody who recorded a result of it or proposed one, in order and each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded_by: Vec<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What an officer recorded of a line, or a file of the bank that an officer brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedResult {
    pub outcome: PaymentResult,
    /// What the bank calls it.
    pub bank_reference: Line,
    /// On which day; the posting counts from it.
    pub date: Date,
    /// Why it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// The digest of the bank's file that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<ContentHash>,
    pub proposed_by: Subject,
}

/// Which claim in which batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey {
    pub batch: PaymentBatchId,
    pub claim: ClaimId,
}

impl PaymentLine {
    /// Which claim in which batch.
    pub const fn key(&self) -> LineKey {
        LineKey { batch: self.batch, claim: self.claim }
    }
}

/// `POST /payment-batches`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposePaymentBatch {
    /// The id that the edge made.
    pub id: PaymentBatchId,
    /// Which claims; everything that can be paid where none are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimIds>,
    /// The most characters of a name that the agency's bank takes: a setting, so that it stands in the log.
    pub name_max: u32,
    /// The letters that it takes in names, likewise; all where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letters: Option<Letters>,
}

/// `POST /payment-batches/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovePaymentBatch {
    pub id: PaymentBatchId,
}

/// `POST /payment-batches/{id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectPaymentBatch {
    pub id: PaymentBatchId,
    pub reason: TextHash,
}

/// What the bank says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentOutcome)]
pub enum PaymentResult {
    Paid,
    Returned,
}

/// A member of `POST /payment-batches/{id}/results`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlePayment {
    pub batch: PaymentBatchId,
    pub claim: ClaimId,
    pub outcome: PaymentResult,
    /// CNY that the bank says it was, held against the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// What the bank calls it.
    pub bank_reference: Line,
    /// On which day; the posting counts from it.
    pub date: Date,
    /// Why it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    /// The digest of the bank's file that says so: the result waits for another person then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<ContentHash>,
}

/// `POST /payment-batches/{id}/results/{claim}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveResult {
    pub batch: PaymentBatchId,
    pub claim: ClaimId,
}

/// `POST /payment-batches/{id}/results/{claim}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectResult {
    pub batch: PaymentBatchId,
    pub claim: ClaimId,
    pub reason: TextHash,
}

/// How a file for the bank is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum FileFormat {
    /// ISO 20022 `pain.001.001.09`: what the bank carries out.
    #[serde(rename = "pain.001")]
    #[strum(serialize = "pain.001")]
    Pain001,
    Xlsx,
    Csv,
    /// The bank's own table, by the template in the settings.
    Bank,
}

/// `GET /payment-batches/{id}/file`: the account numbers of its open lines, read in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAccounts {
    pub batch: PaymentBatchId,
    /// How the file is written.
    pub format: FileFormat,
    /// When the bank is to pay: the first working day from the day of the reading on.
    pub execution_date: Date,
    /// SHA-256 of the file's bytes.
    pub sha256: TextHash,
}
