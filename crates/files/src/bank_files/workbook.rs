//! The cells of a workbook's first sheet, as text.

use std::collections::BTreeMap;

use crate::packed::{self, Member, PackedError};
use subsidy_core::xml::{self, Element, Limits, Visitor, XmlError};

use super::ReadError;
use subsidy_core::payments::answers::BankFileError;

const LIMITS: Limits = Limits { depth: 32, elements: 4_000_000, chars: 32_767 };
const COLUMNS_MAX: usize = 500;
const ROWS_MAX: usize = 100_000;
/// A cell far to the right brings all before it, and a text that is shared comes out as often as it is named.
const CELLS_MAX: usize = 4_000_000;
const TEXT_BYTES_MAX: usize = 64 << 20;
/// What is read of a workbook beside its sheets.
const PARTS: [&str; 3] = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"];

/// The rows of the first sheet.
pub(super) fn rows(bytes: &[u8], bytes_max: u64) -> Result<Vec<Vec<String>>, ReadError> {
    let wanted = |name: &str| PARTS.contains(&name) || name.starts_with("xl/worksheets/");
    let members = packed::members(bytes, wanted, bytes_max)?;
    let member = |name: &str| members.iter().find(|member| member.name == name);
    let (mut book, mut links, mut shared) = (Sheets::default(), Links::default(), Strings::default());
    read(member("xl/workbook.xml"), &mut book)?;
    read(member("xl/_rels/workbook.xml.rels"), &mut links)?;
    if let Some(strings) = member("xl/sharedStrings.xml") {
        read(Some(strings), &mut shared)?;
    }
    let target = book.first.and_then(|id| links.0.remove(&id)).unwrap_or_default();
    let name = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
    let mut cells = Cells { shared: shared.found, ..Cells::default() };
    read(member(&name), &mut cells)?;
    Ok(cells.rows)
}

fn read(member: Option<&Member>, visitor: &mut impl Visitor) -> Result<(), ReadError> {
    let member = member.ok_or(PackedError("workbook_unreadable"))?;
    Ok(xml::read(&member.bytes, LIMITS, visitor).map_err(BankFileError::Xml)?)
}

/// Which sheet comes first.
#[derive(Default)]
struct Sheets {
    first: Option<String>,
}

impl Visitor for Sheets {
    fn ends(&mut self, _: &[Element], element: &Element, _: &str) -> Result<(), XmlError> {
        if element.name == "sheet" && self.first.is_none() {
            self.first = element.attribute("id").map(str::to_owned);
        }
        Ok(())
    }
}

/// Where the sheets are, by what the workbook calls them.
#[derive(Default)]
struct Links(BTreeMap<String, String>);

impl Visitor for Links {
    fn ends(&mut self, _: &[Element], element: &Element, _: &str) -> Result<(), XmlError> {
        if let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target")) {
            self.0.insert(id.to_owned(), target.to_owned());
        }
        Ok(())
    }
}

/// The texts that cells share.
#[derive(Default)]
struct Strings {
    found: Vec<String>,
    text: String,
}

impl Visitor for Strings {
    fn ends(&mut self, around: &[Element], element: &Element, said: &str) -> Result<(), XmlError> {
        // what is written above a letter to say how it sounds is no text
        match element.name.as_str() {
            "t" if around.iter().all(|outer| outer.name != "rPh") => self.text.push_str(said),
            "si" => self.found.push(std::mem::take(&mut self.text)),
            _ => {}
        }
        Ok(())
    }
}

/// The cells of a sheet.
#[derive(Default)]
struct Cells {
    shared: Vec<String>,
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    text: String,
    cells: usize,
    bytes: usize,
}

impl Visitor for Cells {
    fn ends(&mut self, _: &[Element], element: &Element, said: &str) -> Result<(), XmlError> {
        match element.name.as_str() {
            "v" | "t" => self.text.push_str(said),
            "c" => {
                let text = std::mem::take(&mut self.text);
                let shared = (element.attribute("t") == Some("s")).then(|| text.parse::<usize>().ok());
                let text = match shared {
                    Some(index) => {
                        index.and_then(|index| self.shared.get(index)).cloned().unwrap_or_default()
                    }
                    None => text,
                };
                let place = element.attribute("r").and_then(column).unwrap_or(self.row.len());
                if place >= COLUMNS_MAX {
                    return Err(XmlError("columns"));
                }
                self.bytes += text.len();
                if self.bytes > TEXT_BYTES_MAX {
                    return Err(XmlError("text"));
                }
                self.row.resize(place.max(self.row.len()), String::new());
                self.row.push(text);
            }
            "row" => {
                let number = element.attribute("r").and_then(|number| number.parse::<usize>().ok());
                let place = number.unwrap_or_default().saturating_sub(1).min(ROWS_MAX);
                self.rows.resize(place.max(self.rows.len()), Vec::new());
                self.cells += self.row.len();
                if self.cells > CELLS_MAX {
                    return Err(XmlError("cells"));
                }
                self.rows.push(std::mem::take(&mut self.row));
                if self.rows.len() > ROWS_MAX {
                    return Err(XmlError("rows"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The column of `C5`: 2.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0, |sum: usize, letter| sum * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}
