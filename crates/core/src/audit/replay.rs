//! Replay: the leaves of a log through the same `decide`, from the first one on.
//!
//! A leaf is good if it is the canonical form of what it says, follows the one before it, and deciding its
//! command again over the book so far gives its outcome and its postings. Nothing outside the leaves is
//! read. [`Decoded::of`] needs no book, so leaves can be decoded side by side; [`Replay::take`] needs them in
//! order.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde_json::Value;

use super::leaf::{Leaf, LeafError, VERSION, digests, posted};
use super::tree::{Frontier, FullTile, Hash, leaf_hash};
use crate::agencies::{CreateAgency, SEMANTICS};
use crate::book::{Book, Command, Decision, Envelope, Fault, Stop, decide};
use crate::domain::{AgencyCode, Instant, Sequence, Stamp, TextHash};

/// A leaf that does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sequence {sequence}: {what}: found {found}, expected {expected}")]
pub struct BadLeaf {
    pub sequence: Sequence,
    pub what: String,
    /// What the leaf says.
    pub found: String,
    /// What it should say.
    pub expected: String,
}

/// A leaf's bytes, read and hashed.
#[derive(Debug)]
pub struct Decoded {
    /// The bytes.
    pub bytes: Vec<u8>,
    pub hash: Hash,
    /// What they say; none where that is not the canonical form of a leaf.
    pub leaf: Result<Leaf, LeafError>,
}

impl Decoded {
    pub fn of(bytes: Vec<u8>) -> Self {
        let hash = leaf_hash(&bytes);
        let leaf = Leaf::decode(&bytes);
        Self { bytes, hash, leaf }
    }

    /// Reads and hashes many, side by side, in order.
    pub fn all(leaves: Vec<Vec<u8>>) -> Vec<Self> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (share, mut leaves) = (leaves.len().div_ceil(threads).max(1), leaves.into_iter());
        let mut shares = Vec::new();
        loop {
            let some: Vec<Vec<u8>> = leaves.by_ref().take(share).collect();
            if some.is_empty() {
                break;
            }
            shares.push(some);
        }
        std::thread::scope(|scope| {
            let decoding: Vec<_> = shares
                .into_iter()
                .map(|some| scope.spawn(move || some.into_iter().map(Self::of).collect::<Vec<_>>()))
                .collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, Vec<Self>>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            decoding.into_iter().flat_map(join).collect()
        })
    }
}

/// A leaf decided again: all that rows are made of.
#[derive(Debug)]
pub struct Replayed {
    pub leaf: Leaf,
    /// Its bytes.
    pub bytes: Vec<u8>,
    pub hash: Hash,
    pub decision: Decision,
    /// Tiles that became full with it.
    pub tiles: Vec<FullTile>,
}

/// A group whose members still follow.
#[derive(Debug, Clone, Copy)]
struct Open {
    header: Sequence,
    left: u32,
}

/// A ledger as its leaves so far make it.
#[derive(Debug)]
pub struct Replay {
    /// Whose log it has to be; none where the first leaf may say.
    agency: Option<AgencyCode>,
    book: Book,
    frontier: Frontier,
    next: Sequence,
    recorded_at: Option<Instant>,
    /// How many refusals were stored before the last leaf.
    refusals: u64,
    group: Option<Open>,
}

impl Default for Replay {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Replay {
    /// Before the first leaf of an agency's log, or of whose log the first leaf says.
    pub fn new(agency: Option<AgencyCode>) -> Self {
        Self {
            agency,
            book: Book::complete(),
            frontier: Frontier::new(),
            next: Sequence::default(),
            recorded_at: None,
            refusals: 0,
            group: None,
        }
    }

    /// The book as it stands.
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The tree as it stands.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The next leaf's sequence.
    pub const fn next(&self) -> Sequence {
        self.next
    }

    /// When the last leaf was recorded.
    pub const fn recorded_at(&self) -> Option<Instant> {
        self.recorded_at
    }

