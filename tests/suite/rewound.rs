//! A database that no longer holds what was answered from it: noticed by whoever answered, gone on with by an operator.

use crate::support;
use crate::support::city::shows;
use crate::support::service;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use service::{Answer, Service};
use subsidy_core::agencies::{AcceptLog, LostLog};
use subsidy_core::book::Command;
use subsidy_core::domain::{CreditCode, RootHash};
use subsidy_proofs::verify::{Verdict, verify};
use subsidy_store::db::pool::{Database, DatabaseConfig};
use subsidy_store::engine::rewound::Lost;
use subsidy_store::engine::seen::SeenLogs;
use subsidy_store::engine::{Engine, Submission, SubmitError};
use support::ledger::{accepted, create_agency, refused, register, submission};
use support::world::by;
use support::{TestDatabase, agency, cluster_url, connect};

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("subsidy-ledger-seen-{}", uuid::Uuid::now_v7()))
}

/// A process with a data folder.
async fn process(database: &TestDatabase, data: &Path) -> Engine {
    let keys = Arc::new(support::keys());
    let pool = Database::connect(DatabaseConfig::new(database.url("subsidy_app"))).await.expect("a database");
    Engine::remembering(pool, keys, SeenLogs::kept_in(data.join("seen")))
}

fn accept(lost: &Lost) -> Submission {
    let lost = LostLog { size: lost.seen.size, root: RootHash::new(lost.seen.root), kept: lost.kept };
    submission(by("operator", Command::AcceptLog(AcceptLog { lost })))
}

/// Five leaves in `after`, of which `before` has the first three; a data folder that saw all of them.
async fn wound_back() -> (TestDatabase, PathBuf, Vec<Submission>) {
    let (database, data) = (TestDatabase::create().await, folder());
    let first = process(&database, &data).await;
    for envelope in [create_agency(), register(1), register(2)] {
        accepted(first.submit(submission(envelope)).await);
    }
    first.shut_down().await;
    drop(first);
    let before = database.copy().await;
    let second = process(&database, &data).await;
    let lost: Vec<Submission> = [3, 4].map(|number| submission(register(number))).into();
    for one in &lost {
        accepted(second.submit(one.clone()).await);
    }
    // it is killed, not shut down
    (before, data, lost)
}

#[tokio::test]
async fn a_log_that_is_shorter_is_refused_until_an_operator_accepts_it() {
    let (database, data, lost) = wound_back().await;
    let door = process(&database, &data).await;
    for _ in 0..2 {
        assert_eq!(door.submit(lost[0].clone()).await.unwrap_err(), SubmitError::Rewound);
    }
    assert_eq!(door.seen().rewound(), [agency()]);
    let found = door.look_back(&agency()).await.unwrap().expect("something is lost");
    assert_eq!((found.kept, found.seen.size), (3, 5));

    accepted(door.submit(accept(&found)).await);
    let anew: Vec<u64> = {
        let mut sequences = Vec::new();
        for one in &lost {
            sequences.push(accepted(door.submit(one.clone()).await).sequence.number());
        }
        sequences
    };
    assert_eq!(anew, [4, 5], "after the operator's leaf, under their old keys");
    assert!(door.seen().rewound().is_empty());
    assert_eq!(door.look_back(&agency()).await.unwrap(), None);
    let again = door.submit(accept(&found)).await;
    assert_eq!(refused(&again), Some("nothing_lost"));
    assert!(data.join("seen/test.lost-5").exists(), "what was seen is kept for whoever looks into it");

    let auditor = Database::connect(DatabaseConfig::new(database.url("subsidy_auditor"))).await.unwrap();
    match verify(&auditor, &agency(), |_| ()).await.unwrap() {
        Verdict::Good(verified) => assert_eq!(verified.leaves, 6),
        Verdict::Bad(finding) => panic!("{finding}"),
    }
    std::fs::remove_dir_all(data).unwrap();
}

