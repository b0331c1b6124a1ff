//! A version of the rules tried on what was decided already: who gains, who loses, and what becomes of the budget.

use askama::Template;

use super::{NEW_RULES, and_rules, title};
use crate::acts::{Act, Action, Button, Input, act, field};
use crate::doc::Doc;
use crate::form::Refusal;
use crate::layout::{Frame, Link};
use crate::records::cell::short;
use crate::texts::T;
use crate::visit::{Shown, Visit, render};
use subsidy_http::error::Entry;

/// What documents of a kind come to.
struct SumsRow {
    kind: String,
    documents: String,
    old: String,
    new: String,
    gained: String,
    lost: String,
    gaining: String,
    losing: String,
    refused: String,
    not_comparable: String,
}

struct OrganisationRow {
    name: String,
    href: String,
    old: String,
    new: String,
    difference: String,
}

struct DocumentRow {
    number: String,
    href: String,
    kind: String,
    organisation: String,
    filed_on: String,
    state: String,
    tone: &'static str,
    old: String,
    new: String,
    difference: String,
    /// What was cut, why it is refused, or why there is no new amount.
    why: String,
}

/// What came of it.
struct Tried {
    sums: Vec<SumsRow>,
    budget: Doc,
    sentence: String,
    enough: bool,
    organisations: Vec<OrganisationRow>,
    documents: Vec<DocumentRow>,
    from: String,
    until: String,
    known_at: String,
    /// Whether there are more documents than are shown.
    more: String,
}

#[derive(Template)]
#[template(path = "programmes/tried.html")]
struct TriedPage {
    page: Frame,
    t: T,
    version: String,
    tried: Option<Tried>,
    asks: Vec<Action>,
    proposes: Vec<Action>,
}

/// Members of sums, and what each kind of document is called.
const KINDS: [(&str, &str); 2] = [("vouchers", "voucher"), ("claims", "claim")];
/// The most documents of a page; the file has all of them.
const SHOWN_MAX: usize = 200;

const fn file(value: &'static str, text: crate::acts::Phrase) -> Button {
    Button { name: "&format", value, text, class: "" }
}

/// It is filled in with a version of the rules; what the form does not ask for stays as it is.
static TRY: Act = Act {
    more: &[file("csv", T::as_csv), file("xlsx", T::as_xlsx)],
    ..act("POST /v1/programmes/{programme}/rules/simulate", T::try_rules)
        .making()
        .asking(and_rules![
            field("=/rules", Input::Rest),
            field("/filed/from", Input::Date).called(T::filed_from).hint(T::this_year_if_empty),
            field("/filed/until", Input::Date).called(T::filed_until),
        ])
        .editing()
};

/// `GET /programmes/{code}/try?version=2`, and what its form asks.
pub async fn show(visit: &Visit<'_>) -> Shown {
    let (t, code) = (visit.t, visit.part(1));
    let programme = visit.read(&format!("/v1/programmes/{code}")).await?;
    let name = programme.text(title(t));
    let crumbs =
        vec![Link::new("/programmes", t.programmes()), Link::new(format!("/programmes/{code}"), name)];
    let version = version(visit, code, &programme).await?;
    let blank = Doc(serde_json::json!({ "reason": null, "effective_from": null }));
    let begun = version.with(&blank);
    let outcome = &visit.gathered.outcome;
    let (mut tried, mut proposes) = (None, Vec::new());
    if outcome.has("totals") {
        tried = Some(found(visit, outcome).await);
        // what was tried is proposed as it is
        let rules = Doc(serde_json::json!({ "rules": visit.gathered.sent.at("rules").0 }));
        proposes.extend(Action::of(visit, &NEW_RULES, &begun.with(&rules)).await);
    }
    let asks: Vec<Action> = Action::of(visit, &TRY, &begun).await.into_iter().collect();
    let page = visit.frame(t.try_rules().to_owned(), crumbs).await;
    let version = t.version_from(&version.text("version"), &version.text("effective_from"));
    render(&TriedPage { page, t, version, tried, asks, proposes })
}

