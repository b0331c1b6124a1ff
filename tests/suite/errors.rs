//! Errors that say what to do: the page of each code, the remedy in each problem, and the manual made of the same table.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use subsidy_http::error::Entry;
use subsidy_http::language::Language;

use crate::support::city::{City, FIRM, redemption, rental, rules, text, with};
use crate::support::service::{BINARY, Service};

const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");

/// The manual of all errors.
fn manual() -> String {
    let mut text = String::from(
        "# 错误 · Errors\n\n\
         每个错误的原因和办法；由代码中的错误表生成（`cargo nextest run --run-ignored only errors::`）。\
         运行中的服务在 `GET /errors/{code}` 给出同样的内容，每个答复的 `remedy` 也是。\n\n\
         What each error means and what to do, made from the table in the code. A running service shows the same at \
         `GET /errors/{code}`, and says it in `remedy` of each problem. `{name}` stands for what the problem names.\n",
    );
    let codes: BTreeSet<&str> = Entry::all().map(|entry| entry.code.into_str()).collect();
    for code in codes {
        let main = Entry::stored(code);
        write!(text, "\n## {code}\n\nHTTP {}\n", main.status).unwrap();
        for entry in Entry::cases(main.code) {
            let [zh, en] = [Language::Chinese, Language::English].map(|language| entry.words(language));
            write!(
                text,
                "\n**{} · {}**\n\n- {} **办法**：{}\n- {} **What to do:** {}\n",
                zh.title, en.title, zh.detail, zh.remedy, en.detail, en.remedy
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn the_manual_says_what_the_table_says() {
    let kept = std::fs::read_to_string(MANUAL).unwrap_or_default();
    assert!(
        kept == manual(),
        "docs/errors.md is stale; make it anew: cargo nextest run --run-ignored only errors::"
    );
}

#[test]
#[ignore = "writes docs/errors.md"]
fn write_the_manual() {
    std::fs::write(MANUAL, manual()).expect("written");
}

#[test]
fn a_cure_names_commands_that_there_are() {
    let mut commands = BTreeSet::new();
    for entry in Entry::all() {
        let remedy = entry.words(Language::Chinese).remedy;
        for rest in remedy.split("subsidy-ledger ").skip(1) {
            let ends = |c: char| !(c.is_ascii_lowercase() || c == '-' || c == ' ');
            commands.insert(rest.split(ends).next().unwrap().trim());
        }
    }
    assert!(commands.len() > 6, "{commands:?}");
    for command in commands {
        let asked = std::process::Command::new(BINARY).args(command.split(' ')).arg("--help").output();
        assert!(asked.unwrap().status.success(), "{command}");
    }
}

#[test]
fn every_code_has_a_page_in_both_languages_for_people_and_for_programs() {
    let service = Service::start();
    let get = |path: &str, headers: &[(&str, &str)]| service.send("GET", path, None, None, headers);
    let json = [("Accept", "application/json")];

    let list = get("/errors", &json).expect(200).json();
    let listed = list["data"].as_array().unwrap();
    let codes: BTreeSet<&str> = Entry::all().map(|entry| entry.code.into_str()).collect();
    assert_eq!(listed.len(), codes.len());
    for entry in listed {
        let found = get(entry["type"].as_str().unwrap(), &json).expect(200).json();
        assert_eq!((&found["code"], &found["status"]), (&entry["code"], &entry["status"]));
        for part in ["title", "cause", "cure"] {
            let [zh, en] = ["zh", "en"].map(|language| found[part][language].as_str().unwrap());
            assert!(!zh.is_empty() && !en.is_empty(), "{found}");
        }
    }

    let pot = get("/errors/programme_exists", &json).json();
    assert_eq!(pot["status"], 409);
    assert!(pot["routes"].as_array().unwrap().contains(&json!({"method": "POST", "path": "/v1/programmes"})));
    let forbidden = get("/errors/forbidden", &json).json();
    assert_eq!(forbidden["cases"].as_array().unwrap().len(), 2, "{forbidden}");

    let page = get("/errors/pot_exhausted", &[("Accept-Language", "en")]).expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("content-language"), Some("en, zh-CN"));
    let place = |text: &str| page.text.find(text).unwrap_or_else(|| panic!("no {text}: {}", page.text));
    assert!(place("Pot exhausted") < place("指标不足"));
    assert!(place("POST /v1/programmes/CODE/appropriations") > 0);
    let page = get("/errors/pot_exhausted", &[("Accept", "text/html,application/json;q=0.9")]).text;
    assert!(page.find("指标不足") < page.find("Pot exhausted") && page.starts_with("<!doctype html>"));
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
    assert!(get("/errors", &[]).text.contains("<a href=\"/errors/pot_exhausted\">"));

    // neither a code that nobody knows nor a case that callers know by another
    for path in ["/errors/nothing", "/errors/sandbox_only", "/errors/invalid_text%2Fletter"] {
        get(path, &[]).is(404, "not_found");
    }
    service.send("POST", "/errors", None, Some(&json!({})), &[]).is(405, "method_not_allowed");
}

#[test]
fn the_command_line_says_what_to_do_in_the_language_of_the_terminal() {
    let service = Service::start();
    service.agency("terminal");
    let said = |locale: &str| service.said_in(locale, &["agency", "semantics", "terminal", "--to", "1"]);
    let chinese = said("zh_CN.UTF-8");
    assert!(
        chinese.contains("现行规则语义为 1。请由运维人员") && chinese.contains("(semantics_unknown)"),
        "{chinese}"
    );
    let english = said("en_US.UTF-8");
    assert!(english.contains("An operator first upgrades") && english.is_ascii(), "{english}");
}

#[test]
fn a_problem_says_what_to_do_in_the_readers_language_and_again_when_it_is_repeated() {
    let city = City::found(&Arc::new(Service::start()), "remedy", &rules(json!({})), "1000.00");
    let waiting = city.waiting("R-1", "100000.00");
    let ask = |language: &str, key: &str| {
        let headers = [("Accept-Language", language), ("Idempotency-Key", key)];
        let path = format!("/v1/vouchers/{waiting}/issue");
        city.send("POST", &path, Some(&city.chen), Some(&json!({})), &headers).is(409, "pot_exhausted")
    };
    let said = |answer: &Value| answer["remedy"].as_str().unwrap().to_owned();
    let first = said(&ask("en", "k").json());
    assert!(first.ends_with("or ask for at most 1000.00."), "{first}");
    let again = ask("en", "k");
    assert_eq!((again.header("idempotency-replayed"), said(&again.json())), (Some("true"), first));
    assert!(said(&ask("zh-CN", "k").json()).contains("减到 1000.00 以内"));

    let mut body = rental("R-2", "1.00");
    body["organisation"] = json!(FIRM.to_lowercase());
    let answer = city.send("POST", "/v1/rentals", Some(&city.lin), Some(&body), &[("Accept-Language", "en")]);
    let error = &answer.is(422, "credit_code_charset").json()["errors"][0];
    assert!(said(error).starts_with("Copy the 18 characters"), "{error}");
}

/// What is wrong, and where.
fn mistakes(answer: &Value) -> Vec<(String, String)> {
    let errors = answer["errors"].as_array().unwrap();
    errors.iter().map(|error| (text(error, "/code"), text(error, "/pointer"))).collect()
}

fn expect(answer: &Value, expected: &[(&str, &str)]) {
    let found = mistakes(answer);
    let found: Vec<_> = found.iter().map(|(code, at)| (code.as_str(), at.as_str())).collect();
    assert_eq!(found, expected, "{answer}");
}

#[test]
fn a_refusal_says_all_that_is_wrong_and_what_would_be_right() {
    let city = City::found(&Arc::new(Service::start()), "right", &rules(json!({})), "1000000.00");
    let ask = |path: &str, token: &str, body: &Value, language: &str| {
        city.send("POST", path, Some(token), Some(body), &[("Accept-Language", language)])
    };

    // a body: everything at once, each with its pointer, and what an enum takes
    let body =
        json!({"credit_code": "x", "category": "shop", "colour": 1, "bank_account": {"bank_code": "1"}});
    let refused = ask("/v1/organisations", &city.lin, &body, "en").is(422, "invalid_bank_code").json();
    expect(
        &refused,
        &[
            ("invalid_bank_code", "/bank_account/bank_code"),
            ("missing_field", "/bank_account/name"),
            ("missing_field", "/bank_account/account_number"),
            ("invalid_value", "/category"),
            ("unknown_field", "/colour"),
            ("credit_code_charset", "/credit_code"),
            ("missing_field", "/name"),
        ],
    );
    let category = &refused["errors"][3];
    assert!(category["allowed"].as_array().unwrap().contains(&json!("university")), "{category}");
    assert!(text(category, "/detail").contains("private_enterprise, state_owned_enterprise"), "{category}");
    assert!(refused["errors"][4]["allowed"].as_array().unwrap().contains(&json!("credit_code")), "{refused}");
    assert_eq!(refused.get("allowed"), None);

    // what a claim of its kind needs and does not take
    let refused = ask("/v1/claims", &city.firm, &json!({"kind": "interest_subsidy", "final": true}), "en");
    expect(
        &refused.is(422, "unknown_field").json(),
        &[
            ("unknown_field", "/final"),
            ("missing_field", "/programme"),
            ("missing_field", "/loan_id"),
            ("missing_field", "/period"),
            ("missing_field", "/interest_paid"),
        ],
    );

    // each operation of a batch
    let operation = |key: &str| json!({"method": "POST", "path": "/v1/organisations", "idempotency_key": key, "body": {}});
    let batch = json!({"mode": "each", "operations": [operation("a")]});
    let answered = ask("/v1/batches", &city.lin, &batch, "en").json();
    let problem = &answered["results"][0]["body"];
    expect(
        problem,
        &[("missing_field", "/credit_code"), ("missing_field", "/name"), ("missing_field", "/category")],
    );

    // a query
    let refused = city.ask("/v1/vouchers?status=gone", &city.lin).is(400, "invalid_query").json();
    assert!(refused["allowed"].as_array().unwrap().contains(&json!("issued")), "{refused}");
    assert!(text(&refused, "/detail").contains("已发放（issued）"), "{refused}");

    // who may
    let refused = ask("/v1/organisations", &city.firm, &json!({}), "zh-CN").is(403, "forbidden").json();
    assert_eq!(refused["allowed"], json!(["officer"]));
    let detail = text(&refused, "/detail");
    assert!(detail.contains("经办（officer）") && detail.contains("申报单位（enterprise）"), "{detail}");

    // an item that the programme does not pay for
    let voucher = city.voucher("10000.00");
    let claim = with(redemption(&voucher, "100.00"), "/settlement/0/item", json!("storage"));
    let refused = ask("/v1/claims", &city.firm, &claim, "en").is(422, "nothing_to_pay").json();
    assert_eq!((&refused["items"], &refused["known"]), (&json!(["storage"]), &json!(["compute"])));
    assert!(text(&refused, "/detail").contains("does not pay for storage"), "{refused}");

    // the state that it is in and those in which it can be done, again when the request is repeated
    let issue = |language: &str| {
        let headers = [("Accept-Language", language), ("Idempotency-Key", "issued-already")];
        let path = format!("/v1/vouchers/{voucher}/issue");
        city.send("POST", &path, Some(&city.chen), Some(&json!({})), &headers).is(409, "wrong_state").json()
    };
    let (first, again) = (issue("en"), issue("zh-CN"));
    assert_eq!((&first["allowed"], &again["allowed"]), (&json!(["reviewed"]), &json!(["reviewed"])));
    assert!(text(&first, "/detail").contains("\"issued\"; the state must be one of reviewed"), "{first}");
    assert!(
        text(&again, "/detail").contains("“已发放（issued）”不允许此操作，须为：已审核（reviewed）"),
        "{again}"
    );
}
