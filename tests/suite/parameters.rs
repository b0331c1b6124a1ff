//! What strangers and slips of the pen put into paths and queries: refused with 400 or 404, never a fault of ours, and
//! never an error in the log.

use crate::support::service;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use service::{Answer, Service, fresh_folder};

/// A route's method and path, and its parameters: each with where it stands and whether it is a whole number.
struct Route {
    method: String,
    path: String,
    parameters: Vec<Parameter>,
}

#[derive(Clone)]
struct Parameter {
    name: String,
    in_path: bool,
    whole: bool,
    required: bool,
}

fn routes(document: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let known = |one: &Value| matches!(one["in"].as_str(), Some("path" | "query"));
            let parameters = parameters.iter().filter(|one| known(one)).map(|one| Parameter {
                name: one["name"].as_str().unwrap().to_owned(),
                in_path: one["in"] == "path",
                whole: is_whole(&one["schema"], document),
                required: one["required"] == true,
            });
            routes.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                parameters: parameters.collect(),
            });
        }
    }
    routes
}

fn is_whole(schema: &Value, document: &Value) -> bool {
    let target = schema["$ref"].as_str().and_then(|at| document.pointer(at.trim_start_matches('#')));
    target.unwrap_or(schema)["type"] == "integer"
}

/// A value that a parameter may have, so that it is the one under test that is refused.
fn usual(name: &str) -> &str {
    match name {
        "code" => "p",
        "credit_code" | "organisation" => "91310000MA1FL0000N",
        "month" => "2025-01",
        "sequence" | "version" => "1",
        "path" => "0/000",
        "kind" => "other",
        "seed" => "x",
        "interval" => "100.00",
        _ => "00000000-0000-0000-0000-000000000000",
    }
}

fn path_of(route: &Route, but: Option<(&str, &str)>) -> String {
    let mut path = route.path.clone();
    for parameter in route.parameters.iter().filter(|one| one.in_path) {
        let value = but
            .filter(|(name, _)| *name == parameter.name)
            .map_or(usual(&parameter.name), |(_, value)| value);
        path = path.replace(&format!("{{{}}}", parameter.name), value);
    }
    path
}

/// The query that a route must have, with usual values, but for one of its parameters.
fn needed(route: &Route, but: Option<&str>) -> Vec<String> {
    let of = route.parameters.iter().filter(|one| !one.in_path && one.required);
    let of = of.filter(|one| but != Some(one.name.as_str()));
    of.map(|one| format!("{}={}", one.name, usual(&one.name))).collect()
}

/// A path with a query, where there is one.
fn with_query(path: String, query: &[String]) -> String {
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

struct Caller<'a> {
    service: &'a Service,
    tokens: Vec<String>,
}

impl Caller<'_> {
    fn call(&self, route: &Route, path: &str, token: &str) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        let headers = [("Idempotency-Key", key.as_str())];
        let body = (route.method != "GET").then(|| serde_json::json!({}));
        self.service.send(&route.method, path, Some(token), body.as_ref(), &headers)
    }

    /// The token of the first role that may call with usual values. Who may does not depend on them.
    fn may(&self, route: &Route, path: &str) -> &str {
        let may = self.tokens.iter().find(|token| self.call(route, path, token).status != 403);
        may.unwrap_or(&self.tokens[0])
    }
}

/// Which of the values are tried on one of many places: all on the first of its name, and on those after it a few in
/// turn, so that each meets every value and each value every place in a while. `make torture` tries all on each.
#[derive(Default)]
struct Turns {
    seen: BTreeSet<String>,
    turn: usize,
}

impl Turns {
    fn of<'v, V>(&mut self, name: &str, values: &'v [V], few: usize) -> Vec<&'v V> {
        let all = std::env::var_os("SUBSIDY_LEDGER_TORTURE_ROUNDS").is_some();
        if self.seen.insert(name.to_owned()) || all {
            return values.iter().collect();
        }
        self.turn += few;
        values.iter().cycle().skip(self.turn % values.len()).take(few).collect()
    }
}

