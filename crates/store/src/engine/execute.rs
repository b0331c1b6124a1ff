//! A batch in memory: commands are decided one after another, each over what those before it
//! left. No I/O, no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::submission::{Accepted, Answer, NewText, Run, Submission, SubmitError, Work};
use subsidy_core::audit::leaf::{
    COMMAND_BYTES_MAX, LEAF_BYTES_MAX, Leaf, LeafError, VERSION, digests, posted,
};
use subsidy_core::audit::tree::{Frontier, FullTile, Hash, leaf_hash};
use subsidy_core::book::command::OpenGroup;
use subsidy_core::book::{Book, Command, Decision, Envelope, Fault, Keys, Stop, decide, needs};
use subsidy_core::domain::{AgencyCode, Date, Instant, KeyHash, Sequence, Stamp, TextHash};

/// The most commands of a batch, and of a group.
pub const COMMANDS_MAX: usize = 512;
/// The most rows of a batch; a group of its own may have more.
pub const ROWS_MAX: usize = 8_192;

/// An accepted command with its leaf.
#[derive(Debug)]
pub struct Record {
    pub envelope: Envelope,
    pub decision: Decision,
    pub accepted: Accepted,
    /// The texts that it names and that are kept with it.
    pub texts: Vec<TextHash>,
    pub leaf: Vec<u8>,
    pub hash: Hash,
}

/// What a key is answered with from now on.
#[derive(Debug)]
pub enum Stored {
    Sequence(Sequence),
    Refusal(serde_json::Value),
}

/// What a batch comes to.
#[derive(Debug)]
pub struct BatchResult {
    /// The answers of the first submissions; those that have none wait for the next batch.
    pub answers: Vec<Result<Answer, SubmitError>>,
    /// Accepted commands, in order.
    pub records: Vec<Record>,
    /// What is stored under which submission's key.
    pub stored: Vec<(usize, Stored)>,
    /// The tree after them.
    pub frontier: Frontier,
    pub tiles: Vec<FullTile>,
    pub book: Book,
    /// How many refusals are stored after them.
    pub refusals: u64,
    /// What a group needs that only its own members made known: loaded, it is decided again.
    pub wanted: Keys,
}

/// Where a batch begins.
#[derive(Debug)]
pub struct Start {
    pub book: Book,
    pub frontier: Frontier,
    pub next: Sequence,
    pub recorded_at: Instant,
    /// How many refusals were stored before.
    pub refusals: u64,
}

/// Decides submissions in order. `known` holds the answers that keys have already.
pub fn execute(
    start: Start,
    submissions: &[&Submission],
    known: &BTreeMap<usize, Result<Answer, SubmitError>>,
) -> BatchResult {
    let mut execution = Execution {
        next: start.next,
        recorded_at: start.recorded_at,
        rows: 0,
        out: BatchResult {
            answers: Vec::with_capacity(submissions.len()),
            records: Vec::new(),
            stored: Vec::new(),
            frontier: start.frontier,
            tiles: Vec::new(),
            book: start.book,
            refusals: start.refusals,
            wanted: Keys::new(),
        },
    };
    let mut seen: BTreeMap<(&str, [u8; 32]), usize> = BTreeMap::new();
    for (index, submission) in submissions.iter().enumerate() {
        let same_key = (submission.subject.as_str(), submission.key);
        let answer = if let Some(answer) = known.get(&index) {
            Some(answer.clone())
        } else if let Some(first) =
            seen.get(&same_key).and_then(|i| submissions.get(*i).zip(execution.out.answers.get(*i)))
        {
            Some(again(first.0, first.1, submission))
        } else {
            execution.submission(index, submission)
        };
        let Some(answer) = answer else { break };
        seen.entry(same_key).or_insert(index);
        execution.out.answers.push(answer);
    }
    execution.out
}

/// The same key once more in one batch.
fn again(
    first: &Submission,
    answer: &Result<Answer, SubmitError>,
    submission: &Submission,
) -> Result<Answer, SubmitError> {
    if first.request != submission.request {
        return Err(SubmitError::KeyReused);
    }
    answer.clone().map(|mut answer| {
        match &mut answer {
            Answer::Accepted { replayed, .. } | Answer::Refused { replayed, .. } => *replayed = true,
        }
        answer
    })
}

/// Why a command is not recorded.
enum Not {
    Refused(Box<serde_json::Value>),
    /// A fault or a limit.
    Failed(SubmitError),
    /// It needs a key that only the commands before it made known: it begins the next batch.
    Deferred,
}

struct Execution {
    next: Sequence,
    recorded_at: Instant,
    rows: usize,
    out: BatchResult,
}

