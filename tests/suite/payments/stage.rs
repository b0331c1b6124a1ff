//! An agency with two firms that have bank accounts, one that has none, a cloud, and a programme that two levels fund.

use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::city::{redemption, rental, with};
use crate::support::service::{Answer, Service};

pub use crate::support::city::{CLOUD, FIRM, OTHER};
pub const POOR: &str = "91510100MA6CD0001D";

pub const FIRM_ACCOUNT: &str = "6222021001112223334";
pub const OTHER_ACCOUNT: &str = "007700123456789012";
pub const FIRM_NAME: &str = "甲 <算力> & \"科技\"";

pub struct Stage {
    pub service: Arc<Service>,
    pub officer: String,
    pub reviewer: String,
    pub approver: String,
    pub approver_too: String,
    pub auditor: String,
    pub firm: String,
}

impl Deref for Stage {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl Stage {
    /// On a service of its own.
    pub fn open(agency: &str) -> Self {
        Self::found(&Arc::new(Service::start()), agency)
    }

    pub fn found(service: &Arc<Service>, agency: &str) -> Self {
        service.agency(agency);
        let token = |role, subject, code| service.token(agency, role, subject, code);
        let stage = Self {
            service: Arc::clone(service),
            officer: token("officer", "lin", None),
            reviewer: token("officer", "wu", None),
            approver: token("approver", "chen", None),
            approver_too: token("approver,officer", "zhao", None),
            auditor: token("auditor", "qian", None),
            firm: token("enterprise", "firm", Some(FIRM)),
        };
        stage.register(FIRM, FIRM_NAME, Some(("102100099996", FIRM_ACCOUNT)));
        stage.register(OTHER, "乙模型科技", Some(("308584000013", OTHER_ACCOUNT)));
        stage.register(POOR, "=丙()", None);
        stage.register(CLOUD, "丁云计算", None);
        let rules = json!({
            "items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 6,
            "shares": [{"level": "city", "percent": "60"}, {"level": "district", "percent": "40"}],
        });
        let two = [stage.officer.as_str(), &stage.approver];
        stage.programme(two, "voucher", "p", &rules);
        stage.appropriate(two, "p", "99999999.00");
        stage
    }

    pub fn register(&self, code: &str, name: &str, account: Option<(&str, &str)>) {
        let account = account.map(|(bank_code, account_number)| {
            json!({"name": name, "bank_code": bank_code, "account_number": account_number})
        });
        let body = json!({"credit_code": code, "name": name, "category": "private_enterprise", "bank_account": account});
        self.expect(201, "/v1/organisations", &self.officer, &body);
    }

    /// A write that is refused with this code.
    pub fn refused(&self, status: u16, code: &str, path: &str, token: &str, body: &Value) -> Value {
        let problem = self.expect(status, path, token, body);
        assert_eq!(problem["code"], code, "{path} {body}: {problem}");
        problem
    }

    /// What the auditor reads.
    pub fn read(&self, path: &str) -> Value {
        self.get(path, &self.auditor)
    }

    pub fn today(&self, date: &str) {
        self.move_to(date, &self.officer);
    }

    /// Many writes at once; what each left.
    pub fn all(&self, token: &str, operations: Vec<(String, Value)>) -> Vec<Value> {
        let mut left = Vec::new();
        for some in operations.chunks(400) {
            let operation =
                |(path, body): &(String, Value)| json!({"method": "POST", "path": path, "body": body});
            let operations: Vec<Value> = some.iter().map(operation).collect();
            let answer =
                self.expect(200, "/v1/batches", token, &json!({"mode": "all", "operations": operations}));
            let results = answer["results"].as_array().unwrap();
            left.extend(results.iter().map(|one| one["body"].clone()));
        }
        left
    }

    /// Vouchers of a firm, each 20 % of a contract of this amount.
    pub fn vouchers(&self, firm: &str, count: usize, contract: &str) -> Vec<String> {
        let run = uuid::Uuid::now_v7().simple().to_string();
        let record = |number: usize| {
            let body = rental(&format!("{run}-{number}"), contract);
            ("/v1/rentals".to_owned(), with(body, "/organisation", json!(firm)))
        };
        let rentals = self.all(&self.officer, (0..count).map(record).collect());
        let apply = |rental: &Value| {
            ("/v1/vouchers".to_owned(), json!({"programme": "p", "rental_id": rental["id"]}))
        };
        let vouchers = ids(&self.all(&self.officer, rentals.iter().map(apply).collect()));
        self.each(&self.reviewer, "vouchers", &vouchers, "review", &json!({"decision": "pass"}));
        self.each(&self.approver, "vouchers", &vouchers, "issue", &json!({}));
        vouchers
    }

