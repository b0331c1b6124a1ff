//! What a bank calls a payment, as it is compared: no two payments of an agency are called the same.

use std::fmt;

use crate::domain::Line;
use crate::domain::text::Malformed;

/// A bank's reference without what people type differently: blanks, case, full width.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceKey(String);

impl ReferenceKey {
    /// The key of a reference.
    pub fn new(reference: &Line) -> Self {
        let letters = reference.as_str().chars().filter(|letter| !letter.is_whitespace());
        Self(letters.map(half_width).flat_map(char::to_lowercase).collect())
    }

    /// Reads the form that `Display` writes. Error: `invalid_text`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        // no more is asked than what the key of a long reference keeps: letters may grow in number as they fold
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(Malformed { code: "invalid_text" });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ReferenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::domain::string_value!(ReferenceKey, "invalid_text");

/// Letters, digits and signs that input methods for Chinese write twice as wide.
fn half_width(letter: char) -> char {
    match u32::from(letter) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(letter),
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_people_type_differently_is_one_reference_and_another_digit_is_another() {
        let key = |text: &str| ReferenceKey::new(&Line::parse(text).unwrap());
        for same in ["ft 2025-01", "FT2025 - 01", "ＦＴ２０２５－０１", "Ft2025-01"] {
            assert_eq!(key(same), key("FT2025-01"), "{same}");
        }
        assert_ne!(key("FT2025-02"), key("FT2025-01"));
        assert_eq!(ReferenceKey::parse(&key("FT 1").to_string()).unwrap(), key("ft1"));
    }
}
