//! What was used on a contract beside what it is worth, as a picture.

use subsidy_core::domain::Money;

use crate::dashboard::drawn::{share, shown};
use crate::doc::Doc;
use crate::visit::Visit;
use subsidy_http::route::Method;

/// The height of the highest column.
const HEIGHT: u32 = 180;
/// Where the columns begin, after the scale.
const LEFT: usize = 100;
/// From one month to the next.
const STEP: usize = 60;
/// The most months that are shown, the newest ones.
const SHOWN_MAX: usize = 36;

/// What was used up to the end of a month.
#[derive(Debug, Clone)]
pub struct UsedMonth {
    pub month: String,
    pub x: usize,
    pub y: u32,
    pub height: u32,
    /// Of it what is claimed, from below.
    pub claimed_y: u32,
    pub claimed_height: u32,
    pub metered: String,
    pub claimed: String,
}

#[derive(Debug, Clone)]
pub struct UsedContract {
    pub width: usize,
    pub months: Vec<UsedMonth>,
    pub total: String,
    /// Where the line of the contract's total stands.
    pub line: u32,
}

/// The usage of a rental; none of another document, or where nothing was metered.
pub async fn of(visit: &Visit<'_>, document: &Doc) -> Option<UsedContract> {
    let id = document.text("id");
    let path = format!("/v1/rentals/{id}/reconciliation");
    if visit.path != format!("/rentals/{id}") || !visit.may(Method::Get, &path) {
        return None;
    }
    let found = visit.look(&path).await.ok()?;
    drawn(document, &found)
}

fn money(doc: &Doc, member: &str) -> Money {
    Money::parse_signed(&doc.text(member)).unwrap_or_default()
}

fn drawn(document: &Doc, reconciliation: &Doc) -> Option<UsedContract> {
    let mut found = reconciliation.list("months");
    found.sort_by_key(|month| month.text("month"));
    let total = money(document, "total");
    let (mut metered, mut claimed, mut sums) = (Money::default(), Money::default(), Vec::new());
    for month in &found {
        let more = money(month, "metered");
        metered = metered.plus(more).unwrap_or(metered);
        let of_it = more.minus(money(month, "unclaimed")).unwrap_or_default();
        claimed = claimed.plus(of_it).unwrap_or(claimed);
        sums.push((month.text("month"), metered, claimed));
    }
    let top = sums.iter().map(|(_, metered, _)| *metered).max()?.max(total);
    if !top.is_positive() {
        return None;
    }
    let skipped = sums.len().saturating_sub(SHOWN_MAX);
    let month = |(place, (month, metered, claimed)): (usize, (String, Money, Money))| {
        let [height, claimed_height] = [metered, claimed].map(|amount| share(amount, top, HEIGHT));
        UsedMonth {
            month,
            x: LEFT + place * STEP,
            y: HEIGHT.saturating_sub(height) + 10,
            height,
            claimed_y: HEIGHT.saturating_sub(claimed_height) + 10,
            claimed_height,
            metered: shown(metered),
            claimed: shown(claimed),
        }
    };
    let months: Vec<UsedMonth> = sums.into_iter().skip(skipped).enumerate().map(month).collect();
    Some(UsedContract {
        width: LEFT + months.len().max(10) * STEP,
        months,
        total: shown(total),
        line: HEIGHT.saturating_sub(share(total, top, HEIGHT)) + 10,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn usage_piles_up_beneath_the_contracts_total_or_above_it() {
        let month = |month: &str, metered: &str, unclaimed: &str| json!({"month": month, "metered": metered, "unclaimed": unclaimed});
        let contract = Doc(json!({"total": "1000.00"}));
        let months = [month("2025-02", "600.00", "600.00"), month("2025-01", "300.00", "100.00")];
        let found = drawn(&contract, &Doc(json!({ "months": months })));
        let heights = |drawn: &UsedContract| {
            drawn.months.iter().map(|m| (m.month.clone(), m.height, m.claimed_height)).collect::<Vec<_>>()
        };
        let expected = vec![("2025-01".to_owned(), 54, 36), ("2025-02".to_owned(), 162, 36)];
        assert_eq!(found.as_ref().map(|drawn| (heights(drawn), drawn.line)), Some((expected, 10)));
        // more was used than the contract says
        let over = drawn(&contract, &Doc(json!({ "months": [month("2025-01", "2000.00", "0")] })));
        assert_eq!(
            over.map(|drawn| (heights(&drawn), drawn.line)),
            Some((vec![("2025-01".to_owned(), 180, 180)], 100))
        );
        assert!(drawn(&contract, &Doc(json!({"months": []}))).is_none());
    }
}
