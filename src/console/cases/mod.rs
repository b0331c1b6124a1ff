//! Cases: vouchers and claims, as lists and one by one.

mod actions;
mod claim;
mod history;
mod list;
mod sheet;
mod voucher;

pub use actions::{Action, Button};
pub use claim::show as claim;
pub use list::{claims, vouchers};
pub use voucher::show as voucher;
pub use voucher::{Bar, bar};

use super::texts::T;

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
