//! The log as the service hands it out: tiles, receipts, and the command line that checks them without a database.

use crate::support::service;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use service::{BINARY, Service, fresh_folder};
use subsidy_core::audit::note::{Checkpoint, SigningKey};
use subsidy_core::audit::receipt::Receipt;
use subsidy_core::audit::tree::leaf_hash;

/// The bytes of an answer, its status, and two of its headers.
fn bytes(service: &Service, path: &str, token: &str) -> (u16, Vec<u8>, [String; 2]) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{}{path}", service.base);
    let mut answer =
        agent.get(url).header("Authorization", format!("Bearer {token}")).call().expect("an answer");
    let header = |name: &str| {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let headers = ["content-type", "cache-control"].map(header);
    (answer.status().as_u16(), answer.body_mut().read_to_vec().expect("a body"), headers)
}

/// The binary where there is neither a database nor a keys folder.
fn offline(words: &[&str]) -> Output {
    let nowhere = std::env::temp_dir().join("subsidy-ledger-nowhere");
    let done = Command::new(BINARY)
        .args(words)
        .env("SUBSIDY_LEDGER_DATA", &nowhere)
        .env_remove("DATABASE_URL")
        .output();
    assert!(!nowhere.exists(), "nothing is made");
    done.expect("the binary runs")
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// So many organisations, each an entry.
fn register(service: &Service, officer: &str, from: u64, until: u64) {
    let operations: Vec<Value> = (from..until)
        .map(|number| {
            let code = subsidy_core::domain::CreditCode::from_body(&format!("91310000{number:09}")).expect("a code");
            let body = json!({"credit_code": code.to_string(), "name": "甲", "category": "private_enterprise"});
            json!({"method": "POST", "path": "/v1/organisations", "body": body, "idempotency_key": format!("o{number}")})
        })
        .collect();
    let batch = json!({"mode": "each", "operations": operations});
    service.post("/v1/batches", officer, &batch).expect(200);
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn tiles_receipts_and_exports_say_the_same_and_verify_without_a_database() {
    let service = Service::start();
    service.agency("a");
    let (officer, auditor) =
        (service.token("a", "officer", "lin", None), service.token("a", "auditor", "wu", None));
    register(&service, &officer, 0, 269);
    let folder = fresh_folder();
    let (out, early) = (path(&folder, "export"), path(&folder, "early"));
    std::fs::write(&early, service.ask("/v1/audit/checkpoint", &auditor).text).expect("written");
    register(&service, &officer, 269, 299);
    let exported = service.cli(&["export", "--agency", "a", "--out", &out]);
    assert_eq!(exported, format!("agency a: exported 300 entries, 0 lines posted, to {out}\n"));

    for (tile, kept) in [
        ("tile/0/000", true),
        ("tile/0/001.p/44", false),
        ("tile/1/000.p/1", false),
        ("tile/entries/000", true),
        ("tile/entries/001.p/44", false),
    ] {
        let (status, served, [media_type, cache]) = bytes(&service, &format!("/v1/audit/{tile}"), &auditor);
        assert_eq!((status, media_type.as_str()), (200, "application/octet-stream"), "{tile}");
        assert_eq!(served, std::fs::read(folder.join("export").join(tile)).expect("a tile"), "{tile}");
        assert_eq!(cache.contains("immutable"), kept, "{tile} {cache}");
    }
    let (_, whole, _) = bytes(&service, "/v1/audit/tile/0/000", &auditor);
    let (status, part, _) = bytes(&service, "/v1/audit/tile/0/000.p/7", &auditor);
    assert_eq!((status, part.as_slice()), (200, &whole[..7 * 32]), "what was partial once is served still");
    for none in [
        "0/001",
        "0/001.p/45",
        "0/001.p/0",
        "0/002",
        "1/000",
        "2/000.p/1",
        "entries/001",
        "0/1",
        "x",
        "64/000",
        "",
    ] {
        let (status, ..) = bytes(&service, &format!("/v1/audit/tile/{none}"), &auditor);
        assert_eq!(status, 404, "{none}");
    }
    let firm = service.token("a", "enterprise", "firm", Some("91310000MA1FL0000N"));
    assert_eq!(bytes(&service, "/v1/audit/tile/0/000", &firm).0, 403);
    assert_eq!(service.send("POST", "/v1/audit/tile/0/000", Some(&auditor), None, &[]).status, 405);

    for sequence in [0, 1, 255, 256, 299] {
        let answer = service.ask(&format!("/v1/audit/proof/{sequence}"), &auditor).expect(200);
        let file = path(&folder, "receipt.json");
        std::fs::write(&file, &answer.text).expect("written");
        let (code, out) =
            said(&offline(&["verify", "--receipt", &file, "--key", &path(&folder, "export/key")]));
        assert_eq!(code, Some(0), "{out}");
        assert!(out.contains(&format!("subsidy-ledger/a: verified entry {sequence} of 300: ")), "{out}");
        let mut forged = answer.json();
        forged["sequence"] = json!(sequence ^ 1);
        std::fs::write(&file, forged.to_string()).expect("written");
        let (code, out) = said(&offline(&["verify", "--receipt", &file]));
        assert_eq!(code, Some(3), "{out}");
    }
    assert_eq!(service.ask("/v1/audit/proof/300", &auditor).status, 404);
    assert_eq!(service.ask("/v1/audit/proof/0", &firm).status, 403);

    let verify = ["verify", "--export", &out, "--since", &early, "--key", &path(&folder, "export/key")];
    let (code, text) = said(&offline(&verify));
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.ends_with("subsidy-ledger/a: 0 lines posted, 1 older checkpoints held, verified 300 entries\n"),
        "{text}"
    );
    let since = service.cli(&["verify", "--agency", "a", "--since", &early]);
    let held = "agency a: 1 older checkpoints held, and the 300 entries that were last seen here\n";
    assert!(since.starts_with(held), "{since}");
    assert!(since.ends_with("agency a: 0 lines posted, verified 300 entries\n"), "{since}");
    std::fs::write(folder.join("export/tables/organisations.csv"), "x").expect("written");
    let (code, text) = said(&offline(&verify));
    assert_eq!(
        (code, text.as_str()),
        (Some(3), "tables/organisations.csv does not verify: line 1 is not what the log makes it\n")
    );
    std::fs::remove_dir_all(&folder).expect("gone");
}

#[test]
fn a_receipt_with_another_agencys_leaf_is_refused() {
    let leaf = include_str!("../fixtures/leaves-v1.jsonl").lines().next().expect("a leaf").as_bytes();
    let folder = fresh_folder();
    let (file, trusted) = (path(&folder, "receipt.json"), path(&folder, "key"));
    // the leaf is in the tree, and the tree is signed: by whoever keeps the log of the leaf's agency, and by another
    for (agency, code, expected) in [
        ("test", 0, "verified entry 0 of 1"),
        ("other", 3, "the leaf is of agency test, the checkpoint of another"),
    ] {
        let origin = format!("subsidy-ledger/{agency}");
        let key = SigningKey::from_seed(&origin, &[7; 32]).expect("a key");
        let checkpoint = Checkpoint { origin, size: 1, root: leaf_hash(leaf) };
        let note = checkpoint.sign(&key).expect("a note");
        let receipt = Receipt::new(0, leaf, &[], note, &key.verifier_key());
        std::fs::write(&file, serde_json::to_string(&receipt).expect("JSON")).expect("written");
        std::fs::write(&trusted, key.verifier_key().to_string()).expect("written");
        for words in [&["verify", "--receipt", &file][..], &["verify", "--receipt", &file, "--key", &trusted]]
        {
            let (ended, out) = said(&offline(words));
            assert_eq!((ended, out.contains(expected)), (Some(code), true), "{agency}: {out}");
        }
    }
    std::fs::remove_dir_all(&folder).expect("gone");
}
