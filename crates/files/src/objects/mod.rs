//! Files under their SHA-256, in a folder or in an S3-compatible store: `sha256/ab/cdef…`.
//!
//! A file arrives in a folder of its own beside the data, hashed and looked at on its way, and is only then kept: what
//! is refused leaves nothing. Kept means on disk, file and folders, or acknowledged by the store. Objects are never
//! changed and never deleted here; one that no ledger names is the trace of a command that was not accepted.

mod incoming;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use hyper::body::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::client::SpawnedReqwestConnector;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

pub use incoming::{Arrived, Incoming, invoices};
use subsidy_core::domain::ContentHash;

/// The most bytes of a file: 20 MiB.
pub const FILE_BYTES_MAX: u64 = 20_971_520;
/// How much of a file is handed to a store at once: stores take no parts below 5 MiB but the last.
const PART_BYTES: usize = 8_388_608;
/// How long a store may be asked again before the caller is told.
const RETRY: Duration = Duration::from_secs(15);

/// Why a file is not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("{0} is neither a folder nor s3://BUCKET[/PREFIX]")]
    Place(String),
    #[error("{0} is missing")]
    Missing(ContentHash),
    #[error("the store of evidence failed")]
    Store(#[source] object_store::Error),
    /// The folder of arriving files does not take them.
    #[error("cannot use {path}")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("a worker ended")]
    Worker,
}

impl ObjectError {
    fn at(path: &FilePath) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::File { path: path.to_owned(), source }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a bucket, under a prefix.
    Bucket {
        /// `s3://BUCKET`
        url: String,
        prefix: String,
    },
}

impl Place {
    /// `s3://BUCKET[/PREFIX]` or a folder. Error: another scheme.
    pub fn parse(text: &str) -> Result<Self, ObjectError> {
        let none = || ObjectError::Place(text.to_owned());
        match text.split_once("://") {
            Some(("s3", rest)) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(none());
                }
                Ok(Self::Bucket {
                    url: format!("s3://{bucket}"),
                    prefix: prefix.trim_end_matches('/').to_owned(),
                })
            }
            Some(_) => Err(none()),
            None if text.trim().is_empty() => Err(none()),
            None => Ok(Self::Folder(text.into())),
        }
    }
}

/// How an object stands to what the ledger says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// It is there, byte for byte.
    Whole,
    /// It is not there.
    Missing,
    /// It is there with other bytes.
    Altered,
}

/// The files. Cheap to clone.
#[derive(Clone)]
pub struct Objects(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    incoming: PathBuf,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.0.store)
    }
}

