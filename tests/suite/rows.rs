//! Array statements and the pool, on a real PostgreSQL.

use crate::support;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use rust_decimal::Decimal;
use serde_json::json;
use subsidy_store::db::pool::{Connection, Database, DatabaseConfig, DatabaseError};
use subsidy_store::db::rows::{Row, exactly};
use subsidy_store::engine::store::{IdempotencyRow, LogRow, NumberRow, TransitionRow};
use subsidy_store::ledger::EntryRow;
use subsidy_store::{rows, statement};
use support::{TestDatabase, agency};
use tokio::try_join;
use uuid::Uuid;

rows! {
    /// Every type there is, twice.
    struct EveryRow in "every", versioned {
        key { id: Uuid, place: i16 }
        text: String,
        text_null: Option<String>,
        big: i64,
        big_null: Option<i64>,
        int: i32,
        int_null: Option<i32>,
        small_null: Option<i16>,
        yes: bool,
        yes_null: Option<bool>,
        amount: Decimal,
        amount_null: Option<Decimal>,
        day: NaiveDate,
        day_null: Option<NaiveDate>,
        at: DateTime<Utc>,
        at_null: Option<DateTime<Utc>>,
        bytes: Vec<u8>,
        bytes_null: Option<Vec<u8>>,
        json: serde_json::Value,
        json_null: Option<serde_json::Value>,
        id_null: Option<Uuid>,
        version: i64,
    }
}
const EVERY: &str = "CREATE TEMP TABLE every (id uuid, place smallint, text text NOT NULL, text_null text, big bigint NOT NULL,
    big_null bigint, int integer NOT NULL, int_null integer, small_null smallint, yes boolean NOT NULL, yes_null boolean,
    amount numeric(20, 2) NOT NULL, amount_null numeric(20, 2), day date NOT NULL, day_null date, at timestamptz NOT NULL,
    at_null timestamptz, bytes bytea NOT NULL, bytes_null bytea, json jsonb NOT NULL, json_null jsonb, id_null uuid,
    version bigint NOT NULL, PRIMARY KEY (id, place))";

rows! {
    struct One { value: i64 }
}
rows! {
    struct Setting { name: String }
}

statement! {
    fn add_up(numbers: &[i64], names: &[&str], bytes: &[u8], nothing: Option<i32>) -> Option<One> =
        "SELECT (SELECT sum(n) FROM unnest($1) AS n)::bigint + cardinality($2) + octet_length($3) + coalesce($4, 0)
            + cardinality($2) AS value";
    fn times_run(text: &str) -> Vec<One> =
        "SELECT generic_plans + custom_plans AS value FROM pg_prepared_statements WHERE statement LIKE $1";
    fn prepared() -> Option<One> = "SELECT count(*) AS value FROM pg_prepared_statements";
    fn begin_agency(at: DateTime<Utc>) -> usize =
        "INSERT INTO head (agency, next_sequence, frontier, recorded_at, semantics, schema_version, name, zone, sandbox,
            related_programmes) VALUES ('test', 0, '', $1, 1, 2, 'Test', 'Asia/Shanghai', true, '[]')";
    fn move_head(next_sequence: i64, frontier: &[u8]) -> usize =
        "UPDATE head SET next_sequence = $1, frontier = $2";
    fn setting(name: &str) -> Option<Setting> = "SELECT current_setting($1) AS name";
}

async fn database() -> (TestDatabase, Database) {
    let test = TestDatabase::create().await;
    let database = Database::connect(DatabaseConfig::new(test.url("subsidy_app"))).await.expect("a database");
    (test, database)
}

async fn writer(database: &Database) -> Connection {
    database.writer(&agency()).await.expect("a writer")
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 2, 28).expect("a day")
}

