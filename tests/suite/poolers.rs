//! A real PgBouncer before the database: no agency is reached through it, in no mode, and each command says why.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::json;

use crate::support::TestDatabase;
use crate::support::city::{City, rules};
use crate::support::pooler::Pooler;
use crate::support::service::{BINARY, Service, fresh_folder};

/// What a command says through a pooler, and how it ends.
fn ended(url: &str, data: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(BINARY);
    command.env("SUBSIDY_LEDGER_DATA", data).env("DATABASE_URL", url).env("LC_ALL", "C.UTF-8");
    let done = command.args(words).output().expect("the binary runs");
    (done.status.code(), String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned())
}

#[test]
fn no_ledger_is_reached_through_pgbouncer_and_doctor_says_what_the_service_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::create());
    let data = fresh_folder();
    let service = Arc::new(Service::start_on(&database.url("subsidy_owner"), &data));
    let city = City::found(&service, "city", &rules(json!({})), "100000.00");
    City::bare(&service, "harbour", &[]);
    let pay = || {
        let claim = city.approved(&city.voucher("1000.00"), "1000.00", false);
        city.paid(&[&claim], "2025-01-02");
    };
    pay();
    let owner = runtime.block_on(database.client("subsidy_owner"));
    let leaves = || {
        let sql = "SELECT (SELECT count(*) FROM agency_city.log) + (SELECT count(*) FROM agency_harbour.log)";
        runtime.block_on(owner.query_one(sql, &[])).unwrap().get::<_, i64>(0)
    };
    let before = leaves();

    for mode in ["session", "transaction", "statement"] {
        for (more, why) in [
            ("", "unsupported startup parameter"),
            ("ignore_startup_parameters = options", "a pooler that ignores start-up options"),
        ] {
            let Some(pooler) = Pooler::start(mode, more) else { return };
            let url = pooler.url(&database, "subsidy_owner");
            for words in [
                &["serve", "--listen", "127.0.0.1:0"][..],
                &["doctor"],
                &["migrate"],
                &["agency", "list"],
                &["verify"],
                &[
                    "agency",
                    "create",
                    "third",
                    "--name",
                    "third",
                    "--sandbox",
                    "--business-date",
                    "2025-01-02",
                ],
            ] {
                let (code, said) = ended(&url, &data, words);
                assert_eq!(code, Some(1), "{mode} {more}: {words:?}: {said}");
                let told = said.contains(why) && said.contains("cannot stand before the database");
                assert!(told, "{mode} {more}: {words:?}: {said}");
            }
        }
    }

    assert_eq!(leaves(), before, "nothing was written");
    pay();
    city.verifies();
}
