//! A billing file as text: unpacked, in UTF-8, its cells told apart, and never more of it in memory than a row.
//!
//! A hostile file says little and unpacks to much: what it comes to is counted as it is read, in all and row by row.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::limits::{ROW_BYTES_MAX, UNPACKED_BYTES_MAX};
use subsidy_core::usage::{CellError, Findings, RowError};

/// How much is looked at to tell what a file is.
const HEAD_BYTES: u64 = 65_536;

/// What a text is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextLimit {
    #[error("the file unpacks to more than {UNPACKED_BYTES_MAX} bytes")]
    Unpacked,
    #[error("the file unpacks to too many times its size")]
    Ratio,
    #[error("a row has more than {ROW_BYTES_MAX} bytes")]
    Row,
}

/// Bytes that are counted as they are read.
#[derive(Debug)]
pub struct CountingReader<R> {
    bytes: R,
    all: u64,
    most: u64,
    row: Arc<AtomicU64>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        let more = u64::try_from(count).unwrap_or(u64::MAX);
        self.all = self.all.saturating_add(more);
        if self.all > self.most {
            let limit = if self.most < UNPACKED_BYTES_MAX { TextLimit::Ratio } else { TextLimit::Unpacked };
            return Err(io::Error::other(limit));
        }
        if self.row.fetch_add(more, Ordering::Relaxed) > ROW_BYTES_MAX {
            return Err(io::Error::other(TextLimit::Row));
        }
        Ok(count)
    }
}

/// A text that is ready to be cut at its delimiter.
pub struct Text<'a> {
    /// In UTF-8, or in GB18030 where nobody said so: that is found out row by row.
    pub bytes: Box<dyn Read + 'a>,
    pub delimiter: u8,
    /// Bytes since the last row; whoever took a row sets it to nothing.
    pub row: Arc<AtomicU64>,
}

/// Makes bytes a text; what is unusual about it is told. `most` is how many bytes there may be, `declared` the encoding
/// that its sender says.
pub fn text<'a>(
    (bytes, most): (impl Read + 'a, u64),
    declared: Option<&'static Encoding>,
    readings: &mut Findings,
) -> io::Result<Text<'a>> {
    let row = Arc::new(AtomicU64::new(0));
    let mut bytes = CountingReader { bytes, all: 0, most, row: row.clone() };
    let mut head = Vec::new();
    bytes.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    row.store(0, Ordering::Relaxed);
    let encoding = encoding(&head, declared);
    let whole = Cursor::new(head.clone()).chain(bytes);
    let bytes: Box<dyn Read + 'a> = if encoding == UTF_8 {
        Box::new(whole)
    } else {
        readings.read_as(&of_file(CellError::FileEncoding, encoding.name()), || UTF_8.name().to_owned());
        let (decoded, _, _) = encoding.decode(&head);
        head = decoded.into_owned().into_bytes();
        Box::new(DecodingReader::new(whole, encoding))
    };
    let delimiter = delimiter(&head);
    if delimiter != b',' {
        let found = if delimiter == b'\t' { "tab" } else { ";" };
        readings.read_as(&of_file(CellError::FileDelimiter, found), || ",".to_owned());
    }
    Ok(Text { bytes, delimiter, row })
}

/// What is found of the file itself.
pub fn of_file(code: CellError, found: &str) -> RowError {
    RowError { row: 0, column: None, code, found: Some(found.to_owned()) }
}

