//! What is derived from the account secret beside the keys of account numbers: each by HMAC-SHA-256 over a label of its
//! own, so that none tells anything about another.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keys::Secret;
use subsidy_core::domain::AgencyCode;

const CHECK_LABEL: &[u8] = b"subsidy-ledger/account/check/v1";
const ANSWER_LABEL: &[u8] = b"subsidy-ledger/answer/mac/v1";
const CURSOR_LABEL: &[u8] = b"subsidy-ledger/cursor/mac/v1";

/// HMAC-SHA-256.
pub(super) fn hmac(key: &Secret, message: &[u8]) -> [u8; 32] {
    // A key shorter than SHA-256's block counts as filled up with zeros (RFC 2104); so given it cannot fail.
    let mut block = Zeroizing::new([0u8; 64]);
    for (slot, byte) in block.iter_mut().zip(key.expose()) {
        *slot = *byte;
    }
    let keyed = <Hmac<Sha256> as hmac::digest::KeyInit>::new((&*block).into());
    keyed.chain_update(message).finalize().into_bytes().into()
}

/// HMAC-SHA-256 over the parts, each after its length.
pub(super) fn hmac_of_parts(key: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    let mut message = Vec::with_capacity(256);
    for part in parts {
        message.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        message.extend_from_slice(part);
    }
    hmac(key, &message)
}

/// Which account secret an agency's numbers are sealed under, told without telling anything of it: the database keeps it,
/// so that a folder of keys that belongs to another ledger is noticed before anything is sealed with it.
#[must_use]
pub fn key_check(secret: &Secret, agency: &AgencyCode) -> [u8; 32] {
    let key = Secret::new(hmac(secret, CHECK_LABEL));
    hmac(&key, agency.as_str().as_bytes())
}

/// Marks the stored answers of idempotency keys, so that one that was changed or invented in the database is noticed.
#[derive(Clone)]
pub struct AnswerKey(Secret);

impl AnswerKey {
    /// The key of a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Secret::new(hmac(secret, ANSWER_LABEL)))
    }

    /// HMAC-SHA-256 over the parts, each after its length.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_of_parts(&self.0, parts)
    }
}

impl fmt::Debug for AnswerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AnswerKey(..)")
    }
}

/// Marks the cursors of reports: a page goes on with what its cursor says was summed before it, so that nobody but the
/// service may say it.
#[derive(Clone)]
pub struct CursorKey(Secret);

impl CursorKey {
    /// The key of a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Secret::new(hmac(secret, CURSOR_LABEL)))
    }

    /// HMAC-SHA-256 over the parts, each after its length.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_of_parts(&self.0, parts)
    }

    /// Whether a mark is that of the parts, in the same time wherever it differs.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], mark: &[u8]) -> bool {
        let own = self.mac(parts);
        let differs = own.iter().zip(mark).fold(0, |differs, (a, b)| differs | (a ^ b));
        own.len() == mark.len() && differs == 0
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CursorKey(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

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
    fn a_check_value_is_of_one_secret_and_one_agency() {
        let [one, other] = [1, 2].map(|byte| Secret::new([byte; 32]));
        let [a, b] = ["a", "b"].map(|code| AgencyCode::parse(code).unwrap());
        assert_eq!(key_check(&one, &a), key_check(&one, &a));
        assert_ne!(key_check(&one, &a), key_check(&one, &b));
        assert_ne!(key_check(&one, &a), key_check(&other, &a));
    }

    #[test]
    fn parts_are_told_apart_by_their_lengths() {
        let key = AnswerKey::new(&Secret::new([1; 32]));
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
        assert_ne!(key.mac(&[b"a"]), AnswerKey::new(&Secret::new([2; 32])).mac(&[b"a"]));
        assert_eq!(format!("{key:?}"), "AnswerKey(..)");
    }

    #[test]
    fn a_mark_is_of_its_parts_and_of_its_key() {
        let key = CursorKey::new(&Secret::new([1; 32]));
        let mark = key.mac(&[b"ab", b"c"]);
        assert!(key.verify(&[b"ab", b"c"], &mark));
        assert!(!key.verify(&[b"a", b"bc"], &mark));
        assert!(!key.verify(&[b"ab", b"c"], mark.split_at(31).0));
        assert!(!CursorKey::new(&Secret::new([2; 32])).verify(&[b"ab", b"c"], &mark));
        assert_eq!(format!("{key:?}"), "CursorKey(..)");
    }
}
