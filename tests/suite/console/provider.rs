//! Signing in to the console at a real OpenID Connect provider, by its pages, and everything that is refused on the way
//! back.

use serde_json::{Value, json};

use super::browser::{Browser, escaped, refused, unescaped};
use crate::support::identity_provider::{IdentityProvider, free_port};
use crate::support::service::{Service, fresh_folder};

fn claims() -> Value {
    json!({
        "wang": {"realm_access": {"roles": ["ledger-officer"]}, "unit": "上海"},
        "li": {"realm_access": {"roles": ["offline_access"]}, "unit": "上海"},
        "zhao": {"realm_access": {"roles": ["ledger-officer"]}},
        "qian": {"realm_access": {"roles": ["ledger-officer"]}, "unit": "北京"},
    })
}

fn configuration(issuer: &str, base: &str, secret: &str) -> String {
    format!(
        r#"
        public_url = "{base}"
        [sign_in]
        issuer = "{issuer}"
        audience = "ledger"
        [sign_in.console]
        client_id = "console"
        secret_file = "{secret}"
        [sign_in.claims]
        agency = {{ claim = "unit", values = {{ "上海" = "city", "北京" = "capital" }} }}
        [sign_in.claims.roles]
        claim = "realm_access.roles"
        values = {{ ledger-officer = "officer" }}
        "#
    )
}

/// A value in the query of an address.
fn value<'a>(address: &'a str, name: &str) -> &'a str {
    let pairs = address.split(['?', '&']).skip(1);
    pairs.filter_map(|pair| pair.split_once('=')).find(|(other, _)| *other == name).expect(name).1
}

struct Trip<'a> {
    provider: &'a IdentityProvider,
    base: &'a str,
}

impl Trip<'_> {
    fn back(&self) -> String {
        format!("{}/sign-in/return", self.base)
    }

    /// The path that the provider sends a person back to who left for it in this browser.
    fn of(&self, browser: &mut Browser, login: &str) -> String {
        let left = browser.get("/sign-in/provider");
        assert_eq!(left.status, 303, "{}", left.html);
        self.path(&self.provider.walk(&left.location, login, &self.back()))
    }

    fn path(&self, address: &str) -> String {
        address.strip_prefix(self.base).expect("an address of the service").to_owned()
    }
}

