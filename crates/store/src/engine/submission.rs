//! What callers hand to the engine and what they get back.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::db::refusal::ValueKind;
use subsidy_core::book::{Envelope, Outcome};
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Date, Instant, Sequence, Subject, TextHash};

/// A free text that a command names by its hash.
#[derive(Debug, Clone)]
pub struct NewText {
    /// SHA-256 over salt and text.
    pub hash: TextHash,
    /// 16 random bytes.
    pub salt: Vec<u8>,
    pub body: String,
}

/// A bank account's number, sealed with a key outside the database.
#[derive(Debug, Clone)]
pub struct NewBankAccount {
    pub organisation: CreditCode,
    /// HMAC of the number.
    pub mac: TextHash,
    /// The number under AES-256-GCM.
    pub sealed: Vec<u8>,
}

/// A run over vouchers or tasks that nobody names. `as_of` is the day that it is made for; the business date where none is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Those past their last usable day expire.
    Expiry {
        /// The day.
        as_of: Option<Date>,
    },
    /// Those whose last usable day is near are reminded of.
    Reminder {
        /// The day.
        as_of: Option<Date>,
        days: u16,
    },
    /// Tasks that are late, or due within so many days, are told of.
    Tasks { days: u16 },
}

impl Run {
    /// The day that it is made for, if it says one.
    pub const fn as_of(self) -> Option<Date> {
        match self {
            Self::Expiry { as_of } | Self::Reminder { as_of, .. } => as_of,
            Self::Tasks { .. } => None,
        }
    }

    /// How near, of a run that reminds.
    pub const fn days(self) -> Option<u16> {
        match self {
            Self::Expiry { .. } => None,
            Self::Reminder { days, .. } | Self::Tasks { days } => Some(days),
        }
    }
}

/// What is asked for under one idempotency key.
#[derive(Debug, Clone)]
pub enum Work {
    /// One command: one leaf.
    One(Box<Envelope>),
    /// Many, all or nothing: a header's leaf and a leaf each.
    All {
        /// Who asks for the whole.
        actor: Actor,
        members: Vec<Envelope>,
    },
    /// A group whose members are found under the lock.
    Run {
        actor: Actor,
        /// Which vouchers, and what becomes of them.
        run: Run,
        limit: u32,
        /// The members that were found.
        due: Vec<Envelope>,
    },
}

/// A request as the engine takes it. Everything random was drawn at the edge.
#[derive(Debug, Clone)]
pub struct Submission {
    pub agency: AgencyCode,
    pub subject: Subject,
    /// SHA-256 of the idempotency key.
    pub key: [u8; 32],
    /// SHA-256 of the request: method, path, query, `If-Match`, body. The engine binds it to its caller.
    pub request: [u8; 32],
    /// The request's id, which a stored refusal is answered with again.
    pub request_id: String,
    pub work: Work,
    /// Texts that the commands name.
    pub texts: Vec<NewText>,
    /// Bank accounts that the commands name.
    pub accounts: Vec<NewBankAccount>,
}

impl Submission {
    pub const fn actor(&self) -> &Actor {
        match &self.work {
            Work::One(envelope) => &envelope.actor,
            Work::All { actor, .. } | Work::Run { actor, .. } => actor,
        }
    }

    /// The same, its request bound to its caller: one key and the same words for another organisation are another
    /// request, and are not answered with what the first was. Roles are not bound. They are checked before a key is
    /// looked at, so that a retry with a renewed token is still the same request.
    pub fn bound(mut self) -> Self {
        let mut hash = Sha256::new().chain_update(self.request).chain_update(self.actor().subject.as_str());
        if let Some(organisation) = self.actor().organisation {
            // no subject has a line feed
            hash = hash.chain_update("\n").chain_update(organisation.as_str());
        }
        self.request = hash.finalize().into();
        self
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub sequence: Sequence,
    pub recorded_at: Instant,
    /// The document as it left it.
    pub outcome: Outcome,
}

/// The engine's answer to a submission.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the usual one, and it is moved a few times only"
)]
pub enum Answer {
    /// Committed (or, of a dry run, what would be).
    Accepted {
        /// The command, or a group's header.
        first: Accepted,
        /// The members of a group.
        members: Vec<Accepted>,
        /// Whether this answers a request that was answered before.
        replayed: bool,
    },
    /// A rule refused. Stored under the key, unless it was a dry run.
    Refused {
        /// `{"code": …, …}`: the code and what explains it.
        refusal: Value,
        /// Which member of a group was refused.
        member: Option<usize>,
        /// The id of the request that was refused first.
        request_id: String,
        /// Whether this answers a request that was answered before.
        replayed: bool,
    },
}

impl Answer {
    /// Whether this answers a request that was answered before.
    pub const fn is_replayed(&self) -> bool {
        match self {
            Self::Accepted { replayed, .. } | Self::Refused { replayed, .. } => *replayed,
        }
    }
}

/// Why there is no answer. Nothing of these is stored under the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("the queue is full")]
    Busy,
    #[error("no such agency")]
    NoAgency,
    /// The database is away, or the deadline passed before a commit was tried.
    #[error("the database is away")]
    Unavailable,
    /// The log does not contain what this process answered from: the database was wound back or restored.
    #[error("the ledger does not contain what was answered from it")]
    Rewound,
    /// The database takes no writes: it is a standby, or set read-only.
    #[error("the database takes no writes")]
    ReadOnly,
    /// This process does not know the agency's semantics or its schema's version.
    #[error("the agency's ledger is of another release")]
    OtherRelease,
    /// A commit was sent and its outcome could not be learnt; the key settles it.
    #[error("the outcome is not known")]
    OutcomeUnknown,
    /// A command or its leaf is larger than the log takes.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: usize,
    },
    /// The database refused a value of it: a check is missing, which is logged once.
    #[error("the database refused a value: {}", .kind.name())]
    Value { kind: ValueKind },
    /// The keys at hand, with which account numbers were sealed, are not those of the ledger.
    #[error("the keys at hand are not those of the ledger")]
    KeysDoNotFit,
    /// A fault of ours, logged once where it was found.
    #[error("a fault")]
    Fault,
}
