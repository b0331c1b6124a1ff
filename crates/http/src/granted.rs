//! Roles that count: where the setting says so, those alone that the agency has granted.
//!
//! Grants are read with every request, and nothing of them is kept: a role that was taken away, in whichever process, is
//! gone with the next request. Until somebody was granted `operator` for the first time, whoever's token or account says
//! `operator` is one, and the same holds of `security`: else nobody could grant the first.

use std::time::Duration;

use super::handlers::agencies::today;
use super::problem::Problem;
use subsidy_auth::token::Identity;
use subsidy_core::domain::{AgencyCode, Code, CreditCode, Date, Role, Roles, Subject};
use subsidy_core::role_grants::{RoleGrant, RoleGrantStatus};
use subsidy_store::db::convert;
use subsidy_store::engine::Engine;
use subsidy_store::role_grants::{granted_administrators, open_of};

/// How soon the database answers where it is well.
const ANSWER: Duration = Duration::from_secs(3);

/// Where roles come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RoleSource {
    /// Tokens and accounts say them.
    #[default]
    Token,
    /// Of those that tokens and accounts say, the ones that the agency has granted.
    Granted,
}

/// What an agency has granted somebody.
#[derive(Debug)]
pub struct Granted {
    /// Those that count today.
    grants: Vec<RoleGrant>,
    /// Of the roles that grant and approve, those that nobody was ever granted.
    not_begun: Roles,
}

impl Granted {
    /// Error: `unavailable`.
    pub async fn read(engine: &Engine, agency: &AgencyCode, subject: &Subject) -> Result<Self, Problem> {
        let people = [subject.folded().as_str().to_owned()];
        let asked = async {
            let conn = engine.reader(agency).await?;
            let rows = async { open_of(&conn, &people).await.map_err(Problem::from) };
            let administrators = async { granted_administrators(&conn).await.map_err(Problem::from) };
            let (rows, administrators, today) = tokio::try_join!(rows, administrators, today(&conn, agency))?;
            let mut grants = Vec::new();
            for row in &rows {
                grants.push(row.read()?);
            }
            let day = today.business_date.naive();
            let begun = administrators.iter().filter(|row| row.valid_from.is_none_or(|from| from <= day));
            let begun = begun.map(|row| convert::read::<Role>(&row.role));
            Ok::<_, Problem>(Self::new(grants, begun.collect::<Result<_, _>>()?, today.business_date))
        };
        let found = tokio::time::timeout(ANSWER, asked).await;
        found.unwrap_or_else(|_| Err(Problem::new(Code::Unavailable)))
    }

    fn new(grants: Vec<RoleGrant>, begun: Roles, today: Date) -> Self {
        let counts = |grant: &RoleGrant| {
            grant.status == RoleGrantStatus::Approved
                && grant.from.is_none_or(|from| from <= today)
                && grant.until.is_none_or(|until| today <= until)
        };
        let administrators = Roles::from_iter([Role::Operator, Role::Security]);
        Self { grants: grants.into_iter().filter(counts).collect(), not_begun: administrators.without(begun) }
    }

    /// The roles of somebody who acts for an organisation, or for none.
    fn roles(&self, organisation: Option<CreditCode>) -> Roles {
        let fits = |grant: &&RoleGrant| grant.organisation.is_none() || grant.organisation == organisation;
        self.grants.iter().filter(fits).map(|grant| grant.role).collect()
    }

    /// Of the roles that somebody's token says, those that count.
    pub fn held(&self, mut identity: Identity) -> Identity {
        let said = identity.actor.roles.union(identity.ungranted);
        let counting = self.roles(identity.actor.organisation).union(self.not_begun);
        identity.actor.roles = said.intersection(counting);
        identity.ungranted = said.without(counting);
        identity
    }

    /// Who signs in with an account of the service's own: what was granted is said of it too.
    pub fn said_of_account(&self, mut identity: Identity) -> Identity {
        let actor = &mut identity.actor;
        let mut organisations = self.grants.iter().filter_map(|grant| grant.organisation);
        let granted = organisations.clone().find(|code| Some(*code) == actor.organisation);
        actor.organisation = granted.or_else(|| organisations.next()).or(actor.organisation);
        actor.roles = actor.roles.union(self.roles(actor.organisation));
        identity
    }
}

