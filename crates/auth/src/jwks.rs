//! A JWK set (RFC 7517): which of its keys tokens are verified with, and why the others are passed over.
//!
//! A key is taken by its `kid`, for the algorithms that it says or that its kind has: Ed25519, P-256, RSA of 2,048 bits and
//! more. Section 4.5 lets a key have no `kid`, and several keys the same: one without serves tokens without, and of those
//! that share one the algorithm decides. What neither tells apart is passed over, and nothing else of the set is. Addresses
//! that a token names are never looked at.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// What RS256 and PS256 are verified with here; shorter keys are broken, and longer ones nobody has.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// A key with the algorithms that it may have signed by.
#[derive(Debug, Clone)]
pub(super) struct PinnedKey {
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

/// Keys by their id, and the one that has none.
#[derive(Debug, Default)]
pub(super) struct PinnedKeys {
    named: BTreeMap<String, Vec<PinnedKey>>,
    nameless: Option<PinnedKey>,
}

impl PinnedKeys {
    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.nameless.is_none()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.named.values().map(Vec::len).sum::<usize>() + usize::from(self.nameless.is_some())
    }

    /// The key that a token was signed by if it is one of these: of several with its id, the one of its algorithm.
    pub(super) fn of(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&PinnedKey> {
        let Some(kid) = kid else { return self.nameless.as_ref() };
        let keys = self.named.get(kid)?;
        keys.iter().find(|key| key.algorithms.contains(&algorithm)).or_else(|| keys.first())
    }
}

/// What a set holds.
#[derive(Debug, Default)]
pub struct KeySet {
    pub(super) keys: PinnedKeys,
    /// Keys that are not used, and why.
    passed_over: Vec<(String, &'static str)>,
}

impl KeySet {
    /// The keys of a set; none where it is no set.
    pub fn read(text: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(text).ok()?;
        let (mut set, mut usable) = (Self::default(), BTreeMap::<String, Vec<PinnedKey>>::new());
        let mut seen = Vec::new();
        for value in document.keys {
            // the same key once more says nothing
            if seen.contains(&value) {
                continue;
            }
            let jwk = Jwk::deserialize(&value).unwrap_or_default();
            let kid = jwk.kid.clone().unwrap_or_default();
            match jwk.usable() {
                Ok(key) => usable.entry(kid).or_default().push(key),
                Err(why) => set.passed_over.push((kid, why)),
            }
            seen.push(value);
        }
        for (kid, keys) in usable {
            set.take(kid, keys);
        }
        Some(set)
    }

