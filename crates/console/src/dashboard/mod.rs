//! The state of the budgets at a glance: by month, by programme, how far cases came, to whom money goes, and how long
//! things wait. What each picture shows is a report of the API, and its formula stands in `docs/auditors.md`.

pub mod drawn;
mod flow;
mod funnel;

use askama::Template;

use super::doc::Doc;
use super::layout::Frame;
use super::texts::T;
use super::visit::{Shown, Visit, render};
use drawn::{Column, Heat, Strip, Tick};
use flow::Drawing;
use funnel::Funnel;

#[derive(Template)]
#[template(path = "dashboard/dashboard.html")]
struct DashboardPage {
    page: Frame,
    t: T,
    about: String,
    strips: Vec<Strip>,
    months: Vec<Column>,
    scale: Vec<Tick>,
    width: usize,
    parts: Vec<(&'static str, &'static str)>,
    heat: Vec<Heat>,
    /// The budget and last year's payments as lines through the months.
    budget: String,
    before: String,
    /// Whether the budget lies above the picture.
    above: bool,
    funnels: Vec<Funnel>,
    flow: Drawing,
    /// Whether the pictures are there that take a long ledger some seconds.
    all: bool,
}

/// What becomes of a budget, from what is paid to what is free: member, class, account.
const PARTS: [(&str, &str, &str); 5] = [
    ("expended", "k3", "B2008"),
    ("approved", "k4", "B2007"),
    ("committed", "k2", "B2003,B2004,B2005,B2006"),
    ("reserved", "k5", "B2002"),
    ("available", "k1", "B2001"),
];

/// `GET /dashboard`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let execution = visit.read("/v1/reports/budget-execution?by=programme").await?;
    let last: Option<i64> = execution.text("known_at").parse().ok();
    let all = visit.shows_all(last.map(|last| last + 1));
    let read = async |target: &str| if all { visit.read(target).await } else { Ok(Doc::default()) };
    let ageing = read("/v1/reports/ageing").await?;
    let (months, above) = drawn::months(t, &execution);
    let funnel = read("/v1/reports/funnel").await?;
    let flow = read("/v1/reports/flow").await?;
    let mut strips = Vec::new();
    for strip in drawn::strips(t, &execution) {
        strips.push(Strip { name: visit.programme(&strip.code).await, ..strip });
    }
    render(&DashboardPage {
        t,
        about: t.report_as_of(&execution.text("as_of"), &execution.text("known_at")),
        strips,
        scale: drawn::scale(&execution),
        budget: drawn::line(months.iter().map(|month| (month.x, &month.budget))),
        before: drawn::line(months.iter().filter_map(|month| Some((month.x, month.before.as_ref()?)))),
        above,
        funnels: funnel::funnels(visit, &funnel).await,
        flow: flow::drawing(visit, &flow).await,
        all,
        width: 100 + months.len().max(12) * 66,
        months,
        parts: PARTS.iter().map(|(member, class, _)| (part(t, member), *class)).collect(),
        heat: drawn::heat(t, &ageing),
        page: visit.frame(t.dashboard().to_owned(), Vec::new()).await,
    })
}

/// What a part of a budget is called.
fn part(t: T, member: &str) -> &'static str {
    match member {
        "expended" => t.expended(),
        "approved" => t.approved_payable(),
        "committed" => t.committed(),
        "reserved" => t.reserved(),
        _ => t.available(),
    }
}

/// The rows of a report of which one member has one value.
fn of<'a>(report: &'a [Doc], member: &'a str, value: &'a str) -> impl Iterator<Item = &'a Doc> {
    report.iter().filter(move |row| row.text(member) == value)
}
