//! One-time codes of a second factor (RFC 6238): six digits of HMAC-SHA-1 over the number of the half minute, which is what
//! every authenticator reads.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngCore;
use rand::rngs::OsRng;
use sha1::Sha1;
use zeroize::Zeroizing;

/// The length of SHA-1, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
/// Clocks of telephones are a little off, and people type slowly.
const STEPS_OFF: i64 = 1;
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The secret that a service and an authenticator share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSecret(Zeroizing<Vec<u8>>);

impl CodeSecret {
    pub fn drawn() -> Self {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        OsRng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The time step whose code this is, if it is one of now.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let step = now.timestamp().div_euclid(STEP_SECONDS);
        (step - STEPS_OFF..=step + STEPS_OFF).find(|step| self.code(*step) == code)
    }

    /// The code of a time step.
    pub fn code(&self, step: i64) -> String {
        let Ok(keyed) = <Hmac<Sha1> as Mac>::new_from_slice(&self.0) else { return String::new() };
        let digest: [u8; 20] = keyed.chain_update(step.to_be_bytes()).finalize().into_bytes().into();
        let [.., last] = digest;
        let four = digest.iter().skip(usize::from(last & 0x0f)).take(4);
        let number = four.fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }

    /// As people type it into an authenticator (base32, RFC 4648).
    pub fn text(&self) -> String {
        let (mut text, mut bits, mut held) = (String::new(), 0_u32, 0_u32);
        for byte in self.0.iter() {
            held = (held & 0x1f) << 8 | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                let place = usize::try_from(held >> bits & 0x1f).unwrap_or(0);
                text.extend(LETTERS.get(place).copied().map(char::from));
            }
        }
        text
    }

    /// As an authenticator reads it off a picture.
    pub fn address(&self, issuer: &str, name: &str) -> String {
        let [issuer, name] = [issuer, name].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
        format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", self.text())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// RFC 6238, appendix B, of its eight digits the last six.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = CodeSecret::of(b"12345678901234567890");
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = DateTime::from_timestamp(second, 0).unwrap();
            assert_eq!(secret.step_of(code, now), Some(second / 30));
            let [early, late] = [-30, 30].map(|off| DateTime::from_timestamp(second + off, 0).unwrap());
            assert_eq!(secret.step_of(code, early), Some(second / 30));
            assert_eq!(secret.step_of(code, late), Some(second / 30));
            assert_eq!(secret.step_of(code, DateTime::from_timestamp(second + 60, 0).unwrap()), None);
        }
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let address =
            "otpauth://totp/%E5%8F%B0%20x:wang?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E5%8F%B0%20x";
        assert_eq!(secret.address("台 x", "wang"), address);
        assert!(CodeSecret::drawn() != CodeSecret::drawn() && CodeSecret::drawn().text().len() == 32);
    }
}