fn every(id: Uuid, place: i16, full: bool) -> EveryRow {
    let at: DateTime<Utc> = "2025-06-30T16:00:00.123456Z".parse().expect("an instant");
    EveryRow {
        id,
        place,
        text: "券 \"{,}\" \\ NULL".to_owned(),
        text_null: full.then(String::new),
        big: i64::MIN,
        big_null: full.then_some(i64::MAX),
        int: -1,
        int_null: full.then_some(1),
        small_null: full.then_some(-7),
        yes: true,
        yes_null: full.then_some(false),
        amount: decimal("-123456789012345678.99"),
        amount_null: full.then(|| decimal("0.00")),
        day: day(),
        day_null: full.then(day),
        at,
        at_null: full.then_some(at),
        bytes: vec![0, 255, 92],
        bytes_null: full.then(Vec::new),
        json: json!({"a": [1, "二", null]}),
        json_null: full.then(|| json!([])),
        id_null: full.then(Uuid::now_v7),
        version: 1,
    }
}

#[tokio::test]
async fn rows_of_every_type_come_back_as_they_went() {
    let (_test, database) = database().await;
    let mut conn = writer(&database).await;
    conn.batch_execute(EVERY).await.expect("a table");
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let rows = [every(a, 1, true), every(a, 2, false), every(b, 1, true)];
    assert_eq!(EveryRow::insert(&conn, &rows).await.expect("inserted"), 3);
    let keys = [rows[2].key(), rows[1].key(), (b, 2)];
    let mut found = EveryRow::by_keys(&conn, &keys).await.expect("loaded");
    found.sort_by_key(|row| row.place);
    assert_eq!(found, [rows[2].clone(), rows[1].clone()]);
}

#[tokio::test]
async fn an_update_touches_only_rows_at_their_old_version() {
    let (_test, database) = database().await;
    let mut conn = writer(&database).await;
    conn.batch_execute(EVERY).await.expect("a table");
    let id = Uuid::now_v7();
    let mut rows = [every(id, 1, true), every(id, 2, true)];
    EveryRow::insert(&conn, &rows).await.expect("inserted");
    for row in &mut rows {
        row.text_null = None;
        row.version = 9;
    }
    assert_eq!(EveryRow::update(&conn, &rows, &[1, 8]).await.expect("one of two"), 1);
    let mut found = EveryRow::by_keys(&conn, &[(id, 1), (id, 2)]).await.expect("loaded");
    found.sort_by_key(|row| row.place);
    assert_eq!(found[0], rows[0]);
    assert_eq!(found[1].version, 1);
    assert!(EveryRow::update(&conn, &rows, &[1]).await.is_err(), "slices of two lengths");
    assert!(exactly(1, 2).is_err() && exactly(2, 2).is_ok());
}

#[tokio::test]
async fn an_empty_slice_costs_no_round_trip() {
    let (_test, database) = database().await;
    let conn = writer(&database).await;
    assert_eq!(LogRow::insert(&conn, &[]).await, Ok(0));
    assert_eq!(NumberRow::update(&conn, &[]).await, Ok(0));
    assert_eq!(EveryRow::update(&conn, &[], &[]).await, Ok(0));
    assert_eq!(NumberRow::by_keys(&conn, &[]).await, Ok(vec![]));
    let seen = prepared(&conn).await.expect("a look").expect("a row");
    assert_eq!(seen.value, 1, "nothing but the look itself was prepared");
}

#[tokio::test]
async fn arguments_may_be_arrays_and_be_used_twice() {
    let (_test, database) = database().await;
    let conn = writer(&database).await;
    let sum = add_up(&conn, &[1, 2, 3], &["a", "b"], &[0; 10], None).await.expect("a sum");
    assert_eq!(sum, Some(One { value: 20 }));
}

#[tokio::test]
async fn a_statement_is_parsed_once_a_connection() {
    let (_test, database) = database().await;
    let conn = writer(&database).await;
    for last in 1..=5 {
        let rows: Vec<NumberRow> =
            (0..last).map(|place| NumberRow { series: format!("{last}-{place}"), last }).collect();
        assert_eq!(Ok(rows.len()), NumberRow::insert(&conn, &rows).await);
        assert_eq!(Ok(rows.len()), NumberRow::update(&conn, &rows).await);
        assert_eq!(
            Ok(rows),
            NumberRow::by_keys(&conn, &[format!("{last}-0")]).await.map(|found| {
                assert_eq!(found.len(), 1);
                (0..last).map(|place| NumberRow { series: format!("{last}-{place}"), last }).collect()
            })
        );
    }
    let runs = times_run(&conn, "%numbers%").await.expect("a look");
    // three texts, each executed five times under one name
    assert_eq!(runs.iter().map(|run| run.value).collect::<Vec<_>>(), [5, 5, 5]);
}

