//! What a noun's handlers see of a request, and what they answer: a write parses into a command, a read into a reply.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, future::LocalBoxFuture, stream::BoxStream};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::extract::{PathParts, Query};
use super::json::Json;
use super::language::Language;
use super::page::{Listed, Page};
use super::problem::Problem;
use super::text::Reason;
use subsidy_core::book::Command;
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Role, Sequence, TextHash};
use subsidy_core::payments::Letters;
use subsidy_files::objects::{Arrived, ObjectError, Objects};
use subsidy_files::packed::{Member, PackedError};
use subsidy_proofs::verify::jobs::Verifications;
use subsidy_reports::exports::Exports;
use subsidy_reports::payment_file::Debtor;
use subsidy_reports::process_sums::ProcessSums;
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::list::Own;
use subsidy_store::db::pool::Connection;
use subsidy_store::engine::Engine;
use subsidy_store::engine::submission::{NewBankAccount, NewText};
use subsidy_store::keys::accounts::{AccountVault, AgencyVault};

/// A write whose caller may call it, with its body read.
#[derive(Debug)]
pub struct WriteRequest<'a> {
    pub actor: &'a Actor,
    pub vault: AgencyVault<'a>,
    /// The most characters of a payee's name that the agency's bank takes.
    pub name_max: u32,
    /// The letters that it takes in names.
    pub letters: Option<Letters>,
    pub path: &'a PathParts,
    pub body: &'a Json,
}

impl WriteRequest<'_> {
    /// The body as a type.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.body.read()
    }

    /// The id of a new document; by time, so that indexes grow at their end.
    pub fn new_id(&self) -> Uuid {
        new_id()
    }
}

/// The id of a new document; by time, so that indexes grow at their end.
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// A write as the engine takes it.
#[derive(Debug)]
pub struct Parsed {
    pub command: Command,
    pub texts: Vec<NewText>,
    /// Bank accounts that it names.
    pub accounts: Vec<NewBankAccount>,
}

impl Parsed {
    /// A command that names nothing beside itself.
    pub const fn new(command: Command) -> Self {
        Self { command, texts: Vec::new(), accounts: Vec::new() }
    }

    /// A command that names a text by its hash.
    pub fn reasoned(reason: Reason, command: impl FnOnce(TextHash) -> Command) -> Self {
        let text = reason.salted();
        Self { command: command(text.hash), texts: vec![text], accounts: Vec::new() }
    }

    /// A command with a reason where one is given.
    pub fn perhaps_reasoned(
        reason: Option<Reason>,
        command: impl FnOnce(Option<TextHash>) -> Command,
    ) -> Self {
        match reason {
            Some(reason) => Self::reasoned(reason, |hash| command(Some(hash))),
            None => Self::new(command(None)),
        }
    }
}

/// A file that arrived, and what was asked of it.
#[derive(Debug)]
pub struct UploadRequest<'a> {
    pub actor: &'a Actor,
    pub query: &'a Query,
    pub file: &'a Arrived,
    /// The XML within the file, where it is a container that may hold an invoice.
    pub within: Result<Vec<Member>, PackedError>,
    /// What its sender calls its type; perhaps nothing.
    pub declared: &'a str,
}

/// A write that brings a file.
#[derive(Debug, Clone, Copy)]
pub struct Upload {
    /// Whether what is asked makes sense, before the file is read.
    pub asked: fn(&Actor, &Query) -> Result<(), Problem>,
    /// The query parameters that it cannot do without.
    pub requires: &'static [&'static str],
    /// Parses it with the file.
    pub parse: fn(&UploadRequest<'_>) -> Result<Parsed, Problem>,
}

