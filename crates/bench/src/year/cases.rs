//! What happens in the year: contracts, vouchers, months of rent, and how they are paid.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{CLOUDS, MONTHS, PROGRAMMES, Who, Year, cloud, code, firm, mixed, yuan};
use subsidy_core::domain::{ClaimId, CreditCode};
use subsidy_core::payments::{ClaimIds, NAME_MAX};
use subsidy_ledger::cli::Failure;

impl Year {
    fn contract(&mut self, number: &str, organisation: CreditCode, settled: u64) -> Result<Uuid, Failure> {
        let id = self.id()?;
        let provider = cloud(mixed(self.case) % CLOUDS)?;
        let contract = json!({
            "id": id, "organisation": organisation, "provider": provider, "contract_no": number,
            "signed_on": "2024-01-02", "from": "2024-01-01", "until": "2024-12-31",
            "lines": [{"item": "compute", "amount": yuan(settled)}],
        });
        self.say(Who::Lin, "register_rental", &contract)?;
        Ok(id)
    }

    /// CNY in fen: what the case settles.
    const fn settled(&self) -> u64 {
        1_000_000 + mixed(self.case) % 90_000_000
    }

    /// A contract, its voucher, and what is redeemed of it.
    pub(super) fn voucher(&mut self) -> Result<(), Failure> {
        let place = self.case / 3;
        let (organisation, settled) = (firm(place % self.firms())?, self.settled());
        let rental = self.contract(&format!("券-{place}"), organisation, settled)?;
        let id = self.id()?;
        let programme = format!("v{:02}", place % PROGRAMMES);
        self.say(
            Who::Lin,
            "apply_for_voucher",
            &json!({"id": id, "programme": programme, "rental": rental}),
        )?;
        if place % 200 == 7 {
            return Ok(());
        }
        self.say(Who::Lin, "review_voucher", &json!({"id": id, "decision": "pass"}))?;
        self.say(Who::Chen, "issue_voucher", &json!({"id": id}))?;
        if place % 500 == 13 {
            return self.reasoned(Who::Chen, "suspend_voucher", json!({"id": id}), "核查");
        }
        let part = yuan(settled / 2 + settled % 1_000);
        let request = json!({"voucher_redemption": {
            "voucher": id, "settlement": [{"item": "compute", "amount": part}], "final": place.is_multiple_of(4),
        }});
        self.claim(&request)
    }

    /// A month of a contract.
    pub(super) fn rental(&mut self) -> Result<(), Failure> {
        let place = self.case - self.case / 3 - 1;
        let (contract, month) = (place / MONTHS, place % MONTHS);
        let settled = self.settled();
        let organisation = firm(contract % self.firms())?;
        if month == 0 {
            let id = self.contract(&format!("租-{contract}"), organisation, 12 * settled)?;
            self.leased = id;
        }
        let from = format!("2024-{:02}-01", month + 1);
        let until =
            if month + 1 == MONTHS { "2024-12-31".to_owned() } else { format!("2024-{:02}-01", month + 2) };
        let request = json!({"rental_subsidy": {
            "programme": format!("r{:02}", contract % PROGRAMMES), "rental": self.leased,
            "period": {"from": from, "until": until}, "settlement": [{"item": "compute", "amount": yuan(settled)}],
        }});
        self.claim(&request)
    }

    /// A claim, mostly to its approval.
    fn claim(&mut self, request: &Value) -> Result<(), Failure> {
        let id = self.id()?;
        self.say(Who::Lin, "draft_claim", &json!({"id": id, "request": request}))?;
        self.say(Who::Lin, "submit_claim", &json!({"id": id}))?;
        if self.case % 300 == 5 {
            let members = json!({"id": id, "decision": "return"});
            return self.reasoned(Who::Zhao, "review_claim", members, "材料不全");
        }
        self.say(Who::Zhao, "review_claim", &json!({"id": id, "decision": "pass"}))?;
        if self.case % 1_000 == 17 {
            return self.reasoned(Who::Chen, "reject_claim", json!({"id": id}), "不符合条件");
        }
        self.say(Who::Chen, "approve_claim", &json!({"id": id}))?;
        self.approved.push(id);
        Ok(())
    }

    /// What else is brought: invoices, and now and then a loan.
    pub(super) fn beside(&mut self) -> Result<(), Failure> {
        let organisation = firm(mixed(self.case) % self.firms())?;
        if self.case % 20 == 3 {
            let (id, digest) = (self.id()?, format!("{:064x}", self.case));
            let number = format!("{:020}", 25_310_000_000_000_000_000_u128 + u128::from(self.case));
            let invoice = json!({"number": {"number": number}, "amount": yuan(self.settled())});
            let members = json!({
                "id": id, "kind": "invoice", "organisation": organisation, "sha256": digest, "bytes": "4096",
                "media_type": "application/pdf", "invoice": invoice,
            });
            self.say(Who::Lin, "register_evidence", &members)?;
        }
        if self.case % 50 == 9 {
            let id = self.id()?;
            let members = json!({
                "id": id, "organisation": organisation, "bank": code("91330100", 1)?,
                "loan_no": format!("贷-{}", self.case), "annual_rate_percent": "3.25", "signed_on": "2024-05-20",
                "matures_on": "2034-06-20", "project": {"code": "P1", "name": "智算中心"}, "events": [],
            });
            self.say(Who::Lin, "register_loan", &members)?;
        }
        Ok(())
    }

    /// What waits is paid; now and then some of it is asked back.
    pub(super) fn pay(&mut self) -> Result<(), Failure> {
        let (batch, claims, date) = (self.id()?, std::mem::take(&mut self.approved), self.today()?);
        self.batches += 1;
        let named = ClaimIds::new(claims.iter().copied().map(ClaimId::new).collect())?;
        let proposed = json!({"id": batch, "claims": named.to_string(), "name_max": NAME_MAX.to_string()});
        self.say(Who::Lin, "propose_payment_batch", &proposed)?;
        self.say(Who::Chen, "approve_payment_batch", &json!({"id": batch}))?;
        for (place, claim) in claims.iter().enumerate() {
            let paid = json!({
                "batch": batch, "claim": claim, "outcome": "paid", "date": date,
                "bank_reference": format!("FT{}-{place}", self.batches),
            });
            self.say(Who::Lin, "settle_payment", &paid)?;
        }
        let Some(claim) = claims.first().filter(|_| self.batches % 10 == 1) else { return Ok(()) };
        let id = self.id()?;
        let members =
            json!({"id": id, "claim": claim, "amount": "12.34", "decision_no": "追1", "fraud": false});
        self.reasoned(Who::Lin, "propose_recovery", members, "多付")?;
        self.say(Who::Chen, "approve_recovery", &json!({"id": id}))
    }
}
