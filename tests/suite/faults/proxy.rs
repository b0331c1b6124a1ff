//! A wire between service and database that is cut: before a commit is forwarded, right after, anywhere else.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::proxy::{Commits, Messages};

/// What the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Carries everything.
    Whole,
    /// Is cut now and then, at commits above all.
    Cutting,
    /// Carries nothing.
    Away,
}

pub struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

struct Wire {
    server: PathBuf,
    mode: AtomicU8,
    open: Mutex<Vec<(TcpStream, UnixStream)>>,
    before_commit: AtomicUsize,
    after_commit: AtomicUsize,
    elsewhere: AtomicUsize,
}

impl Proxy {
    /// To the server whose socket is at this place.
    pub fn start(server: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire {
            server,
            mode: AtomicU8::new(0),
            open: Mutex::default(),
            before_commit: AtomicUsize::new(0),
            after_commit: AtomicUsize::new(0),
            elsewhere: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepting.connect(client);
            }
        });
        Self { port, wire }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Does this from now on; what is open when the wire goes away is cut.
    pub fn set(&self, mode: Mode) {
        let value = match mode {
            Mode::Whole => 0,
            Mode::Cutting => 1,
            Mode::Away => 2,
        };
        self.wire.mode.store(value, Ordering::SeqCst);
        if mode == Mode::Away {
            for (client, server) in self.wire.open.lock().unwrap().drain(..) {
                cut(&client, &server);
            }
        }
    }

    /// How often it was cut before a commit, after one, elsewhere.
    pub fn cuts(&self) -> (usize, usize, usize) {
        let count = |number: &AtomicUsize| number.load(Ordering::SeqCst);
        (count(&self.wire.before_commit), count(&self.wire.after_commit), count(&self.wire.elsewhere))
    }
}

impl Wire {
    fn mode(&self) -> Mode {
        match self.mode.load(Ordering::SeqCst) {
            0 => Mode::Whole,
            1 => Mode::Cutting,
            _ => Mode::Away,
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) {
        if self.mode() == Mode::Away {
            return;
        }
        let Ok(server) = UnixStream::connect(&self.server) else { return };
        client.set_nodelay(true).unwrap();
        let ends = || (client.try_clone().unwrap(), server.try_clone().unwrap());
        self.open.lock().unwrap().push(ends());
        let (wire, (from, to)) = (Arc::clone(self), ends());
        thread::spawn(move || wire.forward(&from, &to));
        let (wire, (to, from)) = (Arc::clone(self), ends());
        thread::spawn(move || wire.back(&from, &to));
    }

    fn forward(&self, mut client: &TcpStream, mut server: &UnixStream) {
        let mut buffer = vec![0_u8; 64 * 1024];
        let (mut messages, mut seen) = (Messages::of_a_client(), Commits::default());
        while let Ok(length @ 1..) = client.read(&mut buffer) {
            let bytes = &buffer[..length];
            let commits =
                messages.take(bytes).iter().filter(|(kind, body)| seen.is_one(*kind, body)).count() > 0;
            let dice = if self.mode() == Mode::Cutting { rand::random::<u8>() } else { u8::MAX };
            if commits && dice < 24 {
                self.before_commit.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if !commits && dice < 1 {
                self.elsewhere.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if server.write_all(bytes).is_err() {
                break;
            }
            if commits && dice < 64 {
                self.after_commit.fetch_add(1, Ordering::SeqCst);
                break;
            }
        }
        cut(client, server);
    }

    fn back(&self, mut server: &UnixStream, mut client: &TcpStream) {
        let mut buffer = vec![0_u8; 64 * 1024];
        while let Ok(length @ 1..) = server.read(&mut buffer) {
            if self.mode() == Mode::Cutting && rand::random::<u8>() < 1 {
                self.elsewhere.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if client.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        cut(client, server);
    }
}

fn cut(client: &TcpStream, server: &UnixStream) {
    client.shutdown(Shutdown::Both).ok();
    server.shutdown(Shutdown::Both).ok();
}
