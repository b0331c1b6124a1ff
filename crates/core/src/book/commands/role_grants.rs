//! Role grants: who may have which role.

use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::domain::RoleGrantId;
use crate::role_grants::{
    ApproveRoleGrant, EndRoleGrant, HeldRoles, ProposeRoleGrant, RejectRoleGrant, RoleGrant, RoleGrantStatus,
    rules,
};

impl Decide for ProposeRoleGrant {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([Key::RoleGrant(self.id), Key::RolesOf(self.subject.folded())]);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let none = HeldRoles::new();
        let held = context.book.roles_of.get(&self.subject.folded())?.unwrap_or(&none);
        let grant = rules::propose(self, held, context.actor, context.stamp)?;
        Ok(decided(None, grant))
    }
}

/// A grant in the version that the caller saw.
fn existing(context: Context<'_>, id: RoleGrantId) -> Result<&RoleGrant, Stop> {
    let grant = found(context.book.role_grants.get(&id)?)?;
    context.same_version(&grant.revision)?;
    Ok(grant)
}

impl Decide for ApproveRoleGrant {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::RoleGrant(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::proposed(before)?;
        context.may_approve()?;
        rules::of_another(before, context.actor)?;
        let grant = rules::decide(before, None, context.actor, context.stamp);
        Ok(decided(Some(before.status), grant))
    }
}

impl Decide for RejectRoleGrant {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::RoleGrant(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        rules::proposed(before)?;
        context.may_approve()?;
        let grant = rules::decide(before, Some(self.reason), context.actor, context.stamp);
        Ok(decided(Some(before.status), grant))
    }
}

impl Decide for EndRoleGrant {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::RoleGrant(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let grant = rules::end(before, self.reason, context.actor, context.stamp)?;
        Ok(decided(Some(before.status), grant))
    }
}

fn decided(from: Option<RoleGrantStatus>, grant: RoleGrant) -> Decision {
    let step = Transition::new("role_grant", &grant.id, from, grant.status);
    let effects = Effects::step(Change::RoleGrant(Box::new(grant.clone())), step);
    Decision { effects, outcome: Outcome::RoleGrant(Box::new(grant)) }
}
