//! Which programmes would let an organisation in, for anybody: it says what it is, and is told why in words. Nobody is
//! named, nothing is kept, and a sender may ask so often a minute.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Utc;
use serde_json::{Map, Value, json};

use super::{QUESTIONS, nobody, unsigned};
use crate::answer::{At, begun, html, pairs, preferences, preferred};
use crate::doc::Doc;
use crate::form::Refusal;
use crate::layout::Frame;
use crate::programmes::rules::said;
use crate::texts::T;
use crate::visit::{Visit, render, with_query};

const CATEGORIES: [&str; 5] = [
    "private_enterprise",
    "state_owned_enterprise",
    "university",
    "research_institute",
    "government_department",
];
const SIZES: [&str; 4] = ["micro", "small", "medium", "large"];

/// A word that can be chosen, with what it is called.
struct Offer {
    value: String,
    text: String,
    chosen: bool,
}

/// What a programme makes of it.
struct Outcome {
    title: String,
    instrument: String,
    window: String,
    eligible: bool,
    unmet: Vec<String>,
    further: Vec<String>,
    sentences: Vec<String>,
}

#[derive(Template)]
#[template(path = "verify/eligible.html")]
struct EligiblePage {
    page: Frame,
    t: T,
    agency: String,
    categories: Vec<Offer>,
    sizes: Vec<Offer>,
    startup: bool,
    region: String,
    lists: Vec<Offer>,
    asked: bool,
    refusal: String,
    outcomes: Vec<Outcome>,
}

/// `GET /eligibility?agency=…&category=…&size=…&startup=true&region=…&tags=…`
pub async fn show(at: At, request: HttpRequest) -> HttpResponse {
    if let Some(response) = preferred(&request) {
        return response;
    }
    let (t, large) = preferences(&request);
    let query = pairs(&request);
    let told = |name: &str| {
        let found = query.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let tags: Vec<&str> =
        query.iter().filter(|(name, _)| name == "tags").map(|(_, value)| value.as_str()).collect();
    let mut frame = Frame::new(t, large, t.eligibility().to_owned());
    frame.here = with_query("/eligibility", &query);
    let offers = |words: &[&str], chosen: &str| -> Vec<Offer> {
        let offer =
            |word: &&str| Offer { value: (*word).to_owned(), text: t.word(word), chosen: *word == chosen };
        words.iter().map(offer).collect()
    };
    let agency = told("agency").to_lowercase();
    let mut page = EligiblePage {
        page: frame,
        t,
        categories: offers(&CATEGORIES, &told("category")),
        sizes: offers(&SIZES, &told("size")),
        startup: told("startup") == "true",
        region: told("region"),
        lists: Vec::new(),
        asked: !agency.is_empty(),
        refusal: String::new(),
        outcomes: Vec::new(),
        agency,
    };
    if !page.asked {
        return html(200, render(&page).unwrap_or_default());
    }
    let peer = at.0.peer(&request);
    if !QUESTIONS.admits(peer, Utc::now().timestamp()) {
        t.too_many_questions().clone_into(&mut page.refusal);
        return html(429, render(&page).unwrap_or_default());
    }
    let question = question(&told, &tags);
    let status = match answer(&at, &request, &page.agency, &question).await {
        Ok((outcomes, lists)) => {
            page.outcomes = outcomes;
            let offer = |list: String| Offer {
                chosen: tags.contains(&list.as_str()),
                text: list.clone(),
                value: list,
            };
            page.lists = lists.into_iter().map(offer).collect();
            200
        }
        Err(refusal) => {
            page.refusal = refusal.detail.to_string();
            refusal.status
        }
    };
    html(status, render(&page).unwrap_or_default())
}

/// What is left empty is left out.
fn question(told: &impl Fn(&str) -> String, tags: &[&str]) -> Value {
    let mut body = Map::new();
    for name in ["category", "size", "region"] {
        let value = told(name);
        if !value.is_empty() {
            body.insert(name.to_owned(), value.into());
        }
    }
    body.insert("startup".to_owned(), (told("startup") == "true").into());
    body.insert("tags".to_owned(), json!(tags));
    Value::Object(body)
}

async fn answer(
    at: &At,
    request: &HttpRequest,
    agency: &str,
    question: &Value,
) -> Result<(Vec<Outcome>, Vec<String>), Refusal> {
    let (t, _) = preferences(request);
    let unknown = || Refusal { status: 404, detail: t.no_such_agency().into(), ..Refusal::default() };
    let (session, who) = (unsigned(), nobody(agency).ok_or_else(unknown)?);
    let visit = begun(at, request, &session, &who);
    let found = visit.question("/v1/eligibility", question).await;
    let found = found.map_err(|refusal| if refusal.status == 401 { unknown() } else { refusal })?;
    let outcomes = found.list("programmes").iter().map(|one| outcome(&visit, one)).collect();
    Ok((outcomes, found.list("lists").iter().map(Doc::own_text).collect()))
}

fn outcome(visit: &Visit<'_>, one: &Doc) -> Outcome {
    let t = visit.t;
    let words = |member: &str, of: &str| -> Vec<String> {
        one.list(member).iter().map(|word| t.word(&format!("{of}.{}", word.own_text()))).collect()
    };
    let (title, language) = if t.is_english() { ("title.en", "en") } else { ("title.zh", "zh") };
    Outcome {
        title: one.text(title),
        instrument: t.word(&one.text("instrument")),
        window: format!("{} – {}", one.text("window.from"), one.text("window.until")),
        eligible: one.is_true("eligible"),
        unmet: words("unmet", "unmet"),
        further: words("further", "further"),
        sentences: one.list("sentences").iter().map(|text| said(t, &text.text(language), text)).collect(),
    }
}
