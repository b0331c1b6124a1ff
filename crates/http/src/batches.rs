//! `POST /batches`: many writes in one request, each for itself or all or none.
//!
//! `each`: every operation is a submission of its own under its own key, handed over in order and awaited together; the
//! outer key is asked for and not stored. `all`: one submission under the outer key.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;
use subsidy_core::domain::Code;

use super::extract::{self, PathParts};
use super::handler::Parsed;
use super::handlers::batches::{BatchResult, BatchResults, Mode, NewBatch, Operation};
use super::json::Json;
use super::language::Language;
use super::problem::Problem;
use super::route::{Handler, Route, Segment};
use super::routes::ROUTES;
use super::write::{self, Head, WriteAnswer};
use super::{AppState, OPERATIONS_MAX, in_time, render};
use subsidy_core::book::Envelope;
use subsidy_store::engine::submission::{Accepted, Answer, NewText, Submission, SubmitError, Work};

/// An operation as a write.
struct Prepared {
    route: &'static Route,
    parsed: Parsed,
    body: Json,
    head: Head,
    path: String,
}

/// The route of a write and the parameters in its path.
pub fn dispatch(method: &str, path: &str) -> Result<(&'static Route, PathParts), Problem> {
    let mut known = false;
    for route in ROUTES.iter().filter(|route| matches!(route.handler, Handler::Write(_))) {
        let Some(parts) = matched(route.path, path) else { continue };
        if route.method.into_str() == method {
            return Ok((route, parts));
        }
        known = true;
    }
    Err(Problem::new(if known { Code::MethodNotAllowed } else { Code::UnknownPath }))
}

/// The parameters of a path that a pattern matches, segment by segment; a tail takes what is left.
pub fn matched(pattern: &str, path: &str) -> Option<PathParts> {
    // most patterns differ before their first parameter, and a page looks for the route of each of its links
    let fixed = pattern.find('{').and_then(|brace| pattern.get(..brace)).unwrap_or(pattern);
    if !path.starts_with(fixed) {
        return None;
    }
    let (mut left, mut parts) = (Some(path), Vec::new());
    for part in Segment::all(pattern) {
        let rest = left?;
        let (segment, after) =
            rest.split_once('/').map_or((rest, None), |(segment, after)| (segment, Some(after)));
        left = match part {
            Segment::Literal(text) if text == segment => after,
            Segment::One(name) if !segment.is_empty() => {
                parts.push((name.to_owned(), segment.to_owned()));
                after
            }
            Segment::Tail(name) if !rest.is_empty() => {
                parts.push((name.to_owned(), rest.to_owned()));
                None
            }
            _ => return None,
        };
    }
    if left.is_some() { None } else { Some(parts.into_iter().collect()) }
}

fn prepared(state: &AppState, outer: &Head, operation: &Operation, mode: Mode) -> Result<Prepared, Problem> {
    let (route, parts) = dispatch(&operation.method, &operation.path)?;
    let identity = outer.identity.clone();
    route.permission.admit(&identity)?;
    let key = match mode {
        Mode::Each => extract::key_digest(operation.idempotency_key.as_deref().unwrap_or_default())?,
        Mode::All => outer.key,
    };
    let request_id = outer.request_id.clone();
    let head = Head { identity, key, if_match: None, dry_run: outer.dry_run, request_id };
    let body = operation.body.clone().unwrap_or_else(|| Json::Object(Vec::new()));
    let Handler::Write(parse) = route.handler else { return Err(Problem::new(Code::UnknownPath)) };
    let parsed = write::parsed(parse, state, &head, &parts, &body)?;
    Ok(Prepared { route, parsed, body, head, path: operation.path.clone() })
}

impl Prepared {
    fn envelope(&self) -> Envelope {
        let (actor, command) = (self.head.identity.actor.clone(), self.parsed.command.clone());
        Envelope { actor, if_match: None, command }
    }

