//! What rests on contracts, in the database.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{rows, statement};
use subsidy_core::domain::{ClaimId, Date, RentalId, VoucherId};
use subsidy_core::programmes::stacking::Stacked;
use subsidy_core::rentals::allocations::{ContractAllocation, ContractHolder, Days, Settled};

rows! {
    /// A voucher or a claim on a contract.
    pub struct ContractAllocationRow in "contract_uses", keyed, fixed [kind, programme, level] {
        key { rental: Uuid, document: Uuid }
        kind: String,
        programme: String,
        amount: Decimal,
        level: String,
        refuses: Value,
        live: bool,
        period_from: Option<NaiveDate>,
        period_until: Option<NaiveDate>,
        items: Option<Value>,
        invoiced: Option<bool>,
        metered: Option<bool>,
        netted: Option<Value>,
        invoices: Option<Value>,
        base: Option<Decimal>,
    }
}

statement! {
    /// What rests on these contracts.
    pub fn uses_of(rentals: &[Uuid]) -> Vec<ContractAllocationRow> =
        "SELECT * FROM contract_uses WHERE rental = ANY($1)";
}

impl ContractAllocationRow {
    /// The row of a use.
    pub fn new(rental: RentalId, user: ContractHolder, u: &ContractAllocation) -> Result<Self, Unreadable> {
        let settled = u.settled.as_deref();
        Ok(Self {
            rental: rental.uuid(),
            document: user.uuid(),
            kind: user.kind().to_owned(),
            programme: u.programme.to_string(),
            amount: convert::decimal(u.amount),
            level: u.stacked.level.into_str().to_owned(),
            refuses: convert::json(&u.stacked.refuses)?,
            live: u.live,
            period_from: settled.map(|settled| settled.days.from.naive()),
            period_until: settled.map(|settled| settled.days.until.naive()),
            items: settled.map(|settled| convert::json(&settled.items)).transpose()?,
            invoiced: settled.map(|settled| settled.invoiced),
            metered: settled.map(|settled| settled.metered),
            netted: settled.map(|settled| convert::json(&settled.netted)).transpose()?,
            invoices: settled.map(|settled| convert::json(&settled.invoices)).transpose()?,
            base: settled.map(|settled| convert::decimal(settled.base)),
        })
    }

    /// The use of a row.
    pub fn read(&self) -> Result<(RentalId, ContractHolder, ContractAllocation), Unreadable> {
        let user = match self.kind.as_str() {
            "voucher" => ContractHolder::Voucher(VoucherId::new(self.document)),
            "claim" => ContractHolder::Claim(ClaimId::new(self.document)),
            other => return Err(Unreadable(format!("a contract used by a {other}"))),
        };
        let contract_use = ContractAllocation {
            programme: convert::read(&self.programme)?,
            amount: convert::money(self.amount)?,
            stacked: Stacked {
                level: convert::read(&self.level)?,
                refuses: convert::read_json(&self.refuses)?,
            },
            live: self.live,
            settled: self.settled()?.map(Box::new),
        };
        Ok((RentalId::new(self.rental), user, contract_use))
    }

    fn settled(&self) -> Result<Option<Settled>, Unreadable> {
        let (Some(from), Some(until)) = (self.period_from, self.period_until) else { return Ok(None) };
        let listed = |value: &Option<Value>| value.clone().unwrap_or_else(|| Value::Array(Vec::new()));
        Ok(Some(Settled {
            days: Days { from: Date::from_naive(from), until: Date::from_naive(until) },
            items: convert::read_json(&listed(&self.items))?,
            invoiced: self.invoiced.unwrap_or_default(),
            metered: self.metered.unwrap_or_default(),
            netted: convert::read_json(&listed(&self.netted))?,
            invoices: convert::read_json(&listed(&self.invoices))?,
            base: self.base.map(convert::money).transpose()?.unwrap_or_default(),
        }))
    }
}
