//! The audit room: the newest checkpoint, what an auditor looks at first, any leaf of the log with its receipt.

mod verification;

use std::collections::BTreeMap;

use askama::Template;

use super::acts::{Act, Action, act};
use super::doc::Doc;
use super::layout::{Frame, Link};
use super::texts::T;
use super::visit::{Shown, Visit, render};
pub use verification::show as verification;

/// An exception's code and how often it was found.
struct ExceptionCount {
    name: String,
    href: String,
    count: usize,
}

#[derive(Template)]
#[template(path = "audit/audit.html")]
struct AuditPage {
    page: Frame,
    t: T,
    /// Of the log, as its checkpoint says.
    origin: String,
    size: String,
    root: String,
    checkpoint: String,
    exceptions: Vec<ExceptionCount>,
    /// Whether they were counted, which takes a long ledger some seconds.
    counted: bool,
    reports: Vec<Link>,
    verifications: Vec<Past>,
    begins: Vec<Action>,
}

/// A verification on the list.
struct Past {
    href: String,
    when: String,
    state: String,
    tone: &'static str,
}

/// How many verifications are listed.
const LISTED: usize = 5;

static VERIFY: Act = act("POST /v1/audit/verifications", T::begin_verification).making();

/// `GET /audit`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let checkpoint = visit.read_text("/v1/audit/checkpoint").await?;
    let mut lines = checkpoint.lines().map(str::to_owned);
    let (origin, size) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let counted = visit.shows_all(size.parse().ok());
    let exceptions = if counted { visit.read("/v1/reports/exceptions").await? } else { Doc::default() };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in exceptions.list("rows") {
        *counts.entry(row.text("code")).or_default() += 1;
    }
    let found = |(code, count): (String, usize)| ExceptionCount {
        href: format!("/reports/exceptions?code={code}"),
        name: t.word(&code),
        count,
    };
    let reports = [
        ("/reports/exceptions", t.exceptions()),
        ("/reports/segregation-of-duties", t.duties()),
        ("/reports/operations", t.operations()),
        ("/reports/recalculation", t.recomputed()),
        ("/reports/sample", t.sample()),
        ("/reports/overlaps", t.overlaps()),
    ];
    let begun = visit.read("/v1/audit/verifications").await?.list("data");
    let verifications = begun.iter().take(LISTED).map(|one| Past {
        href: format!("/audit/verifications/{}", one.text("id")),
        when: one.time("started_at"),
        state: t.word(&verification::state(one)),
        tone: t.tone(&verification::state(one)),
    });
    let page = AuditPage {
        t,
        verifications: verifications.collect(),
        begins: Action::of(visit, &VERIFY, &Doc::default()).await.into_iter().collect(),
        counted,
        origin,
        size,
        root: lines.next().unwrap_or_default(),
        exceptions: counts.into_iter().map(found).collect(),
        reports: reports.into_iter().map(|(href, text)| Link::new(href, text)).collect(),
        page: visit.frame(t.audit_room().to_owned(), Vec::new()).await,
        checkpoint,
    };
    render(&page)
}

#[derive(Template)]
#[template(path = "audit/leaf.html")]
struct LeafPage {
    page: Frame,
    t: T,
    sequence: String,
    kind: String,
    recorded: String,
    document: String,
    who: String,
    leaf: String,
    receipt: Doc,
}

/// `GET /audit/entries/{sequence}`, or `/audit/entries?sequence=…` as its form asks.
pub async fn leaf(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let sequence = match visit.part(2) {
        "" => visit.filter("sequence").to_owned(),
        sequence => sequence.to_owned(),
    };
    let leaf = visit.read(&format!("/v1/audit/entries/{sequence}")).await?;
    let receipt = visit.read(&format!("/v1/audit/proof/{sequence}")).await.unwrap_or_default();
    let crumbs = vec![Link::new("/audit", t.audit_room())];
    let page = LeafPage {
        t,
        kind: leaf
            .at("command")
            .0
            .as_object()
            .and_then(|of| of.keys().next())
            .map(|kind| t.word(kind))
            .unwrap_or_default(),
        recorded: leaf.time("recorded_at"),
        document: leaf.text("document"),
        who: visit.person(&leaf.text("actor.subject")),
        leaf: serde_json::to_string_pretty(&leaf.0).unwrap_or_default(),
        receipt,
        page: visit.frame(format!("{} {sequence}", t.leaf()), crumbs).await,
        sequence,
    };
    render(&page)
}