/// By its mark, by what its sender says, else by where the zeros of its first letters stand.
fn encoding(head: &[u8], declared: Option<&'static Encoding>) -> &'static Encoding {
    let zeros = match head {
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(UTF_16LE),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(UTF_16BE),
        _ => None,
    };
    Encoding::for_bom(head).map(|(encoding, _)| encoding).or(zeros).or(declared).unwrap_or(UTF_8)
}

/// The sign that stands most often in the first line outside quotes: a comma, a semicolon or a tab.
pub fn delimiter(head: &[u8]) -> u8 {
    let mut quoted = false;
    let line: Vec<u8> = head
        .iter()
        .copied()
        .take_while(|byte| *byte != b'\n')
        .filter(|byte| {
            quoted ^= *byte == b'"';
            !quoted
        })
        .collect();
    let count = |sign: u8| line.iter().filter(|byte| **byte == sign).count();
    let commas = count(b',');
    [b';', b'\t']
        .into_iter()
        .filter(|sign| count(*sign) > commas)
        .max_by_key(|sign| count(*sign))
        .unwrap_or(b',')
}

/// Bytes of another encoding as UTF-8. What is malformed becomes a byte that UTF-8 has not, so that its row is refused.
struct DecodingReader<R> {
    bytes: R,
    decoder: Decoder,
    read: Vec<u8>,
    at: usize,
    ended: bool,
    /// The decoder said its last: it is not asked again.
    finished: bool,
}

impl<R: Read> DecodingReader<R> {
    fn new(bytes: R, encoding: &'static Encoding) -> Self {
        Self {
            bytes,
            decoder: encoding.new_decoder_with_bom_removal(),
            read: Vec::new(),
            at: 0,
            ended: false,
            finished: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.at == self.read.len() && !self.ended {
            self.read.resize(8_192, 0);
            let count = self.bytes.read(&mut self.read)?;
            self.read.truncate(count);
            self.at = 0;
            self.ended = count == 0;
        }
        Ok(())
    }
}

impl<R: Read> Read for DecodingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // a letter needs up to four bytes
        if buffer.len() < 8 {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let room = buffer.len().saturating_sub(1);
        while !self.finished {
            self.fill()?;
            let (rest, space) = (self.read.get(self.at..).unwrap_or_default(), buffer.get_mut(..room));
            let (result, read, mut written) =
                self.decoder.decode_to_utf8_without_replacement(rest, space.unwrap_or_default(), self.ended);
            self.at = self.at.saturating_add(read);
            if let DecoderResult::Malformed(..) = result
                && let Some(place) = buffer.get_mut(written)
            {
                *place = 0xff;
                written = written.saturating_add(1);
            }
            self.finished = self.ended && result == DecoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

/// Tells rows in GB18030 from rows in UTF-8, in a file of which nobody said what it is in.
#[derive(Debug, Default)]
pub struct RowEncoding {
    utf8: bool,
    gb18030: bool,
}

impl RowEncoding {
    /// The cells of a row as text. None where they are neither; once a row was in one of the two, no other is in the
    /// other.
    pub fn cells<'r>(
        &mut self,
        record: &'r csv::ByteRecord,
        readings: &mut Findings,
    ) -> Option<Vec<Cow<'r, str>>> {
        if !self.gb18030
            && let Ok(cells) = record.iter().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>()
        {
            self.utf8 |= !record.as_slice().is_ascii();
            return Some(cells.into_iter().map(Cow::Borrowed).collect());
        }
        if self.utf8 {
            return None;
        }
        let decoded = |bytes: &'r [u8]| GB18030.decode_without_bom_handling_and_without_replacement(bytes);
        let cells = record.iter().map(decoded).collect::<Option<Vec<_>>>()?;
        if !self.gb18030 {
            let found = of_file(CellError::FileEncoding, GB18030.name());
            readings.read_as(&found, || UTF_8.name().to_owned());
            self.gb18030 = true;
        }
        Some(cells)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_text_that_ends_within_a_letter_ends_with_a_byte_that_utf_8_has_not_and_is_read_no_further() {
        for (encoding, bytes) in [(GB18030, &b"a,\x81"[..]), (UTF_16LE, b"a\0,"), (UTF_16BE, b"\0a\0")] {
            let mut reader = DecodingReader::new(bytes, encoding);
            let (mut read, mut buffer) = (Vec::new(), [0; 64]);
            for _ in 0..5 {
                let count = reader.read(&mut buffer).unwrap();
                read.extend_from_slice(buffer.get(..count).unwrap());
            }
            assert_eq!((read.first(), read.last()), (Some(&b'a'), Some(&0xff)), "{}", encoding.name());
        }
    }
}
