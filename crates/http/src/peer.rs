//! From where a request comes. Behind a proxy every connection is the proxy's; whom it forwards for it says in a header,
//! which anybody else could write too, so it counts from addresses alone that the settings name.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use serde::Deserialize;

/// An address, or a network of them: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    /// How many bits of it all addresses of the network have.
    prefix: u32,
}

fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let ((own, width), (other, other_width)) = (bits(self.address), bits(address));
        // of no bits at all everything is the same, and so wide a shift has no meaning
        width == other_width && (own ^ other).checked_shr(width - self.prefix).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("{text} is neither an address nor a network such as 10.0.0.0/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| refused())?;
        let (own, width) = bits(address);
        let prefix = prefix.map_or(Ok(width), |prefix| prefix.parse::<u32>().map_err(|_| refused()))?;
        if prefix > width {
            return Err(refused());
        }
        let rest = own.checked_shl(128 - (width - prefix)).unwrap_or(0);
        if prefix < width && rest != 0 {
            return Err(format!("{text} has bits beyond its prefix of {prefix}"));
        }
        Ok(Self { address, prefix })
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// From where a request comes: the last address that is no trusted proxy's. Where the two headers name different ones, or
/// an entry is no address, the nearest that is certain.
pub fn of(request: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    Some(sender(peer, request.headers(), trusted))
}

fn sender(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let last = |name: &str, address: fn(&str) -> Option<IpAddr>| {
        let values = headers.get_all(name).map(|value| value.to_str().unwrap_or_default());
        let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
        let mut known = None;
        for hop in hops.into_iter().rev() {
            let Some(address) = address(hop) else { return Some(known.unwrap_or(peer)) };
            known = Some(address);
            if !is_trusted(address) {
                break;
            }
        }
        known
    };
    match (last("x-forwarded-for", plain), last("forwarded", forwarded)) {
        // a proxy writes one of them, and passes the other on as its sender wrote it
        (Some(one), Some(other)) if one != other => peer,
        (one, other) => one.or(other).unwrap_or(peer),
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn plain(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address.parse(),
        None => text.parse().or_else(|error| match text.rsplit_once(':') {
            Some((address, _)) => address.parse(),
            None => Err(error),
        }),
    };
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// `for="[2001:db8::1]:4711";proto=https` (RFC 7239).
fn forwarded(text: &str) -> Option<IpAddr> {
    let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let (_, address) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    plain(address.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn sent(peer: &str, headers: &[(&'static str, &str)], trusted: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        sender(peer.parse().unwrap(), &map, &networks(trusted)).to_string()
    }

    #[test]
    fn a_network_has_the_addresses_of_its_prefix() {
        for (network, address, is_of) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("::/0", "2001:db9::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), is_of, "{network:?} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0.1/8", "proxy", "10.0.0.0/", "::1/129", "2001:db8::1/32"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_header_says_counts_from_a_trusted_proxy_alone() {
        let said = [("x-forwarded-for", "198.51.100.7")];
        assert_eq!(sent("203.0.113.1", &said, &[]), "203.0.113.1");
        assert_eq!(sent("203.0.113.1", &said, &["10.0.0.0/8"]), "203.0.113.1");
        assert_eq!(sent("10.0.0.1", &said, &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(sent("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn the_last_address_that_is_no_proxys_counts() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        for (headers, expected) in [
            // what the sender wrote itself stands further left
            (vec![("x-forwarded-for", "1.1.1.1, 198.51.100.7, 10.0.0.9")], "198.51.100.7"),
            (vec![("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7:4711")], "198.51.100.7"),
            (vec![("x-forwarded-for", "10.0.0.8, 10.0.0.9")], "10.0.0.8"),
            (vec![("x-forwarded-for", "198.51.100.7, unknown")], "10.0.0.1"),
            (vec![("x-forwarded-for", "198.51.100.7, unknown, 10.0.0.9")], "10.0.0.9"),
            (vec![("x-forwarded-for", "::ffff:198.51.100.7")], "198.51.100.7"),
            (vec![("forwarded", "for=1.1.1.1, For=\"[2001:db9::1]:4711\";proto=https")], "2001:db9::1"),
            (vec![("forwarded", "for=198.51.100.7;by=10.0.0.1, for=\"[2001:db8::5]\"")], "198.51.100.7"),
            (vec![("forwarded", "for=_hidden")], "10.0.0.1"),
            (vec![("forwarded", "proto=https")], "10.0.0.1"),
            (vec![("forwarded", "for=198.51.100.7"), ("x-forwarded-for", "198.51.100.7")], "198.51.100.7"),
            (vec![("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "198.51.100.7")], "10.0.0.1"),
        ] {
            assert_eq!(sent("10.0.0.1", &headers, &trusted), expected, "{headers:?}");
        }
    }

    proptest! {
        /// Whatever a sender writes into a header, what the last proxy adds to it decides.
        #[test]
        fn a_sender_cannot_choose_its_address(written in "[ -~]{0,60}", last in any::<[u8; 4]>()) {
            let own = std::net::Ipv4Addr::from(last);
            prop_assume!(last[0] != 10);
            let header = [("x-forwarded-for", format!("{written}, {own}"))];
            let header: Vec<(&str, &str)> = header.iter().map(|(name, value)| (*name, value.as_str())).collect();
            prop_assert_eq!(sent("10.0.0.1", &header, &["10.0.0.0/8"]), own.to_string());
        }
    }
}
