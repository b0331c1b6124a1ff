//! How an enterprise writes a claim: what it claims on, what was settled and which invoices back it; the amount with its
//! cuts, and its submission, stand on the claim's own page.

use askama::Template;
use serde_json::json;

use crate::acts::{Act, Action, Field, Input, act, field};
use crate::doc::Doc;
use crate::figures;
use crate::layout::{Frame, Link};
use crate::programmes::rules;
use crate::records::cell::{Cell, Show, cells, col, short};
use crate::records::choices::{LINES, NO_OTHER_FUNDING, OTHER_FUNDING};
use crate::texts::T;
use crate::visit::{Shown, Visit, render, with_query};

const INVOICES: Field = field(
    "/invoices",
    Input::Lines(
        3,
        &[
            field(
                "/evidence_id",
                Input::Pick(
                    "/v1/evidence?kind=invoice&organisation={organisation}&limit=200",
                    "id",
                    &[col("invoice.number", Show::Code), col("invoice.amount", Show::Money)],
                ),
            ),
            field("/amount", Input::Money),
        ],
    ),
)
.hint(T::invoices_hint);
const EVIDENCE: Field = field(
    "+/evidence",
    Input::Tick(
        "/v1/evidence?organisation={organisation}&limit=200",
        "id",
        &[col("kind", Show::Word), col("number", Show::Number), col("updated_at", Show::Time)],
    ),
);
const KIND: Field = field("/kind", Input::Of("kind"));
const PROGRAMME: Field = field("/programme", Input::Of("programme"));
const FROM: Field = field("/period/from", Input::Date).must();
const UNTIL: Field = field("/period/until", Input::Date).must().hint(T::last_day_not_counted);
const VOUCHER: &[Field] = &[
    KIND,
    field("/voucher_id", Input::Of("voucher_id")),
    field("/settlement", Input::Lines(4, LINES)).must(),
    field("?/final", Input::Flag).hint(T::final_hint),
    INVOICES,
    EVIDENCE,
];
const RENTAL: &[Field] = &[
    KIND,
    PROGRAMME,
    field("/rental_id", Input::Of("rental_id")),
    FROM,
    UNTIL,
    field("?/usage", Input::Flag).hint(T::usage_or_lines_hint),
    field("/settlement", Input::Lines(4, LINES)),
    INVOICES,
    OTHER_FUNDING,
    NO_OTHER_FUNDING,
    EVIDENCE,
];
const INTEREST: &[Field] = &[
    KIND,
    PROGRAMME,
    field("/loan_id", Input::Of("loan_id")),
    FROM,
    UNTIL,
    field("/interest_paid", Input::Money).must(),
    field("/penalty_interest", Input::Money),
    field("/other_points", Input::Text),
    OTHER_FUNDING,
    NO_OTHER_FUNDING,
    EVIDENCE,
];

const GRANT: &[Field] =
    &[KIND, field("/award_id", Input::Of("award_id")), field("/tranche", Input::Of("tranche")), EVIDENCE];

/// A draft, and the same written anew.
static DRAFTS: [Act; 4] = [
    act("POST /v1/claims", T::save_draft).asking(VOUCHER).when("kind", &["voucher_redemption"]),
    act("POST /v1/claims", T::save_draft).asking(RENTAL).when("kind", &["rental_subsidy"]),
    act("POST /v1/claims", T::save_draft).asking(INTEREST).when("kind", &["interest_subsidy"]),
    act("POST /v1/claims", T::save_draft).asking(GRANT).when("kind", &["grant_tranche"]),
];
static REWRITES: [Act; 4] = [
    act("PUT /v1/claims/{id}", T::save_draft).asking(VOUCHER).when("kind", &["voucher_redemption"]).editing(),
    act("PUT /v1/claims/{id}", T::save_draft).asking(RENTAL).when("kind", &["rental_subsidy"]).editing(),
    act("PUT /v1/claims/{id}", T::save_draft).asking(INTEREST).when("kind", &["interest_subsidy"]).editing(),
    act("PUT /v1/claims/{id}", T::save_draft).asking(GRANT).when("kind", &["grant_tranche"]).editing(),
];

