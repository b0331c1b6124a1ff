//! The sign-in page, signing out, and who one is.

pub mod account;
pub mod own;
pub mod provider;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Utc;
use subsidy_core::domain::{Code, Roles};

use super::answer::{At, answered, html, pairs, preferences, preferred, resumed, see, with_session};
use super::doc::Doc;
use super::figures;
use super::form::{Fields, Refusal};
use super::layout::Frame;
use super::session::{LASTS, Session, SignedIn};
use super::texts::T;
use super::visit::{Shown, Visit, render};
use super::{Console, Person, home};
use subsidy_auth::token::Identity;
use subsidy_http::AppState;
use subsidy_http::problem::Problem;

/// Somebody of the demonstration, as the page shows them.
struct Offered {
    /// Its place in the console's list.
    place: usize,
    name: String,
    agency: String,
    roles: String,
}

#[derive(Template)]
#[template(path = "sign_in/sign_in.html")]
struct SignInPage {
    page: Frame,
    t: T,
    people: Vec<Offered>,
    /// Where to go on afterwards.
    next: String,
    /// What was typed into a form whose sender is no longer signed in.
    kept: Vec<(String, String)>,
    refused: bool,
    ended: bool,
    /// Whether people sign in at an identity provider.
    provider: bool,
    /// Whether they are signed out here and not there.
    left: bool,
    /// Whether people sign in with accounts of the service's own, and the name that was typed.
    accounts: bool,
    name: String,
    trouble: Option<Trouble>,
}

/// What the page says beside the ways in.
#[derive(Default)]
struct SignInNotes {
    next: String,
    kept: Vec<(String, String)>,
    refused: bool,
    ended: bool,
    left: bool,
    name: String,
    trouble: Option<Trouble>,
}

/// Why a way in led nowhere, and what to do.
#[derive(Debug)]
pub struct Trouble {
    cause: String,
    cure: String,
}

impl Trouble {
    fn new(cause: impl Into<String>, cure: &str) -> Self {
        Self { cause: cause.into(), cure: cure.to_owned() }
    }

    /// In the words that the API has for it.
    fn of(problem: &Problem, t: T) -> Self {
        let body = Doc(problem.body(t.language(), ""));
        Self { cause: body.text("detail"), cure: body.text("remedy") }
    }
}

fn offered(t: T, console: &Console) -> Vec<Offered> {
    let offered = |(place, person): (usize, &Person)| Offered {
        place,
        name: t.of(&person.name).to_owned(),
        agency: person.agency_name.clone(),
        roles: person.actor.roles.iter().map(|role| t.role(role)).collect::<Vec<_>>().join(" · "),
    };
    console.people.iter().enumerate().map(offered).collect()
}

async fn page(
    at: &At,
    request: &HttpRequest,
    session: &Session,
    said: SignInNotes,
    status: u16,
) -> Result<HttpResponse, Problem> {
    let (t, large) = preferences(request);
    let mut frame = Frame::new(t, large, t.sign_in().to_owned());
    frame.csrf = session.csrf();
    frame.here = if said.next.is_empty() {
        "/sign-in".to_owned()
    } else {
        super::visit::with_query("/sign-in", &[("next".to_owned(), said.next.clone())])
    };
    let SignInNotes { next, kept, refused, ended, left, name, trouble } = said;
    let (people, provider) = (offered(t, &at.1), at.1.provider.is_some());
    let (left, accounts) = (left && provider, account::are_offered(&at.0).await?);
    let template = SignInPage {
        page: frame,
        t,
        people,
        next,
        kept,
        refused,
        ended,
        provider,
        left,
        accounts,
        name,
        trouble,
    };
    let page = render(&template).unwrap_or_default();
    // a visitor has a token too: without it the form that signs in could be another site's
    Ok(with_session(html(status, page), session, at.1.secure))
}

/// A place within the console: nothing that a browser takes for another host.
fn within(path: &str) -> String {
    // browsers drop tabs and take a backslash for a slash
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(|c: char| c == '\\' || c.is_control());
    if plain { path.to_owned() } else { String::new() }
}

