//! An agency under load: callers that issue vouchers and settle what stayed open, and the check that every voucher was
//! issued exactly once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use crate::support::city::text;
use crate::support::city::{CLOUD, FIRM, rental, rules, shows};
use crate::support::service::{Answer, Service, send_to};

const AGENCY: &str = "faults";
const CALLERS: usize = 6;
/// What a caller waits for one answer at most, by contract: 30 s for the engine and one for the way.
const DEADLINE: Duration = Duration::from_secs(31);
/// How long a caller goes on asking before it says that nothing will ever be settled.
const PATIENCE: Duration = Duration::from_secs(150);
/// 20 % of a contract of 100.00.
const FACE: &str = "20.00";

/// Where the service is now; it comes back elsewhere after its death.
pub type Base = Arc<RwLock<String>>;

pub struct City {
    base: Base,
    pub officer: String,
    approver: String,
    pub firm: String,
    seen: Mutex<SeenLogs>,
}

/// What the callers met, over all rounds.
#[derive(Debug, Default)]
pub struct SeenLogs {
    pub issued: usize,
    pub calls: usize,
    pub unanswered: usize,
    pub unavailable: usize,
    pub outcome_unknown: usize,
    pub replayed: usize,
    pub slowest: Duration,
    /// The slowest answer that was a 503.
    pub slowest_refusal: Duration,
}

/// A voucher that was issued, as its caller was told.
pub struct Issued {
    id: String,
    sequence: u64,
    body: Value,
}

impl City {
    pub fn found(service: &Service) -> Self {
        service.agency(AGENCY);
        let city = Self {
            base: Arc::new(RwLock::new(service.base.clone())),
            officer: service.token(AGENCY, "officer", "lin", None),
            approver: service.token(AGENCY, "approver,auditor", "chen", None),
            firm: service.token(AGENCY, "enterprise", "firm", Some(FIRM)),
            seen: Mutex::default(),
        };
        service.organisations(&city.officer, &[(FIRM, "甲"), (CLOUD, "丁云")]);
        let two = [city.officer.as_str(), &city.approver];
        service.programme(two, "voucher", "p", &rules(json!({})));
        service.appropriate(two, "p", "99999999.00");
        city
    }

    pub fn moved_to(&self, service: &Service) {
        self.base.write().unwrap().clone_from(&service.base);
    }

    pub fn base(&self) -> String {
        self.base.read().unwrap().clone()
    }

    pub fn approver(&self) -> &str {
        &self.approver
    }

    pub fn try_post(&self, path: &str, token: &str, body: &Value, key: &str) -> Option<Answer> {
        send_to(&self.base(), "POST", path, Some(token), Some(body), &[("Idempotency-Key", key)])
    }

    pub fn try_get(&self, path: &str) -> Option<Answer> {
        send_to(&self.base(), "GET", path, Some(&self.approver), None, &[])
    }

