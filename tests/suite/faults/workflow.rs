//! Claims on their way from draft to payment while something dies: each is paid, and paid once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::city::{City, text};
use super::service::Service;

/// The business date: what is paid, is paid today.
fn today(city: &City) -> String {
    text(&city.read("/v1/me").json(), "/business_date")
}

impl City {
    /// Vouchers that claims may be written on.
    pub fn issued(&self, count: usize) -> Vec<String> {
        let vouchers = self.reviewed(count);
        vouchers.iter().for_each(|id| drop(self.issue(id, false)));
        vouchers
    }

    /// A claim on the whole voucher, taken to its payment step by step; its id. Each step has a key of its own, under
    /// which it is asked for until it is done.
    pub fn paid(&self, voucher: &str) -> String {
        let settlement = json!([{"item": "compute", "amount": "100.00"}]);
        let draft = json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement});
        let step = |path: &str, token: &str, body: &Value, key: &str| {
            self.settled(path, token, body, &format!("{key}-{voucher}"), false).json()
        };
        let claim = text(&step("/v1/claims", &self.firm, &draft, "draft"), "/id");
        let of_claim = |verb: &str| format!("/v1/claims/{claim}/{verb}");
        step(&of_claim("submit"), &self.firm, &json!({}), "submit");
        step(&of_claim("review"), &self.officer, &json!({"decision": "pass"}), "review");
        step(&of_claim("approve"), self.approver(), &json!({}), "approve");
        let batch = step("/v1/payment-batches", &self.officer, &json!({"claim_ids": [&claim]}), "propose");
        let of_batch = |verb: &str| format!("/v1/payment-batches/{}/{verb}", text(&batch, "/id"));
        step(&of_batch("approve"), self.approver(), &json!({}), "release");
        let result = json!({
            "claim_id": &claim, "outcome": "paid", "bank_reference": format!("B-{claim}"), "date": today(self),
        });
        step(&of_batch("results"), &self.officer, &json!({"results": [&result]}), "result");
        // the bank's word a second time, under another key: there is no open line any more
        let again = json!({"results": [result]});
        let again = self.try_post(&of_batch("results"), &self.officer, &again, &format!("again-{voucher}"));
        assert!(again.is_none_or(|answer| answer.status == 409 || answer.status == 503));
        claim
    }

    /// Every claim is paid and was posted once, the books balance, and the ledger verifies.
    pub fn check_paid(&self, claims: &[String], service: &Service) {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for transaction in self.all("/v1/ledger/transactions?account=B2008") {
            *times.entry(text(&transaction, "/document")).or_default() += 1;
        }
        for claim in claims {
            let shown = self.read(&format!("/v1/claims/{claim}")).json();
            assert_eq!((text(&shown, "/status"), text(&shown, "/amount")), ("paid".into(), "20.00".into()));
            assert_eq!(times.get(claim), Some(&1), "{claim} was posted once");
        }
        let fen = |text: String| text.replace('.', "").parse::<usize>().unwrap();
        let budget = self.read("/v1/programmes/p").json()["budget"].clone();
        assert_eq!(fen(text(&budget, "/expended")), 20_00 * times.len());
        assert_eq!(times.len(), claims.len());
        assert_eq!((fen(text(&budget, "/payable")), fen(text(&budget, "/committed"))), (0, 0));
        let trial = self.read("/v1/reports/trial-balance").json();
        for book in ["B", "F", "Y"] {
            let book = &trial["books"][book];
            assert!(book["debit"] == book["credit"] && book["debit"] != "0.00", "{book}");
        }
        let said = service.cli(&["verify", "--agency", "faults"]);
        assert!(said.contains("verified"), "{said}");
    }

    /// Every member of a list.
    fn all(&self, path: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.read(&format!("{path}&limit=200{cursor}")).json();
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}
