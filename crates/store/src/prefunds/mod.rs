//! Prefunds, banks' years and true-ups in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{columns, listed, rows, statement, stored};
use subsidy_core::domain::Date;
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

pub fn year_columns(key: &PrefundYearKey) -> (String, String, i16) {
    (key.programme.to_string(), key.bank.to_string(), convert::year(Some(key.year)))
}

stored! { Prefund as PrefundRow, |id| id.uuid() }
listed! { PrefundRow in prefunds, own [bank], by [status, programme, bank], since [updated_at] }

columns! {
    Prefund as PrefundRow {
        id, programme, bank, amount, fiscal_year, document, status, parts, effective_date, reason,
        created_by, decided_by,
    }
}

stored! { PrefundYear as PrefundYearRow, year_columns; const BETWEEN: &str = " "; }
listed! { PrefundYearRow in prefund_years, own [bank], by [programme, bank] }

columns! {
    PrefundYear as PrefundYearRow {
        programme, bank, fiscal_year, opening, paid, deducted, rolled, returned, since, newest, true_up, closed,
    }
    renamed { left as parts }
    row |y| {
        remaining: Column::write(&rules::left(y).map_err(|error| Unreadable(error.to_string()))?)?,
    }
}

stored! { TrueUp as TrueUpRow, |id| id.uuid(); const CHANGED_FIRST: bool = true; }
listed! { TrueUpRow in true_ups, own [bank], by [status, programme, bank], since [updated_at] }

columns! {
    TrueUp as TrueUpRow {
        id, programme, bank, fiscal_year, status, opening, paid, deducted, document, reason, rejection, decided_on,
        created_by, decided_by,
    }
    renamed { left as parts }
    part statement: Statement { deducted as stated_deducted, left as stated_left }
    row |t| {
        action: t.action.as_str().to_owned(),
        bank_reference: match &t.action {
            TrueUpAction::Roll { .. } => None,
            TrueUpAction::Return { bank_reference, .. } => Some(bank_reference.to_string()),
        },
        date: t.action.date().map(Date::naive),
        reference_key: t.reference_key().map(|key| key.to_string()),
    }
    document |row| { action: row.action()? }
}

impl TrueUpRow {
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
}
