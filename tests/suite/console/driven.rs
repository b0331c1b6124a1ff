//! One journey in a real browser, through the WebDriver protocol itself: JSON over HTTP needs no crate. Where there is
//! no chromium it says so and does nothing.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::demonstration;

struct Driver {
    process: Child,
    session: String,
}

impl Driver {
    /// None where chromium or its driver is not installed.
    fn start(script: bool) -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let process =
            Command::new("chromedriver").arg(format!("--port={port}")).stdout(Stdio::null()).spawn().ok()?;
        let mut driver = Self { process, session: format!("http://127.0.0.1:{port}/session") };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--window-size=1440,1000",
        ];
        let javascript = json!({
            "profile.managed_default_content_settings.javascript": if script { 1 } else { 2 },
            "intl.accept_languages": "zh-CN",
        });
        let options = json!({"args": arguments, "prefs": javascript});
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let began = Instant::now();
        let answer = loop {
            match driver.try_send("POST", "", &wanted) {
                Some(answer) => break answer,
                None if began.elapsed() > Duration::from_secs(20) => return None,
                None => std::thread::sleep(Duration::from_millis(100)),
            }
        };
        let id = answer["value"]["sessionId"].as_str()?.to_owned();
        driver.session = format!("{}/{id}", driver.session);
        Some(driver)
    }

    fn try_send(&self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.session));
        let mut answer = if method == "POST" {
            agent.run(request.body(body.to_string()).ok()?).ok()?
        } else {
            agent.run(request.body(()).ok()?).ok()?
        };
        serde_json::from_str(&answer.body_mut().with_config().limit(64 << 20).read_to_string().ok()?).ok()
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.try_send(method, path, body).expect("an answer of the driver");
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].clone()
    }

    fn open(&self, url: &str) {
        self.send("POST", "/url", &json!({ "url": url }));
    }

    /// The element, waited for: a click before it may still be on its way.
    fn find(&self, css: &str) -> String {
        let began = Instant::now();
        loop {
            let answer = self.try_send("POST", "/element", &json!({"using": "css selector", "value": css}));
            let found = answer
                .and_then(|answer| Some(answer["value"].as_object()?.values().next()?.as_str()?.to_owned()));
            match found.filter(|id| !id.contains(' ')) {
                Some(id) => return id,
                None if began.elapsed() > Duration::from_secs(10) => panic!("no {css}"),
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn click(&self, css: &str) {
        let element = self.find(css);
        self.send("POST", &format!("/element/{element}/click"), &json!({}));
    }

    fn text(&self, css: &str) -> String {
        let element = self.find(css);
        self.send("GET", &format!("/element/{element}/text"), &json!({}))
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// What the page complained of: CSP, failed loads, errors of the script.
    fn complaints(&self) -> Vec<String> {
        let log = self.send("POST", "/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().cloned().unwrap_or_default();
        // a page that was refused says so by its status, which the browser notes
        let lines = lines.iter().map(|line| line["message"].as_str().unwrap_or_default().to_owned());
        lines.filter(|line| !line.contains("status of 422")).collect()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.try_send("DELETE", "", &json!({}));
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn an_officer_reviews_a_claim_in_a_real_browser_with_a_script_and_without() {
    let Some(with_script) = Driver::start(true) else {
        println!("skipped: no chromium or chromedriver here (apt-get install chromium chromium-driver)");
        return;
    };
    let (_place, demo) = demonstration();
    journey(&with_script, &demo.url);
    drop(with_script);
    journey(&Driver::start(false).expect("a second browser"), &demo.url);
}

/// Signs in, takes the first task, returns it without a reason and then with one.
fn journey(driver: &Driver, base: &str) {
    driver.open(base);
    driver.click("button.person");
    driver.click("tbody tr:last-child .btn.main");
    driver.click("#act button[value=return]");
    assert!(driver.text("#problem").contains("理由"), "{}", driver.text("#problem"));
    let reason = driver.find("#f-reason");
    driver.send("POST", &format!("/element/{reason}/value"), &json!({"text": "请补充盖章页"}));
    driver.click("#act button[value=return]");
    assert!(driver.text("[role=status]").contains("记录号"), "{}", driver.text("[role=status]"));
    assert!(driver.text("main").contains("请补充盖章页"));
    assert_eq!(driver.complaints(), Vec::<String>::new());
}
