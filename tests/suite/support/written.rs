//! A ledger made through the engine, and exports of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use subsidy_core::audit::note::SigningKey;
use subsidy_core::book::{Command, Envelope};
use subsidy_core::domain::{ContentHash, RentalId, UsageImportId};
use subsidy_files::billing_files::file::Billing;
use subsidy_files::billing_files::intake::stage;
use subsidy_files::billing_files::rows::ImportRequest;
use subsidy_proofs::exports::{ExportSummary, write};
use subsidy_store::db::pool::{Database, DatabaseConfig};
use subsidy_store::engine::{Answer, Engine, Submission, Work, origin};
use subsidy_store::keys::keyed::key_check;

use super::scenario::{self, Step};
use super::{TestDatabase, agency, keys};

pub async fn connected(database: &TestDatabase, role: &str) -> Database {
    let config = DatabaseConfig::new(database.url(role));
    Database::connect(config).await.expect("a database")
}

/// The key of the agency's log.
pub fn key() -> SigningKey {
    SigningKey::from_seed(&origin(&agency()), &[7; 32]).expect("a key")
}

/// A folder that nobody else uses; gone with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("export-{}", uuid::Uuid::now_v7().simple())))
    }

    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_all(&self.0, &copy.0);
        copy
    }

    pub fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap_or_else(|e| panic!("{e}: {file}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_all(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a copy");
        }
    }
}

/// What a step of the scenario asks for, under a key of its own.
pub fn submission(number: usize, step: &Step) -> Submission {
    let (subject, work) = match step {
        Step::One(envelope) => {
            (envelope.actor.subject.clone(), Work::One(Box::new(Envelope::clone(envelope))))
        }
        Step::All(members) => {
            let actor = members[0].actor.clone();
            (actor.subject.clone(), Work::All { actor, members: members.clone() })
        }
    };
    let mut key = [0; 32];
    key[..8].copy_from_slice(&u64::try_from(number).expect("few").to_be_bytes());
    Submission {
        agency: agency(),
        subject,
        key,
        request: [1; 32],
        request_id: number.to_string(),
        accounts: commands(&work).filter_map(|command| scenario::sealed(&agency(), command)).collect(),
        work,
        texts: Vec::new(),
    }
}

fn commands(work: &Work) -> impl Iterator<Item = &Command> {
    let envelopes = match work {
        Work::One(envelope) => std::slice::from_ref(&**envelope),
        Work::All { members, .. } | Work::Run { due: members, .. } => members.as_slice(),
    };
    envelopes.iter().map(|envelope| &envelope.command)
}

/// How many steps the scenario has.
pub fn steps() -> usize {
    scenario::steps().len()
}

/// Does these steps of the scenario. Nobody is connected afterwards.
pub async fn play(test: &TestDatabase, steps: std::ops::Range<usize>) {
    let engine = Engine::new(connected(test, "subsidy_app").await, Arc::new(keys()));
    let all: Vec<Submission> = scenario::steps().iter().enumerate().map(|(n, s)| submission(n, s)).collect();
    for some in all[steps].chunks(40) {
        for answer in engine.submit_each(some.to_vec()).await {
            assert!(matches!(answer, Ok(Answer::Accepted { .. })), "{answer:?}");
        }
    }
    engine.shut_down().await;
}

/// A database with the whole scenario in it, registered under [`key`].
pub async fn ledger() -> TestDatabase {
    let test = TestDatabase::create().await;
    play(&test, 0..steps()).await;
    register(&test).await;
    test
}

/// Puts the agency into the register.
pub async fn register(test: &TestDatabase) {
    let check = hex::encode(key_check(keys().account_key(), &agency()));
    let sql = format!(
        "INSERT INTO public.agencies (code, name, zone, sandbox, origin, verifier_key, account_check, created_at) \
         SELECT 'test', '测试局', 'Asia/Shanghai', true, '{}', '{}', decode('{check}', 'hex'), \
                coalesce((SELECT recorded_at FROM log WHERE sequence = 0), now())",
        origin(&agency()),
        key().verifier_key()
    );
    test.client("subsidy_owner").await.batch_execute(&sql).await.expect("registered");
}

/// An export of it.
pub async fn export(test: &TestDatabase) -> (Folder, ExportSummary) {
    let folder = Folder::new();
    let database = connected(test, "subsidy_auditor").await;
    let written = write(&database, &agency(), &folder.0, &key(), |_| ()).await.expect("an export");
    (folder, written)
}

/// Imports a billing file on the first contract; how many of its rows count, and how many do not.
pub async fn bill(test: &TestDatabase, engine: &Engine, file: &'static str) -> (u32, usize) {
    let client = test.client("subsidy_owner").await;
    let rental =
        client.query_one("SELECT id::text FROM rentals ORDER BY created LIMIT 1", &[]).await.expect("one");
    let wanted = ImportRequest {
        agency: agency(),
        id: UsageImportId::new(uuid::Uuid::now_v7()),
        rental: RentalId::parse(rental.get(0)).expect("an id"),
        mode: subsidy_core::usage::Mode::Lenient,
        replaces: Vec::new(),
        adds: false,
        sha256: ContentHash::new([7; 32]),
        dry_run: false,
        errors_max: 1_000,
    };
    let staged =
        stage(engine.database(), &wanted, Billing::csv(file.as_bytes()), |_| ()).await.expect("staged");
    let counted = (staged.command.accepted, staged.errors.len());
    let command = Command::ImportUsage(Box::new(staged.command.clone()));
    let envelope = Envelope { actor: scenario::actor("officer-usage", "officer"), if_match: None, command };
    let answer = engine.submit(submission(7_000, &Step::One(envelope))).await;
    assert!(matches!(&answer, Ok(Answer::Accepted { .. })), "{answer:?}");
    staged.settle(true).await.expect("settled");
    counted
}
