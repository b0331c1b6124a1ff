//! What a subsidy would come to: of interest segment by segment, of a loan that is described or is on record; of a voucher or
//! a rental line by line, as a dry run of the application or the claim.

use askama::Template;
use serde_json::{Value, json};

use crate::acts::{Act, Action, Field, Input, act, field};
use crate::cases::sheet::{self, SheetRow, shortened};
use crate::doc::Doc;
use crate::figures;
use crate::form::Refusal;
use crate::layout::{Frame, Link};
use crate::programmes::rules;
use crate::records::choices::{LINES, PROGRAMMES, RENTAL};
use crate::records::parties::{CATEGORIES, EVENT, SIZES};
use crate::texts::T;
use crate::visit::{Shown, Visit, render};

const FIELDS: &[Field] = &[
    field("/programme", PROGRAMMES).must(),
    field("/period/from", Input::Date).must(),
    field("/period/until", Input::Date).must().hint(T::last_day_not_counted),
    field("/loan/annual_rate_percent", Input::Text).must(),
    field("/loan/signed_on", Input::Date),
    field("/loan/matures_on", Input::Date),
    field("/loan/events", Input::Lines(3, EVENT)).must(),
    field("/interest_paid", Input::Money).hint(T::interest_paid_hint),
    field("/other_points", Input::Text),
    field("/applicant/category", CATEGORIES),
    field("/applicant/size", SIZES),
    field("?/applicant/startup", Input::Flag),
    field("/applicant/region", Input::Text),
    field("+/applicant/tags", Input::Each("tags", "tag", "tag")),
    field("+/applicant/project_tags", Input::Each("project_tags", "tag", "tag")),
];

/// Nothing is written: whoever may apply sees the sheet that an application would have.
const DRY_RUN: Field = field("&dry_run", Input::Fixed("true"));
const CONTRACT: Field = field("/rental_id", Input::Pick("/v1/rentals?limit=200", "id", RENTAL)).must();
static OF_CONTRACTS: [(&str, Act); 2] = [
    (
        "voucher",
        act("POST /v1/vouchers", T::quote_voucher).making().asking(&[
            DRY_RUN,
            field("/programme", PROGRAMMES).must(),
            CONTRACT,
        ]),
    ),
    (
        "rental_subsidy",
        act("POST /v1/claims", T::quote_rental).making().asking(&[
            DRY_RUN,
            field("/kind", Input::Fixed("rental_subsidy")),
            field("/programme", PROGRAMMES).must(),
            CONTRACT,
            field("/period/from", Input::Date).must(),
            field("/period/until", Input::Date).must().hint(T::last_day_not_counted),
            field("?/usage", Input::Flag).hint(T::usage_or_lines_hint),
            field("/settlement", Input::Lines(4, LINES)),
        ]),
    ),
];

static QUOTE: Act = act("POST /v1/interest-subsidies/quote", T::quote_it).making().asking(FIELDS).editing();

/// Days on which nothing changes.
struct SegmentRow {
    from: String,
    until: String,
    days: String,
    principal: String,
    rate: String,
    points: String,
    exact: String,
    subsidy: String,
    bound_by: String,
}

struct CutRow {
    name: String,
    clause: String,
    amount: String,
}

/// What came of it.
struct Quoted {
    amount: String,
    words: String,
    computed: String,
    window: String,
    segments: Vec<SegmentRow>,
    cuts: Vec<CutRow>,
    shares: Vec<Link>,
}

#[derive(Template)]
#[template(path = "interest/quote.html")]
struct QuotePage {
    page: Frame,
    t: T,
    quoted: Option<Quoted>,
    /// The sheet of a dry run, and what its cuts rest on.
    sheet: Doc,
    sheet_rows: Vec<SheetRow>,
    words: String,
    cuts: Vec<CutRow>,
    asks: Vec<Action>,
    others: Vec<Action>,
}

