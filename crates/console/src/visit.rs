//! One request of somebody who is signed in: what a page reads through it, the forms that it offers, the frame around.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use actix_web::body::to_bytes;
use actix_web::{HttpResponse, http::header};
use askama::Template;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde_json::{Value, json};

use super::Console;
use super::doc::Doc;
use super::form::{Fields, Form, Refusal, Returned};
use super::layout::{Call, Frame, Link};
use super::sent::SentFile;
use super::session::{Session, SignedIn, fresh_key};
use super::texts::T;
use subsidy_http::AppState;
use subsidy_http::in_process::{self, Body, InProcess};
use subsidy_http::route::{Method, Route};
use subsidy_reports::report::QUERY;
use subsidy_store::ledger::BLOCK;

/// A page of HTML, or why there is none.
pub type Shown = Result<String, Refusal>;

/// A template as a page.
pub fn render(template: &impl Template) -> Shown {
    template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written");
        Refusal { status: 500, code: "internal".to_owned(), ..Refusal::default() }
    })
}

/// What every page is given.
#[derive(Debug)]
pub struct Visit<'a> {
    pub state: &'a AppState,
    pub console: &'a Console,
    pub session: &'a Session,
    pub who: &'a SignedIn,
    pub t: T,
    pub large: bool,
    /// Where the service is reached: `http://127.0.0.1:8080`.
    pub base: String,
    /// The path of the page.
    pub path: String,
    /// The query of the page's read, sorted out of what is the console's own.
    pub query: Vec<(String, String)>,
    /// The leaf of the write that led here.
    pub done: Option<String>,
    pub returned: Option<Returned>,
    pub request_id: String,
    pub gathered: Gathered,
}

/// What a page gathers on the way; nothing at its beginning.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What was asked of the API for this page.
    calls: RefCell<Vec<Call>>,
    /// Names that were looked up for it.
    pub(super) names: RefCell<BTreeMap<String, String>>,
    /// Whether the programmes were asked for their names.
    pub(super) programmes: Cell<bool>,
    /// The same of providers.
    pub(super) providers: Cell<bool>,
    /// How many forms it offered so far.
    forms: Cell<u32>,
    /// After how many seconds the browser looks again; 0 for never.
    pub refresh: Cell<u32>,
    /// What came of writes that are shown at once, and what had been sent.
    pub outcome: Doc,
    pub sent: Doc,
}

