//! What a bank calls money that moved, as it is compared: no two payments of an agency are called the same, nor what comes
//! back of a prefund.

use super::code::Code;
use std::fmt;

use super::macros::string_value;
use super::text::{Line, Malformed};

/// A bank's reference without what people type differently: its fold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceKey(String);

impl ReferenceKey {
    /// The key of a reference.
    pub fn new(reference: &Line) -> Self {
        Self(reference.folded().to_string())
    }

    /// Reads the form that `Display` writes. Error: `invalid_text`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        // no more is asked than what the key of a long reference keeps: letters may grow in number as they fold
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(Malformed { code: Code::InvalidText });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ReferenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

string_value!(ReferenceKey, Code::InvalidText);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_people_type_differently_is_one_reference_and_another_digit_is_another() {
        let key = |text: &str| ReferenceKey::new(&Line::parse(text).unwrap());
        for same in ["ft 2025-01", "FT2025 - 01", "ＦＴ２０２５－０１", "Ft2025-01", "FT2O25-0l"] {
            assert_eq!(key(same), key("FT2025-01"), "{same}");
        }
        assert_ne!(key("FT2025-02"), key("FT2025-01"));
        assert_eq!(ReferenceKey::parse(&key("FT 1").to_string()).unwrap(), key("ft1"));
    }
}
