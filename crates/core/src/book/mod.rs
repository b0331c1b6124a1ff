//! The book: all that rules read, and the one place where effects across nouns are composed.
//!
//! ```text
//! command           the one list of commands: payload, kind in the log, duty, document
//! commands/         of each command what it reads and what is decided on it, under each other; a file per noun
//! guards/           what commands of several nouns read and refuse alike
//! context           the trait that a command implements; segregation/ who is in the way of an approval
//! effects           what a decision changes; refusal: why there is none; loaded: what the book knows of a key
//! ```
//!
//! Pure. `needs` says which keys a command reads, `decide` answers it from the book under a stamp, and
//! `Book::apply` changes the book by what was decided. A key that was looked for and is not there is
//! *absent*; a key that was not loaded is a [`Fault`], never absent: a decision over the loaded slice is
//! the decision over the whole book.

pub mod command;
mod commands;
mod context;
pub mod effects;
mod guards;
mod indexes;
pub mod loaded;
pub mod refusal;
pub mod reversible;
pub mod segregation;

use std::collections::BTreeSet;

pub use command::{Command, Duty, Envelope};
pub use commands::{ROUNDS_MAX, caller, decide, needs};
pub use effects::{Change, Decision, Effects, Outcome, Transition};
pub use loaded::{Fault, Loaded};
pub use refusal::{AccessError, DateError, Refusal, Stop};

use crate::agencies::Agency;
use crate::calendar::{CalendarChange, NamedDay};
use crate::claims::Claim;
use crate::claims::objection::Objection;
use crate::claims::recalculation::{Recalculation, RecalculationKey};
use crate::domain::dated::Dated;
use crate::domain::dates::Zone;
use crate::domain::{
    BudgetChangeId, CalendarId, ClaimId, CreditCode, Date, EvidenceId, Folded, FoldedSubject, Instant,
    InvoiceNumber, LoanId, Money, Month, ObjectionId, PaymentBatchId, Percent, PrefundId, ProgrammeCode,
    RecoveryId, RentalId, Sequence, TextHash, TrueUpId, UsageImportId, VoucherId,
};
use crate::erasures::Erasure;
use crate::evidence::{Evidence, Invoice, InvoiceKey, Statements};
use crate::ledger::{BalanceKey, Deltas, LedgerError, MonthlyTurnovers, balances};
use crate::loans::{BorrowerKey, Holdings, Loan, LoanAllocations, LoanKey};
use crate::organisations::Organisation;
use crate::payments::{LineKey, PaymentBatch, PaymentLine, ReferenceKey};
use crate::people::{Matter, Participants, Person};
use crate::periods::Period;
use crate::prefunds::true_up::TrueUp;
use crate::prefunds::{Prefund, PrefundYear, PrefundYearKey};
use crate::programmes::{BudgetChange, CapUsageKey, Programme, RulesKey, RulesVersion, Used};
use crate::recoveries::Recovery;
pub use crate::reference_rates::RateKey;
use crate::reference_rates::ReferenceRate;
use crate::rentals::allocations::ContractAllocations;
use crate::rentals::{ContractKey, Rental};
use crate::reversals::{Reversal, Reversible};
use crate::usage::{RentalUsage, UsageImport};
use crate::vouchers::Voucher;

/// A series of running numbers, such as the vouchers of a programme and year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series(pub String);

