//! The running service from outside: races, two processes on one database, the contract's manners.

use crate::support;
use crate::support::service;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use service::{Answer, Service, fresh_folder};

const FIRM: &str = "91310000MA1FL0000N";
const OTHER: &str = "91110108MA01A2B3CF";
const CLOUD: &str = "91440300MA5F00011B";

/// A sandbox agency with two firms, a cloud, and a programme that pays 20 % of a contract.
struct City<'a> {
    service: &'a Service,
    agency: String,
    officer: String,
    approver: String,
    firm: String,
}

impl<'a> City<'a> {
    fn found(service: &'a Service, agency: &str, rules: Value, pot: &str) -> Self {
        service.agency(agency);
        let city = Self {
            service,
            agency: agency.to_owned(),
            officer: service.token(agency, "officer", "lin", None),
            approver: service.token(agency, "approver", "chen", None),
            firm: service.token(agency, "enterprise", "firm", Some(FIRM)),
        };
        for (code, name) in [(FIRM, "甲"), (OTHER, "乙"), (CLOUD, "丁云")] {
            let body = json!({"credit_code": code, "name": name, "category": "private_enterprise"});
            city.expect(201, "/v1/organisations", &city.officer, &body);
        }
        let body = json!({
            "code": "p", "title": {"zh": "专项", "en": "p"}, "instrument": "voucher",
            "legal_basis": {"document": "T-1"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
            "rules": rules,
        });
        city.expect(201, "/v1/programmes", &city.officer, &body);
        city.expect(200, "/v1/programmes/p/approve", &city.approver, &json!({}));
        let body = json!({"amount": pot, "fiscal_year": 2025, "document": "预算1号"});
        let id = text(&city.expect(201, "/v1/programmes/p/appropriations", &city.officer, &body), "/id");
        city.expect(
            200,
            &format!("/v1/programmes/p/appropriations/{id}/approve"),
            &city.approver,
            &json!({}),
        );
        city
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.service.send("POST", path, Some(token), Some(body), &[])
    }

    fn get(&self, path: &str, token: &str) -> Answer {
        self.service.send("GET", path, Some(token), None, &[])
    }

    fn expect(&self, status: u16, path: &str, token: &str, body: &Value) -> Value {
        let answer = self.post(path, token, body);
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        answer.json()
    }

    fn rental(&self, contract_no: &str, amount: &str) -> String {
        let body = rental(contract_no, amount);
        text(&self.expect(201, "/v1/rentals", &self.firm, &body), "/id")
    }

    /// A voucher that waits to be issued.
    fn reviewed(&self, contract_no: &str, amount: &str) -> String {
        let body = json!({"programme": "p", "rental_id": self.rental(contract_no, amount)});
        let id = text(&self.expect(201, "/v1/vouchers", &self.firm, &body), "/id");
        self.expect(200, &format!("/v1/vouchers/{id}/review"), &self.officer, &json!({"decision": "pass"}));
        id
    }

    fn budget(&self) -> Value {
        self.get("/v1/programmes/p", &self.officer).json()["budget"].clone()
    }
}

fn rental(contract_no: &str, amount: &str) -> Value {
    json!({
        "contract_no": contract_no, "provider": CLOUD, "signed_on": "2025-01-01", "from": "2025-01-01",
        "until": "2025-12-31", "lines": [{"item": "compute", "amount": amount}],
    })
}

fn rules() -> Value {
    json!({"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 12})
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer} in {value}"))
        .to_owned()
}

/// Twenty callers, each taking the next voucher until none is left; how often each status came.
fn race(services: &[&Service], token: &str, vouchers: &[String]) -> (usize, usize) {
    let next = AtomicUsize::new(0);
    let (issued, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for caller in 0..20 {
            let service = services[caller % services.len()];
            let (next, issued, refused) = (&next, &issued, &refused);
            scope.spawn(move || {
                while let Some(id) = vouchers.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let path = format!("/v1/vouchers/{id}/issue");
                    let answer = service.send("POST", &path, Some(token), Some(&json!({})), &[]);
                    match answer.status {
                        200 => issued.fetch_add(1, Ordering::SeqCst),
                        409 if answer.json()["code"] == "pot_exhausted" => {
                            refused.fetch_add(1, Ordering::SeqCst)
                        }
                        _ => panic!("{}: {}", answer.status, answer.text),
                    };
                }
            });
        }
    });
    (issued.into_inner(), refused.into_inner())
}