/// The version that is asked for; the one in force where none is.
async fn version(visit: &Visit<'_>, code: &str, programme: &Doc) -> Result<Doc, Refusal> {
    let asked = visit.filter("version");
    let versions = visit.look(&format!("/v1/programmes/{code}/rules")).await?.list("data");
    let named = versions.iter().find(|version| version.text("version") == asked);
    let rules = programme.at("rules");
    Ok(named
        .cloned()
        .or_else(|| rules.has("version").then_some(rules))
        .or(versions.last().cloned())
        .unwrap_or_default())
}

async fn found(visit: &Visit<'_>, outcome: &Doc) -> Tried {
    let t = visit.t;
    let some = |(member, _): &(&str, &str)| outcome.text(&format!("totals.{member}.documents")) != "0";
    let sums = KINDS.iter().filter(|kind| some(kind));
    let sums =
        sums.map(|(member, kind)| sums_row(t, &outcome.at(&format!("totals.{member}")), kind)).collect();
    let budget = outcome.at("budget");
    let enough = budget.is_true("sufficient");
    let mut documents = outcome.list("documents");
    let more = documents.len().saturating_sub(SHOWN_MAX);
    documents.truncate(SHOWN_MAX);
    let mut rows = Vec::with_capacity(documents.len());
    for one in &documents {
        rows.push(document(visit, one).await);
    }
    let organisations = outcome.list("organisations");
    Tried {
        sums,
        sentence: if enough { t.budget_enough().to_owned() } else { t.budget_ends(&budget.text("ends_on")) },
        enough,
        budget,
        organisations: organisations.iter().flat_map(|one| organisation(t, one)).collect(),
        documents: rows,
        from: outcome.text("filed.from"),
        until: outcome.text("filed.until"),
        known_at: outcome.text("known_at"),
        more: if more == 0 { String::new() } else { t.more_in_file(more) },
    }
}

fn sums_row(t: T, sums: &Doc, kind: &str) -> SumsRow {
    SumsRow {
        kind: t.word(kind),
        documents: sums.text("documents"),
        old: sums.money("old"),
        new: sums.money("new"),
        gained: sums.money("gained"),
        lost: sums.money("lost"),
        gaining: sums.text("gaining"),
        losing: sums.text("losing"),
        refused: sums.text("refused"),
        not_comparable: sums.text("not_comparable"),
    }
}

/// A row for its vouchers and one for its claims, as far as it has some.
fn organisation(t: T, one: &Doc) -> Vec<OrganisationRow> {
    let row = |(member, kind): (&str, &str)| {
        let sums = one.at(member);
        (sums.text("documents") != "0").then(|| OrganisationRow {
            name: format!("{} · {}", one.text("name"), t.word(kind)),
            href: format!("/organisations/{}", one.text("organisation")),
            old: sums.money("old"),
            new: sums.money("new"),
            difference: sums.money("difference"),
        })
    };
    KINDS.into_iter().filter_map(row).collect()
}

async fn document(visit: &Visit<'_>, one: &Doc) -> DocumentRow {
    let (t, kind, id) = (visit.t, one.text("kind"), one.text("id"));
    let number = one.text("number");
    let cuts = one.list("reductions");
    let cuts = cuts.iter().map(|cut| format!("{} {}", t.word(&cut.text("code")), cut.money("amount")));
    let bounds = one.at("bound_by").0;
    let bounds =
        bounds.as_array().into_iter().flatten().filter_map(|code| code.as_str().map(|code| t.word(code)));
    let words: Vec<String> = cuts.chain(bounds).collect();
    let refusal = one.text("refusal");
    DocumentRow {
        number: if number.is_empty() { short(&id) } else { number },
        href: if kind == "voucher" { format!("/vouchers/{id}") } else { format!("/claims/{id}") },
        kind: t.word(&kind),
        organisation: visit.organisation(&one.text("organisation")).await,
        filed_on: one.text("filed_on"),
        state: t.word(&one.text("status")),
        tone: t.tone(&one.text("status")),
        old: one.money("old"),
        new: one.money("new"),
        difference: one.money("difference"),
        why: match one.text("not_comparable").as_str() {
            "" if refusal.is_empty() => words.join(t.semicolon()),
            "" => t.refused_as(Entry::stored(&refusal).words(t.language()).title),
            "decided_by_experts" => t.decided_by_experts().to_owned(),
            _ => t.facts_changed().to_owned(),
        },
    }
}