#[tokio::test]
async fn statements_in_flight_together_arrive_in_their_order_even_the_first_time() {
    let (_test, database) = database().await;
    for round in 0..20 {
        // a new connection each time: nothing is prepared yet
        let mut conn = writer(&database).await;
        conn.batch_execute("BEGIN").await.expect("begun");
        if round == 0 {
            begin_agency(&conn, Utc::now()).await.expect("a head");
        }
        let batch = Batch::of(8, round * 8, Utc::now());
        batch.write(&conn).await.expect("the triggers want head, log, entries in this order");
        conn.batch_execute("COMMIT").await.expect("committed");
        let line = EntryRow::by_keys(&conn, &[(round * 8 + 7, 2)]).await;
        assert_eq!(line.as_deref(), Ok(&batch.entries[15..]));
        conn.close();
    }
}

#[tokio::test]
async fn a_connection_starts_with_its_agency_its_role_and_its_limits() {
    let (_test, database) = database().await;
    let read = |conn: Connection| async move {
        let mut found = Vec::new();
        for name in [
            "search_path",
            "role",
            "jit",
            "statement_timeout",
            "lock_timeout",
            "default_transaction_read_only",
        ] {
            found.push(setting(&conn, name).await.expect("a setting").expect("a row").name);
        }
        found.push(
            setting(&conn, "idle_in_transaction_session_timeout")
                .await
                .expect("a setting")
                .expect("a row")
                .name,
        );
        found.join(" ")
    };
    let path = "agency_test,pg_temp";
    assert_eq!(read(writer(&database).await).await, format!("{path} subsidy_app off 10s 5s off 15s"));
    let reader = database.reader(&agency()).await.expect("a reader");
    let refused = NumberRow::insert(&reader, &[NumberRow { series: "s".to_owned(), last: 1 }]).await;
    assert!(refused.expect_err("read-only").to_string().contains("read-only transaction"));
    assert_eq!(read(reader).await, format!("{path} subsidy_app off 5s 5s on 15s"));
}

#[tokio::test]
async fn an_owner_serves_as_the_app_and_the_auditor() {
    let test = TestDatabase::create().await;
    let database =
        Database::connect(DatabaseConfig::new(test.url("subsidy_owner"))).await.expect("a database");
    let app = writer(&database).await;
    assert_eq!(setting(&app, "is_superuser").await.expect("a setting").expect("a row").name, "off");
    let auditor = database.auditor(&agency()).await.expect("an auditor");
    assert_eq!(setting(&auditor, "role").await.expect("a setting").expect("a row").name, "subsidy_auditor");
}

#[tokio::test]
async fn a_connection_comes_back_clean() {
    let (_test, database) = database().await;
    let mut conn = writer(&database).await;
    conn.batch_execute("BEGIN; INSERT INTO numbers VALUES ('left open', 1)").await.expect("begun");
    drop(conn);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let conn = writer(&database).await;
    assert_eq!(NumberRow::by_keys(&conn, &["left open".to_owned()]).await, Ok(vec![]));
    assert_eq!(NumberRow::insert(&conn, &[NumberRow { series: "next".to_owned(), last: 1 }]).await, Ok(1));
}