    /// Takes the keys of one id that a token tells apart, and passes over the others.
    fn take(&mut self, kid: String, mut keys: Vec<PinnedKey>) {
        if kid.is_empty() {
            match (keys.pop(), keys.is_empty()) {
                (only, true) => self.keys.nameless = only,
                (_, false) => self.passed_over.push((kid, "it has no kid, and neither has another key")),
            }
            return;
        }
        let of = |algorithm: &Algorithm| keys.iter().filter(|key| key.algorithms.contains(algorithm)).count();
        let alone: Vec<bool> = keys.iter().map(|key| key.algorithms.iter().all(|one| of(one) == 1)).collect();
        let (told_apart, others): (Vec<_>, Vec<_>) =
            keys.into_iter().zip(alone).partition(|(_, alone)| *alone);
        let why = "another key has its kid and an algorithm of its";
        self.passed_over.extend(others.iter().map(|_| (kid.clone(), why)));
        let told_apart: Vec<PinnedKey> = told_apart.into_iter().map(|(key, _)| key).collect();
        if !told_apart.is_empty() {
            self.keys.named.insert(kid, told_apart);
        }
    }
}

impl fmt::Display for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |kid: &str| if kid.is_empty() { "a key".to_owned() } else { format!("{kid:?}") };
        let of = |kid: &str, key: &PinnedKey| format!("{} for {:?}", named(kid), key.algorithms);
        let by_id = self.keys.named.iter().flat_map(|(kid, keys)| keys.iter().map(|key| of(kid, key)));
        let taken = by_id.chain(self.keys.nameless.iter().map(|key| of("", key)));
        let passed_over = self.passed_over.iter().map(|(kid, why)| format!("{}: {why}", named(kid)));
        let mut text = taken.collect::<Vec<_>>().join(", ");
        if text.is_empty() {
            text.push_str("no key");
        }
        let passed_over = passed_over.collect::<Vec<_>>().join(", ");
        if !passed_over.is_empty() {
            write!(text, "; passed over {passed_over}")?;
        }
        formatter.write_str(&text)
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

/// The members of a JWK that matter here; others are for other uses.
#[derive(Default, Deserialize)]
struct Jwk {
    kid: Option<String>,
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Jwk {
    /// The key, or why it is not used.
    fn usable(&self) -> Result<PinnedKey, &'static str> {
        let verifies = self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !verifies || self.usage.as_ref().is_some_and(|usage| usage != "sig") {
            return Err("it is not for signatures");
        }
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => {
                let algorithms =
                    self.algorithms(&[("EdDSA", Algorithm::EdDSA), ("Ed25519", Algorithm::EdDSA)])?;
                let x = coordinate(self.x.as_ref())?;
                let strong = VerifyingKey::from_bytes(&x).is_ok_and(|key| !key.is_weak());
                let key = DecodingKey::from_ed_der(&x);
                if strong { Ok(PinnedKey { algorithms, key }) } else { Err("it is weak") }
            }
            ("EC", Some("P-256")) => {
                let algorithms = self.algorithms(&[("ES256", Algorithm::ES256)])?;
                let (x, y) = (coordinate(self.x.as_ref())?, coordinate(self.y.as_ref())?);
                let key = DecodingKey::from_ec_der(&[[4_u8].as_slice(), &x, &y].concat());
                Ok(PinnedKey { algorithms, key })
            }
            ("RSA", _) => {
                let algorithms =
                    self.algorithms(&[("RS256", Algorithm::RS256), ("PS256", Algorithm::PS256)])?;
                let (n, e) = (number(self.n.as_ref())?, number(self.e.as_ref())?);
                match bits(&n) {
                    few if few < *RSA_BITS.start() => Err("it is RSA of fewer than 2,048 bits"),
                    many if many > *RSA_BITS.end() => Err("it is RSA of more than 8,192 bits"),
                    _ => Ok(PinnedKey { algorithms, key: DecodingKey::from_rsa_raw_components(&n, &e) }),
                }
            }
            _ => Err("it is neither Ed25519, P-256 nor RSA"),
        }
    }

    /// The one algorithm that the key says, or all of its kind.
    fn algorithms(&self, of_its_kind: &[(&str, Algorithm)]) -> Result<Vec<Algorithm>, &'static str> {
        let fits = |name: &str| self.alg.as_deref().is_none_or(|alg| alg == name);
        let mut algorithms: Vec<_> =
            of_its_kind.iter().filter(|(name, _)| fits(name)).map(|(_, algorithm)| *algorithm).collect();
        algorithms.dedup();
        if algorithms.is_empty() {
            Err("its alg is none of RS256, PS256, ES256 and EdDSA, or not of its kind")
        } else {
            Ok(algorithms)
        }
    }
}

fn number(text: Option<&String>) -> Result<Vec<u8>, &'static str> {
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
    bytes.filter(|bytes| !bytes.is_empty()).ok_or("its numbers are missing or malformed")
}

fn coordinate(text: Option<&String>) -> Result<[u8; 32], &'static str> {
    number(text)?.try_into().map_err(|_| "its numbers are missing or malformed")
}

