//! Files that banks answer with: XML as ISO 20022 has it, or a table of the bank's own.

pub mod profile;
pub mod template;
mod workbook;

use chrono_tz::Tz;
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::billing_files::delimiter;
use crate::packed::{self, PackedError};
use subsidy_core::payments::answers::table::{self, Mapping};
use subsidy_core::payments::answers::{self, Answers, BankFileError};

/// The most bytes that a packed file may unpack to.
const UNPACKED_BYTES_MAX: u64 = 64 << 20;
/// The most lines of a table, and the most cells: each takes some twenty bytes of memory more than its letters.
const LINES_MAX: usize = 200_000;
const CELLS_MAX: usize = 4_000_000;

/// Why a bank's file is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    File(#[from] BankFileError),
    #[error(transparent)]
    Packed(#[from] PackedError),
    #[error("{0} files")]
    Several(usize),
    #[error("no mapping")]
    NoMapping,
    #[error("the encoding is unknown")]
    Encoding,
}

/// Reads a file, known by its first bytes. `mapping` is how the agency's bank writes tables, `zone` in which its days are.
pub fn read(bytes: &[u8], mapping: Option<&Mapping>, zone: Tz) -> Result<Answers, ReadError> {
    if !packed::is_zip(bytes) {
        return plain(bytes, mapping, zone);
    }
    let named = packed::members(bytes, |name| name == "[Content_Types].xml", UNPACKED_BYTES_MAX)?;
    if !named.is_empty() {
        let mapping = mapping.ok_or(ReadError::NoMapping)?;
        return Ok(table::read(&workbook::rows(bytes, UNPACKED_BYTES_MAX)?, mapping, zone)?);
    }
    let members = packed::members(bytes, |_| true, UNPACKED_BYTES_MAX)?;
    let [member] = members.as_slice() else { return Err(ReadError::Several(members.len())) };
    plain(&member.bytes, mapping, zone)
}

fn plain(bytes: &[u8], mapping: Option<&Mapping>, zone: Tz) -> Result<Answers, ReadError> {
    let visible =
        |byte: &&u8| !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xff | 0xfe) && !byte.is_ascii_whitespace();
    if bytes.iter().find(visible) == Some(&b'<') {
        return Ok(answers::read_xml(bytes, zone)?);
    }
    let mapping = mapping.ok_or(ReadError::NoMapping)?;
    Ok(table::read(&separated(bytes)?, mapping, zone)?)
}

/// The rows of a file of separated values.
fn separated(bytes: &[u8]) -> Result<Vec<Vec<String>>, ReadError> {
    let wide = match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    };
    let text = match wide {
        Some(encoding) => encoding.decode_with_bom_removal(bytes).0,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').into(),
            Err(_) => GB18030
                .decode_without_bom_handling_and_without_replacement(bytes)
                .ok_or(ReadError::Encoding)?,
        },
    };
    // titles that a bank writes above its table have no separators
    let head = text.lines().take(20).max_by_key(|line| line.matches([',', ';', '\t']).count());
    let mut reader = csv::ReaderBuilder::new();
    let delimiter = delimiter(head.unwrap_or_default().as_bytes());
    let count = |most: usize, sign: u8| text.bytes().filter(|byte| *byte == sign).nth(most).is_some();
    if count(LINES_MAX, b'\n') || count(CELLS_MAX, delimiter) {
        return Err(BankFileError::TooMany.into());
    }
    let mut reader =
        reader.delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|_| ReadError::Encoding)?;
        // a row stands where an editor shows it: empty lines before it, which the reader passes over, are counted
        let at = row.position().map_or((0, 1), |at| (at.byte(), at.line()));
        let [from, line] = [at.0, at.1.saturating_sub(1)].map(|at| usize::try_from(at).unwrap_or_default());
        let passed_over = text.get(from..).unwrap_or_default().bytes();
        let empty = passed_over.take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let line = line + empty.filter(|byte| *byte == b'\n').count();
        rows.resize(line.max(rows.len()), Vec::new());
        rows.push(row.iter().map(str::to_owned).collect());
    }
    Ok(rows)
}