impl<'a> Visit<'a> {
    /// A filter of the page.
    pub fn filter(&self, name: &str) -> &str {
        self.query.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value.as_str())
    }

    /// A part of the page's path: `/claims/1` has `claims` and `1`.
    pub fn part(&self, place: usize) -> &str {
        self.path.split('/').nth(place + 1).unwrap_or_default()
    }

    /// The path of a read with the page's filters; what begins with a dot is of its forms.
    pub fn filtered(&self, path: &str) -> String {
        let filters: Vec<_> = self.query.iter().filter(|(name, _)| !name.starts_with('.')).cloned().collect();
        with_query(path, &filters)
    }

    pub async fn today(&self) -> String {
        self.look("/v1/me").await.unwrap_or_default().text("business_date")
    }

    /// This page with a filter set to another value.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut query = self.others(name);
        query.push((name.to_owned(), value.to_owned()));
        with_query(&self.path, &query)
    }

    /// This page without a filter.
    pub fn without(&self, name: &str) -> String {
        with_query(&self.path, &self.others(name))
    }

    /// The filters but one.
    fn others(&self, name: &str) -> Vec<(String, String)> {
        self.query.iter().filter(|(other, _)| other != name).cloned().collect()
    }

    /// What a read answers, shown under 「查看接口」.
    pub async fn read(&self, target: &str) -> Result<Doc, Refusal> {
        self.gathered.calls.borrow_mut().push(Call::read(&self.base, target));
        self.look(target).await
    }

    /// All that a list has, shown under 「查看接口」.
    pub async fn read_whole(&self, target: &str) -> Result<Doc, Refusal> {
        self.gathered.calls.borrow_mut().push(Call::read(&self.base, target));
        self.look_whole(target, usize::MAX).await
    }

    /// A list page after page, until it has at least so many rows or ends: what people choose from and what stands on paper
    /// is not cut off where a page is. `next_cursor` stays where there is more. The target says its limit.
    pub async fn look_whole(&self, target: &str, most: usize) -> Result<Doc, Refusal> {
        let mut found = self.look(target).await?;
        let mut rows = found.list("data");
        while found.has("next_cursor") && rows.len() < most {
            let cursor = found.text("next_cursor");
            found = self.look(&format!("{target}&cursor={}", utf8_percent_encode(&cursor, PLAIN))).await?;
            rows.extend(found.list("data"));
        }
        let rows = rows.into_iter().map(|row| row.0).collect();
        Ok(found.with(&Doc(json!({ "data": Value::Array(rows) }))))
    }

    /// The text that a read answers.
    pub async fn read_text(&self, target: &str) -> Result<String, Refusal> {
        self.gathered.calls.borrow_mut().push(Call::read(&self.base, target));
        let answer = self.ask(target).await;
        if !answer.status().is_success() {
            return Err(understood(answer).await.err().unwrap_or_default());
        }
        let bytes = to_bytes(answer.into_body()).await.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What a read answers that only puts names to codes.
    pub async fn look(&self, target: &str) -> Result<Doc, Refusal> {
        let answer = self.ask(target).await;
        understood(answer).await
    }

    /// What the API answers, as it is.
    pub async fn passed_on(&self, target: &str) -> HttpResponse {
        self.ask(target).await
    }

    /// What a question with a body is answered.
    pub async fn question(&self, path: &str, body: &Value) -> Result<Doc, Refusal> {
        understood(self.put(Method::Post, path, (Body::Json(body), None, "")).await).await
    }

    /// Sends a form's write: what it left, and its leaf.
    pub async fn write(&self, fields: &Fields, file: Option<SentFile>) -> Result<(Doc, String), Refusal> {
        let Some((method, path)) = fields.write() else { return Err(unknown_write()) };
        let sends = |route: &Route| route.writes() || route.starts() || route.takes.is_some();
        if !in_process::route(method, path).is_some_and(|(route, _)| sends(route)) {
            return Err(unknown_write());
        }
        let (json, target) = (fields.body(), with_query(path, &fields.query()));
        let body = match file {
            Some(file) => Body::File(file.media_type, file.bytes),
            None => Body::Json(&json),
        };
        let (key, version) = (fields.text(".key"), fields.text(".if_match"));
        let answer =
            self.put(method, &target, (body, Some(key).filter(|key| !key.is_empty()), version)).await;
        let sequence = answer.headers().get("ledger-sequence").and_then(|value| value.to_str().ok());
        let sequence = sequence.unwrap_or_default().to_owned();
        Ok((understood(answer).await?, sequence))
    }

    /// What a form reads that is kept secret, as it is.
    pub async fn disclosed(&self, fields: &Fields) -> Option<HttpResponse> {
        let (method, path) = fields.write()?;
        let discloses = in_process::route(method, path).is_some_and(|(route, _)| route.discloses());
        if !discloses {
            return None;
        }
        Some(self.passed_on(&with_query(path, &fields.query())).await)
    }

    /// Whether a form asks and changes nothing: what it asks takes a body, or it is a dry run of a write.
    pub fn is_question(fields: &Fields) -> bool {
        if fields.has("&dry_run", "true") {
            return true;
        }
        let found = fields.write().and_then(|(method, path)| in_process::route(method, path));
        found.is_some_and(|(route, _)| !route.writes() && route.takes.is_some())
    }

    /// The answer to a question as a file, where the button asks for one.
    pub async fn file_asked(&self, fields: &Fields) -> Option<HttpResponse> {
        let (method, path) = fields.write()?;
        if !Self::is_question(fields) || fields.text("&format").is_empty() {
            return None;
        }
        let (body, target) = (fields.body(), with_query(path, &fields.query()));
        let answer = self.put(method, &target, (Body::Json(&body), None, "")).await;
        answer.status().is_success().then_some(answer)
    }

    /// A form for a write that the person may do. With a `sample` of its body a dry run asks whether the document is in
    /// a state for it; what the rules object to beside that and the fields is said in the place of the form.
    pub async fn form(&self, write: &str, version: &str, sample: Option<Value>) -> Option<Form> {
        let (method, path) = match write.split_once(' ')? {
            ("PUT", path) => (Method::Put, path),
            ("GET", path) => (Method::Get, path),
            (_, path) => (Method::Post, path),
        };
        let (route, _) = in_process::route(method, path)?;
        if !route.permission.allows(&self.who.identity.actor) {
            return None;
        }
        let returned = self.returned.clone().filter(|returned| returned.fields.text(".write") == write);
        let mut blocked = None;
        if let Some(sample) = &sample {
            let target = format!("{path}?dry_run=true");
            let key = fresh_key();
            let tried = self.put(method, &target, (Body::Json(sample), Some(&key), version)).await;
            blocked = match understood(tried).await {
                Ok(_) => None,
                Err(refusal) if refusal.code == "wrong_state" && returned.is_none() => return None,
                // what a sample lacks says nothing of what will be typed
                Err(refusal) => Some(refusal).filter(|refusal| refusal.errors.is_empty()),
            };
        }
        let shown = sample.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        self.gathered.calls.borrow_mut().push(Call::write(&self.base, method.into_str(), path, &shown));
        // ids are of one form: the one that came back has the plain ones, which the summary links to
        let place = self.gathered.forms.get() + 1;
        self.gathered.forms.set(place);
        Some(Form {
            write: write.to_owned(),
            csrf: self.session.csrf(),
            key: fresh_key(),
            if_match: version.to_owned(),
            blocked,
            place: if returned.is_some() { String::new() } else { place.to_string() },
            returned,
        })
    }

    async fn ask(&self, target: &str) -> HttpResponse {
        self.put(Method::Get, target, (Body::None, None, "")).await
    }

    async fn put(
        &self,
        method: Method,
        target: &str,
        (body, key, version): (Body<'_>, Option<&str>, &str),
    ) -> HttpResponse {
        let asked = InProcess {
            identity: &self.who.identity,
            method,
            target,
            body,
            key,
            if_match: Some(version).filter(|version| !version.is_empty()),
            language: self.t.language(),
            request_id: &self.request_id,
        };
        in_process::answer(self.state, asked).await
    }

    /// Whether the person may call a route.
    pub fn may(&self, method: Method, path: &str) -> bool {
        let actor = &self.who.identity.actor;
        in_process::route(method, path).is_some_and(|(route, _)| route.permission.allows(actor))
    }

    /// Whether what takes a long ledger some seconds is shown: in one of so few leaves at once, else where `all` is asked for.
    pub fn shows_all(&self, leaves: Option<i64>) -> bool {
        leaves.is_some_and(|leaves| leaves < BLOCK) || self.filter("all") == "1"
    }

    /// What a subject is called: the demonstration's people have names, others are who their provider says.
    pub fn person(&self, subject: &str) -> String {
        let known = self.console.people.iter().find(|person| person.actor.subject.as_str() == subject);
        match known {
            Some(person) => self.t.of(&person.name).to_owned(),
            None => subject.rsplit_once('#').map_or(subject, |(_, sub)| sub).to_owned(),
        }
    }

    /// What stands around a page. Made last: it says what the page asked of the API.
    pub async fn frame(&self, title: String, crumbs: Vec<Link>) -> Frame {
        let me = self.look("/v1/me").await.unwrap_or_default();
        let actor = &self.who.identity.actor;
        let mut frame = Frame::new(self.t, self.large, title);
        frame.crumbs = crumbs;
        frame.agency = self.who.agency_name.clone();
        frame.business_date = me.text("business_date");
        frame.person = self.person(actor.subject.as_str());
        frame.roles = actor.roles.iter().map(|role| self.t.role(role)).collect();
        frame.nav = super::layout::navigation(self.t, actor, &self.path);
        frame.csrf = self.session.csrf();
        frame.calls = self.gathered.calls.borrow().clone();
        frame.done = self.done.clone();
        frame.here = with_query(&self.path, &self.query);
        frame.refusal = self.returned.as_ref().and_then(|returned| returned.refusal.clone());
        // a question that was answered stands there to be asked anew; nothing waited
        let answered = self.gathered.outcome.0.is_object();
        frame.come_back =
            !answered && self.returned.as_ref().is_some_and(|returned| returned.refusal.is_none());
        frame
    }
}

fn unknown_write() -> Refusal {
    Refusal { status: 404, code: "unknown_path".to_owned(), ..Refusal::default() }
}

/// An answer as a document, or the problem that it is.
async fn understood(answer: HttpResponse) -> Result<Doc, Refusal> {
    let status = answer.status().as_u16();
    let is_json = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json")));
    let bytes = to_bytes(answer.into_body()).await.unwrap_or_default();
    let value = if is_json { serde_json::from_slice(&bytes).unwrap_or_default() } else { Value::Null };
    if status < 400 { Ok(Doc(value)) } else { Err(Refusal::of(status, &Doc(value))) }
}

/// What stands in a query as it is.
const PLAIN: &AsciiSet = &QUERY.remove(b':');

/// A path with a query, escaped.
pub fn with_query(path: &str, query: &[(String, String)]) -> String {
    let mut text = path.to_owned();
    for (place, (name, value)) in query.iter().enumerate() {
        let [name, value] = [name, value].map(|text| utf8_percent_encode(text, PLAIN));
        text += &format!("{}{name}={value}", if place == 0 { '?' } else { '&' });
    }
    text
}
