#![allow(clippy::unwrap_used, reason = "tests")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use subsidy_core::domain::actor::Role;
use subsidy_store::keys::Secret;
use tempfile::TempDir;

const SEED: [u8; 32] = [7; 32];
const PROVIDER_SEED: [u8; 32] = [8; 32];
const PROVIDER: &str = "https://id.example";
const CODE: &str = "91310000MA1FL0000N";
/// RFC 7515, appendix A.3: x, y, d.
const P256: [&str; 3] = [
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
];

fn own_key() -> TokenKey {
    TokenKey::from_seed(&Secret::new(SEED))
}

fn verifier() -> Verifier {
    Verifier::new(&own_key(), None).unwrap()
}

fn agency() -> AgencyCode {
    AgencyCode::parse("shanghai").unwrap()
}

fn actor(role: Role) -> Actor {
    let organisation = role.needs_organisation().then(|| CreditCode::parse(CODE).unwrap());
    Actor { subject: Subject::of(ISSUER, "u-1").unwrap(), roles: role.into(), organisation }
}

fn minted() -> String {
    let mint = Mint::new(&own_key()).unwrap();
    mint.issue(&agency(), &actor(Role::Officer), Utc::now(), TimeDelta::hours(1)).unwrap()
}

/// Claims that are accepted as they are.
fn claims(issuer: &str, audience: &str) -> Value {
    let now = Utc::now().timestamp();
    json!({
        "iss": issuer, "aud": audience, "sub": "u-1", "iat": now, "nbf": now, "exp": now + 600,
        "agency": "shanghai", "roles": ["officer"],
    })
}

fn own_claims() -> Value {
    claims(ISSUER, AUDIENCE)
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object.as_object_mut().unwrap().insert(member.to_owned(), value);
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member);
    object
}

fn own_header() -> Value {
    json!({"typ": "JWT", "alg": "EdDSA", "kid": own_key().kid()})
}

fn signed_text(seed: [u8; 32], header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = SigningKey::from_bytes(&seed).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn signed(seed: [u8; 32], header: &Value, claims: &Value) -> String {
    signed_text(seed, &header.to_string(), &claims.to_string())
}

fn refusal(token: &str) -> &'static str {
    verifier().verify(token).unwrap_err().reason()
}

fn refusal_of_claims(claims: &Value) -> &'static str {
    refusal(&signed(SEED, &own_header(), claims))
}

struct Provider {
    _scratch: TempDir,
    config: JwksConfig,
}

impl Provider {
    fn new() -> Provider {
        let scratch = TempDir::new().unwrap();
        let path = scratch.path().join("jwks.json");
        let x = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&PROVIDER_SEED).verifying_key().as_bytes());
        let set = json!({"keys": [
            {"kid": "ed", "kty": "OKP", "crv": "Ed25519", "x": x},
            {"kid": "ec", "kty": "EC", "crv": "P-256", "x": P256[0], "y": P256[1]},
            {"kid": "rsa", "kty": "RSA", "alg": "RS256", "n": "AQAB", "e": "AQAB"},
        ]});
        std::fs::write(&path, set.to_string()).unwrap();
        Provider {
            _scratch: scratch,
            config: JwksConfig {
                path,
                issuer: PROVIDER.into(),
                audience: "ledger".into(),
                own_tokens: OwnTokens::On,
            },
        }
    }

    fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        Verifier::new(&own_key(), Some(self.config.clone())).unwrap().verify(token)
    }
}

fn es256(kid: &str, claims: &Value) -> String {
    let mut der = vec![0x30, 0x81, 0x87, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8];
    der.extend([0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x6d, 0x30, 0x6b, 2, 1, 1, 4, 0x20]);
    der.extend(URL_SAFE_NO_PAD.decode(P256[2]).unwrap());
    der.extend([0xa1, 0x44, 3, 0x42, 0, 4]);
    der.extend(URL_SAFE_NO_PAD.decode(P256[0]).unwrap());
    der.extend(URL_SAFE_NO_PAD.decode(P256[1]).unwrap());
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(kid.to_owned());
    encode(&header, claims, &EncodingKey::from_ec_der(&der)).unwrap()
}

