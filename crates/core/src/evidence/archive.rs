//! What a ZIP container holds, by the names in its central directory; nothing of it is unpacked.

use super::MediaType;

/// How far from a container's end its directory's end can lie: the record and the longest comment.
pub const TAIL_BYTES_MAX: usize = 22 + 65_535;

/// The most bytes of a directory that are read.
pub const DIRECTORY_BYTES_MAX: u32 = 1_048_576;

/// Where the directory lies: its first byte and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directory {
    /// From the container's beginning.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u32> {
    let found = bytes.get(at..at.checked_add(N)?)?;
    found.iter().rev().try_fold(0_u32, |sum, byte| Some(sum.checked_mul(256)? + u32::from(*byte)))
}

impl Directory {
    /// Found in a container's last bytes, if it is one that was written whole.
    pub fn find(tail: &[u8], bytes: u64) -> Option<Self> {
        let begins = (0..=tail.len().checked_sub(22)?).rev();
        begins.filter(|at| tail.get(*at..).is_some_and(|rest| rest.starts_with(b"PK\x05\x06"))).find_map(
            |at| {
                let comment = usize::try_from(number::<2>(tail, at + 20)?).ok()?;
                let length = number::<4>(tail, at + 12)?;
                let offset = number::<4>(tail, at + 16)?;
                let whole = at + 22 + comment == tail.len();
                let end = u64::from(offset) + u64::from(length);
                (whole && length <= DIRECTORY_BYTES_MAX && end <= bytes).then_some(Self { offset, length })
            },
        )
    }
}

/// The names in a directory; none where it is not one from its first to its last byte.
fn names(directory: &[u8]) -> Option<Vec<&[u8]>> {
    let mut names = Vec::new();
    let mut rest = directory;
    while !rest.is_empty() {
        if !rest.starts_with(b"PK\x01\x02") {
            return None;
        }
        let length = |at| usize::try_from(number::<2>(rest, at)?).ok();
        let (name, more) = (length(28)?, length(30)? + length(32)?);
        names.push(rest.get(46..46 + name)?);
        rest = rest.get(46 + name + more..)?;
    }
    Some(names)
}

/// Which of the containers that are taken it is.
pub fn kind(directory: &[u8]) -> Option<MediaType> {
    let names = names(directory)?;
    let holds = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted.as_bytes()));
    if holds("OFD.xml") {
        return Some(MediaType::Ofd);
    }
    let sheets = names.iter().any(|name| name.starts_with(b"xl/"));
    let workbook = (sheets && holds("[Content_Types].xml")).then_some(MediaType::Xlsx);
    let xml = names.iter().any(|name| name.to_ascii_lowercase().ends_with(b".xml"));
    workbook.or(xml.then_some(MediaType::Zip))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    /// A container of empty files with these names, and a comment.
    fn container(names: &[&str], comment: &[u8]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for name in names {
            let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            bytes.extend([&b"PK\x03\x04"[..], &[0; 22], &length, &[0; 2], name.as_bytes()].concat());
            directory
                .extend([&b"PK\x01\x02"[..], &[0; 24], &length, &[0; 12], &offset, name.as_bytes()].concat());
        }
        let (offset, length) = (u32::try_from(bytes.len()).unwrap(), u32::try_from(directory.len()).unwrap());
        bytes.extend(directory);
        bytes.extend([&b"PK\x05\x06"[..], &[0; 8], &length.to_le_bytes(), &offset.to_le_bytes()].concat());
        bytes.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
        bytes.extend(comment);
        bytes
    }

    fn kind_of(bytes: &[u8]) -> Option<MediaType> {
        let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES_MAX)..];
        let found = Directory::find(tail, u64::try_from(bytes.len()).unwrap())?;
        let from = usize::try_from(found.offset).unwrap();
        kind(bytes.get(from..from + usize::try_from(found.length).unwrap())?)
    }

    #[test]
    fn a_container_is_known_by_the_names_in_it() {
        assert_eq!(kind_of(&container(&["Doc_0/a.xml", "OFD.xml"], b"")), Some(MediaType::Ofd));
        let xlsx = container(&["[Content_Types].xml", "xl/workbook.xml"], b"a comment PK\x05\x06 within");
        assert_eq!(kind_of(&xlsx), Some(MediaType::Xlsx));
        for names in [&["xl/workbook.xml"], &["deep/invoice.XML"]] {
            assert_eq!(kind_of(&container(names, b"")), Some(MediaType::Zip), "{names:?}");
        }
        for names in [&["a.txt"][..], &[]] {
            assert_eq!(kind_of(&container(names, b"")), None, "{names:?}");
        }
    }

    #[test]
    fn one_that_is_cut_anywhere_is_none() {
        let whole = container(&["OFD.xml", "Doc_0/Document.xml"], b"");
        for end in 0..whole.len() {
            assert_eq!(kind_of(&whole[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _kind = kind(&bytes);
            let _found = Directory::find(&bytes, 300);
        }

        #[test]
        fn no_changed_byte_makes_it_fall(at in 0usize..400, byte: u8) {
            let mut bytes = container(&["[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml"], b"x");
            let place = at % bytes.len();
            bytes[place] = byte;
            let _kind = kind_of(&bytes);
        }
    }
}