#[test]
fn people_sign_in_at_a_real_provider_and_what_is_not_theirs_is_refused() {
    let (port, console) = (free_port(), free_port());
    let base = format!("http://127.0.0.1:{console}");
    let Some(provider) = IdentityProvider::start_for(port, 1, &claims(), &base) else { return };
    let folder = fresh_folder();
    let [config, secret, log, data] = ["ledger.toml", "secret", "log", "data"].map(|name| folder.join(name));
    std::fs::create_dir(&data).unwrap();
    std::fs::write(&secret, "a secret: of+the console\n").unwrap();
    let text = configuration(&provider.issuer, &base, &secret.display().to_string());
    std::fs::write(&config, text).unwrap();
    let service = Service::start_configured_at(console, &data, &config, &log);
    service.agency("city");
    let trip = Trip { provider: &provider, base: &base };

    // there and back, to the page that was asked for
    let mut wang = Browser::new(&base);
    let door = wang.get("/sign-in?next=/reference-rates");
    assert!(door.html.contains("统一身份登录") && !door.html.contains("id=\"people\""), "{}", door.html);
    let link = door.links().into_iter().find(|link| link.starts_with("/sign-in/provider")).unwrap();
    let left = wang.get(&link).location;
    assert_eq!((value(&left, "code_challenge_method"), value(&left, "response_type")), ("S256", "code"));
    assert!(left.starts_with(&format!("{}/auth?", provider.issuer)) && value(&left, "nonce").len() == 43);
    let back = trip.path(&provider.walk(&left, "wang", &trip.back()));
    assert_eq!(value(&back, "state"), value(&left, "state"));
    assert_eq!(wang.get(&back).location, "/reference-rates");
    let me = wang.get("/me").html;
    assert!(me.contains(&format!("{}#wang", provider.issuer)) && me.contains("经办"), "{me}");

    // again: whoever is signed in is led on, and nobody else comes in by it
    assert_eq!(wang.get(&back).location, "/tasks");
    let mut other = Browser::new(&base);
    refused(&other.get(&back), 401, "已失效");
    other.get("/me?lang=en");
    refused(&other.get(&back), 401, "no longer serves");

    // another browser, another state
    let path = trip.of(&mut Browser::new(&base), "wang");
    refused(&Browser::new(&base).get(&path), 401, "已失效");
    let mut browser = Browser::new(&base);
    let path = trip.of(&mut browser, "wang");
    let wrong = path.replace(value(&path, "state"), value(&left, "state"));
    refused(&browser.get(&wrong), 401, "已失效");
    refused(&browser.get("/sign-in/return"), 401, "已失效");
    // another provider
    let other_issuer = format!("{}{}", &path[..path.find("&iss=").unwrap()], "&iss=https://other.example");
    refused(&browser.get(&other_issuer), 401, "不是来自");
    refused(&browser.get(&path), 401, "已失效");
    // an answer that does not say of whom it is, where the provider promises to
    let path = trip.of(&mut browser, "wang");
    refused(&browser.get(&path[..path.find("&iss=").unwrap()]), 401, "不是来自");

    // another nonce, a code for another client, a code with another verifier
    let left = browser.get("/sign-in/provider").location;
    let tampered = left.replace(value(&left, "nonce"), "another");
    let path = trip.path(&provider.walk(&tampered, "wang", &trip.back()));
    refused(&browser.get(&path), 401, "nonce");
    let path = trip.of(&mut browser, "wang");
    let portals = path.replace(value(&path, "code"), &provider.code_for_the_portal("wang"));
    refused(&browser.get(&portals), 401, "已经用过或已过期");
    let left = browser.get("/sign-in/provider").location;
    let tampered =
        left.replace(value(&left, "code_challenge"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let path = trip.path(&provider.walk(&tampered, "wang", &trip.back()));
    refused(&browser.get(&path), 401, "已经用过或已过期");

    // people who turn back, whom the provider says too little of, of an agency that is not here
    let left = browser.get("/sign-in/provider").location;
    let path = trip.path(&provider.cancel(&left, &trip.back()));
    refused(&browser.get(&path), 401, "您取消了登录");
    let path = trip.of(&mut browser, "zhao");
    refused(&browser.get(&path), 401, "声明 unit 没有指明唯一一个机构");
    let path = trip.of(&mut browser, "li");
    refused(&browser.get(&path), 401, "没有本账簿的角色");
    let path = trip.of(&mut browser, "qian");
    assert_eq!(browser.get(&path).status, 401);
    assert_eq!(browser.get("/me").status, 303, "nobody came in");

    // a form that waited comes back
    let form = wang.get("/reference-rates").form("/reference-rates");
    wang.cookies.clear();
    let typed = [("/name", "LPR5Y"), ("/date", "2025-01-01"), ("/percent", "3.61")];
    let door = wang.submit("/reference-rates", &form, &typed);
    assert!(door.status == 401 && door.html.contains("action=\"/sign-in/provider\""), "{}", door.html);
    let csrf = door.after("name=\".csrf\"", "value");
    let mut fields = vec![(".csrf", csrf.as_str()), (".next", "/reference-rates")];
    fields.extend(typed);
    fields.push((".write", form[".write"].as_str()));
    let mut unsigned = fields.clone();
    unsigned[0].1 = "guessed";
    assert_eq!(wang.post("/sign-in/provider", &unsigned).status, 403);
    let away = wang.post("/sign-in/provider", &fields);
    let address = away.html.split("content=\"0;url=").nth(1).and_then(|rest| rest.split('"').next());
    let address = unescaped(address.expect("an address"));
    let path = trip.path(&provider.walk(&address, "wang", &trip.back()));
    let back = wang.get(&path);
    assert!(
        back.status == 200 && back.html.contains("3.61") && back.html.contains("尚未提交"),
        "{}",
        back.html
    );

    // out, here and there
    let csrf = wang.get("/me").after("name=\".csrf\"", "value");
    assert_eq!(wang.post("/sign-out", &[(".csrf", &csrf)]).location, "/sign-in?left=1");
    assert!(wang.get("/sign-in?left=1").html.contains("/sign-in/leave"));
    let out = wang.get("/sign-in/leave").location;
    assert!(
        out.contains(&format!(
            "post_logout_redirect_uri={}",
            escaped(&format!("{base}/sign-in")).replace("%2E", ".").replace("%2D", "-")
        )),
        "{out}"
    );
    assert_eq!(provider.sign_out(&out), format!("{base}/sign-in"));

    let (code, said) = service.ended(&["--config", config.to_str().unwrap(), "doctor"]);
    assert!(code == 0 && said.contains("console sign-in") && said.contains(&trip.back()), "{said}");

    // a secret that is not ours, a provider that is away
    std::fs::write(&secret, "another").unwrap();
    drop(service);
    let service = Service::start_configured_at(console, &data, &config, &log);
    let path = trip.of(&mut browser, "wang");
    refused(&browser.get(&path), 401, "客户端编号或密钥");
    let path = trip.of(&mut browser, "wang");
    drop(provider);
    refused(&browser.get(&path), 503, "暂时无法连接");
    let (code, said) = service.ended(&["--config", config.to_str().unwrap(), "doctor"]);
    assert!(code == 1 && said.contains("does not answer"), "{said}");
    drop(service);
    std::fs::remove_file(&secret).unwrap();
    let (code, said) = Service::fails_to_start(&data, &config);
    assert!(code == 1 && said.contains("client secret"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}