#[test]
fn a_minted_token_says_who_calls_for_every_role() {
    let mint = Mint::new(&own_key()).unwrap();
    let now = Utc::now();
    for &role in Role::ALL {
        let token = mint.issue(&agency(), &actor(role), now, TimeDelta::hours(1)).unwrap();
        let identity = verifier().verify(&token).unwrap();
        assert_eq!((identity.agency, identity.actor), (agency(), actor(role)));
        assert_eq!(identity.expires_at.timestamp(), now.timestamp() + 3600);
    }
}

#[test]
fn a_mint_refuses_what_no_verifier_would_take() {
    let mint = Mint::new(&own_key()).unwrap();
    let homeless = Actor { organisation: None, ..actor(Role::Bank) };
    let error = mint.issue(&agency(), &homeless, Utc::now(), TimeDelta::hours(1)).unwrap_err();
    assert_eq!(error.reason(), "organisation_missing");
    for ttl in [TimeDelta::zero(), TimeDelta::seconds(-1), TimeDelta::milliseconds(999), TimeDelta::MAX] {
        let error = mint.issue(&agency(), &actor(Role::Officer), Utc::now(), ttl).unwrap_err();
        assert_eq!(error.reason(), "time_to_live");
    }
    assert!(!format!("{mint:?}").contains("key:"));
}

#[test]
fn a_token_is_verified_once_and_remembered_by_its_digest() {
    let (verifier, token) = (verifier(), minted());
    let first = verifier.verify(&token).unwrap();
    let digest = Sha256::digest(&token).into();
    assert_eq!(lock(&verifier.cache).get(&digest, 0, Utc::now()), Some(&first));
    assert_eq!(lock(&verifier.cache).get(&digest, 0, first.expires_at), None);
    assert_eq!(verifier.verify(&token).unwrap(), first);
}

#[test]
fn an_unsigned_token_is_refused() {
    for alg in ["none", "None", "NONE", ""] {
        let header = with(own_header(), "alg", json!(alg)).to_string();
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(own_claims().to_string())
        );
        assert_eq!(refusal(&format!("{message}.")), "malformed");
        assert_eq!(refusal(&message), "malformed");
        assert_eq!(
            refusal(&signed(SEED, &with(own_header(), "alg", json!(alg)), &own_claims())),
            "malformed"
        );
    }
}

#[test]
fn the_public_key_is_not_taken_as_a_shared_secret() {
    let public = own_key().public_key();
    let encoded = URL_SAFE_NO_PAD.encode(public);
    for secret in [public.as_slice(), encoded.as_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut header = Header::new(algorithm);
            header.kid = Some(own_key().kid().to_owned());
            let token = encode(&header, &own_claims(), &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(refusal(&token), "algorithm");
            header.kid = None;
            let token = encode(&header, &own_claims(), &EncodingKey::from_secret(secret)).unwrap();
            assert_eq!(refusal(&token), "algorithm");
        }
    }
}

#[test]
fn a_key_id_is_a_look_up_and_nothing_else() {
    let own = own_key();
    let upper = own.kid().to_uppercase();
    for kid in
        ["other", "", "../../../../dev/null", "/etc/passwd", "token.pem", "' OR 1=1 --", upper.as_str()]
    {
        let header = with(own_header(), "kid", json!(kid));
        assert_eq!(refusal(&signed(SEED, &header, &own_claims())), "unknown_key", "{kid}");
    }
    assert_eq!(refusal(&signed(SEED, &with(own_header(), "kid", json!(["a"])), &own_claims())), "malformed");
}

#[test]
fn without_a_key_id_only_the_own_key_counts() {
    let header = without(own_header(), "kid");
    assert!(verifier().verify(&signed(SEED, &header, &own_claims())).is_ok());
    let provider = Provider::new();
    let token = signed(PROVIDER_SEED, &header, &claims(PROVIDER, "ledger"));
    assert_eq!(provider.verify(&token).unwrap_err().reason(), "signature");
}

