//! A month that is delivered more than once: what replaces, what adds, and who has to say so.

use crate::support::city::shows;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::service::{Answer, send_bytes};
use super::{Meter, at, errors, file, row};

const FIRST: &[u8] = include_bytes!("../../fixtures/focus/clouds/focus-1.4.csv");
const RESTATED: &[u8] = include_bytes!("../../fixtures/focus/clouds/focus-1.4-restated.csv");

fn id(answer: &Answer) -> String {
    answer.json()["import_id"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
}

/// A rate of 1 for a dollar: what the file says is what it comes to.
fn at_par(city: &Meter) {
    city.rate("2026-01-01", "1");
}

fn months(city: &Meter) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let usage = city.usage();
    let totals = usage["totals"].as_array().unwrap().iter();
    totals.map(|one| (text(&one["month"]), text(&one["amount"]))).collect()
}

fn sums(may: &str, june: &str) -> Vec<(String, String)> {
    vec![("2026-05".to_owned(), may.to_owned()), ("2026-06".to_owned(), june.to_owned())]
}

#[test]
fn a_restated_month_is_asked_what_it_is_and_counts_once() {
    let city = Meter::open("restated");
    at_par(&city);
    let first = city.bring("", FIRST).expect(201);
    assert_eq!(
        first.json()["deliveries"],
        json!([
            {"billing_period": "2026-05", "rows": 2, "billed_total": "15.00", "incomplete": [], "replaced_by": null,
                "charged_from": "2026-05-01T00:00:00.000000Z", "charged_until": "2026-05-03T00:00:00.000000Z"},
            {"billing_period": "2026-06", "rows": 2, "billed_total": "10.00", "incomplete": [], "replaced_by": null,
                "charged_from": "2026-06-01T00:00:00.000000Z", "charged_until": "2026-06-03T00:00:00.000000Z"},
        ])
    );
    // the same bytes again bring nothing, and are no overlap
    let again = city.bring("", FIRST);
    let counts = ["accepted", "repeated", "rejected"].map(|name| again.json()[name].clone());
    assert_eq!((again.status, counts), (201, [json!(0), json!(4), json!(0)]), "{}", again.text);

    let refused = city.bring("", RESTATED);
    let body = refused.json();
    assert_eq!((refused.status, &body["code"]), (409, &json!("delivery_overlaps")), "{body}");
    shows(&body, json!({"import_id": id(&first), "before": "25.00", "after": "23.00"}));
    shows(&body, json!({"difference": "-2.00"}));
    assert_eq!(months(&city), sums("15.00", "10.00"), "nothing of it counts");
    city.bring(&format!("?replaces={}", city.rental), RESTATED).is(422, "replaces_nothing");

    let replaces = format!("?replaces={}", id(&first));
    let preview = city.bring(&format!("{replaces}&dry_run=true"), RESTATED).json();
    assert_eq!((&preview["dry_run"], &preview["status"]), (&json!(true), &json!("imported")));
    let restated = city.bring(&replaces, RESTATED);
    assert_eq!((restated.status, &restated.json()["status"]), (201, &json!("imported")), "{}", restated.text);
    assert_eq!(months(&city), sums("13.00", "10.00"));
    assert_eq!(city.usage()["data"].as_array().unwrap().len(), 4, "rows that count no more are not shown");
    let path = format!("{}/imports/{}", city.path(), id(&first));
    let old = city.get(&path, &city.lin);
    shows(&old, json!({"status": "replaced", "deliveries/0/replaced_by": id(&restated)}));
    // what was replaced is no longer there to be replaced; brought again, it meets what took its place
    assert_eq!(city.bring(&replaces, RESTATED).json()["code"], json!("replaces_nothing"));
    assert_eq!(city.bring("", FIRST).json()["import_id"], json!(id(&restated)));
    assert!(city.verify().contains("verified"));
}

