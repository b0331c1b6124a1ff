//! A claim: what it asks for, how its amount came about, what does not match, what may be done.

use askama::Template;

use super::history::{self, Past};
use super::sheet::{self, SheetRow};
use super::{Step, is_stopped, may_relax, steps};
use crate::acts::Action;
use crate::doc::Doc;
use crate::figures;
use crate::layout::{Frame, Link};
use crate::records::cell::{Show, col, short};
use crate::records::claims::{CLAIM_ACTS, RECALCULATE, RESOLVE};
use crate::records::limits::{OF_CLAIM, RELAX_CLAIM};
use crate::records::{Rows, Table, table, tables};
use crate::tasks::term;
use crate::texts::T;
use crate::visit::{Shown, Visit, render};
use subsidy_http::route::Method;

struct Difference {
    name: String,
    of: Link,
    amount: String,
}

/// What was brought with a claim.
#[derive(Debug)]
pub struct Document {
    pub kind: String,
    pub text: String,
    pub amount: String,
}

#[derive(Template)]
#[template(path = "cases/claim.html")]
struct ClaimPage {
    page: Frame,
    t: T,
    claim: Doc,
    organisation: String,
    provider: String,
    voucher: String,
    payee: String,
    programme: String,
    term: String,
    state: String,
    tone: &'static str,
    /// Whether its reason is why somebody stopped it.
    is_stopped: bool,
    steps: Vec<Step>,
    /// The contract's figures side by side.
    matching: Doc,
    differences: Vec<Difference>,
    sheet: Doc,
    sheet_rows: Vec<SheetRow>,
    words: String,
    documents: Vec<Document>,
    history: Vec<Past>,
    actions: Vec<Action>,
    tables: Vec<Rows>,
    /// What an amount comes to that is not fixed yet.
    is_preview: bool,
    links: Vec<Link>,
    /// Why it is not paid yet.
    waits: Vec<Link>,
}

const TABLES: &[Table] = &[
    table(
        T::payments_of_it,
        "payments",
        &[
            col("date", Show::Date),
            col("payment_batch_id", Show::At("/payment-batches")),
            col("recovery_id", Show::At("/recoveries")),
            col("prefund_year", Show::Code),
            col("amount", Show::Money),
        ],
    ),
    OF_CLAIM,
    table(
        T::recalculations,
        "data",
        &[
            col("version", Show::Code),
            col("status", Show::State),
            col("proposed_on", Show::Date),
            col("reason", Show::Text),
            col("difference", Show::Money),
            col("amount", Show::Money),
        ],
    )
    .of("/v1/claims/{id}/recalculations?limit=200"),
    table(
        T::objections,
        "data",
        &[
            col("created_at", Show::Time),
            col("text", Show::Text),
            col("status", Show::State),
            col("reason", Show::Text),
        ],
    )
    .of("/v1/claims/{id}/objections?limit=200")
    .with(RESOLVE),
];

/// `GET /claims/{id}`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let (t, id) = (visit.t, visit.part(1));
    let claim = visit.read(&format!("/v1/claims/{id}")).await?;
    let voucher = match claim.fill("/v1/vouchers/{voucher_id}") {
        Some(target) => visit.look(&target).await.unwrap_or_default(),
        None => Doc::default(),
    };
    let rental = if voucher.has("rental_id") { voucher.text("rental_id") } else { claim.text("rental_id") };
    let matching = match rental.as_str() {
        "" => Doc::default(),
        rental if visit.may(Method::Get, "/v1/rentals/-/reconciliation") => {
            visit.read(&format!("/v1/rentals/{rental}/reconciliation")).await.unwrap_or_default()
        }
        _ => Doc::default(),
    };
    let difference = |found: &Doc| Difference {
        name: t.word(&found.text("code")),
        of: match found.text("of") {
            of if of.len() == 36 => Link::new(format!("/claims/{of}"), short(&of)),
            of => Link::new("", of),
        },
        amount: found.money("amount"),
    };
    let mut actions = Action::all(visit, CLAIM_ACTS, &claim).await;
    actions.extend(Action::folded(visit, RECALCULATE, &claim).await);
    if may_relax(visit, &claim.text("programme")).await {
        actions.extend(Action::folded(visit, RELAX_CLAIM, &claim).await);
    }
    let sheet = claim.at("calculation");
    let is_preview = ["draft", "returned"].contains(&claim.text("status").as_str()) && sheet.has("amount");
    let kind = t.heading(&claim.text("kind"));
    let crumbs = vec![Link::new("/claims", t.claims())];
    let way = [
        ("draft", String::new()),
        ("submitted", claim.text("submitted_on")),
        ("reviewed", claim.text("reviewed_on")),
        ("approved", claim.text("approved_on")),
        ("paid", claim.text("paid_on")),
    ];
    let page = ClaimPage {
        t,
        organisation: visit.organisation(&claim.text("organisation")).await,
        provider: visit.organisation(&claim.text("provider")).await,
        voucher: voucher.text("number"),
        payee: visit.organisation(&claim.text("payee")).await,
        programme: visit.programme(&claim.text("programme")).await,
        term: term(t, &claim.at("term")),
        state: t.word(&claim.text("status")),
        tone: t.tone(&claim.text("status")),
        is_stopped: is_stopped(&claim.text("status")),
        steps: steps(t, &way, &claim.text("status")),
        differences: matching.list("differences").iter().map(difference).collect(),
        matching,
        sheet_rows: sheet::rows(t, &sheet),
        sheet,
        words: if t.is_english() { String::new() } else { figures::in_words(&claim.text("amount")) },
        documents: documents(visit, &claim).await,
        history: history::of(visit, id, &claim).await,
        actions,
        tables: tables(visit, TABLES, &claim)
            .await
            .into_iter()
            .filter(|table| !table.rows.is_empty())
            .collect(),
        is_preview,
        links: links(visit, id, &claim),
        waits: waits(visit, &claim),
        page: visit.frame(format!("{kind} {}", short(id)), crumbs).await,
        claim,
    };
    render(&page)
}