    /// How many refusals were stored before the last leaf.
    pub const fn refusals(&self) -> u64 {
        self.refusals
    }

    /// Takes the next leaf. After a bad one there is nothing to go on from.
    pub fn step(&mut self, leaf_bytes: &[u8]) -> Result<Replayed, BadLeaf> {
        self.take(Decoded::of(leaf_bytes.to_vec()))
    }

    /// Takes the next leaf, decoded already.
    pub fn take(&mut self, decoded: Decoded) -> Result<Replayed, BadLeaf> {
        let leaf = decoded.leaf.map_err(|error| self.bad("leaf", error, "canonical JSON of a leaf"))?;
        self.follows(&leaf)?;
        let decision = self.decided(&leaf)?;
        self.same("outcome", &leaf.outcome, &decision.outcome)?;
        self.same("postings", &leaf.postings, &posted(&decision))?;
        self.keeps(&leaf)?;
        self.book.apply(&decision.effects).map_err(|fault| self.bad("command", "accepted", fault))?;
        leaf.texts.iter().for_each(|text| self.book.texts.put(*text, ()));
        let tiles = self.frontier.append(decoded.hash);
        self.group = match (&leaf.command, self.group) {
            (Command::OpenGroup(group), _) => Some(Open { header: self.next, left: group.members }),
            (_, Some(open)) => Some(Open { left: open.left.saturating_sub(1), ..open }),
            (_, None) => None,
        }
        .filter(|open| open.left > 0);
        self.next = self.next.next();
        self.recorded_at = Some(leaf.recorded_at);
        self.refusals = leaf.refusals;
        Ok(Replayed { leaf, bytes: decoded.bytes, hash: decoded.hash, decision, tiles })
    }

    /// The log ends here: no group misses members.
    pub fn finish(&self) -> Result<(), BadLeaf> {
        match self.group {
            None => Ok(()),
            Some(open) => Err(BadLeaf {
                sequence: open.header,
                what: "group".to_owned(),
                found: format!("{} members too few", open.left),
                expected: "all its members".to_owned(),
            }),
        }
    }

    /// Whether a leaf may stand here.
    fn follows(&self, leaf: &Leaf) -> Result<(), BadLeaf> {
        if leaf.v != VERSION {
            return Err(self.bad("v", leaf.v, VERSION));
        }
        if leaf.sequence != self.next {
            return Err(self.bad("sequence", leaf.sequence, self.next));
        }
        self.is_own(leaf)?;
        if let Some(before) = self.recorded_at.filter(|before| leaf.recorded_at < *before) {
            return Err(self.bad("recorded_at", leaf.recorded_at, format!("{before} or later")));
        }
        if leaf.refusals < self.refusals {
            return Err(self.bad("refusals", leaf.refusals, format!("{} or more", self.refusals)));
        }
        let first = matches!(leaf.command, Command::CreateAgency(_));
        if first != self.book.agency.is_none() {
            return Err(self.bad("command", leaf.command.kind(), "create_agency, once and first"));
        }
        if let (Some(_), Command::OpenGroup(_)) = (self.group, &leaf.command) {
            return Err(self.bad("command", leaf.command.kind(), "a member of the group that is open"));
        }
        if let (Some(_), Some(before)) = (self.group, self.recorded_at)
            && leaf.recorded_at != before
        {
            return Err(self.bad("recorded_at", leaf.recorded_at, before));
        }
        let semantics = match (&leaf.command, &self.book.agency) {
            (Command::SwitchSemantics(c), _) => c.to,
            (_, Some(agency)) => agency.semantics,
            (_, None) => *SEMANTICS.end(),
        };
        if !SEMANTICS.contains(&semantics) {
            let known = format!("{} to {}, which this release knows", SEMANTICS.start(), SEMANTICS.end());
            return Err(self.bad("semantics", semantics, known));
        }
        Ok(())
    }

