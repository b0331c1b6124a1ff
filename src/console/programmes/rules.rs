//! Rules in words: each clause with what it says. What is not among them is shown as the API names it, so that no rule
//! is hidden because nobody found words for it.

use crate::console::doc::Doc;
use crate::console::figures;
use crate::console::texts::T;

/// A clause: its subject and what it says, perhaps on several lines.
#[derive(Debug, Clone)]
pub struct Clause {
    pub name: String,
    pub lines: Vec<String>,
}

/// The members that have words below.
const SPOKEN: [&str; 18] = [
    "items",
    "base",
    "caps",
    "eligibility",
    "points",
    "rate_ceiling",
    "principal_cap",
    "day_count",
    "payee",
    "stacking",
    "rounding",
    "shares",
    "validity_months",
    "one_per_contract",
    "publicity_days",
    "expense",
    "scenarios",
    "prefund",
];

/// The clauses of rules.
pub fn in_words(t: T, rules: &Doc) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut say = |name: &str, lines: Vec<String>| {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            clauses.push(Clause { name: t.word(name), lines });
        }
    };
    say("rules.items", rules.list("items").iter().map(|item| ratio(t, item)).collect());
    say("rules.points", points(t, rules));
    say("rules.base", vec![t.word(&rules.text("base"))]);
    say("rules.caps", caps(t, rules));
    say("rules.eligibility", eligibility(t, rules));
    say("rules.payee", vec![t.word(&rules.text("payee"))]);
    say("rules.stacking", vec![t.word(&rules.text("stacking"))]);
    let scope = t.word(&format!("scope.{}", rules.text("rounding.scope")));
    say("rules.rounding", vec![format!("{} · {scope}", t.word(&rules.text("rounding.mode")))]);
    say("rules.shares", rules.list("shares").iter().map(|share| share_of(t, share)).collect());
    if rules.has("validity_months") {
        say("rules.validity_months", vec![t.months(&rules.text("validity_months"))]);
    }
    if rules.has("publicity_days") {
        say("rules.publicity_days", vec![t.days(&rules.text("publicity_days"))]);
    }
    for truth in ["one_per_contract", "prefund"] {
        if rules.has(truth) {
            let said = if rules.is_true(truth) { t.yes() } else { t.no() };
            say(&format!("rules.{truth}"), vec![said.to_owned()]);
        }
    }
    say("rules.expense", vec![t.word(&rules.text("expense"))]);
    say("rules.scenarios", vec![rules.joined("scenarios")]);
    if let serde_json::Value::Object(members) = &rules.0 {
        for (name, value) in members.iter().filter(|(name, _)| !SPOKEN.contains(&name.as_str())) {
            say(name, vec![value.to_string()]);
        }
    }
    clauses
}

fn ratio(t: T, item: &Doc) -> String {
    let (name, percent) = (t.word(&item.text("item")), item.text("ratio_percent"));
    if percent.is_empty() {
        return format!("{name} {} / {}", item.text("unit_price"), item.text("unit"));
    }
    match item.text("startup_ratio_percent") {
        startup if startup.is_empty() => t.ratio(&name, &percent),
        startup => t.ratio_startup(&name, &percent, &startup),
    }
}

fn share_of(t: T, share: &Doc) -> String {
    format!("{} {}%", t.word(&share.text("level")), share.text("percent"))
}

fn caps(t: T, rules: &Doc) -> Vec<String> {
    let caps = rules.at("caps");
    let mut lines = Vec::new();
    if caps.has("claim") {
        lines.push(t.per_claim(&caps.money("claim")));
    }
    if caps.has("annual") {
        let counts = caps.list("annual.counts");
        let counts: Vec<String> = counts.iter().map(|counted| t.word(&counted.own_text())).collect();
        lines.push(t.per_year(&caps.money("annual.amount"), &counts.join(" · ")));
    }
    if caps.has("lifetime") {
        lines.push(t.in_all(&caps.money("lifetime")));
    }
    if caps.has("minimum_base") {
        lines.push(t.at_least(&caps.money("minimum_base")));
    }
    lines
}

fn points(t: T, rules: &Doc) -> Vec<String> {
    let mut lines = Vec::new();
    if rules.has("points.max") {
        lines.push(t.points_max(&rules.text("points.max")));
    }
    if rules.has("points.share_of_contract_rate_percent") {
        lines.push(t.of_contract_rate(&rules.text("points.share_of_contract_rate_percent")));
    }
    let of = rules.at("points.share_of_reference");
    if of.has("name") {
        lines.push(t.of_reference(&of.text("percent"), &of.text("name")));
    }
    if rules.has("rate_ceiling") {
        let (name, spread) = (rules.text("rate_ceiling.reference"), rules.text("rate_ceiling.spread_bp"));
        lines.push(t.ceiling(&name, &spread));
    }
    if rules.has("principal_cap") {
        lines.push(t.principal(&figures::amount(&rules.text("principal_cap"))));
    }
    if rules.has("day_count") {
        lines.push(t.day_basis(&rules.text("day_count")));
    }
    lines
}

fn eligibility(t: T, rules: &Doc) -> Vec<String> {
    let who = rules.at("eligibility");
    let words = |member: &str| {
        let words: Vec<String> = who.list(member).iter().map(|word| t.word(&word.own_text())).collect();
        words.join(" · ")
    };
    let startups = if who.is_true("startup_only") { t.startups_only().to_owned() } else { String::new() };
    let related = who.text("related_provider");
    let related = if related.is_empty() { related } else { t.related(&t.word(&related)) };
    vec![words("categories"), words("sizes"), startups, words("regions"), related]
}
