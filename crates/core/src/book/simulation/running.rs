//! What those before a document take of caps and vouchers, under their own rules and under the new ones.

use std::collections::BTreeMap;

use super::past::{Case, cap_year};
use super::{Past, PastDocument, Refused};
use crate::book::refusal::{Refusal, Stop};
use crate::book::{Book, Fault};
use crate::domain::dates::FiscalYear;
use crate::domain::money::{Amount, OutOfRange};
use crate::domain::{CapGroupCode, Money, ProgrammeCode, VoucherId};
use crate::programmes::bounds::ReductionCode;
use crate::programmes::calculation::{CapUse, GroupUse};
use crate::programmes::cap_use::CapUses;
use crate::programmes::policy::{AnnualCap, CapHolder, Policy};
use crate::programmes::{CapPool, CapScope, CapUsageKey, RulesVersion};
use crate::vouchers::{Voucher, VoucherStatus};

/// CNY under the rules of each document, and under the new ones.
#[derive(Debug, Clone, Copy, Default)]
struct Both {
    old: Money,
    new: Money,
}

/// A voucher as the new rules have it.
#[derive(Debug, Clone, Default)]
struct Face {
    amounts: Both,
    redeemed: Both,
    /// Where it counts: by whom, in which year under which rules, and whether what it gives back stays counted there.
    counted: Vec<(CapUsageKey, Side)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

pub(super) struct Running {
    programme: ProgrammeCode,
    used: BTreeMap<CapUsageKey, Both>,
    faces: BTreeMap<VoucherId, Face>,
    refused: Refused,
}

impl Running {
    pub(super) const fn new(programme: ProgrammeCode) -> Self {
        Self { programme, used: BTreeMap::new(), faces: BTreeMap::new(), refused: BTreeMap::new() }
    }

    pub(super) fn refused(&mut self, one: &Past, refusal: Refusal) {
        self.refused.insert(one.id(), refusal);
    }

    /// Why nothing can be drawn on a voucher that would not have been issued.
    pub(super) fn voucher_refused(&self, one: &Past) -> Option<Refusal> {
        self.refused.get(&voucher_of(one)?.uuid()).cloned()
    }

    /// CNY that a redemption may draw; none of what draws on no voucher.
    pub(super) fn room(&self, one: &Past) -> Result<Option<Money>, OutOfRange> {
        let Some(voucher) = voucher_of(one) else { return Ok(None) };
        let recorded = one.sheet.inputs.voucher_balance.unwrap_or_default();
        let Some(face) = self.faces.get(&voucher) else { return Ok(Some(recorded)) };
        if face.amounts.new == face.amounts.old && face.redeemed.new == face.redeemed.old {
            return Ok(Some(recorded));
        }
        // The voucher's balance bound this claim, also by what claims held that were rejected later: there is as much
        // more or less of it now as the voucher is larger or smaller and as claims before this one draw less or more.
        if one.sheet.reductions.iter().any(|one| one.code == ReductionCode::VoucherBalance) {
            let larger = face.amounts.new.minus(face.amounts.old)?;
            let drawn = face.redeemed.new.minus(face.redeemed.old)?;
            return Ok(Some(recorded.plus(larger)?.minus(drawn)?.max(Money::ZERO)));
        }
        // What an approval records is what the claim held, which another voucher would have had more of.
        Ok(Some(face.amounts.new.minus(face.redeemed.new)?.max(Money::ZERO)))
    }

    fn key(&self, scope: CapScope, case: &Case, year: Option<FiscalYear>) -> CapUsageKey {
        let pool = CapPool::Programme(self.programme.clone(), scope);
        CapUsageKey { pool, organisation: case.organisation, year, counts: case.counts }
    }

    fn both(&self, key: &CapUsageKey) -> Both {
        self.used.get(key).copied().unwrap_or_default()
    }

    /// What was used when it was recorded, and what the same use comes to now.
    fn moved(&self, recorded: Option<Money>, key: &CapUsageKey) -> Result<Money, OutOfRange> {
        let Both { old, new } = self.both(key);
        let now = match recorded {
            Some(used) => used.plus(new.minus(old)?)?,
            None => new,
        };
        Ok(now.max(Money::ZERO))
    }