impl Execution {
    /// One submission; none where it has to wait for the next batch.
    fn submission(&mut self, index: usize, submission: &Submission) -> Option<Result<Answer, SubmitError>> {
        let full = self.out.records.len() >= COMMANDS_MAX || self.rows >= ROWS_MAX;
        if full && !self.out.records.is_empty() {
            return None;
        }
        let first = self.out.records.len();
        let (agency, key) = (&submission.agency, KeyHash::new(submission.key));
        let result = match &submission.work {
            Work::One(envelope) => {
                let asked = (agency, Some(key), submission.texts.as_slice());
                self.command(envelope, asked).map_err(|not| (not, None))
            }
            Work::All { actor, members } => {
                self.group((agency, key, &submission.texts), actor, members, None)
            }
            // its members were found before anything of this batch was decided
            Work::Run { .. } if first > 0 => return None,
            Work::Run { actor, run, due, .. } => {
                self.group((agency, key, &submission.texts), actor, due, Some(*run))
            }
        };
        match result {
            Ok(()) => {
                let mut accepted = self.out.records.iter().skip(first).map(|r| r.accepted.clone());
                let head = accepted.next()?;
                let members = accepted.collect();
                self.out.stored.push((index, Stored::Sequence(head.sequence)));
                Some(Ok(Answer::Accepted { first: head, members, replayed: false }))
            }
            Err((Not::Refused(refusal), member)) => {
                let stored = stored_refusal(&refusal, member, &submission.request_id);
                self.out.stored.push((index, Stored::Refusal(stored)));
                self.out.refusals += 1;
                Some(Ok(Answer::Refused {
                    refusal: *refusal,
                    member,
                    request_id: submission.request_id.clone(),
                    replayed: false,
                }))
            }
            Err((Not::Failed(error), _)) => Some(Err(error)),
            Err((Not::Deferred, _)) if self.out.records.is_empty() && self.out.wanted.is_empty() => {
                Some(Err(SubmitError::Fault))
            }
            Err((Not::Deferred, _)) => None,
        }
    }

    /// A group: all or nothing. The book is put back where one member is refused.
    fn group(
        &mut self,
        (agency, key, texts): (&AgencyCode, KeyHash, &[NewText]),
        actor: &subsidy_core::domain::Actor,
        members: &[Envelope],
        run: Option<Run>,
    ) -> Result<(), (Not, Option<usize>)> {
        let before = (self.out.book.clone(), self.next, self.rows, self.out.frontier.clone());
        let (records, tiles) = (self.out.records.len(), self.out.tiles.len());
        let header = Envelope {
            actor: actor.clone(),
            if_match: None,
            command: Command::OpenGroup(OpenGroup {
                members: u32::try_from(members.len()).unwrap_or(u32::MAX),
                as_of: run.map(|run| run.as_of().unwrap_or_else(|| self.today())),
                days: run.and_then(Run::days),
            }),
        };
        let mut result = self.command(&header, (agency, Some(key), &[])).map_err(|not| (not, None));
        for (index, member) in members.iter().enumerate() {
            if result.is_err() {
                break;
            }
            result = self.command(member, (agency, None, texts)).map_err(|not| (not, Some(index)));
            if records == 0 && matches!(result, Err((Not::Deferred, _))) {
                self.out.wanted = self.unknown(&member.command);
            }
        }
        if result.is_err() {
            (self.out.book, self.next, self.rows, self.out.frontier) = before;
            self.out.records.truncate(records);
            self.out.tiles.truncate(tiles);
        }
        result
    }

    fn today(&self) -> Date {
        let none = Command::OpenGroup(OpenGroup { members: 0, as_of: None, days: None });
        self.out.book.business_date(&none, self.recorded_at)
    }

    /// What a command needs and the book does not know.
    fn unknown(&self, command: &Command) -> Keys {
        let (book, recorded_at) = (&self.out.book, self.recorded_at);
        let business_date = book.business_date(command, recorded_at);
        let stamp = Stamp { sequence: self.next, recorded_at, business_date };
        needs(command, &stamp, book).into_iter().filter(|key| !book.knows(key)).collect()
    }

