//! A real OpenID Connect provider (`oidc-provider` from npm) on a port of this machine: programs get tokens by their
//! secret, people by its pages, and each generation of it signs with keys of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::service::Answer;
use super::tools::not_checked;

const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/oidc-provider/node_modules/");
const PROVIDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/identity-provider/provider.mjs");
/// Where the portal is sent back to; nobody listens there.
const PORTAL: &str = "http://127.0.0.1:9/signed-in";

pub struct IdentityProvider {
    child: Child,
    pub issuer: String,
}

/// A port that nobody has.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

impl IdentityProvider {
    /// None where this machine cannot run it, which is said.
    pub fn start(port: u16, generation: u8, claims: &Value) -> Option<Self> {
        Self::start_for(port, generation, claims, "http://127.0.0.1:9")
    }

    /// The same with a console, which is at an address.
    pub fn start_for(port: u16, generation: u8, claims: &Value, console: &str) -> Option<Self> {
        if !std::path::Path::new(MODULES).join("oidc-provider").is_dir() {
            not_checked("oidc-provider", "install node and npm, then run .ci/setup");
            return None;
        }
        let mut child = Command::new("node")
            .args([PROVIDER, &port.to_string(), &generation.to_string()])
            .env("MODULES", MODULES)
            .env("CLAIMS", claims.to_string())
            .env("CONSOLE", console)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let is_up = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("listening"));
        assert!(is_up, "the provider ended; run it by hand: node {PROVIDER}");
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Some(Self { child, issuer: format!("http://127.0.0.1:{port}") })
    }

    /// What a program gets for its secret.
    pub fn program(&self, resource: &str) -> String {
        let form = format!("grant_type=client_credentials&resource={resource}");
        self.exchange("erp-1", &form)["access_token"].as_str().expect("an access token").to_owned()
    }

    /// What a person gets who signs in by the provider's pages: an access token and an ID token.
    pub fn person(&self, login: &str, resource: &str) -> [String; 2] {
        let first = format!(
            "{}/auth?client_id=portal&response_type=code&redirect_uri={PORTAL}&scope=openid+ledger&resource={resource}",
            self.issuer
        );
        let code = code_of(&self.walk(&first, login, PORTAL));
        let form = format!("grant_type=authorization_code&code={code}&redirect_uri={PORTAL}");
        let tokens = self.exchange("portal", &form);
        ["access_token", "id_token"].map(|name| tokens[name].as_str().expect("a token").to_owned())
    }

    /// Signs in by the provider's pages from an address on, until they send the browser back to whoever asked.
    pub fn walk(&self, first: &str, login: &str, back: &str) -> String {
        let mut browser = Browser::default();
        let mut place = browser.go(first, None).header("location").expect("a page").to_owned();
        while !place.starts_with(back) {
            let url = if place.starts_with('/') { format!("{}{place}", self.issuer) } else { place };
            let page = browser.go(&url, None);
            place = match page.header("location") {
                Some(next) => next.to_owned(),
                None => {
                    let prompt = page.within("name=\"prompt\" value=\"");
                    let form = format!("prompt={prompt}&login={login}&password=any");
                    let sent = browser.go(&page.within("action=\""), Some(&form));
                    sent.header("location").expect("the next page").to_owned()
                }
            };
        }
        place
    }

    /// Turns back at the provider's first page.
    pub fn cancel(&self, first: &str, back: &str) -> String {
        let mut browser = Browser::default();
        let place = browser.go(first, None).header("location").expect("a page").to_owned();
        let mut place = format!("{place}/abort");
        while !place.starts_with(back) {
            let url = if place.starts_with('/') { format!("{}{place}", self.issuer) } else { place };
            place = browser.go(&url, None).header("location").expect("a page").to_owned();
        }
        place
    }

    /// A code that a person brings back to the portal.
    pub fn code_for_the_portal(&self, login: &str) -> String {
        let first = format!(
            "{}/auth?client_id=portal&response_type=code&redirect_uri={PORTAL}&scope=openid",
            self.issuer
        );
        code_of(&self.walk(&first, login, PORTAL))
    }

    /// Signs out by the provider's page: where it sends the browser.
    pub fn sign_out(&self, first: &str) -> String {
        let mut browser = Browser::default();
        let page = browser.go(first, None).expect(200);
        let form = format!("xsrf={}&logout=yes", page.within("name=\"xsrf\" value=\""));
        let sent = browser.go(&page.within("action=\""), Some(&form));
        sent.header("location").expect("the next page").to_owned()
    }

    fn exchange(&self, client: &str, form: &str) -> Value {
        let form = format!("{form}&client_id={client}&client_secret=secret");
        Browser::default().go(&format!("{}/token", self.issuer), Some(&form)).expect(200).json()
    }
}

/// The code in an address that the provider sent a browser back to.
fn code_of(place: &str) -> String {
    place.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code").to_owned()
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.child.kill().expect("a signal");
        self.child.wait().expect("an end");
    }
}

/// Keeps cookies and follows nothing by itself.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn go(&mut self, url: &str, form: Option<&str>) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .into();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = ureq::http::Request::builder().uri(url).header("Cookie", cookies.join("; "));
        let answer = match form {
            None => agent.run(request.method("GET").body(()).expect("a request")),
            Some(form) => {
                let typed =
                    request.method("POST").header("Content-Type", "application/x-www-form-urlencoded");
                agent.run(typed.body(form.to_owned()).expect("a request"))
            }
        };
        let mut answer = answer.expect("an answer of the provider");
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("visible characters").split(';').next().expect("a cookie");
            let (name, value) = cookie.split_once('=').expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.body_mut().read_to_string().expect("a text") }
    }
}
