//! A member of an answer as a table or a list of facts shows it.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::doc::Doc;
use crate::texts::{T, with_capital};
use crate::visit::Visit;
use subsidy_http::route::Method;

/// How a member is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    Text,
    /// What machines read: numbers of contracts, digests.
    Code,
    /// Its number; where it has none, the end of its id.
    Number,
    Money,
    /// A text that has both languages.
    Title,
    Percent,
    Date,
    Time,
    /// A code of the API by its name; several of them.
    Word,
    State,
    Truth,
    Party,
    /// What is on a list: an organisation by its name, a contract or a loan by the end of its id.
    Listed,
    Programme,
    Person,
    Role,
    /// The end of an id.
    Short,
    /// Days with what they are.
    Days,
    /// What a task waits with, where it is done.
    Task,
    /// A document by its id, at this path; what stands in braces is a member beside it.
    At(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// `amount`, `period.from`
    pub member: &'static str,
    pub show: Show,
    /// What it is called, where the name of its member would mislead.
    label: Option<fn(T) -> &'static str>,
}

pub const fn col(member: &'static str, show: Show) -> Column {
    Column { member, show, label: None }
}

impl Column {
    pub const fn called(mut self, label: fn(T) -> &'static str) -> Self {
        self.label = Some(label);
        self
    }

    /// What stands at its head.
    pub fn name(&self, t: T) -> &'static str {
        self.label.map_or_else(|| t.member(self.member), |label| label(t))
    }
}

#[derive(Debug, Clone, Default)]
pub struct Cell {
    pub label: String,
    pub text: String,
    pub href: String,
    /// How the stylesheet colours a state.
    pub tone: &'static str,
    /// A class of the stylesheet.
    pub class: &'static str,
}

/// The end of an id, by which people tell documents without a number apart.
pub fn short(id: &str) -> String {
    let from = id.len().saturating_sub(8);
    id.get(from..).unwrap_or(id).to_uppercase()
}

pub fn cell<'a>(visit: &'a Visit<'_>, doc: &'a Doc, column: &'a Column) -> LocalBoxFuture<'a, Cell> {
    async move {
        let show = match column.show {
            Show::Listed if doc.text("subject.kind") == "organisation" => Show::Party,
            Show::Listed => Show::At("/{subject.kind}s"),
            show => show,
        };
        let (t, value) = (visit.t, doc.text(column.member));
        let mut cell = Cell { label: with_capital(column.name(t)), ..Cell::default() };
        if matches!(show, Show::Number | Show::Code | Show::Short | Show::Task | Show::At(_)) {
            cell.class = "code";
        }
        cell.text = match show {
            Show::Text | Show::Code | Show::Listed => value,
            Show::Number if value.is_empty() => short(&doc.text("id")),
            Show::Number => value,
            Show::Money => {
                cell.class = "num";
                doc.money(column.member)
            }
            Show::Title => {
                doc.text(&format!("{}.{}", column.member, if t.is_english() { "en" } else { "zh" }))
            }
            Show::Percent => {
                cell.class = "num";
                if value.is_empty() { value } else { format!("{value}%") }
            }
            Show::Date => {
                cell.class = "tab keep";
                value
            }
            Show::Time => {
                cell.class = "tab keep";
                doc.time(column.member)
            }
            Show::Word if value.is_empty() => {
                let words = doc.list(column.member);
                words.iter().map(|word| t.word(&word.own_text())).collect::<Vec<_>>().join(" · ")
            }
            Show::Word => t.word(&value),
            Show::State => {
                cell.tone = t.tone(&value);
                t.word(&value)
            }
            Show::Truth => match value.as_str() {
                "true" => t.yes().to_owned(),
                "false" => t.no().to_owned(),
                _ => String::new(),
            },
            Show::Party => {
                cell.class = "party";
                let name = visit.organisation(&value).await;
                // whoever is named need not be seen: providers are named to those who name them in a contract
                if name != value && visit.opens_organisation(&value) {
                    cell.href = format!("/organisations/{value}");
                }
                name
            }
            Show::Programme => {
                if !value.is_empty() && visit.may(Method::Get, "/v1/programmes/-") {
                    cell.href = format!("/programmes/{value}");
                }
                visit.programme(&value).await
            }
            Show::Person => visit.person(&value),
            Show::Role => t.role_word(&value),
            Show::Short => short(&value),
            Show::Task => {
                cell.href = done_at(doc);
                let first = value.split('/').next().unwrap_or_default();
                if first.len() == 36 { short(first) } else { value }
            }
            Show::Days => {
                let days = doc.list(column.member).into_iter();
                let days = days.map(|day| format!("{} {}", day.text("date"), t.word(&day.text("kind"))));
                days.collect::<Vec<_>>().join(t.semicolon())
            }
            Show::At(path) => {
                // what is longer is the number of an invoice
                let is_number =
                    (1..16).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
                let is_id = value.len() == 36 || is_number;
                let party = doc.text("organisation");
                // a call names every award, and an award is read by its own organisation
                let is_foreign = path == "/awards" && !party.is_empty() && !visit.opens_organisation(&party);
                let is_id = is_id && !is_foreign;
                if let Some(path) =
                    doc.fill(path).filter(|path| is_id && visit.may(Method::Get, &format!("/v1{path}/-")))
                {
                    cell.href = format!("{path}/{value}");
                }
                if value.len() == 36 { short(&value) } else { value }
            }
        };
        cell
    }
    .boxed_local()
}

