//! Examples of the OpenAPI document: every body has one, each is played, and what refuses one is what the document says of the
//! operation.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::city::{CLOUD, FIRM};
use crate::support::service::{Answer, Service};
use subsidy_core::domain::Role;
use subsidy_http::examples;
use subsidy_http::openapi::JSON;
use subsidy_http::route::{Permission, Route, Segment};
use subsidy_http::routes::ROUTES;

fn parameter(name: &str) -> &'static str {
    match name {
        "credit_code" => FIRM,
        "code" => "bj-voucher",
        "version" | "number" => "2",
        "sequence" => "7",
        "month" => "2025-01",
        _ => "01940000-0000-7000-8000-000000000001",
    }
}

/// A sandbox, and the document that it is held to.
struct Stage {
    service: Service,
    document: Value,
    tokens: RefCell<BTreeMap<Role, String>>,
}

impl Stage {
    fn open() -> Self {
        let service = Service::start();
        let named = ["agency", "create", "city", "--name", "city", "--sandbox"];
        service.cli(&[&named[..], &["--business-date", "2025-06-01"]].concat());
        Self { service, document: serde_json::from_str(&JSON).unwrap(), tokens: RefCell::default() }
    }

    /// A token of the first role that may call a route.
    fn token(&self, route: &Route) -> String {
        let role = match route.permission {
            Permission::Roles([role, ..]) => *role,
            _ => Role::Officer,
        };
        let own = role.needs_organisation().then_some(FIRM);
        let make = || self.service.token("city", &role.to_string(), "lin", own);
        self.tokens.borrow_mut().entry(role).or_insert_with(make).clone()
    }

    /// The answer to a body of JSON, as a dry run where it is a write.
    fn play(&self, route: &Route, body: &Value) -> Answer {
        let part = |segment: Segment<'static>| match segment {
            Segment::Literal(text) => text,
            Segment::One(name) | Segment::Tail(name) => parameter(name),
        };
        let path = Segment::all(route.path).map(part).collect::<Vec<_>>().join("/");
        let query = if route.writes() { "?dry_run=true" } else { "" };
        let (method, token): (&str, _) = (route.method.into(), self.token(route));
        let answer = self.service.send(method, &format!("{path}{query}"), Some(&token), Some(body), &[]);
        self.expects(route, &answer);
        answer
    }

    /// Whether the document has the answer's status for the operation, and its code there.
    fn expects(&self, route: &Route, answer: &Answer) {
        let method: &str = route.method.into();
        let operation = &self.document["paths"][route.path][method.to_ascii_lowercase()];
        let response = &operation["responses"][answer.status.to_string()];
        let place = format!("{method} {}: {}", route.path, answer.text);
        assert!(response.is_object(), "the document does not have {}: {place}", answer.status);
        if answer.status >= 400 {
            let (code, codes) = (&answer.json()["code"], response["x-codes"].as_array().unwrap());
            assert!(codes.contains(code), "the document has only {codes:?}: {place}");
        }
    }
}

/// The routes that take a body of JSON, each with the name of its type.
fn of_json() -> impl Iterator<Item = (&'static Route, String)> {
    let json = |route: &&Route| route.takes.is_some_and(|takes| takes.media_type == "application/json");
    ROUTES.iter().filter(json).map(|route| {
        let name = examples::type_name(route);
        (route, name.unwrap_or_else(|| panic!("{}: its body has no type", route.path)))
    })
}

#[test]
fn every_body_has_an_example_and_each_is_taken_but_for_what_is_not_there() {
    let stage = Stage::open();
    let mut played = 0;
    for (route, name) in of_json() {
        let mut found = false;
        for (shows, example) in examples::of_type(&name) {
            let answer = stage.play(route, &example);
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            let taken =
                matches!(answer.status, 200 | 201 | 404 | 409) || code == "organisation_not_registered";
            assert!(taken, "{} {name}, {shows}: {}", route.path, answer.text);
            (found, played) = (true, played + 1);
        }
        assert!(found, "{}: {name} has no example", route.path);
    }
    assert!(played > 100, "{played}");
}

