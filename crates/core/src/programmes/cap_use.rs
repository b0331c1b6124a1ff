//! A cap as it stands on a calculation sheet.

use serde::{Deserialize, Serialize};

use super::policy::Released;
use crate::domain::Money;
use crate::domain::dates::FiscalYear;

/// A cap and what was used of it before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CapUse {
    /// The calendar year; none for the lifetime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub year: Option<FiscalYear>,
    /// CNY, the cap.
    pub cap: Money,
    /// CNY, used before.
    pub used: Money,
    /// Of the cap on what is issued in a year: what becomes of it when a voucher gives something back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub released: Option<Released>,
}

impl CapUse {
    /// A cap of all years together, or of one.
    pub const fn new(year: Option<FiscalYear>, cap: Money, used: Money) -> Self {
        Self { year, cap, used, released: None }
    }
}
