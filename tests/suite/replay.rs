//! Replay without a database: the leaves of earlier releases, and leaves that somebody altered.

use crate::support::scenario;

use proptest::prelude::*;
use subsidy_core::audit::replay::{BadLeaf, Replay};
use subsidy_core::domain::Sequence;

const LEAVES_V1: &str = include_str!("../fixtures/leaves-v1.jsonl");
const ROOT_V1: &str = "ab23df4c88c81c74335269b258bacb89e17dbdbdcdaea2db17152c49b5d0bd21";
const BALANCES_V1: &[(&str, &str)] = &[
    ("B1001", "20000.00"),
    ("B1001", "50000.00"),
    ("B1001", "500000.00"),
    ("B1001", "4979999.99"),
    ("B2001", "15000.00"),
    ("B2001", "40000.00"),
    ("B2001", "498799.99"),
    ("B2001", "3955059.44"),
    ("B2003", "1002666.94"),
    ("B2004", "0.00"),
    ("B2005", "0.00"),
    ("B2006", "3000.00"),
    ("B2007", "2000.00"),
    ("B2007", "1200.01"),
    ("B2007", "14156.83"),
    ("B2008", "10000.00"),
    ("B2008", "6616.78"),
    ("B2009", "1500.00"),
    ("F1212", "40.00"),
    ("F1214", "2000.00"),
    ("F1214", "8750.00"),
    ("F2302", "2000.00"),
    ("F2302", "1200.01"),
    ("F2302", "6656.66"),
    ("F2302", "7500.17"),
    ("F4001", "10000.00"),
    ("F4001", "6616.78"),
    ("F5001.01", "20733.61"),
    ("F5001.02", "1200.01"),
    ("F5001.03", "1250.00"),
    ("Y6001", "10000.00"),
    ("Y6001", "6616.78"),
    ("Y7101", "10000.00"),
    ("Y7101", "6616.78"),
];

fn replayed<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Result<Replay, BadLeaf> {
    let mut replay = Replay::new(None);
    for leaf in leaves {
        replay.step(leaf)?;
    }
    replay.finish()?;
    Ok(replay)
}

fn lines() -> Vec<&'static [u8]> {
    LEAVES_V1.lines().map(str::as_bytes).collect()
}

fn root(replay: &Replay) -> String {
    hex::encode(replay.frontier().root())
}

#[test]
fn leaves_of_release_1_replay_for_ever() {
    let replay = replayed(lines()).expect("every leaf verifies");
    let balances: Vec<_> =
        replay.book().balances.iter().map(|(key, sum)| (key.account.code(), sum.to_string())).collect();
    let balances: Vec<_> = balances.iter().map(|(account, sum)| (*account, sum.as_str())).collect();
    assert_eq!((root(&replay).as_str(), balances.as_slice()), (ROOT_V1, BALANCES_V1));
    assert!(replay.next() > Sequence::new(256), "more than a tile");
}

/// Run it with `--ignored` to begin the fixture of a new form; those of old forms stay as they are.
#[test]
#[ignore = "writes tests/fixtures"]
fn write_the_leaves() {
    let text: Vec<String> =
        scenario::leaves().into_iter().map(|leaf| String::from_utf8(leaf).unwrap()).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/leaves-v1.jsonl");
    std::fs::write(path, text.join("\n") + "\n").unwrap();
}

