//! Which tables an export holds. What the leaves post and every document as it is now; what follows from them, or is
//! in no leaf, is left out.

use subsidy_core::ledger::Account;

/// The sheet of the chart of accounts, which is the release's and not the agency's.
pub(super) const ACCOUNTS: &str = "accounts";
/// Its columns.
pub(super) const ACCOUNT_COLUMNS: &[&str] = &["account", "book", "side", "floor", "name_zh", "name_en"];

/// The chart of accounts.
pub(super) fn accounts() -> impl Iterator<Item = [String; 6]> {
    Account::ALL.iter().map(|account| {
        let floor = if account.has_floor() { "0.00" } else { "" };
        let cells = [
            account.code(),
            account.book().as_str(),
            account.side().as_str(),
            floor,
            account.name_zh(),
            account.name_en(),
        ];
        cells.map(str::to_owned)
    })
}

/// Does something for every table of documents: its place in the book, its rows, how a row is made, and how the
/// database orders it. What it orders by text, it may order by a language: an export orders by bytes.
macro_rules! documents {
    ($each:ident) => {
        $each!(people, PersonRow, PersonRow::new, by_text);
        $each!(participants, ParticipantsRow, ParticipantsRow::new, by_text);
        $each!(erasures, ErasureRow, |erasure| Ok(ErasureRow::new(erasure)), by_text);
        $each!(periods, PeriodRow, PeriodRow::new, by_text);
        $each!(organisations, OrganisationRow, OrganisationRow::new, by_text);
        $each!(reference_rates, ReferenceRateRow, |rate| Ok(ReferenceRateRow::new(rate)), by_text);
        $each!(calendar_changes, CalendarChangeRow, CalendarChangeRow::new, by_id);
        $each!(calendar_days, CalendarDayRow, |day| Ok(CalendarDayRow::new(day)), by_text);
        $each!(programmes, ProgrammeRow, |programme| Ok(ProgrammeRow::new(programme)), by_text);
        $each!(rules, RulesRow, RulesRow::new, by_text);
        $each!(budget_changes, BudgetChangeRow, |change| Ok(BudgetChangeRow::new(change)), by_id);
        $each!(evidence, EvidenceRow, EvidenceRow::new, by_id);
        $each!(invoices, InvoiceRow, InvoiceRow::new, by_text);
        $each!(rentals, RentalRow, RentalRow::new, by_id);
        $each!(usage_imports, UsageImportRow, UsageImportRow::new, by_id);
        $each!(rental_usage, RentalUsageRow, RentalUsageRow::new, by_id);
        $each!(loans, LoanRow, LoanRow::new, by_id);
        $each!(prefunds, PrefundRow, PrefundRow::new, by_id);
        $each!(prefund_years, PrefundYearRow, PrefundYearRow::new, by_text);
        $each!(true_ups, TrueUpRow, TrueUpRow::new, by_id);
        $each!(vouchers, VoucherRow, VoucherRow::new, by_id);
        $each!(claims, ClaimRow, ClaimRow::new, by_id);
        $each!(recalculations, RecalculationRow, RecalculationRow::new, by_id);
        $each!(objections, ObjectionRow, |objection| Ok(ObjectionRow::new(objection)), by_id);
        $each!(payment_batches, PaymentBatchRow, |batch| Ok(PaymentBatchRow::new(batch)), by_id);
        $each!(payment_lines, PaymentLineRow, PaymentLineRow::new, by_id);
        $each!(recoveries, RecoveryRow, RecoveryRow::new, by_id);
        $each!(reversals, ReversalRow, |reversal| Ok(ReversalRow::new(reversal)), by_id);
    };
}
pub(super) use documents;
