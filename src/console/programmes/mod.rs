//! Programmes: what they pay for in words, and what became of their budgets.

mod rules;

use askama::Template;
use serde_json::json;

use super::cases::Action;
use super::doc::Doc;
use super::form::Form;
use super::layout::{Frame, Link};
use super::texts::T;
use super::visit::{Shown, Visit, render, with_query};
use crate::http::route::Method;
use rules::Clause;

/// A programme on the list.
struct Card {
    code: String,
    title: String,
    instrument: String,
    state: String,
    tone: &'static str,
    budget: Doc,
    rate: u32,
}

#[derive(Template)]
#[template(path = "programmes/list.html")]
struct ListPage {
    page: Frame,
    t: T,
    cards: Vec<Card>,
    next: String,
}

/// `GET /programmes`
pub async fn list(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let found = visit.read(&visit.filtered("/v1/programmes")).await?;
    let card = |programme: &Doc| Card {
        code: programme.text("code"),
        title: programme.text(title(t)),
        instrument: t.word(&programme.text("instrument")),
        state: t.word(&programme.text("status")),
        tone: t.tone(&programme.text("status")),
        rate: rate(&programme.at("budget")),
        budget: programme.at("budget"),
    };
    let cards = found.list("data").iter().map(card).collect();
    let cursor = found.text("next_cursor");
    let next = if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) };
    let page = visit.frame(t.programmes().to_owned(), Vec::new()).await;
    render(&ListPage { page, t, cards, next })
}

fn title(t: T) -> &'static str {
    if t.is_english() { "title.en" } else { "title.zh" }
}

/// How many percent of what was appropriated are expended, to draw.
fn rate(budget: &Doc) -> u32 {
    use rust_decimal::Decimal;
    use rust_decimal::prelude::ToPrimitive;
    let amount = |name: &str| budget.text(name).parse::<Decimal>().unwrap_or_default();
    let share = amount("expended").checked_div(amount("appropriated")).unwrap_or_default();
    (share * Decimal::ONE_HUNDRED).round().to_u32().unwrap_or_default()
}

/// A figure of the budget and the postings that make it.
struct Figure {
    name: &'static str,
    amount: String,
    href: String,
}

struct Version {
    text: String,
    state: String,
    tone: &'static str,
    by: String,
    clauses: Vec<Clause>,
    actions: Vec<Action>,
}

struct Change {
    kind: String,
    amount: String,
    year: String,
    document: String,
    date: String,
    state: String,
    tone: &'static str,
    actions: Vec<Action>,
}

#[derive(Template)]
#[template(path = "programmes/one.html")]
struct OnePage {
    page: Frame,
    t: T,
    programme: Doc,
    instrument: String,
    state: String,
    tone: &'static str,
    figures: Vec<Figure>,
    rate: u32,
    in_force: String,
    clauses: Vec<Clause>,
    versions: Vec<Version>,
    changes: Vec<Change>,
    inside: bool,
    appropriation: Option<Form>,
    actions: Vec<Action>,
}

/// `GET /programmes/{code}`
pub async fn one(visit: &Visit<'_>) -> Shown {
    let (t, code) = (visit.t, visit.part(1));
    let programme = visit.read(&format!("/v1/programmes/{code}")).await?;
    let inside = visit.may(Method::Get, "/v1/programmes/-/rules");
    let version = programme.text("revision");
    let approve = format!("POST /v1/programmes/{code}/approve");
    let actions = Action::one(visit, approve, &version, (t.approve(), "main")).await;
    let crumbs = vec![Link::new("/programmes", t.programmes())];
    let rules = programme.at("rules");
    let page = OnePage {
        t,
        instrument: t.word(&programme.text("instrument")),
        state: t.word(&programme.text("status")),
        tone: t.tone(&programme.text("status")),
        figures: figures(visit, code, &programme.at("budget")),
        rate: rate(&programme.at("budget")),
        in_force: t.version_from(&rules.text("version"), &rules.text("effective_from")),
        clauses: rules::in_words(t, &rules.at("rules")),
        versions: if inside { versions(visit, code).await } else { Vec::new() },
        changes: if inside { changes(visit, code).await } else { Vec::new() },
        inside,
        appropriation: appropriation(visit, code).await,
        actions: actions.into_iter().collect(),
        page: visit.frame(programme.text(title(t)), crumbs).await,
        programme,
    };
    render(&page)
}

