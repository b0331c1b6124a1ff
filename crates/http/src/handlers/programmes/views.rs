//! How programmes, their rules and their budgets are shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::text::Reason;
use crate::view::View;
use subsidy_core::domain::dates::{FiscalYear, Window};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{
    BudgetChangeId, Date, Instant, Label, Line, Money, Percent, ProgrammeCode, Quantity, Sequence, Subject,
};
use subsidy_core::ledger::Account;
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::assessment::{ASSESSED_MAX, AssessedItem, Assessment};
use subsidy_core::programmes::fiscal_years::{
    UsedBudget, YearAppropriation, YearBudget, by_fiscal_year, execution_rate,
};
use subsidy_core::programmes::{
    BudgetChange, BudgetChangeKind, BudgetChangeStatus, BudgetCodes, Instrument, LegalBasis, Level,
    PerformanceTarget, Policy, Programme, ProgrammeStatus, ProposalStatus, RulesVersion, Title, rules,
};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::programmes::queries::{BudgetBalanceRow, YearSumRow};

/// What became of a programme's money.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Budget {
    /// 指标下达
    appropriated: Money,
    /// 可用
    available: Money,
    /// 预留
    reserved: Money,
    /// 承诺
    committed: Money,
    /// 待支付
    payable: Money,
    /// 已支付
    expended: Money,
    /// 收回
    lapsed: Money,
    /// 分预算年度, oldest first; in a single programme only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    years: Option<Vec<YearBudgetView>>,
}

/// What became of a fiscal year's money. What is spent takes the oldest year's money first, whatever year a posting names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct YearBudgetView {
    fiscal_year: FiscalYear,
    appropriated: Money,
    available: Money,
    reserved: Money,
    committed: Money,
    payable: Money,
    expended: Money,
    lapsed: Money,
    /// 执行率: expended of appropriated in percent, two decimals, half up; null where nothing was appropriated.
    execution_rate_percent: Option<String>,
}

impl Budget {
    /// Of a programme's balances in the budget's book. Error: a balance that does not fit.
    pub fn of<'a>(balances: impl IntoIterator<Item = &'a BudgetBalanceRow>) -> Result<Self, Unreadable> {
        let mut budget = Self::default();
        for found in balances {
            let part = match Account::parse(&found.account) {
                Some(Account::B1001) => &mut budget.appropriated,
                Some(Account::B2001) => &mut budget.available,
                Some(Account::B2002) => &mut budget.reserved,
                Some(Account::B2003 | Account::B2004 | Account::B2005 | Account::B2006) => {
                    &mut budget.committed
                }
                Some(Account::B2007) => &mut budget.payable,
                Some(Account::B2008) => &mut budget.expended,
                Some(Account::B2009) => &mut budget.lapsed,
                _ => continue,
            };
            *part =
                part.plus(convert::money(found.amount)?).map_err(|error| Unreadable(error.to_string()))?;
        }
        Ok(budget)
    }

    /// The same with what became of each fiscal year's money.
    pub fn with_years(self, found: &[YearSumRow]) -> Result<Self, Unreadable> {
        let unreadable = |error: OutOfRange| Unreadable(error.to_string());
        let mut years: BTreeMap<FiscalYear, YearAppropriation> = BTreeMap::new();
        for one in found {
            let year =
                FiscalYear::new(one.fiscal_year.into()).map_err(|error| Unreadable(error.to_string()))?;
            let (money, amount) = (years.entry(year).or_default(), convert::money(one.amount)?);
            if Account::parse(&one.account) == Some(Account::B1001) {
                money.appropriated = amount;
            } else {
                money.lapsed = amount.negated().map_err(unreadable)?;
            }
        }
        let used = UsedBudget {
            expended: self.expended,
            payable: self.payable,
            committed: self.committed,
            reserved: self.reserved,
        };
        let view = |one: YearBudget| {
            let rate = execution_rate(one.used.expended, one.appropriated)?;
            Ok(YearBudgetView {
                fiscal_year: one.fiscal_year,
                appropriated: one.appropriated,
                available: one.available,
                reserved: one.used.reserved,
                committed: one.used.committed,
                payable: one.used.payable,
                expended: one.used.expended,
                lapsed: one.lapsed,
                execution_rate_percent: rate.map(|percent| percent.to_string()),
            })
        };
        let years = by_fiscal_year(&years, used).map_err(unreadable)?.into_iter();
        let years = years.map(view).collect::<Result<_, OutOfRange>>().map_err(unreadable)?;
        Ok(Self { years: Some(years), ..self })
    }
}

/// A version of a programme's rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesView {
    programme: ProgrammeCode,
    /// Its number, from 1.
    version: u32,
    effective_from: Date,
    /// The rules of this version, whole.
    rules: Policy,
    /// SHA-256 of the rules' canonical JSON.
    sha256: String,
    status: ProposalStatus,
    /// Why the rules change; null of the first version.
    reason: Option<String>,
    created_by: Subject,
    approved_by: Option<Subject>,
    /// One that is dated back governs nothing that was filed before it was approved.
    approved_on: Option<Date>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl RulesView {
    /// What its view shows beside it.
    pub fn related_keys(version: &RulesVersion, wanted: &mut RelatedKeys) {
        wanted.text(version.reason);
    }

    /// The view of a version.
    pub fn of(version: &RulesVersion, attached: &Related) -> Self {
        Self {
            programme: version.programme.clone(),
            version: version.number,
            effective_from: version.effective_from,
            rules: version.rules.clone(),
            sha256: version.sha256.clone(),
            status: version.status,
            reason: attached.text(version.reason),
            created_by: version.created_by.clone(),
            approved_by: version.approved_by.clone(),
            approved_on: version.approved_on,
            revision: version.revision.version,
            updated_at: version.revision.updated_at,
        }
    }
}

