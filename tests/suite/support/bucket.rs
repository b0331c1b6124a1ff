//! A bucket as S3 has it, in this process: objects, uploads in parts, nothing that is not asked for here.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// The bucket, served until the process ends.
pub struct Bucket {
    inner: Arc<Inner>,
    port: u16,
}

#[derive(Default)]
struct Inner {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Uploads by their id: parts by their number.
    uploads: Mutex<BTreeMap<String, BTreeMap<u32, Vec<u8>>>>,
    parts: AtomicUsize,
    failing: AtomicBool,
}

struct Request {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    range: Option<String>,
    body: Vec<u8>,
}

struct Answer(u16, Vec<(&'static str, String)>, Vec<u8>);

impl Bucket {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inner = Arc::new(Inner::default());
        let serving = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = Arc::clone(&serving);
                std::thread::spawn(move || inner.serve(stream));
            }
        });
        Self { inner, port }
    }

    /// What the service is started with.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SUBSIDY_LEDGER_EVIDENCE", "s3://city/files/ledger".to_owned()),
            ("AWS_ENDPOINT", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "cn-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "a".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "b".to_owned()),
        ]
    }

    pub fn keys(&self) -> Vec<String> {
        self.inner.objects.lock().expect("objects").keys().cloned().collect()
    }

    /// How many parts came.
    pub fn parts(&self) -> usize {
        self.inner.parts.load(Ordering::SeqCst)
    }

    /// From now on everything is refused, or nothing.
    pub fn fail(&self, failing: bool) {
        self.inner.failing.store(failing, Ordering::SeqCst);
    }
}

impl Inner {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let mut stream = stream;
        while let Some(request) = read(&mut reader) {
            let head = request.method == "HEAD";
            let Answer(status, headers, body) = self.answer(request);
            let mut text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in headers {
                text += &format!("{name}: {value}\r\n");
            }
            text += "\r\n";
            let body = if head { Vec::new() } else { body };
            if stream.write_all(&[text.as_bytes(), &body].concat()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: Request) -> Answer {
        if self.failing.load(Ordering::SeqCst) {
            return Answer(503, Vec::new(), Vec::new());
        }
        let key = request.path.strip_prefix("/city/").unwrap_or_default().to_owned();
        let query = |name: &str| request.query.get(name).cloned();
        match (request.method.as_str(), query("uploadId"), query("partNumber")) {
            ("PUT", Some(upload), Some(part)) => {
                self.parts.fetch_add(1, Ordering::SeqCst);
                let part = part.parse().expect("a number");
                let mut uploads = self.uploads.lock().expect("uploads");
                uploads.get_mut(&upload).expect("an upload").insert(part, request.body);
                Answer(200, vec![("ETag", format!("\"part-{part}\""))], Vec::new())
            }
            ("PUT", None, None) => self.put(key, request.body),
            ("POST", None, None) if request.query.contains_key("delete") => {
                let named = String::from_utf8(request.body).expect("text");
                let keys = named.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
                let deleted = keys.map(|key| {
                    self.objects.lock().expect("objects").remove(key);
                    format!("<Deleted><Key>{key}</Key></Deleted>")
                });
                xml(&format!("<DeleteResult>{}</DeleteResult>", deleted.collect::<String>()))
            }
            ("POST", None, None) if request.query.contains_key("uploads") => {
                let mut uploads = self.uploads.lock().expect("uploads");
                let id = format!("upload-{}", uploads.len());
                uploads.insert(id.clone(), BTreeMap::new());
                xml(&format!(
                    "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                ))
            }
            ("POST", Some(upload), None) => {
                let parts = self.uploads.lock().expect("uploads").remove(&upload).expect("an upload");
                self.put(key, parts.into_values().flatten().collect());
                xml("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>")
            }
            ("GET" | "HEAD", _, _) => {
                let objects = self.objects.lock().expect("objects");
                let Some(bytes) = objects.get(&key) else { return Answer(404, Vec::new(), Vec::new()) };
                assert_eq!(request.range, None, "files are read whole");
                let modified = "Thu, 02 Jan 2025 00:00:00 GMT".to_owned();
                Answer(200, vec![("ETag", "\"e\"".to_owned()), ("Last-Modified", modified)], bytes.clone())
            }
            _ => Answer(400, Vec::new(), Vec::new()),
        }
    }

    fn put(&self, key: String, bytes: Vec<u8>) -> Answer {
        self.objects.lock().expect("objects").insert(key, bytes);
        Answer(200, vec![("ETag", "\"e\"".to_owned())], Vec::new())
    }
}

fn xml(text: &str) -> Answer {
    Answer(200, vec![("Content-Type", "application/xml".to_owned())], text.as_bytes().to_vec())
}

/// The next request of a connection; none at its end.
fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut range) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "range" => range = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(Request { method, path: path.to_owned(), query, range, body })
}
