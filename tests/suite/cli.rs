//! The binary as people and scripts call it: what it prints where, and what it ends with.

use crate::{demonstration, documents, support};

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use subsidy_auth::token::Verifier;
use subsidy_core::domain::Role;
use subsidy_store::db::cluster::Cluster;
use subsidy_store::db::migrate;
use subsidy_store::keys::Keys;
use support::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_subsidy-ledger");
const PROGRAMME: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/config/programmes/beijing-compute-voucher.toml");

/// A data folder that goes with the test, and the database that its commands find.
pub struct Place {
    pub data: PathBuf,
    database_url: Option<String>,
}

impl Place {
    pub fn new(database_url: Option<String>) -> Self {
        let data = std::env::temp_dir().join(format!("subsidy-ledger-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&data).unwrap();
        Self { data, database_url }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words).env_remove("DATABASE_URL").env("SUBSIDY_LEDGER_DATA", &self.data);
        for name in ["CONFIG", "EVIDENCE", "LISTEN", "LOG", "LOG_FORMAT"] {
            command.env_remove(format!("SUBSIDY_LEDGER_{name}"));
        }
        command.envs(self.database_url.iter().map(|url| ("DATABASE_URL", url)));
        command
    }

    pub fn run(&self, words: &[&str]) -> Ended {
        self.command(words).output().unwrap().into()
    }

    /// Standard output of a command that must work.
    pub fn out(&self, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_eq!(ended.code, 0, "{words:?}: {}", ended.err);
        ended.out
    }

    /// Standard error of a command that must end with `code`, and with nothing on standard output.
    fn refusal(&self, code: i32, words: &[&str]) -> String {
        let ended = self.run(words);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{words:?}: {}", ended.err);
        ended.err
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.data).ok();
    }
}

pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// What psql says, in rows.
pub fn psql(url: &str, sql: &str) -> Ended {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let psql = installed.map(|version| version.path().join("bin/psql")).find(|path| path.is_file());
    let mut command = Command::new(psql.unwrap_or_else(|| "psql".into()));
    command.args(["-X", "-A", "-t", "-c", sql, url]).env_remove("PGOPTIONS").output().unwrap().into()
}

pub fn count(url: &str, table: &str) -> String {
    let ended = psql(url, &format!("SELECT count(*) FROM {table}"));
    assert_eq!(ended.code, 0, "{}", ended.err);
    ended.out.trim().to_owned()
}

/// An empty database elsewhere, and a place that uses it.
async fn elsewhere() -> (TestDatabase, Place) {
    let database = TestDatabase::empty().await;
    let place = Place::new(Some(database.url("subsidy_owner")));
    (database, place)
}

