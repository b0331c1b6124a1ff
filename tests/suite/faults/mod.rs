//! Faults under load: whatever dies, every acknowledged write is there exactly once, every other one is settled by asking
//! again with its key, no call outlives its deadline, and the service comes back by itself.
//!
//! A few rounds in every run of the tests; `make torture` sets `SUBSIDY_LEDGER_TORTURE_ROUNDS` and does many.

mod city;
mod postgres;
mod proxy;
use crate::support;
use crate::support::service;
mod workflow;

use std::path::Path;
use std::time::{Duration, Instant};

use city::{City, moment};
use postgres::{Data, SmallDisk};
use proxy::{Mode, Proxy};
use serde_json::json;
use service::{Service, fresh_folder, send_to};
use tokio::io::AsyncWriteExt;

/// Vouchers that are issued while a fault happens.
const VOUCHERS: usize = 60;
/// Claims that are taken from draft to payment while one does.
const CLAIMS: usize = 18;
/// How long a caller rests between two of them, at most.
const PACE_MS: u64 = 40;
/// How soon a caller hears that the database is away, or that it is back.
const SOON: Duration = Duration::from_secs(4);
const BACK: Duration = Duration::from_secs(30);

/// Writes to the log and to nothing else.
const FILL: &str =
    "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000)) FROM generate_series(1, 16)";

/// How many rounds: these in a short run.
fn rounds(short: usize) -> usize {
    std::env::var("SUBSIDY_LEDGER_TORTURE_ROUNDS").map_or(short, |text| text.parse().expect("a number"))
}

#[test]
fn the_service_is_killed_under_load() {
    let data = Data::new();
    let mut service = Service::start_durable(&data.0);
    let (city, rounds) = (City::found(&service), rounds(10));
    for _ in 0..rounds {
        let (vouchers, before) = (city.reviewed(VOUCHERS), city.log_size());
        let issued = city.under_load(&vouchers, PACE_MS, || {
            moment(5, 150);
            service.kill();
            service = Service::start_durable(&data.0);
            city.moved_to(&service);
        });
        city.check(&issued, before);
    }
    city.verify(&service);
    city.report("the service was killed", rounds);
}

#[test]
fn the_private_database_server_is_killed_under_load_and_started_again() {
    let data = Data::new();
    let service = Service::start_durable(&data.0);
    let (city, rounds) = (City::found(&service), rounds(5));
    for _ in 0..rounds {
        let (vouchers, before) = (city.reviewed(VOUCHERS), city.log_size());
        let issued = city.under_load(&vouchers, PACE_MS, || {
            moment(5, 150);
            data.kill_postgres();
            assert_eq!(health(&city, "/livez"), 200);
            wait_for(BACK, || health(&city, "/readyz") == 200);
        });
        city.check(&issued, before);
    }
    city.verify(&service);
    city.report("the database server was killed", rounds);
}

#[test]
fn claims_on_their_way_are_paid_once_whatever_is_killed() {
    let data = Data::new();
    let mut service = Service::start_durable(&data.0);
    let (city, rounds) = (City::found(&service), rounds(4));
    let mut claims = Vec::new();
    for round in 0..rounds {
        let vouchers = city.issued(CLAIMS);
        claims.extend(city.at_work(
            &vouchers,
            PACE_MS,
            |voucher| city.paid(voucher),
            || {
                for _ in 0..2 {
                    moment(20, 400);
                    if round % 2 == 0 {
                        service.kill();
                        service = Service::start_durable(&data.0);
                        city.moved_to(&service);
                    } else {
                        data.kill_postgres();
                        wait_for(BACK, || health(&city, "/readyz") == 200);
                    }
                }
            },
        ));
    }
    city.check_paid(&claims, &service);
    city.report("claims on their way", rounds);
}

#[test]
fn while_the_database_is_away_callers_hear_so_soon_and_it_comes_back_by_itself() {
    let data = Data::new();
    let service = Service::start_durable(&data.0);
    let city = City::found(&service);
    let (vouchers, before) = (city.reviewed(VOUCHERS), city.log_size());
    let issued = city.under_load(&vouchers, PACE_MS, || {
        let lock = data.hold_lock();
        data.kill_postgres();
        let until = Instant::now() + Duration::from_secs(6);
        while Instant::now() < until {
            assert_eq!(health(&city, "/livez"), 200);
            assert_eq!(health(&city, "/readyz"), 503);
            let asked = Instant::now();
            let write = city.try_post("/v1/programmes/p/approve", city.approver(), &json!({}), "away");
            city::away(&write.unwrap());
            city::away(&city.try_get("/v1/vouchers").unwrap());
            assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
        }
        drop(lock);
        wait_for(BACK, || health(&city, "/readyz") == 200);
    });
    // who asked while a commit was under way when the server died hears nothing until that is settled
    assert!(city.slowest_refusal() < SOON, "{:?}", city.slowest_refusal());
    city.check(&issued, before);
    city.verify(&service);
    city.report("the database was away", 1);
}

#[test]
fn the_wire_to_the_database_is_cut_under_load() {
    let database = block_on(support::TestDatabase::create());
    let (proxy, url) = proxied(&database.url("subsidy_owner"));
    let folder = fresh_folder();
    let service = Service::start_on(&url, &folder);
    let (city, rounds) = (City::found(&service), rounds(4));
    for round in 0..rounds {
        let (vouchers, before) = (city.reviewed(VOUCHERS), city.log_size());
        proxy.set(Mode::Cutting);
        let issued = city.under_load(&vouchers, PACE_MS, || {
            if round % 4 == 3 {
                moment(5, 150);
                proxy.set(Mode::Away);
                wait_for(SOON, || health(&city, "/readyz") == 503);
                proxy.set(Mode::Cutting);
            }
        });
        proxy.set(Mode::Whole);
        wait_for(BACK, || health(&city, "/readyz") == 200);
        city.check(&issued, before);
    }
    let (before, after, elsewhere) = proxy.cuts();
    assert!(before > 0 && after > 0, "{before} {after} {elsewhere}");
    city.verify(&service);
    city.report(&format!("cut {before} times before a commit, {after} after, {elsewhere} elsewhere"), rounds);
    drop(service);
    std::fs::remove_dir_all(folder).ok();
}

