//! Signing in at the identity provider: there, and back with a code.
//!
//! The state is drawn; nonce and verifier are made from it and the browser's token with a key outside the database, so the
//! table of sign-ins under way holds nothing that would serve anybody, and an answer serves in the browser in which the
//! sign-in began, once.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use subsidy_core::domain::{Code, Instant};
use subsidy_store::sign_ins::{self, NewSignIn};

use super::super::answer::{At, answered, html, preferences, see, with_session};
use super::super::form::Fields;
use super::super::home;
use super::super::layout::Frame;
use super::super::limit::Limit;
use super::super::session::{LASTS, Session, fresh_key};
use super::super::texts::T;
use super::super::visit::render;
use super::{SignInNotes, Trouble, admitted, asked, entered, page, within};
use subsidy_auth::code_flow::{CodeFlow, FlowError, SentAlong};
use subsidy_auth::provider_keys::KeysError;
use subsidy_auth::token::{ExpectedIdToken, Identity};
use subsidy_http::AppState;
use subsidy_http::problem::Problem;

/// How long somebody may take at the provider.
const TAKES: TimeDelta = TimeDelta::minutes(10);
/// The most bytes of a form that waits meanwhile.
const KEPT_BYTES_MAX: usize = 65_536;
/// Sign-ins that an address may begin in a minute: an office has one address for all its people.
static BEGUN: Limit = Limit::new(60);

#[derive(Template)]
#[template(path = "sign_in/away.html")]
struct AwayPage {
    page: Frame,
    t: T,
    address: String,
}

/// What is made from a state, in the browser in which it was drawn.
fn made(state: &AppState, session: &Session, label: &str, drawn: &str) -> String {
    let parts = [label, drawn, session.token.as_str()].map(str::as_bytes);
    URL_SAFE_NO_PAD.encode(state.vault.session_mac(&parts))
}

/// The MAC of a row.
fn mac(
    state: &AppState,
    session: &Session,
    drawn: &str,
    [next, kept]: [&str; 2],
    at: DateTime<Utc>,
) -> [u8; 32] {
    let at = at.timestamp_micros().to_be_bytes();
    let texts = ["sign-in row", drawn, &session.token, next, kept].map(str::as_bytes);
    let [label, drawn, token, next, kept] = texts;
    state.vault.session_mac(&[label, drawn, token, next, kept, &at])
}

/// `GET /sign-in/provider`
pub async fn leave(at: At, request: HttpRequest) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let next = within(&asked(&request, "next"));
        match address(&at, &request, &session, &next, "").await? {
            Ok(address) => Ok(with_session(see(&address), &session, at.1.secure)),
            Err(failed) => troubled(&at, &request, &session, (next, &Fields::default()), failed).await,
        }
    };
    answered(answer.await, &request)
}

/// `POST /sign-in/provider`, with a form that comes back afterwards. A browser follows no form to another host, so a page
/// leads there.
pub async fn leave_with_form(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).ok_or_else(|| Problem::new(Code::UnreadableBody))?;
        if fields.text(".csrf") != session.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        let kept = serde_json::to_string(&fields.kept().collect::<Vec<_>>());
        let kept = kept.map_err(|error| Problem::fault(&error))?;
        if kept.len() > KEPT_BYTES_MAX {
            return Err(Problem::too_large(KEPT_BYTES_MAX, "bytes"));
        }
        let next = within(fields.text(".next"));
        match address(&at, &request, &session, &next, &kept).await? {
            Ok(address) => {
                let (t, large) = preferences(&request);
                let frame = Frame::new(t, large, t.going_to_provider().to_owned());
                let shown = render(&AwayPage { page: frame, t, address }).unwrap_or_default();
                Ok(with_session(html(200, shown), &session, at.1.secure))
            }
            Err(failed) => troubled(&at, &request, &session, (next, &fields), failed).await,
        }
    };
    answered(answer.await, &request)
}

type Failed = (u16, Trouble);