    /// The same digest as of the same request on its own.
    fn submission(&self) -> Submission {
        let method = self.route.method.into_str().as_bytes();
        let request = extract::request_digest([method, self.path.as_bytes(), b"", b"", &self.body.bytes()]);
        Submission {
            agency: self.head.identity.agency.clone(),
            subject: self.head.identity.actor.subject.clone(),
            key: self.head.key,
            request,
            request_id: self.head.request_id.clone(),
            work: Work::One(Box::new(self.envelope())),
            texts: self.parsed.texts.clone(),
            accounts: self.parsed.accounts.clone(),
        }
    }
}

pub async fn answer(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    let body = write::body(request, payload).await?;
    let batch: NewBatch = body.read()?;
    if batch.operations.len() > OPERATIONS_MAX {
        return Err(Problem::too_large(OPERATIONS_MAX, "operations"));
    }
    if batch.operations.is_empty() {
        return Err(Problem::new(Code::InvalidValue).at("/operations"));
    }
    match batch.mode {
        Mode::Each => {
            let language = extract::language(request.headers());
            let results = each(state, &head, &batch.operations, language);
            let results = in_time(head.late(), async { Ok(results.await) }).await?;
            Ok(HttpResponse::Ok().json(BatchResults { results }))
        }
        Mode::All => {
            let digest = head.digest(request, &body);
            let shown = in_time(head.late(), all(state, &head, &batch.operations, digest)).await?;
            Ok(shown.respond(request, &head.request_id))
        }
    }
}

async fn each(
    state: &AppState,
    head: &Head,
    operations: &[Operation],
    language: Language,
) -> Vec<BatchResult> {
    let prepared: Vec<_> = operations.iter().map(|one| prepared(state, head, one, Mode::Each)).collect();
    let submissions = prepared.iter().flatten().map(Prepared::submission).collect();
    let mut answers = submitted(state, submissions, head.dry_run).await.into_iter();
    let mut results = Vec::with_capacity(prepared.len());
    for one in prepared {
        let shown = match one {
            Ok(one) => on_its_own(state, &one, answers.next()).await,
            Err(problem) => Err(problem),
        };
        results.push(result(shown, language, &head.request_id));
    }
    results
}

async fn submitted(
    state: &AppState,
    submissions: Vec<Submission>,
    dry_run: bool,
) -> Vec<Result<Answer, SubmitError>> {
    if !dry_run {
        return state.engine.submit_each(submissions).await;
    }
    let mut answers = Vec::with_capacity(submissions.len());
    for submission in submissions {
        answers.push(state.engine.dry_run(submission).await);
    }
    answers
}

async fn on_its_own(
    state: &AppState,
    one: &Prepared,
    answer: Option<Result<Answer, SubmitError>>,
) -> Result<WriteAnswer, Problem> {
    let answer = answer.unwrap_or(Err(SubmitError::Fault))?;
    write::shown(one.route, state, &one.head, &one.parsed.texts, answer).await
}

fn result(shown: Result<WriteAnswer, Problem>, language: Language, request_id: &str) -> BatchResult {
    let refused = |problem: &Problem, id: &str| BatchResult {
        status: problem.status(),
        body: problem.body(language, id),
        ledger_sequence: None,
    };
    match shown {
        Ok(WriteAnswer::Resource { status, body, sequence, .. }) => {
            BatchResult { status, body, ledger_sequence: sequence }
        }
        Ok(WriteAnswer::Refused { problem, request_id: first, replayed }) => {
            refused(&problem, if replayed { &first } else { request_id })
        }
        Err(problem) => refused(&problem, request_id),
    }
}