    /// One command: decided, given its leaf, applied.
    fn command(
        &mut self,
        envelope: &Envelope,
        (agency, key, texts): (&AgencyCode, Option<KeyHash>, &[NewText]),
    ) -> Result<(), Not> {
        let stamp = Stamp {
            sequence: self.next,
            recorded_at: self.recorded_at,
            business_date: self.out.book.business_date(&envelope.command, self.recorded_at),
        };
        let decision = self.decision(envelope, &stamp)?;
        let texts = kept(&envelope.command, texts).map_err(|error| fault(&error.to_string(), envelope))?;
        let leaf = Leaf {
            v: VERSION,
            agency: agency.clone(),
            idempotency_key: key,
            sequence: stamp.sequence,
            recorded_at: stamp.recorded_at,
            actor: envelope.actor.clone(),
            refusals: self.out.refusals,
            texts: texts.clone(),
            command: envelope.command.clone(),
            outcome: decision.outcome.clone(),
            postings: posted(&decision),
        };
        let bytes = leaf.encode().map_err(|error| match error {
            LeafError::TooLarge { .. } => Not::Failed(SubmitError::TooLarge { limit: LEAF_BYTES_MAX }),
            LeafError::Canonical(_) | LeafError::NotCanonical => fault(&error.to_string(), envelope),
        })?;
        self.out.book.apply(&decision.effects).map_err(|error| match error {
            Fault::NotLoaded(_) if !self.out.records.is_empty() => Not::Deferred,
            error => fault(&error.to_string(), envelope),
        })?;
        texts.iter().for_each(|text| self.out.book.texts.put(*text, ()));
        let hash = leaf_hash(&bytes);
        self.out.tiles.extend(self.out.frontier.append(hash));
        self.next = self.next.next();
        self.rows += rows_of(&decision);
        let accepted = Accepted {
            sequence: stamp.sequence,
            recorded_at: stamp.recorded_at,
            outcome: decision.outcome.clone(),
        };
        self.out.records.push(Record {
            envelope: envelope.clone(),
            decision,
            accepted,
            texts,
            leaf: bytes,
            hash,
        });
        Ok(())
    }

    /// `decide`, with a panic made that caller's fault and nobody else's.
    fn decision(&self, envelope: &Envelope, stamp: &Stamp) -> Result<Decision, Not> {
        let decided = catch_unwind(AssertUnwindSafe(|| decide(&self.out.book, envelope, stamp)));
        match decided {
            Ok(Ok(decision)) => Ok(decision),
            Ok(Err(Stop::Refused(refusal))) => match serde_json::to_value(&refusal) {
                Ok(value) => Err(Not::Refused(Box::new(value))),
                Err(error) => Err(fault(&error.to_string(), envelope)),
            },
            Ok(Err(Stop::Fault(Fault::NotLoaded(_)))) if !self.out.records.is_empty() => Err(Not::Deferred),
            Ok(Err(Stop::Fault(error))) => Err(fault(&error.to_string(), envelope)),
            Err(_) => Err(fault("a panic", envelope)),
        }
    }
}

/// Which of the texts that came with a request a command names.
fn kept(command: &Command, texts: &[NewText]) -> Result<Vec<TextHash>, LeafError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let named = digests(command)?;
    let of_it = texts.iter().map(|text| text.hash).filter(|hash| named.contains(hash));
    Ok(of_it.collect::<BTreeSet<_>>().into_iter().collect())
}

fn fault(error: &str, envelope: &Envelope) -> Not {
    tracing::error!(error, command.kind = envelope.command.kind(), "a command failed; its caller gets a 500");
    Not::Failed(SubmitError::Fault)
}

/// About how many rows a decision writes.
fn rows_of(decision: &Decision) -> usize {
    let effects = &decision.effects;
    2 + effects.changes.len()
        + effects.transitions.len()
        + effects.sheets.len()
        + 3 * effects.posting.lines().len()
}

/// A refusal as it is stored under its key.
fn stored_refusal(refusal: &serde_json::Value, member: Option<usize>, request_id: &str) -> serde_json::Value {
    serde_json::json!({ "refusal": refusal, "member": member, "request_id": request_id })
}

pub fn read_refusal(stored: &serde_json::Value) -> Answer {
    let member =
        stored.get("member").and_then(serde_json::Value::as_u64).and_then(|m| usize::try_from(m).ok());
    Answer::Refused {
        refusal: stored.get("refusal").cloned().unwrap_or_default(),
        member,
        request_id: stored.get("request_id").and_then(|r| r.as_str()).unwrap_or_default().to_owned(),
        replayed: true,
    }
}

/// Whether a command is small enough for the log. Checked before it is queued.
pub fn check_size(command: &Command) -> Result<(), SubmitError> {
    // ids, dates and digests alone are never large, and these are most of what is asked for
    let small = matches!(
        command,
        Command::ApplyForVoucher(_)
            | Command::ReviewVoucher(_)
            | Command::IssueVoucher(_)
            | Command::CancelVoucher(_)
            | Command::SuspendVoucher(_)
            | Command::ReinstateVoucher(_)
    );
    if small {
        return Ok(());
    }
    let bytes = subsidy_core::domain::canonical::encode(command).map_err(|_| SubmitError::Fault)?;
    if bytes.len() > COMMAND_BYTES_MAX {
        return Err(SubmitError::TooLarge { limit: COMMAND_BYTES_MAX });
    }
    Ok(())
}
