//! What stands beside the log: the register's row, which migrations
//! ran.

use std::collections::BTreeSet;

use diesel_async::AsyncPgConnection;

use super::page::Naming;
use super::stream::Stream;
use super::{Outside, VerifyError};
use subsidy_core::audit::note::SigningKey;
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::domain::{AgencyCode, Sequence};
use subsidy_store::db::migrate;
use subsidy_store::engine::origin;
use subsidy_store::engine::store;
use subsidy_store::engine::store::AgencyRow;
use subsidy_store::keys::keyed::key_check;
use subsidy_store::{rows, statement};

rows! {
    struct Applied { version: String }
}

statement! {
    fn applied() -> Vec<Applied> = "SELECT version::text AS version FROM __diesel_schema_migrations";
    fn applied_in_public() -> Vec<Applied> =
        "SELECT version::text AS version FROM public.__diesel_schema_migrations";
}

const REGISTER: Naming<AgencyRow> =
    Naming { place: |row| format!("public.agencies {}", row.code), sequence: |_| 0 };

/// Whether the migrations that ran are those of this release.
pub(super) async fn is_of_this_release(conn: &AsyncPgConnection) -> Result<bool, VerifyError> {
    let applied: BTreeSet<String> = applied(conn).await?.into_iter().map(|row| row.version).collect();
    Ok(applied == migrate::versions("agency"))
}

pub(super) async fn all(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
    outside: &Outside<'_>,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let last = Sequence::new(stream.replay.next().number().saturating_sub(1));
    let schema =
        [("", applied(conn).await?, "agency"), ("public.", applied_in_public(conn).await?, "public")];
    for (prefix, rows, which) in schema {
        let applied: BTreeSet<String> = rows.into_iter().map(|row| row.version).collect();
        let known = migrate::versions(which);
        if let Some(version) = applied.symmetric_difference(&known).next() {
            let said = |there: bool| if there { "applied" } else { "not applied" };
            let place = format!("{prefix}__diesel_schema_migrations version {version}");
            findings.add(differs(
                last,
                place,
                said(applied.contains(version)),
                said(known.contains(version)),
            ));
        }
    }
    register(conn, agency, outside, stream, findings).await
}

fn differs(sequence: Sequence, place: String, stored: &str, replayed: &str) -> Finding {
    Finding { sequence, place, stored: Some(stored.to_owned()), replayed: Some(replayed.to_owned()) }
}

/// What the register says against the first leaves, and against the keys where they are at hand. One that is not
/// registered is found by whoever lists the ledgers.
async fn register(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
    outside: &Outside<'_>,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let rows = store::agencies(conn).await?;
    let row = rows.iter().find(|row| row.code == agency.as_str());
    let (Some(row), Some(replayed), Some(began)) = (row, &stream.replay.book().agency, stream.began) else {
        return Ok(());
    };
    let mut expected = AgencyRow {
        code: replayed.code.to_string(),
        name: replayed.name.to_string(),
        zone: replayed.zone.to_string(),
        sandbox: replayed.sandbox,
        origin: origin(&replayed.code),
        created_at: began.utc(),
        ..row.clone()
    };
    if let Some(keys) = outside.keys {
        expected.account_check = key_check(keys.account_key(), agency).to_vec();
        if let Some(seed) = keys.log_key(agency)? {
            expected.verifier_key =
                SigningKey::from_seed(&expected.origin, seed.expose())?.verifier_key().to_string();
        }
    }
    let differs = REGISTER.differs(row, &expected, Sequence::default());
    findings.add_all(differs);
    Ok(())
}
