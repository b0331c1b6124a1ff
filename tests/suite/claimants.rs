//! Rentals whose provider claims on its own sales: it is held to the rules, its caps count, it is paid, and who bought sees it.

use serde_json::{Value, json};

use crate::evidence::XML;
use crate::support::city::{CLOUD, City, FIRM, OTHER, merged, rental, rules, shows, text, with};
use crate::support::service::send_bytes;

fn rent(programme: &str, rental: &str, settled: &str) -> Value {
    json!({
        "kind": "rental_subsidy", "programme": programme, "rental_id": rental,
        "period": {"from": "2025-01-01", "until": "2025-02-01"}, "settlement": [{"item": "compute", "amount": settled}],
    })
}

fn by_provider(more: &Value) -> Value {
    merged(json!({"items": [{"item": "compute", "ratio_percent": "10"}], "claimant": "provider"}), more)
}

/// A city in March with a programme `o` for operators, and the token of somebody who files for the cloud.
fn operated(agency: &str, more: &Value) -> (City, String) {
    let city = City::open(agency, &rules(json!({})), "1000000");
    city.programme_of("rental_subsidy", "o", &by_provider(more), "1000000");
    let seller = city.service.token(&city.agency, "enterprise", "seller", Some(CLOUD));
    (city, seller)
}

fn approve(city: &City, seller: &str, body: &Value) -> Value {
    let claim = city.filed(seller, body);
    city.pass(&claim);
    city.claim(&claim)
}

#[test]
fn the_provider_claims_is_held_to_the_caps_and_is_paid_and_the_buyer_sees_it() {
    let annual = json!({"caps": {"annual": {"amount": "1500", "counts": ["redemption"]}}});
    let (city, seller) = operated("operators", &annual);
    let first = city.create("/v1/rentals", &city.firm, &rental("B-1", "90000"));
    let second = city.create("/v1/rentals", &city.other, &rental("B-2", "90000"));
    city.move_to("2025-03-01");
    // who bought does not claim, and who is no party does not know of the contract
    let refused = city.expect(422, "/v1/claims", &city.firm, &rent("o", &first, "10000"));
    assert_eq!(text(&refused, "/code"), "not_eligible");
    assert!(text(&refused, "/detail").contains("claimant"), "{refused}");
    assert_eq!(city.refused(404, "/v1/claims", &city.other, &rent("o", &first, "10000")), "not_found");
    let found = approve(&city, &seller, &rent("o", &first, "10000"));
    shows(
        &found,
        json!({"amount": "1000.00", "organisation": CLOUD, "provider": CLOUD, "buyer": FIRM, "payee": CLOUD}),
    );
    // the cap is the provider's, whoever bought
    let found = approve(&city, &seller, &rent("o", &second, "10000"));
    shows(&found, json!({"amount": "500.00", "calculation/reductions/0/code": "annual_cap"}));
    let id = text(&found, "/id");
    let path = format!("/v1/claims/{id}");
    assert_eq!([&city.other, &seller, &city.firm].map(|token| city.status(&path, token)), [200, 200, 404]);
    let listed = |token: &str| city.get("/v1/claims", token)["data"].as_array().unwrap().len();
    assert_eq!([&city.other, &seller, &city.firm].map(|token| listed(token)), [1, 2, 1]);
    city.batch(&[&id]);
    city.recomputes();
    city.verifies();
}

#[test]
fn who_is_let_in_is_the_provider_and_a_contract_is_not_paid_for_on_both_sides() {
    let (city, seller) = operated("operators_in", &json!({"eligibility": {"categories": ["university"]}}));
    let contract = city.create("/v1/rentals", &city.firm, &rental("B-3", "90000"));
    city.move_to("2025-03-01");
    assert_eq!(city.refused(422, "/v1/claims", &seller, &rent("o", &contract, "10000")), "not_eligible");
    city.programme_of("rental_subsidy", "any", &by_provider(&json!({})), "1000000");
    let both = json!({"items": [{"item": "compute", "ratio_percent": "20"}]});
    city.programme_of("rental_subsidy", "buyers", &both, "1000000");
    approve(&city, &seller, &rent("any", &contract, "10000"));
    let twice = city.refused(409, "/v1/claims", &city.firm, &rent("buyers", &contract, "10000"));
    assert_eq!(twice, "contract_already_used");
    // the provider of a programme for buyers claims nothing
    let other = city.create("/v1/rentals", &city.firm, &rental("B-4", "90000"));
    assert_eq!(city.refused(422, "/v1/claims", &seller, &rent("buyers", &other, "10000")), "not_eligible");
    city.verifies();
}

