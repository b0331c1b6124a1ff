//! Callers who propose money while servers fail: each asks under its key until it was told, and what it was told is kept.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::city::rules;
use crate::support::service::{Answer, Service};

pub const AGENCY: &str = "city";
const CALLERS: usize = 4;
/// The longest that any caller waits: 30 seconds for the engine and one for the way.
pub const DEADLINE: Duration = Duration::from_secs(31);
/// How long a caller goes on asking.
const PATIENCE: Duration = Duration::from_secs(150);
const APPROPRIATIONS: &str = "/v1/programmes/p/appropriations";

/// What a caller was told.
#[derive(Debug, Clone)]
pub struct Told {
    key: String,
    pub sequence: u64,
    body: Value,
}

#[derive(Debug, Default)]
pub struct Met {
    pub calls: usize,
    pub unavailable: usize,
    pub read_only: usize,
    pub outcome_unknown: usize,
    pub rewound: usize,
    pub replayed: usize,
    pub slowest: Duration,
    pub slowest_read: Duration,
}

pub struct City<'a> {
    service: &'a Service,
    pub officer: String,
    auditor: String,
    told: Mutex<Vec<Told>>,
    met: Mutex<Met>,
    /// Whether the test has failed: nobody asks any more.
    failed: AtomicBool,
    /// Leaves that are no caller's.
    others: AtomicU64,
}

impl<'a> City<'a> {
    pub fn found(service: &'a Service) -> Self {
        service.agency(AGENCY);
        let officer = service.token(AGENCY, "officer", "lin", None);
        let approver = service.token(AGENCY, "approver", "chen", None);
        let auditor = service.token(AGENCY, "auditor", "wu", None);
        service.programme([&officer, &approver], "voucher", "p", &rules(json!({})));
        let city = Self {
            service,
            officer,
            auditor,
            told: Mutex::default(),
            met: Mutex::default(),
            failed: AtomicBool::new(false),
            others: AtomicU64::new(0),
        };
        city.others.store(city.log_size(), Ordering::Relaxed);
        city
    }

    fn told(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap()
    }

