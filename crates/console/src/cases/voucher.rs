//! A voucher: its face and what became of it, the sheet that it was issued on, the claims drawn on it.

use std::str::FromStr;

use askama::Template;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::history::{self, Past};
use super::sheet::{self, SheetRow};
use super::{Step, is_stopped, may_relax, steps};
use crate::acts::Action;
use crate::doc::Doc;
use crate::figures;
use crate::layout::{Frame, Link};
use crate::records::cell::short;
use crate::records::claims::VOUCHER_ACTS;
use crate::records::limits::{OF_VOUCHER, RELAX_VOUCHER};
use crate::records::{Rows, tables};
use crate::tasks::term;
use crate::texts::T;
use crate::visit::{Shown, Visit, render};
use subsidy_http::route::Method;

/// The widest a bar is drawn, in its own units.
const WIDTH: u32 = 1_000;

/// A part of a voucher's bar.
#[derive(Debug, Clone)]
pub struct Bar {
    pub class: &'static str,
    pub name: &'static str,
    pub amount: String,
    pub from: u32,
    pub width: u32,
}

/// What became of a face value, as parts of a bar. Drawn, not computed with: the amounts beside it are the API's.
pub fn bar(t: T, balance: &Doc) -> Vec<Bar> {
    let amount = |name: &str| Decimal::from_str(&balance.text(name)).unwrap_or_default();
    let face = amount("face");
    let parts = [
        ("k3", t.redeemed(), "redeemed"),
        ("k4", t.held(), "held"),
        ("k2", t.available(), "available"),
        ("k1", t.released(), "released"),
        ("k5", t.expired(), "expired"),
    ];
    let (mut from, mut bars) = (0, Vec::new());
    for (class, name, member) in parts {
        let share = amount(member).checked_div(face).unwrap_or_default() * Decimal::from(WIDTH);
        let width = share.round().to_u32().unwrap_or_default();
        if width > 0 {
            bars.push(Bar { class, name, amount: balance.money(member), from, width });
        }
        from += width;
    }
    bars
}

struct Drawn {
    id: String,
    short: String,
    state: String,
    tone: &'static str,
    date: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "cases/voucher.html")]
struct VoucherPage {
    page: Frame,
    t: T,
    voucher: Doc,
    number: String,
    organisation: String,
    provider: String,
    programme: String,
    term: String,
    contract: Doc,
    state: String,
    tone: &'static str,
    /// Whether its reason is why somebody stopped it.
    is_stopped: bool,
    steps: Vec<Step>,
    bars: Vec<Bar>,
    face_words: String,
    sheet: Doc,
    sheet_rows: Vec<SheetRow>,
    words: String,
    claims: Vec<Drawn>,
    /// The caps that were relaxed or are to be.
    tables: Vec<Rows>,
    history: Vec<Past>,
    actions: Vec<Action>,
    /// Whether whoever looks may claim on it.
    claimable: bool,
}

/// `GET /vouchers/{id}`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let (t, id) = (visit.t, visit.part(1));
    let voucher = visit.read(&format!("/v1/vouchers/{id}")).await?;
    let contract = visit.read(&format!("/v1/rentals/{}", voucher.text("rental_id"))).await;
    let number = voucher.text("number");
    let number = if number.is_empty() { short(id) } else { number };
    let sheet = voucher.at("calculation");
    let words = if t.is_english() { String::new() } else { figures::in_words(&voucher.text("face_value")) };
    let way = [
        ("submitted", voucher.text("submitted_on")),
        ("reviewed", String::new()),
        ("issued", voucher.text("valid_from")),
        ("partly_redeemed", String::new()),
        ("redeemed", String::new()),
    ];
    let mut actions = Action::all(visit, VOUCHER_ACTS, &voucher).await;
    if may_relax(visit, &voucher.text("programme")).await {
        actions.extend(Action::folded(visit, RELAX_VOUCHER, &voucher).await);
    }
    let mut relaxed = tables(visit, &[OF_VOUCHER], &voucher).await;
    relaxed.retain(|table| !table.rows.is_empty());
    let crumbs = vec![Link::new("/vouchers", t.vouchers())];
    let page = VoucherPage {
        t,
        organisation: visit.organisation(&voucher.text("organisation")).await,
        provider: visit.organisation(&voucher.text("provider")).await,
        programme: visit.programme(&voucher.text("programme")).await,
        term: term(t, &voucher.at("term")),
        contract: contract.unwrap_or_default(),
        state: t.word(&voucher.text("status")),
        tone: t.tone(&voucher.text("status")),
        is_stopped: is_stopped(&voucher.text("status")),
        steps: steps(t, &way, &voucher.text("status")),
        bars: bar(t, &voucher.at("balance")),
        sheet_rows: sheet::rows(t, &sheet),
        sheet,
        face_words: words,
        words: String::new(),
        claims: claims(visit, id, &voucher).await,
        tables: relaxed,
        history: history::of(visit, id, &voucher).await,
        actions,
        claimable: visit.may(Method::Post, "/v1/claims")
            && ["issued", "partly_redeemed"].contains(&voucher.text("status").as_str()),
        page: visit.frame(number.clone(), crumbs).await,
        number,
        voucher,
    };
    render(&page)
}

/// The claims on it, of those of its organisation and programme.
async fn claims(visit: &Visit<'_>, id: &str, voucher: &Doc) -> Vec<Drawn> {
    let (organisation, programme) = (voucher.text("organisation"), voucher.text("programme"));
    let target = format!("/v1/claims?limit=200&organisation={organisation}&programme={programme}");
    let found = visit.read_whole(&target).await.unwrap_or_default().list("data");
    let drawn = found.iter().filter(|claim| claim.text("voucher_id") == id).map(|claim| Drawn {
        id: claim.text("id"),
        short: short(&claim.text("id")),
        state: visit.t.word(&claim.text("status")),
        tone: visit.t.tone(&claim.text("status")),
        date: claim.text("submitted_on"),
        amount: claim.money("amount"),
    });
    drawn.collect()
}
