//! The font that papers are set in as PDF: one that has Chinese, of Debian's packages, looked for when a paper is asked for.
//! Nothing of a font is in the program. A file is read once, and again when it was changed: it is megabytes, and every
//! paper has the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ttf_parser::Face;

/// Where Debian's packages put fonts that have Chinese, and which font of a collection is meant.
const PLACES: [(&str, u32); 3] = [
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),
];

/// What every paper has: a font without it is none for papers.
const NEEDED: [char; 3] = ['元', '补', '0'];

/// The bytes of a font's file; a clone shares them.
#[derive(Clone)]
pub struct Typeface {
    pub bytes: Arc<Vec<u8>>,
    /// Which font of a collection.
    pub index: u32,
}

/// What a file was when it was read: one that has another length or time since is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stand {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// What was read of each file, and none where it is no font for papers. At most one file that the settings name and those
/// that are looked for.
type KnownFonts = BTreeMap<PathBuf, (Stand, Option<Typeface>)>;

static KNOWN: Mutex<KnownFonts> = Mutex::new(KnownFonts::new());

impl std::fmt::Debug for Typeface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Typeface({} bytes)", self.bytes.len())
    }
}

impl Typeface {
    /// The font that the settings name and no other; without one the first that is found.
    pub fn find(set: Option<&Path>) -> Option<Self> {
        match set {
            Some(path) => Self::known(path, 0),
            None => PLACES.iter().find_map(|(path, index)| Self::known(Path::new(path), *index)),
        }
    }

    /// The font of a file as the file is now. Whoever asks while it is read waits, so that nobody reads it a second time.
    fn known(path: &Path, index: u32) -> Option<Self> {
        let file = std::fs::metadata(path).ok()?;
        let stand = Stand { bytes: file.len(), modified: file.modified().ok() };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, typeface)) = known.get(path).filter(|(read, _)| *read == stand) {
            return typeface.clone();
        }
        let typeface = Self::read(path, index);
        known.insert(path.to_owned(), (stand, typeface.clone()));
        typeface
    }

    fn read(path: &Path, index: u32) -> Option<Self> {
        let typeface = Self { bytes: Arc::new(std::fs::read(path).ok()?), index };
        let has_chinese = typeface
            .face()
            .is_some_and(|face| NEEDED.into_iter().all(|letter| face.glyph_index(letter).is_some()));
        has_chinese.then_some(typeface)
    }

    pub fn face(&self) -> Option<Face<'_>> {
        Face::parse(&self.bytes, self.index).ok()
    }
}

/// A letter that a font lacks: it would stand as an empty box.
pub fn lacking(face: &Face<'_>, text: &str) -> Option<char> {
    text.chars().find(|letter| face.glyph_index(*letter).is_none())
}

/// How wide a text is in a size, in the unit of the size.
pub fn width(face: &Face<'_>, text: &str, size: i32) -> i32 {
    let advance = |letter: char| face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph));
    let units: i64 = text.chars().map(|letter| i64::from(advance(letter).unwrap_or_default())).sum();
    let width = units * i64::from(size) / i64::from(face.units_per_em().max(1));
    i32::try_from(width).unwrap_or(i32::MAX)
}
