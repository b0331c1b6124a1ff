//! Organisations 单位: anyone with a unified social credit code who applies, provides compute or lends.
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::{Code, CreditCode, Label, Line, Revision, Sequence, Subject, TextHash, WrongState};

/// 单位类别
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 民营企业
    PrivateEnterprise,
    /// 国有企业
    StateOwnedEnterprise,
    /// 高校
    University,
    /// 科研院所
    ResearchInstitute,
    /// 政府部门
    GovernmentDepartment,
}

/// 企业规模 (统计上大中小微型企业划分办法)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// 微型
    Micro,
    /// 小型
    Small,
    /// 中型
    Medium,
    /// 大型
    Large,
}

/// A bank account as the ledger knows it: the number itself is sealed outside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// 户名; equals the organisation's name.
    pub name: Line,
    /// CNAPS 联行号, 12 digits.
    pub bank_code: BankCode,
    /// `****` and the last four characters.
    pub masked: String,
    /// HMAC-SHA-256 of the number under a key outside the database.
    pub mac: TextHash,
}

/// An account that is to take the place of another, once another person approves it: whoever could turn payments to an
/// account alone could turn them to their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChange {
    pub account: BankAccount,
    pub proposed_by: Subject,
}

/// A CNAPS bank code (联行号): 12 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BankCode(String);

impl BankCode {
    /// Error: `invalid_bank_code`.
    pub fn parse(text: &str) -> Result<Self, crate::domain::text::Malformed> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(crate::domain::text::Malformed { code: Code::InvalidBankCode })
        }
    }
}

impl std::fmt::Display for BankCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

crate::domain::string_value!(BankCode, Code::InvalidBankCode);

/// Whether an organisation may begin anything new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Standing {
    Active,
    /// It may not: no new rentals, loans, vouchers or claims.
    Blocked,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// 统一社会信用代码
    pub credit_code: CreditCode,
    pub name: Line,
    pub category: Category,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Whether it counts as a start-up (初创企业).
    pub startup: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<Line>,
    /// Organisations it declares itself related to; they need not be registered.
    pub related: Vec<CreditCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_account: Option<BankAccount>,
    /// An account that waits for another person's approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_change: Option<Box<AccountChange>>,
    /// The leaf that put this account in another's place; none where it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_since: Option<Sequence>,
    /// Whether it is blocked.
    pub status: Standing,
    /// Why it was last blocked or unblocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextHash>,
    pub created_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /organisations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterOrganisation {
    /// 统一社会信用代码
    pub credit_code: CreditCode,
    pub name: Line,
    pub category: Category,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Whether it is a start-up.
    pub startup: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<Line>,
    pub related: Vec<CreditCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_account: Option<BankAccount>,
}

/// `POST /organisations/{credit_code}/block` and `/unblock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeStanding {
    pub credit_code: CreditCode,
    pub reason: TextHash,
}

/// `PUT /organisations/{credit_code}/bank-account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeBankAccount {
    pub credit_code: CreditCode,
    pub account: BankAccount,
}

/// `POST /organisations/{credit_code}/bank-account/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveBankAccount {
    pub credit_code: CreditCode,
}

/// Why an organisation is not registered or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum OrganisationError {
    #[error("{credit_code} is registered")]
    OrganisationExists { credit_code: CreditCode },
    #[error("the account's name is not the organisation's")]
    AccountNameDiffers,
    /// An account waits for approval already, or none does.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    #[error("{credit_code} is blocked")]
    OrganisationBlocked { credit_code: CreditCode },
    /// A contract or an application names an organisation that is not registered.
    #[error("{credit_code} is not registered")]
    OrganisationNotRegistered { credit_code: CreditCode },
}

crate::domain::coded! {
    OrganisationError:
    OrganisationExists AccountNameDiffers WrongState OrganisationBlocked OrganisationNotRegistered
}
