//! The catalogue as the migrations make it stands in a file, which `verify` holds every database to; and the manual's
//! table of rights is made from it.

use crate::support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use diesel_async::SimpleAsyncConnection;
use subsidy_proofs::verify::{Verdict, verify};
use subsidy_store::db::catalogue::{Catalogue, differences};
use subsidy_store::db::pool::{Database, DatabaseConfig};
use support::{TestDatabase, agency};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/catalogue.txt");
/// The manual in each language, with the words of its table.
const MANUALS: [(&str, [&str; 5], &str); 2] = [
    (
        concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operators.md"),
        ["table", "reads", "inserts", "updates", "deletes"],
        "; ",
    ),
    (concat!(env!("CARGO_MANIFEST_DIR"), "/docs/zh/operators.md"), ["表", "读", "增", "改", "删"], "；"),
];
const ANEW: &str = "make it anew: cargo nextest run --run-ignored only catalogue::";

async fn connected(test: &TestDatabase, role: &str) -> Database {
    Database::connect(DatabaseConfig::new(test.url(role))).await.expect("a database")
}

/// The golden file of what the migrations make.
async fn made() -> String {
    let test = TestDatabase::create().await;
    let conn = connected(&test, "subsidy_owner").await.admin().await.expect("a connection");
    let mut text = String::new();
    for (section, schema) in [("public", "public"), ("agency", "agency_test")] {
        let found = Catalogue::read(&conn, schema).await.expect("a catalogue");
        write!(text, "# {section}\n{found}").expect("a text");
    }
    text
}

/// The tables as diesel's queries know them, in the words of the golden file: their columns, and their keys.
#[test]
fn the_tables_that_queries_know_are_those_of_the_catalogue() {
    let golden = std::fs::read_to_string(GOLDEN).expect("the golden file");
    let stands = |fact: String| assert!(golden.lines().any(|line| line == fact), "{fact}");
    let schema = include_str!("../../crates/store/src/schema.rs");
    let tables: Vec<&str> = schema.lines().filter_map(|line| line.strip_prefix("table! { ")).collect();
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables {
        let (name, rest) = table.split_once(" (").expect("a name");
        let (key, columns) = rest.split_once(") { ").expect("a key");
        stands(format!("constraint {name}.{name}_pkey = PRIMARY KEY ({})", key.replace("row", "\"row\"")));
        for column in columns.split(", ").filter(|column| *column != "} }") {
            let (column, kind) = column.split_once(" -> ").expect("a column");
            let (kind, null) = match kind.strip_prefix("Nullable<") {
                Some(kind) => (kind.trim_end_matches('>'), ""),
                None => (kind, " not null"),
            };
            let kind = match kind {
                "Int2" => "smallint",
                "Int4" => "integer",
                "Int8" => "bigint",
                "Timestamptz" => "timestamp with time zone",
                other => &other.to_lowercase(),
            };
            stands(format!("column {name}.{column} = {kind}{null}"));
        }
    }
}

/// What a role may do with a whole table, and the columns that it may update.
type Rights<'a> = (Vec<&'a str>, Vec<&'a str>);

/// Who may do what with which table, as a manual shows it.
fn rights(golden: &str, words: [&str; 5], and: &str) -> String {
    let [table, reads, inserts, updates, deletes] = words;
    let mut tables: BTreeMap<&str, BTreeMap<&str, Rights<'_>>> = BTreeMap::new();
    for line in golden.lines().filter_map(|line| line.strip_prefix("grant on ")) {
        let (object, may) = line.split_once(" = ").expect("facts");
        let (object, role) = object.rsplit_once(" to ").expect("a role");
        if object == "schema" || object.ends_with(')') {
            continue;
        }
        let (table, column) =
            object.split_once('.').map_or((object, None), |(table, column)| (table, Some(column)));
        let (whole, columns) = tables.entry(table).or_default().entry(role).or_default();
        match column {
            None => whole.extend(may.split(", ")),
            Some(column) if may == "UPDATE" => columns.push(column),
            Some(_) => {
                if !whole.contains(&may) {
                    whole.push(may);
                }
            }
        }
    }
    let mut text = format!("| {table} | `subsidy_app` | `subsidy_auditor` |\n|---|---|---|\n");
    for (table, roles) in tables {
        let say = |role: &str| {
            let Some((whole, columns)) = roles.get(role) else { return String::new() };
            let verbs = [("SELECT", reads), ("INSERT", inserts), ("UPDATE", updates), ("DELETE", deletes)];
            let mut may: Vec<String> = verbs
                .iter()
                .filter(|(word, _)| whole.contains(word))
                .map(|(_, verb)| (*verb).to_owned())
                .collect();
            if !columns.is_empty() {
                may.push(format!("{updates} {}", columns.join(", ")));
            }
            may.join(and)
        };
        writeln!(text, "| `{table}` | {} | {} |", say("subsidy_app"), say("subsidy_auditor"))
            .expect("a text");
    }
    text
}

