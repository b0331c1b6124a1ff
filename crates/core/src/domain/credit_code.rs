//! The unified social credit code (统一社会信用代码), GB 32100-2015.
//!
//! A [`CreditCode`] is always valid: 18 characters of the standard's alphabet, the last of them the check
//! character of the seventeen before it. There is no way to make one but [`CreditCode::parse`] and
//! [`CreditCode::from_body`]. Weights and modulus are coprime (31 is prime), so any single wrong character
//! shows.

use super::code::Code;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Characters in a code.
pub const CREDIT_CODE_LENGTH: usize = 18;

/// Digits and capital letters without I, O, S, V, Z; a character's value is its place here, 0 to 30.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const MODULUS: u32 = 31;
/// 3^(i-1) mod 31 for the seventeen places before the check character.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// A valid unified social credit code: the identifier of every organisation in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode([u8; CREDIT_CODE_LENGTH]);

/// Why a text is not a credit code; the message is the stable error code of the REST contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum CreditCodeError {
    /// Not 18 characters of the alphabet of GB 32100-2015.
    Charset,
    /// The 18th character is not the check character of the first seventeen.
    Checksum,
}

impl CreditCodeError {
    /// By which callers know it.
    pub const fn code(self) -> Code {
        match self {
            Self::Charset => Code::CreditCodeCharset,
            Self::Checksum => Code::CreditCodeChecksum,
        }
    }
}

impl CreditCode {
    /// Takes a text that is exactly a valid code: no blanks around it, no lowercase.
    ///
    /// # Errors
    /// [`CreditCodeError::Charset`] before [`CreditCodeError::Checksum`].
    pub fn parse(text: &str) -> Result<CreditCode, CreditCodeError> {
        let bytes =
            <[u8; CREDIT_CODE_LENGTH]>::try_from(text.as_bytes()).map_err(|_| CreditCodeError::Charset)?;
        if bytes.iter().any(|&character| value_of(character).is_none()) {
            return Err(CreditCodeError::Charset);
        }
        let (check, body) = bytes.split_last().ok_or(CreditCodeError::Charset)?;
        if check_character(body)? != *check {
            return Err(CreditCodeError::Checksum);
        }
        Ok(CreditCode(bytes))
    }

    /// Completes the first seventeen characters with their check character.
    ///
    /// # Errors
    /// [`CreditCodeError::Charset`] if `body` is not seventeen characters of the alphabet.
    pub fn from_body(body: &str) -> Result<CreditCode, CreditCodeError> {
        let mut code = String::with_capacity(CREDIT_CODE_LENGTH);
        code.push_str(body);
        code.push(char::from(check_character(body.as_bytes())?));
        CreditCode::parse(&code)
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every byte is of the alphabet, which is ASCII: the default is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn value_of(character: u8) -> Option<u32> {
    (0u32..).zip(ALPHABET).find(|(_, candidate)| **candidate == character).map(|(value, _)| value)
}

fn check_character(body: &[u8]) -> Result<u8, CreditCodeError> {
    if body.len() != WEIGHTS.len() {
        return Err(CreditCodeError::Charset);
    }
    let mut sum = 0;
    for (&character, weight) in body.iter().zip(WEIGHTS) {
        sum += weight * value_of(character).ok_or(CreditCodeError::Charset)?;
    }
    // The outer remainder is for a sum of 0 mod 31, whose check value is 0 and not 31.
    let check = (MODULUS - sum % MODULUS) % MODULUS;
    let (_, character) =
        (0u32..).zip(ALPHABET).find(|(value, _)| *value == check).ok_or(CreditCodeError::Charset)?;
    Ok(*character)
}

impl fmt::Display for CreditCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("CreditCode").field(&self.as_str()).finish()
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<CreditCode, CreditCodeError> {
        CreditCode::parse(text)
    }
}

impl Serialize for CreditCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CreditCode {
    /// The error's text is the stable code alone; whatever is not a string is `credit_code_charset`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CreditCode, D::Error> {
        // Asked for a string, serde_json words the error for a number itself; asked for anything, it lets the
        // visitor word it. Compact formats cannot be asked for anything.
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(CodeVisitor)
        } else {
            deserializer.deserialize_str(CodeVisitor)
        }
    }
}

struct CodeVisitor;

fn not_a_string<T, E: de::Error>() -> Result<T, E> {
    Err(E::custom(CreditCodeError::Charset))
}

