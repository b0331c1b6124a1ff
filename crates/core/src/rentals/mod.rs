//! Rentals 算力租用合同: a contract between an organisation and a provider of compute.
pub mod allocations;
pub mod credits;
pub mod rules;

use serde::{Deserialize, Serialize};

use crate::domain::{CreditCode, Date, Folded, Label, Line, Money, RentalId, Revision, Subject};
use crate::programmes::SettledLine;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rental {
    pub id: RentalId,
    pub organisation: CreditCode,
    pub provider: CreditCode,
    /// The parties' number for it.
    pub contract_no: Line,
    pub signed_on: Date,
    /// The first day of service.
    pub from: Date,
    /// The last day of service.
    pub until: Date,
    /// The number under which a scheduling platform took the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<Line>,
    /// The named scenario (应用场景) it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Label>,
    pub lines: Vec<SettledLine>,
    pub total: Money,
    pub created_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What makes a contract one: the parties and their number for it, however it is typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContractKey {
    pub organisation: CreditCode,
    pub provider: CreditCode,
    pub contract_no: Folded,
}

impl Rental {
    /// What makes this contract one.
    pub fn contract(&self) -> ContractKey {
        let contract_no = self.contract_no.folded();
        ContractKey { organisation: self.organisation, provider: self.provider, contract_no }
    }
}

/// `POST /rentals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterRental {
    /// The id that the edge made.
    pub id: RentalId,
    pub organisation: CreditCode,
    pub provider: CreditCode,
    /// The parties' number for it.
    pub contract_no: Line,
    pub signed_on: Date,
    /// The first day of service.
    pub from: Date,
    /// The last day of service.
    pub until: Date,
    /// The platform's order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Label>,
    pub lines: Vec<SettledLine>,
}

impl RegisterRental {
    /// What makes this contract one.
    pub fn contract(&self) -> ContractKey {
        ContractKey {
            organisation: self.organisation,
            provider: self.provider,
            contract_no: self.contract_no.folded(),
        }
    }
}

/// Why a contract is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RentalError {
    #[error("contract {contract_no} is recorded")]
    ContractExists { contract_no: Line, id: RentalId },
    #[error("the provider is related")]
    RelatedProvider { provider: CreditCode },
    #[error("the period is empty")]
    InvalidPeriod,
}

crate::domain::coded!(RentalError: ContractExists RelatedProvider InvalidPeriod);
