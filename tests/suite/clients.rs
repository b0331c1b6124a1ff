//! Clients that tools of others generate from the OpenAPI document: one in Python plays a voucher to its payment, one in
//! TypeScript is held to the types and reads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::city::FIRM;
use crate::support::service::{Service, fresh_folder};
use crate::support::tools::{not_checked, printed};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A tool that the set-up brought; without it the test says what it did not check.
fn tool(path: &str) -> Option<PathBuf> {
    let tool = Path::new(ROOT).join("target/clients").join(path);
    if !tool.exists() {
        not_checked(path, "install python3 and npm, then run .ci/setup");
        return None;
    }
    Some(tool)
}

fn link(folder: &Path, names: &[&str]) {
    for name in names {
        std::os::unix::fs::symlink(Path::new(ROOT).join("tests/clients").join(name), folder.join(name))
            .unwrap();
    }
}

#[test]
fn clients_that_were_generated_play_a_voucher_and_read_it() {
    let (Some(python), Some(types)) =
        (tool("python/bin/python"), tool("node_modules/.bin/openapi-typescript"))
    else {
        return;
    };
    let folder = fresh_folder();
    let service = Service::start();
    service.agency("city");
    let document = folder.join("openapi.json");
    std::fs::write(&document, service.cli(&["openapi"])).unwrap();

    let config = Path::new(ROOT).join("tests/clients/python.yml");
    let bin = python.parent().unwrap();
    let path = std::env::join_paths([bin.to_owned(), "/usr/bin".into(), "/bin".into()]).unwrap();
    let generated = printed(
        Command::new(bin.join("openapi-python-client"))
            .args([
                "generate",
                "--fail-on-warning",
                "--meta",
                "none",
                "--output-path",
                "subsidy_ledger_client",
            ])
            .arg("--path")
            .arg(&document)
            .arg("--config")
            .arg(config)
            .env("PATH", path)
            .current_dir(&folder),
    );
    assert!(!generated.contains("Warning"), "{generated}");
    let token = |role: &str, subject: &str, own| service.token("city", role, subject, own);
    let enterprise = token("enterprise", "firm", Some(FIRM));
    let claim = printed(
        Command::new(&python)
            .arg(Path::new(ROOT).join("tests/clients/vouchers.py"))
            .arg(&service.base)
            .env("PYTHONPATH", &folder)
            .env("OFFICER", token("officer", "lin", None))
            .env("APPROVER", token("approver", "chen", None))
            .env("ENTERPRISE", &enterprise),
    );
    let mut claim: Value = serde_json::from_str(&claim).unwrap();
    let id = claim["id"].as_str().unwrap().to_owned();
    let mut read = service.get(&format!("/v1/claims/{id}"), &enterprise);
    // Python writes the same instant another way
    for claim in [&mut claim, &mut read] {
        let instant = claim["updated_at"].as_str().unwrap().replace("+00:00", "Z");
        claim["updated_at"] = instant.into();
    }
    assert_eq!(claim, read, "the client loses nothing");
    assert_eq!((&claim["status"], &claim["paid"]), (&"paid".into(), &"10000.00".into()));

    link(&folder, &["vouchers.ts", "tsconfig.json", "package.json"]);
    std::os::unix::fs::symlink(
        Path::new(ROOT).join("target/clients/node_modules"),
        folder.join("node_modules"),
    )
    .unwrap();
    printed(Command::new(&types).arg(&document).arg("-o").arg("api.ts").current_dir(&folder));
    printed(
        Command::new(tool("node_modules/.bin/tsc").unwrap()).arg("--preserveSymlinks").current_dir(&folder),
    );
    let read = printed(
        Command::new("node").arg("vouchers.js").args([&service.base, &enterprise]).current_dir(&folder),
    );
    let said = ["partly_redeemed 100000.00 10000.00", "voucher_redemption true", "not_found"];
    assert_eq!(read.lines().collect::<Vec<_>>(), said);
    service.verifies("city");
    std::fs::remove_dir_all(folder).unwrap();
}