/// What may be claimed on.
struct ClaimBasis {
    href: String,
    text: String,
    about: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "cases/new.html")]
struct NewPage {
    page: Frame,
    t: T,
    grounds: Vec<ClaimBasis>,
    actions: Vec<Action>,
    programme: String,
    facts: Vec<Cell>,
    sentences: Vec<String>,
}

/// `GET /claims/new`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let crumbs = vec![Link::new("/claims", t.claims())];
    let (draft, ground) = told(visit).await;
    if draft.text("kind").is_empty() {
        let (grounds, page) = (grounds(visit).await, visit.frame(t.new_claim().to_owned(), crumbs).await);
        let (programme, facts) = (String::new(), Vec::new());
        return render(&NewPage {
            page,
            t,
            grounds,
            actions: Vec::new(),
            programme,
            facts,
            sentences: Vec::new(),
        });
    }
    written(visit, (&DRAFTS, draft), ground, crumbs).await
}

/// `GET /claims/{id}/edit`
pub async fn edit(visit: &Visit<'_>) -> Shown {
    let id = visit.part(1);
    let claim = visit.read(&format!("/v1/claims/{id}")).await?;
    let crumbs = vec![Link::new("/claims", visit.t.claims()), Link::new(format!("/claims/{id}"), short(id))];
    let ground = ground(visit, &claim).await;
    written(visit, (&REWRITES, claim), ground, crumbs).await
}

