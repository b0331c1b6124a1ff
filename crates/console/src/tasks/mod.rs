//! The work list: what waits for whoever is signed in, since when, and the next step; several at once with an outcome for
//! each.

use askama::Template;
use chrono::NaiveDate;
use futures_util::StreamExt;
use serde_json::json;

use super::doc::Doc;
use super::form::{Form, without_codes};
use super::layout::Frame;
use super::records::cell::{done_at, short};
use super::session::fresh_key;
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
    /// Its term and the day by which it is due; empty where there is none.
    term: String,
    late: bool,
    step: String,
    /// The step as an operation of a batch; empty where it cannot be taken unseen.
    operation: String,
}

/// What became of one of several.
struct Outcome {
    number: String,
    href: String,
    tone: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "tasks/tasks.html")]
struct TasksPage {
    page: Frame,
    t: T,
    rows: Vec<Row>,
    next: String,
    all_claims: bool,
    /// Whether whoever looks may read which tasks were told of.
    reminders: bool,
    became: Vec<Outcome>,
    /// The batch that takes several steps.
    batch: Option<Form>,
}

/// Steps that may be taken for several at once: kind, action, the write and its body.
const STEPS: [(&str, &str, &str, &str); 8] = [
    ("claim", "review", "/v1/claims/{document}/review", "pass"),
    ("claim", "approve", "/v1/claims/{document}/approve", ""),
    ("voucher", "review", "/v1/vouchers/{document}/review", "pass"),
    ("voucher", "issue", "/v1/vouchers/{document}/issue", ""),
    ("payment_batch", "approve", "/v1/payment-batches/{document}/approve", ""),
    ("recovery", "approve", "/v1/recoveries/{document}/approve", ""),
    ("prefund", "approve", "/v1/prefunds/{document}/approve", ""),
    ("true_up", "approve", "/v1/prefunds/true-ups/{document}/approve", ""),
];

/// `GET /tasks`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let tasks = visit.read(&visit.filtered("/v1/tasks")).await?;
    let today = visit.today().await;
    let found = tasks.list("data");
    let rows = futures_util::stream::iter(found.iter().map(|task| row(visit, task, &today)));
    let rows: Vec<Row> = rows.buffered(AT_ONCE).collect().await;
    let cursor = tasks.text("next_cursor");
    let next = if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) };
    let several = rows.iter().any(|row| !row.operation.is_empty());
    let batch = if several { visit.form("POST /v1/batches", "", None).await } else { None };
    let page = visit.frame(visit.t.tasks().to_owned(), Vec::new()).await;
    let all_claims = visit.may(subsidy_http::route::Method::Get, "/v1/claims");
    let reminders = visit.may(subsidy_http::route::Method::Get, "/v1/reminders");
    render(&TasksPage { page, t: visit.t, rows, next, all_claims, reminders, became: became(visit), batch })
}

fn became(visit: &Visit<'_>) -> Vec<Outcome> {
    let operations = visit.gathered.sent.list("operations");
    let results = visit.gathered.outcome.list("results");
    let became = operations.iter().zip(&results).map(|(operation, result)| {
        let path = operation.text("path");
        let document = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
        let taken = result.text("status").starts_with('2');
        let page = path.strip_prefix("/v1").and_then(|path| path.rsplit_once('/')).unwrap_or_default().0;
        Outcome {
            number: short(&document),
            href: page.to_owned(),
            tone: if taken { "ok" } else { "bad" },
            text: if taken {
                visit.t.word(&result.text("body.status"))
            } else {
                without_codes(&result.text("body.detail"))
            },
        }
    });
    became.collect()
}

async fn row(visit: &Visit<'_>, task: &Doc, today: &str) -> Row {
    let (t, kind, id) = (visit.t, task.text("kind"), task.text("document"));
    let href = done_at(task);
    let read = ["/claims/", "/vouchers/", "/recoveries/", "/payment-batches/", "/prefunds/"];
    let document = match href.as_str() {
        href if read.iter().any(|path| href.starts_with(path)) => {
            visit.look(&format!("/v1{href}")).await.unwrap_or_default()
        }
        _ => Doc::default(),
    };
    let amounts = ["face_value", "amount", "total"].into_iter().map(|member| document.money(member));
    let name = if document.has("kind") { document.text("kind") } else { kind.clone() };
    let number = ["number", "decision_no"].into_iter().map(|member| document.text(member));
    let mut number =
        number.chain(std::iter::once(id.clone())).find(|text| !text.is_empty()).unwrap_or_default();
    if number.len() >= 36 {
        number = short(number.split('/').next().unwrap_or_default());
    }
    let programme = visit.programme(&task.text("programme")).await;
    if kind == "programme" {
        // a title says more than a code; what is paid of a programme is many claims at once
        number = if task.text("action") == "pay" { t.payments().to_owned() } else { programme.clone() };
    }
    Row {
        number,
        kind: t.word(&name),
        organisation: visit.organisation(&task.text("organisation")).await,
        programme,
        // the face of a voucher is set when it is issued
        amount: amounts
            .into_iter()
            .find(|amount| !["", "0.00"].contains(&amount.as_str()))
            .unwrap_or_default(),
        state: t.word(&task.text("status")),
        tone: t.tone(&task.text("status")),
        waiting: waiting(t, &task.text("since"), today),
        term: term(t, task),
        late: task.is_true("late"),
        step: t.word(&task.text("action")),
        operation: if href.is_empty() { String::new() } else { operation(task) },
        href,
    }
}

fn operation(task: &Doc) -> String {
    let (kind, action) = (task.text("kind"), task.text("action"));
    let step = STEPS.iter().find(|(of, what, _, _)| *of == kind && *what == action);
    let operation = step.and_then(|(_, _, write, decision)| {
        let body = if decision.is_empty() { json!({}) } else { json!({ "decision": decision }) };
        let path = task.fill(write)?;
        Some(
            json!({ "method": "POST", "path": path, "body": body, "idempotency_key": fresh_key() })
                .to_string(),
        )
    });
    operation.unwrap_or_default()
}

/// Since which business date, and for how many days.
fn waiting(t: T, since: &str, today: &str) -> String {
    let days = |from: &str| {
        let from: NaiveDate = from.parse().ok()?;
        Some((today.parse::<NaiveDate>().ok()? - from).num_days())
    };
    match days(since).unwrap_or_default() {
        ..=0 => t.waiting_today(since),
        days => t.waiting_since(since, days),
    }
}

/// The term of what waits, in working days, and the day by which it is due.
pub fn term(t: T, waits: &Doc) -> String {
    let (days, due) = (waits.text("term_days"), waits.text("due_on"));
    match (days.is_empty(), due.is_empty()) {
        (_, true) => String::new(),
        (true, false) => t.due(&due),
        (false, false) => t.due_within(&days, &due),
    }
}
