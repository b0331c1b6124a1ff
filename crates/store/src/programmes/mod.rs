//! Programmes, their rules, their budgets and their use in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, statement, stored};
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::{BudgetChangeId, Date, Folded, ProgrammeCode};
use subsidy_core::programmes::{BudgetChange, CapUsageKey, LegalBasis, Programme, RulesVersion, Title, CapUsage};

rows! {
    pub struct ProgrammeRow in "programmes", versioned, fixed [
        code_fold, title_zh, title_en, instrument, document, valid_from, valid_until, window_from,
        window_until,
        created_by, created,
    ] {
        key { code: String }
        code_fold: String,
        title_zh: String,
        title_en: String,
        instrument: String,
        document: String,
        valid_from: Option<NaiveDate>,
        valid_until: Option<NaiveDate>,
        window_from: NaiveDate,
        window_until: NaiveDate,
        status: String,
        versions: i32,
        created_by: String,
        approved_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A programme by the fold of its code.
    pub struct ProgrammeCodeRow { code: String }
}

statement! {
    /// The programmes whose codes fold to these.
    pub fn by_folds(folds: &[String]) -> Vec<ProgrammeCodeRow> =
        "SELECT code FROM programmes WHERE code_fold = ANY($1)";
}

impl ProgrammeCodeRow {
    /// The code of a row, under its fold.
    pub fn read(&self) -> Result<(Folded, ProgrammeCode), Unreadable> {
        let code: ProgrammeCode = convert::read(&self.code)?;
        Ok((code.folded(), code))
    }
}

rows! {
    /// A version of a programme's rules.
    pub struct RulesRow in "rules_versions", versioned, fixed [
        effective_from, rules, rules_sha256, reason, created_by, points_max, window_until, created,
    ] {
        key { programme: String, number: i32 }
        effective_from: NaiveDate,
        rules: Value,
        rules_sha256: String,
        status: String,
        reason: Option<Vec<u8>>,
        created_by: String,
        approved_by: Option<String>,
        approved_on: Option<NaiveDate>,
        points_max: Option<Decimal>,
        window_until: Option<NaiveDate>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A change of a programme's budget.
    pub struct BudgetChangeRow in "budget_changes", versioned, fixed [
        programme, kind, amount, fiscal_year, document, source, reason, created_by, created,
    ] {
        key { id: Uuid }
        programme: String,
        kind: String,
        amount: Decimal,
        fiscal_year: i16,
        document: Option<String>,
        source: Option<String>,
        effective_date: Option<NaiveDate>,
        status: String,
        reason: Option<Vec<u8>>,
        created_by: String,
        approved_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// What an organisation used of a programme; year 0 stands for all years.
    pub struct UsageRow in "usages", keyed {
        key { programme: String, organisation: String, year: i16, counts: String }
        amount: Decimal,
        freed_on: Option<NaiveDate>,
    }
}

stored! { Programme as ProgrammeRow, ToString::to_string }
listed! { ProgrammeRow in programmes, by [status], since [updated_at] }

impl ProgrammeRow {
    /// The row of a programme.
    pub fn new(p: &Programme) -> Result<Self, Unreadable> {
        Ok(Self {
            code: p.code.to_string(),
            code_fold: p.code.folded().to_string(),
            title_zh: p.title.zh.to_string(),
            title_en: p.title.en.to_string(),
            instrument: p.instrument.into_str().to_owned(),
            document: p.legal_basis.document.to_string(),
            valid_from: p.legal_basis.valid_from.map(Date::naive),
            valid_until: p.legal_basis.valid_until.map(Date::naive),
            window_from: p.window.from.naive(),
            window_until: p.window.until.naive(),
            status: p.status.into_str().to_owned(),
            versions: convert::count(p.versions),
            created_by: p.created_by.to_string(),
            approved_by: p.approved_by.as_ref().map(ToString::to_string),
            created: convert::sequence(p.revision.created),
            version: convert::sequence(p.revision.version),
            updated_at: p.revision.updated_at.utc(),
        })
    }

    /// The programme of a row.
    pub fn read(&self) -> Result<Programme, Unreadable> {
        Ok(Programme {
            code: convert::read(&self.code)?,
            title: Title { zh: convert::read(&self.title_zh)?, en: convert::read(&self.title_en)? },
            instrument: convert::read(&self.instrument)?,
            legal_basis: LegalBasis {
                document: convert::read(&self.document)?,
                valid_from: self.valid_from.map(Date::from_naive),
                valid_until: self.valid_until.map(Date::from_naive),
            },
            window: Window {
                from: Date::from_naive(self.window_from),
                until: Date::from_naive(self.window_until),
            },
            status: convert::read(&self.status)?,
            versions: convert::read_count(self.versions)?,
            created_by: convert::read(&self.created_by)?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { RulesVersion as RulesRow, |key| (key.programme.to_string(), convert::count(key.number)) }

impl RulesRow {
    /// The row of a version.
    pub fn new(v: &RulesVersion) -> Result<Self, Unreadable> {
        Ok(Self {
            programme: v.programme.to_string(),
            number: convert::count(v.number),
            effective_from: v.effective_from.naive(),
            rules: convert::json(&v.rules)?,
            rules_sha256: v.sha256.clone(),
            status: v.status.into_str().to_owned(),
            reason: hash(v.reason),
            created_by: v.created_by.to_string(),
            approved_by: v.approved_by.as_ref().map(ToString::to_string),
            approved_on: v.approved_on.map(Date::naive),
            points_max: v.points_max.map(convert::points),
            window_until: v.window_until.map(Date::naive),
            created: convert::sequence(v.revision.created),
            version: convert::sequence(v.revision.version),
            updated_at: v.revision.updated_at.utc(),
        })
    }

    /// The version of a row.
    pub fn read(&self) -> Result<RulesVersion, Unreadable> {
        Ok(RulesVersion {
            programme: convert::read(&self.programme)?,
            number: convert::read_count(self.number)?,
            effective_from: Date::from_naive(self.effective_from),
            rules: convert::read_json(&self.rules)?,
            sha256: self.rules_sha256.clone(),
            status: convert::read(&self.status)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            approved_on: self.approved_on.map(Date::from_naive),
            points_max: self.points_max.map(convert::read_points).transpose()?,
            window_until: self.window_until.map(Date::from_naive),
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

stored! { BudgetChange as BudgetChangeRow, |id| id.uuid() }
listed! { BudgetChangeRow in budget_changes, by [programme, status] }

impl BudgetChangeRow {
    /// The row of a change.
    pub fn new(c: &BudgetChange) -> Result<Self, Unreadable> {
        Ok(Self {
            id: c.id.uuid(),
            programme: c.programme.to_string(),
            kind: c.kind.into_str().to_owned(),
            amount: convert::decimal(c.amount),
            fiscal_year: convert::year(Some(c.fiscal_year)),
            document: c.document.as_ref().map(ToString::to_string),
            source: c.source.as_ref().map(ToString::to_string),
            effective_date: c.effective_date.map(Date::naive),
            status: c.status.into_str().to_owned(),
            reason: hash(c.reason),
            created_by: c.created_by.to_string(),
            approved_by: c.approved_by.as_ref().map(ToString::to_string),
            created: convert::sequence(c.revision.created),
            version: convert::sequence(c.revision.version),
            updated_at: c.revision.updated_at.utc(),
        })
    }

    /// The change of a row.
    pub fn read(&self) -> Result<BudgetChange, Unreadable> {
        let year =
            convert::read_year(self.fiscal_year)?.ok_or_else(|| Unreadable("no fiscal year".to_owned()))?;
        Ok(BudgetChange {
            id: BudgetChangeId::new(self.id),
            programme: convert::read(&self.programme)?,
            kind: convert::read(&self.kind)?,
            amount: convert::money(self.amount)?,
            fiscal_year: year,
            document: convert::read_opt(self.document.as_deref())?,
            source: convert::read_opt(self.source.as_deref())?,
            effective_date: self.effective_date.map(Date::from_naive),
            status: convert::read(&self.status)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}

impl UsageRow {
    /// The row of a use.
    pub fn new(key: &CapUsageKey, used: CapUsage) -> Self {
        let (programme, organisation, year, counts) = usage_columns(key);
        let (amount, freed_on) = (convert::decimal(used.amount), used.freed_on.map(Date::naive));
        Self { programme, organisation, year, counts, amount, freed_on }
    }

    /// The use of a row.
    pub fn read(&self) -> Result<(CapUsageKey, CapUsage), Unreadable> {
        let key = CapUsageKey {
            programme: convert::read(&self.programme)?,
            organisation: convert::read(&self.organisation)?,
            year: convert::read_year(self.year)?,
            counts: convert::read(&self.counts)?,
        };
        let freed_on = self.freed_on.map(Date::from_naive);
        Ok((key, CapUsage { amount: convert::money(self.amount)?, freed_on }))
    }
}

pub fn usage_columns(key: &CapUsageKey) -> (String, String, i16, String) {
    (
        key.programme.to_string(),
        key.organisation.to_string(),
        convert::year(key.year),
        key.counts.into_str().to_owned(),
    )
}
