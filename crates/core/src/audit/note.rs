//! Checkpoints of the log as signed notes: C2SP `signed-note` and `tlog-checkpoint`, Ed25519.
//!
//! A note is a text that ends with a newline, an empty line, and lines `— name base64(key id || signature)`.
//! Reading is strict, so that a text has one meaning: exactly three lines in a checkpoint, canonical decimals
//! and base64. Signatures of keys we do not know are ignored; a false one of a key we know spoils the note.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use sha2::{Digest, Sha256};

use super::tree::Hash;
use crate::domain::AgencyCode;

/// Most bytes in a note.
pub const NOTE_BYTES_MAX: usize = 65_536;

/// Most signatures on a note.
pub const NOTE_SIGNATURES_MAX: usize = 64;

/// The signature type of plain Ed25519 in key ids and verifier keys.
const ED25519: u8 = 1;

/// Why a note, a key or a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// A key's name is empty or holds a blank or `+`.
    #[error("not the name of a key")]
    Name,
    /// Not a verifier key `name+id+base64`, or one of another kind than Ed25519.
    #[error("not an Ed25519 verifier key")]
    Key,
    /// Not a note: too long, control characters, no signatures, a malformed signature line.
    #[error("not a signed note")]
    Malformed,
    #[error("the note has no signature of {name}")]
    Unsigned { name: String },
    /// A signature that claims to be of the key is not.
    #[error("the signature of {name} does not fit the note")]
    Signature { name: String },
    /// The signed text is not a checkpoint of three lines.
    #[error("the note is not a checkpoint")]
    NotACheckpoint,
    /// The checkpoint is of another log than the key.
    #[error("the checkpoint is of the log {origin}")]
    Origin {
        /// The log that the checkpoint names.
        origin: String,
    },
    #[error("the signer is not available: {reason}")]
    SignerUnavailable {
        /// What the signer reported, without secrets.
        reason: String,
    },
}

