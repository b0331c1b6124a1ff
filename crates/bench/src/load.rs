//! The load: callers over keep-alive HTTP, each asking for the next posting as soon as it has its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::report::Latencies;

/// A request that is ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub path: String,
    pub body: Bytes,
    /// How many postings it asks for.
    pub postings: usize,
}

/// Where the requests go and as whom.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub address: String,
    pub token: String,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends every request once, over so many connections; how long each took, and all of them.
pub(super) async fn run(
    target: &Target,
    connections: usize,
    requests: Vec<Request>,
) -> Result<Latencies, Failure> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    let began = Instant::now();
    for _ in 0..connections {
        let (target, requests, next) = (target.clone(), Arc::clone(&requests), Arc::clone(&next));
        callers.spawn(async move { caller(&target, &requests, &next).await });
    }
    let mut all = Vec::with_capacity(requests.len());
    while let Some(done) = callers.join_next().await {
        all.extend(done??);
    }
    let postings = requests.iter().map(|r| r.postings).sum();
    Ok(Latencies::new(all, postings, began.elapsed()))
}

async fn caller(target: &Target, requests: &[Request], next: &AtomicUsize) -> Result<Vec<Duration>, Failure> {
    let mut connection = connect(&target.address).await?;
    let mut took = Vec::new();
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let sent = Instant::now();
        post(&mut connection, target, request).await?;
        took.push(sent.elapsed());
    }
    Ok(took)
}

pub(super) async fn connect(address: &str) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection of the load ended");
        }
    });
    Ok(sender)
}

/// Sends a request; its answer, whole.
pub(super) async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    asked: hyper::Request<Full<Bytes>>,
) -> Result<hyper::Response<Bytes>, Failure> {
    connection.ready().await?;
    let (parts, body) = connection.send_request(asked).await?.into_parts();
    Ok(hyper::Response::from_parts(parts, body.collect().await?.to_bytes()))
}

/// Sends one request on a connection of its own; its answer.
pub(super) async fn ask(target: &Target, request: &Request) -> Result<Bytes, Failure> {
    post(&mut connect(&target.address).await?, target, request).await
}

async fn post(
    connection: &mut SendRequest<Full<Bytes>>,
    target: &Target,
    request: &Request,
) -> Result<Bytes, Failure> {
    let asked = hyper::Request::post(&request.path)
        .header("host", &target.address)
        .header("authorization", format!("Bearer {}", target.token))
        .header("content-type", "application/json")
        .header("idempotency-key", uuid::Uuid::now_v7().to_string())
        .body(Full::new(request.body.clone()))?;
    let (parts, body) = send(connection, asked).await?.into_parts();
    let status = parts.status;
    let whole = status.is_success() && (request.postings == 1 || all_done(&body));
    if whole { Ok(body) } else { Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into()) }
}

/// Reads a path on a connection of its own; its answer.
pub(super) async fn read(target: &Target, path: &str) -> Result<Bytes, Failure> {
    let mut connection = connect(&target.address).await?;
    let asked = hyper::Request::get(path)
        .header("host", &target.address)
        .header("authorization", format!("Bearer {}", target.token))
        .body(Full::default())?;
    let (parts, body) = send(&mut connection, asked).await?.into_parts();
    let status = parts.status;
    if status.is_success() {
        return Ok(body);
    }
    Err(format!("{path}: {status}: {}", String::from_utf8_lossy(&body)).into())
}

/// Whether every operation of a batch was done.
fn all_done(body: &[u8]) -> bool {
    let answer: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let results = answer.as_ref().and_then(|a| a.get("results")).and_then(|r| r.as_array());
    let status = |one: &serde_json::Value| one.get("status").and_then(serde_json::Value::as_u64);
    results.is_some_and(|r| r.iter().all(|one| matches!(status(one), Some(200 | 201))))
}
