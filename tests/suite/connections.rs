//! Where connections stand: poolers that drop their options, servers that take no writes, hosts that say nothing, standbys
//! that do not confirm.

use crate::support;
use crate::support::service;

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use service::{Service, fresh_folder};
use subsidy_core::book::Command;
use subsidy_core::domain::TextHash;
use subsidy_core::organisations::ChangeStanding;
use subsidy_http::problem::Problem;
use subsidy_store::db::pool::{Database, DatabaseConfig, DatabaseError};
use subsidy_store::db::refusal;
use subsidy_store::db::refusal::ValueKind;
use subsidy_store::engine::{NewText, SubmitError};
use support::ledger::{Ledger, accepted, engine, register, submission};
use support::proxy::Proxy;
use support::world::{by, organisation};
use support::{agency, connect};

/// A URL of several proxies, in order.
fn several(proxies: &[&Proxy], ledger: &Ledger, query: &str) -> String {
    let one = proxies[0].url(&ledger.database, "subsidy_app");
    let addresses: Vec<String> = proxies.iter().map(|proxy| proxy.address()).collect();
    format!("{}{query}", one.replace(&proxies[0].address(), &addresses.join(",")))
}

#[tokio::test]
async fn a_pooler_that_ignores_start_up_options_is_refused_by_every_kind_of_connection() {
    let ledger = Ledger::open().await;
    let proxy = Proxy::start();
    let url = proxy.url(&ledger.database, "subsidy_app");
    let database = Database::connect(DatabaseConfig::new(&url)).await.expect("the options still arrive");
    let door = engine(&url).await;
    proxy.ignore_options();
    for (kind, connection) in [
        ("writer", database.writer(&agency()).await.map(drop)),
        ("reader", database.reader(&agency()).await.map(drop)),
        ("auditor", database.auditor(&agency()).await.map(drop)),
    ] {
        match connection {
            Err(error @ DatabaseError::Misplaced { .. }) => {
                let said = error.to_string();
                assert!(said.contains("agency_test") && said.contains("ignore_startup_parameters"), "{said}");
            }
            other => panic!("{kind}: {other:?}"),
        }
    }
    let began = Instant::now();
    let answer = door.submit(submission(register(1))).await;
    assert_eq!(answer.unwrap_err(), SubmitError::Unavailable);
    assert!(began.elapsed() < Duration::from_secs(2), "nobody waits for what will not pass");
    assert_eq!(ledger.number("SELECT count(*) FROM organisations").await, 0);
}

#[tokio::test]
async fn an_admin_that_does_not_stand_in_public_is_refused() {
    let ledger = Ledger::open().await;
    let owner = ledger.database.client("subsidy_owner").await;
    let sql = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = agency_test', current_database()); END $$";
    owner.batch_execute(sql).await.unwrap();
    let proxy = Proxy::start();
    proxy.ignore_options();
    let refused = Database::connect(DatabaseConfig::new(proxy.url(&ledger.database, "subsidy_app"))).await;
    assert!(matches!(refused, Err(DatabaseError::Misplaced { .. })), "{refused:?}");
}

#[test]
fn a_read_only_server_is_read_and_not_written_and_says_so_at_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (database, owner) = runtime.block_on(async {
        let database = support::TestDatabase::create().await;
        let owner = database.client("subsidy_owner").await;
        owner.batch_execute("SET default_transaction_read_only = off").await.unwrap();
        (database, owner)
    });
    let service = Service::start_on(&database.url("subsidy_owner"), &fresh_folder());
    service.agency("city");
    let token = service.token("city", "officer", "lin", None);
    let set_read_only = |how: &str| {
        let sql = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {how}', \
             current_database()); END $$; \
             SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
              WHERE datname = current_database() AND pid <> pg_backend_pid()"
        );
        runtime.block_on(owner.batch_execute(&sql)).unwrap();
        // a connection that rested for less than a second is not tried before it is used
        std::thread::sleep(Duration::from_millis(1_200));
    };
    let firm = json!({"credit_code": "91310000MA1FL0000N", "name": "甲", "category": "private_enterprise"});
    let write = || service.post("/v1/organisations", &token, &firm);
    let ready = || service.send("GET", "/readyz", None, None, &[]);

    set_read_only("on");
    let said = ready();
    assert_eq!(said.status, 503);
    assert!(said.text.starts_with("read_only"), "{}", said.text);
    let began = Instant::now();
    let refused = write().is(503, "read_only");
    assert!(refused.header("retry-after").is_some() && began.elapsed() < Duration::from_secs(2));
    let read = service.ask("/v1/organisations", &token);
    assert_eq!(read.status, 200, "reading goes on: {}", read.text);

    set_read_only("off");
    write().expect(201);
    assert_eq!(ready().status, 200);
}

