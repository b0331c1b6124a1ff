//! Loans in the database.

pub mod queries;

pub mod allocations;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{listed, rows, statement, stored};
use subsidy_core::domain::{Date, Line, LoanId};
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

impl LoanRow {
    /// The row of a loan.
    pub fn new(l: &Loan) -> Result<Self, Unreadable> {
        Ok(Self {
            id: l.id.uuid(),
            organisation: l.organisation.to_string(),
            bank: l.bank.to_string(),
            loan_no: l.loan_no.to_string(),
            loan_fold: l.loan_no.folded().to_string(),
            annual_rate_percent: convert::percent(l.annual_rate_percent),
            signed_on: l.signed_on.naive(),
            matures_on: l.matures_on.naive(),
            project: convert::json(&l.project)?,
            events: convert::json(&l.events)?,
            interest: convert::json(&l.interest)?,
            created_by: l.created_by.to_string(),
            created: convert::sequence(l.revision.created),
            version: convert::sequence(l.revision.version),
            updated_at: l.revision.updated_at.utc(),
        })
    }

    /// The loan of a row.
    pub fn read(&self) -> Result<Loan, Unreadable> {
        Ok(Loan {
            id: LoanId::new(self.id),
            organisation: convert::read(&self.organisation)?,
            bank: convert::read(&self.bank)?,
            loan_no: convert::read(&self.loan_no)?,
            annual_rate_percent: convert::read_percent(self.annual_rate_percent)?,
            signed_on: Date::from_naive(self.signed_on),
            matures_on: Date::from_naive(self.matures_on),
            project: convert::read_json(&self.project)?,
            events: convert::read_json(&self.events)?,
            interest: convert::read_json(&self.interest)?,
            created_by: convert::read(&self.created_by)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
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