impl<'de> Visitor<'de> for CodeVisitor {
    type Value = CreditCode;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a unified social credit code")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<CreditCode, E> {
        CreditCode::parse(text).map_err(E::custom)
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_unit<E: de::Error>(self) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_none<E: de::Error>(self) -> Result<CreditCode, E> {
        not_a_string()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<CreditCode, A::Error> {
        not_a_string()
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<CreditCode, A::Error> {
        not_a_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const VALID: [&str; 8] = [
        "91350100M000100Y43",
        "91310000MA1FL0000N",
        "91110108MA01A2B3CF",
        "91510100MA6CD0001D",
        "91440300MA5F00011B",
        "91330100MA2AX00016",
        "12310000MB2F303051",
        "91310115MA00000110",
    ];

    fn body() -> impl Strategy<Value = String> {
        "[0-9A-HJ-NP-RTUWXY]{17}"
    }

    #[test]
    fn the_codes_of_the_domain_document_are_valid() {
        for text in VALID {
            assert_eq!(CreditCode::parse(text).unwrap().as_str(), text);
            assert_eq!(CreditCode::from_body(&text[..17]).unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_often_printed_example_with_z_is_refused_for_its_alphabet() {
        assert_eq!(CreditCode::parse("91350100M000100Y4Z"), Err(CreditCodeError::Charset));
    }

    #[test]
    fn a_wrong_check_character_is_refused_as_such() {
        assert_eq!(CreditCode::parse("91350100M000100Y44"), Err(CreditCodeError::Checksum));
    }

    #[test]
    fn anything_but_eighteen_characters_of_the_alphabet_is_refused_for_its_alphabet() {
        let refused = [
            "",
            "91350100m000100y43",
            "91350100M000100Y4",
            "91350100M000100Y433",
            " 91350100M000100Y43",
            "91350100M000100Y4\n",
            "91350100M0001O0Y43",
            "91350100M000I00Y43",
            "91350100M000100Y4３",
            "统一社会信用",
        ];
        for text in refused {
            assert_eq!(CreditCode::parse(text), Err(CreditCodeError::Charset), "{text:?}");
        }
    }

    #[test]
    fn weights_are_the_powers_of_three() {
        let mut weight = 1;
        for expected in WEIGHTS {
            assert_eq!(weight, expected);
            weight = weight * 3 % MODULUS;
        }
    }

    #[test]
    fn every_single_substitution_in_every_known_code_is_caught() {
        for text in VALID {
            for place in 0..CREDIT_CODE_LENGTH {
                for &other in ALPHABET {
                    let mut changed = text.as_bytes().to_vec();
                    if changed[place] == other {
                        continue;
                    }
                    changed[place] = other;
                    let changed = String::from_utf8(changed).unwrap();
                    assert_eq!(CreditCode::parse(&changed), Err(CreditCodeError::Checksum), "{changed}");
                }
            }
        }
    }

    #[test]
    fn json_errors_are_the_stable_code_and_nothing_else() {
        for value in [
            json!(5),
            json!(-5),
            json!(1.5),
            json!(true),
            json!(null),
            json!([]),
            json!(["x"]),
            json!({"a": 1}),
        ] {
            let error = serde_json::from_value::<CreditCode>(value.clone()).unwrap_err();
            assert_eq!(error.to_string(), "credit_code_charset", "{value}");
        }
        let error = serde_json::from_value::<CreditCode>(json!("91350100M000100Y44")).unwrap_err();
        assert_eq!(error.to_string(), "credit_code_checksum");
        let error = serde_json::from_value::<CreditCode>(json!("91350100M000100Y4Z")).unwrap_err();
        assert_eq!(error.to_string(), "credit_code_charset");
        for text in ["5", "null", "[1, 2]", "{\"a\": 1}", "1.5"] {
            let error = serde_json::from_str::<CreditCode>(text).unwrap_err();
            assert!(error.to_string().starts_with("credit_code_charset"), "{error}");
        }
    }

    #[test]
    fn it_travels_through_other_formats_as_a_string() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Holder {
            code: CreditCode,
        }
        let holder = Holder { code: CreditCode::parse(VALID[0]).unwrap() };
        let text = toml::to_string(&holder).unwrap();
        assert_eq!(text, "code = \"91350100M000100Y43\"\n");
        assert_eq!(toml::from_str::<Holder>(&text).unwrap(), holder);
        assert!(
            toml::from_str::<Holder>("code = 5").unwrap_err().to_string().contains("credit_code_charset")
        );
    }

    proptest! {
        #[test]
        fn a_body_with_its_check_character_is_valid(body in body()) {
            let code = CreditCode::from_body(&body).unwrap();
            prop_assert_eq!(&code.as_str()[..17], body.as_str());
            prop_assert_eq!(CreditCode::parse(code.as_str()), Ok(code));
            prop_assert_eq!(serde_json::from_value::<CreditCode>(json!(code)).unwrap(), code);
        }

        #[test]
        fn any_single_substitution_is_caught(body in body(), place in 0usize..18, other in 0usize..31) {
            let code = CreditCode::from_body(&body).unwrap();
            let mut changed = code.as_str().as_bytes().to_vec();
            prop_assume!(changed[place] != ALPHABET[other]);
            changed[place] = ALPHABET[other];
            let changed = String::from_utf8(changed).unwrap();
            prop_assert_eq!(CreditCode::parse(&changed), Err(CreditCodeError::Checksum));
        }

        #[test]
        fn no_text_at_all_makes_it_fall_over(text in "\\PC{0,24}") {
            if let Ok(code) = CreditCode::parse(&text) {
                prop_assert_eq!(code.as_str(), text.as_str());
            }
        }
    }
}
