//! Forged tokens against the running service: each is a 401 with the problem document, none a fault, and the one that is
//! good passes beside them.

use crate::support::service;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use service::{Answer, Service};
use sha2::Sha256;

const FIRM: &str = "91310000MA1FL0000N";

/// What a forger may know: the form of a token, the key's id and its public half. And, to show that a good signature is
/// not enough, the key itself.
struct Forge {
    kid: String,
    key: SigningKey,
}

impl Forge {
    fn of(service: &Service) -> Self {
        let pem = std::fs::read_to_string(service.data.join("keys/token.pem")).unwrap();
        let header = service.token("forged", "officer", "lin", None);
        let header = URL_SAFE_NO_PAD.decode(header.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        Self {
            kid: header["kid"].as_str().unwrap().to_owned(),
            key: SigningKey::from_pkcs8_pem(&pem).unwrap(),
        }
    }

    fn header(&self) -> Value {
        json!({"typ": "JWT", "alg": "EdDSA", "kid": self.kid})
    }

    /// Signed with the service's own key.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        signed_by(&self.key, header, claims)
    }

    fn claiming(&self, change: impl FnOnce(&mut Value)) -> String {
        self.signed(&self.header(), &changed(claims(), change))
    }

    fn headed(&self, change: impl FnOnce(&mut Value)) -> String {
        self.signed(&changed(self.header(), change), &claims())
    }

    /// The header of another key's token names this one's id.
    fn by_another_key(&self, change: impl FnOnce(&mut Value)) -> String {
        signed_by(&SigningKey::from_bytes(&[9; 32]), &changed(self.header(), change), &claims())
    }

    /// RFC 8410: the public key as X.509 has it.
    fn public_pem(&self) -> String {
        let mut der = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        der.extend(self.key.verifying_key().as_bytes());
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    fn hmac(&self, algorithm: &str, secret: &[u8]) -> String {
        let header = changed(self.header(), |h| h["alg"] = json!(algorithm));
        let message = unsigned(&header, &claims());
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }
}

/// Claims that pass as they are.
fn claims() -> Value {
    let now = chrono::Utc::now().timestamp();
    json!({
        "iss": "subsidy-ledger", "aud": "subsidy-ledger", "sub": "lin", "iat": now, "nbf": now, "exp": now + 600,
        "agency": "forged", "roles": ["officer"],
    })
}

fn changed(mut object: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut object);
    object
}

fn without(name: &'static str) -> impl FnOnce(&mut Value) {
    move |object| {
        object.as_object_mut().unwrap().remove(name);
    }
}

fn set(name: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |object| object[name] = value
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encoded(header), encoded(claims))
}

fn signed_by(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let message = unsigned(header, claims);
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// A service with the agency `forged`; each token is tried on a read and on a write.
fn refuses(service: &Service, forgeries: Vec<(String, String)>) {
    for (what, token) in forgeries {
        let read = service.ask("/v1/me", &token);
        refused(&what, &read);
        let body = json!({"name": "LPR5Y", "date": "2025-01-01", "percent": "3.6"});
        let write = service.post("/v1/reference-rates", &token, &body);
        refused(&what, &write);
    }
    assert_eq!(service.send("GET", "/readyz", None, None, &[]).status, 200);
}

fn refused(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer"), "{what}: {challenge}");
    let problem = answer.json();
    assert_eq!((&problem["code"], &problem["status"]), (&json!("unauthenticated"), &json!(401)), "{what}");
    assert_eq!(problem["errors"], json!([]), "nothing says why: {what}");
}

fn named<'a>(what: &str, tokens: impl IntoIterator<Item = (&'a str, String)>) -> Vec<(String, String)> {
    tokens.into_iter().map(|(which, token)| (format!("{what}: {which}"), token)).collect()
}

fn service() -> (Service, Forge) {
    let service = Service::start();
    service.agency("forged");
    let forge = Forge::of(&service);
    let good = forge.signed(&forge.header(), &claims());
    assert_eq!(service.ask("/v1/me", &good).status, 200, "the forge makes good ones too");
    (service, forge)
}

