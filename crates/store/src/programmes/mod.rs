//! Programmes, their rules, their budgets and their use in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable};
use crate::{columns, listed, rows, statement, stored};
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::{Date, Folded, ProgrammeCode};
use subsidy_core::programmes::{
    BudgetChange, CapPool, CapScope, CapUsage, CapUsageKey, LegalBasis, Programme, RulesVersion, Title,
};

rows! {
    pub struct ProgrammeRow in "programmes", versioned, fixed [
        code_fold, title_zh, title_en, instrument, level, document, valid_from, valid_until, window_from,
        window_until, budget_codes,
        created_by, created,
    ] {
        key { code: String }
        code_fold: String,
        title_zh: String,
        title_en: String,
        instrument: String,
        level: String,
        document: String,
        valid_from: Option<NaiveDate>,
        valid_until: Option<NaiveDate>,
        window_from: NaiveDate,
        window_until: NaiveDate,
        budget_codes: Option<Value>,
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
        programme, kind, amount, fiscal_year, document, source, budget_codes, targets, reason, created_by,
        created,
    ] {
        key { id: Uuid }
        programme: String,
        kind: String,
        amount: Decimal,
        fiscal_year: i16,
        document: Option<String>,
        source: Option<String>,
        budget_codes: Option<Value>,
        targets: Value,
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
        key { programme: String, organisation: String, scope: String, year: i16, counts: String }
        amount: Decimal,
        freed_on: Option<NaiveDate>,
    }
}

stored! { Programme as ProgrammeRow, ToString::to_string }
listed! { ProgrammeRow in programmes, by [status], since [updated_at] }

columns! {
    Programme as ProgrammeRow { code, instrument, level, budget_codes, status, versions, created_by, approved_by }
    part title: Title { zh as title_zh, en as title_en }
    part legal_basis: LegalBasis { document as document, valid_from as valid_from, valid_until as valid_until }
    part window: Window { from as window_from, until as window_until }
    row |p| { code_fold: p.code.folded().to_string() }
}

stored! { RulesVersion as RulesRow, |key| (key.programme.to_string(), convert::count(key.number)) }

columns! {
    RulesVersion as RulesRow {
        programme, number, effective_from, rules, status, reason, created_by, approved_by, approved_on,
        points_max, window_until,
    }
    renamed { sha256 as rules_sha256 }
}

stored! { BudgetChange as BudgetChangeRow, |id| id.uuid() }
listed! { BudgetChangeRow in budget_changes, by [programme, status] }

columns! {
    BudgetChange as BudgetChangeRow {
        id, programme, kind, amount, fiscal_year, document, source, budget_codes, targets, effective_date, status, reason, created_by,
        approved_by,
    }
}

impl UsageRow {
    /// The row of a use.
    pub fn new(key: &CapUsageKey, used: CapUsage) -> Self {
        let (programme, organisation, scope, year, counts) = usage_columns(key);
        let (amount, freed_on) = (convert::decimal(used.amount), used.freed_on.map(Date::naive));
        Self { programme, organisation, scope, year, counts, amount, freed_on }
    }

    /// The use of a row.
    pub fn read(&self) -> Result<(CapUsageKey, CapUsage), Unreadable> {
        let key = CapUsageKey {
            pool: self.pool()?,
            organisation: convert::read(&self.organisation)?,
            year: convert::read_year(self.year)?,
            counts: convert::read(&self.counts)?,
        };
        let freed_on = self.freed_on.map(Date::from_naive);
        Ok((key, CapUsage { amount: convert::money(self.amount)?, freed_on }))
    }
}

impl UsageRow {
    fn pool(&self) -> Result<CapPool, Unreadable> {
        let unknown = || Unreadable(format!("usage of the scope {}", self.scope));
        let programme = || convert::read(&self.programme);
        match self.scope.split_once('/') {
            Some(("group", code)) => Ok(CapPool::Group(convert::read(code)?)),
            Some(("base", scope)) => Ok(CapPool::Base(programme()?, read_scope(scope)?.ok_or_else(unknown)?)),
            None if self.scope == "base" => Ok(CapPool::Base(programme()?, CapScope::Organisation)),
            None | Some(_) => {
                Ok(CapPool::Programme(programme()?, read_scope(&self.scope)?.ok_or_else(unknown)?))
            }
        }
    }
}

/// Whose use it is, as a column has it.
fn read_scope(column: &str) -> Result<Option<CapScope>, Unreadable> {
    Ok(match column.split_once('/') {
        None if column.is_empty() => Some(CapScope::Organisation),
        Some(("project", fold)) => Some(CapScope::Project(Folded::stored(fold))),
        Some(("loan", id)) => Some(CapScope::Loan(convert::read(id)?)),
        Some(("contract", id)) => Some(CapScope::Contract(convert::read(id)?)),
        None | Some(_) => None,
    })
}

fn scope_column(scope: &CapScope) -> String {
    match scope {
        CapScope::Organisation => String::new(),
        CapScope::Project(fold) => format!("project/{fold}"),
        CapScope::Loan(id) => format!("loan/{id}"),
        CapScope::Contract(id) => format!("contract/{id}"),
    }
}

pub fn usage_columns(key: &CapUsageKey) -> (String, String, String, i16, String) {
    let (programme, scope) = match &key.pool {
        CapPool::Group(code) => (String::new(), format!("group/{code}")),
        CapPool::Programme(programme, scope) => (programme.to_string(), scope_column(scope)),
        CapPool::Base(programme, CapScope::Organisation) => (programme.to_string(), "base".to_owned()),
        CapPool::Base(programme, scope) => (programme.to_string(), format!("base/{}", scope_column(scope))),
    };
    (
        programme,
        key.organisation.to_string(),
        scope,
        convert::year(key.year),
        key.counts.into_str().to_owned(),
    )
}
