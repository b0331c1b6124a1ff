//! Who may have which role: granted by two people, one that waits, one that was taken away.

use uuid::Uuid;

use super::cases::{FIRM, PROVIDER};
use super::seed::{City, actor};
use crate::cli::Failure;
use crate::cli::commands::{self, salted};
use subsidy_core::book::Command;
use subsidy_core::domain::{CreditCode, Line, Role, RoleGrantId};
use subsidy_core::role_grants::{ApproveRoleGrant, EndRoleGrant, ProposeRoleGrant};

/// What becomes of a grant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Becomes {
    Waiting,
    Granted,
    TakenAway,
}

/// Whose role it is, whom they act for, why, and what becomes of it.
const GRANTS: [(&str, Role, Option<&str>, &str, Becomes); 8] = [
    ("demo-officer", Role::Officer, None, "综合处经办岗位", Becomes::Granted),
    ("demo-approver", Role::Approver, None, "综合处复核岗位", Becomes::Granted),
    ("demo-approver-2", Role::Approver, None, "复核岗位轮换", Becomes::Granted),
    ("demo-approver-2", Role::Officer, None, "临时顶岗经办一个月", Becomes::TakenAway),
    ("demo-auditor", Role::Auditor, None, "年度审计进点", Becomes::Granted),
    ("demo-enterprise", Role::Enterprise, Some(FIRM), "企业授权书已核对", Becomes::Granted),
    ("demo-provider", Role::Provider, Some(PROVIDER), "服务商授权书已核对", Becomes::Granted),
    ("demo-officer-2", Role::Officer, None, "新入职经办人员", Becomes::Waiting),
];

impl City<'_> {
    /// Grants the roles of the people who are in the demonstration.
    pub(super) async fn grant_roles(&self) -> Result<(), Failure> {
        let (operator, security) = (actor(Role::Operator)?, actor(Role::Security)?);
        for (number, (name, role, organisation, why, becomes)) in (1_u128..).zip(GRANTS) {
            let step = |what: &str| format!("{what} role {number}");
            let id = RoleGrantId::new(Uuid::from_u128(0x0194_0000_0000_7000_8000_5201_0000_0000 | number));
            let document = Some(Line::parse("京经信人〔2025〕9 号")?).filter(|_| organisation.is_none());
            let organisation = organisation.map(CreditCode::parse).transpose()?;
            let text = salted(why);
            let propose = ProposeRoleGrant {
                id,
                subject: commands::subject(name)?,
                role,
                organisation,
                from: None,
                until: None,
                document,
                reason: text.hash,
            };
            let propose = Command::ProposeRoleGrant(Box::new(propose));
            self.explained_step(&step("propose"), operator.clone(), propose, Some(text)).await?;
            if becomes == Becomes::Waiting {
                continue;
            }
            let approve = Command::ApproveRoleGrant(ApproveRoleGrant { id });
            self.step(&step("approve"), security.clone(), approve).await?;
            if becomes == Becomes::TakenAway {
                let text = salted("顶岗期满，收回经办角色");
                let end = Command::EndRoleGrant(EndRoleGrant { id, reason: text.hash });
                self.explained_step(&step("end"), operator.clone(), end, Some(text)).await?;
            }
        }
        Ok(())
    }
}
