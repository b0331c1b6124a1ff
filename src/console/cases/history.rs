//! What happened to a document: for those inside, the log; for the parties, the dates on it.

use chrono::NaiveDate;

use crate::console::doc::Doc;
use crate::console::visit::Visit;
use crate::http::route::Method;

/// A step that was taken.
#[derive(Debug, Clone)]
pub struct Past {
    pub what: String,
    /// The day that it counts on.
    pub day: String,
    /// When it was recorded, which is another day where a sandbox moved its business date; empty where only the day is known.
    pub recorded: String,
    pub who: String,
    /// The transaction that it posted.
    pub transaction: String,
    /// Its leaf, for those who may read it.
    pub entry: String,
}

/// A step on the line that a document's history is drawn as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub x: usize,
    pub what: String,
    pub day: String,
    /// How many days the step before lasted; empty at the first.
    pub days: String,
    /// Where the leaf is; empty for whoever may not read it.
    pub href: String,
}

/// A document's history as a line, the oldest step first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub width: usize,
    pub stops: Vec<Stop>,
}

/// From one step to the next.
const STEP: usize = 150;
/// The most steps that are drawn, the newest ones; the list has all of them.
const STOPS_MAX: usize = 12;

/// Draws a history, newest first as it is listed; none of a single step. Steps stand at equal distances, for most fall
/// on a few days, and each says how many days it took.
pub fn line(history: &[Past]) -> Option<Line> {
    let drawn: Vec<&Past> = history.iter().take(STOPS_MAX).collect();
    if drawn.len() < 2 {
        return None;
    }
    let (mut stops, mut before) = (Vec::with_capacity(drawn.len()), None);
    for (place, past) in drawn.iter().rev().enumerate() {
        let day = past.day.clone();
        let date = NaiveDate::parse_from_str(&day, "%Y-%m-%d").ok();
        let days = date.zip(before).map(|(date, before): (NaiveDate, NaiveDate)| (date - before).num_days());
        before = date.or(before);
        stops.push(Stop {
            x: STEP / 2 + place * STEP,
            what: past.what.clone(),
            day,
            days: days.map(|days| days.to_string()).unwrap_or_default(),
            href: if past.entry.is_empty() {
                String::new()
            } else {
                format!("/audit/entries/{}", past.entry)
            },
        });
    }
    Some(Line { width: stops.len() * STEP, stops })
}

/// Newest first.
pub async fn of(visit: &Visit<'_>, id: &str, document: &Doc) -> Vec<Past> {
    if visit.may(Method::Get, "/v1/reports/operations") {
        let found = visit.read(&format!("/v1/reports/operations?document={id}")).await.unwrap_or_default();
        let mut past: Vec<Past> = found.list("rows").iter().map(|row| logged(visit, row)).collect();
        past.reverse();
        return past;
    }
    let dates = [
        ("paid_on", "step.paid"),
        ("approved_on", "step.approved"),
        ("valid_from", "step.issued"),
        ("reviewed_on", "step.reviewed"),
        ("submitted_on", "step.submitted"),
    ];
    let dates = dates.into_iter().filter(|(member, _)| document.has(member));
    let past = dates.map(|(member, word)| Past {
        what: visit.t.word(word),
        day: document.text(member),
        recorded: String::new(),
        who: String::new(),
        transaction: String::new(),
        entry: String::new(),
    });
    past.collect()
}

fn logged(visit: &Visit<'_>, row: &Doc) -> Past {
    let posted = row.text("lines") != "0";
    let sequence = row.text("sequence");
    let roles = row.text("roles");
    let role = roles.split([',', ' ']).next().unwrap_or_default().parse().ok();
    let role = role.map(|role| visit.t.role(role)).unwrap_or_default();
    Past {
        what: visit.t.word(&row.text("kind")),
        day: row.text("business_date"),
        recorded: row.time("recorded_at"),
        who: format!("{} {role}", visit.person(&row.text("subject"))),
        transaction: if posted { sequence.clone() } else { String::new() },
        entry: if visit.may(Method::Get, "/v1/audit/entries/-") { sequence } else { String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(when: &str, entry: &str) -> Past {
        let day = when.get(..10).unwrap_or_default().to_owned();
        let [recorded, entry, who, transaction] = [when, entry, "", ""].map(str::to_owned);
        Past { what: "x".to_owned(), day, recorded, who, transaction, entry }
    }

    #[test]
    fn a_history_is_drawn_from_its_oldest_step_on_with_the_days_between() {
        let history = [past("2025-03-01 09:00", "9"), past("2025-02-27 23:59", ""), past("2025-02-27", "7")];
        let line = line(&history).unwrap_or(Line { width: 0, stops: Vec::new() });
        let said: Vec<_> = line.stops.iter().map(|s| (s.x, s.days.as_str(), s.href.as_str())).collect();
        assert_eq!(said, [(75, "", "/audit/entries/7"), (225, "0", ""), (375, "2", "/audit/entries/9")]);
        assert_eq!(line.width, 450);
        assert_eq!(super::line(&history[..1]), None);
    }

    #[test]
    fn of_a_long_history_the_newest_steps_are_drawn() {
        let history: Vec<Past> = (0..40).map(|n| past("2025-03-01", &n.to_string())).collect();
        let stops = line(&history).map(|line| line.stops).unwrap_or_default();
        assert_eq!(
            (stops.len(), stops.last().map(|s| s.href.as_str())),
            (STOPS_MAX, Some("/audit/entries/0"))
        );
    }
}
