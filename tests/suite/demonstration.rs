//! The demonstration has something for every list, every state and every person.

use crate::cli::{Place, count, psql};

/// The states that a kind of document can be in, each of which some document of either agency is in.
const STATES: [(&str, &[&str]); 11] = [
    (
        "vouchers",
        &[
            "submitted",
            "reviewed",
            "returned",
            "rejected",
            "issued",
            "partly_redeemed",
            "redeemed",
            "expired",
            "cancelled",
            "suspended",
        ],
    ),
    ("claims", &["draft", "submitted", "reviewed", "returned", "rejected", "withdrawn", "approved", "paid"]),
    ("awards", &["awarded", "accepted", "cancelled"]),
    ("applications", &["draft", "submitted", "passed", "returned", "rejected", "withdrawn", "awarded"]),
    ("recoveries", &["proposed", "approved", "settled", "rejected"]),
    ("payment_batches", &["proposed", "approved", "settled"]),
    ("objections", &["upheld", "dismissed"]),
    ("tags", &["proposed", "approved", "rejected"]),
    ("organisations", &["active", "blocked"]),
    ("usage_imports", &["imported"]),
    ("true_ups", &["proposed", "approved"]),
];

/// How many there are at least, in both agencies.
const COUNTS: [(&str, usize); 14] = [
    ("organisations", 40),
    ("vouchers", 120),
    ("claims", 150),
    ("loans", 20),
    ("rentals", 120),
    ("usage_imports", 30),
    ("evidence", 30),
    ("prefunds", 2),
    ("periods", 12),
    ("cap_groups", 1),
    ("statutory_limits", 1),
    ("rankings", 2),
    ("reversals", 2),
    ("tag_imports", 10),
];

/// What a demonstration that nobody touched yet holds.
pub fn hold(place: &Place) {
    let url = place.out(&["database-url", "--role", "auditor"]);
    let agencies = ["agency_beijing_demo", "agency_chengdu_demo"];
    for (table, least) in COUNTS {
        let rows: usize = agencies
            .iter()
            .map(|agency| count(url.trim(), &format!("{agency}.{table}")).parse::<usize>().unwrap())
            .sum();
        assert!(rows >= least, "{rows} {table}");
    }
    for (table, states) in STATES {
        let of = agencies.map(|agency| format!("SELECT status FROM {agency}.{table}")).join(" UNION ");
        let found = psql(url.trim(), &of).out;
        let missing: Vec<_> =
            states.iter().filter(|state| !found.lines().any(|found| found == **state)).collect();
        assert!(missing.is_empty(), "no {table} are {missing:?}");
    }
    // every month of a year has something posted in it, in either agency
    for agency in agencies {
        let months =
            format!("SELECT count(DISTINCT to_char(effective_date, 'YYYY-MM')) FROM {agency}.entries");
        let months: usize = psql(url.trim(), &months).out.trim().parse().unwrap_or_default();
        assert!(months >= 12, "{agency} has {months} months");
    }
}
