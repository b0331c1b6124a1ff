//! Calls, applications and awards in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::{columns, listed, rows, stored};
use subsidy_core::domain::dates::Window;
use subsidy_core::grants::awards::Award;
use subsidy_core::grants::{Application, Call};

rows! {
    pub struct CallRow in "calls", versioned, fixed [
        programme, title, filing_from, filing_until, quota, created_by, created,
    ] {
        key { id: Uuid }
        programme: String,
        title: Value,
        filing_from: NaiveDate,
        filing_until: NaiveDate,
        quota: Value,
        status: String,
        rules_version: Option<i32>,
        applications: Value,
        list: Value,
        reason: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    pub struct ApplicationRow in "applications", versioned, fixed [
        call, programme, organisation, created_by, created,
    ] {
        key { id: Uuid }
        call: Uuid,
        programme: String,
        organisation: String,
        project: Value,
        evidence: Value,
        status: String,
        amount: Decimal,
        rules_version: i32,
        calculation: i32,
        experts: Value,
        scores: Value,
        submitted_at: Option<i64>,
        reason: Option<Vec<u8>>,
        created_by: String,
        reviewed_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    pub struct AwardRow in "awards", versioned, fixed [
        application, call, rank, programme, organisation, project, amount, fiscal_year, rules_version, awarded_on,
        published_until, created,
    ] {
        key { id: Uuid }
        application: Uuid,
        call: Uuid,
        rank: i32,
        programme: String,
        organisation: String,
        project: String,
        status: String,
        amount: Decimal,
        fiscal_year: i16,
        rules_version: i32,
        tranches: Value,
        awarded_on: NaiveDate,
        published_until: Option<NaiveDate>,
        objections: Value,
        due_on: NaiveDate,
        extended: bool,
        extension: Option<Value>,
        acceptance: Option<Value>,
        settled: Option<Value>,
        reason: Option<Vec<u8>>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Call as CallRow, |id| id.uuid() }
listed! { CallRow in calls, by [status, programme], since [updated_at] }

columns! {
    Call as CallRow {
        id, programme, title, quota, status, rules_version, applications, list, reason, created_by, decided_by,
    }
    part filing: Window { from as filing_from, until as filing_until }
}

stored! { Application as ApplicationRow, |id| id.uuid() }
listed! { ApplicationRow in applications, own [organisation], by [status, programme, organisation, call], since [updated_at] }

columns! {
    Application as ApplicationRow {
        id, call, programme, organisation, project, evidence, status, amount, rules_version, calculation, experts, scores,
        submitted_at, reason, created_by, reviewed_by,
    }
}

stored! { Award as AwardRow, |id| id.uuid() }

columns! {
    Award as AwardRow {
        id, application, call, rank, programme, organisation, project, status, amount, fiscal_year, rules_version, tranches,
        awarded_on, published_until, objections, due_on, extended, extension, acceptance, settled, reason,
    }
}
