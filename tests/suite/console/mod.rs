//! The console over HTTP, as a browser without a script meets it, on the demonstration.

mod accounts;
mod batches;
pub mod browser;
mod interest;
mod journeys;
mod keyboard;
mod limits;
mod looks;
mod old_browsers;
mod papers;
mod parties;
mod pictures;
mod provider;
mod webdriver;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::cli::{Demo, Place, psql};
use browser::Browser;

/// Everybody of the demonstration.
const PEOPLE: [&str; 10] = ["王文", "陈立", "李航", "赵云", "周宁", "孙静", "吴维", "高安", "何川", "林岳"];

/// What stands in Chinese pages because it is called so: kinds of files, accounts of the demonstration.
const KNOWN: [&str; 14] = [
    "xlsx",
    "parquet",
    "json",
    "from",
    "until",
    "hledger",
    "docs",
    "demo",
    "officer",
    "approver",
    "expert",
    "beancount",
    // an agency names its lists itself
    "software",
    "manufacturing",
];

/// The most bytes of a page.
const PAGE_BYTES_MAX: usize = 120_000;

/// A demonstration that nobody else uses, of a few cases.
fn demonstration() -> (Place, Demo) {
    let place = Place::new(None);
    let demo = Demo::small(&place);
    (place, demo)
}

/// The first link of a page that begins so.
fn first(links: &[String], with: &str) -> String {
    let found = links.iter().find(|link| link.starts_with(with) && link.len() > with.len());
    found
        .unwrap_or_else(|| panic!("no link to {with} among {links:?}"))
        .split('#')
        .next()
        .expect("a path")
        .to_owned()
}

fn has_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Words of English in what a Chinese page says, beside what machines are meant to read.
fn english_words(html: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut skip_to: Option<String> = None;
    for piece in html.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.split([' ', '/']).next().unwrap_or_default().to_owned();
        if let Some(end) = &skip_to {
            if tag.starts_with('/') && tag[1..].starts_with(end.as_str()) {
                skip_to = None;
            } else {
                continue;
            }
        } else if ["pre", "code", "script", "option", "textarea"].contains(&name.as_str())
            || tag.contains("class=\"code")
            || tag.contains("lang=\"en\"")
        {
            skip_to = Some(name);
            continue;
        }
        // numbers of vouchers, and addresses on papers
        let text = text.replace("beijing-compute-voucher", "");
        if text.contains("://") {
            continue;
        }
        let letters = |word: &&str| {
            word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        words.extend(
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(letters).map(str::to_owned),
        );
    }
    words
}

#[test]
fn every_link_of_every_page_leads_somewhere_for_everybody() {
    let place = Place::new(None);
    let demo = Demo::start(&place);
    std::thread::scope(|scope| {
        for name in PEOPLE {
            scope.spawn(|| follow_links(&demo.url, name));
        }
    });
}

/// What an address is of: its page with what stands in the place of ids left out, and what it filters by.
fn shape(path: &str) -> String {
    let (page, filters) = path.split_once('?').unwrap_or((path, ""));
    let names = filters.split('&').map(|filter| filter.split('=').next().unwrap_or_default());
    let page = looks::page_of(page).unwrap_or(page);
    // each report is a page of its own
    let page = if page == "/reports/{name}" { path.split('?').next().unwrap_or_default() } else { page };
    format!("{page}?{}", names.collect::<Vec<_>>().join("&"))
}

