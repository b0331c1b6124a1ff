//! Bank account numbers: encrypted where they are stored, a keyed hash where they are compared, four digits
//! where they are shown.
//!
//! One secret outside the database gives two keys, each by HMAC-SHA-256 over a label of its own, so neither
//! tells anything about the other. AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce stays safe for
//! 2^32 account numbers under one secret.
//!
//! A number is sealed for one agency, one organisation and one keyed hash, which are the cipher's associated data:
//! put into another row it does not open. Whoever opens one says which it must be, and gets that one or none.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use rand::RngCore;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use super::keyed::{hmac, hmac_of_parts};
use crate::keys::Secret;
use subsidy_core::domain::{AgencyCode, CreditCode, TextHash};

const SEAL_LABEL: &[u8] = b"subsidy-ledger/account/seal/v1";
const MAC_LABEL: &[u8] = b"subsidy-ledger/account/mac/v1";
const SESSION_LABEL: &[u8] = b"subsidy-ledger/session/mac/v1";
const FACTOR_LABEL: &[u8] = b"subsidy-ledger/second-factor/seal/v1";
const NONCE_BYTES: usize = 12;

/// The account number could not be sealed or opened: another key, changed bytes, or a number of somebody else. Nothing is
/// told about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account number could not be sealed, or is not the one that it should be")]
pub struct AccountError;

/// Seals and compares account numbers.
pub struct AccountVault {
    seal_key: Secret,
    mac_key: Secret,
    session_key: Secret,
    factor_key: Secret,
}

/// An account number as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// HMAC-SHA-256 of the number: what the log knows it by.
    pub mac: TextHash,
    /// 12 bytes of nonce, the ciphertext, 16 bytes of tag.
    pub bytes: Vec<u8>,
}

impl AccountVault {
    #[must_use]
    pub fn new(key: &Secret) -> AccountVault {
        AccountVault {
            seal_key: Secret::new(hmac(key, SEAL_LABEL)),
            mac_key: Secret::new(hmac(key, MAC_LABEL)),
            session_key: Secret::new(hmac(key, SESSION_LABEL)),
            factor_key: Secret::new(hmac(key, FACTOR_LABEL)),
        }
    }

    /// The numbers of one agency.
    #[must_use]
    pub const fn of<'a>(&'a self, agency: &'a AgencyCode) -> AgencyVault<'a> {
        AgencyVault { vault: self, agency }
    }

    /// HMAC-SHA-256 of the account number as it is written; equal numbers give equal bytes.
    #[must_use]
    pub fn mac(&self, account_number: &str) -> TextHash {
        TextHash::new(hmac(&self.mac_key, account_number.as_bytes()))
    }

    /// HMAC-SHA-256 of what the console keeps of people: sessions, sign-ins on their way.
    #[must_use]
    pub fn session_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_of_parts(&self.session_key, parts)
    }

    /// Encrypts what the console keeps of people: the secret of a second factor, a form that waits for a sign-in. `name` says
    /// whose it is.
    ///
    /// # Errors
    /// [`AccountError`] beyond the cipher's limits.
    pub fn seal_private(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, AccountError> {
        sealed(&self.factor_key, name.as_bytes(), secret)
    }

    /// Decrypts what [`AccountVault::seal_private`] gave for the same name.
    ///
    /// # Errors
    /// [`AccountError`] if it is another's, or sealed under another secret.
    pub fn open_private(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, AccountError> {
        opened(&self.factor_key, name.as_bytes(), sealed)
    }
}

/// 12 bytes of nonce, the ciphertext, 16 bytes of tag.
fn sealed(key: &Secret, context: &[u8], text: &[u8]) -> Result<Vec<u8>, AccountError> {
    let mut nonce = [0; NONCE_BYTES];
    OsRng.fill_bytes(&mut nonce);
    let payload = Payload { msg: text, aad: context };
    let sealed = Aes256Gcm::new(key.expose().into()).encrypt(Nonce::from_slice(&nonce), payload);
    Ok([nonce.as_slice(), &sealed.map_err(|_| AccountError)?].concat())
}

fn opened(key: &Secret, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, AccountError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(AccountError)?;
    let payload = Payload { msg: ciphertext, aad: context };
    let opened = Aes256Gcm::new(key.expose().into()).decrypt(Nonce::from_slice(nonce), payload);
    opened.map(Zeroizing::new).map_err(|_| AccountError)
}

/// Seals and opens the account numbers of one agency.
#[derive(Debug, Clone, Copy)]
pub struct AgencyVault<'a> {
    vault: &'a AccountVault,
    agency: &'a AgencyCode,
}

