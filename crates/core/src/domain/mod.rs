//! Pure values of the domain. Strings stop here: every type has a private field and one strict parser,
//! and what a parser refuses it refuses with the stable code that the caller will read.
//!
//! Nothing in this room does I/O, reads a clock, draws a random number or logs.

mod macros;
pub(crate) use code::coded;
pub(crate) use macros::string_value;

pub mod accrual;
pub mod actor;
pub mod agency_code;
pub mod apportion;
pub mod canonical;
pub mod code;
pub mod credit_code;
pub mod dated;
pub mod dates;
pub mod day_count;
pub mod exact;
pub mod folded;
pub mod ids;
pub mod invoice_number;
pub mod letters;
pub mod money;
pub mod month;
pub mod percent;
pub mod reference;
pub mod rounding;
pub mod score;
pub mod stamp;
pub mod state;
pub mod text;

pub use accrual::{Accrual, ExactPoints, Unrounded};
pub use actor::{Actor, FoldedSubject, Role, Roles, Subject};
pub use agency_code::AgencyCode;
pub use code::Code;
pub use credit_code::CreditCode;
pub use dates::{Date, Instant};
pub use day_count::{Basis, DayCount};
pub use exact::Exact;
pub use folded::Folded;
pub use ids::{
    ApplicationId, AuditNoteId, AwardId, BudgetChangeId, CalendarId, CallId, ClaimId, EvidenceId, LoanId,
    ObjectionId, PaymentBatchId, PrefundId, RankingId, RecoveryId, RentalId, RoleGrantId, StatutoryLimitId,
    TagId, TagImportId, TrueUpId, UsageImportId, VoucherId,
};
pub use invoice_number::{InvoiceNumber, NamedInvoice};
pub use money::Money;
pub use month::Month;
pub use percent::{Percent, Points, Quantity, UnitPrice};
pub use reference::ReferenceKey;
pub use rounding::{Rounding, RoundingMode, RoundingScope, RoundingUnit};
pub use score::Score;
pub use stamp::{Revision, Sequence, Stamp};
pub use state::WrongState;
pub use text::{CapGroupCode, ContentHash, KeyHash, Label, Line, ProgrammeCode, RootHash, TextHash};
