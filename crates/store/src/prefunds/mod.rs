//! Prefunds, banks' years and true-ups in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, statement, stored};
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{Date, PrefundId, TrueUpId};
use subsidy_core::prefunds::true_up::{Statement, TrueUp, TrueUpAction};
use subsidy_core::prefunds::{Prefund, PrefundYear, PrefundYearKey, rules};

rows! {
    /// Money paid to a bank ahead.
    pub struct PrefundRow in "prefunds", versioned, fixed [
        programme, bank, amount, fiscal_year, document, created_by, created,
    ] {
        key { id: Uuid }
        programme: String,
        bank: String,
        amount: Decimal,
        fiscal_year: i16,
        document: String,
        status: String,
        parts: Value,
        effective_date: Option<NaiveDate>,
        reason: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// What a bank has of a year's prefunds.
    pub struct PrefundYearRow in "prefund_years", versioned, fixed [created] {
        key { programme: String, bank: String, fiscal_year: i16 }
        opening: Decimal,
        paid: Decimal,
        deducted: Decimal,
        rolled: Decimal,
        returned: Decimal,
        remaining: Decimal,
        parts: Value,
        since: NaiveDate,
        newest: NaiveDate,
        true_up: Option<Uuid>,
        closed: bool,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A year of a bank's prefunds settled.
    pub struct TrueUpRow in "true_ups", versioned, fixed [
        programme, bank, fiscal_year, action, bank_reference, date, opening, paid, deducted, parts,
        stated_deducted, stated_left, document, reason, created_by, created,
    ] {
        key { id: Uuid }
        programme: String,
        bank: String,
        fiscal_year: i16,
        action: String,
        bank_reference: Option<String>,
        date: Option<NaiveDate>,
        reference_key: Option<String>,
        status: String,
        opening: Decimal,
        paid: Decimal,
        deducted: Decimal,
        parts: Value,
        stated_deducted: Decimal,
        stated_left: Option<Decimal>,
        document: String,
        reason: Option<Vec<u8>>,
        rejection: Option<Vec<u8>>,
        decided_on: Option<NaiveDate>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

statement! {
    /// The true-ups of which money came back under these references.
    pub fn returned_under(references: &[String]) -> Vec<TrueUpRow> =
        "SELECT * FROM true_ups WHERE reference_key = ANY($1)";
}

fn lost_year() -> Unreadable {
    Unreadable("a prefund without a year".to_owned())
}

fn read_year(year: i16) -> Result<FiscalYear, Unreadable> {
    convert::read_year(year)?.ok_or_else(lost_year)
}

pub fn year_columns(key: &PrefundYearKey) -> (String, String, i16) {
    (key.programme.to_string(), key.bank.to_string(), convert::year(Some(key.year)))
}

stored! { Prefund as PrefundRow, |id| id.uuid() }
listed! { PrefundRow in prefunds, own [bank], by [status, programme, bank], since [updated_at] }

impl PrefundRow {
    /// The row of a prefund.
    pub fn new(p: &Prefund) -> Result<Self, Unreadable> {
        Ok(Self {
            id: p.id.uuid(),
            programme: p.programme.to_string(),
            bank: p.bank.to_string(),
            amount: convert::decimal(p.amount),
            fiscal_year: convert::year(Some(p.fiscal_year)),
            document: p.document.to_string(),
            status: p.status.into_str().to_owned(),
            parts: convert::json(&p.parts)?,
            effective_date: p.effective_date.map(Date::naive),
            reason: hash(p.reason),
            created_by: p.created_by.to_string(),
            decided_by: p.decided_by.as_ref().map(ToString::to_string),
            created: convert::sequence(p.revision.created),
            version: convert::sequence(p.revision.version),
            updated_at: p.revision.updated_at.utc(),
        })
    }

    /// The prefund of a row.
    pub fn read(&self) -> Result<Prefund, Unreadable> {
        Ok(Prefund {
            id: PrefundId::new(self.id),
            programme: convert::read(&self.programme)?,
            bank: convert::read(&self.bank)?,
            amount: convert::money(self.amount)?,
            fiscal_year: read_year(self.fiscal_year)?,
            document: convert::read(&self.document)?,
            status: convert::read(&self.status)?,
            parts: convert::read_json(&self.parts)?,
            effective_date: self.effective_date.map(Date::from_naive),
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            decided_by: convert::read_opt(self.decided_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { PrefundYear as PrefundYearRow, year_columns; const BETWEEN: &str = " "; }
listed! { PrefundYearRow in prefund_years, own [bank], by [programme, bank] }

impl PrefundYearRow {
    /// The row of a bank's year.
    pub fn new(y: &PrefundYear) -> Result<Self, Unreadable> {
        let (programme, bank, fiscal_year) = year_columns(&y.key());
        let remaining = rules::left(y).map_err(|error| Unreadable(error.to_string()))?;
        Ok(Self {
            programme,
            bank,
            fiscal_year,
            opening: convert::decimal(y.opening),
            paid: convert::decimal(y.paid),
            deducted: convert::decimal(y.deducted),
            rolled: convert::decimal(y.rolled),
            returned: convert::decimal(y.returned),
            remaining: convert::decimal(remaining),
            parts: convert::json(&y.left)?,
            since: y.since.naive(),
            newest: y.newest.naive(),
            true_up: y.true_up.map(TrueUpId::uuid),
            closed: y.closed,
            created: convert::sequence(y.revision.created),
            version: convert::sequence(y.revision.version),
            updated_at: y.revision.updated_at.utc(),
        })
    }

    /// The bank's year of a row.
    pub fn read(&self) -> Result<PrefundYear, Unreadable> {
        Ok(PrefundYear {
            programme: convert::read(&self.programme)?,
            bank: convert::read(&self.bank)?,
            fiscal_year: read_year(self.fiscal_year)?,
            opening: convert::money(self.opening)?,
            paid: convert::money(self.paid)?,
            deducted: convert::money(self.deducted)?,
            rolled: convert::money(self.rolled)?,
            returned: convert::money(self.returned)?,
            left: convert::read_json(&self.parts)?,
            since: Date::from_naive(self.since),
            newest: Date::from_naive(self.newest),
            true_up: self.true_up.map(TrueUpId::new),
            closed: self.closed,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { TrueUp as TrueUpRow, |id| id.uuid(); const CHANGED_FIRST: bool = true; }
listed! { TrueUpRow in true_ups, own [bank], by [status, programme, bank], since [updated_at] }

impl TrueUpRow {
    /// The row of a true-up.
    pub fn new(t: &TrueUp) -> Result<Self, Unreadable> {
        let bank_reference = match &t.action {
            TrueUpAction::Roll { .. } => None,
            TrueUpAction::Return { bank_reference, .. } => Some(bank_reference.to_string()),
        };
        Ok(Self {
            id: t.id.uuid(),
            programme: t.programme.to_string(),
            bank: t.bank.to_string(),
            fiscal_year: convert::year(Some(t.fiscal_year)),
            action: t.action.as_str().to_owned(),
            bank_reference,
            date: t.action.date().map(Date::naive),
            reference_key: t.reference_key().map(|key| key.to_string()),
            status: t.status.into_str().to_owned(),
            opening: convert::decimal(t.opening),
            paid: convert::decimal(t.paid),
            deducted: convert::decimal(t.deducted),
            parts: convert::json(&t.left)?,
            stated_deducted: convert::decimal(t.statement.deducted),
            stated_left: t.statement.left.map(convert::decimal),
            document: t.document.to_string(),
            reason: hash(t.reason),
            rejection: hash(t.rejection),
            decided_on: t.decided_on.map(Date::naive),
            created_by: t.created_by.to_string(),
            decided_by: t.decided_by.as_ref().map(ToString::to_string),
            created: convert::sequence(t.revision.created),
            version: convert::sequence(t.revision.version),
            updated_at: t.revision.updated_at.utc(),
        })
    }

    fn action(&self) -> Result<TrueUpAction, Unreadable> {
        let date = self.date.map(Date::from_naive);
        match (self.action.as_str(), &self.bank_reference, date) {
            ("roll", None, date) => Ok(TrueUpAction::Roll { date }),
            ("return", Some(reference), Some(date)) => {
                Ok(TrueUpAction::Return { bank_reference: convert::read(reference)?, date })
            }
            _ => Err(Unreadable(format!("true-up {} does not say what becomes of what is left", self.id))),
        }
    }

    /// The true-up of a row.
    pub fn read(&self) -> Result<TrueUp, Unreadable> {
        Ok(TrueUp {
            id: TrueUpId::new(self.id),
            programme: convert::read(&self.programme)?,
            bank: convert::read(&self.bank)?,
            fiscal_year: read_year(self.fiscal_year)?,
            action: self.action()?,
            status: convert::read(&self.status)?,
            opening: convert::money(self.opening)?,
            paid: convert::money(self.paid)?,
            deducted: convert::money(self.deducted)?,
            left: convert::read_json(&self.parts)?,
            statement: Statement {
                deducted: convert::money(self.stated_deducted)?,
                left: self.stated_left.map(convert::money).transpose()?,
            },
            document: convert::read(&self.document)?,
            reason: read_hash(self.reason.as_deref())?,
            rejection: read_hash(self.rejection.as_deref())?,
            decided_on: self.decided_on.map(Date::from_naive),
            created_by: convert::read(&self.created_by)?,
            decided_by: convert::read_opt(self.decided_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
