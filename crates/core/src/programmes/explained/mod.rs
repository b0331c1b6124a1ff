//! Rules as sentences 规则说明: every parameter that a version names is said once, in Chinese and in English, in the order in
//! which it applies to a case.
//!
//! Rules are data, so the sentences are a table: a row for each parameter, found by its place in the rules. A tier's rows are
//! those of the rules themselves, said of the tier.

mod sentences;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::policy::Policy;
use sentences::{ROWS, Row, WORDS, Wording};

/// A sentence, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = RulesSentence)]
pub struct Sentence {
    /// JSON pointers into the rules.
    pub parameters: Vec<String>,
    /// What the parameters mean, in Chinese.
    pub zh: String,
    /// What the parameters mean, in English.
    pub en: String,
}

/// A parameter: its place, the same with `*` for each number, those numbers from 1, and its value.
struct Leaf<'a> {
    pointer: String,
    pattern: String,
    numbers: Vec<usize>,
    value: &'a Value,
}

fn leaves<'a>(value: &'a Value, at: &Leaf<'_>, into: &mut Vec<Leaf<'a>>) {
    let below = |name: &str, number: Option<usize>, value: &'a Value| Leaf {
        pointer: format!("{}/{name}", at.pointer),
        pattern: format!("{}/{}", at.pattern, if number.is_some() { "*" } else { name }),
        numbers: at.numbers.iter().copied().chain(number).collect(),
        value,
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, value)| leaves(value, &below(name, None, value), into));
        }
        Value::Array(members) if members.iter().all(Value::is_object) => {
            let members = members.iter().enumerate();
            members.for_each(|(n, value)| leaves(value, &below(&n.to_string(), Some(n + 1), value), into));
        }
        value => into.push(Leaf {
            pointer: at.pointer.clone(),
            pattern: at.pattern.clone(),
            numbers: at.numbers.clone(),
            value,
        }),
    }
}

/// A value as people read it, in both languages.
fn shown(value: &Value, worded: bool) -> [String; 2] {
    match value {
        Value::Array(members) => {
            let members: Vec<_> = members.iter().map(|member| shown(member, worded)).collect();
            let join = |language: usize, by: &str| {
                members.iter().filter_map(|texts| texts.get(language).cloned()).collect::<Vec<_>>().join(by)
            };
            [join(0, "、"), join(1, ", ")]
        }
        Value::String(text) => {
            let word = WORDS.iter().find(|(word, ..)| worded && word == text);
            word.map_or_else(
                || [text.clone(), text.clone()],
                |(_, zh, en)| [(*zh).to_owned(), (*en).to_owned()],
            )
        }
        other => [other.to_string(), other.to_string()],
    }
}

fn said(row: &Row, leaf: &Leaf<'_>, all: &[Leaf<'_>]) -> Option<Sentence> {
    let [zh, en] = match row.said {
        Wording::Always(texts) => texts,
        Wording::Each(choices) => {
            let value = leaf.value.as_str().map_or_else(|| leaf.value.to_string(), str::to_owned);
            choices.iter().find(|(choice, ..)| *choice == value).map(|(_, zh, en)| [*zh, *en])?
        }
    };
    let mut sentence =
        Sentence { parameters: vec![leaf.pointer.clone()], zh: zh.to_owned(), en: en.to_owned() };
    let mut fill = |name: &str, [zh, en]: [String; 2]| {
        let place = format!("{{{name}}}");
        sentence.zh = sentence.zh.replace(&place, &zh);
        sentence.en = sentence.en.replace(&place, &en);
    };
    fill("value", shown(leaf.value, row.worded));
    let number = leaf.numbers.last().map(ToString::to_string).unwrap_or_default();
    fill("number", [number.clone(), number]);
    let (folder, _) = leaf.pointer.rsplit_once('/')?;
    let mut with = Vec::new();
    for name in row.with {
        let beside = all.iter().find(|other| other.pointer == format!("{folder}/{name}"))?;
        fill(name, shown(beside.value, row.worded));
        with.push(beside.pointer.clone());
    }
    sentence.parameters.extend(with);
    Some(sentence)
}

/// The rows of a table that speak of leaves whose patterns begin with this.
fn say(prefix: &str, all: &[Leaf<'_>], which: impl Fn(&Leaf<'_>) -> bool) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for row in ROWS {
        let of = |leaf: &&Leaf<'_>| leaf.pattern.strip_prefix(prefix) == Some(row.pattern) && which(leaf);
        sentences.extend(all.iter().filter(of).filter_map(|leaf| said(row, leaf, all)));
        if row.pattern == sentences::TIERS && prefix.is_empty() {
            sentences.extend(tiers(all));
        }
    }
    sentences
}

/// What each tier says, tier after tier.
fn tiers(all: &[Leaf<'_>]) -> Vec<Sentence> {
    let number =
        |leaf: &Leaf<'_>| leaf.numbers.first().copied().filter(|_| leaf.pattern.starts_with("/tiers/*"));
    let last = all.iter().filter_map(number).max().unwrap_or_default();
    let of = |tier: usize| {
        let sentences = say("/tiers/*", all, |leaf| leaf.numbers.first() == Some(&tier));
        sentences.into_iter().map(move |sentence| Sentence {
            zh: format!("第 {tier} 档：{}", sentence.zh),
            en: format!("Tier {tier}: {}", sentence.en),
            ..sentence
        })
    };
    (1..=last).flat_map(of).collect()
}

/// What rules say. Error: they are no JSON, which never happens to rules that were read from it.
pub fn explain(policy: &Policy) -> Result<Vec<Sentence>, serde_json::Error> {
    let mut rules = serde_json::to_value(policy)?;
    // beside a joint ceiling the word says another thing than without
    let word = if rules.pointer("/stacking/mode").is_some() { "/stacking/mode" } else { "/stacking" };
    if let Some(word) = rules.pointer_mut(word).filter(|_| policy.bounds_others()) {
        *word = Value::from("within_ceiling");
    }
    let root = Leaf { pointer: String::new(), pattern: String::new(), numbers: Vec::new(), value: &rules };
    let mut all = Vec::new();
    leaves(&rules, &root, &mut all);
    let mut sentences = say("", &all, |_| true);
    // an item is named by the sentence of each of its ratios, and is a parameter of the first
    let mut known = BTreeSet::new();
    for sentence in &mut sentences {
        sentence.parameters.retain(|parameter| known.insert(parameter.clone()));
    }
    Ok(sentences)
}