async fn all(
    state: &AppState,
    head: &Head,
    operations: &[Operation],
    request: [u8; 32],
) -> Result<WriteAnswer, Problem> {
    let mut members = Vec::with_capacity(operations.len());
    for (index, operation) in operations.iter().enumerate() {
        let one = prepared(state, head, operation, Mode::All);
        members.push(one.map_err(|problem| problem.under(&format!("/operations/{index}")))?);
    }
    let texts: Vec<NewText> = members.iter().flat_map(|member| member.parsed.texts.clone()).collect();
    let submission = Submission {
        agency: head.identity.agency.clone(),
        subject: head.identity.actor.subject.clone(),
        key: head.key,
        request,
        request_id: head.request_id.clone(),
        work: Work::All {
            actor: head.identity.actor.clone(),
            members: members.iter().map(Prepared::envelope).collect(),
        },
        accounts: members.iter().flat_map(|member| member.parsed.accounts.clone()).collect(),
        texts: texts.clone(),
    };
    match write::submit(state, submission, head.dry_run).await? {
        Answer::Refused { refusal, member, request_id, replayed } => {
            let problem = Problem::refused(&refusal);
            let problem = match member {
                Some(index) => problem.under(&format!("/operations/{index}")),
                None => problem,
            };
            Ok(WriteAnswer::Refused { problem, request_id, replayed })
        }
        Answer::Accepted { first, members: accepted, replayed } => {
            let results = all_results(state, head, &members, &texts, &accepted).await?;
            let body = json!({"results": results});
            Ok(WriteAnswer::Resource {
                status: 200,
                body: if head.dry_run { render::previewed(body) } else { body },
                sequence: (!head.dry_run).then_some(first.sequence),
                version: None,
                replayed,
            })
        }
    }
}

async fn all_results(
    state: &AppState,
    head: &Head,
    members: &[Prepared],
    texts: &[NewText],
    accepted: &[Accepted],
) -> Result<Vec<BatchResult>, Problem> {
    let attached = render::attachments(&state.engine, &head.identity.agency, texts, accepted).await;
    let attached = attached.map_err(|problem| if head.dry_run { problem } else { write::unsaid(problem) })?;
    let one = |(member, accepted): (&Prepared, &Accepted)| {
        Ok(BatchResult {
            status: member.route.success(),
            body: render::resource(&accepted.outcome, &attached)?,
            ledger_sequence: (!head.dry_run).then_some(accepted.sequence),
        })
    };
    members.iter().zip(accepted).map(one).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_operation_finds_its_route_and_its_parameters() {
        let (route, parts) = dispatch("POST", "/v1/programmes/bj/rules/2/approve").unwrap();
        assert_eq!(route.path, "/v1/programmes/{code}/rules/{version}/approve");
        assert_eq!((parts.text("code").unwrap(), parts.text("version").unwrap()), ("bj", "2"));
        assert_eq!(dispatch("PUT", "/v1/business-date").unwrap().0.path, "/v1/business-date");
        for (method, path, status) in [
            ("GET", "/v1/vouchers", 405),
            ("PUT", "/v1/vouchers", 405),
            ("POST", "/v1/me", 404),
            ("POST", "/v1/batches", 404),
            ("POST", "/v1/vouchers/", 404),
            ("POST", "/v1/vouchers//issue", 404),
            ("POST", "/v1/vouchers?dry_run=true", 404),
            ("POST", "vouchers", 404),
        ] {
            assert_eq!(dispatch(method, path).unwrap_err().status(), status, "{method} {path}");
        }
    }

    #[test]
    fn a_tail_takes_all_that_is_left_and_everything_else_one_segment() {
        let parts =
            |pattern, path| matched(pattern, path).map(|parts| parts.text("p").unwrap_or("-").to_owned());
        for (pattern, path, expected) in [
            ("/a/{*p}", "/a/0/x001/234.p/5", Some("0/x001/234.p/5")),
            ("/a/{*p}", "/a/", None),
            ("/a/{*p}", "/a", None),
            ("/a/{*p}", "/b/c", None),
            ("/a/{p}", "/a/b", Some("b")),
            ("/a/{p}", "/a/b/c", None),
            ("/a/{p}", "/a/", None),
            ("/a/b", "/a/b", Some("-")),
            ("/a/b", "/a/b/", None),
            ("/a/b", "/a", None),
        ] {
            assert_eq!(parts(pattern, path).as_deref(), expected, "{pattern} {path}");
        }
    }
}