#[test]
fn a_kind_is_refused_for_what_its_schema_does_not_have_and_for_what_it_lacks() {
    let stage = Stage::open();
    let schemas = &stage.document["components"]["schemas"];
    let (mut lacking, mut foreign) = (0, 0);
    for (route, name) in of_json() {
        let Some(mapping) = schemas[&name]["discriminator"]["mapping"].as_object() else { continue };
        let by = schemas[&name]["discriminator"]["propertyName"].as_str().unwrap();
        let kinds = |kind: &str| {
            stage.document.pointer(mapping[kind].as_str().unwrap().trim_start_matches('#')).unwrap()
        };
        let shown: Vec<Value> = examples::of_type(&name).map(|(_, example)| example).collect();
        let members = || shown.iter().flat_map(|example| example.as_object().unwrap());
        for example in &shown {
            let kind = kinds(example[by].as_str().unwrap());
            for member in kind["required"].as_array().unwrap() {
                let mut less = example.clone();
                less.as_object_mut().unwrap().remove(member.as_str().unwrap());
                let answer = stage.play(route, &less).is(422, "missing_field");
                assert!(answer.text.contains(&format!("/{}\"", member.as_str().unwrap())), "{}", answer.text);
                lacking += 1;
            }
            for (member, value) in members().filter(|(member, _)| kind["properties"].get(member).is_none()) {
                let mut more = example.clone();
                more[member] = value.clone();
                let answer = stage.play(route, &more).expect(422);
                assert!(answer.text.contains(&format!("/{member}\"")), "{}", answer.text);
                foreign += 1;
            }
        }
        let all: Vec<_> = shown.iter().map(|example| example[by].as_str().unwrap()).collect();
        assert!(
            mapping.keys().all(|kind| all.contains(&kind.as_str())),
            "{name} has no example of each kind"
        );
    }
    assert!(lacking > 20 && foreign > 20, "{lacking}, {foreign}");
}

#[test]
fn a_file_that_is_text_has_an_example_and_each_is_read() {
    let stage = Stage::open();
    let Stage { service, .. } = &stage;
    let lin = service.token("city", "officer", "lin", None);
    service.organisations(&lin, &[(FIRM, "甲智算科技有限公司"), (CLOUD, "乙云计算有限公司")]);
    let rental = json!({"contract_no": "HT-1", "organisation": FIRM, "provider": CLOUD, "signed_on": "2025-01-01",
        "from": "2025-01-01", "until": "2025-12-31", "lines": [{"item": "compute", "amount": "500000.00"}]});
    let rental = service.create("/v1/rentals", &lin, &rental);
    let text = |media_type: &&str| {
        matches!(*media_type, "text/csv" | "text/plain" | "application/xml" | "application/octet-stream")
    };
    let mut played = Vec::new();
    for route in ROUTES {
        let Some(takes) = route.takes.filter(|takes| takes.media_type != "application/json") else {
            continue;
        };
        let mut types = std::iter::once(&takes.media_type).chain(takes.or_else);
        let files: Vec<_> = examples::of_file(route).collect();
        assert!(!files.is_empty() || !types.any(text), "{}: a file without an example", route.path);
        for file in files {
            // the billing file is of a contract, which is there; no batch was paid yet, but the bank's file is read before that
            let path = file.path.replace("/rentals/{id}", &format!("/rentals/{rental}"));
            let path = path.replace("{id}", parameter("id"));
            let path = format!("{path}?{}&dry_run=true", file.query);
            let answer = service.upload(&path, &lin, file.media_type, file.text.as_bytes());
            stage.expects(route, &answer);
            let awaited = if route.path.starts_with("/v1/payment-batches/") { 404 } else { route.success() };
            assert_eq!(answer.status, awaited, "{}: {}", file.shows, answer.text);
            let method: &str = route.method.into();
            let operation = &stage.document["paths"][route.path][method.to_ascii_lowercase()];
            let shown =
                &operation["requestBody"]["content"][file.media_type]["examples"][file.shows]["value"];
            assert_eq!(*shown, file.text, "{}", file.path);
            played.push(file.path);
        }
    }
    assert_eq!(played.len(), 4, "{played:?}");
    // a file that is none of the bank's is refused before anybody asks for the batch
    let none = format!("/v1/payment-batches/{}/results/import", parameter("id"));
    service.upload(&none, &lin, "application/xml", b"<a/>").expect(422);
}