    /// What is used of the caps of the new rules before a document.
    pub(super) fn used(
        &self,
        book: &Book,
        (one, case): (&Past, &Case),
        scopes: Vec<CapScope>,
        ((own, new), year): ((&RulesVersion, &RulesVersion), FiscalYear),
    ) -> Result<CapUses, Stop> {
        let inputs = &one.sheet.inputs;
        let same = holder(&own.rules) == holder(&new.rules);
        let scope = scope_of(scopes, &new.rules);
        let in_year = inputs.annual.as_ref().filter(|cap| same && cap.year == Some(year));
        let in_all = inputs.lifetime.as_ref().filter(|_| same);
        let mut found = CapUses {
            in_year: self.moved(in_year.map(|cap| cap.used), &self.key(scope.clone(), case, Some(year)))?,
            in_all: self.moved(in_all.map(|cap| cap.used), &self.key(scope, case, None))?,
            groups: Vec::new(),
        };
        for code in groups_of(one, &new.rules) {
            let recorded = inputs.groups.iter().find(|group| group.code == *code);
            found.groups.push(match recorded {
                Some(group) => self.group(group, case, year)?,
                None => self.other_group(book, code, case, year)?,
            });
        }
        Ok(found)
    }

    /// A group that its own rules named.
    fn group(&self, group: &GroupUse, case: &Case, year: FiscalYear) -> Result<GroupUse, OutOfRange> {
        let cap = |cap: &Option<CapUse>, year| {
            let key = CapUsageKey::group(group.code.clone(), case.organisation, year);
            cap.as_ref()
                .map(|cap| Ok(CapUse { used: self.moved(Some(cap.used), &key)?, ..cap.clone() }))
                .transpose()
        };
        Ok(GroupUse {
            code: group.code.clone(),
            annual: cap(&group.annual, Some(year))?,
            lifetime: cap(&group.lifetime, None)?,
        })
    }

    /// A group that its own rules did not name: what other programmes use of it counts as it is now.
    fn other_group(
        &self,
        book: &Book,
        code: &CapGroupCode,
        case: &Case,
        year: FiscalYear,
    ) -> Result<GroupUse, Stop> {
        let lost = || Fault::Broken(format!("there is no cap group {code}"));
        let caps = book.cap_groups.get(code)?.and_then(|group| group.caps).ok_or_else(lost)?;
        let cap = |most: Amount, year: Option<FiscalYear>| -> Result<CapUse, OutOfRange> {
            let key = CapUsageKey::group(code.clone(), case.organisation, year);
            // what the programme's own documents use under rules that name the group is in there already
            let used = book.usages.peek(&key).map_or(Money::ZERO, |used| used.amount);
            Ok(CapUse::new(year, most.money(), self.moved(Some(used), &key)?))
        };
        Ok(GroupUse {
            code: code.clone(),
            annual: caps.annual.map(|most| cap(most, Some(year))).transpose()?,
            lifetime: caps.lifetime.map(|most| cap(most, None)).transpose()?,
        })
    }

