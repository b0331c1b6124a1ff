//! `POST /payment-batches/{id}/results/import`: what a file of the bank says of a batch, and the results that it proposes.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::PaymentBatchView;
use crate::handler::{ParsedGroup, decode_all};
use crate::problem::Problem;
use crate::text::Reason;
use subsidy_core::book::Command;
use subsidy_core::domain::letters::readable;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{ClaimId, Code, ContentHash, Date, Line, Money, PaymentBatchId};
use subsidy_core::payments::answers::matching::{FoundBy, LineFacts, MatchedAnswer, Matching, Verdict};
use subsidy_core::payments::answers::{ANSWERS_MAX, Answer, AnswerKind, BankFileError};
use subsidy_core::payments::{PaymentBatch, PaymentResult, SettlePayment};
use subsidy_files::bank_files::ReadError;
use subsidy_store::db::convert;
use subsidy_store::db::pool::Connection;
use subsidy_store::payments::PaymentLineRow;
use subsidy_store::payments::queries;

/// The most answers that are shown.
pub const SHOWN_MAX: usize = 2_000;

/// What is recorded of a line, waits, or stands in an earlier part of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownResultView {
    outcome: PaymentResult,
    /// What the bank called that payment.
    bank_reference: String,
    date: Date,
}

/// What the bank says of one payment, and what it is to the batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankAnswerView {
    /// Which of the file's it is, from 1; the row of a table.
    place: u32,
    /// `matched` (paid), `rejected` (never paid) and `returned` (came back after it was paid) are proposed as results.
    /// `amount_differs`, `twice` (the line has a result, or an earlier part of the file says it), `after_payment` (it came
    /// back: confirm the payment, then bring the file again), `pending` (not final) and `unknown` (about nothing in this
    /// batch) are not.
    verdict: Verdict,
    /// `paid`, `returned`, `pending`; `received` is money that others sent.
    said: AnswerKind,
    claim_id: Option<ClaimId>,
    found_by: Option<FoundBy>,
    /// The id that this service gave the payment, as the bank gives it back.
    end_to_end_id: Option<String>,
    /// As the file has it.
    amount: Option<String>,
    /// The currency as the file has it; null where it names none.
    currency: Option<String>,
    /// CNY of the line.
    expected: Option<Money>,
    date: Option<Date>,
    /// What the bank calls the payment; null where it says nothing.
    bank_reference: Option<String>,
    /// The bank's code for why, such as AC04.
    reason_code: Option<String>,
    /// Why, in the bank's words; null where it says nothing.
    reason: Option<String>,
    known: Option<KnownResultView>,
}

/// How many answers have each verdict.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct AnswerCounts {
    /// How many say that a line was paid.
    matched: u32,
    /// How many say that a line was never paid.
    rejected: u32,
    /// How many say that a payment came back.
    returned: u32,
    /// How many name another amount than that of their line.
    amount_differs: u32,
    /// How many are of a line that has a result already.
    twice: u32,
    /// How many came back of payments that are not confirmed yet.
    after_payment: u32,
    /// How many are not final at the bank.
    pending: u32,
    /// How many are about nothing in this batch.
    unknown: u32,
    /// Lines without a result of which the file says nothing.
    missing: u32,
}

/// What a file of the bank says of a batch. With `dry_run=true` nothing is recorded; without it the results of `matched`,
/// `rejected` and `returned` wait for another person (`POST …/results/approve`). Brought again, what waits or counts
/// already is `twice`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankFileView {
    /// `pain.002`, `camt.052`, `camt.053`, `camt.054` or `table`.
    format: String,
    /// The SHA-256 of the file, as the log names it.
    statement: ContentHash,
    counts: AnswerCounts,
    /// In the file's order.
    #[schema(max_items = 2000)]
    answers: Vec<BankAnswerView>,
    /// How many answers that are about nothing in the batch are left out.
    left_out: u32,
    /// Claims whose lines have no result and of which the file says nothing.
    missing: Vec<ClaimId>,
    /// How many results wait because of this file.
    proposed: u32,
    /// With the lines of which a result was proposed.
    batch: Option<PaymentBatchView>,
}

impl BankAnswerView {
    fn of(told: &MatchedAnswer) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(readable);
        let Answer { end_to_end_id, amount, currency, bank_reference, code, text: reason, .. } = &told.answer;
        Self {
            place: told.answer.place,
            verdict: told.verdict,
            said: told.answer.said,
            claim_id: told.claim,
            found_by: told.by,
            end_to_end_id: text(end_to_end_id),
            amount: text(amount),
            currency: text(currency),
            expected: told.expected,
            date: told.answer.date,
            bank_reference: text(bank_reference),
            reason_code: text(code),
            reason: text(reason),
            known: told.known.as_ref().map(|known| KnownResultView {
                outcome: known.outcome,
                bank_reference: known.bank_reference.clone(),
                date: known.date,
            }),
        }
    }
}