    /// Asks until the service is back, for the preparations between two faults.
    fn expect(&self, path: &str, token: &str, body: &Value) -> Value {
        let (key, began) = (uuid::Uuid::now_v7().to_string(), Instant::now());
        loop {
            match self.try_post(path, token, body, &key) {
                Some(answer) if answer.status < 300 => return answer.json(),
                Some(answer) if answer.status < 500 => panic!("{path}: {}", answer.text),
                _ => assert!(began.elapsed() < PATIENCE, "{path}: no answer"),
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn read(&self, path: &str) -> Answer {
        let began = Instant::now();
        loop {
            match self.try_get(path) {
                Some(answer) if answer.status == 200 => return answer,
                Some(answer) if answer.status < 500 => panic!("{path}: {}", answer.text),
                _ => assert!(began.elapsed() < PATIENCE, "{path}: no answer"),
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The results of many writes in one request.
    fn batch(&self, token: &str, operations: Vec<(String, Value)>) -> Vec<Value> {
        let operations: Vec<Value> = operations
            .into_iter()
            .map(|(path, body)| {
                let key = uuid::Uuid::now_v7().to_string();
                json!({"method": "POST", "path": path, "body": body, "idempotency_key": key})
            })
            .collect();
        let answer = self.expect("/v1/batches", token, &json!({"mode": "all", "operations": operations}));
        answer["results"].as_array().unwrap().iter().map(|one| one["body"].clone()).collect()
    }

    /// Vouchers that wait to be issued.
    pub fn reviewed(&self, count: usize) -> Vec<String> {
        let record = |_| ("/v1/rentals".to_owned(), rental(&uuid::Uuid::now_v7().to_string(), "100.00"));
        let rentals = self.batch(&self.firm, (0..count).map(record).collect());
        let apply = |rental: &Value| {
            ("/v1/vouchers".to_owned(), json!({"programme": "p", "rental_id": rental["id"]}))
        };
        let vouchers = self.batch(&self.firm, rentals.iter().map(apply).collect());
        let ids: Vec<String> = vouchers.iter().map(|voucher| text(voucher, "/id")).collect();
        let review = |id: &String| (format!("/v1/vouchers/{id}/review"), json!({"decision": "pass"}));
        self.batch(&self.officer, ids.iter().map(review).collect());
        ids
    }

    /// How many leaves the log has.
    pub fn log_size(&self) -> u64 {
        self.read("/v1/audit/checkpoint").text.lines().nth(1).unwrap().parse().unwrap()
    }

    /// Callers issue the vouchers while `fault` happens.
    pub fn under_load(&self, vouchers: &[String], pace_ms: u64, fault: impl FnOnce()) -> Vec<Issued> {
        self.at_work(vouchers, pace_ms, |id| self.issue(id, false), fault)
    }

    /// Callers do something with each document while `fault` happens, each asking with its keys until it was told; between
    /// two documents a caller rests up to `pace_ms`, so that the load lasts as long as the fault.
    pub fn at_work<T: Send>(
        &self,
        documents: &[String],
        pace_ms: u64,
        work: impl Fn(&str) -> T + Sync,
        fault: impl FnOnce(),
    ) -> Vec<T> {
        let waiting = Mutex::new(documents.iter());
        thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|_| {
                    scope.spawn(|| {
                        let mut done = Vec::new();
                        loop {
                            let next = waiting.lock().unwrap().next();
                            let Some(id) = next else { return done };
                            done.push(work(id));
                            moment(0, pace_ms);
                        }
                    })
                })
                .collect();
            fault();
            callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
        })
    }

    /// Issues a voucher. `open`: whether a request with the key was sent before and not answered.
    pub fn issue(&self, id: &str, open: bool) -> Issued {
        let path = format!("/v1/vouchers/{id}/issue");
        let answer = self.settled(&path, &self.approver, &json!({}), &format!("issue-{id}"), open);
        self.seen.lock().unwrap().issued += 1;
        let sequence = answer.header("ledger-sequence").unwrap().parse().unwrap();
        Issued { id: id.to_owned(), sequence, body: answer.json() }
    }

    /// The same request with the same key until it is done.
    pub fn settled(&self, path: &str, token: &str, body: &Value, key: &str, mut open: bool) -> Answer {
        let began = Instant::now();
        loop {
            let asked = Instant::now();
            let answer = self.try_post(path, token, body, key);
            let took = asked.elapsed();
            assert!(took <= DEADLINE, "{path} took {took:?}");
            if let Some(done) = self.judged(path, answer, took, &mut open) {
                return done;
            }
            assert!(began.elapsed() < PATIENCE, "{path} is not settled after {PATIENCE:?}");
            moment(20, 120);
        }
    }

    fn judged(&self, path: &str, answer: Option<Answer>, took: Duration, open: &mut bool) -> Option<Answer> {
        let mut seen = self.seen.lock().unwrap();
        seen.calls += 1;
        seen.slowest = seen.slowest.max(took);
        let Some(answer) = answer else {
            seen.unanswered += 1;
            *open = true;
            return None;
        };
        if matches!(answer.status, 200 | 201) {
            let replayed = answer.header("idempotency-replayed") == Some("true");
            assert!(*open || !replayed, "{path} was done though its caller was told that it was not");
            seen.replayed += usize::from(replayed);
            return Some(answer);
        }
        seen.slowest_refusal = seen.slowest_refusal.max(took);
        match away(&answer).as_str() {
            "outcome_unknown" => {
                seen.outcome_unknown += 1;
                *open = true;
            }
            _ => seen.unavailable += 1,
        }
        None
    }

    /// Every voucher that was acknowledged is there once, as its caller was told, and nothing else is.
    pub fn check(&self, issued: &[Issued], log_size_before: u64) {
        let size = u64::try_from(issued.len()).unwrap();
        assert_eq!(self.log_size(), log_size_before + size, "a leaf for each voucher, no other");
        let sequences: BTreeSet<u64> = issued.iter().map(|one| one.sequence).collect();
        assert_eq!(sequences, (log_size_before..log_size_before + size).collect());
        for one in issued {
            let leaf = self.read(&format!("/v1/audit/entries/{}", one.sequence)).json();
            shows(&leaf, json!({"command/issue_voucher/id": one.id, "sequence": one.sequence.to_string()}));
            let voucher = self.read(&format!("/v1/vouchers/{}", one.id)).json();
            assert_eq!(voucher, one.body, "what was answered is what stands there");
            shows(&voucher, json!({"status": "issued", "face_value": FACE}));
        }
    }

    /// The balances tie and the whole ledger verifies.
    pub fn verify(&self, service: &Service) {
        let cents = |text: &str| text.replace('.', "").parse::<u64>().unwrap();
        let committed = text(&self.read("/v1/programmes/p").json(), "/budget/committed");
        let issued = u64::try_from(self.seen.lock().unwrap().issued).unwrap();
        assert_eq!(cents(&committed), cents(FACE) * issued);
        let total = self.read("/v1/reports/trial-balance").json()["total"].clone();
        assert_eq!(total["debit"], total["credit"]);
        let said = service.cli(&["verify", "--agency", AGENCY]);
        assert!(said.contains("verified"), "{said}");
    }

    /// What the callers met, for whoever reads the test's output.
    #[allow(clippy::print_stderr, reason = "what was measured")]
    pub fn report(&self, what: &str, rounds: usize) {
        eprintln!("{what}: {rounds} rounds, {:?}", self.seen.lock().unwrap());
    }

    pub fn slowest_refusal(&self) -> Duration {
        self.seen.lock().unwrap().slowest_refusal
    }
}

/// An answer that says that the database is away, in the form that the contract gives it; its code.
pub fn away(answer: &Answer) -> String {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    let code = text(&answer.json(), "/code");
    assert!(["unavailable", "outcome_unknown", "busy"].contains(&code.as_str()), "{}", answer.text);
    code
}

/// A moment between these.
pub fn moment(least_ms: u64, most_ms: u64) {
    thread::sleep(Duration::from_millis(least_ms + rand::random::<u64>() % (most_ms - least_ms)));
}