    /// The same step of many documents.
    pub fn each(&self, token: &str, noun: &str, ids: &[String], step: &str, body: &Value) {
        let step = |id: &String| (format!("/v1/{noun}/{id}/{step}"), body.clone());
        self.all(token, ids.iter().map(step).collect());
    }

    /// A claim on each voucher for 20 % of this amount, filed.
    pub fn submitted(&self, vouchers: &[String], settled: &str) -> Vec<String> {
        let draft = |voucher: &String| ("/v1/claims".to_owned(), redemption(voucher, settled));
        let claims = ids(&self.all(&self.officer, vouchers.iter().map(draft).collect()));
        self.each(&self.officer, "claims", &claims, "submit", &json!({}));
        claims
    }

    /// Claims of a firm that wait to be paid.
    pub fn approved(&self, firm: &str, count: usize, contract: &str) -> Vec<String> {
        let claims = self.submitted(&self.vouchers(firm, count, contract), contract);
        self.each(&self.reviewer, "claims", &claims, "review", &json!({"decision": "pass"}));
        self.each(&self.approver, "claims", &claims, "approve", &json!({}));
        claims
    }

    /// A batch of these claims, proposed.
    pub fn proposed(&self, claims: &[String]) -> String {
        self.create("/v1/payment-batches", &self.officer, &json!({"claim_ids": claims}))
    }

    /// A batch of these claims for the bank.
    pub fn batch(&self, claims: &[String]) -> String {
        let batch = self.proposed(claims);
        self.expect(200, &format!("/v1/payment-batches/{batch}/approve"), &self.approver, &json!({}));
        batch
    }

    /// What the bank says of a line, on a day.
    pub fn result(&self, batch: &str, claim: &str, outcome: &str, date: &str) -> Answer {
        let result = json!({
            "claim_id": claim, "outcome": outcome, "bank_reference": format!("FT-{batch}-{claim}"), "date": date,
            "reason": "账号有误",
        });
        self.post(
            &format!("/v1/payment-batches/{batch}/results"),
            &self.officer,
            &json!({"results": [result]}),
        )
    }

    /// A payment that the bank sent back, as one records and another confirms.
    pub fn returned(&self, batch: &str, claim: &str, date: &str) {
        let answer = self.result(batch, claim, "returned", date).expect(200);
        assert_ne!(answer.json()["lines"][0]["proposed_result"], Value::Null, "{}", answer.text);
        let path = format!("/v1/payment-batches/{batch}/results/{claim}/approve");
        self.expect(200, &path, &self.approver, &json!({}));
    }

    /// The balance of an account.
    pub fn balance(&self, account: &str) -> String {
        let report = self.read("/v1/reports/trial-balance");
        let accounts = report["accounts"].as_array().unwrap();
        let found = accounts.iter().find(|one| one["account"] == account).unwrap();
        found["balance"].as_str().unwrap().to_owned()
    }

    /// Turnovers of an account at a funding level, debit and credit, in the lines of a leaf.
    pub fn lines(&self, sequence: &str) -> Vec<(String, String, String, String)> {
        let transaction = self.read(&format!("/v1/ledger/transactions/{sequence}"));
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let entries = transaction["entries"].as_array().unwrap();
        entries
            .iter()
            .map(|line| {
                (text(line, "account"), text(line, "side"), text(line, "level"), text(line, "amount"))
            })
            .collect()
    }

    /// The leaves of a kind, newest last.
    pub fn leaves(&self, kind: &str) -> Vec<Value> {
        let (mut found, mut after) = (Vec::new(), -1);
        loop {
            let query = if after < 0 { String::new() } else { format!("&after={after}") };
            let page = self.read(&format!("/v1/events?limit=200{query}"));
            let events = page["data"].as_array().unwrap();
            let Some(last) = events.last() else { return found };
            after = last["sequence"].as_i64().unwrap();
            found.extend(events.iter().filter(|event| event["kind"] == kind).cloned());
        }
    }
}

pub fn id(document: &Value) -> String {
    document["id"].as_str().unwrap().to_owned()
}

pub fn ids(documents: &[Value]) -> Vec<String> {
    documents.iter().map(id).collect()
}
