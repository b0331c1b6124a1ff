//! All that is wrong with a body, not the first of it alone.
//!
//! A type is read member by member and stops where one does not fit. What does not fit is therefore mended in a copy, by
//! something that fits, and the copy is read again, until it fits or a limit is reached. Nothing is done with the copy.

use serde::de::DeserializeOwned;
use subsidy_core::domain::Code;

use super::json::{Json, Misfit};
use super::problem::Problem;

/// The most mistakes that are told.
const TOLD_MAX: usize = 50;
/// How often a body is read again at most; a long one less often.
const READS_MAX: usize = 600;
/// How many bytes are read again at most.
const BYTES_MAX: usize = 8 << 20;

/// What fits where something is missing or wrong: one of them fits almost anywhere.
const FITTING: &[&str] = &[
    "1.00",
    "x",
    "2025-01-01",
    "2025-01",
    "2025-01-01T00:00:00Z",
    "01940000-0000-7000-8000-000000000000",
    "91310000MA1FL0000N",
    "000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "Asia/Shanghai",
];

impl Json {
    /// Reads a type from it. Error: all that does not fit, the first of it first.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.fit().map_err(|misfit| all::<T>(self, misfit))
    }
}

/// The problem of a body in which `first` was found: the same, and whatever else is found.
fn all<T: DeserializeOwned>(body: &Json, first: Misfit) -> Problem {
    let (mut problem, mut copy) = (first.problem(), body.clone());
    let mut reads = READS_MAX.min(BYTES_MAX / body.bytes().len().max(1));
    let (mut mended, mut last, mut told) = (Vec::new(), first, 1);
    while told < TOLD_MAX {
        mended.push(last.path());
        let Some(next) = mend::<T>(&mut copy, &last, &mut reads) else { break };
        let path = next.path();
        // what fits by itself may contradict what it stands beside: the caller did not write that
        if mended.iter().any(|done| done.starts_with(&path)) && !is_surplus(&next) {
            break;
        }
        // what is missing in something that the caller left out is no further mistake
        if !mended.iter().any(|done| path.starts_with(done)) || is_surplus(&next) {
            problem = problem.and(next.problem());
            told += 1;
        }
        last = next;
    }
    problem
}

const fn is_surplus(misfit: &Misfit) -> bool {
    matches!(misfit.code, Code::UnknownField | Code::DuplicateField)
}

/// Mends one place and reads on. None: the body fits now, or cannot be mended.
fn mend<T: DeserializeOwned>(copy: &mut Json, misfit: &Misfit, reads: &mut usize) -> Option<Misfit> {
    let path = misfit.path();
    let (name, parents) = path.split_last()?;
    if is_surplus(misfit) {
        copy.at(parents)?.remove(name);
        *reads = reads.checked_sub(1)?;
        return copy.fit::<T>().err();
    }
    let texts = misfit.allowed.first().into_iter().chain(FITTING).map(|text| Json::Text((*text).to_owned()));
    let others = [Json::Number(1.into()), Json::Bool(true), Json::Object(Vec::new()), Json::List(Vec::new())];
    for fitting in texts.chain(others) {
        *reads = reads.checked_sub(1)?;
        copy.at(parents)?.put(name, fitting);
        match copy.fit::<T>() {
            Ok(_) => return None,
            Err(next) if next.path() == path && !is_surplus(&next) => {
                // an enum says what it takes only once a text was tried
                if let Some(word) = next.allowed.first() {
                    copy.at(parents)?.put(name, Json::Text((*word).to_owned()));
                    match copy.fit::<T>() {
                        Ok(_) => return None,
                        Err(next) if next.path() != path => return Some(next),
                        Err(_) => {}
                    }
                }
            }
            Err(next) => return Some(next),
        }
    }
    None
}

impl Json {
    fn at(&mut self, path: &[String]) -> Option<&mut Self> {
        path.iter().try_fold(self, |json, step| match json {
            Self::Object(members) => {
                members.iter_mut().find(|(name, _)| name == step).map(|(_, value)| value)
            }
            Self::List(items) => items.get_mut(step.parse::<usize>().ok()?),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => None,
        })
    }

