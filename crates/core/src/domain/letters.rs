//! Which characters a line may hold: what everybody can see, and what every file that the service writes can carry.
//!
//! Refused are control and format characters, bidirectional marks, what renderers leave out (default-ignorable), private
//! use, characters that Unicode 18.0 does not know, and the sign that a broken decoding leaves: with them two texts look
//! alike and are not, or an XML file is not well formed. Letters that GB 18030 once had in the private area and that
//! have a place of their own since are read as what they are.

use super::code::Code;
use std::borrow::Cow;
use std::fmt;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The private letters U+E815 to U+E864 of GB 18030-2000 and -2005 (bytes FE50 to FEA0), as GB 18030-2022 encodes them.
const HAN_FROM_E815: &str = "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻";
/// The private punctuation U+E78D to U+E796 of GB 18030-2005 (bytes A6D9 to A6F3), as GB 18030-2022 encodes it.
const VERTICAL_FROM_E78D: &str =
    "\u{FE10}\u{FE12}\u{FE11}\u{FE13}\u{FE14}\u{FE15}\u{FE16}\u{FE17}\u{FE18}\u{FE19}";

/// Signs that show nothing although no property says so: the empty braille pattern, the null note head, the filler of
/// the Khitan script.
const EMPTY_SIGNS: [char; 3] = ['\u{2800}', '\u{1D159}', '\u{16FE4}'];

/// Why a text is none, before its type says which code that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misspelt {
    /// It is empty, too long, or has blanks at an end.
    Form,
    /// It holds a character that no text may hold.
    Letter(Place),
    /// It holds a private letter of an old character set that is not known.
    PrivateLetter(Place),
}

/// A character and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub letter: char,
    /// Counted in characters, from 1.
    pub position: usize,
}

impl Misspelt {
    /// The same with the stable code of the type that refuses.
    pub const fn under(self, code: Code) -> TextError {
        TextError { code, why: self }
    }
}

/// A text that is none. Its words are the key in the table of errors and what the entry names: `invalid_text`, or
/// `invalid_text/letter letter=U+200B position=7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct TextError {
    pub code: Code,
    pub why: Misspelt,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, place) = match self.why {
            Misspelt::Form => return f.write_str(self.code.into_str()),
            Misspelt::Letter(place) => ("letter", place),
            Misspelt::PrivateLetter(place) => ("private_letter", place),
        };
        let number = u32::from(place.letter);
        write!(f, "{}/{key} letter=U+{number:04X} position={}", self.code, place.position)
    }
}

/// Whether no text may hold a character.
pub fn is_refused(letter: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned};
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    match CodePointMapData::<GeneralCategory>::new().get(letter) {
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse => true,
        // ideographs that Unicode is yet to add come in these planes, and names with them; the last two are no characters
        Unassigned => !matches!(u32::from(letter), 0x2_0000..=0x2_FFFD | 0x3_0000..=0x3_FFFD),
        _ => {
            letter == char::REPLACEMENT_CHARACTER
                || EMPTY_SIGNS.contains(&letter)
                || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
        }
    }
}

/// What a private letter of GB 18030 is today; none where nobody knows.
fn standard(letter: char) -> Option<char> {
    if letter == '\u{E7C7}' {
        return Some('\u{1E3F}');
    }
    let from = |first: u32, table: &str| {
        table.chars().nth(usize::try_from(u32::from(letter).checked_sub(first)?).ok()?)
    };
    match letter {
        '\u{E78D}'..='\u{E796}' => from(0xE78D, VERTICAL_FROM_E78D),
        '\u{E815}'..='\u{E864}' => from(0xE815, HAN_FROM_E815),
        _ => None,
    }
}

/// A text with its private letters as what they are. Error: the first character that it cannot hold; `also` may stand
/// in it although they are control characters.
pub fn spelt<'a>(text: &'a str, also: &[char]) -> Result<Cow<'a, str>, Misspelt> {
    let mut private = false;
    for (index, letter) in text.chars().enumerate().filter(|(_, letter)| is_refused(*letter)) {
        let place = Place { letter, position: index + 1 };
        if standard(letter).is_some() {
            private = true;
        } else if is_private(letter) {
            return Err(Misspelt::PrivateLetter(place));
        } else if !also.contains(&letter) {
            return Err(Misspelt::Letter(place));
        }
    }
    let today = || text.chars().map(|letter| standard(letter).unwrap_or(letter)).collect();
    Ok(if private { Cow::Owned(today()) } else { Cow::Borrowed(text) })
}

