//! The demonstration's figures in the documents are those that the demonstration shows: who follows a document sees what
//! it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cli::{Place, count, psql};

const README: &str = include_str!("../../README.md");
const AUDITORS: &str = include_str!("../../docs/auditors.md");
const EXPORTS: &str = include_str!("../../docs/export-format.md");

/// What a document shows below a command, up to the next command or the end of its block.
fn shown(document: &str, command: &str) -> String {
    let found = document.split_once(&format!("$ {command}\n"));
    let (_, rest) = found.unwrap_or_else(|| panic!("no document shows {command}"));
    let lines = rest.lines().take_while(|line| !line.starts_with("```") && !line.starts_with("$ "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Holds what a document shows to what was said; a line `…` stands for the rest.
fn compare(shown: &str, said: &str) {
    let (begins, whole) = shown.split_once("…\n").map_or((shown, true), |(begins, _)| (begins, false));
    assert!(if whole { said == begins } else { said.starts_with(begins) }, "shown:\n{shown}\nsaid:\n{said}");
}

/// The text of a document between two marks.
fn between<'a>(document: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = document.split_once(before).unwrap_or_else(|| panic!("{before} is nowhere"));
    rest.split_once(after).unwrap_or_else(|| panic!("nothing ends {before}")).0
}

/// An answer without what differs from one run to the next.
fn lasting(text: &str) -> Value {
    let mut answer: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let members = answer.as_object_mut().unwrap();
    members.retain(|name, _| !["id", "request_id", "updated_at"].contains(&name.as_str()));
    answer
}

struct Person<'a> {
    api: &'a str,
    authorization: String,
}

impl<'a> Person<'a> {
    fn new(place: &Place, api: &'a str, roles: &str, subject: &str) -> Self {
        let token = place.out(&["token", "--agency", "beijing_demo", "--role", roles, "--subject", subject]);
        Self { api, authorization: format!("Bearer {}", token.trim()) }
    }

    fn get(&self, path: &str) -> String {
        let asked = ureq::get(format!("{}{path}", self.api)).header("authorization", &self.authorization);
        asked.call().unwrap().body_mut().read_to_string().unwrap()
    }

    fn post(&self, path: &str, key: &str, body: &str) -> String {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let asked = agent.post(format!("{}{path}", self.api)).header("authorization", &self.authorization);
        let asked = asked.header("idempotency-key", key).content_type("application/json");
        asked.send(body).unwrap().body_mut().read_to_string().unwrap()
    }
}

/// Plays what the documents show on a demonstration that nobody touched yet.
pub fn hold(place: &Place, api: &str) {
    what_is_in_it(place);
    what_an_export_holds(place);
    what_auditors_see(place, api);
    the_first_five_minutes(place, api);
}

fn what_is_in_it(place: &Place) {
    let url = place.out(&["database-url", "--role", "auditor"]);
    let of = |table: &str| count(url.trim(), &format!("agency_beijing_demo.{table}"));
    let says = format!(
        "with {} programmes, {} organisations, {} vouchers, {} claims and {} loans",
        of("programmes"),
        of("organisations"),
        of("vouchers"),
        of("claims"),
        of("loans"),
    );
    assert!(README.replace('\n', " ").contains(&says), "the README does not say \"{says}\"");
}

fn what_an_export_holds(place: &Place) {
    let folder = place.data.join("export");
    place.out(&["export", "--agency", "beijing_demo", "--out", folder.to_str().unwrap()]);
    let files = std::fs::read_dir(folder.join("tables")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let table = between(EXPORTS, "| file | a row is |", "\n\n");
    let named = table.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".csv"));
    assert_eq!(named.map(ToOwned::to_owned).collect::<BTreeSet<_>>(), files);
}

fn what_auditors_see(place: &Place, api: &str) {
    let url = place.out(&["database-url", "--role", "owner"]);
    compare(&shown(AUDITORS, "subsidy-ledger verify"), &place.out(&["verify"]));

    let checkpoint = Person::new(place, api, "auditor", "zhao").get("/v1/audit/checkpoint");
    let command = "curl -sS -H \"Authorization: Bearer $AUDITOR\" http://127.0.0.1:8080/v1/audit/checkpoint";
    let of = |note: &str| note.lines().take(2).map(ToOwned::to_owned).collect::<Vec<_>>();
    assert_eq!(of(&shown(AUDITORS, command)), of(&checkpoint));

    let mark = "UPDATE agency_beijing_demo.organisations";
    let sql = format!("{mark}{}", between(AUDITORS, mark, "\""));
    assert_eq!(psql(url.trim(), &sql).out, "UPDATE 1\n");
    let verdict = place.run(&["verify", "--agency", "beijing_demo"]);
    assert_eq!(verdict.code, 3);
    let said = format!("{}{}", verdict.out, verdict.err);
    compare(
        &shown(&AUDITORS[AUDITORS.find(mark).unwrap()..], "subsidy-ledger verify --agency beijing_demo"),
        &said,
    );
    assert_eq!(psql(url.trim(), &sql.replace("= true", "= false")).out, "UPDATE 1\n");

    let mark = "UPDATE agency_beijing_demo.entries";
    let sql = format!("{mark}{}", between(AUDITORS, mark, "\""));
    let refused = psql(url.trim(), &sql).err;
    let rows =
        psql(url.trim(), &sql.replace("UPDATE", "SELECT count(*) FROM").replace(" SET amount = 1", "")).out;
    assert_ne!(rows.trim(), "0", "the document changes a row that is there");
    let shown = between(AUDITORS, mark, "```");
    assert_eq!(shown.lines().nth(1), refused.lines().next());
}

fn the_first_five_minutes(place: &Place, api: &str) {
    let programme = "/v1/programmes/beijing-compute-voucher";
    let wang = Person::new(place, api, "officer,approver", "wang");
    let chen = Person::new(place, api, "approver", "chen");

    let answer: Value = serde_json::from_str(&wang.get(programme)).unwrap();
    let budget = format!("{{{}}}}}", between(README, "```json\n", "}\n```"));
    let budget: Value = serde_json::from_str(&budget).unwrap();
    assert_eq!(json!({ "budget": answer["budget"] }), budget);

    let appropriations = format!("{programme}/appropriations");
    let body = between(README, "-d '", "' $P\n");
    let proposed: Value = serde_json::from_str(&wang.post(&appropriations, "first-1", body)).unwrap();
    let approve = format!("{appropriations}/{}/approve", proposed["id"].as_str().unwrap());
    let refused = wang.post(&approve, "first-2", "{}");
    let shown_refusal = between(README, "```json\n{\"code\"", "\n```");
    assert_eq!(lasting(&format!("{{\"code\"{shown_refusal}")), lasting(&refused));
    let approved = chen.post(&approve, "first-3", "{}");
    let shown_approval = between(README, "```json\n{\"amount\"", "\n```");
    assert_eq!(lasting(&format!("{{\"amount\"{shown_approval}")), lasting(&approved));

    let verify = "subsidy-ledger verify --agency beijing_demo";
    compare(&shown(README, verify), &place.out(&["verify", "--agency", "beijing_demo"]));
}