pub async fn cells(visit: &Visit<'_>, doc: &Doc, columns: &[Column]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for column in columns {
        cells.push(cell(visit, doc, column).await);
    }
    cells
}

/// The columns of a table in which anything stands; cells of others are dropped.
pub fn used(rows: &mut [Vec<Cell>]) -> Vec<(String, &'static str)> {
    let Some(first) = rows.first() else { return Vec::new() };
    let kept: Vec<bool> = (0..first.len())
        .map(|place| rows.iter().any(|row| row.get(place).is_some_and(|cell| !cell.text.is_empty())))
        .collect();
    for row in rows.iter_mut() {
        let mut places = kept.iter();
        row.retain(|_| places.next().copied().unwrap_or_default());
    }
    rows.first().into_iter().flatten().map(|cell| (cell.label.clone(), cell.class)).collect()
}

/// Some members in a line of text.
pub async fn line(visit: &Visit<'_>, doc: &Doc, columns: &[Column]) -> String {
    let cells = cells(visit, doc, columns).await;
    let texts: Vec<String> =
        cells.into_iter().map(|cell| cell.text).filter(|text| !text.is_empty()).collect();
    texts.join(" · ")
}

/// Where a task is done; empty where it has no page.
pub fn done_at(task: &Doc) -> String {
    let id = if task.has("parent") { task.text("parent") } else { task.text("document") };
    let first = id.split('/').next().unwrap_or(&id);
    match task.text("kind").as_str() {
        "voucher" | "voucher_override" => format!("/vouchers/{first}"),
        "claim" | "claim_override" | "recalculation" | "objection" => format!("/claims/{first}"),
        "payment_batch" | "payment_result" | "payment_return" => format!("/payment-batches/{first}"),
        "recovery" => format!("/recoveries/{first}"),
        "prefund" => format!("/prefunds/{first}"),
        "true_up" => format!("/prefunds/true-ups/{first}"),
        "bank_account" => format!("/organisations/{first}"),
        "tag" | "tag_end" => format!("/tags/{first}"),
        "call" | "awards" => format!("/calls/{first}"),
        "application" => format!("/applications/{first}"),
        "award" | "acceptance" | "extension" | "award_objection" => format!("/awards/{first}"),
        "ranking" => format!("/rankings/{first}"),
        "statutory_limit" => format!("/statutory-limits/{first}"),
        "cap_group" => format!("/cap-groups/{first}"),
        "role_grant" => format!("/role-grants/{first}"),
        "tag_import" => format!("/tags/imports/{first}"),
        "usage_import" => format!("/rentals/{first}"),
        "calendar" => "/calendar/changes?status=proposed".to_owned(),
        "reversal" => "/ledger/reversals?status=proposed".to_owned(),
        "programme" if task.text("action") == "pay" => "/payment-batches".to_owned(),
        "programme" | "rules" | "appropriation" | "adjustment" | "lapse" => {
            task.fill("/programmes/{programme}").unwrap_or_default()
        }
        _ => String::new(),
    }
}
