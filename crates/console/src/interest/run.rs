//! Claims for all loans of which a bank confirmed the interest of some days: each is drafted for itself, and what became of
//! each is said; the drafts are then submitted like any other.

use askama::Template;
use serde_json::json;

use crate::acts::{FieldView, Input};
use crate::doc::Doc;
use crate::form::{Form, Refusal, without_codes};
use crate::layout::{Frame, Link};
use crate::records::cell::short;
use crate::records::choices::PROGRAMMES;
use crate::session::fresh_key;
use crate::texts::T;
use crate::visit::{Shown, Visit, render};

/// The most drafts of a batch; more are on the next page.
const DRAFTS: &str = "200";

struct Row {
    loan: Link,
    organisation: String,
    bank: String,
    days: String,
    interest_paid: String,
    state: String,
    tone: &'static str,
    claims: Vec<Link>,
    /// The draft as an operation of a batch; empty where there is none to be made.
    operation: String,
    /// Whether it is made unless somebody says otherwise.
    chosen: bool,
}

/// What became of a draft.
struct Draft {
    loan: String,
    claim: Link,
    amount: String,
    tone: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "interest/run.html")]
struct RunPage {
    page: Frame,
    t: T,
    filters: Vec<FieldView>,
    asked: bool,
    /// Why nothing is shown.
    refusal: String,
    rows: Vec<Row>,
    next: String,
    drafts: Vec<Draft>,
    batch: Option<Form>,
}

/// `GET /loans/interest-run?programme=…&from=…&until=…`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let asks = [("programme", PROGRAMMES), ("from", Input::Date), ("until", Input::Date)];
    let mut filters = Vec::new();
    for (name, input) in asks {
        let mut filter = FieldView::filter(visit, (name, input), t.field(name)).await;
        filter.must = true;
        filters.push(filter);
    }
    let asked = ["programme", "from", "until"].into_iter().all(|name| !visit.filter(name).is_empty());
    let found = if asked { found(visit).await } else { Ok(Doc::default()) };
    let (found, refusal) = match found {
        Ok(found) => (found, String::new()),
        Err(refusal) => (Doc::default(), refusal.detail.to_string()),
    };
    let mut rows = Vec::new();
    for one in found.list("data") {
        rows.push(row(visit, &one).await);
    }
    let cursor = found.text("next_cursor");
    let is_open = rows.iter().any(|row| !row.operation.is_empty());
    let batch = if is_open { visit.form("POST /v1/batches", "", None).await } else { None };
    let page = visit.frame(t.interest_run().to_owned(), vec![Link::new("/loans", t.loans())]).await;
    let drafts = drafts(visit);
    let next = if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) };
    render(&RunPage { page, t, filters, asked, refusal, rows, next, drafts, batch })
}

async fn found(visit: &Visit<'_>) -> Result<Doc, Refusal> {
    let mut target = visit.filtered("/v1/loans/interest-run");
    target += &format!("&limit={DRAFTS}");
    visit.read(&target).await
}

async fn row(visit: &Visit<'_>, one: &Doc) -> Row {
    let (t, id, state) = (visit.t, one.text("loan_id"), one.text("state"));
    let days = |at: &str| one.text(&format!("period.{at}"));
    let claim = |claim: &Doc| {
        let id = claim.text("claim_id");
        let text = format!("{} {} {}", short(&id), t.word(&claim.text("status")), claim.money("amount"));
        let programme = claim.text("programme");
        let is_own = programme == visit.filter("programme");
        Link::new(format!("/claims/{id}"), if is_own { text } else { format!("{programme} {text}") })
    };
    // two programmes may pay for the same days only where both suffer the other: that is for an officer to choose
    let can_be_drafted = ["open", "claimed_elsewhere"].contains(&state.as_str());
    Row {
        loan: Link::new(format!("/loans/{id}"), one.text("loan_no")),
        organisation: visit.organisation(&one.text("organisation")).await,
        bank: visit.organisation(&one.text("bank")).await,
        days: if one.has("period") {
            format!("{} – {}", days("from"), days("until"))
        } else {
            String::new()
        },
        interest_paid: one.money("interest_paid"),
        tone: if ["gap", "claimed_elsewhere"].contains(&state.as_str()) { "warn" } else { "info" },
        claims: one.list("claims").iter().map(claim).collect(),
        operation: if can_be_drafted { operation(visit, one) } else { String::new() },
        chosen: state == "open",
        state: t.word(&format!("run.{state}")),
    }
}

fn operation(visit: &Visit<'_>, one: &Doc) -> String {
    let body = json!({
        "kind": "interest_subsidy", "programme": visit.filter("programme"), "loan_id": one.text("loan_id"),
        "period": one.at("period").0, "interest_paid": one.text("interest_paid"),
    });
    json!({ "method": "POST", "path": "/v1/claims", "body": body, "idempotency_key": fresh_key() })
        .to_string()
}

/// What a run made, loan by loan.
fn drafts(visit: &Visit<'_>) -> Vec<Draft> {
    let operations = visit.gathered.sent.list("operations");
    let results = visit.gathered.outcome.list("results");
    let draft = |(operation, result): (&Doc, &Doc)| {
        let (body, is_made) = (result.at("body"), result.text("status").starts_with('2'));
        let id = body.text("id");
        Draft {
            loan: short(&operation.text("body.loan_id")),
            claim: if is_made { Link::new(format!("/claims/{id}"), short(&id)) } else { Link::new("", "") },
            amount: body.money("amount"),
            tone: if is_made { "ok" } else { "bad" },
            text: if is_made {
                visit.t.word(&body.text("status"))
            } else {
                without_codes(&body.text("detail"))
            },
        }
    };
    operations.iter().zip(&results).map(draft).collect()
}
