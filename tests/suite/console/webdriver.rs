//! A real browser through the WebDriver protocol itself: JSON over HTTP needs no crate.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::tools::not_checked;

/// Keys as the protocol names them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const DOWN: &str = "\u{e015}";
pub const SPACE: &str = " ";

pub struct Driver {
    process: Child,
    session: String,
}

/// Where a form posts a write of the API.
pub fn form_of(write: &str) -> String {
    format!("//form[input[@name='.write'][contains(@value, '{write}')]]")
}

impl Driver {
    /// None where chromium or its driver is not installed, which is said.
    pub fn start(script: bool) -> Option<Self> {
        let started = Self::started(script);
        if started.is_none() {
            not_checked("chromedriver", "apt-get install chromium chromium-driver");
        }
        started
    }

    fn started(script: bool) -> Option<Self> {
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
        let preferences = json!({
            "profile.managed_default_content_settings.javascript": if script { 1 } else { 2 },
            "intl.accept_languages": "zh-CN",
        });
        let options = json!({"args": arguments, "prefs": preferences});
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let began = Instant::now();
        let answer = loop {
            match driver.try_send("POST", "", &wanted) {
                Some(answer) => break answer,
                None if began.elapsed() > Duration::from_secs(30) => return None,
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

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.try_send(method, path, body).expect("an answer of the driver");
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].clone()
    }

    pub fn open(&self, url: &str) {
        self.send("POST", "/url", &json!({ "url": url }));
    }

    /// The address of the page, without the service's own.
    pub fn path(&self, base: &str) -> String {
        let url = self.send("GET", "/url", &json!({}));
        url.as_str().unwrap_or_default().trim_start_matches(base).to_owned()
    }

    fn look(&self, place: &str) -> Option<String> {
        let using = if place.starts_with('/') { "xpath" } else { "css selector" };
        let answer = self.try_send("POST", "/element", &json!({"using": using, "value": place}))?;
        if !answer["value"]["error"].is_null() {
            return None;
        }
        Some(answer["value"].as_object()?.values().next()?.as_str()?.to_owned())
    }

    /// Whether the page has it now.
    pub fn has(&self, place: &str) -> bool {
        self.look(place).is_some()
    }

    /// The element, by CSS or XPath; waited for, because a click before it may still be on its way.
    #[track_caller]
    pub fn find(&self, place: &str) -> String {
        let began = Instant::now();
        loop {
            match self.look(place) {
                Some(id) => return id,
                None if began.elapsed() > Duration::from_secs(10) => {
                    panic!("no {place} on a page that says {}", self.text("main"))
                }
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Clicks; once more where the page that had the element went away in between.
    #[track_caller]
    pub fn click(&self, place: &str) {
        let began = Instant::now();
        loop {
            let element = self.find(place);
            let answer = self.try_send("POST", &format!("/element/{element}/click"), &json!({}));
            let answer = answer.expect("an answer of the driver");
            match answer["value"]["error"].as_str() {
                None => return,
                Some("stale element reference") if began.elapsed() < Duration::from_secs(10) => {}
                Some(_) => panic!("{place}: {answer}"),
            }
        }
    }

    #[track_caller]
    pub fn enter_text(&self, place: &str, text: &str) {
        let element = self.find(place);
        self.send("POST", &format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Chooses a file from the disk.
    #[track_caller]
    pub fn enter_file(&self, file: &Path) {
        self.enter_text("input[type=file]", &file.display().to_string());
    }

    /// Types a day in the order in which this browser's language has its parts.
    #[track_caller]
    pub fn enter_date(&self, place: &str, day: &str) {
        let element = self.find(place);
        let (year, rest) = day.split_once('-').expect("a day");
        let rest = rest.replace('-', "");
        for typed in [format!("{rest}{year}"), format!("{year}{rest}")] {
            self.send("POST", &format!("/element/{element}/value"), &json!({ "text": typed }));
            let value = self.send("GET", &format!("/element/{element}/property/value"), &json!({}));
            if value == day {
                return;
            }
            self.send("POST", &format!("/element/{element}/clear"), &json!({}));
        }
        panic!("{place} took no {day}");
    }

    /// Unfolds the form of a write, if it is folded, and leaves it to be filled in.
    #[track_caller]
    pub fn unfold(&self, write: &str) {
        let form = form_of(write);
        self.find(&form);
        let folded = format!("//details[not(@open)][.{form}]/summary");
        if self.has(&folded) {
            self.click(&folded);
        }
    }

    /// Presses the button of the form of a write.
    #[track_caller]
    pub fn press(&self, write: &str) {
        self.click(&format!("{}//button[not(@type='button')]", form_of(write)));
    }

    /// What the page says there; nothing where the element is not there, or no more.
    pub fn text(&self, place: &str) -> String {
        let text = self
            .look(place)
            .and_then(|element| self.try_send("GET", &format!("/element/{element}/text"), &json!({})));
        text.and_then(|text| text["value"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The page says so somewhere in a part of it, now or as soon as it has come.
    #[track_caller]
    pub fn says(&self, place: &str, wanted: &str) {
        let began = Instant::now();
        loop {
            let said = self.text(place);
            if said.contains(wanted) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{place} does not say {wanted}: {said}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A write is done, and the page says under which number.
    #[track_caller]
    pub fn done(&self) {
        self.says("[role=status]", "记录号");
    }

    /// Presses a key and lets it go.
    pub fn key(&self, key: &str) {
        let presses = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keys = json!([{"type": "key", "id": "keyboard", "actions": presses}]);
        self.send("POST", "/actions", &json!({ "actions": keys }));
    }

    pub fn run(&self, script: &str, arguments: &Value) -> Value {
        self.send("POST", "/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// What the page complained of: CSP, failed loads, errors of the script.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.send("POST", "/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().cloned().unwrap_or_default();
        // a page that was refused says so by its status, which the browser notes
        let lines = lines.iter().map(|line| line["message"].as_str().unwrap_or_default().to_owned());
        lines.filter(|line| !line.contains("status of 422")).collect()
    }

    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.send("POST", "/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    pub fn width(&self, width: u32) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    pub fn theme(&self, theme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": theme}]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Keeps a picture of the whole page under `target/console/`.
    pub fn picture(&self, name: &str) {
        let taken = self.devtools("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().expect("a picture"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/console");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{name}.png")), bytes.expect("base64")).expect("written");
    }

    /// Signs in as the person of the demonstration who stands at a place, in a language.
    pub fn enter(&self, base: &str, place: usize, language: &str) {
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
