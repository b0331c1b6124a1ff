//! Where the database is: a URL, and TLS as it asks for it.
//!
//! `sslmode=require` and `verify-full` both verify the server's certificate and its name; `prefer` and `disable` are
//! plain. `sslrootcert=` names a PEM file, else the machine's roots count. Unix sockets: `postgresql://user@/db?host=/run/pg`.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::pool::DatabaseError;

/// How long a connection over TCP may be silent before the server is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Target {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    /// How long a whole handshake may take.
    handshake: Duration,
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
        Ok(Self { config, tls, handshake: connect_timeout * 2 })
    }

    /// A new connection whose session starts with `options` (`-c name=value …`). A server that takes it and then says
    /// nothing, as one does that is stopped, is given up on.
    pub async fn open(&self, options: &str) -> Result<AsyncPgConnection, DatabaseError> {
        match tokio::time::timeout(self.handshake, self.opened(options)).await {
            Ok(opened) => opened,
            Err(silent) => Err(DatabaseError::Connect(Box::new(silent))),
        }
    }

    /// How to connect for a session with options beside those of the URL.
    fn with(&self, options: &str) -> tokio_postgres::Config {
        let mut config = self.config.clone();
        let own = config.get_options().unwrap_or_default().to_owned();
        config.options(format!("{own} {options}"));
        config
    }

    async fn opened(&self, options: &str) -> Result<AsyncPgConnection, DatabaseError> {
        let config = self.with(options);
        let opened = match &self.tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await.map_err(refused)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            None => {
                let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(refused)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        };
        opened.map_err(|error| DatabaseError::Connect(Box::new(error)))
    }

    /// The same without a pool's layer above it: what rows are copied over.
    pub async fn client(&self, options: &str) -> Result<tokio_postgres::Client, DatabaseError> {
        let config = self.with(options);
        match &self.tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await.map_err(refused)?;
                tokio::spawn(connection);
                Ok(client)
            }
            None => {
                let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(refused)?;
                tokio::spawn(connection);
                Ok(client)
            }
        }
    }
}

fn refused(error: tokio_postgres::Error) -> DatabaseError {
    DatabaseError::Connect(Box::new(error))
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
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| tls(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn percent_decoded(text: &str) -> Result<String, DatabaseError> {
    let broken = || DatabaseError::Url("a percent sign without two hexadecimal digits".to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2).ok_or_else(broken)?;
        let digits = std::str::from_utf8(digits).map_err(|_error| broken())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_error| broken())?);
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_error| broken())
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
        assert!(matches!(target.open("").await, Err(DatabaseError::Connect(_))));
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
    fn an_error_does_not_quote_the_password() {
        let error = parse("postgres//user:secret@h/db").unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret"));
    }
}
