//! Statutory limits of the agency.

use crate::agencies::{Agency, DatedLimits};
use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::domain::StatutoryLimitId;
use crate::programmes::StatutoryLimits;
use crate::statutory_limits::{
    ApproveStatutoryLimit, ProposeStatutoryLimit, RejectStatutoryLimit, StatutoryLimit, StatutoryLimitStatus,
    rules,
};

impl Decide for ProposeStatutoryLimit {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::StatutoryLimit(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let limit = rules::propose(self, context.actor, context.stamp);
        Ok(decided(Effects::default(), None, limit))
    }
}

fn existing(context: Context<'_>, id: StatutoryLimitId) -> Result<&StatutoryLimit, Stop> {
    let limit = found(context.book.statutory_limits.get(&id)?)?;
    context.same_version(&limit.revision)?;
    rules::proposed(limit)?;
    context.may_approve()?;
    Ok(limit)
}

impl Decide for ApproveStatutoryLimit {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::StatutoryLimit(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let limit = rules::decide(before, None, context.actor, context.stamp);
        let mut agency: Agency = context.agency()?.clone();
        let StatutoryLimits { points_max, window_until } = limit.limits;
        agency.limits.push(DatedLimits { since: context.stamp.sequence, points_max, window_until });
        let effects = Effects::from(Change::Agency(agency));
        Ok(decided(effects, Some(before.status), limit))
    }
}

impl Decide for RejectStatutoryLimit {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::StatutoryLimit(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let limit = rules::decide(before, Some(self.reason), context.actor, context.stamp);
        Ok(decided(Effects::default(), Some(before.status), limit))
    }
}

fn decided(mut effects: Effects, from: Option<StatutoryLimitStatus>, limit: StatutoryLimit) -> Decision {
    effects.transitions.push(Transition::new("statutory_limit", &limit.id, from, limit.status));
    effects.changes.push(Change::StatutoryLimit(Box::new(limit.clone())));
    Decision { effects, outcome: Outcome::StatutoryLimit(Box::new(limit)) }
}
