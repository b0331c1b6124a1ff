//! The house keeps its order: who may know whom, what the pure rooms may not do, and where SQL and HTTP live.
//!
//! Reads the sources as text: comments, literals and `#[cfg(test)]` items do not count.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The nouns in their order: one may know those before it.
const NOUNS: [&str; 18] = [
    "agencies",
    "people",
    "erasures",
    "reference_rates",
    "calendar",
    "periods",
    "organisations",
    "programmes",
    "evidence",
    "rentals",
    "usage",
    "loans",
    "prefunds",
    "vouchers",
    "claims",
    "payments",
    "recoveries",
    "reversals",
];

/// What of `http` knows every noun's handlers; the rest of it is what they stand on.
const SERVING: [&str; 12] = [
    "mod",
    "routes",
    "permissions",
    "openapi",
    "write",
    "uploads",
    "imports",
    "render",
    "batches",
    "runs",
    "groups",
    "health",
];

/// The most lines of a file, its tests not counted.
const LINES_MAX: usize = 400;
/// Files that are longer. Empty: a file that grows past the limit is split.
const LONGER: [&str; 0] = [];

/// Where a file stands; one may know only what stands to its left, or beside it in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Domain,
    Ledger,
    /// A noun's types and rules.
    Noun(usize),
    Book,
    Audit,
    Db,
    /// The SQL of the ledger (0) and of the nouns (from 1).
    Store(usize),
    /// The folder of keys.
    Keys,
    /// Files outside the database.
    Objects,
    Engine,
    Reports,
    Auth,
    Http,
    Api,
    Routes,
    Cli,
    Root,
}

impl Place {
    /// The place of a file, by its path under `src`.
    fn of(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
        let (room, rest) = parts.split_first()?;
        let sql = matches!(rest.first(), Some(&"store" | &"queries"));
        // how a noun is shown belongs to its handlers
        let api = rest.first().is_some_and(|file| matches!(*file, "api" | "views") || file.ends_with("_api"));
        Some(match *room {
            "main" | "lib" => Self::Root,
            "domain" => Self::Domain,
            "ledger" if sql => Self::Store(0),
            "ledger" if api => Self::Api,
            "ledger" => Self::Ledger,
            "book" => Self::Book,
            "audit" if api => Self::Api,
            "audit" => Self::Audit,
            "db" => Self::Db,
            "engine" => Self::Engine,
            "reports" if api => Self::Api,
            "reports" => Self::Reports,
            "objects" => Self::Objects,
            "auth" if ["keys", "keyed", "accounts"].iter().any(|file| rest == [*file]) => Self::Keys,
            "auth" => Self::Auth,
            "http" if rest.first().is_some_and(|file| SERVING.contains(file)) => Self::Routes,
            "http" => Self::Http,
            "cli" => Self::Cli,
            noun => {
                let index = NOUNS.iter().position(|n| *n == noun)?;
                if sql {
                    Self::Store(index + 1)
                } else if api {
                    Self::Api
                } else {
                    Self::Noun(index)
                }
            }
        })
    }

    /// No I/O, no clock, no randomness, no log.
    fn is_pure(self) -> bool {
        matches!(self, Self::Domain | Self::Ledger | Self::Noun(_) | Self::Book | Self::Audit)
    }

    fn may_use_diesel(self) -> bool {
        matches!(self, Self::Db | Self::Store(_) | Self::Engine | Self::Reports)
    }

    fn may_use_actix(self) -> bool {
        matches!(self, Self::Http | Self::Api | Self::Routes)
    }
}

