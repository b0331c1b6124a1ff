//! Every report as a table, with its filters, its files, and its figures leading on.

use askama::Template;

use super::{exports, href};
use crate::acts::{FieldView, Input};
use crate::doc::Doc;
use crate::figures;
use crate::form::Refusal;
use crate::layout::{Frame, Link};
use crate::records::cell::short;
use crate::records::choices::{ORGANISATIONS, PROGRAMMES};
use crate::texts::T;
use crate::visit::{Shown, Visit, render};
use crate::words;
use subsidy_core::domain::CreditCode;
use subsidy_core::ledger::Account;
use subsidy_http::route::{Method, Route};
use subsidy_http::routes::ROUTES;
use subsidy_reports::ageing;
use uuid::Uuid;

/// Parameters that are no filters of a table.
const NO_FILTERS: [&str; 3] = ["limit", "cursor", "format"];

struct Listed {
    href: String,
    name: &'static str,
    files: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "books/reports.html")]
struct ReportsPage {
    page: Frame,
    t: T,
    reports: Vec<Listed>,
}

/// The reports that somebody may read, in the order of the routes.
fn allowed<'a>(visit: &'a Visit<'_>) -> impl Iterator<Item = &'static Route> + 'a {
    let actor = &visit.who.identity.actor;
    let reports = ROUTES.iter().filter(|route| route.method == Method::Get);
    let reports = reports.filter(|route| route.path.starts_with("/v1/reports/"));
    reports.filter(move |route| route.permission.allows(actor))
}

fn name(t: T, route: &Route) -> &'static str {
    let [zh, en] = route.summary;
    if t.is_english() { en } else { zh }
}

/// `GET /reports`
pub async fn reports(visit: &Visit<'_>) -> Shown {
    let listed = allowed(visit).map(|route| {
        let href = href(route.path);
        let files = if asks_first(route) || is_text(route) { Vec::new() } else { exports(&href, &[]) };
        let href = if is_text(route) { format!("{href}?format=hledger") } else { href };
        Listed { href, name: name(visit.t, route), files }
    });
    let reports = listed.collect();
    let page = visit.frame(visit.t.reports().to_owned(), Vec::new()).await;
    render(&ReportsPage { page, t: visit.t, reports })
}

/// Whether it answers with a text of its own, not with a table.
fn is_text(route: &Route) -> bool {
    route.gives.media_type == "text/plain"
}

/// Whether there is nothing to show before something is filled in; an account statement wants an account or a flow.
fn asks_first(route: &Route) -> bool {
    route.path == "/v1/reports/account-statement"
        || route.query.iter().any(|param| route.requires(param.name))
}

/// The most rows on a page: the others are on the next one, or in a file.
const ROWS_MAX: usize = 50;

#[derive(Default)]
struct Cell {
    text: String,
    href: String,
    number: bool,
    /// Whether it is a long name, which may take two lines.
    wraps: bool,
    /// Whether machines read it.
    is_code: bool,
}

struct Column {
    name: String,
    number: bool,
}

