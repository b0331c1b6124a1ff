//! Caps that programmes share.

use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::cap_groups::{ApproveCapGroup, CapGroup, CapGroupStatus, ProposeCapGroup, RejectCapGroup, rules};
use crate::domain::{CapGroupCode, TextHash};

impl Decide for ProposeCapGroup {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::CapGroup(self.code.clone()));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = context.book.cap_groups.get(&self.code)?;
        match before {
            Some(before) => context.same_version(&before.revision)?,
            None => context.no_version()?,
        }
        let group = rules::propose(before, self, context.actor, context.stamp)?;
        Ok(decided(before.map(|before| before.status), group))
    }
}

fn settled(context: Context<'_>, code: &CapGroupCode, rejection: Option<TextHash>) -> Result<Decision, Stop> {
    let before = found(context.book.cap_groups.get(code)?)?;
    context.same_version(&before.revision)?;
    rules::proposed(before)?;
    context.may_approve()?;
    let group = rules::decide(before, rejection, context.actor, context.stamp)?;
    Ok(decided(Some(before.status), group))
}

impl Decide for ApproveCapGroup {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::CapGroup(self.code.clone()));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        settled(context, &self.code, None)
    }
}

impl Decide for RejectCapGroup {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::CapGroup(self.code.clone()));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        settled(context, &self.code, Some(self.reason))
    }
}

fn decided(from: Option<CapGroupStatus>, group: CapGroup) -> Decision {
    let step = Transition::new("cap_group", &group.code, from, group.status);
    let mut effects = Effects::step(Change::CapGroup(Box::new(group.clone())), step);
    effects.transitions.retain(|_| from != Some(group.status));
    Decision { effects, outcome: Outcome::CapGroup(Box::new(group)) }
}
