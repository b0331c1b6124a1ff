//! The page of a document: its facts, its tables, what happened to it, what may be done with it.

use askama::Template;
use serde_json::json;

use super::cell::{Cell, Column, Show, cells, col, short, used};
use super::drawn::{self, UsedContract};
use super::{Table, at, table};
use crate::acts::Action;
use crate::cases::history::{self, Past};
use crate::doc::Doc;
use crate::form::Refusal;
use crate::layout::{Frame, Link};
use crate::texts::T;
use crate::visit::{Shown, Visit, render};

/// A row of a table, and what may be done with it.
#[derive(Debug, Clone)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub actions: Vec<Action>,
}

/// A table as it is shown.
#[derive(Debug, Clone)]
pub struct Rows {
    pub title: &'static str,
    pub columns: Vec<(String, &'static str)>,
    pub rows: Vec<Row>,
    pub acts: bool,
}

#[derive(Template)]
#[template(path = "records/one.html")]
struct OnePage {
    page: Frame,
    t: T,
    state: String,
    tone: &'static str,
    reason: String,
    facts: Vec<Cell>,
    tables: Vec<Rows>,
    files: Vec<Link>,
    /// Of a rental: what was used on it.
    usage: Option<UsedContract>,
    history: Vec<Past>,
    actions: Vec<Action>,
}

/// What a bank's file was understood to say, after it was brought.
const ANSWERS: Table = table(
    T::bank_answers,
    "answers",
    &[
        col("place", Show::Code),
        col("verdict", Show::State),
        col("claim_id", Show::At("/claims")),
        col("expected", Show::Money),
        col("amount", Show::Money),
        col("date", Show::Date),
        col("bank_reference", Show::Code),
        col("reason", Show::Text),
    ],
);

/// `GET /loans/{id}` and the like.
pub async fn one(visit: &Visit<'_>) -> Shown {
    let record = at(&visit.path).ok_or_else(Refusal::default)?;
    let (t, document) = (visit.t, visit.read(&format!("/v1{}", visit.path)).await?);
    let id = document.text(record.id);
    let facts = record.facts.iter().copied();
    let facts: Vec<Column> = facts.filter(|fact| shows(&document, fact)).collect();
    let mut tables = tables(visit, record.tables, &document).await;
    if visit.gathered.outcome.has("answers") {
        tables.splice(0..0, rows(visit, &ANSWERS, &visit.gathered.outcome).await);
    }
    let files = record.files.iter().filter_map(|(name, path)| {
        let target = document.fill(path)?;
        visit
            .may(subsidy_http::route::Method::Get, &target)
            .then(|| Link::new(target.strip_prefix("/v1").unwrap_or(&target), name(t)))
    });
    let papers =
        record.papers.iter().map(|(name, place)| Link::new(format!("{}/{place}", visit.path), name(t)));
    let first = cells(visit, &document, record.columns.get(..1).unwrap_or_default()).await;
    let name = match first.into_iter().next().map(|cell| cell.text) {
        Some(name) if !name.is_empty() && name != id => name,
        _ if id.len() == 36 => short(&id),
        _ => id.clone(),
    };
    let mut actions = Action::all(visit, record.acts, &document).await;
    actions.extend(Action::folded(visit, record.offers, &document).await);
    let status = document.text("status");
    let crumbs = vec![Link::new(record.path, (record.title)(t))];
    let page = OnePage {
        t,
        state: t.word(&status),
        tone: t.tone(&status),
        reason: document.text("reason"),
        facts: cells(visit, &document, &facts).await,
        tables,
        files: files.chain(papers).collect(),
        usage: drawn::of(visit, &document).await,
        history: history::of(visit, &id, &document).await,
        actions,
        page: visit.frame(format!("{} {name}", t.heading(record.noun)), crumbs).await,
    };
    render(&page)
}

/// A fact that is not there is not shown, nor a sum of nothing.
fn shows(document: &Doc, fact: &Column) -> bool {
    document.has(fact.member)
        && document.text(fact.member) != "0.00"
        && (fact.show == Show::Title
            || !document.text(fact.member).is_empty()
            || !document.list(fact.member).is_empty())
}

/// Those that whoever looks may read.
pub async fn tables(visit: &Visit<'_>, tables: &[Table], document: &Doc) -> Vec<Rows> {
    let mut shown = Vec::new();
    for table in tables {
        shown.extend(rows(visit, table, document).await);
    }
    shown
}

async fn rows(visit: &Visit<'_>, table: &Table, document: &Doc) -> Option<Rows> {
    let found = match table.read {
        "" => document.clone(),
        read => {
            let target = document.fill(read)?;
            let path = target.split('?').next().unwrap_or_default();
            if !visit.may(subsidy_http::route::Method::Get, path) {
                return None;
            }
            visit.read_whole(&target).await.unwrap_or_default()
        }
    };
    let (mut shown, mut actions) = (Vec::new(), Vec::new());
    for found in found.list(table.member) {
        shown.push(cells(visit, &found, table.columns).await);
        // a row may have an id of its own
        let row = document.with(&found).with(&Doc(json!({ "document_id": document.text("id") })));
        actions.push(Action::each(visit, table.acts, &row).await);
    }
    let columns = used(&mut shown);
    let rows: Vec<Row> =
        shown.into_iter().zip(actions).map(|(cells, actions)| Row { cells, actions }).collect();
    let acts = rows.iter().any(|row| !row.actions.is_empty());
    Some(Rows { title: (table.title)(visit.t), columns, rows, acts })
}
