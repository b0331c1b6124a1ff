//! Service terms 办理时限: within how many working days the agency does what waits for it, and how 公示 is counted.

use serde::{Deserialize, Serialize};

use super::RulesVersion;
use super::check::{invalid, missing};
use super::policy::{Policy, PolicyError};
use super::rules::in_force;
use crate::domain::Date;

/// The most working days of a term: about those of a year.
pub const TERM_DAYS_MAX: u16 = 250;

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayCounting {
    /// Every day counts, Sundays and holidays too.
    #[default]
    Calendar,
    /// Only the working days of the agency's calendar count.
    Working,
}

/// In how many working days the agency takes each step, 1 to 250. The day on which something begins to wait does not count; a
/// step that is not named has no term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceDays {
    /// From the filing to the end of the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 250)]
    pub review: Option<u16>,
    /// From the review to the approval or the issue, without the days of 公示; and of whatever else is proposed under the programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 250)]
    pub approval: Option<u16>,
    /// From an objection to what is decided on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 250)]
    pub objection: Option<u16>,
    /// From the approval of a claim to that of the batch that pays it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 250)]
    pub payment: Option<u16>,
}

/// A step that the agency takes within a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStep {
    /// 审核
    Review,
    /// 批准、签发
    Approval,
    /// 异议处理
    Objection,
    /// 拨付
    Payment,
}

/// For which step something waits, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    pub step: ServiceStep,
    /// The day on which it began to wait: the rules of that day say its term.
    pub since: Date,
    /// The day after which the term counts: the last of its publicity, if it has one.
    pub counted_from: Date,
}

impl Waits {
    /// For a step since a day, after which its term counts.
    pub const fn since(step: ServiceStep, day: Date) -> Self {
        Self { step, since: day, counted_from: day }
    }

    /// The working days that it may take under the versions of its programme's rules; none where they give no term.
    pub fn term<'a>(&self, versions: impl IntoIterator<Item = &'a RulesVersion>) -> Option<u16> {
        in_force(versions, self.since)?.rules.service_days?.of(self.step)
    }
}

impl ServiceDays {
    /// The term of a step.
    pub const fn of(&self, step: ServiceStep) -> Option<u16> {
        match step {
            ServiceStep::Review => self.review,
            ServiceStep::Approval => self.approval,
            ServiceStep::Objection => self.objection,
            ServiceStep::Payment => self.payment,
        }
    }

    fn all(&self) -> [(&'static str, Option<u16>); 4] {
        [
            ("review", self.review),
            ("approval", self.approval),
            ("objection", self.objection),
            ("payment", self.payment),
        ]
    }
}

impl Policy {
    /// Holds publicity and terms to their ranges.
    pub(super) fn check_days(&self) -> Result<(), PolicyError> {
        if self.publicity_days.is_some_and(|days| days > 365) {
            return Err(invalid("/publicity_days"));
        }
        if self.publicity_counts.is_some() && self.publicity_days.is_none() {
            return Err(missing("/publicity_days"));
        }
        let by_working_days = self.publicity_counts == Some(DayCounting::Working);
        if by_working_days && self.publicity_days.is_some_and(|days| days > u32::from(TERM_DAYS_MAX)) {
            return Err(invalid("/publicity_days"));
        }
        let Some(terms) = &self.service_days else { return Ok(()) };
        let out = |days: u16| !(1..=TERM_DAYS_MAX).contains(&days);
        match terms.all().into_iter().find(|(_, days)| days.is_some_and(out)) {
            Some((step, _)) => Err(invalid(format!("/service_days/{step}"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;

    fn checked(rules: Value) -> Result<(), PolicyError> {
        serde_json::from_value::<Policy>(rules).unwrap().check_days()
    }

    #[test]
    fn terms_and_publicity_are_held_to_their_ranges() {
        let all = json!({"review": 1, "approval": 250, "objection": 15, "payment": 20});
        for sound in [
            json!({}),
            json!({"service_days": all}),
            json!({"service_days": {}}),
            json!({"service_days": {"payment": 1}}),
            json!({"publicity_days": 365}),
            json!({"publicity_days": 365, "publicity_counts": "calendar"}),
            json!({"publicity_days": 250, "publicity_counts": "working"}),
        ] {
            assert_eq!(checked(sound.clone()), Ok(()), "{sound}");
        }
        for (rules, wrong) in [
            (json!({"service_days": {"review": 0}}), invalid("/service_days/review")),
            (json!({"service_days": {"approval": 251}}), invalid("/service_days/approval")),
            (json!({"service_days": {"review": 1, "payment": 251}}), invalid("/service_days/payment")),
            (json!({"publicity_counts": "working"}), missing("/publicity_days")),
            (json!({"publicity_days": 366}), invalid("/publicity_days")),
            (json!({"publicity_days": 251, "publicity_counts": "working"}), invalid("/publicity_days")),
        ] {
            assert_eq!(checked(rules.clone()), Err(wrong), "{rules}");
        }
    }
}
