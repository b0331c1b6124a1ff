//! The geometry of the pictures. Amounts are summed as money; shares are of what is drawn alone.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use subsidy_core::domain::{Money, Month};

use super::{PARTS, of, part};
use crate::doc::Doc;
use crate::figures;
use crate::texts::T;
use crate::visit::with_query;

/// The width of a strip, in its own units.
const WIDTH: u32 = 1_000;
/// The height of a month's column.
const HEIGHT: u32 = 200;
/// Into how many steps the scale is cut.
const PARTS_OF_SCALE: u32 = 4;
/// Where the columns begin, after the scale.
const LEFT: u32 = 100;
/// From one month to the next.
const STEP: u32 = 66;

/// What a budget is made of, and was adjusted by.
const APPROPRIATED: [&str; 2] = ["appropriated", "adjusted"];

/// The parts of a budget that are not free come first.
const USED: usize = 4;

/// A part of a strip or a column; one too small to be drawn has no size, and its amount stands in the table.
#[derive(Debug, Clone)]
pub struct Mark {
    pub class: &'static str,
    pub name: &'static str,
    pub amount: String,
    pub href: String,
    pub from: u32,
    pub size: u32,
}

/// A programme's budget as a strip.
#[derive(Debug, Clone)]
pub struct Strip {
    pub code: String,
    pub name: String,
    pub total: String,
    pub marks: Vec<Mark>,
}

/// A month's budget as a column.
#[derive(Debug, Clone)]
pub struct Column {
    pub month: String,
    pub x: u32,
    pub total: String,
    pub sum: Money,
    pub marks: Vec<Mark>,
    /// What was appropriated until then, adjustments included.
    pub budget: Point,
    /// What was paid by the same month a year before.
    pub before: Option<Point>,
}

/// A point of a line.
#[derive(Debug, Clone)]
pub struct Point {
    pub y: u32,
    pub amount: String,
    pub href: String,
}

/// A kind of document, and how much of it waits how long.
#[derive(Debug, Clone)]
pub struct Heat {
    pub kind: String,
    /// Where its rows are.
    pub href: String,
    /// Each with its class of the stylesheet and its amount.
    pub cells: Vec<(&'static str, String)>,
}

/// The rows of whole programmes; those of their levels say a part of the same again.
fn wholes(execution: &Doc) -> Vec<Doc> {
    let rows = execution.list("rows");
    of(&rows, "row", "total").cloned().collect()
}

fn sum<'a>(rows: impl Iterator<Item = &'a Doc>, members: &[&str]) -> Money {
    let amounts =
        rows.flat_map(|row| members.iter().filter_map(|member| Money::parse_signed(&row.text(member)).ok()));
    Money::sum(amounts).unwrap_or_default()
}

pub fn shown(amount: Money) -> String {
    figures::amount(&amount.to_string())
}

/// So many units of `whole` as an amount is of another.
pub fn share(amount: Money, of: Money, whole: u32) -> u32 {
    let value = |money: Money| money.to_string().parse::<Decimal>().unwrap_or_default();
    let share = value(amount).checked_div(value(of)).unwrap_or_default();
    (share * Decimal::from(whole)).round().to_u32().unwrap_or_default()
}

/// The rows of the last month of a report.
fn newest(rows: &[Doc]) -> Vec<Doc> {
    let last = rows.iter().map(|row| row.text("month")).max().unwrap_or_default();
    of(rows, "month", &last).cloned().collect()
}

/// The account statement of some accounts up to a day.
fn statement(accounts: &str, programme: &str, last: &str) -> String {
    let query = [("account", accounts), ("programme", programme), ("as_of", last)];
    let query = query.into_iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<_> = query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    with_query("/reports/account-statement", &query)
}

/// The parts of a budget up to a day, those of a column without what is free.
fn marks(t: T, rows: &[&Doc], (total, whole): (Money, u32), (programme, last): (&str, &str)) -> Vec<Mark> {
    let (mut from, upward) = (0, programme.is_empty());
    let mut marks = Vec::new();
    // what is free would dwarf what became of the rest, month by month
    for (member, class, accounts) in PARTS.into_iter().take(if upward { USED } else { PARTS.len() }) {
        let amount = sum(rows.iter().copied(), &[member]);
        if amount.is_zero() {
            continue;
        }
        let size = share(amount, total, whole);
        from += size;
        marks.push(Mark {
            class,
            name: part(t, member),
            amount: shown(amount),
            href: statement(accounts, programme, last),
            from: if upward { HEIGHT.saturating_sub(from) } else { from - size },
            size,
        });
    }
    marks
}

