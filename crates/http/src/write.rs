//! The one handler of every write.
//!
//! Who calls, may they, the idempotency key, the body, its form, the command: in this order, so that nothing is read for
//! a caller who may not, and nothing is stored for a request that is not one.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use futures_util::StreamExt;
use serde_json::Value;
use subsidy_core::domain::Code;

use super::extract::{self, PathParts, Query, RequestId};
use super::handler::{Parse, Parsed, WriteRequest};
use super::json::Json;
use super::problem::Problem;
use super::route::Route;
use super::{AppState, BODY_BYTES_MAX, BODY_TIMEOUT, in_time, render};
use subsidy_auth::token::Identity;
use subsidy_core::book::{Envelope, Outcome};
use subsidy_core::domain::Sequence;
use subsidy_store::engine::submission::{Answer, NewText, Submission, Work};

/// All of a write but its body.
#[derive(Debug)]
pub struct Head {
    pub identity: Identity,
    /// SHA-256 of the idempotency key.
    pub key: [u8; 32],
    /// The version that the caller saw.
    pub if_match: Option<Sequence>,
    /// Whether nothing is to be committed.
    pub dry_run: bool,
    pub request_id: String,
}

impl Head {
    /// Errors: 401, 403, 400, in this order; then 412 for an `If-Match` that matches nothing.
    pub async fn of(route: &Route, state: &AppState, request: &HttpRequest) -> Result<Self, Problem> {
        let identity = state.caller(request).await?;
        route.permission.admit(&identity)?;
        let key = extract::idempotency_key(request.headers())?;
        let query = Query::parse(request.query_string(), &route.parameters())?;
        let if_match = extract::if_match(request.headers())?;
        Ok(Self {
            identity,
            key,
            if_match,
            dry_run: query.value::<bool>("dry_run")?.unwrap_or(false),
            request_id: RequestId::of(request),
        })
    }

    /// What an answer that comes too late is called.
    pub const fn late(&self) -> Code {
        if self.dry_run { Code::Unavailable } else { Code::OutcomeUnknown }
    }

    /// The SHA-256 of what makes the request the same.
    pub fn digest(&self, request: &HttpRequest, body: &Json) -> [u8; 32] {
        let if_match = self.if_match.map(|version| version.to_string()).unwrap_or_default();
        extract::request_digest([
            request.method().as_str().as_bytes(),
            request.path().as_bytes(),
            request.query_string().as_bytes(),
            if_match.as_bytes(),
            &body.bytes(),
        ])
    }
}

/// Reads a body of JSON. Errors: 415, 413 naming the limit, 400.
pub async fn body(request: &HttpRequest, payload: web::Payload) -> Result<Json, Problem> {
    let bytes = tokio::time::timeout(BODY_TIMEOUT, bytes(request, payload)).await;
    let bytes = bytes.map_err(|_| Problem::new(Code::UnreadableBody))??;
    if !bytes.is_empty() && !is_json(request) {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    Json::parse(&bytes)
}

async fn bytes(request: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>, Problem> {
    let too_large = || Problem::too_large(BODY_BYTES_MAX, "bytes");
    let announced = extract::header_text(request.headers(), &header::CONTENT_LENGTH);
    if announced.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > BODY_BYTES_MAX)
    {
        return Err(too_large());
    }
    let mut payload = payload.into_inner();
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::UnreadableBody))?;
        if bytes.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn is_json(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    let media_type = extract::header_text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    plain && media_type.eq_ignore_ascii_case("application/json")
}

pub fn parsed(
    parse: Parse,
    state: &AppState,
    head: &Head,
    path: &PathParts,
    body: &Json,
) -> Result<Parsed, Problem> {
    parse(&WriteRequest {
        actor: &head.identity.actor,
        vault: state.vault.of(&head.identity.agency),
        name_max: state.name_max(&head.identity.agency),
        letters: state.letters(&head.identity.agency),
        path,
        body,
    })
}

