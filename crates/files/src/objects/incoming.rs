//! A file on its way: written to a file of its own, hashed and looked at as it comes; gone unless it is kept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{ObjectError, blocking};
use crate::packed::{self, Member, PackedError};
use subsidy_core::domain::ContentHash;
use subsidy_core::evidence::archive;
use subsidy_core::evidence::archive::{Directory, TAIL_BYTES_MAX};
use subsidy_core::evidence::einvoice::XML_BYTES_MAX;
use subsidy_core::evidence::media::{Looks, MediaType, Sniffer};

/// The most bytes of XML within a container.
const WITHIN_BYTES_MAX: u64 = 4 << 20;
/// What a process that was killed left behind is older than any upload takes.
const LEFT_BEHIND: Duration = Duration::from_secs(86_400);

/// A file's path; the file goes with it.
#[derive(Debug)]
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "a file that arrived stays behind");
        }
    }
}

/// A file that arrives.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    passing: Passing,
    hash: Sha256,
    sniffer: Sniffer,
}

/// A file that arrived whole.
#[derive(Debug)]
pub struct Arrived {
    passing: Passing,
    /// The digest of its bytes.
    pub sha256: ContentHash,
    pub bytes: u64,
    /// What they are; none where it is nothing that is taken.
    pub media_type: Option<MediaType>,
    /// All of them, of a text that is small enough to be read.
    pub text: Option<Vec<u8>>,
}

impl Incoming {
    pub(super) fn begin(folder: &Path) -> Result<Self, ObjectError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(ObjectError::at(folder))?;
        sweep(folder);
        let path = folder.join(Uuid::now_v7().simple().to_string());
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(ObjectError::at(&path))?;
        Ok(Self { file, passing: Passing(path), hash: Sha256::new(), sniffer: Sniffer::default() })
    }

    /// How many bytes arrived.
    pub const fn bytes(&self) -> u64 {
        self.sniffer.bytes()
    }

    /// The next bytes.
    pub async fn take(mut self, chunk: impl AsRef<[u8]> + Send + 'static) -> Result<Self, ObjectError> {
        blocking(move || {
            let bytes = chunk.as_ref();
            self.file.write_all(bytes).map_err(ObjectError::at(&self.passing.0))?;
            self.hash.update(bytes);
            self.sniffer.take(bytes);
            Ok(self)
        })
        .await
    }

    /// All of it is there.
    pub async fn finish(self) -> Result<Arrived, ObjectError> {
        blocking(move || {
            let Self { mut file, passing, hash, sniffer } = self;
            let media_type = match sniffer.looks() {
                Looks::Known(media_type) => Some(media_type),
                Looks::Container => {
                    contained(&mut file, sniffer.bytes()).map_err(ObjectError::at(&passing.0))?
                }
                Looks::Unknown => None,
            };
            let small = sniffer.bytes() <= u64::try_from(XML_BYTES_MAX).unwrap_or(0);
            let mut text = None;
            if matches!(media_type, Some(MediaType::Xml | MediaType::Csv | MediaType::Text)) && small {
                let read = bytes_at(&mut file, 0, sniffer.bytes()).map_err(ObjectError::at(&passing.0))?;
                text = Some(read);
            }
            let sha256 = ContentHash::new(hash.finalize().into());
            Ok(Arrived { passing, sha256, bytes: sniffer.bytes(), media_type, text })
        })
        .await
    }
}

impl Arrived {
    /// The file from its beginning.
    pub async fn reopened(&self) -> Result<File, ObjectError> {
        let path = self.passing.0.clone();
        blocking(move || File::open(&path).map_err(ObjectError::at(&path))).await
    }

    /// The XML within a container that may hold an invoice; of what is none, nothing.
    pub async fn invoices(&self) -> Result<Result<Vec<Member>, PackedError>, ObjectError> {
        let Some(container @ (MediaType::Ofd | MediaType::Zip)) = self.media_type else {
            return Ok(Ok(Vec::new()));
        };
        let (mut file, bytes, path) = (self.reopened().await?, self.bytes, self.passing.0.clone());
        blocking(move || {
            let read = bytes_at(&mut file, 0, bytes).map_err(ObjectError::at(&path))?;
            Ok(invoices(container, &read))
        })
        .await
    }
}

fn bytes_at(file: &mut File, offset: u64, length: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a container holds, by its directory.
fn contained(file: &mut File, bytes: u64) -> std::io::Result<Option<MediaType>> {
    let tail = bytes.min(u64::try_from(TAIL_BYTES_MAX).unwrap_or(0));
    let tail = bytes_at(file, bytes.saturating_sub(tail), tail)?;
    let Some(Directory { offset, length }) = Directory::find(&tail, bytes) else { return Ok(None) };
    Ok(archive::kind(&bytes_at(file, offset.into(), length.into())?))
}

/// Where an invoice stands in a container: any XML of a ZIP, an attachment of an OFD. An OFD that is no ZIP holds none.
pub fn invoices(container: MediaType, bytes: &[u8]) -> Result<Vec<Member>, PackedError> {
    let wanted = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.ends_with(".xml") && (container == MediaType::Zip || name.contains("/attach"))
    };
    match packed::members(bytes, wanted, WITHIN_BYTES_MAX) {
        Err(error) if container == MediaType::Ofd && error == packed::UNREADABLE => Ok(Vec::new()),
        found => found,
    }
}

/// Takes away what processes that were killed left behind. What cannot be taken away is no reason to take no file.
fn sweep(folder: &Path) {
    let Some(before) = SystemTime::now().checked_sub(LEFT_BEHIND) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let old = entry.metadata().and_then(|found| found.modified()).is_ok_and(|at| at < before);
        if old && let Err(error) = fs::remove_file(entry.path()) {
            tracing::warn!(%error, path = %entry.path().display(), "a file that arrived stays behind");
        }
    }
}