/// A strip for each programme, of the newest month.
pub fn strips(t: T, execution: &Doc) -> Vec<Strip> {
    let rows = newest(&wholes(execution));
    let last = execution.text("as_of");
    let codes: BTreeSet<String> = rows.iter().map(|row| row.text("programme")).collect();
    let strip = |code: String| {
        let own: Vec<&Doc> = of(&rows, "programme", &code).collect();
        let total = sum(own.iter().copied(), &PARTS.map(|(member, _, _)| member));
        let marks = marks(t, &own, (total, WIDTH), (&code, &last));
        Strip { name: String::new(), total: shown(total), marks, code }
    };
    codes.into_iter().map(strip).collect()
}

/// An amount on the scale of the columns.
#[derive(Debug, Clone)]
pub struct Tick {
    pub y: u32,
    pub text: String,
}

/// Four amounts from none to the highest of the picture.
pub fn scale(execution: &Doc) -> Vec<Tick> {
    let rows = wholes(execution);
    let months: BTreeSet<String> = rows.iter().map(|row| row.text("month")).collect();
    let parts: Vec<&str> = PARTS.into_iter().take(USED).map(|(member, _, _)| member).collect();
    let of_month = |members: &[&str]| {
        months.iter().map(|month| sum(of(&rows, "month", month), members)).max().unwrap_or_default()
    };
    let highest = top(of_month(&parts), of_month(&APPROPRIATED));
    if highest == Money::default() {
        return Vec::new();
    }
    let value = highest.to_string().parse::<Decimal>().unwrap_or_default();
    let tick = |part: u32| {
        let amount = (value * Decimal::from(part) / Decimal::from(PARTS_OF_SCALE)).round();
        Tick { y: HEIGHT - HEIGHT * part / PARTS_OF_SCALE, text: figures::amount(&amount.to_string()) }
    };
    (0..=PARTS_OF_SCALE).map(tick).collect()
}

/// The month a year before.
fn a_year_before(month: &str) -> Option<String> {
    let (year, month) = month.split_once('-')?;
    Some(format!("{:04}-{month}", year.parse::<u32>().ok()?.checked_sub(1)?))
}

/// How far above the rest a budget may be to stand on their scale.
const BUDGET_TIMES_MAX: i64 = 4;

/// The highest of the columns, and of the budget where that does not dwarf them.
fn top(used: Money, budget: Money) -> Money {
    let fits = i128::from(budget.fen()) <= i128::from(used.fen()) * i128::from(BUDGET_TIMES_MAX);
    rounded_up(if fits || used.is_zero() { used.max(budget) } else { used })
}

/// What a quarter of a scale may begin with.
const SHORT: [i128; 9] = [10, 15, 20, 25, 30, 40, 50, 60, 80];

/// The lowest amount from this on whose quarters are short numbers to read beside the picture.
fn rounded_up(highest: Money) -> Money {
    if highest.is_zero() {
        return highest;
    }
    let quarter = (i128::from(highest.fen()) + 3).div_euclid(4);
    let mut steps = (1..16).flat_map(|power| SHORT.map(|short| short * 10_i128.pow(power)));
    let step = steps.find(|step| *step >= quarter).and_then(|step| i64::try_from(step * 4).ok());
    step.map_or(highest, Money::from_fen)
}

