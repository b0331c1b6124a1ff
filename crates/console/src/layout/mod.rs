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

    /// What to do about a problem, with the pages of the console in the place of routes.
    pub fn said(&self, remedy: &str) -> String {
        let (mut said, mut rest) = (String::new(), remedy);
        while let Some((before, after)) = rest.find("/v1/").and_then(|at| rest.split_at_checked(at)) {
            let of_route = |c: char| c.is_ascii_alphanumeric() || "/-_{}?=&".contains(c);
            let end = after.find(|c: char| !of_route(c)).unwrap_or(after.len());
            let (route, tail) = after.split_at_checked(end).unwrap_or((after, ""));
            let before =
                ["GET ", "POST ", "PUT "].iter().find_map(|verb| before.strip_suffix(verb)).unwrap_or(before);
            said += &self.named(before);
            said += &format!("「{}」", page_of(self.t, route));
            rest = tail;
        }
        said + &self.named(rest)
    }

    /// Codes of the API by their names.
    fn named(&self, text: &str) -> String {
        if self.t.is_english() {
            return text.to_owned();
        }
        let mut said = String::new();
        let mut word = String::new();
        for c in text.chars().chain(std::iter::once(' ')) {
            if c.is_ascii_lowercase() || c == '_' {
                word.push(c);
                continue;
            }
            said += &self.t.word(&word);
            word.clear();
            said.push(c);
        }
        said.pop();
        said
    }

    /// Where a pointer's field stands on the page.
    pub fn field(&self, pointer: &str) -> String {
        Form::default().id(pointer)
    }
}

/// The page on which a route's documents stand.
fn page_of(t: T, route: &str) -> &'static str {
    let path = route.strip_prefix("/v1").unwrap_or(route);
    let pages = PAGES.iter().filter(|page| path.starts_with(page.path));
    let found =
        pages.filter_map(|page| Some((page.path.len(), page.menu?))).max_by_key(|(length, _)| *length);
    found.map_or_else(|| t.the_api(), |(_, menu)| (menu.name)(t))
}

/// The menu of somebody: the pages whose read they may call.
pub fn navigation(t: T, actor: &Actor, path: &str) -> Vec<(&'static str, Vec<Entry>)> {
    let current = PAGES.iter().filter_map(|page| page.menu.map(|_| page.path));
    let current = current.filter(|entry| path == *entry || path.starts_with(&format!("{entry}/")));
    let current = current.max_by_key(|entry| entry.len()).unwrap_or_default();
    let groups = [
        (Group::Work, t.work()),
        (Group::Money, t.money()),
        (Group::Programmes, t.programme()),
        (Group::Books, t.books()),
        (Group::House, t.house()),
    ];
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