fn bits(number: &[u8]) -> usize {
    let mut significant = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = significant.next() else { return 0 };
    let zeros = usize::try_from(first.leading_zeros()).unwrap_or(0);
    (significant.count() + 1).saturating_mul(8).saturating_sub(zeros)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;

    fn ed(kid: &str) -> Value {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        json!({"kid": kid, "kty": "OKP", "crv": "Ed25519", "x": x})
    }

    fn ec(kid: &str) -> Value {
        json!({
            "kid": kid, "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "key_ops": ["verify"],
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    /// A modulus of so many bits; nothing is verified with it.
    fn rsa(kid: &str, bits: usize) -> Value {
        let mut n = vec![0xff; bits.div_ceil(8)];
        *n.first_mut().unwrap() = if bits.is_multiple_of(8) { 0x80 } else { (1 << (bits % 8)) - 1 };
        json!({"kid": kid, "kty": "RSA", "use": "sig", "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB"})
    }

    fn with(mut key: Value, member: &str, value: Value) -> Value {
        key.as_object_mut().unwrap().insert(member.to_owned(), value);
        key
    }

    fn read(keys: &[Value]) -> Option<KeySet> {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn taken(keys: &[Value]) -> Vec<(String, Vec<Algorithm>)> {
        let PinnedKeys { named, nameless } = read(keys).unwrap().keys;
        let nameless = nameless.map(|key| (String::new(), key.algorithms));
        let of = |(kid, keys): (String, Vec<PinnedKey>)| {
            keys.into_iter().map(move |key| (kid.clone(), key.algorithms))
        };
        nameless.into_iter().chain(named.into_iter().flat_map(of)).collect()
    }

    #[test]
    fn each_key_is_pinned_to_what_it_says_or_to_what_its_kind_has() {
        use Algorithm::{ES256, EdDSA, PS256, RS256};
        let keys = [ed("a"), ec("b"), rsa("c", 2_048), with(rsa("d", 4_096), "alg", json!("PS256"))];
        let named = |kid: &str, algorithms: &[Algorithm]| (kid.to_owned(), algorithms.to_vec());
        let expected =
            [named("a", &[EdDSA]), named("b", &[ES256]), named("c", &[RS256, PS256]), named("d", &[PS256])];
        assert_eq!(taken(&keys), expected);
    }

    #[test]
    fn keys_for_anything_else_are_passed_over_and_it_is_said_why() {
        let refused = [
            (rsa("short", 2_047), "fewer than 2,048"),
            (rsa("long", 8_193), "more than 8,192"),
            (with(rsa("hs", 2_048), "alg", json!("RS512")), "alg"),
            (json!({"kid": "oct", "kty": "oct", "k": "AAAA", "alg": "HS256"}), "neither"),
            (with(ed("weak"), "x", json!(URL_SAFE_NO_PAD.encode([0; 32]))), "weak"),
            (json!(5), "neither"),
            (json!({"kid": "new", "kty": "new"}), "neither"),
            (with(ed("x"), "x", json!("AAAA")), "malformed"),
            (with(ed("alg"), "alg", json!("HS256")), "alg"),
            (with(ed("crv"), "crv", json!("X25519")), "neither"),
            (with(ec("p384"), "crv", json!("P-384")), "neither"),
            (with(ec("rs256"), "alg", json!("RS256")), "alg"),
            (with(ec("enc"), "use", json!("enc")), "signatures"),
            (with(ec("ops"), "key_ops", json!(["sign"])), "signatures"),
            (with(ec("y"), "y", json!(null)), "missing"),
        ];
        for (key, why) in refused {
            let set = read(std::slice::from_ref(&key)).unwrap();
            assert!(set.keys.is_empty() && set.to_string().contains(why), "{key}: {set}");
        }
    }

    #[test]
    fn keys_without_an_id_or_with_the_same_serve_where_a_token_tells_them_apart() {
        use Algorithm::{ES256, EdDSA, PS256, RS256};
        let named = |kid: &str, algorithms: &[Algorithm]| (kid.to_owned(), algorithms.to_vec());
        let nameless = with(ed("none"), "kid", json!(null));
        assert_eq!(taken(std::slice::from_ref(&nameless)), [named("", &[EdDSA])]);
        assert_eq!(
            taken(&[with(ed("empty"), "kid", json!("")), ec("b")]),
            [named("", &[EdDSA]), named("b", &[ES256])]
        );
        assert_eq!(taken(&[ed("a"), ed("a")]), [named("a", &[EdDSA])], "the same key once more");
        let by_kind = [ed("a"), ec("a"), rsa("a", 2_048)];
        assert_eq!(
            taken(&by_kind),
            [named("a", &[EdDSA]), named("a", &[ES256]), named("a", &[RS256, PS256])]
        );
        let keys = read(&by_kind).unwrap().keys;
        for algorithm in [EdDSA, ES256, RS256, PS256] {
            assert!(keys.of(Some("a"), algorithm).unwrap().algorithms.contains(&algorithm));
            assert!(keys.of(None, algorithm).is_none() && keys.of(Some("b"), algorithm).is_none());
        }
        // two that nothing tells apart are passed over, and the others serve
        let set = read(&[rsa("a", 2_048), rsa("a", 3_072), ed("a"), ec("b")]).unwrap();
        assert!(set.to_string().contains("another key has its kid"), "{set}");
        assert_eq!(
            taken(&[rsa("a", 2_048), rsa("a", 3_072), ed("a"), ec("b")]),
            [named("a", &[EdDSA]), named("b", &[ES256])]
        );
        let set = read(&[nameless, with(ec("none"), "kid", json!(null)), ec("b")]).unwrap();
        assert!(
            set.keys.nameless.is_none() && set.to_string().contains("no kid, and neither has another"),
            "{set}"
        );
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in ["", "[]", "{}", "{\"keys\": 1}"] {
            assert!(KeySet::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
