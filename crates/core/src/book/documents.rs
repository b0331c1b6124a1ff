//! What the book is made of: documents, which a table of their own holds row by row, and indexes of them.
//!
//! Each list names every part once and hands itself to a macro of the caller's: the book, its keys and its changes, and
//! whatever loads, writes, verifies or exports documents expand it. `documents! { each more }` calls
//! `each! { { the documents } more }`; `documents! { indexes each more }` adds the indexes behind them.

use std::fmt::Debug;

/// What a table of its own holds, row by row.
pub trait Document: Clone {
    /// What the book keeps it under.
    type Key: Ord + Clone + Debug;

    fn book_key(&self) -> Self::Key;
}

/// Every document: its name among keys and changes, its key, where the book keeps it, its type, and how it says its key.
/// They are written, verified and exported in this order.
#[macro_export]
macro_rules! documents {
    ($each:ident $($more:tt)*) => {
        $each! {
            {
                Person($crate::domain::FoldedSubject) in people: $crate::people::Person, |p| p.folded.clone();
                Participants($crate::people::Matter) in participants: $crate::people::Participants, |p| p.matter.clone();
                Erasure($crate::domain::TextHash) in erasures: $crate::erasures::Erasure, |e| e.sha256;
                AuditNote($crate::domain::AuditNoteId) in audit_notes: $crate::audit_notes::AuditNote, |n| n.id;
                Reminder($crate::reminders::TaskKey) in reminders: $crate::reminders::Reminder, |r| r.task.clone();
                Revocation($crate::revocations::RevokedTokens) in revocations: $crate::revocations::Revocation, |r| r.tokens.clone();
                RoleGrant($crate::domain::RoleGrantId) in role_grants: $crate::role_grants::RoleGrant, |g| g.id;
                Period($crate::domain::Month) in periods: $crate::periods::Period, |p| p.month;
                Organisation($crate::domain::CreditCode) in organisations: $crate::organisations::Organisation, |o| o.credit_code;
                ReferenceRate($crate::reference_rates::RateKey) in reference_rates: $crate::reference_rates::ReferenceRate, |r| $crate::reference_rates::RateKey::new(&r.name, r.date);
                StatutoryLimit($crate::domain::StatutoryLimitId) in statutory_limits: $crate::statutory_limits::StatutoryLimit, |l| l.id;
                CapGroup($crate::domain::CapGroupCode) in cap_groups: $crate::cap_groups::CapGroup, |g| g.code.clone();
                CalendarChange($crate::domain::CalendarId) in calendar_changes: $crate::calendar::CalendarChange, |c| c.id;
                CalendarDay($crate::domain::Date) in calendar_days: $crate::calendar::NamedDay, |d| d.date;
                TagImport($crate::domain::TagImportId) in tag_imports: $crate::tags::TagImport, |i| i.id;
                Tag($crate::domain::TagId) in tags: $crate::tags::Tag, |t| t.id;
                Programme($crate::domain::ProgrammeCode) in programmes: $crate::programmes::Programme, |p| p.code.clone();
                Rules($crate::programmes::RulesKey) in rules: $crate::programmes::RulesVersion, |v| $crate::programmes::RulesKey { programme: v.programme.clone(), number: v.number };
                BudgetChange($crate::domain::BudgetChangeId) in budget_changes: $crate::programmes::BudgetChange, |c| c.id;
                Evidence($crate::domain::EvidenceId) in evidence: $crate::evidence::Evidence, |e| e.id;
                Invoice($crate::evidence::InvoiceKey) in invoices: $crate::evidence::Invoice, |i| i.key();
                Rental($crate::domain::RentalId) in rentals: $crate::rentals::Rental, |r| r.id;
                UsageImport($crate::domain::UsageImportId) in usage_imports: $crate::usage::UsageImport, |i| i.id;
                RentalUsage($crate::domain::RentalId) in rental_usage: $crate::usage::RentalUsage, |u| u.rental;
                Loan($crate::domain::LoanId) in loans: $crate::loans::Loan, |l| l.id;
                Prefund($crate::domain::PrefundId) in prefunds: $crate::prefunds::Prefund, |p| p.id;
                PrefundYear($crate::prefunds::PrefundYearKey) in prefund_years: $crate::prefunds::PrefundYear, |y| y.key();
                TrueUp($crate::domain::TrueUpId) in true_ups: $crate::prefunds::true_up::TrueUp, |t| t.id;
                Voucher($crate::domain::VoucherId) in vouchers: $crate::vouchers::Voucher, |v| v.id;
                Claim($crate::domain::ClaimId) in claims: $crate::claims::Claim, |c| c.id;
                Recalculation($crate::claims::recalculation::RecalculationKey) in recalculations: $crate::claims::recalculation::Recalculation, |r| r.key();
                Objection($crate::domain::ObjectionId) in objections: $crate::claims::objection::Objection, |o| o.id;
                Call($crate::domain::CallId) in calls: $crate::grants::Call, |c| c.id;
                Application($crate::domain::ApplicationId) in applications: $crate::grants::Application, |a| a.id;
                Award($crate::domain::AwardId) in awards: $crate::grants::awards::Award, |a| a.id;
                Ranking($crate::domain::RankingId) in rankings: $crate::rankings::Ranking, |r| r.id;
                Recovery($crate::domain::RecoveryId) in recoveries: $crate::recoveries::Recovery, |r| r.id;
                Reversal($crate::domain::Sequence) in reversals: $crate::reversals::Reversal, |r| r.sequence;
                PaymentBatch($crate::domain::PaymentBatchId) in payment_batches: $crate::payments::PaymentBatch, |b| b.id;
                PaymentLine($crate::payments::LineKey) in payment_lines: $crate::payments::PaymentLine, |l| l.key();
            }
            $($more)*
        }
    };
}

