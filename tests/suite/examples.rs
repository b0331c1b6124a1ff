//! Examples of the OpenAPI document: every body has one, and each is played.

use serde_json::Value;

use crate::support::service::Service;
use subsidy_ledger::http::examples;
use subsidy_ledger::http::openapi::JSON;
use subsidy_ledger::http::route::{Permission, Segment};
use subsidy_ledger::http::routes::ROUTES;

fn parameter(name: &str) -> &'static str {
    match name {
        "credit_code" => "91310000MA1FL0000N",
        "code" => "bj-voucher",
        "version" | "number" => "2",
        "sequence" => "7",
        "month" => "2025-01",
        _ => "01940000-0000-7000-8000-000000000001",
    }
}

#[test]
fn every_body_has_an_example_and_each_is_taken_but_for_what_is_not_there() {
    let service = Service::start();
    service.cli(&[
        "agency",
        "create",
        "city",
        "--name",
        "city",
        "--sandbox",
        "--business-date",
        "2025-06-01",
    ]);
    let mut played = 0;
    for route in ROUTES.iter().filter(|r| r.takes.is_some_and(|takes| takes.media_type == "application/json"))
    {
        let name =
            examples::type_name(route).unwrap_or_else(|| panic!("{}: its body has no type", route.path));
        let role = match route.permission {
            Permission::Roles([role, ..]) => *role,
            _ => subsidy_core::domain::Role::Officer,
        };
        let own = role.needs_organisation().then_some("91310000MA1FL0000N");
        let token = service.token("city", &role.to_string(), "lin", own);
        let part = |segment: Segment<'static>| match segment {
            Segment::Literal(text) => text,
            Segment::One(name) | Segment::Tail(name) => parameter(name),
        };
        let path = Segment::all(route.path).map(part).collect::<Vec<_>>().join("/");
        let query = if route.writes() { "?dry_run=true" } else { "" };
        let mut found = false;
        for (shows, example) in examples::of_type(&name) {
            let method: &str = route.method.into();
            let answer = service.send(method, &format!("{path}{query}"), Some(&token), Some(&example), &[]);
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            let taken =
                matches!(answer.status, 200 | 201 | 404 | 409) || code == "organisation_not_registered";
            assert!(taken, "{method} {path} {name}, {shows}: {}", answer.text);
            (found, played) = (true, played + 1);
        }
        assert!(found, "{}: {name} has no example", route.path);
    }
    assert!(played > 100, "{played}");
}

#[test]
fn an_id_in_a_path_is_that_of_its_noun() {
    let document: Value = serde_json::from_str(&JSON).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            for parameter in operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["in"] == "path" && one["name"] == "id")
            {
                let schema = parameter["schema"]["$ref"].as_str().unwrap_or_default();
                let is_of_vouchers = schema.ends_with("/VoucherId");
                assert_eq!(is_of_vouchers, path.starts_with("/v1/vouchers/"), "{path}: {parameter}");
            }
        }
    }
}
