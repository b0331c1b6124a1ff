//! The lines of a calculation sheet of the ratio instruments: what of each counts, and what it earns before anything is cut.
//!
//! An item earns a ratio of its base, or a price for each unit, of both the smaller. What is prorated counts by days before
//! tax and ratio; in whole fen it is not rounded in between, so that only the sum of all lines is.

use serde::{Deserialize, Serialize};

use super::SettledLine;
use super::calculation_error::CalculationError;
use super::documents;
use super::inputs::Inputs;
use super::policy::{Base, ItemRatio, Policy};
use super::prorated::Prorated;
use crate::domain::money::OutOfRange;
use crate::domain::{
    Exact, Label, Money, Percent, Quantity, Rounding, RoundingMode, RoundingScope, RoundingUnit, UnitPrice,
};

/// A line of a calculation sheet: an item, what was filed of it, and what is paid for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SheetLine {
    pub item: Label,
    /// CNY, tax included, as it was settled.
    pub amount: Money,
    /// Where it was metered: CNY with all of its decimals, which are computed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metered: Option<Exact>,
    /// CNY of it that documents show, where they limit the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub documented: Option<Exact>,
    /// CNY of it that an officer found, where that is less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub assessed: Option<Exact>,
    /// CNY of it for the days of the contract that are paid for, where the rules prorate; shown to ten decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prorated: Option<Exact>,
    /// The VAT rate in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tax_percent: Option<Percent>,
    /// How much of it, where the line says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// In what the quantity is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit: Option<Label>,
    /// Whether the rules list the item.
    pub eligible: bool,
    /// What the ratio is taken of; 0.00 for an ineligible item.
    pub base: Exact,
    /// The ratio, for an eligible item that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ratio_percent: Option<Percent>,
    /// CNY for one of the unit, for an eligible item that has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit_price: Option<UnitPrice>,
    /// base × ratio, or price × quantity: of both the smaller, unrounded.
    pub exact: Exact,
    /// What is paid for this line after every cut; the lines sum to the sheet's amount.
    pub subsidy: Money,
}

/// The lines of a settlement or a contract, of which nothing is paid yet.
pub(super) fn of(
    lines: &[SettledLine],
    policy: &Policy,
    inputs: &Inputs,
) -> Result<Vec<SheetLine>, CalculationError> {
    let eligible = |item: &Label| ratio_of(policy, item).is_some();
    let documented =
        inputs.documents.as_ref().map(|shown| documents::shown(shown, lines, eligible)).transpose()?;
    let shown = |place| documented.as_ref().and_then(|shown| shown.get(place).copied());
    let assessed = inputs.assessment.as_ref().map(|found| found.shown(lines)).transpose()?;
    let found = |place| assessed.as_ref().and_then(|found| found.get(place).copied().flatten());
    let of = |(place, line)| sheet_line(line, [shown(place), found(place)], policy, inputs);
    lines.iter().enumerate().map(of).collect()
}

fn ratio_of<'a>(policy: &'a Policy, item: &Label) -> Option<&'a ItemRatio> {
    policy.items.iter().flatten().find(|i| i.item == *item)
}

/// What is prorated once the ratio was taken: nothing rounds in between, and all lines share the one fraction.
fn at_the_end(policy: &Policy, inputs: &Inputs) -> Option<Prorated> {
    let unrounded =
        policy.rounding.unit == RoundingUnit::Fen && inputs.base.unwrap_or_default() == Base::TaxInclusive;
    inputs.prorated.filter(|_| unrounded)
}

fn fraction(of: Exact, part: Prorated) -> Result<Exact, OutOfRange> {
    of.fraction(part.days.into(), part.of_days.into())
}

