//! A sandbox agency over HTTP, with the people who take a voucher from its application to the bank's answer.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::service::{Answer, Service};

pub const FIRM: &str = "91310000MA1FL0000N";
pub const OTHER: &str = "91110108MA01A2B3CF";
pub const CLOUD: &str = "91440300MA5F00011B";
pub const BANK: &str = "91330100MA2AX00016";

pub struct City {
    pub service: Arc<Service>,
    pub agency: String,
    pub lin: String,
    pub zhao: String,
    pub chen: String,
    /// Another approver.
    pub li: String,
    pub sun: String,
    pub firm: String,
    pub other: String,
    pub cloud: String,
    pub bank: String,
    contracts: AtomicU32,
}

/// 20 % of compute, and what else the rules say.
pub fn rules(more: Value) -> Value {
    merged(json!({"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 12}), &more)
}

/// At most 1.5 points of interest, and what else the rules say.
pub fn interest_rules(more: &Value) -> Value {
    merged(json!({"points": {"max": "1.5"}}), more)
}

impl Deref for City {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl City {
    /// On a service of its own.
    pub fn open(agency: &str, rules: &Value, pot: &str) -> Self {
        Self::found(&Arc::new(Service::start()), agency, rules, pot)
    }

    pub fn found(service: &Arc<Service>, agency: &str, rules: &Value, pot: &str) -> Self {
        let city = Self::bare(service, agency, &[(FIRM, "甲"), (OTHER, "乙"), (CLOUD, "丁云")]);
        city.programme("p", rules, pot);
        city
    }

    /// An agency and these organisations; no programme.
    pub fn bare(service: &Arc<Service>, agency: &str, organisations: &[(&str, &str)]) -> Self {
        service.agency(agency);
        let token = |role, subject, code| service.token(agency, role, subject, code);
        let city = Self {
            service: Arc::clone(service),
            agency: agency.to_owned(),
            lin: token("officer", "lin", None),
            zhao: token("officer", "zhao", None),
            chen: token("approver", "chen", None),
            li: token("approver", "li", None),
            sun: token("auditor", "sun", None),
            firm: token("enterprise", "firm", Some(FIRM)),
            other: token("enterprise", "other", Some(OTHER)),
            cloud: token("provider", "cloud", Some(CLOUD)),
            bank: token("bank", "bank", Some(BANK)),
            contracts: AtomicU32::new(1),
        };
        city.organisations(&city.lin, organisations);
        city
    }

    pub fn programme(&self, code: &str, rules: &Value, pot: &str) {
        self.programme_of("voucher", code, rules, pot);
    }

    /// An active programme of an instrument, with money in it.
    pub fn programme_of(&self, instrument: &str, code: &str, rules: &Value, pot: &str) {
        let two = [self.lin.as_str(), &self.chen];
        self.service.programme(two, instrument, code, rules);
        self.service.appropriate(two, code, pot);
    }

    pub fn status(&self, path: &str, token: &str) -> u16 {
        self.ask(path, token).status
    }

    /// The code of a refusal.
    pub fn refused(&self, status: u16, path: &str, token: &str, body: &Value) -> String {
        text(&self.expect(status, path, token, body), "/code")
    }

    pub fn move_to(&self, date: &str) {
        self.service.move_to(date, &self.lin);
    }

    pub fn verifies(&self) {
        self.service.verifies(&self.agency);
    }

    /// How many sheets the ledger computes again to the same, leaf by leaf.
    pub fn recomputes(&self) -> usize {
        self.service.recomputes(&self.agency, &self.sun)
    }

    /// A claim of the firm's, as it is once it is approved.
    pub fn passed(&self, body: &Value) -> Value {
        let id = self.filed(&self.firm, body);
        self.pass(&id);
        self.claim(&id)
    }

    /// A voucher on a contract of its own, issued to the firm.
    pub fn voucher(&self, contract: &str) -> String {
        self.voucher_of("p", &self.firm, contract)
    }

    pub fn voucher_of(&self, programme: &str, party: &str, contract: &str) -> String {
        let rental = rental(&format!("C-{}", self.contracts.fetch_add(1, Ordering::Relaxed)), contract);
        let rental = self.create("/v1/rentals", party, &rental);
        self.voucher_on(programme, party, &rental)
    }

    /// A voucher of the firm's that waits to be issued, worth 20 % of the amount.
    pub fn waiting(&self, contract_no: &str, amount: &str) -> String {
        let rental = self.create("/v1/rentals", &self.firm, &rental(contract_no, amount));
        self.reviewed_on("p", &self.firm, &rental)
    }

    /// A voucher on a contract that is recorded, issued.
    pub fn voucher_on(&self, programme: &str, party: &str, rental: &str) -> String {
        let id = self.reviewed_on(programme, party, rental);
        self.expect(200, &format!("/v1/vouchers/{id}/issue"), &self.chen, &json!({}));
        id
    }

    /// The same, waiting to be issued.
    pub fn reviewed_on(&self, programme: &str, party: &str, rental: &str) -> String {
        let body = json!({"programme": programme, "rental_id": rental});
        let id = self.create("/v1/vouchers", party, &body);
        self.expect(200, &format!("/v1/vouchers/{id}/review"), &self.lin, &json!({"decision": "pass"}));
        id
    }

    pub fn submitted(&self, party: &str, voucher: &str, settled: &str, closing: bool) -> String {
        let mut body = redemption(voucher, settled);
        body["final"] = json!(closing);
        self.filed(party, &body)
    }

    /// A claim, drafted and filed.
    pub fn filed(&self, party: &str, body: &Value) -> String {
        let id = self.create("/v1/claims", party, body);
        self.expect(200, &format!("/v1/claims/{id}/submit"), party, &json!({}));
        id
    }

    pub fn reviewed(&self, party: &str, voucher: &str, settled: &str) -> String {
        self.review(self.submitted(party, voucher, settled, false))
    }

    /// A claim that was filed waits for its approval.
    pub fn review(&self, claim: String) -> String {
        self.expect(200, &format!("/v1/claims/{claim}/review"), &self.zhao, &json!({"decision": "pass"}));
        claim
    }

    /// A loan to the firm at 3.25 % of which an amount was drawn on the first of June 2024.
    pub fn loan(&self, loan_no: &str, bank: &str, drawn: &str) -> String {
        let events = json!([{"kind": "drawdown", "date": "2024-06-01", "amount": drawn}]);
        self.loan_of(loan_no, bank, "2024-05-20", &events)
    }

    /// The same with what happened to it.
    pub fn loan_of(&self, loan_no: &str, bank: &str, signed_on: &str, events: &Value) -> String {
        let body = json!({
            "loan_no": loan_no, "bank": bank, "annual_rate_percent": "3.25", "signed_on": signed_on,
            "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"}, "events": events,
        });
        self.create("/v1/loans", &self.firm, &body)
    }

    /// A claim of the firm that waits to be paid.
    pub fn approved(&self, voucher: &str, settled: &str, closing: bool) -> String {
        self.approved_of(&self.firm, voucher, settled, closing)
    }

    pub fn approved_of(&self, party: &str, voucher: &str, settled: &str, closing: bool) -> String {
        let id = self.submitted(party, voucher, settled, closing);
        self.pass(&id);
        id
    }

    /// A claim that was filed is reviewed and approved.
    pub fn pass(&self, claim: &str) {
        self.expect(200, &format!("/v1/claims/{claim}/review"), &self.zhao, &json!({"decision": "pass"}));
        self.expect(200, &format!("/v1/claims/{claim}/approve"), &self.chen, &json!({}));
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
        self.result(batch, claim, "returned", date).expect(200);
        let path = format!("/v1/payment-batches/{batch}/results/{claim}/approve");
        self.expect(200, &path, &self.chen, &json!({}));
    }

    /// The claims paid on a day; the batch's id.
    pub fn paid(&self, claims: &[&str], date: &str) -> String {
        let batch = text(&self.batch(claims), "/id");
        for claim in claims {
            self.result(&batch, claim, "paid", date).expect(200);
        }
        batch
    }

    pub fn budget(&self) -> Value {
        self.get("/v1/programmes/p", &self.sun)["budget"].clone()
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
        let body = json!({"claim_id": claim, "amount": amount, "decision_no": "追1", "reason": "多付"});
        let id = self.create("/v1/recoveries", &self.lin, &merged(body, more));
        self.expect(200, &format!("/v1/recoveries/{id}/approve"), &self.chen, &json!({}));
        id
    }
}

/// A contract of the year 2025 with the cloud.
pub fn rental(contract_no: &str, amount: &str) -> Value {
    json!({
        "contract_no": contract_no, "provider": CLOUD, "signed_on": "2025-01-01", "from": "2025-01-01",
        "until": "2025-12-31", "lines": [{"item": "compute", "amount": amount}],
    })
}

/// The body of a claim on a voucher.
pub fn redemption(voucher: &str, settled: &str) -> Value {
    json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement(settled)})
}

/// The body of a claim on the interest of a loan.
pub fn interest(programme: &str, loan: &str, [from, until]: [&str; 2], paid: &str) -> Value {
    json!({
        "kind": "interest_subsidy", "programme": programme, "loan_id": loan,
        "period": {"from": from, "until": until}, "interest_paid": paid,
    })
}

/// A body with these members in the place of its own.
pub fn merged(mut body: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// A body with this in it as well.
pub fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    body.pointer_mut(parent).expect("a place")[name] = value;
    body
}

pub fn settlement(amount: &str) -> Value {
    json!([{"item": "compute", "amount": amount}])
}

/// What was answered has these values at their places: a member's name, or a path of names and numbers to one.
#[track_caller]
pub fn shows(found: &Value, expected: Value) {
    for (place, value) in expected.as_object().expect("members") {
        assert_eq!(found.pointer(&format!("/{place}")).unwrap_or(&Value::Null), value, "{place} of {found}");
    }
}

pub fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}
