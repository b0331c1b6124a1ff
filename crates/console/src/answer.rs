//! How a page is answered: who asks, the read or the write, HTML.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;
use subsidy_core::domain::Code;

use super::form::{Fields, Refusal, Returned};
use super::layout;
use super::papers;
use super::records::{self, Meant};
use super::sent::{self, FormPost};
use super::session::{Session, SignedIn, cookie, preference};
use super::texts::T;
use super::visit::{Gathered, Visit, with_query};
use super::{Console, PAGES, Page, home};
use subsidy_http::AppState;
use subsidy_http::batches::matched;
use subsidy_http::extract::{self, RequestId};
use subsidy_http::problem::Problem;

/// The service and the console, as every page's handler is given them.
pub type At = (web::Data<AppState>, web::Data<Console>);

/// The language and the size of the letters that a browser chose.
pub fn preferences(request: &HttpRequest) -> (T, bool) {
    let chosen = |name: &str| request.cookie(name).map(|cookie| cookie.value().to_owned());
    let t = match chosen("lang").as_deref() {
        Some("en") => T::english(),
        Some(_) => T::chinese(),
        None => T::new(extract::language(request.headers())),
    };
    (t, chosen("large").as_deref() == Some("1"))
}

/// The query of a page, without what is left empty.
pub fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map(web::Query::into_inner).unwrap_or_default();
    pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// `?lang=` and `?large=` are remembered, and the page is asked for again without them.
pub fn preferred(request: &HttpRequest) -> Option<HttpResponse> {
    let (chosen, rest): (Vec<_>, Vec<_>) =
        pairs(request).into_iter().partition(|(name, _)| name == "lang" || name == "large");
    let (name, value) = chosen.into_iter().next()?;
    let cookie = match (name.as_str(), value.as_str()) {
        ("lang", "zh" | "en") => preference("lang", value),
        ("large", "0" | "1") => preference("large", value),
        _ => return Some(see(&with_query(request.path(), &rest))),
    };
    let mut response = see(&with_query(request.path(), &rest));
    response.add_cookie(&cookie).ok()?;
    Some(response)
}

/// Sends the browser on to another page.
pub fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

pub async fn begin(at: At, request: HttpRequest) -> HttpResponse {
    let session = Session::of(&request, at.1.secure, &at.0).await;
    match session.ok().and_then(|session| session.signed_in) {
        Some(who) => see(home(&who.identity.actor)),
        None => see("/sign-in"),
    }
}

/// Answers with a page, or with what is left of one where there was a fault.
pub fn answered(answer: Result<HttpResponse, Problem>, request: &HttpRequest) -> HttpResponse {
    answer.unwrap_or_else(|problem| {
        let (t, large) = preferences(request);
        let id = RequestId::of(request);
        let body = super::doc::Doc(problem.body(t.language(), &id));
        let refusal = Refusal::of(problem.status(), &body);
        html(refusal.status, layout::stranded(t, large, refusal))
    })
}

/// A page as an answer.
pub fn html(status: u16, page: String) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, layout::CONTENT_SECURITY_POLICY))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .body(page)
}

/// A visit at its beginning.
pub fn begun<'a>(at: &'a At, request: &HttpRequest, session: &'a Session, who: &'a SignedIn) -> Visit<'a> {
    let (t, large) = preferences(request);
    let (own, query): (Vec<_>, Vec<_>) = pairs(request).into_iter().partition(|(name, _)| name == "done");
    let connection = request.connection_info();
    let scheme = if at.1.secure { "https" } else { connection.scheme() };
    Visit {
        state: &at.0,
        console: &at.1,
        session,
        who,
        t,
        large,
        base: format!("{scheme}://{}", connection.host()),
        path: request.path().to_owned(),
        query,
        done: own.into_iter().map(|(_, value)| value).find(|value| value.bytes().all(|b| b.is_ascii_digit())),
        returned: None,
        request_id: RequestId::of(request),
        gathered: Gathered::default(),
    }
}

