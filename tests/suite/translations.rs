//! Pages that stand in two languages say the same: headings, what is shown in blocks, tables and names of the one are
//! those of the other. Who adds a row, a block or a name to one is told to add it to the other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A part of a page below a heading, and what of it no language changes.
#[derive(Default)]
struct Section {
    level: usize,
    title: String,
    /// The fenced blocks, with their fences.
    blocks: Vec<String>,
    /// Each table's rows, by the codes in their first cells.
    tables: Vec<Vec<Vec<String>>>,
    /// Every code that the text names.
    codes: BTreeSet<String>,
}

/// What stands between backquotes, blanks of a broken line made one.
fn codes(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(|code| code.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The codes that are the same in every language: names, not sentences.
fn is_name(code: &str) -> bool {
    code.is_ascii()
}

fn sections(page: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let (mut text, mut block, mut in_table) = (String::new(), None::<String>, false);
    let close = |sections: &mut Vec<Section>, text: &mut String| {
        let section = sections.last_mut().unwrap();
        section.codes.extend(codes(text).filter(|code| is_name(code)));
        text.clear();
    };
    for line in page.lines() {
        if let Some(begun) = &mut block {
            begun.push_str(line);
            begun.push('\n');
            if line == "```" {
                sections.last_mut().unwrap().blocks.extend(block.take());
            }
            continue;
        }
        let row = line.strip_prefix('|');
        match row {
            Some(cells) if in_table => {
                let first = cells.split('|').next().unwrap();
                let rows = sections.last_mut().unwrap().tables.last_mut().unwrap();
                rows.push(codes(first).filter(|code| is_name(code)).collect());
            }
            Some(_) => sections.last_mut().unwrap().tables.push(Vec::new()),
            None => {}
        }
        in_table = row.is_some();
        if line.starts_with("```") {
            block = Some(format!("{line}\n"));
        } else if line.starts_with('#') {
            close(&mut sections, &mut text);
            let (marks, title) = line.split_once(' ').unwrap();
            sections.push(Section { level: marks.len(), title: title.to_owned(), ..Section::default() });
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    assert!(block.is_none(), "a block is never closed");
    close(&mut sections, &mut text);
    sections
}

/// What one page says and the other does not, each as a sentence.
fn differences(english: &str, chinese: &str) -> Vec<String> {
    let (english, chinese) = (sections(english), sections(chinese));
    let titles = |sections: &[Section]| {
        sections
            .iter()
            .map(|section| format!("{} {}", "#".repeat(section.level), section.title))
            .collect::<Vec<_>>()
    };
    let levels = |sections: &[Section]| sections.iter().map(|section| section.level).collect::<Vec<_>>();
    if levels(&english) != levels(&chinese) {
        let (english, chinese) = (titles(&english).join("\n"), titles(&chinese).join("\n"));
        return vec![format!("the headings differ:\n{english}\n\n{chinese}")];
    }
    let mut found = Vec::new();
    for (english, chinese) in english.iter().zip(&chinese) {
        let place = format!("\"{}\" ({})", english.title, chinese.title);
        let blocks = english.blocks.iter().zip(&chinese.blocks).find(|(one, other)| one != other);
        if let Some((one, other)) = blocks {
            found.push(format!("{place}: a block differs:\n{one}{other}"));
        } else if english.blocks.len() != chinese.blocks.len() {
            found.push(format!("{place}: {} blocks, {}", english.blocks.len(), chinese.blocks.len()));
        }
        if english.tables.len() != chinese.tables.len() {
            found.push(format!("{place}: {} tables, {}", english.tables.len(), chinese.tables.len()));
        }
        for (one, other) in english.tables.iter().zip(&chinese.tables) {
            let row = one.iter().zip(other).find(|(one, other)| one != other);
            if let Some((one, other)) = row {
                found.push(format!("{place}: a row of a table begins with {one:?}, {other:?}"));
            } else if one.len() != other.len() {
                found.push(format!("{place}: a table has {} rows, {}", one.len(), other.len()));
            }
        }
        let names = |names: &BTreeSet<String>, others: &BTreeSet<String>| {
            names.difference(others).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        let (more, less) = (names(&english.codes, &chinese.codes), names(&chinese.codes, &english.codes));
        if !more.is_empty() {
            found.push(format!("{place}: only in English: {more}"));
        }
        if !less.is_empty() {
            found.push(format!("{place}: only in Chinese: {less}"));
        }
    }
    found
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

#[test]
fn both_languages_of_a_page_say_the_same() {
    let mut names: Vec<_> = std::fs::read_dir(folder().join("zh"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= PAGES.len() && PAGES.iter().all(|page| names.iter().any(|name| name == page)));
    let mut found = Vec::new();
    for name in names {
        let read = |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        let (english, chinese) = (read(folder().join(&name)), read(folder().join("zh").join(&name)));
        let links = |page: &str, link: String| page.lines().take(4).any(|line| line == link);
        assert!(
            links(&english, format!("[中文](zh/{name})")),
            "docs/{name} names no Chinese page at its top"
        );
        assert!(links(&chinese, format!("[English](../{name})")), "docs/zh/{name} names no English page");
        let differ = differences(&english, &chinese);
        found.extend(
            differ.into_iter().map(|difference| format!("docs/{name}, docs/zh/{name}: {difference}")),
        );
    }
    assert!(found.is_empty(), "Say in one language what stands in the other:\n{}", found.join("\n"));
}

/// The pages that have to stand in both languages.
const PAGES: &[&str] = &[
    "auditors.md",
    "claims.md",
    "console.md",
    "erp.md",
    "export-format.md",
    "first-day.md",
    "operators.md",
    "policies.md",
    "programme-files.md",
    "sign-in.md",
    "usage.md",
];

#[test]
fn what_one_language_lacks_is_named() {
    let english = "# A\n\n| a | b |\n|---|---|\n| `x` | one |\n\n```sh\nls\n```\n\nNames `code`.\n";
    let chinese = "# 甲\n\n| 甲 | 乙 |\n|---|---|\n| `x` | 一 |\n\n```sh\nls\n```\n\n名为 `code`。\n";
    assert_eq!(differences(english, chinese), Vec::<String>::new());
    let lacks = |from: &str, to: &str| differences(&english.replacen(from, to, 1), chinese).join("\n");
    assert!(lacks("`x` | one |\n", "`x` | one |\n| `y` | two |\n").contains("3 rows, 2"));
    assert!(lacks("`x`", "`y`").contains("begins with [\"y\"], [\"x\"]"));
    assert!(lacks("ls", "ls -l").contains("a block differs"));
    assert!(lacks("`code`", "`code` and `more`").contains("only in English: `more`"));
    assert!(lacks("Names", "## B\n\nNames").contains("the headings differ"));
}

/// Where a page leads to in this repository is there; of the guides, so is the code that they name.
#[test]
fn links_of_the_pages_lead_somewhere() {
    let root = folder();
    let root = root.parent().unwrap();
    let pages = |folder: &Path| {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect::<Vec<_>>()
    };
    for page in [root.to_owned(), folder(), folder().join("zh")].iter().flat_map(|folder| pages(folder)) {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            let is_here = !path.contains("://") && !path.is_empty() && !path.contains([' ', '…', '"']);
            assert!(!is_here || page.parent().unwrap().join(path).exists(), "{}: {link}", page.display());
        }
        for code in sections(&text).iter().flat_map(|section| &section.codes) {
            let is_path =
                ["crates/", "src/", "tests/", "docs/", "config/"].iter().any(|from| code.starts_with(from));
            let is_guide = PAGES.iter().any(|name| page.ends_with(name));
            let is_path = is_guide && is_path && !code.contains([' ', '*', '<', '{', '…']);
            assert!(!is_path || root.join(code).exists(), "{}: {code} is not there", page.display());
        }
    }
}
