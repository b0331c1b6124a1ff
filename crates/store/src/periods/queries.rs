//! What is read of periods.

use crate::periods::PeriodRow;
use crate::statement;

statement! {
    /// All that were closed, in their order: twelve a year at most.
    pub fn all() -> Vec<PeriodRow> = "SELECT * FROM periods ORDER BY month";
}