/// The sign-in page, with what is wrong; what was typed before waits on.
async fn troubled(
    at: &At,
    request: &HttpRequest,
    session: &Session,
    (next, fields): (String, &Fields),
    (status, trouble): Failed,
) -> Result<HttpResponse, Problem> {
    let said = SignInNotes { next, kept: fields.to_keep(), trouble: Some(trouble), ..SignInNotes::default() };
    page(at, request, session, said, status).await
}

/// The flow, where there is one.
fn flow(at: &At) -> Result<&CodeFlow, Problem> {
    at.1.provider.as_deref().ok_or_else(|| Problem::new(Code::UnknownPath))
}

/// Notes that somebody is on the way, and where to.
async fn address(
    at: &At,
    request: &HttpRequest,
    session: &Session,
    next: &str,
    kept: &str,
) -> Result<Result<String, Failed>, Problem> {
    let (flow, (t, _), now) = (flow(at)?, preferences(request), Instant::new(Utc::now()).utc());
    if !BEGUN.admits(at.0.peer(request), now.timestamp()) {
        return Ok(Err((429, Trouble::new(t.too_many_tries(), t.wait_a_minute()))));
    }
    let drawn = fresh_key();
    let [nonce, verifier] = ["nonce", "verifier"].map(|label| made(&at.0, session, label, &drawn));
    let along = SentAlong { state: &drawn, nonce: &nonce, verifier: &verifier, language: t.language().tag() };
    let address = match flow.address(&along).await {
        Ok(address) => address,
        Err(error) => return Ok(Err(away(&error, t))),
    };
    let conn = at.0.engine.database().admin().await?;
    sign_ins::forget(&conn, now - TAKES).await?;
    // it may hold what an officer types of an account, so it stands there sealed
    let kept = at.0.vault.seal_private(&drawn, kept.as_bytes()).map_err(|error| Problem::fault(&error))?;
    let kept = &URL_SAFE_NO_PAD.encode(kept);
    let mac = mac(&at.0, session, &drawn, [next, kept], now);
    let state = Sha256::digest(&drawn);
    sign_ins::begin(&conn, NewSignIn { state: &state, next, kept, now, mac: &mac }).await?;
    Ok(Ok(address))
}

fn away(error: &KeysError, t: T) -> Failed {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, "nobody can sign in at the provider");
    (503, Trouble::new(t.provider_away(), t.try_later()))
}

/// A sign-in that is under way, as its row keeps it.
struct UnderWay {
    drawn: String,
    next: String,
    kept: Fields,
}

/// `GET /sign-in/return`
pub async fn returned(at: At, request: HttpRequest) -> HttpResponse {
    let answer = async {
        let (flow, (t, _)) = (flow(&at)?, preferences(&request));
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let Some(under_way) = taken(&at, &session, asked(&request, "state")).await? else {
            // the page of somebody who went back to it, or loaded it again
            if let Some(who) = &session.signed_in {
                return Ok(see(home(&who.identity.actor)));
            }
            let trouble = Trouble::new(t.sign_in_over(), t.sign_in_anew());
            return troubled(&at, &request, &session, (String::new(), &Fields::default()), (401, trouble))
                .await;
        };
        let failed = match signed_in(&at, flow, &request, &session, &under_way).await {
            Ok(identity) => match admitted(&at.0, identity).await {
                Ok(identity) => {
                    let UnderWay { next, kept, .. } = under_way;
                    let begun = Session::begin(&identity, &at.0).await?;
                    return entered(&at, &request, &session, (begun, identity), &next, kept).await;
                }
                Err(problem) => (problem.status(), Trouble::of(&problem, t)),
            },
            Err(failed) => failed,
        };
        troubled(&at, &request, &session, (under_way.next, &under_way.kept), failed).await
    };
    answered(answer.await, &request)
}

