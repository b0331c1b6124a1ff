//! The files under `deploy/` are what the programs that read them take, and name nothing that the service does not have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::support::tools::not_checked;
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
    let mut folders = vec![place("src"), place("crates")];
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
    let names = [
        "subsidy-ledger.service",
        "subsidy-ledger-verify.service",
        "subsidy-ledger-backup.service",
        "subsidy-ledger-verify.timer",
        "subsidy-ledger-backup.timer",
    ];
    for name in names {
        // it looks whether the program is there
        let unit = read(&format!("deploy/{name}")).replace("/usr/local/bin/subsidy-ledger", BINARY);
        fs::write(folder.join(name), unit).unwrap();
    }
    let paths = names.map(|name| folder.join(name));
    match Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output() {
        Err(_) => not_checked("systemd-analyze", "apt-get install systemd"),
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
    // the documents are where the unit has the service listen
    let of = |name: &str| unit.split_whitespace().find_map(|word| word.strip_prefix(name)).unwrap();
    let at = of("SUBSIDY_LEDGER_LISTEN=");
    assert_eq!(of("Documentation="), format!("http://{at}/docs"));
    // what the units run is a command that the program has
    for name in &names[..3] {
        let unit = read(&format!("deploy/{name}"));
        let line = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
        let (_, words) = line.split_once("/usr/local/bin/subsidy-ledger ").unwrap();
        let words: Vec<&str> = words.split(' ').take_while(|word| *word != "--out").collect();
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

/// Holds the keys of an object to those that the program which reads it knows.
fn keys(of: &Value, known: &str, place: &str) {
    let known: BTreeSet<&str> = known.split_whitespace().collect();
    for key in of.as_object().unwrap_or_else(|| panic!("{place}: {of}")).keys() {
        assert!(known.contains(key.as_str()) || key.starts_with("x-"), "{place} has {key}");
    }
}

/// Whether it is a duration as Compose and Prometheus write it: numbers, each with its unit.
fn is_duration(text: &Value) -> bool {
    let text = text.as_str().unwrap_or_default();
    let units = text.split(|letter: char| letter.is_ascii_digit()).filter(|unit| !unit.is_empty());
    let units: Vec<&str> = units.collect();
    let known = |unit: &&str| ["ms", "s", "m", "h", "d", "w", "y"].contains(unit);
    text.starts_with(|letter: char| letter.is_ascii_digit()) && !units.is_empty() && units.iter().all(known)
}

/// The services, as the Compose specification has them.
const COMPOSE_SERVICE: &str = "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs \
    container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset \
    credential_spec depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint \
    env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc \
    isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models \
    network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged \
    profiles provider pull_policy read_only restart runtime scale secrets security_opt shm_size stdin_open \
    stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes \
    volumes_from working_dir";

#[test]
fn compose_reads_every_key_of_its_file() {
    let compose = yaml("deploy/compose.yaml");
    keys(&compose, "configs include models name networks secrets services version volumes", "compose.yaml");
    let names = |section: &str| -> BTreeSet<String> {
        compose[section].as_object().unwrap().keys().cloned().collect()
    };
    let (volumes, secrets, services) = (names("volumes"), names("secrets"), names("services"));
    for (name, service) in compose["services"].as_object().unwrap() {
        keys(service, COMPOSE_SERVICE, name);
        assert!(service["image"].is_string() || service["build"].is_string(), "{name}");
        for volume in service["volumes"].as_array().unwrap() {
            assert!(volumes.contains(volume.as_str().unwrap().split(':').next().unwrap()), "{volume}");
        }
        for secret in service["secrets"].as_array().into_iter().flatten() {
            assert!(secrets.contains(secret.as_str().unwrap()), "{secret}");
        }
        for (other, how) in service["depends_on"].as_object().into_iter().flatten() {
            assert!(services.contains(other), "{other}");
            keys(how, "condition required restart", other);
            let conditions = ["service_started", "service_healthy", "service_completed_successfully"];
            assert!(conditions.contains(&how["condition"].as_str().unwrap()), "{how}");
        }
        if let Some(check) = service.get("healthcheck") {
            keys(check, "disable interval retries start_interval start_period test timeout", name);
            assert!(["interval", "timeout"].iter().all(|key| is_duration(&check[key])), "{check}");
        }
        let restart = service.get("restart").and_then(Value::as_str).unwrap_or("no");
        let policies = ["no", "always", "unless-stopped", "on-failure"];
        assert!(policies.contains(&restart.split(':').next().unwrap()), "{restart}");
        assert!(service.get("stop_grace_period").is_none_or(is_duration), "{name}");
    }
    for (name, secret) in compose["secrets"].as_object().unwrap() {
        keys(secret, "driver driver_opts environment external file labels name template_driver", name);
    }
}

#[test]
fn prometheus_reads_every_key_of_the_rules_and_grafana_every_panel() {
    let alerts = yaml("deploy/alerts.yml");
    keys(&alerts, "groups", "alerts.yml");
    let mut names = BTreeSet::new();
    for group in alerts["groups"].as_array().unwrap() {
        keys(group, "interval labels limit name query_offset rules", "a group");
        assert!(group["name"].is_string());
        for rule in group["rules"].as_array().unwrap() {
            let name = rule["alert"].as_str().unwrap();
            keys(rule, "alert annotations expr for keep_firing_for labels", name);
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(
                ["for", "keep_firing_for"].iter().all(|key| rule.get(key).is_none_or(is_duration)),
                "{rule}"
            );
            // names of labels and annotations: letters, digits and underscores
            for named in ["labels", "annotations"].iter().flat_map(|part| rule[part].as_object().unwrap()) {
                let fits = named.0.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                assert!(fits && named.1.is_string(), "{name}: {named:?}");
            }
        }
    }
    let board: Value = serde_json::from_str(&read("deploy/board.json")).unwrap();
    assert!(
        board["title"].is_string() && board["schemaVersion"].as_u64().is_some_and(|version| version >= 36)
    );
    assert!(board["uid"].as_str().is_some_and(|uid| (1..=40).contains(&uid.len())), "Grafana's limit");
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in board["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: an id twice");
        let kinds =
            ["timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "state-timeline", "text", "row"];
        assert!(kinds.contains(&panel["type"].as_str().unwrap()), "{title}");
        assert!(
            panel["datasource"]["uid"].is_string() && panel["datasource"]["type"] == "prometheus",
            "{title}"
        );
        keys(&panel["fieldConfig"], "defaults overrides", title);
        keys(&panel["gridPos"], "h w x y static", title);
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{title}: the grid has 24 columns");
        for cell in (x..x + w).flat_map(|column| (y..y + h).map(move |row| (column, row))) {
            assert!(taken.insert(cell), "{title} lies on another panel");
        }
        let mut queries = BTreeSet::new();
        for target in panel["targets"].as_array().unwrap() {
            assert!(queries.insert(target["refId"].as_str().unwrap()), "{title}: {target}");
            assert!(target["expr"].is_string(), "{title}: {target}");
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