/// A source without its comments, literals and tests.
struct Source {
    /// Under `src`, with `/`.
    path: String,
    place: Place,
    /// The module: `["vouchers", "rules"]`.
    module: Vec<String>,
    tokens: Vec<Token>,
    /// Lines before the tests, comments included.
    lines: usize,
    macros: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

impl Source {
    fn complaint(&self, line: usize, text: &str) -> String {
        format!("src/{}:{line}: {text}", self.path)
    }
}

fn house() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    paths.sort();
    let mut sources = Vec::new();
    let mut tests = BTreeSet::new();
    for path in &paths {
        let relative =
            path.strip_prefix(&src).expect("under src").to_str().expect("a plain name").replace('\\', "/");
        let text = fs::read_to_string(path).expect("a source");
        let place =
            Place::of(&relative).unwrap_or_else(|| panic!("src/{relative} has no place in the house"));
        let module = module_of(&relative);
        let (tokens, lines) = without_tests(tokens(&blanked(&text)), &module, &mut tests);
        let exported = text.split("#[macro_export]").skip(1).filter_map(|rest| {
            let name = rest.split_once("macro_rules!")?.1.trim_start();
            Some(name.chars().take_while(|c| is_word(*c)).collect())
        });
        let lines = lines.unwrap_or_else(|| text.lines().count());
        let macros = exported.collect();
        sources.push(Source { path: relative, place, module, tokens, lines, macros });
    }
    sources.retain(|source| !tests.iter().any(|test: &Vec<String>| source.module.starts_with(test)));
    sources
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

fn module_of(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        parts.pop();
    }
    parts
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Comments and the insides of literals as blanks; lines stay where they are.
fn blanked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = literal_end(&chars, i);
        if end > i {
            out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            i = end;
        } else {
            // a word is taken whole, so that the r of `for"` begins no raw literal
            let begin = i;
            while is_word(at(i)) && !matches!((at(i), at(i + 1)), ('r' | 'b', '"' | '#' | '\'')) {
                i += 1;
            }
            i = i.max(begin + 1).min(chars.len());
            out.extend(&chars[begin..i]);
        }
    }
    out
}

/// Where the comment or literal that begins at `i` ends; `i` where none begins.
fn literal_end(chars: &[char], i: usize) -> usize {
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let after = |from: usize, wanted: &str| {
        let wanted: Vec<char> = wanted.chars().collect();
        (from..chars.len())
            .find(|j| chars[*j..].starts_with(&wanted))
            .map_or(chars.len(), |j| j + wanted.len())
    };
    match (at(i), at(i + 1)) {
        ('/', '/') => (i..chars.len()).find(|j| at(*j) == '\n').unwrap_or(chars.len()),
        ('/', '*') => after(i + 2, "*/"),
        ('"', _) => quoted_end(chars, i + 1, '"'),
        ('b', '"') => quoted_end(chars, i + 2, '"'),
        ('b', '\'') => quoted_end(chars, i + 2, '\''),
        ('r', '"' | '#') | ('b', 'r') => {
            let start = if at(i) == 'b' { i + 2 } else { i + 1 };
            let hashes = (start..).take_while(|j| at(*j) == '#').count();
            if at(start + hashes) == '"' {
                after(start + hashes + 1, &format!("\"{}", "#".repeat(hashes)))
            } else {
                i
            }
        }
        // a lifetime has no second quote
        ('\'', '\\') => quoted_end(chars, i + 1, '\''),
        ('\'', _) if at(i + 2) == '\'' => i + 3,
        _ => i,
    }
}

fn quoted_end(chars: &[char], mut i: usize, quote: char) -> usize {
    while let Some(c) = chars.get(i) {
        match c {
            '\\' => i += 2,
            c if *c == quote => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// Words, `::`, and every other character by itself.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            c if c.is_whitespace() => {}
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some(next) = chars.next_if(|c| is_word(*c)) {
                    word.push(next);
                }
                tokens.push(Token { text: word, line });
            }
            ':' if chars.next_if_eq(&':').is_some() => tokens.push(Token { text: "::".to_owned(), line }),
            c => tokens.push(Token { text: c.to_string(), line }),
        }
    }
    tokens
}