/// The sign-in of a state, which is taken once: begun in this browser, and not long ago.
async fn taken(at: &At, session: &Session, drawn: String) -> Result<Option<UnderWay>, Problem> {
    let conn = at.0.engine.database().admin().await?;
    let Some(row) = sign_ins::take(&conn, &Sha256::digest(&drawn)).await? else { return Ok(None) };
    let mac = mac(&at.0, session, &drawn, [&row.next, &row.kept], row.began_at);
    if row.mac != mac || Utc::now() - row.began_at > TAKES {
        return Ok(None);
    }
    let sealed = URL_SAFE_NO_PAD.decode(&row.kept).unwrap_or_default();
    let kept = at.0.vault.open_private(&drawn, &sealed).ok();
    let kept = kept.and_then(|kept| serde_json::from_slice(&kept).ok()).map(Fields::of).unwrap_or_default();
    Ok(Some(UnderWay { drawn, next: row.next, kept }))
}

/// Who came back, by the ID token that the provider gives for the code.
async fn signed_in(
    at: &At,
    flow: &CodeFlow,
    request: &HttpRequest,
    session: &Session,
    under_way: &UnderWay,
) -> Result<Identity, Failed> {
    let (t, _) = preferences(request);
    let [iss, error, code] = ["iss", "error", "code"].map(|name| asked(request, name));
    let iss = Some(iss.as_str()).filter(|iss| !iss.is_empty());
    if !flow.is_of_provider(iss).await.map_err(|error| away(&error, t))? {
        return Err((401, Trouble::new(t.answer_of_another(), t.sign_in_anew())));
    }
    if !error.is_empty() {
        return Err(reported(&error, t));
    }
    let [nonce, verifier] = ["nonce", "verifier"].map(|label| made(&at.0, session, label, &under_way.drawn));
    let token = flow.exchange(&code, &verifier).await.map_err(|error| match error {
        FlowError::Provider(error) => away(&error, t),
        FlowError::Refused(error) => reported(&error, t),
    })?;
    let expected = ExpectedIdToken { client_id: flow.client_id.clone(), nonce };
    let identity = at.0.verifier.verify_id_token(&token, expected).await.map_err(|error| {
        let (reason, claim) = (error.reason(), error.claim());
        tracing::info!(reason, claim, "an ID token was refused");
        let problem = Problem::new(error.code()).with("reason", reason).with("claim", claim);
        (401, Trouble::of(&problem, t))
    })?;
    // an ID token says who signed in now, its `exp` not for how long
    Ok(Identity { token: None, expires_at: Utc::now() + LASTS, ..identity })
}

/// What the provider says is wrong, in its word for it.
fn reported(error: &str, t: T) -> Failed {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    let word: String = error.chars().filter(|c| plain(*c)).take(40).collect();
    tracing::warn!(word, "the identity provider refuses a sign-in");
    let trouble = match word.as_str() {
        "access_denied" => Trouble::new(t.provider_denied(), t.ask_provider()),
        "temporarily_unavailable" => Trouble::new(t.provider_away(), t.try_later()),
        "invalid_client" | "unauthorized_client" => {
            Trouble::new(t.provider_knows_us_not(), t.compare_client())
        }
        "invalid_grant" => Trouble::new(t.code_spent(), t.sign_in_anew()),
        word => Trouble::new(t.provider_reports(word), t.tell_the_code()),
    };
    (401, trouble)
}

/// Whether somebody who signs out here stays signed in at the provider, which could sign them out as well.
pub async fn is_signed_in_there(at: &At, session: &Session) -> bool {
    let (Some(flow), Some(who)) = (&at.1.provider, &session.signed_in) else { return false };
    let is_theirs = who.identity.actor.subject.sub_of(&flow.issuer).is_some();
    is_theirs && flow.sign_out_address().await.is_ok_and(|address| address.is_some())
}

/// `GET /sign-in/leave`: signs out at the provider.
pub async fn sign_out(at: At, request: HttpRequest) -> HttpResponse {
    let answer = async {
        let address = flow(&at)?.sign_out_address().await;
        Ok(see(&address.ok().flatten().unwrap_or_else(|| "/sign-in".to_owned())))
    };
    answered(answer.await, &request)
}
