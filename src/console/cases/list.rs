//! The lists of vouchers and of claims, with their filters in the address.

use askama::Template;
use futures_util::StreamExt;
use strum::VariantArray;
use subsidy_core::claims::ClaimStatus;
use subsidy_core::domain::Money;
use subsidy_core::vouchers::VoucherStatus;

use crate::console::doc::Doc;
use crate::console::figures;
use crate::console::layout::Frame;
use crate::console::tasks::short;
use crate::console::texts::T;
use crate::console::visit::{Shown, Visit, render};

/// How many names are looked up at once.
const AT_ONCE: usize = 4;

struct Row {
    href: String,
    number: String,
    kind: String,
    organisation: String,
    programme: String,
    amount: String,
    state: String,
    tone: &'static str,
    date: String,
}

/// A choice of a filter.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "cases/list.html")]
struct ListPage {
    page: Frame,
    t: T,
    path: &'static str,
    rows: Vec<Row>,
    sum: String,
    states: Vec<Choice>,
    programmes: Vec<Choice>,
    organisation: String,
    filtered: bool,
    next: String,
    first: String,
}

/// `GET /claims`
pub async fn claims(visit: &Visit<'_>) -> Shown {
    let states: Vec<&str> = ClaimStatus::VARIANTS.iter().map(|state| state.into_str()).collect();
    list(visit, "/claims", "amount", &states, visit.t.claims()).await
}

/// `GET /vouchers`
pub async fn vouchers(visit: &Visit<'_>) -> Shown {
    let states: Vec<&str> = VoucherStatus::VARIANTS.iter().map(|state| state.into_str()).collect();
    list(visit, "/vouchers", "face_value", &states, visit.t.vouchers()).await
}

async fn list(visit: &Visit<'_>, path: &'static str, amount: &str, states: &[&str], title: &str) -> Shown {
    let t = visit.t;
    let found = visit.read(&visit.filtered(&format!("/v1{path}"))).await?;
    let documents = found.list("data");
    let sum = Money::sum(documents.iter().filter_map(|found| Money::parse(&found.text(amount)).ok()));
    let rows = futures_util::stream::iter(documents.iter().map(|found| row(visit, path, amount, found)));
    let rows: Vec<Row> = rows.buffered(AT_ONCE).collect().await;
    let chosen = visit.filter("status");
    let state =
        |state: &&str| Choice { value: (*state).to_owned(), text: t.word(state), chosen: chosen == *state };
    let cursor = found.text("next_cursor");
    let page = visit.frame(title.to_owned(), Vec::new()).await;
    render(&ListPage {
        t,
        path,
        rows,
        sum: sum.map(|sum| figures::amount(&sum.to_string())).unwrap_or_default(),
        states: states.iter().map(state).collect(),
        programmes: programmes(visit).await,
        organisation: visit.filter("organisation").to_owned(),
        filtered: visit.query.iter().any(|(name, _)| name != "cursor"),
        next: if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) },
        first: if visit.filter("cursor").is_empty() { String::new() } else { path.to_owned() },
        page,
    })
}

async fn row(visit: &Visit<'_>, path: &str, amount: &str, found: &Doc) -> Row {
    let (t, id, number) = (visit.t, found.text("id"), found.text("number"));
    Row {
        href: format!("{path}/{id}"),
        number: if number.is_empty() { short(&id) } else { number },
        kind: t.word(&found.text("kind")),
        organisation: visit.organisation(&found.text("organisation")).await,
        programme: visit.programme(&found.text("programme")).await,
        amount: found.money(amount),
        state: t.word(&found.text("status")),
        tone: t.tone(&found.text("status")),
        date: found.text("submitted_on"),
    }
}

async fn programmes(visit: &Visit<'_>) -> Vec<Choice> {
    let title = if visit.t.is_english() { "title.en" } else { "title.zh" };
    let found = visit.look("/v1/programmes?limit=200").await.unwrap_or_default();
    let choice = |programme: &Doc| Choice {
        value: programme.text("code"),
        text: programme.text(title),
        chosen: visit.filter("programme") == programme.text("code"),
    };
    found.list("data").iter().map(choice).collect()
}
