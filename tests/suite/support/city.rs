//! A sandbox agency over HTTP, with the people who take a voucher from its application to the bank's answer.

use std::cell::Cell;

use serde_json::{Value, json};

use super::service::{Answer, Service};

pub const FIRM: &str = "91310000MA1FL0000N";
pub const OTHER: &str = "91110108MA01A2B3CF";
pub const CLOUD: &str = "91440300MA5F00011B";

pub struct City<'a> {
    pub service: &'a Service,
    pub lin: String,
    pub zhao: String,
    pub chen: String,
    /// Another approver.
    pub li: String,
    pub sun: String,
    pub firm: String,
    pub other: String,
    pub cloud: String,
    contracts: Cell<u32>,
}

/// 20 % of compute, and what else the rules say.
pub fn rules(more: Value) -> Value {
    let mut rules = json!({"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 12});
    for (name, value) in more.as_object().expect("an object") {
        rules[name] = value.clone();
    }
    rules
}

impl<'a> City<'a> {
    pub fn found(service: &'a Service, agency: &str, rules: &Value, pot: &str) -> Self {
        service.agency(agency);
        let token = |role, subject, code| service.token(agency, role, subject, code);
        let city = Self {
            service,
            lin: token("officer", "lin", None),
            zhao: token("officer", "zhao", None),
            chen: token("approver", "chen", None),
            li: token("approver", "li", None),
            sun: token("auditor", "sun", None),
            firm: token("enterprise", "firm", Some(FIRM)),
            other: token("enterprise", "other", Some(OTHER)),
            cloud: token("provider", "cloud", Some(CLOUD)),
            contracts: Cell::new(0),
        };
        for (code, name) in [(FIRM, "甲"), (OTHER, "乙"), (CLOUD, "丁云")] {
            let body = json!({"credit_code": code, "name": name, "category": "private_enterprise"});
            city.expect(201, "/v1/organisations", &city.lin, &body);
        }
        city.programme("p", rules, pot);
        city
    }

    pub fn programme(&self, code: &str, rules: &Value, pot: &str) {
        self.programme_of("voucher", code, rules, pot);
    }

    /// An active programme of an instrument, with money in it.
    pub fn programme_of(&self, instrument: &str, code: &str, rules: &Value, pot: &str) {
        let body = json!({
            "code": code, "title": {"zh": "专项", "en": code}, "instrument": instrument,
            "legal_basis": {"document": "T-1"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
            "rules": rules,
        });
        self.expect(201, "/v1/programmes", &self.lin, &body);
        self.expect(200, &format!("/v1/programmes/{code}/approve"), &self.chen, &json!({}));
        let path = format!("/v1/programmes/{code}/appropriations");
        let body = json!({"amount": pot, "fiscal_year": 2025, "document": "预算1号"});
        let id = text(&self.expect(201, &path, &self.lin, &body), "/id");
        self.expect(200, &format!("{path}/{id}/approve"), &self.chen, &json!({}));
    }

    pub fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.service.send("POST", path, Some(token), Some(body), &[])
    }

    pub fn send(&self, method: &str, path: &str, token: &str, body: &Value) -> Answer {
        self.service.send(method, path, Some(token), Some(body), &[])
    }

    pub fn get(&self, path: &str, token: &str) -> Value {
        let answer = self.service.send("GET", path, Some(token), None, &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub fn status(&self, path: &str, token: &str) -> u16 {
        self.service.send("GET", path, Some(token), None, &[]).status
    }

    pub fn expect(&self, status: u16, path: &str, token: &str, body: &Value) -> Value {
        let answer = self.post(path, token, body);
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text);
        answer.json()
    }

    /// The code of a refusal.
    pub fn refused(&self, status: u16, path: &str, token: &str, body: &Value) -> String {
        text(&self.expect(status, path, token, body), "/code")
    }

    pub fn move_to(&self, date: &str) {
        let answer = self.send("PUT", "/v1/business-date", &self.lin, &json!({"date": date}));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// A voucher on a contract of its own, issued to the firm.
    pub fn voucher(&self, contract: &str) -> String {
        self.voucher_of("p", &self.firm, contract)
    }

    pub fn voucher_of(&self, programme: &str, party: &str, contract: &str) -> String {
        self.contracts.set(self.contracts.get() + 1);
        let body = json!({
            "contract_no": format!("C-{}", self.contracts.get()), "provider": CLOUD, "signed_on": "2025-01-01",
            "from": "2025-01-01", "until": "2025-12-31", "lines": [{"item": "compute", "amount": contract}],
        });
        let rental = text(&self.expect(201, "/v1/rentals", party, &body), "/id");
        let body = json!({"programme": programme, "rental_id": rental});
        let id = text(&self.expect(201, "/v1/vouchers", party, &body), "/id");
        self.expect(200, &format!("/v1/vouchers/{id}/review"), &self.lin, &json!({"decision": "pass"}));
        self.expect(200, &format!("/v1/vouchers/{id}/issue"), &self.chen, &json!({}));
        id
    }

    pub fn submitted(&self, party: &str, voucher: &str, settled: &str, closing: bool) -> String {
        let body = json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement(settled),
            "final": closing});
        let id = text(&self.expect(201, "/v1/claims", party, &body), "/id");
        self.expect(200, &format!("/v1/claims/{id}/submit"), party, &json!({}));
        id
    }

    pub fn reviewed(&self, party: &str, voucher: &str, settled: &str) -> String {
        let id = self.submitted(party, voucher, settled, false);
        self.expect(200, &format!("/v1/claims/{id}/review"), &self.zhao, &json!({"decision": "pass"}));
        id
    }

    /// A claim of the firm that waits to be paid.
    pub fn approved(&self, voucher: &str, settled: &str, closing: bool) -> String {
        self.approved_of(&self.firm, voucher, settled, closing)
    }

    pub fn approved_of(&self, party: &str, voucher: &str, settled: &str, closing: bool) -> String {
        let id = self.submitted(party, voucher, settled, closing);
        self.expect(200, &format!("/v1/claims/{id}/review"), &self.zhao, &json!({"decision": "pass"}));
        self.expect(200, &format!("/v1/claims/{id}/approve"), &self.chen, &json!({}));
        id
    }

    /// A batch of these claims, at the bank.
    pub fn batch(&self, claims: &[&str]) -> Value {
        let batch = self.expect(201, "/v1/payment-batches", &self.lin, &json!({"claim_ids": claims}));
        let path = format!("/v1/payment-batches/{}/approve", text(&batch, "/id"));
        self.expect(200, &path, &self.chen, &json!({}))
    }

    pub fn result(&self, batch: &str, claim: &str, outcome: &str, date: &str) -> Answer {
        let reference = format!("FT-{outcome}-{batch}-{claim}");
        let result =
            json!({"claim_id": claim, "outcome": outcome, "bank_reference": reference, "date": date});
        self.post(&format!("/v1/payment-batches/{batch}/results"), &self.lin, &json!({"results": [result]}))
    }

    /// A payment that the bank sent back, as one records and another confirms.
    pub fn returned(&self, batch: &str, claim: &str, date: &str) {
        let answer = self.result(batch, claim, "returned", date);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let path = format!("/v1/payment-batches/{batch}/results/{claim}/approve");
        self.expect(200, &path, &self.chen, &json!({}));
    }

    /// The claims paid on a day; the batch's id.
    pub fn paid(&self, claims: &[&str], date: &str) -> String {
        let batch = text(&self.batch(claims), "/id");
        for claim in claims {
            let answer = self.result(&batch, claim, "paid", date);
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        batch
    }

    pub fn claim(&self, id: &str) -> Value {
        self.get(&format!("/v1/claims/{id}"), &self.sun)
    }

    /// The parts of a voucher's face, which sum to it.
    pub fn balance(&self, voucher: &str) -> [String; 4] {
        let balance = self.get(&format!("/v1/vouchers/{voucher}"), &self.sun)["balance"].clone();
        let fen =
            |name: &str| text(&balance, &format!("/{name}")).replace('.', "").parse::<i64>().expect("fen");
        let parts = ["redeemed", "held", "released", "expired", "available"].map(fen);
        assert_eq!(parts.iter().sum::<i64>(), fen("face"), "{balance}");
        ["redeemed", "held", "released", "available"].map(|name| text(&balance, &format!("/{name}")))
    }

    /// The balances of these accounts; the books balance.
    pub fn ledger<const N: usize>(&self, accounts: [&str; N]) -> [String; N] {
        let report = self.get("/v1/reports/trial-balance", &self.sun);
        for book in ["B", "F", "Y"] {
            assert_eq!(report["books"][book]["debit"], report["books"][book]["credit"], "{book}");
        }
        accounts.map(|code| {
            let rows = report["accounts"].as_array().expect("accounts");
            text(rows.iter().find(|row| row["account"] == code).expect(code), "/balance")
        })
    }

    /// A recovery of a claim, approved.
    pub fn recovery(&self, claim: &str, amount: &str, more: &Value) -> String {
        let mut body = json!({"claim_id": claim, "amount": amount, "decision_no": "追1", "reason": "多付"});
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let id = text(&self.expect(201, "/v1/recoveries", &self.lin, &body), "/id");
        self.expect(200, &format!("/v1/recoveries/{id}/approve"), &self.chen, &json!({}));
        id
    }
}

pub fn settlement(amount: &str) -> Value {
    json!([{"item": "compute", "amount": amount}])
}

pub fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}