#[derive(Template)]
#[template(path = "books/report.html")]
struct ReportPage {
    page: Frame,
    t: T,
    path: String,
    about: String,
    filters: Vec<FieldView>,
    /// Those of many that are seldom set, and whether any is.
    rare: Vec<FieldView>,
    rare_set: bool,
    /// What every row says alike: it stands once above them, and leaves the figures room.
    alike: Vec<(String, Cell)>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    totals: Vec<Cell>,
    /// How many rows the report has, where that is known.
    in_all: String,
    exports: Vec<(&'static str, String)>,
    next: String,
    /// Whether the rows, and what they sum to, are those of a page of several.
    is_part: bool,
    /// The first page, for whoever came to an end without rows.
    first: String,
    /// Whether a parameter is missing without which there is nothing to show.
    asks: bool,
}

/// `GET /reports/{name}`
pub async fn report(visit: &Visit<'_>) -> Shown {
    let (t, path) = (visit.t, format!("/reports/{}", visit.part(1)));
    let target = format!("/v1{path}");
    let Some(route) = allowed(visit).find(|route| route.path == target) else {
        // the API says what is wrong with it, in its own words
        return Err(visit.read(&target).await.err().unwrap_or_else(|| Refusal {
            status: 404,
            title: t.none_found().to_owned(),
            ..Refusal::default()
        }));
    };
    let missing = route.query.iter().any(|p| route.requires(p.name) && visit.filter(p.name).is_empty())
        || asks_first(route) && visit.query.is_empty();
    let found = if missing { Doc::default() } else { visit.read(&asked(visit, route)).await? };
    // a long report is taken apart once: its rows are many
    let listed = found.list("rows");
    let used = used(visit.t, &found, &listed);
    let mut columns = columns(t, &listed, &used);
    // what is offered to filter by has names already
    let (filters, rare) = told_apart(filters(visit, route).await);
    let keys: Vec<String> = used.iter().map(|column| column.text("key")).collect();
    visit.learn_organisations(listed.iter().flat_map(|row| keys.iter().map(|key| row.text(key)))).await;
    let mut rows = Vec::new();
    for row in listed {
        let mut cells = Vec::new();
        for key in &keys {
            cells.push(cell(visit, &row, key).await);
        }
        rows.push(cells);
    }
    let cursor = found.text("next_cursor");
    let is_part = !cursor.is_empty() || !visit.filter("cursor").is_empty();
    let mut totals = totals(&found, &used);
    let alike = take_alike(&mut columns, &mut rows, &mut totals);
    let are_of_page = found.text("totals_of") == "page";
    if let Some(first) = totals.first_mut().filter(|first| is_part && first.text.is_empty()) {
        let of = if are_of_page { t.of_this_page() } else { t.of_all_pages() };
        of.clone_into(&mut first.text);
    }
    let about = t.report_as_of(&found.text("as_of"), &found.text("known_at"));
    let crumbs = vec![Link::new("/reports", t.reports())];
    render(&ReportPage {
        t,
        about: if missing { String::new() } else { about },
        filters,
        rare_set: rare.iter().any(|filter| !filter.value.is_empty()),
        rare,
        totals,
        is_part,
        first: visit.without("cursor"),
        in_all: found.text("rows_in_all"),
        alike,
        columns,
        rows,
        exports: if missing { Vec::new() } else { exports(&path, &whole(visit, &found)) },
        next: if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) },
        path,
        asks: missing,
        page: visit.frame(name(t, route).to_owned(), crumbs).await,
    })
}

/// What a report is asked: a page of it, where it has pages.
fn asked(visit: &Visit<'_>, route: &Route) -> String {
    let asked = visit.filtered(route.path);
    let has_pages = route.query.iter().any(|param| param.name == "limit");
    if !has_pages || !visit.filter("limit").is_empty() {
        return asked;
    }
    format!("{asked}{}limit={ROWS_MAX}", if asked.contains('?') { '&' } else { '?' })
}

/// What a file of the whole report is asked, as of when the page is.
fn whole(visit: &Visit<'_>, found: &Doc) -> Vec<(String, String)> {
    let pinned = ["as_of", "known_at"];
    let filters = visit
        .query
        .iter()
        .filter(|(name, _)| !NO_FILTERS.contains(&name.as_str()) && !pinned.contains(&name.as_str()));
    let pins = pinned.map(|name| (name.to_owned(), found.text(name)));
    filters.cloned().chain(pins.into_iter().filter(|(_, value)| !value.is_empty())).collect()
}

async fn filters(visit: &Visit<'_>, route: &'static Route) -> Vec<FieldView> {
    let mut filters = Vec::new();
    for param in route.query.iter().filter(|param| !NO_FILTERS.contains(&param.name)) {
        let is_waiting = param.name == "kind" && route.path == "/v1/reports/ageing";
        let input = match param.name {
            "programme" => PROGRAMMES,
            "organisation" => ORGANISATIONS,
            "as_of" | "from" | "until" => Input::Date,
            "kind" if is_waiting => Input::Choice(&ageing::KINDS),
            _ => Input::Text,
        };
        let label = visit.t.filter_name(if is_waiting { "waiting" } else { param.name });
        let mut filter = FieldView::filter(visit, (param.name, input), label).await;
        filter.must = route.requires(param.name);
        filter.offer_all(visit.t);
        filters.push(filter);
    }
    filters
}

/// So many filters are shown together: more would fill a small screen.
const FILTERS_MAX: usize = 6;
/// What a report is mostly narrowed by.
const COMMON: [&str; 12] = [
    "account",
    "flow",
    "programme",
    "organisation",
    "subject",
    "document",
    "from",
    "until",
    "as_of",
    "by",
    "kind",
    "code",
];

/// Of many filters those that are set often, and the others.
fn told_apart(filters: Vec<FieldView>) -> (Vec<FieldView>, Vec<FieldView>) {
    if filters.len() <= FILTERS_MAX {
        return (filters, Vec::new());
    }
    filters.into_iter().partition(|filter| filter.must || COMMON.contains(&filter.name.as_str()))
}

