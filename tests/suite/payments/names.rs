//! Names that a bank has no room for, and ids that are another thing's.

use serde_json::{Value, json};

use crate::payments::stage::{FIRM, OTHER, Stage};
use std::sync::Arc;

use crate::support::city::{rental, with};

use crate::support::service::{Service, fresh_folder};

/// A file of a batch, as text.
fn file(stage: &Stage, batch: &str, format: &str) -> String {
    let path = format!("/v1/payment-batches/{batch}/file?format={format}");
    let answer = stage.ask(&path, &stage.officer).expect(200);
    answer.text
}

#[test]
fn a_name_is_in_the_file_whole_or_its_line_is_refused_when_the_batch_is_proposed() {
    let stage = Stage::open("names");
    let (fits, long) = ("名".repeat(140), "名".repeat(141));
    let [first, second] = ["91310115MA00000110", "91330100MA2AX00016"];
    stage.register(first, &fits, Some(("102100099996", "6222021001112220001")));
    stage.register(second, &long, Some(("102100099996", "6222021001112220002")));
    let claims = [
        stage.approved(FIRM, 1, "500.00"),
        stage.approved(first, 1, "500.00"),
        stage.approved(second, 1, "500.00"),
    ]
    .concat();
    let propose = json!({"claim_ids": claims});
    let problem = stage.refused(422, "name_too_long", "/v1/payment-batches", &stage.officer, &propose);
    assert_eq!(problem["errors"][0]["pointer"], "/claim_ids/2");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(second) && detail.contains("141") && detail.contains("140"), "{problem}");
    assert_eq!(stage.read(&format!("/v1/claims/{}", claims[0]))["payment_batch_id"], Value::Null);
    let batch = stage.batch(&claims[..2]);
    for format in ["pain.001", "csv"] {
        assert!(file(&stage, &batch, format).contains(&fits), "{format}");
    }
}

#[test]
fn a_bank_that_takes_less_says_so_in_the_settings_and_a_batch_stays_under_what_it_was_proposed_with() {
    let folder = fresh_folder();
    let config = folder.join("service.toml");
    let debtor = |code: &str, name_max: &str| {
        format!(
            "[debtors.{code}]\nbank_code = \"102100000013\"\naccount_number = \"0200001009000012345\"\n{name_max}\n"
        )
    };
    let text = [debtor("short", "name_max = 30"), debtor("wide", "")].concat();
    std::fs::write(&config, text).unwrap();
    let service = Arc::new(Service::start_configured(&config, &folder.join("service.log")));
    let stage = Stage::found(&service, "short");
    let [code, later] = ["91310115MA00000110", "91330100MA2AX00016"];
    stage.register(code, &"名".repeat(31), Some(("102100099996", "6222021001112220001")));
    stage.register(later, &"名".repeat(30), None);
    let claim = stage.approved(code, 1, "500.00");
    let propose = json!({"claim_ids": claim});
    stage.refused(422, "name_too_long", "/v1/payment-batches", &stage.officer, &propose);
    stage.batch(&stage.approved(later, 1, "500.00"));
    let wide = Stage::found(&service, "wide");
    wide.register(code, &"名".repeat(31), Some(("102100099996", "6222021001112220001")));
    wide.batch(&wide.approved(code, 1, "500.00"));
    assert!(service.cli(&["verify"]).contains("verified"));
    // a limit that no file could keep is no setting
    for wrong in ["name_max = 0", "name_max = 141"] {
        std::fs::write(&config, debtor("short", wrong)).unwrap();
        let config = config.to_str().unwrap();
        let refused = std::process::Command::new(env!("CARGO_BIN_EXE_subsidy-ledger"))
            .args(["doctor", "--config", config, "--data", folder.to_str().unwrap()])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("name_max"), "{said}");
    }
}

