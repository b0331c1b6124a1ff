//! A table as an auditor opens it: CSV in UTF-8 with a byte order mark, a line of names first.
//!
//! A cell that a spreadsheet would take for a formula has an apostrophe before it; plain numbers, negative ones too,
//! stand as they are. The same bytes are written into a file and held against one.

use std::io::{self, ErrorKind, Read, Write};

use subsidy_store::db::rows::Table;

/// What spreadsheets recognise UTF-8 by.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A sheet that is being written.
pub(super) struct Sheet<W: Write>(csv::Writer<W>);

impl<W: Write> Sheet<W> {
    /// With its first line.
    pub(super) fn begin(mut out: W, names: &[&str]) -> io::Result<Self> {
        out.write_all(BYTE_ORDER_MARK)?;
        let mut sheet = Self(csv::Writer::from_writer(out));
        sheet.line(names.iter().map(|name| (*name).to_owned()))?;
        Ok(sheet)
    }

    pub(super) fn line(&mut self, cells: impl IntoIterator<Item = String>) -> io::Result<()> {
        self.0.write_record(cells.into_iter().map(guarded)).map_err(io::Error::from)
    }

    pub(super) fn row<R: Table>(&mut self, row: &R) -> io::Result<()> {
        self.line(row.cells())
    }

    /// What was written to, with all of it.
    pub(super) fn flushed(&mut self) -> io::Result<&W> {
        self.0.flush()?;
        Ok(self.0.get_ref())
    }

    /// All of it is written.
    pub(super) fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(|error| io::Error::new(error.error().kind(), error.to_string()))
    }
}

/// A text that no spreadsheet computes and that is read back as it was: whatever begins with an apostrophe in the sheet
/// had one put before it.
pub(super) fn quoted(cell: String) -> String {
    if cell.starts_with('\'') { format!("'{cell}") } else { guarded(cell) }
}

/// What [`quoted`] was given.
pub(super) fn unquoted(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// A cell that no spreadsheet computes.
fn guarded(cell: String) -> String {
    let starts = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if starts && !is_number(&cell) { format!("'{cell}") } else { cell }
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, part].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Takes what should stand in a file, and says whether it does.
pub(super) struct Compared<R: Read> {
    file: R,
    found: Vec<u8>,
    same: bool,
}

impl<R: Read> Compared<R> {
    pub(super) const fn with(file: R) -> Self {
        Self { file, found: Vec::new(), same: true }
    }

    /// Whether all was there so far.
    pub(super) const fn same(&self) -> bool {
        self.same
    }

    /// Whether the file ends here.
    pub(super) fn ends(&mut self) -> io::Result<bool> {
        Ok(self.file.read(&mut [0])? == 0)
    }
}

impl<R: Read> Write for Compared<R> {
    fn write(&mut self, expected: &[u8]) -> io::Result<usize> {
        if self.same {
            self.found.resize(expected.len(), 0);
            self.same = match self.file.read_exact(&mut self.found) {
                Ok(()) => self.found == expected,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => false,
                Err(error) => return Err(error),
            };
        }
        Ok(expected.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_guarded_and_numbers_are_not() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+86", "'+86"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-20000.01", "-20000.01"),
            ("-", "'-"),
            ("B2001", "B2001"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell.to_owned()), expected);
        }
    }

    #[test]
    fn a_quoted_text_is_read_back_as_it_was() {
        for cell in ["=1+1", "'=1+1", "''", "'", "-", "-1.50", "plain", "", "@", "\ttab"] {
            let shown = quoted(cell.to_owned());
            assert_eq!(unquoted(&shown), cell);
            assert_eq!(guarded(shown.clone()), shown, "{cell} is safe");
        }
    }

    #[test]
    fn a_file_is_the_same_up_to_its_first_other_byte_and_ends_where_it_should() {
        let mut sheet = Sheet::begin(Vec::new(), &["a", "b"]).unwrap();
        sheet.line(["1".to_owned(), "x,y".to_owned()]).unwrap();
        let bytes = sheet.finish().unwrap();
        assert_eq!(bytes, b"\xef\xbb\xbfa,b\n1,\"x,y\"\n");
        for (file, same, ends) in [
            (bytes.clone(), true, true),
            (bytes.iter().copied().chain(*b"\n").collect(), true, false),
            (bytes.iter().copied().take(9).collect(), false, true),
            (bytes.iter().map(|byte| if *byte == b'x' { b'z' } else { *byte }).collect(), false, true),
        ] {
            let mut sheet = Sheet::begin(Compared::with(file.as_slice()), &["a", "b"]).unwrap();
            sheet.line(["1".to_owned(), "x,y".to_owned()]).unwrap();
            let mut compared = sheet.finish().unwrap();
            assert_eq!((compared.same(), compared.ends().unwrap()), (same, ends));
        }
    }
}
