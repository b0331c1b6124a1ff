//! Signing in with an account of the service's own, and setting it up at the first time: another password, a second
//! factor. Only whoever has both gets a session. A form that waits while its sender signs in is carried along.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use subsidy_core::domain::{Code, Roles};

use super::super::answer::{At, answered, html, preferences, resumed, see, with_session};
use super::super::form::Fields;
use super::super::home;
use super::super::layout::Frame;
use super::super::papers::{Drawn, drawn};
use super::super::session::{LASTS, Session};
use super::super::texts::T;
use super::super::visit::{Visit, render};
use super::{SignInNotes, Trouble, admitted, again, entered, page, within};
use subsidy_auth::accounts::{Account, Accounts, Entry, Given};
use subsidy_auth::one_time_codes::CodeSecret;
use subsidy_auth::passwords::{Failed, WeakPassword, weakness};
use subsidy_auth::token::Identity;
use subsidy_http::AppState;
use subsidy_http::problem::Problem;

/// How long setting an account up may take.
const TAKES: TimeDelta = TimeDelta::minutes(15);

/// Whose account is to be set up, since which change of it, until when, and the secret of its second factor where that is
/// new. A form carries it, with a MAC over it and the browser.
#[derive(Debug, Serialize, Deserialize)]
struct Ticket {
    name: String,
    changed_at: DateTime<Utc>,
    until: DateTime<Utc>,
    secret: Option<Vec<u8>>,
}

/// What goes through the pages of setting up unchanged: where to go on, and the form that waits there.
pub(super) struct Waiting {
    next: String,
    kept: Vec<(String, String)>,
}

impl Waiting {
    fn of(fields: &Fields) -> Self {
        Self { next: within(fields.text(".next")), kept: fields.to_keep() }
    }

    /// A page to go on to, and no form.
    pub(super) fn at(next: &str) -> Self {
        Self { next: next.to_owned(), kept: Vec::new() }
    }
}

#[derive(Template)]
#[template(path = "sign_in/set_up.html")]
struct SetUpPage {
    page: Frame,
    t: T,
    name: String,
    ticket: String,
    next: String,
    kept: Vec<(String, String)>,
    /// Whether another password is chosen.
    provisional: bool,
    secret: String,
    address: String,
    picture: Option<Drawn>,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "sign_in/codes.html")]
struct CodesPage {
    page: Frame,
    t: T,
    codes: Vec<String>,
    next: String,
    kept: Vec<(String, String)>,
}

pub fn accounts(state: &AppState) -> Accounts<'_> {
    Accounts { database: state.engine.database(), vault: &state.vault }
}

pub fn fault(error: Failed) -> Problem {
    Problem::database(&*error)
}

/// Whether the sign-in page offers accounts: where somebody has one, and they serve.
pub async fn are_offered(state: &AppState) -> Result<bool, Problem> {
    Ok(state.verifier.own_may_serve() && accounts(state).there_are().await.map_err(fault)?)
}

/// Who signs in with an account, for as long as a session lasts. Error: `unavailable`.
pub(super) async fn identity(state: &AppState, account: &Account) -> Result<Identity, Problem> {
    let now = Utc::now();
    let identity = Identity {
        agency: account.agency.clone(),
        actor: account.actor.clone(),
        ungranted: Roles::NONE,
        token: None,
        issued_at: Some(now),
        expires_at: now + LASTS,
    };
    state.said_of_account(identity).await
}

