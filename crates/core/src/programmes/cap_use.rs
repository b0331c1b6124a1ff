//! A cap as it stands on a calculation sheet, and the counters of what was used of it.

use serde::{Deserialize, Serialize};

use super::Counts;
use super::policy::{CapHolder, Released};
use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{CapGroupCode, CreditCode, Folded, LoanId, Money, ProgrammeCode, RentalId};

/// A cap and what was used of it before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CapUse {
    /// The calendar year; none for the lifetime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub year: Option<FiscalYear>,
    /// CNY, the cap.
    pub cap: Money,
    /// CNY, used before.
    pub used: Money,
    /// Whose use it counts, where the rules say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub per: Option<CapHolder>,
    /// Of the cap on what is issued in a year: what becomes of it when a voucher gives something back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub released: Option<Released>,
}

impl CapUse {
    /// A cap of all years together, or of one.
    pub const fn new(year: Option<FiscalYear>, cap: Money, used: Money) -> Self {
        Self { year, cap, used, per: None, released: None }
    }
}

/// Caps that programmes share, and what was used of them before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupUse {
    pub code: CapGroupCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub annual: Option<CapUse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lifetime: Option<CapUse>,
}

impl GroupUse {
    /// What of it was used beside this amount.
    pub fn beside(self, own: Money) -> Result<Self, OutOfRange> {
        let less =
            |cap: Option<CapUse>| cap.map(|cap| Ok(CapUse { used: cap.used.minus(own)?, ..cap })).transpose();
        Ok(Self { annual: less(self.annual)?, lifetime: less(self.lifetime)?, ..self })
    }
}

/// The least base of a cost year, and what other claims bring to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct YearMinimum {
    /// The year of the last day of the claim's period.
    pub year: FiscalYear,
    /// CNY that the bases of all claims of the year come to at least.
    pub minimum: Money,
    /// CNY of the bases of the other claims of the year that are filed and not dropped; of interest those of other loans, each
    /// of which counts once, with the most of its claims.
    pub beside: Money,
    /// Of interest: CNY of the largest base of other claims on the same loan. Of it and of the claim's own the greater counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub same_loan: Option<Money>,
}

impl YearMinimum {
    /// CNY of the bases of the year, with this one.
    pub fn with(&self, base: Money) -> Result<Money, OutOfRange> {
        self.beside.plus(self.same_loan.map_or(base, |of_the_loan| of_the_loan.max(base)))
    }
}

/// What other claims bring to the bases of a cost year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearBase {
    pub year: FiscalYear,
    /// CNY beside the claim; of interest beside its loan.
    pub beside: Money,
    /// CNY of the largest base of other claims on the same loan.
    pub same_loan: Option<Money>,
}

/// What was used of the caps of a case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CapUses {
    /// CNY in the year whose annual cap counts.
    pub in_year: Money,
    /// CNY in all.
    pub in_all: Money,
    /// Of caps that programmes share.
    pub groups: Vec<GroupUse>,
}

impl CapUses {
    /// What was used beside this amount.
    pub fn beside(self, own: Money) -> Result<Self, OutOfRange> {
        Ok(Self {
            in_year: self.in_year.minus(own)?,
            in_all: self.in_all.minus(own)?,
            groups: self.groups.into_iter().map(|group| group.beside(own)).collect::<Result<_, _>>()?,
        })
    }
}

/// Whose use under a programme is counted, beside the organisation's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CapScope {
    Organisation,
    /// By the fold of the project's code.
    Project(Folded),
    Loan(LoanId),
    Contract(RentalId),
}

/// Of what is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CapPool {
    Programme(ProgrammeCode, CapScope),
    /// All programmes that name the group.
    Group(CapGroupCode),
    /// The bases of what was filed, which a minimum of the year asks for.
    Base(ProgrammeCode, CapScope),
}

/// Which use by an organisation is counted: of one calendar year, or of all (no year).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CapUsageKey {
    pub pool: CapPool,
    pub organisation: CreditCode,
    /// In which calendar year; none for the lifetime.
    pub year: Option<FiscalYear>,
    pub counts: Counts,
}

impl CapUsageKey {
    /// Of a group, which has one counter for all instruments: of what vouchers promise at their issue, and of claims without
    /// a voucher at their approval, which promises and takes at once.
    pub const fn group(code: CapGroupCode, organisation: CreditCode, year: Option<FiscalYear>) -> Self {
        Self { pool: CapPool::Group(code), organisation, year, counts: Counts::Issue }
    }

    /// Of a calendar year, or of all years.
    pub fn new(
        programme: &ProgrammeCode,
        organisation: CreditCode,
        year: Option<FiscalYear>,
        counts: Counts,
    ) -> Self {
        let pool = CapPool::Programme(programme.clone(), CapScope::Organisation);
        Self { pool, organisation, year, counts }
    }
}