const BEGIN: &str = "<!-- rights: made from the grants by tests/suite/catalogue.rs -->\n";
const END: &str = "<!-- rights end -->\n";

/// Each manual's place, its text, and the text with the table made anew.
fn manuals(golden: &str) -> [(&'static str, String, String); 2] {
    MANUALS.map(|(place, words, and)| {
        let text = std::fs::read_to_string(place).expect("the manual");
        let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
        let (_, after) = rest.split_once(END).expect("where it ends");
        let new = format!("{before}{BEGIN}{}{END}{after}", rights(golden, words, and));
        (place, text, new)
    })
}

#[tokio::test]
async fn the_file_says_what_the_migrations_make() {
    let (made, kept) = (made().await, std::fs::read_to_string(GOLDEN).expect("the file"));
    for (made, kept) in made.lines().zip(kept.lines()) {
        assert_eq!(made, kept, "migrations/catalogue.txt is stale; {ANEW}");
    }
    assert_eq!(made.lines().count(), kept.lines().count(), "migrations/catalogue.txt is stale; {ANEW}");
}

#[test]
fn the_manual_says_who_may_do_what() {
    for (place, text, new) in manuals(&std::fs::read_to_string(GOLDEN).expect("the file")) {
        assert!(text == new, "{place} is stale; {ANEW}");
    }
}

/// The one command: the file, and the manuals from it.
#[tokio::test]
#[ignore = "writes migrations/catalogue.txt and the tables of docs/operators.md"]
async fn write_the_catalogue() {
    let golden = made().await;
    std::fs::write(GOLDEN, &golden).expect("written");
    for (place, _, new) in manuals(&golden) {
        std::fs::write(place, new).expect("written");
    }
}

/// What a superuser may do to a schema, and the object that is named for it.
const TAMPERED: &[(&str, &str)] = &[
    // triggers
    ("ALTER TABLE log DISABLE TRIGGER log_change", "trigger log.log_change is not"),
    ("ALTER TABLE log ENABLE TRIGGER log_change", "trigger log.log_change is not"),
    (
        "ALTER TABLE usage_imports DISABLE TRIGGER ALL",
        "trigger usage_imports.usage_imports_id_fkey RI_FKey_check_ins is not",
    ),
    ("DROP TRIGGER texts_erased ON texts", "trigger texts.texts_erased is missing"),
    (
        "CREATE TRIGGER more BEFORE INSERT ON claims EXECUTE FUNCTION refuse_change()",
        "trigger claims.more is none of",
    ),
    (
        "CREATE OR REPLACE TRIGGER log_change BEFORE UPDATE ON log EXECUTE FUNCTION refuse_change(); \
      ALTER TABLE log ENABLE ALWAYS TRIGGER log_change",
        "trigger log.log_change is not",
    ),
    // columns
    ("ALTER TABLE claims ADD COLUMN note text", "column claims.note is none of"),
    (
        "ALTER TABLE organisations RENAME COLUMN region TO district",
        "column organisations.district is none of",
    ),
    ("ALTER TABLE entries ALTER COLUMN document DROP NOT NULL", "column entries.document is not"),
    ("ALTER TABLE entries ALTER COLUMN level SET DEFAULT 'city'", "column entries.level is not"),
    ("ALTER TABLE totals ALTER COLUMN debit TYPE numeric(22, 2)", "column totals.debit is not"),
    // constraints and indexes
    ("ALTER TABLE balances DROP CONSTRAINT balances_floor", "constraint balances.balances_floor is missing"),
    (
        "ALTER TABLE balances DROP CONSTRAINT balances_floor; \
      ALTER TABLE balances ADD CONSTRAINT balances_floor CHECK (amount > -100)",
        "constraint balances.balances_floor is not",
    ),
    (
        "ALTER TABLE payment_lines ADD CONSTRAINT more UNIQUE (payee)",
        "constraint payment_lines.more is none of",
    ),
    ("DROP INDEX payment_lines_once", "index payment_lines_once is missing"),
    ("CREATE INDEX more ON claims (amount)", "index more is none of"),
    ("DROP STATISTICS totals_months", "statistics totals_months is missing"),
    // functions
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "function refuse_change() is not",
    ),
    ("ALTER FUNCTION check_log() SET search_path TO pg_temp, agency_test", "function check_log() is not"),
    ("ALTER FUNCTION erase_text(bytea) SECURITY INVOKER", "function erase_text(digest bytea) is not"),
    ("CREATE FUNCTION more() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "function more() is none of"),
    // rights
    ("GRANT UPDATE ON entries TO subsidy_app", "grant on entries to subsidy_app is not"),
    ("GRANT UPDATE (amount) ON entries TO subsidy_app", "grant on entries.amount to subsidy_app is none of"),
    ("GRANT SELECT ON texts TO subsidy_auditor", "grant on texts to subsidy_auditor is none of"),
    ("GRANT SELECT ON claims TO public", "grant on claims to public is none of"),
    (
        "GRANT SELECT ON claims TO subsidy_auditor WITH GRANT OPTION",
        "grant on claims to subsidy_auditor is not",
    ),
    ("REVOKE SELECT ON claims FROM subsidy_auditor", "grant on claims to subsidy_auditor is missing"),
    (
        "GRANT EXECUTE ON FUNCTION erase_text TO subsidy_auditor",
        "grant on erase_text(digest bytea) to subsidy_auditor is none of",
    ),
    ("GRANT CREATE ON SCHEMA agency_test TO subsidy_app", "grant on schema to subsidy_app is not"),
    ("GRANT INSERT ON public.agencies TO subsidy_app", "grant on agencies to subsidy_app is not"),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA agency_test GRANT UPDATE ON TABLES TO subsidy_app",
        "grant on what is made later (r) to subsidy_app is none of",
    ),
    ("ALTER TABLE totals OWNER TO subsidy_app", "table totals is not"),
    ("ALTER ROLE subsidy_app CREATEROLE", "role subsidy_app is not"),
    ("GRANT subsidy_owner TO subsidy_app", "role subsidy_app is not"),
    // whole objects
    ("CREATE TABLE more (x integer)", "table more is none of"),
    ("CREATE VIEW more AS SELECT * FROM bank_accounts", "view more is none of"),
    ("DROP TABLE reversals", "table reversals is missing"),
    ("CREATE TABLE more () INHERITS (claims)", "table more is none of"),
    ("ALTER TABLE numbers SET UNLOGGED", "table numbers is not"),
    ("ALTER TABLE numbers ENABLE ROW LEVEL SECURITY", "table numbers is not"),
    ("CREATE POLICY more ON numbers USING (false)", "policy numbers.more is none of"),
    ("CREATE RULE more AS ON DELETE TO texts DO INSTEAD NOTHING", "rule texts.more is none of"),
    ("CREATE TYPE more AS ENUM ('a')", "type more is none of"),
    (
        "ALTER TABLE public.agencies DROP CONSTRAINT agencies_origin_key",
        "constraint agencies.agencies_origin_key is missing",
    ),
    (
        "CREATE TRIGGER more BEFORE INSERT ON public.agencies EXECUTE FUNCTION refuse_change()",
        "trigger agencies.more is none of",
    ),
];