pub type Parse = fn(&WriteRequest<'_>) -> Result<Parsed, Problem>;

/// Writes that stand or fall together.
#[derive(Debug)]
pub struct ParsedGroup {
    /// What is asked for, in order.
    pub commands: Vec<Command>,
    pub texts: Vec<NewText>,
    /// The member of the body that lists them.
    pub member: &'static str,
    /// Where each of them stands in it, where it lists others too.
    pub places: Vec<usize>,
}

/// Parses writes that stand or fall together.
pub type ParseGroup = fn(&WriteRequest<'_>) -> Result<ParsedGroup, Problem>;

/// A read whose caller may call it.
#[derive(Debug)]
pub struct ReadRequest {
    pub agency: AgencyCode,
    pub actor: Actor,
    /// The engine, for connections that read.
    pub engine: Engine,
    pub objects: Objects,
    /// Long reports as files.
    pub exports: Exports,
    /// Verifications that auditors asked for.
    pub verifications: Verifications,
    /// What reports summed before.
    pub sums: ProcessSums,
    /// The route's path, with its parameters' names.
    pub route: &'static str,
    pub path: PathParts,
    pub query: Query,
    pub vault: Arc<AccountVault>,
    /// From where agencies pay.
    pub debtors: Arc<BTreeMap<AgencyCode, Debtor>>,
    /// Whether roles count only where the agency has granted them.
    pub grants_roles: bool,
    pub request_id: String,
    /// What its caller reads.
    pub language: Language,
}

impl ReadRequest {
    pub async fn reader(&self) -> Result<Connection, Problem> {
        self.engine.reader(&self.agency).await.map_err(Problem::from)
    }

    /// The page of the list that is asked for.
    pub fn page(&self) -> Result<Page, Problem> {
        Page::of(self.route, &self.query)
    }

    /// What of the agency's documents the caller may see.
    pub fn visibility(&self) -> Visibility {
        Visibility::of(&self.actor)
    }
}

/// What of the agency's documents a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    pub all: bool,
    /// What this organisation applied for.
    pub organisation: Option<CreditCode>,
    pub provider: Option<CreditCode>,
    pub bank: Option<CreditCode>,
}

impl Visibility {
    /// Officers, approvers and auditors see everything, others what is their own.
    pub fn of(actor: &Actor) -> Self {
        let own = |role| actor.organisation.filter(|_| actor.has(role));
        Self {
            all: [Role::Officer, Role::Approver, Role::Auditor].into_iter().any(|role| actor.has(role)),
            organisation: own(Role::Enterprise),
            provider: own(Role::Provider),
            bank: own(Role::Bank),
        }
    }

    /// Whether a document of these parties is seen.
    pub fn can_see(&self, organisation: CreditCode, provider: CreditCode) -> bool {
        self.all || self.organisation == Some(organisation) || self.provider == Some(provider)
    }

    /// Whether what is a bank's own is seen.
    pub fn can_see_bank(&self, bank: CreditCode) -> bool {
        self.all || self.bank == Some(bank)
    }

    /// Whether a loan of these parties is seen.
    pub fn can_see_loan(&self, organisation: CreditCode, bank: CreditCode) -> bool {
        self.all || self.organisation == Some(organisation) || self.bank == Some(bank)
    }

    /// The same as a statement takes them; empty where there is none.
    pub fn parties(&self) -> Own {
        let [organisation, provider, bank] = [self.organisation, self.provider, self.bank]
            .map(|code| code.map(|code| code.to_string()).unwrap_or_default());
        Own { buyer: organisation.clone(), organisation, provider, bank }
    }
}

/// What a read answers.
#[derive(Debug)]
pub enum Reply {
    /// JSON, with the version of what it shows.
    Json {
        body: Vec<u8>,
        version: Option<Sequence>,
    },
    Text(String),
    /// Bytes that are nobody's text.
    Bytes {
        bytes: Vec<u8>,
        /// Whether they are the same for ever: the caller may keep them, a cache between us may not.
        never_changes: bool,
    },
    /// A file to be kept by who asked.
    File(FileReply),
    /// A file that somebody brought, to be saved and never to be shown.
    Stored(StoredFile),
}

/// A file made for who asks.
#[derive(Debug)]
pub struct FileReply {
    /// What it is called; ASCII without quotes.
    pub name: String,
    /// What its bytes are.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// The leaf that says that it was read, where its reading is logged.
    pub sequence: Option<Sequence>,
}

impl FileReply {
    /// An attachment, never shown in place. It is sent as it is: the digest is of the bytes that arrive (RFC 9530).
    fn respond(self, mut answer: HttpResponseBuilder) -> HttpResponse {
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        let digest = format!("sha-256=:{}:", STANDARD.encode(self.sha256));
        answer
            .insert_header((CONTENT_ENCODING, "identity"))
            .insert_header((CONTENT_DISPOSITION, disposition))
            .insert_header(("Repr-Digest", digest))
            .insert_header((CONTENT_TYPE, self.media_type));
        if let Some(sequence) = self.sequence {
            answer.insert_header(("Ledger-Sequence", sequence.to_string()));
        }
        answer.body(self.bytes)
    }
}

/// A file to be saved.
pub struct StoredFile {
    /// Its bytes, as they come.
    pub stream: BoxStream<'static, Result<Bytes, ObjectError>>,
    pub bytes: u64,
    pub media_type: &'static str,
    /// What to call it: letters, digits, `-` and `.`.
    pub name: String,
    pub digest: String,
}

impl std::fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredFile({}, {} bytes)", self.name, self.bytes)
    }
}

