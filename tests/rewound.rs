//! A database that no longer holds what was answered from it: noticed by whoever answered, gone on with by an operator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use subsidy_ledger::agencies::{AcceptLog, LostLog};
use subsidy_ledger::book::Command;
use subsidy_ledger::db::pool::{Database, DatabaseConfig};
use subsidy_ledger::domain::RootHash;
use subsidy_ledger::engine::rewound::Lost;
use subsidy_ledger::engine::seen::Seen;
use subsidy_ledger::engine::verify::{Verdict, verify};
use subsidy_ledger::engine::{Engine, Submission, SubmitError};
use support::ledger::{accepted, create_agency, refused, register, submission};
use support::world::by;
use support::{TestDatabase, agency};

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("subsidy-ledger-seen-{}", uuid::Uuid::now_v7()))
}

/// A process with a data folder.
async fn process(database: &TestDatabase, data: &Path) -> Engine {
    let keys = Arc::new(support::keys());
    let pool = Database::connect(DatabaseConfig::new(database.url("subsidy_app"))).await.expect("a database");
    Engine::remembering(pool, keys, Seen::kept_in(data.join("seen")))
}

fn accept(lost: &Lost) -> Submission {
    let lost = LostLog { size: lost.seen.size, root: RootHash::new(lost.seen.root), kept: lost.kept };
    submission(by("operator", Command::AcceptLog(AcceptLog { lost })))
}

/// Five leaves in `after`, of which `before` has the first three; a data folder that saw all of them.
async fn wound_back() -> (TestDatabase, PathBuf, Vec<Submission>) {
    let (database, data) = (TestDatabase::create().await, folder());
    let first = process(&database, &data).await;
    for envelope in [create_agency(), register(1), register(2)] {
        accepted(first.submit(submission(envelope)).await);
    }
    first.shut_down().await;
    drop(first);
    let before = database.copy().await;
    let second = process(&database, &data).await;
    let lost: Vec<Submission> = [3, 4].map(|number| submission(register(number))).into();
    for one in &lost {
        accepted(second.submit(one.clone()).await);
    }
    // it is killed, not shut down
    (before, data, lost)
}

#[tokio::test]
async fn a_log_that_is_shorter_is_refused_until_an_operator_accepts_it() {
    let (database, data, lost) = wound_back().await;
    let door = process(&database, &data).await;
    for _ in 0..2 {
        assert_eq!(door.submit(lost[0].clone()).await.unwrap_err(), SubmitError::Rewound);
    }
    assert_eq!(door.seen().rewound(), [agency()]);
    let found = door.look_back(&agency()).await.unwrap().expect("something is lost");
    assert_eq!((found.kept, found.seen.size), (3, 5));

    accepted(door.submit(accept(&found)).await);
    let anew: Vec<u64> = {
        let mut sequences = Vec::new();
        for one in &lost {
            sequences.push(accepted(door.submit(one.clone()).await).sequence.number());
        }
        sequences
    };
    assert_eq!(anew, [4, 5], "after the operator's leaf, under their old keys");
    assert!(door.seen().rewound().is_empty());
    assert_eq!(door.look_back(&agency()).await.unwrap(), None);
    let again = door.submit(accept(&found)).await;
    assert_eq!(refused(&again), Some("nothing_lost"));
    assert!(data.join("seen/test.lost-5").exists(), "what was seen is kept for whoever looks into it");

    let auditor = Database::connect(DatabaseConfig::new(database.url("subsidy_auditor"))).await.unwrap();
    match verify(&auditor, &agency(), |_| ()).await.unwrap() {
        Verdict::Good(verified) => assert_eq!(verified.leaves, 6),
        Verdict::Bad(finding) => panic!("{finding}"),
    }
    std::fs::remove_dir_all(data).unwrap();
}

#[tokio::test]
async fn a_log_that_grew_differently_is_refused_whatever_its_length() {
    for more in [1, 2, 6] {
        let (database, data, lost) = wound_back().await;
        // whoever saw nothing goes on without a word, and gives the numbers to other commands
        let stranger = folder();
        let other = process(&database, &stranger).await;
        for number in 0..more {
            accepted(other.submit(submission(register(10 + number))).await);
        }
        let door = process(&database, &data).await;
        door.look_back_at_all().await;
        assert_eq!(door.seen().rewound(), [agency()], "it is known at the start");
        assert_eq!(door.submit(lost[0].clone()).await.unwrap_err(), SubmitError::Rewound, "{more}");
        let found = door.look_back(&agency()).await.unwrap().expect("something is lost");
        assert_eq!((found.kept, found.seen.size), (3, 5));
        accepted(door.submit(accept(&found)).await);
        let sequence = accepted(door.submit(lost[0].clone()).await).sequence.number();
        assert_eq!(sequence, u64::from(3 + more + 1));
        for folder in [data, stranger] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}

#[tokio::test]
async fn a_log_that_others_wrote_to_is_no_other_log() {
    let (database, data, other) = (TestDatabase::create().await, folder(), folder());
    let (one, two) = (process(&database, &data).await, process(&database, &other).await);
    accepted(one.submit(submission(create_agency())).await);
    for number in 0..20 {
        let door = if number % 3 == 0 { &one } else { &two };
        accepted(door.submit(submission(register(number))).await);
    }
    drop(one);
    let again = process(&database, &data).await;
    again.look_back_at_all().await;
    assert!(again.seen().rewound().is_empty());
    accepted(again.submit(submission(register(30))).await);
    for folder in [data, other] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}
