//! What the command line asks of the engine: commands under keys of their own, so that a repetition is one.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Failure;
use super::language::{language, say};
use subsidy_auth::token::ISSUER;
use subsidy_core::book::{Command, Envelope, Outcome};
use subsidy_core::domain::actor::SubjectError;
use subsidy_core::domain::{Actor, AgencyCode, Role, Roles, Sequence, Subject, TextHash};
use subsidy_http::problem::Problem;
use subsidy_store::engine::{Answer, Engine, NewBankAccount, NewText, Submission, SubmitError, Work};

/// Who is named on the command line: `issuer#sub`, or the id alone of somebody with tokens of the service's own.
pub fn subject(text: &str) -> Result<Subject, SubjectError> {
    if text.contains('#') { Subject::parse(text) } else { Subject::of(ISSUER, text) }
}

/// Who acts, without an organisation.
pub fn actor(subject: &Subject, role: Role) -> Actor {
    Actor { subject: subject.clone(), roles: Roles::from(role), organisation: None }
}

/// A command, the key under which it is asked for, and what makes a repetition the same request.
#[derive(Debug, Clone)]
pub struct Ask {
    pub actor: Actor,
    pub command: Command,
    pub texts: Vec<NewText>,
    /// Account numbers that it names.
    pub accounts: Vec<NewBankAccount>,
    /// Its idempotency key: the same key twice is one command.
    pub key: String,
}

/// What the engine said to it.
#[derive(Debug)]
pub enum EngineReply {
    /// Accepted, now or before: the document as the command left it.
    Accepted(Box<Outcome>),
    /// A rule refused: its code, and what explains it.
    Refused {
        /// `pot_exhausted`, …
        code: String,
        /// The same with what explains it, as it is stored.
        refusal: String,
        /// What it means and what to do, for the person at the terminal.
        line: String,
    },
}

impl Ask {
    /// A command whose repetition is the same request whatever ids it draws anew.
    pub fn new(actor: Actor, key: impl Into<String>, command: impl Into<Command>) -> Self {
        Self { actor, command: command.into(), texts: Vec::new(), accounts: Vec::new(), key: key.into() }
    }

    /// Asks. Same key and same `request`, same answer.
    pub async fn of(
        self,
        engine: &Engine,
        agency: &AgencyCode,
        request: &str,
    ) -> Result<EngineReply, SubmitError> {
        Ok(EngineReply::of(engine.submit(self.submission(agency, request)).await?).0)
    }

    /// What the engine is asked. Same key and same `request`, same answer.
    pub fn submission(self, agency: &AgencyCode, request: &str) -> Submission {
        Submission {
            agency: agency.clone(),
            subject: self.actor.subject.clone(),
            key: Sha256::digest(&self.key).into(),
            request: Sha256::digest(request).into(),
            request_id: Uuid::now_v7().to_string(),
            work: Work::One(Box::new(Envelope { actor: self.actor, if_match: None, command: self.command })),
            texts: self.texts,
            accounts: self.accounts,
        }
    }
}

impl EngineReply {
    /// What was said, and in which leaf it stands if it was accepted.
    pub fn of(answer: Answer) -> (Self, Option<Sequence>) {
        match answer {
            Answer::Accepted { first, .. } => (Self::Accepted(Box::new(first.outcome)), Some(first.sequence)),
            Answer::Refused { refusal, .. } => {
                let code = refusal.get("code").and_then(|code| code.as_str()).unwrap_or("refused").to_owned();
                let line = Problem::refused(&refusal).line(language());
                (Self::Refused { code, refusal: refusal.to_string(), line }, None)
            }
        }
    }
}

/// What a rule refused, with what it says.
pub fn refused(line: &str) -> Failure {
    Failure::new(say!("未获接受：{line}", "refused: {line}"))
}

/// A key that nobody used before.
pub fn fresh_key() -> String {
    format!("cli {}", Uuid::now_v7())
}

/// A free text under a new salt.
pub fn salted(text: &str) -> NewText {
    let salt: [u8; 16] = rand::random();
    let hash = Sha256::new().chain_update(salt).chain_update(text).finalize();
    NewText { hash: TextHash::new(hash.into()), salt: salt.to_vec(), body: text.to_owned() }
}

/// The engine's silence, in words that say what to do.
pub fn unanswered(agency: &AgencyCode) -> impl FnOnce(SubmitError) -> Failure + '_ {
    move |error| match error {
        SubmitError::NoAgency => no_agency(agency),
        SubmitError::OtherRelease => Failure::new(say!(
            "机构 {agency} 的账簿属于本程序的另一版本：请运行 `subsidy-ledger migrate`，或使用较新的程序",
            "the ledger of agency {agency} is of another release of this program: run `subsidy-ledger migrate`, or use the newer program"
        )),
        SubmitError::Rewound => Failure::new(say!(
            "机构 {agency} 的账簿缺少此前在此答复过的内容（见数据目录中的 seen/{agency}）：请先查明数据库丢失了什么，再运行 \
             `subsidy-ledger agency accept-log {agency}`",
            "the ledger of agency {agency} does not contain what was answered from it here (see seen/{agency} in the data \
             folder): find out what the database lost, then `subsidy-ledger agency accept-log {agency}`"
        )),
        SubmitError::Fault => Failure::new(say!(
            "数据库拒绝了该操作；原因见上方日志（参见 SUBSIDY_LEDGER_LOG）",
            "the database refused the command; the log above says why (see SUBSIDY_LEDGER_LOG)"
        )),
        other => other.into(),
    }
}

/// There is no such agency.
pub fn no_agency(agency: &AgencyCode) -> Failure {
    Failure::new(say!(
        "没有机构 {agency}：`subsidy-ledger agency list` 列出已有的机构",
        "there is no agency {agency}: `subsidy-ledger agency list` names those there are"
    ))
}
