//! Where the database is: a URL, and TLS as it asks for it.
//!
//! `sslmode=require` and `verify-full` both verify the server's certificate and its name; `prefer` and `disable` are
//! plain. `sslrootcert=` names a PEM file, else the machine's roots count. Unix sockets: `postgresql://user@/db?host=/run/pg`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::net::UnixStream;
use tokio_postgres::config::{Host, SslMode, SslNegotiation, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DatabaseError;
use super::refusal::Heard;
use super::session::Session;
use super::tapped::{Plain, Tapped, Tapping};
use super::wire::{self, Wire};

/// How long a connection over TCP may be silent before the server is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(5);
/// Where a server listens of which the URL does not say it.
const PORT: u16 = 5432;

#[derive(Clone)]
pub struct Target {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    /// How long a host may take for a whole handshake.
    host_max: Duration,
    /// Whether the URL asks for the primary among its hosts.
    read_write: bool,
    /// The host that served last.
    served: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Target").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

impl Target {
    pub fn parse(url: &str, connect_timeout: Duration) -> Result<Self, DatabaseError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut others) = ("prefer", None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = value,
                Some(("sslrootcert", value)) => roots = Some(percent_decoded(value)?),
                _ => others.push(pair),
            }
        }
        let plain = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
        // the driver's error may quote the URL, which may hold a password: only its kind is passed on
        let mut config: tokio_postgres::Config =
            plain.parse().map_err(|_error| DatabaseError::Url("not a postgresql:// URL".to_owned()))?;
        config.connect_timeout(connect_timeout).application_name("subsidy-ledger");
        // a server that vanished without a word is noticed before a caller's deadline, not after the kernel's two hours
        config.keepalives_idle(SILENCE).keepalives_interval(SILENCE).keepalives_retries(2);
        config.tcp_user_timeout(SILENCE * 3);
        let tls = match mode {
            "disable" | "prefer" | "allow" => {
                config.ssl_mode(SslMode::Disable);
                None
            }
            "require" | "verify-full" => {
                config.ssl_mode(SslMode::Require);
                Some(MakeRustlsConnect::new(verifying(roots.as_deref())?))
            }
            other => {
                let message = format!("sslmode={other}: it takes disable, prefer, require or verify-full");
                return Err(DatabaseError::Url(message));
            }
        };
        let read_write = config.get_target_session_attrs() == TargetSessionAttrs::ReadWrite;
        let served = Arc::default();
        // where another host may serve, nobody waits twice as long for one that does not
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        let host_max = if hosts > 1 { connect_timeout } else { connect_timeout * 2 };
        Ok(Self { config, tls, host_max, read_write, served })
    }

    /// A new connection for a pool, and its wire.
    pub(super) async fn link(&self, session: &Session) -> Result<(AsyncPgConnection, Wire), DatabaseError> {
        let (client, wire) = self.connect(session, false).await?;
        let mut conn = self.wrapped(client).await?;
        conn.set_instrumentation(wire.ear());
        wire.limit(session.silence_max());
        Ok((conn, wire))
    }

    /// A new connection that is used as long as it takes, and then dropped.
    pub async fn open(&self, session: &Session) -> Result<AsyncPgConnection, DatabaseError> {
        let (client, _wire) = self.connect(session, true).await?;
        self.wrapped(client).await
    }

    /// The same without the query builder above it: what rows are copied over.
    pub async fn client(&self, session: &Session) -> Result<tokio_postgres::Client, DatabaseError> {
        Ok(self.connect(session, true).await?.0)
    }

    async fn wrapped(&self, client: tokio_postgres::Client) -> Result<AsyncPgConnection, DatabaseError> {
        match tokio::time::timeout(self.host_max, AsyncPgConnection::try_from(client)).await {
            Ok(wrapped) => wrapped.map_err(|error| DatabaseError::Connect(Box::new(error))),
            Err(silent) => Err(DatabaseError::Connect(Box::new(silent))),
        }
    }

    /// The first host that serves, each within its own limit: one that takes a connection and then says nothing, as one
    /// does that is stopped, is given up on and the next is asked. The host that served last is asked first.
    async fn connect(
        &self,
        session: &Session,
        kept: bool,
    ) -> Result<(tokio_postgres::Client, Wire), DatabaseError> {
        let hosts = self.hosts();
        let last = self.served.load(Ordering::Relaxed);
        let mut refused: Option<DatabaseError> = None;
        for place in (0..hosts).map(|place| (place + last) % hosts) {
            let asked = tokio::time::timeout(self.host_max, self.ask(place, session, kept)).await;
            match asked.unwrap_or_else(|silent| Err(DatabaseError::Connect(Box::new(silent)))) {
                Ok(found) => {
                    self.served.store(place, Ordering::Relaxed);
                    return Ok(found);
                }
                // what a host said of itself tells more than that another one did not answer
                Err(error) if refused.is_none() || !matches!(error, DatabaseError::Connect(_)) => {
                    refused = Some(error);
                }
                Err(_) => {}
            }
        }
        Err(refused.unwrap_or_else(|| DatabaseError::Url("it names no host".to_owned())))
    }

    fn hosts(&self) -> usize {
        self.config.get_hosts().len().max(self.config.get_hostaddrs().len()).max(1)
    }

    /// Connects to one host, and asks whether the session stands there as it should.
    async fn ask(
        &self,
        place: usize,
        session: &Session,
        kept: bool,
    ) -> Result<(tokio_postgres::Client, Wire), DatabaseError> {
        let mut config = self.of_host(place, session);
        let heard = Arc::<Heard>::default();
        let socket = match self.config.get_hosts().get(place) {
            Some(Host::Unix(folder)) => Some((folder, self.port(place))),
            Some(Host::Tcp(_)) | None => None,
        };
        let (client, wire) = match (&self.tls, socket) {
            (None, Some((folder, port))) => {
                let path = folder.join(format!(".s.PGSQL.{port}"));
                let stream =
                    UnixStream::connect(path).await.map_err(|e| DatabaseError::Connect(Box::new(e)))?;
                let stream = Tapped::plain(stream, Arc::clone(&heard));
                let (client, connection) =
                    config.connect_raw(stream, tokio_postgres::NoTls).await.map_err(refused)?;
                (client, wire::drive(connection, kept, heard))
            }
            (None, None) => {
                config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
                let plain = Plain(Arc::clone(&heard));
                let (client, connection) = config.connect(plain).await.map_err(refused)?;
                (client, wire::drive(connection, kept, heard))
            }
            (Some(tls), _) => {
                let tls = Tapping::new(tls.clone(), Arc::clone(&heard));
                let (client, connection) = config.connect(tls).await.map_err(refused)?;
                (client, wire::drive(connection, kept, heard))
            }
        };
        let said = client.simple_query(&session.question()).await.map_err(refused)?;
        session.check(&said, self.read_write)?;
        Ok((client, wire))
    }

    fn port(&self, place: usize) -> u16 {
        let ports = self.config.get_ports();
        ports.get(place).or_else(|| ports.first()).copied().unwrap_or(PORT)
    }

    /// How to connect to one host, with options beside those of the URL. Whether it is the primary is asked afterwards:
    /// the driver would look at a session that its own options made read-only.
    fn of_host(&self, place: usize, session: &Session) -> tokio_postgres::Config {
        let all = &self.config;
        let mut config = tokio_postgres::Config::new();
        if let Some(host) = all.get_hosts().get(place) {
            match host {
                Host::Tcp(name) => config.host(name),
                Host::Unix(path) => config.host_path(path),
            };
        }
        if let Some(address) = all.get_hostaddrs().get(place) {
            config.hostaddr(*address);
            if all.get_hosts().is_empty() {
                config.host(address.to_string());
            }
        }
        config.port(self.port(place));
        all.get_user().map(|user| config.user(user));
        all.get_password().map(|password| config.password(password));
        all.get_dbname().map(|name| config.dbname(name));
        all.get_application_name().map(|name| config.application_name(name));
        all.get_connect_timeout().map(|timeout| config.connect_timeout(*timeout));
        all.get_tcp_user_timeout().map(|timeout| config.tcp_user_timeout(*timeout));
        all.get_keepalives_interval().map(|interval| config.keepalives_interval(interval));
        all.get_keepalives_retries().map(|retries| config.keepalives_retries(retries));
        config
            .keepalives(all.get_keepalives())
            .keepalives_idle(all.get_keepalives_idle())
            .ssl_mode(all.get_ssl_mode())
            .ssl_negotiation(all.get_ssl_negotiation())
            .channel_binding(all.get_channel_binding())
            .options(format!("{} {}", all.get_options().unwrap_or_default(), session.options()));
        config
    }
}