#[test]
fn a_replacement_takes_the_place_of_the_months_that_it_brings_and_of_no_other() {
    let city = Meter::open("partly");
    at_par(&city);
    let first = city.bring("", FIRST);
    let text = std::str::from_utf8(RESTATED).unwrap();
    // header and the two rows of May
    let may = text.lines().take(3).collect::<Vec<_>>().join("\n");
    let body = city.bring("", may.as_bytes()).json();
    assert_eq!([&body["before"], &body["after"]], [&json!("15.00"), &json!("13.00")], "of May alone");
    city.bring(&format!("?replaces={}", id(&first)), may.as_bytes()).expect(201);
    assert_eq!(months(&city), sums("13.00", "10.00"), "June stands");
    let old = city.get(&format!("{}/imports/{}", city.path(), id(&first)), &city.lin);
    assert_eq!((&old["status"], &old["deliveries"][1]["replaced_by"]), (&json!("imported"), &Value::Null));
    assert!(city.verify().contains("verified"));
}

#[test]
fn parts_of_a_month_follow_one_another_and_what_adds_counts_what_it_repeats_once() {
    let city = Meter::open("parts");
    let day = |day: u32, resource: &str, cost: &str| {
        let (from, until) =
            (format!("2024-09-{day:02}T00:00:00Z"), format!("2024-09-{:02}T00:00:00Z", day + 1));
        row(&[
            ("ChargePeriodStart", &from),
            ("ChargePeriodEnd", &until),
            ("ResourceId", resource),
            ("BilledCost", cost),
        ])
    };
    // day by day, nothing meets anything
    assert_eq!(city.taken("", &file(&[day(1, "a", "1")])).0, 1);
    assert_eq!(city.taken("", &file(&[day(2, "a", "2")])).0, 1);
    // another month's bill that charges for the same day is no delivery of the same billing period
    let october = day(2, "a", "-0.25").replace("2024-10-01T00:00:00Z", "2024-11-01T00:00:00Z").replacen(
        "2024-09-01T00:00:00Z",
        "2024-10-01T00:00:00Z",
        1,
    );
    assert_eq!(city.taken("", &file(&[october])).0, 1);
    // another account's rows of the same days, with one that is there already
    let other = file(&[day(1, "a", "1"), day(1, "b", "4"), day(2, "b", "8")]);
    assert_eq!(city.bring("", &other).json()["code"], json!("delivery_overlaps"));
    assert_eq!(city.taken("?adds=true", &other), (2, 1, 0, "12.00".to_owned()));
    assert_eq!(city.usage()["billed_total"], json!("14.75"));
    // a restatement of one of them meets the other: it says that it adds to it
    let path = format!("{}/imports", city.path());
    let imports = city.get(&path, &city.lin);
    let first = imports["data"][0]["import_id"].as_str().unwrap().to_owned();
    let restated = file(&[day(1, "a", "1.5")]);
    let refused = city.bring(&format!("?replaces={first}"), &restated);
    assert_eq!(refused.json()["code"], json!("delivery_overlaps"), "{}", refused.text);
    let taken = city.taken(&format!("?replaces={first}&adds=true"), &restated);
    assert_eq!(taken, (1, 0, 0, "1.50".to_owned()));
    assert_eq!(city.usage()["billed_total"], json!("15.25"));
    assert!(city.verify().contains("verified"));
}

#[test]
fn rows_that_were_refused_leave_their_month_incomplete_until_it_is_brought_whole() {
    let city = Meter::open("incomplete");
    let wrong = row(&[("BilledCost", "x"), ("ResourceId", "gpu-2")]);
    // no month can be read of it: it may be of any that the file brings
    let lost = row(&[("ChargePeriodStart", "?"), ("BillingPeriodStart", "?"), ("ResourceId", "gpu-3")]);
    let bytes = file(&[row(&[]), wrong, lost]);
    let first = city.bring("?mode=lenient", &bytes);
    let body = first.json();
    assert_eq!(body["deliveries"][0]["incomplete"], json!([{"month": "2024-09", "rows": 2}]), "{body}");
    assert_eq!(errors(&body)[0], at(2, "BilledCost", "invalid_number"));
    assert_eq!(city.usage()["incomplete"], json!([{"month": "2024-09", "rows": 2}]));
    // the same bytes again say nothing new
    assert_eq!(city.taken("?mode=lenient", &bytes), (0, 1, 2, "0.00".to_owned()));
    assert_eq!(city.usage()["incomplete"], json!([{"month": "2024-09", "rows": 2}]));
    // brought whole in its place, the month is complete
    let whole = [row(&[]), row(&[("ResourceId", "gpu-2")]), row(&[("ResourceId", "gpu-3")])];
    city.bring(&format!("?replaces={}", id(&first)), &file(&whole)).expect(201);
    let usage = city.usage();
    assert_eq!((&usage["incomplete"], &usage["billed_total"]), (&json!([]), &json!("3.75")));
    assert!(city.verify().contains("verified"));
}

