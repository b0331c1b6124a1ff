//! Which tables an export holds. What the leaves post and every document as it is now; what follows from them, or is
//! in no leaf, is left out.

use subsidy_core::ledger::Account;

/// The sheet of the chart of accounts, which is the release's and not the agency's.
pub(super) const ACCOUNTS: &str = "accounts";
pub(super) const ACCOUNT_COLUMNS: &[&str] = &["account", "book", "side", "floor", "name_zh", "name_en"];

pub(super) fn accounts() -> impl Iterator<Item = [String; 6]> {
    Account::ALL.iter().map(|account| {
        let floor = if account.has_floor() { "0.00" } else { "" };
        let cells = [
            account.code(),
            account.book().into_str(),
            account.side().into_str(),
            floor,
            account.name_zh(),
            account.name_en(),
        ];
        cells.map(str::to_owned)
    })
}
