//! Figures by month, level, organisation and district: the parts come to the whole, and each leads to its rows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::city::{CLOUD, City, FIRM, OTHER, text};
use super::{fen, rows, shares, year};

/// An organisation of a district, beside those of none.
const EAST: &str = "12310000MB2F303051";

/// A year of firms without a district, and something of one that has one.
fn districts(city: &City) {
    let body = json!({"credit_code": EAST, "name": "东", "category": "university", "region": "浦东新区"});
    city.expect(201, "/v1/organisations", &city.lin, &body);
    let east = city.token("parts", "enterprise", "east", Some(EAST));
    let voucher = city.voucher_of("p", &east, "70000");
    let claim = city.approved_of(&east, &voucher, "30000", false);
    city.paid(&[&claim], "2025-01-02");
    let other = city.voucher_of("p", &city.other, "20000");
    city.approved_of(&city.other, &other, "10000", false);
    year(city);
}

/// Debits and credits by account, in fen.
type Sums = BTreeMap<String, [i64; 2]>;

fn trial(city: &City, query: &str) -> Sums {
    let trial = city.get(&format!("/v1/reports/trial-balance?{query}"), &city.sun);
    let accounts = trial["accounts"].as_array().unwrap().iter();
    let sums = accounts.map(|row| {
        (text(row, "/account"), ["debit", "credit"].map(|side| fen(&text(row, &format!("/{side}")))))
    });
    sums.filter(|(_, sides)| *sides != [0, 0]).collect()
}

fn added<'a>(all: impl Iterator<Item = &'a Sums>) -> Sums {
    let mut whole = Sums::new();
    for sums in all {
        for (account, [debit, credit]) in sums {
            let sum = whole.entry(account.clone()).or_default();
            *sum = [sum[0] + debit, sum[1] + credit];
        }
    }
    whole
}

#[test]
fn turnovers_told_apart_come_to_the_trial_balance_and_lead_to_their_lines() {
    let city = City::open("parts", &shares(), "1000000");
    districts(&city);
    let whole = trial(&city, "");
    for by in
        ["programme", "month", "level", "organisation", "region", "programme,month,level", "region,month"]
    {
        let report = city.get(&format!("/v1/reports/turnovers?by={by}"), &city.sun);
        let mut sums = Sums::new();
        for row in rows(&report) {
            let sum = sums.entry(text(row, "/account")).or_default();
            *sum = [sum[0] + fen(&text(row, "/debit")), sum[1] + fen(&text(row, "/credit"))];
            for part in ["programme", "month", "level", "organisation", "region"] {
                assert_eq!(row[part].is_null(), !by.contains(part), "{by}: {row}");
            }
        }
        assert_eq!(sums, whole, "{by}");
    }
    let of = |region: &str| {
        let region: String = region.bytes().map(|byte| format!("%{byte:02X}")).collect();
        city.get(&format!("/v1/reports/turnovers?by=organisation&region={region}"), &city.sun)
    };
    let east = of("浦东新区");
    assert!(rows(&east).iter().all(|row| row["organisation"] == EAST), "{east}");
    let paid = rows(&east).iter().find(|row| row["account"] == "B2008").unwrap();
    assert_eq!(paid["movement"], json!("6000.00"));
    // each leads to its lines, also where they say nothing of the district
    for region in ["浦东新区", "none"] {
        for row in rows(&of(region)) {
            let lines = city.get(&text(row, "/links/movement"), &city.sun);
            let sum: i64 = rows(&lines).iter().map(|line| fen(&text(line, "/movement"))).sum();
            assert_eq!(sum, fen(&text(row, "/movement")), "{row}");
        }
    }
    for query in ["by=colour", "by=", "by=month,", "organisation=x"] {
        assert_eq!(city.status(&format!("/v1/reports/turnovers?{query}"), &city.sun), 400, "{query}");
    }
}

