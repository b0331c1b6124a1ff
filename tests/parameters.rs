//! What strangers and slips of the pen put into paths and queries: refused with 400 or 404, never a fault of ours, and
//! never an error in the log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/service.rs"]
mod service;

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

struct Caller<'a> {
    service: &'a Service,
    tokens: Vec<String>,
}

impl Caller<'_> {
    /// The answer to the first of the roles that may call.
    fn call(&self, route: &Route, path: &str) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        let headers = [("Idempotency-Key", key.as_str())];
        let body = (route.method != "GET").then(|| serde_json::json!({}));
        let answers = self
            .tokens
            .iter()
            .map(|token| self.service.send(&route.method, path, Some(token), body.as_ref(), &headers));
        let mut last = None;
        for answer in answers {
            if answer.status != 403 {
                return answer;
            }
            last = Some(answer);
        }
        last.unwrap()
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
    let roles = ["officer", "approver", "auditor", "operator"];
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
    for route in &routes {
        for parameter in &route.parameters {
            let needed = route
                .parameters
                .iter()
                .filter(|one| !one.in_path && one.required && one.name != parameter.name);
            let needed: Vec<_> = needed.map(|one| format!("{}={}", one.name, usual(&one.name))).collect();
            let url = |value: &str| {
                let name = parameter.name.as_str();
                let own = (!parameter.in_path).then(|| format!("{name}={value}"));
                let query: Vec<_> = needed.iter().cloned().chain(own).collect();
                let path = path_of(route, parameter.in_path.then_some((name, value)));
                if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
            };
            for value in unreadable {
                let answer = caller.call(route, &url(value));
                assert_eq!(answer.status, 400, "{} {}: {}", route.method, url(value), answer.text);
                asked += 1;
            }
            for value in odd.iter().filter(|value| !(parameter.in_path && value.is_empty())) {
                let answer = caller.call(route, &url(value));
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
    assert!(asked > 4_000, "{asked} requests");

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