#[test]
fn twenty_callers_race_for_a_pot_that_fits_seventy_seven_of_a_hundred_and_twenty() {
    let service = Service::start();
    let city = City::found(&service, "race", rules(), "1555555.54");
    let vouchers: Vec<String> = (0..120).map(|i| city.reviewed(&format!("A-{i}"), "101010.10")).collect();
    assert_eq!(race(&[&service], &city.approver, &vouchers), (77, 43));
    let budget = city.budget();
    assert_eq!(
        (text(&budget, "/committed"), text(&budget, "/available")),
        ("1555555.54".into(), "0.00".into())
    );
    assert!(service.cli(&["verify", "--agency", "race"]).contains("verified"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_never_overdraw_and_share_their_keys() {
    let database = support::TestDatabase::create().await;
    let url = database.url("subsidy_owner");
    tokio::task::spawn_blocking(move || {
        let data = fresh_folder();
        let (one, two) = (Service::start_on(&url, &data), Service::start_on(&url, &data));
        let city = City::found(&one, "two", rules(), "200000.00");
        let vouchers: Vec<String> = (0..60).map(|i| city.reviewed(&format!("B-{i}"), "25000.00")).collect();
        assert_eq!(race(&[&one, &two], &city.approver, &vouchers), (40, 20));

        let (key, body) = ("one-key", rental("twice", "1.00"));
        let first =
            one.send("POST", "/v1/rentals", Some(&city.firm), Some(&body), &[("Idempotency-Key", key)]);
        let again =
            two.send("POST", "/v1/rentals", Some(&city.firm), Some(&body), &[("Idempotency-Key", key)]);
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(first.header("ledger-sequence"), again.header("ledger-sequence"));
        assert_eq!(first.text, again.text);
        assert!(one.cli(&["verify", "--agency", "two"]).contains("verified"));
    })
    .await
    .unwrap();
}

#[test]
fn a_batch_does_each_operation_or_all_of_them() {
    let service = Service::start();
    let city = City::found(&service, "batch", rules(), "30000.00");
    let (a, b) = (city.reviewed("C-1", "100000.00"), city.reviewed("C-2", "100000.00"));
    let issue = |id: &str, key: &str| json!({"method": "POST", "path": format!("/v1/vouchers/{id}/issue"), "body": {}, "idempotency_key": key});

    let all = json!({"mode": "all", "operations": [issue(&a, "k1"), issue(&b, "k2")]});
    let refused = city.post("/v1/batches", &city.approver, &all);
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(refused.json()["code"], "pot_exhausted");
    assert_eq!(text(&city.budget(), "/available"), "30000.00", "nothing of a refused batch is posted");

    let each = json!({"mode": "each", "operations": [issue(&a, "k1"), issue(&b, "k2")]});
    let done = city.post("/v1/batches", &city.approver, &each);
    assert_eq!(done.status, 200, "{}", done.text);
    let results = done.json()["results"].clone();
    assert_eq!((results[0]["status"].as_u64(), results[1]["status"].as_u64()), (Some(200), Some(409)));
    assert_eq!(results[0]["body"]["face_value"], "20000.00");
    assert!(results[0]["ledger_sequence"].is_u64());

    let c = city.reviewed("C-3", "10000.00");
    let d = city.reviewed("C-4", "10000.00");
    let all = json!({"mode": "all", "operations": [issue(&c, "k3"), issue(&d, "k4")]});
    let done = service.send(
        "POST",
        "/v1/batches",
        Some(&city.approver),
        Some(&all),
        &[("Idempotency-Key", "whole")],
    );
    assert_eq!(done.status, 200, "{}", done.text);
    let again = service.send(
        "POST",
        "/v1/batches",
        Some(&city.approver),
        Some(&all),
        &[("Idempotency-Key", "whole")],
    );
    assert_eq!((done.text, again.header("idempotency-replayed")), (again.text.clone(), Some("true")));
    assert_eq!(text(&city.budget(), "/available"), "6000.00");
    assert!(service.cli(&["verify", "--agency", &city.agency]).contains("verified"));
}

#[test]
fn the_manners_of_the_contract() {
    let service = Service::start();
    let city = City::found(&service, "manners", rules(), "30000.00");

    let unknown = city.get("/v1/loan", &city.officer);
    assert_eq!((unknown.status, unknown.json()["code"].clone()), (404, json!("not_found")));
    let wrong = service.send("DELETE", "/v1/vouchers", Some(&city.officer), None, &[]);
    assert_eq!(wrong.status, 405, "{}", wrong.text);
    assert!(wrong.header("allow").is_some_and(|allow| allow.contains("POST")));
    for (path, methods) in [
        ("/v1/claims/01900000-0000-7000-8000-000000000000", "GET, HEAD, PUT"),
        ("/v1/business-date", "PUT"),
        ("/v1/claims", "GET, HEAD, POST"),
    ] {
        let wrong = service.send("DELETE", path, Some(&city.officer), None, &[]);
        assert_eq!((wrong.status, wrong.header("allow")), (405, Some(methods)), "{path}");
    }
    for path in ["/docs/", "/docs/index.html", "/docs", "/livez", "/v1/audit/entries/0"] {
        let wrong = service.send("DELETE", path, Some(&city.officer), None, &[]);
        assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
    assert_eq!(service.send("GET", "/docs/", None, None, &[]).status, 200);
    let mut rate = json!({"name": "LPR1Y", "date": "2025-01-01", "percent": "1000"});
    let steep = city.post("/v1/reference-rates", &city.officer, &rate);
    assert_eq!((steep.status, steep.json()["code"].clone()), (422, json!("invalid_percent")));
    rate["percent"] = json!("999.999999");
    assert_eq!(city.post("/v1/reference-rates", &city.officer, &rate).status, 201);
    let beyond = city.get("/v1/events?after=18446744073709551615", &city.officer);
    assert_eq!((beyond.status, beyond.json()["code"].clone()), (400, json!("invalid_query")));
    let anonymous = service.send("GET", "/v1/me", None, None, &[]);
    assert_eq!((anonymous.status, anonymous.json()["code"].clone()), (401, json!("unauthenticated")));

    let key = city.post("/v1/rentals", &city.firm, &json!({"contract_no": 7, "surplus": 1}));
    assert_eq!(key.status, 422, "{}", key.text);
    assert_eq!(key.header("content-type"), Some("application/problem+json"));
    let english =
        service.send("GET", "/v1/vouchers/none", Some(&city.officer), None, &[("Accept-Language", "en")]);
    let chinese = city.get("/v1/vouchers/none", &city.officer);
    assert_eq!((english.status, chinese.status), (404, 404));
    assert_ne!(english.json()["title"], chinese.json()["title"]);

    let (big, id) = ("x".repeat(300 * 1024), city.reviewed("D-1", "1000.00"));
    assert_eq!(city.post("/v1/rentals", &city.firm, &json!({"contract_no": big})).status, 413);

    let path = format!("/v1/vouchers/{id}/issue");
    let stale = service.send("POST", &path, Some(&city.approver), Some(&json!({})), &[("If-Match", "\"1\"")]);
    assert_eq!((stale.status, stale.json()["code"].clone()), (412, json!("version_conflict")));
    let etag = city.get(&format!("/v1/vouchers/{id}"), &city.firm).header("etag").unwrap().to_owned();
    let issued = service.send("POST", &path, Some(&city.approver), Some(&json!({})), &[("If-Match", &etag)]);
    assert_eq!(issued.status, 200, "{}", issued.text);

    let moved = service.send(
        "PUT",
        "/v1/business-date",
        Some(&city.officer),
        Some(&json!({"date": "2025-03-01"})),
        &[],
    );
    assert_eq!((moved.status, text(&moved.json(), "/date")), (200, "2025-03-01".into()));
    let back = service.send(
        "PUT",
        "/v1/business-date",
        Some(&city.officer),
        Some(&json!({"date": "2025-02-01"})),
        &[],
    );
    assert_eq!(back.json()["code"], "business_date_backwards", "{}", back.text);

    let me = city.get("/v1/me", &city.firm).json();
    assert_eq!((text(&me, "/organisation"), text(&me, "/business_date")), (FIRM.into(), "2025-03-01".into()));
    let grant = json!({
        "code": "g", "title": {"zh": "奖补", "en": "g"}, "instrument": "grant", "legal_basis": {"document": "T"},
        "window": {"from": "2025-01-01", "until": "2025-12-31"}, "rules": {},
    });
    let refused = city.post("/v1/programmes", &city.officer, &grant);
    assert_eq!(refused.json()["code"], "instrument_not_supported", "{}", refused.text);
}

#[test]
fn a_list_is_paged_by_a_cursor_that_carries_its_filters() {
    let service = Service::start();
    let city = City::found(&service, "pages", rules(), "30000.00");
    let made: BTreeSet<String> = (0..7).map(|i| city.rental(&format!("E-{i}"), "1.00")).collect();
    let (mut seen, mut path) = (Vec::new(), "/v1/rentals?limit=3".to_owned());
    loop {
        let page = city.get(&path, &city.firm);
        assert_eq!(page.status, 200, "{}", page.text);
        let page = page.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|r| text(r, "/id")));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/rentals?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (7, made));
    let other = service.token(&city.agency, "enterprise", "other", Some(OTHER));
    assert_eq!(city.get("/v1/rentals", &other).json()["data"], json!([]));
    assert_eq!(city.get("/v1/rentals?limit=0", &city.firm).status, 400);
}

#[test]
fn a_key_of_one_organisation_answers_for_no_other_and_outlives_a_renewed_token() {
    let service = Service::start();
    let city = City::found(&service, "keys", rules(), "1000.00");
    // one person who files for two firms
    let token = |roles: &str, firm| service.token("keys", roles, "agent", Some(firm));
    let (own, other) = (token("enterprise", FIRM), token("enterprise", OTHER));
    let each = json!({"mode": "each", "operations": [
        {"method": "POST", "path": "/v1/rentals", "body": rental("C-1", "10"), "idempotency_key": "inner"},
    ]});
    let all = json!({"mode": "all", "operations": [
        {"method": "POST", "path": "/v1/rentals", "body": rental("C-2", "10")},
    ]});
    let ask = |token: &str, key: &str, path: &str, body: &Value| {
        service.send("POST", path, Some(token), Some(body), &[("Idempotency-Key", key)])
    };
    let first = ask(&own, "one", "/v1/rentals", &rental("C-0", "10"));
    assert_eq!(first.status, 201, "{}", first.text);
    let inner = ask(&own, "each", "/v1/batches", &each);
    assert_eq!(inner.json()["results"][0]["status"], 201, "{}", inner.text);
    assert_eq!(ask(&own, "all", "/v1/batches", &all).status, 200);

    for (key, path, body) in [("one", "/v1/rentals", &rental("C-0", "10")), ("all", "/v1/batches", &all)] {
        let answer = ask(&other, key, path, body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (422, &json!("idempotency_key_reused")),
            "{path}"
        );
    }
    let answer = ask(&other, "each", "/v1/batches", &each).json();
    assert_eq!(answer["results"][0]["body"]["code"], "idempotency_key_reused", "{answer}");
    let filed = city.get("/v1/rentals", &other).json();
    assert_eq!(filed["data"], json!([]), "nothing was silently done, or shown, for the other firm");

    let again = ask(&token("enterprise,provider", FIRM), "one", "/v1/rentals", &rental("C-0", "10"));
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(again.json(), first.json());
    let without = ask(&token("provider", FIRM), "one", "/v1/rentals", &rental("C-0", "10"));
    assert_eq!(without.status, 403, "roles come first: {}", without.text);
}
