//! What may be done with a document: forms for its writes, each offered where a dry run of it is accepted.

use serde_json::{Value, json};

use crate::console::form::Form;
use crate::console::texts::T;
use crate::console::visit::Visit;

/// A button of a form; its name and value are a field of the body.
#[derive(Debug, Clone)]
pub struct Button {
    pub name: &'static str,
    pub value: &'static str,
    pub text: &'static str,
    /// `main`, `bad` or nothing.
    pub class: &'static str,
}

/// A form and how it is shown.
#[derive(Debug, Clone)]
pub struct Action {
    pub form: Form,
    pub buttons: Vec<Button>,
    /// Label of the reason, where one may be given.
    pub reason: &'static str,
    /// Whether a day may be given from which it counts.
    pub dated: bool,
    /// Whether what is objected to can be accepted with a reason.
    pub accepts_incomplete: bool,
}

impl Action {
    /// A write of one button.
    pub async fn one(
        visit: &Visit<'_>,
        write: String,
        version: &str,
        (text, class): (&'static str, &'static str),
    ) -> Option<Self> {
        let form = visit.form(&write, version, json!({})).await?;
        let buttons = vec![Button { name: ".do", value: "1", text, class }];
        Some(Self { form, buttons, reason: "", dated: false, accepts_incomplete: false })
    }

    /// A write of one button that takes effect on a day.
    pub async fn dated(visit: &Visit<'_>, write: String, version: &str, text: &'static str) -> Option<Self> {
        let action = Self::one(visit, write, version, (text, "main")).await?;
        Some(Self { dated: true, ..action })
    }

    /// A write of one button that needs a reason.
    pub async fn reasoned(
        visit: &Visit<'_>,
        write: String,
        version: &str,
        text: &'static str,
    ) -> Option<Self> {
        let sample = json!({"reason": "?"});
        let form = visit.form(&write, version, sample).await?;
        let buttons = vec![Button { name: ".do", value: "1", text, class: "bad" }];
        let reason = visit.t.reason();
        Some(Self { form, buttons, reason, dated: false, accepts_incomplete: false })
    }

    /// A review: pass, return or reject. What stands in the way of passing leaves the others.
    pub async fn review(visit: &Visit<'_>, write: String, version: &str) -> Option<Self> {
        let sample: Value = json!({"decision": "pass"});
        let form = visit.form(&write, version, sample).await?;
        let accepts_incomplete =
            form.blocked.as_ref().is_some_and(|refusal| refusal.code == "usage_incomplete");
        let reason = visit.t.opinion();
        Some(Self { form, buttons: decisions(visit.t), reason, dated: false, accepts_incomplete })
    }

    /// Whether the form is of use although passing would be refused: the people rule lets nothing through.
    pub fn is_open(&self) -> bool {
        let blocked = self.form.blocked.as_ref();
        blocked.is_none_or(|refusal| {
            self.buttons.len() > 1
                && !["same_person", "conflict_of_interest"].contains(&refusal.code.as_str())
        })
    }

    /// A name for the form's heading and the summary's links.
    pub fn title(&self) -> &'static str {
        self.buttons.first().map_or("", |button| button.text)
    }
}

fn decisions(t: T) -> Vec<Button> {
    let decision = |value, text, class| Button { name: "/decision", value, text, class };
    vec![
        decision("pass", t.pass(), "main"),
        decision("return", t.send_back(), ""),
        decision("reject", t.reject(), "bad"),
    ]
}
