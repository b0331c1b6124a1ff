//! A claim: what it asks for, how its amount came about, what does not match, what may be done.

use askama::Template;

use super::actions::Action;
use super::history::{self, Past};
use super::sheet::{self, SheetRow};
use super::{Step, steps};
use crate::console::doc::Doc;
use crate::console::figures;
use crate::console::layout::{Frame, Link};
use crate::console::tasks::short;
use crate::console::texts::T;
use crate::console::visit::{Shown, Visit, render};
use crate::http::route::Method;

struct Difference {
    name: String,
    of: String,
    amount: String,
}

struct Document {
    kind: String,
    text: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "cases/claim.html")]
struct ClaimPage {
    page: Frame,
    t: T,
    claim: Doc,
    organisation: String,
    provider: String,
    payee: String,
    programme: String,
    state: String,
    tone: &'static str,
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
}

/// `GET /claims/{id}`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let (t, id) = (visit.t, visit.part(1));
    let claim = visit.read(&format!("/v1/claims/{id}")).await?;
    let rental = rental_of(visit, &claim).await;
    let matching = match rental.as_str() {
        "" => Doc::default(),
        rental if visit.may(Method::Get, "/v1/rentals/-/reconciliation") => {
            visit.read(&format!("/v1/rentals/{rental}/reconciliation")).await.unwrap_or_default()
        }
        _ => Doc::default(),
    };
    let difference = |found: &Doc| Difference {
        name: t.word(&found.text("code")),
        of: found.text("of"),
        amount: found.money("amount"),
    };
    let sheet = claim.at("calculation");
    let kind = t.heading(&claim.text("kind"));
    let crumbs = vec![Link::new("/claims", t.claims())];
    let actions = actions(visit, id, &claim).await;
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
        payee: visit.organisation(&claim.text("payee")).await,
        programme: visit.programme(&claim.text("programme")).await,
        state: t.word(&claim.text("status")),
        tone: t.tone(&claim.text("status")),
        steps: steps(t, &way, &claim.text("status")),
        differences: matching.list("differences").iter().map(difference).collect(),
        matching,
        sheet_rows: sheet::rows(t, &sheet),
        sheet,
        words: if t.is_english() { String::new() } else { figures::in_words(&claim.text("amount")) },
        documents: documents(visit, &claim).await,
        history: history::of(visit, id, &claim).await,
        actions,
        page: visit.frame(format!("{kind} {}", short(id)), crumbs).await,
        claim,
    };
    render(&page)
}

/// The contract that a claim is on, directly or through its voucher.
async fn rental_of(visit: &Visit<'_>, claim: &Doc) -> String {
    let voucher = claim.text("voucher_id");
    if voucher.is_empty() {
        return claim.text("rental_id");
    }
    let voucher = visit.look(&format!("/v1/vouchers/{voucher}")).await.unwrap_or_default();
    voucher.text("rental_id")
}

async fn actions(visit: &Visit<'_>, id: &str, claim: &Doc) -> Vec<Action> {
    let (t, version) = (visit.t, claim.text("revision"));
    let write = |verb: &str| format!("POST /v1/claims/{id}/{verb}");
    let offered = [
        Action::review(visit, write("review"), &version).await,
        Action::dated(visit, write("approve"), &version, t.approve()).await,
        Action::reasoned(visit, write("reject"), &version, t.reject()).await,
        Action::one(visit, write("submit"), &version, (t.submit(), "main")).await,
        Action::one(visit, write("withdraw"), &version, (t.withdraw(), "")).await,
    ];
    offered.into_iter().flatten().collect()
}

async fn documents(visit: &Visit<'_>, claim: &Doc) -> Vec<Document> {
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
