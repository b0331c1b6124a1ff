//! A write that brings a file: the body itself, or the part `file` of a form.
//!
//! In the order of every write, nothing is read for a caller who may not. The file is hashed as it comes, and is kept
//! before the command is asked for: a command that is lost leaves an object that nobody names, never a row without its
//! object. The file's digest stands for the body in what makes the request the same.

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{Stream, StreamExt};
use subsidy_core::domain::Code;

use super::extract::{self, Query};
use super::handler::{Upload, UploadRequest};
use super::problem::Problem;
use super::route::Route;
use super::write::{self, Head};
use super::{AppState, FILE_TIMEOUT, in_time};
use subsidy_core::book::Envelope;
use subsidy_files::objects::{Arrived, FILE_BYTES_MAX, Incoming};
use subsidy_store::engine::submission::{Submission, Work};

/// What a form adds around its file, at most.
const FORM_BYTES_MAX: u64 = 65_536;
/// How much more than a file may have is read to the end, so that who sends it hears why it is refused.
const SURPLUS_BYTES_MAX: u64 = FILE_BYTES_MAX;

/// Answers a write that brings a file.
pub async fn answer(
    route: &'static Route,
    upload: Upload,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    let query = Query::parse(request.query_string(), &route.parameters())?;
    (upload.asked)(&head.identity.actor, &query)?;
    let (file, declared) = received(state, request, payload).await?;
    let asked = UploadRequest {
        actor: &head.identity.actor,
        query: &query,
        within: file.invoices().await?,
        file: &file,
        declared: &declared,
    };
    let parsed = (upload.parse)(&asked)?;
    if !head.dry_run {
        in_time(Code::Unavailable, async { state.objects.keep(&file).await.map_err(Problem::from) }).await?;
    }
    let actor = head.identity.actor.clone();
    let submission = Submission {
        agency: head.identity.agency.clone(),
        subject: actor.subject.clone(),
        key: head.key,
        request: digest(&head, request, &file),
        request_id: head.request_id.clone(),
        work: Work::One(Box::new(Envelope { actor, if_match: head.if_match, command: parsed.command })),
        texts: parsed.texts.clone(),
        accounts: parsed.accounts,
    };
    let shown = in_time(head.late(), async {
        let outcome = write::submit(state, submission, head.dry_run).await?;
        write::shown(route, state, &head, &parsed.texts, outcome).await
    });
    let shown = shown.await?;
    Ok(shown.respond(request, &head.request_id))
}

/// What makes the request the same: however the file was sent, the same file.
pub fn digest(head: &Head, request: &HttpRequest, file: &Arrived) -> [u8; 32] {
    let if_match = head.if_match.map(|version| version.to_string()).unwrap_or_default();
    extract::request_digest([
        request.method().as_str().as_bytes(),
        request.path().as_bytes(),
        request.query_string().as_bytes(),
        if_match.as_bytes(),
        file.sha256.as_bytes(),
    ])
}

/// The file, and what its sender calls its type. Errors: 415, 413 naming the limit, 400 also where it does not come in time,
/// 422 for a form without it.
pub async fn received(
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<(Arrived, String), Problem> {
    let sent = tokio::time::timeout(FILE_TIMEOUT, sent(state, request, payload)).await;
    sent.map_err(|_| Problem::new(Code::UnreadableBody))?
}

async fn sent(
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<(Arrived, String), Problem> {
    let headers = request.headers();
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Problem::new(Code::UnsupportedEncoding));
    }
    let announced =
        extract::header_text(headers, &header::CONTENT_LENGTH).and_then(|text| text.parse::<u64>().ok());
    let most = FILE_BYTES_MAX + FORM_BYTES_MAX;
    if announced.is_some_and(|bytes| bytes > most + SURPLUS_BYTES_MAX) {
        return Err(too_large());
    }
    let declared = extract::header_text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    let media_type = plain(declared);
    if media_type.eq_ignore_ascii_case("multipart/form-data") {
        return form(state, Multipart::new(headers, payload)).await;
    }
    let begun = state.objects.incoming().await?;
    let file = all(begun, payload).await?;
    Ok((arrived(file).await?, media_type.to_owned()))
}

/// A media type without what describes it further.
fn plain(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn too_large() -> Problem {
    Problem::too_large(usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX), "bytes")
}

/// The one part of a form, which is called `file`.
async fn form(state: &AppState, mut form: Multipart) -> Result<(Arrived, String), Problem> {
    let mut found = None;
    while let Some(field) = form.next().await {
        let field = field.map_err(|_| Problem::new(Code::UnreadableBody))?;
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            return Err(Problem::new(Code::UnknownField).at(format!("/{name}")));
        }
        if found.is_some() {
            return Err(Problem::new(Code::DuplicateField).at("/file"));
        }
        let declared =
            field.content_type().map(|declared| declared.essence_str().to_owned()).unwrap_or_default();
        let begun = state.objects.incoming().await?;
        found = Some((all(begun, field).await?, declared));
    }
    let (file, declared) = found.ok_or_else(|| Problem::new(Code::MissingField).at("/file"))?;
    Ok((arrived(file).await?, declared))
}

/// Takes a stream to its end. One that is too large is read on for a while, and nothing of that is kept.
async fn all<C, E>(mut file: Incoming, stream: impl Stream<Item = Result<C, E>>) -> Result<Incoming, Problem>
where
    C: AsRef<[u8]> + Send + 'static,
{
    let mut stream = std::pin::pin!(stream);
    let mut bytes = 0_u64;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::UnreadableBody))?;
        bytes = bytes.saturating_add(u64::try_from(chunk.as_ref().len()).unwrap_or(u64::MAX));
        if bytes > FILE_BYTES_MAX + SURPLUS_BYTES_MAX {
            break;
        }
        if bytes <= FILE_BYTES_MAX {
            file = file.take(chunk).await?;
        }
    }
    if bytes > FILE_BYTES_MAX { Err(too_large()) } else { Ok(file) }
}

async fn arrived(file: Incoming) -> Result<Arrived, Problem> {
    file.finish().await.map_err(Problem::from)
}
