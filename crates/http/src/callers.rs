//! Who may call routes, by the names that the page of routes gives them.

use super::route::Permission::{self, Roles};
use subsidy_core::domain::Role::{
    Approver, Auditor, Bank, Enterprise, Expert, Officer, Operator, Provider, Security,
};

pub(super) const OFFICER: Permission = Roles(&[Officer]);
pub(super) const APPROVER: Permission = Roles(&[Approver]);
pub(super) const APPLICANT: Permission = Roles(&[Enterprise, Officer]);
pub(super) const INSIDE: Permission = Roles(&[Officer, Approver, Auditor]);
pub(super) const PARTIES: Permission = Roles(&[Officer, Approver, Auditor, Enterprise, Provider]);
pub(super) const EVERYONE: Permission = Roles(&[Officer, Approver, Auditor, Enterprise, Provider, Bank]);
/// Who sends files to the bank. An auditor sees who did, and needs no account number for it.
pub(super) const PAYERS: Permission = Roles(&[Officer, Approver]);
pub(super) const BANK: Permission = Roles(&[Bank]);
pub(super) const AUDITOR: Permission = Roles(&[Auditor]);
pub(super) const OPERATOR: Permission = Roles(&[Operator]);
/// Who approves who may have which role.
pub(super) const SECURITY: Permission = Roles(&[Security]);
/// Who takes a role away, alone.
pub(super) const ADMINISTRATORS: Permission = Roles(&[Operator, Security]);
/// Who sees who may have which role.
pub(super) const OVERSEERS: Permission = Roles(&[Auditor, Operator, Security]);
/// The same, and whoever reads the other reports.
pub(super) const ROLE_READERS: Permission = Roles(&[Officer, Approver, Auditor, Operator, Security]);
pub(super) const LENT: Permission = Roles(&[Officer, Approver, Auditor, Enterprise, Bank]);
pub(super) const BANKING: Permission = Roles(&[Officer, Approver, Auditor, Bank]);
pub(super) const WRITERS: Permission = Roles(&[Officer, Approver, Enterprise]);
pub(super) const METERED: Permission = Roles(&[Officer, Provider]);
pub(super) const EXPERT: Permission = Roles(&[Expert]);
/// Who sees applications: the agency, who applied, and the experts that were named.
pub(super) const JUDGES: Permission = Roles(&[Officer, Approver, Auditor, Enterprise, Expert]);
pub(super) const GRANTEES: Permission = Roles(&[Officer, Approver, Auditor, Enterprise]);
pub(super) const CALLED: Permission =
    Roles(&[Officer, Approver, Auditor, Enterprise, Provider, Bank, Expert]);
/// Whoever works here; what waits for an operator is empty until their own work waits in it, and for a security administrator
/// where no roles are granted.
pub(super) const WORKERS: Permission =
    Roles(&[Officer, Approver, Auditor, Enterprise, Provider, Bank, Expert, Operator, Security]);
pub(super) const OBJECTORS: Permission = Roles(&[Officer, Enterprise, Provider]);