#[test]
fn a_leaf_with_another_outcome_is_found_where_it_stands_and_named() {
    let mut leaves: Vec<Vec<u8>> = lines().into_iter().map(<[u8]>::to_vec).collect();
    let place = leaves
        .iter()
        .position(|leaf| String::from_utf8_lossy(leaf).contains(r#""status":"issued""#))
        .unwrap();
    let text = String::from_utf8(leaves[place].clone()).unwrap();
    leaves[place] = text.replace(r#""status":"issued""#, r#""status":"redeemed""#).into_bytes();
    let bad = replayed(leaves.iter().map(Vec::as_slice)).unwrap_err();
    assert_eq!(bad.sequence, Sequence::new(u64::try_from(place).unwrap()));
    assert_eq!(
        (bad.what.as_str(), bad.found.as_str(), bad.expected.as_str()),
        ("outcome/voucher/voucher/status", "redeemed", "issued")
    );
}

#[test]
fn a_log_that_ends_within_a_group_says_which() {
    let leaves = lines();
    let header = leaves.iter().position(|leaf| String::from_utf8_lossy(leaf).contains("open_group")).unwrap();
    let bad = replayed(leaves[..header + 3].iter().copied()).unwrap_err();
    assert_eq!((bad.what.as_str(), bad.found.as_str()), ("group", "3 members too few"));
    assert_eq!(bad.sequence, Sequence::new(u64::try_from(header).unwrap()));
}

#[test]
fn a_log_begins_with_its_agency_and_only_begins_so() {
    let leaves = lines();
    assert_eq!(replayed([leaves[1]]).unwrap_err().what, "sequence");
    let second =
        String::from_utf8(leaves[0].to_vec()).unwrap().replace(r#""sequence":"0""#, r#""sequence":"1""#);
    assert_eq!(replayed([leaves[0], second.as_bytes()]).unwrap_err().what, "command");
}

/// The leaf at a place, with something in its text replaced.
fn altered(place: usize, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(lines()[place].to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    text.replace(from, to).into_bytes()
}

/// What is bad about leaves of which one is replaced.
fn bad(place: usize, leaf: &[u8]) -> BadLeaf {
    let mut leaves = lines();
    leaves[place] = leaf;
    replayed(leaves).unwrap_err()
}

#[test]
fn a_leaf_of_another_agency_is_named() {
    for place in [0, 17] {
        let found = bad(place, &altered(place, r#""agency":"test""#, r#""agency":"other""#));
        assert_eq!(
            (found.sequence, found.what.as_str()),
            (Sequence::new(place.try_into().unwrap()), "agency")
        );
        assert_eq!((found.found.as_str(), found.expected.as_str()), ("other", "test"));
    }
    let other = subsidy_core::domain::AgencyCode::parse("other").unwrap();
    let found = Replay::new(Some(other)).step(lines()[0]).unwrap_err();
    assert_eq!(
        (found.what.as_str(), found.found.as_str(), found.expected.as_str()),
        ("agency", "test", "other")
    );
}

#[test]
fn every_leaf_but_a_groups_members_has_the_key_that_it_was_asked_for_under() {
    let key = |leaf: &[u8]| {
        let leaf = serde_json::from_slice::<serde_json::Value>(leaf).unwrap();
        leaf["idempotency_key"].as_str().map(str::to_owned)
    };
    let header =
        lines().iter().position(|leaf| String::from_utf8_lossy(leaf).contains("open_group")).unwrap();
    let (own, none) = (key(lines()[header]).unwrap(), key(lines()[header + 1]));
    assert_eq!(none, None, "a member has its header's");
    let found = bad(header, &altered(header, &format!(r#""idempotency_key":"{own}","#), ""));
    assert_eq!((found.what.as_str(), found.found.as_str()), ("idempotency_key", "none"));
    let with = format!(r#""idempotency_key":"{own}","outcome""#);
    let found = bad(header + 1, &altered(header + 1, r#""outcome""#, &with));
    assert_eq!((found.what.as_str(), found.found), ("idempotency_key", own));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_changed_digit_anywhere_is_found_or_changes_the_root(leaf in 0usize..200, at in 0usize..4_000) {
        let mut leaves: Vec<Vec<u8>> = lines().into_iter().map(<[u8]>::to_vec).collect();
        let digits: Vec<usize> =
            leaves[leaf].iter().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(i, _)| i).collect();
        let place = digits[at % digits.len()];
        let digit = &mut leaves[leaf][place];
        *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
        match replayed(leaves.iter().map(Vec::as_slice)) {
            Err(bad) => prop_assert!(bad.sequence >= Sequence::new(u64::try_from(leaf).unwrap())),
            Ok(replay) => prop_assert_ne!(root(&replay), ROOT_V1),
        }
    }

    #[test]
    fn leaves_in_another_order_do_not_replay(a in 0usize..300, b in 0usize..300) {
        prop_assume!(a != b);
        let mut leaves = lines();
        leaves.swap(a, b);
        let bad = replayed(leaves).unwrap_err();
        prop_assert_eq!(bad.sequence, Sequence::new(u64::try_from(a.min(b)).unwrap()));
    }
}
