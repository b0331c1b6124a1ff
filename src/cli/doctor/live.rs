//! Asks a running service whether it lives, over plain HTTP, which is what stands behind the proxy that does TLS.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::cli::Failure;
use crate::cli::language::say;

const TIMEOUT: Duration = Duration::from_secs(3);
/// Enough for the status line.
const ANSWER_BYTES_MAX: u64 = 512;

pub(super) fn check(url: &str) -> Result<(), Failure> {
    let malformed =
        || say!("{url} 不是 http://HOST[:PORT] 的形式", "{url} is not of the form http://HOST[:PORT]");
    let authority = authority(url).ok_or_else(|| Failure::Usage(malformed()))?;
    let status = ask(&authority).map_err(Failure::doing(say!("{url} 没有答复", "{url} does not answer")))?;
    if status == "200" {
        return Ok(());
    }
    Err(Failure::new(say!("{url}/livez 的答复是 {status}", "{url}/livez answers {status}")))
}

/// `HOST:PORT` of `http://HOST[:PORT][/]`.
fn authority(url: &str) -> Option<String> {
    let authority = url.strip_prefix("http://")?.trim_end_matches('/');
    if authority.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
        return None;
    }
    let port = authority.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
    Some(if port.is_some() { authority.to_owned() } else { format!("{authority}:80") })
}

fn ask(authority: &str) -> std::io::Result<String> {
    let mut stream = connect(authority)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /livez HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.split_whitespace().nth(1).unwrap_or("nothing").to_owned())
}

/// The first address that takes the connection.
fn connect(authority: &str) -> std::io::Result<TcpStream> {
    let mut last = std::io::ErrorKind::AddrNotAvailable.into();
    for address in authority.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_by_host_and_port() {
        assert_eq!(authority("http://127.0.0.1:8080/").as_deref(), Some("127.0.0.1:8080"));
        assert_eq!(authority("http://ledger").as_deref(), Some("ledger:80"));
        assert_eq!(authority("http://[::1]:8080").as_deref(), Some("[::1]:8080"));
        for wrong in ["https://x", "http://", "x:80", "http://u@x", "http://x/y"] {
            assert_eq!(authority(wrong), None, "{wrong}");
        }
    }
}
