//! The redemptions of the demonstration, and how far each has come.

use super::cases::LATELY;

/// How far a claim has come; a day is the one of its approval, a second one that of the bank's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    Draft,
    Submitted,
    Reviewed,
    Approved(&'static str),
    /// Sent to the bank, which sent it back: it waits to be paid again.
    Returned(&'static str, &'static str),
    Paid(&'static str, &'static str),
    /// Paid on the day of its approval, then decided to come back in part, and in part received.
    Recovered(&'static str),
}

/// A redemption of the voucher on a contract.
pub(super) struct Redemption {
    pub contract_no: &'static str,
    /// Which of the contract's.
    pub number: u8,
    pub settled: &'static str,
    pub reached: Reached,
}

const fn redemption(
    contract_no: &'static str,
    number: u8,
    settled: &'static str,
    reached: Reached,
) -> Redemption {
    Redemption { contract_no, number, settled, reached }
}

/// In the order of their days.
pub(super) const REDEMPTIONS: [Redemption; 7] = [
    redemption("DEMO-2025-001", 1, "2000000.00", Reached::Paid("2025-04-15", "2025-04-30")),
    redemption("DEMO-2025-001", 2, "1000000.00", Reached::Returned("2025-05-20", "2025-05-28")),
    redemption("DEMO-2025-001", 3, "500000.00", Reached::Recovered("2025-05-28")),
    redemption("DEMO-2025-001", 4, "1123456.78", Reached::Approved(LATELY)),
    redemption("DEMO-2025-002", 1, "1200000.00", Reached::Reviewed),
    redemption("DEMO-2025-002", 2, "833333.33", Reached::Submitted),
    redemption("DEMO-2025-002", 3, "300000.00", Reached::Draft),
];
