//! What the compiler cannot see of the house: who may speak SQL and HTTP, how long a file is, and what it is called.
//!
//! The order of the crates is the manifests'; that nothing in `crates/core` reads a clock, a file or chance is held by
//! `crates/core/clippy.toml`.

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file, its tests not counted.
const LINES_MAX: usize = 400;

/// The sources of a folder, each with its text before its tests.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join(folder), &mut paths);
    paths.sort();
    let source = |path: &PathBuf| {
        let name = path.strip_prefix(root).expect("under the root").display().to_string();
        let text = fs::read_to_string(path).expect("a source");
        let code = text.split("\n#[cfg(test)]").next().unwrap_or_default().to_owned();
        (name, code)
    };
    paths.iter().map(source).collect()
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            walk(&path, into);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            into.push(path);
        }
    }
}

/// The dependencies that a crate's manifest names, those of its tests left out.
fn dependencies(manifest: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest);
    let text = fs::read_to_string(path).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("a manifest");
    let listed = manifest.get("dependencies").and_then(toml::Value::as_table).expect("dependencies");
    listed.keys().cloned().collect()
}

#[test]
fn the_core_depends_on_nothing_that_does_io_or_draws_numbers() {
    let impure =
        ["tokio", "diesel", "actix", "rand", "hyper", "rustls", "tracing", "metrics", "subsidy-store"];
    let found = dependencies("crates/core/Cargo.toml");
    assert!(found.len() > 10, "only {found:?}: the manifest was not read");
    let bad: Vec<_> = found.iter().filter(|name| impure.iter().any(|i| name.starts_with(i))).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn the_store_knows_no_http_and_handlers_know_no_sql() {
    let found = dependencies("crates/store/Cargo.toml");
    let bad: Vec<_> = found.iter().filter(|name| name.starts_with("actix")).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let mut complaints = Vec::new();
    for (name, text) in sources("src") {
        let speaks_sql = ["src/reports/", "src/verify/", "src/exports/", "src/billing_files/"];
        let may_speak_sql = speaks_sql.iter().any(|folder| name.starts_with(folder));
        let may_speak_http = name.starts_with("src/http/");
        for (number, line) in text.lines().enumerate() {
            let sql = line.contains("diesel::") || line.contains("tokio_postgres::");
            let http = line.contains("actix_web::");
            if sql && !may_speak_sql || http && !may_speak_http {
                complaints.push(format!("{name}:{}: {line}", number + 1));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn no_file_is_a_drawer_and_none_is_too_long() {
    let drawers = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];
    let mut complaints = Vec::new();
    let all: Vec<_> = ["src", "crates"].into_iter().flat_map(sources).collect();
    assert!(all.len() > 300, "only {} files were found", all.len());
    for (name, text) in all {
        let parts = name.trim_end_matches(".rs").split('/');
        if parts.into_iter().any(|part| drawers.contains(&part)) {
            complaints.push(format!("{name} names no noun"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            complaints.push(format!("{name} has {lines} lines, more than {LINES_MAX}"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
