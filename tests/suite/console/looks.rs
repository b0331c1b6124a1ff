//! How every page looks, in a real browser: axe finds nothing, nothing is wider than the screen, the browser complains of
//! nothing. `make test` looks at each page wide and narrow; `make console-test` at every width, look and language.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;

use serde_json::{Value, json};
use subsidy_console::PAGES;

use super::browser::Browser;
use super::journeys::in_tree;
use super::webdriver::Driver;
use super::{PAGE_BYTES_MAX, demonstration};
use crate::cli::{Demo, Place};
use crate::support::tools::not_checked;

/// Where `.ci/setup` puts axe, where npm is.
const AXE: &str = "target/axe/axe.min.js";
/// How many people the sign-in page of the demonstration offers.
const PEOPLE: usize = 13;
/// Addresses of one page that are followed on the way to others.
const FOLLOWED: usize = 2;
/// What whoever is not signed in opens.
const PUBLIC: [&str; 4] = ["/sign-in", "/verify", "/eligibility", "/published?agency=beijing_demo"];

/// The page that an address opens, as the console's table names it.
pub fn page_of(address: &str) -> Option<&'static str> {
    let parts = |path: &'static str| path.split('/').collect::<Vec<_>>();
    let path: Vec<_> = address.split(['?', '#']).next().unwrap_or_default().split('/').collect();
    let is_it = |page: &'static str| {
        let names = parts(page);
        let same = |(name, part): (&&str, &&str)| name.starts_with('{') || name == part;
        names.len() == path.len() && names.iter().zip(&path).all(same)
    };
    // a page that is named whole goes before one with a part to be filled in
    let found = PAGES.iter().map(|page| page.path).filter(|page| is_it(page));
    found.min_by_key(|page| page.matches('{').count()).filter(|page| shows(page))
}

/// A page that is no file.
fn shows(page: &str) -> bool {
    PAGES.iter().any(|one| one.path == page && !one.raw)
}

/// What a page weighs for whoever comes for the first time: its text without pictures, and style, script and icon.
fn weight(html: &str, assets: usize) -> usize {
    let mut parts = html.split("<svg class=\"chart");
    let first = parts.next().map_or(0, str::len);
    let rest = parts.map(|part| part.split_once("</svg>").map_or(0, |(_, rest)| rest.len()));
    assets + first + rest.sum::<usize>()
}

/// The bytes of style, script and icon.
fn assets(base: &str) -> usize {
    let mut browser = Browser::new(base);
    let page = browser.get("/sign-in").html;
    let named: BTreeSet<_> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(named.len(), 3, "{named:?}");
    named.into_iter().map(|asset| browser.get(asset).bytes.len()).sum()
}

/// Where somebody comes by a form and by no link: a leaf that is asked for, a verification, a billing file of some contract.
fn by_form(browser: &mut Browser, thorough: bool) -> Vec<String> {
    let mut found = Vec::new();
    let audit = browser.get("/audit");
    if audit.status == 200 {
        found.push("/audit/entries?sequence=3".to_owned());
    }
    if audit.has_form("/v1/audit/verifications") {
        let form = audit.form("/v1/audit/verifications");
        found.push(browser.submit("/audit", &form, &[]).location);
    }
    if !thorough {
        return found;
    }
    let is_import = |link: &String| link.contains("/usage/imports/");
    let rentals = browser.get("/rentals").links().into_iter().filter(|link| link.starts_with("/rentals/"));
    let mut imports = rentals.map(|rental| browser.get(&rental).links().into_iter().find(is_import));
    found.extend(imports.find_map(|import| import));
    found
}

/// What an address is looked at as: its page, and of the reports each by itself where nothing is left out.
fn looked_at_as(address: &str, thorough: bool) -> Option<String> {
    let page = page_of(address)?;
    let path = address.split(['?', '#']).next().unwrap_or_default();
    Some(if thorough && page == "/reports/{name}" { path.to_owned() } else { page.to_owned() })
}

