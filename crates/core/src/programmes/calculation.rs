//! The calculation sheet of the ratio instruments: "not more than R % of a base, capped per organisation
//! and calendar year".
//!
//! Exact to the end, rounded once, then cut by the caps in their fixed order; every cut stands on the
//! sheet, and the lines after the cuts sum to the amount. A sheet is a pure function of its inputs, and
//! carries all of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use super::cap_use::CapUse;
use super::documents::{self, Documents};
use super::eligibility::Lists;
use super::interest::{InterestInputs, Segment};
use super::policy::{Base, ItemRatio, Policy};
use super::{RulesVersion, SettledLine};
use crate::domain::apportion::largest_remainder;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{Exact, Label, Money, Percent, Rounding, RoundingMode, RoundingScope, Unrounded};

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
    /// The VAT rate in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tax_percent: Option<Percent>,
    /// Whether the rules list the item.
    pub eligible: bool,
    /// What the ratio is taken of; 0.00 for an ineligible item.
    pub base: Exact,
    /// The ratio, for an eligible item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ratio_percent: Option<Percent>,
    /// base × ratio, unrounded.
    pub exact: Exact,
    /// What is paid for this line after every cut; the lines sum to the sheet's amount.
    pub subsidy: Money,
}

/// What cut a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReductionCode {
    /// Another programme's subsidy for the same contract, taken off.
    NetOff,
    /// The cap of one claim or voucher.
    ClaimCap,
    /// What is left on the voucher.
    VoucherBalance,
    PaidInterestCeiling,
    /// The cap of an organisation in all.
    LifetimeCap,
    /// The cap of an organisation in a calendar year.
    AnnualCap,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reduction {
    pub code: ReductionCode,
    /// By how much, CNY.
    pub amount: Money,
}

/// A funding level's part of the amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShareAmount {
    pub level: Label,
    /// CNY.
    pub amount: Money,
}

/// What a sheet was computed from, beside its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Inputs {
    /// Whether the organisation counted as a start-up.
    pub startup: bool,
    /// Which of the lists that the rules name let it in and said its tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lists: Option<Lists>,
    /// What the ratios were taken of; none of an interest subsidy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base: Option<Base>,
    /// Of a grant or a tranche of one: the ratio of every line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ratio_percent: Option<Percent>,
    /// Another programme's subsidy for the same contract, where the rules take it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub net_off: Option<Money>,
    /// What documents show of what was settled, where any is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub documents: Option<Documents>,
    /// The cap of one claim or voucher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub claim_cap: Option<Money>,
    /// What is left on the voucher that is redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub voucher_balance: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lifetime: Option<CapUse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub annual: Option<CapUse>,
    /// Of an interest subsidy: the loan, the days and what was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub interest: Option<Box<InterestInputs>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Calculation {
    /// Its number among the sheets of its document, from 1.
    pub version: u32,
    pub rules_version: u32,
    /// The rules' SHA-256.
    pub rules_sha256: String,
    /// The number of the tier under which it is computed, from 1; none where the rules' own apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tier: Option<u32>,
    /// What it was computed from.
    pub inputs: Inputs,
    /// Line by line; none of an interest subsidy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<SheetLine>,
    /// Of an interest subsidy: day after day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<Segment>,
    pub exact: Unrounded,
    /// Rounded, before any cut.
    pub computed: Money,
    pub rounding: Rounding,
    /// Cuts, in the order in which they were made.
    pub reductions: Vec<Reduction>,
    pub amount: Money,
    /// The amount by funding level.
    pub shares: Vec<ShareAmount>,
}

/// Why a sheet comes to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CalculationError {
    /// The eligible base is smaller than the rules ask for.
    #[error("the base {base} is below {minimum}")]
    BelowMinimum { base: Money, minimum: Money },
    /// A tax-exclusive base needs the tax rate of every eligible line.
    #[error("{item} has no tax rate")]
    TaxPercentMissing { item: Label },
    /// Only who is in a tier of the rules gets anything.
    #[error("in no tier")]
    NoTier,
    #[error("nothing to pay")]
    NothingToPay,
    /// 0.00, since the rules list none of the items.
    #[error("the rules list none of the items")]
    ItemsUnknown {
        /// Each once and in order.
        items: BTreeSet<Label>,
        /// Those that the rules list.
        known: BTreeSet<Label>,
    },
    #[error("the annual cap {cap} is used up")]
    AnnualCapExhausted { cap: Money, used: Money },
    /// More than the reviewer saw: it is reviewed again first.
    #[error("{seen} was reviewed, {now} would be paid")]
    AmountChanged {
        /// CNY, as reviewed.
        seen: Money,
        /// CNY, as computed now.
        now: Money,
    },
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded! {
    CalculationError:
    BelowMinimum TaxPercentMissing NoTier NothingToPay ItemsUnknown AnnualCapExhausted AmountChanged AmountOutOfRange
}

