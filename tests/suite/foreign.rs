//! What others wrote: no parser falls over any file that is here, whole, cut or changed, nor over what once made one fall.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use subsidy_ledger::foreign::PARSERS;

use crate::support::seed::seed;

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

fn stands(what: &str, bytes: &[u8]) {
    for (name, parser) in PARSERS {
        assert!(catch_unwind(|| parser(bytes)).is_ok(), "{name} falls over {what}");
    }
}

#[test]
fn no_parser_falls_over_a_file_that_others_wrote_whole_cut_or_changed() {
    let mut found = Vec::new();
    files(&place("fuzz/seeds"), &mut found);
    for folder in ["bank", "invoices", "focus/clouds"] {
        files(&place("tests/fixtures").join(folder), &mut found);
    }
    assert!(found.len() > 20, "{found:?}");
    let mut chance = StdRng::seed_from_u64(seed());
    for path in found {
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(100_000);
        let what = path.display().to_string();
        stands(&what, &bytes);
        stands(&format!("{what}, cut"), &bytes[..chance.gen_range(0..=bytes.len())]);
        for _ in 0..3 {
            let at = chance.gen_range(0..bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = chance.r#gen();
            }
            stands(&format!("{what}, changed at {at}"), &bytes);
        }
    }
}

#[test]
fn a_table_takes_no_more_memory_than_its_limits_however_little_says_so() {
    use subsidy_core::payments::answers::BankFileError;
    use subsidy_files::bank_files::ReadError;
    use subsidy_ledger::foreign;
    let mapping = foreign::mapping();
    for table in [",".repeat(5_000_000), "\n".repeat(300_000)] {
        let read = subsidy_files::bank_files::read(table.as_bytes(), mapping.as_ref(), chrono_tz::UTC);
        assert!(matches!(read, Err(ReadError::File(BankFileError::TooMany))), "{read:?}");
    }
    // each cell far to the right, and one long text named in each
    let far = format!("<s>{}</s>", "<row><c r=\"SA1\"><v>1</v></c></row>".repeat(90_000));
    let named = format!("<s><row>{}</row></s>", "<c r=\"A1\" t=\"s\"><v>0</v></c>".repeat(9_000));
    let shared = format!("\0<sst><si><t>{}</t></si></sst>", "x".repeat(30_000));
    for (sheet, why) in [(far, "cells"), (format!("{named}{shared}"), "text")] {
        let read = foreign::workbook(sheet.as_bytes())
            .map(|bytes| subsidy_files::bank_files::read(&bytes, mapping.as_ref(), chrono_tz::UTC));
        let said = format!("{:?}", read.expect("a workbook").map(|found| found.answers.len()));
        assert!(said.contains(&format!("XmlError(\"{why}\")")), "{said}");
    }
}

#[test]
fn each_parser_has_a_target_that_make_torture_runs() {
    let read = |name: &str| fs::read_to_string(place(name)).unwrap();
    let parsers: BTreeSet<String> = PARSERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = read("fuzz/Cargo.toml");
    let bins =
        manifest.split("[[bin]]\nname = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    assert_eq!(bins.collect::<BTreeSet<_>>(), parsers);
    let makefile = read("Makefile").replace("\\\n", " ");
    let listed = makefile.lines().find_map(|line| line.strip_prefix("FUZZ_TARGETS = ")).expect("a list");
    assert_eq!(listed.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>(), parsers);
    let torture = makefile.lines().find(|line| line.starts_with("torture: setup")).expect("a target");
    assert!(torture.split("##").next().unwrap().contains(" fuzz"), "{torture}");
    assert!(makefile.contains("for target in $(FUZZ_TARGETS); do"));
    for name in parsers {
        let target = read(&format!("fuzz/fuzz_targets/{name}.rs"));
        assert!(target.contains(&format!("foreign::{name}(bytes)")), "{target}");
    }
}