/// A column for each month, and whether the budget lies above the picture.
pub fn months(t: T, execution: &Doc) -> (Vec<Column>, bool) {
    let (rows, as_of) = (wholes(execution), execution.text("as_of"));
    let months: BTreeSet<String> = rows.iter().map(|row| row.text("month")).collect();
    let parts: Vec<&str> = PARTS.into_iter().take(USED).map(|(member, _, _)| member).collect();
    let highest = |members: &[&str]| {
        months.iter().map(|month| sum(of(&rows, "month", month), members)).max().unwrap_or_default()
    };
    let (used, budget) = (highest(&parts), highest(&APPROPRIATED));
    let top = top(used, budget);
    let column = |(place, month): (u32, &String)| {
        let own: Vec<&Doc> = of(&rows, "month", month).collect();
        let total = sum(own.iter().copied(), &parts);
        let end = |month: &str| Month::parse(month).map_or(String::new(), |one| one.last_day().to_string());
        let last = end(month).min(as_of.clone());
        let point = |amount: Money, accounts: &str, last: &str| Point {
            y: HEIGHT.saturating_sub(share(amount.min(top), top, HEIGHT)),
            amount: shown(amount),
            href: statement(accounts, "", last),
        };
        let earlier = a_year_before(month).filter(|earlier| months.contains(earlier));
        let before = earlier.map(|earlier| {
            let paid = sum(of(&rows, "month", &earlier), &["expended"]);
            point(paid, "B2008", &end(&earlier))
        });
        Column {
            month: month.clone(),
            x: LEFT + place * STEP,
            marks: marks(t, &own, (top, HEIGHT), ("", &last)),
            total: shown(total),
            sum: total,
            budget: point(sum(own.iter().copied(), &APPROPRIATED), "B1001", &last),
            before,
        }
    };
    ((0..).zip(&months).map(column).collect(), budget > top)
}

/// A line through points, each in the middle of its column.
pub fn line<'a>(points: impl Iterator<Item = (u32, &'a Point)>) -> String {
    let place = |(place, (x, point)): (usize, (u32, &Point))| {
        format!("{}{} {}", if place == 0 { 'M' } else { 'L' }, x + 20, point.y + 10)
    };
    points.enumerate().map(place).collect()
}

const BUCKETS: [&str; 5] = ["days_0_30", "days_31_90", "days_91_180", "days_181_365", "days_over_365"];

/// A row for each kind of document; a cell is the darker the more of all that waits stands there.
pub fn heat(t: T, ageing: &Doc) -> Vec<Heat> {
    let rows = ageing.list("rows");
    let kinds: BTreeSet<String> = rows.iter().map(|row| row.text("kind")).collect();
    let all = sum(rows.iter(), &BUCKETS);
    let row = |kind: String| {
        let cell = |bucket: &str| {
            let amount = sum(of(&rows, "kind", &kind), &[bucket]);
            let class = match share(amount, all, 100) {
                _ if amount == Money::default() => "",
                0..=5 => "h1",
                6..=15 => "h2",
                16..=30 => "h3",
                _ => "h4",
            };
            (class, shown(amount))
        };
        Heat {
            href: format!("/reports/ageing?kind={kind}"),
            cells: BUCKETS.iter().map(|bucket| cell(bucket)).collect(),
            kind: t.word(&kind),
        }
    };
    kinds.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_scale_ends_with_an_amount_whose_quarters_are_short() {
        let up = |amount: &str| rounded_up(Money::parse(amount).unwrap()).to_string();
        assert_eq!(up("57923715.86"), "60000000.00");
        assert_eq!(up("1000000.00"), "1000000.00");
        assert_eq!(up("1000000.01"), "1200000.00");
        assert_eq!([up("0.00"), up("0.01")], ["0.00", "4.00"]);
    }

    #[test]
    fn an_amount_too_small_to_be_drawn_keeps_its_mark_for_the_table() {
        let row = json!({
            "programme": "p", "row": "total", "month": "2025-01", "appropriated": "1000000.00", "adjusted": "0.00",
            "expended": "900000.00", "approved": "1.00", "committed": "0.00", "reserved": "0.00", "available": "99999.00",
        });
        let execution = Doc(json!({"as_of": "2025-01-31", "rows": [row]}));
        let shown = |marks: &[Mark]| -> Vec<(&'static str, String, u32)> {
            marks.iter().map(|mark| (mark.class, mark.amount.clone(), mark.size)).collect()
        };
        let (months, _) = months(T::english(), &execution);
        let columns: Vec<_> = months.iter().map(|column| shown(&column.marks)).collect();
        assert_eq!(columns, [vec![("k3", "900,000.00".to_owned(), 180), ("k4", "1.00".to_owned(), 0)]]);
        let strips = strips(T::english(), &execution);
        let small: Vec<_> = strips.iter().flat_map(|strip| shown(&strip.marks)).collect();
        assert!(small.contains(&("k4", "1.00".to_owned(), 0)), "{small:?}");
    }
}
