//! What the compiler cannot see of the house: who may speak SQL and serve HTTP, how long a file is, and what it is called.
//!
//! The order of the crates is the manifests', to which `docs/architecture.md` is held; that nothing in `crates/core` reads
//! a clock, a file or chance is held by `crates/core/clippy.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// The most lines of a file, its tests not counted.
const LINES_MAX: usize = 400;

/// The sources of a folder, each with its text.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join(folder), &mut paths);
    paths.sort();
    let source = |path: &PathBuf| {
        let name = path.strip_prefix(root).expect("under the root").display().to_string();
        (name, fs::read_to_string(path).expect("a source"))
    };
    paths.iter().map(source).collect()
}

/// The folders of the crates, each with its slash: the service's own is the root.
fn crates() -> Vec<String> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut folders: Vec<_> =
        entries.map(|entry| format!("crates/{}/", name(entry).to_string_lossy())).collect();
    folders.push(String::new());
    folders
}

/// What stands before the tests of a file.
pub fn code(text: &str) -> &str {
    text.split("\n#[cfg(test)]").next().unwrap_or_default()
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
fn only_the_interface_and_its_pages_serve_http_and_they_know_no_sql() {
    let speaks_sql = ["store", "files", "proofs", "reports"].map(|name| format!("crates/{name}/"));
    let speaks_http = ["http", "console"].map(|name| format!("crates/{name}/"));
    let mut complaints = Vec::new();
    for folder in crates() {
        let found = dependencies(&format!("{folder}Cargo.toml"));
        assert!(found.len() > 5, "{folder}: the manifest was not read");
        let names = |start: &str| found.iter().any(|name| name.starts_with(start));
        let sql = names("diesel") || names("tokio-postgres");
        if sql != speaks_sql.contains(&folder) {
            complaints.push(format!("{folder}: SQL {sql}"));
        }
        let http = names("actix");
        if http != speaks_http.contains(&folder) {
            complaints.push(format!("{folder}: HTTP {http}"));
        }
    }
    for (name, text) in sources("crates/files/src") {
        if !name.starts_with("crates/files/src/billing_files/") && code(&text).contains("diesel") {
            complaints.push(format!("{name} knows SQL"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_architecture_says_which_crates_each_knows() {
    const PAGE: &str = include_str!("../../docs/architecture.md");
    let mut above = BTreeSet::new();
    let crates_of = PAGE.split("\n## ").next().expect("a head").lines();
    for line in crates_of.filter(|line| line.starts_with("| `crates/") || line.starts_with("| `src/`")) {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, folder, _, known, _] = cells.as_slice() else { panic!("{line}") };
        let folder = if *folder == "src/" { "" } else { folder };
        let manifest = Path::new(folder).join("Cargo.toml");
        let own = dependencies(&manifest.to_string_lossy()).into_iter();
        let own = own.filter_map(|name| name.strip_prefix("subsidy-").map(ToOwned::to_owned));
        let told = match *known {
            "nothing else" => BTreeSet::new(),
            "all above" => above.clone(),
            some => some.split(", ").map(|name| name.trim_matches('`').replace("src/", "ledger")).collect(),
        };
        assert_eq!(own.collect::<BTreeSet<_>>(), told, "{line}");
        above.insert(folder.trim_start_matches("crates/").to_owned());
    }
    assert_eq!(above.len(), crates().len());
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
        let lines = code(&text).lines().count();
        if lines > LINES_MAX {
            complaints.push(format!("{name} has {lines} lines, more than {LINES_MAX}"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The files of one crate by their modules, and what the one that is read names of the others.
struct Reader<'a> {
    files: &'a BTreeSet<Vec<String>>,
    module: Vec<String>,
    named: BTreeSet<Vec<String>>,
}

impl Reader<'_> {
    /// Takes a path of the crate, whole: the longest of its beginnings that is a file is what it names.
    fn take(&mut self, path: &[String]) {
        let mut base = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("super" | "self") => self.module.clone(),
            Some(name) if self.files.contains(&[&self.module[..], &[name.to_owned()]].concat()) => {
                [&self.module[..], &[name.to_owned()]].concat()
            }
            _ => return,
        };
        for part in &path[usize::from(path[0] != "super")..] {
            if part == "super" {
                base.pop();
            } else {
                base.push(part.clone());
            }
        }
        let file = (0..=base.len()).rev().map(|n| &base[..n]).find(|module| self.files.contains(*module));
        self.named.extend(file.filter(|file| *file != self.module).map(<[String]>::to_vec));
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let after = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &after(&path.ident)),
            syn::UseTree::Name(name) if name.ident == "self" => self.take(before),
            syn::UseTree::Name(name) => self.take(&after(&name.ident)),
            syn::UseTree::Rename(name) => self.take(&after(&name.ident)),
            syn::UseTree::Glob(_) => self.take(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, before)),
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // a module that hands on what its files define needs them as a contents page does
        if matches!(item.vis, syn::Visibility::Inherited) {
            self.tree(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.take(&segments);
        }
        syn::visit::visit_path(self, path);
    }

    /// Tests may look at what they like; a module within a file is no file.
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}
}

/// What each file of a crate names of the others, by their modules.
fn named_by(folder: &str) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let module = |name: &str| {
        let path = name.trim_start_matches(folder).trim_matches('/').trim_end_matches(".rs");
        let parts = path.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main"));
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let sources = sources(folder);
    let files: BTreeSet<_> = sources.iter().map(|(name, _)| module(name)).collect();
    let read = |(name, text): &(String, String)| {
        let mut reader = Reader { files: &files, module: module(name), named: BTreeSet::new() };
        reader.visit_file(&syn::parse_file(text).expect("Rust"));
        (reader.module, reader.named)
    };
    sources.iter().map(read).collect()
}

/// All files that a file names, and that those name, and so on.
fn reached(from: &[String], named: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> BTreeSet<Vec<String>> {
    let (mut reached, mut left) = (BTreeSet::new(), vec![from.to_vec()]);
    while let Some(module) = left.pop() {
        let next = named.get(&module).into_iter().flatten().filter(|next| !reached.contains(*next));
        let next: Vec<_> = next.cloned().collect();
        reached.extend(next.iter().cloned());
        left.extend(next);
    }
    reached
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut circles = BTreeSet::new();
    for folder in crates() {
        let folder = &format!("{folder}src");
        let mut named = named_by(folder);
        assert!(named.len() > 10, "{folder} was not read");
        // a folder's own file holds what its files share and calls them: they are one room with a table of contents
        for (module, names) in &mut named {
            names.retain(|name| !name.starts_with(module) && !module.starts_with(name));
        }
        let reach: BTreeMap<_, _> = named.keys().map(|module| (module, reached(module, &named))).collect();
        for (module, there) in &reach {
            let circle = there.iter().filter(|other| reach[*other].contains(*module));
            let circle: Vec<_> = circle.map(|other| other.join("::")).collect();
            if !circle.is_empty() {
                circles.insert(format!("{folder}: {}", circle.join(", ")));
            }
        }
    }
    let circles: Vec<_> = circles.into_iter().collect();
    assert!(circles.is_empty(), "\n{}\n", circles.join("\n"));
}
