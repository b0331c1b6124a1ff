//! Who can both raise and approve 职责分离: everybody who ever wrote, with the roles they were seen in and the parts they
//! took, and everybody who was ever granted a role, whether they used it or not. Two spellings of a subject are one
//! person, shown as they wrote last.
//!
//! A token leaves no trace before its first write: where roles are not granted, who could do both and never did anything
//! is known to whoever issues tokens. `same_document` counts what four eyes would have refused; anything but 0 was not decided by this service.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;
use serde::Deserialize;

use super::ReadError;
use super::formats::Column;
use super::four_eyes::{self, Approval, Approvals, person};
use super::known::{KnownSums, Summed, sum_up};
use super::report::{Link, Report, Row, Scope, Window};
use super::roles::held;
use super::scope::At;
use subsidy_core::book::Duty;
use subsidy_core::domain::{AgencyCode, FoldedSubject, Role, Roles};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("经手 subject", 24),
    Column::plain("曾用角色 roles", 32),
    Column::counts("操作数 operations", 12),
    Column::counts("提出 raised", 10),
    Column::counts("审核 reviewed", 10),
    Column::counts("批准 approved", 10),
    Column::counts("自提自批 same_document", 14),
    Column::plain("可提出 can_raise", 10),
    Column::plain("可批准 can_approve", 10),
    Column::plain("结论 finding", 20),
    Column::plain("曾获授角色 granted", 32),
];

rows! {
    pub struct DutyCountRow { subject: String, actor: Vec<u8>, kind: String, acts: i64, last: i64 }
}

statement! {
    /// What was done by whom, and how their leaves begin: up to the subject, after the roles. Members of a leaf stand in the
    /// order of their names, so that a million leaves need not be parsed to tell roles apart.
    fn acts(Window { after, until }) -> Vec<DutyCountRow> =
        "SELECT subject, substring(start FROM 1 FOR position('\"subject\":'::bytea IN start) - 1) AS actor, kind, count(*) AS acts, \
                max(sequence) AS last \
           FROM (SELECT subject, kind, sequence, substring(leaf FROM 1 FOR 512) AS start FROM log \
                  WHERE sequence > $1 AND sequence <= $2) AS l GROUP BY 1, 2, 3";
}

/// What a subject did, and as whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct SubjectDuties {
    /// Their newest leaf, and the spelling in it.
    last: (i64, String),
    roles: BTreeSet<Role>,
    /// What they were granted at any time.
    granted: BTreeSet<Role>,
    acts: BTreeMap<Duty, i64>,
    same_document: i64,
}

impl SubjectDuties {
    fn of(&self, duty: Duty) -> i64 {
        self.acts.get(&duty).copied().unwrap_or_default()
    }

    fn all(&self) -> i64 {
        self.acts.values().sum()
    }

    /// Officers propose, enterprises apply.
    fn can_raise(&self) -> bool {
        self.could_be(Role::Officer) || self.could_be(Role::Enterprise)
    }

    fn can_approve(&self) -> bool {
        self.could_be(Role::Approver)
    }

    /// Whether they acted in a role, or might have.
    fn could_be(&self, role: Role) -> bool {
        self.roles.contains(&role) || self.granted.contains(&role)
    }

    /// The gravest that is true.
    fn finding(&self) -> &'static str {
        if self.same_document > 0 {
            "same_document"
        } else if self.of(Duty::Raises) > 0 && self.of(Duty::Approves) > 0 {
            "did_both"
        } else if self.can_raise() && self.can_approve() {
            "can_do_both"
        } else {
            "separate"
        }
    }
}

/// What of a leaf is read here.
#[derive(Deserialize)]
struct LeafActor {
    actor: LeafRoles,
}

#[derive(Deserialize)]
struct LeafRoles {
    roles: Roles,
}

/// The roles of `{"actor":{"roles":["officer"],`, as a leaf begins.
fn roles(start: &[u8]) -> Result<Roles, ReadError> {
    let leaf = [start.strip_suffix(b",").unwrap_or(start), b"}}"].concat();
    let read = serde_json::from_slice::<LeafActor>(&leaf);
    Ok(read.map_err(|error| Unreadable(error.to_string()))?.actor.roles)
}

/// What everybody did.
#[derive(Debug, Clone, Default)]
pub struct Duties(BTreeMap<FoldedSubject, SubjectDuties>);

impl Summed for Duties {
    // leaves know no programme and no day that limits them
    const ADDS_ALL: bool = true;

    type Read = Vec<DutyCountRow>;

    async fn read(
        &self,
        conn: &AsyncPgConnection,
        _: (&At, &Scope),
        window: Window,
    ) -> Result<Self::Read, ReadError> {
        Ok(acts(conn, window).await?)
    }