/// `GET /quotes`, `GET /loans/{id}/quote`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let (begun, crumbs) = match visit.part(0) {
        "loans" => of_loan(visit, visit.part(1)).await?,
        _ => (Doc(json!({})), Vec::new()),
    };
    let programmes =
        visit.look_whole("/v1/programmes?limit=200", usize::MAX).await.unwrap_or_default().list("data");
    let mut asks: Vec<Action> = Action::of(visit, &QUOTE, &begun).await.into_iter().collect();
    narrow(&mut asks, &programmes, "interest_subsidy");
    let mut others = Vec::new();
    for (instrument, act) in OF_CONTRACTS.iter().filter(|_| crumbs.is_empty()) {
        let mut offered: Vec<Action> = Action::of(visit, act, &Doc::default()).await.into_iter().collect();
        narrow(&mut offered, &programmes, instrument);
        others.append(&mut offered);
    }
    let outcome = &visit.gathered.outcome;
    let quoted = if outcome.has("segments") { Some(quoted(visit, outcome).await) } else { None };
    let sheet = outcome.at("calculation");
    let cuts = if sheet.has("lines") { cuts(visit, &sheet).await } else { Vec::new() };
    let page = visit.frame(t.quotes().to_owned(), crumbs).await;
    render(&QuotePage {
        page,
        t,
        quoted,
        sheet_rows: sheet::rows(t, &sheet),
        words: if t.is_english() { String::new() } else { figures::in_words(&sheet.text("amount")) },
        sheet,
        cuts,
        asks,
        others,
    })
}

/// Leaves the programmes of an instrument to choose from.
fn narrow(actions: &mut [Action], programmes: &[Doc], instrument: &str) {
    let pays = |code: &str| {
        let found = programmes.iter().find(|one| one.text("code") == code);
        found.is_some_and(|one| one.text("instrument") == instrument)
    };
    let fields = actions.iter_mut().flat_map(|action| &mut action.fields);
    for field in fields.filter(|field| field.name == "/programme") {
        field.choices.retain(|choice| pays(&choice.value));
    }
}

/// A question about a loan on record, as its organisation would ask it.
async fn of_loan(visit: &Visit<'_>, id: &str) -> Result<(Doc, Vec<Link>), Refusal> {
    let loan = visit.read(&format!("/v1/loans/{id}")).await?;
    let code = loan.text("organisation");
    let organisation = visit.look(&format!("/v1/organisations/{code}")).await.unwrap_or_default();
    let today = visit.today().await;
    let listed = async |subject: &str| -> Value {
        let target = format!("/v1/tags?subject={subject}&on={today}&limit=200");
        visit.look_whole(&target, usize::MAX).await.unwrap_or_default().at("data").0
    };
    let begun = json!({
        "loan": {
            "annual_rate_percent": loan.text("annual_rate_percent"),
            "signed_on": loan.text("signed_on"),
            "matures_on": loan.text("matures_on"),
            "events": loan.at("events").0,
        },
        "applicant": {
            "category": organisation.text("category"),
            "size": organisation.text("size"),
            "startup": organisation.is_true("startup"),
            "region": organisation.text("region"),
        },
        "tags": listed(&code).await,
        "project_tags": listed(id).await,
    });
    let crumbs =
        vec![Link::new("/loans", visit.t.loans()), Link::new(format!("/loans/{id}"), loan.text("loan_no"))];
    Ok((Doc(begun), crumbs))
}

async fn quoted(visit: &Visit<'_>, outcome: &Doc) -> Quoted {
    let t = visit.t;
    let share =
        |share: &Doc| Link::new("", format!("{} {}", t.word(&share.text("level")), share.money("amount")));
    Quoted {
        amount: outcome.money("amount"),
        words: if t.is_english() { String::new() } else { figures::in_words(&outcome.text("amount")) },
        computed: outcome.money("computed"),
        window: format!("{} – {}", outcome.text("window.from"), outcome.text("window.until")),
        segments: outcome.list("segments").iter().map(|one| segment(t, one)).collect(),
        cuts: cuts(visit, outcome).await,
        shares: outcome.list("shares").iter().map(share).collect(),
    }
}

/// What was cut, each with what the rules say of it.
async fn cuts(visit: &Visit<'_>, outcome: &Doc) -> Vec<CutRow> {
    let (programme, version) = (visit.gathered.sent.text("programme"), outcome.text("rules_version"));
    let clauses = rules::explained(visit, &programme, &version).await;
    let cut = |cut: &Doc| CutRow {
        name: visit.t.word(&cut.text("code")),
        clause: rules::clause(&clauses, &cut.text("clause")),
        amount: format!("−{}", cut.money("amount")),
    };
    outcome.list("reductions").iter().map(cut).collect()
}

fn segment(t: T, one: &Doc) -> SegmentRow {
    let bounds: Vec<String> = one.list("bound_by").iter().map(|code| t.word(&code.own_text())).collect();
    SegmentRow {
        from: one.text("from"),
        until: one.text("until"),
        days: format!("{} ÷ {}", one.text("days"), one.text("basis")),
        principal: one.money("eligible_principal"),
        rate: format!("{}%", one.text("annual_rate_percent")),
        points: one.text("points"),
        exact: figures::amount(&shortened(&one.text("exact"))),
        subsidy: one.money("subsidy"),
        bound_by: bounds.join(t.semicolon()),
    }
}
