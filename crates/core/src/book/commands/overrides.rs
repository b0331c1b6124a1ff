//! Caps that are relaxed for one claim or voucher.

use std::borrow::Cow;

use super::{claim_decisions, claims, vouchers};
use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::claim_basis::ClaimBasis;
use crate::book::guards::programmes;
use crate::book::refusal::{AccessError, Stop};
use crate::claims::{Claim, ClaimStatus};
use crate::domain::{TextHash, WrongState};
use crate::programmes::Policy;
use crate::programmes::overrides::{
    self, ApproveOverride, Overridden, Override, OverrideStatus, ProposeOverride, RejectOverride,
};
use crate::vouchers::{Voucher, VoucherStatus};

/// A claim or a voucher that waits for its approval.
#[derive(Clone, Copy)]
enum Case<'a> {
    Claim(&'a Claim),
    Voucher(&'a Voucher),
}

fn read(of: Overridden, reads: &mut Reads<'_>) {
    match of {
        Overridden::Claim(id) => {
            reads.insert(Key::Claim(id));
            reads.extend(reads.book.claims.peek(&id).map(programmes::rules_key));
        }
        Overridden::Voucher(id) => {
            reads.insert(Key::Voucher(id));
            let rules = |known: &Voucher| programmes::key(&known.programme, known.rules_version);
            reads.extend(reads.book.vouchers.peek(&id).map(rules));
        }
    }
}

impl<'a> Case<'a> {
    fn of(context: Context<'a>, of: Overridden) -> Result<Self, Stop> {
        match of {
            Overridden::Claim(id) => {
                let claim = found(context.book.claims.get(&id)?)?;
                context.same_version(&claim.revision)?;
                let waits =
                    WrongState::unless(claim.status, &[ClaimStatus::Submitted, ClaimStatus::Reviewed]);
                waits.map_err(AccessError::from)?;
                Ok(Self::Claim(claim))
            }
            Overridden::Voucher(id) => {
                let voucher = found(context.book.vouchers.get(&id)?)?;
                context.same_version(&voucher.revision)?;
                let states = [VoucherStatus::Submitted, VoucherStatus::Reviewed];
                WrongState::unless(voucher.status, &states).map_err(AccessError::from)?;
                Ok(Self::Voucher(voucher))
            }
        }
    }

    fn overrides(self) -> &'a [Override] {
        match self {
            Self::Claim(claim) => &claim.overrides,
            Self::Voucher(voucher) => &voucher.overrides,
        }
    }

    /// The rules of its filing, as its tier has them: what is relaxed is the cap that applies to it.
    fn policy(self, context: Context<'a>) -> Result<Cow<'a, Policy>, Stop> {
        match self {
            Self::Claim(claim) => {
                let rules = programmes::rules_of(context, claim)?;
                let today = context.stamp.business_date;
                let basis = ClaimBasis::of(context, claim)?;
                let facts = basis.facts(context, rules, (claim.into(), claim.held), today)?;
                Ok(rules.rules.under(facts.tier))
            }
            Self::Voucher(voucher) => {
                let rules = programmes::version(context.book, &voucher.programme, voucher.rules_version)?;
                Ok(rules.rules.under(voucher.tier))
            }
        }
    }

    /// With one more, or one decided. Once it is approved, what waits is computed with the cap relaxed.
    fn conclude(
        self,
        context: Context<'_>,
        made: Override,
        from: Option<OverrideStatus>,
    ) -> Result<Decision, Stop> {
        let mut overrides = self.overrides().to_vec();
        match overrides.iter_mut().find(|one| one.number == made.number) {
            Some(known) => *known = made.clone(),
            None => overrides.push(made.clone()),
        }
        let counts = made.status == OverrideStatus::Approved;
        let (of, mut effects) = match self {
            Self::Claim(claim) => {
                let revision = claim.revision.next(context.stamp);
                let after = Claim { overrides, revision, ..claim.clone() };
                let effects = match counts {
                    true => claim_decisions::computed_at_review(context, claim, &after)?.effects,
                    false => Effects::from(Change::Claim(Box::new(after))),
                };
                (Overridden::Claim(claim.id), effects)
            }
            Self::Voucher(voucher) => {
                let revision = voucher.revision.next(context.stamp);
                let after = Voucher { overrides, revision, ..voucher.clone() };
                let effects = match counts {
                    true => vouchers::computed_at_review(context, voucher, after)?.effects,
                    false => Effects::from(Change::Voucher(Box::new(after))),
                };
                (Overridden::Voucher(voucher.id), effects)
            }
        };
        // a sheet anew is no step of the claim or voucher
        effects.transitions.retain(|step| step.from != Some(step.to));
        effects.transitions.push(Transition::new(
            "override",
            &format!("{of}/{}", made.number),
            from,
            made.status,
        ));
        Ok(Decision { effects, outcome: Outcome::Override { of, made: Box::new(made) } })
    }
}

impl Decide for ProposeOverride {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.of, reads);
        if let Overridden::Claim(id) = self.of {
            claims::read_inputs(id, reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let case = Case::of(context, self.of)?;
        let made = overrides::propose(case.overrides(), &*case.policy(context)?, self, context.actor)?;
        case.conclude(context, made, None)
    }
}

fn decided(
    context: Context<'_>,
    (of, number): (Overridden, u32),
    rejection: Option<TextHash>,
) -> Result<Decision, Stop> {
    let case = Case::of(context, of)?;
    let before = found(case.overrides().iter().find(|one| one.number == number))?;
    let made = overrides::decide(before, rejection, context.actor)?;
    context.may_approve()?;
    case.conclude(context, made, Some(before.status))
}

impl Decide for ApproveOverride {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.of, reads);
        match self.of {
            Overridden::Claim(id) => claims::read_inputs(id, reads),
            Overridden::Voucher(id) => {
                if let Some(known) = reads.book.vouchers.peek(&id) {
                    vouchers::read_case(&known.programme, known.rental, reads.today, reads);
                }
            }
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        decided(context, (self.of, self.number), None)
    }
}

impl Decide for RejectOverride {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.of, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        decided(context, (self.of, self.number), Some(self.reason))
    }
}
