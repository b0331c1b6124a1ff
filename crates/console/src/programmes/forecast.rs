//! What a programme for interest will still cost, month after month, and the day on which its budget ends.

use subsidy_core::domain::Money;

use crate::dashboard::drawn::{share, shown};
use crate::doc::Doc;
use crate::texts::T;
use crate::visit::Visit;
use subsidy_http::route::Method;

/// The height of the highest column.
const HEIGHT: u32 = 180;
/// Where the columns begin, after the scale.
const LEFT: usize = 100;
/// From one month to the next.
const STEP: usize = 34;
/// How many months apart they are named.
const NAMED: usize = 3;
/// The most months and loans that are shown.
const SHOWN_MAX: usize = 60;

/// What the interest of a month will cost, as its column and as a row.
#[derive(Debug, Clone)]
pub struct ForecastMonth {
    pub month: String,
    /// Its name where it stands below the column, else nothing.
    pub label: String,
    pub x: usize,
    pub y: u32,
    pub height: u32,
    pub amount: String,
    pub so_far: String,
    /// Whether the budget covers it.
    pub class: &'static str,
}

/// What the rest of a loan will cost, as a row.
#[derive(Debug, Clone)]
pub struct ForecastLoan {
    pub href: String,
    pub number: String,
    pub from: String,
    pub until: String,
    pub amount: String,
}

#[derive(Debug, Clone)]
pub struct Forecast {
    pub width: usize,
    pub months: Vec<ForecastMonth>,
    pub loans: Vec<ForecastLoan>,
    /// How many more months and loans there are; empty where there are none.
    pub more_months: String,
    pub more_loans: String,
    pub available: String,
    /// Where the line of what is left stands; none where that is more than is drawn.
    pub line: Option<u32>,
    pub total: String,
    pub sentence: String,
    pub lasts: bool,
}

/// The forecast of a programme for interest, for those inside; none where nothing is to come.
pub async fn of(visit: &Visit<'_>, programme: &Doc) -> Option<Forecast> {
    let path = format!("/v1/programmes/{}/estimate", programme.text("code"));
    if programme.text("instrument") != "interest_subsidy" || !visit.may(Method::Get, &path) {
        return None;
    }
    let estimate = visit.read(&path).await.ok()?;
    drawn(visit.t, &estimate)
}

fn money(doc: &Doc, member: &str) -> Money {
    Money::parse_signed(&doc.text(member)).unwrap_or_default()
}

fn drawn(t: T, estimate: &Doc) -> Option<Forecast> {
    let (total, available) = (money(estimate, "total"), money(estimate, "available"));
    let found = estimate.list("months");
    if found.is_empty() {
        return None;
    }
    let (mut so_far, mut months) = (Money::default(), Vec::new());
    for (place, month) in found.iter().take(SHOWN_MAX).enumerate() {
        so_far = so_far.plus(money(month, "amount")).unwrap_or(so_far);
        let height = share(so_far, total, HEIGHT).max(1);
        months.push(ForecastMonth {
            label: if place.is_multiple_of(NAMED) { month.text("month") } else { String::new() },
            month: month.text("month"),
            x: LEFT + place * STEP,
            y: HEIGHT.saturating_sub(height) + 10,
            height,
            amount: month.money("amount"),
            so_far: shown(so_far),
            class: if so_far > available { "k4" } else { "k3" },
        });
    }
    let ends = estimate.text("budget_ends_on");
    let loans = estimate.list("loans");
    let more = |count: usize| match count.saturating_sub(SHOWN_MAX) {
        0 => String::new(),
        more => t.more_rows(more),
    };
    let loan = |loan: &Doc| ForecastLoan {
        href: format!("/loans/{}", loan.text("loan_id")),
        number: loan.text("loan_no"),
        from: loan.text("from"),
        until: loan.text("until"),
        amount: loan.money("amount"),
    };
    Some(Forecast {
        width: LEFT + months.len().max(20) * STEP,
        more_months: more(found.len()),
        more_loans: more(loans.len()),
        loans: loans.iter().take(SHOWN_MAX).map(loan).collect(),
        line: (available <= total).then(|| HEIGHT.saturating_sub(share(available, total, HEIGHT)) + 10),
        available: shown(available),
        total: shown(total),
        lasts: ends.is_empty(),
        sentence: if ends.is_empty() { t.budget_lasts().to_owned() } else { t.forecast_ends(&ends) },
        months,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn months_pile_up_and_those_that_the_budget_does_not_cover_look_otherwise() {
        let month = |month: &str, amount: &str| json!({"month": month, "amount": amount});
        let estimate = json!({
            "total": "60000.00", "available": "30000.00", "budget_ends_on": "2025-02-11", "loans": [],
            "months": [month("2025-01", "20000.00"), month("2025-02", "28000.00"), month("2025-03", "12000.00")],
        });
        let found = drawn(T::english(), &Doc(estimate)).map(|drawn| {
            let months =
                drawn.months.iter().map(|m| (m.height, m.so_far.clone(), m.class)).collect::<Vec<_>>();
            (months, drawn.line, drawn.lasts, drawn.sentence.contains("2025-02-11"))
        });
        let months = vec![
            (60, "20,000.00".to_owned(), "k3"),
            (144, "48,000.00".to_owned(), "k4"),
            (180, "60,000.00".to_owned(), "k4"),
        ];
        assert_eq!(found, Some((months, Some(100), false, true)));
        let none =
            json!({"total": "0.00", "available": "1.00", "budget_ends_on": null, "loans": [], "months": []});
        assert!(drawn(T::chinese(), &Doc(none)).is_none());
    }

    #[test]
    fn months_and_loans_beyond_those_that_are_shown_are_counted() {
        let of = |months: usize, loans: usize| {
            let month = json!({"month": "2025-01", "amount": "1.00"});
            let estimate = json!({
                "total": "100.00", "available": "100.00", "budget_ends_on": null,
                "months": vec![month; months], "loans": vec![json!({"amount": "1.00"}); loans],
            });
            drawn(T::english(), &Doc(estimate))
                .map(|drawn| (drawn.months.len(), drawn.more_months, drawn.loans.len(), drawn.more_loans))
        };
        assert_eq!(of(60, 60), Some((60, String::new(), 60, String::new())));
        assert_eq!(of(61, 63), Some((60, "1 more rows".to_owned(), 60, "3 more rows".to_owned())));
    }
}
