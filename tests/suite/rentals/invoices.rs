//! Invoice by invoice: what usage says of an invoice against what claims take of it.

use serde_json::{Value, json};

use super::city::{City, rules, shows, text};
use super::documents::invoice;
use super::metered::bring;
use super::{body, programme, rental, reviewed};

const FIRST: &str = "24312000000000000031";
const SECOND: &str = "24312000000000000032";

/// A claim for days of the contract that takes parts of invoices.
fn claim(contract: &str, days: [&str; 2], settled: &str, parts: &[(&str, &str)]) -> Value {
    let mut claim = body("r", contract, settled);
    claim["period"] = json!({"from": days[0], "until": days[1]});
    let part = |(evidence, amount): &(&str, &str)| json!({"evidence_id": evidence, "amount": amount});
    claim["invoices"] = parts.iter().map(part).collect();
    claim
}

fn cut(invoice: &str, taken: &str, metered: &str, amount: &str) -> Value {
    json!({"code": "invoice_beyond_usage", "invoice": invoice, "taken": taken, "metered": metered, "amount": amount})
}

#[test]
fn of_each_invoice_no_more_counts_than_usage_under_its_number_comes_to() {
    let city = City::open("billed", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({}), "50000");
    let contract = rental(&city, "R-1");
    let at = |number: &str| format!("gpu@{number}");
    // 6,000.00 under the first, 3,000.00 under one that nobody brings, 1,000.00 under none
    let rows = [
        ("Compute", "6000.004", at(FIRST)),
        ("Compute", "3000", at("24312000000000000039")),
        ("Compute", "1000", "loose".to_owned()),
    ];
    let rows: Vec<_> =
        rows.iter().map(|(category, amount, name)| (*category, *amount, name.as_str())).collect();
    bring(&city, &contract, "2025-01", &rows);
    let (first, second) = (invoice(&city, FIRST, "10000"), invoice(&city, SECOND, "2000"));
    let january = ["2025-01-01", "2025-02-01"];
    let draft = |settled: &str, parts: &[(&str, &str)]| {
        city.expect(201, "/v1/claims", &city.firm, &claim(&contract, january, settled, parts))
    };

    // 10,000.00 was metered and 10,000.00 invoiced, but of the invoice only 6,000.00 was metered
    let found = draft("10000", &[(&first, "10000")]);
    let documents = &found["calculation"]["inputs"]["documents"];
    assert_eq!(documents["invoiced"], json!("10000.00"));
    assert_eq!(documents["cuts"], json!([cut(FIRST, "10000.00", "6000.004", "3999.996")]));
    shows(&found, json!({"calculation/lines/0/documented": "6000.004", "amount": "1200.00"}));
    // an invoice that no row names counts as it is taken
    let found = draft("10000", &[(&first, "10000"), (&second, "2000")]);
    assert_eq!(found["calculation"]["lines"][0]["documented"], json!("8000.004"));
    // within what was metered under it nothing is cut
    let found = draft("10000", &[(&first, "6000")]);
    assert_eq!(found["calculation"]["inputs"]["documents"].get("cuts"), None);

    // split over claims for the same days: together no more than its rows, though the invoice has room
    let one = reviewed(&city, &claim(&contract, january, "4000", &[(&first, "4000")]));
    assert_eq!(city.claim(&one)["amount"], json!("800.00"));
    let found = draft("4000", &[(&first, "4000")]);
    assert_eq!(
        found["calculation"]["inputs"]["documents"]["cuts"],
        json!([cut(FIRST, "4000.00", "2000.004", "1999.996")])
    );
    assert_eq!(found["amount"], json!("400.00"));
    // a month of which nothing was metered has nothing to hold it against
    let february = claim(&contract, ["2025-02-01", "2025-03-01"], "4000", &[(&first, "4000")]);
    assert_eq!(city.expect(201, "/v1/claims", &city.firm, &february)["amount"], json!("800.00"));
    // once it is metered, the invoice is seen to be January's
    bring(&city, &contract, "2025-02", &[("Compute", "9000", "other@24312000000000000038")]);
    city.post("/v1/claims", &city.firm, &february).is(422, "nothing_to_pay");

    // a correction that comes under the invoice lowers what a filed claim gets once it is recalculated
    city.expect(200, &format!("/v1/claims/{one}/approve"), &city.chen, &json!({}));
    bring(&city, &contract, "2025-01", &[("Compute", "-3000.004", &format!("-gpu@{FIRST}"))]);
    let again = json!({"changes": {"settlement": [{"item": "compute", "amount": "4000"}]}, "reason": "更正"});
    let found = city.expect(201, &format!("/v1/claims/{one}/recalculate"), &city.zhao, &again);
    assert_eq!((&found["amount"], &found["difference"]), (&json!("600.00"), &json!("-200.00")));
    let path = format!("/v1/claims/{one}/recalculations/{}/approve", found["version"]);
    city.expect(200, &path, &city.chen, &json!({}));
    let verified = city.cli(&["verify", "--agency", "billed"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn a_month_that_two_claims_share_is_used_once_though_their_days_do_not_meet() {
    let city = City::open("halves", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({}), "50000");
    let contract = rental(&city, "R-1");
    bring(&city, &contract, "2025-01", &[("Compute", "1000", &format!("gpu@{FIRST}"))]);
    let bill = invoice(&city, FIRST, "5000");
    let half = |days: [&str; 2]| claim(&contract, days, "800", &[(&bill, "800")]);
    let id = reviewed(&city, &half(["2025-01-01", "2025-01-16"]));
    assert_eq!(city.claim(&id)["amount"], json!("160.00"));
    let found = city.expect(201, "/v1/claims", &city.firm, &half(["2025-01-16", "2025-02-01"]));
    assert_eq!(found["amount"], json!("40.00"), "200.00 of January is left");
    shows(&found, json!({"calculation/inputs/documents/cuts": [cut(FIRST, "800.00", "200.00", "600.00")]}));
    // what is withdrawn counts no more
    city.expect(200, &format!("/v1/claims/{id}/withdraw"), &city.firm, &json!({}));
    let found = city.expect(201, "/v1/claims", &city.firm, &half(["2025-01-16", "2025-02-01"]));
    assert_eq!(found["amount"], json!("160.00"));
}

#[test]
fn a_recalculation_is_held_against_the_invoices_like_the_first_sheet() {
    let city = City::open("again", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({}), "50000");
    let contract = rental(&city, "R-1");
    let bill = invoice(&city, FIRST, "5000");
    let id = reviewed(&city, &claim(&contract, ["2025-01-01", "2025-02-01"], "3000", &[(&bill, "4000")]));
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&id)["amount"], json!("600.00"));
    let change = |settled: &str| {
        let changes = json!({"settlement": [{"item": "compute", "amount": settled}]});
        let body = json!({"changes": changes, "reason": "更正"});
        let found = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, &body);
        let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
        city.expect(200, &path, &city.chen, &json!({}));
        (text(&found, "/amount"), found["calculation"]["lines"][0]["documented"].clone())
    };
    assert_eq!(change("9000"), ("800.00".to_owned(), json!("4000.00")));
    // and against what was metered since
    bring(&city, &contract, "2025-01", &[("Compute", "3500", &format!("gpu@{FIRST}"))]);
    assert_eq!(change("9000"), ("700.00".to_owned(), json!("3500.00")));
}