#[test]
fn the_parts_of_a_trial_balance_come_to_the_whole() {
    let city = City::open("parts", &shares(), "1000000");
    districts(&city);
    let whole = trial(&city, "");
    let parts = |name: &str, values: &[&str]| {
        let of = |value: &&str| {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            trial(&city, &format!("{name}={value}"))
        };
        let parts: Vec<Sums> = values.iter().map(of).collect();
        assert!(parts.iter().all(|part| !part.is_empty() && *part != whole), "{name}");
        assert_eq!(added(parts.iter()), whole, "{name}");
    };
    parts("organisation", &[FIRM, OTHER, EAST, "none"]);
    parts("region", &["浦东新区", "none"]);
    parts("level", &["市级", "区级", "none"]);
    assert_eq!(trial(&city, &format!("organisation={CLOUD}")), Sums::new());
    assert_eq!(city.status("/v1/reports/trial-balance?organisation=x", &city.sun), 400);
    let view = city.get(&format!("/v1/reports/trial-balance?organisation={EAST}"), &city.sun);
    assert_eq!(view["organisation"], json!(EAST));
    for book in ["B", "F", "Y"] {
        assert_eq!(view["books"][book]["debit"], view["books"][book]["credit"], "each part ties by itself");
    }
}

/// The rows of the last month: by part, of a programme.
fn last<'a>(report: &'a Value, part: &str) -> BTreeMap<String, &'a Value> {
    let month = rows(report).iter().map(|row| text(row, "/month")).max().unwrap();
    let of_month =
        rows(report).iter().filter(|row| row["month"] == month.as_str() && row["programme"] == "p");
    of_month.map(|row| (row[part].as_str().unwrap_or_default().to_owned(), row)).collect()
}

#[test]
fn what_parts_of_a_budget_were_asked_and_paid_comes_to_the_programme() {
    let city = City::open("parts", &shares(), "1000000");
    districts(&city);
    let standard = city.get("/v1/reports/budget-execution", &city.sun);
    for (by, values) in [("organisation", vec![FIRM, OTHER, EAST]), ("region", vec!["none", "浦东新区"])]
    {
        let report = city.get(&format!("/v1/reports/budget-execution?by={by}"), &city.sun);
        let parts = last(&report, by);
        let mut expected: Vec<&str> = values.clone();
        expected.push("");
        expected.sort_unstable();
        assert_eq!(parts.keys().map(String::as_str).collect::<Vec<_>>(), expected, "{by}");
        for figure in ["committed", "approved", "expended"] {
            let sum: i64 = values.iter().map(|value| fen(&text(parts[*value], &format!("/{figure}")))).sum();
            assert_eq!(sum, fen(&text(parts[""], &format!("/{figure}"))), "{by} {figure}");
        }
        assert_eq!(parts[""], last(&standard, "level")[""], "the programme's own row is the same");
        assert_eq!(parts[values[0]]["available"], Value::Null);
    }
    let east = city.get(&format!("/v1/reports/budget-execution?organisation={EAST}"), &city.sun);
    assert!(rows(&east).iter().all(|row| row["organisation"] == EAST), "{east}");
    assert_eq!(last(&east, "organisation")[EAST]["expended"], json!("6000.00"));
    let wholes = city.get("/v1/reports/budget-execution?by=programme", &city.sun);
    let standing = rows(&standard).iter().filter(|row| row["row"] == "total");
    assert_eq!(rows(&wholes), &standing.cloned().collect::<Vec<_>>(), "the programmes without their parts");
    assert_eq!(city.status("/v1/reports/budget-execution?by=programme&level=none", &city.sun), 400);
    assert_eq!(city.status("/v1/reports/budget-execution?by=month", &city.sun), 400);
    assert_eq!(city.status("/v1/reports/budget-execution?by=level,region", &city.sun), 400);

    let whole = |report: &str, figure: &str, query: &str| {
        let report = city.get(&format!("/v1/reports/{report}?{query}"), &city.sun);
        report["totals"][figure].as_str().map_or(0, fen)
    };
    for (report, figure) in [("voucher-rollforward", "issued"), ("ageing", "outstanding")] {
        let parts = [FIRM, OTHER, EAST].map(|code| whole(report, figure, &format!("organisation={code}")));
        assert!(parts[0] > 0 && parts[1] > 0, "{report}: {parts:?}");
        assert_eq!(parts.iter().sum::<i64>(), whole(report, figure, ""), "{report}");
        assert_eq!(whole(report, figure, "region=none"), parts[0] + parts[1], "{report}");
    }
}