#[tokio::test]
async fn a_url_of_several_hosts_that_asks_for_the_primary_reads_too() {
    let ledger = Ledger::open().await;
    let (one, other) = (Proxy::start(), Proxy::start());
    let url = several(&[&one, &other], &ledger, "&target_session_attrs=read-write");
    let database = Database::connect(DatabaseConfig::new(&url)).await.expect("a database");
    for connection in
        [database.writer(&agency()).await, database.reader(&agency()).await, database.admin().await]
    {
        connection.expect("a connection");
    }
    let reader = database.reader(&agency()).await.expect("a reader");
    let conn: &diesel_async::AsyncPgConnection = &reader;
    let refused = (&mut &*conn).batch_execute("UPDATE head SET name = 'another'").await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("read-only transaction"), "{refused}");
}

#[tokio::test]
async fn a_host_that_says_nothing_is_given_up_on_and_the_next_one_serves() {
    let ledger = Ledger::open().await;
    let (one, other) = (Proxy::start(), Proxy::start());
    let door = engine(&several(&[&one, &other], &ledger, "&target_session_attrs=read-write")).await;
    accepted(door.submit(submission(register(1))).await);
    one.fall_silent(true);
    let began = Instant::now();
    accepted(door.submit(submission(register(2))).await);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(10) && took < Duration::from_secs(27), "{took:?}");
    let began = Instant::now();
    accepted(door.submit(submission(register(3))).await);
    assert!(began.elapsed() < Duration::from_secs(2), "the host that serves is known");
    one.fall_silent(false);
    assert_eq!(ledger.number("SELECT count(*) FROM organisations").await, 3);
}

