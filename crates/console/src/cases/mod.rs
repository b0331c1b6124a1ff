//! Cases: vouchers and claims one by one, and how an enterprise writes a claim.

mod claim;
pub mod history;
mod new;
pub mod sheet;
mod voucher;

pub use claim::{Document, documents, show as claim};
pub use new::{edit, show as new};
pub use voucher::show as voucher;
pub use voucher::{Bar, bar};

use super::texts::T;
use super::visit::Visit;
use subsidy_http::route::Method;

/// Whether the rules of a programme let a cap be relaxed for one case, to somebody who may propose it.
async fn may_relax(visit: &Visit<'_>, programme: &str) -> bool {
    if !visit.may(Method::Post, "/v1/claims/-/overrides") {
        return false;
    }
    let programme = visit.look(&format!("/v1/programmes/{programme}")).await.unwrap_or_default();
    !programme.list("rules.rules.overrides").is_empty()
}

/// Whether somebody stopped a case in this state: a review that passes it may give a reason too.
fn is_stopped(state: &str) -> bool {
    ["returned", "rejected", "suspended", "cancelled"].contains(&state)
}

/// A step of a case's way.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: String,
    /// `done`, `now` or nothing.
    pub class: &'static str,
    pub date: String,
}

/// The way of a case: each state that it passes through with its date. What led to its state lies behind it, the next
/// step is what it waits for. A case that left the way has done what is dated.
pub fn steps(t: T, way: &[(&str, String)], state: &str) -> Vec<Step> {
    let at = way.iter().position(|(name, _)| *name == state);
    let step = |(place, (name, date)): (usize, &(&str, String))| Step {
        name: t.word(&format!("step.{name}")),
        class: match at {
            Some(at) if place <= at => "done",
            Some(at) if place == at + 1 => "now",
            None if !date.is_empty() => "done",
            Some(_) | None => "",
        },
        date: date.clone(),
    };
    way.iter().enumerate().map(step).collect()
}