#[test]
fn the_provider_sees_which_of_its_invoices_no_usage_names() {
    let city = City::open("unnamed", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({}), "50000");
    let contract = rental(&city, "R-1");
    let path = "/v1/invoices/unmatched";
    let (first, second) = (invoice(&city, FIRST, "600"), invoice(&city, SECOND, "500"));
    let parts = [(first.as_str(), "600"), (second.as_str(), "250.50")];
    let id = reviewed(&city, &claim(&contract, ["2025-01-01", "2025-02-01"], "900", &parts));
    let listed = |metered: bool, claimed: &str, invoices: Value| {
        json!([{"rental_id": contract, "contract_no": "R-1", "organisation": super::city::FIRM, "provider": super::CLOUD,
            "metered": metered, "invoices": invoices, "claimed": claimed}])
    };
    let one = |invoice: &str, amount: &str, claimed: &str| json!({"invoice": invoice, "amount": amount, "claimed": claimed});
    let [of_first, of_second] = [one(FIRST, "600.00", "600.00"), one(SECOND, "500.00", "250.50")];
    assert_eq!(city.get(path, &city.cloud)["data"], listed(false, "850.50", json!([of_first, of_second])));
    assert_eq!(city.get(path, &city.other)["data"], json!([]), "nothing of another's");
    bring(&city, &contract, "2025-01", &[("Compute", "600", &format!("gpu@{FIRST}"))]);
    assert_eq!(city.get(path, &city.cloud)["data"], listed(true, "250.50", json!([of_second])));
    // what was withdrawn takes nothing
    city.expect(200, &format!("/v1/claims/{id}/withdraw"), &city.firm, &json!({}));
    assert_eq!(city.get(path, &city.cloud)["data"], json!([]));
}