/// What stands between a claim and its payment.
fn waits(visit: &Visit<'_>, claim: &Doc) -> Vec<Link> {
    let (t, inside) = (visit.t, visit.may(Method::Get, "/v1/payment-batches"));
    let batch = claim.text("payment_batch_id");
    let reasons = match claim.text("status").as_str() {
        "submitted" => vec![(true, "", t.waits_review())],
        "reviewed" => vec![(true, "", t.waits_approval())],
        "approved" if claim.text("payable") != "0.00" => vec![
            (batch.is_empty(), "/payment-batches", t.waits_batch()),
            (!batch.is_empty(), "/payment-batches/", t.waits_bank()),
        ],
        _ => Vec::new(),
    };
    let reasons = reasons.into_iter().filter(|(holds, _, _)| *holds);
    let href = |at: &str| match at {
        "" => String::new(),
        _ if !inside => String::new(),
        at if at.ends_with('/') => format!("{at}{batch}"),
        at => at.to_owned(),
    };
    let own = reasons.map(|(_, at, text)| Link::new(href(at), text));
    let blocks = claim.list("blocked_because");
    own.chain(blocks.iter().map(|block| Link::new("", t.stands_in_the_way(&t.word(&block.text("code"))))))
        .collect()
}

/// Where else one goes from it.
fn links(visit: &Visit<'_>, id: &str, claim: &Doc) -> Vec<Link> {
    let (t, status) = (visit.t, claim.text("status"));
    let is = |states: &[&str]| states.contains(&status.as_str());
    let links = [
        (is(&["draft", "returned"]) && visit.may(Method::Put, "/v1/claims/-"), "edit", t.edit_claim()),
        (!is(&["draft", "withdrawn"]), "receipt", t.receipt()),
        (claim.has("calculation"), "sheet", t.calculation()),
    ];
    let own = links.into_iter().filter(|(there, _, _)| *there);
    let mut links: Vec<Link> =
        own.map(|(_, place, text)| Link::new(format!("/claims/{id}/{place}"), text)).collect();
    if is(&["paid"]) && visit.may(Method::Post, "/v1/recoveries") {
        links.push(Link::new(format!("/recoveries?.claim_id={id}"), t.propose_recovery()));
    }
    links
}

/// What was brought with a claim.
pub async fn documents(visit: &Visit<'_>, claim: &Doc) -> Vec<Document> {
    let invoice = |taken: &Doc| Document {
        kind: visit.t.invoiced().to_owned(),
        text: taken.text("number"),
        amount: taken.money("amount"),
    };
    let mut documents: Vec<Document> = claim.list("invoices").iter().map(invoice).collect();
    for id in claim.list("evidence") {
        let id = id.own_text();
        let found = visit.look(&format!("/v1/evidence/{id}")).await.unwrap_or_default();
        let kind = visit.t.word(&found.text("kind"));
        documents.push(Document { kind, text: found.text("media_type"), amount: String::new() });
    }
    documents
}
