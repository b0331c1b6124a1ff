//! What an enterprise has: its vouchers with what is left of them, its claims with what it is to do.

use askama::Template;
use chrono::NaiveDate;

use super::cases::{Bar, bar};
use super::doc::Doc;
use super::layout::Frame;
use super::records::cell::short;
use super::texts::T;
use super::visit::{Shown, Visit, render};

struct Voucher {
    id: String,
    number: String,
    programme: String,
    state: String,
    tone: &'static str,
    available: String,
    face: String,
    bars: Vec<Bar>,
    until: String,
    left: String,
    /// Whether its end is near.
    near: bool,
}

struct Claim {
    id: String,
    number: String,
    kind: String,
    programme: String,
    amount: String,
    paid: String,
    state: String,
    tone: &'static str,
    to_do: &'static str,
}

#[derive(Template)]
#[template(path = "mine/mine.html")]
struct MinePage {
    page: Frame,
    t: T,
    organisation: String,
    vouchers: Vec<Voucher>,
    claims: Vec<Claim>,
}

/// A voucher that ends within these days is shown as urgent.
const NEAR_DAYS: i64 = 30;

/// `GET /mine`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let vouchers = visit.read_whole("/v1/vouchers?limit=200").await?;
    let claims = visit.read_whole("/v1/claims?limit=200").await?;
    let me = visit.look("/v1/me").await?;
    let today = me.text("business_date");
    let (mut mine, mut filed) = (Vec::new(), Vec::new());
    for found in vouchers.list("data").iter().rev() {
        mine.push(voucher(visit, found, &today).await);
    }
    for found in claims.list("data").iter().rev() {
        filed.push(claim(visit, found).await);
    }
    let page = MinePage {
        t,
        organisation: visit.organisation(&me.text("organisation")).await,
        vouchers: mine,
        claims: filed,
        page: visit.frame(t.mine().to_owned(), Vec::new()).await,
    };
    render(&page)
}

async fn voucher(visit: &Visit<'_>, found: &Doc, today: &str) -> Voucher {
    let (t, id, number) = (visit.t, found.text("id"), found.text("number"));
    let days = || {
        let until: NaiveDate = found.text("valid_until").parse().ok()?;
        Some((until - today.parse::<NaiveDate>().ok()?).num_days())
    };
    let usable = ["issued", "partly_redeemed"].contains(&found.text("status").as_str());
    let days = days().filter(|_| usable);
    Voucher {
        number: if number.is_empty() { short(&id) } else { number },
        id,
        programme: visit.programme(&found.text("programme")).await,
        state: t.word(&found.text("status")),
        tone: t.tone(&found.text("status")),
        available: found.money("balance.available"),
        face: found.money("face_value"),
        bars: bar(t, &found.at("balance")),
        until: found.text("valid_until"),
        left: match days {
            Some(days) if days < 0 => t.days_over(-days),
            Some(days) => t.days_left(days),
            None => String::new(),
        },
        near: days.is_some_and(|days| days <= NEAR_DAYS),
    }
}

async fn claim(visit: &Visit<'_>, found: &Doc) -> Claim {
    let (t, id) = (visit.t, found.text("id"));
    Claim {
        number: short(&id),
        id,
        kind: t.word(&found.text("kind")),
        programme: visit.programme(&found.text("programme")).await,
        amount: found.money("amount"),
        paid: found.money("paid"),
        state: t.word(&found.text("status")),
        tone: t.tone(&found.text("status")),
        to_do: match found.text("status").as_str() {
            "draft" => t.to_submit(),
            "returned" => t.to_mend(),
            "submitted" | "reviewed" => t.wait(),
            _ => t.nothing_missing(),
        },
    }
}
