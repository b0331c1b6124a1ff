//! What happened to a document: for those inside, the log; for the parties, the dates on it.

use chrono::NaiveDate;

use crate::doc::Doc;
use crate::visit::Visit;
use subsidy_http::route::Method;

/// A step that was taken.
#[derive(Debug, Clone)]
pub struct Past {
    pub what: String,
    /// The day that it counts on.
    pub day: String,
    /// How many days after the step before; empty at the first.
    pub days: String,
    /// When it was recorded, which is another day where a sandbox moved its business date; empty where only the day is known.
    pub recorded: String,
    pub who: String,
    /// The transaction that it posted.
    pub transaction: String,
    /// Its leaf, for those who may read it.
    pub entry: String,
}

/// Says of each step, newest first as they are listed, how many days after the one before it was taken.
fn with_days(mut history: Vec<Past>) -> Vec<Past> {
    let date = |past: &Past| NaiveDate::parse_from_str(&past.day, "%Y-%m-%d").ok();
    let dates: Vec<_> = history.iter().map(date).collect();
    for ((past, date), before) in history.iter_mut().zip(&dates).zip(dates.iter().skip(1)) {
        let days = date.zip(*before).map(|(date, before)| (date - before).num_days());
        // the dates of a document are listed in the order of its steps, and one may be dated back
        let days = days.filter(|days| *days >= 0);
        past.days = days.map(|days| days.to_string()).unwrap_or_default();
    }
    history
}

/// Newest first.
pub async fn of(visit: &Visit<'_>, id: &str, document: &Doc) -> Vec<Past> {
    if visit.may(Method::Get, "/v1/reports/operations") {
        let found = visit.read(&format!("/v1/reports/operations?document={id}")).await.unwrap_or_default();
        let mut past: Vec<Past> = found.list("rows").iter().map(|row| logged(visit, row)).collect();
        past.reverse();
        return with_days(past);
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
        days: String::new(),
        recorded: String::new(),
        who: String::new(),
        transaction: String::new(),
        entry: String::new(),
    });
    with_days(past.collect())
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
        days: String::new(),
        recorded: row.time("recorded_at"),
        who: format!("{} {role}", visit.person(&row.text("subject"))),
        transaction: if posted { sequence.clone() } else { String::new() },
        entry: if visit.may(Method::Get, "/v1/audit/entries/-") { sequence } else { String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_says_how_many_days_after_the_one_before_it_was_taken() {
        let past = |day: &str| {
            let [day, what] = [day, "x"].map(str::to_owned);
            let [days, recorded, who, transaction, entry] = [const { String::new() }; 5];
            Past { what, day, days, recorded, who, transaction, entry }
        };
        let history = ["2025-03-01", "2025-02-27", "2025-02-27", "", "2025-02-20"].map(past);
        let days: Vec<_> = with_days(history.into()).into_iter().map(|past| past.days).collect();
        assert_eq!(days, ["2", "0", "", "", ""]);
        assert!(with_days(Vec::new()).is_empty());
    }
}