    fn put(&mut self, step: &str, value: Self) {
        match self {
            Self::Object(members) => match members.iter_mut().find(|(name, _)| name == step) {
                Some((_, old)) => *old = value,
                None => members.push((step.to_owned(), value)),
            },
            Self::List(items) => {
                if let Some(old) = step.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                    *old = value;
                }
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
        }
    }

    /// Takes the last member of a name away.
    fn remove(&mut self, step: &str) {
        if let Self::Object(members) = self
            && let Some(index) = members.iter().rposition(|(name, _)| name == step)
        {
            members.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde::Deserialize;
    use serde_json::json;
    use subsidy_core::domain::dates::Window;
    use subsidy_core::domain::money::Amount;
    use subsidy_core::domain::{CreditCode, RoundingMode, VoucherId};

    use super::*;
    use crate::language::Language;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its form matters")]
    struct Body {
        id: VoucherId,
        amount: Amount,
        window: Window,
        list: Vec<Window>,
        count: u32,
        mode: RoundingMode,
        who: CreditCode,
        note: Option<String>,
    }

    fn found(text: &str) -> Vec<(String, String)> {
        let problem = Json::parse(text.as_bytes()).unwrap().read::<Body>().unwrap_err();
        let body = problem.body(Language::English, "r");
        assert_eq!(body["code"], body["errors"][0]["code"]);
        let pair = |error: &serde_json::Value| {
            let text = |name: &str| error[name].as_str().unwrap().to_owned();
            (text("code"), text("pointer"))
        };
        body["errors"].as_array().unwrap().iter().map(pair).collect()
    }

    #[test]
    fn every_mistake_of_a_body_is_told_once_and_in_its_place() {
        let expect = |text: &str, expected: &[(&str, &str)]| {
            let found = found(text);
            let found: Vec<_> = found.iter().map(|(code, at)| (code.as_str(), at.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        let missing =
            ["/id", "/amount", "/window", "/list", "/count", "/mode", "/who"].map(|at| ("missing_field", at));
        expect("{}", &missing);
        expect(
            r#"{"id": 1, "amount": "-1", "colour": 1, "colour": 2, "window": {"from": "x"}, "mode": "up",
                "list": [{"from": "2025-01-01", "until": "2025-01-02"}, {"until": 5}], "count": "1", "count": 2}"#,
            &[
                ("invalid_id", "/id"),
                ("invalid_amount", "/amount"),
                ("unknown_field", "/colour"),
                ("unknown_field", "/colour"),
                ("invalid_date", "/window/from"),
                ("missing_field", "/window/until"),
                ("invalid_value", "/mode"),
                ("invalid_date", "/list/1/until"),
                ("missing_field", "/list/1/from"),
                ("invalid_type", "/count"),
                ("duplicate_field", "/count"),
                ("missing_field", "/who"),
            ],
        );
        expect("[]", &[("invalid_type", "")]);
    }

    #[test]
    fn a_word_that_is_not_allowed_comes_with_those_that_are() {
        let problem = Json::parse(br#"{"mode": "up"}"#).unwrap().read::<Body>().unwrap_err();
        let body = problem.body(Language::English, "r");
        assert_eq!(body["errors"][0]["allowed"], json!(["half_up", "half_even", "down"]));
        assert_eq!(body["errors"][0]["detail"], "The value must be one of half_up, half_even, down.");
        let problem = Json::parse(br#"{"modes": "up"}"#).unwrap().read::<Body>().unwrap_err();
        let allowed = problem.body(Language::English, "r")["errors"][0]["allowed"].clone();
        assert!(allowed.as_array().unwrap().contains(&json!("mode")), "{allowed}");
    }

    #[test]
    fn a_body_of_nothing_but_mistakes_is_answered_soon_and_with_a_limited_list() {
        let many: Vec<String> = (0..20_000).map(|i| format!("\"f{i}\": 1")).collect();
        assert!(found(&format!("{{{}}}", many.join(","))).len() <= TOLD_MAX);
    }
}
