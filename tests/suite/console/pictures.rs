//! Pictures on the demonstration: every mark leads somewhere and says what it is, and a table below says the same.

use std::time::{Duration, Instant};

use super::browser::{Browser, Page, unescaped};
use super::{demonstration, first, has_chinese};

const LENDING: &str = "/programmes/shanghai-interest-subsidy-2027";

/// The pictures of a page.
fn pictures(page: &Page) -> Vec<&str> {
    let parts = page.html.split("<svg class=\"chart").skip(1);
    parts.map(|part| part.split("</svg>").next().expect("an end")).collect()
}

/// Marks that are links; each says what it is, by a title for those who point and by a name for those who listen.
fn marks(picture: &str) -> Vec<String> {
    let links: Vec<&str> = picture.split("<a href=\"").skip(1).collect();
    for link in &links {
        let link = link.split("</a>").next().expect("an end");
        assert!(link.contains("aria-label=\"") && link.contains("<title>"), "{link}");
    }
    links.iter().map(|link| link.split('"').next().expect("an address").replace("&amp;", "&")).collect()
}

#[test]
fn every_mark_of_a_picture_leads_to_its_rows() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let claim = first(&officer.get("/claims").links(), "/claims/");
    let links = officer.get("/rentals").links();
    let mut is_used =
        |path: &&String| path.starts_with("/rentals/") && officer.get(path).html.contains("id=\"used\"");
    let rental = links.iter().find(|path| is_used(path)).expect("a contract with usage").clone();
    let mut drawn = Vec::new();
    for (path, headings) in [
        ("/dashboard", &["id=\"by-month\"", "id=\"funnel\"", "id=\"flow\""][..]),
        (LENDING, &["id=\"forecast\""]),
        (&rental, &["id=\"used\""]),
    ] {
        let page = officer.get(path);
        assert_eq!(page.status, 200, "{path}");
        for heading in headings {
            assert!(page.html.contains(heading), "{path} lacks {heading}");
        }
        let pictures = pictures(&page);
        assert!(pictures.len() >= headings.len(), "{path}");
        for picture in pictures {
            let marks = marks(picture);
            assert!(!marks.is_empty(), "{path}: {picture}");
            drawn.extend(marks.into_iter().map(|mark| match mark.strip_prefix('#') {
                // the row of the table below
                Some(row) => {
                    assert!(page.html.contains(&format!("id=\"{row}\"")), "{path} lacks {row}");
                    path.to_owned()
                }
                None => unescaped(&mark),
            }));
        }
        assert!(page.html.contains("<table"), "{path} says its numbers");
    }
    drawn.sort();
    drawn.dedup();
    for mark in drawn {
        assert_eq!(officer.get(&mark).status, 200, "{mark}");
    }
    // each step of a history leads to its leaf, and says how long it took
    let page = officer.get(&claim);
    let steps: Vec<_> = page.links().into_iter().filter(|link| link.starts_with("/audit/entries/")).collect();
    assert!(steps.len() > 1 && page.html.contains("距上一步"), "{}", page.html);
    for step in steps {
        assert_eq!(officer.get(&step).status, 200, "{step}");
    }
    // in English nothing of it is Chinese but names; a stranger sees no budget's forecast
    officer.get("/dashboard?lang=en");
    assert!(officer.get("/dashboard").html.contains("Flow of money"));
    let page = officer.get("/dashboard");
    let legend = page.html.split("class=\"legend\"").nth(1).and_then(|rest| rest.split("</p>").next());
    assert!(legend.is_some_and(|legend| legend.contains("adjusted budget") && !has_chinese(legend)));
    let mut enterprise = Browser::signed_in(&demo.url, "李航");
    let page = enterprise.get(LENDING);
    assert_eq!((page.status, page.html.contains("id=\"forecast\"")), (200, false));
}

#[test]
fn an_auditor_begins_a_verification_and_sees_its_end_without_a_script() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    assert!(!officer.get("/audit").has_form("/v1/audit/verifications"));
    let mut auditor = Browser::signed_in(&demo.url, "孙静");
    let form = auditor.get("/audit").form("/v1/audit/verifications");
    let sent = auditor.submit("/audit", &form, &[]);
    assert_eq!(sent.status, 303, "{}", sent.html);
    assert!(sent.location.starts_with("/audit/verifications/"), "{}", sent.location);
    let began = Instant::now();
    let done = loop {
        let page = auditor.get(&sent.location);
        assert_eq!(page.status, 200, "{}", page.html);
        if page.html.contains("核验通过") {
            break page;
        }
        assert!(page.html.contains("<progress") && page.refresh == "2", "{}", page.html);
        let still = auditor.get(&format!("{}?still=1", sent.location));
        assert_eq!(still.refresh, "", "whoever reads is not interrupted");
        assert!(began.elapsed() < Duration::from_secs(60), "{}", page.html);
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(done.refresh, "");
    assert!(done.html.contains("subsidy-ledger/beijing_demo") || done.html.contains("beijing_demo"));
    // everybody inside sees it
    assert!(officer.get("/audit").links().contains(&sent.location));
    assert_eq!(officer.get(&sent.location).status, 200);
}
