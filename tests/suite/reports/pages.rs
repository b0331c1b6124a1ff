//! Reports page by page: the pages are the report, in its order, with what was carried; and lines of a document are found
//! without reading the others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{budget, rows, shares, year};
use crate::cli::{Demo, Place};
use crate::support::city::{City, text};
use crate::support::service::send_to;

/// Reads a report page by page.
fn paged(get: &dyn Fn(&str) -> Value, path: &str, limit: usize) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&format!("{path}&limit={limit}{cursor}"));
        assert!(rows(&page).len() <= limit, "{path}");
        found.extend(rows(&page).clone());
        let Some(next) = page["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

#[test]
fn the_pages_of_a_report_are_the_report() {
    let city = City::open("pages", &shares(), "1000000");
    year(&city);
    let get = |path: &str| city.get(path, &city.sun);
    for path in [
        "/v1/reports/account-statement?account=B2001,B2003,B2007",
        "/v1/reports/account-statement?account=B2003&from=2025-02-03&until=2025-03-31",
        "/v1/reports/account-statement?flow=issued&from=2025-01-03",
        "/v1/reports/recalculation?",
        "/v1/reports/exceptions?round_unit=0.01",
        "/v1/reports/sample?seed=2025&interval=7000",
        "/v1/reports/operations?duty=approves",
    ] {
        let whole = get(path);
        assert!(rows(&whole).len() > 2, "{path} has {} rows", rows(&whole).len());
        for limit in [1, 3, 200] {
            assert_eq!(&paged(&get, path, limit), rows(&whole), "{path} by {limit}");
        }
    }
}

#[test]
fn a_page_of_a_report_that_is_summed_as_a_whole_says_what_all_of_it_comes_to() {
    let city = City::open("wholes", &shares(), "1000000");
    year(&city);
    let get = |path: &str| city.get(path, &city.sun);
    for path in [
        "/v1/reports/budget-execution?by=level",
        "/v1/reports/carry-over?fiscal_year=2025",
        "/v1/reports/performance?fiscal_year=2025",
        "/v1/reports/turnovers?by=month,programme",
        "/v1/reports/voucher-rollforward?",
        "/v1/reports/ageing?",
        "/v1/reports/ageing?kind=unredeemed_voucher",
        "/v1/reports/funnel?",
        "/v1/reports/flow?",
        "/v1/reports/overlaps?",
        "/v1/reports/segregation-of-duties?",
        "/v1/reports/permissions?",
    ] {
        let whole = get(path);
        assert_eq!(whole["totals_of"], "report", "{path}");
        assert_eq!(whole["rows_in_all"], rows(&whole).len(), "{path}");
        for limit in [1, 3, 200] {
            assert_eq!(&paged(&get, path, limit), rows(&whole), "{path} by {limit}");
        }
        // sums are those of all rows, and so are the files
        let first = get(&format!("{path}&limit=1"));
        for member in ["totals", "totals_of", "rows_in_all"] {
            assert_eq!(first[member], whole[member], "{path} {member}");
        }
    }
    // whatever is posted and read between two pages, they are of one report; also another process goes on with it
    let another = city.another();
    let beginnings =
        ["budget-execution", "turnovers?by=month", "voucher-rollforward", "ageing", "flow"].map(|name| {
            let path = format!("/v1/reports/{name}{}", if name.contains('?') { "&" } else { "?" });
            (get(&path), get(&format!("{path}limit=1")), path)
        });
    budget(&city, "adjustments", &json!({"amount": "12.34", "document": "调9", "reason": "调剂"}));
    let voucher = city.voucher("2000");
    assert!(rows(&get("/v1/reports/ageing")).iter().any(|row| row["document"] == voucher.as_str()));
    for (whole, first, path) in beginnings {
        let cursor = text(&first, "/next_cursor");
        for service in [&*city.service, &another] {
            let second = service.get(&format!("{path}limit=200&cursor={cursor}"), &city.sun);
            assert_eq!([rows(&first).as_slice(), rows(&second)].concat(), *rows(&whole), "{path}");
            for member in ["as_of", "known_at", "totals", "rows_in_all"] {
                assert_eq!(second[member], whole[member], "{path} {member}");
            }
        }
    }
    let first = get("/v1/reports/flow?limit=1");
    let cursor = text(&first, "/next_cursor");
    city.service.ask(&format!("/v1/reports/ageing?cursor={cursor}"), &city.sun).is(400, "invalid_cursor");
    city.service.ask("/v1/reports/ageing?kind=waiting", &city.sun).is(400, "invalid_query");
    // whatever kind there is, all kinds together are all that is open
    let ageing = get("/v1/reports/ageing");
    let of_kind = |kind: &&str| rows(&get(&format!("/v1/reports/ageing?kind={kind}"))).len();
    let kinds = [
        "unredeemed_voucher",
        "unclaimed_award",
        "overdue_project",
        "unpaid_claim",
        "overdue_advance",
        "receivable",
    ];
    assert_eq!(kinds.iter().map(of_kind).sum::<usize>(), rows(&ageing).len());
}

#[test]
fn a_page_goes_on_with_the_report_of_the_first_page_and_only_where_the_service_said() {
    let city = City::open("goeson", &shares(), "1000000");
    year(&city);
    let path = "/v1/reports/account-statement?account=B2001";
    let whole = city.get(path, &city.sun);
    let first = city.get(&format!("{path}&limit=2"), &city.sun);
    let cursor = text(&first, "/next_cursor");
    // what is posted meanwhile, also of an earlier day, is not in it
    budget(&city, "adjustments", &json!({"amount": "12.34", "document": "调9", "reason": "调剂"}));
    let second = city.get(&format!("{path}&limit=200&cursor={cursor}"), &city.sun);
    assert_eq!([rows(&first).as_slice(), rows(&second)].concat(), *rows(&whole));
    for member in ["as_of", "known_at"] {
        assert_eq!(second[member], whole[member]);
    }
    // the sums are those of the rows that are shown, and of the report where those are all
    assert_eq!([&first["totals_of"], &second["totals_of"], &whole["totals_of"]], ["page", "page", "report"]);
    let sum = |report: &Value| text(report, "/totals/movement");
    assert_ne!(sum(&first), sum(&whole));
    let refused = |path: &str, code: &str| {
        city.service.ask(path, &city.sun).is(400, code);
    };
    // of another report, with other filters, of other making
    refused(&format!("/v1/reports/account-statement?account=B2003&cursor={cursor}"), "invalid_cursor");
    refused(&format!("/v1/reports/recalculation?cursor={cursor}"), "invalid_cursor");
    refused(&format!("{path}&programme=p&cursor={cursor}"), "invalid_cursor");
    for place in [0, cursor.len() / 2, cursor.len() - 3] {
        let mut forged = cursor.clone().into_bytes();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        refused(&format!("{path}&cursor={}", String::from_utf8(forged).unwrap()), "invalid_cursor");
    }
    for wrong in ["", "AAAA", "%E5%88%B8"] {
        refused(&format!("{path}&cursor={wrong}"), "invalid_cursor");
    }
    for limit in ["0", "201", "-1", "x"] {
        refused(&format!("{path}&limit={limit}"), "invalid_query");
    }
    refused(&format!("{path}&limit=5&format=csv"), "invalid_query");
    // another agency has another mark
    let other = City::open("goeselse", &shares(), "1000000");
    other.service.ask(&format!("{path}&cursor={cursor}"), &other.sun).is(400, "invalid_cursor");
}

fn all_claims(get: &dyn Fn(&str) -> Value) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&format!("/v1/claims?limit=200{cursor}"));
        found.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