#[test]
fn what_cannot_be_meant_ends_with_2_and_says_why() {
    let place = Place::new(None);
    for words in [
        &[][..],
        &["servce"],
        &["serve", "--port", "1"],
        &["agency", "create", "Bei-Jing", "--name", "x"],
        &["agency", "create", "bj", "--name", " "],
        &["agency", "create", "bj", "--name", "x", "--business-date", "2025-01-02"],
        &["agency", "create", "bj", "--name", "x", "--zone", "Asia/Nowhere"],
        &["token", "--agency", "a", "--role", "officer", "--subject", "a b"],
        &["token", "--agency", "a", "--role", "boss", "--subject", "x"],
        &["token", "--agency", "a", "--role", "officer", "--subject", "x", "--ttl", "1w"],
        &["token", "--agency", "a", "--role", "bank", "--subject", "x"],
        &[
            "token",
            "--agency",
            "a",
            "--role",
            "bank",
            "--subject",
            "x",
            "--organisation",
            "91350100M000100Y4Z",
        ],
        &["database-url"],
        &["doctor", "--live", "https://127.0.0.1"],
    ] {
        let said = place.refusal(2, words);
        assert!(said.starts_with("error: ") || words.is_empty(), "{words:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(&place.data).unwrap().count(), 0, "nothing was made");
    assert!(place.out(&["--help"]).contains("DATABASE_URL"));
    assert!(place.out(&["--version"]).starts_with("subsidy-ledger "));
}

#[test]
fn an_unknown_key_of_the_configuration_is_refused_by_name_and_line() {
    let place = Place::new(None);
    let file = place.data.join("ledger.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\ndatabase_url = \"postgresql://x\"\n").unwrap();
    let said = place.refusal(2, &["--config", file.to_str().unwrap(), "agency", "list"]);
    assert!(said.contains("line 2") && said.contains("database_url"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_token_needs_the_keys_folder_alone() {
    let place = Place::new(Some("postgresql://nobody@127.0.0.1:1/none".to_owned()));
    let code = "91310000MA1FL0000N";
    let token = ["token", "--agency", "bj", "--role", "officer", "--subject", "lin"];
    let said = place.refusal(1, &token);
    assert!(said.contains("keys is missing"), "{said}");
    assert_eq!(std::fs::read_dir(&place.data).unwrap().count(), 0, "nothing was made");
    let keys = Keys::open_or_make(&place.data.join("keys")).unwrap();
    let said = place.refusal(1, &token);
    assert!(said.contains("there is no agency bj here"), "{said}");
    keys.create_log_key(&"bj".parse().unwrap()).unwrap();
    let out = place.out(&[
        "token",
        "--agency",
        "bj",
        "--role",
        "enterprise,officer",
        "--subject",
        "lin",
        "--organisation",
        code,
        "--ttl",
        "90s",
    ]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let verifier = runtime.block_on(Verifier::open(keys.token_key(), None, Path::new("."))).unwrap();
    let identity = runtime.block_on(verifier.verify(out.lines().last().unwrap())).unwrap();
    assert_eq!((identity.agency.as_str(), identity.actor.subject.as_str()), ("bj", "subsidy-ledger#lin"));
    assert!(identity.actor.has(Role::Enterprise) && identity.actor.has(Role::Officer));
    assert_eq!(identity.actor.organisation.unwrap().to_string(), code);
    let seconds = (identity.expires_at - chrono::Utc::now()).num_seconds();
    assert!((60..=90).contains(&seconds), "{seconds}");
}

#[test]
fn who_only_reads_makes_no_ledger() {
    let place = Place::new(None);
    let receipt = place.data.join("receipt.json");
    std::fs::write(&receipt, "{}").unwrap();
    let receipt = receipt.to_str().unwrap();
    let out = place.data.join("out");
    let out = out.to_str().unwrap();
    for words in [
        &["verify"][..],
        &["verify", "--agency", "bj", "--evidence"],
        &["export", "--agency", "bj", "--out", out],
        &["export", "--agency", "bj", "--out", out, "--tables", "iso21378"],
        &["agency", "list"],
        &["agency", "semantics", "bj", "--to", "2"],
        &["agency", "accept-log", "bj"],
        &["database-url", "--role", "auditor"],
        &["migrate", "status"],
        &["programme", "import", PROGRAMME, "--agency", "bj"],
        &["token", "--agency", "bj", "--role", "officer", "--subject", "x"],
    ] {
        let said = place.refusal(1, words);
        let known =
            ["no ledger in ", "no key of agency bj", "is missing"].iter().any(|part| said.contains(part));
        assert!(known, "{words:?}: {said}");
    }
    place.out(&["doctor"]);
    // a folder that no start could make
    let ended = place.run(&["doctor", "--data", "/proc/none/data"]);
    assert!(ended.code == 1 && ended.out.contains("/proc is not writable"), "{}", ended.out);
    // what was given is no receipt, no checkpoint, no key, no export
    let folder = place.data.to_str().unwrap();
    for words in [
        &["verify", "--receipt", receipt][..],
        &["verify", "--export", folder],
        &["verify", "--export", folder, "--key", receipt],
    ] {
        place.refusal(2, words);
    }
    let made: Vec<_> = std::fs::read_dir(&place.data).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(made, ["receipt.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_verified_is_kept_beside_the_keys_and_a_log_that_was_cut_off_is_found_by_it() {
    let (database, place) = elsewhere().await;
    let url = database.url("subsidy_owner");
    place.out(&["migrate"]);
    let said = place.refusal(1, &["verify"]);
    assert!(said.contains("there is no agency in this database"), "{said}");
    place.out(&["agency", "create", "bj", "--name", "北京", "--sandbox"]);
    assert_eq!(place.refusal(2, &["verify", "--since", PROGRAMME]).lines().count(), 1);
    place.out(&["programme", "import", PROGRAMME, "--agency", "bj"]);
    // what these commands answered from would say so too
    let (seen, aside) = (place.data.join("seen"), place.data.join("aside"));
    std::fs::rename(&seen, &aside).unwrap();
    let said = place.out(&["verify"]);
    assert!(said.contains("compared with nothing outside the database"), "{said}");
    std::fs::rename(&aside, &seen).unwrap();
    let said = place.out(&["verify"]);
    assert!(said.contains("holds the 2 entries that were last seen here"), "{said}");
    // the register forgets it: what its schema holds is found all the same
    let row = "CREATE TABLE kept AS SELECT * FROM public.agencies; DELETE FROM public.agencies";
    assert_eq!(psql(&url, row).code, 0);
    let ended = place.run(&["verify"]);
    assert_eq!((ended.code, ended.out.contains("public.agencies code bj")), (3, true), "{}", ended.out);
    assert_eq!(psql(&url, "INSERT INTO public.agencies SELECT * FROM kept; DROP TABLE kept").code, 0);

    // the same ledger as it was one leaf earlier, without anything in it that says so
    let keys = place.data.join("keys/verified/bj.json");
    let seen = std::fs::read_to_string(&keys).unwrap();
    let longer = seen.replace("\"size\":2", "\"size\":3");
    assert_ne!(seen, longer);
    std::fs::write(&keys, longer).unwrap();
    let ended = place.run(&["verify"]);
    assert_eq!((ended.code, ended.out.contains("the log was cut off")), (3, true), "{}", ended.out);
    // another root of as many entries, though what was answered from says the right one
    let root = seen.split_once("\"root\":\"").unwrap().1;
    let other = if root.starts_with('0') { '1' } else { '0' };
    let rewritten = seen.replace(root, &format!("{other}{}", &root[1..]));
    std::fs::write(&keys, rewritten).unwrap();
    let ended = place.run(&["verify"]);
    assert_eq!((ended.code, ended.out.contains("the log was rewritten")), (3, true), "{}", ended.out);
    std::fs::write(&keys, seen.replace("\"root\":\"", "\"root\":\"00")).unwrap();
    assert_ne!(place.run(&["verify"]).code, 0, "what is no root is not passed over");
    std::fs::write(&keys, seen).unwrap();
    place.out(&["verify"]);
    // what the service answered from was longer still
    let answered = place.data.join("seen/bj");
    let kept = std::fs::read_to_string(&answered).unwrap();
    let root = kept.lines().last().unwrap().split_once(' ').unwrap().1.to_owned();
    std::fs::write(&answered, format!("{kept}3 {root}\n")).unwrap();
    let ended = place.run(&["verify"]);
    let said = ended.out.contains("the log was cut off: what was answered from here");
    assert_eq!((ended.code, said), (3, true), "{}", ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_elsewhere_is_migrated_by_migrate_alone() {
    let (database, place) = elsewhere().await;
    let said = place.refusal(1, &["agency", "create", "bj", "--name", "北京"]);
    assert!(said.contains("subsidy-ledger migrate"), "{said}");
    assert!(place.out(&["migrate", "status"]).contains("behind"));
    let ended = place.run(&["doctor"]);
    assert!(ended.code == 1 && ended.out.contains("public is behind"), "{}", ended.out);
    assert!(place.out(&["migrate"]).contains("up to date"));
    place.out(&["agency", "create", "bj", "--name", "北京"]);
    let states: Value = serde_json::from_str(&place.out(&["migrate", "status", "--json"])).unwrap();
    let schemas: Vec<_> = states.as_array().unwrap().iter().map(|s| s["schema"].as_str().unwrap()).collect();
    assert_eq!(schemas, ["public", "agency_bj"]);

    // a schema that this release would have to bring on
    psql(
        &database.url("subsidy_owner"),
        "DELETE FROM agency_bj.__diesel_schema_migrations WHERE version = '0002'",
    );
    let said = place.refusal(1, &["programme", "import", PROGRAMME, "--agency", "bj"]);
    assert!(said.contains("agency_bj") && said.contains("subsidy-ledger migrate"), "{said}");
    assert!(place.out(&["doctor"]).contains("agency_bj"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_is_made_once() {
    let (database, place) = elsewhere().await;
    let url = database.url("subsidy_owner");
    migrate::up(&url).await.unwrap();
    let create = ["agency", "create", "bj", "--name", " 北京 ", "--sandbox", "--business-date", "2025-01-02"];
    let made = place.out(&create);
    assert!(made.contains("subsidy-ledger/bj+"), "{made}");
    assert!(place.refusal(1, &create).contains("agency bj exists"));
    assert!(place.refusal(1, &["agency", "create", "bj", "--name", "x"]).contains("agency bj exists"));
    assert_eq!(count(&url, "agency_bj.log"), "1");
    let list: Value = serde_json::from_str(&place.out(&["agency", "list", "--json"])).unwrap();
    assert_eq!((list[0]["code"].as_str(), list[0]["name"].as_str()), (Some("bj"), Some("北京")));
    assert!(made.contains(list[0]["verifier_key"].as_str().unwrap()));
    assert!(place.refusal(1, &["agency", "semantics", "bj", "--to", "99"]).contains("semantics_unknown"));
    assert!(place.refusal(1, &["agency", "semantics", "sh", "--to", "2"]).contains("there is no agency sh"));
    assert!(place.refusal(1, &["agency", "accept-log", "sh"]).contains("there is no agency sh"));
    let nothing = "bj: the ledger contains all that was answered from it here\n";
    assert_eq!(place.out(&["agency", "accept-log", "bj"]), nothing);
    place.refusal(2, &["agency", "accept-log", "BJ"]);
    place.refusal(2, &["agency", "accept-log", "bj", "--subject", "a b"]);
    assert_eq!(count(&url, "agency_bj.log"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_was_cut_short_is_finished_by_asking_again() {
    let (database, place) = elsewhere().await;
    let url = database.url("subsidy_owner");
    migrate::up(&url).await.unwrap();
    place.out(&["agency", "create", "bj", "--name", "北京", "--sandbox"]);
    let forget = || assert_eq!(psql(&url, "DELETE FROM public.agencies").code, 0);

    forget();
    place.out(&["agency", "create", "bj", "--name", "北京", "--sandbox"]);
    // the log has begun with other values, which stand
    forget();
    let again = place.out(&["agency", "create", "bj", "--name", "上海", "--json"]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((again["name"].as_str(), again["sandbox"].as_bool()), (Some("北京"), Some(true)));
    forget();
    place.out(&["agency", "create", "bj", "--name", "北京", "--sandbox", "--subject", "somebody-else"]);
    assert_eq!(count(&url, "agency_bj.log"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programme_is_imported_once_and_approved_by_another() {
    let (database, place) = elsewhere().await;
    let url = database.url("subsidy_owner");
    migrate::up(&url).await.unwrap();
    place.out(&["agency", "create", "bj", "--name", "北京", "--sandbox"]);
    let import = ["programme", "import", PROGRAMME, "--agency", "bj", "--subject", "lin"];
    assert!(place.out(&import).contains("rests on: "));
    place.out(&import);
    assert_eq!(count(&url, "agency_bj.log"), "2");
    let said = place.refusal(1, &[&import[..], &["--approve-as", "lin"]].concat());
    assert!(said.contains("same_person"), "{said}");
    let active: Value =
        serde_json::from_str(&place.out(&[&import[..], &["--approve-as", "chen", "--json"]].concat()))
            .unwrap();
    assert_eq!(active["status"], "active");
    assert!(active["citations"][0]["title"].is_string());

    let changed = place.data.join("changed.toml");
    let text = std::fs::read_to_string(PROGRAMME)
        .unwrap()
        .replace("ratio_percent = \"20\"", "ratio_percent = \"30\"");
    std::fs::write(&changed, &text).unwrap();
    let said = place.refusal(1, &["programme", "import", changed.to_str().unwrap(), "--agency", "bj"]);
    assert!(said.contains("programme_exists"), "{said}");
    std::fs::write(&changed, text.replace("ratio_percent = \"30\"", "ratio_percent = 30")).unwrap();
    let said = place.refusal(2, &["programme", "import", changed.to_str().unwrap(), "--agency", "bj"]);
    assert!(said.contains("invalid_percent") && said.contains("line "), "{said}");
    assert!(place.refusal(1, &[&import[..4], &["sh"]].concat()).contains("there is no agency sh"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_serves_needs_no_more_than_the_role_that_serves() {
    let (database, mut place) = elsewhere().await;
    place.out(&["migrate"]);
    place.out(&["agency", "create", "bj", "--name", "北京", "--sandbox"]);
    place.database_url = Some(database.url("subsidy_app"));
    assert!(place.out(&["agency", "list"]).contains("bj"));
    place.out(&["programme", "import", PROGRAMME, "--agency", "bj"]);
    assert!(place.out(&["doctor"]).contains("cannot take on subsidy_auditor, subsidy_owner"));
    assert!(place.refusal(1, &["agency", "create", "sh", "--name", "上海"]).contains("subsidy_owner"));
    // what takes no writes serves nobody; a role that may only read does not either
    let read_only = format!(
        "ALTER ROLE subsidy_app IN DATABASE {} SET default_transaction_read_only = on",
        database.name()
    );
    assert_eq!(psql(&database.url("subsidy_owner"), &read_only).code, 0);
    let ended = place.run(&["doctor"]);
    assert!(ended.code == 1 && ended.out.contains("takes no writes"), "{}", ended.out);
    place.database_url = Some(database.url("subsidy_auditor"));
    let ended = place.run(&["doctor"]);
    assert!(
        ended.code == 1 && ended.out.contains("permission denied to set role \"subsidy_app\""),
        "{}",
        ended.out
    );
    assert!(place.out(&["verify"]).contains("verified 2 entries"));
    assert!(place.refusal(1, &["verify", "--agency", "sh"]).contains("there is no agency sh"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_does_not_verify_ends_with_3() {
    let (database, place) = elsewhere().await;
    place.out(&["migrate"]);
    place.out(&["agency", "create", "bj", "--name", "北京", "--sandbox"]);
    // what guards the rows is the release's too, whoever asks
    psql(&database.url("subsidy_owner"), "ALTER TABLE agency_bj.texts DISABLE TRIGGER texts_erased");
    let ended = place.run(&["verify", "--agency", "bj"]);
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.err);
    assert!(
        ended.out.contains("trigger texts.texts_erased is not as this release makes it"),
        "{}",
        ended.out
    );
    let ended = place.run(&["doctor"]);
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(
        ended.out.contains("agency_bj: trigger texts.texts_erased is not as this release makes it"),
        "{}",
        ended.out
    );
    psql(&database.url("subsidy_owner"), "ALTER TABLE agency_bj.texts ENABLE ALWAYS TRIGGER texts_erased");
    place.out(&["verify", "--agency", "bj"]);
    psql(&database.url("subsidy_owner"), "GRANT DELETE ON public.agencies TO subsidy_app");
    let ended = place.run(&["doctor"]);
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("public: grant on agencies"), "{}", ended.out);
    psql(&database.url("subsidy_owner"), "REVOKE DELETE ON public.agencies FROM subsidy_app");
    place.out(&["doctor"]);

    let erase = ["agency", "erase-text", "bj", "--document", "销毁令 1 号", "--subject", "wang", "--sha256"];
    let unknown = place.refusal(1, &[&erase[..], &["00".repeat(32).as_str()]].concat());
    assert!(unknown.contains("text_unknown"), "{unknown}");
    place.out(&["verify", "--agency", "bj"]);

    psql(&database.url("subsidy_owner"), "UPDATE agency_bj.head SET name = '上海'");
    let ended = place.run(&["verify", "--agency", "bj"]);
    assert_eq!(ended.code, 3, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("sequence 0 does not verify"), "{}", ended.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_takes_the_urls_of_a_database_elsewhere() {
    let (_database, place) = elsewhere().await;
    place.out(&["migrate"]);
    each_role_has_its_url(&place);
}

#[test]
fn psql_takes_the_urls_of_the_private_cluster_while_it_is_open() {
    let place = Place::new(None);
    place.out(&["migrate"]);
    let cluster = Cluster::open(&place.data).unwrap();
    each_role_has_its_url(&place);
    let url = place.out(&["database-url", "--role", "app"]);
    cluster.close().unwrap();
    assert_ne!(psql(url.trim(), "SELECT 1").code, 0, "the last who leaves stops it");
}

fn each_role_has_its_url(place: &Place) {
    for (word, role) in [("owner", "subsidy_owner"), ("app", "subsidy_app"), ("auditor", "subsidy_auditor")] {
        let url = place.out(&["database-url", "--role", word]);
        let ended = psql(
            url.trim(),
            "SELECT current_user FROM public.agencies RIGHT JOIN (VALUES (1)) AS one (n) ON true",
        );
        assert_eq!((ended.code, ended.out.trim()), (0, role), "{}", ended.err);
    }
}

#[test]
fn completions_are_there_for_the_usual_shells() {
    let place = Place::new(None);
    for shell in ["bash", "zsh", "fish"] {
        let script = place.out(&["completions", shell]);
        assert!(script.contains("subsidy-ledger") && script.contains("database-url"), "{shell}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_is_served_beside_no_real_ledger() {
    let (_database, place) = elsewhere().await;
    place.out(&["migrate"]);
    place.out(&["agency", "create", "real", "--name", "北京"]);
    let said = place.refusal(1, &["demo", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("agency real here is no sandbox"), "{said}");
    let agencies = place.out(&["agency", "list", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&agencies).unwrap().as_array().unwrap().len(), 1, "{agencies}");
}

#[test]
fn an_address_that_is_taken_ends_the_service_with_1() {
    let place = Place::new(None);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said =
        place.refusal(1, &["serve", "--log", "text", "--listen", &taken.local_addr().unwrap().to_string()]);
    assert!(said.contains("error: cannot listen on 127.0.0.1:"), "{said}");
}

/// A `demo` that listens.
pub struct Demo {
    child: Child,
    pub url: String,
}

impl Demo {
    /// The whole of it.
    pub fn start(place: &Place) -> Self {
        Self::with(place, &[])
    }

    /// A few cases of each kind.
    pub fn small(place: &Place) -> Self {
        Self::with(place, &["--small"])
    }

    fn with(place: &Place, more: &[&str]) -> Self {
        let mut command = place.command(&["demo", "--listen", "127.0.0.1:0"]);
        command.args(more);
        let mut demo = Self {
            child: command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap(),
            url: String::new(),
        };
        let mut lines = BufReader::new(demo.child.stderr.take().unwrap()).lines();
        let mut seen = Vec::new();
        for line in lines.by_ref() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if line["message"] == "listening" {
                demo.url = line["url"].as_str().unwrap().to_owned();
                std::thread::spawn(move || lines.for_each(drop));
                return demo;
            }
            seen.push(line.to_string());
        }
        panic!("the demonstration ended: {}", seen.join("\n"));
    }

    /// Asks it to stop; its exit code.
    fn stop(mut self, signal: Signal) -> i32 {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn a_service_whose_log_nobody_reads_any_more_serves_on_and_stops_when_asked() {
    let place = Place::new(None);
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut service = Demo { child, url: String::new() };
    let mut lines = BufReader::new(service.child.stderr.take().unwrap()).lines();
    while service.url.is_empty() {
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        service.url = line["url"].as_str().unwrap_or_default().to_owned();
    }
    drop(lines);
    for path in ["/livez", "/readyz"] {
        assert_eq!(ureq::get(format!("{}{path}", service.url)).call().unwrap().status(), 200, "{path}");
    }
    kill(Pid::from_raw(i32::try_from(service.child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let began = std::time::Instant::now();
    let ended = loop {
        if let Some(ended) = service.child.try_wait().unwrap() {
            break ended;
        }
        assert!(began.elapsed().as_secs() < 30, "it does not stop");
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert_eq!(ended.code(), Some(0));
    assert!(!is_running(&place.data), "its cluster is left");
}

fn is_running(data: &Path) -> bool {
    data.join("postgres/pgdata/postmaster.pid").exists()
}

#[test]
fn a_demonstration_is_made_once_and_stops_with_its_cluster() {
    let place = Place::new(None);
    let mut counts = Vec::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let demo = Demo::start(&place);
        place.out(&["doctor", "--live", &demo.url]);
        let database = place.out(&["database-url", "--role", "auditor"]);
        let logs = ["agency_beijing_demo.log", "agency_chengdu_demo.log"];
        counts.push(logs.map(|log| count(database.trim(), log)));
        assert!(is_running(&place.data));
        if signal == Signal::SIGTERM {
            demonstration::hold(&place);
            documents::hold(&place, &demo.url);
        }
        assert_eq!(demo.stop(signal), 0);
        assert!(!is_running(&place.data));
    }
    assert_eq!(counts[0], counts[1]);
}