#[test]
fn keys_and_addresses_in_the_header_change_nothing() {
    let attacker = [9; 32];
    let x = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&attacker).verifying_key().as_bytes());
    let mut header = with(own_header(), "jku", json!("https://attacker.example/jwks.json"));
    header = with(header, "x5u", json!("https://attacker.example/cert"));
    header = with(header, "x5c", json!(["AAAA"]));
    header = with(header, "jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": x}));
    assert_eq!(refusal(&signed(attacker, &header, &own_claims())), "signature");
    assert_eq!(refusal(&signed(attacker, &without(header.clone(), "kid"), &own_claims())), "signature");
    assert!(verifier().verify(&signed(SEED, &header, &own_claims())).is_ok());
}

#[test]
fn critical_header_members_are_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        let header = with(own_header(), "crit", crit);
        assert_eq!(refusal(&signed(SEED, &header, &own_claims())), "critical_header");
    }
}

#[test]
fn every_claim_but_the_organisation_is_required() {
    for claim in ["exp", "nbf", "iss", "aud", "sub", "agency", "roles"] {
        let reason = refusal_of_claims(&without(own_claims(), claim));
        assert!(["claim_missing", "agency", "roles"].contains(&reason), "{claim} {reason}");
        let reason = refusal_of_claims(&with(own_claims(), claim, json!(null)));
        assert!(["claim_missing", "agency", "roles"].contains(&reason), "{claim} {reason}");
    }
    assert!(verifier().verify(&signed(SEED, &own_header(), &without(own_claims(), "iat"))).is_ok());
}

#[test]
fn a_token_counts_from_nbf_to_exp_with_five_seconds_for_clocks() {
    let now = Utc::now().timestamp();
    assert_eq!(refusal_of_claims(&with(own_claims(), "exp", json!(now - 10))), "expired");
    assert_eq!(refusal_of_claims(&with(own_claims(), "exp", json!(0))), "expired");
    assert_eq!(refusal_of_claims(&with(own_claims(), "nbf", json!(now + 10))), "not_yet_valid");
    for claims in [with(own_claims(), "exp", json!(now - 2)), with(own_claims(), "nbf", json!(now + 3))] {
        let verifier = verifier();
        assert!(verifier.verify(&signed(SEED, &own_header(), &claims)).is_ok());
    }
}

#[test]
fn times_that_are_no_whole_seconds_of_the_calendar_are_refused() {
    let now = Utc::now().timestamp();
    for exp in [json!(-1), json!("4102444800"), json!([now + 60]), json!(true)] {
        let reason = refusal_of_claims(&with(own_claims(), "exp", exp));
        assert!(["claim_missing", "malformed"].contains(&reason), "{reason}");
    }
    for exp in [json!(u64::MAX), json!(i64::MAX), json!(9e15)] {
        assert_eq!(refusal_of_claims(&with(own_claims(), "exp", exp)), "expiry");
    }
}

#[test]
fn issuer_and_audience_must_be_ours() {
    for (issuer, audience, reason) in [
        ("other", AUDIENCE, "issuer"),
        ("", AUDIENCE, "issuer"),
        ("Subsidy-Ledger", AUDIENCE, "issuer"),
        (ISSUER, "other", "audience"),
        (ISSUER, "", "audience"),
    ] {
        assert_eq!(refusal_of_claims(&claims(issuer, audience)), reason);
    }
    assert_eq!(refusal_of_claims(&with(own_claims(), "iss", json!([ISSUER, "other"]))), "issuer");
    assert_eq!(refusal_of_claims(&with(own_claims(), "aud", json!([]))), "audience");
    let several = with(own_claims(), "aud", json!(["other", AUDIENCE]));
    assert!(verifier().verify(&signed(SEED, &own_header(), &several)).is_ok());
}

