//! Which line of a batch an answer of the bank is about, and what is to be recorded of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;

use super::{Answer, AnswerKind, Answers, Whole};
use crate::domain::{ClaimId, Date, Money, TextHash};
use crate::payments::{LineStatus, PaymentBatch, PaymentLine, PaymentResult};

/// The version of the UUIDs that claims are named by. Banks that make such ids themselves (`UETR`) use the fourth.
const CLAIM_ID_VERSION: usize = 7;

/// What an answer is to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BankAnswerVerdict)]
pub enum Verdict {
    /// It paid a line that is open.
    Matched,
    /// The bank did not carry it out, or sent it back before anybody knew that it was paid.
    Rejected,
    /// It came back after it was recorded as paid.
    Returned,
    /// It is about a line and of another amount.
    AmountDiffers,
    /// The line has a result already, or an earlier part of the file says it.
    Twice,
    /// It came back, and the payment has to be confirmed first.
    AfterPayment,
    /// On its way: nothing to record yet.
    Pending,
    /// About nothing in this batch.
    Unknown,
}

/// How the line was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BankAnswerFoundBy)]
pub enum FoundBy {
    EndToEndId,
    /// `InstrId`, which our files say too.
    InstructionId,
    /// Amount, account and a day on which the batch was at the bank.
    AmountAccountDay,
    /// The bank says it of the whole message, or booked all of it in one sum.
    Message,
}

/// What is known of a line besides itself.
#[derive(Debug, Clone)]
pub struct LineFacts {
    pub line: PaymentLine,
    /// What the log knows the payee's account number by.
    pub account: Option<TextHash>,
}

/// An answer, and what it is to the batch.
#[derive(Debug, Clone)]
pub struct MatchedAnswer {
    pub answer: Answer,
    pub verdict: Verdict,
    pub claim: Option<ClaimId>,
    pub by: Option<FoundBy>,
    /// CNY of the line.
    pub expected: Option<Money>,
    /// What of the line is recorded, or said by an earlier part of the file.
    pub known: Option<KnownResult>,
}

/// A result that is recorded, that waits, or that an earlier part of the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownResult {
    pub outcome: PaymentResult,
    pub bank_reference: String,
    pub date: Date,
}

/// A result to be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Result {
    pub told: usize,
    pub claim: ClaimId,
    pub outcome: PaymentResult,
    pub bank_reference: String,
    pub date: Date,
}

/// What a file is to a batch.
#[derive(Debug, Clone, Default)]
pub struct Matching {
    pub told: Vec<MatchedAnswer>,
    pub results: Vec<Result>,
    /// Lines without a result of which the file says nothing.
    pub missing: Vec<ClaimId>,
}

struct Match<'a, M> {
    batch: &'a PaymentBatch,
    known: &'a BTreeMap<ClaimId, LineFacts>,
    mac: M,
    today: Date,
    /// What the file says of a line so far.
    said: BTreeMap<ClaimId, KnownResult>,
    mentioned: BTreeSet<ClaimId>,
    references: BTreeSet<String>,
    found: Matching,
}

/// Holds a file against a batch. `mac` is what the log knows an account number by; `today` dates what the file does not.
pub fn matched(
    batch: &PaymentBatch,
    known: &BTreeMap<ClaimId, LineFacts>,
    answers: Answers,
    (mac, today): (impl Fn(&str) -> TextHash, Date),
) -> Matching {
    let mut state = Match {
        batch,
        known,
        mac,
        today,
        said: BTreeMap::new(),
        mentioned: BTreeSet::new(),
        references: BTreeSet::new(),
        found: Matching::default(),
    };
    for answer in answers.answers {
        let found = state.line(&answer);
        state.tell(answer, found);
    }
    for whole in answers.whole {
        state.whole(whole);
    }
    let open = known.values().filter(|one| one.line.status == LineStatus::Open);
    let missing = open.filter(|one| one.line.proposed_result.is_none()).map(|one| one.line.claim);
    state.found.missing = missing.filter(|claim| !state.mentioned.contains(claim)).collect();
    state.found
}