/// The columns in which anything stands, here or on another page, in the language of the page; a file has all of them.
fn used(t: T, found: &Doc, rows: &[Doc]) -> Vec<Doc> {
    let other_language = if t.is_english() { "name_zh" } else { "name_en" };
    let totals = found.at("totals");
    let stands =
        |key: &str| rows.iter().any(|row| row.has(key)) || !["", "0.00"].contains(&totals.text(key).as_str());
    let columns = found.list("columns").into_iter();
    // an exact share is for files
    let left_out = ["execution_rate_fraction", other_language];
    let columns = columns.filter(|column| !left_out.contains(&column.text("key").as_str()));
    columns.filter(|column| stands(&column.text("key"))).collect()
}

/// The half in the language of the page of `元 CNY`; of what has no halves, the whole.
fn in_language(t: T, both: &str) -> &str {
    both.rsplit_once(' ').map_or(both, |(zh, en)| if t.is_english() { en } else { zh })
}

/// A report names its columns `日期 effective_date`.
fn columns(t: T, rows: &[Doc], used: &[Doc]) -> Vec<Column> {
    let column = |column: &Doc| {
        let (name, key) = (column.text("name"), column.text("key"));
        let number = rows.iter().all(|row| !row.has(&key) || is_amount(&row.text(&key)));
        // a code of several words reads as they do
        let name = in_language(t, &name).trim_end_matches("_en").replace('_', " ");
        Column { name, number }
    };
    used.iter().map(column).collect()
}

/// `-1234.56`; numbers without a fraction may be codes.
fn is_amount(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.trim_start_matches('-').split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part))
}

/// A cell: codes by their names, amounts with separators, figures with what they lead to.
async fn cell(visit: &Visit<'_>, row: &Doc, key: &str) -> Cell {
    let text = row.text(key);
    let href = followed(visit, &row.text(&format!("links.{key}")));
    // a provider, a bank and the other party of a contract are organisations too
    let is_organisation = CreditCode::parse(&text).is_ok();
    let (number, wraps) = (is_amount(&text), is_organisation || key == "programme");
    let text = match key {
        _ if is_organisation => visit.organisation(&text).await,
        "programme" => visit.programme(&text).await,
        // a subject may be a contract or a loan that more than one programme paid for
        "document" | "subject" | "grant" if Uuid::parse_str(&text).is_ok() => short(&text),
        "document" => document(visit, text).await,
        _ if key == "subject" || key.ends_with("_by") => visit.person(&text),
        "recorded_at" => figures::time(&text),
        "role" | "roles" | "granted" => roles(visit.t, &text),
        "metric" => visit.t.word(&format!("metric.{text}")),
        "step" => visit.t.funnel_step(&text).to_owned(),
        "detail" => detail(visit.t, |subject| visit.person(subject), &text),
        "unit" => in_language(visit.t, &text).to_owned(),
        // a report names accounts in Chinese
        "name" if visit.t.is_english() => {
            Account::parse(&row.text("account")).map_or(text, |account| account.name_en().to_owned())
        }
        _ if number => figures::amount(&text),
        _ => visit.t.word(&text),
    };
    Cell { text, href, number, wraps, is_code: ["document", "grant", "path"].contains(&key) }
}

/// Where a figure leads, for whoever may open it.
fn followed(visit: &Visit<'_>, target: &str) -> String {
    let page = href(target);
    let may_open = || visit.may(Method::Get, target.split('?').next().unwrap_or_default());
    if page.is_empty() || may_open() { page } else { String::new() }
}

/// A document that has no id: a year of a bank's prefunds by the bank's name, a programme or a list as it is.
async fn document(visit: &Visit<'_>, text: String) -> String {
    match text.split_once('/') {
        Some((bank, year)) if CreditCode::parse(bank).is_ok() => {
            format!("{} {year}", visit.organisation(bank).await)
        }
        _ => text,
    }
}

fn roles(t: T, text: &str) -> String {
    let roles = text.split([',', ' ']).filter(|role| !role.is_empty());
    roles.map(|role| role.parse().map_or(role, |role| t.role(role))).collect::<Vec<_>>().join(" · ")
}

