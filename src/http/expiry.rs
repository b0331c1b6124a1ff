//! `POST /vouchers/expire`: vouchers past their last usable day, in groups until none is left.
//!
//! The first group stands under the caller's key, each further one under a key made of it: asked again, the same
//! groups answer, and a run that broke off goes on where it did.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::problem::Problem;
use super::route::Route;
use super::write::{self, Head, Shown};
use super::{AppState, render};
use crate::book::Outcome;
use crate::domain::money::OutOfRange;
use crate::domain::{Date, Money, Sequence};
use crate::engine::submission::{Accepted, Answer, Submission, Work};

/// The most vouchers of a group.
const GROUP_MAX: u32 = 200;
/// The most vouchers that a dry run looks at.
const PREVIEW_MAX: u32 = 100_000;

/// For which day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiryRun {
    /// The day that the last usable day lies before; the business date where none is given.
    as_of: Option<Date>,
}

/// What expired.
#[derive(Debug, Serialize, ToSchema)]
pub struct Expired {
    /// How many vouchers.
    expired: u32,
    /// CNY that was released.
    amount: Money,
}

/// What the groups so far came to.
#[derive(Default)]
struct Run {
    expired: u32,
    amount: Money,
    first: Option<(Sequence, bool)>,
}

impl Run {
    fn add(&mut self, header: &Accepted, members: &[Accepted], replayed: bool) -> Result<(), OutOfRange> {
        self.first = self.first.or(Some((header.sequence, replayed)));
        for member in members {
            if let Outcome::Expiry { amount, .. } = &member.outcome {
                self.expired = self.expired.saturating_add(1);
                self.amount = self.amount.plus(*amount)?;
            }
        }
        Ok(())
    }

    fn shown(&self, dry_run: bool) -> Shown {
        let body = json!({"expired": self.expired, "amount": self.amount});
        Shown::Resource {
            status: 200,
            body: if dry_run { render::previewed(body) } else { body },
            sequence: self.first.map(|(sequence, _)| sequence).filter(|_| !dry_run),
            version: None,
            replayed: self.first.is_some_and(|(_, replayed)| replayed),
        }
    }
}

/// Answers an expiry run.
pub async fn answer(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    if head.if_match.is_some() {
        return Err(Problem::new("version_conflict"));
    }
    let body = write::body(request, payload).await?;
    let ExpiryRun { as_of } = body.read()?;
    let digest = head.digest(request, &body);
    let mut run = Run::default();
    for number in 0_u32.. {
        let limit = if head.dry_run { PREVIEW_MAX } else { GROUP_MAX };
        match write::submit(state, group(&head, number, digest, as_of, limit), head.dry_run).await? {
            Answer::Refused { refusal, request_id, replayed, .. } => {
                let problem = Problem::refused(&refusal);
                let shown = Shown::Refused { problem, request_id, replayed };
                return Ok(shown.respond(request, &head.request_id));
            }
            Answer::Accepted { first, members, replayed } => {
                run.add(&first, &members, replayed).map_err(|error| Problem::fault(&error))?;
                let full = usize::try_from(limit).is_ok_and(|limit| members.len() == limit);
                if head.dry_run || !full {
                    break;
                }
            }
        }
    }
    Ok(run.shown(head.dry_run).respond(request, &head.request_id))
}

fn group(head: &Head, number: u32, request: [u8; 32], as_of: Option<Date>, limit: u32) -> Submission {
    let key = match number {
        0 => head.key,
        _ => Sha256::new().chain_update(head.key).chain_update(number.to_be_bytes()).finalize().into(),
    };
    let actor = head.identity.actor.clone();
    Submission {
        agency: head.identity.agency.clone(),
        subject: actor.subject.clone(),
        key,
        request,
        request_id: head.request_id.clone(),
        work: Work::Expiry { actor, as_of, limit, due: Vec::new() },
        texts: Vec::new(),
        accounts: Vec::new(),
    }
}
