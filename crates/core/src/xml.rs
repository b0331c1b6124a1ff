//! XML that others wrote, read from bytes that anybody may have made.
//!
//! Namespaces do not matter. What is refused: what is not well formed, any DTD (so no entity of its own), references to
//! anything but characters, deep nesting, masses of elements.

use std::borrow::Cow;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// Why a document is not read, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct XmlError(pub &'static str);

/// How much of a document is made room for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Elements within each other.
    pub depth: usize,
    pub elements: usize,
    /// Characters of what an element says that are kept.
    pub chars: usize,
}

/// An element that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Without its namespace's prefix.
    pub name: String,
    /// Its attributes but those of namespaces, without prefixes.
    pub attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What somebody wants of a document.
pub trait Visitor {
    /// An element begins; those around it, outermost first.
    fn begins(&mut self, _around: &[Element], _element: &Element) {}

    /// It ends, and said this since the last element within it; without blanks around it.
    fn ends(&mut self, around: &[Element], element: &Element, said: &str) -> Result<(), XmlError>;
}

/// The characters of a document: what its byte order mark or its zeros say, UTF-8, or what it says itself where that is a
/// Chinese encoding.
pub fn characters(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => Some((UTF_16BE, rest)),
        [b'<', 0, ..] => Some((UTF_16LE, bytes)),
        [0, b'<', ..] => Some((UTF_16BE, bytes)),
        _ => None,
    };
    let decoded = |text: Option<_>| text.ok_or(XmlError("encoding"));
    if let Some((encoding, rest)) = wide {
        return decoded(encoding.decode_without_bom_handling_and_without_replacement(rest));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let declaration = bytes.split(|byte| *byte == b'>').next().unwrap_or_default();
    let declaration = String::from_utf8_lossy(declaration.get(..200).unwrap_or(declaration)).to_lowercase();
    let chinese = declaration.starts_with("<?xml")
        && ["gbk", "gb2312", "gb18030"].iter().any(|name| declaration.contains(name));
    if chinese {
        return decoded(GB18030.decode_without_bom_handling_and_without_replacement(bytes));
    }
    decoded(std::str::from_utf8(bytes).ok().map(Cow::Borrowed))
}

/// Shows a document to a visitor.
pub fn read(bytes: &[u8], limits: Limits, visitor: &mut impl Visitor) -> Result<(), XmlError> {
    let text = characters(bytes)?;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    let mut walk = Walk { limits, open: Vec::new(), elements: 0, text: String::new(), begun: false };
    loop {
        match reader.read_event().map_err(|_| XmlError("not_well_formed"))? {
            Event::Start(start) => {
                walk.begins(&start)?;
                if let Some((element, around)) = walk.open.split_last() {
                    visitor.begins(around, element);
                }
            }
            Event::End(_) => {
                let text = std::mem::take(&mut walk.text);
                let element = walk.open.pop().ok_or(XmlError("not_well_formed"))?;
                visitor.ends(&walk.open, &element, text.trim())?;
            }
            Event::Text(text) => walk.says(&text.decode().map_err(|_| XmlError("encoding"))?)?,
            Event::CData(text) => {
                walk.inside()?;
                walk.says(&text.decode().map_err(|_| XmlError("encoding"))?)?;
            }
            Event::GeneralRef(reference) => {
                walk.inside()?;
                let character = reference.resolve_char_ref().map_err(|_| XmlError("reference"))?;
                let name = reference.decode().map_err(|_| XmlError("encoding"))?;
                match (character, resolve_predefined_entity(&name)) {
                    (Some(character), _) => walk.says(&character.to_string())?,
                    (None, Some(text)) => walk.says(text)?,
                    (None, None) => return Err(XmlError("entity")),
                }
            }
            Event::DocType(_) => return Err(XmlError("doctype")),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Empty(_) => {}
            Event::Eof if walk.open.is_empty() && walk.begun => return Ok(()),
            Event::Eof => return Err(XmlError("not_well_formed")),
        }
    }
}

/// Where in a document a reader is.
struct Walk {
    limits: Limits,
    /// The elements that are open, outermost first.
    open: Vec<Element>,
    elements: usize,
    /// What the innermost one says so far.
    text: String,
    begun: bool,
}

impl Walk {
    fn begins(&mut self, start: &BytesStart<'_>) -> Result<(), XmlError> {
        self.elements += 1;
        if self.open.len() >= self.limits.depth {
            return Err(XmlError("depth"));
        }
        if self.elements > self.limits.elements {
            return Err(XmlError("elements"));
        }
        if self.open.is_empty() && self.begun {
            return Err(XmlError("two_roots"));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| XmlError("attribute"))?;
            let value = std::str::from_utf8(&attribute.value).map_err(|_| XmlError("encoding"))?;
            let value = unescape(value).ok().filter(|_| !value.contains('<')).ok_or(XmlError("attribute"))?;
            let (whole, name) = (attribute.key.into_inner(), attribute.key.local_name().into_inner());
            if !whole.starts_with(b"xmlns") {
                attributes.push((String::from_utf8_lossy(name).into_owned(), value.into_owned()));
            }
        }
        let name = std::str::from_utf8(start.local_name().into_inner()).map_err(|_| XmlError("encoding"))?;
        let begins_well = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
        if !begins_well || name.contains(['<', '&', '"', '\'']) {
            return Err(XmlError("name"));
        }
        self.begun = true;
        self.open.push(Element { name: name.to_owned(), attributes });
        self.text.clear();
        Ok(())
    }

    const fn inside(&self) -> Result<(), XmlError> {
        if self.open.is_empty() { Err(XmlError("text_outside")) } else { Ok(()) }
    }

    fn says(&mut self, text: &str) -> Result<(), XmlError> {
        if !text.trim().is_empty() {
            self.inside()?;
        }
        let room = (4 * self.limits.chars).saturating_sub(self.text.len());
        self.text.extend(text.chars().take(room));
        Ok(())
    }
}
