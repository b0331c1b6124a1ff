//! What a browser of 2020 has: the console's style and script are held to Chromium 80 by the linters stylelint and eslint,
//! which know from MDN and caniuse what came when.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::journeys::in_tree;
use crate::support::tools::not_checked;

const STYLE: &str = include_str!("../../../crates/console/src/assets/console.css");
const SCRIPT: &str = include_str!("../../../crates/console/src/assets/console.js");

/// One feature a line, each newer than Chromium 80.
const NEWER_STYLE: &str = ".a:has(.b) { top: 0; }
.a { aspect-ratio: 1; }
.a { display: flex; gap: 1px; }
.a { inset: 0; }
.a { accent-color: red; }
@layer base { .a { top: 0; } }
@container (min-width: 1px) { .a { top: 0; } }
.a { color: color-mix(in srgb, red, blue); }
.a { height: 100dvh; }
:is(.a, .b) { top: 0; }
:where(.a) { top: 0; }
.a { content-visibility: auto; }
.a { .b { top: 0; } }
.a { color: oklch(1 1 1); }
";
const NEWER_SCRIPT: &str = "[1].at(0);
'x'.replaceAll('x', 'y');
structuredClone({});
crypto.randomUUID();
Promise.any([]);
";

/// A folder with the linters, where `.ci/setup` could bring them.
fn linters() -> Option<PathBuf> {
    let folder = in_tree("target/old-browsers");
    if folder.join("node_modules/.bin/stylelint").exists() {
        return Some(folder);
    }
    not_checked("stylelint", "install npm, then run .ci/setup");
    None
}

/// The lines of a text of which a linter complains, and what it says of them.
fn complaints(folder: &std::path::Path, tool: &str, config: &str, text: &str) -> (Vec<usize>, String) {
    let name = if tool == "eslint" { "console.js" } else { "console.css" };
    let mut linter = Command::new(folder.join("node_modules/.bin").join(tool))
        .args(["--config", config, "--stdin", "--stdin-filename", name, "--max-warnings", "0"])
        .args(["-f", "json"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node");
    linter.stdin.take().expect("its input").write_all(text.as_bytes()).expect("read");
    let done = linter.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    let files: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let found =
        ["messages", "warnings"].into_iter().find_map(|list| files[0][list].as_array()).expect("a list");
    let lines: Vec<usize> =
        found.iter().filter_map(|one| usize::try_from(one["line"].as_u64()?).ok()).collect();
    assert_eq!(done.status.success(), lines.is_empty(), "{tool} ended otherwise than it says: {said}");
    (lines, said)
}

#[test]
fn style_and_script_use_nothing_that_is_newer_than_chromium_80() {
    let Some(folder) = linters() else { return };
    let tools = [
        ("stylelint", "stylelint.config.mjs", STYLE, NEWER_STYLE),
        ("eslint", "eslint.config.mjs", SCRIPT, NEWER_SCRIPT),
    ];
    for (tool, config, ours, newer) in tools {
        let (found, said) = complaints(&folder, tool, config, newer);
        for line in 1..=newer.lines().count() {
            assert!(found.contains(&line), "{tool} lets line {line} pass: {said}");
        }
        let (found, said) = complaints(&folder, tool, config, ours);
        assert!(found.is_empty(), "{said}");
    }
    let parsed = complaints(&folder, "eslint", "eslint.config.mjs", "var a = {}; a?.b;").1;
    assert!(parsed.contains("Parsing error"), "the script is ES2015: {parsed}");
}