pub async fn answer(
    route: &'static Route,
    parse: Parse,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    let body = body(request, payload).await?;
    let parsed = parsed(parse, state, &head, &PathParts::of(request), &body)?;
    let envelope =
        Envelope { actor: head.identity.actor.clone(), if_match: head.if_match, command: parsed.command };
    let submission = Submission {
        agency: head.identity.agency.clone(),
        subject: head.identity.actor.subject.clone(),
        key: head.key,
        request: head.digest(request, &body),
        request_id: head.request_id.clone(),
        work: Work::One(Box::new(envelope)),
        texts: parsed.texts.clone(),
        accounts: parsed.accounts,
    };
    let shown = in_time(head.late(), async {
        let outcome = submit(state, submission, head.dry_run).await?;
        shown(route, state, &head, &parsed.texts, outcome).await
    });
    let shown = shown.await?;
    Ok(shown.respond(request, &head.request_id))
}

/// Hands a submission to the engine, to be kept or not.
pub async fn submit(state: &AppState, submission: Submission, dry_run: bool) -> Result<Answer, Problem> {
    let answer =
        if dry_run { state.engine.dry_run(submission).await } else { state.engine.submit(submission).await };
    let answer = answer?;
    if let Answer::Accepted { first, .. } = &answer
        && matches!(first.outcome, Outcome::Revocation(_))
    {
        state.people.forget();
    }
    Ok(answer)
}

/// An answer of the engine as it is shown.
#[derive(Debug)]
pub enum WriteAnswer {
    Resource {
        /// 200 or 201.
        status: u16,
        body: Value,
        /// Its leaf; none in a dry run.
        sequence: Option<Sequence>,
        version: Option<Sequence>,
        /// Whether it was answered before.
        replayed: bool,
    },
    Refused {
        problem: Problem,
        /// The id of the request that was refused first.
        request_id: String,
        /// Whether it was answered before.
        replayed: bool,
    },
}

/// What was committed and cannot be shown, because the database went away since, is not undone: the key settles it.
pub fn unsaid(problem: Problem) -> Problem {
    if problem.code() == Code::Unavailable { Problem::new(Code::OutcomeUnknown) } else { problem }
}

/// Renders what one write was answered.
pub async fn shown(
    route: &Route,
    state: &AppState,
    head: &Head,
    texts: &[NewText],
    answer: Answer,
) -> Result<WriteAnswer, Problem> {
    match answer {
        Answer::Refused { refusal, request_id, replayed, member: _ } => {
            Ok(WriteAnswer::Refused { problem: Problem::refused(&refusal), request_id, replayed })
        }
        Answer::Accepted { first, replayed, members: _ } => {
            let one = std::slice::from_ref(&first);
            let attached = render::attachments(&state.engine, &head.identity.agency, texts, one).await;
            let attached =
                attached.map_err(|problem| if head.dry_run { problem } else { unsaid(problem) })?;
            let body = render::resource(&first.outcome, &attached)?;
            Ok(WriteAnswer::Resource {
                status: route.success(),
                body: if head.dry_run { render::previewed(body) } else { body },
                sequence: (!head.dry_run).then_some(first.sequence),
                version: render::version(&first.outcome).filter(|_| !head.dry_run),
                replayed,
            })
        }
    }
}

impl WriteAnswer {
    pub fn respond(&self, request: &HttpRequest, request_id: &str) -> HttpResponse {
        let mut response = match self {
            Self::Refused { problem, request_id: first, replayed } => {
                let id = if *replayed { first.as_str() } else { request_id };
                problem.respond(extract::language(request.headers()), id)
            }
            Self::Resource { status, body, sequence, version, .. } => {
                resource(*status, body, *sequence, *version)
            }
        };
        if self.replayed() {
            let value = header::HeaderValue::from_static("true");
            response.headers_mut().insert(header::HeaderName::from_static("idempotency-replayed"), value);
        }
        response
    }

    const fn replayed(&self) -> bool {
        match self {
            Self::Resource { replayed, .. } | Self::Refused { replayed, .. } => *replayed,
        }
    }
}

fn resource(
    status: u16,
    body: &Value,
    sequence: Option<Sequence>,
    version: Option<Sequence>,
) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    let mut response = HttpResponseBuilder::new(status);
    if let Some(sequence) = sequence {
        response.insert_header(("Ledger-Sequence", sequence.to_string()));
    }
    if let Some(version) = version {
        response.insert_header((header::ETAG, format!("\"{version}\"")));
    }
    response.insert_header((header::CONTENT_TYPE, "application/json")).body(body.to_string())
}
