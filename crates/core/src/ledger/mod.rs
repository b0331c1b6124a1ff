//! The ledger: three self-balancing books (指标账, 财务会计, 预算会计), the chart of their accounts, and
//! postings that cannot be unbalanced.
//!
//! Pure. A [`Posting`] is only made by the verbs in [`postings`], which leave out parts of 0.00 and
//! balance each book by construction; the database and the replay check it again.

pub mod accounts;
pub mod balances;
pub mod class;
pub mod flows;
pub mod parts;
pub mod postings;
pub mod turnovers;

pub use accounts::{Account, BookCode, Side};
pub use balances::{BalanceKey, Deltas, LedgerError};
pub use class::ExpenseClass;
pub use flows::Flow;
pub use postings::{Dimensions, Line, Part, Posting};
pub use turnovers::{MonthlyTurnovers, Turnover, Turnovers};