impl Objects {
    /// The files at a place. `incoming` is a folder for those that arrive; a bucket is asked for on the runtime. Its
    /// credentials, region and endpoint come from the `AWS_*` variables of the environment.
    pub fn open(place: &Place, incoming: PathBuf, runtime: &Handle) -> Result<Self, ObjectError> {
        let (store, prefix): (Arc<dyn ObjectStore>, &str) = match place {
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(ObjectError::at(folder))?;
                let local = LocalFileSystem::new_with_prefix(folder).map_err(ObjectError::Store)?;
                (Arc::new(local.with_fsync(true)), "")
            }
            Place::Bucket { url, prefix } => {
                let retry = RetryConfig { max_retries: 3, retry_timeout: RETRY, ..RetryConfig::default() };
                let bucket = AmazonS3Builder::from_env()
                    .with_url(url)
                    .with_retry(retry)
                    .with_http_connector(SpawnedReqwestConnector::new(runtime.clone()));
                (Arc::new(bucket.build().map_err(ObjectError::Store)?), prefix)
            }
        };
        Self::on(store, prefix, incoming)
    }

    /// The files in a store.
    pub fn on(store: Arc<dyn ObjectStore>, prefix: &str, incoming: PathBuf) -> Result<Self, ObjectError> {
        let prefix = Path::parse(prefix).map_err(|_| ObjectError::Place(prefix.to_owned()))?;
        Ok(Self(Arc::new(Inner { store, prefix, incoming })))
    }

    /// A file that begins to arrive.
    pub async fn incoming(&self) -> Result<Incoming, ObjectError> {
        let folder = self.0.incoming.clone();
        blocking(move || Incoming::begin(&folder)).await
    }

    fn path(&self, sha256: ContentHash) -> Path {
        let digits = sha256.to_string();
        let (two, rest) = digits.split_at(2);
        self.0.prefix.clone().join("sha256").join(two).join(rest)
    }

    /// Keeps a file that arrived. One that is kept already is written again: that mends an object that was altered.
    pub async fn keep(&self, arrived: &Arrived) -> Result<(), ObjectError> {
        let path = self.path(arrived.sha256);
        let mut file = arrived.reopened().await?;
        let mut part = next_part(&mut file).await?;
        if u64::try_from(part.len()).unwrap_or(u64::MAX) >= arrived.bytes {
            let kept = self.0.store.put(&path, PutPayload::from(part)).await;
            return kept.map(drop).map_err(ObjectError::Store);
        }
        let mut upload = self.0.store.put_multipart(&path).await.map_err(ObjectError::Store)?;
        let sent = async {
            while !part.is_empty() {
                upload.put_part(PutPayload::from(part)).await.map_err(ObjectError::Store)?;
                part = next_part(&mut file).await?;
            }
            upload.complete().await.map(drop).map_err(ObjectError::Store)
        };
        let sent = sent.await;
        if sent.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, "an upload that failed could not be taken back");
        }
        sent
    }

    /// An object's size and its bytes, as they come.
    pub async fn read(
        &self,
        sha256: ContentHash,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, ObjectError>>), ObjectError> {
        let found = self.0.store.get(&self.path(sha256)).await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => ObjectError::Missing(sha256),
            error => ObjectError::Store(error),
        })?;
        Ok((found.meta.size, found.into_stream().map_err(ObjectError::Store).boxed()))
    }

    /// Writes an object, reads it and takes it away again, under a name that no file of evidence has. Tells whether it may be
    /// taken away: the service itself deletes nothing.
    pub async fn probe(&self) -> Result<bool, ObjectError> {
        let path = self.0.prefix.clone().join(format!(".doctor-{:016x}", rand::random::<u64>()));
        let store = &self.0.store;
        store.put(&path, PutPayload::from_static(b"doctor")).await.map_err(ObjectError::Store)?;
        let read = store.get(&path).await.map_err(ObjectError::Store)?;
        read.bytes().await.map_err(ObjectError::Store)?;
        Ok(store.delete(&path).await.is_ok())
    }

    /// Reads an object to its end and holds it to its digest.
    pub async fn check(&self, sha256: ContentHash) -> Result<FileState, ObjectError> {
        let mut stream = match self.read(sha256).await {
            Ok((_, stream)) => stream,
            Err(ObjectError::Missing(_)) => return Ok(FileState::Missing),
            Err(error) => return Err(error),
        };
        let mut hash = Sha256::new();
        while let Some(chunk) = stream.try_next().await? {
            hash.update(&chunk);
        }
        let same = <[u8; 32]>::from(hash.finalize()) == *sha256.as_bytes();
        Ok(if same { FileState::Whole } else { FileState::Altered })
    }
}

/// The next part of a file; empty at its end.
async fn next_part(file: &mut File) -> Result<Vec<u8>, ObjectError> {
    let file = file.try_clone().map_err(ObjectError::at(FilePath::new("a file that arrived")))?;
    blocking(move || {
        let mut part = Vec::new();
        let limit = u64::try_from(PART_BYTES).unwrap_or(u64::MAX);
        file.take(limit)
            .read_to_end(&mut part)
            .map_err(ObjectError::at(FilePath::new("a file that arrived")))?;
        Ok(part)
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectError> + Send + 'static,
) -> Result<T, ObjectError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ObjectError::Worker))
}

#[cfg(test)]
mod tests;
