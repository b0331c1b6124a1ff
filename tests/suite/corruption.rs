//! Exports corrupted at random: every corruption is found and its place named; clean exports raise no alarm.
//!
//! The seed is printed; `SUBSIDY_LEDGER_SEED=N` repeats a run. `make torture` does a thousand.

use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::support::seed::seed;
use crate::support::written::{self, Folder, export};
use subsidy_core::audit::bundle;
use subsidy_core::audit::export::Damage;
use subsidy_proofs::exports::{Depth, Trust, check};

/// What was done to an export, and what is to be said of it.
#[derive(Debug)]
struct Corruption {
    #[allow(dead_code, reason = "shown where a corruption is not found or misnamed")]
    done: String,
    file: String,
    /// For bundles of entries: the first bad sequence.
    sequence: Option<u64>,
}

/// What a file is made of: parts that can be dropped, swapped, inserted.
struct Parts {
    parts: Vec<Vec<u8>>,
    /// The first part's sequence, in a bundle.
    first: Option<u64>,
}

impl Parts {
    fn of(file: &str, bytes: &[u8]) -> Self {
        let lines = || bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        if let Some(rest) = file.strip_prefix("tile/entries/") {
            let index: u64 = rest[..3].parse().expect("few bundles");
            let leaves = bundle::split(bytes).expect("a bundle");
            return Self { parts: leaves.into_iter().map(pushed).collect(), first: Some(index * 256) };
        }
        let parts =
            if file.starts_with("tile/") { bytes.chunks(32).map(<[u8]>::to_vec).collect() } else { lines() };
        Self { parts, first: None }
    }

    /// The sequence of the part that holds a byte; of the end, the sequence after the last.
    fn sequence_at(&self, byte: usize) -> Option<u64> {
        let mut end = 0;
        let before = self.parts.iter().take_while(|part| {
            end += part.len();
            end <= byte
        });
        self.sequence(before.count())
    }

    fn sequence(&self, part: usize) -> Option<u64> {
        self.first.map(|first| first + u64::try_from(part).expect("few"))
    }
}

fn pushed(leaf: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bundle::push(&mut bytes, leaf).expect("short");
    bytes
}

/// All files of an export by what they are: entries, tiles, checkpoint and key, tables.
fn kinds(folder: &Path) -> [Vec<String>; 4] {
    let mut all = Vec::new();
    walk(folder, folder, &mut all);
    all.sort();
    let mut kinds = [const { Vec::new() }; 4];
    for file in all {
        let kind = match file.split('/').collect::<Vec<_>>()[..] {
            ["tile", "entries", ..] => 0,
            ["tile", ..] => 1,
            ["tables", ..] => 3,
            _ => 2,
        };
        kinds[kind].push(file);
    }
    kinds
}

fn walk(root: &Path, folder: &Path, all: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(root, &path, all);
        } else {
            all.push(path.strip_prefix(root).expect("below").display().to_string());
        }
    }
}

/// Corrupts one file in one way that changes it.
fn corrupt(folder: &Path, random: &mut StdRng) -> Corruption {
    let kinds = kinds(folder);
    loop {
        let kind = &kinds[random.gen_range(0..kinds.len())];
        let file = kind[random.gen_range(0..kind.len())].clone();
        let path = folder.join(&file);
        let bytes = fs::read(&path).expect("a file");
        if let Some(corruption) = corrupted(&file, &path, &bytes, random)
            && fs::read(folder.join(&corruption.file)).ok() != Some(bytes)
        {
            return corruption;
        }
    }
}

