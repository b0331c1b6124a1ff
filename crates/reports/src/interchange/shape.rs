//! Which tables there are, and what stands in their columns.

use crate::formats::Column;

/// A table of the interchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditTable {
    /// 会计科目
    ChartOfAccounts,
    /// 会计期间
    AccountingPeriod,
    /// 用户
    User,
    /// 往来单位
    Supplier,
    /// 项目: programmes.
    Project,
    /// 凭证类型: kinds of command.
    JournalEntryType,
    /// 科目余额及发生额
    PeriodBalance,
    /// 记账凭证
    Details,
}

impl AuditTable {
    pub const ALL: [Self; 8] = [
        Self::ChartOfAccounts,
        Self::AccountingPeriod,
        Self::User,
        Self::Supplier,
        Self::Project,
        Self::JournalEntryType,
        Self::PeriodBalance,
        Self::Details,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ChartOfAccounts => "BAS_Chart_Of_Accounts",
            Self::AccountingPeriod => "BAS_Accounting_Period",
            Self::User => "BAS_User",
            Self::Supplier => "BAS_Supplier",
            Self::Project => "BAS_Project",
            Self::JournalEntryType => "BAS_Journal_Entry_Type",
            Self::PeriodBalance => "GL_Accounts_Period_Balance",
            Self::Details => "GL_Details",
        }
    }

    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::ChartOfAccounts => CHART,
            Self::AccountingPeriod => PERIODS,
            Self::User => USERS,
            Self::Supplier => SUPPLIERS,
            Self::Project => PROJECTS,
            Self::JournalEntryType => TYPES,
            Self::PeriodBalance => BALANCES,
            Self::Details => DETAILS,
        }
    }
}

const CHART: &[Column] = &[
    Column::plain("Account_Number", 12),
    Column::plain("Account_Name", 20),
    Column::plain("Account_Name_En", 34),
    Column::plain("Book", 6),
    Column::plain("Balance_Side", 10),
];
const PERIODS: &[Column] = &[
    Column::plain("Accounting_Period", 10),
    Column::counts("Fiscal_Year", 10),
    Column::days("Begin_Date", 12),
    Column::days("End_Date", 12),
    Column::plain("Status", 10),
];
const USERS: &[Column] = &[
    Column::plain("User_ID", 24),
    Column::plain("Roles", 32),
    Column::counts("Operations", 12),
    Column::counts("Raised", 12),
    Column::counts("Reviewed", 12),
    Column::counts("Approved", 12),
];
const SUPPLIERS: &[Column] = &[
    Column::plain("Supplier_Account_ID", 24),
    Column::plain("Supplier_Name", 32),
    Column::plain("Supplier_Type", 24),
    Column::plain("Status", 12),
];
const PROJECTS: &[Column] = &[
    Column::plain("Project_ID", 24),
    Column::plain("Project_Name", 32),
    Column::plain("Project_Name_En", 32),
    Column::plain("Instrument", 20),
    Column::plain("Legal_Basis", 32),
    Column::days("Begin_Date", 12),
    Column::days("End_Date", 12),
    Column::plain("Status", 12),
];
const TYPES: &[Column] = &[Column::plain("Journal_Entry_Type", 24), Column::plain("Duty", 12)];
const BALANCES: &[Column] = &[
    Column::plain("Account_Number", 12),
    Column::plain("Project_ID", 24),
    Column::plain("Accounting_Period", 10),
    Column::counts("Fiscal_Year", 10),
    Column::plain("Currency", 6),
    Column::plain("Balance_Side", 10),
    Column::amounts("Beginning_Balance", 20),
    Column::summed("Debit_Amount", 20),
    Column::summed("Credit_Amount", 20),
    Column::amounts("Ending_Balance", 20),
];
const DETAILS: &[Column] = &[
    Column::counts("Journal_ID", 12),
    Column::counts("Journal_Line", 8),
    Column::plain("Journal_Entry_Type", 24),
    Column::days("Effective_Date", 12),
    Column::plain("Accounting_Period", 10),
    Column::counts("Fiscal_Year", 10),
    Column::instants("Entered_Date", 28),
    Column::plain("Entered_By", 18),
    Column::plain("Account_Number", 12),
    Column::summed("Debit_Amount", 20),
    Column::summed("Credit_Amount", 20),
    Column::plain("Currency", 6),
    Column::plain("Project_ID", 24),
    Column::plain("Supplier_Account_ID", 24),
    Column::plain("Funding_Level", 12),
    Column::counts("Budget_Year", 10),
    Column::plain("Document_ID", 38),
];
