//! The state of the budgets at a glance: by programme, by month, and how long things wait.

mod drawn;

use askama::Template;

use super::doc::Doc;
use super::layout::Frame;
use super::texts::T;
use super::visit::{Shown, Visit, render};
use drawn::{Column, Heat, Strip, Tick};

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
    let execution = visit.read("/v1/reports/budget-execution").await?;
    let ageing = visit.read("/v1/reports/ageing").await?;
    let months = drawn::months(t, &execution);
    let mut strips = Vec::new();
    for strip in drawn::strips(t, &execution) {
        strips.push(Strip { name: visit.programme(&strip.code).await, ..strip });
    }
    render(&DashboardPage {
        t,
        about: t.report_as_of(&execution.text("as_of"), &execution.text("known_at")),
        strips,
        scale: drawn::scale(&months),
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
