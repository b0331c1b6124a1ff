//! The funnel of each programme: how many cases came how far, and in how many days.

use std::collections::BTreeMap;

use super::of;
use crate::books::href;
use crate::doc::Doc;
use crate::visit::Visit;

/// The width of the longest bar.
const WIDTH: u32 = 420;
/// Where the bars' middle is.
const MIDDLE: u32 = 340;

/// A step of a programme as a bar.
#[derive(Debug, Clone)]
pub struct Bar {
    pub name: &'static str,
    pub y: u32,
    pub x: u32,
    pub width: u32,
    pub cases: String,
    /// The median of the days since the step before; empty where there is none.
    pub days: String,
    pub amount: String,
    pub href: String,
    pub class: &'static str,
}

#[derive(Debug, Clone)]
pub struct Funnel {
    pub code: String,
    pub name: String,
    pub height: usize,
    pub bars: Vec<Bar>,
}

/// Where the documents of a step are. What is applied for depends on what the programme pays, not on how far somebody came.
fn list_of(step: &str, instrument: &str) -> &'static str {
    match (step, instrument) {
        ("applied", "voucher") => "/vouchers",
        ("applied", "grant") => "/applications",
        _ => "/claims",
    }
}

/// Where the rows of a step are: the postings that sum to it, else the documents of the programme.
fn rows_of(row: &Doc, instrument: &str) -> String {
    let link = href(&row.text("links.amount"));
    if !link.is_empty() {
        return link;
    }
    format!("{}?programme={}", list_of(&row.text("step"), instrument), row.text("programme"))
}

/// A funnel for each programme that somebody applied to.
pub async fn funnels(visit: &Visit<'_>, report: &Doc) -> Vec<Funnel> {
    let rows = report.list("rows");
    let mut programmes: BTreeMap<String, u32> = BTreeMap::new();
    for row in &rows {
        let cases: u32 = row.text("cases").parse().unwrap_or_default();
        let most = programmes.entry(row.text("programme")).or_default();
        *most = cases.max(*most);
    }
    let mut funnels = Vec::new();
    for (code, most) in programmes.into_iter().filter(|(_, most)| *most > 0) {
        let steps: Vec<&Doc> = of(&rows, "programme", &code).collect();
        let programme = visit.look(&format!("/v1/programmes/{code}")).await.unwrap_or_default();
        let instrument = programme.text("instrument");
        let bar = |(place, row): (u32, &&Doc)| {
            let cases: u32 = row.text("cases").parse().unwrap_or_default();
            // a bar that holds a case can be seen and hit
            let width = (WIDTH * cases / most).max(if cases == 0 { 0 } else { 6 });
            Bar {
                name: visit.t.funnel_step(&row.text("step")),
                y: place * 32,
                x: MIDDLE - width / 2,
                width,
                cases: visit.t.cases(&cases.to_string()),
                days: row.text("median_days"),
                amount: row.money("amount"),
                href: rows_of(row, &instrument),
                class: if row.text("step") == "paid" { "k3" } else { "k2" },
            }
        };
        let bars: Vec<Bar> = (0..).zip(&steps).map(bar).collect();
        funnels.push(Funnel { name: visit.programme(&code).await, height: bars.len() * 32, bars, code });
    }
    funnels
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_applied_for_is_listed_by_what_the_programme_pays() {
        let row = |step: &str| Doc(json!({"programme": "p", "step": step, "links": {}}));
        for (step, instrument, list) in [
            ("applied", "voucher", "/vouchers?programme=p"),
            ("applied", "grant", "/applications?programme=p"),
            ("applied", "rental_subsidy", "/claims?programme=p"),
            ("applied", "interest_subsidy", "/claims?programme=p"),
            ("claimed", "voucher", "/claims?programme=p"),
            ("claimed", "grant", "/claims?programme=p"),
        ] {
            assert_eq!(rows_of(&row(step), instrument), list, "{step} {instrument}");
        }
    }
}
