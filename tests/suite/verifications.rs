//! Verification as work of the service: an auditor begins it, everybody inside sees how far it is and what it came to.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::psql;
use crate::support::city::{City, rules, text};

const PATH: &str = "/v1/audit/verifications";

/// Begins one and waits for its end.
fn verified(city: &City) -> Value {
    let begun = city.expect(202, PATH, &city.sun, &json!({}));
    assert_eq!(begun["started_by"], json!("subsidy-ledger#sun"));
    let (link, began) = (text(&begun, "/link"), Instant::now());
    loop {
        let now = city.get(&link, &city.lin);
        if now["status"] != "running" {
            return now;
        }
        assert!(now["done"].as_u64() <= now["total"].as_u64(), "{now}");
        assert!(began.elapsed() < Duration::from_secs(60), "{now}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_auditor_has_the_ledger_verified_and_the_result_names_its_checkpoint() {
    let city = City::open("job", &rules(json!({})), "1000000");
    let voucher = city.voucher("50000");
    city.approved(&voucher, "10000", false);
    let checkpoint = city.ask("/v1/audit/checkpoint", &city.sun).text;
    let done = verified(&city);
    assert_eq!((&done["status"], &done["result"]), (&json!("finished"), &json!("good")), "{done}");
    assert_eq!(done["checkpoint"], json!(checkpoint));
    let size: u64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    assert_eq!([&done["done"], &done["total"]], [&json!(size), &json!(size)], "{done}");
    // lines are compared, and with the keys at hand sealed account numbers could be opened: there are none
    assert!(done["lines"].as_u64() > Some(0) && done["accounts"] == 0, "{done}");
    assert_eq!(text(&done, "/root").len(), 64);

    // only auditors begin one; nobody outside sees it; what is not there is not found
    for token in [&city.lin, &city.chen, &city.firm] {
        city.post(PATH, token, &json!({})).is(403, "forbidden");
    }
    for token in [&city.firm, &city.cloud, &city.bank] {
        assert_eq!([city.status(PATH, token), city.status(&text(&done, "/link"), token)], [403, 403]);
    }
    city.ask(&format!("{PATH}/{}", uuid::Uuid::nil()), &city.sun).is(404, "not_found");
    // another agency's is not there either
    let other = City::found(&city.service, "neighbour", &rules(json!({})), "1");
    assert_eq!(other.status(&text(&done, "/link"), &other.sun), 404);

    // what is changed behind the service's back is found, and named
    let url = city.cli(&["database-url", "--role", "owner"]).trim().to_owned();
    let changed = psql(&url, "UPDATE agency_job.balances SET amount = amount + 1 WHERE account = 'B2001'");
    assert_eq!(changed.code, 0, "{}", changed.err);
    let found = verified(&city);
    assert_eq!((&found["status"], &found["result"]), (&json!("finished"), &json!("bad")), "{found}");
    assert!(text(&found, "/findings/0/place").contains("balances"), "{found}");
    assert!(found["root"].is_null() && found["findings"][0]["stored"].is_string(), "{found}");
    let listed = city.get(PATH, &city.chen);
    assert_eq!(listed["data"], json!([found, done]), "the newest first");
}

#[test]
fn one_at_a_time_and_what_a_process_left_behind_is_begun_anew() {
    let city = City::open("rerun", &rules(json!({})), "1000000");
    // asked twice at once, the second is told of the first while that is under way
    let begun: Vec<Value> = (0..6).map(|_| city.expect(202, PATH, &city.sun, &json!({}))).collect();
    let under_way = |one: &&Value| one["status"] == "running";
    assert!(begun.iter().all(|one| under_way(&one)), "{begun:?}");
    let done = verified(&city);
    assert_eq!(done["result"], json!("good"));
    let listed = city.get(PATH, &city.sun);
    let all = listed["data"].as_array().unwrap();
    let mut spans: Vec<(&str, &str)> = all
        .iter()
        .map(|one| (one["started_at"].as_str().unwrap(), one["finished_at"].as_str().unwrap()))
        .collect();
    spans.sort_unstable();
    assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "no two overlap: {spans:?}");

    // a file without an end is of a process that ended on the way
    let path = city.data.join("verifications/rerun").join(format!("{}.json", text(&done, "/id")));
    let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    record["end"] = Value::Null;
    std::fs::write(&path, record.to_string()).unwrap();
    let left = city.get(&text(&done, "/link"), &city.sun);
    assert_eq!((&left["status"], &left["result"]), (&json!("interrupted"), &Value::Null), "{left}");
    let again = verified(&city);
    assert_eq!((&again["result"], again["id"] == done["id"]), (&json!("good"), false));
}