fn corrupted(file: &str, path: &PathBuf, bytes: &[u8], random: &mut StdRng) -> Option<Corruption> {
    let parts = Parts::of(file, bytes);
    let said = |done: String, sequence| Some(Corruption { done, file: file.to_owned(), sequence });
    let write = |bytes: Vec<u8>| fs::write(path, bytes).expect("written");
    if bytes.is_empty() {
        return None;
    }
    let (one, other) = (random.gen_range(0..parts.parts.len()), random.gen_range(0..parts.parts.len()));
    match random.gen_range(0..7) {
        0 => {
            let bit = random.gen_range(0..bytes.len() * 8);
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            write(bytes);
            said(format!("bit {bit} flipped"), parts.sequence_at(bit / 8))
        }
        1 => {
            let left = random.gen_range(0..bytes.len());
            write(bytes[..left].to_vec());
            said(format!("truncated to {left} bytes"), parts.sequence_at(left))
        }
        2 => {
            fs::remove_file(path).expect("gone");
            said("removed".to_owned(), parts.sequence(0))
        }
        3 => {
            let mut kept = parts.parts.clone();
            kept.remove(one);
            write(kept.concat());
            said(format!("part {one} dropped"), parts.sequence(one))
        }
        4 => {
            let mut swapped = parts.parts.clone();
            swapped.swap(one, other);
            write(swapped.concat());
            said(format!("parts {one} and {other} swapped"), parts.sequence(one.min(other)))
        }
        5 => {
            let mut new: Vec<u8> = (0..32).map(|_| random.r#gen()).collect();
            if parts.first.is_some() {
                new = pushed(&new);
            }
            let mut inserted = parts.parts.clone();
            inserted.insert(one, new);
            write(inserted.concat());
            said(format!("a part inserted at {one}"), parts.sequence(one))
        }
        _ => stray(file, path, bytes),
    }
}

/// A file that no export of this size has, beside one that it has.
fn stray(file: &str, path: &Path, bytes: &[u8]) -> Option<Corruption> {
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    let known = file.starts_with("tile/") || file.starts_with("tables/");
    known.then(|| {
        fs::write(folder.join(format!("{name}x")), bytes).expect("written");
        Corruption { done: "a stray file".to_owned(), file: format!("{file}x"), sequence: None }
    })
}

fn verdict(folder: &Path) -> Result<(), Damage> {
    check(folder, &Trust::default(), Depth::Replay, |_| ()).expect("a verdict").map(|_| ())
}

fn names(damage: &Damage, corruption: &Corruption) -> bool {
    let sequence = damage.sequence.map(|sequence| sequence.number());
    damage.file == corruption.file && corruption.sequence.is_none_or(|expected| sequence == Some(expected))
}

async fn torture(corruptions: usize, clean: usize) {
    let seed = seed();
    let (mut random, test) = (StdRng::seed_from_u64(seed), written::ledger().await);
    let mut good = Vec::new();
    for _ in 0..clean {
        let (folder, _) = export(&test).await;
        assert_eq!(verdict(&folder.0), Ok(()), "a clean export raises no alarm");
        good.push(folder);
        good.truncate(3);
    }
    let (mut unseen, mut misnamed) = (Vec::new(), Vec::new());
    for round in 0..corruptions {
        let folder: Folder = good[round % good.len()].copy();
        let corruption = corrupt(&folder.0, &mut random);
        match verdict(&folder.0) {
            Ok(()) => unseen.push(corruption),
            Err(damage) if names(&damage, &corruption) => {}
            Err(damage) => misnamed.push((corruption, damage)),
        }
    }
    let named = corruptions - unseen.len() - misnamed.len();
    println!(
        "{corruptions} corruptions: {} not found, {named} named right; {clean} clean exports",
        unseen.len()
    );
    println!("misnamed: {misnamed:#?}");
    assert!(unseen.is_empty(), "seed {seed}, not found: {unseen:#?}");
    assert!(misnamed.len() * 100 <= corruptions, "seed {seed}, misnamed: {misnamed:#?}");
}

#[tokio::test]
async fn corrupted_exports_are_found_and_clean_ones_raise_no_alarm() {
    torture(60, 5).await;
}

#[tokio::test]
#[ignore = "minutes: make torture"]
async fn a_thousand_corrupted_exports_are_found_and_a_hundred_clean_ones_raise_no_alarm() {
    torture(1_000, 100).await;
}