/// Whatever can sign a note: a key in memory, a device, a witness.
pub trait Signer {
    /// Signs the text of a note, which ends with a newline.
    ///
    /// # Errors
    /// [`NoteError::SignerUnavailable`]; a key in memory always can.
    fn sign(&self, body: &[u8]) -> Result<NoteSignature, NoteError>;
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The first four bytes of SHA-256(name || newline || type || public key).
    pub key_id: [u8; 4],
    /// The signature itself, 64 bytes for Ed25519.
    pub signature: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    /// The line without its newline: `— name base64(key id || signature)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.as_slice(), &self.signature].concat();
        write!(formatter, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Result<NoteSignature, NoteError> {
        let rest = line.strip_prefix("— ").ok_or(NoteError::Malformed)?;
        let (name, encoded) = rest.split_once(' ').ok_or(NoteError::Malformed)?;
        check_name(name).map_err(|_| NoteError::Malformed)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Malformed)?;
        let (key_id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
        if signature.is_empty() {
            return Err(NoteError::Malformed);
        }
        Ok(NoteSignature { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
    }
}

/// An Ed25519 key that signs notes. Its secret is wiped when it is dropped and never printed.
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key of a 32-byte seed under a name; for a log the name is its origin `<service>/<agency>`.
    ///
    /// # Errors
    /// [`NoteError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<SigningKey, NoteError> {
        check_name(name)?;
        Ok(SigningKey { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    /// The key by which others check the signatures of this one.
    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), key: self.key.verifying_key() }
    }
}

impl Signer for SigningKey {
    fn sign(&self, body: &[u8]) -> Result<NoteSignature, NoteError> {
        let signature = self.key.sign(body).to_bytes().to_vec();
        Ok(NoteSignature { name: self.name.clone(), key_id: self.verifier_key().key_id(), signature })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The public half of a key with its name, written `name+id+base64(0x01 || public key)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads a verifier key; its id must be the one that follows from name and key.
    ///
    /// # Errors
    /// [`NoteError::Name`] or [`NoteError::Key`].
    pub fn parse(text: &str) -> Result<VerifierKey, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        check_name(name)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Key)?;
        let Some((&ED25519, public)) = bytes.split_first() else {
            return Err(NoteError::Key);
        };
        let public = <[u8; 32]>::try_from(public).map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(&public).map_err(|_| NoteError::Key)?;
        let parsed = VerifierKey { name: name.to_owned(), key };
        if key.is_weak() || hex::encode(parsed.key_id()) != id {
            return Err(NoteError::Key);
        }
        Ok(parsed)
    }

    /// The name of the key; for a log its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256(name || newline || 0x01 || public key).
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        let digest: Hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        digest.first_chunk::<4>().copied().unwrap_or_default()
    }

    fn verifies(&self, body: &[u8], signature: &NoteSignature) -> bool {
        let parsed = Signature::from_slice(&signature.signature);
        parsed.is_ok_and(|parsed| self.key.verify_strict(body, &parsed).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [[ED25519].as_slice(), self.key.as_bytes()].concat();
        write!(formatter, "{}+{}+{}", self.name, hex::encode(self.key_id()), STANDARD.encode(bytes))
    }
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let refused = |character: char| character.is_whitespace() || character.is_control() || character == '+';
    if name.is_empty() || name.contains(refused) { Err(NoteError::Name) } else { Ok(()) }
}

/// Control characters other than the newline have no place in a note.
fn is_note_text(text: &str) -> bool {
    text.ends_with('\n') && !text.bytes().any(|byte| byte < b' ' && byte != b'\n')
}

/// Signs a text, which must end with a newline, and gives the whole note.
///
/// # Errors
/// [`NoteError::Malformed`] for a text that no note can hold, or what the signer failed with.
pub fn sign_note(text: &str, signer: &dyn Signer) -> Result<String, NoteError> {
    if !is_note_text(text) {
        return Err(NoteError::Malformed);
    }
    Ok(format!("{text}\n{}\n", signer.sign(text.as_bytes())?))
}

/// The text of a note that `key` signed, with its last newline and without the empty line and the signatures.
///
/// # Errors
/// [`NoteError::Malformed`], [`NoteError::Unsigned`], [`NoteError::Signature`].
pub fn open_note<'note>(note: &'note str, key: &VerifierKey) -> Result<&'note str, NoteError> {
    if note.len() > NOTE_BYTES_MAX || !is_note_text(note) {
        return Err(NoteError::Malformed);
    }
    // The text may hold empty lines itself: the last one ends it.
    let (before, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
    let text = note.get(..=before.len()).ok_or(NoteError::Malformed)?;
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
    let signatures = lines.split('\n').map(NoteSignature::parse).collect::<Result<Vec<_>, _>>()?;
    if signatures.len() > NOTE_SIGNATURES_MAX {
        return Err(NoteError::Malformed);
    }
    let name = key.name().to_owned();
    let mut own = signatures.iter().filter(|one| one.name == name && one.key_id == key.key_id()).peekable();
    if own.peek().is_none() {
        return Err(NoteError::Unsigned { name });
    }
    if own.all(|signature| key.verifies(text.as_bytes(), signature)) {
        Ok(text)
    } else {
        Err(NoteError::Signature { name })
    }
}

/// Checks a checkpoint: signed by the key, and of the log whose origin is the key's name.
///
/// # Errors
/// Any but [`NoteError::SignerUnavailable`].
pub fn verify(note: &str, key: &VerifierKey) -> Result<Checkpoint, NoteError> {
    let checkpoint = Checkpoint::parse(open_note(note, key)?)?;
    if checkpoint.origin != key.name() {
        return Err(NoteError::Origin { origin: checkpoint.origin });
    }
    Ok(checkpoint)
}

/// A statement that a log has this many entries under this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log: `<service>/<agency>`.
    pub origin: String,
    /// Entries in the log.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

impl Checkpoint {
    /// The agency whose log it is; none where the origin names none.
    #[must_use]
    pub fn agency(&self) -> Option<AgencyCode> {
        self.origin.split_once('/').and_then(|(_, agency)| AgencyCode::parse(agency).ok())
    }

    /// The three lines that are signed: origin, size, base64 of the root.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads what [`Checkpoint::to_text`] writes and nothing else; our logs have no extension lines.
    ///
    /// # Errors
    /// [`NoteError::NotACheckpoint`].
    pub fn parse(text: &str) -> Result<Checkpoint, NoteError> {
        let lines: Vec<&str> = text.split('\n').collect();
        let [origin, size, root, ""] = lines.as_slice() else {
            return Err(NoteError::NotACheckpoint);
        };
        check_name(origin).map_err(|_| NoteError::NotACheckpoint)?;
        let size = size.parse().map_err(|_| NoteError::NotACheckpoint)?;
        let root = STANDARD.decode(root).map_err(|_| NoteError::NotACheckpoint)?;
        let root = Hash::try_from(root).map_err(|_| NoteError::NotACheckpoint)?;
        let checkpoint = Checkpoint { origin: (*origin).to_owned(), size, root };
        // A leading zero or `+` in the size would be a second way to write the same checkpoint.
        if checkpoint.to_text() == text { Ok(checkpoint) } else { Err(NoteError::NotACheckpoint) }
    }

    /// The checkpoint as a signed note.
    ///
    /// # Errors
    /// [`NoteError::Name`] if the origin is not the name of a key, or what the signer failed with.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, NoteError> {
        check_name(&self.origin)?;
        sign_note(&self.to_text(), signer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::super::tree::empty_root;
    use super::*;

    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNED: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng\
                          otpRZb6KE6RyyBwJnAM=";

    fn peter() -> VerifierKey {
        VerifierKey::parse(PETER).unwrap()
    }

    fn log_key() -> SigningKey {
        SigningKey::from_seed("subsidy-ledger/shanghai", &[7; 32]).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "subsidy-ledger/shanghai".to_owned(), size: 42, root: [3; 32] }
    }

    #[test]
    fn the_published_note_opens_with_the_published_key() {
        let note = format!("{TEXT}\n{SIGNED}\n");
        assert_eq!(open_note(&note, &peter()), Ok(TEXT));
        assert_eq!(peter().to_string(), PETER);
        assert_eq!(peter().name(), "PeterNeumann");
        assert_eq!(verify(&note, &peter()), Err(NoteError::NotACheckpoint));
    }

    #[test]
    fn unknown_signatures_are_ignored_wherever_they_stand() {
        let other = "— EnochRoot af0cfdxyoTz4x7UJx7y9QFvzzUHq2Mz7n1nvYqXrbAzZz6u0";
        for note in [format!("{TEXT}\n{SIGNED}\n{other}\n"), format!("{TEXT}\n{other}\n{SIGNED}\n")] {
            assert_eq!(open_note(&note, &peter()), Ok(TEXT));
        }
        let unsigned = format!("{TEXT}\n{other}\n");
        assert_eq!(
            open_note(&unsigned, &peter()),
            Err(NoteError::Unsigned { name: "PeterNeumann".to_owned() })
        );
    }

    #[test]
    fn a_changed_text_or_a_second_false_signature_of_the_same_key_spoils_the_note() {
        let false_one = Err(NoteError::Signature { name: "PeterNeumann".to_owned() });
        let changed = format!("{}\n{SIGNED}\n", TEXT.replace("you think", "we think"));
        assert_eq!(open_note(&changed, &peter()), false_one);
        let forged = SIGNED.replace("Jku", "Jkv");
        assert_eq!(open_note(&format!("{TEXT}\n{SIGNED}\n{forged}\n"), &peter()), false_one);
        assert_eq!(open_note(&format!("{TEXT}\n— PeterNeumann x08gowAA\n"), &peter()), false_one);
    }

    #[test]
    fn what_is_not_a_note_is_refused() {
        let signatures = format!("{SIGNED}\n").repeat(NOTE_SIGNATURES_MAX + 1);
        let refused = [
            String::new(),
            TEXT.to_owned(),
            format!("{TEXT}{SIGNED}\n"),
            format!("{TEXT}\n"),
            format!("{TEXT}\n\n{SIGNED}"),
            format!("{TEXT}\n{SIGNED}\n\n"),
            format!("{TEXT}\n{SIGNED}\nrest\n"),
            format!("{TEXT}\n{SIGNED} \n"),
            format!("{TEXT}\r\n\n{SIGNED}\n"),
            format!("{TEXT}\n{}\n", SIGNED.replace('—', "-")),
            format!("{TEXT}\n{}\n", SIGNED.replace("AM=", "AN=")),
            format!("{TEXT}\n— PeterNeumann x08go\n"),
            format!("{TEXT}\n— PeterNeumann x08gow==\n"),
            format!("{TEXT}\n— Peter+Neumann x08gowAA\n{SIGNED}\n"),
            format!("{TEXT}\n{signatures}"),
            format!("{}{TEXT}\n{SIGNED}\n", "a".repeat(NOTE_BYTES_MAX)),
        ];
        for note in refused {
            assert_eq!(open_note(&note, &peter()), Err(NoteError::Malformed), "{note}");
        }
    }

    #[test]
    fn what_is_not_a_verifier_key_is_refused() {
        let weak = STANDARD.encode([[1u8].as_slice(), &[1], &[0; 31]].concat());
        let refused = [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "peterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
            "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            &format!("x+00000000+{weak}"),
        ];
        for text in refused {
            assert!(VerifierKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_verifies_with_the_key_of_its_log() {
        let note = checkpoint().sign(&log_key()).unwrap();
        let text = "subsidy-ledger/shanghai\n42\nAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\n";
        assert!(note.starts_with(&format!("{text}\n— subsidy-ledger/shanghai ")));
        assert!(note.ends_with('\n'));
        let key = VerifierKey::parse(&log_key().verifier_key().to_string()).unwrap();
        assert_eq!(verify(&note, &key), Ok(checkpoint()));
        let other = SigningKey::from_seed("subsidy-ledger/shanghai", &[8; 32]).unwrap().verifier_key();
        assert!(matches!(verify(&note, &other), Err(NoteError::Unsigned { .. })));
    }

    #[test]
    fn a_key_vouches_for_its_own_log_only() {
        let foreign = Checkpoint { origin: "subsidy-ledger/beijing".to_owned(), ..checkpoint() };
        let note = foreign.sign(&log_key()).unwrap();
        let expected = NoteError::Origin { origin: "subsidy-ledger/beijing".to_owned() };
        assert_eq!(verify(&note, &log_key().verifier_key()), Err(expected));
    }

    #[test]
    fn a_checkpoint_has_one_way_to_be_written() {
        let root = STANDARD.encode(empty_root());
        let empty = Checkpoint { origin: "a/b".to_owned(), size: 0, root: empty_root() };
        assert_eq!(Checkpoint::parse(&format!("a/b\n0\n{root}\n")), Ok(empty));
        let refused = [
            String::new(),
            format!("a/b\n0\n{root}"),
            format!("a/b\n00\n{root}\n"),
            format!("a/b\n+1\n{root}\n"),
            format!("a/b\n-1\n{root}\n"),
            format!("a/b\n \n{root}\n"),
            format!("a/b\n18446744073709551616\n{root}\n"),
            format!("a/b\n1\n{root}\nextension\n"),
            format!("a/b\n1\n{root}\n\n"),
            format!("\n1\n{root}\n"),
            format!("a b\n1\n{root}\n"),
            "a/b\n1\nAAAA\n".to_owned(),
            format!("a/b\n1\n{}\n", root.trim_end_matches('=')),
        ];
        for text in refused {
            assert_eq!(Checkpoint::parse(&text), Err(NoteError::NotACheckpoint), "{text:?}");
        }
    }

    #[test]
    fn debug_output_has_no_secret_and_bad_names_have_no_key() {
        let printed = format!("{:?}", log_key());
        assert_eq!(printed, r#"SigningKey { name: "subsidy-ledger/shanghai", .. }"#);
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
            assert_eq!(SigningKey::from_seed(name, &[0; 32]).unwrap_err(), NoteError::Name, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_checkpoint_verifies_and_no_changed_byte_does(
            seed: [u8; 32],
            size: u64,
            root: [u8; 32],
            place in any::<prop::sample::Index>(),
            byte in 0u8..128,
        ) {
            let key = SigningKey::from_seed("s/a", &seed).unwrap();
            let checkpoint = Checkpoint { origin: "s/a".to_owned(), size, root };
            let note = checkpoint.sign(&key).unwrap();
            prop_assert_eq!(verify(&note, &key.verifier_key()), Ok(checkpoint.clone()));
            let mut changed = note.clone().into_bytes();
            let place = place.index(changed.len());
            prop_assume!(changed.get(place) != Some(&byte));
            if let Some(slot) = changed.get_mut(place) {
                *slot = byte;
            }
            if let Ok(changed) = String::from_utf8(changed) {
                prop_assert!(verify(&changed, &key.verifier_key()).is_err());
            }
        }
    }
}
