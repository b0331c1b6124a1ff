//! A verification: how far it is, and what it came to.

use askama::Template;

use crate::doc::Doc;
use crate::layout::{Frame, Link};
use crate::texts::T;
use crate::visit::{Shown, Visit, render};

/// After how many seconds the browser looks again while it runs.
const LOOK_AGAIN: u32 = 2;

#[derive(Template)]
#[template(path = "audit/verification.html")]
struct VerificationPage {
    page: Frame,
    t: T,
    one: Doc,
    state: String,
    tone: &'static str,
    /// What that means, in a sentence.
    sentence: String,
    class: &'static str,
    runs: bool,
    /// Whether the browser looks again by itself.
    again: bool,
    by: String,
    /// What does not verify, and how much of it there is.
    findings: Vec<Doc>,
    about: String,
}

/// What a verification is called by: its result, else how far it is.
pub fn state(one: &Doc) -> String {
    let result = one.text("result");
    if result.is_empty() { one.text("status") } else { result }
}

/// `GET /audit/verifications/{id}`; with `still=1` it stays as it is.
pub async fn show(visit: &Visit<'_>) -> Shown {
    let (t, id) = (visit.t, visit.part(2));
    let one = visit.read(&format!("/v1/audit/verifications/{id}")).await?;
    let state = state(&one);
    let runs = state == "running";
    let again = runs && visit.filter("still").is_empty();
    if again {
        visit.gathered.refresh.set(LOOK_AGAIN);
    }
    let (sentence, class) = match state.as_str() {
        "good" => (t.verification_good().to_owned(), "ok"),
        "bad" => (t.verification_bad().to_owned(), "bad"),
        "failed" => (t.verification_failed().to_owned(), "warn"),
        "interrupted" => (t.verification_interrupted().to_owned(), "warn"),
        _ => (t.verified_so_far(&one.text("done"), &one.text("total")), ""),
    };
    let page = VerificationPage {
        t,
        tone: t.tone(&state),
        state: t.word(&state),
        sentence,
        class,
        runs,
        again,
        by: visit.person(&one.text("started_by")),
        findings: one.list("findings"),
        about: t.found_places(&one.text("found"), one.list("findings").len()),
        page: visit.frame(t.begin_verification().to_owned(), vec![Link::new("/audit", t.audit_room())]).await,
        one,
    };
    render(&page)
}
