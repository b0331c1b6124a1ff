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
use super::interest::{InterestInputs, Segment};
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
        let Some(asked) = self.inputs.year_minimum else { return Ok(()) };
        let (base, minimum) = (asked.with(self.base()?)?, asked.minimum);
        if base < minimum { Err(CalculationError::BelowMinimum { base, minimum }) } else { Ok(()) }
    }

    /// What is left of it where something was paid already: nothing, where the rules would have refused it with what is known
    /// now. What was paid is then asked back, and the last cut says why.
    pub fn or_nothing(self, policy: &Policy) -> Result<Self, OutOfRange> {
        let barred = if self.inputs.paid_before { self.barred(policy)? } else { None };
        let (mut sheet, amount) = (self, Money::ZERO);
        if let Some(cut) = barred.filter(|cut| cut.amount.is_positive()) {
            sheet.reductions.push(cut);
            sheet.lines.iter_mut().for_each(|line| line.subsidy = amount);
            sheet.segments.iter_mut().for_each(|segment| segment.subsidy = amount);
            sheet = Self { amount, shares: shares(amount, policy)?, ..sheet };
        }
        sheet.inputs.paid_before &= sheet.amount.is_zero();
        Ok(sheet)
    }

    /// The cut that takes the whole amount, where the rules pay nothing for what is known.
    fn barred(&self, policy: &Policy) -> Result<Option<Reduction>, OutOfRange> {
        let whole = Reduction::new(ReductionCode::BelowMinimum, self.amount);
        let by = |clause: &str| Some(Reduction { clause: Some(clause.to_owned()), ..whole.clone() });
        let (inputs, refuses) = (&self.inputs, policy.refuses());
        if inputs.other_money.iter().any(|of| of.declared.is_positive() && refuses.contains(of.level)) {
            return Ok(Some(Reduction::new(ReductionCode::OtherFundingClashes, self.amount)));
        }
        let base = self.base()?;
        if policy.caps.minimum_of_each().is_some_and(|minimum| base < minimum)
            || self.enough_in_year().is_err()
        {
            return Ok(Some(whole));
        }
        let least = policy.minimums.unwrap_or_default();
        let paid = inputs.interest.as_deref().map(InterestInputs::counted);
        if least.interest_paid.is_some_and(|least| paid.is_some_and(|paid| paid < least.money())) {
            return Ok(by("/minimums/interest_paid"));
        }
        let rest_of_voucher = inputs.voucher_balance.is_some();
        let little = least.amount.is_some_and(|least| self.amount < least.money());
        Ok(if little && !rest_of_voucher { by("/minimums/amount") } else { None })
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
    if !inputs.paid_before {
        below_minimum(&lines, policy)?;
    }
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
    let sheet = Calculation {
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
    };
    Ok(sheet.or_nothing(policy)?)
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
    caps.worth_paid(amount, &reductions, inputs.paid_before)?;
    // the rest of a voucher that was enough may be less
    if inputs.voucher_balance.is_none() && !inputs.paid_before {
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a sheet or rules that are not read fail the test")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{from_value, json};

    use super::*;

    proptest! {
        #[test]
        fn what_was_paid_and_is_barred_comes_to_nothing_and_anything_else_stays_as_it_was(
            [computed, base, beside, minimum] in [1_i64..1_000, 0_i64..1_000, 0_i64..1_000, 1_i64..2_000],
            (paid_before, clashes) in any::<(bool, bool)>(),
        ) {
            let fen = |fen: i64| Money::from_fen(fen).to_string();
            let policy: Policy = from_value(json!({
                "items": [{"item": "compute", "ratio_percent": "10"}],
                "stacking": {"mode": "exclusive", "levels": ["city"]},
                "shares": [{"level": "市", "percent": "50"}, {"level": "区", "percent": "50"}],
            })).unwrap();
            let level = if clashes { "city" } else { "central" };
            let sheet: Calculation = from_value(json!({
                "version": 1, "rules_version": 1, "rules_sha256": "", "exact": fen(computed), "computed": fen(computed),
                "rounding": policy.rounding, "reductions": [], "amount": fen(computed),
                "shares": shares(Money::from_fen(computed), &policy).unwrap(),
                "lines": [{"item": "compute", "amount": fen(base), "eligible": true, "base": fen(base),
                    "exact": fen(computed), "subsidy": fen(computed)}],
                "inputs": {"startup": false, "paid_before": paid_before,
                    "other_money": [{"level": level, "declared": "0.01", "known": "0.00"}],
                    "year_minimum": {"year": 2025, "minimum": fen(minimum), "beside": fen(beside)}},
            })).unwrap();
            let after = sheet.clone().or_nothing(&policy).unwrap();
            let barred = paid_before && (clashes || base + beside < minimum);
            prop_assert_eq!(after.amount.is_zero(), barred);
            prop_assert_eq!(after.inputs.paid_before, barred);
            let cut = Money::sum(after.reductions.iter().map(|one| one.amount)).unwrap();
            let sums = [
                after.amount.plus(cut).unwrap().minus(sheet.computed).unwrap(),
                Money::sum(after.lines.iter().map(|line| line.subsidy)).unwrap().minus(after.amount).unwrap(),
                Money::sum(after.shares.iter().map(|share| share.amount)).unwrap().minus(after.amount).unwrap(),
            ];
            prop_assert_eq!(sums, [Money::ZERO; 3]);
            // computed again from what stands on it, it is the same
            prop_assert_eq!(after.clone().or_nothing(&policy).unwrap(), after.clone());
            if !barred {
                let inputs = Inputs { paid_before: false, ..sheet.inputs.clone() };
                prop_assert_eq!(after, Calculation { inputs, ..sheet });
            }
        }
    }
}