impl AgencyVault<'_> {
    /// Encrypts an organisation's number. Equal numbers give different bytes.
    ///
    /// # Errors
    /// [`AccountError`] for a text beyond the cipher's limit of 64 GiB.
    pub fn seal(self, organisation: CreditCode, account_number: &str) -> Result<Sealed, AccountError> {
        let mac = self.vault.mac(account_number);
        let context = self.context(organisation, mac);
        let bytes = sealed(&self.vault.seal_key, &context, account_number.as_bytes())?;
        Ok(Sealed { mac, bytes })
    }

    /// Decrypts what [`AgencyVault::seal`] gave for the same organisation, if it is the number that `mac` says.
    ///
    /// # Errors
    /// [`AccountError`] if the bytes were changed, were sealed under another secret or for another row, or hold another
    /// number.
    pub fn open(
        self,
        organisation: CreditCode,
        mac: TextHash,
        sealed: &[u8],
    ) -> Result<Zeroizing<String>, AccountError> {
        let opened = opened(&self.vault.seal_key, &self.context(organisation, mac), sealed)?;
        let number = std::str::from_utf8(&opened).map_err(|_| AccountError)?;
        let number = Zeroizing::new(number.to_owned());
        if self.vault.mac(&number) == mac { Ok(number) } else { Err(AccountError) }
    }

    /// A code holds no `/`, a credit code and a hash have one length: no two rows have the same context.
    fn context(self, organisation: CreditCode, mac: TextHash) -> Vec<u8> {
        let mut context = format!("{}/{organisation}/", self.agency).into_bytes();
        context.extend_from_slice(mac.as_bytes());
        context
    }
}

impl fmt::Debug for AccountVault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccountVault(..)")
    }
}

/// How an account number is shown: `****1234`. One of four characters or fewer is not shown at all.
#[must_use]
pub fn masked(account_number: &str) -> String {
    let shown = match account_number.char_indices().rev().nth(3) {
        Some((start, _)) if start > 0 => account_number.get(start..).unwrap_or_default(),
        _ => "",
    };
    format!("****{shown}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    const NUMBER: &str = "6222021001112223334";

    fn vault(byte: u8) -> AccountVault {
        AccountVault::new(&Secret::new([byte; 32]))
    }

    fn code(text: &str) -> AgencyCode {
        AgencyCode::parse(text).unwrap()
    }

    fn organisation(text: &str) -> CreditCode {
        CreditCode::parse(text).unwrap()
    }

    const ONE: &str = "91310000MA1FL0000N";
    const OTHER: &str = "91350100M000100Y43";

    #[test]
    fn sealing_twice_gives_different_bytes_and_the_same_number() {
        let (vault, agency, one) = (vault(1), code("bj"), organisation(ONE));
        let [first, second] = [(), ()].map(|()| vault.of(&agency).seal(one, NUMBER).unwrap());
        assert_ne!(first, second);
        assert_eq!((first.bytes.len(), first.mac), (12 + NUMBER.len() + 16, second.mac));
        for Sealed { mac, bytes } in [first, second] {
            assert_eq!(vault.of(&agency).open(one, mac, &bytes).unwrap().as_str(), NUMBER);
        }
    }

    #[test]
    fn a_number_opens_for_its_own_row_alone() {
        let (vault, agency, one) = (vault(1), code("bj"), organisation(ONE));
        let Sealed { mac, bytes } = vault.of(&agency).seal(one, NUMBER).unwrap();
        let another = vault.of(&agency).seal(one, "6222021001112223335").unwrap();
        assert_eq!(vault.of(&agency).open(organisation(OTHER), mac, &bytes), Err(AccountError));
        assert_eq!(vault.of(&agency).open(one, another.mac, &bytes), Err(AccountError));
        assert_eq!(vault.of(&agency).open(one, mac, &another.bytes), Err(AccountError));
        assert_eq!(vault.of(&code("sh")).open(one, mac, &bytes), Err(AccountError));
    }

    #[test]
    fn another_secret_opens_nothing_and_hashes_otherwise() {
        let (agency, one) = (code("bj"), organisation(ONE));
        let Sealed { mac, bytes } = vault(1).of(&agency).seal(one, NUMBER).unwrap();
        assert_eq!(vault(2).of(&agency).open(one, mac, &bytes), Err(AccountError));
        assert_eq!(vault(1).mac(NUMBER), mac);
        assert_ne!(vault(2).mac(NUMBER), mac);
    }

    #[test]
    fn only_the_last_four_are_shown_and_never_all() {
        assert_eq!(masked(NUMBER), "****3334");
        assert_eq!(masked("12345"), "****2345");
        for short in ["", "1", "1234"] {
            assert_eq!(masked(short), "****");
        }
        assert_eq!(masked("账号一二三四"), "****一二三四");
    }

    #[test]
    fn debug_output_has_no_secret() {
        assert_eq!(format!("{:?}", vault(1)), "AccountVault(..)");
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_any_changed_bit_is_noticed(
            text in "\\PC{0,40}",
            place in any::<prop::sample::Index>(),
            bit in 0u8..8,
        ) {
            let (vault, agency, one) = (vault(1), code("bj"), organisation(ONE));
            let vault = vault.of(&agency);
            let Sealed { mac, mut bytes } = vault.seal(one, &text).unwrap();
            let opened = vault.open(one, mac, &bytes).unwrap();
            prop_assert_eq!(opened.as_str(), text.as_str());
            let place = place.index(bytes.len());
            for byte in bytes.iter_mut().skip(place).take(1) {
                *byte ^= 1 << bit;
            }
            prop_assert_eq!(vault.open(one, mac, &bytes), Err(AccountError));
            let shorter = bytes.get(..place).unwrap();
            prop_assert_eq!(vault.open(one, mac, shorter), Err(AccountError));
        }
    }
}
