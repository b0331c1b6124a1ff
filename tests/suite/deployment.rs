//! The files under `deploy/` are what the programs that read them take, and name nothing that the service does not have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_subsidy-ledger");

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(place(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The metrics that the sources record, and what Prometheus makes of a histogram.
fn metrics() -> BTreeSet<String> {
    let mut folders = vec![place("src"), place("crates/store/src")];
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            for (kind, suffixes) in [
                ("counter!(", &[""][..]),
                ("gauge!(", &[""]),
                ("histogram!(", &["_bucket", "_sum", "_count"]),
            ] {
                for rest in text.split(kind).skip(1) {
                    let name = rest.trim_start().trim_start_matches('"').split('"').next().unwrap();
                    names.extend(suffixes.iter().map(|suffix| format!("{name}{suffix}")));
                }
            }
        }
    }
    assert!(names.contains("http_requests_total"), "{names:?}");
    names
}

/// The metrics of a query: what stands before a brace.
fn named(query: &str) -> Vec<String> {
    let before = query.split('{').collect::<Vec<_>>();
    let last = |text: &&str| {
        text.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
    };
    before[..before.len() - 1].iter().map(last).collect()
}

#[test]
fn systemd_takes_the_units() {
    let folder = env::temp_dir().join(format!("subsidy-ledger-{}", uuid::Uuid::now_v7().simple()));
    fs::create_dir(&folder).unwrap();
    let names = ["subsidy-ledger.service", "subsidy-ledger-verify.service", "subsidy-ledger-verify.timer"];
    for name in names {
        // it looks whether the program is there
        let unit = read(&format!("deploy/{name}")).replace("/usr/local/bin/subsidy-ledger", BINARY);
        fs::write(folder.join(name), unit).unwrap();
    }
    let paths = names.map(|name| folder.join(name));
    match Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output() {
        Err(error) => eprintln!("systemd is not here, so the units were only read: {error}"),
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.success() && !said.contains("subsidy-ledger"), "{said}");
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    let unit = read("deploy/subsidy-ledger.service");
    for line in ["[Install]", "StateDirectory=subsidy-ledger", "NoNewPrivileges=yes", "ProtectSystem=strict"]
    {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
    // what the units run is a command that the program has
    for name in &names[..2] {
        let unit = read(&format!("deploy/{name}"));
        let words =
            unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/subsidy-ledger "));
        let words: Vec<&str> = words.unwrap().split(' ').collect();
        assert!(Command::new(BINARY).args(words).arg("--help").output().unwrap().status.success(), "{name}");
    }
}

#[test]
fn alerts_and_board_ask_for_metrics_that_the_service_has() {
    let metrics = metrics();
    // of the blackbox exporter and of node_exporter
    let others = ["probe_success", "node_systemd_unit_state", "node_filesystem_avail_bytes"];
    let known = |query: &str| {
        let named = named(query);
        assert!(!named.is_empty(), "{query}");
        for name in named {
            assert!(metrics.contains(&name) || others.contains(&name.as_str()), "{name} in {query}");
        }
    };
    let alerts = yaml("deploy/alerts.yml");
    let rules = alerts["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() >= 8);
    for rule in rules {
        known(rule["expr"].as_str().unwrap());
        assert!(rule["alert"].is_string() && rule["labels"]["severity"].is_string(), "{rule}");
        assert!(rule["annotations"]["summary"].as_str().unwrap().contains(" / "), "{rule}");
    }
    let board: Value = serde_json::from_str(&read("deploy/board.json")).unwrap();
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            known(target["expr"].as_str().unwrap());
        }
    }
}

#[test]
fn compose_names_commands_and_folders_of_the_image() {
    let compose = yaml("deploy/compose.yaml");
    let (services, image) = (&compose["services"], read("Dockerfile"));
    for (name, command) in [("migrate", "migrate"), ("ledger", "serve")] {
        let service = &services[name];
        assert_eq!(service["command"], serde_json::json!([command]), "{service}");
        assert!(Command::new(BINARY).args([command, "--help"]).output().unwrap().status.success());
        let volume = service["volumes"][0].as_str().unwrap();
        assert!(image.contains(&format!("VOLUME {}", volume.split_once(':').unwrap().1)), "{volume}");
        assert!(service["environment"]["DATABASE_URL"].as_str().unwrap().contains("@postgres/ledger"));
    }
    assert_eq!(services["ledger"]["depends_on"]["migrate"]["condition"], "service_completed_successfully");
    assert_eq!(services["migrate"]["depends_on"]["postgres"]["condition"], "service_healthy");
}
