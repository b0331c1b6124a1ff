//! What anybody may ask without signing in. Whether a paper is genuine: what a voucher or a claim is, by the code that stands on its paper, and the
//! checkpoint of the log that it stands in. It names nobody, and a sender may ask so often a minute.

mod eligible;

pub use eligible::show as eligible;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{TimeDelta, Utc};
use subsidy_core::domain::{Actor, AgencyCode, Role, Roles, Subject};

use super::answer::{At, begun, html, pairs, preferences, preferred};
use super::doc::Doc;
use super::layout::Frame;
use super::limit::Limit;
use super::records::cell::{Cell, Column, Show, cells, col};
use super::session::{Session, SignedIn};
use super::texts::T;
use super::visit::{Visit, render, with_query};
use subsidy_auth::token::Identity;

/// Questions of a sender in a minute.
static QUESTIONS: Limit = Limit::new(20);

/// So many published claims are shown to whoever asks, or somewhat more: nobody need sign in for the page.
const PUBLISHED_MOST: usize = 1_000;

/// What is said of a document.
struct Genuine {
    kind: String,
    state: String,
    tone: &'static str,
    number: String,
    programme: String,
    amount: String,
    date: String,
    until: String,
    /// The leaf of its last change, and the log's checkpoint.
    sequence: String,
    checkpoint: Vec<String>,
}

#[derive(Template)]
#[template(path = "verify/verify.html")]
struct VerifyPage {
    page: Frame,
    t: T,
    agency: String,
    code: String,
    asked: bool,
    genuine: Option<Genuine>,
}

/// `GET /verify?agency=…&code=…`
pub async fn show(at: At, request: HttpRequest) -> HttpResponse {
    if let Some(response) = preferred(&request) {
        return response;
    }
    let (t, large) = preferences(&request);
    let told = |name: &str| {
        let found = pairs(&request).into_iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.trim().to_lowercase()).unwrap_or_default()
    };
    let (agency, code) = (told("agency"), told("code"));
    let asked = !code.is_empty();
    let mut frame = Frame::new(t, large, t.verification().to_owned());
    frame.here = with_query("/verify", &pairs(&request));
    let peer = at.0.peer(&request);
    if asked && !QUESTIONS.admits(peer, Utc::now().timestamp()) {
        let page = render(&VerifyPage { page: frame, t, agency, code, asked: false, genuine: None });
        return html(429, page.unwrap_or_default());
    }
    let genuine = if asked { genuine(&at, &request, &agency, &code).await } else { None };
    let status = if asked && genuine.is_none() { 404 } else { 200 };
    html(status, render(&VerifyPage { page: frame, t, agency, code, asked, genuine }).unwrap_or_default())
}

/// Who reads for those who are not signed in; what is shown of it is chosen here.
fn nobody(agency: &str) -> Option<SignedIn> {
    let (agency, subject) = (AgencyCode::parse(agency).ok()?, Subject::parse("verification").ok()?);
    let actor = Actor { subject, roles: Role::Auditor.into(), organisation: None };
    let expires_at = Utc::now() + TimeDelta::minutes(1);
    Some(SignedIn {
        identity: Identity {
            agency,
            actor,
            ungranted: Roles::NONE,
            token: None,
            issued_at: None,
            expires_at,
        },
        agency_name: String::new(),
    })
}

const fn unsigned() -> Session {
    Session { token: String::new(), signed_in: None }
}

/// Where a code is looked for: the list, what one of them is called, its amount.
const PAPERS: [(&str, &str, &str); 4] = [
    ("vouchers", "voucher", "face_value"),
    ("claims", "claim", "amount"),
    ("payment-batches", "payment_batch", "total"),
    ("recoveries", "recovery", "amount"),
];

async fn genuine(at: &At, request: &HttpRequest, agency: &str, code: &str) -> Option<Genuine> {
    let (session, who) = (unsigned(), nobody(agency)?);
    let visit = begun(at, request, &session, &who);
    for (path, kind, amount) in PAPERS {
        let Ok(found) = visit.look(&format!("/v1/{path}/{code}")).await else { continue };
        return Some(said(&visit, kind, amount, &found).await);
    }
    None
}

#[derive(Template)]
#[template(path = "verify/published.html")]
struct PublishedPage {
    page: Frame,
    t: T,
    agency: String,
    rows: Vec<Vec<Cell>>,
}

const PUBLISHED: [Column; 7] = [
    col("claim_id", Show::Short).called(T::number),
    col("organisation_name", Show::Text),
    col("programme", Show::Programme),
    col("kind", Show::Word).called(T::matter),
    col("from", Show::Date),
    col("until", Show::Date),
    col("amount", Show::Money).called(T::amount_cny),
];

/// `GET /published?agency=…`: what an agency publishes, for everybody.
pub async fn published(at: At, request: HttpRequest) -> HttpResponse {
    if let Some(response) = preferred(&request) {
        return response;
    }
    let (t, large) = preferences(&request);
    let agency = pairs(&request).into_iter().find(|(name, _)| name == "agency").map(|(_, code)| code);
    let agency = agency.unwrap_or_default();
    let mut frame = Frame::new(t, large, t.published().to_owned());
    frame.here = with_query("/published", &pairs(&request));
    let (session, who) = (unsigned(), nobody(&agency));
    let mut rows = Vec::new();
    let peer = at.0.peer(&request);
    let admitted = agency.is_empty() || QUESTIONS.admits(peer, Utc::now().timestamp());
    if let Some(who) = who.as_ref().filter(|_| admitted) {
        let visit = begun(&at, &request, &session, who);
        for found in
            visit.look_whole("/v1/publicity?limit=200", PUBLISHED_MOST).await.unwrap_or_default().list("data")
        {
            let mut shown = cells(&visit, &found, &PUBLISHED).await;
            // the pages behind them are for those who are signed in
            shown.iter_mut().for_each(|cell| cell.href.clear());
            rows.push(shown);
        }
    }
    let page = render(&PublishedPage { page: frame, t, agency, rows });
    html(if admitted { 200 } else { 429 }, page.unwrap_or_default())
}

async fn said(visit: &Visit<'_>, kind: &str, amount: &str, found: &Doc) -> Genuine {
    let t = visit.t;
    let checkpoint = visit.read_text("/v1/audit/checkpoint").await.unwrap_or_default();
    Genuine {
        kind: t.heading(kind),
        state: t.word(&found.text("status")),
        tone: t.tone(&found.text("status")),
        number: found.text("number"),
        programme: visit.programme(&found.text("programme")).await,
        amount: found.money(amount),
        date: found.text("submitted_on"),
        until: found.text("valid_until"),
        sequence: found.text("revision"),
        checkpoint: checkpoint.lines().take(3).map(str::to_owned).collect(),
    }
}
