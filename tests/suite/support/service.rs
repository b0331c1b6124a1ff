//! The real service: the binary, started as its operators start it, on a data folder and a port of its own.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use subsidy_auth::token::Mint;
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Role, Roles};
use subsidy_ledger::cli::commands;
use subsidy_store::keys::Keys;

use super::TestDatabase;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_subsidy-ledger");

/// A running `serve`.
pub struct Service {
    child: Mutex<Child>,
    pub base: String,
    pub data: PathBuf,
    owns_data: bool,
    database_url: Option<String>,
    /// The database that goes with the service.
    owned_database: Option<TestDatabase>,
    /// Whether that database's spare schema is an agency's.
    took_spare_schema: AtomicBool,
    /// Whether its private cluster waits for the disk, as in production.
    durable: bool,
}

/// What a request was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// With this status, or the test fails.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Refused with this status and code.
    #[track_caller]
    pub fn is(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.json()["code"].as_str()), (status, Some(code)), "{}", self.text);
        self
    }

    /// Refused with this status and code, at this pointer of the request.
    #[track_caller]
    pub fn refuses(&self, status: u16, code: &str, pointer: &str) {
        let body = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found = (self.status, text(&body["code"]), text(&body["errors"][0]["pointer"]));
        assert_eq!(found, (status, code.to_owned(), pointer.to_owned()), "{}", self.text);
    }

    /// What stands in the page between a mark and the next quotation mark.
    pub fn within(&self, mark: &str) -> String {
        let (_, rest) = self.text.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {}", self.text));
        rest.split('"').next().expect("its end").to_owned()
    }

    /// The id of what was made.
    pub fn id(&self) -> String {
        self.json()["id"].as_str().expect("an id").to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().expect("visible characters"))
    }
}

/// Where and how a service starts.
#[derive(Default)]
struct Start<'a> {
    /// A folder that outlives the service; else one of its own.
    data: Option<&'a Path>,
    database_url: Option<&'a str>,
    /// On a private cluster also where no folder is named.
    alone: bool,
    durable: bool,
    environment: &'a [(&'a str, &'a str)],
    log: Option<&'a Path>,
    /// A port that others know; else any.
    port: u16,
}

impl Service {
    /// On a database of its own.
    pub fn start() -> Self {
        Start::default().run()
    }

    /// On a private cluster that goes with the service: what a test sets of a server, every other test of the run's
    /// cluster would have too.
    pub fn start_alone() -> Self {
        Start { alone: true, ..Start::default() }.run()
    }

    /// On a private cluster in a folder that outlives the service, and that waits for the disk.
    pub fn start_durable(data: &Path) -> Self {
        Start { data: Some(data), durable: true, ..Start::default() }.run()
    }

    /// On a database of its own, with a configuration file; what it logs is kept in a file too.
    pub fn start_configured(config: &Path, log: &Path) -> Self {
        let environment = &[("SUBSIDY_LEDGER_CONFIG", config.to_str().expect("a plain path"))];
        Start { environment, log: Some(log), ..Start::default() }.run()
    }

    /// The same, on a private cluster in a folder that outlives the service.
    pub fn start_configured_on(data: &Path, config: &Path, log: &Path) -> Self {
        let environment = &[("SUBSIDY_LEDGER_CONFIG", config.to_str().expect("a plain path"))];
        Start { data: Some(data), environment, log: Some(log), ..Start::default() }.run()
    }

    /// The same, on a port that others know.
    pub fn start_configured_at(port: u16, data: &Path, config: &Path, log: &Path) -> Self {
        let environment = &[("SUBSIDY_LEDGER_CONFIG", config.to_str().expect("a plain path"))];
        Start { port, data: Some(data), environment, log: Some(log), ..Start::default() }.run()
    }

