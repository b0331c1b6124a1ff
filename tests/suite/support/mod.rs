//! A database of its own for each test, cheap: a copy of one that was migrated once.
//!
//! `SUBSIDY_LEDGER_TEST_URL` names a throw-away cluster as `subsidy_owner`, its superuser. The template holds one
//! migrated agency, `test`, without a head.

pub mod bucket;
pub mod city;
pub mod identity_provider;
pub mod ledger;
pub mod pooler;
pub mod proxy;
pub mod scenario;
pub mod seed;
pub mod service;
pub mod tools;
pub mod world;
pub mod written;

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::unistd::{Uid, User};
use subsidy_core::domain::agency_code::AgencyCode;
use subsidy_store::db::migrate;
use subsidy_store::keys::Keys;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

/// PostgreSQL and PgBouncer refuse to run as root: as whom they do there.
pub fn unprivileged() -> Option<&'static str> {
    let known = |name: &&str| User::from_name(name).is_ok_and(|user| user.is_some());
    Uid::effective().is_root().then(|| ["postgres", "nobody"].into_iter().find(known).expect("a user"))
}

/// A program, as [`unprivileged`] where this is root.
pub fn unprivileged_command(path: impl AsRef<OsStr>) -> Command {
    let Some(owner) = unprivileged() else { return Command::new(path) };
    let group = User::from_name(owner).expect("users are known").expect("a user").gid;
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={owner}"), &format!("--regid={group}"), "--clear-groups"]).arg(path);
    command
}

/// Any number: holds other tests back while one makes the template.
const TEMPLATE_LOCK: i64 = 7_316_001;
/// The schema that the first agency of a service takes over. No agency's schema has such a name.
const SPARE_SCHEMA: &str = "spare";

pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// Migrated, with the schema of agency `test`.
    pub async fn create() -> Self {
        Self::copy_of(&template(Some(agency())).await).await
    }

    /// Migrated, without any agency: what a service begins with. Waits where no one else awaits.
    pub fn create_for_a_service() -> Self {
        waited(async { Self::copy_of(&template(None).await).await })
    }

    /// The spare schema becomes this agency's, as migrations would make it: they take half a second of processor each
    /// time. No agency is created by that.
    pub fn take_spare_schema(&self, agency: &AgencyCode) {
        let (url, schema) = (self.url("subsidy_owner"), agency.schema());
        waited(async move { rename_schema(&connect(&url).await, SPARE_SCHEMA, &schema).await });
    }

    /// It goes with its service.
    pub fn drop_of_a_service(self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        waited(async move { connect(&cluster_url()).await.batch_execute(&sql).await.expect("it goes") });
    }

    /// Nothing in it.
    pub async fn empty() -> Self {
        Self::copy_of("template0").await
    }

    /// Another with the same in it. Nobody may be connected to this one, or soon be gone.
    pub async fn copy(&self) -> Self {
        Self::copy_of(&self.name).await
    }

    async fn copy_of(template: &str) -> Self {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let server = connect(&cluster_url()).await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
        // a session that made the template may take a moment to end
        for _ in 0..100 {
            match server.batch_execute(&sql).await {
                Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                done => {
                    done.expect("a database can be made");
                    return Self { name };
                }
            }
        }
        panic!("{template} stays in use");
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// This database as `role`.
    pub fn url(&self, role: &str) -> String {
        url_of(&cluster_url(), role, &self.name)
    }

    /// Raw SQL as `role` in the schema of agency `test`.
    pub async fn client(&self, role: &str) -> Client {
        let client = connect(&self.url(role)).await;
        client.batch_execute("SET search_path = agency_test, pg_temp").await.expect("the search path");
        client
    }
}

/// The keys of every test's ledger: what one process of a test stored, another one takes. Their folder goes at once.
pub fn keys() -> Keys {
    let folder = std::env::temp_dir().join(format!("subsidy-ledger-keys-{}", uuid::Uuid::now_v7()));
    let keys = keys_in(&folder);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    keys
}

/// The same, in a folder that stays.
pub fn keys_in(folder: &Path) -> Keys {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    std::fs::DirBuilder::new().mode(0o700).create(folder).expect("a folder");
    let path = folder.join("account.key");
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    std::io::Write::write_all(&mut file.expect("a file"), b"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n")
        .expect("a key");
    Keys::open_or_make(folder).expect("keys")
}

pub fn agency() -> AgencyCode {
    AgencyCode::parse("test").expect("a code")
}

pub fn cluster_url() -> String {
    std::env::var("SUBSIDY_LEDGER_TEST_URL").expect("SUBSIDY_LEDGER_TEST_URL names a throw-away cluster")
}

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the cluster is up");
    tokio::spawn(connection);
    client
}

/// Runs to its end on a thread of its own: the caller may be within a runtime or without one.
fn waited<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::thread::spawn(move || runtime.block_on(future)).join().expect("no panic")
}

/// `postgresql://role@host/database?query`, host and query as they were.
fn url_of(url: &str, role: &str, database: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, _) = place.split_once('/').unwrap_or((place, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{role}@{host}/{database}?{query}")
}

/// Made by the first who needs it; named by what the migrations say, so a cluster that is kept never serves an old one.
async fn template(agency: Option<AgencyCode>) -> String {
    let kind = if agency.is_some() { "agency" } else { "service_with_spare" };
    let name = format!("template_{kind}_{:016x}", migrations_digest());
    let server = connect(&cluster_url()).await;
    server.execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).await.expect("the lock");
    let ready = "SELECT FROM pg_database WHERE datname = $1 AND datistemplate";
    if server.query_opt(ready, &[&name]).await.expect("a look").is_none() {
        server.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.expect("no half one");
        server.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("a new one");
        let url = url_of(&cluster_url(), "subsidy_owner", &name);
        migrate::up(&url).await.expect("public migrates");
        let migrated = agency.clone().unwrap_or_else(self::agency);
        migrate::create_agency(&url, &migrated).await.expect("an agency migrates");
        if agency.is_none() {
            rename_schema(&connect(&url).await, &migrated.schema(), SPARE_SCHEMA).await;
        }
        server.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true")).await.expect("a template");
    }
    server.execute("SELECT pg_advisory_unlock($1)", &[&TEMPLATE_LOCK]).await.expect("the lock goes");
    name
}

/// The functions of an agency's schema name it in their search path.
async fn rename_schema(client: &Client, from: &str, to: &str) {
    let sql = format!(
        "BEGIN;
         ALTER SCHEMA {from} RENAME TO {to};
         DO $$
         DECLARE
             named regprocedure;
         BEGIN
             FOR named IN SELECT oid FROM pg_proc WHERE pronamespace = '{to}'::regnamespace AND proconfig IS NOT NULL LOOP
                 EXECUTE format('ALTER FUNCTION %s SET search_path = {to}, pg_temp', named);
             END LOOP;
         END $$;
         COMMIT"
    );
    client.batch_execute(&sql).await.expect("a schema takes another name");
}

fn migrations_digest() -> u64 {
    let mut digest = DefaultHasher::new();
    hash_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"), &mut digest);
    digest.finish()
}

fn hash_folder(folder: &Path, digest: &mut DefaultHasher) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        path.hash(digest);
        if path.is_dir() {
            hash_folder(&path, digest);
        } else {
            std::fs::read(&path).expect("a file").hash(digest);
        }
    }
}
