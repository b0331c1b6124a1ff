//! The calculation sheet of the ratio instruments: "not more than R % of a base, capped per organisation
//! and calendar year".
//!
//! Exact to the end, rounded once, then cut by the caps in their fixed order; every cut stands on the
//! sheet, and the lines after the cuts sum to the amount. A sheet is a pure function of its inputs, and
//! carries all of them.

use serde::{Deserialize, Serialize};

use super::bounds::cut;
pub use super::bounds::{Reduction, ReductionCode};
pub use super::calculation_error::CalculationError;
pub use super::cap_use::{CapUse, GroupUse, YearMinimum};
use super::funding::joint_room;
pub use super::inputs::Inputs;
use super::interest::Segment;
use super::policy::Policy;
use super::sheet_lines;
pub use super::sheet_lines::SheetLine;
use super::{RulesVersion, SettledLine};
use crate::domain::apportion::largest_remainder;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{Exact, Label, Money, Rounding, RoundingMode, RoundingScope, Unrounded};

/// A funding level's part of the amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShareAmount {
    pub level: Label,
    /// CNY.
    pub amount: Money,
}

/// A calculation sheet: how an amount came about, line by line, so that anybody can compute it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Calculation {
    /// Its number among the sheets of its document, from 1.
    pub version: u32,
    /// The version of the programme's rules that it follows.
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

impl Calculation {
    /// CNY of its base: what the ratios are taken of, or of interest the most principal that earns on a day. Down to the fen,
    /// so that no sum of bases is more than what was filed.
    pub fn base(&self) -> Result<Money, OutOfRange> {
        if self.inputs.interest.is_some() {
            return Ok(self.segments.iter().map(|one| one.eligible_principal).max().unwrap_or_default());
        }
        Exact::sum(self.lines.iter().map(|line| line.base))?.round(RoundingMode::Down)
    }

    /// Whether the bases of its cost year come to what the rules ask of it, where they do.
    pub fn enough_in_year(&self) -> Result<(), CalculationError> {
        let Some(YearMinimum { minimum, beside, .. }) = self.inputs.year_minimum else { return Ok(()) };
        let base = beside.plus(self.base()?)?;
        if base < minimum { Err(CalculationError::BelowMinimum { base, minimum }) } else { Ok(()) }
    }
}

/// An approval never pays more than the sheet that was reviewed; less may have become of it since.
pub fn not_more_than_seen(seen: Money, now: Money) -> Result<(), CalculationError> {
    if now > seen { Err(CalculationError::AmountChanged { seen, now }) } else { Ok(()) }
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
    let (policy, inputs) = (question.policy, &question.inputs);
    let mut lines = sheet_lines::of(question.lines, policy, inputs)?;
    below_minimum(&lines, policy)?;
    sheet_lines::any_known(&lines, policy)?;
    let exact = sheet_lines::exact(&mut lines, policy, inputs)?;
    let weights = sheet_lines::weights(&lines, policy.rounding)?;
    let computed = match policy.rounding.scope {
        RoundingScope::Claim => exact.rounded(policy.rounding)?,
        RoundingScope::Line => Money::sum(
            lines.iter().map(|l| l.exact.rounded(policy.rounding)).collect::<Result<Vec<_>, _>>()?,
        )?,
    };
    let (amount, reductions) = bounded((computed, &lines), policy, inputs)?;
    for (line, part) in lines.iter_mut().zip(largest_remainder(amount, &weights)?) {
        line.subsidy = part;
    }
    Ok(Calculation {
        version: question.version,
        rules_version: question.rules.number,
        rules_sha256: question.rules.sha256.clone(),
        tier: question.tier,
        exact: Unrounded::of(exact)?,
        computed,
        rounding: policy.rounding,
        reductions,
        amount,
        shares: shares(amount, policy)?,
        inputs: question.inputs,
        lines,
        segments: Vec::new(),
    })
}

/// What rules take their ratios of, in all.
pub fn base(policy: &Policy, lines: &[SettledLine], inputs: Inputs) -> Result<Exact, CalculationError> {
    let inputs = Inputs { base: Some(policy.base.unwrap_or_default()), ..inputs };
    Ok(Exact::sum(sheet_lines::of(lines, policy, &inputs)?.iter().map(|line| line.base))?)
}

/// What is left after the cuts. Error: nothing, or less than the rules ask for.
fn bounded(
    (computed, lines): (Money, &[SheetLine]),
    policy: &Policy,
    inputs: &Inputs,
) -> Result<(Money, Vec<Reduction>), CalculationError> {
    let net_off = inputs.net_off.map(|other| computed.minus(other)).transpose()?;
    let base = Exact::sum(lines.iter().map(|line| line.base))?;
    let joint = policy.joint_ceiling_percent;
    let joint = joint.map(|percent| joint_room(base, percent, &inputs.other_money)).transpose()?;
    let own = [
        (ReductionCode::NetOff, net_off),
        (ReductionCode::ClaimCap, inputs.claim_cap),
        (ReductionCode::VoucherBalance, inputs.voucher_balance),
        (ReductionCode::JointCeiling, joint),
    ];
    let caps = inputs.caps();
    let (amount, reductions) = cut(computed, own.into_iter().chain(caps.bounds()?))?;
    caps.worth(amount, &reductions)?;
    // the rest of a voucher that was enough may be less
    if inputs.voucher_balance.is_none() {
        enough(amount, policy)?;
    }
    Ok((amount, reductions))
}

/// Whether an amount after all cuts is not below the rules' minimum.
pub fn enough(amount: Money, policy: &Policy) -> Result<(), CalculationError> {
    let minimum = policy.minimums.and_then(|minimums| minimums.amount).map(Amount::money);
    match minimum.filter(|minimum| amount < *minimum) {
        Some(minimum) => Err(CalculationError::AmountBelowMinimum { amount, minimum }),
        None => Ok(()),
    }
}

fn below_minimum(lines: &[SheetLine], policy: &Policy) -> Result<(), CalculationError> {
    let Some(minimum) = policy.caps.minimum_of_each() else { return Ok(()) };
    let base = Exact::sum(lines.iter().map(|l| l.base))?;
    if base >= Exact::from_money(minimum) {
        return Ok(());
    }
    Err(CalculationError::BelowMinimum { base: base.round(RoundingMode::Down)?, minimum })
}

/// An amount by funding level.
pub fn shares(amount: Money, policy: &Policy) -> Result<Vec<ShareAmount>, OutOfRange> {
    let levels = policy.shares.as_deref().unwrap_or_default();
    let weights: Vec<i128> = levels.iter().map(|s| i128::from(s.percent.micro())).collect();
    let parts = largest_remainder(amount, &weights)?;
    Ok(levels.iter().zip(parts).map(|(s, amount)| ShareAmount { level: s.level.clone(), amount }).collect())
}