#[test]
fn once_the_rules_let_the_other_party_claim_a_draft_is_not_filed() {
    let (city, seller) = operated("operators_changed", &json!({}));
    let contract = city.create("/v1/rentals", &city.firm, &rental("B-5", "90000"));
    city.move_to("2025-03-01");
    let draft = city.create("/v1/claims", &seller, &rent("o", &contract, "10000"));
    let buyers = json!({"items": [{"item": "compute", "ratio_percent": "10"}]});
    let next = json!({"effective_from": "2025-03-02", "reason": "改由购买方申领", "rules": buyers});
    city.expect(201, "/v1/programmes/o/rules", &city.lin, &next);
    city.expect(200, "/v1/programmes/o/rules/2/approve", &city.chen, &json!({}));
    city.move_to("2025-03-03");
    let path = format!("/v1/claims/{draft}/submit");
    assert_eq!(city.refused(422, &path, &seller, &json!({})), "eligibility_changed");
    let claim = city.filed(&city.firm, &rent("o", &contract, "10000"));
    city.pass(&claim);
    shows(&city.claim(&claim), json!({"organisation": FIRM, "buyer": null}));
    city.verifies();
}

#[test]
fn invoices_are_the_contracts_whichever_party_claims() {
    let (city, seller) = operated("operators_invoiced", &json!({}));
    let contract = city.create("/v1/rentals", &city.firm, &rental("B-6", "90000"));
    city.move_to("2025-03-01");
    let brought = |xml: &str| {
        let key = uuid::Uuid::now_v7().to_string();
        let headers = [("Idempotency-Key", key.as_str())];
        let path = "/v1/evidence?kind=invoice";
        let answer = send_bytes(&city.service.base, "POST", path, &seller, xml.as_bytes(), &headers).0;
        text(&answer.expect(201).json(), "/id")
    };
    let claim = |evidence: &str| {
        let parts = json!([{"evidence_id": evidence, "amount": "1060"}]);
        with(rent("o", &contract, "1060"), "/invoices", parts)
    };
    // issued to another, and then by the cloud to the firm
    let wrong = brought(&XML.replace(FIRM, OTHER).replace("0001<", "0002<"));
    assert_eq!(city.refused(422, "/v1/claims", &seller, &claim(&wrong)), "invoice_buyer_differs");
    assert_eq!(approve(&city, &seller, &claim(&brought(XML)))["amount"], json!("106.00"));
    city.verifies();
}

#[test]
fn only_rentals_say_who_claims_and_a_provider_is_neither_its_own_supplier_nor_paid_as_one() {
    let city = City::open("operators_rules", &rules(json!({})), "1000");
    let propose = |instrument: &str, rules: &Value| {
        let body = json!({
            "code": "x", "title": {"zh": "运营方", "en": "Operators"}, "instrument": instrument,
            "legal_basis": {"document": "某政发〔2025〕1号"}, "window": {"from": "2025-01-01", "until": "2027-12-31"}, "rules": rules,
        });
        let refused = city.expect(422, "/v1/programmes", &city.lin, &body);
        (text(&refused, "/code"), text(&refused, "/errors/0/pointer"))
    };
    let is = |code: &str, pointer: &str| (code.to_owned(), pointer.to_owned());
    let voucher = by_provider(&json!({"validity_months": 12}));
    assert_eq!(propose("voucher", &voucher), is("rules_field_not_applicable", "/rules/claimant"));
    let listed = by_provider(&json!({"eligibility": {"provider": {"tags_any": ["listed"]}}}));
    let refused = propose("rental_subsidy", &listed);
    assert_eq!(refused, is("rules_field_not_applicable", "/rules/eligibility/provider"));
    let paid = by_provider(&json!({"payee": "provider"}));
    assert_eq!(propose("rental_subsidy", &paid), is("rules_invalid", "/rules/payee"));
}
