//! What stands around every page: the menu, who is signed in, where one is, what was asked of the API.

use askama::Template;
use serde_json::Value;
use subsidy_core::domain::Actor;

use super::assets::href;
use super::form::{Form, Refusal};
use super::texts::T;
use super::{Group, PAGES};

/// Nothing is loaded from elsewhere, no script or style stands in a page, nobody frames it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; \
                                           form-action 'self'; frame-ancestors 'none'";

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    pub text: String,
}

impl Link {
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into() }
    }
}

/// An entry of the menu.
#[derive(Debug, Clone)]
pub struct Entry {
    pub link: Link,
    pub current: bool,
}

/// A request of the API as curl writes it.
#[derive(Debug, Clone)]
pub struct Call {
    pub curl: String,
}

impl Call {
    pub fn read(base: &str, target: &str) -> Self {
        Self { curl: format!("curl -sS -H \"Authorization: Bearer $TOKEN\" '{base}{target}'") }
    }

    pub fn write(base: &str, method: &str, path: &str, body: &Value) -> Self {
        let curl = format!(
            "curl -sS -X {method} -H \"Authorization: Bearer $TOKEN\" -H \"Idempotency-Key: $(uuidgen)\" \
             -H 'Content-Type: application/json' -d '{body}' '{base}{path}'"
        );
        Self { curl }
    }
}

/// All that a page's template needs of its surroundings.
#[derive(Debug, Clone)]
pub struct Frame {
    pub t: T,
    pub large: bool,
    pub title: String,
    pub crumbs: Vec<Link>,
    pub agency: String,
    pub business_date: String,
    /// Who is signed in; empty where nobody is.
    pub person: String,
    pub roles: Vec<&'static str>,
    pub nav: Vec<(&'static str, Vec<Entry>)>,
    pub csrf: String,
    pub calls: Vec<Call>,
    /// The leaf of the write that led here.
    pub done: Option<String>,
    /// Path and query of the page.
    pub here: String,
    pub refusal: Option<Refusal>,
    /// Whether a form waited for its sender to sign in again.
    pub come_back: bool,
}

impl Frame {
    pub fn new(t: T, large: bool, title: String) -> Self {
        Self {
            t,
            large,
            title,
            crumbs: Vec::new(),
            agency: String::new(),
            business_date: String::new(),
            person: String::new(),
            roles: Vec::new(),
            nav: Vec::new(),
            csrf: String::new(),
            calls: Vec::new(),
            done: None,
            here: String::new(),
            refusal: None,
            come_back: false,
        }
    }

    pub fn style(&self) -> String {
        href("console.css")
    }

    pub fn script(&self) -> String {
        href("console.js")
    }

    pub fn icon(&self) -> String {
        href("icon.svg")
    }

    /// This page with one of the console's own choices.
    pub fn choosing(&self, choice: &str) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}{choice}", self.here)
    }

    /// Where a pointer's field stands on the page.
    pub fn field(&self, pointer: &str) -> String {
        Form::default().id(pointer)
    }
}

/// The menu of somebody: the pages whose read they may call.
pub fn navigation(t: T, actor: &Actor, path: &str) -> Vec<(&'static str, Vec<Entry>)> {
    let current = PAGES.iter().filter_map(|page| page.menu.map(|_| page.path));
    let current = current.filter(|entry| path == *entry || path.starts_with(&format!("{entry}/")));
    let current = current.max_by_key(|entry| entry.len()).unwrap_or_default();
    let groups = [(Group::Work, t.work()), (Group::Programmes, t.programme()), (Group::Books, t.books())];
    let entries = |group: Group| {
        let pages = PAGES.iter().filter(move |page| page.opens_for(actor));
        pages.filter_map(move |page| {
            let menu = page.menu.filter(|menu| menu.group == group && (menu.meant_for)(actor))?;
            Some(Entry { link: Link::new(page.path, (menu.name)(t)), current: page.path == current })
        })
    };
    let groups = groups.into_iter().map(|(group, name)| (name, entries(group).collect::<Vec<_>>()));
    groups.filter(|(_, entries)| !entries.is_empty()).collect()
}

#[derive(Template)]
#[template(path = "layout/problem.html")]
struct ProblemPage {
    page: Frame,
    t: T,
    refusal: Refusal,
}

/// A page that says why there is none.
pub fn refusal(page: Frame, refusal: Refusal) -> String {
    let template = ProblemPage { t: page.t, page, refusal };
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page could not be written");
        template.refusal.title.clone()
    })
}

/// The same, where nothing is known of who asks.
pub fn stranded(t: T, large: bool, why: Refusal) -> String {
    let mut page = Frame::new(t, large, why.title.clone());
    "/".clone_into(&mut page.here);
    refusal(page, why)
}
