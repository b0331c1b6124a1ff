//! The real service: the binary, started as its operators start it, on a data folder and a port of its own.

use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_subsidy-ledger");

/// A running `serve`.
pub struct Service {
    child: Child,
    pub base: String,
    pub data: PathBuf,
    owns_data: bool,
    database_url: Option<String>,
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

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().expect("visible characters"))
    }
}

impl Service {
    /// On a private cluster of its own.
    pub fn start() -> Self {
        Self::start_in(fresh_folder(), true, None, false)
    }

    /// On a private cluster in a folder that outlives the service, and that waits for the disk.
    pub fn start_durable(data: &Path) -> Self {
        Self::start_in(data.to_owned(), false, None, true)
    }

    /// On a private cluster of its own, with a configuration file; what it logs is kept in a file too.
    pub fn start_configured(config: &Path, log: &Path) -> Self {
        let setting = ("SUBSIDY_LEDGER_CONFIG", config.to_str().expect("a plain path"));
        Self::start_among(fresh_folder(), true, None, false, &[setting], Some(log))
    }

    /// On a database that exists, beside others on the same one.
    pub fn start_on(database_url: &str, data: &Path) -> Self {
        Self::start_in(data.to_owned(), false, Some(database_url.to_owned()), false)
    }

    /// On a private cluster of its own, with these in its environment.
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_among(fresh_folder(), true, None, false, environment, None)
    }

    fn start_in(data: PathBuf, owns_data: bool, database_url: Option<String>, durable: bool) -> Self {
        Self::start_among(data, owns_data, database_url, durable, &[], None)
    }

    fn start_among(
        data: PathBuf,
        owns_data: bool,
        database_url: Option<String>,
        durable: bool,
        environment: &[(&str, &str)],
        log: Option<&Path>,
    ) -> Self {
        let mut command = command(&data, database_url.as_deref(), durable);
        command.envs(environment.iter().copied()).args(["serve", "--listen", "127.0.0.1:0"]);
        let mut child =
            command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the service starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let mut seen = Vec::new();
        let base = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the service ended: {}", seen.join("\n")) };
            if let Some(at) = line.find("http://127.0.0.1:") {
                let url: String = line[at..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || ":/.".contains(*c))
                    .collect();
                break url.trim_end_matches('/').to_owned();
            }
            seen.push(line);
        };
        let mut kept = log.map(|path| std::fs::File::create(path).expect("a log file"));
        let lines = lines.map_while(Result::ok).inspect(move |line| {
            if let Some(file) = &mut kept {
                writeln!(file, "{line}").expect("a line of log");
            }
        });
        std::thread::spawn(move || show(lines));
        let service = Self { child, base, data, owns_data, database_url, durable };
        service.wait_until_ready();
        service
    }

    fn wait_until_ready(&self) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if self.try_send("GET", "/readyz", None, None, &[]).is_some_and(|a| a.status == 200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the service is not ready after a minute");
    }

    /// The binary with a command, on the same data; its standard output.
    pub fn cli(&self, words: &[&str]) -> String {
        let mut command = command(&self.data, self.database_url.as_deref(), self.durable);
        let done = command.args(words).output().expect("the binary runs");
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{words:?}: {err}\n{out}");
        out.into_owned()
    }

    /// The same, however it ends: its code, and all that it said.
    pub fn ended(&self, words: &[&str]) -> (i32, String) {
        let mut command = command(&self.data, self.database_url.as_deref(), self.durable);
        let done = command.args(words).output().expect("the binary runs");
        let said = [done.stdout, done.stderr].concat();
        (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    /// A sandbox agency.
    pub fn agency(&self, code: &str) {
        self.cli(&["agency", "create", code, "--name", code, "--sandbox", "--business-date", "2025-01-02"]);
    }

    pub fn token(&self, agency: &str, roles: &str, subject: &str, organisation: Option<&str>) -> String {
        let mut words = vec!["token", "--agency", agency, "--role", roles, "--subject", subject];
        words.extend(organisation.iter().flat_map(|o| ["--organisation", o]));
        self.cli(&words).lines().last().expect("a token").to_owned()
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
        self.try_send(method, path, token, body, headers).expect("an answer")
    }

    fn try_send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Option<Answer> {
        send_to(&self.base, method, path, token, body, headers)
    }

    /// Ends it as Ctrl-C does and waits for its end.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        let id = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        if self.child.try_wait().expect("a child").is_none() {
            nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).expect("a signal");
        }
        self.child.wait().expect("an end")
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().expect("a signal");
        self.child.wait().expect("an end");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
        if self.owns_data {
            let _gone = std::fs::remove_dir_all(&self.data);
        }
    }
}

fn command(data: &Path, database_url: Option<&str>, durable: bool) -> Command {
    let mut command = Command::new(BINARY);
    command.env("SUBSIDY_LEDGER_DATA", data);
    match database_url {
        Some(url) => command.env("DATABASE_URL", url),
        None => command.env_remove("DATABASE_URL"),
    };
    if durable {
        command.env_remove("SUBSIDY_LEDGER_TEST_FSYNC");
    }
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
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{base}{path}"));
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let has_key = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"));
    if method != "GET" && !has_key {
        request = request.header("Idempotency-Key", uuid::Uuid::now_v7().to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = match body {
        Some(body) => {
            let request = request.header("Content-Type", "application/json").body(body.to_string());
            agent.run(request.expect("a request"))
        }
        None if method == "GET" => agent.run(request.body(()).expect("a request")),
        None => agent.run(request.body(String::new()).expect("a request")),
    };
    let mut answer = sent.ok()?;
    Some(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.body_mut().read_to_string().ok()?,
    })
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
    try_send_bytes(base, method, path, token, body, headers).expect("an answer")
}

/// The same; none where no answer came.
pub fn try_send_bytes(
    base: &str,
    method: &str,
    path: &str,
    token: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> Option<(Answer, Vec<u8>)> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{base}{path}"));
    request = request.header("Authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = if method == "GET" {
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