/// Names each kind of key once, with where in the book it is kept.
macro_rules! book {
    ($($(#[$doc:meta])* $key:ident($type:ty) in $(#[$place:meta])* $loaded:ident: $kept:ty;)*) => {
        /// A key of the book.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Key {
            $($(#[$doc])* $key($type),)*
        }

        /// All that rules read of one agency.
        #[derive(Debug, Clone, Default)]
        pub struct Book {
            /// None before its first leaf.
            pub agency: Option<Agency>,
            $($(#[$place])* pub $loaded: $kept,)*
        }

        impl Book {
            /// An empty book in which everything that was not put is absent: where a replay begins.
            pub fn complete() -> Self {
                Self { agency: None, $($loaded: <$kept>::complete(),)* }
            }

            /// Whether a key was looked for.
            pub fn knows(&self, key: &Key) -> bool {
                match key {
                    $(Key::$key(key) => self.$loaded.knows(key),)*
                }
            }

            /// Marks a key as looked for and, unless it was put, not there.
            pub fn looked_for(&mut self, key: Key) {
                match key {
                    $(Key::$key(key) => self.$loaded.looked_for(key),)*
                }
            }
        }
    };
}

book! {
    /// A subject that acted.
    Person(FoldedSubject) in
        /// Subjects that acted, by what they are compared with.
        people: Loaded<FoldedSubject, Person>;
    /// Those who took part in a matter.
    Participants(Matter) in
        /// Those who took part, by matter.
        participants: Loaded<Matter, Participants>;
    /// A text whose words were kept.
    Text(TextHash) in
        /// Texts whose words were kept beside the log: what leaves say, kept where it is known.
        texts: Loaded<TextHash, ()>;
    /// A text that was erased.
    Erasure(TextHash) in
        /// Texts that were erased.
        erasures: Loaded<TextHash, Erasure>;
    /// A month that was closed.
    Period(Month) in
        /// Months that were closed.
        periods: Loaded<Month, Period>;
    /// What was posted in each month up to this one.
    Turnovers(Month) in
        /// What was posted in each month: an index of the postings, kept where it is known.
        turnovers: MonthlyTurnovers;
    /// An organisation.
    Organisation(CreditCode) in
        /// Organisations.
        organisations: Loaded<CreditCode, Organisation>;
    /// A dated reference rate.
    ReferenceRate(RateKey) in
        /// Reference rates.
        reference_rates: Loaded<RateKey, ReferenceRate>;
    /// A change of the calendar.
    CalendarChange(CalendarId) in
        /// Changes of the calendar.
        calendar_changes: Loaded<CalendarId, CalendarChange>;
    /// A day that the calendar may name.
    CalendarDay(Date) in
        /// Days that the calendar names.
        calendar_days: Loaded<Date, NamedDay>;
    /// A programme.
    Programme(ProgrammeCode) in
        /// Programmes.
        programmes: Loaded<ProgrammeCode, Programme>;
    /// The programme whose code looks like this.
    ProgrammeOf(Folded) in
        /// Programmes by the folds of their codes.
        programme_codes: Loaded<Folded, ProgrammeCode>;
    /// A version of a programme's rules.
    Rules(RulesKey) in
        /// Versions of rules.
        rules: Loaded<RulesKey, RulesVersion>;
    /// A change of a budget.
    BudgetChange(BudgetChangeId) in
        /// Changes of budgets.
        budget_changes: Loaded<BudgetChangeId, BudgetChange>;
    /// A file that backs claims.
    Evidence(EvidenceId) in
        /// Files that back claims.
        evidence: Loaded<EvidenceId, Evidence>;
    /// What an organisation says of an invoice.
    Invoice(InvoiceKey) in
        /// Invoices, by who says what of them.
        invoices: Loaded<InvoiceKey, Invoice>;
    /// All that is said of an invoice.
    Statements(InvoiceNumber) in
        /// What organisations say, by invoice: an index of the invoices, kept where it is known.
        statements: Loaded<InvoiceNumber, Statements>;
    /// A contract.
    Rental(RentalId) in
        /// Contracts.
        rentals: Loaded<RentalId, Rental>;
    /// The contract of two parties with a number.
    Contract(ContractKey) in
        /// Contracts by their parties and number.
        contracts: Loaded<ContractKey, RentalId>;
    /// A billing file of a contract.
    UsageImport(UsageImportId) in
        /// Billing files of contracts.
        usage_imports: Loaded<UsageImportId, UsageImport>;
    /// What was used on a contract.
    RentalUsage(RentalId) in
        /// What was used, by contract.
        rental_usage: Loaded<RentalId, RentalUsage>;
    /// A loan.
    Loan(LoanId) in
        /// Loans.
        loans: Loaded<LoanId, Loan>;
    /// The loan of two parties with a number.
    LoanOf(LoanKey) in
        /// Loans by their parties and number.
        loan_keys: Loaded<LoanKey, LoanId>;
    /// Money paid to a bank ahead.
    Prefund(PrefundId) in
        /// Money paid to banks ahead.
        prefunds: Loaded<PrefundId, Prefund>;
    /// What a bank has of a year's prefunds.
    PrefundYear(PrefundYearKey) in
        /// What banks have of prefunds, by year.
        prefund_years: Loaded<PrefundYearKey, PrefundYear>;
    /// A year of a bank's prefunds settled.
    TrueUp(TrueUpId) in
        /// Years of banks' prefunds settled.
        true_ups: Loaded<TrueUpId, TrueUp>;
    /// A voucher.
    Voucher(VoucherId) in
        /// Vouchers.
        vouchers: Loaded<VoucherId, Voucher>;
    /// A claim.
    Claim(ClaimId) in
        /// Claims.
        claims: Loaded<ClaimId, Claim>;
    /// A recalculation of a claim.
    Recalculation(RecalculationKey) in
        /// Recalculations of claims.
        recalculations: Loaded<RecalculationKey, Recalculation>;
    /// An objection to a claim.
    Objection(ObjectionId) in
        /// Objections to claims.
        objections: Loaded<ObjectionId, Objection>;
    /// A payment batch.
    PaymentBatch(PaymentBatchId) in
        /// Payment batches.
        payment_batches: Loaded<PaymentBatchId, PaymentBatch>;
    /// A claim in a payment batch.
    PaymentLine(LineKey) in
        /// Claims in payment batches.
        payment_lines: Loaded<LineKey, PaymentLine>;
    /// The claims of a payment batch.
    BatchClaims(PaymentBatchId) in
        /// The claims of each payment batch: an index of its lines, kept where it is known.
        batch_claims: Loaded<PaymentBatchId, Vec<ClaimId>>;
    /// The line that was paid under a bank's reference.
    PaidReference(ReferenceKey) in
        /// Lines by the reference that they were paid under, one at most: an index of the lines, kept where it is known.
        paid_references: Loaded<ReferenceKey, BTreeSet<LineKey>>;
    /// The true-up of which money came back under a bank's reference.
    ReturnedReference(ReferenceKey) in
        /// True-ups by the reference under which money came back: an index of the true-ups, kept where it is known.
        returned_references: Loaded<ReferenceKey, TrueUpId>;
    /// A recovery.
    Recovery(RecoveryId) in
        /// Recoveries.
        recoveries: Loaded<RecoveryId, Recovery>;
    /// The reversal of a leaf.
    Reversal(Sequence) in
        /// Reversals, by what they reverse.
        reversals: Loaded<Sequence, Reversal>;
    /// What a leaf can be reversed as.
    Reversible(Sequence) in
        /// Postings that can be reversed: an index of the log, kept where it is known.
        reversible: Loaded<Sequence, Reversible>;
    /// An organisation's vouchers that claims may draw on.
    LiveVouchers(CreditCode) in
        /// Vouchers that claims may draw on, by organisation: an index of the vouchers, kept where it is known.
        live_vouchers: Loaded<CreditCode, BTreeSet<VoucherId>>;
    /// What rests on a contract.
    ContractUses(RentalId) in
        /// Vouchers and claims by contract.
        uses: Loaded<RentalId, ContractAllocations>;
    /// The claims on a loan.
    LoanAllocations(LoanId) in
        /// Claims by loan.
        loan_uses: Loaded<LoanId, LoanAllocations>;
    /// The principal that an organisation's claims under a programme earn on.
    Holdings(BorrowerKey) in
        /// Principal by claim: an index of the claims on loans, kept where it is known.
        holdings: Loaded<BorrowerKey, Holdings>;
    /// All of a reference rate.
    RateSeries(Folded) in
        /// Rates by name, in the order of the days: an index of the reference rates, kept where it is known.
        rate_series: Loaded<Folded, Vec<Dated<Percent>>>;
    /// What an organisation used of a programme.
    Usage(CapUsageKey) in
        /// Use of programmes by organisations.
        usages: Loaded<CapUsageKey, Used>;
    /// The last number of a series.
    Number(Series) in
        /// Running numbers.
        numbers: Loaded<Series, u64>;
    /// A balance.
    Balance(BalanceKey) in
        /// Balances, each on its account's own side.
        balances: Loaded<BalanceKey, Money>;
}

/// Keys, each once and in order.
pub type Keys = BTreeSet<Key>;

impl Book {
    /// The business date that a command is decided under, which is recorded at an instant: the agency's. The
    /// first command of a log brings its own agency.
    pub fn business_date(&self, command: &Command, at: Instant) -> Date {
        match (&self.agency, command) {
            (Some(agency), _) => agency.business_date_at(at),
            (None, Command::CreateAgency(c)) => c.business_date.unwrap_or_else(|| at.date_in(c.zone.tz())),
            (None, _) => at.date_in(Zone::default().tz()),
        }
    }

    /// A balance, 0.00 where nothing was posted yet. Fault: not loaded.
    pub fn balance(&self, key: &BalanceKey) -> Result<Money, Fault> {
        Ok(self.balances.get(key)?.copied().unwrap_or_default())
    }

    /// Changes the book by what was decided.
    ///
    /// Fault: a balance that the posting moves was not loaded, or it would break a floor that `decide`
    /// did not see; nothing is changed then.
    pub fn apply(&mut self, effects: &Effects) -> Result<(), Fault> {
        for (key, after) in self.moved(effects)? {
            self.balances.put(key, after);
        }
        if let Some(day) = effects.effective_date {
            let added = self.turnovers.add(Month::of(day), &effects.posting);
            added.map_err(|e| Fault::Broken(e.to_string()))?;
        }
        for change in &effects.changes {
            self.put(change.clone())?;
        }
        Ok(())
    }

    /// The balances after a posting.
    fn moved(&self, effects: &Effects) -> Result<Vec<(BalanceKey, Money)>, Fault> {
        let deltas = Deltas::of(&effects.posting).map_err(|e| Fault::Broken(e.to_string()))?;
        let mut after = Vec::new();
        for (key, delta) in deltas.iter() {
            let balance = balances::moved(key, self.balance(key)?, delta);
            after.push((key.clone(), balance.map_err(|e: LedgerError| Fault::Broken(e.to_string()))?));
        }
        Ok(after)
    }

    fn put(&mut self, change: Change) -> Result<(), Fault> {
        match change {
            Change::Agency(a) => self.agency = Some(a),
            Change::Person(p) => self.people.put(p.folded.clone(), *p),
            Change::Participants(p) => self.participants.put(p.matter.clone(), *p),
            Change::Organisation(o) => self.organisations.put(o.credit_code, *o),
            Change::Erasure(e) => self.erasures.put(e.sha256, *e),
            Change::Period(p) => self.periods.put(p.month, *p),
            Change::ReferenceRate(r) => self.put_rate(r),
            Change::CalendarChange(c) => self.calendar_changes.put(c.id, *c),
            Change::CalendarDay(d) => self.calendar_days.put(d.date, d),
            Change::Programme(p) => {
                self.programme_codes.put(p.code.folded(), p.code.clone());
                self.programmes.put(p.code.clone(), p);
            }
            Change::Rules(v) => {
                self.rules.put(RulesKey { programme: v.programme.clone(), number: v.number }, *v);
            }
            Change::BudgetChange(b) => self.budget_changes.put(b.id, b),
            Change::Evidence(e) => self.evidence.put(e.id, *e),
            Change::Invoice(i) => self.put_invoice(*i),
            Change::Rental(r) => {
                self.contracts.put(r.contract(), r.id);
                self.rentals.put(r.id, r);
            }
            Change::UsageImport(i) => self.usage_imports.put(i.id, *i),
            Change::RentalUsage(u) => self.rental_usage.put(u.rental, *u),
            Change::Loan(l) => {
                self.loan_keys.put(l.key(), l.id);
                self.loans.put(l.id, *l);
            }
            Change::Prefund(p) => self.prefunds.put(p.id, *p),
            Change::PrefundYear(y) => self.prefund_years.put(y.key(), *y),
            Change::TrueUp(t) => self.put_true_up(*t),
            Change::Voucher(v) => self.put_voucher(*v),
            Change::Recovery(r) => self.recoveries.put(r.id, *r),
            Change::Reversal(r) => self.reversals.put(r.sequence, *r),
            Change::Reversible { sequence, posting } => self.reversible.put(sequence, posting),
            Change::Claim(c) => self.claims.put(c.id, *c),
            Change::Recalculation(r) => self.recalculations.put(r.key(), *r),
            Change::Objection(o) => self.objections.put(o.id, *o),
            Change::PaymentBatch(b) => self.payment_batches.put(b.id, *b),
            Change::PaymentLine(l) => self.put_line(*l),
            Change::ContractAllocation { rental, user, contract_use } => {
                let mut uses = self.uses.get(&rental)?.cloned().unwrap_or_default();
                uses.insert(user, contract_use);
                self.uses.put(rental, uses);
            }
            Change::LoanAllocation { loan, claim, loan_use } => self.put_loan_use(loan, claim, *loan_use)?,
            Change::Usage { key, used } => self.usages.put(key, used),
            Change::Number { series, last } => self.numbers.put(series, last),
        }
        Ok(())
    }
}