/// `POST /sign-in/account`
pub async fn post(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let before = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).ok_or_else(|| Problem::new(Code::UnreadableBody))?;
        if fields.text(".csrf") != before.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        let ((t, _), next) = (preferences(&request), within(fields.text(".next")));
        let [name, password, code] = [".name", ".password", ".code"].map(|field| fields.text(field));
        let given = Given { name, password, code, address: at.0.peer(&request) };
        let entry = accounts(&at.0).enter(given).await.map_err(fault)?;
        let trouble = match entry {
            Entry::In(account) if at.0.verifier.own_serve(&account.name) => {
                match admitted(&at.0, identity(&at.0, &account).await?).await {
                    Ok(identity) => match Session::begin_with_account(&identity, &account, &at.0).await? {
                        Some(begun) => {
                            return entered(&at, &request, &before, (begun, identity), &next, fields).await;
                        }
                        // it was closed or changed while its owner signed in
                        None => (401, Trouble::new(t.account_refused(), t.about_refusals())),
                    },
                    Err(problem) => (problem.status(), Trouble::of(&problem, t)),
                }
            }
            Entry::SetUp(account) if at.0.verifier.own_serve(&account.name) => {
                return Ok(set_up_page(&at, &request, &before, &account, (Waiting::of(&fields), None), None));
            }
            Entry::TooMany => (429, Trouble::new(t.too_many_tries(), t.wait_a_quarter())),
            Entry::In(_) | Entry::SetUp(_) | Entry::Refused => {
                (401, Trouble::new(t.account_refused(), t.about_refusals()))
            }
        };
        let (status, trouble) = trouble;
        let (name, kept, trouble) = (name.to_owned(), fields.to_keep(), Some(trouble));
        let said = SignInNotes { next, kept, name, trouble, ..SignInNotes::default() };
        page(&at, &request, &before, said, status).await
    };
    answered(answer.await, &request)
}

fn signed(state: &AppState, session: &Session, text: &str) -> String {
    let parts = ["set-up ticket", text, &session.token].map(str::as_bytes);
    URL_SAFE_NO_PAD.encode(state.vault.session_mac(&parts))
}

fn ticket(state: &AppState, session: &Session, sent: &str) -> Option<Ticket> {
    let (text, mac) = sent.split_once('.')?;
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|_| signed(state, session, text) == mac)?;
    serde_json::from_slice(&bytes).ok().filter(|ticket: &Ticket| Utc::now() < ticket.until)
}

/// The page on which an account is set up; what was asked before is asked again with the same secret. With a secret an
/// account that has a second factor gets another one, and keeps the old one until a code of the new one is shown.
pub(super) fn set_up_page(
    at: &At,
    request: &HttpRequest,
    session: &Session,
    account: &Account,
    (waiting, secret): (Waiting, Option<CodeSecret>),
    trouble: Option<Trouble>,
) -> HttpResponse {
    let (t, large) = preferences(request);
    let secret = secret.or_else(|| (!account.has_factor()).then(CodeSecret::drawn));
    let status = if trouble.is_some() { 422 } else { 200 };
    let ticket = Ticket {
        name: account.name.clone(),
        changed_at: account.changed_at,
        until: Utc::now() + TAKES,
        secret: secret.as_ref().map(|secret| secret.bytes().to_vec()),
    };
    let text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&ticket).unwrap_or_default());
    let mut frame = Frame::new(t, large, t.set_up_account().to_owned());
    frame.csrf = session.csrf();
    let address =
        secret.as_ref().map(|secret| secret.address(t.product(), &account.name)).unwrap_or_default();
    let template = SetUpPage {
        page: frame,
        t,
        name: account.name.clone(),
        ticket: format!("{text}.{}", signed(&at.0, session, &text)),
        next: waiting.next,
        kept: waiting.kept,
        provisional: account.provisional,
        secret: secret.as_ref().map(CodeSecret::text).unwrap_or_default(),
        picture: (!address.is_empty()).then(|| drawn(&address)),
        address,
        trouble,
    };
    with_session(html(status, render(&template).unwrap_or_default()), session, at.1.secure)
}

/// What is wrong with a password that somebody chose.
pub fn told(weak: WeakPassword, t: T) -> Trouble {
    match weak {
        WeakPassword::Short => Trouble::new(t.password_short(), t.choose_another()),
        WeakPassword::Long => Trouble::new(t.password_long(), t.choose_another()),
        WeakPassword::HasName => Trouble::new(t.password_has_name(), t.choose_another()),
    }
}

/// A password that was typed twice, or what is wrong with it.
pub fn chosen<'a>(fields: &'a Fields, name: &str, t: T) -> Result<&'a str, Trouble> {
    let [new, again] = [".new", ".again"].map(|field| fields.text(field));
    if new != again {
        return Err(Trouble::new(t.passwords_differ(), t.type_it_twice()));
    }
    weakness(name, new).map_or(Ok(new), |weak| Err(told(weak, t)))
}