/// Follows the links of one person, two of each shape: more of them are of the same page.
fn follow_links(base: &str, name: &str) {
    let mut browser = Browser::signed_in(base, name);
    let home = browser.get("/").location;
    let (mut todo, mut seen) = (VecDeque::from([home]), BTreeSet::new());
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    // reports with their filters have no end: what is not seen after so many has been seen in another shape
    while let Some(path) = todo.pop_front().filter(|_| seen.len() < 200) {
        if seen.contains(&path) {
            continue;
        }
        let followed = shapes.entry(shape(&path)).or_default();
        *followed += 1;
        if *followed > 2 || !seen.insert(path.clone()) {
            continue;
        }
        let page = browser.get(&path);
        if path == "/" {
            assert_eq!(page.status, 303);
            continue;
        }
        assert_eq!(page.status, 200, "{name} {path}: {}", page.html);
        if !page.kind.starts_with("text/html") {
            continue;
        }
        assert!(page.html.len() < PAGE_BYTES_MAX, "{name} {path} has {} bytes", page.html.len());
        let (_, main) = page.html.split_once("<h1").unwrap_or_default();
        let main = main.split("<details class=\"calls\">").next().unwrap_or_default();
        // what an agency calls its lists has underscores, as codes have: none of them is in a report
        let is_said = |word: &String| {
            !KNOWN.contains(&word.as_str()) && (path.starts_with("/reports/") || !word.contains('_'))
        };
        let said: Vec<_> = english_words(main).into_iter().filter(is_said).collect();
        // leaves show what the log itself says
        if !path.starts_with("/audit") {
            assert!(said.is_empty(), "{name} {path} says {said:?}");
        }
        assert!(!page.html.contains(" style=") && !page.html.contains(" onclick"), "{name} {path}");
        let links = page.links().into_iter().map(|link| link.split('#').next().unwrap().to_owned());
        let own = |link: &String| {
            // a paper as PDF wants a font, which a machine may lack
            !["lang=", "large=", "format=pdf"].iter().any(|part| link.contains(part))
                && !link.starts_with("/docs")
        };
        todo.extend(links.filter(own));
    }
    println!("{name}: {} pages of {} shapes", seen.len(), shapes.len());
    assert!(seen.len() > 5, "{name} finds {seen:?} alone");
}

#[test]
fn what_a_role_may_not_read_is_neither_in_its_menu_nor_behind_an_address() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let links = officer.get("/vouchers").links();
    let foreign: Vec<_> = links.iter().filter(|link| link.starts_with("/vouchers/")).cloned().collect();
    let mut bank = Browser::signed_in(&demo.url, "周宁");
    assert_eq!(bank.get("/vouchers").status, 403);
    assert_eq!(bank.get("/reports").status, 403);
    assert!(!bank.get("/tasks").links().contains(&"/vouchers".to_owned()));
    let mut enterprise = Browser::signed_in(&demo.url, "李航");
    let own: BTreeSet<_> = enterprise.get("/vouchers").links().into_iter().collect();
    let (mine, others): (Vec<_>, Vec<_>) = foreign.into_iter().partition(|link| own.contains(link));
    assert!(!mine.is_empty() && !others.is_empty());
    for path in others {
        assert_eq!(enterprise.get(&path).status, 404, "{path}");
    }
    let mut nobody = Browser::new(&demo.url);
    for path in ["/tasks", "/claims", "/me", "/reports/trial-balance"] {
        let page = nobody.get(path);
        assert_eq!((page.status, page.location.starts_with("/sign-in?next=")), (303, true), "{path}");
    }
}

