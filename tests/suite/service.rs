//! The running service from outside: races, two processes on one database, the contract's manners.

use crate::support;
use crate::support::city::{City, FIRM, OTHER, rental, rules, shows, text};
use crate::support::service;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use service::{Service, fresh_folder};

impl City {
    fn rental(&self, contract_no: &str, amount: &str) -> String {
        self.create("/v1/rentals", &self.firm, &rental(contract_no, amount))
    }
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
                    let answer = service.post(&path, token, &json!({}));
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
    let city = City::open("race", &rules(json!({})), "1555555.54");
    let vouchers: Vec<String> = (0..120).map(|i| city.waiting(&format!("A-{i}"), "101010.10")).collect();
    assert_eq!(race(&[&city], &city.chen, &vouchers), (77, 43));
    let budget = city.budget();
    shows(&budget, json!({"committed": "1555555.54", "available": "0.00"}));
    assert!(city.cli(&["verify", "--agency", "race"]).contains("verified"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_never_overdraw_and_share_their_keys() {
    let database = support::TestDatabase::create().await;
    let url = database.url("subsidy_owner");
    tokio::task::spawn_blocking(move || {
        let data = fresh_folder();
        let [one, two] = [(); 2].map(|()| Arc::new(Service::start_on(&url, &data)));
        let city = City::found(&one, "two", &rules(json!({})), "200000.00");
        let vouchers: Vec<String> = (0..60).map(|i| city.waiting(&format!("B-{i}"), "25000.00")).collect();
        assert_eq!(race(&[&one, &two], &city.chen, &vouchers), (40, 20));

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
    let city = City::open("batch", &rules(json!({})), "30000.00");
    let (a, b) = (city.waiting("C-1", "100000.00"), city.waiting("C-2", "100000.00"));
    let issue = |id: &str, key: &str| json!({"method": "POST", "path": format!("/v1/vouchers/{id}/issue"), "body": {}, "idempotency_key": key});

    let all = json!({"mode": "all", "operations": [issue(&a, "k1"), issue(&b, "k2")]});
    let refused = city.post("/v1/batches", &city.chen, &all).expect(409);
    assert_eq!(refused.json()["code"], "pot_exhausted");
    assert_eq!(text(&city.budget(), "/available"), "30000.00", "nothing of a refused batch is posted");

    let each = json!({"mode": "each", "operations": [issue(&a, "k1"), issue(&b, "k2")]});
    let done = city.post("/v1/batches", &city.chen, &each).expect(200);
    let results = done.json()["results"].clone();
    assert_eq!((results[0]["status"].as_u64(), results[1]["status"].as_u64()), (Some(200), Some(409)));
    assert_eq!(results[0]["body"]["face_value"], "20000.00");
    assert!(results[0]["ledger_sequence"].is_u64());

    let c = city.waiting("C-3", "10000.00");
    let d = city.waiting("C-4", "10000.00");
    let all = json!({"mode": "all", "operations": [issue(&c, "k3"), issue(&d, "k4")]});
    let done = city
        .send("POST", "/v1/batches", Some(&city.chen), Some(&all), &[("Idempotency-Key", "whole")])
        .expect(200);
    let again =
        city.send("POST", "/v1/batches", Some(&city.chen), Some(&all), &[("Idempotency-Key", "whole")]);
    assert_eq!((done.text, again.header("idempotency-replayed")), (again.text.clone(), Some("true")));
    assert_eq!(text(&city.budget(), "/available"), "6000.00");
    assert!(city.cli(&["verify", "--agency", &city.agency]).contains("verified"));
}

#[test]
fn the_manners_of_the_contract() {
    let city = City::open("manners", &rules(json!({})), "30000.00");

    city.ask("/v1/loan", &city.lin).is(404, "not_found");
    let wrong = city.send("DELETE", "/v1/vouchers", Some(&city.lin), None, &[]).expect(405);
    assert!(wrong.header("allow").is_some_and(|allow| allow.contains("POST")));
    for (path, methods) in [
        ("/v1/claims/01900000-0000-7000-8000-000000000000", "GET, HEAD, PUT"),
        ("/v1/business-date", "PUT"),
        ("/v1/claims", "GET, HEAD, POST"),
    ] {
        let wrong = city.send("DELETE", path, Some(&city.lin), None, &[]);
        assert_eq!((wrong.status, wrong.header("allow")), (405, Some(methods)), "{path}");
    }
    for path in ["/docs/", "/docs/index.html", "/docs", "/livez", "/v1/audit/entries/0"] {
        let wrong = city.send("DELETE", path, Some(&city.lin), None, &[]);
        assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
    assert_eq!(city.send("GET", "/docs/", None, None, &[]).status, 200);
    let mut rate = json!({"name": "LPR1Y", "date": "2025-01-01", "percent": "1000"});
    city.post("/v1/reference-rates", &city.lin, &rate).is(422, "invalid_percent");
    rate["percent"] = json!("999.999999");
    assert_eq!(city.post("/v1/reference-rates", &city.lin, &rate).status, 201);
    city.ask("/v1/events?after=18446744073709551615", &city.lin).is(400, "invalid_query");
    city.send("GET", "/v1/me", None, None, &[]).is(401, "unauthenticated");

    let key = city.post("/v1/rentals", &city.firm, &json!({"contract_no": 7, "surplus": 1})).expect(422);
    assert_eq!(key.header("content-type"), Some("application/problem+json"));
    let english = city.send("GET", "/v1/vouchers/none", Some(&city.lin), None, &[("Accept-Language", "en")]);
    let chinese = city.ask("/v1/vouchers/none", &city.lin);
    assert_eq!((english.status, chinese.status), (404, 404));
    assert_ne!(english.json()["title"], chinese.json()["title"]);

    let (big, id) = ("x".repeat(300 * 1024), city.waiting("D-1", "1000.00"));
    assert_eq!(city.post("/v1/rentals", &city.firm, &json!({"contract_no": big})).status, 413);

    let path = format!("/v1/vouchers/{id}/issue");
    city.send("POST", &path, Some(&city.chen), Some(&json!({})), &[("If-Match", "\"1\"")])
        .is(412, "version_conflict");
    let etag = city.ask(&format!("/v1/vouchers/{id}"), &city.firm).header("etag").unwrap().to_owned();
    city.send("POST", &path, Some(&city.chen), Some(&json!({})), &[("If-Match", &etag)]).expect(200);

    let moved = city.put("/v1/business-date", &city.lin, &json!({"date": "2025-03-01"}));
    assert_eq!((moved.status, text(&moved.json(), "/date")), (200, "2025-03-01".into()));
    let back = city.put("/v1/business-date", &city.lin, &json!({"date": "2025-02-01"}));
    assert_eq!(back.json()["code"], "business_date_backwards", "{}", back.text);

    let me = city.get("/v1/me", &city.firm);
    assert_eq!((text(&me, "/organisation"), text(&me, "/business_date")), (FIRM.into(), "2025-03-01".into()));
}

#[test]
fn a_list_is_paged_by_a_cursor_that_carries_its_filters() {
    let city = City::open("pages", &rules(json!({})), "30000.00");
    let made: BTreeSet<String> = (0..7).map(|i| city.rental(&format!("E-{i}"), "1.00")).collect();
    let (mut seen, mut path) = (Vec::new(), "/v1/rentals?limit=3".to_owned());
    loop {
        let page = city.get(&path, &city.firm);
        seen.extend(page["data"].as_array().unwrap().iter().map(|r| text(r, "/id")));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/rentals?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (7, made));
    let other = city.token(&city.agency, "enterprise", "other", Some(OTHER));
    assert_eq!(city.get("/v1/rentals", &other)["data"], json!([]));
    assert_eq!(city.status("/v1/rentals?limit=0", &city.firm), 400);
}

#[test]
fn a_key_of_one_organisation_answers_for_no_other_and_outlives_a_renewed_token() {
    let city = City::open("keys", &rules(json!({})), "1000.00");
    // one person who files for two firms
    let token = |roles: &str, firm| city.token("keys", roles, "agent", Some(firm));
    let (own, other) = (token("enterprise", FIRM), token("enterprise", OTHER));
    let each = json!({"mode": "each", "operations": [
        {"method": "POST", "path": "/v1/rentals", "body": rental("C-1", "10"), "idempotency_key": "inner"},
    ]});
    let all = json!({"mode": "all", "operations": [
        {"method": "POST", "path": "/v1/rentals", "body": rental("C-2", "10")},
    ]});
    let ask = |token: &str, key: &str, path: &str, body: &Value| {
        city.send("POST", path, Some(token), Some(body), &[("Idempotency-Key", key)])
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
    let filed = city.get("/v1/rentals", &other);
    assert_eq!(filed["data"], json!([]), "nothing was silently done, or shown, for the other firm");

    let again = ask(&token("enterprise,provider", FIRM), "one", "/v1/rentals", &rental("C-0", "10"));
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(again.json(), first.json());
    let without = ask(&token("provider", FIRM), "one", "/v1/rentals", &rental("C-0", "10"));
    assert_eq!(without.status, 403, "roles come first: {}", without.text);
}
