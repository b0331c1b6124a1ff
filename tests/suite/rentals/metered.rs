//! Claims from metered usage: what they are written from, what usage leaves, and corrections after payment.

use serde_json::{Value, json};

use super::city::{self, City, rules, shows, text, with};
use super::{body, programme, rental, reviewed};

const HEADER: &str = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,\
    ChargeClass,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceCategory,ServiceName,ResourceId,SkuId,InvoiceId";

/// Rows of a month: what they are for and what they come to; a name that begins with `-` corrects the row of the rest,
/// and what follows an `@` is the invoice.
pub(super) fn bring(city: &City, rental: &str, month: &str, rows: &[(&str, &str, &str)]) -> Value {
    let mut file = format!("{HEADER}\n");
    for (category, amount, name) in rows {
        let (class, name) = name.strip_prefix('-').map_or(("", *name), |name| ("Correction", name));
        let (name, invoice) = name.split_once('@').unwrap_or((name, ""));
        let hours = format!("{month}-10T00:00:00Z,{month}-10T01:00:00Z");
        let bill = format!("{month}-01T00:00:00Z,{month}-11T00:00:00Z");
        file += &format!(
            "{amount},acct,CNY,{bill},Usage,{class},{hours},丁云,{category},服务,{name},sku,{invoice}\n"
        );
    }
    let path = format!("/v1/rentals/{rental}/usage?mode=lenient&adds=true");
    let answer = city.upload(&path, &city.cloud, "text/csv", file.as_bytes()).expect(201);
    assert_eq!(answer.json()["rejected"], 0, "{}", answer.text);
    answer.json()
}

fn metered(programme: &str, rental: &str) -> Value {
    let mut claim = body(programme, rental, "1");
    claim.as_object_mut().unwrap().remove("settlement");
    claim["usage"] = json!(true);
    claim
}

