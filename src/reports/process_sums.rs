//! All that a process keeps of what reports summed.

use super::funnel::Cases;
use super::known::KnownSums;
use super::lines::open::OpenItems;
use super::lines::parties::Flows;
use super::months::Months;

/// What a process knows of each agency. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ProcessSums {
    /// What was posted by month.
    pub months: Months,
    /// What is open of each document.
    pub open: KnownSums<OpenItems>,
    /// What is approved and paid, by organisation and provider.
    pub flows: KnownSums<Flows>,
    /// How far each case came.
    pub cases: KnownSums<Cases>,
}