    /// A start that ends by itself: its code, and all that it said.
    pub fn fails_to_start(data: &Path, config: &Path) -> (i32, String) {
        let mut command = command(data, None, false);
        command.env("SUBSIDY_LEDGER_CONFIG", config).args(["serve", "--listen", "127.0.0.1:0"]);
        let done = command.output().expect("the binary runs");
        let said = [done.stdout, done.stderr].concat();
        (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    /// On a database that exists, beside others on the same one.
    pub fn start_on(database_url: &str, data: &Path) -> Self {
        Start { data: Some(data), database_url: Some(database_url), ..Start::default() }.run()
    }

    /// Another process on the same data: it knows nothing of what this one keeps.
    pub fn another(&self) -> Self {
        Start { data: Some(&self.data), database_url: self.database_url.as_deref(), ..Start::default() }.run()
    }

    /// On a database of its own, with these in its environment.
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        Start { environment, ..Start::default() }.run()
    }

    fn wait_until_ready(&self) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if send_to(&self.base, "GET", "/readyz", None, None, &[]).is_some_and(|a| a.status == 200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the service is not ready after a minute");
    }

    fn run(&self, words: &[&str]) -> std::process::Output {
        self.command().args(words).output().expect("the binary runs")
    }

    /// The binary on the same data.
    pub fn command(&self) -> Command {
        command(&self.data, self.database_url.as_deref(), self.durable)
    }

    /// Another program that runs the binary on the same data.
    pub fn beside(&self, program: &str) -> Command {
        on_data(Command::new(program), &self.data, self.database_url.as_deref())
    }

    /// The binary with a command, on the same data; its standard output.
    pub fn cli(&self, words: &[&str]) -> String {
        let done = self.run(words);
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{words:?}: {err}\n{out}");
        out.into_owned()
    }

    /// The same, however it ends: its code, and all that it said.
    pub fn ended(&self, words: &[&str]) -> (i32, String) {
        let done = self.run(words);
        let said = [done.stdout, done.stderr].concat();
        (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    /// What it says under a locale, however it ends.
    pub fn said_in(&self, locale: &str, words: &[&str]) -> String {
        let done = self.command().args(words).env("LC_ALL", locale).output().expect("the binary runs");
        String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
    }

    /// A sandbox agency.
    pub fn agency(&self, code: &str) {
        let spare = self.owned_database.as_ref();
        if let Some(database) = spare.filter(|_| !self.took_spare_schema.swap(true, Ordering::Relaxed)) {
            database.take_spare_schema(&AgencyCode::parse(code).expect("a code"));
        }
        self.cli(&["agency", "create", code, "--name", code, "--sandbox", "--business-date", "2025-01-02"]);
    }

    /// What `subsidy-ledger token` prints, without a process: a run of the tests needs thousands.
    pub fn token(&self, agency: &str, roles: &str, subject: &str, organisation: Option<&str>) -> String {
        let role = |role: &str| -> Role { role.parse().expect("a role") };
        let actor = Actor {
            subject: commands::subject(subject).expect("a subject"),
            roles: Roles::from_iter(roles.split(',').map(role)),
            organisation: organisation.map(|code| CreditCode::parse(code).expect("a credit code")),
        };
        let agency = AgencyCode::parse(agency).expect("a code");
        let keys = Keys::open(&self.data.join("keys")).expect("the service's keys");
        let mint = Mint::new(keys.token_key()).expect("a mint");
        mint.issue(&agency, &actor, Utc::now(), TimeDelta::hours(1)).expect("a token")
    }

    /// A request. Unsafe ones get a fresh idempotency key unless `headers` brings one.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        send_to(&self.base, method, path, token, body, headers).expect("an answer")
    }

    pub fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(token), Some(body), &[])
    }