/// `GET` of a page.
pub async fn show(page: &'static Page, at: &At, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(response) = preferred(request) {
        return Ok(response);
    }
    let session = Session::of(request, at.1.secure, &at.0).await?;
    let Some(who) = &session.signed_in else { return Ok(to_sign_in(request)) };
    let visit = begun(at, request, &session, who);
    // a file is asked for by programs too: the API tells them what it takes
    let meant = match visit.filter("format") {
        "" => records::meant(&visit).await,
        _ => Ok(None),
    };
    match meant {
        Ok(None) => {}
        Ok(Some(Meant::At(address))) => return Ok(see(&address)),
        Ok(Some(Meant::Unclear(page))) => return Ok(html(200, page)),
        Err(refusal) => return Ok(refused(&visit, &refusal).await),
    }
    let listed = records::at(&visit.path).filter(|record| record.path == visit.path);
    if let Some(record) = listed.filter(|_| !visit.filter("format").is_empty()) {
        return match records::export(&visit, record).await {
            Ok(file) => Ok(file),
            Err(refusal) => Ok(refused(&visit, &refusal).await),
        };
    }
    if visit.filter("format") == "pdf" && papers::sent::is_sent(&visit.path) {
        return match papers::sent::as_pdf(&visit).await {
            Ok(file) => Ok(file),
            Err(refusal) => Ok(refused(&visit, &refusal).await),
        };
    }
    if page.raw || !visit.filter("format").is_empty() {
        return Ok(visit.passed_on(&visit.filtered(&format!("/v1{}", visit.path))).await);
    }
    shown(page, &visit, 200).await
}

fn to_sign_in(request: &HttpRequest) -> HttpResponse {
    let here = with_query(request.path(), &pairs(request));
    see(&with_query("/sign-in", &[("next".to_owned(), here)]))
}

async fn shown(page: &'static Page, visit: &Visit<'_>, status: u16) -> Result<HttpResponse, Problem> {
    if !page.opens_for(&visit.who.identity.actor) {
        return Ok(refused(visit, &Refusal::from_problem(&Problem::new(Code::Forbidden), visit)).await);
    }
    match (page.show)(visit).await {
        Ok(page) => {
            let mut response = html(status, page);
            let seconds = visit.gathered.refresh.get();
            if seconds > 0 {
                response.headers_mut().insert(header::REFRESH, header::HeaderValue::from(seconds));
            }
            Ok(response)
        }
        Err(refusal) => Ok(refused(visit, &refusal).await),
    }
}

/// In the place of a page: why there is none.
async fn refused(visit: &Visit<'_>, refusal: &Refusal) -> HttpResponse {
    let frame = visit.frame(refusal.title.clone(), Vec::new()).await;
    html(refusal.status, layout::refusal(frame, refusal.clone()))
}

/// Shows the sign-in page in the place of one whose form can no longer be sent.
pub type Again = for<'a> fn(
    &'a At,
    &'a HttpRequest,
    &'a Session,
    &'a str,
    &'a Fields,
) -> LocalBoxFuture<'a, Result<HttpResponse, Problem>>;

/// Sends a form's write. Accepted, the browser is sent on to what was written, so that going back or reloading repeats
/// nothing; refused, the page comes back with what was typed and what is wrong with it.
///
/// `again` answers where nobody is signed in any more.
pub async fn post(
    page: &'static Page,
    at: &At,
    request: &HttpRequest,
    payload: web::Payload,
    again: Again,
) -> Result<HttpResponse, Problem> {
    let session = Session::of(request, at.1.secure, &at.0).await?;
    let FormPost { fields, file } = sent::read(request, payload).await?;
    let Some(who) = &session.signed_in else {
        let here = with_query(request.path(), &pairs(request));
        return again(at, request, &session, &here, &fields).await;
    };
    if fields.text(".csrf") != session.csrf() {
        return Err(Problem::new(Code::Forbidden));
    }
    let mut visit = begun(at, request, &session, who);
    if let Some(file) = visit.disclosed(&fields).await {
        return Ok(file);
    }
    if let Some(file) = visit.file_asked(&fields).await {
        return Ok(file);
    }
    let fields = match records::with_codes(&visit, fields).await {
        Ok(fields) => fields,
        Err((fields, refusal)) => {
            let status = refusal.status;
            visit.returned = Some(Returned { fields, refusal: Some(refusal) });
            return shown(page, &visit, status).await;
        }
    };
    match visit.write(&fields, file).await {
        // a question is answered where it was asked, and can be asked anew
        Ok((outcome, _)) if Visit::is_question(&fields) => {
            visit.gathered.outcome = outcome;
            visit.gathered.sent = super::doc::Doc(fields.body());
            visit.returned = Some(Returned { fields, refusal: None });
            shown(page, &visit, 200).await
        }
        // what became of each of many is shown at once; sent again, it counts once
        Ok((outcome, _)) if outcome.has("results") || outcome.has("answers") => {
            visit.gathered.outcome = outcome;
            visit.gathered.sent = super::doc::Doc(fields.body());
            shown(page, &visit, 200).await
        }
        Ok((outcome, sequence)) => {
            let (path, mut query) = written_to(&visit, &fields, &outcome);
            query.extend(Some(("done".to_owned(), sequence)).filter(|(_, sequence)| !sequence.is_empty()));
            Ok(see(&with_query(&path, &query)))
        }
        Err(refusal) => {
            let status = refusal.status;
            visit.returned = Some(Returned { fields, refusal: Some(refusal) });
            shown(page, &visit, status).await
        }
    }
}

