//! The one table: every error's code, its status, and what it says in both languages. A code without a line does not
//! compile.
//!
//! `{name}` in a detail stands for a member of what the rule refused with. What a 5xx says tells nothing of its cause.
//! A line `Case as Code` words a code for a case of its own. What to do about each stands in [`cure`].

use subsidy_core::domain::Code;

use super::cure;
use super::language::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which line: `code`, or a case of it.
    case: Code,
    pub code: Code,
    pub status: u16,
    chinese: [&'static str; 2],
    english: [&'static str; 2],
}

/// What is said of an error, before what it names is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub title: &'static str,
    pub detail: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Entry {
    /// Every error, in the order of the codes.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Code::ALL.iter().map(|code| Self::of(*code))
    }

    /// The entry of a code that was kept; of one that nobody knows, the internal error.
    pub fn stored(code: &str) -> &'static Self {
        Self::of(code.parse().unwrap_or_else(|_| {
            tracing::error!(error.code = code, "nobody knows the code of a refusal");
            Code::Internal
        }))
    }

    /// What is said of it.
    pub const fn words(&self, language: Language) -> Words {
        let [chinese, english] = cure::of(self.case);
        let ([title, detail], remedy) = match language {
            Language::Chinese => (self.chinese, chinese),
            Language::English => (self.english, english),
        };
        Words { title, detail, remedy }
    }

    /// Whether it is the code's own line, not a case of it.
    pub fn is_main(&self) -> bool {
        self.case == self.code
    }

    /// The entries that callers know by a code: its own first.
    pub fn cases(code: Code) -> impl Iterator<Item = &'static Self> {
        let others = Self::all().filter(move |entry| entry.code == code && !entry.is_main());
        std::iter::once(Self::of(code)).chain(others)
    }
}

macro_rules! table {
    ($($case:ident $(as $code:ident)?: $status:literal, $chinese:expr, $english:expr;)*) => {
        #[rustfmt::skip]
        impl Entry {
            /// The entry of a code.
            pub const fn of(code: Code) -> &'static Self {
                match code {$(
                    Code::$case => &Self {
                        case: Code::$case,
                        code: table!(@code $case $($code)?),
                        status: $status,
                        chinese: $chinese,
                        english: $english,
                    },
                )*}
            }
        }
    };
    (@code $case:ident $code:ident) => { Code::$code };
    (@code $code:ident) => { Code::$code };
}

mod table;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_text_stands_there_in_both_languages() {
        for entry in Entry::all() {
            assert!((400..600).contains(&entry.status), "{}", entry.code);
            let (chinese, english) = (entry.words(Language::Chinese), entry.words(Language::English));
            let named = |text: &'static str| -> BTreeSet<&str> {
                text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
            };
            for [one, other] in [
                [chinese.detail, english.detail],
                [chinese.remedy, english.remedy],
                [chinese.title, english.title],
            ] {
                assert!(!one.is_ascii() && other.is_ascii(), "{}: {other}", entry.case);
                assert!(entry.status < 500 || named(other).is_empty(), "{}", entry.case);
            }
            assert_eq!(named(chinese.detail), named(english.detail), "{}", entry.case);
            for remedy in [chinese.remedy, english.remedy] {
                assert!(named(remedy).is_subset(&named(english.detail)), "{}: {remedy}", entry.case);
            }
        }
    }

    #[test]
    fn a_code_of_several_entries_has_one_status() {
        for entry in Entry::all() {
            assert_eq!(Entry::of(entry.code).status, entry.status, "{}", entry.code);
        }
    }
}
