//! Decisions on role grants.

use super::{HeldRole, HeldRoles, ProposeRoleGrant, RoleGrant, RoleGrantError, RoleGrantStatus as Status};
use crate::domain::{Actor, Revision, Stamp, TextHash, WrongState};

/// A grant that waits for another person; `held` are the person's others.
pub fn propose(
    command: &ProposeRoleGrant,
    held: &HeldRoles,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<RoleGrant, RoleGrantError> {
    let ProposeRoleGrant { id, subject, role, organisation, from, until, document, reason } = command.clone();
    if role.needs_organisation() != organisation.is_some() {
        return Err(RoleGrantError::RoleOrganisation { role, pointer: "/organisation" });
    }
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        return Err(RoleGrantError::InvalidWindow { pointer: "/until" });
    }
    let wanted = HeldRole { role, organisation, from, until };
    if let Some((grant, _)) = held.iter().find(|(_, one)| one.meets(&wanted)) {
        return Err(RoleGrantError::RoleAlreadyGranted { grant: *grant });
    }
    Ok(RoleGrant {
        id,
        status: Status::Proposed,
        subject,
        role,
        organisation,
        from,
        until,
        document,
        reason,
        rejection: None,
        end_reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        decided: None,
        decided_on: None,
        ended_by: None,
        ended: None,
        ended_on: None,
        revision: Revision::first(stamp),
    })
}

/// Whether a grant waits for another person.
pub fn proposed(grant: &RoleGrant) -> Result<(), RoleGrantError> {
    Ok(WrongState::unless(grant.status, &[Status::Proposed])?)
}

/// Nobody approves a role for themselves, however they are written.
pub fn of_another(grant: &RoleGrant, actor: &Actor) -> Result<(), RoleGrantError> {
    if grant.subject.folded() == actor.subject.folded() { Err(RoleGrantError::OwnRole) } else { Ok(()) }
}

/// A grant decided: approved, or rejected for a reason.
pub fn decide(grant: &RoleGrant, rejection: Option<TextHash>, actor: &Actor, stamp: &Stamp) -> RoleGrant {
    RoleGrant {
        status: if rejection.is_some() { Status::Rejected } else { Status::Approved },
        rejection,
        decided_by: Some(actor.subject.clone()),
        decided: Some(stamp.sequence),
        decided_on: Some(stamp.business_date),
        revision: grant.revision.next(stamp),
        ..grant.clone()
    }
}

/// A role taken away.
pub fn end(
    grant: &RoleGrant,
    reason: TextHash,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<RoleGrant, RoleGrantError> {
    WrongState::unless(grant.status, &[Status::Approved])?;
    Ok(RoleGrant {
        status: Status::Ended,
        end_reason: Some(reason),
        ended_by: Some(actor.subject.clone()),
        ended: Some(stamp.sequence),
        ended_on: Some(stamp.business_date),
        revision: grant.revision.next(stamp),
        ..grant.clone()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{CreditCode, Date, Instant, Role, RoleGrantId, Sequence, Subject};

    fn stamp(sequence: u64) -> Stamp {
        Stamp {
            sequence: Sequence::new(sequence),
            recorded_at: Instant::new(chrono::DateTime::from_timestamp(1_750_000_000, 0).unwrap()),
            business_date: Date::parse("2025-06-15").unwrap(),
        }
    }

    fn actor(name: &str) -> Actor {
        Actor { subject: Subject::parse(name).unwrap(), roles: Role::Security.into(), organisation: None }
    }

    fn command(role: Role, from: Option<Date>, until: Option<Date>) -> ProposeRoleGrant {
        ProposeRoleGrant {
            id: RoleGrantId::new(Uuid::from_u128(1)),
            subject: Subject::parse("i#wang").unwrap(),
            role,
            organisation: None,
            from,
            until,
            document: None,
            reason: TextHash::new([1; 32]),
        }
    }

    fn day(number: i64) -> Date {
        let first = Date::parse("2025-01-01").unwrap();
        Date::from_naive(first.naive() + TimeDelta::days(number))
    }

    #[test]
    fn an_organisation_belongs_to_the_roles_that_act_for_one() {
        let firm = CreditCode::parse("91310000MA1FL0000N").ok();
        for role in Role::ALL {
            for organisation in [None, firm] {
                let asked = ProposeRoleGrant { organisation, ..command(*role, None, None) };
                let made = propose(&asked, &HeldRoles::new(), &actor("i#ops"), &stamp(1));
                assert_eq!(made.is_ok(), role.needs_organisation() == organisation.is_some(), "{role}");
            }
        }
    }

    #[test]
    fn a_grant_waits_is_decided_by_another_and_is_taken_away_once() {
        let waits =
            propose(&command(Role::Officer, None, None), &HeldRoles::new(), &actor("i#ops"), &stamp(1));
        let waits = waits.unwrap();
        assert!(end(&waits, waits.reason, &actor("i#sec"), &stamp(2)).is_err());
        assert_eq!(of_another(&waits, &actor("I#WANG")), Err(RoleGrantError::OwnRole));
        assert_eq!(of_another(&waits, &actor("i#sec")), Ok(()));
        let counts = decide(&waits, None, &actor("i#sec"), &stamp(2));
        assert_eq!((counts.status, counts.decided), (Status::Approved, Some(Sequence::new(2))));
        assert!(proposed(&counts).is_err() && HeldRole::of(&counts).is_some());
        let ended = end(&counts, counts.reason, &actor("i#ops"), &stamp(3)).unwrap();
        assert_eq!((ended.status, ended.ended_on), (Status::Ended, Some(stamp(3).business_date)));
        assert!(HeldRole::of(&ended).is_none());
        assert!(end(&ended, ended.reason, &actor("i#ops"), &stamp(4)).is_err());
        let refused = decide(&waits, Some(waits.reason), &actor("i#sec"), &stamp(2));
        assert!(refused.status == Status::Rejected && HeldRole::of(&refused).is_none());
    }

    proptest! {
        /// A role is proposed again exactly where no day is granted twice.
        #[test]
        fn no_day_of_a_role_is_granted_twice(
            first in (proptest::option::of(0_i64..30), proptest::option::of(0_i64..30)),
            second in (proptest::option::of(0_i64..30), proptest::option::of(0_i64..30)),
        ) {
            let days = |(from, until): (Option<i64>, Option<i64>)| (from.map(day), until.map(day));
            let asked = |days: (Option<Date>, Option<Date>)| command(Role::Approver, days.0, days.1);
            let counts = |(from, until): (Option<Date>, Option<Date>), on: Date| {
                from.is_none_or(|from| from <= on) && until.is_none_or(|until| on <= until)
            };
            let (first, second) = (days(first), days(second));
            let one = propose(&asked(first), &HeldRoles::new(), &actor("i#ops"), &stamp(1));
            prop_assume!(one.is_ok());
            let held = HeldRoles::from([(one.as_ref().unwrap().id, HeldRole::of(one.as_ref().unwrap()).unwrap())]);
            let two = propose(&asked(second), &held, &actor("i#ops"), &stamp(2));
            // the days before and after those that are drawn stand for all that are open
            let both = (-1..=30).map(day).any(|on| counts(first, on) && counts(second, on));
            let is_window = second.0.zip(second.1).is_none_or(|(from, until)| from <= until);
            prop_assert_eq!(two.is_ok(), is_window && !both);
            let other = ProposeRoleGrant { role: Role::Officer, ..asked(second) };
            prop_assert_eq!(propose(&other, &held, &actor("i#ops"), &stamp(2)).is_ok(), is_window);
        }
    }
}
