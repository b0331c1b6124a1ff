//! Budget codes 预算编码: by what the budget's own system 预算管理一体化 knows a programme's money.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::Code;
use crate::domain::text::Malformed;

/// A code of the budget's system: 1 to 40 of `A-Z`, `a-z`, `0-9`, `.` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetCode(String);

impl BudgetCode {
    /// Error: `invalid_budget_code`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(letter) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Malformed { code: Code::InvalidBudgetCode })
        }
    }
}

impl fmt::Display for BudgetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::domain::string_value!(BudgetCode, Code::InvalidBudgetCode);

/// The four codes under which money is budgeted. Those of an appropriation are its programme's where it names none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetCodes {
    /// 预算项目代码
    #[schema(value_type = String)]
    pub project: BudgetCode,
    /// 支出功能分类科目
    #[schema(value_type = String)]
    pub function: BudgetCode,
    /// 支出经济分类科目
    #[schema(value_type = String)]
    pub economy: BudgetCode,
    /// 资金性质
    #[schema(value_type = String)]
    pub fund: BudgetCode,
}

impl BudgetCodes {
    /// In the order of their columns: project, function, economy, fund.
    pub const fn in_order(&self) -> [&BudgetCode; 4] {
        [&self.project, &self.function, &self.economy, &self.fund]
    }
}