/// One address of every page that somebody may open, by page; none weighs more than it may.
fn pages_of(base: &str, (person, thorough): (usize, bool), assets: usize) -> BTreeMap<String, String> {
    let mut browser = Browser::signed_in_at(base, person);
    let home = browser.get("/").location;
    let (mut todo, mut seen) = (VecDeque::from([home]), BTreeSet::new());
    todo.extend(by_form(&mut browser, thorough));
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut heaviest = (0, String::new());
    while let Some(address) = todo.pop_front() {
        let page = looked_at_as(&address, thorough);
        let Some(page) = page.filter(|_| seen.insert(address.clone())) else { continue };
        let of_page = found.entry(page).or_default();
        if of_page.len() >= FOLLOWED {
            continue;
        }
        let got = browser.get(&address);
        if got.status != 200 || !got.kind.starts_with("text/html") {
            continue;
        }
        let weight = weight(&got.html, assets);
        assert!(weight <= PAGE_BYTES_MAX, "{address} weighs {weight} bytes");
        heaviest = heaviest.max((weight, address.clone()));
        of_page.push(address);
        let links = got.links().into_iter();
        let links = links.map(|link| link.split('#').next().unwrap_or_default().to_owned());
        let own = |link: &String| !["lang=", "large=", "format="].iter().any(|part| link.contains(part));
        todo.extend(links.filter(own));
    }
    println!("person {person}: {} pages, the heaviest {heaviest:?}", found.len());
    found.into_iter().filter_map(|(page, found)| Some((page, found.first()?.clone()))).collect()
}

/// Who opens what: each page once, by the first who may; and for each person the first page and a case.
fn rounds(base: &str, thorough: bool) -> Vec<(Option<usize>, Vec<String>)> {
    let assets = assets(base);
    let crawl = |person| move || (person, pages_of(base, (person, thorough), assets));
    let found = std::thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE).map(|person| scope.spawn(crawl(person))).collect();
        people.into_iter().map(|crawled| crawled.join().expect("pages")).collect::<Vec<_>>()
    });
    let mut rounds = vec![(None, PUBLIC.map(str::to_owned).to_vec())];
    let mut seen = BTreeSet::new();
    for (person, pages) in found {
        let own = ["/tasks", "/mine", "/claims/{id}"];
        let wanted =
            pages.into_iter().filter(|(page, _)| seen.insert(page.clone()) || own.contains(&page.as_str()));
        rounds.push((Some(person), wanted.map(|(_, address)| address).collect()));
    }
    let pages = PAGES.iter().map(|page| page.path);
    let missing: Vec<_> = pages.filter(|page| shows(page) && !seen.contains(*page)).collect();
    println!("{} pages; nothing in the demonstration leads to {missing:?}", seen.len());
    assert!(seen.len() > 60, "only {} pages: {seen:?}", seen.len());
    rounds
}

/// How a page is looked at.
#[derive(Clone, Copy)]
struct Look {
    width: u32,
    theme: &'static str,
    /// What axe is asked: all of its rules, or fewer where another look has asked the rest.
    rules: Rules,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    All,
    /// Colours are the same at every width.
    ButColours,
    Colours,
    None,
}

const fn look(width: u32, theme: &'static str) -> Look {
    Look { width, theme, rules: Rules::All }
}

const fn look_for(rules: Rules, width: u32, theme: &'static str) -> Look {
    Look { width, theme, rules }
}

/// A browser into every page of which axe is brought.
fn browser_with_axe() -> Option<Driver> {
    let driver = Driver::start(true)?;
    // a long page takes axe a while on a machine that does much else
    driver.send("POST", "/timeouts", &json!({"script": 120_000}));
    match std::fs::read_to_string(in_tree(AXE)) {
        Ok(axe) => {
            driver.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": axe }));
        }
        Err(_) => not_checked("axe", "install npm, then run .ci/setup"),
    }
    Some(driver)
}

/// What is wrong with the page as it is open.
fn complaints(driver: &Driver, look: Look) -> Vec<String> {
    driver.width(look.width);
    driver.theme(look.theme);
    const SCRIPT: &str = "
        var asked = arguments[0], screen = arguments[1], done = arguments[2];
        // innerWidth grows with what is too wide: a telephone zooms out
        var wide = document.documentElement.scrollWidth - screen;
        var said = wide > 1 ? [wide + ' px too wide'] : [];
        if (!window.axe || !asked) { done(said); return; }
        asked.resultTypes = ['violations'];
        axe.run(document, asked).then(function (found) {
            found.violations.forEach(function (one) {
                said.push(one.id + ' ' + one.nodes.map(function (node) { return node.target.join(' '); }).slice(0, 3).join(', '));
            });
            done(said);
        });";
    let asked = match look.rules {
        Rules::All => json!({}),
        Rules::ButColours => json!({"rules": {"color-contrast": {"enabled": false}}}),
        Rules::Colours => json!({"runOnly": {"type": "rule", "values": ["color-contrast"]}}),
        Rules::None => Value::Null,
    };
    let found =
        driver.send("POST", "/execute/async", &json!({"script": SCRIPT, "args": [asked, look.width]}));
    let found = found.as_array().cloned().unwrap_or_default();
    found
        .iter()
        .map(|one| format!("{} {}: {}", look.width, look.theme, Value::as_str(one).unwrap_or_default()))
        .collect()
}

