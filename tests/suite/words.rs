//! One word, one meaning: the names of types are made of the words of `docs/glossary.md`, and words that meant several
//! things do not come back.

use std::collections::{BTreeMap, BTreeSet};

use crate::house::{code, sources};

const GLOSSARY: &str = include_str!("../../docs/glossary.md");

/// Where types are no nouns of the field: values, the chart, the log, the book and the forms of OpenAPI.
const NO_NOUNS: &[&str] = &["audit", "book", "domain", "ledger", "schema", "xml.rs"];

/// The language's own words: what every program has, and what commands and states are called.
const OWN_WORDS: &str = "
    accept amount apply approve base billed business by category ceiling cell charge close column confirm correction
    counted counts create date directory effect erase expense expire facts file finding findings for format found header history
    ids imported incomplete issue item known legal limits load log looks lost mapping matched media mode move moved movement
    name named need node off offsetting origin outline owed participation parties party points project proposal propose question raise ratio
    read receive record refused register reject released remind reopen replaced resolve reversed review row rows rule
    semantics settle share signed size sniffer span spans state statement statements subsidy switch taken terms text title
    type used whole write
";

/// Names that meant several things, or nothing outside this house; each has a word of the glossary now.
const RETIRED: &[&str] = &[
    "Borrowing",
    "Fold",
    "Ground",
    "Grounds",
    "Guess",
    "Later",
    "Lease",
    "LeaseError",
    "Reach",
    "Sight",
    "Slots",
    "Verb",
    "asked_back",
    "around",
    "billed",
    "borrowing",
    "cuts",
    "fold",
    "given_back",
    "grounds",
    "leases",
    "pot",
    "put",
    "room_api",
    "answer_api",
    "sheet_cuts",
    "slots",
    "usages",
    "uses",
    "verb",
];

/// Participles that types were called by: each says what happened to a thing, and leaves open what the thing is.
const PARTICIPLES: &[&str] = &[
    "asked", "became", "brought", "done", "found", "held", "kept", "known", "made", "said", "seen", "sent",
    "taken", "told", "took", "used", "wanted", "written",
];

/// The words of a name of a type, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if !c.is_ascii_uppercase() => word.push(c),
            Some(_) | None => words.push(c.to_ascii_lowercase().to_string()),
        }
    }
    words
}

/// Each `struct`, `enum`, `trait`, `type` or `mod` that the lines of a text define, with what it is.
fn defined(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let public =
            ["pub ", "pub(super) ", "pub(crate) "].iter().find_map(|public| line.strip_prefix(public));
        let (what, rest) = public.unwrap_or(line).split_once(' ')?;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        ["struct", "enum", "trait", "type", "mod"].contains(&what).then_some((what, name))
    })
}

/// The words that the glossary explains: those of its English column, and of the types that it names.
fn glossary() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for line in GLOSSARY.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, _, english, meaning, types, _] = cells.as_slice() else { panic!("{line}") };
        let letters = english.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
        known.extend(letters.filter(|word| !word.is_empty()));
        let named = [meaning, types].into_iter().flat_map(|cell| cell.split('`').skip(1).step_by(2));
        known.extend(named.flat_map(words));
    }
    known
}

#[test]
fn the_names_of_nouns_are_words_of_the_glossary() {
    let mut known = glossary();
    assert!(known.len() > 100, "only {} words were read", known.len());
    known.extend(OWN_WORDS.split_whitespace().map(ToOwned::to_owned));
    let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut names = 0;
    for (file, text) in sources("crates/core/src") {
        let folder = file.trim_start_matches("crates/core/src/").split('/').next().unwrap_or_default();
        if NO_NOUNS.contains(&folder) {
            continue;
        }
        let public: String =
            code(&text).lines().filter(|line| line.starts_with("pub ")).map(|l| format!("{l}\n")).collect();
        for (_, name) in defined(&public).filter(|(what, _)| *what != "mod") {
            names += 1;
            let unknown = words(name).into_iter().filter(|word| {
                let singular = word.strip_suffix('s').unwrap_or(word);
                !known.contains(word) && !known.contains(singular)
            });
            for word in unknown {
                missing.entry(word).or_default().insert(name.to_owned());
            }
        }
    }
    assert!(names > 200, "only {names} types were found");
    assert!(missing.is_empty(), "docs/glossary.md does not know {missing:#?}");
}

#[test]
fn every_type_of_the_glossary_is_there() {
    let all: Vec<_> = ["src", "crates"].into_iter().flat_map(sources).collect();
    let there: BTreeSet<&str> =
        all.iter().flat_map(|(_, text)| defined(code(text))).map(|(_, name)| name).collect();
    let named =
        GLOSSARY.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split('|').nth(4));
    let named = named.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let types = named.filter(|name| name.chars().any(|c| c.is_ascii_lowercase()) && !name.contains("::"));
    let gone: Vec<&str> = types.filter(|name| !there.contains(name)).collect();
    assert!(gone.is_empty(), "the glossary names {gone:?}, which no file defines");
}

#[test]
fn retired_words_do_not_come_back() {
    let mut back = Vec::new();
    for (file, text) in ["src", "crates"].into_iter().flat_map(sources) {
        let found = defined(code(&text)).filter(|(_, name)| RETIRED.contains(name));
        back.extend(found.map(|(what, name)| format!("{file}: {what} {name}")));
    }
    assert!(back.is_empty(), "{back:#?}");
}

#[test]
fn types_are_nouns() {
    let mut participles = Vec::new();
    for (file, text) in ["src", "crates"].into_iter().flat_map(sources) {
        let types = defined(code(&text)).filter(|(what, _)| *what != "mod");
        let last = |name: &str| words(name).pop().unwrap_or_default();
        let found = types.filter(|(_, name)| PARTICIPLES.contains(&last(name).as_str()));
        participles.extend(found.map(|(what, name)| format!("{file}: {what} {name}")));
    }
    assert!(participles.is_empty(), "{participles:#?}");
}
