//! What a ZIP holds that anybody may have made: unpacked in memory, under limits. A ZIP within it stays one file.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// The most files of a ZIP that are looked at.
const MEMBERS_MAX: usize = 2_000;
/// How much more than its packed bytes a file may be, beyond a megabyte: text packs to a twentieth.
const RATIO_MAX: u64 = 100;
const SMALL: u64 = 1 << 20;

/// Why a ZIP is not unpacked, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PackedError(pub &'static str);

/// It is no ZIP, is cut, or needs a password.
pub const UNREADABLE: PackedError = PackedError("zip_unreadable");

/// A file of a ZIP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Whether bytes are a ZIP with anything in it.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The files whose names are wanted, in their order. Error: it cannot be read, or they unpack to more than `bytes_max`.
pub fn members(
    bytes: &[u8],
    wanted: impl Fn(&str) -> bool,
    bytes_max: u64,
) -> Result<Vec<Member>, PackedError> {
    let unreadable = |_| UNREADABLE;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > MEMBERS_MAX {
        return Err(PackedError("zip_members"));
    }
    let (mut found, mut room) = (Vec::new(), bytes_max);
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(unreadable)?;
        let name = member.name().map_err(unreadable)?.into_owned();
        // what macOS puts beside a file does not count
        if member.is_dir() || name.starts_with("__MACOSX/") || !wanted(&name) {
            continue;
        }
        // what the directory says of sizes is a claim: what comes out is counted
        let dense = member.compressed_size().saturating_mul(RATIO_MAX).saturating_add(SMALL);
        let mut unpacked = Vec::new();
        let most = dense.min(room);
        member.by_ref().take(most.saturating_add(1)).read_to_end(&mut unpacked).map_err(|_| UNREADABLE)?;
        let length = u64::try_from(unpacked.len()).unwrap_or(u64::MAX);
        if length > most {
            return Err(PackedError(if length > room { "zip_bytes" } else { "zip_ratio" }));
        }
        room = room.saturating_sub(length);
        found.push(Member { name, bytes: unpacked });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::io::Write;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn wanted_files_come_out_and_what_macos_adds_does_not() {
        let zip = packed(&[("a.xml", b"<a/>"), ("__MACOSX/._a.xml", b"x"), ("b.txt", b"b")]);
        let found = members(&zip, |name| name.ends_with(".xml"), 100).unwrap();
        assert_eq!(found, [Member { name: "a.xml".to_owned(), bytes: b"<a/>".to_vec() }]);
    }

    #[test]
    fn a_bomb_is_refused_whatever_it_says_of_itself() {
        let zeros = vec![0; 8 << 20];
        assert_eq!(members(&packed(&[("z", &zeros)]), |_| true, 1 << 30), Err(PackedError("zip_ratio")));
        assert_eq!(members(&packed(&[("z", &zeros)]), |_| true, 1 << 20), Err(PackedError("zip_bytes")));
        let many: Vec<String> = (0..=MEMBERS_MAX).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(members(&packed(&many), |_| true, 1 << 20), Err(PackedError("zip_members")));
    }

    proptest! {
        #[test]
        fn no_changed_byte_makes_it_fall(at in 0usize..1_000, byte: u8) {
            let mut zip = packed(&[("a.xml", b"<a>some text</a>"), ("b/c.txt", &[7; 300])]);
            let place = at % zip.len();
            zip[place] = byte;
            let _found = members(&zip, |_| true, 1 << 20);
        }
    }
}
