#![allow(clippy::unwrap_used, reason = "tests")]

use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::claims::OneOrMore;
use super::super::sign_in::KeySource;
use super::*;
use subsidy_core::domain::{Role, Subject};
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
    open(None).unwrap()
}

fn open(sign_in: Option<&SignIn>) -> Result<Verifier, KeysError> {
    let nowhere = std::path::Path::new("/nowhere");
    block_on(Verifier::open(&own_key(), sign_in, nowhere))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn verify(verifier: &Verifier, token: &str) -> Result<Identity, TokenError> {
    block_on(verifier.verify(token))
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
    verify(&verifier(), token).unwrap_err().reason()
}

fn refusal_of_claims(claims: &Value) -> &'static str {
    refusal(&signed(SEED, &own_header(), claims))
}

struct Provider {
    _scratch: TempDir,
    config: SignIn,
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
            config: SignIn {
                keys: KeySource::File(path),
                own_tokens: OwnTokens::On,
                ..SignIn::of(PROVIDER.to_owned(), OneOrMore(vec!["ledger".to_owned()]))
            },
        }
    }

    fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        super::tests::verify(&open(Some(&self.config)).unwrap(), token)
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
        let identity = verify(&verifier(), &token).unwrap();
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
    let first = verify(&verifier, &token).unwrap();
    let digest = Sha256::digest(&token).into();
    assert_eq!(lock(&verifier.cache).get(&digest, 0, Utc::now()), Some(&first));
    assert_eq!(lock(&verifier.cache).get(&digest, 0, first.expires_at), None);
    assert_eq!(verify(&verifier, &token).unwrap(), first);
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
    assert!(verify(&verifier(), &signed(SEED, &header, &own_claims())).is_ok());
    let provider = Provider::new();
    let token = signed(PROVIDER_SEED, &header, &claims(PROVIDER, "ledger"));
    assert_eq!(provider.verify(&token).unwrap_err().reason(), "signature");
}

#[test]
fn a_providers_key_without_an_id_serves_its_tokens_without_one() {
    let provider = Provider::new();
    let KeySource::File(path) = &provider.config.keys else { return };
    let x = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&PROVIDER_SEED).verifying_key().as_bytes());
    let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]});
    std::fs::write(path, set.to_string()).unwrap();
    let header = without(own_header(), "kid");
    let claims = claims(PROVIDER, "ledger");
    assert!(provider.verify(&signed(PROVIDER_SEED, &header, &claims)).is_ok());
    assert!(provider.verify(&signed(SEED, &header, &own_claims())).is_ok(), "own tokens as before");
    for (seed, claims) in [(SEED, claims.clone()), (PROVIDER_SEED, own_claims())] {
        assert_eq!(provider.verify(&signed(seed, &header, &claims)).unwrap_err().reason(), "signature");
    }
    for kid in ["", "other"] {
        let named = with(header.clone(), "kid", json!(kid));
        let refused = provider.verify(&signed(PROVIDER_SEED, &named, &claims)).unwrap_err();
        assert_eq!(refused.reason(), "unknown_key", "{kid}");
    }
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
    assert!(verify(&verifier(), &signed(SEED, &header, &own_claims())).is_ok());
}

#[test]
fn critical_header_members_are_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        let header = with(own_header(), "crit", crit);
        assert_eq!(refusal(&signed(SEED, &header, &own_claims())), "critical_header");
    }
}

#[test]
fn what_says_who_calls_and_until_when_is_required() {
    for claim in ["exp", "iss", "aud", "sub", "agency", "roles"] {
        let expected = match claim {
            "sub" => "subject",
            "agency" | "roles" => claim,
            _ => "claim_missing",
        };
        assert_eq!(refusal_of_claims(&without(own_claims(), claim)), expected, "{claim}");
        assert_eq!(refusal_of_claims(&with(own_claims(), claim, json!(null))), expected, "{claim}");
    }
    for claim in ["iat", "nbf"] {
        assert!(verify(&verifier(), &signed(SEED, &own_header(), &without(own_claims(), claim))).is_ok());
    }
}