    /// Counts a document with its amount, and with what it comes to now.
    pub(super) fn decided(
        &mut self,
        one: &Past,
        case: &Case,
        scopes: Vec<CapScope>,
        (old, new): (Money, Money),
        (own, now): (&RulesVersion, &RulesVersion),
    ) -> Result<(), Stop> {
        if let Some(voucher) = voucher_of(one) {
            let face = self.faces.entry(voucher).or_default();
            face.redeemed = plus(face.redeemed, (old, new))?;
        }
        if !case.counted {
            return Ok(());
        }
        // a period that the new rules do not let lie in two years was refused
        let years = [(Side::Old, own, cap_year(one, case, own)), (Side::New, now, cap_year(one, case, now))];
        let mut counted = Vec::new();
        for (side, rules, year) in years {
            let Ok(year) = year else { continue };
            let amounts = if side == Side::Old { (old, Money::ZERO) } else { (Money::ZERO, new) };
            for year in [Some(year), None] {
                let own = scopes.iter().map(|scope| self.key(scope.clone(), case, year));
                let shared = groups_of(one, &rules.rules)
                    .map(|code| CapUsageKey::group(code.clone(), case.organisation, year));
                for key in own.chain(shared).collect::<Vec<_>>() {
                    let both = self.used.entry(key.clone()).or_default();
                    *both = plus(*both, amounts)?;
                    counted.push((key, side));
                }
            }
        }
        if let PastDocument::Voucher(voucher) = &one.document {
            let stays = |rules: &RulesVersion| keeps(&rules.rules, voucher);
            let [of_old, of_new] = [stays(own), stays(now)];
            let freed = |(key, side): &(CapUsageKey, Side)| {
                let stays = if *side == Side::Old { of_old } else { of_new };
                key.year.is_none() || !stays || matches!(key.pool, CapPool::Group(_))
            };
            counted.retain(freed);
            let face = self.faces.entry(voucher.id).or_default();
            *face = Face { amounts: Both { old, new }, counted, ..face.clone() };
        }
        Ok(())
    }

    /// A voucher gives back what nobody drew: what of it is available again that was not, or the other way.
    pub(super) fn ended(&mut self, voucher: &Voucher) -> Result<Money, Stop> {
        let Some(face) = self.faces.get(&voucher.id).cloned() else { return Ok(Money::ZERO) };
        let back = |amount: Money, drawn: Money| amount.minus(drawn).map(|left| left.max(Money::ZERO));
        let old = voucher.balance.released.plus(voucher.balance.expired)?;
        // what came of claims that are not tried is the same under both
        let kept = face.amounts.old.minus(old)?;
        let drawn = kept.plus(face.redeemed.new.minus(face.redeemed.old)?)?;
        let new = back(face.amounts.new, drawn)?;
        for (key, side) in &face.counted {
            let less = if *side == Side::Old {
                (old.negated()?, Money::ZERO)
            } else {
                (Money::ZERO, new.negated()?)
            };
            let both = self.used.entry(key.clone()).or_default();
            *both = plus(*both, less)?;
        }
        Ok(new.minus(old)?)
    }
}

/// On which voucher a document draws; none of vouchers, and of claims without one.
fn voucher_of(one: &Past) -> Option<VoucherId> {
    let PastDocument::Claim(claim) = &one.document else { return None };
    claim.subject.voucher()
}

/// The groups in which a document counts under rules: a redemption takes nothing of one, since its voucher did.
fn groups_of<'a>(one: &Past, rules: &'a Policy) -> impl Iterator<Item = &'a CapGroupCode> + use<'a> {
    let redeems = voucher_of(one).is_some();
    rules.caps.groups.iter().flatten().filter(move |_| !redeems)
}

fn plus(both: Both, (old, new): (Money, Money)) -> Result<Both, OutOfRange> {
    Ok(Both { old: both.old.plus(old)?, new: both.new.plus(new)? })
}

/// Whether what a voucher gives back stays counted in its year.
fn keeps(rules: &Policy, voucher: &Voucher) -> bool {
    let unused = voucher.status == VoucherStatus::Cancelled && voucher.balance.redeemed.is_zero();
    rules.under(voucher.tier).caps.annual.as_ref().is_some_and(AnnualCap::keeps_released) && !unused
}

fn holder(policy: &Policy) -> CapHolder {
    policy.caps.per.unwrap_or(CapHolder::Organisation)
}

/// By which of these the rules count.
pub(super) fn scope_of(scopes: Vec<CapScope>, policy: &Policy) -> CapScope {
    let found = scopes.into_iter().find(|scope| is_of(scope, holder(policy)));
    found.unwrap_or(CapScope::Organisation)
}

const fn is_of(scope: &CapScope, holder: CapHolder) -> bool {
    matches!(
        (scope, holder),
        (CapScope::Organisation, CapHolder::Organisation)
            | (CapScope::Project(_), CapHolder::Project)
            | (CapScope::Loan(_), CapHolder::Loan)
            | (CapScope::Contract(_), CapHolder::Contract)
    )
}