#[test]
fn a_form_is_a_write_of_the_api_and_what_is_wrong_stands_at_its_field() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let claim = first(&officer.get("/tasks").links(), "/claims/");
    let page = officer.get(&claim);
    let form = page.form("/review");

    // without the reason that a return needs, nothing happens and what is missing stands at the field
    let refused = officer.submit(&claim, &form, &[("/decision", "return"), ("/reason", "")]);
    assert_eq!(refused.status, 422, "{}", refused.html);
    assert!(refused.html.contains("id=\"problem\"") && refused.html.contains("autofocus"));
    assert!(refused.html.contains("怎么办"), "{}", refused.html);
    assert!(
        refused.html.contains("aria-invalid=\"true\" aria-describedby=\"f-reason-e\""),
        "{}",
        refused.html
    );

    // what another person would see: the officer neither approves nor is offered to
    assert!(!page.has_form("/approve"));

    // passed, the browser is sent on; the same form sent twice counts once
    let form = refused.form("/review");
    let passed = officer.submit(&claim, &form, &[("/decision", "pass")]);
    assert_eq!(passed.status, 303, "{}", passed.html);
    assert!(passed.location.starts_with(&format!("{claim}?done=")), "{}", passed.location);
    let again = officer.submit(&claim, &form, &[("/decision", "pass")]);
    assert_eq!((again.status, again.location), (303, passed.location.clone()));
    assert!(officer.get(&passed.location).html.contains("待批准"));

    // a form that was shown before somebody else acted is refused, and the page shows what is there now
    let mut stale = form.clone();
    stale.insert(".key".to_owned(), "another".to_owned());
    let stale = officer.submit(&claim, &stale, &[("/decision", "reject"), ("/reason", "写了很久的理由")]);
    assert_eq!(stale.status, 412, "{}", stale.html);
    assert!(stale.html.contains("写了很久的理由") && stale.html.contains("待批准"));

    // the approver is offered what is left to do, and the officer's part stands in the history
    let mut approver = Browser::signed_in(&demo.url, "陈立");
    let page = approver.get(&claim);
    assert!(page.html.contains("审核申领") && page.html.contains("王文"));
    let form = page.form("/approve");
    let refused = approver.submit(&claim, &form, &[("/effective_date", "soon")]);
    assert!([400, 422].contains(&refused.status), "{}", refused.html);
    assert!(
        refused.html.contains("value=\"soon\"") && refused.html.contains("f-effective-date-e"),
        "{}",
        refused.html
    );
    let approved = approver.submit(&claim, &refused.form("/approve"), &[]);
    assert_eq!(approved.status, 303, "{}", approved.html);
}

#[test]
fn four_eyes_are_told_in_place_of_the_form() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let programme = "/programmes/beijing-compute-voucher";
    let form = officer.get(programme).form("/appropriations");
    let wrong = officer.submit(
        programme,
        &form,
        &[("/amount", "1e6"), ("#/fiscal_year", "2025"), ("/document", "增拨第 1 号")],
    );
    assert_eq!(wrong.status, 422, "{}", wrong.html);
    assert!(wrong.html.contains("value=\"1e6\"") && wrong.html.contains("f-amount-e"), "{}", wrong.html);
    let fields = [("/amount", "250000.00"), ("#/fiscal_year", "2025"), ("/document", "增拨第 1 号")];
    assert_eq!(officer.submit(programme, &wrong.form("/appropriations"), &fields).status, 303);
    assert!(!officer.get(programme).html.contains("/approve\""));
    let mut approver = Browser::signed_in(&demo.url, "陈立");
    let page = approver.get(programme);
    let (_, change) = page.html.split_once("/appropriations/").expect("a form to approve it");
    let approve = format!("{}/approve", &change[..36]);
    assert_eq!(approver.submit(programme, &page.form(&approve), &[]).status, 303);
    assert!(approver.get(programme).html.contains("50,250,000.00"));
}

#[test]
fn a_session_ends_when_it_is_told_to_when_it_is_idle_and_in_the_end() {
    let (place, demo) = demonstration();
    let owner = place.out(&["database-url", "--role", "owner"]);
    let sql = |sql: &str| assert_eq!(psql(owner.trim(), sql).code, 0, "{sql}");
    for change in [
        "UPDATE sessions SET seen_at = seen_at - interval '31 minutes'",
        "UPDATE sessions SET ends_at = began_at",
        // who may write to the database signs nobody in by it
        "UPDATE sessions SET roles = '[\"approver\"]'",
        "UPDATE sessions SET subject = subject || '-2'",
        "UPDATE sessions SET ends_at = ends_at + interval '1 day'",
        "DELETE FROM sessions",
    ] {
        let mut browser = Browser::signed_in(&demo.url, "王文");
        assert_eq!(browser.get("/tasks").status, 200);
        sql(change);
        assert_eq!(browser.get("/tasks").status, 303, "{change}");
    }
    let mut browser = Browser::signed_in(&demo.url, "王文");
    let (token, csrf) =
        (browser.cookies["session"].clone(), browser.get("/me").after("name=\".csrf\"", "value"));
    let stored =
        psql(owner.trim(), "SELECT encode(token_sha256, 'escape') || agency || subject FROM sessions");
    assert!(!stored.out.contains(&token) && stored.out.contains("demo-officer"), "{}", stored.out);
    assert_eq!(browser.post("/sign-out", &[(".csrf", "x")]).status, 403);
    assert_eq!(browser.post("/sign-out", &[(".csrf", &csrf)]).location, "/sign-in");
    browser.cookies.insert("session".to_owned(), token);
    assert_eq!(browser.get("/tasks").status, 303);
}

