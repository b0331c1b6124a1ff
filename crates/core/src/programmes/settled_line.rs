//! What a ratio is taken of.

use serde::{Deserialize, Serialize};

use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{Exact, Label, Money, Percent, Quantity};

/// A line that a ratio is taken of: of a contract or of a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettledLine {
    /// What: `compute`, `storage`, `network`, `model_service`, …
    pub item: Label,
    /// CNY, tax included.
    pub amount: Amount,
    /// The VAT rate in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tax_percent: Option<Percent>,
    /// Of what was metered: CNY with all of its decimals, which are computed with; `amount` shows it to the fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metered: Option<Exact>,
    /// How much of it, where the rules pay for each unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// In what the quantity is: `kWh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit: Option<Label>,
}

impl SettledLine {
    /// A line as somebody writes it.
    pub const fn new(item: Label, amount: Amount, tax_percent: Option<Percent>) -> Self {
        Self { item, amount, tax_percent, metered: None, quantity: None, unit: None }
    }

    /// CNY of all lines, tax included.
    pub fn total(lines: &[Self]) -> Result<Money, OutOfRange> {
        Money::sum(lines.iter().map(|line| line.amount.money()))
    }

    /// CNY, tax included, with all of its decimals.
    pub fn exact(&self) -> Exact {
        self.metered.unwrap_or_else(|| Exact::from_money(self.amount.money()))
    }
}
