//! Bounded text: what people may write into the ledger, and what stands for it in the log.

use super::code::Code;
use std::fmt;

use serde::de::Visitor;

use super::folded::Folded;
use super::letters::{self, Misspelt, TextError};
use super::macros::string_value;

/// A value that does not have its type's form; `code` is the stable code that the caller reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct Malformed {
    /// Stable code, such as `invalid_amount`.
    pub code: Code,
}

impl From<TextError> for Malformed {
    fn from(error: TextError) -> Self {
        Self { code: error.code }
    }
}

/// Reads a JSON string and nothing else; any other type is refused with `code`.
pub fn raw_string<'de, D>(deserializer: D, code: Code) -> Result<String, D::Error>
where
    D: serde::Deserializer<'de>,
{
    struct Only(Code);

    impl<'de> Visitor<'de> for Only {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
        fn visit_string<E: serde::de::Error>(self, text: String) -> Result<String, E> {
            Ok(text)
        }
        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<String, E> {
            Err(E::custom(self.0))
        }
        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<String, E> {
            Err(E::custom(self.0))
        }
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<String, E> {
            Err(E::custom(self.0))
        }
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<String, E> {
            Err(E::custom(self.0))
        }
        fn visit_unit<E: serde::de::Error>(self) -> Result<String, E> {
            Err(E::custom(self.0))
        }
        fn visit_none<E: serde::de::Error>(self) -> Result<String, E> {
            Err(E::custom(self.0))
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<String, A::Error> {
            Err(serde::de::Error::custom(self.0))
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<String, A::Error> {
            Err(serde::de::Error::custom(self.0))
        }
    }

    deserializer.deserialize_any(Only(code))
}

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters that fit.
            pub const CHARS_MAX: usize = $max;

            /// Takes 1 to `CHARS_MAX` characters that everybody can see, without white space at either end. Private
            /// letters of GB 18030 become what they are today. Error: `invalid_text`, naming the character.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let refused = |why: Misspelt| why.under(Code::InvalidText);
                let text = letters::spelt(text, &[]).map_err(refused)?;
                let blank = text.trim().len() != text.len();
                if text.is_empty() || text.chars().count() > Self::CHARS_MAX || blank {
                    return Err(refused(Misspelt::Form));
                }
                Ok(Self(text.into_owned()))
            }

            /// The form by which it is compared where it is a key.
            pub fn folded(&self) -> Folded {
                Folded::new(&self.0)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = raw_string(deserializer, Code::InvalidText)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text).map_err(Malformed::from)
            }
        }
    };
}

bounded_text!(
    /// A short name that rules compare: an item, a region, a level, a rate's name.
    Label,
    64
);
bounded_text!(
    /// One line of text: a name, a document's title, a contract's number.
    Line,
    200
);

/// A programme's code: a lower-case letter or digit, then up to 39 of `a-z 0-9 - _`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgrammeCode(String);

impl ProgrammeCode {
    /// Error: `invalid_programme_code`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let first = text.chars().next().is_some_and(ok);
        if !first || text.len() > 40 || !text.chars().all(|c| ok(c) || c == '-' || c == '_') {
            return Err(Malformed { code: Code::InvalidProgrammeCode });
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which codes that look alike are one.
    pub fn folded(&self) -> Folded {
        Folded::new(&self.0)
    }
}

impl fmt::Display for ProgrammeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

string_value!(ProgrammeCode, Code::InvalidProgrammeCode);

/// The code of caps that several programmes share, in the form of a programme's code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapGroupCode(ProgrammeCode);

impl CapGroupCode {
    /// Error: `invalid_cap_group_code`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        ProgrammeCode::parse(text).map(Self).map_err(|_| Malformed { code: Code::InvalidCapGroupCode })
    }
}

impl fmt::Display for CapGroupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

string_value!(CapGroupCode, Code::InvalidCapGroupCode);

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps a digest that was computed where the bytes came in.
            pub const fn new(digest: [u8; 32]) -> Self {
                Self(digest)
            }

            /// 64 lower-case hexadecimal digits. Error: `invalid_hash`.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                digest_of(text).map(Self).ok_or(Malformed { code: Code::InvalidHash })
            }

            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        string_value!($name, Code::InvalidHash);
    };
}

fn digest_of(text: &str) -> Option<[u8; 32]> {
    // the crate reads upper-case digits too, by which one digest would have several texts
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut digest = [0_u8; 32];
    hex::decode_to_slice(text, &mut digest).ok().map(|()| digest)
}

digest!(
    /// SHA-256 over a salt and a free text: what stands in the log for words that people wrote.
    ///
    /// The text and its salt are kept beside the log, where they can be erased; without the salt the
    /// hash says nothing about the words.
    TextHash
);
digest!(
    /// SHA-256 over a file: where its bytes are kept, and what stands in the log for them.
    ContentHash
);
digest!(
    /// The root of a log's tree.
    RootHash
);
digest!(
    /// SHA-256 of an idempotency key: what the database and the log know of it.
    KeyHash
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_control_characters_and_no_white_space_at_its_ends() {
        assert!(Line::parse("预算1号").is_ok());
        for bad in ["", " x", "x ", "a\nb", "a\u{0}b", "\u{200B}\u{200B}", "TW\u{202E}IN-1", "a\u{FFFF}"] {
            assert!(Line::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Line::parse(&"长".repeat(200)).is_ok());
        assert!(Line::parse(&"长".repeat(201)).is_err());
    }

    #[test]
    fn a_programme_code_is_lower_case_and_short() {
        assert!(ProgrammeCode::parse("bj-voucher").is_ok());
        for bad in ["", "-a", "A", "a b", "编"] {
            assert!(ProgrammeCode::parse(bad).is_err(), "{bad:?}");
        }
        assert!(ProgrammeCode::parse(&"a".repeat(41)).is_err());
    }

    #[test]
    fn a_hash_reads_back_as_it_was_written() {
        let hash = TextHash::new([0xa5; 32]);
        assert_eq!(TextHash::parse(&hash.to_string()), Ok(hash));
        assert!(TextHash::parse("a5").is_err());
    }
}