/// Takes `#[cfg(test)]` items out, notes the modules that are tests in files of their own, and says how many
/// lines stand before the first of them.
fn without_tests(
    tokens: Vec<Token>,
    module: &[String],
    tests: &mut BTreeSet<Vec<String>>,
) -> (Vec<Token>, Option<usize>) {
    let word = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    let mut kept = Vec::with_capacity(tokens.len());
    let mut lines = None;
    let mut i = 0;
    while i < tokens.len() {
        let is_test =
            ["#", "[", "cfg", "(", "test", ")", "]"].iter().enumerate().all(|(j, w)| word(i + j) == *w);
        if !is_test {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        lines = lines.or(Some(tokens[i].line - 1));
        i += 7;
        while word(i) == "#" {
            i = closing(&tokens, i + 1);
        }
        if word(i) == "mod" && word(i + 2) == ";" {
            tests.insert([module, &[word(i + 1).to_owned()]].concat());
        }
        while i < tokens.len() && word(i) != ";" && word(i) != "{" {
            i += 1;
        }
        i = if word(i) == "{" { closing(&tokens, i) } else { i + 1 };
    }
    (kept, lines)
}

/// Behind the bracket that closes the one at `i`.
fn closing(tokens: &[Token], i: usize) -> usize {
    let mut depth = 0_usize;
    for (j, token) in tokens.iter().enumerate().skip(i) {
        match token.text.as_str() {
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => {
                depth -= 1;
                if depth == 0 {
                    return j + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Every path in the crate that the source names, in full, with its line.
fn imports(source: &Source, children: &BTreeSet<Vec<String>>) -> Vec<(Vec<String>, usize)> {
    let word = |i: usize| source.tokens.get(i).map_or("", |t| t.text.as_str());
    let mut found = Vec::new();
    for i in 0..source.tokens.len() {
        let begins = i == 0 || word(i - 1) != "::";
        let child = || children.contains(&[&source.module[..], &[word(i).to_owned()]].concat());
        let base = match word(i) {
            "crate" if word(i + 1) == "::" => Vec::new(),
            "self" if begins && word(i + 1) == "::" => source.module.clone(),
            "super" if begins && word(i + 1) == "::" => parent(&source.module),
            _ if begins && word(i + 1) == "::" && child() => {
                [&source.module[..], &[word(i).to_owned()]].concat()
            }
            _ => continue,
        };
        tree(source, i + 2, base, &mut found);
    }
    found
}

fn parent(module: &[String]) -> Vec<String> {
    module.split_last().map(|(_, parent)| parent.to_vec()).unwrap_or_default()
}

/// The paths of a use tree that goes on at `i` behind `base::`; returns where it ends.
fn tree(
    source: &Source,
    mut i: usize,
    mut base: Vec<String>,
    found: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    let word = |i: usize| source.tokens.get(i).map_or("", |t| t.text.as_str());
    let line = source.tokens.get(i).map_or(0, |t| t.line);
    loop {
        match word(i) {
            "{" => {
                i += 1;
                while word(i) != "}" && i < source.tokens.len() {
                    i = tree(source, i, base.clone(), found);
                    while word(i) != "," && word(i) != "}" && i < source.tokens.len() {
                        i += 1; // `as name`
                    }
                    if word(i) == "," {
                        i += 1;
                    }
                }
                return i + 1;
            }
            "super" => base = parent(&base),
            "self" | "*" => {}
            name => base.push(name.to_owned()),
        }
        if word(i + 1) != "::" || word(i + 2) == "<" {
            found.push((base, line));
            return i + 1;
        }
        i += 2;
    }
}

/// The place of the longest known module that the path begins with.
fn target<'a>(
    path: &[String],
    files: &'a BTreeMap<Vec<String>, (Place, String)>,
    macros: &'a BTreeMap<String, (Place, String)>,
) -> Option<&'a (Place, String)> {
    (1..=path.len())
        .rev()
        .find_map(|n| files.get(&path[..n]))
        .or_else(|| path.first().and_then(|name| macros.get(name)))
}

#[test]
fn a_file_knows_only_what_stands_to_its_left() {
    let house = house();
    let files: BTreeMap<_, _> = house
        .iter()
        .map(|s| (s.module.clone(), (s.place, s.path.clone())))
        .filter(|(m, _)| !m.is_empty())
        .collect();
    let macros: BTreeMap<_, _> =
        house.iter().flat_map(|s| s.macros.iter().map(|m| (m.clone(), (s.place, s.path.clone())))).collect();
    let modules: BTreeSet<_> = files.keys().cloned().collect();
    let mut complaints = Vec::new();
    let mut seen = 0;
    for source in house.iter().filter(|s| s.place != Place::Root) {
        for (path, line) in imports(source, &modules) {
            let written = path.join("::");
            match target(&path, &files, &macros) {
                None => complaints.push(source.complaint(line, &format!("crate::{written} is nowhere"))),
                Some((place, file)) if *place > source.place => {
                    let text = format!(
                        "knows src/{file} ({place:?}), which stands to its right ({:?})",
                        source.place
                    );
                    complaints.push(source.complaint(line, &text));
                }
                Some(_) => seen += 1,
            }
        }
    }
    complaints.dedup();
    assert!(seen > 300, "only {seen} imports were found: the reader is broken");
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_pure_rooms_do_no_io_read_no_clock_draw_no_number_and_write_no_log() {
    // words by themselves, and words that only count before or behind `::`
    let words = [
        "async",
        "await",
        "tokio",
        "SystemTime",
        "HashMap",
        "HashSet",
        "rand",
        "thread_rng",
        "OsRng",
        "tracing",
        "metrics",
        "println",
        "eprintln",
        "print",
        "eprint",
        "dbg",
        "unsafe",
        "static",
    ];
    let paths = [
        ["Utc", "now"],
        ["Local", "now"],
        ["Instant", "now"],
        ["std", "fs"],
        ["std", "env"],
        ["std", "net"],
        ["std", "io"],
        ["std", "thread"],
        ["std", "process"],
        ["Uuid", "now_v7"],
        ["Uuid", "new_v4"],
    ];
    let mut complaints = Vec::new();
    for source in house().iter().filter(|s| s.place.is_pure()) {
        for (i, token) in source.tokens.iter().enumerate() {
            let word = |n: usize| source.tokens.get(i + n).map_or("", |t| t.text.as_str());
            let lifetime = i > 0 && source.tokens[i - 1].text == "'";
            let macro_call = |name| !matches!(name, "print" | "dbg") || word(1) == "!";
            if words.contains(&token.text.as_str()) && !lifetime && macro_call(token.text.as_str())
                || token.text == "log" && word(1) == "::"
                || paths.iter().any(|[a, b]| token.text == *a && word(1) == "::" && word(2) == *b)
                    // leaves are decoded side by side: no answer depends on it
                    && !(source.place == Place::Audit && word(2) == "thread")
            {
                complaints.push(source.complaint(token.line, &format!("`{}` in a pure room", token.text)));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn sql_lives_in_stores_and_http_in_handlers() {
    let mut complaints = Vec::new();
    for source in &house() {
        for token in &source.tokens {
            let diesel = token.text.starts_with("diesel") || token.text == "tokio_postgres";
            let actix = token.text.starts_with("actix");
            if diesel && !source.place.may_use_diesel() || actix && !source.place.may_use_actix() {
                complaints
                    .push(source.complaint(token.line, &format!("`{}` does not belong here", token.text)));
            }
        }
    }
    complaints.dedup();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn no_file_is_a_drawer_and_none_is_too_long() {
    let drawers = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];
    let mut complaints = Vec::new();
    for source in &house() {
        if source.module.iter().any(|part| drawers.contains(&part.as_str())) {
            complaints.push(format!("src/{} names no noun", source.path));
        }
        if source.lines > LINES_MAX && !LONGER.contains(&source.path.as_str()) {
            complaints.push(format!("src/{} has {} lines, more than {LINES_MAX}", source.path, source.lines));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_reader_sees_through_literals_comments_trees_and_tests() {
    let text = r##"
        // use crate::engine::A;
        /* crate::engine::B */
        use crate::{domain::{Money, dates::{self, Zone as Z}}, rows};
        use super::policy::Caps;
        fn f<'a>(c: char) -> &'a str { let _ = ('"', '\'', r#"crate::engine::C "# , "crate::engine::D \""); "x" }
        fn g() { super::super::book::decide(); crate::audit::leaf::Leaf::<u8>::x() }
        #[cfg(test)]
        #[expect(clippy::all, reason = "…")]
        mod tests { use crate::engine::E; }
        #[cfg(test)]
        mod others;
    "##;
    let mut tests = BTreeSet::new();
    let module = vec!["programmes".to_owned(), "rules".to_owned()];
    let (tokens, _) = without_tests(tokens(&blanked(text)), &module, &mut tests);
    let source = Source {
        path: "programmes/rules.rs".to_owned(),
        place: Place::Noun(4),
        module,
        tokens,
        lines: 0,
        macros: Vec::new(),
    };
    let found: Vec<String> =
        imports(&source, &BTreeSet::new()).into_iter().map(|(p, _)| p.join("::")).collect();
    let expected = [
        "domain::Money",
        "domain::dates",
        "domain::dates::Zone",
        "rows",
        "programmes::policy::Caps",
        "book::decide",
        "audit::leaf::Leaf",
    ];
    assert_eq!(found, expected);
    assert_eq!(tests.into_iter().map(|t| t.join("::")).collect::<Vec<_>>(), ["programmes::rules::others"]);
}