#[test]
fn a_token_counts_from_nbf_to_exp_with_five_seconds_for_clocks() {
    let now = Utc::now().timestamp();
    assert_eq!(refusal_of_claims(&with(own_claims(), "exp", json!(now - 10))), "expired");
    assert_eq!(refusal_of_claims(&with(own_claims(), "exp", json!(0))), "expired");
    assert_eq!(refusal_of_claims(&with(own_claims(), "nbf", json!(now + 10))), "not_yet_valid");
    for claims in [with(own_claims(), "exp", json!(now - 2)), with(own_claims(), "nbf", json!(now + 3))] {
        assert!(verify(&verifier(), &signed(SEED, &own_header(), &claims)).is_ok());
    }
}

#[test]
fn times_that_are_no_seconds_of_the_calendar_are_refused_and_fractions_left_out() {
    let now = Utc::now().timestamp();
    for exp in [json!(-1), json!("4102444800"), json!([now + 60]), json!(true)] {
        let reason = refusal_of_claims(&with(own_claims(), "exp", exp));
        assert!(["claim_missing", "malformed"].contains(&reason), "{reason}");
    }
    for exp in [json!(u64::MAX), json!(i64::MAX), json!(9e15)] {
        assert_eq!(refusal_of_claims(&with(own_claims(), "exp", exp)), "expiry");
    }
    assert_eq!(refusal_of_claims(&with(own_claims(), "nbf", json!("0"))), "claim_malformed");
    assert_eq!(refusal_of_claims(&with(own_claims(), "iat", json!("0"))), "expiry");
    let fraction: Value = serde_json::from_str(&format!("{}.75", now + 60)).unwrap();
    let token = signed(SEED, &own_header(), &with(own_claims(), "exp", fraction));
    assert_eq!(verify(&verifier(), &token).unwrap().expires_at.timestamp(), now + 60);
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
    assert!(verify(&verifier(), &signed(SEED, &own_header(), &several)).is_ok());
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
fn roles_of_others_are_ignored_and_malformed_claims_refused() {
    let roles = with(own_claims(), "roles", json!(["officer", "superuser", "offline_access"]));
    let identity = verify(&verifier(), &signed(SEED, &own_header(), &roles)).unwrap();
    assert_eq!(identity.actor.roles, Role::Officer.into());
    for roles in [json!(["superuser"]), json!(["Officer"]), json!([]), json!([5]), json!({})] {
        assert_eq!(refusal_of_claims(&with(own_claims(), "roles", roles)), "roles");
    }
    for agency in
        [json!("../x"), json!("Shanghai"), json!(""), json!(5), json!([]), json!(["shanghai", "bj"])]
    {
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
        let identity = verify(&verifier(), &signed(SEED, &own_header(), &claims)).unwrap();
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
        let audience = OneOrMore(vec![audience.to_owned()]);
        let config = SignIn { issuer: issuer.into(), audience, ..provider.config.clone() };
        assert!(matches!(open(Some(&config)), Err(KeysError::Settings(_))));
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
    let error = verify(&verifier(), &token).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.claim()), ("token refused: roles", "roles"));
    assert!(!format!("{error:?}").contains(secret));
}

/// What the settings of a table of TOML make of claims.
fn mapped(settings: &str, claims: &Value) -> Result<Identity, &'static str> {
    let mut provider = Provider::new();
    provider.config.claims = toml::from_str(settings).unwrap();
    provider.verify(&es256("ec", claims)).map_err(|error| error.reason())
}

/// Claims as Keycloak writes them, in short.
fn of_keycloak() -> Value {
    let mut claims = claims(PROVIDER, "ledger");
    for ours in ["agency", "roles", "nbf"] {
        claims = without(claims, ours);
    }
    claims = with(claims, "realm_access", json!({"roles": ["offline_access", "ledger-officer"]}));
    claims = with(claims, "groups", json!(["/bj/审批", "/all"]));
    claims = with(claims, "https://id.example/unit", json!({"code": "1101", "org": CODE}));
    with(claims, "typ", json!("Bearer"))
}

