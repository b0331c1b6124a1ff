//! What all claims of a cost year come to, where the rules that are tried ask that for their least base. Nobody is refused for it
//! here: which of the claims was approved while the others were not filed yet, the past does not say. It stands beside each.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Past, PastDocument};
use crate::claims::ClaimPeriod;
use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{CreditCode, LoanId, Money};
use crate::programmes::CapScope;
use crate::programmes::calculation::{Calculation, YearMinimum};

/// Whose bases of which year are summed.
type BaseKey = (CreditCode, CapScope, FiscalYear);

/// Each base by the loan that it is of, which counts once, or by its claim.
type ByObject = BTreeMap<Uuid, BTreeMap<Uuid, Money>>;

/// A claim, what it is counted by, and what the rules ask of its year.
#[derive(Debug)]
struct Own {
    key: BaseKey,
    object: Uuid,
    minimum: Option<YearMinimum>,
    of_loan: bool,
}

/// The bases of the claims that are tried.
#[derive(Debug, Default)]
pub(super) struct Bases {
    sums: BTreeMap<BaseKey, ByObject>,
    /// In which sum each claim counts.
    own: BTreeMap<Uuid, Own>,
}

impl Bases {
    /// Adds a claim with the sheet that it has under the rules that are tried, or that stays.
    pub(super) fn add(&mut self, one: &Past, scope: CapScope, sheet: &Calculation) -> Result<(), OutOfRange> {
        let PastDocument::Claim(claim) = &one.document else { return Ok(()) };
        let Some(year) = claim.subject.period().map(ClaimPeriod::last_year) else { return Ok(()) };
        let (id, loan) = (claim.id.uuid(), claim.subject.loan());
        let key = (claim.organisation, scope, year);
        let object = loan.map_or(id, LoanId::uuid);
        self.sums.entry(key.clone()).or_default().entry(object).or_default().insert(id, sheet.base()?);
        self.own.insert(id, Own { key, object, minimum: sheet.inputs.year_minimum, of_loan: loan.is_some() });
        Ok(())
    }

    /// What the rules ask of the year of a claim, with what the other claims bring to it.
    pub(super) fn of(&self, id: Uuid) -> Result<Option<YearMinimum>, OutOfRange> {
        let Some(Own { key, object, minimum: Some(minimum), of_loan }) = self.own.get(&id) else {
            return Ok(None);
        };
        let Some(objects) = self.sums.get(key) else { return Ok(None) };
        let most = |of: &BTreeMap<Uuid, Money>, but| {
            of.iter().filter(|(claim, _)| **claim != but).map(|(_, base)| *base).max().unwrap_or_default()
        };
        let others = objects.iter().filter(|(other, _)| *other != object);
        let beside = Money::sum(others.map(|(_, of)| most(of, Uuid::nil())))?;
        let same_loan = of_loan.then(|| objects.get(object).map_or(Money::ZERO, |of| most(of, id)));
        Ok(Some(YearMinimum { beside, same_loan, ..*minimum }))
    }
}
