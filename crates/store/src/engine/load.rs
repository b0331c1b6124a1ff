//! Reads what commands need: one statement a table, all of a round in flight together.

use chrono::NaiveDate;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::store::{LogRow, NumberRow};
use crate::db::convert;
use crate::db::rows::{Row, Table};
use crate::documents::Stored;
use crate::erasures::{KeptRow, kept};
use crate::evidence::queries::{InvoiceNumbers, statements_of};
use crate::evidence::{InvoiceRow, invoice_columns};
use crate::ledger::{self, BalanceRow, MonthRow, by_month};
use crate::loans::allocations::{HoldingRow, LoanAllocationRow, borrower_column, holdings_of, series_of};
use crate::loans::{self, LoanKeyRow};
use crate::payments::{PayableRow, PlacedRow, ReferenceRow, claims_of, paid_under, payable_claims};
use crate::prefunds::{TrueUpRow, returned_under};
use crate::programmes::{ProgrammeCodeRow, UsageRow, by_folds, usage_columns};
use crate::reference_rates::ReferenceRateRow;
use crate::rentals::allocations::{ContractAllocationRow, uses_of};
use crate::rentals::{ContractRow, by_contracts, contract_column};
use crate::role_grants::{self, RoleGrantRow};
use crate::tags::{TagRow, held_by};
use crate::vouchers::{LiveRow, live_of};
use subsidy_core::book::{Key, Keys};
use subsidy_core::documents;

/// Every document is read by its keys. An index names the column that is asked for, the rows, and how they are read.
macro_rules! tables {
    (
        { $($document:ident($book_key:ty) in $documents:ident: $type:ty, $of:expr;)* }
        |$conn:ident, $key:ident, $keys:ident|
        $($index:ident in $indexes:ident: $column:ty = $columns:expr, $row:ty = $read:expr;)*
    ) => {
        /// The keys of one round, by table.
        #[derive(Default)]
        struct KeysByTable {
            $($documents: Vec<<<$type as Stored>::Row as Row>::Key>,)*
            $($indexes: Vec<$column>,)*
        }

        impl KeysByTable {
            fn of(keys: &Keys) -> Self {
                let mut wanted = Self::default();
                for key in keys {
                    match key {
                        $(Key::$document(key) => wanted.$documents.push(<$type>::columns(key)),)*
                        $(Key::$index($key) => wanted.$indexes.push($columns),)*
                    }
                }
                wanted
            }
        }

        /// Rows of the tables that the book is made of.
        #[derive(Debug, Default)]
        pub struct Rows {
            $(pub $documents: Vec<<$type as Stored>::Row>,)*
            $(pub $indexes: Vec<$row>,)*
        }

        /// Reads keys, all tables in flight together; a table that nobody asks for is not read.
        pub async fn read($conn: &AsyncPgConnection, keys: &Keys) -> QueryResult<Rows> {
            let wanted = KeysByTable::of(keys);
            // each on the heap: together they are larger than a worker's stack suffers
            let ($($documents,)* $($indexes,)*) = tokio::try_join!(
                $(Table::read($conn, &wanted.$documents),)*
                $(Box::pin(async {
                    let $keys = wanted.$indexes.as_slice();
                    if $keys.is_empty() { Ok(Vec::new()) } else { $read.await }
                }),)*
            )?;
            Ok(Rows { $($documents,)* $($indexes,)* })
        }
    };
}

documents! { tables |conn, k, keys|
    Text in texts: Vec<u8> = k.as_bytes().to_vec(), KeptRow = kept(conn, keys);
    Turnovers in turnovers: NaiveDate = k.last_day().naive(), MonthRow =
        by_month(conn, keys.iter().max().copied().unwrap_or_default());
    ProgrammeOf in programme_codes: String = k.to_string(), ProgrammeCodeRow = by_folds(conn, keys);
    Statements in statements: (String, String) = invoice_columns(k), InvoiceRow = async {
        let (codes, numbers): (Vec<_>, Vec<_>) = keys.iter().cloned().unzip();
        statements_of(conn, InvoiceNumbers { codes: &codes, numbers: &numbers }).await
    };
    Contract in contracts: String = contract_column(k), ContractRow = by_contracts(conn, keys);
    LoanOf in loan_keys: String = loans::contract_column(k), LoanKeyRow = loans::by_contracts(conn, keys);
    LoanAllocations in loan_uses: Uuid = k.uuid(), LoanAllocationRow = loans::allocations::uses_of(conn, keys);
    Holdings in holdings: String = borrower_column(k), HoldingRow = holdings_of(conn, keys);
    RateSeries in rate_series: String = k.to_string(), ReferenceRateRow = series_of(conn, keys);
    BatchClaims in batch_claims: Uuid = k.uuid(), PlacedRow = claims_of(conn, keys);
    PayableClaims in payable_claims: () = *k, PayableRow = payable_claims(conn);
    PaidReference in paid_references: String = k.to_string(), ReferenceRow = paid_under(conn, keys);
    ReturnedReference in returned_references: String = k.to_string(), TrueUpRow = returned_under(conn, keys);
    Reversible in leaves: i64 = convert::sequence(*k), LogRow = LogRow::by_keys(conn, keys);
    LiveVouchers in live_vouchers: String = k.to_string(), LiveRow = live_of(conn, keys);
    ContractUses in uses: Uuid = k.uuid(), ContractAllocationRow = uses_of(conn, keys);
    TagsOf in tags_of: String = k.id(), TagRow = held_by(conn, keys);
    RolesOf in roles_of: String = k.as_str().to_owned(), RoleGrantRow = role_grants::open_of(conn, keys);
    Usage in usages: (String, String, String, i16, String) = usage_columns(k), UsageRow = UsageRow::by_keys(conn, keys);
    Number in numbers: String = k.0.clone(), NumberRow = NumberRow::by_keys(conn, keys);
    Balance in balances: (String, String, String) = ledger::columns(k), BalanceRow = BalanceRow::by_keys(conn, keys);
}