/// The page of what a form made or wrote anew; where that has none, the form's own.
fn written_to(
    visit: &Visit<'_>,
    fields: &Fields,
    outcome: &super::doc::Doc,
) -> (String, Vec<(String, String)>) {
    let write = fields.write().and_then(|(_, path)| path.strip_prefix("/v1")).unwrap_or_default();
    let made = ["id", "credit_code"].into_iter().map(|member| outcome.text(member));
    let made = made.filter(|id| !id.is_empty()).map(|id| format!("{write}/{id}"));
    let places = made.chain(std::iter::once(write.to_owned()));
    let has_page = |path: &String| PAGES.iter().any(|page| page.id() && matched(page.path, path).is_some());
    match places.into_iter().find(has_page) {
        Some(place) if place != visit.path => (place, Vec::new()),
        _ => {
            let query = visit.query.iter().filter(|(name, _)| !name.starts_with('.')).cloned();
            (visit.path.clone(), query.collect())
        }
    }
}

/// The page of a path with a form that waited while its sender signed in again; nothing was written yet.
pub async fn resumed(
    at: &At,
    request: &HttpRequest,
    session: &Session,
    path: &str,
    fields: Fields,
) -> Option<HttpResponse> {
    let who = session.signed_in.as_ref()?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = web::Query::<Vec<(String, String)>>::from_query(query).map(web::Query::into_inner);
    let page = PAGES.iter().find(|page| matched(page.path, path).is_some())?;
    let visit = Visit {
        path: path.to_owned(),
        query: query.unwrap_or_default(),
        returned: Some(Returned { fields, refusal: None }),
        ..begun(at, request, session, who)
    };
    shown(page, &visit, 200).await.ok()
}

/// A path that is neither a route nor a page: people are shown a page, programs a problem.
pub async fn nowhere(at: At, request: HttpRequest) -> HttpResponse {
    let accepts = extract::header_text(request.headers(), &header::ACCEPT).unwrap_or_default();
    if request.path().starts_with("/v1") || !accepts.contains("text/html") {
        return subsidy_http::unknown_path(request).await;
    }
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let Some(who) = &session.signed_in else { return Ok(see("/sign-in")) };
        let visit = begun(&at, &request, &session, who);
        let problem = Problem::new(Code::UnknownPath);
        Ok(refused(&visit, &Refusal::from_problem(&problem, &visit)).await)
    };
    answered(answer.await, &request)
}

impl Refusal {
    /// A problem that the console itself has.
    pub fn from_problem(problem: &Problem, visit: &Visit<'_>) -> Self {
        let body = super::doc::Doc(problem.body(visit.t.language(), &visit.request_id));
        Self::of(problem.status(), &body)
    }
}

/// The cookie of a session, on an answer.
pub fn with_session(mut response: HttpResponse, session: &Session, secure: bool) -> HttpResponse {
    if response.add_cookie(&cookie(&session.token, secure)).is_err() {
        tracing::error!("a cookie could not be written");
    }
    response
}