#[test]
fn a_changed_payload_or_another_key_is_refused() {
    let token = minted();
    let mut parts = token.split('.');
    let (header, _, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let forged = with(own_claims(), "roles", json!(["officer", "approver"])).to_string();
    assert_eq!(refusal(&format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(forged))), "signature");
    assert_eq!(refusal(&signed([9; 32], &own_header(), &own_claims())), "signature");
}

#[test]
fn unknown_roles_and_malformed_claims_are_refused() {
    for roles in
        [json!(["officer", "superuser"]), json!(["Officer"]), json!("officer"), json!([5]), json!({})]
    {
        assert_eq!(refusal_of_claims(&with(own_claims(), "roles", roles)), "roles");
    }
    for agency in [json!("../x"), json!("Shanghai"), json!(""), json!(5), json!(["shanghai"])] {
        assert_eq!(refusal_of_claims(&with(own_claims(), "agency", agency)), "agency");
    }
    for subject in [json!(""), json!("a b"), json!("a\u{200b}"), json!("a".repeat(641))] {
        assert_eq!(refusal_of_claims(&with(own_claims(), "sub", subject)), "subject");
    }
    for code in [json!("91350100M000100Y44"), json!(""), json!(5)] {
        assert_eq!(refusal_of_claims(&with(own_claims(), "organisation", code)), "organisation");
    }
}

