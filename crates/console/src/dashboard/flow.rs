//! The flow of money: from the budget to programmes, to organisations, to those who delivered.

use std::collections::BTreeMap;

use subsidy_core::domain::Money;

use super::drawn::{share, shown};
use crate::books::href;
use crate::doc::Doc;
use crate::visit::{Visit, with_query};

/// The height of all money.
const HEIGHT: u32 = 300;
/// Between two parties of a column.
const GAP: u32 = 16;
/// The least height of a party: its name stands beside it.
const LEAST: u32 = 4;
/// Where the columns stand, and how wide a party is drawn.
const COLUMNS: [u32; 4] = [0, 190, 470, 750];
const WIDE: u32 = 14;
/// The most parties of a column; what the others have stands together.
const SHOWN_MAX: usize = 8;
/// The most characters of a name beside its party.
const NAME_MAX: usize = 15;

/// A name as far as there is room for it; the mark and the table say it whole.
fn short_name(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_MAX - 1).chain(['…']).collect()
}

/// Who has money in a column.
#[derive(Debug, Clone)]
pub struct Party {
    pub x: u32,
    pub y: u32,
    pub height: u32,
    pub name: String,
    /// The name as it stands beside it.
    pub label: String,
    pub amount: String,
    pub href: String,
}

/// Money from one to another.
#[derive(Debug, Clone)]
pub struct Ribbon {
    pub path: String,
    pub name: String,
    pub href: String,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct FlowRow {
    pub programme: String,
    pub organisation: String,
    pub provider: String,
    pub approved: String,
    pub approved_at: String,
    pub paid: String,
    pub paid_at: String,
}

#[derive(Debug, Clone, Default)]
pub struct Drawing {
    pub height: u32,
    pub parties: Vec<Party>,
    pub ribbons: Vec<Ribbon>,
    pub rows: Vec<FlowRow>,
    /// How many more rows the report has; empty where it has none.
    pub more: String,
}

/// The most rows of the table below.
const ROWS_MAX: usize = 40;

/// A party of a column by its code; the empty one is the budget, `*` all that are not shown.
type Key = (usize, String);

const OTHERS: &str = "*";

fn money(row: &Doc) -> Money {
    Money::parse_signed(&row.text("approved")).unwrap_or_default()
}

/// By what a column tells rows apart.
const MEMBERS: [&str; 3] = ["programme", "organisation", "provider"];

/// What each has of a column, the most first; those beyond the most that are shown are others.
fn ranked(rows: &[Doc], member: &str) -> Vec<String> {
    let mut sums: BTreeMap<String, Money> = BTreeMap::new();
    for row in rows {
        add(sums.entry(row.text(member)).or_default(), money(row));
    }
    let mut ranked: Vec<(Money, String)> = sums.into_iter().map(|(code, sum)| (sum, code)).collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    ranked.into_iter().take(SHOWN_MAX).map(|(_, code)| code).collect()
}

/// The codes of a row's parties, column after column.
fn places(row: &Doc, shown: &[Vec<String>; 3]) -> [Key; 4] {
    let mut keys = [(0, String::new()), (1, String::new()), (2, String::new()), (3, String::new())];
    for ((key, member), shown) in keys.iter_mut().skip(1).zip(MEMBERS).zip(shown) {
        let code = row.text(member);
        key.1 = if shown.contains(&code) { code } else { OTHERS.to_owned() };
    }
    keys
}

/// What a party has, what its ribbons come to on either side, and what was drawn of them.
#[derive(Debug, Clone, Copy, Default)]
struct Placed {
    sum: Money,
    came: Money,
    went: Money,
    y: u32,
    height: u32,
    left: u32,
    right: u32,
}

impl Placed {
    /// What it is drawn as: all ribbons of a side have room at it.
    fn drawn(self) -> Money {
        self.came.max(self.went)
    }
}

fn add(sum: &mut Money, more: Money) {
    *sum = sum.plus(more).unwrap_or(*sum);
}

/// What is between two parties, and what each party has.
#[derive(Debug)]
struct Net {
    parties: BTreeMap<Key, Placed>,
    edges: BTreeMap<(Key, Key), Money>,
    /// What the highest column is drawn as.
    highest: Money,
}

/// All rows summed before any is left out: a ribbon is then what the statement behind it comes to. Only where more came back
/// than was approved between two parties is nothing drawn; the table says it.
fn netted(rows: &[Doc], shown: &[Vec<String>; 3]) -> Net {
    let mut parties: BTreeMap<Key, Placed> = BTreeMap::new();
    let mut edges: BTreeMap<(Key, Key), Money> = BTreeMap::new();
    for row in rows {
        let keys = places(row, shown);
        for key in &keys {
            add(&mut parties.entry(key.clone()).or_default().sum, money(row));
        }
        for (from, to) in keys.iter().zip(keys.iter().skip(1)) {
            add(edges.entry((from.clone(), to.clone())).or_default(), money(row));
        }
    }
    edges.retain(|_, sum| sum.is_positive());
    for ((from, to), sum) in &edges {
        add(&mut parties.entry(from.clone()).or_default().went, *sum);
        add(&mut parties.entry(to.clone()).or_default().came, *sum);
    }
    parties.retain(|_, placed| placed.drawn().is_positive());
    let mut columns: BTreeMap<usize, Money> = BTreeMap::new();
    for (key, placed) in &parties {
        add(columns.entry(key.0).or_default(), placed.drawn());
    }
    Net { parties, edges, highest: columns.into_values().max().unwrap_or_default() }
}

/// The picture of a report of flows; empty where nothing is approved.
pub async fn drawing(visit: &Visit<'_>, report: &Doc) -> Drawing {
    let all = report.list("rows");
    let shown_codes = MEMBERS.map(|member| ranked(&all, member));
    let Net { mut parties, edges, highest } = netted(&all, &shown_codes);
    if highest.is_zero() {
        return Drawing::default();
    }
    let order = |key: &Key| {
        let column = key.0.checked_sub(1).and_then(|column| shown_codes.get(column));
        column.and_then(|codes| codes.iter().position(|code| *code == key.1)).unwrap_or(usize::MAX)
    };
    let mut keys: Vec<Key> = parties.keys().cloned().collect();
    keys.sort_by_key(|key| (key.0, order(key)));
    let mut ends = [0; 4];
    for key in &keys {
        let (Some(placed), Some(end)) = (parties.get_mut(key), ends.get_mut(key.0)) else { continue };
        placed.height = share(placed.drawn(), highest, HEIGHT).max(LEAST);
        placed.y = *end;
        *end += placed.height + GAP;
    }
    let mut drawing =
        Drawing { height: ends.into_iter().max().unwrap_or_default() + GAP, ..Drawing::default() };
    let drawn = keys.iter().filter(|key| key.0 > 1).map(|key| key.1.clone());
    let listed = all.iter().take(ROWS_MAX).flat_map(|row| [row.text("organisation"), row.text("provider")]);
    visit.learn_organisations(drawn.chain(listed)).await;
    let mut names: BTreeMap<Key, String> = BTreeMap::new();
    for key in &keys {
        names.insert(key.clone(), name(visit, key).await);
    }
    let mut edges: Vec<((Key, Key), Money)> = edges.into_iter().collect();
    edges.sort_by_key(|((from, to), _)| (from.0, order(from), order(to)));
    for ((from, to), sum) in edges {
        let wide = share(sum, highest, HEIGHT).max(1);
        let (Some(mut left), Some(mut right)) = (parties.get(&from).copied(), parties.get(&to).copied())
        else {
            continue;
        };
        let [x1, x2] = [&from, &to].map(|key| COLUMNS.get(key.0).copied().unwrap_or_default());
        let (y1, y2) = (left.y + left.right, right.y + right.left);
        (left.right, right.left) = (left.right + wide, right.left + wide);
        drawing.ribbons.push(Ribbon {
            path: ribbon((x1 + WIDE, y1), (x2, y2), wide),
            name: format!(
                "{} → {} {}",
                names.get(&from).map_or("", String::as_str),
                names.get(&to).map_or("", String::as_str),
                shown(sum)
            ),
            href: rows_between(report, &from, &to),
        });
        parties.insert(from, left);
        parties.insert(to, right);
    }
    for key in keys {
        let placed = parties.get(&key).copied().unwrap_or_default();
        let name = names.remove(&key).unwrap_or_default();
        drawing.parties.push(Party {
            x: COLUMNS.get(key.0).copied().unwrap_or_default(),
            y: placed.y,
            height: placed.height,
            label: short_name(&name),
            name,
            amount: shown(placed.sum),
            href: page_of(&key),
        });
    }
    let more = all.len().saturating_sub(ROWS_MAX);
    drawing.more = if more == 0 { String::new() } else { visit.t.more_rows(more) };
    for row in all.iter().take(ROWS_MAX) {
        drawing.rows.push(flow_row(visit, row).await);
    }
    drawing
}

/// A band from one party to another.
fn ribbon((x1, y1): (u32, u32), (x2, y2): (u32, u32), wide: u32) -> String {
    let half = u32::midpoint(x1, x2);
    format!(
        "M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}V{}C{half} {} {half} {} {x1} {}Z",
        y2 + wide,
        y2 + wide,
        y1 + wide,
        y1 + wide
    )
}

async fn name(visit: &Visit<'_>, (column, code): &Key) -> String {
    match (column, code.as_str()) {
        (0, _) => visit.t.budget().to_owned(),
        (_, OTHERS) => visit.t.others().to_owned(),
        (_, "none") => visit.t.of_nobody().to_owned(),
        (1, code) => visit.programme(code).await,
        (_, code) => visit.organisation(code).await,
    }
}

/// The page of a party; of those together, the report.
fn page_of((column, code): &Key) -> String {
    match (column, code.as_str()) {
        (0, _) => "/reports/budget-execution".to_owned(),
        (_, OTHERS | "none") => "/reports/flow".to_owned(),
        (1, code) => format!("/programmes/{code}"),
        (_, code) => format!("/organisations/{code}"),
    }
}

/// The lines of the money between two parties; of those together, the report.
fn rows_between(report: &Doc, from: &Key, to: &Key) -> String {
    if from.1 == OTHERS || to.1 == OTHERS {
        return "/reports/flow".to_owned();
    }
    let mut query = vec![("account".to_owned(), "B2007,B2008".to_owned())];
    for (column, code) in [from, to].into_iter().filter(|(column, _)| *column > 0) {
        let member = MEMBERS.get(column - 1).copied().unwrap_or_default();
        query.push((member.to_owned(), code.clone()));
    }
    query.push(("as_of".to_owned(), report.text("as_of")));
    query.push(("known_at".to_owned(), report.text("known_at")));
    with_query("/reports/account-statement", &query)
}

async fn flow_row(visit: &Visit<'_>, row: &Doc) -> FlowRow {
    let party = |member: &str| (2, row.text(member));
    FlowRow {
        programme: visit.programme(&row.text("programme")).await,
        organisation: name(visit, &party("organisation")).await,
        provider: name(visit, &party("provider")).await,
        approved: row.money("approved"),
        approved_at: href(&row.text("links.approved")),
        paid: row.money("paid"),
        paid_at: href(&row.text("links.paid")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(programme: &str, organisation: &str, provider: &str, approved: &str) -> Doc {
        let row = json!({"programme": programme, "organisation": organisation, "provider": provider, "approved": approved});
        Doc(row)
    }

    fn net(rows: &[Doc]) -> Net {
        netted(rows, &MEMBERS.map(|member| ranked(rows, member)))
    }

    #[test]
    fn what_came_back_is_taken_off_the_ribbon_whose_statement_has_it() {
        let rows = [
            row("p", "a", "x", "100.00"),
            row("p", "a", "y", "-30.00"),
            row("p", "b", "x", "20.00"),
            row("q", "b", "x", "-5.00"),
        ];
        let net = net(&rows);
        let between = |from: (usize, &str), to: (usize, &str)| {
            let key = |(column, code): (usize, &str)| (column, code.to_owned());
            net.edges.get(&(key(from), key(to))).map(|sum| shown(*sum))
        };
        let said = |amount: &str| Some(amount.to_owned());
        assert_eq!(between((0, ""), (1, "p")), said("90.00"));
        assert_eq!(between((1, "p"), (2, "a")), said("70.00"));
        assert_eq!(between((2, "a"), (3, "x")), said("100.00"));
        assert_eq!(between((2, "a"), (3, "y")), None, "more came back than was approved");
        assert_eq!(between((0, ""), (1, "q")), None);
        let sum = |column: usize, code: &str| {
            net.parties.get(&(column, code.to_owned())).map(|party| (shown(party.sum), shown(party.drawn())))
        };
        assert_eq!(sum(2, "a"), Some(("70.00".to_owned(), "100.00".to_owned())), "its ribbons have room");
        assert_eq!(sum(1, "q"), None, "no ribbon leads to it");
        assert_eq!(shown(net.highest), "120.00");
    }

    #[test]
    fn of_rows_that_come_to_nothing_there_is_no_picture() {
        assert!(net(&[row("p", "a", "x", "10.00"), row("p", "a", "x", "-10.00")]).highest.is_zero());
        assert!(net(&[]).highest.is_zero());
    }
}
