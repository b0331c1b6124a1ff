//! What all claims of a cost year come to, where the rules that are tried ask that for their least base. Nobody is refused for it
//! here: which of the claims was approved while the others were not filed yet, the past does not say. It stands beside each.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Past, PastDocument};
use crate::claims::ClaimPeriod;
use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{CreditCode, Money};
use crate::programmes::CapScope;
use crate::programmes::calculation::{Calculation, YearMinimum};

/// Whose bases of which year are summed.
type BaseKey = (CreditCode, CapScope, FiscalYear);

/// The bases of the claims that are tried.
#[derive(Debug, Default)]
pub(super) struct Bases {
    sums: BTreeMap<BaseKey, Money>,
    /// What each claim brings to which sum, and what the rules ask of that.
    own: BTreeMap<Uuid, (BaseKey, Money, Option<YearMinimum>)>,
}

impl Bases {
    /// Adds a claim with the sheet that it has under the rules that are tried, or that stays.
    pub(super) fn add(&mut self, one: &Past, scope: CapScope, sheet: &Calculation) -> Result<(), OutOfRange> {
        let PastDocument::Claim(claim) = &one.document else { return Ok(()) };
        let Some(year) = claim.subject.period().map(ClaimPeriod::last_year) else { return Ok(()) };
        let key = (claim.organisation, scope, year);
        let base = sheet.base()?;
        let sum = self.sums.entry(key.clone()).or_default();
        *sum = sum.plus(base)?;
        self.own.insert(claim.id.uuid(), (key, base, sheet.inputs.year_minimum));
        Ok(())
    }

    /// What the rules ask of the year of a claim, with what the other claims bring to it.
    pub(super) fn of(&self, id: Uuid) -> Result<Option<YearMinimum>, OutOfRange> {
        let Some((key, own, Some(minimum))) = self.own.get(&id) else { return Ok(None) };
        let sum = self.sums.get(key).copied().unwrap_or_default();
        Ok(Some(YearMinimum { beside: sum.minus(*own)?, ..*minimum }))
    }
}
