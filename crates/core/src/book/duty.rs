//! Duties 职责: what kind of step a command is where two people have to take part.

/// A step's part in the separation of duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// 提出: asks for something that somebody else approves.
    Raises,
    /// 审核: looks at what was asked for, before it is approved.
    Reviews,
    /// 批准: lets happen what somebody else asked for; four eyes hold between the two.
    Approves,
    /// 记录: writes down what happened, or acts alone.
    Records,
}

/// Commands that ask for what a second person approves.
const RAISE: &[&str] = &[
    "propose_bank_account",
    "propose_calendar",
    "propose_period_reopening",
    "propose_programme",
    "propose_rules",
    "propose_budget_change",
    "propose_prefund",
    "propose_true_up",
    "import_usage",
    "apply_for_voucher",
    "draft_claim",
    "rewrite_claim",
    "submit_claim",
    "propose_recalculation",
    "propose_payment_batch",
    "propose_recovery",
    "propose_reversal",
];

/// Commands that look at what was asked for.
const REVIEW: &[&str] = &["review_voucher", "review_claim", "resolve_objection"];

/// Commands that let it happen.
const APPROVE: &[&str] = &[
    "approve_bank_account",
    "approve_calendar",
    "approve_period_reopening",
    "approve_programme",
    "approve_rules",
    "approve_budget_change",
    "approve_prefund",
    "approve_true_up",
    "approve_usage_import",
    "issue_voucher",
    "approve_claim",
    "approve_recalculation",
    "approve_payment_batch",
    "approve_payment_return",
    "approve_recovery",
    "offset_recovery",
    "write_off_recovery",
    "approve_reversal",
];

impl Duty {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Raises, Self::Reviews, Self::Approves, Self::Records];

    /// The part of a kind of command.
    pub fn of(kind: &str) -> Self {
        let within = [Self::Raises, Self::Reviews, Self::Approves].into_iter();
        within.rev().find(|duty| duty.kinds().contains(&kind)).unwrap_or(Self::Records)
    }

    /// The kinds of command that take this part; those that record are the others.
    pub const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Raises => RAISE,
            Self::Reviews => REVIEW,
            Self::Approves => APPROVE,
            Self::Records => &[],
        }
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raises => "raises",
            Self::Reviews => "reviews",
            Self::Approves => "approves",
            Self::Records => "records",
        }
    }

    /// The part of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn every_kind_named_is_a_command_and_every_proposal_and_approval_is_named() {
        let named: Vec<&str> = Duty::ALL.into_iter().flat_map(Duty::kinds).copied().collect();
        for (index, kind) in named.iter().enumerate() {
            assert!(Command::KINDS.contains(kind), "{kind}");
            assert!(!named.iter().skip(index + 1).any(|other| other == kind), "{kind} twice");
        }
        for kind in Command::KINDS {
            let expected = match kind.split('_').next() {
                Some("propose") => Some(Duty::Raises),
                Some("review") => Some(Duty::Reviews),
                Some("approve" | "issue") => Some(Duty::Approves),
                _ => None,
            };
            assert!(expected.is_none_or(|duty| Duty::of(kind) == duty), "{kind}");
        }
        assert_eq!(Duty::of("open_group"), Duty::Records);
        assert_eq!(Duty::ALL.map(|duty| Duty::parse(duty.as_str())), Duty::ALL.map(Some));
    }
}