#[test]
fn a_signature_that_is_none_or_of_another_kind_is_refused() {
    let (service, forge) = service();
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let message = unsigned(&changed(forge.header(), set("alg", json!(algorithm))), &claims());
        let own = URL_SAFE_NO_PAD.encode(forge.key.sign(message.as_bytes()).to_bytes());
        let tokens = [
            ("bare", message.clone()),
            ("empty", format!("{message}.")),
            ("signed", format!("{message}.{own}")),
        ];
        refuses(&service, named(algorithm, tokens));
    }
    let public = forge.key.verifying_key().to_bytes();
    let pem = forge.public_pem();
    for algorithm in ["HS256", "HS384", "HS512"] {
        let secrets = [
            ("the public key", forge.hmac(algorithm, &public)),
            ("its PEM", forge.hmac(algorithm, pem.as_bytes())),
            ("its PEM without the end of line", forge.hmac(algorithm, pem.trim_end().as_bytes())),
            ("its base64url", forge.hmac(algorithm, URL_SAFE_NO_PAD.encode(public).as_bytes())),
            ("nothing", forge.hmac(algorithm, b"")),
        ];
        refuses(&service, named(algorithm, secrets));
    }
    let others = ["ES256", "ES384", "RS256", "PS256", "eddsa", "Ed25519", "dir"];
    refuses(&service, named("alg", others.map(|alg| (alg, forge.headed(set("alg", json!(alg)))))));
}

#[test]
fn what_a_header_says_of_keys_leads_nowhere() {
    let (service, forge) = service();
    let kids = [
        "",
        "unknown",
        "../../keys/token.pem",
        "/dev/null",
        "file:///etc/passwd",
        "' OR '1'='1",
        "x'; DROP TABLE log; --",
        "http://127.0.0.1/key.json",
        "\u{0}",
        "账",
        "account.key",
    ];
    refuses(&service, named("kid", kids.map(|kid| (kid, forge.headed(set("kid", json!(kid)))))));
    let long = "k".repeat(4_000);
    let oddities = [
        ("long", forge.headed(set("kid", json!(long)))),
        ("number", forge.headed(set("kid", json!(1)))),
        ("list", forge.headed(set("kid", json!([forge.kid])))),
    ];
    refuses(&service, named("kid", oddities));

    let x = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&[9; 32]).verifying_key().as_bytes());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    let foreign = [
        ("our id", forge.by_another_key(|_| ())),
        ("no id", forge.by_another_key(without("kid"))),
        ("jwk", forge.by_another_key(set("jwk", jwk.clone()))),
        (
            "jwk, no id",
            forge.by_another_key(|h| {
                without("kid")(h);
                h["jwk"] = jwk;
            }),
        ),
        ("jku", forge.by_another_key(set("jku", json!("http://127.0.0.1:9/jwks.json")))),
        ("x5u", forge.by_another_key(set("x5u", json!("http://127.0.0.1:9/cert.pem")))),
        ("x5c", forge.by_another_key(set("x5c", json!(["MAA="])))),
    ];
    refuses(&service, named("another key", foreign));
    let types = ["dpop+jwt", "logout+jwt", "secevent+jwt", "JWE", "jwk+json", "application/json", ""];
    refuses(&service, named("typ", types.map(|typ| (typ, forge.headed(set("typ", json!(typ)))))));
    refuses(
        &service,
        named(
            "crit",
            [(
                "b64",
                forge.headed(|h| {
                    h["crit"] = json!(["b64"]);
                    h["b64"] = json!(false);
                }),
            )],
        ),
    );
    for typ in ["JWT", "jwt", "application/jwt", "at+jwt"] {
        let token = forge.headed(set("typ", json!(typ)));
        assert_eq!(service.ask("/v1/me", &token).status, 200, "{typ}");
    }
}

