//! Contracts in the database.

pub mod queries;

pub mod allocations;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{listed, rows, statement, stored};
use subsidy_core::domain::{Date, Line, RentalId};
use subsidy_core::rentals::{ContractKey, Rental};

rows! {
    pub struct RentalRow in "rentals", once {
        key { id: Uuid }
        organisation: String,
        provider: String,
        contract_no: String,
        contract_fold: String,
        signed_on: NaiveDate,
        from_date: NaiveDate,
        until_date: NaiveDate,
        order_no: Option<String>,
        scenario: Option<String>,
        lines: Value,
        total: Decimal,
        created_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A contract by its parties and number.
    pub struct ContractRow { organisation: String, provider: String, contract_no: String, id: Uuid }
}

statement! {
    /// The contracts of these keys: `organisation/provider/contract_fold`.
    pub fn by_contracts(contracts: &[String]) -> Vec<ContractRow> =
        "SELECT organisation, provider, contract_no, id FROM rentals WHERE contract = ANY($1)";
}

pub fn contract_column(key: &ContractKey) -> String {
    format!("{}/{}/{}", key.organisation, key.provider, key.contract_no)
}

stored! { Rental as RentalRow, |id| id.uuid() }
listed! { RentalRow in rentals, own [organisation, provider], by [organisation], since [updated_at] }

impl RentalRow {
    /// The row of a contract.
    pub fn new(r: &Rental) -> Result<Self, Unreadable> {
        Ok(Self {
            id: r.id.uuid(),
            organisation: r.organisation.to_string(),
            provider: r.provider.to_string(),
            contract_no: r.contract_no.to_string(),
            contract_fold: r.contract_no.folded().to_string(),
            signed_on: r.signed_on.naive(),
            from_date: r.from.naive(),
            until_date: r.until.naive(),
            order_no: r.order_no.as_ref().map(ToString::to_string),
            scenario: r.scenario.as_ref().map(ToString::to_string),
            lines: convert::json(&r.lines)?,
            total: convert::decimal(r.total),
            created_by: r.created_by.to_string(),
            created: convert::sequence(r.revision.created),
            version: convert::sequence(r.revision.version),
            updated_at: r.revision.updated_at.utc(),
        })
    }

    /// The contract of a row.
    pub fn read(&self) -> Result<Rental, Unreadable> {
        Ok(Rental {
            id: RentalId::new(self.id),
            organisation: convert::read(&self.organisation)?,
            provider: convert::read(&self.provider)?,
            contract_no: convert::read(&self.contract_no)?,
            signed_on: Date::from_naive(self.signed_on),
            from: Date::from_naive(self.from_date),
            until: Date::from_naive(self.until_date),
            order_no: convert::read_opt(self.order_no.as_deref())?,
            scenario: convert::read_opt(self.scenario.as_deref())?,
            lines: convert::read_json(&self.lines)?,
            total: convert::money(self.total)?,
            created_by: convert::read(&self.created_by)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

impl ContractRow {
    /// The contract of a row.
    pub fn read(&self) -> Result<(ContractKey, RentalId), Unreadable> {
        let key = ContractKey {
            organisation: convert::read(&self.organisation)?,
            provider: convert::read(&self.provider)?,
            contract_no: convert::read::<Line>(&self.contract_no)?.folded(),
        };
        Ok((key, RentalId::new(self.id)))
    }
}
