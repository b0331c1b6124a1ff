//! What a file is, by its bytes and by nothing that anybody says of it.
//!
//! Takes the file in chunks of any size and keeps a few bytes of it. Pages and pictures are known by their first bytes,
//! containers by the names in their directory, text by all of its bytes being one.

use serde::{Deserialize, Serialize};

/// The most bytes of a file's beginning that are looked at.
pub const HEAD_BYTES_MAX: usize = 16_384;

/// The types of file that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum MediaType {
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// OFD 版式文件, GB/T 33190.
    #[serde(rename = "application/ofd")]
    Ofd,
    #[serde(rename = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    Xlsx,
    #[serde(rename = "application/xml")]
    Xml,
    /// A ZIP with XML in it.
    #[serde(rename = "application/zip")]
    Zip,
    /// Lines of equally many values.
    #[serde(rename = "text/csv")]
    Csv,
    #[serde(rename = "text/plain")]
    Text,
}

impl MediaType {
    /// As HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Ofd => "application/ofd",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xml => "application/xml",
            Self::Zip => "application/zip",
            Self::Csv => "text/csv",
            Self::Text => "text/plain",
        }
    }

    /// What a file's name ends with.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Ofd => "ofd",
            Self::Xlsx => "xlsx",
            Self::Xml => "xml",
            Self::Zip => "zip",
            Self::Csv => "csv",
            Self::Text => "txt",
        }
    }

    /// Whether a sender's word for the type speaks against it. Words that senders use for anything say nothing.
    pub fn belies(self, declared: &str) -> bool {
        let plain = [Self::Pdf, Self::Png, Self::Jpeg];
        plain.into_iter().any(|one| one != self && one.as_str().eq_ignore_ascii_case(declared))
    }
}

/// What the bytes alone show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    Known(MediaType),
    /// A ZIP container: its directory tells which.
    Container,
    /// Nothing that is taken.
    Unknown,
}

/// Looks at a file that passes.
#[derive(Debug, Clone, Default)]
pub struct Sniffer {
    head: Vec<u8>,
    bytes: u64,
    utf8: Utf8,
    gb18030: Gb18030,
    /// A byte that no text has.
    binary: bool,
}

impl Sniffer {
    /// The next bytes.
    pub fn take(&mut self, chunk: &[u8]) {
        let room = HEAD_BYTES_MAX.saturating_sub(self.head.len());
        self.head.extend(chunk.iter().take(room));
        self.bytes = self.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        for byte in chunk {
            self.binary |= matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
            self.utf8.take(*byte);
            self.gb18030.take(*byte);
        }
    }

    /// How many bytes passed.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn looks(&self) -> Looks {
        match infer::get(&self.head).map(|found| found.mime_type()) {
            Some("application/pdf") => return Looks::Known(MediaType::Pdf),
            Some("image/png") => return Looks::Known(MediaType::Png),
            Some("image/jpeg") => return Looks::Known(MediaType::Jpeg),
            _ if self.head.starts_with(b"PK\x03\x04") => return Looks::Container,
            _ => {}
        }
        // the first letters of a document in UTF-16, with its mark or without
        let wide: [&[u8]; 4] = [b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0?\0", b"\0<\0?"];
        if wide.iter().any(|start| self.head.starts_with(start)) {
            return Looks::Known(MediaType::Xml);
        }
        let text = self.utf8.ends_well() || self.gb18030.ends_well();
        let start = self.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.head).trim_ascii_start();
        match start {
            [] => Looks::Unknown,
            _ if self.binary || !text => Looks::Unknown,
            [b'<', b'?' | b'!' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.., ..] => {
                Looks::Known(MediaType::Xml)
            }
            _ if self.is_table() => Looks::Known(MediaType::Csv),
            _ => Looks::Known(MediaType::Text),
        }
    }

    /// Two lines or more, of equally many values each, which are two or more.
    fn is_table(&self) -> bool {
        let whole = u64::try_from(self.head.len()).unwrap_or(u64::MAX) == self.bytes;
        let end =
            if whole { Some(self.head.len()) } else { self.head.iter().rposition(|byte| *byte == b'\n') };
        let lines = end.and_then(|end| self.head.get(..end)).unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(lines);
        let mut count = 0;
        for record in reader.byte_records() {
            match record {
                Ok(record) if record.len() >= 2 => count += 1,
                Ok(_) | Err(_) => return false,
            }
        }
        count >= 2
    }
}

/// Whether bytes are UTF-8 so far.
#[derive(Debug, Clone, Default)]
struct Utf8 {
    /// A character that has not ended.
    open: Vec<u8>,
    bad: bool,
}

impl Utf8 {
    fn take(&mut self, byte: u8) {
        if self.bad || self.open.is_empty() && byte.is_ascii() {
            return;
        }
        self.open.push(byte);
        match std::str::from_utf8(&self.open) {
            Ok(_) => self.open.clear(),
            Err(error) => self.bad = error.error_len().is_some(),
        }
    }