/// What brings a month: its rows, and how often each part of it is delivered.
#[derive(Debug, Clone)]
struct Restated {
    /// Cents of each resource, delivery by delivery, each whole.
    deliveries: Vec<Vec<u32>>,
    /// Which of the deliveries comes when; it replaces what counts then.
    order: Vec<usize>,
}

fn restated() -> impl Strategy<Value = Restated> {
    let delivery = proptest::collection::vec(1_u32..100_000, 1..5);
    proptest::collection::vec(delivery, 1..4).prop_flat_map(|deliveries| {
        let any = proptest::collection::vec(0..deliveries.len(), 1..5);
        (Just(deliveries), any).prop_map(|(deliveries, order)| Restated { deliveries, order })
    })
}

#[test]
fn a_restated_month_comes_to_the_restated_sum_whatever_the_order_of_deliveries() {
    static CONTRACTS: AtomicUsize = AtomicUsize::new(0);
    let city = Meter::open("orders");
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&restated(), |Restated { deliveries, order }| {
            let number = format!("P-{}", CONTRACTS.fetch_add(1, Ordering::SeqCst));
            let city = city.another(&number);
            let bytes = |which: usize| {
                let cost = |cents: &u32| format!("{}.{:02}", cents / 100, cents % 100);
                let resource = |at: usize| format!("gpu-{at}");
                let rows = deliveries[which]
                    .iter()
                    .enumerate()
                    .map(|(at, cents)| row(&[("BilledCost", &cost(cents)), ("ResourceId", &resource(at))]));
                file(&rows.collect::<Vec<_>>())
            };
            let (mut counting, mut current): (Option<String>, Option<usize>) = (None, None);
            for which in &order {
                let file = bytes(*which);
                let mut answer = city.bring("", &file);
                let same = current.is_some_and(|known| bytes(known) == file);
                if answer.status == 409 {
                    // whoever is asked says that it replaces what the answer names
                    let named = answer.json()["import_id"].as_str().unwrap().to_owned();
                    prop_assert_eq!(Some(&named), counting.as_ref());
                    answer = city.bring(&format!("?replaces={named}"), &file);
                }
                prop_assert_eq!(answer.status, 201, "{}", answer.text);
                if !same {
                    (counting, current) = (Some(id(&answer)), Some(*which));
                }
                let cents: u32 = deliveries[current.unwrap()].iter().sum();
                let whole = format!("{}.{:02}", cents / 100, cents % 100);
                prop_assert_eq!(&city.usage()["billed_total"], &json!(whole));
            }
            Ok(())
        })
        .unwrap();
    assert!(city.verify().contains("verified"));
}

#[test]
fn the_provider_replaces_its_own_and_a_stranger_sees_nothing() {
    let city = Meter::open("whose");
    at_par(&city);
    let first = city.bring_as(&city.cloud, "", "first", FIRST).expect(201);
    let path = format!("{}/imports/{}", city.path(), id(&first));
    let stranger = city.token(&city.agency, "provider", "other", Some(super::OTHER_CLOUD));
    assert_eq!(city.status(&path, &stranger), 404);
    let other = city.another("C-9");
    let elsewhere = format!("{}/imports/{}", other.path(), id(&first));
    assert_eq!(city.status(&elsewhere, &city.lin), 404, "it is of another contract");
    let headers = [("Idempotency-Key", "no"), ("Content-Type", "application/json")];
    let approve = format!("{path}/approve");
    send_bytes(&city.base, "POST", &approve, &city.chen, b"{}", &headers).0.is(409, "wrong_state");
}