fn sheet_line(
    line: &SettledLine,
    [documented, assessed]: [Option<Exact>; 2],
    policy: &Policy,
    inputs: &Inputs,
) -> Result<SheetLine, CalculationError> {
    let (item, late) = (ratio_of(policy, &line.item), at_the_end(policy, inputs).is_some());
    let whole = [documented, assessed].into_iter().flatten().min().unwrap_or_else(|| line.exact());
    let part = inputs.prorated.map(|part| fraction(whole, part)).transpose()?;
    let part = part.map(|part| match policy.rounding.unit {
        RoundingUnit::Fen => Ok(part),
        // never more than the whole
        RoundingUnit::Yuan => part.rounded(policy.rounding).map(|yuan| Exact::from_money(yuan).min(whole)),
    });
    let counted = part.transpose()?.unwrap_or(whole);
    let eligible = item.is_some() || inputs.ratio_percent.is_some();
    let base = match inputs.base.unwrap_or_default() {
        _ if !eligible => Exact::ZERO,
        Base::TaxInclusive => counted,
        Base::TaxExclusive => {
            let tax =
                line.tax_percent.ok_or(CalculationError::TaxPercentMissing { item: line.item.clone() })?;
            Exact::from_money(counted.without(tax, policy.rounding.mode)?)
        }
    };
    let ratio = item.and_then(|i| i.startup_ratio_percent.filter(|_| inputs.startup).or(i.ratio_percent));
    let ratio = inputs.ratio_percent.or(ratio);
    let most = inputs.assessment.as_ref().and_then(|found| found.ratio_percent);
    let ratio = ratio.map(|ratio| most.map_or(ratio, |most| most.min(ratio)));
    let by_ratio = ratio.map(|ratio| Exact::ratio(if late { whole } else { base }, ratio)).transpose()?;
    let by_unit = item.map(|item| by_unit(item, line, whole)).transpose()?.flatten();
    let by_unit = match (by_unit, inputs.prorated.filter(|_| !late)) {
        (Some(priced), Some(part)) => Some(fraction(priced, part)?),
        (priced, _) => priced,
    };
    Ok(SheetLine {
        item: line.item.clone(),
        amount: line.amount.money(),
        metered: line.metered,
        documented,
        assessed,
        prorated: inputs.prorated.map(|_| counted.shown()),
        tax_percent: line.tax_percent,
        quantity: line.quantity,
        // a quantity without a unit is in that of the item
        unit: line.unit.clone().or_else(|| item.filter(|_| line.quantity.is_some())?.unit.clone()),
        eligible,
        base: base.shown(),
        ratio_percent: ratio,
        unit_price: item.and_then(|item| item.unit_price),
        exact: [by_ratio, by_unit].into_iter().flatten().min().unwrap_or_default(),
        subsidy: Money::ZERO,
    })
}

/// Price × quantity, for as much of the line as counts.
fn by_unit(item: &ItemRatio, line: &SettledLine, counts: Exact) -> Result<Option<Exact>, CalculationError> {
    let Some(price) = item.unit_price else { return Ok(None) };
    let named = || line.item.clone();
    let quantity = line.quantity.ok_or_else(|| CalculationError::QuantityMissing { item: named() })?;
    if let Some(unit) = &item.unit
        && line.unit.as_ref().is_some_and(|named| named.folded() != unit.folded())
    {
        return Err(CalculationError::UnitDiffers { item: named(), unit: unit.clone() });
    }
    let priced = Exact::priced(quantity, price)?;
    let whole = line.exact();
    if counts >= whole {
        return Ok(Some(priced));
    }
    let fen = |amount: Exact| amount.round(RoundingMode::Down).map(|fen| i128::from(fen.fen()));
    Ok(Some(priced.fraction(fen(counts)?.max(0), fen(whole)?.max(1))?))
}

/// What all lines earn, and each of them, after what is prorated at the end.
pub(super) fn exact(lines: &mut [SheetLine], policy: &Policy, inputs: &Inputs) -> Result<Exact, OutOfRange> {
    let sum = Exact::sum(lines.iter().map(|line| line.exact))?;
    let Some(part) = at_the_end(policy, inputs) else { return Ok(sum) };
    for line in lines {
        line.exact = fraction(line.exact, part)?;
    }
    fraction(sum, part)
}

/// What each line weighs when the amount is apportioned: its exact part, or its rounded one where each
/// line is rounded by itself.
pub(super) fn weights(lines: &[SheetLine], rounding: Rounding) -> Result<Vec<i128>, OutOfRange> {
    lines
        .iter()
        .map(|line| match rounding.scope {
            RoundingScope::Claim => Ok(line.exact.weight()),
            RoundingScope::Line => line.exact.rounded(rounding).map(|m| i128::from(m.fen())),
        })
        .collect()
}

/// Whether the rules list an item at all: else the sheet comes to nothing, and says of what.
pub(super) fn any_known(lines: &[SheetLine], policy: &Policy) -> Result<(), CalculationError> {
    if lines.is_empty() || lines.iter().any(|line| line.eligible) {
        return Ok(());
    }
    let items = lines.iter().map(|line| line.item.clone()).collect();
    let known = policy.items.iter().flatten().map(|item| item.item.clone()).collect();
    Err(CalculationError::ItemsUnknown { items, known })
}
