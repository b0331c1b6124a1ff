//! Rules in the sentences of the API, in which items are called by their names and amounts have separators.

use crate::doc::Doc;
use crate::figures;
use crate::texts::T;
use crate::visit::Visit;

/// A sentence of rules, and the pointers to what it says.
#[derive(Debug, Clone)]
pub struct Clause {
    pub parameters: Vec<String>,
    pub text: String,
}

/// What a version of a programme's rules says, in the order in which it applies.
pub async fn explained(visit: &Visit<'_>, programme: &str, version: &str) -> Vec<Clause> {
    if version.is_empty() {
        return Vec::new();
    }
    let target = format!("/v1/programmes/{programme}/rules/{version}/explained");
    let explained = visit.read(&target).await.unwrap_or_default();
    let language = if visit.t.is_english() { "en" } else { "zh" };
    let clause = |one: &Doc| Clause {
        parameters: one.list("parameters").iter().map(Doc::own_text).collect(),
        text: said(visit.t, &one.text(language), one),
    };
    explained.list("sentences").iter().map(clause).collect()
}

/// The same as texts alone.
pub async fn sentences(visit: &Visit<'_>, programme: &str, version: &str) -> Vec<String> {
    explained(visit, programme, version).await.into_iter().map(|clause| clause.text).collect()
}

/// What the rules say at a pointer; of a cap, all that is said of it.
pub fn clause(clauses: &[Clause], pointer: &str) -> String {
    let within = format!("{pointer}/");
    let says = |clause: &&Clause| {
        clause.parameters.iter().any(|at| !pointer.is_empty() && (at == pointer || at.starts_with(&within)))
    };
    let texts: Vec<&str> = clauses.iter().filter(says).map(|clause| clause.text.as_str()).collect();
    texts.join(" ")
}

/// A sentence as the console says it.
pub fn said(t: T, text: &str, sentence: &Doc) -> String {
    let of_items = sentence.list("parameters").iter().any(|at| at.own_text().ends_with("/item"));
    let named = |(place, part): (usize, &str)| match place % 2 {
        1 if of_items => t.word(part),
        1 => quoted(t, part),
        _ => part.to_owned(),
    };
    let text: String = text.split(['“', '”', '"']).enumerate().map(named).collect();
    text.split_inclusive(' ').map(figure).collect()
}

fn quoted(t: T, part: &str) -> String {
    if t.is_english() { format!("\"{part}\"") } else { format!("“{part}”") }
}

/// `2000000.00 ` with separators.
fn figure(word: &str) -> String {
    let amount = word.trim_end();
    let is_amount = amount.split_once('.').is_some_and(|(whole, part)| {
        part.len() == 2 && [whole, part].iter().all(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if is_amount { word.replace(amount, &figures::amount(amount)) } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_and_amounts_are_said_as_people_say_them() {
        let of = |parameter: &str| Doc(json!({ "parameters": [parameter] }));
        let ratio = said(T::chinese(), "“compute”按 20% 补贴。", &of("/items/0/item"));
        assert_eq!(ratio, "智能算力按 20% 补贴。");
        let cap =
            said(T::english(), "An organisation gets at most CNY 2000000.00 a year.", &of("/caps/annual"));
        assert_eq!(cap, "An organisation gets at most CNY 2,000,000.00 a year.");
        let tag = said(T::chinese(), "须在名单“a-1”上。", &of("/eligibility/tags_any"));
        assert_eq!(tag, "须在名单“a-1”上。");
    }
}
