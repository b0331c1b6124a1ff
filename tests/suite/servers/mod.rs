//! Two real PostgreSQL servers: a primary that falls asleep, a standby that takes over with or without its last writes,
//! and the way back. Whatever was acknowledged stands once in the end; where the new primary lacks some of it, nothing is
//! answered until an operator accepted that, what is lost is listed, and it is done anew.
//!
//! One fail-over in every run of the tests; `make torture` sets `SUBSIDY_LEDGER_TORTURE_FAILOVERS` and does many.

mod callers;
mod postgres;

use crate::support::service;

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use callers::{AGENCY, City, DEADLINE, is_replayed, sequence};
use postgres::Server;
use serde_json::json;
use service::{Service, fresh_folder};

const HEAD: &str = "SELECT next_sequence FROM agency_city.head";

/// What the standby has of the primary's last writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standby {
    /// Not the last ones, which were acknowledged: it was cut off.
    CutOff,
    /// All that was acknowledged: each commit waited for it.
    Synchronous,
    /// Whatever had arrived: the last of what was acknowledged may be missing.
    Streaming,
}

fn rounds() -> usize {
    std::env::var("SUBSIDY_LEDGER_TORTURE_FAILOVERS").map_or(1, |text| text.parse().expect("a number"))
}

/// The data folder of a service; it goes with the test.
struct Data(PathBuf);

impl Drop for Data {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits as long as any caller might, and says how long it was.
fn wait_until(what: &str, so: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < DEADLINE + Duration::from_secs(10), "{what}: not so");
        thread::sleep(Duration::from_millis(50));
    }
    began.elapsed()
}

fn migrated(url: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(subsidy_store::db::migrate::up(url)).expect("it migrates");
}

#[test]
fn a_primary_that_slept_loses_nothing_silently() {
    let mut primary = Server::primary();
    migrated(&primary.url());
    let mut standby = Server::standby_of(&primary);
    let data = Data(fresh_folder());
    let service = Service::start_on(&primary.url_of_both(&standby), &data.0);
    let city = City::found(&service);
    let mut report = Vec::new();
    for round in 0..rounds() {
        let kind = [Standby::CutOff, Standby::Synchronous, Standby::Streaming][round % 3];
        primary.set_synchronous(kind == Standby::Synchronous);
        standby.wait_for(HEAD, &primary.ask(HEAD));
        city.under_load(|| report.push(fail_over(&service, &city, &primary, &standby, kind)));
        city.check();
        primary.wait_for(HEAD, &standby.ask(HEAD));
        std::mem::swap(&mut primary, &mut standby);
    }
    say(&format!("{} fail-overs, {} acknowledged: {:?}\n{report:#?}", rounds(), city.count(), city.met()));
}

/// The primary falls asleep under load and the standby takes over; the primary comes back as its standby. Says what
/// happened.
fn fail_over(
    service: &Service,
    city: &City<'_>,
    primary: &Server,
    standby: &Server,
    kind: Standby,
) -> String {
    let acknowledge = |more: usize| {
        let enough = city.count() + more;
        wait_until("callers are served", || city.count() >= enough)
    };
    acknowledge(10);
    if kind == Standby::CutOff {
        primary.cut_standby_off();
        acknowledge(10);
    }
    primary.sleep();
    // answers to what was committed are on their way still
    thread::sleep(Duration::from_millis(200));
    let before = city.count();
    standby.promote();
    let is_rewound = || service.send("GET", "/readyz", None, None, &[]).text.contains("ledger_rewound");
    let found = wait_until("somebody is served, or nobody", || city.count() > before || is_rewound());
    let rewound = is_rewound();
    match kind {
        Standby::CutOff => assert!(rewound, "what was acknowledged is lost, and nobody noticed"),
        Standby::Synchronous => assert!(!rewound, "nothing that was acknowledged is lost"),
        Standby::Streaming => {}
    }
    if rewound {
        refuses(service, city, before);
    }
    primary.follow(standby);
    let lost = if rewound { accept(service, city, standby, before) } else { 0 };
    let back = acknowledge(10);
    format!(
        "{kind:?}: told after {found:?}, {lost} of {before} lost and done anew, served again after {back:?}"
    )
}