#[tokio::test]
async fn whatever_is_changed_in_the_catalogue_is_named() {
    let test = TestDatabase::create().await;
    let mut conn = connected(&test, "subsidy_owner").await.admin().await.expect("a connection");
    let schema = agency().schema();
    assert_eq!(differences(&conn, &schema).await, Ok(Vec::new()));
    for (sql, expected) in TAMPERED {
        conn.batch_execute(&format!("BEGIN; SET LOCAL search_path = agency_test, pg_temp; {sql}"))
            .await
            .expect(sql);
        let found = differences(&conn, &schema).await.expect("an answer");
        conn.batch_execute("ROLLBACK").await.expect("as it was");
        let said: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|one| one.starts_with(expected)), "{sql}: {said:#?}");
    }
    assert_eq!(differences(&conn, &schema).await, Ok(Vec::new()));
}

#[tokio::test]
async fn verify_holds_the_catalogue_to_the_release() {
    let test = TestDatabase::create().await;
    let owner = test.client("subsidy_owner").await;
    let verdict = async || {
        let auditor = connected(&test, "subsidy_auditor").await;
        verify(&auditor, &agency(), |_| ()).await.expect("a verdict")
    };
    assert!(matches!(verdict().await, Verdict::Good(_)));
    for (tamper, undo, expected) in [
        (
            "ALTER TABLE log DISABLE TRIGGER log_change",
            "ALTER TABLE log ENABLE ALWAYS TRIGGER log_change",
            "trigger log.log_change is not as this release makes it",
        ),
        // rows of a table without one of its columns cannot even be read
        (
            "ALTER TABLE claims RENAME COLUMN payee TO payer",
            "ALTER TABLE claims RENAME COLUMN payer TO payee",
            "column claims.payee is missing",
        ),
        (
            "REVOKE SELECT ON entries FROM subsidy_auditor",
            "GRANT SELECT ON entries TO subsidy_auditor",
            "grant on entries to subsidy_auditor is missing",
        ),
    ] {
        owner.batch_execute(tamper).await.expect(tamper);
        let Verdict::Bad(finding) = verdict().await else { panic!("{tamper} is not found") };
        assert!(finding.to_string().contains(expected), "{tamper}: {finding}");
        owner.batch_execute(undo).await.expect(undo);
        assert!(matches!(verdict().await, Verdict::Good(_)), "{undo}");
    }
}