#[test]
fn a_claim_is_written_from_what_was_metered_and_corrected_after_payment() {
    let city = City::open("metered", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    let items =
        json!([{"item": "compute", "ratio_percent": "50"}, {"item": "model_service", "ratio_percent": "30"}]);
    let map = json!([{"service_category": "Analytics", "item": "compute"}]);
    programme(&city, "r", json!({"items": items, "item_map": map}), "50000");
    let contract = rental(&city, "R-1");
    let claim = metered("r", &contract);
    let told = |claim: &Value| {
        let found = city.expect(422, "/v1/claims", &city.firm, claim);
        (text(&found, "/code"), found["errors"][0]["pointer"].clone())
    };
    assert_eq!(told(&claim), ("usage_missing".to_owned(), json!("/usage")));
    // 0.004 + 0.004 of compute and 0.004 of what the programme maps to it: shown to the fen, computed with all of it
    let rows = [
        ("Compute", "999.994", "gpu-1"),
        ("Compute", "0.004", "gpu-2"),
        ("Analytics", "0.004", "gpu-3"),
        ("AI and Machine Learning", "100.00", "llm"),
        ("Networking", "55.50", "net"),
    ];
    bring(&city, &contract, "2025-01", &rows);
    let mut half = claim.clone();
    half["period"] = json!({"from": "2025-01-01", "until": "2025-01-16"});
    assert_eq!(told(&half), ("usage_period_not_months".to_owned(), json!("/period")));
    let mut both = claim.clone();
    both["settlement"] = json!([{"item": "compute", "amount": "1"}]);
    assert_eq!(told(&both), ("settlement_or_usage".to_owned(), json!("/usage")));

    let id = reviewed(&city, &claim);
    let shown = city.claim(&id);
    let line = |item: &str, amount: &str| json!({"item": item, "amount": amount});
    assert_eq!(
        shown["settlement"],
        json!([
            {"item": "compute", "amount": "1000.00", "metered": "1000.002"},
            line("model_service", "100.00"), line("network", "55.50"),
        ])
    );
    assert_eq!(shown["calculation"]["exact"], json!("530.001"));
    assert!(shown["usage_sequence"].as_u64().unwrap() > 0);
    assert_eq!(shown["amount"], json!("530.00"));
    // the same usage is claimed once
    city.post("/v1/claims", &city.firm, &claim).is(409, "rental_period_overlaps");

    // usage that comes after the filing changes nothing: approval never changes inputs
    bring(&city, &contract, "2025-01", &[("Compute", "200.00", "gpu-4")]);
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&id)["amount"], json!("530.00"));
    city.paid(&[&id], "2025-04-10");

    // more: a further payment
    let again = json!({"changes": {"usage": true}, "reason": "后到用量"});
    let nothing = json!({"changes": {}, "reason": "更正"});
    let recalculate = |again: &Value| {
        let found = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, again);
        let path = format!("/v1/claims/{id}/recalculations/{}/approve", found["version"]);
        (found, city.expect(200, &path, &city.chen, &json!({})))
    };
    let (found, _) = recalculate(&again);
    assert_eq!((&found["amount"], &found["difference"]), (&json!("630.00"), &json!("100.00")));
    assert!(found["usage_sequence"].as_u64() > shown["usage_sequence"].as_u64());
    assert_eq!(city.claim(&id)["payable"], json!("100.00"));
    city.paid(&[&id], "2025-04-10");
    // a correction after payment: what was paid too much is asked back
    bring(&city, &contract, "2025-01", &[("Compute", "-400.00", "-gpu-1")]);
    // nothing need be said: what was metered since is news enough
    let (found, approved) = recalculate(&nothing);
    assert_eq!((&found["amount"], &found["difference"]), (&json!("430.00"), &json!("-200.00")));
    let recovery = text(&approved, "/recovery_id");
    assert_eq!(city.get(&format!("/v1/recoveries/{recovery}"), &city.sun)["amount"], json!("200.00"));
    // what fits the other kind of claim alone
    let last = json!({"changes": {"final": true}, "reason": "x"});
    city.post(&format!("/v1/claims/{id}/recalculate"), &city.zhao, &last).refuses(
        422,
        "change_not_applicable",
        "/changes/final",
    );
    let voucher = city.voucher("1000");
    let redemption = city.approved(&voucher, "1000", false);
    city.post(&format!("/v1/claims/{redemption}/recalculate"), &city.zhao, &again).refuses(
        422,
        "change_not_applicable",
        "/changes/usage",
    );
    let verified = city.cli(&["verify", "--agency", "metered"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn what_was_metered_is_rounded_once_at_the_end() {
    let city = City::open("rounded", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    let items =
        json!([{"item": "compute", "ratio_percent": "50"}, {"item": "storage", "ratio_percent": "50"}]);
    programme(&city, "r", json!({"items": items}), "50000");
    let contract = rental(&city, "R-1");
    bring(&city, &contract, "2025-01", &[("Compute", "100.505", "gpu-1")]);
    let found = city.expect(201, "/v1/claims", &city.firm, &metered("r", &contract));
    let sheet = &found["calculation"];
    assert_eq!((&sheet["exact"], &sheet["amount"]), (&json!("50.2525"), &json!("50.25")));
    let line = &sheet["lines"][0];
    assert_eq!((&line["amount"], &line["metered"]), (&json!("100.51"), &json!("100.505")));
    // whoever writes the line as it is shown gets no more: what was metered is the smaller
    let written = city.expect(201, "/v1/claims", &city.firm, &body("r", &contract, "100.51"));
    shows(&written, json!({"calculation/lines/0/documented": "100.505", "amount": "50.25"}));
    // nobody writes what was metered
    let mut typed = body("r", &contract, "100.51");
    typed["settlement"][0]["metered"] = json!("100.519");
    city.post("/v1/claims", &city.firm, &typed).is(422, "unknown_field");
    // two halves of a fen are one
    bring(&city, &contract, "2025-02", &[("Compute", "0.01", "gpu-1"), ("Storage", "0.01", "disk")]);
    let mut february = metered("r", &contract);
    february["period"] = json!({"from": "2025-02-01", "until": "2025-03-01"});
    assert_eq!(city.expect(201, "/v1/claims", &city.firm, &february)["amount"], json!("0.01"));
    let again = city.get("/v1/reports/recalculation", &city.sun);
    let rows = again["rows"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["result"] == "same"), "{again}");
    let verified = city.cli(&["verify", "--agency", "rounded"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn what_was_not_metered_is_not_claimed_where_anything_was() {
    let city = City::open("unmetered", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({"base": "tax_exclusive"}), "50000");
    let contract = with(city::rental("T-1", "100000"), "/lines/0/tax_percent", json!("6"));
    let contract = city.create("/v1/rentals", &city.firm, &contract);
    bring(&city, &contract, "2025-01", &[("Compute", "1060.00", "gpu-1"), ("Storage", "5000.00", "disk")]);
    // the tax is the contract's
    let found = city.expect(201, "/v1/claims", &city.firm, &metered("r", &contract));
    assert_eq!(found["amount"], json!("200.00"));
    let mut claim = body("r", &contract, "2120.00");
    claim["settlement"][0]["tax_percent"] = json!("6");
    let found = city.expect(201, "/v1/claims", &city.firm, &claim);
    assert_eq!(found["amount"], json!("200.00"), "1,060.00 of compute was metered");
    assert_eq!(found["calculation"]["lines"][0]["documented"], json!("1060.00"));
    assert_eq!(found["calculation"]["inputs"]["documents"]["metered"]["total"], json!("6060.00"));
    // a month without any usage is limited by none
    claim["period"] = json!({"from": "2025-02-01", "until": "2025-03-01"});
    assert_eq!(city.expect(201, "/v1/claims", &city.firm, &claim)["amount"], json!("400.00"));
}

#[test]
fn contract_usage_invoice_and_payment_stand_side_by_side_and_the_provider_sees_what_nobody_claims() {
    let city = City::open("matched", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({}), "50000");
    let contract = rental(&city, "R-1");
    let (first, second) = ("24312000000000000021", "24312000000000000022");
    let gpu = |number: &str| format!("gpu@{number}");
    bring(
        &city,
        &contract,
        "2025-01",
        &[("Compute", "1000.004", &gpu(first)), ("Compute", "500", &gpu(second)), ("Compute", "7", "free")],
    );
    bring(&city, &contract, "2025-02", &[("Compute", "40", "later")]);
    let bill = super::documents::invoice(&city, first, "900");
    let mut claim = body("r", &contract, "1000.00");
    claim["invoices"] = json!([{"evidence_id": bill, "amount": "900.00"}]);
    let id = reviewed(&city, &claim);
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    let path = format!("/v1/rentals/{contract}/reconciliation");
    let found = city.get(&path, &city.cloud);
    assert_eq!(found, city.get(&path, &city.sun));
    assert_eq!(city.status(&path, &city.other), 404);
    assert_eq!(
        found["sums"],
        json!({"contract": "100000.00", "metered": "1547.00", "invoiced": "900.00", "approved": "180.00", "paid": "0.00"})
    );
    assert_eq!(
        found["months"],
        json!([{"month": "2025-01", "metered": "1507.00", "metered_exact": "1507.004", "claims": [id], "unclaimed": "0.00"},
            {"month": "2025-02", "metered": "40.00", "metered_exact": "40.00", "claims": [], "unclaimed": "40.00"}])
    );
    assert_eq!(
        found["invoices"],
        json!([{"invoice": first, "amount": "900.00", "metered": "1000.00", "metered_exact": "1000.004",
                "difference": "100.00", "claimed": "900.00"},
            {"invoice": second, "amount": null, "metered": "500.00", "metered_exact": "500.00", "difference": null,
                "claimed": "0.00"}])
    );
    let shown = &found["claims"][0];
    shows(shown, json!({"settled": "1000.00", "invoiced": "900.00", "metered": "1507.00"}));
    shows(shown, json!({"documented": "900.00", "paid": "0.00"}));
    let difference = |code: &str, of: &str, amount: &str| json!({"code": code, "of": of, "amount": amount});
    assert_eq!(
        found["differences"],
        json!([
            difference("invoice_differs", first, "100.00"),
            difference("invoice_missing", second, "500.00"),
            difference("usage_not_claimed", "2025-02", "40.00"),
            difference("not_documented", &id, "100.00"),
            difference("not_paid", &id, "180.00"),
        ])
    );

    let unmatched = city.get("/v1/usage/unmatched", &city.cloud);
    shows(&unmatched, json!({"data/0/rental_id": contract, "data/0/months/0/month": "2025-02"}));
    shows(&unmatched, json!({"data/0/metered": "40.00"}));
    assert_eq!(city.get("/v1/usage/unmatched", &city.other)["data"], json!([]), "nothing of another's");
    // what the provider sees beside: its contracts, and the claims on them
    assert_eq!(city.get("/v1/rentals", &city.cloud)["data"][0]["id"], json!(contract));
    assert_eq!(city.get("/v1/claims", &city.cloud)["data"][0]["id"], json!(id));

    city.paid(&[&id], "2025-04-10");
    let found = city.get(&path, &city.firm);
    assert_eq!(found["sums"]["paid"], json!("180.00"));
    let codes = found["differences"].as_array().unwrap().iter().map(|one| text(one, "/code"));
    assert!(!codes.collect::<Vec<_>>().contains(&"not_paid".to_owned()), "{found}");
}

#[test]
fn what_a_voucher_pays_stands_beside_its_contract() {
    let city = City::open("vouched", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    let voucher = city.voucher("10000");
    let id = city.approved(&voucher, "4000", false);
    city.paid(&[&id], "2025-04-10");
    let rental = text(&city.get(&format!("/v1/vouchers/{voucher}"), &city.lin), "/rental_id");
    let found = city.get(&format!("/v1/rentals/{rental}/reconciliation"), &city.lin);
    let amount = city.claim(&id)["amount"].clone();
    shows(&found, json!({"claims/0/claim_id": id, "claims/0/period": Value::Null, "sums/paid": amount}));
    shows(&found, json!({"differences": []}));

    // usage that the redemption settles is not without a claim: it settles 4,000.00 of whichever months
    bring(&city, &rental, "2025-01", &[("Compute", "3000", "gpu")]);
    bring(&city, &rental, "2025-02", &[("Compute", "1500", "gpu")]);
    let path = format!("/v1/rentals/{rental}/reconciliation");
    let differences = || city.get(&path, &city.lin)["differences"].clone();
    let difference = |code: &str, of: Value, amount: &str| json!({"code": code, "of": of, "amount": amount});
    assert_eq!(differences(), json!([difference("usage_not_claimed", json!("2025-02"), "500.00")]));
    let months = city.get(&path, &city.lin)["months"].clone();
    assert_eq!([&months[0]["unclaimed"], &months[1]["unclaimed"]], [&json!("0.00"), &json!("500.00")]);
    let unmatched = city.get("/v1/usage/unmatched", &city.cloud)["data"].clone();
    assert_eq!(unmatched.as_array().unwrap().len(), 1);
    assert_eq!([&unmatched[0]["metered"], &unmatched[0]["unclaimed"]], [&json!("1500.00"), &json!("500.00")]);
    // a correction of another month lowers what there was to settle
    bring(&city, &rental, "2025-02", &[("Compute", "-500", "-gpu")]);
    assert_eq!(differences(), json!([]));
    assert_eq!(city.get("/v1/usage/unmatched", &city.cloud)["data"], json!([]));
    bring(&city, &rental, "2025-01", &[("Compute", "-0.01", "-gpu")]);
    assert_eq!(differences(), json!([difference("redeemed_beyond_usage", Value::Null, "0.01")]));
}

/// Brings a month whole, in the place of another import where one is named.
fn whole(city: &City, rental: &str, query: &str, rows: &[(&str, &str)]) -> super::service::Answer {
    let mut file = format!("{HEADER}\n");
    for (amount, name) in rows {
        file += &format!(
            "{amount},acct,CNY,2025-01-01T00:00:00Z,2025-02-01T00:00:00Z,Usage,,2025-01-10T00:00:00Z,\
             2025-01-11T00:00:00Z,丁云,Compute,服务,{name},sku,\n"
        );
    }
    let path = format!("/v1/rentals/{rental}/usage?mode=lenient{query}");
    city.upload(&path, &city.cloud, "text/csv", file.as_bytes())
}

#[test]
fn what_a_claim_was_filed_on_is_replaced_by_two_people_and_the_claim_is_to_be_recalculated() {
    let city = City::open("replaced", &rules(json!({})), "100000");
    city.move_to("2025-02-05");
    programme(&city, "r", json!({"items": [{"item": "compute", "ratio_percent": "20"}]}), "50000");
    let contract = rental(&city, "R-1");
    let first = whole(&city, &contract, "", &[("10.00", "a"), ("5.00", "b")]);
    let first = text(&first.json(), "/import_id");
    let id = reviewed(&city, &metered("r", &contract));
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    assert_eq!(city.claim(&id)["amount"], json!("3.00"));

    let restated = whole(&city, &contract, &format!("&replaces={first}"), &[("8.00", "a"), ("5.00", "b")]);
    assert_eq!((restated.status, &restated.json()["status"]), (201, &json!("proposed")), "{}", restated.text);
    let usage = || city.get(&format!("/v1/rentals/{contract}/usage"), &city.lin)["billed_total"].clone();
    assert_eq!(usage(), json!("15.00"), "what waits counts nothing");
    let again = whole(&city, &contract, &format!("&replaces={first}"), &[("7.00", "a")]);
    assert_eq!(again.json()["code"], json!("replacement_pending"));
    let import = text(&restated.json(), "/import_id");
    let tasks = |token: &str, action: &str| {
        let all = city.get("/v1/tasks", token)["data"].as_array().unwrap().clone();
        all.into_iter()
            .filter(|task| task["action"] == action)
            .map(|task| text(&task, "/document"))
            .collect::<Vec<_>>()
    };
    assert!(tasks(&city.chen, "approve").contains(&import));
    let path = format!("/v1/rentals/{contract}/usage/imports/{import}");
    let approved = city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
    assert_eq!(approved["status"], json!("imported"));
    assert_eq!(usage(), json!("13.00"));

    let found = city.get(&format!("/v1/rentals/{contract}/reconciliation"), &city.lin);
    let replaced = json!({"code": "usage_replaced", "of": id, "amount": "-2.00"});
    assert!(found["differences"].as_array().unwrap().contains(&replaced), "{found}");
    assert!(tasks(&city.lin, "recalculate").contains(&id));
    let again = json!({"changes": {"usage": true}, "reason": "重报"});
    let proposed = city.expect(201, &format!("/v1/claims/{id}/recalculate"), &city.zhao, &again);
    assert_eq!(proposed["amount"], json!("2.60"));
    let verified = city.cli(&["verify", "--agency", "replaced"]);
    assert!(verified.contains("verified"), "{verified}");
}

#[test]
fn a_claim_on_a_month_of_which_rows_were_refused_needs_an_officers_word() {
    let city = City::open("word", &rules(json!({})), "100000");
    city.move_to("2025-02-05");
    programme(&city, "r", json!({"items": [{"item": "compute", "ratio_percent": "20"}]}), "50000");
    let contract = rental(&city, "R-1");
    let brought = whole(&city, &contract, "", &[("10.00", "a"), ("x", "b")]);
    assert_eq!(brought.json()["rejected"], json!(1), "{}", brought.text);
    let claim = city.expect(201, "/v1/claims", &city.firm, &metered("r", &contract));
    assert_eq!(claim["calculation"]["inputs"]["documents"]["incomplete"], json!(["2025-01"]));
    let id = text(&claim, "/id");
    city.expect(200, &format!("/v1/claims/{id}/submit"), &city.firm, &json!({}));
    let review = format!("/v1/claims/{id}/review");
    let refused = city.expect(422, &review, &city.lin, &json!({"decision": "pass"}));
    assert_eq!((&refused["code"], &refused["months"]), (&json!("usage_incomplete"), &json!(["2025-01"])));
    let silent = json!({"decision": "pass", "accept_incomplete_usage": true});
    city.post(&review, &city.lin, &silent).is(422, "reason_missing");
    let said = json!({"decision": "pass", "accept_incomplete_usage": true, "reason": "缺行不属本期"});
    city.expect(200, &review, &city.lin, &said);
    let approved = city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    let documents = &approved["calculation"]["inputs"]["documents"];
    assert!(documents["incomplete_accepted_by"].is_string(), "{documents}");
    let found = city.get(&format!("/v1/rentals/{contract}/reconciliation"), &city.lin);
    assert_eq!(found["incomplete"], json!([{"month": "2025-01", "rows": 1}]));

    // a recalculation rests on that word for as long as nothing more is refused, and its sheet says whose it was
    let path = format!("/v1/claims/{id}/recalculate");
    let whose = |sheet: &Value| sheet["calculation"]["inputs"]["documents"]["incomplete_accepted_by"].clone();
    let mut again = json!({"changes": {"usage": true}, "reason": "补数据"});
    let proposed = city.expect(201, &path, &city.zhao, &again);
    assert_eq!(whose(&proposed), json!("subsidy-ledger#lin"), "{proposed}");
    // what is refused after it was not spoken of
    let more = whole(&city, &contract, "&adds=true", &[("1.00", "c"), ("x", "d")]);
    assert_eq!(more.json()["rejected"], json!(1), "{}", more.text);
    city.post(&format!("{path}/approve"), &city.chen, &json!({})).is(422, "usage_incomplete");
    city.expect(200, &format!("{path}/reject"), &city.chen, &json!({"reason": "又有缺行"}));
    let refused = city.expect(422, &path, &city.zhao, &again);
    assert_eq!((&refused["code"], &refused["months"]), (&json!("usage_incomplete"), &json!(["2025-01"])));
    again["accept_incomplete_usage"] = json!(true);
    let proposed = city.expect(201, &path, &city.zhao, &again);
    assert_eq!(whose(&proposed), json!("subsidy-ledger#zhao"), "{proposed}");
    // a word in a recalculation that was rejected is none
    city.expect(200, &format!("{path}/reject"), &city.chen, &json!({"reason": "再核"}));
    again["accept_incomplete_usage"] = json!(false);
    city.post(&path, &city.zhao, &again).is(422, "usage_incomplete");
    again["accept_incomplete_usage"] = json!(true);
    city.expect(201, &path, &city.zhao, &again);
    city.expect(200, &format!("{path}/approve"), &city.chen, &json!({}));
    again["accept_incomplete_usage"] = json!(false);
    let proposed = city.expect(201, &path, &city.lin, &again);
    assert_eq!(whose(&proposed), json!("subsidy-ledger#zhao"), "{proposed}");

    // nobody spoke of a month that was whole at the review
    let contract = rental(&city, "R-2");
    assert_eq!(whole(&city, &contract, "", &[("10.00", "e")]).status, 201);
    let id = reviewed(&city, &metered("r", &contract));
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    let more = whole(&city, &contract, "&adds=true", &[("1.00", "f"), ("x", "g")]);
    assert_eq!(more.json()["rejected"], json!(1), "{}", more.text);
    let path = format!("/v1/claims/{id}/recalculate");
    city.post(&path, &city.zhao, &again).is(422, "usage_incomplete");
    assert!(city.cli(&["verify", "--agency", "word"]).contains("verified"));
}

#[test]
fn an_objection_moves_nothing_of_what_the_approver_saw() {
    let city = City::open("unmoved", &rules(json!({})), "100000");
    city.move_to("2025-02-05");
    let items = json!([{"item": "compute", "ratio_percent": "20"}]);
    programme(&city, "r", json!({"items": items, "publicity_days": 3}), "50000");
    let [plain, touched] = ["R-1", "R-2"].map(|number| {
        let contract = rental(&city, number);
        assert_eq!(whole(&city, &contract, "", &[("10.00", "a")]).status, 201);
        (reviewed(&city, &metered("r", &contract)), contract)
    });
    // of the second, rows are refused after the review and before the objection
    let refused = whole(&city, &touched.1, "&adds=true", &[("1.00", "c"), ("x", "d")]);
    assert_eq!(refused.json()["rejected"], json!(1), "{}", refused.text);
    for (claim, _) in [&plain, &touched] {
        let objections = format!("/v1/claims/{claim}/objections");
        let object = city.expect(201, &objections, &city.cloud, &json!({"text": "金额有误"}));
        let dismiss = json!({"decision": "dismissed", "reason": "查无此事"});
        city.expect(200, &format!("{objections}/{}/resolve", text(&object, "/id")), &city.lin, &dismiss);
    }
    city.move_to("2025-02-10");
    let approve = |claim: &str| format!("/v1/claims/{claim}/approve");
    // the amount is what it was, so it is no other amount that is approved
    let approved = city.expect(200, &approve(&plain.0), &city.chen, &json!({}));
    assert_eq!(approved["amount"], json!("2.00"));
    // what was refused since the review nobody has seen, whatever touched the claim meanwhile
    let found = city.expect(422, &approve(&touched.0), &city.chen, &json!({}));
    assert_eq!((&found["code"], &found["months"]), (&json!("usage_incomplete"), &json!(["2025-01"])));
    let word = json!({"decision": "pass", "accept_incomplete_usage": true, "reason": "缺行不属本期"});
    city.expect(200, &format!("/v1/claims/{}/review", touched.0), &city.lin, &word);
    city.move_to("2025-02-14");
    city.expect(200, &approve(&touched.0), &city.chen, &json!({}));
    assert!(city.cli(&["verify", "--agency", "unmoved"]).contains("verified"));
}