    fn add(&mut self, read: Self::Read) -> Result<(), ReadError> {
        for found in read {
            let seen = self.0.entry(person(&found.subject)?).or_default();
            seen.last = std::mem::take(&mut seen.last).max((found.last, found.subject));
            seen.roles.extend(roles(&found.actor)?.iter());
            *seen.acts.entry(Duty::of(&found.kind)).or_default() += found.acts;
        }
        Ok(())
    }
}

/// Every subject up to the sequence, from what the process knows.
pub async fn read(
    conn: &AsyncPgConnection,
    of: (&AgencyCode, &At, &Scope),
    (duties, approvals): (&KnownSums<Duties>, &KnownSums<Approvals>),
) -> Result<Report, ReadError> {
    let duties = duties.read(conn, of, Duties::clone).await?;
    report(conn, of.2, (duties, &four_eyes::in_the_way(conn, of, approvals).await?)).await
}

/// The same from the log alone.
pub async fn read_from_log(conn: &AsyncPgConnection, at: &At, scope: &Scope) -> Result<Report, ReadError> {
    let approvals: Approvals = sum_up(conn, at, scope).await?;
    report(conn, scope, (sum_up(conn, at, scope).await?, &approvals.until(scope.known_at))).await
}

async fn report(
    conn: &AsyncPgConnection,
    scope: &Scope,
    (Duties(mut subjects), approvals): (Duties, &[Approval]),
) -> Result<Report, ReadError> {
    for approval in approvals {
        subjects.entry(person(&approval.subject)?).or_default().same_document += 1;
    }
    for (grant, ..) in held(conn, scope.known_at).await? {
        let seen = subjects.entry(grant.subject.folded()).or_default();
        seen.granted.insert(grant.role);
        if seen.last.1.is_empty() {
            seen.last.1 = grant.subject.to_string();
        }
    }
    let mut seen: Vec<&SubjectDuties> = subjects.values().collect();
    seen.sort_by_key(|seen| &seen.last.1);
    let rows = seen.into_iter().map(|seen| row(scope, &seen.last.1, seen)).collect();
    Ok(Report::of(["segregation-of-duties", "职责分离"], COLUMNS, rows))
}

fn row(scope: &Scope, subject: &str, seen: &SubjectDuties) -> Row {
    let link = || {
        let link = Link::new("operations").with("known_at", &scope.known_at.to_string());
        link.with("subject", subject)
    };
    let duty = |duty: Duty| (seen.of(duty), link().with("duty", duty.into_str()));
    let (raised, reviewed, approved) = (duty(Duty::Raises), duty(Duty::Reviews), duty(Duty::Approves));
    let names =
        |roles: &BTreeSet<Role>| roles.iter().map(|role| role.into_str()).collect::<Vec<_>>().join(" ");
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    Row::default()
        .text(subject)
        .text(names(&seen.roles))
        .counted(seen.all(), link())
        .counted(raised.0, raised.1)
        .counted(reviewed.0, reviewed.1)
        .counted(approved.0, approved.1)
        .counted(seen.same_document, link().with("same_document", "true"))
        .text(yes(seen.can_raise()))
        .text(yes(seen.can_approve()))
        .text(seen.finding())
        .text(names(&seen.granted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_from_how_a_leaf_begins() {
        let of = |start: &str| roles(start.as_bytes()).map(|roles| roles.iter().collect::<Vec<_>>());
        assert_eq!(of(r#"{"actor":{"roles":["auditor"],"#).ok(), Some(vec![Role::Auditor]));
        let bank = r#"{"actor":{"organisation":"91310000MA1FL0000X","roles":["bank","provider"],"#;
        assert_eq!(of(bank).map(|roles| roles.len()).ok(), Some(2));
        assert!(of(r#"{"agency":"p","#).is_err());
    }

    #[test]
    fn the_gravest_finding_is_named() {
        let mut seen = SubjectDuties { roles: BTreeSet::from([Role::Officer]), ..SubjectDuties::default() };
        assert_eq!(seen.finding(), "separate");
        seen.roles.insert(Role::Approver);
        assert_eq!(seen.finding(), "can_do_both");
        seen.acts.insert(Duty::Raises, 1);
        assert_eq!(seen.finding(), "can_do_both");
        seen.acts.insert(Duty::Approves, 2);
        assert_eq!((seen.finding(), seen.all()), ("did_both", 3));
        seen.same_document = 1;
        assert_eq!(seen.finding(), "same_document");
    }

    #[test]
    fn who_was_granted_both_could_do_both_though_they_never_acted() {
        let granted = BTreeSet::from([Role::Officer, Role::Approver]);
        let idle = SubjectDuties { granted, ..SubjectDuties::default() };
        assert_eq!((idle.finding(), idle.all()), ("can_do_both", 0));
    }

    #[test]
    fn an_auditor_and_an_operator_raise_and_approve_nothing() {
        for role in [Role::Auditor, Role::Operator, Role::Bank, Role::Provider] {
            let seen = SubjectDuties { roles: BTreeSet::from([role]), ..SubjectDuties::default() };
            assert!(!seen.can_raise() && !seen.can_approve(), "{role}");
        }
    }
}