/// An approval never pays more than the sheet that was reviewed; less may have become of it since.
pub fn not_more_than_seen(seen: Money, now: Money) -> Result<(), CalculationError> {
    if now > seen { Err(CalculationError::AmountChanged { seen, now }) } else { Ok(()) }
}

impl From<OutOfRange> for CalculationError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}

/// A sheet before it is one: rules, lines and what limits them.
#[derive(Debug)]
pub struct Question<'a> {
    pub rules: &'a RulesVersion,
    /// They, as the tier has them.
    pub policy: &'a Policy,
    pub tier: Option<u32>,
    /// What was settled or contracted.
    pub lines: &'a [SettledLine],
    /// The number that the sheet gets.
    pub version: u32,
    pub inputs: Inputs,
}

pub fn sheet(question: Question<'_>) -> Result<Calculation, CalculationError> {
    let policy = question.policy;
    let mut lines = sheet_lines(question.lines, policy, &question.inputs)?;
    below_minimum(&lines, policy)?;
    any_known(&lines, policy)?;
    let exact = lines.iter().try_fold(Exact::default(), |sum, l| sum.plus(l.exact))?;
    let weights = weights(&lines, policy.rounding)?;
    let computed = match policy.rounding.scope {
        RoundingScope::Claim => exact.round(policy.rounding.mode)?,
        RoundingScope::Line => Money::sum(
            lines.iter().map(|l| l.exact.round(policy.rounding.mode)).collect::<Result<Vec<_>, _>>()?,
        )?,
    };
    let (amount, reductions) = cut(computed, &question.inputs)?;
    for (line, part) in lines.iter_mut().zip(largest_remainder(amount, &weights)?) {
        line.subsidy = part;
    }
    Ok(Calculation {
        version: question.version,
        rules_version: question.rules.number,
        rules_sha256: question.rules.sha256.clone(),
        tier: question.tier,
        inputs: question.inputs,
        exact: Unrounded::of(exact)?,
        computed,
        rounding: policy.rounding,
        reductions,
        amount,
        shares: shares(amount, policy)?,
        lines,
        segments: Vec::new(),
    })
}

fn ratio_of<'a>(policy: &'a Policy, item: &Label) -> Option<&'a ItemRatio> {
    policy.items.iter().flatten().find(|i| i.item == *item)
}

/// What rules take their ratios of, in all.
pub fn base(
    policy: &Policy,
    startup: bool,
    lines: &[SettledLine],
    documents: Option<&Documents>,
) -> Result<Exact, CalculationError> {
    let base = Some(policy.base.unwrap_or_default());
    let inputs = Inputs { startup, base, documents: documents.cloned(), ..Inputs::default() };
    Ok(Exact::sum(sheet_lines(lines, policy, &inputs)?.iter().map(|line| line.base))?)
}

fn sheet_lines(
    lines: &[SettledLine],
    policy: &Policy,
    inputs: &Inputs,
) -> Result<Vec<SheetLine>, CalculationError> {
    // what of each line documents show, where any is there
    let eligible = |item: &Label| ratio_of(policy, item).is_some();
    let shown = inputs.documents.as_ref().map(|of| documents::shown(of, lines, eligible)).transpose()?;
    let shown = |place: usize| shown.as_ref().and_then(|shown| shown.get(place).copied());
    lines.iter().enumerate().map(|(place, line)| sheet_line(line, shown(place), policy, inputs)).collect()
}

