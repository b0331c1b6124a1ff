//! Signing in at a real OpenID Connect provider: programs and people, every algorithm, keys that rotate, a provider that is
//! away, and tokens that say too little.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use subsidy_auth::claims::OneOrMore;
use subsidy_auth::sign_in::SignIn;
use subsidy_auth::token::Verifier;

use crate::support::identity_provider::{IdentityProvider, free_port};
use crate::support::service::{Answer, Service, fresh_folder};

const FIRM: &str = "91310000MA1FL0000N";

/// As Keycloak, Casdoor and Entra put it: roles within an object, within objects of a list, groups; a department's name.
fn claims() -> Value {
    json!({
        "erp-1": {"roles": [{"name": "ledger-enterprise"}], "unit": "上海"},
        "wang": {"realm_access": {"roles": ["offline_access", "ledger-officer"]}, "unit": "上海"},
        "li": {"realm_access": {"roles": ["offline_access"]}, "unit": "上海"},
        "zhao": {"groups": ["/ledger/auditors"]},
    })
}

fn configured(folder: &Path, issuer: &str) -> std::path::PathBuf {
    let path = folder.join("ledger.toml");
    let text = format!(
        r#"
        [sign_in]
        issuer = "{issuer}"
        audience = ["another", "ledger"]
        clients = ["erp-1", "portal"]
        [sign_in.claims]
        agency = {{ claim = "unit", values = {{ "上海" = "city" }} }}
        organisation = {{ claim = "client_id", values = {{ erp-1 = "{FIRM}" }} }}
        [sign_in.claims.roles]
        claim = ["realm_access.roles", "roles[].name", "groups"]
        values = {{ ledger-officer = "officer", ledger-enterprise = "enterprise", "/ledger/auditors" = "auditor" }}
        "#
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// Refused for a reason that is said to the caller, in the header and in the problem, in either language.
fn refused(service: &Service, token: &str, english: &str, chinese: &str) {
    let ask =
        |language: &str| service.send("GET", "/v1/me", Some(token), None, &[("Accept-Language", language)]);
    let detail =
        |answer: Answer| answer.is(401, "unauthenticated").json()["detail"].as_str().unwrap().to_owned();
    let answer = ask("en");
    let challenge = answer.header("www-authenticate").unwrap().to_owned();
    let detail_en = detail(answer);
    assert!(detail_en.contains(english), "{detail_en}");
    assert_eq!(challenge, format!("Bearer error=\"invalid_token\", error_description=\"{detail_en}\""));
    let detail_zh = detail(ask("zh"));
    assert!(detail_zh.contains(chinese), "{detail_zh}");
}

fn wait_for_the_next_look() {
    std::thread::sleep(Duration::from_millis(10_200));
}

#[test]
fn programs_and_people_sign_in_at_a_real_provider_whose_keys_rotate_and_that_goes_away() {
    let port = free_port();
    let Some(provider) = IdentityProvider::start(port, 1, &claims()) else { return };
    let folder = fresh_folder();
    let (config, log) = (configured(&folder, &provider.issuer), folder.join("log"));
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    let service = Service::start_configured_on(&data, &config, &log);
    service.agency("city");

    // programs, by every algorithm that is taken; the provider's RSA key does not say which it is for
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let me = service.get("/v1/me", &provider.program(&format!("urn:ledger:{algorithm}:300")));
        assert_eq!(me["subject"], json!(format!("{}#erp-1", provider.issuer)), "{algorithm}");
        assert_eq!((&me["roles"], &me["organisation"]), (&json!(["enterprise"]), &json!(FIRM)));
        assert_eq!(me["agency"], "city");
    }
    // people
    let [wang, id_token] = provider.person("wang", "urn:ledger:RS256:300");
    let me = service.get("/v1/me", &wang);
    assert_eq!(me["subject"], json!(format!("{}#wang", provider.issuer)));
    assert_eq!((&me["roles"], &me["organisation"]), (&json!(["officer"]), &Value::Null));
    let rate = json!({"name": "LPR5Y", "date": "2025-01-01", "percent": "3.6"});
    service.expect(201, "/v1/reference-rates", &wang, &rate);

    // what says too little, or is none for this service
    refused(&service, &id_token, "aud does not name this service", "aud 不包含本服务");
    let [li, _] = provider.person("li", "urn:ledger:ES256:300");
    refused(&service, &li, "realm_access.roles, roles[].name, groups names no role", "没有本账簿的角色");
    let [zhao, _] = provider.person("zhao", "urn:ledger:ES256:300");
    refused(&service, &zhao, "claim unit names not exactly one agency", "声明 unit 没有指明唯一一个机构");
    let long = provider.program("urn:ledger:ES256:1209600");
    refused(&service, &long, "valid for longer than is allowed", "有效期超过允许的上限");
    let other = provider.program("urn:ledger:RS512:300");
    refused(&service, &other, "kid) is not known", "不在已知密钥之列");
    let own = service.token("city", "officer", "wang", None);
    refused(&service, &own, "own tokens are refused", "自签的令牌不再使用");
    let (code, said) = service.ended(&["--config", config.to_str().unwrap(), "doctor"]);
    assert_eq!(code, 0, "{said}");
    let taken = "\"ec-1\" for [ES256], \"ed-1\" for [EdDSA], \"rsa-1\" for [RS256, PS256]";
    assert!(said.contains(taken) && said.contains("passed over \"other-1\": its alg"), "{said}");

    // other keys: the first token that names one has it fetched, and what the former ones signed serves no more
    drop(provider);
    let provider = IdentityProvider::start(port, 2, &claims()).unwrap();
    let erp = provider.program("urn:ledger:EdDSA:300");
    assert_eq!(service.ask("/v1/me", &wang).status, 200, "nobody has looked yet");
    wait_for_the_next_look();
    assert_eq!(service.ask("/v1/me", &erp).status, 200);
    refused(&service, &wang, "kid) is not known", "不在已知密钥之列");
    assert_eq!(service.send("GET", "/readyz", None, None, &[]).text, "ok\n");

    // away: the last good set serves, and this is said
    drop(provider);
    wait_for_the_next_look();
    refused(&service, &wang, "kid) is not known", "不在已知密钥之列");
    assert_eq!(service.ask("/v1/me", &erp).status, 200);
    let ready = service.send("GET", "/readyz", None, None, &[]).expect(200).text;
    assert!(
        ready.starts_with("ok\nsign_in_keys_stale: since 2") && ready.contains("does not answer"),
        "{ready}"
    );
    drop(service);
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("could not be read again, the last good set serves"), "{said}");
    assert!(said.contains("a token was refused") && !said.contains(&wang[..40]), "{said}");

    // and over a start; without a set that was read before there is none
    let service = Service::start_configured_on(&data, &config, &log);
    assert_eq!(service.ask("/v1/me", &erp).status, 200);
    assert!(service.send("GET", "/readyz", None, None, &[]).text.contains("sign_in_keys_stale"));
    let (code, said) = service.ended(&["--config", config.to_str().unwrap(), "doctor"]);
    assert!(
        code == 0 && said.contains("warning  sign-in") && said.contains("last good set serves"),
        "{said}"
    );
    drop(service);
    std::fs::remove_file(data.join("sign-in-keys.json")).unwrap();
    let (code, said) = Service::fails_to_start(&data, &config);
    assert!(code == 1 && said.contains("does not answer") && !said.contains("listening"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn tokens_are_revoked_by_their_subject_or_their_id_in_every_process() {
    let folder = fresh_folder();
    let database = folder.join("data");
    std::fs::create_dir(&database).unwrap();
    let service = Service::start_durable(&database);
    service.agency("city");
    let operator = service.token("city", "operator", "ops", None);
    let revoke = |token: &str, body: Value| service.post("/v1/tokens/revoke", token, &body);
    let [first, second] = [(); 2].map(|()| service.token("city", "officer", "wang", None));
    let other = service.token("city", "auditor", "zhou", None);
    for token in [&first, &second, &other] {
        service.ask("/v1/me", token).expect(200);
    }

    // one, by its id
    let payload = URL_SAFE_NO_PAD.decode(first.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    let id = format!("subsidy-ledger#{}", claims["jti"].as_str().unwrap());
    let answer = revoke(&operator, json!({"token": id, "reason": "遗失"})).expect(200).json();
    assert_eq!((&answer["token"], &answer["subject"]), (&json!(id), &Value::Null));
    assert_eq!(answer["revoked_by"], "subsidy-ledger#ops");
    refused(&service, &first, "was revoked", "已被吊销");
    service.ask("/v1/me", &second).expect(200);

    // all of a subject until now; a dry run revokes nothing
    let wang = json!({"subject": "subsidy-ledger#wang", "reason": "调离"});
    service.post("/v1/tokens/revoke?dry_run=true", &operator, &wang).expect(200);
    service.ask("/v1/me", &second).expect(200);
    revoke(&operator, wang).expect(200);
    refused(&service, &second, "was revoked", "已被吊销");
    service.ask("/v1/me", &other).expect(200);
    std::thread::sleep(Duration::from_millis(1_100));
    let renewed = service.token("city", "officer", "wang", None);
    service.ask("/v1/me", &renewed).expect(200);

    // who may not, and what is nobody's
    let body = json!({"subject": "subsidy-ledger#zhou", "reason": "x"});
    revoke(&renewed, body.clone()).is(403, "forbidden");
    revoke(&operator, json!({"reason": "x"})).refuses(422, "missing_field", "/subject");
    revoke(&operator, json!({"subject": "zhou", "reason": "x"})).refuses(422, "invalid_value", "/subject");
    let both = json!({"subject": "a#b", "token": "a#c", "reason": "x"});
    revoke(&operator, both).refuses(422, "invalid_value", "/token");
    revoke(&operator, json!({"subject": "a#b"})).refuses(422, "missing_field", "/reason");
    service.verifies("city");

    // another process reads the same ledger
    drop(service);
    let service = Service::start_durable(&database);
    refused(&service, &first, "was revoked", "已被吊销");
    refused(&service, &second, "was revoked", "已被吊销");
    service.ask("/v1/me", &renewed).expect(200);
    drop(service);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What stands between a fence of a language and its end, in order.
fn blocks<'a>(text: &'a str, language: &'a str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The recipes of the guide sign people in whose tokens say what follows each.
#[tokio::test]
async fn every_recipe_of_the_guide_signs_in_with_the_claims_of_its_product() {
    let guide = include_str!("../../docs/sign-in.md");
    let (recipes, samples) = (blocks(guide, "toml"), blocks(guide, "json"));
    assert_eq!((recipes.len(), samples.len()), (4, 4));
    let named: serde_json::Map<String, Value> = (samples.iter().enumerate())
        .map(|(index, sample)| (format!("person-{index}"), serde_json::from_str(sample).unwrap()))
        .collect();
    let Some(provider) = IdentityProvider::start(free_port(), 1, &Value::Object(named)) else { return };
    let folder = tempfile::TempDir::new().unwrap();
    let keys = crate::support::keys_in(&folder.path().join("keys"));
    for (index, (recipe, roles)) in
        recipes.iter().zip(["officer", "enterprise", "approver", "auditor"]).enumerate()
    {
        let mut settings: toml::Table = recipe.parse().unwrap();
        let mut sign_in: SignIn = settings.remove("sign_in").unwrap().try_into().unwrap();
        assert_eq!(sign_in.wrong(), None, "{recipe}");
        (sign_in.issuer, sign_in.audience) = (provider.issuer.clone(), OneOrMore(vec!["ledger".to_owned()]));
        let verifier = Verifier::open(keys.token_key(), Some(&sign_in), folder.path()).await.unwrap();
        let [token, _] = provider.person(&format!("person-{index}"), "urn:ledger:RS256:300");
        let identity = verifier.verify(&token).await.unwrap_or_else(|error| panic!("{recipe}: {error}"));
        assert_eq!(json!(identity.actor.roles), json!([roles]), "{recipe}");
        assert_eq!(identity.agency.as_str(), "city");
        assert_eq!(identity.actor.organisation.is_some(), roles == "enterprise");
        assert!(identity.actor.subject.as_str().starts_with(&format!("{}#", provider.issuer)));
    }
}