#[test]
fn the_settings_say_where_in_a_token_it_stands_who_calls() {
    let settings = r#"
        subject = "sub"
        agency = { claim = "https://id.example/unit.code", values = { 1101 = "bj" } }
        organisation = "https://id.example/unit.org"
        [roles]
        claim = ["realm_access.roles", "groups"]
        values = { ledger-officer = "officer", "/bj/审批" = ["approver", "auditor"] }
    "#;
    let identity = mapped(settings, &of_keycloak()).unwrap();
    assert_eq!(identity.agency.to_string(), "bj");
    assert_eq!(identity.actor.roles, [Role::Officer, Role::Approver, Role::Auditor].into_iter().collect());
    assert_eq!(identity.actor.organisation, Some(CreditCode::parse(CODE).unwrap()));
    let fixed = "agency = { fixed = \"bj\" }\nroles = { fixed = [\"auditor\"] }\nsubject = \"oid\"";
    let identity = mapped(fixed, &with(of_keycloak(), "oid", json!("u-9"))).unwrap();
    assert_eq!(identity.actor.subject.to_string(), format!("{PROVIDER}#u-9"));
    assert_eq!(mapped(fixed, &of_keycloak()).unwrap_err(), "subject");
    let casdoor =
        with(claims(PROVIDER, "ledger"), "roles", json!([{"name": "officer", "owner": "x"}, {"name": "y"}]));
    let identity = mapped("roles = \"roles[].name\"", &casdoor).unwrap();
    assert_eq!(identity.actor.roles, Role::Officer.into());
    let scoped = with(claims(PROVIDER, "ledger"), "scope", json!("openid auditor officer"));
    let identity = mapped("roles = \"scope\"", &scoped).unwrap();
    assert_eq!(identity.actor.roles, [Role::Officer, Role::Auditor].into_iter().collect());
}

#[test]
fn what_a_mapping_finds_nothing_for_is_refused_by_its_name() {
    let unit = |values: &str| {
        format!("roles = {{ fixed = \"auditor\" }}\nagency = {{ claim = \"groups\", values = {values} }}")
    };
    assert!(mapped(&unit("{ \"/all\" = \"bj\" }"), &of_keycloak()).is_ok());
    assert_eq!(mapped(&unit("{}"), &of_keycloak()).unwrap_err(), "agency");
    let two = unit("{ \"/all\" = \"bj\", \"/bj/审批\" = \"sh\" }");
    assert_eq!(mapped(&two, &of_keycloak()).unwrap_err(), "agency", "one of two");
    assert_eq!(mapped("agency = { fixed = \"bj\" }", &of_keycloak()).unwrap_err(), "roles");
    let bank = "agency = { fixed = \"bj\" }\nroles = { fixed = \"bank\" }";
    assert_eq!(mapped(bank, &of_keycloak()).unwrap_err(), "organisation_missing");
    let organisation = format!("{bank}\norganisation = \"groups\"");
    assert_eq!(mapped(&organisation, &of_keycloak()).unwrap_err(), "organisation");
}