impl StoredFile {
    /// A page that somebody made is an attachment of no origin, whatever a browser makes of its type.
    fn respond(self, mut answer: HttpResponseBuilder) -> HttpResponse {
        let name = &self.name;
        answer
            .insert_header((CONTENT_TYPE, self.media_type))
            .insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\"; filename*=UTF-8''{name}"),
            ))
            .insert_header(("Content-Security-Policy", "default-src 'none'; sandbox"))
            .insert_header((CACHE_CONTROL, "private, max-age=31536000, immutable"))
            .insert_header((CONTENT_ENCODING, "identity"))
            .insert_header((ETAG, format!("\"{}\"", self.digest)))
            .no_chunking(self.bytes)
            .streaming(self.stream.map(|chunk| {
                chunk.map_err(|error| {
                    tracing::error!(%error, "a file could not be read to its end");
                    std::io::Error::other("the file ends early")
                })
            }))
    }
}

impl Reply {
    pub fn json(value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value)?;
        Ok(Self::Json { body, version: None })
    }

    pub fn document(value: &impl Serialize, version: Sequence) -> Result<Self, Problem> {
        match Self::json(value)? {
            Self::Json { body, .. } => Ok(Self::Json { body, version: Some(version) }),
            other @ (Self::Text(_) | Self::Bytes { .. } | Self::File(_) | Self::Stored(_)) => Ok(other),
        }
    }

    /// A page of a list.
    pub fn list<T: Serialize>((data, next_cursor): (Vec<T>, Option<String>)) -> Result<Self, Problem> {
        Self::json(&Listed { data, next_cursor })
    }

    pub fn respond(self, mut answer: HttpResponseBuilder) -> HttpResponse {
        match self {
            Self::Json { body, version } => {
                if let Some(version) = version {
                    answer.insert_header(("ETag", format!("\"{version}\"")));
                }
                answer.insert_header((CONTENT_TYPE, "application/json")).body(body)
            }
            Self::Text(text) => answer.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text),
            Self::Stored(file) => file.respond(answer),
            Self::Bytes { bytes, never_changes } => {
                if never_changes {
                    answer.insert_header((CACHE_CONTROL, "private, max-age=31536000, immutable"));
                }
                answer.insert_header((CONTENT_TYPE, "application/octet-stream")).body(bytes)
            }
            Self::File(file) => file.respond(answer),
        }
    }
}

pub type Read = fn(ReadRequest) -> LocalBoxFuture<'static, Result<Reply, Problem>>;

/// Answers a question that takes a body to put, and changes nothing.
pub type Ask = fn(ReadRequest, Json) -> LocalBoxFuture<'static, Result<Reply, Problem>>;

/// Looks for what documents name.
pub async fn load_related(conn: &Connection, wanted: RelatedKeys) -> Result<Related, Problem> {
    let mut found = Related::default();
    found.load(conn, &wanted).await?;
    Ok(found)
}

/// What views of these documents show beside them.
pub async fn with_related<T>(
    conn: &Connection,
    found: &[T],
    related_keys: impl Fn(&T, &mut RelatedKeys),
) -> Result<Related, Problem> {
    let mut wanted = RelatedKeys::default();
    found.iter().for_each(|document| related_keys(document, &mut wanted));
    load_related(conn, wanted).await
}

/// All of the rows as values, or the fault that one of them does not fit.
pub fn decode_all<R, T>(rows: &[R], read: impl Fn(&R) -> Result<T, Unreadable>) -> Result<Vec<T>, Problem> {
    rows.iter().map(read).collect::<Result<_, _>>().map_err(Problem::from)
}