/// A programme.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgrammeView {
    code: ProgrammeCode,
    title: Title,
    instrument: Instrument,
    /// Whose money it is.
    level: Level,
    legal_basis: LegalBasis,
    /// Both days included.
    window: Window,
    /// By what the budget's system knows its money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    budget_codes: Option<BudgetCodes>,
    status: ProgrammeStatus,
    created_by: Subject,
    approved_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
    /// Left out for outsiders and in answers to writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    budget: Option<Budget>,
    /// The rules in force today; left out in answers to writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rules: Option<RulesView>,
    /// All versions of the rules; in a single programme only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    versions: Option<Vec<RulesView>>,
}

impl ProgrammeView {
    /// The view of a programme alone.
    pub fn of(programme: &Programme) -> Self {
        Self {
            code: programme.code.clone(),
            title: programme.title.clone(),
            instrument: programme.instrument,
            level: programme.level,
            legal_basis: programme.legal_basis.clone(),
            window: programme.window,
            budget_codes: programme.budget_codes.clone(),
            status: programme.status,
            created_by: programme.created_by.clone(),
            approved_by: programme.approved_by.clone(),
            revision: programme.revision.version,
            updated_at: programme.revision.updated_at,
            budget: None,
            rules: None,
            versions: None,
        }
    }

    /// The same with its budget.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// The same with the rules in force on a day.
    #[must_use]
    pub fn with_rules(mut self, versions: &[RulesVersion], day: Date, attached: &Related) -> Self {
        self.rules = rules::in_force(versions, day).map(|version| RulesView::of(version, attached));
        self
    }

    /// The same with all versions of its rules.
    #[must_use]
    pub fn with_versions(mut self, versions: &[RulesVersion], attached: &Related) -> Self {
        self.versions = Some(versions.iter().map(|version| RulesView::of(version, attached)).collect());
        self
    }
}

/// A change of a programme's budget.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetChangeView {
    id: BudgetChangeId,
    programme: ProgrammeCode,
    kind: BudgetChangeKind,
    amount: Money,
    fiscal_year: FiscalYear,
    document: Option<Line>,
    source: Option<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    budget_codes: Option<BudgetCodes>,
    /// What its fiscal year is to achieve.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    targets: Vec<PerformanceTarget>,
    effective_date: Option<Date>,
    status: BudgetChangeStatus,
    /// Why the budget changes; null where nothing was said.
    reason: Option<String>,
    created_by: Subject,
    approved_by: Option<Subject>,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for BudgetChangeView {
    type Document = BudgetChange;

    fn related_keys(change: &BudgetChange, wanted: &mut RelatedKeys) {
        wanted.text(change.reason);
    }

    fn of(change: &BudgetChange, attached: &Related) -> Self {
        Self {
            id: change.id,
            programme: change.programme.clone(),
            kind: change.kind,
            amount: change.amount,
            fiscal_year: change.fiscal_year,
            document: change.document.clone(),
            source: change.source.clone(),
            budget_codes: change.budget_codes.clone(),
            targets: change.targets.clone(),
            effective_date: change.effective_date,
            status: change.status,
            reason: attached.text(change.reason),
            created_by: change.created_by.clone(),
            approved_by: change.approved_by.clone(),
            revision: change.revision.version,
            updated_at: change.revision.updated_at,
        }
    }
}

/// A line as callers write it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// What: `compute`, `storage`, `network`, `model_service`, …
    item: Label,
    /// CNY, tax included.
    amount: Amount,
    /// The VAT rate in it.
    tax_percent: Option<Percent>,
    /// How much of it, where the rules pay for each unit.
    quantity: Option<Quantity>,
    /// In what the quantity is: `kWh`.
    unit: Option<Label>,
}

impl NewLine {
    /// The lines that are written so.
    pub fn all(lines: Vec<Self>) -> Vec<SettledLine> {
        let line = |line: Self| SettledLine {
            quantity: line.quantity,
            unit: line.unit,
            ..SettledLine::new(line.item, line.amount, line.tax_percent)
        };
        lines.into_iter().map(line).collect()
    }
}

/// What an officer found of what was filed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssessment {
    /// Items that count with less than was filed; the others count as they were filed.
    #[schema(max_items = 100)]
    lines: Vec<AssessedItem>,
    /// In place of the ratios of the rules, where those are higher.
    ratio_percent: Option<Percent>,
    reason: Reason,
}

/// The reason of a review and its assessment. Where both give a reason, both are kept: that of the review, and below it
/// that of the assessment.
pub fn assessed(
    reason: Option<Reason>,
    assessment: Option<NewAssessment>,
) -> Result<(Option<Reason>, Option<Assessment>), Problem> {
    let Some(NewAssessment { lines, ratio_percent, reason: why }) = assessment else {
        return Ok((reason, None));
    };
    if lines.len() > ASSESSED_MAX {
        return Err(Problem::too_large(ASSESSED_MAX, "assessed lines").at("/assessment/lines"));
    }
    let reason = reason.map_or_else(|| why.clone(), |reason| reason.and(&why));
    Ok((Some(reason), Some(Assessment { lines, ratio_percent })))
}
