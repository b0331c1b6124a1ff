//! How a document stands in its table: what the engine, `verify` and exports need to know of a noun's SQL.

use crate::db::convert::Unreadable;
use crate::db::rows::{Row, Table, Versioned};
use subsidy_core::book::Document;
use subsidy_core::documents;

/// A document that a table holds. Each noun says it once, beside its SQL, with [`stored!`](crate::stored).
pub trait Stored: Document {
    type Row: Versioned;

    /// Whether its changes go in the one statement that every batch writes anyway.
    const WITH_EVERY_BATCH: bool = false;
    /// Whether changed rows are written before new ones: a document that ended makes room for the next.
    const CHANGED_FIRST: bool = false;
    /// What stands between the parts of its key where a report names it.
    const BETWEEN: &'static str = "/";

    /// The row's key of a key in the book.
    fn columns(key: &Self::Key) -> <Self::Row as Row>::Key;

    fn to_row(&self) -> Result<Self::Row, Unreadable>;

    /// The document of a row.
    fn from_row(row: &Self::Row) -> Result<Self, Unreadable>;

    /// How a report names a row: its table and its key.
    fn place(row: &Self::Row) -> String {
        let mut key = row.cells();
        key.truncate(Self::Row::KEY_COLUMNS);
        format!("{} {}", Self::Row::NAME, key.join(Self::BETWEEN))
    }
}

macro_rules! tables {
    ({ $($key:ident($book_key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => {
        /// The tables of all documents, in the order of the list.
        pub const TABLES: &[&str] = &[$(<<$type as Stored>::Row as Table>::NAME),*];
    };
}
documents! { tables }

/// Says which rows hold a document and what columns its key has: `stored! { Voucher as VoucherRow, |id| id.uuid() }`. The
/// row has `new` and `read`, of [`columns!`](crate::columns) most times; constants of [`Stored`] that differ follow after a semicolon.
#[macro_export]
macro_rules! stored {
    ($document:ident as $row:ident, $columns:expr $(; $($constants:tt)+)?) => {
        impl $crate::documents::Stored for $document {
            type Row = $row;
            $($($constants)+)?

            fn columns(
                key: &<Self as subsidy_core::book::Document>::Key,
            ) -> <$row as $crate::db::rows::Row>::Key {
                let columns: fn(&<Self as subsidy_core::book::Document>::Key) -> _ = $columns;
                columns(key)
            }

            fn to_row(&self) -> Result<$row, $crate::db::convert::Unreadable> {
                $row::new(self)
            }

            fn from_row(row: &$row) -> Result<Self, $crate::db::convert::Unreadable> {
                row.read()
            }
        }
    };
}
