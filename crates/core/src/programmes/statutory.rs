//! Statutory limits 法定上限: how many points of interest an agency may pay, and until which day interest may earn. Every agency
//! begins with those of the national measure.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::PolicyError;
use crate::domain::dates::Window;
use crate::domain::{Date, Points};

/// The last day that the national measure pays for, 2027-12-31.
const NATIONAL_UNTIL: Date = match NaiveDate::from_ymd_opt(2027, 12, 31) {
    Some(day) => Date::from_naive(day),
    None => Date::from_naive(NaiveDate::MIN),
};

/// The statutory limits of interest subsidies, which no rules go beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StatutoryLimits {
    /// The most points of interest.
    pub points_max: Points,
    /// The last day that earns.
    pub window_until: Date,
}

impl Default for StatutoryLimits {
    /// 1.50 points, through 2027-12-31.
    fn default() -> Self {
        Self { points_max: Points::from_micro(1_500_000), window_until: NATIONAL_UNTIL }
    }
}

impl StatutoryLimits {
    /// Whether rules keep to them that say so many points and days that earn. Rules without points are held to them as they
    /// are computed.
    pub fn allow(&self, points_max: Option<Points>, earning: Window) -> Result<(), PolicyError> {
        if points_max.is_some_and(|max| max > self.points_max) {
            return Err(PolicyError::StatutoryPointsCap { points_max: self.points_max });
        }
        if earning.until > self.window_until {
            return Err(PolicyError::StatutoryWindow { until: self.window_until });
        }
        Ok(())
    }

    /// The days of a window that may earn.
    #[must_use]
    pub fn within(&self, window: Window) -> Window {
        Window { until: window.until.min(self.window_until), ..window }
    }
}