/// Holds the statement of each document, and of each voucher, to the lines of the whole statement; how many there are.
pub(crate) fn statements_are_parts_of_the_whole(get: &dyn Fn(&str) -> Value) -> [usize; 2] {
    let accounts: Vec<String> = get("/v1/ledger/accounts")["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(one, "/account"))
        .collect();
    let path = format!("/v1/reports/account-statement?account={}", accounts.join(","));
    let whole = get(&path);
    // a balance is of the lines that are read
    let line = |row: &Value| {
        let mut row = row.clone();
        row.as_object_mut().unwrap().remove("balance");
        row
    };
    let mut of_documents: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows(&whole) {
        of_documents.entry(text(row, "/document")).or_default().push(line(row));
    }
    for (document, expected) in &of_documents {
        let found = get(&format!("{path}&document={document}"));
        let found: Vec<Value> = rows(&found).iter().map(line).collect();
        assert_eq!(&found, expected, "{document}");
    }
    let vouchers: BTreeSet<String> = rows(&whole)
        .iter()
        .filter(|row| row["account"] == "B2003" && row["kind"] == "issue_voucher")
        .map(|row| text(row, "/document"))
        .collect();
    let claims = all_claims(get);
    for voucher in &vouchers {
        let of_it = claims.iter().filter(|claim| claim["voucher_id"] == *voucher);
        let own: BTreeSet<String> = of_it.map(|claim| text(claim, "/id")).chain([voucher.clone()]).collect();
        let of_voucher = |row: &&Value| {
            let committed = row["account"] == "B2003" || row["counter_account"] == "B2003";
            committed && own.contains(row["document"].as_str().unwrap_or_default())
        };
        let expected: Vec<Value> = rows(&whole).iter().filter(of_voucher).map(line).collect();
        let found = get(&format!("{path}&voucher={voucher}"));
        assert_eq!(rows(&found).iter().map(line).collect::<Vec<_>>(), expected, "{voucher}");
    }
    // what was before the first day is carried
    let (document, lines) = of_documents.iter().max_by_key(|(_, lines)| lines.len()).unwrap();
    let day = text(lines.last().unwrap(), "/effective_date");
    for filter in [String::new(), format!("&document={document}")] {
        let all = get(&format!("{path}{filter}"));
        let later = get(&format!("{path}{filter}&from={day}"));
        let skipped = rows(&all).len() - rows(&later).len();
        assert_eq!(rows(&all)[skipped..], rows(&later)[..], "{filter} from {day}");
    }
    [of_documents.len(), vouchers.len()]
}

#[test]
fn a_statement_of_a_document_has_all_of_its_lines_and_no_others() {
    let city = City::open("ofone", &shares(), "1000000");
    year(&city);
    let [documents, vouchers] = statements_are_parts_of_the_whole(&|path| city.get(path, &city.sun));
    assert!(documents > 15 && vouchers > 3, "{documents} {vouchers}");
}

#[test]
fn and_so_has_each_of_the_demonstration() {
    let place = Place::new(None);
    let demo = Demo::small(&place);
    for agency in ["beijing_demo", "chengdu_demo"] {
        let token = place.out(&["token", "--agency", agency, "--role", "auditor", "--subject", "sun"]);
        let token = token.lines().last().unwrap().to_owned();
        let [documents, _] = statements_are_parts_of_the_whole(&|path| {
            let answer = send_to(&demo.url, "GET", path, Some(&token), None, &[]).unwrap();
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            answer.json()
        });
        assert!(documents > 4, "{agency} has {documents}");
    }
}