#[test]
fn a_mapping_to_what_is_none_of_ours_stops_the_start() {
    let mut provider = Provider::new();
    for (settings, name) in [
        ("roles = { fixed = \"boss\" }", "boss"),
        ("roles = { values = { x = [\"officer\", \"Boss\"] } }", "Boss"),
        ("agency = { fixed = \"BJ\" }", "BJ"),
        ("organisation = { values = { erp = \"91\" } }", "91"),
        ("agency = { claim = \"a\", fixed = \"bj\" }", "either"),
    ] {
        provider.config.claims = toml::from_str(settings).unwrap();
        let error = open(Some(&provider.config)).unwrap_err().to_string();
        assert!(error.contains(name), "{settings}: {error}");
    }
    for wrong in ["roles = 5", "roles = { clam = \"x\" }", "rolls = \"x\""] {
        assert!(toml::from_str::<ClaimsMap>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_providers_token_is_bound_in_time_in_use_and_in_whom_it_was_issued_to() {
    let mut provider = Provider::new();
    let now = Utc::now().timestamp();
    let reason = |provider: &Provider, claim: &str, value: Value| {
        let token = es256("ec", &with(claims(PROVIDER, "ledger"), claim, value));
        provider.verify(&token).map_err(|error| error.reason()).err()
    };
    assert_eq!(reason(&provider, "exp", json!(now + 168 * 3600)), None);
    assert_eq!(reason(&provider, "exp", json!(now + 168 * 3600 + 60)), Some("lifetime"));
    provider.config.lifetime_hours_max = 1;
    // a token is issued at its own now, which may be a second later
    assert_eq!(reason(&provider, "exp", json!(now + 3660)), Some("lifetime"));
    assert_eq!(reason(&provider, "iat", json!(now - 3600)), Some("lifetime"));
    assert_eq!(reason(&provider, "iat", json!(now + 60)), Some("issued_in_future"));
    assert_eq!(reason(&provider, "nbf", json!(now + 60)), Some("not_yet_valid"));
    provider.config.clock_skew_seconds = 90;
    assert_eq!(reason(&provider, "iat", json!(now + 60)), None);
    assert_eq!(reason(&provider, "nbf", json!(now + 60)), None);
    for (claim, other) in
        [("typ", "ID"), ("typ", "Refresh"), ("tokenType", "refresh-token"), ("token_use", "id")]
    {
        assert_eq!(reason(&provider, claim, json!(other)), Some("type"), "{claim} {other}");
    }
    assert_eq!(reason(&provider, "events", json!({})), Some("type"));
    assert_eq!(reason(&provider, "tokenType", json!("access-token")), None);
    provider.config.clients = OneOrMore(vec!["console".to_owned(), "erp-1".to_owned()]);
    for claim in ["azp", "client_id", "appid"] {
        assert_eq!(reason(&provider, claim, json!("erp-1")), None);
        assert_eq!(reason(&provider, claim, json!("other")), Some("client"));
    }
    assert_eq!(reason(&provider, "x", json!(1)), Some("client"));
    provider.config.audience = OneOrMore(vec!["other".to_owned(), "ledger".to_owned()]);
    assert_eq!(reason(&provider, "azp", json!("console")), None);
}

proptest! {
    #[test]
    fn no_text_makes_it_fall_over(text in "[ -~]{0,200}") {
        prop_assert!(verify(&verifier(), &text).is_err());
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
        prop_assert!(verify(&verifier(), &changed).is_err());
    }
}

/// What comes of an ID token that a sign-in of the console, with the nonce `n-1`, was given.
fn id_token(token: &str) -> Result<Identity, &'static str> {
    let verifier = open(Some(&Provider::new().config)).unwrap();
    let expected = ExpectedIdToken { client_id: "console".to_owned(), nonce: "n-1".to_owned() };
    block_on(verifier.verify_id_token(token, expected)).map_err(|error| error.reason())
}

#[test]
fn an_id_token_serves_the_one_sign_in_that_asked_for_it() {
    let now = Utc::now().timestamp();
    let claims = with(without(claims(PROVIDER, "console"), "nbf"), "nonce", json!("n-1"));
    let said = |claim: &str, value: Value| id_token(&es256("ec", &with(claims.clone(), claim, value))).err();
    let identity = id_token(&es256("ec", &claims)).unwrap();
    assert_eq!(identity.actor.subject.to_string(), format!("{PROVIDER}#u-1"));
    assert_eq!(said("typ", json!("ID")), None);
    assert_eq!(said("azp", json!("console")), None);
    assert_eq!(said("nonce", json!("n-2")), Some("nonce"));
    assert_eq!(id_token(&es256("ec", &without(claims.clone(), "nonce"))).err(), Some("nonce"));
    assert_eq!(id_token(&es256("ec", &without(claims.clone(), "iat"))).err(), Some("claim_missing"));
    assert_eq!(said("exp", json!(now - 6)), Some("expired"));
    assert_eq!(said("iat", json!(now + 60)), Some("issued_in_future"));
    assert_eq!(said("aud", json!("portal")), Some("audience"));
    assert_eq!(said("aud", json!(["portal", "console"])), Some("client"), "of several, whose it is");
    assert_eq!(said("azp", json!("portal")), Some("client"));
    assert_eq!(said("iss", json!(ISSUER)), Some("issuer"));
    assert_eq!(said("typ", json!("Refresh")), Some("type"));
    assert_eq!(said("events", json!({})), Some("type"));
    assert_eq!(said("roles", json!(["boss"])), Some("roles"));
    assert_eq!(id_token(&es256("other", &claims)).err(), Some("unknown_key"));
    assert_eq!(id_token(&minted()).err(), Some("unknown_key"), "the service's own are no ID tokens");
}
