//! Contracts in the database.

pub mod queries;

pub mod allocations;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{columns, listed, rows, statement, stored};
use subsidy_core::domain::{Line, RentalId};
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

columns! {
    Rental as RentalRow {
        id, organisation, provider, contract_no, signed_on, order_no, scenario, lines, total,
        created_by,
    }
    renamed { from as from_date, until as until_date }
    row |r| { contract_fold: r.contract_no.folded().to_string() }
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