/// What can be read of a text that a file says: its private letters as what they are, the rest left out.
pub fn readable(text: &str) -> String {
    let today = text.chars().map(|letter| standard(letter).unwrap_or(letter));
    today.filter(|letter| !is_refused(*letter)).collect()
}

const fn is_private(letter: char) -> bool {
    matches!(letter, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    /// What XML 1.0 lets stand in a document.
    fn is_xml(letter: char) -> bool {
        matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
    }

    #[test]
    fn what_nobody_sees_is_refused_wherever_it_stands() {
        for letter in [
            '\0',
            '\n',
            '\u{7F}',
            '\u{85}',
            '\u{AD}',
            '\u{34F}',
            '\u{61C}',
            '\u{115F}',
            '\u{17B4}',
            '\u{180E}',
            '\u{200B}',
            '\u{200D}',
            '\u{200E}',
            '\u{2028}',
            '\u{2029}',
            '\u{202E}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206F}',
            '\u{2800}',
            '\u{3164}',
            '\u{FDD0}',
            '\u{FE0F}',
            '\u{FEFF}',
            '\u{FFA0}',
            '\u{FFF0}',
            '\u{FFF9}',
            '\u{FFFD}',
            '\u{FFFE}',
            '\u{FFFF}',
            '\u{1D173}',
            '\u{1FFFE}',
            '\u{2FFFF}',
            '\u{E0001}',
            '\u{E0100}',
            '\u{10FFFF}',
            '\u{378}',
        ] {
            let text = format!("ab{letter}c");
            assert_eq!(spelt(&text, &[]), Err(Misspelt::Letter(Place { letter, position: 3 })), "{letter:?}");
        }
        let error = spelt("TWIN-1\u{200B}", &[]).unwrap_err().under(Code::InvalidText);
        assert_eq!(error.to_string(), "invalid_text/letter letter=U+200B position=7");
        assert_eq!(spelt("a\nb", &['\n']).unwrap(), "a\nb");
    }

    #[test]
    fn names_in_every_script_stand() {
        for name in [
            "甲算力科技（上海）有限公司",
            "𠮷野家",
            "阿迪力·买买提",
            "Žižek & Söhne GmbH",
            "كاشغر",
            "བོད",
            "O’Neil — №5 ©",
            "𰻝𰻝面",
            "ｆｕｌｌ　ｗｉｄｔｈ",
            "👍",
        ] {
            assert_eq!(spelt(name, &[]).unwrap(), name);
        }
    }

    #[test]
    fn private_letters_of_old_names_are_read_as_what_they_are_or_named() {
        assert_eq!(spelt("\u{E864}\u{E815}", &[]).unwrap(), "龻⺁");
        assert_eq!(spelt("王\u{E81E}", &[]).unwrap(), "王龴");
        assert_eq!(spelt("\u{E855}\u{E78E}\u{E7C7}", &[]).unwrap(), "𤇾︒ḿ");
        for letter in ['\u{E000}', '\u{E814}', '\u{E865}', '\u{F8FF}', '\u{F0000}', '\u{10FFFD}'] {
            let error = spelt(&format!("王{letter}"), &[]).unwrap_err();
            assert_eq!(error, Misspelt::PrivateLetter(Place { letter, position: 2 }));
        }
        assert_eq!(readable("王\u{E81E}\u{200B}\u{E000}1"), "王龴1");
        assert_eq!((HAN_FROM_E815.chars().count(), VERTICAL_FROM_E78D.chars().count()), (80, 10));
        assert!(HAN_FROM_E815.chars().chain(VERTICAL_FROM_E78D.chars()).all(|letter| !is_refused(letter)));
    }

    #[test]
    fn every_letter_that_stands_can_stand_in_xml() {
        let accepted = (0..=0x10_FFFF).filter_map(char::from_u32).filter(|letter| !is_refused(*letter));
        assert_eq!(accepted.filter(|letter| !is_xml(*letter)).collect::<String>(), "");
    }

    proptest! {
        #[test]
        fn what_was_read_reads_again_as_itself(text: String) {
            if let Ok(read) = spelt(&text, &[]) {
                prop_assert_eq!(spelt(&read, &[]).unwrap(), read.as_ref());
            }
            prop_assert!(spelt(&readable(&text), &[]).is_ok());
        }
    }
}