/// The type of each parameter of a path, by the path up to it.
const PARAMETERS: &[(&str, &str)] = &[
    ("/v1/applications/{id}", "ApplicationId"),
    ("/v1/audit/entries/{sequence}", "Sequence"),
    ("/v1/audit/proof/{sequence}", "Sequence"),
    ("/v1/audit/tile/{path}", "string"),
    ("/v1/audit/verifications/{id}", "VerificationId"),
    ("/v1/awards/{id}", "AwardId"),
    ("/v1/awards/{id}/objections/{number}", "integer"),
    ("/v1/calendar/{id}", "CalendarId"),
    ("/v1/calls/{id}", "CallId"),
    ("/v1/cap-groups/{code}", "CapGroupCode"),
    ("/v1/claims/{id}", "ClaimId"),
    ("/v1/claims/{id}/objections/{objection}", "ObjectionId"),
    ("/v1/claims/{id}/overrides/{number}", "integer"),
    ("/v1/claims/{id}/recalculations/{version}", "integer"),
    ("/v1/evidence/{id}", "EvidenceId"),
    ("/v1/ledger/transactions/{sequence}", "Sequence"),
    ("/v1/loans/{id}", "LoanId"),
    ("/v1/organisations/{credit_code}", "CreditCode"),
    ("/v1/payment-batches/{id}", "PaymentBatchId"),
    ("/v1/payment-batches/{id}/results/{claim}", "ClaimId"),
    ("/v1/periods/{month}", "Month"),
    ("/v1/prefunds/true-ups/{id}", "TrueUpId"),
    ("/v1/prefunds/{id}", "PrefundId"),
    ("/v1/programmes/{code}", "ProgrammeCode"),
    ("/v1/programmes/{code}/adjustments/{id}", "BudgetChangeId"),
    ("/v1/programmes/{code}/appropriations/{id}", "BudgetChangeId"),
    ("/v1/programmes/{code}/lapse/{id}", "BudgetChangeId"),
    ("/v1/programmes/{code}/rules/{version}", "integer"),
    ("/v1/rankings/{id}", "RankingId"),
    ("/v1/rankings/{id}/certificates/{credit_code}", "CreditCode"),
    ("/v1/recoveries/{id}", "RecoveryId"),
    ("/v1/rentals/{id}", "RentalId"),
    ("/v1/rentals/{id}/usage/imports/{import}", "UsageImportId"),
    ("/v1/report-exports/{id}", "ExportId"),
    ("/v1/role-grants/{id}", "RoleGrantId"),
    ("/v1/statutory-limits/{id}", "StatutoryLimitId"),
    ("/v1/tags/imports/{id}", "TagImportId"),
    ("/v1/tags/{id}", "TagId"),
    ("/v1/vouchers/{id}", "VoucherId"),
    ("/v1/vouchers/{id}/overrides/{number}", "integer"),
];

#[test]
fn a_parameter_of_a_path_is_of_the_type_of_what_it_names() {
    let document: Value = serde_json::from_str(&JSON).unwrap();
    let mut seen = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().unwrap().iter();
            let of_path: Vec<_> = parameters.filter(|one| one["in"] == "path").collect();
            assert_eq!(of_path.len(), path.matches('{').count(), "{path}");
            for parameter in of_path {
                let name = parameter["name"].as_str().unwrap();
                let (before, _) = path.split_once(&format!("{{{name}}}")).unwrap();
                let place = format!("{before}{{{name}}}");
                let schema = &parameter["schema"];
                let named = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
                let found = named.or_else(|| schema["type"].as_str()).unwrap_or_default();
                let known = PARAMETERS.iter().find(|(known, _)| *known == place).map(|(_, of)| *of);
                assert_eq!(known, Some(found), "{place}");
                assert!(found != "string" || name == "path", "{place} is any text");
                seen.insert(place);
            }
        }
    }
    let unused: Vec<_> = PARAMETERS.iter().filter(|(place, _)| !seen.contains(*place)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}
