//! One journey in a real browser, through the WebDriver protocol itself: JSON over HTTP needs no crate. Where there is
//! no chromium it says so and does nothing.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use super::demonstration;
use crate::support::tools::not_checked;

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
            let using = if css.starts_with("//") { "xpath" } else { "css selector" };
            let answer = self.try_send("POST", "/element", &json!({"using": using, "value": css}));
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

impl Driver {
    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.send("POST", "/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    fn width(&self, width: u32) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    fn theme(&self, theme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": theme}]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Keeps a picture of the whole page under `target/console/`.
    fn picture(&self, name: &str) {
        let taken = self.devtools("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().expect("a picture"));
        std::fs::create_dir_all("target/console").expect("a folder");
        std::fs::write(format!("target/console/{name}.png"), bytes.expect("base64")).expect("written");
    }

    /// What axe finds wrong with the page: rule, place.
    fn violations(&self, axe: &str) -> Vec<String> {
        self.send("POST", "/execute/sync", &json!({"script": axe, "args": []}));
        let script = "var done = arguments[arguments.length - 1]; axe.run(document).then(done);";
        let found = self.send("POST", "/execute/async", &json!({"script": script, "args": []}));
        let violations = found["violations"].as_array().cloned().unwrap_or_default();
        violations.iter().map(|one| format!("{} {}", one["id"], one["nodes"][0]["target"])).collect()
    }

    /// Signs in as the person of the demonstration who stands at a place, in a language.
    fn enter(&self, base: &str, place: usize, language: &str) {
        self.send("DELETE", "/cookie", &json!({}));
        self.open(&format!("{base}/sign-in?lang={language}"));
        self.click(&format!("button.person[value=\"{place}\"]"));
        self.find("nav.side");
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
        return not_checked("chromedriver", "apt-get install chromium chromium-driver");
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
    // a claim that can be ticked waits for its review
    driver.click("//tbody/tr[td/input]//a[contains(., '审核')][starts-with(@href, '/claims/')][contains(@class, 'btn')]");
    driver.click("#act button[value=return]");
    assert!(driver.text("#problem").contains("理由"), "{}", driver.text("#problem"));
    let reason = driver.find("#f-reason");
    driver.send("POST", &format!("/element/{reason}/value"), &json!({"text": "请补充盖章页"}));
    driver.click("#act button[value=return]");
    assert!(driver.text("[role=status]").contains("记录号"), "{}", driver.text("[role=status]"));
    assert!(driver.text("main").contains("请补充盖章页"));
    assert_eq!(driver.complaints(), Vec::<String>::new());
}

/// Where `.ci/setup` puts axe, where npm is.
const AXE: &str = "target/axe/axe.min.js";

/// Places of the people on the sign-in page, and the pages that each of them lives on.
const ROUNDS: [(usize, &str, &[&str]); 7] = [
    (
        0,
        "officer",
        &[
            "/tasks",
            "/reminders",
            "/claims",
            "/vouchers",
            "/rentals",
            "/loans",
            "/evidence",
            "/publicity",
            "/payment-batches",
            "/recoveries",
            "/prefunds",
            "/prefunds/true-ups",
            "/programmes",
            "/programmes/beijing-compute-voucher",
            "/programmes/shanghai-interest-subsidy-2027",
            "/organisations",
            "/tags",
            "/tags/imports",
            "/usage/unmatched",
            "/prefunds/balances",
            "/reference-rates",
            "/calendar/changes",
            "/dashboard",
            "/reports/trial-balance",
            "/reports",
            "/ledger/transactions",
            "/periods",
            "/ledger/reversals",
            "claims",
            "vouchers",
            "rentals",
            "loans",
            "payment-batches",
            "recoveries",
            "organisations",
            "evidence",
        ],
    ),
    (1, "approver", &["/tasks", "/periods", "/programmes/beijing-compute-voucher", "claims"]),
    (2, "enterprise", &["/mine", "/claims/new", "/claims", "claims", "vouchers"]),
    (4, "bank", &["/loans", "loans"]),
    (5, "auditor", &["/audit", "/audit/entries/30", "/reports/exceptions", "/reports/operations"]),
    (6, "operator", &["/people", "/sessions", "/role-grants", "/me"]),
    (8, "security", &["/tasks", "/role-grants"]),
];

/// Every page in a real browser: axe finds nothing, the browser complains of nothing, nothing is wider than the screen.
#[test]
fn axe_finds_nothing_wrong_with_any_page() {
    let Some(driver) = Driver::start(true) else {
        return not_checked("chromedriver", "apt-get install chromium chromium-driver");
    };
    let axe = std::fs::read_to_string(AXE).ok();
    if axe.is_none() {
        not_checked("axe", "install npm, then run .ci/setup");
    }
    let (_place, demo) = demonstration();
    let mut complaints = Vec::new();
    let mut look = |driver: &Driver, name: &str, path: &str| {
        driver.open(&format!("{}{path}", demo.url));
        driver.find("main");
        for (width, theme) in [(1440, "light"), (360, "dark")] {
            driver.width(width);
            driver.theme(theme);
            if std::env::var_os("CONSOLE_PICTURES").is_some() {
                driver.picture(&format!("{name}-{width}"));
            }
            let wide = "return document.documentElement.scrollWidth - arguments[0];";
            let wide = driver.send("POST", "/execute/sync", &json!({"script": wide, "args": [width]}));
            if wide.as_i64().unwrap_or_default() > 1 {
                complaints.push(format!("{path} is {wide} px too wide at {width}"));
            }
            let found = axe.as_deref().map(|axe| driver.violations(axe)).unwrap_or_default();
            complaints.extend(found.into_iter().map(|one| format!("{path} {width} {theme}: {one}")));
        }
        complaints.extend(driver.complaints().into_iter().map(|one| format!("{path}: {one}")));
    };
    look(&driver, "zh-sign-in", "/sign-in");
    look(&driver, "zh-verify", "/verify");
    for (place, role, paths) in ROUNDS {
        for language in ["zh", "en"] {
            // one language is enough for what a machine sees
            if language == "en" && std::env::var_os("CONSOLE_PICTURES").is_none() {
                continue;
            }
            driver.width(1440);
            driver.enter(&demo.url, place, language);
            for path in paths {
                let found = if path.starts_with('/') {
                    Some((*path).to_owned())
                } else {
                    first_of(&driver, &demo.url, path)
                };
                let Some(path) = found else {
                    println!("the demonstration has none of {path}");
                    continue;
                };
                let name = format!(
                    "{language}-{role}{}",
                    path.split("/0").next().unwrap_or_default().replace('/', "-")
                );
                look(&driver, &name, &path);
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The first document on a list.
fn first_of(driver: &Driver, base: &str, list: &str) -> Option<String> {
    driver.open(&format!("{base}/{list}"));
    let script = "var a = document.querySelector(arguments[0]); return a && a.getAttribute('href');";
    let css = format!("tbody td a[href^=\"/{list}/\"]");
    let found = driver.send("POST", "/execute/sync", &json!({"script": script, "args": [css]}));
    found.as_str().map(str::to_owned)
}
