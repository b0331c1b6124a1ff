//! The page of a list: filters in the address, a row a document, the sum of what is shown.

use askama::Template;
use futures_util::StreamExt;
use subsidy_core::domain::Money;

use super::cell::{Cell, Show, cells, used};
use super::one::Row;
use super::{Record, at};
use crate::acts::{Action, FieldView};
use crate::doc::Doc;
use crate::figures;
use crate::form::Refusal;
use crate::layout::Frame;
use crate::texts::T;
use crate::visit::{Shown, Visit, render};

/// How many rows look up their names at once.
const AT_ONCE: usize = 4;

#[derive(Template)]
#[template(path = "records/list.html")]
struct ListPage {
    page: Frame,
    t: T,
    path: &'static str,
    columns: Vec<(String, &'static str)>,
    rows: Vec<Row>,
    acts: bool,
    filters: Vec<FieldView>,
    /// What is in force.
    now: Vec<Cell>,
    /// Of the last column.
    sum: String,
    filtered: bool,
    /// What an empty list says.
    hint: &'static str,
    next: String,
    first: bool,
    /// What it is exported as, and where.
    exports: Vec<(&'static str, String)>,
    creations: Vec<Action>,
    /// Whether the address says what one of them is to begin with.
    told: bool,
}

/// `GET /loans` and the like.
pub async fn list(visit: &Visit<'_>) -> Shown {
    let record = at(&visit.path).ok_or_else(Refusal::default)?;
    let found = visit.read(&visit.filtered(&format!("/v1{}", record.path))).await?;
    let documents = found.list("data");
    let parties = record.columns.iter().filter(|column| matches!(column.show, Show::Party | Show::Listed));
    let parties = parties.flat_map(|column| documents.iter().map(|found| found.text(column.member)));
    visit.learn_organisations(parties).await;
    let rows = futures_util::stream::iter(documents.iter().map(|found| row(visit, record, found)));
    let (mut shown, actions): (Vec<_>, Vec<_>) = rows.buffered(AT_ONCE).unzip().await;
    let columns = used(&mut shown);
    let rows: Vec<Row> =
        shown.into_iter().zip(actions).map(|(cells, actions)| Row { cells, actions }).collect();
    let mut filters = Vec::new();
    for (name, input) in record.filters {
        let label = visit.t.field(&format!("{}.{name}", record.noun));
        let mut filter = FieldView::filter(visit, (*name, *input), label).await;
        filter.offer_all(visit.t);
        filters.push(filter);
    }
    let now = match record.now {
        Some((read, columns)) => cells(visit, &visit.read(read).await?, columns).await,
        None => Vec::new(),
    };
    let cursor = found.text("next_cursor");
    let creations = Action::each(visit, record.creates, &Doc::default()).await;
    render(&ListPage {
        t: visit.t,
        path: record.path,
        columns,
        acts: rows.iter().any(|row| !row.actions.is_empty()),
        filters,
        now,
        sum: if rows.is_empty() { String::new() } else { sum(record, &documents) },
        hint: if creations.is_empty() { visit.t.nothing_yet_hint() } else { visit.t.nothing_yet_make() },
        filtered: visit.query.iter().any(|(name, _)| name != "cursor"),
        next: if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) },
        first: visit.filter("cursor").is_empty(),
        told: visit.query.iter().any(|(name, _)| name.starts_with('.')),
        exports: super::FORMATS.map(|format| (format, visit.with("format", format))).to_vec(),
        creations,
        page: visit.frame((record.title)(visit.t).to_owned(), Vec::new()).await,
        rows,
    })
}

async fn row(visit: &Visit<'_>, record: &Record, found: &Doc) -> (Vec<Cell>, Vec<Action>) {
    let mut cells = cells(visit, found, record.columns).await;
    if record.id.is_empty() {
        return (cells, Action::each(visit, record.acts, found).await);
    }
    if let Some(first) = cells.first_mut() {
        let at = if record.page.is_empty() { record.path } else { record.page };
        first.href = format!("{at}/{}", found.text(record.id));
    }
    (cells, Vec::new())
}

fn sum(record: &Record, documents: &[Doc]) -> String {
    let amounts = documents.iter().filter_map(|found| Money::parse(&found.text(record.sum)).ok());
    let sum = Money::sum(amounts).map(|sum| figures::amount(&sum.to_string()));
    if record.sum.is_empty() { String::new() } else { sum.unwrap_or_default() }
}
