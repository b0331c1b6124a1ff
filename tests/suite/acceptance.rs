//! The acceptance scenarios against the running service, over HTTP, by the runner that stands beside them.

use crate::support::service;

use std::path::Path;

use service::{BINARY, Service};

#[test]
fn every_scenario_plays_to_its_end() {
    let service = Service::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance");
    let mut scenarios: Vec<_> = std::fs::read_dir(folder.join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    scenarios.sort();
    assert!(scenarios.len() >= 5, "the scenarios are not there");
    let played = service
        .beside("python3")
        .arg(folder.join("run"))
        .args(["--base", &service.base, "--bin", BINARY])
        .args(&scenarios)
        .output()
        .expect("python3 runs");
    let printed = String::from_utf8_lossy(&played.stdout);
    println!("{printed}");
    assert!(played.status.success(), "{printed}\n{}", String::from_utf8_lossy(&played.stderr));
    let verified = service.cli(&["verify"]);
    assert!(verified.lines().any(|line| line.contains("verified")), "{verified}");
}
