//! Bank account numbers: encrypted where they are stored, a keyed hash where they are compared, four digits
//! where they are shown.
//!
//! One secret outside the database gives two keys, each by HMAC-SHA-256 over a label of its own, so neither
//! tells anything about the other. AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce stays safe for
//! 2^32 account numbers under one secret.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use rand::RngCore;
use rand::rngs::OsRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::Secret;

const SEAL_LABEL: &[u8] = b"subsidy-ledger/account/seal/v1";
const MAC_LABEL: &[u8] = b"subsidy-ledger/account/mac/v1";
const NONCE_BYTES: usize = 12;

/// The account number could not be sealed or opened: another key, or changed bytes. Nothing is told about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account number could not be sealed or opened with this key")]
pub struct AccountError;

/// Seals and compares account numbers.
pub struct AccountVault {
    seal_key: Secret,
    mac_key: Secret,
}

impl AccountVault {
    /// The vault of a secret.
    #[must_use]
    pub fn new(key: &Secret) -> AccountVault {
        AccountVault {
            seal_key: Secret::new(hmac(key, SEAL_LABEL)),
            mac_key: Secret::new(hmac(key, MAC_LABEL)),
        }
    }

    /// Encrypts: 12 bytes of nonce, the ciphertext, 16 bytes of tag. Equal account numbers give different
    /// bytes.
    ///
    /// # Errors
    /// [`AccountError`] for a text beyond the cipher's limit of 64 GiB.
    pub fn seal(&self, plaintext: &str) -> Result<Vec<u8>, AccountError> {
        let mut nonce = [0; NONCE_BYTES];
        OsRng.fill_bytes(&mut nonce);
        let sealed = self.cipher().encrypt(Nonce::from_slice(&nonce), plaintext.as_bytes());
        Ok([nonce.as_slice(), &sealed.map_err(|_| AccountError)?].concat())
    }

    /// Decrypts what [`AccountVault::seal`] gave.
    ///
    /// # Errors
    /// [`AccountError`] if the bytes were changed or sealed under another secret.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<String>, AccountError> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(AccountError)?;
        let plaintext =
            self.cipher().decrypt(Nonce::from_slice(nonce), ciphertext).map_err(|_| AccountError)?;
        String::from_utf8(plaintext).map(Zeroizing::new).map_err(|_| AccountError)
    }

    /// HMAC-SHA-256 of the account number as it is written; equal numbers give equal bytes.
    #[must_use]
    pub fn mac(&self, account_number: &str) -> [u8; 32] {
        hmac(&self.mac_key, account_number.as_bytes())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.seal_key.expose().into())
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

fn hmac(key: &Secret, message: &[u8]) -> [u8; 32] {
    // A key shorter than SHA-256's block counts as filled up with zeros (RFC 2104); so given it cannot fail.
    let mut block = Zeroizing::new([0u8; 64]);
    for (slot, byte) in block.iter_mut().zip(key.expose()) {
        *slot = *byte;
    }
    let keyed = <Hmac<Sha256> as hmac::digest::KeyInit>::new((&*block).into());
    keyed.chain_update(message).finalize().into_bytes().into()
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

    #[test]
    fn the_keyed_hash_is_hmac_sha_256() {
        // RFC 4231, test case 2, whose key is "Jefe" filled up with zeros.
        let mut key = [0; 32];
        key.first_chunk_mut::<4>().unwrap().copy_from_slice(b"Jefe");
        let mac = hmac(&Secret::new(key), b"what do ya want for nothing?");
        assert!(mac.starts_with(&[0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26]));
        assert!(mac.ends_with(&[0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43]));
    }

    #[test]
    fn sealing_twice_gives_different_bytes_and_the_same_number() {
        let (first, second) = (vault(1).seal(NUMBER).unwrap(), vault(1).seal(NUMBER).unwrap());
        assert_ne!(first, second);
        assert_eq!(first.len(), 12 + NUMBER.len() + 16);
        assert_eq!(vault(1).open(&first).unwrap().as_str(), NUMBER);
        assert_eq!(vault(1).open(&second).unwrap().as_str(), NUMBER);
    }

    #[test]
    fn another_secret_opens_nothing_and_hashes_otherwise() {
        let sealed = vault(1).seal(NUMBER).unwrap();
        assert_eq!(vault(2).open(&sealed), Err(AccountError));
        assert_eq!(vault(1).mac(NUMBER), vault(1).mac(NUMBER));
        assert_ne!(vault(1).mac(NUMBER), vault(2).mac(NUMBER));
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
            let mut sealed = vault(1).seal(&text).unwrap();
            let opened = vault(1).open(&sealed).unwrap();
            prop_assert_eq!(opened.as_str(), text.as_str());
            let place = place.index(sealed.len());
            for byte in sealed.iter_mut().skip(place).take(1) {
                *byte ^= 1 << bit;
            }
            prop_assert_eq!(vault(1).open(&sealed), Err(AccountError));
            let shorter = sealed.get(..place).unwrap();
            prop_assert_eq!(vault(1).open(shorter), Err(AccountError));
        }
    }
}
