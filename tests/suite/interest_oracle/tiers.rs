//! Which tier somebody is in, read from the text of the rules and not by the service.

use subsidy_core::organisations::{Category, Size};
use subsidy_core::programmes::policy::{Policy, Tier};

/// Who asks, as far as tiers look at it.
#[derive(Debug)]
pub struct Asks {
    pub category: Category,
    pub size: Option<Size>,
    pub startup: bool,
}

/// The rules for who asks: the first tier of which everything that is said is so takes the place of what it names.
pub fn tiered(rules: &Policy, asks: &Asks) -> Policy {
    let mut policy = rules.clone();
    for tier in rules.tiers.iter().flatten() {
        let Tier { when, points, caps, .. } = tier;
        let other_category = when.categories.as_ref().is_some_and(|names| !names.contains(&asks.category));
        let other_size = match (&when.sizes, asks.size) {
            (Some(names), Some(size)) => !names.contains(&size),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let other_age = when.startup == Some(!asks.startup);
        if other_category || other_size || other_age {
            continue;
        }
        if points.is_some() {
            policy.points.clone_from(points);
        }
        if let Some(claim) = caps.as_ref().and_then(|caps| caps.claim) {
            policy.caps.claim = Some(claim);
        }
        break;
    }
    policy
}