/// Every figure leads to the postings that sum to it, for those who may see the books.
fn figures(visit: &Visit<'_>, code: &str, budget: &Doc) -> Vec<Figure> {
    let (t, may) = (visit.t, visit.may(Method::Get, "/v1/reports/account-statement"));
    let parts = [
        (t.appropriated(), "appropriated", "B1001"),
        (t.available(), "available", "B2001"),
        (t.reserved(), "reserved", "B2002"),
        (t.committed(), "committed", "B2003,B2004,B2005,B2006"),
        (t.approved_payable(), "payable", "B2007"),
        (t.expended(), "expended", "B2008"),
        (t.lapsed(), "lapsed", "B2009"),
    ];
    let figure = |(name, member, accounts): (&'static str, &str, &str)| {
        let query = [("account", accounts), ("programme", code)];
        let query: Vec<_> = query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let href = if may { with_query("/reports/account-statement", &query) } else { String::new() };
        Figure { name, amount: budget.money(member), href }
    };
    parts.into_iter().map(figure).collect()
}

async fn versions(visit: &Visit<'_>, code: &str) -> Vec<Version> {
    let t = visit.t;
    let found = visit.read(&format!("/v1/programmes/{code}/rules")).await.unwrap_or_default();
    let mut versions = Vec::new();
    for version in found.list("data") {
        let number = version.text("version");
        let approve = format!("POST /v1/programmes/{code}/rules/{number}/approve");
        let actions = if version.text("status") == "proposed" {
            Action::one(visit, approve, &version.text("revision"), (t.approve(), "main")).await
        } else {
            None
        };
        versions.push(Version {
            text: t.version_from(&number, &version.text("effective_from")),
            state: t.word(&version.text("status")),
            tone: t.tone(&version.text("status")),
            by: visit.person(&version.text("created_by")),
            clauses: rules::in_words(t, &version.at("rules")),
            actions: actions.into_iter().collect(),
        });
    }
    versions.reverse();
    versions
}

async fn changes(visit: &Visit<'_>, code: &str) -> Vec<Change> {
    let t = visit.t;
    let found = visit.read(&format!("/v1/programmes/{code}/appropriations?limit=200")).await;
    let mut changes = Vec::new();
    for change in found.unwrap_or_default().list("data") {
        let (kind, id) = (change.text("kind"), change.text("id"));
        let kinds = match kind.as_str() {
            "adjustment" => "adjustments",
            "lapse" => "lapse",
            _ => "appropriations",
        };
        let approve = format!("POST /v1/programmes/{code}/{kinds}/{id}/approve");
        let actions = if change.text("status") == "proposed" {
            Action::one(visit, approve, &change.text("revision"), (t.approve(), "main")).await
        } else {
            None
        };
        changes.push(Change {
            kind: t.word(&kind),
            amount: change.money("amount"),
            year: change.text("fiscal_year"),
            document: change.text("document"),
            date: change.text("effective_date"),
            state: t.word(&change.text("status")),
            tone: t.tone(&change.text("status")),
            actions: actions.into_iter().collect(),
        });
    }
    changes.reverse();
    changes
}

async fn appropriation(visit: &Visit<'_>, code: &str) -> Option<Form> {
    let today = visit.look("/v1/me").await.unwrap_or_default().text("business_date");
    let year: i64 = today.get(..4).and_then(|year| year.parse().ok()).unwrap_or(2025);
    let sample = json!({"amount": "1.00", "fiscal_year": year, "document": "?"});
    visit.form(&format!("POST /v1/programmes/{code}/appropriations"), "", sample).await
}
