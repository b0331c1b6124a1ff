//! What happened to a document: for those inside, the log; for the parties, the dates on it.

use crate::console::doc::Doc;
use crate::console::visit::Visit;
use crate::http::route::Method;

/// A step that was taken.
#[derive(Debug, Clone)]
pub struct Past {
    pub what: String,
    pub when: String,
    pub who: String,
    /// The transaction that it posted.
    pub transaction: String,
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
        when: document.text(member),
        who: String::new(),
        transaction: String::new(),
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
        when: row.time("recorded_at"),
        who: format!("{} {role}", visit.person(&row.text("subject"))),
        transaction: if posted { sequence } else { String::new() },
    }
}
