//! Migrations: `public` first, then each agency's schema, every schema in one transaction of its own.
//!
//! What is done stays done: a walk that stopped goes on where it stopped. Two walks at once wait for each other,
//! schema by schema. Roles belong to the whole cluster; who makes them is whoever comes first.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, RunQueryDsl};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::MigrationHarness;

use super::error::DatabaseError;
use super::scripts::{AGENCY, PUBLIC, Scripts};
use super::session::Session;
use super::target::Target;
use crate::{rows, statement};
use subsidy_core::domain::agency_code::AgencyCode;

/// The number of the last migration of an agency's schema; the engine compares it with `head.schema_version`.
pub const SCHEMA_VERSION: i32 = {
    let (mut number, mut rest) = (0, AGENCY);
    while let [_, others @ ..] = rest {
        number += 1;
        rest = others;
    }
    number
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many schemas one look at their states takes in.
const SCHEMAS_PER_LOOK: usize = 200;

/// In a cluster of our own the owner is the superuser already; elsewhere roles are made without a password, and the
/// administrator gives them one.
const ROLES: &str = "
DO $$
DECLARE
    wanted text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('subsidy-ledger roles', 0));
    FOREACH wanted IN ARRAY ARRAY['subsidy_owner', 'subsidy_app', 'subsidy_auditor'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I LOGIN', wanted);
            END IF;
            IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
                EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
            END IF;
            IF NOT pg_has_role('subsidy_owner', wanted, 'MEMBER') THEN
                EXECUTE format('GRANT %I TO subsidy_owner', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- advisory locks do not reach across databases: another one's walk was first
        END;
    END LOOP;
    IF current_user <> 'subsidy_owner' THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO subsidy_owner', current_database());
        GRANT USAGE, CREATE ON SCHEMA public TO subsidy_owner;
    END IF;
END
$$";

type Blocking = AsyncConnectionWrapper<AsyncPgConnection>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Up,
    /// The last one is taken back.
    Down,
    /// The last one is taken back and run again.
    Redo,
    /// All are taken back, and the schema goes.
    Away,
}

/// How far a schema is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// `public` or an agency's.
    pub schema: String,
    /// How many migrations it has had.
    pub applied: i64,
    /// How many this release knows.
    pub known: i64,
}

impl SchemaState {
    /// Whether migrations are pending.
    pub const fn is_behind(&self) -> bool {
        self.applied < self.known
    }
}

rows! {
    struct Schema { name: String }
}

rows! {
    struct SchemaTable { name: String, migrated: bool }
}

statement! {
    fn agency_schemas() -> Vec<Schema> =
        "SELECT nspname::text AS name FROM pg_namespace WHERE nspname ~ '^agency_[a-z0-9_]{1,40}$' ORDER BY nspname";
}

statement! {
    fn schema_tables() -> Vec<SchemaTable> =
        "SELECT n.nspname::text AS name, c.oid IS NOT NULL AS migrated FROM pg_namespace AS n \
         LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = '__diesel_schema_migrations' \
         WHERE n.nspname = 'public' OR n.nspname ~ '^agency_[a-z0-9_]{1,40}$' \
         ORDER BY n.nspname <> 'public', n.nspname";
}

/// Roles, `public`, and every agency's schema, to the newest.
pub async fn up(url: &str) -> Result<(), DatabaseError> {
    up_each(url, |_, _, _| ()).await
}

/// Like [`up`]; `done` hears of every schema that is through, how many are and how many there are.
pub async fn up_each(url: &str, mut done: impl FnMut(&str, usize, usize)) -> Result<(), DatabaseError> {
    let target = prepared(url).await?;
    change_schema(&target, "public", Change::Up).await?;
    let schemas = agencies(&target).await?;
    let total = schemas.len() + 1;
    done("public", 1, total);
    for (place, schema) in schemas.iter().enumerate() {
        change_schema(&target, schema, Change::Up).await?;
        done(schema, place + 2, total);
    }
    Ok(())
}

/// How far `public` is and, if asked for, every agency's schema. Changes nothing; `subsidy_app` may ask too.
pub async fn states(url: &str, agencies: bool) -> Result<Vec<SchemaState>, DatabaseError> {
    let mut conn = Target::parse(url, CONNECT_TIMEOUT)?.open(&Session::plain()).await?;
    let mut tables = schema_tables(&conn).await?;
    tables.retain(|table| agencies || table.name == "public");
    let mut states = Vec::new();
    for chunk in tables.chunks(SCHEMAS_PER_LOOK) {
        // the names come from the catalogue, held to letters, digits and `_`
        let looks = chunk.iter().filter(|table| table.migrated).map(|table| {
            format!("SELECT '{0}' AS name, count(*) AS count FROM {0}.__diesel_schema_migrations", table.name)
        });
        let looks: Vec<String> = looks.collect();
        let counts: Vec<SchemaCount> = if looks.is_empty() {
            Vec::new()
        } else {
            diesel_async::RunQueryDsl::load(diesel::sql_query(looks.join(" UNION ALL ")), &mut conn).await?
        };
        for table in chunk {
            let applied = counts.iter().find(|found| found.name == table.name).map_or(0, |found| found.count);
            states.push(SchemaState { schema: table.name.clone(), applied, known: known(&table.name) });
        }
    }
    Ok(states)
}

/// The versions of the migrations that this release knows, of `public` or of an agency's schema.
pub fn versions(schema: &str) -> BTreeSet<String> {
    let scripts = if schema == "public" { PUBLIC } else { AGENCY };
    scripts.iter().map(|script| script.number().to_owned()).collect()
}