fn refused(error: tokio_postgres::Error) -> DatabaseError {
    match error.as_db_error() {
        // PostgreSQL itself takes every one
        Some(said) if said.message().contains("startup parameter") => {
            DatabaseError::Pooler { said: said.message().to_owned() }
        }
        _ => DatabaseError::Connect(Box::new(error)),
    }
}

fn verifying(roots_file: Option<&str>) -> Result<rustls::ClientConfig, DatabaseError> {
    let tls = |error: &dyn std::fmt::Display| DatabaseError::Tls(error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    match roots_file {
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| tls(&error))? {
                roots.add(certificate.map_err(|error| tls(&error))?).map_err(|error| tls(&error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(DatabaseError::Tls("no root certificates".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| tls(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

pub(super) fn percent_decoded(text: &str) -> Result<String, DatabaseError> {
    let broken = || DatabaseError::Url("a percent sign without two hexadecimal digits".to_owned());
    // the crate lets a percent sign stand that escapes nothing; here it is a mistyped escape
    let escapes = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(escapes) {
        return Err(broken());
    }
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_error| broken())?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects")]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, DatabaseError> {
        Target::parse(url, Duration::from_secs(1))
    }

    #[test]
    fn a_socket_url_is_plain() {
        let target = parse("postgresql://user@/db?host=/run/pg&port=5433").unwrap();
        assert!(target.tls.is_none());
        assert_eq!(target.config.get_ports(), [5433]);
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_given_up_on() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgresql://user@{}/db?sslmode=disable", silent.local_addr().unwrap());
        let target = Target::parse(&url, Duration::from_millis(50)).unwrap();
        assert!(matches!(target.open(&Session::plain()).await, Err(DatabaseError::Connect(_))));
    }

    #[test]
    fn a_mode_that_would_not_check_the_name_is_refused() {
        assert!(matches!(parse("postgresql://h/db?sslmode=verify-ca"), Err(DatabaseError::Url(_))));
    }

    #[test]
    fn roots_that_are_not_there_are_refused() {
        let url = "postgresql://h/db?sslmode=verify-full&sslrootcert=%2Fno%2Fsuch.pem";
        assert!(matches!(parse(url), Err(DatabaseError::Tls(_))));
    }

    #[test]
    fn a_path_with_a_broken_escape_is_refused() {
        for path in ["%", "%2", "%zz", "%2Fno%", "%ff"] {
            let url = format!("postgresql://h/db?sslmode=verify-full&sslrootcert={path}");
            assert!(matches!(parse(&url), Err(DatabaseError::Url(_))), "{path}");
        }
    }

    #[test]
    fn an_error_does_not_quote_the_password() {
        let error = parse("postgres//user:secret@h/db").unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret"));
    }
}
