//! An agency with two firms that have bank accounts, one that has none, a cloud, and a programme that two levels fund.

use serde_json::{Value, json};

use crate::support::service::{Answer, Service};

pub const FIRM: &str = "91310000MA1FL0000N";
pub const OTHER: &str = "91110108MA01A2B3CF";
pub const POOR: &str = "91510100MA6CD0001D";
pub const CLOUD: &str = "91440300MA5F00011B";

pub const FIRM_ACCOUNT: &str = "6222021001112223334";
pub const OTHER_ACCOUNT: &str = "007700123456789012";
pub const FIRM_NAME: &str = "甲 <算力> & \"科技\"";

pub struct Stage<'a> {
    pub service: &'a Service,
    pub officer: String,
    pub reviewer: String,
    pub approver: String,
    pub approver_too: String,
    pub auditor: String,
    pub firm: String,
}

impl<'a> Stage<'a> {
    pub fn found(service: &'a Service, agency: &str) -> Self {
        service.agency(agency);
        let stage = Self {
            service,
            officer: service.token(agency, "officer", "lin", None),
            reviewer: service.token(agency, "officer", "wu", None),
            approver: service.token(agency, "approver", "chen", None),
            approver_too: service.token(agency, "approver,officer", "zhao", None),
            auditor: service.token(agency, "auditor", "qian", None),
            firm: service.token(agency, "enterprise", "firm", Some(FIRM)),
        };
        stage.register(FIRM, FIRM_NAME, Some(("102100099996", FIRM_ACCOUNT)));
        stage.register(OTHER, "乙模型科技", Some(("308584000013", OTHER_ACCOUNT)));
        stage.register(POOR, "=丙()", None);
        stage.register(CLOUD, "丁云计算", None);
        let rules = json!({
            "items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 6,
            "shares": [{"level": "city", "percent": "60"}, {"level": "district", "percent": "40"}],
        });
        let body = json!({
            "code": "p", "title": {"zh": "算力券专项", "en": "p"}, "instrument": "voucher",
            "legal_basis": {"document": "T-1"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
            "rules": rules,
        });
        stage.post(201, "/v1/programmes", &stage.officer, &body);
        stage.post(200, "/v1/programmes/p/approve", &stage.approver, &json!({}));
        let body = json!({"amount": "99999999.00", "fiscal_year": 2025, "document": "预算1号"});
        let change = id(&stage.post(201, "/v1/programmes/p/appropriations", &stage.officer, &body));
        stage.post(
            200,
            &format!("/v1/programmes/p/appropriations/{change}/approve"),
            &stage.approver,
            &json!({}),
        );
        stage
    }

    pub fn register(&self, code: &str, name: &str, account: Option<(&str, &str)>) {
        let account = account.map(|(bank_code, account_number)| {
            json!({"name": name, "bank_code": bank_code, "account_number": account_number})
        });
        let body = json!({"credit_code": code, "name": name, "category": "private_enterprise", "bank_account": account});
        self.post(201, "/v1/organisations", &self.officer, &body);
    }

    pub fn send(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.service.send("POST", path, Some(token), Some(body), &[])
    }

    pub fn post(&self, status: u16, path: &str, token: &str, body: &Value) -> Value {
        let answer = self.send(path, token, body);
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
        answer.json()
    }

    /// A write that is refused with this code.
    pub fn refused(&self, status: u16, code: &str, path: &str, token: &str, body: &Value) -> Value {
        let problem = self.post(status, path, token, body);
        assert_eq!(problem["code"], code, "{path} {body}: {problem}");
        problem
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.service.send("GET", path, Some(&self.auditor), None, &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub fn today(&self, date: &str) {
        let answer = self.service.send(
            "PUT",
            "/v1/business-date",
            Some(&self.officer),
            Some(&json!({"date": date})),
            &[],
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Many writes at once; what each left.
    pub fn all(&self, token: &str, operations: Vec<(String, Value)>) -> Vec<Value> {
        let mut left = Vec::new();
        for some in operations.chunks(400) {
            let operation =
                |(path, body): &(String, Value)| json!({"method": "POST", "path": path, "body": body});
            let operations: Vec<Value> = some.iter().map(operation).collect();
            let answer =
                self.post(200, "/v1/batches", token, &json!({"mode": "all", "operations": operations}));
            let results = answer["results"].as_array().unwrap();
            left.extend(results.iter().map(|one| one["body"].clone()));
        }
        left
    }

    /// Vouchers of a firm, each 20 % of a contract of this amount.
    pub fn vouchers(&self, firm: &str, count: usize, contract: &str) -> Vec<String> {
        let run = uuid::Uuid::now_v7().simple().to_string();
        let rental = |number| {
            let body = json!({
                "organisation": firm, "provider": CLOUD, "contract_no": format!("{run}-{number}"),
                "signed_on": "2025-01-01", "from": "2025-01-01", "until": "2025-12-31",
                "lines": [{"item": "compute", "amount": contract}],
            });
            ("/v1/rentals".to_owned(), body)
        };
        let rentals = self.all(&self.officer, (0..count).map(rental).collect());
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
        let draft = |voucher: &String| {
            let body = json!({
                "kind": "voucher_redemption", "voucher_id": voucher,
                "settlement": [{"item": "compute", "amount": settled}],
            });
            ("/v1/claims".to_owned(), body)
        };
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
        id(&self.post(201, "/v1/payment-batches", &self.officer, &json!({"claim_ids": claims})))
    }

    /// A batch of these claims for the bank.
    pub fn batch(&self, claims: &[String]) -> String {
        let batch = self.proposed(claims);
        self.post(200, &format!("/v1/payment-batches/{batch}/approve"), &self.approver, &json!({}));
        batch
    }

    /// What the bank says of a line, on a day.
    pub fn result(&self, batch: &str, claim: &str, outcome: &str, date: &str) -> Answer {
        let result = json!({
            "claim_id": claim, "outcome": outcome, "bank_reference": format!("FT-{batch}-{claim}"), "date": date,
            "reason": "账号有误",
        });
        self.send(
            &format!("/v1/payment-batches/{batch}/results"),
            &self.officer,
            &json!({"results": [result]}),
        )
    }

    /// A payment that the bank sent back, as one records and another confirms.
    pub fn returned(&self, batch: &str, claim: &str, date: &str) {
        let answer = self.result(batch, claim, "returned", date);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_ne!(answer.json()["lines"][0]["proposed_return"], Value::Null, "{}", answer.text);
        let path = format!("/v1/payment-batches/{batch}/results/{claim}/approve");
        self.post(200, &path, &self.approver, &json!({}));
    }

    /// The balance of an account.
    pub fn balance(&self, account: &str) -> String {
        let report = self.get("/v1/reports/trial-balance");
        let accounts = report["accounts"].as_array().unwrap();
        let found = accounts.iter().find(|one| one["account"] == account).unwrap();
        found["balance"].as_str().unwrap().to_owned()
    }

    /// Turnovers of an account at a funding level, debit and credit, in the lines of a leaf.
    pub fn lines(&self, sequence: &str) -> Vec<(String, String, String, String)> {
        let transaction = self.get(&format!("/v1/ledger/transactions/{sequence}"));
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
            let page = self.get(&format!("/v1/events?limit=200{query}"));
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