/// Every index and counter: its name among keys, its key, where the book keeps it, and what stands under a key. An index
/// of documents follows them where it is known. Turnovers by month are no such list: one key asks for all months before.
#[macro_export]
macro_rules! indexes {
    ({ $($documents:tt)* } $each:ident $($more:tt)*) => {
        $each! {
            { $($documents)* }
            {
                /// Texts whose words were kept beside the log: what leaves say.
                Text($crate::domain::TextHash) in texts: ();
                /// Programmes by the folds of their codes.
                ProgrammeOf($crate::domain::Folded) in programme_codes: $crate::domain::ProgrammeCode;
                /// What organisations say, by invoice.
                Statements($crate::domain::InvoiceNumber) in statements: $crate::evidence::Statements;
                /// Contracts by their parties and number.
                Contract($crate::rentals::ContractKey) in contracts: $crate::domain::RentalId;
                /// Loans by their parties and number.
                LoanOf($crate::loans::LoanKey) in loan_keys: $crate::domain::LoanId;
                /// The claims of each payment batch, in the order of their ids.
                BatchClaims($crate::domain::PaymentBatchId) in batch_claims: Vec<$crate::domain::ClaimId>;
                /// Approved claims that stand in no batch: one list for the agency.
                PayableClaims(()) in payable_claims: std::collections::BTreeSet<$crate::domain::ClaimId>;
                /// Lines by the reference that they were paid under, one at most.
                PaidReference($crate::payments::ReferenceKey) in paid_references: std::collections::BTreeSet<$crate::payments::LineKey>;
                /// True-ups by the reference under which money came back.
                ReturnedReference($crate::payments::ReferenceKey) in returned_references: $crate::domain::TrueUpId;
                /// Postings that can be reversed: an index of the log.
                Reversible($crate::domain::Sequence) in reversible: $crate::reversals::Reversible;
                /// Vouchers that claims may draw on, by organisation.
                LiveVouchers($crate::domain::CreditCode) in live_vouchers: std::collections::BTreeSet<$crate::domain::VoucherId>;
                /// Vouchers and claims by contract.
                ContractUses($crate::domain::RentalId) in uses: $crate::rentals::allocations::ContractAllocations;
                LoanAllocations($crate::domain::LoanId) in loan_uses: $crate::loans::LoanAllocations;
                /// Principal by claim, of an organisation's claims under a programme.
                Holdings($crate::loans::BorrowerKey) in holdings: $crate::loans::Holdings;
                /// Rates by name, in the order of the days.
                RateSeries($crate::domain::Folded) in rate_series: Vec<$crate::domain::dated::Dated<$crate::domain::Percent>>;
                /// Approved tags by whom or what they name.
                TagsOf($crate::tags::TagSubject) in tags_of: $crate::tags::HeldTags;
                /// Role grants that wait or count, by the person.
                RolesOf($crate::domain::FoldedSubject) in roles_of: $crate::role_grants::HeldRoles;
                /// What organisations used of programmes.
                Usage($crate::programmes::CapUsageKey) in usages: $crate::programmes::CapUsage;
                /// The last number of each series.
                Number($crate::book::Series) in numbers: u64;
                /// Balances, each on its account's own side.
                Balance($crate::ledger::BalanceKey) in balances: $crate::domain::Money;
            }
            $($more)*
        }
    };
}
