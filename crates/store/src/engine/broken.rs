//! Why a batch is not committed.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::db::convert::Unreadable;
use crate::db::refusal::{self, ValueKind};

/// Why a batch did not commit.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The database refused, or went away.
    #[error(transparent)]
    Database(#[from] DieselError),
    /// A row does not hold what its table promises.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// This process does not know the agency's semantics or its schema's version.
    #[error("the ledger is of another release: semantics {semantics}, schema {schema_version}")]
    OtherRelease { semantics: u32, schema_version: i32 },
    #[error("the database refused a value: {}", .kind.name())]
    Value { kind: ValueKind, source: DieselError },
    /// The log does not contain what was answered from it.
    #[error("the log does not contain what was answered from it")]
    Rewound,
    /// The server committed, and did not wait until its synchronous standby had it.
    #[error("the commit is not confirmed by the synchronous standby")]
    Unconfirmed,
    /// The schema is there, its first leaf is not.
    #[error("the agency's log has not begun")]
    NoHead,
}

impl BatchError {
    /// The same, where the database refused it for a value: it then says so.
    pub fn about(self, kind: Option<ValueKind>) -> Self {
        match (self, kind) {
            (Self::Database(source), Some(kind)) => Self::Value { kind, source },
            (error, _) => error,
        }
    }

    /// The kind of value that the database refused, where it was for one.
    pub fn value(&self) -> Option<ValueKind> {
        match self {
            Self::Value { kind, .. } => Some(*kind),
            Self::Database(error) => refusal::of(error),
            _ => None,
        }
    }

    pub fn unreadable(what: &str) -> Self {
        Self::Unreadable(Unreadable(what.to_owned()))
    }

    /// Whether the server takes no writes.
    pub const fn is_read_only(&self) -> bool {
        matches!(self, Self::Database(DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)))
    }

    /// Whether the connection is gone, as far as the error itself says.
    pub const fn is_disconnect(&self) -> bool {
        matches!(
            self,
            Self::Database(DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _
            ))
        )
    }
}