#[test]
fn nothing_that_a_path_or_a_query_holds_is_a_fault_of_ours() {
    let folder = fresh_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let (config, log) = (folder.join("config.toml"), folder.join("log"));
    std::fs::write(&config, "").unwrap();
    let service = Service::start_configured(&config, &log);
    service.agency("walk");
    let roles = ["officer", "approver", "auditor", "operator", "expert", "security"];
    let mut tokens: Vec<_> = roles.iter().map(|role| service.token("walk", role, role, None)).collect();
    for role in ["enterprise", "provider", "bank"] {
        tokens.push(service.token("walk", role, role, Some("91310000MA1FL0000N")));
    }
    let caller = Caller { service: &service, tokens };
    let document = service.send("GET", "/openapi.json", None, None, &[]).json();
    let routes: Vec<Route> =
        routes(&document).into_iter().filter(|route| route.path.starts_with("/v1/")).collect();
    assert!(routes.len() > 80, "{} routes", routes.len());

    let unreadable = ["%00", "a%00b", "%FF", "%EF%BF%BF", "%E2%80%8B", "%C2%85", "%0A", "%EE%80%80"];
    let odd = [
        "",
        "'",
        "%25",
        "%5C",
        "%2B1",
        "%201",
        "00",
        "-1",
        "1e9",
        "NaN",
        "18446744073709551615",
        "9223372036854775807",
        "99999999999999999999999",
        "0001-01-01",
        "9999-12-31",
        "262142-01-01",
        "2025-02-30",
        "2025-13",
        "null",
        "%F0%9F%91%8D",
    ];
    let mut asked = 0;
    let (mut unread, mut strange) = (Turns::default(), Turns::default());
    for route in &routes {
        let may = caller.may(route, &with_query(path_of(route, None), &needed(route, None)));
        for parameter in &route.parameters {
            let kind = format!("{} {} {}", parameter.name, parameter.in_path, parameter.whole);
            let needed = needed(route, Some(&parameter.name));
            let url = |value: &str| {
                let name = parameter.name.as_str();
                let own = (!parameter.in_path).then(|| format!("{name}={value}"));
                let query: Vec<_> = needed.iter().cloned().chain(own).collect();
                let path = path_of(route, parameter.in_path.then_some((name, value)));
                with_query(path, &query)
            };
            for value in unread.of(&kind, &unreadable, 2) {
                let answer = caller.call(route, &url(value), may);
                assert_eq!(answer.status, 400, "{} {}: {}", route.method, url(value), answer.text);
                asked += 1;
            }
            let strange = strange.of(&kind, &odd, 4).into_iter();
            for value in strange.filter(|value| !(parameter.in_path && value.is_empty())) {
                let answer = caller.call(route, &url(value), may);
                assert!(answer.status < 500, "{} {}: {}", route.method, url(value), answer.text);
                let no_number = ["%2B1", "%201", "00", "-1", "1e9", "NaN", ""].contains(value);
                if parameter.whole && no_number {
                    let expected = if parameter.in_path { 404 } else { 400 };
                    assert_eq!(answer.status, expected, "{} {}: {}", route.method, url(value), answer.text);
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 2_000, "{asked} requests");

    // what is no HTTP at all
    let place = service.base.trim_start_matches("http://").to_owned();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(&place).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(2))).unwrap();
        let _end = stream.read_to_end(&mut answer);
    }
    assert_eq!(service.send("GET", "/livez", None, None, &[]).status, 200);
    let lines = std::fs::read_to_string(&log).unwrap();
    let bad: Vec<_> = lines.lines().filter(|line| line.contains("ERROR") || line.contains("WARN")).collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// A body that the schema allows, as far as it says: every member, so that each can be put to the test.
fn sample(schema: &Value, document: &Value, depth: usize) -> Value {
    if let Some(at) = schema["$ref"].as_str() {
        return sample(document.pointer(at.trim_start_matches('#')).unwrap(), document, depth);
    }
    for kind in ["oneOf", "anyOf", "allOf"] {
        if let Some(one) =
            schema[kind].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return sample(one, document, depth);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    let kind = schema["type"].as_array().and_then(|kinds| kinds.first()).unwrap_or(&schema["type"]);
    match kind.as_str() {
        Some("object") if depth > 0 => {
            let members = schema["properties"].as_object().cloned().unwrap_or_default();
            members.iter().map(|(name, of)| (name.clone(), sample(of, document, depth - 1))).collect()
        }
        Some("array") if depth > 0 => serde_json::json!([sample(&schema["items"], document, depth - 1)]),
        Some("integer" | "number") => serde_json::json!(1),
        Some("boolean") => serde_json::json!(true),
        _ => serde_json::json!(match schema["format"].as_str() {
            Some("date") => "2025-01-31",
            Some("uuid") => "00000000-0000-0000-0000-000000000000",
            Some("date-time") => "2025-01-31T00:00:00Z",
            _ => "1.00",
        }),
    }
}

/// Where the values of a body are.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, &format!("{at}/{name}"), found));
        }
        Value::Array(members) => {
            members
                .iter()
                .enumerate()
                .for_each(|(place, value)| leaves(value, &format!("{at}/{place}"), found));
        }
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn nothing_that_a_body_or_a_stranger_holds_is_a_fault_of_ours_or_worth_a_warning() {
    let folder = fresh_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let (config, log) = (folder.join("config.toml"), folder.join("log"));
    std::fs::write(&config, "").unwrap();
    let service = Service::start_configured(&config, &log);
    service.agency("walk");
    let firm = "91310000MA1FL0000N";
    let roles = ["officer", "approver", "operator", "expert", "security"];
    let mut tokens: Vec<_> = roles.iter().map(|role| service.token("walk", role, role, None)).collect();
    for role in ["enterprise", "provider", "bank"] {
        tokens.push(service.token("walk", role, role, Some(firm)));
    }
    let document = service.send("GET", "/openapi.json", None, None, &[]).json();
    let long = "长".repeat(20_000);
    let values = [
        serde_json::json!("a\u{0}b"),
        serde_json::json!("\u{FFFF}"),
        serde_json::json!(long),
        serde_json::json!("99999999999999999999999999999999.99"),
        serde_json::json!("-0.000000000000000000000000000001"),
        serde_json::json!("262142-01-01"),
        serde_json::json!("0001-01-01"),
        serde_json::json!("9999-12-31"),
        serde_json::json!(i64::MAX),
        serde_json::json!(u64::MAX),
        serde_json::json!(-1),
        serde_json::json!(1e300),
    ];
    let mut asked = 0;
    let mut turns = Turns::default();
    for route in
        routes(&document).iter().filter(|route| route.path.starts_with("/v1/") && route.method != "GET")
    {
        let operation = &document["paths"][&route.path][route.method.to_lowercase()];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let body = sample(schema, &document, 6);
        let mut places = Vec::new();
        leaves(&body, "", &mut places);
        let path = with_query(path_of(route, None), &needed(route, None));
        // who may call does not depend on the body
        let call = |token: &str, body: &Value| {
            let key = uuid::Uuid::now_v7().to_string();
            service.send(&route.method, &path, Some(token), Some(body), &[("Idempotency-Key", &key)])
        };
        let may = tokens.iter().find(|token| call(token, &body).status != 403).unwrap_or(&tokens[0]);
        for place in &places {
            let name = place.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
            for value in turns.of(name, &values, 3) {
                let mut odd = body.clone();
                *odd.pointer_mut(place).unwrap() = value.clone();
                let answer = call(may, &odd);
                let what = format!("{} {path} {place}: {}", route.method, answer.text);
                assert!(answer.status < 500 && !answer.text.contains("value_refused"), "{what}");
                if value.as_str().is_some_and(|text| text.contains(['\0', '\u{FFFF}'])) {
                    // a batch says of each operation by itself what became of it
                    let status =
                        answer.json()["results"][0]["status"].as_u64().unwrap_or(answer.status.into());
                    assert!((400..500).contains(&status), "{what}");
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 1_500, "{asked} requests");

    // strangers: no token, one that is none, one whose signature is another's, and what is no JSON
    let organisations = "/v1/organisations";
    let (mut forged, officer) = (tokens[0].clone(), tokens[0].clone());
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    for token in [None, Some("x"), Some("a.b.c"), Some(forged.as_str()), Some("")] {
        assert_eq!(service.send("GET", organisations, token, None, &[]).status, 401);
    }
    let place = service.base.trim_start_matches("http://").to_owned();
    for body in
        ["{", "\u{0}", "{\"a\": 1e999999}", "[[[[[[", "{\"a\":1,\"a\":2}", "\u{FEFF}{}", "\"\\ud800\""]
    {
        let mut stream = TcpStream::connect(&place).unwrap();
        let head = format!(
            "POST {organisations} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {officer}\r\n\
             Idempotency-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            uuid::Uuid::now_v7(),
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{body}: {answer}");
    }
    let lines = std::fs::read_to_string(&log).unwrap();
    let bad: Vec<_> = lines.lines().filter(|line| line.contains("ERROR") || line.contains("WARN")).collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