/// `approve_claim 2025-06-30T…`, `closed by issuer#sub`: codes and people by their names, instants as people read them.
fn detail(t: T, person: impl Fn(&str) -> String, text: &str) -> String {
    let word = |(before, written): (&str, &str)| {
        let plain = written.trim_end_matches([',', ';']);
        let end = written.strip_prefix(plain).unwrap_or_default();
        let named = || words::of(&format!("detail.{plain}"), t.is_english());
        let said = match plain {
            _ if plain.len() > 19 && plain.contains('T') => figures::time(plain),
            _ if before == "by" && plain.contains('#') => person(plain),
            _ => named().map_or_else(|| t.word(plain), str::to_owned),
        };
        said + end
    };
    let before = std::iter::once("").chain(text.split(' '));
    before.zip(text.split(' ')).map(word).collect::<Vec<_>>().join(" ")
}

/// Rows from which on what all of them say alike is said once.
const ALIKE_FROM: usize = 3;

/// Takes out the columns of words that say the same, and lead to the same, in every row.
fn take_alike(
    columns: &mut Vec<Column>,
    rows: &mut [Vec<Cell>],
    totals: &mut Vec<Cell>,
) -> Vec<(String, Cell)> {
    let mut alike = Vec::new();
    for place in (0..columns.len()).rev() {
        let mut texts = rows.iter().filter_map(|cells| cells.get(place)).map(|cell| (&cell.text, &cell.href));
        let first = texts.next();
        let is_alike = rows.len() >= ALIKE_FROM && texts.all(|text| Some(text) == first);
        if !is_alike || columns.get(place).is_none_or(|column| column.number) {
            continue;
        }
        let column = columns.remove(place);
        if place < totals.len() {
            totals.remove(place);
        }
        let mut cells = rows.iter_mut().map(|cells| cells.remove(place));
        alike.extend(cells.next().map(|cell| (column.name, cell)));
        cells.for_each(drop);
    }
    alike.reverse();
    alike
}

/// The sums under the columns.
fn totals(found: &Doc, used: &[Doc]) -> Vec<Cell> {
    let totals = found.at("totals");
    if totals.0.as_object().is_none_or(|members| members.is_empty()) {
        return Vec::new();
    }
    let cell = |column: &Doc| {
        let text = totals.money(&column.text("key"));
        Cell { number: !text.is_empty(), text, ..Cell::default() }
    };
    used.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Cell {
        Cell { text: text.to_owned(), ..Cell::default() }
    }

    #[test]
    fn a_detail_is_said_in_the_language_of_the_page() {
        let written = "24112000000122020542 issued 2025-01-02, brought 2025-01-01";
        let said = |t, text| detail(t, |subject| format!("[{subject}]"), text);
        assert_eq!(said(T::chinese(), written), "24112000000122020542 开票 2025-01-02, 提交 2025-01-01");
        assert_eq!(said(T::english(), written), written);
        assert_eq!(said(T::chinese(), "24112000000122020542 3 files"), "24112000000122020542 3 个文件");
        assert!(said(T::chinese(), "approve_claim 2025-06-30T23:59:01Z").starts_with("批准申领 2025-07-01"));
        // a person is called so where somebody did it, and a reason is left as it was written
        assert_eq!(
            said(T::chinese(), "closed by i#chen 2025-02-01; 见#3"),
            "结账 经手 [i#chen] 2025-02-01; 见#3"
        );
    }

    #[test]
    fn what_all_rows_say_alike_stands_once_and_figures_stay() {
        let column = |name: &str, number| Column { name: name.to_owned(), number };
        let table = |rows: &[[&str; 3]]| {
            let mut columns = vec![column("a", false), column("b", false), column("c", true)];
            let mut rows: Vec<Vec<_>> = rows.iter().map(|row| row.map(cell).into_iter().collect()).collect();
            let mut totals = ["", "", "2.00"].map(cell).into_iter().collect();
            let alike = take_alike(&mut columns, &mut rows, &mut totals);
            let alike: Vec<_> = alike.into_iter().map(|(name, cell)| (name, cell.text)).collect();
            (alike, columns.len(), rows.iter().map(Vec::len).collect::<Vec<_>>(), totals.len())
        };
        let same = ["x", "1", "1.00"];
        let (alike, columns, rows, totals) = table(&[same, ["x", "2", "1.00"], same]);
        assert_eq!(alike, [("a".to_owned(), "x".to_owned())]);
        assert_eq!((columns, rows, totals), (2, vec![2; 3], 2));
        // of few rows there is room for all
        assert_eq!(table(&[same, same]), (vec![], 3, vec![3; 2], 3));
        assert_eq!(table(&[]), (vec![], 3, vec![], 3));
    }
}