/// Hands the rounds out to two browsers; what they complained of.
fn looked_at(
    rounds: Vec<(Option<usize>, Vec<String>)>,
    visit: impl Fn(&Driver, Option<usize>, &[String]) -> Vec<String> + Sync,
) -> Vec<String> {
    let (todo, said) = (Mutex::new(rounds), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let Some(driver) = browser_with_axe() else { return };
                loop {
                    let Some((person, pages)) = todo.lock().expect("a list").pop() else { return };
                    let found = visit(&driver, person, &pages);
                    said.lock().expect("a list").extend(found);
                }
            });
        }
    });
    said.into_inner().expect("a list")
}

/// Signs somebody in, or nobody.
fn enter(driver: &Driver, base: &str, person: Option<usize>, language: &str) {
    match person {
        Some(person) => driver.enter(base, person, language),
        None => {
            driver.send("DELETE", "/cookie", &json!({}));
            driver.open(&format!("{base}/sign-in?lang={language}"));
        }
    }
}

#[test]
fn axe_finds_nothing_wrong_with_any_page() {
    let (_place, demo) = demonstration();
    let said = looked_at(rounds(&demo.url, false), |driver, person, pages| {
        driver.width(1440);
        enter(driver, &demo.url, person, "zh");
        let mut said = Vec::new();
        for page in pages {
            driver.open(&format!("{}{page}", demo.url));
            let mut found = complaints(driver, look(1440, "light"));
            found.extend(complaints(driver, look_for(Rules::ButColours, 360, "light")));
            found.extend(complaints(driver, look_for(Rules::Colours, 1440, "dark")));
            driver.run("document.documentElement.classList.add('large')", &json!([]));
            let large = complaints(driver, look_for(Rules::None, 360, "light"));
            found.extend(large.into_iter().map(|one| format!("large {one}")));
            found.extend(driver.complaints());
            said.extend(found.into_iter().map(|one| format!("{page} {one}")));
        }
        said
    });
    assert!(said.is_empty(), "\n{}\n", said.join("\n"));
}

#[test]
#[ignore = "make console-test: every page in every look takes minutes"]
fn every_page_is_right_at_every_width_in_every_look_and_language() {
    let place = Place::new(None);
    let demo = Demo::start(&place);
    let rounds = rounds(&demo.url, true);
    let said = looked_at(rounds, |driver, person, pages| {
        let mut said = Vec::new();
        for (language, large) in [("zh", false), ("zh", true), ("en", false), ("en", true)] {
            driver.width(1440);
            enter(driver, &demo.url, person, language);
            driver.open(&format!("{}/verify?large={}", demo.url, u8::from(large)));
            for page in pages {
                driver.open(&format!("{}{page}", demo.url));
                let themes = if large { &["light"][..] } else { &["light", "dark"] };
                for (width, theme) in [360, 768, 1024, 1440]
                    .into_iter()
                    .flat_map(|width| themes.iter().map(move |theme| (width, *theme)))
                {
                    let kind = if large { "large" } else { theme };
                    let found = complaints(driver, look(width, theme));
                    said.extend(found.into_iter().map(|one| format!("{page} {language} {kind} {one}")));
                    if [360, 1440].contains(&width) {
                        let person = person.map_or("nobody".to_owned(), |person| person.to_string());
                        let page = looked_at_as(page, true).unwrap_or_else(|| page.clone());
                        let page = page.split('?').next().unwrap_or_default();
                        let page = page.trim_start_matches('/').replace(['/', '{', '}'], "-");
                        driver.picture(&format!("{page}-{person}-{language}-{kind}-{width}"));
                    }
                }
                said.extend(driver.complaints().into_iter().map(|one| format!("{page} {language}: {one}")));
            }
        }
        said
    });
    assert!(said.is_empty(), "\n{}\n", said.join("\n"));
}