/// Waits until a backend waits for a standby, and says which.
async fn waits_for_a_standby(owner: &tokio_postgres::Client, but: i32) -> i32 {
    let sql = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid <> $1";
    for _ in 0..500 {
        if let Some(row) = owner.query_opt(sql, &[&but]).await.unwrap() {
            return row.get(0);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits for a standby");
}

#[tokio::test]
async fn a_commit_that_no_standby_confirmed_is_not_answered_until_one_has() {
    let service = tokio::task::spawn_blocking(|| {
        let service = Service::start_alone();
        service.agency("city");
        service
    })
    .await
    .unwrap();
    let token = service.token("city", "officer", "lin", None);
    let url = service.cli(&["database-url", "--role", "owner"]).trim().to_owned();
    let owner = connect(&url).await;
    owner.batch_execute("SET synchronous_commit = local").await.unwrap();
    let standbys = async |names: &str| {
        owner
            .batch_execute(&format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"))
            .await
            .unwrap();
        owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    };
    standbys("nobody").await;
    let writing = tokio::task::spawn_blocking(move || {
        let firm =
            json!({"credit_code": "91310000MA1FL0000N", "name": "甲", "category": "private_enterprise"});
        let answer = service.send(
            "POST",
            "/v1/organisations",
            Some(&token),
            Some(&firm),
            &[("Idempotency-Key", "one")],
        );
        (service, token, firm, answer)
    });
    let first = waits_for_a_standby(&owner, 0).await;
    owner.execute("SELECT pg_cancel_backend($1)", &[&first]).await.unwrap();
    // it is committed here; asked again, the key's answer waits as the commit did
    waits_for_a_standby(&owner, first).await;
    let kept: i64 =
        owner.query_one("SELECT count(*) FROM agency_city.organisations", &[]).await.unwrap().get(0);
    assert_eq!(kept, 1);
    assert!(!writing.is_finished(), "nobody was told that it lasts");
    standbys("").await;
    let (service, token, firm, answer) = writing.await.unwrap();
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, None), "{}", answer.text);
    let again = tokio::task::spawn_blocking(move || {
        let key = [("Idempotency-Key", "one")];
        service.send("POST", "/v1/organisations", Some(&token), Some(&firm), &key)
    })
    .await
    .unwrap();
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
}

#[test]
fn a_connection_that_turns_read_only_while_it_lives_says_so_and_goes_on_when_it_no_longer_is() {
    let service = Service::start_alone();
    service.agency("city");
    let token = service.token("city", "officer", "lin", None);
    let url = service.cli(&["database-url", "--role", "owner"]).trim().to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let owner = runtime.block_on(connect(&url));
    let set = |setting: &str| {
        for sql in [setting, "SELECT pg_reload_conf()"] {
            runtime.block_on(owner.batch_execute(sql)).unwrap();
        }
    };
    let connections = || {
        let sql = "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity WHERE application_name = 'subsidy-ledger'";
        runtime.block_on(owner.query_one(sql, &[])).unwrap().get::<_, Vec<i32>>(0)
    };
    let firm = |number: u64| {
        let code = subsidy_core::domain::CreditCode::from_body(&format!("91310000{number:09}")).unwrap();
        json!({"credit_code": code.to_string(), "name": "甲", "category": "private_enterprise"})
    };
    let write = |number: u64| {
        let key = format!("firm-{number}");
        service.send(
            "POST",
            "/v1/organisations",
            Some(&token),
            Some(&firm(number)),
            &[("Idempotency-Key", &key)],
        )
    };
    // twice: under the lock, and on the head that the last batch left
    for number in 0..4 {
        assert_eq!(write(number).status, 201);
    }
    let (before, began) = (connections(), Instant::now());
    set("ALTER SYSTEM SET default_transaction_read_only = on");
    let mut number = 4;
    // the server tells its sessions one by one
    let refused = loop {
        let answer = write(number);
        if answer.status != 201 {
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "it never turns read-only");
        number += 1;
    };
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("read_only")), "{}", refused.text);
    assert!(refused.header("retry-after").is_some());
    assert!(before.iter().any(|pid| connections().contains(pid)), "nobody was sent away");
    let batch = json!({"mode": "each", "operations": [
        {"method": "POST", "path": "/v1/organisations", "body": firm(900), "idempotency_key": "in-a-batch"},
    ]});
    let asked = Instant::now();
    let answer = service.post("/v1/batches", &token, &batch);
    assert!(answer.text.contains("read_only"), "{}", answer.text);
    assert_eq!(write(number).json()["code"], "read_only");
    let ready = service.send("GET", "/readyz", None, None, &[]);
    assert_eq!((ready.status, ready.text.starts_with("read_only")), (503, true), "{}", ready.text);
    let read = service.ask("/v1/organisations", &token);
    assert_eq!(read.status, 200, "reading goes on: {}", read.text);
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());

    set("ALTER SYSTEM RESET default_transaction_read_only");
    let began = Instant::now();
    let written = loop {
        let answer = write(number);
        if answer.status == 201 {
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{}", answer.text);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(written.header("idempotency-replayed"), None, "it had not been done");
    assert_eq!(service.send("GET", "/readyz", None, None, &[]).status, 200);
    assert_eq!(write(number).header("idempotency-replayed"), Some("true"));
    let kept = runtime.block_on(owner.query_one("SELECT count(*) FROM agency_city.organisations", &[]));
    assert_eq!(kept.unwrap().get::<_, i64>(0), i64::try_from(number).unwrap() + 1);
    assert!(service.cli(&["verify"]).contains("verified"));
}

/// Statements that fail for what they were sent, each with a value of its own so that its message is its own.
const VALUES: &[(&str, &str)] = &[
    ("SELECT length(convert_from('\\x61006201', 'UTF8'))", "text"),
    ("SELECT ('{\"a\": \"\\u0000\"}'::jsonb)->>'a'", "text"),
    ("SELECT 123456789012345678::integer", "number"),
    ("SELECT 12345678.25::numeric(4, 2)", "number"),
    ("SELECT '294277-01-01'::timestamptz", "date"),
    ("SELECT '2025-02-31'::date", "date"),
    ("SELECT '1 fortnight and a half'::uuid", "form"),
    ("SELECT '{'::jsonb", "form"),
    ("SELECT 1 LIMIT -1", "number"),
];

#[tokio::test]
async fn a_value_that_the_database_refuses_is_told_from_a_database_that_is_away() {
    let ledger = Ledger::open().await;
    let proxy = Proxy::start();
    for url in [ledger.database.url("subsidy_app"), proxy.url(&ledger.database, "subsidy_app")] {
        let database = Database::connect(DatabaseConfig::new(&url)).await.expect("a database");
        let conn = database.reader(&agency()).await.expect("a connection");
        for (sql, kind) in VALUES {
            let error = (&mut &*conn).batch_execute(sql).await.expect_err(sql);
            assert_eq!(refusal::of(&error).map(ValueKind::name), Some(*kind), "{sql}: {error}");
            let problem = Problem::database(&error);
            assert_eq!((problem.status(), problem.code().into_str()), (422, "value_refused"), "{sql}");
            // the connection is used on
            (&mut &*conn).batch_execute("SELECT 1").await.expect("it takes statements");
        }
        for (sql, status) in [("SELECT * FROM nothing_of_the_kind", 503), ("SELECT pg_sleep(20)", 503)] {
            let limit = "SET statement_timeout = 50";
            (&mut &*conn).batch_execute(limit).await.expect(limit);
            let error = (&mut &*conn).batch_execute(sql).await.expect_err(sql);
            assert_eq!(refusal::of(&error), None, "{sql}: {error}");
            assert_eq!(Problem::database(&error).status(), status, "{sql}");
        }
    }
}

#[tokio::test]
async fn a_command_whose_value_the_database_refuses_fails_alone_in_its_batch() {
    let ledger = Ledger::open().await;
    let proxy = Proxy::start();
    for (turn, url) in [ledger.database.url("subsidy_app"), proxy.url(&ledger.database, "subsidy_app")]
        .into_iter()
        .enumerate()
    {
        let door = engine(&url).await;
        let of_turn = u32::try_from(turn).unwrap() * 100;
        if turn == 0 {
            for answer in door.submit_each((1..=9).map(|number| submission(register(number))).collect()).await
            {
                accepted(answer);
            }
        }
        let batch: Vec<_> = (0..9)
            .map(|number| {
                let hash = TextHash::new([u8::try_from(of_turn + number).unwrap(); 32]);
                let block = ChangeStanding { credit_code: organisation(number + 1), reason: hash };
                let mut one = submission(by("approver-1", Command::BlockOrganisation(block)));
                let body = if number == 4 { "a\0b" } else { "举报属实" };
                one.texts.push(NewText { hash, salt: vec![7; 16], body: body.to_owned() });
                one
            })
            .collect();
        for (number, answer) in door.submit_each(batch).await.into_iter().enumerate() {
            match answer {
                Err(error) if number == 4 => assert_eq!(error, SubmitError::Value { kind: ValueKind::Text }),
                answer => drop(accepted(answer)),
            }
        }
        accepted(door.submit(submission(register(of_turn + 50))).await);
        door.shut_down().await;
    }
    assert_eq!(ledger.number("SELECT count(*) FROM texts").await, 16);
}