    pub fn put(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(token), Some(body), &[])
    }

    pub fn ask(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, Some(token), None, &[])
    }

    /// What is there, and may be read.
    pub fn get(&self, path: &str, token: &str) -> Value {
        let answer = self.ask(path, token);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub fn expect(&self, status: u16, path: &str, token: &str, body: &Value) -> Value {
        let answer = self.post(path, token, body);
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
        answer.json()
    }

    /// The id of what a request makes.
    pub fn create(&self, path: &str, token: &str, body: &Value) -> String {
        self.expect(201, path, token, body)["id"].as_str().expect("an id").to_owned()
    }

    /// Bytes of any type, under a key of their own.
    pub fn upload(&self, path: &str, token: &str, media_type: &str, bytes: &[u8]) -> Answer {
        let key = uuid::Uuid::now_v7().to_string();
        let headers = [("Idempotency-Key", key.as_str()), ("Content-Type", media_type)];
        send_bytes(&self.base, "POST", path, token, bytes, &headers).0
    }

    /// The bytes that a path answers.
    pub fn bytes(&self, path: &str, token: &str) -> (Answer, Vec<u8>) {
        send_bytes(&self.base, "GET", path, token, &[], &[])
    }

    pub fn move_to(&self, date: &str, token: &str) {
        self.put("/v1/business-date", token, &json!({"date": date})).expect(200);
    }

    pub fn organisations(&self, token: &str, named: &[(&str, &str)]) {
        for (code, name) in named {
            let body = json!({"credit_code": code, "name": name, "category": "private_enterprise"});
            self.expect(201, "/v1/organisations", token, &body);
        }
    }

    /// An active programme of an instrument, without money; one proposes, another approves.
    pub fn programme(&self, [lin, chen]: [&str; 2], instrument: &str, code: &str, rules: &Value) {
        let body = json!({
            "code": code, "title": {"zh": "算力券专项", "en": code}, "instrument": instrument,
            "legal_basis": {"document": "T-1"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
            "rules": rules,
        });
        self.expect(201, "/v1/programmes", lin, &body);
        self.expect(200, &format!("/v1/programmes/{code}/approve"), chen, &json!({}));
    }

    /// An appropriation of 2025, approved.
    pub fn appropriate(&self, [lin, chen]: [&str; 2], programme: &str, amount: &str) -> Answer {
        let path = format!("/v1/programmes/{programme}/appropriations");
        let body = json!({"amount": amount, "fiscal_year": 2025, "document": "预算1号"});
        let id = self.create(&path, lin, &body);
        self.post(&format!("{path}/{id}/approve"), chen, &json!({})).expect(200)
    }

    /// The ledger replays from its log to the same rows, and its evidence is there.
    pub fn verifies(&self, agency: &str) {
        let said = self.cli(&["verify", "--agency", agency, "--evidence"]);
        assert!(said.contains("are whole") && said.contains("verified"), "{said}");
    }

    /// Every leaf is decided again, and every sheet comes out again from what stands on it. How many sheets there are.
    pub fn recomputes(&self, agency: &str, auditor: &str) -> usize {
        let found = self.get("/v1/reports/recalculation", auditor);
        let sheets = found["rows"].as_array().unwrap();
        for sheet in sheets {
            assert_eq!(sheet["result"], json!("same"), "{sheet}");
        }
        self.verifies(agency);
        sheets.len()
    }

    /// Ends it as Ctrl-C does and waits for its end.
    pub fn stop(&self) -> std::process::ExitStatus {
        let mut child = self.child.lock().expect("a child");
        let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        if child.try_wait().expect("a child").is_none() {
            nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).expect("a signal");
        }
        child.wait().expect("an end")
    }

    /// Ends it as a power cut does.
    pub fn kill(&self) {
        let mut child = self.child.lock().expect("a child");
        child.kill().expect("a signal");
        child.wait().expect("an end");
    }
}