/// Whether somebody is no person and no machine with a token: the service itself reads what it publishes.
pub fn is_the_service(identity: &Identity) -> bool {
    !identity.actor.subject.as_str().contains('#')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use chrono::DateTime;
    use proptest::prelude::*;
    use subsidy_core::domain::{Actor, Instant, Revision, RoleGrantId, Sequence, TextHash};
    use uuid::Uuid;

    use super::*;

    const FIRM: &str = "91310000MA1FL0000N";
    const OTHER: &str = "91350100M000100Y43";

    fn grant(role: Role, organisation: Option<&str>, status: RoleGrantStatus) -> RoleGrant {
        let at = Instant::new(DateTime::from_timestamp(1_750_000_000, 0).unwrap());
        let first = Sequence::new(1);
        RoleGrant {
            id: RoleGrantId::new(Uuid::from_u128(1)),
            status,
            subject: Subject::parse("i#wang").unwrap(),
            role,
            organisation: organisation.map(|code| CreditCode::parse(code).unwrap()),
            from: None,
            until: None,
            document: None,
            reason: TextHash::new([0; 32]),
            rejection: None,
            end_reason: None,
            created_by: Subject::parse("i#ops").unwrap(),
            decided_by: None,
            decided: None,
            decided_on: None,
            ended_by: None,
            ended: None,
            ended_on: None,
            revision: Revision { created: first, version: first, updated_at: at },
        }
    }

    fn identity(roles: Roles, organisation: Option<&str>) -> Identity {
        let organisation = organisation.map(|code| CreditCode::parse(code).unwrap());
        Identity {
            agency: AgencyCode::parse("a").unwrap(),
            actor: Actor { subject: Subject::parse("i#wang").unwrap(), roles, organisation },
            ungranted: Roles::NONE,
            token: None,
            issued_at: None,
            expires_at: DateTime::from_timestamp(1_750_000_000, 0).unwrap(),
        }
    }

    fn today() -> Date {
        Date::parse("2025-06-15").unwrap()
    }

    #[test]
    fn a_grant_counts_on_its_days_once_it_is_approved() {
        let approved = grant(Role::Officer, None, RoleGrantStatus::Approved);
        let day = |text| Date::parse(text).ok();
        for (from, until, counts) in [
            (None, None, true),
            (day("2025-06-15"), day("2025-06-15"), true),
            (day("2025-06-16"), None, false),
            (None, day("2025-06-14"), false),
        ] {
            let granted =
                Granted::new(vec![RoleGrant { from, until, ..approved.clone() }], Roles::NONE, today());
            assert_eq!(granted.roles(None).contains(Role::Officer), counts, "{from:?} {until:?}");
        }
        let waits = grant(Role::Officer, None, RoleGrantStatus::Proposed);
        assert!(Granted::new(vec![waits], Roles::NONE, today()).roles(None).is_empty());
    }

    #[test]
    fn a_role_for_an_organisation_is_granted_for_that_one_alone() {
        let granted = Granted::new(
            vec![grant(Role::Enterprise, Some(FIRM), RoleGrantStatus::Approved)],
            Roles::NONE,
            today(),
        );
        let held = |organisation| granted.held(identity(Role::Enterprise.into(), Some(organisation)));
        assert!(held(FIRM).actor.has(Role::Enterprise));
        assert!(held(OTHER).actor.roles.is_empty() && held(OTHER).ungranted.contains(Role::Enterprise));
        // an account that says nothing of it signs in as what it was granted
        let signs_in = granted.said_of_account(identity(Role::Auditor.into(), None));
        assert_eq!(signs_in.actor.organisation, CreditCode::parse(FIRM).ok());
        assert_eq!(signs_in.actor.roles, Roles::from_iter([Role::Auditor, Role::Enterprise]));
    }

    #[test]
    fn the_first_administrators_need_no_grant_and_later_ones_do() {
        let both = Roles::from_iter([Role::Operator, Role::Security]);
        let none = Granted::new(Vec::new(), Roles::NONE, today());
        assert_eq!(none.held(identity(both, None)).actor.roles, both);
        let begun = Granted::new(Vec::new(), Role::Operator.into(), today());
        let held = begun.held(identity(both, None));
        assert_eq!((held.actor.roles, held.ungranted), (Role::Security.into(), Role::Operator.into()));
        assert!(none.held(identity(Role::Officer.into(), None)).actor.roles.is_empty());
    }

    proptest! {
        /// Nobody acts in a role that nobody said or nobody granted, and asking twice says the same.
        #[test]
        fn what_counts_was_said_and_granted(
            said in proptest::collection::vec(proptest::sample::select(Role::ALL), 0..6),
            given in proptest::collection::vec(proptest::sample::select(Role::ALL), 0..6),
        ) {
            let said = Roles::from_iter(said);
            let organisation = |role: Role| role.needs_organisation().then_some(FIRM);
            let grants = given.iter().map(|role| grant(*role, organisation(*role), RoleGrantStatus::Approved));
            let begun = Roles::from_iter([Role::Operator, Role::Security]);
            let granted = Granted::new(grants.collect(), begun, today());
            let once = granted.held(identity(said, Some(FIRM)));
            for role in Role::ALL {
                prop_assert_eq!(once.actor.has(*role), said.contains(*role) && given.contains(role));
            }
            prop_assert_eq!(once.actor.roles.union(once.ungranted), said);
            prop_assert_eq!(granted.held(once.clone()), once);
        }
    }
}