fn sheet_line(
    line: &SettledLine,
    documented: Option<Exact>,
    policy: &Policy,
    inputs: &Inputs,
) -> Result<SheetLine, CalculationError> {
    let item = ratio_of(policy, &line.item);
    let amount = documented.unwrap_or_else(|| line.exact());
    let ratio = item.map(|i| i.startup_ratio_percent.filter(|_| inputs.startup).unwrap_or(i.ratio_percent));
    let ratio = inputs.ratio_percent.or(ratio);
    let base = match (ratio, inputs.base.unwrap_or_default()) {
        (None, _) => Exact::ZERO,
        (Some(_), Base::TaxInclusive) => amount,
        (Some(_), Base::TaxExclusive) => {
            let tax =
                line.tax_percent.ok_or(CalculationError::TaxPercentMissing { item: line.item.clone() })?;
            Exact::from_money(amount.without(tax, policy.rounding.mode)?)
        }
    };
    let exact = ratio.map_or(Ok(Exact::default()), |r| Exact::ratio(base, r))?;
    Ok(SheetLine {
        item: line.item.clone(),
        amount: line.amount.money(),
        metered: line.metered,
        documented,
        tax_percent: line.tax_percent,
        eligible: ratio.is_some(),
        base,
        ratio_percent: ratio,
        exact,
        subsidy: Money::ZERO,
    })
}

fn below_minimum(lines: &[SheetLine], policy: &Policy) -> Result<(), CalculationError> {
    let Some(minimum) = policy.caps.minimum_base.map(Amount::money) else { return Ok(()) };
    let base = Exact::sum(lines.iter().map(|l| l.base))?;
    if base >= Exact::from_money(minimum) {
        return Ok(());
    }
    Err(CalculationError::BelowMinimum { base: base.round(RoundingMode::Down)?, minimum })
}

/// What each line weighs when the amount is apportioned: its exact part, or its rounded one where each
/// line is rounded by itself.
fn weights(lines: &[SheetLine], rounding: Rounding) -> Result<Vec<i128>, OutOfRange> {
    lines
        .iter()
        .map(|line| match rounding.scope {
            RoundingScope::Claim => Ok(line.exact.weight()),
            RoundingScope::Line => line.exact.round(rounding.mode).map(|m| i128::from(m.fen())),
        })
        .collect()
}

/// Whether the rules list an item at all: else the sheet comes to nothing, and says of what.
fn any_known(lines: &[SheetLine], policy: &Policy) -> Result<(), CalculationError> {
    if lines.is_empty() || lines.iter().any(|line| line.eligible) {
        return Ok(());
    }
    let items = lines.iter().map(|line| line.item.clone()).collect();
    let known = policy.items.iter().flatten().map(|item| item.item.clone()).collect();
    Err(CalculationError::ItemsUnknown { items, known })
}

/// Makes the cuts in their fixed order.
fn cut(computed: Money, inputs: &Inputs) -> Result<(Money, Vec<Reduction>), CalculationError> {
    let room = |cap: &CapUse| cap.cap.minus(cap.used).map(|left| left.max(Money::ZERO));
    let mut limits = Vec::new();
    if let Some(other) = inputs.net_off {
        limits.push((ReductionCode::NetOff, computed.minus(other)?.max(Money::ZERO)));
    }
    limits.extend(inputs.claim_cap.map(|cap| (ReductionCode::ClaimCap, cap)));
    limits.extend(inputs.voucher_balance.map(|left| (ReductionCode::VoucherBalance, left)));
    if let Some(cap) = &inputs.lifetime {
        limits.push((ReductionCode::LifetimeCap, room(cap)?));
    }
    if let Some(cap) = &inputs.annual {
        limits.push((ReductionCode::AnnualCap, room(cap)?));
    }
    let mut amount = computed;
    let mut reductions = Vec::new();
    for (code, limit) in limits {
        if amount > limit {
            reductions.push(Reduction { code, amount: amount.minus(limit)? });
            amount = limit;
        }
        if amount.is_zero() {
            return Err(nothing_left(code, &reductions, inputs));
        }
    }
    if amount.is_zero() { Err(CalculationError::NothingToPay) } else { Ok((amount, reductions)) }
}

/// The annual cap has a refusal of its own where it alone left nothing.
fn nothing_left(code: ReductionCode, reductions: &[Reduction], inputs: &Inputs) -> CalculationError {
    match (&inputs.annual, code) {
        (Some(annual), ReductionCode::AnnualCap) if !reductions.is_empty() => {
            CalculationError::AnnualCapExhausted { cap: annual.cap, used: annual.used }
        }
        _ => CalculationError::NothingToPay,
    }
}

/// An amount by funding level.
pub fn shares(amount: Money, policy: &Policy) -> Result<Vec<ShareAmount>, OutOfRange> {
    let levels = policy.shares.as_deref().unwrap_or_default();
    let weights: Vec<i128> = levels.iter().map(|s| i128::from(s.percent.micro())).collect();
    let parts = largest_remainder(amount, &weights)?;
    Ok(levels.iter().zip(parts).map(|(s, amount)| ShareAmount { level: s.level.clone(), amount }).collect())
}
