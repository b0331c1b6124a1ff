//! Classes of expense, each with the account of its commitment and that of its expense.

use serde::{Deserialize, Serialize};

use super::Account;

/// What a claim's money is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ExpenseClass {
    /// 券
    #[default]
    Voucher,
    /// 租用
    Rental,
    /// 采购租用
    Procurement,
    /// 贴息
    Interest,
    /// 奖补
    Grant,
    /// 预拨: what is paid of a grant before its acceptance, which makes an expense of it.
    Advance,
}

impl ExpenseClass {
    /// Whether it is the class of the vouchers.
    // serde hands references
    pub const fn is_voucher(&self) -> bool {
        matches!(self, Self::Voucher)
    }

    /// 承诺: where it is committed.
    pub const fn commitment(self) -> Account {
        match self {
            Self::Voucher => Account::B2003,
            Self::Rental | Self::Procurement => Account::B2004,
            Self::Interest => Account::B2005,
            Self::Grant | Self::Advance => Account::B2006,
        }
    }

    /// 补贴费用, or 预拨款: what its accrual debits.
    pub const fn expense(self) -> Account {
        match self {
            Self::Voucher => Account::F500101,
            Self::Rental => Account::F500102,
            Self::Procurement => Account::F500105,
            Self::Interest => Account::F500103,
            Self::Grant => Account::F500104,
            Self::Advance => Account::F1214,
        }
    }

    /// What is given up of a receivable: an advance that does not come back is an expense after all.
    pub const fn given_up(self) -> Account {
        match self {
            Self::Advance => Account::F500104,
            Self::Voucher | Self::Rental | Self::Procurement | Self::Interest | Self::Grant => self.expense(),
        }
    }
}
