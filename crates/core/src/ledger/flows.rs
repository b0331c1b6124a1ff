//! Flows 流向: why what is committed to vouchers moved. The roll-forward tells them apart, and so do the totals.

use super::accounts::Account;

/// Why a commitment to vouchers moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Flow {
    /// 签发: committed.
    Issued,
    /// 兑付: approved of a claim, or taken back.
    Redeemed,
    /// 释放: free again, or lapsed.
    Released,
    /// 到期: free again because its last usable day is over.
    Expired,
}

impl Flow {
    /// All of them, in the order of the roll-forward.
    pub const ALL: [Self; 4] = [Self::Issued, Self::Redeemed, Self::Released, Self::Expired];

    /// Whether it adds to what is committed; the others take from it.
    pub const fn adds(self) -> bool {
        matches!(self, Self::Issued)
    }

    /// The flow of a line: the kind of command that posted it, its account, and the account on its other side.
    pub fn of(kind: &str, account: Account, counter: Account) -> Option<Self> {
        if account != Account::B2003 {
            return None;
        }
        Some(match (kind, counter) {
            ("issue_voucher", _) => Self::Issued,
            (_, Account::B2007) => Self::Redeemed,
            ("expire_voucher", _) => Self::Expired,
            _ => Self::Released,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commitments_to_vouchers_have_a_flow() {
        let of = |kind, account, counter| Flow::of(kind, account, counter);
        assert_eq!(of("issue_voucher", Account::B2003, Account::B2001), Some(Flow::Issued));
        assert_eq!(of("issue_voucher", Account::B2001, Account::B2003), None);
        assert_eq!(of("approve_claim", Account::B2003, Account::B2007), Some(Flow::Redeemed));
        assert_eq!(of("approve_claim", Account::B2003, Account::B2001), Some(Flow::Released));
        assert_eq!(of("cancel_voucher", Account::B2003, Account::B2009), Some(Flow::Released));
        assert_eq!(of("expire_voucher", Account::B2003, Account::B2009), Some(Flow::Expired));
        assert_eq!(of("approve_claim", Account::B2004, Account::B2007), None);
        assert_eq!(Flow::ALL.map(|flow| flow.into_str().parse()), Flow::ALL.map(Ok));
    }
}
