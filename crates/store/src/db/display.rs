//! Values as readers of differences and of sheets see them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A column's value as a reader of differences sees it.
pub trait Shown {
    /// The words.
    fn shown(&self) -> String;

    /// The same as a sheet's cell, which is empty where there is nothing.
    fn cell(&self) -> String {
        self.shown()
    }
}

macro_rules! shown {
    ($($type:ty),+) => { $(impl Shown for $type { fn shown(&self) -> String { self.to_string() } })+ };
}
shown!(i16, i32, i64, bool, Decimal, String, Uuid, NaiveDate);

impl Shown for DateTime<Utc> {
    fn shown(&self) -> String {
        self.to_string()
    }

    fn cell(&self) -> String {
        self.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }
}

impl Shown for serde_json::Value {
    fn shown(&self) -> String {
        self.to_string()
    }

    /// With members in the order of their names, whatever order they were read in.
    fn cell(&self) -> String {
        subsidy_core::domain::canonical::encode(self).unwrap_or_else(|_| self.to_string())
    }
}

impl Shown for Vec<u8> {
    fn shown(&self) -> String {
        self.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "nothing".to_owned(), Shown::shown)
    }

    fn cell(&self) -> String {
        self.as_ref().map(Shown::cell).unwrap_or_default()
    }
}