impl Start<'_> {
    fn run(self) -> Service {
        let data = self.data.map_or_else(fresh_folder, Path::to_owned);
        // A private cluster takes longer to make, to start and to stop than most tests take.
        let private = self.alone || self.data.is_some() || self.database_url.is_some();
        let owned_database = (!private).then(TestDatabase::create_for_a_service);
        let database_url = match &owned_database {
            Some(database) => Some(database.url("subsidy_owner")),
            None => self.database_url.map(str::to_owned),
        };
        let mut command = command(&data, database_url.as_deref(), self.durable);
        let listen = format!("127.0.0.1:{}", self.port);
        command.envs(self.environment.iter().copied()).args(["serve", "--listen", &listen]);
        let mut child =
            command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the service starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let mut seen = Vec::new();
        let base = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the service ended: {}", seen.join("\n")) };
            if let Some(at) = line.find("http://127.0.0.1:").filter(|_| line.contains("\"listening\"")) {
                let url: String = line[at..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || ":/.".contains(*c))
                    .collect();
                break url.trim_end_matches('/').to_owned();
            }
            seen.push(line);
        };
        let mut kept = self.log.map(|path| std::fs::File::create(path).expect("a log file"));
        let lines = lines.map_while(Result::ok).inspect(move |line| {
            if let Some(file) = &mut kept {
                writeln!(file, "{line}").expect("a line of log");
            }
        });
        std::thread::spawn(move || show(lines));
        let service = Service {
            child: Mutex::new(child),
            base,
            data,
            owns_data: self.data.is_none(),
            database_url,
            owned_database,
            took_spare_schema: AtomicBool::new(false),
            durable: self.durable,
        };
        service.wait_until_ready();
        service
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
        if self.owns_data {
            let _gone = std::fs::remove_dir_all(&self.data);
        }
        if let Some(database) = self.owned_database.take() {
            database.drop_of_a_service();
        }
    }
}

fn command(data: &Path, database_url: Option<&str>, durable: bool) -> Command {
    let mut command = on_data(Command::new(BINARY), data, database_url);
    command.env("LC_ALL", "en_US.UTF-8");
    if durable {
        command.env_remove("SUBSIDY_LEDGER_TEST_FSYNC");
    }
    command
}

fn on_data(mut command: Command, data: &Path, database_url: Option<&str>) -> Command {
    command.env("SUBSIDY_LEDGER_DATA", data);
    match database_url {
        Some(url) => command.env("DATABASE_URL", url),
        None => command.env_remove("DATABASE_URL"),
    };
    command
}

/// What the service logs beside its requests: seen when a test fails.
#[allow(clippy::print_stderr, reason = "a test's log")]
fn show(lines: impl Iterator<Item = String>) {
    lines.filter(|line| !line.contains("\"target\":\"access\"")).for_each(|line| eprintln!("{line}"));
}

/// A request; none where no answer came.
pub fn send_to(
    base: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
    headers: &[(&str, &str)],
) -> Option<Answer> {
    let key = uuid::Uuid::now_v7().to_string();
    let mut headers = headers.to_vec();
    let has_key = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"));
    if method != "GET" && !has_key {
        headers.push(("Idempotency-Key", &key));
    }
    headers.extend(body.map(|_| ("Content-Type", "application/json")));
    let body = body.map(ToString::to_string);
    exchange(base, method, path, token, body.as_deref().unwrap_or_default().as_bytes(), &headers)
        .map(|(answer, _)| answer)
}

/// A request with bytes of any type; the answer's own bytes as well.
pub fn send_bytes(
    base: &str,
    method: &str,
    path: &str,
    token: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> (Answer, Vec<u8>) {
    exchange(base, method, path, Some(token), body, headers).expect("an answer")
}

/// A request as it is said; none where no answer came.
pub fn exchange(
    base: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &[u8],
    headers: &[(&str, &str)],
) -> Option<(Answer, Vec<u8>)> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{base}{path}"));
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = if method == "GET" && body.is_empty() {
        agent.run(request.body(()).expect("a request"))
    } else {
        agent.run(request.body(body).expect("a request"))
    };
    let mut answer = sent.ok()?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
    Some((Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }, bytes))
}

/// A folder that nobody else uses.
pub fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("subsidy-ledger-{}", uuid::Uuid::now_v7().simple()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
