//! What people write that must not stand in the log: free text and account numbers.
//!
//! A text goes beside the command under a salted hash, an account number sealed and under a keyed one.

use rand::RngCore;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use subsidy_core::domain::letters;
use subsidy_core::domain::letters::{Misspelt, TextError};
use subsidy_core::domain::text::{Malformed, raw_string};
use subsidy_core::domain::{Code, CreditCode, TextHash};
use subsidy_store::engine::submission::{NewBankAccount, NewText};
use subsidy_store::keys::accounts::{AgencyVault, Sealed, masked};

/// Bytes of salt before a text.
const SALT_BYTES: usize = 16;

/// Why something was done: 1 to 2,000 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// The most characters that fit.
    pub const CHARS_MAX: usize = 2_000;

    /// Error: `invalid_reason`, also for blanks alone and for what nobody sees but line breaks and tabs.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let refused = |why: Misspelt| why.under(Code::InvalidReason);
        let text = letters::spelt(text, &['\n', '\r', '\t']).map_err(refused)?;
        if text.trim().is_empty() || text.chars().count() > Self::CHARS_MAX {
            return Err(refused(Misspelt::Form));
        }
        Ok(Self(text.into_owned()))
    }

    /// This and another below it. Both were held to the limit, the two together may be longer.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self(format!("{}\n{}", self.0, other.0))
    }

    /// The text with a new salt, and the hash that a command names it by.
    pub fn salted(self) -> NewText {
        let mut salt = vec![0; SALT_BYTES];
        rand::rngs::OsRng.fill_bytes(&mut salt);
        let digest = Sha256::new().chain_update(&salt).chain_update(&self.0).finalize();
        NewText { hash: TextHash::new(digest.into()), salt, body: self.0 }
    }
}

impl std::fmt::Debug for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reason(..)")
    }
}

impl<'de> serde::Deserialize<'de> for Reason {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw_string(deserializer, Code::InvalidReason)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A bank account's number: 6 to 34 digits and letters; blanks and hyphens between them are dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountNumber(String);

impl AccountNumber {
    /// Error: `invalid_account_number`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if !(6..=34).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Malformed { code: Code::InvalidAccountNumber });
        }
        Ok(Self(number))
    }

    /// `****` and its last four.
    pub fn masked(&self) -> String {
        masked(&self.0)
    }

    /// The number sealed for its organisation.
    pub fn sealed(
        &self,
        organisation: CreditCode,
        vault: AgencyVault<'_>,
    ) -> Result<NewBankAccount, Problem> {
        let sealed = vault.seal(organisation, &self.0).map_err(|error| Problem::fault(&error))?;
        let Sealed { mac, bytes } = sealed;
        Ok(NewBankAccount { organisation, mac, sealed: bytes })
    }
}

impl std::fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountNumber(..)")
    }
}

impl<'de> serde::Deserialize<'de> for AccountNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw_string(deserializer, Code::InvalidAccountNumber)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

subsidy_core::string_schema! {
    Reason as "Reason": "材料不全", "1 to 2,000 characters.";
    AccountNumber as "AccountNumber": "6222021234567890", "6 to 34 digits or letters; answered as ****7890.";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_reason_has_a_limit_and_a_salt_of_its_own() {
        let reason = |text: &str| Reason::parse(text);
        assert!(reason("").is_err() && reason(" \n").is_err() && reason("a\0").is_err());
        assert!(reason(&"理".repeat(2_000)).is_ok() && reason(&"理".repeat(2_001)).is_err());
        let (one, other) = (reason("x").unwrap().salted(), reason("x").unwrap().salted());
        assert_ne!(one.hash, other.hash);
        assert_eq!(one.salt.len(), SALT_BYTES);
        let digest: [u8; 32] = Sha256::digest([one.salt.as_slice(), b"x"].concat()).into();
        assert_eq!(one.hash, TextHash::new(digest));
    }

    #[test]
    fn an_account_number_is_digits_and_letters() {
        assert_eq!(AccountNumber::parse("6222 0212-3456").unwrap().masked(), "****3456");
        for wrong in ["12345", "", "账号123456", "12345_6", &"1".repeat(35)] {
            assert!(AccountNumber::parse(wrong).is_err(), "{wrong}");
        }
    }
}