#[test]
fn claims_that_are_wrong_are_refused_whoever_signed_them() {
    let (service, forge) = service();
    let now = chrono::Utc::now().timestamp();
    for claim in ["iss", "aud", "sub", "exp", "agency", "roles"] {
        let tokens =
            [("missing", forge.claiming(without(claim))), ("null", forge.claiming(set(claim, Value::Null)))];
        refuses(&service, named(claim, tokens));
    }
    for claim in ["iss", "aud", "sub", "exp", "nbf", "agency", "roles"] {
        let tokens = [
            ("object", forge.claiming(set(claim, json!({})))),
            ("list in a list", forge.claiming(set(claim, json!([[]])))),
            ("true", forge.claiming(set(claim, json!(true)))),
        ];
        refuses(&service, named(claim, tokens));
    }
    let wrong: Vec<(&str, &str, Value)> = vec![
        ("iss", "another", json!("https://id.example")),
        ("iss", "list", json!(["subsidy-ledger"])),
        ("iss", "case", json!("Subsidy-Ledger")),
        ("aud", "another", json!("another-service")),
        ("aud", "empty", json!("")),
        ("exp", "past", json!(now - 60)),
        ("exp", "zero", json!(0)),
        ("exp", "below zero", json!(-1)),
        ("exp", "text", json!((now + 600).to_string())),
        ("exp", "beyond the calendar", json!(u64::MAX)),
        ("nbf", "future", json!(now + 60)),
        ("nbf", "text", json!("now")),
        ("sub", "empty", json!("")),
        ("sub", "number", json!(7)),
        ("agency", "unknown", json!("nowhere")),
        ("agency", "empty", json!("")),
        ("agency", "path", json!("../forged")),
        ("agency", "case", json!("FORGED")),
        ("agency", "statement", json!("forged; DROP SCHEMA agency_forged")),
        ("agency", "two", json!(["forged", "bj"])),
        ("roles", "unknown", json!(["root"])),
        ("roles", "an enterprise of none", json!(["enterprise"])),
        ("organisation", "no code", json!("x")),
        ("organisation", "number", json!(1)),
    ];
    for (claim, which, value) in wrong {
        refuses(&service, named(claim, [(which, forge.claiming(set(claim, value)))]));
    }
}

#[test]
fn a_token_that_was_tampered_with_is_refused() {
    let (service, forge) = service();
    let good = service.token("forged", "auditor", "zhou", None);
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{good}") };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let grown = changed(claims.clone(), set("roles", json!(["auditor", "officer", "approver"])));
    let as_firm = changed(claims, |c| {
        c["roles"] = json!(["enterprise"]);
        c["organisation"] = json!(FIRM);
    });
    let encoded = |claims: &Value| URL_SAFE_NO_PAD.encode(claims.to_string());
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[10] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(&bytes);
    let other = service.token("forged", "officer", "lin", None);
    let other = other.rsplit_once('.').unwrap().1;
    let tampered = [
        ("more roles", format!("{header}.{}.{signature}", encoded(&grown))),
        ("another role", format!("{header}.{}.{signature}", encoded(&as_firm))),
        ("a bit of the signature", format!("{header}.{payload}.{flipped}")),
        ("another's signature", format!("{header}.{payload}.{other}")),
        ("half a signature", format!("{header}.{payload}.{}", &signature[..43])),
        ("a padded signature", format!("{header}.{payload}.{signature}==")),
        ("a fourth part", format!("{good}.{signature}")),
        ("no header", format!(".{payload}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("two parts", format!("{header}.{payload}")),
        ("a word", "token".to_owned()),
        ("dots", "..".to_owned()),
        ("five parts", format!("{header}.{payload}.{payload}.{payload}.{signature}")),
        ("oversize", forge.claiming(set("padding", json!("x".repeat(9_000))))),
        ("large", forge.claiming(set("padding", json!("x".repeat(60_000))))),
    ];
    refuses(&service, named("tampered", tampered));
    for authorization in
        ["", "Bearer", "Bearer ", "Basic bGluOmxpbg==", &good, &format!("Bearer {good} {good}")]
    {
        let answer = service.send("GET", "/v1/me", None, None, &[("Authorization", authorization)]);
        refused(authorization, &answer);
    }
    let header = format!("Bearer {good}");
    let twice = service.send("GET", "/v1/me", Some(&good), None, &[("Authorization", &header)]);
    refused("two headers", &twice);
    let me = service.ask("/v1/me", &good);
    assert_eq!((me.status, &me.json()["roles"]), (200, &json!(["auditor"])));
}
