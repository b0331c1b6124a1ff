//! A wire between the service and its database that counts and cuts.
//!
//! It reads the frontend's messages, so it knows round trips, `Parse` messages and commits: `COMMIT`, and the statement
//! that moves the head outside of a transaction. What the service sends within a moment is one flight; a flight that
//! begins while nothing is owed to the service is a round trip.

use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// How long the wire is quiet before a flight is over.
const QUIET: Duration = Duration::from_millis(10);

/// Where a connection is cut, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The commit never reaches the server.
    BeforeCommit,
    /// The server commits, and its answer is lost.
    AfterCommit,
}

/// What came by from one commit to the next.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    pub round_trips: usize,
    pub parses: usize,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Vec<Seen>,
    cut: Option<Cut>,
    cuts: usize,
    /// Whether start-up options are taken out, as a pooler does that is told to ignore them.
    ignores_options: bool,
    /// Whether nothing is passed on any more, as if the host were stopped.
    silent: bool,
}

#[derive(Debug, Clone)]
pub struct Proxy {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl Proxy {
    /// Listens on the loopback interface, before the cluster of `SUBSIDY_LEDGER_TEST_URL`.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let proxy = Self { port, shared: Arc::default() };
        let (shared, socket) = (Arc::clone(&proxy.shared), socket_of(&super::cluster_url()));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // a cluster that is gone ends the client's connection too
                if let Ok(server) = UnixStream::connect(&socket) {
                    Wire::run(client, server, Arc::clone(&shared));
                }
            }
        });
        proxy
    }

    /// The same database as `role`, through the wire.
    pub fn url(&self, database: &super::TestDatabase, role: &str) -> String {
        let url = database.url(role);
        let name = url.split(['/', '?']).nth(3).expect("a database").to_owned();
        format!("postgresql://{role}@127.0.0.1:{}/{name}?sslmode=disable", self.port)
    }

    /// Cuts the next connection that commits.
    pub fn cut(&self, at: Cut) {
        self.shared().cut = Some(at);
    }

    /// From here on start-up options are taken out.
    pub fn ignore_options(&self) {
        self.shared().ignores_options = true;
    }

    /// Passes nothing on from here on, or everything again; connections are taken all the same.
    pub fn fall_silent(&self, silent: bool) {
        self.shared().silent = silent;
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn cuts(&self) -> usize {
        self.shared().cuts
    }

    /// The transactions since the last time it was asked.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.shared().seen)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nobody panicked")
    }
}

fn socket_of(url: &str) -> String {
    let parameter = |name: &str| {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        query.split('&').find_map(|pair| pair.strip_prefix(name).map(str::to_owned))
    };
    let folder = parameter("host=").expect("the test cluster listens on a unix socket");
    format!("{folder}/.s.PGSQL.{}", parameter("port=").unwrap_or_else(|| "5432".to_owned()))
}

/// One connection.
struct Wire {
    client: TcpStream,
    server: UnixStream,
    shared: Arc<Mutex<Shared>>,
    /// What the server has yet to say it is ready after; and whether its answers are swallowed until then.
    owed: Arc<Mutex<(usize, bool)>>,
}

impl Wire {
    fn run(client: TcpStream, server: UnixStream, shared: Arc<Mutex<Shared>>) {
        client.set_nodelay(true).expect("a socket");
        let owed = Arc::new(Mutex::new((0, false)));
        let to_server = Self {
            client: client.try_clone().expect("a socket"),
            server: server.try_clone().expect("a socket"),
            shared,
            owed: Arc::clone(&owed),
        };
        thread::spawn(move || to_server.forward());
        thread::spawn(move || back(server, client, &owed));
    }

    fn forward(mut self) {
        let mut messages = Messages::of_a_client();
        let mut commits = Commits::default();
        let mut current = Seen::default();
        let mut started = false;
        while let Some(flight) = self.flight() {
            let idle = self.owed.lock().expect("nobody panicked").0 == 0;
            let mut counted = false;
            let mut cut = None;
            let mut flight = flight;
            while self.shared.lock().expect("nobody panicked").silent {
                thread::sleep(QUIET);
            }
            if !started && self.shared.lock().expect("nobody panicked").ignores_options {
                flight = without_options(&flight);
            }
            started = true;
            for (kind, body) in messages.take(&flight) {
                current.round_trips += usize::from(idle && !counted);
                current.parses += usize::from(kind == b'P');
                counted = true;
                if kind == b'Q' || kind == b'S' {
                    self.owed.lock().expect("nobody panicked").0 += 1;
                }
                if commits.is_one(kind, &body) {
                    let mut shared = self.shared.lock().expect("nobody panicked");
                    shared.seen.push(std::mem::take(&mut current));
                    cut = shared.cut.take();
                    shared.cuts += usize::from(cut.is_some());
                }
            }
            match cut {
                Some(Cut::BeforeCommit) => break,
                Some(Cut::AfterCommit) => self.owed.lock().expect("nobody panicked").1 = true,
                None => {}
            }
            if self.server.write_all(&flight).is_err() {
                break;
            }
        }
        // either side may be gone already
        self.client.shutdown(Shutdown::Both).ok();
        self.server.shutdown(Shutdown::Both).ok();
    }

