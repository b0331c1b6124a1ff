//! What is taken away whole: words, and the answers of refused requests. Their deletion is found, by what leaves and keys
//! say of them.

use std::sync::Arc;

use subsidy_core::domain::TextHash;
use subsidy_ledger::cli::verify::Beside;
use subsidy_store::engine::{Answer, Engine, NewText};

use super::columns::{finding, unguarded};
use super::story::{blocking, story};
use super::support::{keys, keys_in};
use super::written::{Folder, connected};

/// What one statement on a table does past all triggers, and how what verification then says begins.
type Case<'a> = (&'a str, String, &'a str);

#[tokio::test]
async fn words_that_are_taken_away_are_missed_whatever_the_erasures_say() {
    let test = story().await;
    let database = connected(&test, "subsidy_owner").await;
    let client = test.client("subsidy_owner").await;
    let beside = Beside::default();
    let sql = "SELECT encode(sha256, 'hex') FROM texts WHERE body IS NOT NULL";
    let whole: String = client.query_one(sql, &[]).await.expect("one text").get(0);
    let sql = "SELECT encode(sha256, 'hex') FROM texts WHERE body IS NULL";
    let erased: String = client.query_one(sql, &[]).await.expect("one text").get(0);
    client.batch_execute("CREATE TEMPORARY TABLE was AS TABLE texts").await.expect("kept");
    let is = |digest: &str| format!("sha256 = decode('{digest}', 'hex')");
    let texts = |verb: &str, digest: &str| format!("{verb} WHERE {} RETURNING 'done'", is(digest));
    let invent = format!(
        "INSERT INTO agency_test.erasures VALUES (decode('{whole}', 'hex'), '销毁令 2 号', 'operator-1', 0, 0, now()) \
         RETURNING 'done'"
    );
    let back = |digest: &str| {
        format!("INSERT INTO agency_test.texts SELECT * FROM was WHERE {} RETURNING 'done'", is(digest))
    };
    let whole_is = format!("texts {whole}");
    let erased_is = format!("texts {erased}");
    let invented_is = format!("erasures {whole}");
    let cases: [Case<'_>; 10] = [
        ("texts", texts("DELETE FROM agency_test.texts", &whole), &whole_is),
        ("erasures", invent.clone(), "either"),
        ("texts", back(&whole), &invented_is),
        ("erasures", texts("DELETE FROM agency_test.erasures", &whole), ""),
        ("texts", texts("UPDATE agency_test.texts SET salt = NULL, body = NULL", &whole), &whole_is),
        ("erasures", invent, "either"),
        ("erasures", texts("DELETE FROM agency_test.erasures", &whole), &whole_is),
        (
            "texts",
            texts("UPDATE agency_test.texts AS t SET salt = w.salt, body = w.body FROM was AS w", &whole)
                .replace(&is(&whole), &format!("t.{} AND w.{}", is(&whole), is(&whole))),
            "",
        ),
        ("texts", texts("DELETE FROM agency_test.texts", &erased), &erased_is),
        ("texts", back(&erased), ""),
    ];
    for (table, sql, expected) in cases {
        let done = unguarded(&client, "agency_test", table, &sql).await;
        assert_eq!(done.map(|rows| rows.len()), Ok(1), "{sql}");
        let said = finding(&database, &beside).await.expect("a verdict");
        let told = said.as_deref().map(|said| said.split_once(": ").map_or(said, |(_, place)| place));
        // hex as the database shows it
        let told = told.map(|told| told.replace("\\x", ""));
        match (told, expected) {
            (None, "") => {}
            (Some(told), "either") => {
                assert!([&whole_is, &invented_is].iter().any(|one| told.starts_with(*one)), "{sql}: {told}");
            }
            (Some(told), expected) if !expected.is_empty() => {
                assert!(told.starts_with(expected), "{sql}: {told}");
            }
            (told, _) => panic!("{sql}: {told:?}"),
        }
    }
}

#[tokio::test]
async fn a_stored_refusal_that_is_taken_away_is_missed() {
    let (test, folder) = (story().await, Folder::new());
    let engine = Engine::new(connected(&test, "subsidy_app").await, Arc::new(keys()));
    // two more, after the last leaf
    for number in [8_001, 8_002] {
        let text = NewText { hash: TextHash::new([9; 32]), salt: vec![9; 16], body: "举报".to_owned() };
        let answer = engine.submit(blocking(number, "91350100M000100Y43", text)).await;
        assert!(matches!(answer, Ok(Answer::Refused { .. })), "{answer:?}");
    }
    engine.shut_down().await;
    let database = connected(&test, "subsidy_owner").await;
    let client = test.client("subsidy_owner").await;
    let with_keys = Beside { keys: Some(keys_in(&folder.0)), ..Beside::default() };
    std::fs::copy(folder.0.join("account.key"), folder.0.join("log/test.key")).expect("a key");
    let none = Beside::default();
    assert_eq!(finding(&database, &with_keys).await, Ok(None));
    client
        .batch_execute("CREATE TEMPORARY TABLE was AS SELECT * FROM idempotency WHERE refusal IS NOT NULL")
        .await
        .expect("kept");
    let gone = |ordinal: i32| {
        (
            "idempotency",
            format!("DELETE FROM agency_test.idempotency WHERE ordinal = {ordinal} RETURNING 'done'"),
        )
    };
    let back = |ordinal: i32| {
        let sql = format!(
            "INSERT INTO agency_test.idempotency SELECT * FROM was WHERE ordinal = {ordinal} RETURNING 'done'"
        );
        ("idempotency", sql)
    };
    let count = |refusals: i32| {
        ("head", format!("UPDATE agency_test.head SET refusals = {refusals} RETURNING 'done'"))
    };
    for ((table, sql), without_keys, with) in [
        (gone(1), "idempotency refusal 1", "idempotency refusal 1"),
        (back(1), "", ""),
        (gone(2), "idempotency refusal 2", "idempotency refusal 2"),
        (back(2), "", ""),
        (gone(3), "idempotency refusal 3", "idempotency refusal 3"),
        // what follows the last leaf is held to the key alone
        (count(2), "", "head refusals"),
        (gone(2), "idempotency refusal 2", "head refusals"),
        (count(1), "", "head refusals"),
        (gone(1), "idempotency refusal 1", "head refusals"),
        // the last leaf says that there was one
        (count(0), "idempotency refusal 1", "head refusals"),
    ] {
        let done = unguarded(&client, "agency_test", table, &sql).await;
        assert_eq!(done.map(|rows| rows.len()), Ok(1), "{sql}");
        for (beside, expected) in [(&none, without_keys), (&with_keys, with)] {
            let said = finding(&database, beside).await.expect("a verdict");
            let told =
                said.as_deref().map_or("", |said| said.split_once(": ").map_or(said, |(_, place)| place));
            assert!(told.starts_with(expected) && told.is_empty() == expected.is_empty(), "{sql}: {told}");
        }
    }
}