#[test]
fn a_claim_that_stands_there_twice_is_refused() {
    let claims = own_claims().to_string();
    for twice in
        [r#""roles":["officer"],"#, r#""agency":"shanghai","#, r#""sub":"u-1","#, r#""exp":4102444800,"#]
    {
        let doubled = claims.replacen('{', &format!("{{{twice}"), 1);
        assert_eq!(refusal(&signed_text(SEED, &own_header().to_string(), &doubled)), "malformed");
    }
}

#[test]
fn enterprises_providers_and_banks_need_an_organisation() {
    for role in ["enterprise", "provider", "bank"] {
        let claims = with(own_claims(), "roles", json!([role, "officer"]));
        assert_eq!(refusal_of_claims(&claims), "organisation_missing");
        let claims = with(claims, "organisation", json!(CODE));
        let identity = verifier().verify(&signed(SEED, &own_header(), &claims)).unwrap();
        assert_eq!(identity.actor.organisation, Some(CreditCode::parse(CODE).unwrap()));
    }
}

#[test]
fn what_is_too_long_is_not_even_read() {
    let padded = with(own_claims(), "padding", json!("a".repeat(TOKEN_BYTES_MAX)));
    assert_eq!(refusal_of_claims(&padded), "too_long");
    assert_eq!(refusal(&"a".repeat(TOKEN_BYTES_MAX + 1)), "too_long");
}

#[test]
fn tokens_of_a_provider_are_accepted_with_eddsa_and_es256() {
    let provider = Provider::new();
    let claims = claims(PROVIDER, "ledger");
    let theirs = Actor { subject: Subject::of(PROVIDER, "u-1").unwrap(), ..actor(Role::Officer) };
    assert_eq!(provider.verify(&es256("ec", &claims)).unwrap().actor, theirs);
    let header = json!({"alg": "EdDSA", "kid": "ed"});
    assert!(provider.verify(&signed(PROVIDER_SEED, &header, &claims)).is_ok());
    assert!(provider.verify(&minted()).is_ok());
    assert_eq!(refusal(&es256("ec", &claims)), "unknown_key");
}

#[test]
fn keys_of_a_provider_are_held_to_their_own_algorithm() {
    let provider = Provider::new();
    let claims = claims(PROVIDER, "ledger");
    let reason = |token: &str| provider.verify(token).unwrap_err().reason();
    assert_eq!(reason(&es256("ed", &claims)), "algorithm");
    assert_eq!(reason(&signed(PROVIDER_SEED, &json!({"alg": "EdDSA", "kid": "ec"}), &claims)), "algorithm");
    assert_eq!(reason(&signed(PROVIDER_SEED, &json!({"alg": "RS256", "kid": "ec"}), &claims)), "algorithm");
    assert_eq!(
        reason(&signed(PROVIDER_SEED, &json!({"alg": "RS256", "kid": "rsa"}), &claims)),
        "unknown_key"
    );
    assert_eq!(reason(&es256(own_key().kid(), &claims)), "algorithm");
}

#[test]
fn a_key_vouches_for_its_own_issuer_only() {
    let provider = Provider::new();
    let reason = |token: &str| provider.verify(token).unwrap_err().reason();
    assert_eq!(reason(&es256("ec", &own_claims())), "issuer");
    assert_eq!(reason(&es256("ec", &claims(PROVIDER, AUDIENCE))), "audience");
    assert_eq!(reason(&signed(SEED, &own_header(), &claims(PROVIDER, "ledger"))), "issuer");
    assert_eq!(reason(&signed(SEED, &own_header(), &claims(PROVIDER, AUDIENCE))), "issuer");
}

#[test]
fn a_provider_cannot_be_configured_under_the_own_name_or_without_one() {
    let provider = Provider::new();
    for (issuer, audience) in [(ISSUER, "ledger"), ("", "ledger"), (PROVIDER, ""), ("https://id#1", "ledger")]
    {
        let config =
            JwksConfig { issuer: issuer.into(), audience: audience.into(), ..provider.config.clone() };
        assert!(matches!(Verifier::new(&own_key(), Some(config)), Err(JwksError::Issuer)));
    }
}

#[test]
fn beside_a_provider_own_tokens_serve_only_where_the_operator_says_so() {
    let mut provider = Provider::new();
    assert!(provider.verify(&minted()).is_ok());
    provider.config.own_tokens = OwnTokens::Off;
    assert_eq!(provider.verify(&minted()).unwrap_err().reason(), "own_tokens_off");
    assert!(provider.verify(&es256("ec", &claims(PROVIDER, "ledger"))).is_ok());
    // a machine that is named serves, and nobody else, however alike
    for (named, serves) in [("u-1", true), ("u-2", false), ("U-1", false)] {
        provider.config.own_tokens = OwnTokens::Of(std::iter::once(named.to_owned()).collect());
        let reason = provider.verify(&minted()).map_err(|error| error.reason()).err();
        assert_eq!(reason, (!serves).then_some("own_tokens_off"), "{named}");
        assert!(provider.verify(&es256("ec", &claims(PROVIDER, "ledger"))).is_ok());
    }
}

#[test]
fn a_subject_is_its_issuers_and_may_be_in_any_letters() {
    let provider = Provider::new();
    let subject = |token: &str| provider.verify(token).unwrap().actor.subject.to_string();
    assert_eq!(subject(&minted()), "subsidy-ledger#u-1");
    let token = es256("ec", &with(claims(PROVIDER, "ledger"), "sub", json!("张三")));
    assert_eq!(subject(&token), format!("{PROVIDER}#张三"));
}

#[test]
fn errors_never_repeat_the_token() {
    let secret = "do-not-print-me";
    let token = signed(SEED, &own_header(), &with(own_claims(), "roles", json!([secret])));
    let error = verifier().verify(&token).unwrap_err();
    assert_eq!(error.to_string(), "token refused: roles");
    assert!(!format!("{error:?}").contains(secret));
}

proptest! {
    #[test]
    fn no_text_makes_it_fall_over(text in "[ -~]{0,200}") {
        prop_assert!(verifier().verify(&text).is_err());
    }

    #[test]
    fn no_other_character_in_a_token_passes(
        place in any::<prop::sample::Index>(),
        other in "[A-Za-z0-9_.=-]",
    ) {
        let token = minted();
        let place = place.index(token.len() - 1);
        let mut changed = token.clone();
        changed.replace_range(place..=place, &other);
        prop_assume!(changed != token);
        prop_assert!(verifier().verify(&changed).is_err());
    }
}
