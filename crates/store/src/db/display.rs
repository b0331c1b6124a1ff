//! Values as readers of differences and of sheets see them, and as `COPY` does.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A column's value as a reader of differences sees it.
pub trait ColumnText {
    fn shown(&self) -> String;

    /// The same as a sheet's cell, which is empty where there is nothing.
    fn cell(&self) -> String {
        self.shown()
    }
}

macro_rules! shown {
    ($($type:ty),+) => { $(impl ColumnText for $type { fn shown(&self) -> String { self.to_string() } })+ };
}
shown!(i16, i32, i64, bool, Decimal, String, Uuid, NaiveDate);

impl ColumnText for DateTime<Utc> {
    fn shown(&self) -> String {
        self.to_string()
    }

    fn cell(&self) -> String {
        self.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }
}

impl ColumnText for serde_json::Value {
    fn shown(&self) -> String {
        self.to_string()
    }

    /// With members in the order of their names, whatever order they were read in.
    fn cell(&self) -> String {
        subsidy_core::domain::canonical::encode(self).unwrap_or_else(|_| self.to_string())
    }
}

impl ColumnText for Vec<u8> {
    fn shown(&self) -> String {
        hex::encode(self)
    }
}

impl<T: ColumnText> ColumnText for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "nothing".to_owned(), ColumnText::shown)
    }

    fn cell(&self) -> String {
        self.as_ref().map(ColumnText::cell).unwrap_or_default()
    }
}

/// A value as `COPY` reads it, with the tab behind it.
pub trait Copied {
    /// Written behind what is there.
    fn copied(&self, line: &mut Vec<u8>);
}

/// Ends a line where its last value ended.
pub fn end(line: &mut Vec<u8>) {
    line.pop();
    line.push(b'\n');
}

fn escaped(bytes: &[u8], line: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'\\' => line.extend(b"\\\\"),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'\t' => line.extend(b"\\t"),
            other => line.push(*other),
        }
    }
    line.push(b'\t');
}

macro_rules! plain {
    ($($type:ty),+) => { $(impl Copied for $type {
        fn copied(&self, line: &mut Vec<u8>) {
            line.extend(self.to_string().as_bytes());
            line.push(b'\t');
        }
    })+ };
}
plain!(i16, i32, i64, bool, Decimal, Uuid, NaiveDate);

impl Copied for String {
    fn copied(&self, line: &mut Vec<u8>) {
        escaped(self.as_bytes(), line);
    }
}

impl Copied for DateTime<Utc> {
    fn copied(&self, line: &mut Vec<u8>) {
        line.extend(self.to_rfc3339_opts(chrono::SecondsFormat::Micros, true).as_bytes());
        line.push(b'\t');
    }
}

impl Copied for serde_json::Value {
    fn copied(&self, line: &mut Vec<u8>) {
        escaped(self.to_string().as_bytes(), line);
    }
}

impl Copied for Vec<u8> {
    fn copied(&self, line: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        line.extend(b"\\\\x");
        line.extend(self.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        line.push(b'\t');
    }
}

impl<T: Copied> Copied for Option<T> {
    fn copied(&self, line: &mut Vec<u8>) {
        match self {
            Some(value) => value.copied(line),
            None => line.extend(b"\\N\t"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[&dyn Copied]) -> String {
        let mut line = Vec::new();
        values.iter().for_each(|value| value.copied(&mut line));
        end(&mut line);
        String::from_utf8_lossy(&line).into_owned()
    }

    #[test]
    fn what_separates_values_is_escaped_and_nothing_is_told_from_empty() {
        let (text, none, empty) = ("a\tb\\c\nd\r".to_owned(), None::<String>, String::new());
        assert_eq!(line(&[&text, &none, &empty, &7_i64]), "a\\tb\\\\c\\nd\\r\t\\N\t\t7\n");
    }

    #[test]
    fn bytes_and_documents_are_read_back_as_they_are() {
        let bytes = vec![0_u8, 0xab, 0xff];
        assert_eq!(line(&[&bytes]), "\\\\x00abff\n");
        assert_eq!(line(&[&serde_json::json!({"a": "\"\n"})]), "{\"a\":\"\\\\\"\\\\n\"}\n");
    }
}