/// Nothing is answered from the log that lost entries, and everybody says so.
fn refuses(service: &Service, city: &City<'_>, before: usize) {
    assert_eq!(city.count(), before, "nobody is told anything from it");
    let ready = service.send("GET", "/readyz", None, None, &[]);
    assert_eq!((ready.status, ready.text.trim()), (503, "ledger_rewound: city"));
    let metrics = service.send("GET", "/metrics", None, None, &[]).text;
    assert!(metrics.contains("ledger_rewound{agency=\"city\"} 1"), "{metrics}");
    let write = city.propose("while-it-is-wound-back");
    assert_eq!((write.status, &write.json()["code"]), (503, &json!("ledger_rewound")), "{}", write.text);
    let read = city.read("/v1/programmes/p");
    assert_eq!((read.status, &read.json()["code"]), (503, &json!("ledger_rewound")), "{}", read.text);
}

/// An operator goes on: what is listed as lost is exactly what the log does not have, and is done anew.
fn accept(service: &Service, city: &City<'_>, primary: &Server, before: usize) -> usize {
    assert_eq!(city.count(), before, "nobody is told anything from it");
    let (code, said) = service.ended(&["verify", "--agency", AGENCY]);
    assert_eq!(code, 3, "{said}");
    let kept: u64 = primary.ask(HEAD).parse().unwrap();
    let said = service.cli(&["agency", "accept-log", AGENCY]);
    let listed = format!("city: entries {kept} to ");
    assert!(said.starts_with(&listed), "{kept}: {said}");
    let lost = city.lost_from(kept, before);
    assert!(lost > 0, "{said}");
    service.send("GET", "/readyz", None, None, &[]).expect(200);
    let metrics = service.send("GET", "/metrics", None, None, &[]).text;
    assert!(metrics.contains("ledger_rewound{agency=\"city\"} 0"), "{metrics}");
    lost
}

#[test]
fn a_synchronous_standby_that_sleeps_leaves_outcomes_unknown_until_it_wakes() {
    let primary = Server::primary();
    migrated(&primary.url());
    let standby = Server::standby_of(&primary);
    let data = Data(fresh_folder());
    let service = Service::start_on(&primary.url(), &data.0);
    let city = City::found(&service);
    primary.set_synchronous(true);
    assert_eq!(city.propose("before").status, 201);
    let size = city.log_size();
    standby.sleep();
    let began = Instant::now();
    let unknown = city.propose("one");
    let waited = began.elapsed();
    assert_eq!(
        (unknown.status, &unknown.json()["code"]),
        (503, &json!("outcome_unknown")),
        "{}",
        unknown.text
    );
    assert!(unknown.header("retry-after").is_some() && waited <= DEADLINE, "{waited:?}");
    standby.wake();
    let began = Instant::now();
    let told = city.propose("one");
    assert_eq!(told.status, 201, "{}", told.text);
    assert_eq!(sequence(&told), size, "it was done when it was first asked for");
    let again = city.propose("one");
    assert_eq!((again.status, is_replayed(&again), sequence(&again)), (201, true, size), "{}", again.text);
    assert_eq!(city.log_size(), size + 1, "and once");
    standby.wait_for(HEAD, &primary.ask(HEAD));
    let said = service.cli(&["verify", "--agency", AGENCY]);
    assert!(said.contains("verified"), "{said}");
    say(&format!("unknown after {waited:?}, settled {:?} after the standby woke up", began.elapsed()));
}

#[test]
fn a_primary_that_is_demoted_takes_no_writes_until_it_is_promoted() {
    let server = Server::primary();
    migrated(&server.url());
    let data = Data(fresh_folder());
    let service = Service::start_on(&server.url(), &data.0);
    let city = City::found(&service);
    city.under_load(|| {
        wait_until("callers are served", || city.count() >= 10);
        server.stop();
        server.demote();
        server.start();
        wait_until("it says so", || {
            service.send("GET", "/readyz", None, None, &[]).text.starts_with("read_only")
        });
        let began = Instant::now();
        let write = city.propose("while-it-is-a-standby");
        assert_eq!((write.status, &write.json()["code"]), (503, &json!("read_only")), "{}", write.text);
        assert!(write.header("retry-after").is_some());
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        let read = city.read("/v1/programmes/p");
        assert_eq!(read.status, 200, "reading goes on: {}", read.text);
        server.promote();
        let enough = city.count() + 10;
        wait_until("callers are served again", || city.count() >= enough);
        assert_eq!(service.send("GET", "/readyz", None, None, &[]).status, 200);
    });
    city.check();
}

#[allow(clippy::print_stderr, reason = "what was measured")]
fn say(text: &str) {
    eprintln!("{text}");
}
