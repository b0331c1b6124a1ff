//! Loans in the database.

pub mod queries;

pub mod allocations;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{columns, listed, rows, statement, stored};
use subsidy_core::domain::{Line, LoanId};
use subsidy_core::loans::{Loan, LoanKey};

rows! {
    pub struct LoanRow in "loans", versioned, fixed [
        organisation, bank, loan_no, loan_fold, annual_rate_percent, signed_on, matures_on, project, created_by,
        created,
    ] {
        key { id: Uuid }
        organisation: String,
        bank: String,
        loan_no: String,
        loan_fold: String,
        annual_rate_percent: Decimal,
        signed_on: NaiveDate,
        matures_on: NaiveDate,
        project: Value,
        events: Value,
        interest: Value,
        created_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A loan by its parties and number.
    pub struct LoanKeyRow { organisation: String, bank: String, loan_no: String, id: Uuid }
}

statement! {
    /// The loans of these keys: `organisation/bank/loan_fold`.
    pub fn by_contracts(contracts: &[String]) -> Vec<LoanKeyRow> =
        "SELECT organisation, bank, loan_no, id FROM loans WHERE contract = ANY($1)";
}

pub fn contract_column(key: &LoanKey) -> String {
    format!("{}/{}/{}", key.organisation, key.bank, key.loan_no)
}

stored! { Loan as LoanRow, |id| id.uuid() }
listed! { LoanRow in loans, own [organisation, bank], by [organisation, bank], since [updated_at] }

columns! {
    Loan as LoanRow {
        id, organisation, bank, loan_no, annual_rate_percent, signed_on, matures_on, project, events,
        interest, created_by,
    }
    row |l| { loan_fold: l.loan_no.folded().to_string() }
}

impl LoanKeyRow {
    /// The loan of a row.
    pub fn read(&self) -> Result<(LoanKey, LoanId), Unreadable> {
        let key = LoanKey {
            organisation: convert::read(&self.organisation)?,
            bank: convert::read(&self.bank)?,
            loan_no: convert::read::<Line>(&self.loan_no)?.folded(),
        };
        Ok((key, LoanId::new(self.id)))
    }
}