impl AnswerCounts {
    fn of(matching: &Matching) -> Self {
        let mut counts = Self { missing: count(matching.missing.len()), ..Self::default() };
        for told in &matching.told {
            let one = match told.verdict {
                Verdict::Matched => &mut counts.matched,
                Verdict::Rejected => &mut counts.rejected,
                Verdict::Returned => &mut counts.returned,
                Verdict::AmountDiffers => &mut counts.amount_differs,
                Verdict::Twice => &mut counts.twice,
                Verdict::AfterPayment => &mut counts.after_payment,
                Verdict::Pending => &mut counts.pending,
                Verdict::Unknown => &mut counts.unknown,
            };
            *one = one.saturating_add(1);
        }
        counts
    }
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

impl BankFileView {
    /// Before anything is proposed.
    pub fn of((format, statement): (&str, ContentHash), matching: &Matching) -> Self {
        // what is about the batch is always shown: it has no more lines than that
        let mut others =
            SHOWN_MAX.saturating_sub(matching.told.iter().filter(|told| told.claim.is_some()).count());
        let shown = |told: &&MatchedAnswer| {
            let room = told.claim.is_some() || others > 0;
            others = others.saturating_sub(usize::from(told.claim.is_none()));
            room
        };
        let answers: Vec<_> = matching.told.iter().filter(shown).map(BankAnswerView::of).collect();
        Self {
            format: format.to_owned(),
            statement,
            counts: AnswerCounts::of(matching),
            left_out: count(matching.told.len().saturating_sub(answers.len())),
            answers,
            missing: matching.missing.clone(),
            proposed: count(matching.results.len()),
            batch: None,
        }
    }
}

/// The lines of a batch with what the log knows their payees' accounts by.
pub async fn known(
    conn: &Connection,
    batch: PaymentBatchId,
) -> Result<BTreeMap<ClaimId, LineFacts>, Problem> {
    let rows = queries::lines(conn, batch.uuid()).await?;
    let accounts = queries::accounts(conn, batch.uuid()).await?;
    let mut macs = BTreeMap::new();
    for row in accounts {
        macs.insert(ClaimId::new(row.claim), convert::read_opt(row.account_mac.as_deref())?);
    }
    let lines = decode_all(&rows, PaymentLineRow::read)?;
    let known = |line: subsidy_core::payments::PaymentLine| {
        let account = macs.get(&line.claim).copied().flatten();
        (line.claim, LineFacts { line, account })
    };
    Ok(lines.into_iter().map(known).collect())
}

/// The results that a file proposes. A member stands where its answer does.
pub fn proposals(
    batch: &PaymentBatch,
    statement: ContentHash,
    matching: &Matching,
) -> Result<ParsedGroup, Problem> {
    let places = matching.results.iter().map(|result| result.told).collect();
    let mut group = ParsedGroup { commands: Vec::new(), texts: Vec::new(), member: "/answers", places };
    for result in &matching.results {
        let told = matching.told.get(result.told);
        let answer = told.map(|told| &told.answer);
        let why = answer.filter(|_| result.outcome == PaymentResult::Returned).and_then(reason);
        let text = why.map(Reason::salted);
        let amount =
            told.and_then(|told| told.expected).filter(|_| answer.is_some_and(|one| one.amount.is_some()));
        group.commands.push(Command::SettlePayment(SettlePayment {
            batch: batch.id,
            claim: result.claim,
            outcome: result.outcome,
            amount: amount.and_then(Amount::of),
            bank_reference: line(&result.bank_reference, result.claim)?,
            date: result.date,
            reason: text.as_ref().map(|text| text.hash),
            statement: Some(statement),
        }));
        group.texts.extend(text);
    }
    Ok(group)
}

/// Why a payment came back: the bank's code and words.
fn reason(answer: &Answer) -> Option<Reason> {
    let parts: Vec<&str> = [&answer.code, &answer.text].into_iter().flatten().map(String::as_str).collect();
    let words = readable(&parts.join(" "));
    let words: String = words.trim().chars().take(Reason::CHARS_MAX).collect();
    Reason::parse(words.trim()).ok()
}

/// What the bank calls a payment, as a line; the claim's id where nothing of it can be read.
fn line(text: &str, claim: ClaimId) -> Result<Line, Problem> {
    let readable = readable(text);
    let plain: String = readable.split_whitespace().collect::<Vec<_>>().join(" ");
    Line::parse(&plain)
        .or_else(|_| Line::parse(&claim.uuid().simple().to_string()))
        .map_err(|error| Problem::fault(&error))
}

/// Why a file is not read.
pub fn unread(error: ReadError) -> Problem {
    let unreadable = |cause: &str| Problem::new(Code::BankFileUnreadable).with("cause", cause);
    match error {
        ReadError::File(BankFileError::Xml(cause)) => unreadable(cause.0),
        ReadError::Packed(cause) => unreadable(cause.0),
        ReadError::Several(_) => unreadable("zip_members"),
        ReadError::Encoding => unreadable("encoding"),
        ReadError::NoMapping => Problem::new(Code::BankFileNoMapping),
        ReadError::File(BankFileError::OtherXml { root }) => {
            Problem::new(Code::BankFileUnknown).with("found", readable(&root))
        }
        ReadError::File(BankFileError::TooMany) => Problem::too_large(ANSWERS_MAX, "payments"),
        ReadError::File(BankFileError::Column { column }) => {
            Problem::new(Code::BankFileColumn).with("column", column)
        }
        ReadError::File(BankFileError::Cell { row, column, found }) => Problem::new(Code::BankFileCell)
            .with("row", row)
            .with("column", column)
            .with("found", readable(&found)),
    }
}