#[tokio::test]
async fn a_log_that_grew_differently_is_refused_whatever_its_length() {
    for more in [1, 2, 6] {
        let (database, data, lost) = wound_back().await;
        // whoever saw nothing goes on without a word, and gives the numbers to other commands
        let stranger = folder();
        let other = process(&database, &stranger).await;
        for number in 0..more {
            accepted(other.submit(submission(register(10 + number))).await);
        }
        let door = process(&database, &data).await;
        door.look_back_at_all().await;
        assert_eq!(door.seen().rewound(), [agency()], "it is known at the start");
        assert_eq!(door.submit(lost[0].clone()).await.unwrap_err(), SubmitError::Rewound, "{more}");
        let found = door.look_back(&agency()).await.unwrap().expect("something is lost");
        assert_eq!((found.kept, found.seen.size), (3, 5));
        accepted(door.submit(accept(&found)).await);
        let sequence = accepted(door.submit(lost[0].clone()).await).sequence.number();
        assert_eq!(sequence, u64::from(3 + more + 1));
        for folder in [data, stranger] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}

#[tokio::test]
async fn a_log_that_others_wrote_to_is_no_other_log() {
    let (database, data, other) = (TestDatabase::create().await, folder(), folder());
    let (one, two) = (process(&database, &data).await, process(&database, &other).await);
    accepted(one.submit(submission(create_agency())).await);
    for number in 0..20 {
        let door = if number % 3 == 0 { &one } else { &two };
        accepted(door.submit(submission(register(number))).await);
    }
    drop(one);
    let again = process(&database, &data).await;
    again.look_back_at_all().await;
    assert!(again.seen().rewound().is_empty());
    accepted(again.submit(submission(register(30))).await);
    for folder in [data, other] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// A database under a service that stays on its URL: taken down as it is, and put back later.
struct Restored<'a> {
    database: &'a TestDatabase,
    runtime: tokio::runtime::Runtime,
}

impl Restored<'_> {
    fn name(url: &str) -> String {
        let (_, place) = url.split_once("://").unwrap();
        place.split_once('/').unwrap().1.split('?').next().unwrap().to_owned()
    }

    /// Nobody is connected to it for a moment.
    fn alone(&self, sql: &str) {
        let name = Self::name(&self.database.url("subsidy_owner"));
        self.runtime.block_on(async {
            let server = connect(&cluster_url()).await;
            let alone = format!(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
            );
            for _ in 0..100 {
                server.batch_execute(&alone).await.unwrap();
                if sql.is_empty() || server.batch_execute(sql).await.is_ok() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("{name} stays in use: {sql}");
        });
    }

    fn copy(&self) -> TestDatabase {
        self.alone("");
        self.runtime.block_on(self.database.copy())
    }

    /// Puts a copy in its place.
    fn put_back(&self, copy: &TestDatabase) {
        let (name, copy) =
            (Self::name(&self.database.url("subsidy_owner")), Self::name(&copy.url("subsidy_owner")));
        self.alone(&format!("ALTER DATABASE {name} RENAME TO {copy}_lost"));
        self.alone(&format!("ALTER DATABASE {copy} RENAME TO {name}"));
        // a connection that rested for less than a second is not tried before it is used
        std::thread::sleep(Duration::from_millis(1_200));
    }
}

fn firm(number: u64) -> Value {
    let code = CreditCode::from_body(&format!("91310000{number:09}")).unwrap();
    json!({"credit_code": code.to_string(), "name": "甲", "category": "private_enterprise"})
}

fn write(service: &Service, token: &str, number: u64) -> Answer {
    let key = format!("firm-{number}");
    service.send(
        "POST",
        "/v1/organisations",
        Some(token),
        Some(&firm(number)),
        &[("Idempotency-Key", key.as_str())],
    )
}

/// The sequence of a write that is done, for the first time or not.
fn done(answer: &Answer, replayed: bool) -> u64 {
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("idempotency-replayed") == Some("true"), replayed, "{}", answer.text);
    answer.header("ledger-sequence").unwrap().parse().unwrap()
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn rewound() -> (u16, String) {
    (503, "ledger_rewound".to_owned())
}

#[test]
fn over_http_an_agency_that_was_wound_back_waits_for_its_operator_and_others_go_on() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::create());
    let restored = Restored { database: &database, runtime };
    let data = folder();
    let service = Service::start_on(&database.url("subsidy_owner"), &data);
    for code in ["city", "town"] {
        service.agency(code);
    }
    let [city, town] = ["city", "town"].map(|code| service.token(code, "officer", "lin", None));
    let auditor = service.token("city", "auditor", "wu", None);
    let get = |path: &str, token: &str| service.ask(path, token);
    let health = |path: &str| service.send("GET", path, None, None, &[]);
    for number in 1..4 {
        assert_eq!(done(&write(&service, &city, number), false), number);
    }
    done(&write(&service, &town, 1), false);
    let before = restored.copy();
    for number in 4..12 {
        assert_eq!(done(&write(&service, &city, number), false), number);
    }
    let seen = std::fs::read_to_string(data.join("seen/city")).unwrap();
    let (size, root) = seen.lines().last().unwrap().split_once(' ').unwrap();
    assert_eq!(size, "12");
    restored.put_back(&before);

    // it is noticed before anybody writes: who only reads is not to be shown it
    let began = std::time::Instant::now();
    while health("/readyz").status == 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "nobody notices");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(code(&get("/v1/organisations", &city)), rewound());
    let refused = write(&service, &city, 12);
    assert_eq!(code(&refused), rewound(), "{}", refused.text);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    for (language, title, remedy) in
        [("zh-CN", "账簿被回退", "agency accept-log"), ("en", "Ledger rewound", "agency accept-log")]
    {
        let headers = [("Accept-Language", language), ("Idempotency-Key", "firm-12")];
        let answer = service.send("POST", "/v1/organisations", Some(&city), Some(&firm(12)), &headers).json();
        assert_eq!(answer["title"], title, "{answer}");
        assert!(answer["remedy"].as_str().unwrap().contains(remedy), "{answer}");
    }
    let operation = |number: u64| json!({"method": "POST", "path": "/v1/organisations", "body": firm(number), "idempotency_key": format!("b{number}")});
    for mode in ["each", "all"] {
        let batch = json!({"mode": mode, "operations": [operation(20), operation(21)]});
        let answer = service.post("/v1/batches", &city, &batch);
        assert!(answer.text.contains("ledger_rewound"), "{mode}: {}", answer.text);
    }
    // what was done before the loss is not told again either: nothing is read from that log
    assert_eq!(code(&write(&service, &city, 1)), rewound());
    assert_eq!(code(&get("/v1/organisations", &city)), rewound());
    assert_eq!(code(&get("/v1/reports/trial-balance", &auditor)), rewound());
    assert_eq!(get("/v1/audit/checkpoint", &auditor).status, 200, "what proves it is shown");
    let ready = health("/readyz");
    assert_eq!((ready.status, ready.text.as_str()), (503, "ledger_rewound: city\n"));
    let metrics = health("/metrics").text;
    assert!(metrics.contains("ledger_rewound{agency=\"city\"} 1"), "{metrics}");
    // the other agency goes on
    done(&write(&service, &town, 2), false);
    assert_eq!(get("/v1/organisations", &town).status, 200);
    for (words, expected) in
        [(&["verify", "--agency", "city"][..], 3), (&["verify", "--agency", "town"], 0), (&["verify"], 3)]
    {
        let (ended, said) = service.ended(words);
        assert_eq!(ended, expected, "{words:?}: {said}");
    }

    // the command line does nothing else in it, says what to do, and takes nobody else's name
    let programme = concat!(env!("CARGO_MANIFEST_DIR"), "/config/programmes/beijing-compute-voucher.toml");
    let (ended, said) = service.ended(&["programme", "import", programme, "--agency", "city"]);
    assert_eq!(ended, 1, "{said}");
    assert!(said.contains("`subsidy-ledger agency accept-log city`"), "{said}");
    let nothing = "town: the ledger contains all that was answered from it here\n";
    assert_eq!(service.cli(&["agency", "accept-log", "town"]), nothing);
    assert_eq!(service.ended(&["agency", "accept-log", "village"]).0, 1);
    assert_eq!(code(&write(&service, &city, 12)), rewound(), "none of that accepted anything");

    let said = service.cli(&["agency", "accept-log", "city", "--subject", "operator-7"]);
    let expected = format!("city: entries 4 to 11 of the log with root {root} are lost; ");
    assert!(said.starts_with(&expected) && said.lines().count() == 1, "{said}");
    let leaf = get("/v1/audit/entries/4", &auditor).json();
    shows(&leaf, json!({"command/accept_log/lost": {"size": "12", "root": root, "kept": "4"}}));
    shows(&leaf, json!({"actor/subject": "subsidy-ledger#operator-7", "actor/roles": ["operator"]}));
    assert!(data.join("seen/city.lost-12").exists(), "what was seen is kept");
    assert_eq!(done(&write(&service, &city, 4), false), 5, "anew, under its old key");
    assert_eq!(done(&write(&service, &city, 1), true), 1);
    assert_eq!(health("/readyz").status, 200);
    assert!(health("/metrics").text.contains("ledger_rewound{agency=\"city\"} 0"));
    let nothing = "city: the ledger contains all that was answered from it here\n";
    assert_eq!(service.cli(&["agency", "accept-log", "city"]), nothing);
    assert_eq!(service.ended(&["verify"]).0, 0);

    // that more was accepted as lost before excuses no later loss, however small
    let before = restored.copy();
    assert_eq!(done(&write(&service, &city, 5), false), 6);
    restored.put_back(&before);
    assert_eq!(code(&write(&service, &city, 6)), rewound());
    assert_eq!(service.ended(&["verify", "--agency", "city"]).0, 3);
    let said = service.cli(&["agency", "accept-log", "city"]);
    assert!(said.starts_with("city: entries 6 to 6 of the log with root "), "{said}");
    assert_eq!(done(&write(&service, &city, 5), false), 7);
    drop(service);
    // whoever starts anew holds the log to what it has now
    let service = Service::start_on(&database.url("subsidy_owner"), &data);
    assert_eq!(done(&write(&service, &city, 5), true), 7);
    assert_eq!(done(&write(&service, &city, 6), false), 8);
    assert_eq!(service.ended(&["verify"]).0, 0);
    drop(service);
    std::fs::remove_dir_all(data).unwrap();
}

#[tokio::test]
async fn a_log_that_is_gone_altogether_is_refused_and_named() {
    let (database, data) = (TestDatabase::create().await, folder());
    let first = process(&database, &data).await;
    accepted(first.submit(submission(create_agency())).await);
    drop(first);
    let empty = TestDatabase::create().await;
    for asked in [create_agency(), register(1)] {
        let door = process(&empty, &data).await;
        assert_eq!(door.submit(submission(asked)).await.unwrap_err(), SubmitError::Rewound);
        assert_eq!(door.seen().rewound(), [agency()]);
        // who only looks finds the same
        let door = process(&empty, &data).await;
        door.look_back_at_all().await;
        assert_eq!(door.seen().rewound(), [agency()]);
    }
    std::fs::remove_dir_all(data).unwrap();
}