    /// Whether a leaf is of this log's agency, and has the key that it was asked for under.
    fn is_own(&self, leaf: &Leaf) -> Result<(), BadLeaf> {
        let begun = self.book.agency.as_ref().map(|agency| &agency.code);
        if let Some(own) = self.agency.as_ref().or(begun).filter(|own| leaf.agency != **own) {
            return Err(self.bad("agency", &leaf.agency, own));
        }
        if let Command::CreateAgency(CreateAgency { code, .. }) = &leaf.command
            && *code != leaf.agency
        {
            return Err(self.bad("agency", &leaf.agency, code));
        }
        match (leaf.idempotency_key, self.group) {
            (Some(key), Some(_)) => Err(self.bad("idempotency_key", key, "none: its group's header has it")),
            (None, None) => Err(self.bad("idempotency_key", "none", "the key that it was asked for under")),
            (Some(_), None) | (None, Some(_)) => Ok(()),
        }
    }

    /// Whether a leaf says in order which of its command's texts were kept.
    fn keeps(&self, leaf: &Leaf) -> Result<(), BadLeaf> {
        if leaf.texts.is_empty() {
            return Ok(());
        }
        let named = digests(&leaf.command)
            .map_err(|error| self.bad("command", error, "what can be written as JSON"))?;
        let listed: BTreeSet<TextHash> =
            leaf.texts.iter().copied().filter(|text| named.contains(text)).collect();
        self.same("texts", &leaf.texts, &listed.into_iter().collect())
    }

    /// The decision made again, under the stamp that the leaf was decided under.
    fn decided(&self, leaf: &Leaf) -> Result<Decision, BadLeaf> {
        let stamp = Stamp {
            sequence: leaf.sequence,
            recorded_at: leaf.recorded_at,
            business_date: self.book.business_date(&leaf.command, leaf.recorded_at),
        };
        let envelope = Envelope { actor: leaf.actor.clone(), if_match: None, command: leaf.command.clone() };
        let decided = catch_unwind(AssertUnwindSafe(|| decide(&self.book, &envelope, &stamp)))
            .unwrap_or_else(|_| Err(Stop::Fault(Fault::Broken("a panic".to_owned()))));
        decided.map_err(|stop| match stop {
            Stop::Refused(refusal) => self.bad("command", "accepted", format!("refused: {refusal}")),
            Stop::Fault(fault) => self.bad("command", "accepted", format!("not decided: {fault}")),
        })
    }

    /// Whether the leaf says what was decided; else where they first differ.
    fn same<T: PartialEq + Serialize>(&self, what: &str, found: &T, expected: &T) -> Result<(), BadLeaf> {
        if found == expected {
            return Ok(());
        }
        let value = |of: &T| serde_json::to_value(of).unwrap_or_default();
        let (pointer, found, expected) = first_difference(&value(found), &value(expected));
        Err(self.bad(&format!("{what}{pointer}"), found, expected))
    }

    fn bad(&self, what: &str, found: impl ToString, expected: impl ToString) -> BadLeaf {
        BadLeaf {
            sequence: self.next,
            what: what.to_owned(),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }
}

/// Where two values first differ, as a JSON pointer, and both values there.
fn first_difference(found: &Value, expected: &Value) -> (String, String, String) {
    let member = |name: &str, found: Option<&Value>, expected: Option<&Value>| {
        let null = Value::Null;
        let (found, expected) = (found.unwrap_or(&null), expected.unwrap_or(&null));
        let (pointer, found, expected) = first_difference(found, expected);
        (format!("/{name}{pointer}"), found, expected)
    };
    match (found, expected) {
        (Value::Object(f), Value::Object(e)) => {
            let differs = f.keys().chain(e.keys()).find(|name| f.get(*name) != e.get(*name));
            differs.map(|name| member(name, f.get(name), e.get(name)))
        }
        (Value::Array(f), Value::Array(e)) => {
            let differs = (0..f.len().max(e.len())).find(|place| f.get(*place) != e.get(*place));
            differs.map(|place| member(&place.to_string(), f.get(place), e.get(place)))
        }
        _ => None,
    }
    .unwrap_or_else(|| (String::new(), shown(found), shown(expected)))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
