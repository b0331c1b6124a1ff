//! The bases of the claims of a cost year, summed where the rules ask their least base of the year: counters beside those of the
//! caps, from the submission of a claim on, until it is sent back or dropped.

use std::collections::BTreeMap;

use super::cap_usage::{Counted, amount};
use super::programmes;
use crate::book::Key;
use crate::book::context::{Context, Reads};
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::claims::{Claim, ClaimPeriod, ClaimStatus};
use crate::domain::Money;
use crate::domain::dates::FiscalYear;
use crate::programmes::calculation::Calculation;
use crate::programmes::cap_use::YearBase;
use crate::programmes::policy::Policy;
use crate::programmes::{Counts, RulesKey};

/// The sums of the bases of a year, under every version of the rules that is known.
pub(crate) fn read(of: Counted<'_>, year: FiscalYear, reads: &mut Reads<'_>) {
    let book = reads.book;
    let versions = book.programmes.peek(of.programme).map_or(0, |known| known.versions);
    for number in (1..=versions).chain(of.version) {
        let key = RulesKey { programme: of.programme.clone(), number };
        let Some(rules) = book.rules.peek(&key).map(|version| &version.rules) else { continue };
        let key = |pool| Key::Usage(of.key(pool, Some(year), Counts::Redemption));
        reads.extend(of.bases(rules, book).into_iter().map(key));
    }
}

/// What a claim counts itself for the minimum of a year, or its loan, which counts once with the most of its claims.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own {
    pub(crate) year: FiscalYear,
    /// CNY.
    pub(crate) counted: Money,
    /// CNY of the largest base of other claims on its loan.
    pub(crate) same_loan: Option<Money>,
}

/// What the other claims bring to the bases of the cost year of a period; none where the rules sum none.
pub(crate) fn beside(
    context: Context<'_>,
    (of, rules): (Counted<'_>, &Policy),
    period: ClaimPeriod,
    own: Own,
) -> Result<Option<YearBase>, Stop> {
    let (pools, year) = (of.bases(rules, context.book), period.last_year());
    let Some(pool) = pools.into_iter().next() else { return Ok(None) };
    let filed = amount(context, &of.key(pool, Some(year), Counts::Redemption))?;
    let counted = if own.year == year { own.counted } else { Money::ZERO };
    Ok(Some(YearBase { year, beside: filed.minus(counted)?, same_loan: own.same_loan }))
}

/// CNY of its base that a claim counts for the minimum of its cost year: that of the sheet which a step made, else what it
/// counted before; nothing of what is not filed, was sent back or was dropped.
pub(crate) fn counted(
    context: Context<'_>,
    claim: &Claim,
    before: Money,
    sheet: Option<&Calculation>,
) -> Result<Money, Stop> {
    use ClaimStatus::{Approved, Paid, Reviewed, Submitted};
    let counts = matches!(claim.status, Submitted | Reviewed | Approved | Paid);
    if !counts || !programmes::rules_of(context, claim)?.rules.caps.counts_year_base() {
        return Ok(Money::ZERO);
    }
    Ok(sheet.map_or(Ok(before), Calculation::base)?)
}

/// The sums of the bases of cost years after a claim's step, by which each of them moves.
pub(crate) fn moved(
    context: Context<'_>,
    claim: &Claim,
    moves: &[(FiscalYear, Money)],
) -> Result<Vec<Change>, Stop> {
    let mut sums: BTreeMap<FiscalYear, Money> = BTreeMap::new();
    for (year, by) in moves {
        let sum = sums.entry(*year).or_default();
        *sum = sum.plus(*by)?;
    }
    sums.retain(|_, by| !by.is_zero());
    if sums.is_empty() {
        return Ok(Vec::new());
    }
    let rules = &programmes::rules_of(context, claim)?.rules;
    let of = Counted::whole(context, claim)?;
    let mut changes = Vec::new();
    for pool in of.bases(rules, context.book) {
        for (year, by) in &sums {
            let key = of.key(pool.clone(), Some(*year), Counts::Redemption);
            let known = context.book.usages.get(&key)?.copied().unwrap_or_default();
            changes.push(Change::Usage { key, used: known.moved(*by, context.stamp.business_date)? });
        }
    }
    Ok(changes)
}