#[test]
fn a_remittance_names_its_programme_whole_or_by_its_code() {
    let stage = Stage::open("remittance");
    let title = "券".repeat(200);
    let body = json!({
        "code": "long", "title": {"zh": title, "en": "long"}, "instrument": "voucher",
        "legal_basis": {"document": "T-2"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
        "rules": {"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 6},
    });
    stage.expect(201, "/v1/programmes", &stage.officer, &body);
    stage.expect(200, "/v1/programmes/long/approve", &stage.approver, &json!({}));
    let body = json!({"amount": "1000.00", "fiscal_year": 2025, "document": "预算2号"});
    let change = stage.create("/v1/programmes/long/appropriations", &stage.officer, &body);
    let path = format!("/v1/programmes/long/appropriations/{change}/approve");
    stage.expect(200, &path, &stage.approver, &json!({}));
    let rental = with(rental("L-1", "500.00"), "/organisation", json!(FIRM));
    let rental = stage.create("/v1/rentals", &stage.officer, &rental);
    let voucher = json!({"programme": "long", "rental_id": rental});
    let voucher = stage.create("/v1/vouchers", &stage.officer, &voucher);
    stage.each(
        &stage.reviewer,
        "vouchers",
        std::slice::from_ref(&voucher),
        "review",
        &json!({"decision": "pass"}),
    );
    stage.each(&stage.approver, "vouchers", std::slice::from_ref(&voucher), "issue", &json!({}));
    let claims = stage.submitted(&[voucher], "500.00");
    stage.each(&stage.reviewer, "claims", &claims, "review", &json!({"decision": "pass"}));
    stage.each(&stage.approver, "claims", &claims, "approve", &json!({}));
    let xml = file(&stage, &stage.batch(&claims), "pain.001");
    assert!(xml.contains("<Ustrd>long 兑付 long-2025-000001</Ustrd>"), "{xml}");
}

#[test]
fn what_a_path_names_is_of_the_kind_and_of_the_document_that_the_path_says() {
    let stage = Stage::open("kinds");
    let none = json!({});
    let why = json!({"reason": "x"});
    // a change of a budget is approved at its own kind's path, under its own programme
    let body = json!({"amount": "10.00", "fiscal_year": 2025, "document": "预算3号"});
    let appropriation = stage.create("/v1/programmes/p/appropriations", &stage.officer, &body);
    let body = json!({"amount": "-10.00", "document": "调整1号", "reason": "x"});
    let adjustment = stage.create("/v1/programmes/p/adjustments", &stage.officer, &body);
    let body = json!({"amount": "1.00", "fiscal_year": 2025, "reason": "x"});
    let lapse = stage.create("/v1/programmes/p/lapse", &stage.officer, &body);
    let kinds = [("appropriations", &appropriation), ("adjustments", &adjustment), ("lapse", &lapse)];
    let before = stage.balance("B2001");
    for (path, _) in kinds {
        for (kind, change) in kinds.iter().filter(|(kind, _)| *kind != path) {
            let wrong = format!("/v1/programmes/p/{path}/{change}/approve");
            let problem = stage.refused(404, "not_found", &wrong, &stage.approver, &none);
            assert_eq!(problem["status"], 404, "a {kind} at {path}");
        }
        let nowhere = format!("/v1/programmes/q/{path}/{appropriation}/approve");
        stage.refused(404, "not_found", &nowhere, &stage.approver, &none);
    }
    assert_eq!(stage.balance("B2001"), before);
    for (path, change) in kinds {
        stage.expect(200, &format!("/v1/programmes/p/{path}/{change}/approve"), &stage.approver, &none);
    }

    // a recalculation, an objection, a version of rules, a result: of another document
    let claims = [stage.approved(FIRM, 1, "500.00"), stage.approved(OTHER, 1, "500.00")].concat();
    let (one, two) = (&claims[0], &claims[1]);
    let changes = json!({"settlement": [{"item": "compute", "amount": "400.00"}]});
    let body = json!({"changes": changes, "reason": "x"});
    let version =
        stage.expect(201, &format!("/v1/claims/{one}/recalculate"), &stage.officer, &body)["version"].clone();
    for step in ["approve", "reject"] {
        let body = if step == "approve" { &none } else { &why };
        let other = format!("/v1/claims/{two}/recalculations/{version}/{step}");
        stage.refused(404, "not_found", &other, &stage.approver, body);
    }
    let rules = json!({"items": [{"item": "compute", "ratio_percent": "10"}], "validity_months": 6});
    let body = json!({"effective_from": "2025-06-01", "rules": rules, "reason": "x"});
    let version = stage.expect(201, "/v1/programmes/p/rules", &stage.officer, &body)["version"].clone();
    stage.refused(
        404,
        "not_found",
        &format!("/v1/programmes/q/rules/{version}/approve"),
        &stage.approver,
        &none,
    );
    let batch = stage.batch(std::slice::from_ref(two));
    assert_eq!(stage.result(&batch, two, "paid", "2025-01-02").status, 200);
    assert_eq!(stage.result(&batch, two, "returned", "2025-01-02").status, 200);
    let elsewhere = stage.proposed(&stage.approved(FIRM, 1, "500.00"));
    for batch in [&elsewhere, &uuid::Uuid::now_v7().to_string()] {
        let path = format!("/v1/payment-batches/{batch}/results/{two}/approve");
        stage.refused(404, "not_found", &path, &stage.approver, &none);
    }
    // one noun's id is not another's
    for path in [
        format!("/v1/recoveries/{batch}/approve"),
        format!("/v1/payment-batches/{one}/approve"),
        format!("/v1/prefunds/{appropriation}/approve"),
        format!("/v1/prefunds/true-ups/{appropriation}/approve"),
        format!("/v1/claims/{batch}/approve"),
        format!("/v1/vouchers/{one}/issue"),
    ] {
        stage.refused(404, "not_found", &path, &stage.approver, &none);
    }
}