/// `POST /sign-in/set-up`
pub async fn set_up(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).ok_or_else(|| Problem::new(Code::UnreadableBody))?;
        if fields.text(".csrf") != session.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        let (t, _) = preferences(&request);
        let over = async || {
            let Waiting { next, kept } = Waiting::of(&fields);
            let trouble = Some(Trouble::new(t.sign_in_over(), t.sign_in_anew()));
            let said = SignInNotes { next, kept, trouble, ..SignInNotes::default() };
            page(&at, &request, &session, said, 401).await
        };
        let Some(ticket) = ticket(&at.0, &session, fields.text(".ticket")) else { return over().await };
        let found = accounts(&at.0).find(&ticket.name).await.map_err(fault)?;
        let as_it_was = |account: &Account| account.changed_at == ticket.changed_at && !account.disabled;
        let Some(account) = found.filter(as_it_was) else { return over().await };
        let secret = ticket.secret.as_deref().map(CodeSecret::of);
        let wrong = |trouble: Trouble| {
            let asked = (Waiting::of(&fields), secret.clone());
            Ok(set_up_page(&at, &request, &session, &account, asked, Some(trouble)))
        };
        let password = match account.provisional.then(|| chosen(&fields, &account.name, t)).transpose() {
            Ok(password) => password,
            Err(trouble) => return wrong(trouble),
        };
        let code: String = fields.text(".code").chars().filter(|c| !c.is_whitespace()).collect();
        let step = match &secret {
            Some(secret) => match secret.step_of(&code, Utc::now()) {
                Some(step) => Some((secret, step)),
                None => return wrong(Trouble::new(t.code_wrong(), t.compare_clocks())),
            },
            None => None,
        };
        let (mut account, mut codes) = (account.clone(), Vec::new());
        if let Some(password) = password {
            let chosen = accounts(&at.0).choose(&account, password).await.map_err(fault)?;
            let Some(changed) = chosen else { return over().await };
            account = changed;
        }
        if let Some(step) = step {
            let enrolled = accounts(&at.0).enrol(&account, step).await.map_err(fault)?;
            let Some((changed, drawn)) = enrolled else { return over().await };
            (account, codes) = (changed, drawn);
        }
        let identity = admitted(&at.0, identity(&at.0, &account).await?).await?;
        let Some(begun) = Session::begin_with_account(&identity, &account, &at.0).await? else {
            return over().await;
        };
        let Waiting { next, kept } = Waiting::of(&fields);
        if codes.is_empty() {
            return entered(&at, &request, &session, (begun, identity), &next, fields).await;
        }
        let home = home(&at.0.with_counting_roles(identity).await?.actor);
        let next = if next.is_empty() { home.to_owned() } else { next };
        let (t, large) = preferences(&request);
        let mut frame = Frame::new(t, large, t.recovery_codes().to_owned());
        frame.csrf = begun.csrf();
        let shown = render(&CodesPage { page: frame, t, codes, next, kept }).unwrap_or_default();
        Ok(with_session(html(200, shown), &begun, at.1.secure))
    };
    answered(answer.await, &request)
}

/// `POST /sign-in/go-on`: from the recovery codes to the form that waited.
pub async fn go_on(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).ok_or_else(|| Problem::new(Code::UnreadableBody))?;
        let next = within(fields.text(".next"));
        let Some(who) = &session.signed_in else {
            return again(&at, &request, &session, &next, &fields).await;
        };
        if fields.text(".csrf") != session.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        let home = home(&who.identity.actor);
        match resumed(&at, &request, &session, &next, fields).await {
            Some(page) => Ok(page),
            None => Ok(see(if next.is_empty() { home } else { &next })),
        }
    };
    answered(answer.await, &request)
}

/// Of somebody who is signed in: their own account, if they have one.
pub async fn own(visit: &Visit<'_>) -> Result<Option<Account>, Problem> {
    let subject = &visit.who.identity.actor.subject;
    let Some(name) = subject.sub_of(subsidy_auth::token::ISSUER) else { return Ok(None) };
    accounts(visit.state).find(name).await.map_err(fault)
}