/// A part of the query.
fn asked(request: &HttpRequest, name: &str) -> String {
    let found = pairs(request).into_iter().find(|(other, _)| other == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// `GET /sign-in`
pub async fn show(at: At, request: HttpRequest) -> HttpResponse {
    if let Some(response) = preferred(&request) {
        return response;
    }
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let next = within(&asked(&request, "next"));
        if let Some(who) = &session.signed_in {
            return Ok(see(if next.is_empty() { home(&who.identity.actor) } else { &next }));
        }
        let ended = !next.is_empty();
        let left = asked(&request, "left") == "1";
        page(&at, &request, &session, SignInNotes { next, ended, left, ..SignInNotes::default() }, 200).await
    };
    answered(answer.await, &request)
}

/// The sign-in page in the place of one whose form can no longer be sent: what was typed is kept.
pub async fn again(
    at: &At,
    request: &HttpRequest,
    session: &Session,
    here: &str,
    fields: &Fields,
) -> Result<HttpResponse, Problem> {
    let said =
        SignInNotes { next: within(here), kept: fields.to_keep(), ended: true, ..SignInNotes::default() };
    page(at, request, session, said, 401).await
}

/// `POST /sign-in`
pub async fn post(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    answered(signed_in(&at, &request, &bytes).await, &request)
}

async fn signed_in(at: &At, request: &HttpRequest, bytes: &[u8]) -> Result<HttpResponse, Problem> {
    let before = Session::of(request, at.1.secure, &at.0).await?;
    let fields = Fields::parse(bytes).ok_or_else(|| Problem::new(Code::UnreadableBody))?;
    if fields.text(".csrf") != before.csrf() {
        return Err(Problem::new(Code::Forbidden));
    }
    let next = within(fields.text(".next"));
    let identity = match identity(&at.0, &at.1, &fields).await {
        Some(identity) => Ok(identity),
        None => Err(Problem::new(Code::Unauthenticated)),
    };
    let admitted = match identity {
        Ok(identity) => admitted(&at.0, identity).await,
        Err(problem) => Err(problem),
    };
    let Ok(identity) = admitted else {
        let said = SignInNotes { next, kept: fields.to_keep(), refused: true, ..SignInNotes::default() };
        return page(at, request, &before, said, 401).await;
    };
    let begun = Session::begin(&identity, &at.0).await?;
    entered(at, request, &before, (begun, identity), &next, fields).await
}

/// Ends the session before the one that has begun, and shows where its owner wanted to go; a form that waited comes back
/// there.
async fn entered(
    at: &At,
    request: &HttpRequest,
    before: &Session,
    (mut session, identity): (Session, Identity),
    next: &str,
    fields: Fields,
) -> Result<HttpResponse, Problem> {
    if before.signed_in.is_some() {
        before.end(&at.0).await?;
    }
    let identity = at.0.with_counting_roles(identity).await?;
    let home = home(&identity.actor);
    if fields.kept().next().is_some() {
        let agency_name = String::new();
        session.signed_in = Some(SignedIn { identity, agency_name });
        if let Some(response) = resumed(at, request, &session, next, fields).await {
            return Ok(with_session(response, &session, at.1.secure));
        }
    }
    let to = if next.is_empty() { home } else { next };
    Ok(with_session(see(to), &session, at.1.secure))
}

/// Who signs in: a person of the demonstration, or whom a token of the API names.
async fn identity(state: &AppState, console: &Console, fields: &Fields) -> Option<Identity> {
    if let Ok(place) = fields.text(".person").parse::<usize>() {
        let person = console.people.get(place)?;
        let (agency, actor) = (person.agency.clone(), person.actor.clone());
        let now = Utc::now();
        return Some(Identity {
            agency,
            actor,
            ungranted: Roles::NONE,
            token: None,
            issued_at: Some(now),
            expires_at: now + LASTS,
        });
    }
    state.verifier.verify(fields.text(".token").trim()).await.ok()
}

/// The same who were let in with a token over the API are let in here.
pub(super) async fn admitted(state: &AppState, identity: Identity) -> Result<Identity, Problem> {
    if !state.agencies.knows(&state.engine, &identity.agency).await? {
        return Err(Problem::new(Code::Unauthenticated));
    }
    state.people.admits(&state.engine, &identity).await?;
    Ok(identity)
}

/// `POST /sign-out`
pub async fn out(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).unwrap_or_default();
        if session.signed_in.is_some() && fields.text(".csrf") != session.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        session.end(&at.0).await?;
        let left = provider::is_signed_in_there(&at, &session).await;
        Ok(see(if left { "/sign-in?left=1" } else { "/sign-in" }))
    };
    answered(answer.await, &request)
}

#[derive(Template)]
#[template(path = "sign_in/me.html")]
struct MePage {
    page: Frame,
    t: T,
    me: Doc,
    organisation: String,
    ends_at: String,
    no_menu: bool,
    /// Of somebody with an account of the service's own: how many recovery codes are left.
    own: Option<String>,
    trouble: Option<Trouble>,
}

/// `GET /me`
pub async fn me(visit: &Visit<'_>) -> Shown {
    shown(visit, None).await
}

async fn shown(visit: &Visit<'_>, trouble: Option<Trouble>) -> Shown {
    let own = account::own(visit).await.map_err(|problem| Refusal::from_problem(&problem, visit))?;
    let own = own.map(|account| visit.t.recovery_left(account.recovery_left()));
    let me = visit.read("/v1/me").await?;
    let organisation = visit.organisation(&me.text("organisation")).await;
    let page = visit.frame(visit.t.who_am_i().to_owned(), Vec::new()).await;
    let ends_at = figures::time(&visit.who.identity.expires_at.to_rfc3339());
    let no_menu = page.nav.is_empty();
    render(&MePage { page, t: visit.t, me, organisation, ends_at, no_menu, own, trouble })
}