impl<M: Fn(&str) -> TextHash> Match<'_, M> {
    /// The line that an answer is about.
    fn line(&self, answer: &Answer) -> Option<(ClaimId, FoundBy)> {
        let early = answer.date.is_some_and(|date| self.batch.approved_on.is_none_or(|first| date < first));
        let ids =
            [(&answer.end_to_end_id, FoundBy::EndToEndId), (&answer.instruction_id, FoundBy::InstructionId)];
        let ids =
            ids.into_iter().filter_map(|(id, by)| Some((Uuid::try_parse(id.as_ref()?.trim()).ok()?, by)));
        let named: Vec<(Uuid, FoundBy)> = ids.collect();
        let mut claims = named.iter().map(|(id, by)| (ClaimId::new(*id), *by));
        if let Some(found) = claims.find(|(claim, _)| self.known.contains_key(claim)) {
            // the same claim may have stood in an earlier batch
            return Some(found).filter(|_| !early);
        }
        // a claim of another batch; what the bank numbers itself is of another version, or no UUID at all
        if named.iter().any(|(id, _)| id.get_version_num() == CLAIM_ID_VERSION) {
            return None;
        }
        if early || answer.date? > self.today {
            return None;
        }
        let accounts: Vec<TextHash> = answer.accounts.iter().map(|number| (self.mac)(number)).collect();
        let amount = amount(answer)?;
        let fits = |known: &&LineFacts| {
            let wanted = match answer.said {
                AnswerKind::Paid => known.line.status == LineStatus::Open,
                AnswerKind::Returned => matches!(known.line.status, LineStatus::Open | LineStatus::Paid),
                AnswerKind::Pending | AnswerKind::Received => false,
            };
            let untold = !self.said.contains_key(&known.line.claim) && known.line.proposed_result.is_none();
            let of_the_payee = known.account.is_some_and(|account| accounts.contains(&account));
            wanted && untold && of_the_payee && known.line.amount == amount
        };
        let mut fitting = self.known.values().filter(fits);
        // of two that fit nobody knows which it is
        let found = fitting.next().filter(|_| fitting.next().is_none())?;
        Some((found.line.claim, FoundBy::AmountAccountDay))
    }

    fn tell(&mut self, answer: Answer, found: Option<(ClaimId, FoundBy)>) {
        let known = found.and_then(|(claim, _)| self.known.get(&claim));
        let Some(((claim, by), known)) = found.zip(known) else {
            let verdict =
                if answer.said == AnswerKind::Pending { Verdict::Pending } else { Verdict::Unknown };
            let told = MatchedAnswer { answer, verdict, claim: None, by: None, expected: None, known: None };
            return self.found.told.push(told);
        };
        self.mentioned.insert(claim);
        let before = self.said.get(&claim).cloned().or_else(|| recorded(&known.line));
        let verdict = self.verdict(&answer, &known.line, before.as_ref());
        let outcome = match verdict {
            Verdict::Matched => Some(PaymentResult::Paid),
            Verdict::Rejected | Verdict::Returned => Some(PaymentResult::Returned),
            _ => None,
        };
        if let Some(outcome) = outcome {
            let date = answer.date.unwrap_or(self.today);
            let bank_reference = self.reference(&answer, claim);
            let said = KnownResult { outcome, bank_reference: bank_reference.clone(), date };
            self.said.insert(claim, said);
            let told = self.found.told.len();
            self.found.results.push(Result { told, claim, outcome, bank_reference, date });
        }
        let (expected, known) = (Some(known.line.amount), before);
        self.found.told.push(MatchedAnswer {
            answer,
            verdict,
            claim: Some(claim),
            by: Some(by),
            expected,
            known,
        });
    }

    fn verdict(&self, answer: &Answer, line: &PaymentLine, before: Option<&KnownResult>) -> Verdict {
        if answer.said == AnswerKind::Pending {
            return Verdict::Pending;
        }
        let differs = amount(answer) != Some(line.amount) && answer.amount.is_some();
        if differs {
            return Verdict::AmountDiffers;
        }
        let paid = line.status == LineStatus::Paid;
        let waits = line.proposed_result.is_some() || self.said.contains_key(&line.claim);
        match (answer.said, before.map(|known| known.outcome)) {
            (AnswerKind::Paid, None) => Verdict::Matched,
            (AnswerKind::Returned | AnswerKind::Received, None) => Verdict::Rejected,
            (AnswerKind::Returned | AnswerKind::Received, Some(PaymentResult::Paid)) if paid && !waits => {
                Verdict::Returned
            }
            (AnswerKind::Returned | AnswerKind::Received, Some(PaymentResult::Paid)) if waits => {
                Verdict::AfterPayment
            }
            _ => Verdict::Twice,
        }
    }

    /// What a result is called: what the bank calls it, and the line where it calls several so.
    fn reference(&mut self, answer: &Answer, claim: ClaimId) -> String {
        let line = claim.uuid().simple().to_string();
        let own =
            answer.bank_reference.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let name = own.unwrap_or_else(|| line.clone());
        let name: String = name.chars().take(120).collect();
        if self.references.insert(name.clone()) { name } else { format!("{name}/{line}") }
    }

    /// A message that was refused, carried out or booked whole: each of its open lines of which nothing else is said. A sum
    /// is about the lines that it is the sum of: those that are open, with those that are paid already or without them.
    fn whole(&mut self, whole: Whole) {
        let Whole { message_id, answer, total } = whole;
        // `MsgId` and `PmtInfId` of our files: the batch, and which of its files
        let ours = message_id.starts_with(&self.batch.id.uuid().simple().to_string());
        let final_word = matches!(answer.said, AnswerKind::Paid | AnswerKind::Returned);
        let about = match &total {
            _ if !ours || !final_word => Vec::new(),
            None => self.silent(false),
            Some(_) => self.silent_of(amount(&answer)),
        };
        if about.is_empty() && total.is_some() {
            self.tell(answer.clone(), None);
        }
        for (claim, _) in about {
            let answer = Answer { amount: None, currency: None, ..answer.clone() };
            self.tell(answer, Some((claim, FoundBy::Message)));
        }
    }

    /// The open lines of which the file says nothing so far, and those that are paid.
    fn silent(&self, with_paid: bool) -> Vec<(ClaimId, Money)> {
        let counts = |status: LineStatus| match status {
            LineStatus::Open => true,
            LineStatus::Paid => with_paid,
            LineStatus::Returned | LineStatus::Dropped => false,
        };
        let lines = self.known.values().map(|known| &known.line).filter(|line| counts(line.status));
        let silent = lines.filter(|line| !self.mentioned.contains(&line.claim));
        silent.map(|line| (line.claim, line.amount)).collect()
    }

    /// Such lines that come to a sum; none where neither choice of them does.
    fn silent_of(&self, sum: Option<Money>) -> Vec<(ClaimId, Money)> {
        let comes_to = |lines: &Vec<(ClaimId, Money)>| {
            let all = Money::sum(lines.iter().map(|(_, amount)| *amount)).ok();
            !lines.is_empty() && all.is_some() && all == sum
        };
        [true, false].into_iter().map(|paid| self.silent(paid)).find(comes_to).unwrap_or_default()
    }
}

/// CNY of an answer; none where it is of another currency or no amount.
fn amount(answer: &Answer) -> Option<Money> {
    let ours = answer.currency.as_deref().is_none_or(|currency| matches!(currency, "CNY" | "RMB"));
    Money::parse_printed(answer.amount.as_deref().filter(|_| ours)?).ok()
}

/// What a line says for itself: the result that waits, else the one that counts.
fn recorded(line: &PaymentLine) -> Option<KnownResult> {
    if let Some(waits) = &line.proposed_result {
        let (bank_reference, date) = (waits.bank_reference.to_string(), waits.date);
        return Some(KnownResult { outcome: waits.outcome, bank_reference, date });
    }
    let outcome = match line.status {
        LineStatus::Paid => PaymentResult::Paid,
        LineStatus::Returned => PaymentResult::Returned,
        LineStatus::Open | LineStatus::Dropped => return None,
    };
    let (reference, date) = (line.bank_reference.as_ref()?, line.date?);
    Some(KnownResult { outcome, bank_reference: reference.to_string(), date })
}