    fn ends_well(&self) -> bool {
        !self.bad && self.open.is_empty()
    }
}

/// Whether bytes are GB 18030 so far: one, two or four bytes a character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Gb18030 {
    #[default]
    Between,
    Second,
    Third,
    Fourth,
    Bad,
}

impl Gb18030 {
    fn take(&mut self, byte: u8) {
        *self = match (*self, byte) {
            (Self::Between, 0..=0x7f) => Self::Between,
            (Self::Between | Self::Third, 0x81..=0xfe) => {
                if *self == Self::Third {
                    Self::Fourth
                } else {
                    Self::Second
                }
            }
            (Self::Second, 0x30..=0x39) => Self::Third,
            (Self::Second, 0x40..=0x7e | 0x80..=0xfe) | (Self::Fourth, 0x30..=0x39) => Self::Between,
            (Self::Between | Self::Second | Self::Third | Self::Fourth | Self::Bad, _) => Self::Bad,
        };
    }

    fn ends_well(self) -> bool {
        self == Self::Between
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn looks(bytes: &[u8]) -> Looks {
        let mut sniffer = Sniffer::default();
        sniffer.take(bytes);
        sniffer.looks()
    }

    #[test]
    fn pages_and_pictures_are_known_by_their_first_bytes() {
        assert_eq!(looks(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"), Looks::Known(MediaType::Pdf));
        assert_eq!(looks(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Looks::Known(MediaType::Png));
        assert_eq!(looks(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Looks::Known(MediaType::Jpeg));
        assert_eq!(looks(b"PK\x03\x04\x14\0"), Looks::Container);
    }

    #[test]
    fn text_is_utf8_or_gb18030_to_its_last_byte() {
        assert_eq!(looks("算力服务".as_bytes()), Looks::Known(MediaType::Text));
        assert_eq!(looks(b"\xcb\xe3\xc1\xa6"), Looks::Known(MediaType::Text), "GBK");
        assert_eq!(looks(b"\xef\xbb\xbfplain"), Looks::Known(MediaType::Text));
        for bytes in
            [&b""[..], b"  \n", b"\xef\xbb\xbf", b"text\0", b"\xff\xfeh\0i\0", b"abc\xe7", b"\x7fELF\x02"]
        {
            assert_eq!(looks(bytes), Looks::Unknown, "{bytes:?}");
        }
    }

    #[test]
    fn a_table_has_lines_of_equally_many_values() {
        assert_eq!(looks("日期,金额\n2025-01-01,5.00\n".as_bytes()), Looks::Known(MediaType::Csv));
        assert_eq!(looks(b"a,b\n\"x,\ny\",2"), Looks::Known(MediaType::Csv));
        for text in [&b"Hello, world"[..], b"a,b\nc\n", b"one\ntwo\n"] {
            assert_eq!(looks(text), Looks::Known(MediaType::Text), "{text:?}");
        }
        let long = "x,y\n".repeat(HEAD_BYTES_MAX);
        assert_eq!(looks(long.as_bytes()), Looks::Known(MediaType::Csv), "the last line seen may be cut");
    }

    #[test]
    fn what_begins_as_markup_is_held_to_be_xml() {
        for text in
            [&b"<?xml version=\"1.0\"?><a/>"[..], b"\xef\xbb\xbf\n<EInvoice>", b"<!DOCTYPE html>", b"<svg"]
        {
            assert_eq!(looks(text), Looks::Known(MediaType::Xml), "{text:?}");
        }
        assert_eq!(looks(b"< 5 and > 3"), Looks::Known(MediaType::Text));
    }

    #[test]
    fn a_senders_word_counts_where_it_says_something() {
        assert!(MediaType::Text.belies("application/pdf") && MediaType::Pdf.belies("image/png"));
        assert!(
            !MediaType::Pdf.belies("application/pdf") && !MediaType::Pdf.belies("application/octet-stream")
        );
        assert!(!MediaType::Csv.belies("text/plain") && !MediaType::Xml.belies(""));
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0usize..400) {
            let (one, two) = bytes.split_at(at.min(bytes.len()));
            let mut sniffer = Sniffer::default();
            sniffer.take(one);
            sniffer.take(two);
            prop_assert_eq!(sniffer.looks(), looks(&bytes));
        }

        #[test]
        fn any_text_without_controls_is_taken(text in "[^\\p{Cc}<]{1,200}") {
            prop_assume!(!text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}').is_empty());
            prop_assume!(infer::get(text.as_bytes()).is_none());
            prop_assert!(matches!(looks(text.as_bytes()), Looks::Known(MediaType::Text | MediaType::Csv)));
        }
    }
}