#[tokio::test]
async fn all_connections_in_use_is_busy_and_idle_ones_give_way() {
    let test = TestDatabase::create().await;
    let config = DatabaseConfig {
        connections_max: 3,
        writers_max: 1,
        acquire_timeout: Duration::from_millis(100),
        connections_idle: Duration::from_millis(200),
        ..DatabaseConfig::new(test.url("subsidy_owner"))
    };
    let database = Database::connect(config).await.expect("a database");
    let code = agency();
    let readers = try_join!(database.reader(&code), database.reader(&code)).expect("two readers");
    assert!(matches!(database.reader(&agency()).await, Err(DatabaseError::Busy)));
    let writer = writer(&database).await; // readers never keep the door shut
    drop(readers);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let admins = try_join!(database.admin(), database.admin()).expect("resting readers gave way");
    drop((admins, writer));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let server = support::connect(&support::cluster_url()).await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
    let name = test.url("x").split(['/', '?']).nth(3).expect("a name").to_owned();
    let open: i64 = server.query_one(sql, &[&name]).await.expect("a look").get(0);
    assert_eq!(open, 0, "idle connections are closed");
}

#[tokio::test]
async fn a_connection_the_server_closed_is_not_given_out() {
    let (test, database) = database().await;
    drop(database.reader(&agency()).await.expect("a reader"));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let owner = test.client("subsidy_owner").await;
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    owner.batch_execute(sql).await.expect("closed");
    let reader = database.reader(&agency()).await.expect("another one");
    assert_eq!(NumberRow::by_keys(&reader, &["s".to_owned()]).await, Ok(vec![]));
}

/// `size` postings of two lines, as the engine writes them.
struct Batch {
    first: i64,
    log: Vec<LogRow>,
    entries: Vec<EntryRow>,
    transitions: Vec<TransitionRow>,
    idempotency: Vec<IdempotencyRow>,
}

impl Batch {
    fn of(size: i64, first: i64, at: DateTime<Utc>) -> Self {
        let sequences = || first..first + size;
        let document = |sequence: i64| format!("voucher {sequence:09}");
        let entry = |sequence: i64, line: i16, account: &str, side: &str| EntryRow {
            sequence,
            line,
            account: account.to_owned(),
            side: side.to_owned(),
            amount: Decimal::new(100_025 + sequence, 2),
            programme: "SH-VOUCHER".to_owned(),
            organisation: "91310000MA1FL0000N".to_owned(),
            level: "city".to_owned(),
            fiscal_year: 2025,
            effective_date: day(),
            document: document(sequence),
        };
        let log = |sequence| LogRow {
            sequence,
            leaf: vec![u8::try_from(sequence % 251).expect("small"); 640],
            hash: vec![7; 32],
            line_count: 2,
            kind: "issue_voucher".to_owned(),
            document: document(sequence),
            effective_date: Some(day()),
            subject: "subject-1".to_owned(),
            recorded_at: at,
        };
        let transition = |sequence| TransitionRow {
            sequence,
            ordinal: 1,
            kind: "voucher".to_owned(),
            document: document(sequence),
            from_status: Some("reviewed".to_owned()),
            to_status: "issued".to_owned(),
        };
        let idempotency = |sequence| IdempotencyRow {
            subject: "subject-1".to_owned(),
            key: [Uuid::now_v7().as_bytes().as_slice(); 2].concat(),
            request: vec![9; 32],
            sequence: Some(sequence),
            refusal: None,
            recorded_at: at,
            mac: vec![0; 32],
            ordinal: None,
        };
        let lines = |sequence| [entry(sequence, 1, "B2001", "D"), entry(sequence, 2, "B2003", "C")];
        Self {
            first,
            log: sequences().map(log).collect(),
            entries: sequences().flat_map(lines).collect(),
            transitions: sequences().map(transition).collect(),
            idempotency: sequences().map(idempotency).collect(),
        }
    }

    async fn write(&self, conn: &AsyncPgConnection) -> diesel::QueryResult<()> {
        let next = self.first + i64::try_from(self.log.len()).expect("few");
        let (head, log, entries, transitions, idempotency) = try_join!(
            move_head(conn, next, &[0; 640]),
            LogRow::insert(conn, &self.log),
            EntryRow::insert(conn, &self.entries),
            TransitionRow::insert(conn, &self.transitions),
            IdempotencyRow::insert(conn, &self.idempotency),
        )?;
        exactly(log, self.log.len())?;
        exactly(entries, self.entries.len())?;
        exactly(transitions, self.transitions.len())?;
        exactly(idempotency, self.idempotency.len())?;
        exactly(head, 1)
    }
}
