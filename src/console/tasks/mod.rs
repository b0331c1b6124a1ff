//! The work list: what waits for whoever is signed in, since when, and the next step.

use askama::Template;
use chrono::{NaiveDate, Utc};
use futures_util::StreamExt;

use super::doc::Doc;
use super::figures;
use super::layout::Frame;
use super::texts::T;
use super::visit::{Shown, Visit, render};

/// How many documents are looked up at once.
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
    waiting: String,
    step: String,
}

#[derive(Template)]
#[template(path = "tasks/tasks.html")]
struct TasksPage {
    page: Frame,
    t: T,
    rows: Vec<Row>,
    next: String,
    all_claims: bool,
}

/// `GET /tasks`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let tasks = visit.read(&visit.filtered("/v1/tasks")).await?;
    let today = visit.look("/v1/me").await?.text("business_date");
    let found = tasks.list("data");
    let rows = futures_util::stream::iter(found.iter().map(|task| row(visit, task, &today)));
    let rows: Vec<Row> = rows.buffered(AT_ONCE).collect().await;
    let cursor = tasks.text("next_cursor");
    let next = if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) };
    let page = visit.frame(visit.t.tasks().to_owned(), Vec::new()).await;
    let all_claims = visit.may(crate::http::route::Method::Get, "/v1/claims");
    render(&TasksPage { page, t: visit.t, rows, next, all_claims })
}

async fn row(visit: &Visit<'_>, task: &Doc, today: &str) -> Row {
    let (t, kind, id) = (visit.t, task.text("kind"), task.text("document"));
    let document = match kind.as_str() {
        "claim" => visit.look(&format!("/v1/claims/{id}")).await.unwrap_or_default(),
        "voucher" => visit.look(&format!("/v1/vouchers/{id}")).await.unwrap_or_default(),
        _ => Doc::default(),
    };
    let amount = if kind == "voucher" { "face_value" } else { "amount" };
    let number = document.text("number");
    let name = if document.has("kind") { document.text("kind") } else { kind.clone() };
    let programme = task.text("programme");
    Row {
        href: href(&kind, &id, &programme),
        number: if number.is_empty() { short(&id) } else { number },
        kind: t.word(&name),
        organisation: visit.organisation(&task.text("organisation")).await,
        programme: visit.programme(&programme).await,
        // the face of a voucher is set when it is issued
        amount: Some(document.money(amount)).filter(|amount| amount != "0.00").unwrap_or_default(),
        state: t.word(&task.text("status")),
        tone: t.tone(&task.text("status")),
        waiting: waiting(t, task, &document, today),
        step: t.word(&task.text("action")),
    }
}

/// Since the business date of the step before, where the document has it; else since it was last changed.
fn waiting(t: T, task: &Doc, document: &Doc, today: &str) -> String {
    let since = match task.text("status").as_str() {
        "reviewed" => document.text("reviewed_on"),
        _ => document.text("submitted_on"),
    };
    let days = |from: &str| {
        let from: NaiveDate = from.parse().ok()?;
        Some((today.parse::<NaiveDate>().ok()? - from).num_days())
    };
    let (since, days) = match days(&since) {
        Some(days) => (since, days),
        None => {
            let at = task.text("updated_at");
            let days = figures::days_since(&at, Utc::now()).unwrap_or_default();
            (figures::time(&at).chars().take(10).collect(), days)
        }
    };
    if days == 0 { t.waiting_today(&since) } else { t.waiting_since(&since, days) }
}

/// Where a task is done. Of a document that has no page yet, its programme's.
fn href(kind: &str, id: &str, programme: &str) -> String {
    let first = id.split('/').next().unwrap_or(id);
    match kind {
        "voucher" => format!("/vouchers/{first}"),
        "claim" | "recalculation" => format!("/claims/{first}"),
        "programme" | "rules" | "appropriation" | "adjustment" | "lapse" if !programme.is_empty() => {
            format!("/programmes/{programme}")
        }
        _ => String::new(),
    }
}

/// The end of an id, by which people tell documents without a number apart.
pub fn short(id: &str) -> String {
    let from = id.len().saturating_sub(8);
    id.get(from..).unwrap_or(id).to_uppercase()
}
