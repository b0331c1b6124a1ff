//! Between columns and values: a text column holds what the value's own canonical form says.

use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{Instant, Money, Percent, Points, Revision, Sequence, canonical};

/// A row that does not hold what its table promises; somebody wrote it behind the service's back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored value is not readable: {0}")]
pub struct Unreadable(pub String);

/// The value that a text column holds.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    canonical::decode_value(&Value::String(text.to_owned())).map_err(|e| Unreadable(e.to_string()))
}

/// The value that a nullable text column holds.
pub fn read_opt<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, Unreadable> {
    text.map(read).transpose()
}

/// The text of a value whose canonical form is a string.
pub fn text(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}

/// The value that a JSON column holds.
pub fn read_json<T: DeserializeOwned>(value: &Value) -> Result<T, Unreadable> {
    canonical::decode_value(value).map_err(|e| Unreadable(e.to_string()))
}

/// A value as a JSON column holds it: canonical, every value a string.
pub fn json(value: &impl Serialize) -> Result<Value, Unreadable> {
    let text = canonical::encode(value).map_err(|e| Unreadable(e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| Unreadable(e.to_string()))
}

/// CNY as `numeric(20,2)`.
pub fn decimal(money: Money) -> Decimal {
    Decimal::new(money.fen(), 2)
}

/// `numeric(20,2)` as CNY.
pub fn money(decimal: Decimal) -> Result<Money, Unreadable> {
    micro(decimal, 2).map(Money::from_fen)
}

/// Percent as `numeric(9,6)`.
pub fn percent(value: Percent) -> Decimal {
    Decimal::new(value.micro(), 6)
}

/// `numeric(9,6)` as percent.
pub fn read_percent(value: Decimal) -> Result<Percent, Unreadable> {
    micro(value, 6).map(Percent::from_micro)
}

/// Points as `numeric(9,6)`.
pub fn points(value: Points) -> Decimal {
    Decimal::new(value.micro(), 6)
}

/// `numeric(9,6)` as points.
pub fn read_points(value: Decimal) -> Result<Points, Unreadable> {
    micro(value, 6).map(Points::from_micro)
}

fn micro(mut value: Decimal, scale: u32) -> Result<i64, Unreadable> {
    let before = value;
    value.rescale(scale);
    if value != before || value.scale() != scale {
        return Err(Unreadable(before.to_string()));
    }
    i64::try_from(value.mantissa()).map_err(|_| Unreadable(before.to_string()))
}

pub fn sequence(sequence: Sequence) -> i64 {
    i64::try_from(sequence.number()).unwrap_or(i64::MAX)
}

pub fn read_sequence(value: i64) -> Result<Sequence, Unreadable> {
    u64::try_from(value).map(Sequence::new).map_err(|_| Unreadable(value.to_string()))
}

/// The three columns of a revision as one.
pub fn revision(
    created: i64,
    version: i64,
    updated_at: chrono::DateTime<chrono::Utc>,
) -> Result<Revision, Unreadable> {
    Ok(Revision {
        created: read_sequence(created)?,
        version: read_sequence(version)?,
        updated_at: Instant::new(updated_at),
    })
}

/// A year as `smallint`; 0 stands for all years.
pub fn year(year: Option<FiscalYear>) -> i16 {
    year.and_then(|y| i16::try_from(y.number()).ok()).unwrap_or(0)
}

pub fn read_year(value: i16) -> Result<Option<FiscalYear>, Unreadable> {
    if value == 0 {
        return Ok(None);
    }
    FiscalYear::new(i32::from(value)).map(Some).map_err(|_| Unreadable(value.to_string()))
}

pub fn count(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

pub fn read_count(value: i32) -> Result<u32, Unreadable> {
    u32::try_from(value).map_err(|_| Unreadable(value.to_string()))
}
