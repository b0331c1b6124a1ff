//! The folded form of what people type as a key: contract and loan numbers, names of rates, programmes' codes.
//!
//! Two texts that a reader takes for one fold to one: compatibility forms (NFKC), case, blanks, and letters that look
//! alike (the skeleton of UTS 39). What was typed is kept and shown; only the fold is compared. Look-alikes are closed
//! under case: `I` looks like `l` and `1`, so `i` is one of them, `O` like `0`, so `o` is.
//!
//! A replay decides by folds, so this is the same function for ever: tables of Unicode 18.0 (case folding of 16.0, which
//! later versions only add to), crates pinned to a version, and a digest over all characters that a test holds.

use std::fmt;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// A text by which keys are compared. It is never shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folded(String);

/// How often look-alikes of look-alikes are looked for; every character is settled before.
const ROUNDS_MAX: usize = 4;

impl Folded {
    /// The fold of a text.
    pub fn new(text: &str) -> Self {
        if !text.is_ascii() {
            return Self(settled(text));
        }
        // nothing composes in ASCII, so that a text folds as its letters do; most keys are such texts, and a replay makes many
        let letters = text.bytes().filter_map(|letter| OF_ASCII.get(usize::from(letter)));
        Self(letters.map(String::as_str).collect())
    }

    /// A fold that was kept.
    pub fn stored(fold: &str) -> Self {
        Self(fold.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What each letter of ASCII folds to.
static OF_ASCII: LazyLock<Vec<String>> = LazyLock::new(|| {
    (0..=127_u8).map(|letter| settled(char::from(letter).encode_utf8(&mut [0; 4]))).collect()
});

/// The fold of the fold, until it stays as it is.
fn settled(text: &str) -> String {
    let mut folded = once(text);
    for _ in 1..ROUNDS_MAX {
        let again = once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

fn once(text: &str) -> String {
    let letters = text.nfkc().filter(|letter| !letter.is_whitespace());
    letters.map(look).collect::<String>().replace('i', "l").nfkc().collect()
}

/// What a letter is taken for, without case: what it looks like, else what its capital looks like where that is a plain
/// letter (т like its capital Т, which looks like T), else its own small form.
fn look(letter: char) -> String {
    let own = small(&skeleton(letter.encode_utf8(&mut [0; 4])).collect::<String>());
    if own.is_ascii() {
        return own;
    }
    let capital = small(&skeleton(&letter.to_uppercase().collect::<String>()).collect::<String>());
    if capital.is_ascii() { capital } else { small(letter.encode_utf8(&mut [0; 4])) }
}

fn small(text: &str) -> String {
    caseless::default_case_fold_str(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    fn same(one: &str, other: &str) -> bool {
        Folded::new(one) == Folded::new(other)
    }

    #[test]
    fn what_a_reader_takes_for_one_is_one() {
        for twin in [
            "twin-1",
            "ＴWIN-1",
            "TWIN -1",
            " TWIN-1",
            "TWIN\u{2011}1",
            "TWIN‐1",
            "TWIN\u{2212}1",
            "ТWIN-1",
            "TWIN-l",
            "TWlN-1",
            "TWIN-I",
            "TWIN-１",
            "ＴＷＩＮ－１",
            "TWIN\u{3000}-\u{A0}1",
            "ΤWΙΝ-1",
            "𝐓𝐖𝐈𝐍-𝟏",
        ] {
            assert!(same("TWIN-1", twin), "{twin:?}: {:?}", Folded::new(twin));
        }
        for (one, other) in [
            ("РO-7", "PO-7"),
            ("No.0", "NO.O"),
            ("沪算〔2025〕1号", "沪算（2025）1号"),
            ("ﬁn", "FIN"),
            ("Straße", "STRASSE"),
            ("〇五", "0五"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn what_a_reader_tells_apart_stays_apart() {
        for (one, other) in [
            ("TWIN-1", "TWIN-2"),
            ("TWIN-1", "TWIN-11"),
            ("TWIN-1", "TWIN1"),
            ("甲-1", "乙-1"),
            ("2025-001", "2025-010"),
            ("LPR1Y", "LPR5Y"),
            ("日", "目"),
            ("己", "已"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    /// A replay of an old log must compare as the day did that wrote it. Where this fails a table has changed: pin the
    /// crate, do not change the digest.
    #[test]
    fn the_fold_of_every_character_is_the_same_for_ever() {
        let mut digest = Sha256::new();
        for letter in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let folded = Folded::new(letter.encode_utf8(&mut [0; 4]));
            digest.update(folded.as_str());
            digest.update([0]);
            assert_eq!(Folded::new(folded.as_str()), folded, "{letter:?}");
        }
        assert_eq!(
            hex::encode(digest.finalize()),
            "9c00b1c88e337e5639780250e9b692bd94abaa11545bb0e96ad95f6d703a8434"
        );
        assert_eq!(unicode_security::UNICODE_VERSION, (18, 0, 0));
        assert_eq!(unicode_normalization::UNICODE_VERSION, (18, 0, 0));
        assert_eq!(caseless::UNICODE_VERSION, (16, 0, 0));
    }

    proptest! {
        #[test]
        fn a_text_of_ascii_folds_as_its_letters_do(text in "[\\x00-\\x7F]{0,40}") {
            prop_assert_eq!(Folded::new(&text), Folded(settled(&text)));
        }

        #[test]
        fn case_width_and_blanks_never_tell_texts_apart(text in "[A-Za-z0-9 ./-]{1,40}") {
            prop_assert_eq!(Folded::new(&text), Folded::new(&text.to_uppercase()));
            prop_assert_eq!(Folded::new(&text), Folded::new(&text.replace(' ', "")));
            let wide: String = text.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).filter(|_| c.is_ascii_graphic()).unwrap_or(c)).collect();
            prop_assert_eq!(Folded::new(&text), Folded::new(&wide));
        }
    }
}