fn known(schema: &str) -> i64 {
    let scripts = if schema == "public" { PUBLIC } else { AGENCY };
    i64::try_from(scripts.len()).unwrap_or(i64::MAX)
}

/// The schema of an agency, to the newest; made if it is not there. `up` must have run once.
pub async fn create_agency(url: &str, agency: &AgencyCode) -> Result<(), DatabaseError> {
    let target = Target::parse(url, CONNECT_TIMEOUT)?;
    change_schema(&target, &agency.schema(), Change::Up).await
}

/// Takes the last migration of every agency's schema back. A ledger that is no sandbox is refused.
pub async fn down(url: &str) -> Result<(), DatabaseError> {
    change_agencies(url, Change::Down).await
}

/// Takes the last migration of every agency's schema back and runs it again.
pub async fn redo(url: &str) -> Result<(), DatabaseError> {
    change_agencies(url, Change::Redo).await
}

/// Takes everything back, `public` last.
pub async fn away(url: &str) -> Result<(), DatabaseError> {
    change_agencies(url, Change::Away).await?;
    change_schema(&Target::parse(url, CONNECT_TIMEOUT)?, "public", Change::Away).await
}

async fn change_agencies(url: &str, change: Change) -> Result<(), DatabaseError> {
    let target = prepared(url).await?;
    for schema in agencies(&target).await? {
        change_schema(&target, &schema, change).await?;
    }
    Ok(())
}

/// Makes the roles that a ledger's tables belong to and are granted to, where they are missing.
pub async fn make_roles(url: &str) -> Result<(), DatabaseError> {
    prepared(url).await.map(drop)
}

async fn prepared(url: &str) -> Result<Target, DatabaseError> {
    let target = Target::parse(url, CONNECT_TIMEOUT)?;
    let mut conn = target.open(&Session::plain()).await?;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut conn, ROLES).await?;
    Ok(target)
}

async fn agencies(target: &Target) -> Result<Vec<String>, DatabaseError> {
    let conn = target.open(&Session::plain()).await?;
    Ok(agency_schemas(&conn).await?.into_iter().map(|schema| schema.name).collect())
}

/// `schema` is `public` or an agency's, so letters, digits and `_` only.
async fn change_schema(target: &Target, schema: &str, change: Change) -> Result<(), DatabaseError> {
    let conn = target.open(&Session::owner(schema)).await?;
    let name = schema.to_owned();
    // diesel's migrations are synchronous; a thread of their own suits either kind of runtime
    let changed = tokio::task::spawn_blocking(move || {
        let mut conn = Blocking::from(conn);
        conn.transaction::<(), Failure, _>(|conn| in_transaction(conn, &name, change))
    })
    .await;
    let failed = |source: Failure| match source.downcast::<DatabaseError>() {
        Ok(error) => *error,
        Err(source) => DatabaseError::Migration { schema: schema.to_owned(), source },
    };
    changed.map_err(|error| failed(Box::new(error)))?.map_err(failed)
}

fn in_transaction(conn: &mut Blocking, schema: &str, change: Change) -> Result<(), Failure> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('subsidy-ledger ' || $1, 0))")
        .bind::<Text, _>(schema)
        .execute(conn)?;
    let migrations = || Scripts(if schema == "public" { PUBLIC } else { AGENCY });
    if schema != "public" {
        conn.batch_execute(&format!(
            "CREATE SCHEMA IF NOT EXISTS {schema}; GRANT USAGE ON SCHEMA {schema} TO subsidy_app, subsidy_auditor"
        ))?;
        if change != Change::Up && holds_ledger(conn)? {
            return Err(DatabaseError::HoldsLedger { schema: schema.to_owned() }.into());
        }
    }
    match change {
        Change::Up => {
            conn.run_pending_migrations(migrations())?;
            // whoever serves must be able to see that a schema is behind
            conn.batch_execute("GRANT SELECT ON __diesel_schema_migrations TO subsidy_app, subsidy_auditor")?;
        }
        Change::Down => drop(conn.revert_last_migration(migrations())?),
        Change::Redo => {
            conn.revert_last_migration(migrations())?;
            conn.run_pending_migrations(migrations())?;
        }
        Change::Away => {
            conn.revert_all_migrations(migrations())?;
            conn.batch_execute("DROP TABLE __diesel_schema_migrations")?;
            if schema != "public" {
                conn.batch_execute(&format!("DROP SCHEMA {schema}"))?;
            }
        }
    }
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct SchemaCount {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What an agency has recorded is kept; only a sandbox may lose it.
fn holds_ledger(conn: &mut Blocking) -> Result<bool, Failure> {
    let heads: Count =
        diesel::sql_query("SELECT count(*) AS count FROM pg_class WHERE oid = to_regclass('head')")
            .get_result(conn)?;
    if heads.count == 0 {
        return Ok(false);
    }
    let kept: Count =
        diesel::sql_query("SELECT count(*) AS count FROM head WHERE NOT sandbox").get_result(conn)?;
    Ok(kept.count > 0)
}

#[cfg(test)]
mod tests {
    use super::AGENCY;

    #[test]
    fn the_schema_version_is_the_last_migrations_number() {
        let last = AGENCY.last().map(|script| script.number().parse());
        assert_eq!(last, Some(Ok(super::SCHEMA_VERSION)));
    }
}
