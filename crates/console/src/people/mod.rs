//! Who is signed in to the console; an operator ends a session.

pub mod accounts;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Utc;
use subsidy_core::domain::{Actor, Code, Role};
use subsidy_store::sessions::{self, Clock, OfAgency, SessionListed};

use super::answer::{At, answered, see};
use super::figures;
use super::form::{Fields, Refusal};
use super::layout::Frame;
use super::session::{IDLE, Session};
use super::sign_in::admitted;
use super::texts::T;
use super::visit::{Shown, Visit, render};
use subsidy_auth::token::Identity;
use subsidy_http::AppState;
use subsidy_http::problem::Problem;

struct Row {
    id: String,
    person: String,
    roles: String,
    organisation: String,
    began: String,
    seen: String,
}

#[derive(Template)]
#[template(path = "people/sessions.html")]
struct SessionsPage {
    page: Frame,
    t: T,
    rows: Vec<Row>,
}

/// Sessions are the console's own, no part of a ledger: who runs the service sees and ends them.
pub fn may(actor: &Actor) -> bool {
    actor.has(Role::Operator)
}

/// Whether somebody is one who may, still: these pages ask no route, which would look for a revocation.
async fn operates(state: &AppState, identity: &Identity) -> Result<(), Problem> {
    if !may(&identity.actor) {
        return Err(Problem::new(Code::Forbidden));
    }
    admitted(state, identity.clone()).await.map(|_| ())
}

/// `GET /sessions`
pub async fn sessions(visit: &Visit<'_>) -> Shown {
    let identity = &visit.who.identity;
    operates(visit.state, identity).await.map_err(|problem| Refusal::from_problem(&problem, visit))?;
    let now = Utc::now();
    let found = async {
        let conn = visit.state.engine.database().admin().await.map_err(Problem::from)?;
        let clock = Clock { now, idle_since: now - IDLE };
        sessions::of_agency(&conn, clock, identity.agency.as_str()).await.map_err(Problem::from)
    };
    let found: Vec<SessionListed> = found.await.map_err(|problem| Refusal::from_problem(&problem, visit))?;
    let mut rows = Vec::new();
    for one in found {
        let roles = one.roles.as_array().into_iter().flatten().filter_map(|role| role.as_str()?.parse().ok());
        rows.push(Row {
            person: visit.person(&one.subject),
            roles: roles.map(|role| visit.t.role(role)).collect::<Vec<_>>().join(" · "),
            organisation: visit.organisation(&one.organisation.unwrap_or_default()).await,
            began: figures::time(&one.began_at.to_rfc3339()),
            seen: figures::time(&one.seen_at.to_rfc3339()),
            id: one.id,
        });
    }
    let page = visit.frame(visit.t.sessions().to_owned(), Vec::new()).await;
    render(&SessionsPage { page, t: visit.t, rows })
}

/// `POST /sessions/end`
pub async fn end(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).unwrap_or_default();
        let Some(who) = &session.signed_in else { return Ok(see("/sign-in?next=/sessions")) };
        if fields.text(".csrf") != session.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        operates(&at.0, &who.identity).await?;
        let conn = at.0.engine.database().admin().await?;
        let listed = OfAgency { agency: who.identity.agency.as_str(), id: fields.text(".id") };
        sessions::end_listed(&conn, listed).await?;
        Ok(see("/sessions"))
    };
    answered(answer.await, &request)
}