    /// What comes until the wire is quiet; none at its end.
    fn flight(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 1 << 16];
        let mut flight = Vec::new();
        self.client.set_read_timeout(None).ok()?;
        loop {
            match self.client.read(&mut bytes) {
                Ok(0) if flight.is_empty() => return None,
                Ok(0) => return Some(flight),
                Ok(n) => flight.extend_from_slice(&bytes[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Some(flight);
                }
                Err(_) => return None,
            }
            self.client.set_read_timeout(Some(QUIET)).ok()?;
        }
    }
}

/// A start-up message without its options.
fn without_options(startup: &[u8]) -> Vec<u8> {
    let mut kept = startup[4..8].to_vec();
    let mut texts = startup[8..].split(|byte| *byte == 0);
    while let (Some(name @ [_, ..]), Some(value)) = (texts.next(), texts.next()) {
        if name != b"options" {
            [name, b"\0", value, b"\0"].iter().for_each(|part| kept.extend_from_slice(part));
        }
    }
    kept.push(0);
    let length = u32::try_from(kept.len() + 4).expect("a length").to_be_bytes();
    [&length, kept.as_slice()].concat()
}

/// The server's answers.
fn back(mut server: UnixStream, mut client: TcpStream, owed: &Mutex<(usize, bool)>) {
    let mut messages = Messages::default();
    let mut bytes = vec![0; 1 << 16];
    let mut started = false;
    while let Ok(n @ 1..) = server.read(&mut bytes) {
        let mut state = owed.lock().expect("nobody panicked");
        for (kind, _) in messages.take(&bytes[..n]) {
            if kind == b'Z' {
                // the first one ends the start-up, which nobody asked for
                state.0 -= usize::from(started);
                started = true;
            }
        }
        let (left, swallow) = *state;
        drop(state);
        if swallow && left == 0 {
            break;
        }
        if !swallow && client.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    client.shutdown(Shutdown::Both).ok();
    server.shutdown(Shutdown::Both).ok();
}

/// Which messages of a client commit what a batch wrote.
#[derive(Debug, Default)]
pub struct Commits {
    /// The names of the statements that move the head.
    moving: HashSet<Vec<u8>>,
    within: bool,
}

impl Commits {
    /// Whether this message, which comes after all that it was asked about before, is one.
    pub fn is_one(&mut self, kind: u8, body: &[u8]) -> bool {
        let texts: Vec<&[u8]> = body.split(|byte| *byte == 0).take(2).collect();
        match (kind, texts.as_slice()) {
            (b'P', [name, sql]) if sql.starts_with(b"WITH found_0 AS (UPDATE head ") => {
                self.moving.insert(name.to_vec());
                false
            }
            (b'B', [_portal, name]) => !self.within && self.moving.contains(*name),
            (b'Q', [sql, ..]) => {
                self.within = sql.starts_with(b"BEGIN");
                sql.starts_with(b"COMMIT")
            }
            _ => false,
        }
    }
}

/// Splits a stream into its messages.
#[derive(Debug, Default)]
pub struct Messages {
    rest: Vec<u8>,
    /// The first message of a client has no kind.
    startup: bool,
}

impl Messages {
    /// From the first byte on.
    pub fn of_a_client() -> Self {
        Self { startup: true, ..Self::default() }
    }

    /// The messages that these bytes end.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        self.rest.extend_from_slice(bytes);
        let mut found = Vec::new();
        let mut at = 0;
        loop {
            let head = if self.startup { 0 } else { 1 };
            let Some(length) = self.rest.get(at + head..at + head + 4) else { break };
            let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
            let end = at + head + usize::try_from(length).expect("a length");
            let Some(body) = self.rest.get(at + head + 4..end) else { break };
            let kind = if self.startup { 0 } else { self.rest[at] };
            found.push((kind, body.to_vec()));
            self.startup = false;
            at = end;
        }
        self.rest.drain(..at);
        found
    }
}
