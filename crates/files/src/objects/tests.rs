#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use object_store::memory::InMemory;

use super::*;
use subsidy_core::evidence::MediaType;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("subsidy-ledger-objects-{:016x}", rand::random::<u64>())))
    }

    fn arriving(&self) -> usize {
        std::fs::read_dir(self.0.join("incoming")).map_or(0, Iterator::count)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The same files in a folder and in memory, where parts are a store's own business.
fn stores(folder: &Folder) -> [Objects; 2] {
    let incoming = folder.0.join("incoming");
    let place = Place::Folder(folder.0.join("objects"));
    [
        Objects::open(&place, incoming.clone(), &Handle::current()).unwrap(),
        Objects::on(Arc::new(InMemory::new()), "a/prefix", incoming).unwrap(),
    ]
}

async fn arrived(objects: &Objects, bytes: &[u8]) -> Arrived {
    let mut file = objects.incoming().await.unwrap();
    for chunk in bytes.chunks(65_536) {
        file = file.take(chunk.to_vec()).await.unwrap();
    }
    file.finish().await.unwrap()
}

#[tokio::test]
async fn what_is_kept_is_read_back_byte_for_byte_whatever_its_size() {
    let folder = Folder::new();
    let most = usize::try_from(FILE_BYTES_MAX).unwrap();
    for objects in stores(&folder) {
        for size in [1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, most] {
            let bytes: Vec<u8> = (0..size).map(|n| b"0123456789"[n % 10]).collect();
            let file = arrived(&objects, &bytes).await;
            assert_eq!(file.sha256.as_bytes(), &<[u8; 32]>::from(Sha256::digest(&bytes)));
            objects.keep(&file).await.unwrap();
            let (length, stream) = objects.read(file.sha256).await.unwrap();
            let read: Vec<Bytes> = stream.try_collect().await.unwrap();
            assert_eq!(length, u64::try_from(size).unwrap());
            assert!(read.concat() == bytes, "{size}");
            assert_eq!(objects.check(file.sha256).await.unwrap(), FileState::Whole);
        }
    }
    assert_eq!(folder.arriving(), 0, "what arrived is gone once it is kept");
}

#[tokio::test]
async fn an_object_lies_under_its_digest_and_one_that_is_altered_or_gone_is_found() {
    let folder = Folder::new();
    let [objects, _] = stores(&folder);
    let file = arrived(&objects, b"%PDF-1.7").await;
    objects.keep(&file).await.unwrap();
    let digits = file.sha256.to_string();
    let (two, rest) = digits.split_at(2);
    let path = folder.0.join("objects/sha256").join(two).join(rest);
    assert_eq!(std::fs::read(&path).unwrap(), b"%PDF-1.7");
    std::fs::write(&path, b"%PDF-1.8").unwrap();
    assert_eq!(objects.check(file.sha256).await.unwrap(), FileState::Altered);
    objects.keep(&file).await.unwrap();
    assert_eq!(objects.check(file.sha256).await.unwrap(), FileState::Whole, "brought again it is mended");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(objects.check(file.sha256).await.unwrap(), FileState::Missing);
    assert!(matches!(objects.read(file.sha256).await, Err(ObjectError::Missing(_))));
}

#[tokio::test]
async fn a_file_that_is_not_kept_leaves_nothing() {
    let folder = Folder::new();
    let [objects, _] = stores(&folder);
    let half = objects.incoming().await.unwrap().take("half".to_owned()).await.unwrap();
    let whole = arrived(&objects, b"whole").await;
    assert_eq!(folder.arriving(), 2);
    drop((half, whole));
    assert_eq!(folder.arriving(), 0);
    let old = folder.0.join("incoming/killed");
    let file = std::fs::File::create(&old).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    drop(arrived(&objects, b"next").await);
    assert!(!old.exists(), "what a killed process left is swept away");
}

/// A ZIP of empty files with these names.
fn archive_of(names: &[&str]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn what_a_file_is_shows_when_it_is_there() {
    let folder = Folder::new();
    let [objects, _] = stores(&folder);
    let ofd = archive_of(&["Doc_0/Document.xml", "OFD.xml"]);
    assert_eq!(arrived(&objects, &ofd).await.media_type, Some(MediaType::Ofd));
    let archive = archive_of(&["a.exe"]);
    assert_eq!(arrived(&objects, &archive).await.media_type, None);
    let xml = arrived(&objects, b"<EInvoice/>").await;
    assert_eq!((xml.media_type, xml.text.as_deref()), (Some(MediaType::Xml), Some(&b"<EInvoice/>"[..])));
    let large = format!("<a>{}</a>", "x".repeat(1_048_576));
    let large = arrived(&objects, large.as_bytes()).await;
    assert_eq!((large.media_type, large.text), (Some(MediaType::Xml), None), "too large to be read");
    assert_eq!(arrived(&objects, b"").await.media_type, None);
}

#[test]
fn a_place_is_a_folder_or_a_bucket() {
    let bucket = |prefix: &str| Place::Bucket { url: "s3://b".to_owned(), prefix: prefix.to_owned() };
    assert_eq!(Place::parse("s3://b").unwrap(), bucket(""));
    assert_eq!(Place::parse("s3://b/x/y/").unwrap(), bucket("x/y"));
    assert_eq!(Place::parse("./files").unwrap(), Place::Folder("./files".into()));
    for text in ["", " ", "http://b", "gs://b", "s3://", "s3:///x"] {
        assert!(matches!(Place::parse(text), Err(ObjectError::Place(_))), "{text}");
    }
}
