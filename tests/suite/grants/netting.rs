//! Whatever the rules, what was paid and what the project is entitled to: an award's postings net to what was paid.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::reports::pages::statements_are_parts_of_the_whole;
use crate::support::seed::seed;
use crate::support::service::Service;

fn fen(amount: &str) -> i64 {
    amount.replace('.', "").parse().expect("fen")
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// A few tranches of random parts, which make a hundred; the last waits for the acceptance, or not.
fn tranches(rng: &mut StdRng) -> Value {
    let count = rng.gen_range(1..4);
    let mut left = 100_000_000;
    let tranche = |place: i64| {
        let part = if place + 1 == count { left } else { rng.gen_range(1..=left - (count - place)) };
        left -= part;
        let on = if place + 1 == count && rng.gen_bool(0.7) { "acceptance" } else { "award" };
        json!({"name": format!("第{place}款"), "percent": format!("{}.{:06}", part / 1_000_000, part % 1_000_000), "on": on})
    };
    (0..count).map(tranche).collect()
}

/// The first award of a city of its own, taken to its end by chance; what the books say of it then.
fn play(service: &Arc<Service>, number: usize, rng: &mut StdRng) {
    let city = City::found(service, &format!("net{number}"), &city::rules(json!({})), "100000");
    let shares =
        json!([{"level": "city", "percent": "66.666667"}, {"level": "district", "percent": "33.333333"}]);
    let tranches = tranches(rng);
    let more =
        json!({"prefund": rng.gen_bool(0.5), "ratio_percent": "100", "tranches": tranches, "shares": shares});
    city.programme_of("grant", "g", &rules(&more), "10000000");
    let amount = rng.gen_range(100..200_000_000);
    let award = award(&city, &yuan(amount));
    let before = |one: &&Value| one["on"] == "award" && rng.gen_bool(0.7);
    let mut paid = 0;
    for one in tranches.as_array().expect("tranches").iter().filter(before).collect::<Vec<_>>() {
        let of = city.get(&format!("/v1/awards/{award}"), &city.sun);
        let own = of["tranches"].as_array().expect("tranches").iter().find(|t| t["name"] == one["name"]);
        let due = fen(&text(own.expect("it is there"), "/amount"));
        if due == 0 {
            continue;
        }
        let claim = tranche(&city, &award, &text(one, "/name"));
        city.paid(&[&claim], AFTER);
        paid += due;
        if rng.gen_bool(0.3) {
            let back = rng.gen_range(1..=due);
            city.recovery(&claim, &yuan(back), &json!({}));
            paid -= back;
        }
    }
    let entitled = [0, amount, rng.gen_range(0..=amount)][rng.gen_range(0..3)];
    let settled = accept(&city, &award, &yuan(entitled), "partly");
    let settled = |name: &str| fen(&text(&settled, &format!("/settled/{name}")));
    assert_eq!(settled("paid"), paid);
    paid -= settled("recovered");
    let last = tranches.as_array().and_then(|all| all.last()).expect("the last");
    if settled("due") > 0 {
        let claim = tranche(&city, &award, &text(last, "/name"));
        city.paid(&[&claim], AFTER);
        paid += settled("due");
    }
    assert!(paid <= entitled, "{paid} of {entitled}");
    let [promised, owed, spent, receivable, advances, owing, grants] = city
        .ledger(["B2006", "B2007", "B2008", "F1212", "F1214", "F2302", "F5001.04"])
        .map(|balance| fen(&balance));
    assert_eq!([promised, owed, advances, owing], [0, 0, 0, 0], "nothing of it is open");
    assert_eq!(
        (grants, spent - receivable),
        (paid, paid),
        "what it cost is what was paid and not asked back"
    );
    let found = city.get("/v1/programmes/g", &city.sun)["budget"].clone();
    assert_eq!(fen(&text(&found, "/available")) + spent, 1_000_000_000, "the rest is there again");
    let [documents, _] = statements_are_parts_of_the_whole(&|path| city.get(path, &city.sun));
    assert!(documents > 2, "{documents}");
    city.verifies();
}

#[test]
fn an_awards_postings_net_to_what_was_paid() {
    let service = Arc::new(Service::start());
    let mut rng = StdRng::seed_from_u64(seed());
    for number in 0..6 {
        play(&service, number, &mut rng);
    }
}
