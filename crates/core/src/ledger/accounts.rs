//! The chart of accounts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the three self-balancing books.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[strum(const_into_str)]
pub enum BookCode {
    /// 指标账, budget control.
    B,
    /// 财务会计, accrual.
    F,
    /// 预算会计, cash.
    Y,
}

impl BookCode {
    /// All books, in order.
    pub const ALL: [Self; 3] = [Self::B, Self::F, Self::Y];
}

/// The side of an entry, and the side on which an account's balance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Side {
    /// 借方
    Debit,
    /// 贷方
    Credit,
}

macro_rules! chart {
    ($($name:ident $code:literal $side:ident $floor:literal $zh:literal $en:literal;)*) => {
        /// An account of the chart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Account {
            $(#[doc = concat!($zh, ", ", $en)] #[serde(rename = $code)] $name,)*
        }

        impl Account {
            /// The whole chart, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The side its balance stands on.
            pub const fn side(self) -> Side {
                match self { $(Self::$name => Side::$side,)* }
            }

            /// Whether its balance may never go below zero.
            pub const fn has_floor(self) -> bool {
                match self { $(Self::$name => $floor,)* }
            }

            pub const fn name_zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            pub const fn name_en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }
    };
}

chart! {
    B1001 "B1001" Debit false "预算指标下达" "appropriation received";
    B2001 "B2001" Credit true "可用指标" "available appropriation";
    B2002 "B2002" Credit true "预留指标" "reserved (under review)";
    B2003 "B2003" Credit true "承诺—券" "committed: voucher";
    B2004 "B2004" Credit true "承诺—租用" "committed: rental";
    B2005 "B2005" Credit true "承诺—贴息" "committed: interest";
    B2006 "B2006" Credit true "承诺—奖补" "committed: grant";
    B2007 "B2007" Credit true "核定待支付" "approved, awaiting payment";
    B2008 "B2008" Credit true "已支付" "expended";
    B2009 "B2009" Credit true "收回/失效指标" "lapsed or returned to treasury";
    F1212 "F1212" Debit false "应收追回款" "recovery receivable";
    F1214 "F1214" Debit true "预付/预拨款" "prefund to bank, advance to grantee";
    F2103 "F2103" Credit false "应缴财政款" "due to treasury";
    F2302 "F2302" Credit true "应付补贴款" "subsidy payable";
    F4001 "F4001" Credit false "财政拨款收入" "fiscal appropriation revenue";
    F500101 "F5001.01" Debit false "补贴费用—券" "subsidy expense: voucher";
    F500102 "F5001.02" Debit false "补贴费用—租用" "subsidy expense: rental";
    F500103 "F5001.03" Debit false "补贴费用—贴息" "subsidy expense: interest";
    F500104 "F5001.04" Debit false "补贴费用—奖补" "subsidy expense: grant";
    F500105 "F5001.05" Debit false "补贴费用—采购租用" "subsidy expense: procurement";
    Y6001 "Y6001" Credit false "财政拨款预算收入" "budget receipts";
    Y7101 "Y7101" Debit false "财政拨款预算支出" "budget expenditure";
}

impl Account {
    /// The account with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.code() == code)
    }

    /// The book it belongs to: its code's first letter.
    pub fn book(self) -> BookCode {
        match self.code().as_bytes().first() {
            Some(b'B') => BookCode::B,
            Some(b'F') => BookCode::F,
            _ => BookCode::Y,
        }
    }

    /// Whether its balance is kept per payee (and the floor holds per payee): what is owed to each, what each bank has of
    /// its prefunds.
    pub const fn per_payee(self) -> bool {
        matches!(self, Self::F1214 | Self::F2302)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_are_the_credit_side_budget_accounts_and_what_is_kept_per_payee() {
        for account in Account::ALL {
            let budget = account.book() == BookCode::B && account.side() == Side::Credit;
            let expected = budget || account.per_payee();
            assert_eq!(account.has_floor(), expected, "{account}");
        }
    }

    #[test]
    fn every_code_reads_back() {
        for account in Account::ALL {
            assert_eq!(Account::parse(account.code()), Some(*account));
        }
    }
}
