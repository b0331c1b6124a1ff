//! Claims on loans, in the database.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::reference_rates::ReferenceRateRow;
use crate::{rows, statement};
use subsidy_core::domain::dated::Dated;
use subsidy_core::domain::{ClaimId, Date, ExactPoints, LoanId, Money};
use subsidy_core::loans::{BorrowerKey, InterestPeriod, LoanAllocation};
use subsidy_core::programmes::stacking::Stacked;

rows! {
    /// A claim on a loan.
    pub struct LoanAllocationRow in "loan_uses", keyed, fixed [programme, organisation, level] {
        key { loan: Uuid, claim: Uuid }
        programme: String,
        organisation: String,
        period_from: NaiveDate,
        period_until: NaiveDate,
        points: Decimal,
        principal: Value,
        amount: Decimal,
        base: Decimal,
        level: String,
        refuses: Value,
        live: bool,
    }
}

rows! {
    /// The principal that a live claim earns on.
    pub struct HoldingRow { programme: String, organisation: String, claim: Uuid, principal: Value }
}

statement! {
    /// The claims on these loans.
    pub fn uses_of(loans: &[Uuid]) -> Vec<LoanAllocationRow> = "SELECT * FROM loan_uses WHERE loan = ANY($1)";
    /// The live claims of these: `programme/organisation`.
    pub fn holdings_of(borrowers: &[String]) -> Vec<HoldingRow> =
        "SELECT programme, organisation, claim, principal FROM loan_uses WHERE borrower = ANY($1) AND live";
    /// All of these reference rates, in the order of the days.
    pub fn series_of(folds: &[String]) -> Vec<ReferenceRateRow> =
        "SELECT * FROM reference_rates WHERE name_fold = ANY($1) ORDER BY name_fold, date";
}

pub fn borrower_column(key: &BorrowerKey) -> String {
    format!("{}/{}", key.programme, key.organisation)
}

/// Points as `numeric(18, 14)`.
pub fn points(points: ExactPoints) -> Decimal {
    Decimal::new(points.scaled(), 14)
}

impl LoanAllocationRow {
    /// The row of a claim on a loan.
    pub fn new(loan: LoanId, claim: ClaimId, u: &LoanAllocation) -> Result<Self, Unreadable> {
        Ok(Self {
            loan: loan.uuid(),
            claim: claim.uuid(),
            programme: u.programme.to_string(),
            organisation: u.organisation.to_string(),
            period_from: u.period.from.naive(),
            period_until: u.period.until.naive(),
            points: points(u.points),
            principal: convert::json(&u.principal)?,
            amount: convert::decimal(u.amount),
            base: convert::decimal(u.base),
            level: u.stacked.level.into_str().to_owned(),
            refuses: convert::json(&u.stacked.refuses)?,
            live: u.live,
        })
    }

    /// The claim of a row.
    pub fn read(&self) -> Result<(LoanId, ClaimId, LoanAllocation), Unreadable> {
        let loan_use = LoanAllocation {
            programme: convert::read(&self.programme)?,
            organisation: convert::read(&self.organisation)?,
            period: InterestPeriod {
                from: Date::from_naive(self.period_from),
                until: Date::from_naive(self.period_until),
            },
            points: convert::read(&self.points.normalize().to_string())?,
            principal: convert::read_json(&self.principal)?,
            amount: convert::money(self.amount)?,
            base: convert::money(self.base)?,
            stacked: Stacked {
                level: convert::read(&self.level)?,
                refuses: convert::read_json(&self.refuses)?,
            },
            live: self.live,
        };
        Ok((LoanId::new(self.loan), ClaimId::new(self.claim), loan_use))
    }
}

impl HoldingRow {
    /// Whose, by which claim, and what it earns on.
    pub fn read(&self) -> Result<(BorrowerKey, ClaimId, Vec<Dated<Money>>), Unreadable> {
        let key = BorrowerKey {
            programme: convert::read(&self.programme)?,
            organisation: convert::read(&self.organisation)?,
        };
        Ok((key, ClaimId::new(self.claim), convert::read_json(&self.principal)?))
    }
}