#[test]
fn a_database_that_hangs_keeps_nobody_beyond_the_deadline() {
    let data = Data::new();
    let service = Service::start_durable(&data.0);
    let city = City::found(&service);
    let (vouchers, before) = (city.reviewed(VOUCHERS), city.log_size());
    // in a short run nobody waits that long: what hung goes on
    let hangs = Duration::from_secs(if rounds(1) > 1 { 34 } else { 3 });
    let issued = city.under_load(&vouchers, PACE_MS, || {
        moment(5, 50);
        data.stop_postgres();
        let until = Instant::now() + hangs;
        while Instant::now() < until {
            assert_eq!(health(&city, "/livez"), 200);
            let asked = Instant::now();
            assert_eq!(health(&city, "/readyz"), 503);
            assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
            moment(200, 300);
        }
        data.continue_postgres();
        wait_for(BACK, || health(&city, "/readyz") == 200);
    });
    city.check(&issued, before);
    city.verify(&service);
    city.report(&format!("the database hung for {hangs:?}"), 1);
}

#[test]
fn callers_that_hang_up_find_their_answer_under_their_key() {
    let data = Data::new();
    let service = Service::start_durable(&data.0);
    let (city, rounds) = (City::found(&service), rounds(2));
    for _ in 0..rounds {
        let (vouchers, before) = (city.reviewed(VOUCHERS), city.log_size());
        block_on(async {
            let calls = vouchers.iter().map(|id| hang_up(&city, id));
            futures_util::future::join_all(calls).await;
        });
        let issued: Vec<_> = vouchers.iter().map(|id| city.issue(id, true)).collect();
        city.check(&issued, before);
    }
    city.verify(&service);
    city.report("callers hung up", rounds);
}

#[test]
fn the_disk_of_the_write_ahead_log_is_full_and_then_is_not() {
    let data = Data::new();
    drop(Service::start_durable(&data.0));
    let disk = match SmallDisk::mount(&data, 160) {
        Ok(disk) => disk,
        Err(why) => return skipped(&why),
    };
    let service = Service::start_durable(&data.0);
    let owner = service.cli(&["database-url", "--role", "owner"]);
    let (city, rounds) = (City::found(&service), rounds(1).min(10));
    // what the log no longer needs is not kept, else it would fill the disk by itself after some rounds
    for sql in ["ALTER SYSTEM SET min_wal_size = '32MB'", "ALTER SYSTEM SET max_wal_size = '64MB'"] {
        psql(owner.trim(), sql);
    }
    for _ in 0..rounds {
        psql(owner.trim(), "SELECT pg_reload_conf()");
        psql(owner.trim(), "CHECKPOINT");
        let (vouchers, before) = (city.reviewed(VOUCHERS), city.log_size());
        let issued = city.under_load(&vouchers, 500, || {
            moment(5, 100);
            disk.fill();
            // what was set aside for the log is used up, then the server stops
            wait_for(BACK, || {
                psql(owner.trim(), FILL);
                health(&city, "/readyz") == 503
            });
            moment(3_000, 5_000);
            assert_eq!((health(&city, "/livez"), health(&city, "/readyz")), (200, 503));
            disk.free();
            wait_for(BACK, || health(&city, "/readyz") == 200);
        });
        city.check(&issued, before);
    }
    city.verify(&service);
    city.report("the log's disk was full", rounds);
    drop(service);
    drop(disk);
}

fn health(city: &City, path: &str) -> u16 {
    let answer = send_to(&city.base(), "GET", path, None, None, &[]).expect("the service answers");
    assert!(answer.status == 200 || answer.header("retry-after").is_some());
    answer.status
}

fn wait_for(limit: Duration, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < limit, "not within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[allow(clippy::print_stderr, reason = "a test that cannot be done here says why")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A proxy to the server that a URL names, and the URL that goes through it.
fn proxied(url: &str) -> (Proxy, String) {
    let (before, query) = url.split_once("@/").unwrap();
    let (database, query) = query.split_once('?').unwrap();
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap();
    let socket = Path::new(value("host=")).join(format!(".s.PGSQL.{}", value("port=")));
    let proxy = Proxy::start(socket);
    let url = format!("{before}@127.0.0.1:{}/{database}", proxy.port());
    (proxy, url)
}

/// Sends a request, or a part of it, and resets the connection before the answer.
async fn hang_up(city: &City, id: &str) {
    let base = city.base();
    let address = base.trim_start_matches("http://");
    let request = format!(
        "POST /v1/vouchers/{id}/issue HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: issue-{id}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
        city.approver()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let sent = if rand::random::<u8>() < 64 {
        request.len() - 1 - usize::from(rand::random::<u8>())
    } else {
        request.len()
    };
    stream.write_all(&request.as_bytes()[..sent]).await.unwrap();
    tokio::time::sleep(Duration::from_micros(rand::random::<u64>() % 30_000)).await;
    stream.set_zero_linger().unwrap();
}

fn psql(url: &str, sql: &str) {
    let done = std::process::Command::new("psql").args(["-qAtX", "-c", sql, url]).output();
    assert!(done.is_ok(), "psql is there");
}
