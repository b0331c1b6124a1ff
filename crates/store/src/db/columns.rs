//! How a value of the domain stands in a column: written once for each pair of types, both ways.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::convert::{self, Unreadable};
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::{
    ApplicationId, AuditNoteId, AwardId, BudgetChangeId, CalendarId, CallId, ClaimId, ContentHash, Date,
    EvidenceId, Instant, LoanId, Money, ObjectionId, PaymentBatchId, Percent, Points, PrefundId, RankingId,
    RecoveryId, RentalId, RoleGrantId, Sequence, StatutoryLimitId, TagId, TagImportId, TextHash, TrueUpId,
    UsageImportId, VoucherId,
};

/// A column's type that holds values of `V`.
pub trait Column<V>: Sized {
    fn write(value: &V) -> Result<Self, Unreadable>;

    /// Error: somebody wrote what no value says.
    fn read(&self) -> Result<V, Unreadable>;
}

/// Text holds what the value's own canonical form says.
impl<V: Serialize + DeserializeOwned> Column<V> for String {
    fn write(value: &V) -> Result<Self, Unreadable> {
        Ok(convert::text(value))
    }

    fn read(&self) -> Result<V, Unreadable> {
        convert::read(self)
    }
}

impl<V: Serialize + DeserializeOwned> Column<V> for Value {
    fn write(value: &V) -> Result<Self, Unreadable> {
        convert::json(value)
    }

    fn read(&self) -> Result<V, Unreadable> {
        convert::read_json(self)
    }
}

impl<V, C: Column<V>> Column<Option<V>> for Option<C> {
    fn write(value: &Option<V>) -> Result<Self, Unreadable> {
        value.as_ref().map(C::write).transpose()
    }

    fn read(&self) -> Result<Option<V>, Unreadable> {
        self.as_ref().map(C::read).transpose()
    }
}

/// A digest that its document always has, in a column that may be empty for others.
impl Column<TextHash> for Option<Vec<u8>> {
    fn write(value: &TextHash) -> Result<Self, Unreadable> {
        Vec::write(value).map(Some)
    }

    fn read(&self) -> Result<TextHash, Unreadable> {
        self.as_ref().ok_or_else(|| Unreadable("no digest".to_owned()))?.read()
    }
}

macro_rules! pairs {
    ($($column:ty: $value:ty, |$v:ident| $write:expr, |$c:ident| $read:expr;)*) => {$(
        impl Column<$value> for $column {
            fn write($v: &$value) -> Result<Self, Unreadable> {
                Ok($write)
            }

            fn read(&self) -> Result<$value, Unreadable> {
                let $c = self;
                $read
            }
        }
    )*};
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], Unreadable> {
    bytes.try_into().map_err(|_| Unreadable("a digest of another length".to_owned()))
}

pairs! {
    bool: bool, |v| *v, |c| Ok(*c);
    i16: u16, |v| i16::try_from(*v).unwrap_or(i16::MAX), |c| u16::try_from(*c).map_err(|_| Unreadable(c.to_string()));
    i16: FiscalYear, |v| convert::year(Some(*v)),
        |c| convert::read_year(*c)?.ok_or_else(|| Unreadable("no fiscal year".to_owned()));
    i32: u32, |v| convert::count(*v), |c| convert::read_count(*c);
    i64: Sequence, |v| convert::sequence(*v), |c| convert::read_sequence(*c);
    Decimal: Money, |v| convert::decimal(*v), |c| convert::money(*c);
    Decimal: Percent, |v| convert::percent(*v), |c| convert::read_percent(*c);
    Decimal: Points, |v| convert::points(*v), |c| convert::read_points(*c);
    NaiveDate: Date, |v| v.naive(), |c| Ok(Date::from_naive(*c));
    DateTime<Utc>: Instant, |v| v.utc(), |c| Ok(Instant::new(*c));
    Vec<u8>: TextHash, |v| v.as_bytes().to_vec(), |c| digest(c).map(TextHash::new);
    Vec<u8>: ContentHash, |v| v.as_bytes().to_vec(), |c| digest(c).map(ContentHash::new);
}

macro_rules! ids {
    ($($id:ty),* $(,)?) => { pairs! { $(Uuid: $id, |v| v.uuid(), |c| Ok(<$id>::new(*c));)* } };
}

ids! {
    ApplicationId, AuditNoteId, AwardId, BudgetChangeId, CalendarId, CallId, ClaimId, EvidenceId, LoanId, ObjectionId, PaymentBatchId, PrefundId, RankingId, RecoveryId, RentalId, RoleGrantId, StatutoryLimitId, TagId, TagImportId, TrueUpId, UsageImportId, VoucherId,
}

/// Makes a document's row, and the document of a row: `new` and `read`. Columns that are called as their fields are named
/// alone; then those of another name, those of a part of the document, and by expressions what stands in the row or in the
/// document alone. The revision is last.
#[macro_export]
macro_rules! columns {
    (
        $document:ident as $row:ident { $($same:ident),* $(,)? }
        $(renamed { $($field:ident as $column:ident),* $(,)? })?
        $(part $part:ident: $Part:ident { $($inner:ident as $of_part:ident),* $(,)? })*
        $(row |$d:ident| { $($written:ident: $write:expr),* $(,)? })?
        $(document |$r:ident| { $($made:ident: $read:expr),* $(,)? })?
    ) => {
        impl $row {
            pub fn new(document: &$document) -> Result<Self, $crate::db::convert::Unreadable> {
                use $crate::db::columns::Column;
                $(let $d = document;)?
                Ok(Self {
                    $($same: Column::write(&document.$same)?,)*
                    $($($column: Column::write(&document.$field)?,)*)?
                    $($($of_part: Column::write(&document.$part.$inner)?,)*)*
                    $($($written: $write,)*)?
                    created: Column::write(&document.revision.created)?,
                    version: Column::write(&document.revision.version)?,
                    updated_at: Column::write(&document.revision.updated_at)?,
                })
            }

            pub fn read(&self) -> Result<$document, $crate::db::convert::Unreadable> {
                use $crate::db::columns::Column;
                $(let $r = self;)?
                Ok($document {
                    $($same: Column::read(&self.$same)?,)*
                    $($($field: Column::read(&self.$column)?,)*)?
                    $($part: $Part { $($inner: Column::read(&self.$of_part)?,)* },)*
                    $($($made: $read,)*)?
                    revision: $crate::db::convert::revision(self.created, self.version, self.updated_at)?,
                })
            }
        }
    };
}