#[test]
fn a_form_of_somebody_whose_session_ended_comes_back_after_signing_in() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let claim = first(&officer.get("/tasks").links(), "/claims/");
    let form = officer.get(&claim).form("/review");
    // another site's form, and one without the token, do nothing
    let mut foreign = form.clone();
    foreign.insert(".csrf".to_owned(), "guessed".to_owned());
    assert_eq!(officer.submit(&claim, &foreign, &[("/decision", "pass")]).status, 403);

    officer.cookies.clear();
    let door = officer.submit(&claim, &form, &[("/decision", "return"), ("/reason", "写了一半的意见")]);
    assert_eq!(door.status, 401);
    assert!(door.html.contains("写了一半的意见"));
    let csrf = door.after("name=\".csrf\"", "value");
    let fields = [
        (".csrf", csrf.as_str()),
        (".person", "0"),
        (".next", claim.as_str()),
        (".write", form[".write"].as_str()),
        ("/reason", "写了一半的意见"),
    ];
    let back = officer.post("/sign-in", &fields);
    assert_eq!(back.status, 200, "{}", back.html);
    assert!(
        back.html.contains("写了一半的意见</textarea>") && back.html.contains("尚未提交"),
        "{}",
        back.html
    );
    let returned =
        officer.submit(&claim, &back.form("/review"), &[("/decision", "return"), ("/reason", "写完的意见")]);
    assert_eq!(returned.status, 303, "{}", returned.html);
    assert!(officer.get(&claim).html.contains("写完的意见"));
}

#[test]
fn people_sign_in_with_a_token_and_pages_speak_their_language() {
    let (place, demo) = demonstration();
    let token = ["token", "--agency", "beijing_demo", "--role", "auditor", "--subject", "zheng"];
    let token = place.out(&token);
    let mut browser = Browser::new(&demo.url);
    let csrf = browser.get("/sign-in").after("name=\".csrf\"", "value");
    let wrong = browser.post("/sign-in", &[(".csrf", &csrf), (".token", "eyJ")]);
    assert_eq!((wrong.status, wrong.html.contains("token-e")), (401, true));
    // what is no place of the console is not gone to
    let next = "//elsewhere.example";
    let fields = [(".csrf", csrf.as_str()), (".token", token.trim()), (".next", next)];
    assert_eq!(browser.post("/sign-in", &fields).location, "/tasks");
    let page = browser.get("/reports/trial-balance");
    assert!(page.html.contains("试算平衡") && page.html.contains("zheng"));
    assert_eq!(browser.get("/reports/trial-balance?lang=en").location, "/reports/trial-balance");
    let page = browser.get("/reports/trial-balance");
    let main = page.html.split("<h1").nth(1).expect("a page");
    assert!(page.html.contains("lang=\"en\"") && !has_chinese(main), "{main}");
    assert_eq!(browser.get("/me?large=1").status, 303);
    assert!(browser.get("/me").html.contains("class=\"large\""));
    let csv = browser.get("/reports/trial-balance?format=csv");
    assert_eq!((csv.status, csv.kind.starts_with("text/csv")), (200, true));
    assert_eq!(browser.get("/nowhere").status, 404);
}
