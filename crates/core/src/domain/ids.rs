//! Ids of documents: distinct types over UUIDs that the edge makes (version 7, so they sort by time).

use super::code::Code;
use std::fmt;

use uuid::Uuid;

use super::macros::string_value;
use super::text::Malformed;

macro_rules! document_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// An id that the edge made.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The hyphenated lower-case form only. Error: `invalid_id`.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                let id = Uuid::try_parse(text).ok().filter(|id| id.hyphenated().to_string() == text);
                id.map(Self).ok_or(Malformed { code: Code::InvalidId })
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        string_value!($name, Code::InvalidId);
    };
}

document_id!(
    /// An appropriation, an adjustment or a lapse of a programme's budget.
    BudgetChangeId
);
document_id!(
    /// A change of the calendar.
    CalendarId
);
document_id!(
    /// What an auditor remarked.
    AuditNoteId
);
document_id!(
    /// A file that backs a claim.
    EvidenceId
);
document_id!(
    /// Another statutory limit of an agency.
    StatutoryLimitId
);
document_id!(
    /// That somebody may have a role.
    RoleGrantId
);
document_id!(RentalId);
document_id!(
    /// A billing file that was imported.
    UsageImportId
);
document_id!(LoanId);
document_id!(
    /// Money that was paid to a bank ahead.
    PrefundId
);
document_id!(
    /// A yearly settlement with a bank.
    TrueUpId
);
document_id!(VoucherId);
document_id!(
    /// A request for money.
    ClaimId
);
document_id!(PaymentBatchId);
document_id!(RecoveryId);
document_id!(
    /// An objection to a claim that is published.
    ObjectionId
);
document_id!(
    /// Who or what is on a list.
    TagId
);
document_id!(
    /// A list that was imported.
    TagImportId
);
document_id!(
    /// A call for applications.
    CallId
);
document_id!(
    /// A project for which money is asked.
    ApplicationId
);
document_id!(
    /// What a project was granted.
    AwardId
);
document_id!(
    /// Organisations measured against each other.
    RankingId
);
