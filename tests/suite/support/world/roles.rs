//! Roles: granted, refused and taken away, of a few people.

use rand::Rng;
use subsidy_core::book::{Book, Command};
use subsidy_core::domain::{Role, RoleGrantId, Subject};
use subsidy_core::role_grants::*;

use super::{ORGANISATIONS, World, organisation};

impl World {
    pub(super) fn role(&mut self, book: &Book) -> Command {
        let decided = match self.rng.gen_range(0..8) {
            0..4 => {
                self.found(&book.role_grants, 15, |one| one.status == RoleGrantStatus::Proposed).map(|id| {
                    if self.one_in(3) {
                        Command::RejectRoleGrant(RejectRoleGrant { id, reason: self.hash() })
                    } else {
                        Command::ApproveRoleGrant(ApproveRoleGrant { id })
                    }
                })
            }
            4 | 5 => self
                .found(&book.role_grants, 15, |one| one.status == RoleGrantStatus::Approved)
                .map(|id| Command::EndRoleGrant(EndRoleGrant { id, reason: self.hash() })),
            _ => None,
        };
        decided.unwrap_or_else(|| self.new_role())
    }

    fn new_role(&mut self) -> Command {
        let name = self.pick(&["officer-1", "Officer-1", "approver-1", "newcomer-1", "newcomer-2"]);
        let role = self.pick(&[Role::Officer, Role::Approver, Role::Enterprise, Role::Security]);
        let of_one = role.needs_organisation() != self.one_in(12);
        let number = self.rng.gen_range(0..ORGANISATIONS);
        Command::ProposeRoleGrant(Box::new(ProposeRoleGrant {
            id: RoleGrantId::new(self.id()),
            subject: Subject::parse(name).expect("a subject"),
            role,
            organisation: of_one.then(|| organisation(number)),
            from: None,
            until: None,
            document: None,
            reason: self.hash(),
        }))
    }
}
