//! Programmes: what they pay for in words, and what became of their budgets.

pub mod forecast;
pub mod rules;
pub mod tried;

use askama::Template;

use super::acts::{Act, Action, Field, Input, act, field};
use super::doc::Doc;
use super::layout::{Frame, Link};
use super::texts::T;
use super::visit::{Shown, Visit, render, with_query};
use subsidy_http::route::Method;

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
    /// Where anybody sees which of them would let an organisation in.
    eligibility: String,
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
    let agency = ("agency".to_owned(), visit.who.identity.agency.as_str().to_owned());
    let eligibility = with_query("/eligibility", &[agency]);
    render(&ListPage { page, t, cards, eligibility, next })
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
    sentences: Vec<String>,
    /// Where it is tried.
    tries: String,
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
    sentences: Vec<String>,
    versions: Vec<Version>,
    changes: Vec<Change>,
    inside: bool,
    forecast: Option<forecast::Forecast>,
    creations: Vec<Action>,
    actions: Vec<Action>,
}

const APPROVAL: &[Act] = &[act("POST /v1/programmes/{code}/approve", T::approve).when("status", &["draft"])];
const RULES_APPROVAL: &[Act] =
    &[act("POST /v1/programmes/{programme}/rules/{version}/approve", T::approve)
        .when("status", &["proposed"])];
const CHANGE_APPROVALS: &[Act] = &[
    act("POST /v1/programmes/{programme}/appropriations/{id}/approve", T::approve)
        .when("kind", &["appropriation"]),
    act("POST /v1/programmes/{programme}/adjustments/{id}/approve", T::approve).when("kind", &["adjustment"]),
    act("POST /v1/programmes/{programme}/lapse/{id}/approve", T::approve).when("kind", &["lapse"]),
];
const YEAR: Field = field("#/fiscal_year", Input::Number).must();
const DOCUMENT: Field = field("/document", Input::Text).must();
const PROPOSALS: &[Act] = &[
    act("POST /v1/programmes/{code}/appropriations", T::propose_appropriation).making().asking(&[
        field("/amount", Input::Money).must(),
        YEAR,
        DOCUMENT,
        field("/source", Input::Text),
        field("/effective_date", Input::Date).hint(T::business_date_if_empty),
    ]),
    act("POST /v1/programmes/{code}/adjustments", T::propose_adjustment).making().asking(&[
        field("/amount", Input::Money).must().hint(T::signed_hint),
        DOCUMENT,
        field("/reason", Input::Long(&[])).must(),
    ]),
    act("POST /v1/programmes/{code}/lapse", T::propose_lapse).making().asking(&[
        YEAR,
        field("/amount", Input::Money).hint(T::all_if_empty),
        field("/reason", Input::Long(&[])).must(),
    ]),
];

const RATIO: &[Field] = &[
    field("/item", super::records::choices::ITEMS),
    field("/ratio_percent", Input::Text),
    field("/startup_ratio_percent", Input::Text),
];
/// What a form for rules asks for, behind what it asks for first.
macro_rules! and_rules {
    ($($first:expr),+ $(,)?) => {
        &[
            $($first,)+
            field("/rules/items", Input::Lines(3, $crate::programmes::RATIO)),
            field("/rules/points/max", Input::Text),
            field("/rules/caps/claim", Input::Money),
            field("/rules/caps/annual/amount", Input::Money),
            field("/rules/caps/lifetime", Input::Money),
            field("/rules/caps/minimum_base", Input::Money),
            field("/rules/caps/minimum_base_per", Input::Choice(&["claim", "year"])),
            field("/rules/principal_cap", Input::Money),
            field("/rules/base", Input::Choice(&["tax_inclusive", "tax_exclusive"])),
            field("/rules/claimant", Input::Choice(&["enterprise", "provider"])),
            field("/rules/payee", Input::Choice(&["enterprise", "provider", "bank"])),
            field("/rules/stacking", Input::Choice(&["exclusive", "net_off", "allow"])),
            field("/rules/rounding/mode", Input::Choice(&["half_up", "half_even", "down"])),
            field("#/rules/validity_months", Input::Number),
            field("#/rules/publicity_days", Input::Number),
            field("/rules/publicity_counts", Input::Choice(&["calendar", "working"])),
            field("#/rules/service_days/review", Input::Number),
            field("#/rules/service_days/approval", Input::Number),
            field("#/rules/service_days/objection", Input::Number),
            field("#/rules/service_days/payment", Input::Number),
        ]
    };
}
use and_rules;

/// A new version begins with the one in force; what the form does not ask for stays as it is.
static NEW_RULES: Act = act("POST /v1/programmes/{programme}/rules", T::propose_rules)
    .making()
    .asking(and_rules![
        field("=/rules", Input::Rest),
        field("/effective_from", Input::Date).must(),
        field("/reason", Input::Long(&[])).must(),
    ])
    .editing();

/// `GET /programmes/{code}`
pub async fn one(visit: &Visit<'_>) -> Shown {
    let (t, code) = (visit.t, visit.part(1));
    let programme = visit.read(&format!("/v1/programmes/{code}")).await?;
    let inside = visit.may(Method::Get, "/v1/programmes/-/rules");
    let crumbs = vec![Link::new("/programmes", t.programmes())];
    let rules = programme.at("rules");
    let mut creations = Action::each(visit, PROPOSALS, &programme).await;
    // the reason and the day are those of the version to come
    let begun = rules.with(&Doc(serde_json::json!({ "reason": null, "effective_from": null })));
    creations.extend(Action::of(visit, &NEW_RULES, &begun).await);
    let page = OnePage {
        t,
        instrument: t.word(&programme.text("instrument")),
        state: t.word(&programme.text("status")),
        tone: t.tone(&programme.text("status")),
        figures: figures(visit, code, &programme.at("budget")),
        rate: rate(&programme.at("budget")),
        in_force: t.version_from(&rules.text("version"), &rules.text("effective_from")),
        sentences: rules::sentences(visit, code, &rules.text("version")).await,
        versions: if inside { versions(visit, code).await } else { Vec::new() },
        changes: if inside { changes(visit, code).await } else { Vec::new() },
        inside,
        forecast: forecast::of(visit, &programme).await,
        creations,
        actions: Action::all(visit, APPROVAL, &programme).await,
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
        versions.push(Version {
            text: t.version_from(&number, &version.text("effective_from")),
            state: t.word(&version.text("status")),
            tone: t.tone(&version.text("status")),
            by: visit.person(&version.text("created_by")),
            sentences: rules::sentences(visit, code, &number).await,
            tries: format!("/programmes/{code}/try?version={number}"),
            actions: Action::all(visit, RULES_APPROVAL, &version).await,
        });
    }
    versions.reverse();
    versions
}

async fn changes(visit: &Visit<'_>, code: &str) -> Vec<Change> {
    let t = visit.t;
    let found = visit.read_whole(&format!("/v1/programmes/{code}/appropriations?limit=200")).await;
    let mut changes = Vec::new();
    for change in found.unwrap_or_default().list("data") {
        changes.push(Change {
            kind: t.word(&change.text("kind")),
            amount: change.money("amount"),
            year: change.text("fiscal_year"),
            document: change.text("document"),
            date: change.text("effective_date"),
            state: t.word(&change.text("status")),
            tone: t.tone(&change.text("status")),
            actions: Action::all(visit, CHANGE_APPROVALS, &change).await,
        });
    }
    changes.reverse();
    changes
}
