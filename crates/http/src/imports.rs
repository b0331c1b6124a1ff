//! A write that brings a billing file.
//!
//! In the order of every write, nothing is read for a caller who may not. The file is staged outside the writer's lock,
//! in a task that nobody cancels; a small command makes its rows count. The file's digest stands for the body in what
//! makes the request the same.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use encoding_rs::Encoding;
use serde_json::Value;

use super::extract::{self, PathParts, Query};
use super::problem::Problem;
use super::route::Route;
use super::write::{self, Head, WriteAnswer};
use super::{AppState, in_time, uploads};
use crate::handlers::usage as api;
use crate::handlers::usage::imports as imports_api;
use crate::handlers::usage::imports::{ImportQuery, RowErrorView};
use subsidy_core::book::{Command, Envelope, Outcome};
use subsidy_core::domain::{Code, RentalId, UsageImportId};
use subsidy_core::usage::RowError;
use subsidy_files::billing_files::file::Billing;
use subsidy_files::billing_files::intake;
use subsidy_files::billing_files::intake::ERRORS_SHOWN_MAX;
use subsidy_files::billing_files::rows::ImportRequest;
use subsidy_files::objects::Arrived;
use subsidy_store::engine::Engine;
use subsidy_store::engine::submission::{Answer, Submission, Work};
use subsidy_store::usage::queries;

/// Answers a write that brings a billing file.
pub async fn answer(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    let asked = ImportQuery::of(&Query::parse(request.query_string(), &route.parameters())?)?;
    let rental: RentalId = PathParts::of(request).value("id")?;
    let reader = state.engine.reader(&head.identity.agency).await?;
    api::metered(&reader, &head.identity.actor, rental).await?;
    drop(reader);
    let (file, declared) = uploads::received(state, request, payload).await?;
    if !matches!(
        declared.as_str(),
        "" | "text/csv"
            | "application/csv"
            | "text/plain"
            | "text/tab-separated-values"
            | "application/octet-stream"
            | "application/gzip"
            | "application/x-gzip"
            | "application/zip"
            | "application/x-zip-compressed"
            | "application/vnd.apache.parquet"
    ) {
        return Err(Problem::new(Code::UsageMediaType));
    }
    let wanted = ImportRequest {
        agency: head.identity.agency.clone(),
        id: UsageImportId::new(super::handler::new_id()),
        rental,
        mode: asked.mode,
        replaces: asked.replaces,
        adds: asked.adds,
        sha256: file.sha256,
        dry_run: head.dry_run,
        errors_max: ERRORS_SHOWN_MAX,
    };
    let encoding = declared_encoding(request)?;
    let digest = uploads::digest(&head, request, &file);
    let work = imported(state.engine.clone(), wanted, (file, encoding), submission(&head, digest));
    let work = async { tokio::spawn(work).await.map_err(|error| Problem::fault(&error))? };
    let shown = in_time(head.late(), async {
        let (answer, errors) = work.await?;
        let shown = write::shown(route, state, &head, &[], answer.clone()).await?;
        with_errors(state, request, &head, (shown, &answer), &errors).await
    });
    Ok(shown.await?.respond(request, &head.request_id))
}

/// The encoding that the sender names as the file's, where it names any. Error: nobody knows it.
fn declared_encoding(request: &HttpRequest) -> Result<Option<&'static Encoding>, Problem> {
    let declared = extract::header_text(request.headers(), &CONTENT_TYPE).unwrap_or_default();
    let charset = declared.split(';').filter_map(|part| part.trim().strip_prefix("charset=")).next();
    let Some(name) = charset.map(|name| name.trim_matches('"')) else { return Ok(None) };
    let unknown = || Problem::new(Code::UsageEncodingUnknown).with("encoding", name);
    Encoding::for_label(name.as_bytes()).ok_or_else(unknown).map(Some)
}

/// The write without its command, which the file makes.
fn submission(head: &Head, digest: [u8; 32]) -> impl FnOnce(Command) -> (Submission, bool) + Send + 'static {
    let (agency, actor) = (head.identity.agency.clone(), head.identity.actor.clone());
    let (key, if_match, request_id, dry_run) =
        (head.key, head.if_match, head.request_id.clone(), head.dry_run);
    move |command| {
        let submission = Submission {
            agency,
            subject: actor.subject.clone(),
            key,
            request: digest,
            request_id,
            work: Work::One(Box::new(Envelope { actor, if_match, command })),
            texts: Vec::new(),
            accounts: Vec::new(),
        };
        (submission, dry_run)
    }
}

/// Stages the file and asks for it to count.
async fn imported(
    engine: Engine,
    wanted: ImportRequest,
    (file, encoding): (Arrived, Option<&'static Encoding>),
    submission: impl FnOnce(Command) -> (Submission, bool),
) -> Result<(Answer, Vec<RowError>), Problem> {
    let bytes = file.reopened().await?;
    let billing = Billing::of(bytes).map_err(|error| Problem::fault(&error))?.declared(encoding);
    let staged = intake::stage(engine.database(), &wanted, billing, |_| ()).await;
    let staged = staged.map_err(imports_api::refused)?;
    let (submission, dry_run) = submission(Command::ImportUsage(Box::new(staged.command.clone())));
    let errors = staged.errors.clone();
    let answer = if dry_run { engine.dry_run(submission).await } else { engine.submit(submission).await };
    let own = |answer: &Answer| match answer {
        Answer::Accepted { first, .. } => {
            matches!(&first.outcome, Outcome::UsageImport(import) if import.id == wanted.id)
        }
        Answer::Refused { .. } => false,
    };
    // what nobody knows the outcome of may count yet: its rows stay until the next import looks
    let counts = dry_run || answer.as_ref().map_or(true, own);
    if let Err(error) = staged.settle(counts).await {
        tracing::warn!(%error, "a file that was staged stays behind");
    }
    Ok((answer?, errors))
}

/// What is wrong with the file's rows, beside what became of the others. An answer that is given again says what it
/// said before.
async fn with_errors(
    state: &AppState,
    request: &HttpRequest,
    head: &Head,
    (mut shown, answer): (WriteAnswer, &Answer),
    errors: &[RowError],
) -> Result<WriteAnswer, Problem> {
    let language = extract::language(request.headers());
    let Answer::Accepted { first, replayed, .. } = answer else { return Ok(shown) };
    let (WriteAnswer::Resource { body: Value::Object(body), .. }, Outcome::UsageImport(import)) =
        (&mut shown, &first.outcome)
    else {
        return Ok(shown);
    };
    let views: Vec<RowErrorView> = if *replayed {
        let unsaid = |problem| write::unsaid(problem);
        let conn = state.engine.reader(&head.identity.agency).await;
        let conn = conn.map_err(|error| unsaid(Problem::database(&error)))?;
        let limit = i64::try_from(ERRORS_SHOWN_MAX).unwrap_or(i64::MAX);
        let rows = queries::errors_after(&conn, queries::ErrorPlace::FIRST, import.id.uuid(), limit).await;
        let rows = rows.map_err(|error| unsaid(Problem::database(&error)))?;
        rows.iter().map(|row| RowErrorView::stored(row, language)).collect()
    } else {
        errors.iter().map(|error| RowErrorView::of(error, language)).collect()
    };
    let views = serde_json::to_value(views)?;
    body.insert("errors".to_owned(), views);
    Ok(shown)
}
