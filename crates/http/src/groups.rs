//! One request on many documents: a group, of which all members are taken or none.

use actix_web::{HttpRequest, HttpResponse, web};

use super::extract::PathParts;
use super::handler::{ParseGroup, ParsedGroup, WriteRequest};
use super::problem::Problem;
use super::route::Route;
use super::write::{self, Head, WriteAnswer};
use super::{AppState, render};
use subsidy_core::book::Envelope;
use subsidy_store::engine::submission::{Answer, Submission, SubmitError, Work};

/// Answers with the document as the last member left it.
pub async fn answer(
    route: &'static Route,
    parse: ParseGroup,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    let body = write::body(request, payload).await?;
    let (actor, path) = (head.identity.actor.clone(), PathParts::of(request));
    let group = parse(&WriteRequest {
        actor: &actor,
        vault: state.vault.of(&head.identity.agency),
        name_max: state.name_max(&head.identity.agency),
        letters: state.letters(&head.identity.agency),
        path: &path,
        body: &body,
    })?;
    let shown = submitted(route, state, &head, (head.digest(request, &body), group)).await?;
    Ok(shown.respond(request, &head.request_id))
}

/// What became of a group, under the digest of what asked for it.
pub async fn submitted(
    route: &Route,
    state: &AppState,
    head: &Head,
    (digest, group): ([u8; 32], ParsedGroup),
) -> Result<WriteAnswer, Problem> {
    let actor = head.identity.actor.clone();
    let envelope = |(index, command)| {
        let if_match = head.if_match.filter(|_| index == 0);
        Envelope { actor: actor.clone(), if_match, command }
    };
    let submission = Submission {
        agency: head.identity.agency.clone(),
        subject: actor.subject.clone(),
        key: head.key,
        request: digest,
        request_id: head.request_id.clone(),
        work: Work::All {
            actor: actor.clone(),
            members: group.commands.into_iter().enumerate().map(envelope).collect(),
        },
        texts: group.texts.clone(),
        accounts: Vec::new(),
    };
    Ok(match write::submit(state, submission, head.dry_run).await? {
        Answer::Refused { refusal, member, request_id, replayed } => {
            let problem = Problem::refused(&refusal);
            let problem = match member {
                Some(index) => {
                    let place = group.places.get(index).copied().unwrap_or(index);
                    problem.under(&format!("{}/{place}", group.member))
                }
                None => problem,
            };
            WriteAnswer::Refused { problem, request_id, replayed }
        }
        Answer::Accepted { first, members, replayed } => {
            let last = members.last().ok_or(SubmitError::Fault)?;
            let attached =
                render::attachments(&state.engine, &head.identity.agency, &group.texts, &members).await?;
            let body = render::group(&members, &attached)?;
            WriteAnswer::Resource {
                status: route.success(),
                body: if head.dry_run { render::previewed(body) } else { body },
                sequence: (!head.dry_run).then_some(first.sequence),
                version: render::version(&last.outcome).filter(|_| !head.dry_run),
                replayed,
            }
        }
    })
}