async fn written(
    visit: &Visit<'_>,
    (acts, draft): (&'static [Act], Doc),
    ground: Doc,
    crumbs: Vec<Link>,
) -> Shown {
    let (t, code) = (visit.t, draft.text("programme"));
    let programme = visit.read(&format!("/v1/programmes/{code}")).await?;
    let facts = [
        col("number", Show::Code),
        col("project", Show::Text),
        col("tranche", Show::Text),
        col("amount", Show::Money),
        col("due_on", Show::Date),
        col("balance.available", Show::Money),
        col("valid_until", Show::Date),
        col("contract_no", Show::Code),
        col("loan_no", Show::Code),
        col("from", Show::Date),
        col("until", Show::Date),
        col("total", Show::Money),
        col("principal", Show::Money),
    ];
    let facts: Vec<_> = facts.into_iter().filter(|fact| !ground.text(fact.member).is_empty()).collect();
    let page = NewPage {
        t,
        grounds: Vec::new(),
        actions: Action::each(visit, acts, &draft).await,
        programme: visit.programme(&code).await,
        facts: cells(visit, &ground, &facts).await,
        sentences: rules::sentences(visit, &code, &programme.text("rules.version")).await,
        page: visit.frame(t.new_claim().to_owned(), crumbs).await,
    };
    render(&page)
}

/// What a claim is on.
async fn ground(visit: &Visit<'_>, claim: &Doc) -> Doc {
    if let Some(target) = claim.fill("/v1/awards/{award_id}") {
        let award = visit.read(&target).await.unwrap_or_default();
        return of_tranche(&award, &claim.text("tranche"));
    }
    let reads = ["/v1/vouchers/{voucher_id}", "/v1/rentals/{rental_id}", "/v1/loans/{loan_id}"];
    for read in reads {
        if let Some(target) = claim.fill(read) {
            return visit.read(&target).await.unwrap_or_default();
        }
    }
    Doc::default()
}

/// An award as what is claimed on: a tranche of it, with what the tranche comes to.
fn of_tranche(award: &Doc, name: &str) -> Doc {
    let tranches = award.list("tranches");
    let tranche = tranches.iter().find(|tranche| tranche.text("name") == name);
    let amount = tranche.map(|tranche| due(award, tranche)).unwrap_or_default();
    award.with(&Doc(json!({ "tranche": name, "amount": amount })))
}

/// CNY of a tranche: after the acceptance, what that found to be still due.
fn due(award: &Doc, tranche: &Doc) -> String {
    let by_acceptance = tranche.text("on") == "acceptance";
    if by_acceptance && award.has("settled") { award.text("settled.due") } else { tranche.text("amount") }
}

/// Whether a tranche can be claimed: no claim holds it, and what it waits for has happened.
fn is_open(award: &Doc, tranche: &Doc, today: &str) -> bool {
    let state = if tranche.text("on") == "acceptance" { "accepted" } else { "awarded" };
    let is_published = award.text("published_until").as_str() >= today;
    !tranche.has("claim_id")
        && award.text("status") == state
        && !is_published
        && due(award, tranche) != "0.00"
}

/// The claim that the address begins: `?.voucher=…`, `?.rental=…&.programme=…`, `?.loan=…&.programme=…`,
/// `?.award=…&.tranche=…`.
async fn told(visit: &Visit<'_>) -> (Doc, Doc) {
    let kinds = [
        (".voucher", "voucher_id", "voucher_redemption"),
        (".rental", "rental_id", "rental_subsidy"),
        (".loan", "loan_id", "interest_subsidy"),
        (".award", "award_id", "grant_tranche"),
    ];
    let Some((told, member, kind)) = kinds.into_iter().find(|(told, _, _)| !visit.filter(told).is_empty())
    else {
        return <_>::default();
    };
    let mut named = Doc(json!({ member: visit.filter(told) }));
    if kind == "grant_tranche" {
        named = named.with(&Doc(json!({ "tranche": visit.filter(".tranche") })));
    }
    let ground = ground(visit, &named).await;
    let programme = match visit.filter(".programme") {
        "" => ground.text("programme"),
        told => told.to_owned(),
    };
    let draft = json!({ "kind": kind, "programme": programme, "organisation": ground.text("organisation") });
    (Doc(draft).with(&named), ground)
}

/// Vouchers with something left; contracts and loans under each programme that pays for such; tranches of awards that
/// can be claimed.
async fn grounds(visit: &Visit<'_>) -> Vec<ClaimBasis> {
    let t = visit.t;
    let list =
        |target: &'static str| async move { visit.read_whole(target).await.unwrap_or_default().list("data") };
    let mut grounds = Vec::new();
    for voucher in list("/v1/vouchers?limit=200").await {
        if !["issued", "partly_redeemed"].contains(&voucher.text("status").as_str()) {
            continue;
        }
        grounds.push(ClaimBasis {
            href: format!("/claims/new?.voucher={}", voucher.text("id")),
            text: format!("{} {}", t.heading("voucher"), voucher.text("number")),
            about: visit.programme(&voucher.text("programme")).await,
            amount: t.available_of(&voucher.money("balance.available"), &voucher.text("valid_until")),
        });
    }
    let today = visit.today().await;
    for award in list("/v1/awards?limit=200").await {
        for tranche in award.list("tranches").iter().filter(|tranche| is_open(&award, tranche, &today)) {
            let name = tranche.text("name");
            let told = [(".award".to_owned(), award.text("id")), (".tranche".to_owned(), name.clone())];
            grounds.push(ClaimBasis {
                href: with_query("/claims/new", &told),
                text: format!("{} {} · {name}", t.heading("award"), award.text("project")),
                about: visit.programme(&award.text("programme")).await,
                amount: figures::amount(&due(&award, tranche)),
            });
        }
    }
    let (rentals, loans) = (list("/v1/rentals?limit=200").await, list("/v1/loans?limit=200").await);
    for programme in list("/v1/programmes?limit=200").await {
        let (what, found, number, amount) = match programme.text("instrument").as_str() {
            "rental_subsidy" => ("rental", &rentals, "contract_no", "total"),
            "interest_subsidy" => ("loan", &loans, "loan_no", "principal"),
            _ => continue,
        };
        let code = programme.text("code");
        for one in found {
            grounds.push(ClaimBasis {
                href: format!("/claims/new?.{what}={}&.programme={code}", one.text("id")),
                text: format!("{} {}", t.heading(what), one.text(number)),
                about: visit.programme(&code).await,
                amount: one.money(amount),
            });
        }
    }
    grounds
}