    pub fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap()
    }

    /// How many were told.
    pub fn count(&self) -> usize {
        self.told().len()
    }

    /// One proposal under a key, once.
    pub fn propose(&self, key: &str) -> Answer {
        let body = json!({"amount": "1.00", "fiscal_year": 2025, "document": key});
        let key = [("Idempotency-Key", key)];
        self.service.send("POST", APPROPRIATIONS, Some(&self.officer), Some(&body), &key)
    }

    pub fn read(&self, path: &str) -> Answer {
        self.service.ask(path, &self.auditor)
    }

    pub fn log_size(&self) -> u64 {
        self.read("/v1/audit/checkpoint").text.lines().nth(1).unwrap().parse().unwrap()
    }

    /// Callers propose, and one reads, while `fault` happens; then all are told.
    pub fn under_load(&self, fault: impl FnOnce()) {
        let over = AtomicBool::new(false);
        /// Nobody goes on when the fault itself fails.
        struct Ends<'a>([&'a AtomicBool; 2]);
        impl Drop for Ends<'_> {
            fn drop(&mut self) {
                let [over, failed] = self.0;
                over.store(true, Ordering::Relaxed);
                failed.store(thread::panicking(), Ordering::Relaxed);
            }
        }
        thread::scope(|scope| {
            let _ends = Ends([&over, &self.failed]);
            let mut at_work: Vec<_> = (0..CALLERS)
                .map(|_| {
                    scope.spawn(|| {
                        while !over.load(Ordering::Relaxed) {
                            let told = self.settled(uuid::Uuid::now_v7().simple().to_string(), false);
                            self.told().push(told);
                            thread::sleep(Duration::from_millis(10 + rand::random::<u64>() % 40));
                        }
                    })
                })
                .collect();
            at_work.push(scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    self.look();
                    thread::sleep(Duration::from_millis(100));
                }
            }));
            fault();
            over.store(true, Ordering::Relaxed);
            at_work.into_iter().for_each(|one| one.join().unwrap());
        });
    }

    fn look(&self) {
        let asked = Instant::now();
        let answer = self.read("/v1/programmes/p");
        let took = asked.elapsed();
        assert!(took <= DEADLINE, "a read took {took:?}");
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        let mut met = self.met();
        met.slowest_read = met.slowest_read.max(took);
    }

    /// The same request with the same key until it is done. `open`: whether one was sent before and not answered.
    fn settled(&self, key: String, mut open: bool) -> Told {
        let began = Instant::now();
        loop {
            assert!(!self.failed.load(Ordering::Relaxed), "the test has failed");
            assert!(began.elapsed() < PATIENCE, "{key} is not settled after {PATIENCE:?}");
            let asked = Instant::now();
            let answer = self.propose(&key);
            let took = asked.elapsed();
            assert!(took <= DEADLINE, "{key} took {took:?}");
            let mut met = self.met();
            met.calls += 1;
            met.slowest = met.slowest.max(took);
            if answer.status == 201 {
                let replayed = is_replayed(&answer);
                assert!(open || !replayed, "{key} was done though its caller was told that it was not");
                met.replayed += usize::from(replayed);
                return Told { key, sequence: sequence(&answer), body: answer.json() };
            }
            assert_eq!(answer.status, 503, "{}", answer.text);
            match answer.json()["code"].as_str().unwrap() {
                "outcome_unknown" => {
                    met.outcome_unknown += 1;
                    open = true;
                }
                "unavailable" | "busy" => met.unavailable += 1,
                "read_only" => met.read_only += 1,
                "ledger_rewound" => met.rewound += 1,
                _ => panic!("{}", answer.text),
            }
            drop(met);
            thread::sleep(Duration::from_millis(50 + rand::random::<u64>() % 100));
        }
    }

    /// An operator accepted that the entries from this one on are lost: whoever was told of one of them asks again and
    /// is served anew. Answers how many there were.
    pub fn lost_from(&self, first: u64, before: usize) -> usize {
        let mut lost = Vec::new();
        {
            let mut told = self.told();
            let later = told.split_off(before);
            let (kept, gone): (Vec<Told>, Vec<Told>) = told.drain(..).partition(|told| told.sequence < first);
            told.extend(kept);
            told.extend(later);
            lost.extend(gone);
        }
        self.others.fetch_add(1, Ordering::Relaxed);
        for old in &lost {
            let anew = self.settled(old.key.clone(), false);
            self.told().push(anew);
        }
        lost.len()
    }

    /// Everything that anybody was told stands in the log once, under the sequence that was told, and nothing else does.
    pub fn check(&self) {
        let told = self.told();
        let sequences: BTreeSet<u64> = told.iter().map(|told| told.sequence).collect();
        assert_eq!(sequences.len(), told.len(), "no sequence was told twice");
        assert_eq!(
            self.log_size(),
            self.others.load(Ordering::Relaxed) + told.len() as u64,
            "a leaf for each, no other"
        );
        for one in told.iter() {
            let again = self.propose(&one.key);
            assert_eq!((again.status, is_replayed(&again)), (201, true), "{one:?}: {}", again.text);
            assert_eq!((sequence(&again), again.json()), (one.sequence, one.body.clone()));
            let leaf = self.read(&format!("/v1/audit/entries/{}", one.sequence));
            assert!(leaf.text.contains(one.body["id"].as_str().unwrap()), "{one:?}: {}", leaf.text);
        }
        let mut listed = Vec::new();
        let mut path = format!("{APPROPRIATIONS}?limit=200");
        loop {
            let page = self.read(&path).json();
            listed.extend(page["data"].as_array().unwrap().iter().map(|one| one["id"].to_string()));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{APPROPRIATIONS}?limit=200&cursor={cursor}"),
                None => break,
            }
        }
        let mut expected: Vec<String> = told.iter().map(|one| one.body["id"].to_string()).collect();
        listed.sort();
        expected.sort();
        assert_eq!(listed, expected, "what stands in the book");
        let said = self.service.cli(&["verify", "--agency", AGENCY]);
        assert!(said.contains("verified"), "{said}");
    }
}

pub fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

pub fn sequence(answer: &Answer) -> u64 {
    answer.header("ledger-sequence").expect("a sequence").parse().unwrap()
}
