//! The book: all that rules read, and the one place where effects across nouns are composed.
//!
//! Pure. `needs` says which keys a command reads, `decide` answers it from the book under a stamp, and
//! `Book::apply` changes the book by what was decided. A key that was looked for and is not there is
//! *absent*; a key that was not loaded is a [`Fault`], never absent: a decision over the loaded slice is
//! the decision over the whole book.

pub mod command;
mod decide;
pub mod effects;
mod needs;
pub mod refusal;
pub mod reversible;
pub mod slots;

use std::collections::BTreeSet;

pub use command::{Command, Envelope};
pub use decide::decide;
pub use effects::{Change, Decision, Effects, Outcome, Transition};
pub use needs::{ROUNDS_MAX, needs};
pub use refusal::{AccessError, DateError, Refusal, Stop};
pub use slots::{Fault, Slots};

use crate::agencies::Agency;
use crate::claims::Claim;
use crate::claims::objection::Objection;
use crate::claims::recalculation::{Recalculation, RecalculationKey};
use crate::domain::dates::Zone;
use crate::domain::{
    BudgetChangeId, ClaimId, CreditCode, Date, EvidenceId, Instant, InvoiceNumber, Label, LoanId, Money,
    Month, ObjectionId, PaymentBatchId, ProgrammeCode, RecoveryId, RentalId, Sequence, VoucherId,
};
use crate::evidence::{Evidence, Invoice};
use crate::ledger::{BalanceKey, Deltas, LedgerError, MonthlyTurnovers, balances};
use crate::loans::{Loan, LoanKey};
use crate::organisations::Organisation;
use crate::payments::{LineKey, PaymentBatch, PaymentLine};
use crate::periods::Period;
use crate::programmes::{BudgetChange, Programme, RulesKey, RulesVersion, UsageKey};
use crate::recoveries::Recovery;
use crate::reference_rates::ReferenceRate;
use crate::rentals::{ContractKey, Rental};
use crate::reversals::{Reversal, Reversible};
use crate::vouchers::{Uses, Voucher, VoucherStatus};

/// A dated reference rate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RateKey {
    /// Which rate.
    pub name: Label,
    /// Which day.
    pub date: Date,
}

/// A series of running numbers, such as the vouchers of a programme and year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series(pub String);

/// A key of the book.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A month that was closed.
    Period(Month),
    /// What was posted in each month up to this one.
    Turnovers(Month),
    /// An organisation.
    Organisation(CreditCode),
    /// A dated reference rate.
    ReferenceRate(RateKey),
    /// A programme.
    Programme(ProgrammeCode),
    /// A version of a programme's rules.
    Rules(RulesKey),
    /// A change of a budget.
    BudgetChange(BudgetChangeId),
    /// A file that backs claims.
    Evidence(EvidenceId),
    /// An invoice.
    Invoice(InvoiceNumber),
    /// A contract.
    Rental(RentalId),
    /// The contract of two parties with a number.
    Contract(ContractKey),
    /// A loan.
    Loan(LoanId),
    /// The loan of two parties with a number.
    LoanOf(LoanKey),
    /// A voucher.
    Voucher(VoucherId),
    /// A claim.
    Claim(ClaimId),
    /// A recalculation of a claim.
    Recalculation(RecalculationKey),
    /// An objection to a claim.
    Objection(ObjectionId),
    /// A payment batch.
    PaymentBatch(PaymentBatchId),
    /// A claim in a payment batch.
    PaymentLine(LineKey),
    /// The claims of a payment batch.
    BatchClaims(PaymentBatchId),
    /// A recovery.
    Recovery(RecoveryId),
    /// The reversal of a leaf.
    Reversal(Sequence),
    /// What a leaf can be reversed as.
    Reversible(Sequence),
    /// An organisation's vouchers that claims may draw on.
    LiveVouchers(CreditCode),
    /// The vouchers on a contract.
    ContractUses(RentalId),
    /// What an organisation used of a programme.
    Usage(UsageKey),
    /// The last number of a series.
    Number(Series),
    /// A balance.
    Balance(BalanceKey),
}

/// Keys, each once and in order.
pub type Keys = BTreeSet<Key>;

/// All that rules read of one agency.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// The agency itself; none before its first leaf.
    pub agency: Option<Agency>,
    /// Months that were closed.
    pub periods: Slots<Month, Period>,
    /// What was posted in each month: an index of the postings, kept where it is known.
    pub turnovers: MonthlyTurnovers,
    /// Organisations.
    pub organisations: Slots<CreditCode, Organisation>,
    /// Reference rates.
    pub reference_rates: Slots<RateKey, ReferenceRate>,
    /// Programmes.
    pub programmes: Slots<ProgrammeCode, Programme>,
    /// Versions of rules.
    pub rules: Slots<RulesKey, RulesVersion>,
    /// Changes of budgets.
    pub budget_changes: Slots<BudgetChangeId, BudgetChange>,
    /// Files that back claims.
    pub evidence: Slots<EvidenceId, Evidence>,
    /// Invoices.
    pub invoices: Slots<InvoiceNumber, Invoice>,
    /// Contracts.
    pub rentals: Slots<RentalId, Rental>,
    /// Contracts by their parties and number.
    pub contracts: Slots<ContractKey, RentalId>,
    /// Loans.
    pub loans: Slots<LoanId, Loan>,
    /// Loans by their parties and number.
    pub loan_keys: Slots<LoanKey, LoanId>,
    /// Vouchers.
    pub vouchers: Slots<VoucherId, Voucher>,
    /// Claims.
    pub claims: Slots<ClaimId, Claim>,
    /// Recalculations of claims.
    pub recalculations: Slots<RecalculationKey, Recalculation>,
    /// Objections to claims.
    pub objections: Slots<ObjectionId, Objection>,
    /// Payment batches.
    pub payment_batches: Slots<PaymentBatchId, PaymentBatch>,
    /// Claims in payment batches.
    pub payment_lines: Slots<LineKey, PaymentLine>,
    /// The claims of each payment batch: an index of its lines, kept where it is known.
    pub batch_claims: Slots<PaymentBatchId, Vec<ClaimId>>,
    /// Recoveries.
    pub recoveries: Slots<RecoveryId, Recovery>,
    /// Reversals, by what they reverse.
    pub reversals: Slots<Sequence, Reversal>,
    /// Postings that can be reversed: an index of the log, kept where it is known.
    pub reversible: Slots<Sequence, Reversible>,
    /// Vouchers that claims may draw on, by organisation: an index of the vouchers, kept where it is known.
    pub live_vouchers: Slots<CreditCode, BTreeSet<VoucherId>>,
    /// Vouchers by contract.
    pub uses: Slots<RentalId, Uses>,
    /// Use of programmes by organisations.
    pub usages: Slots<UsageKey, Money>,
    /// Running numbers.
    pub numbers: Slots<Series, u64>,
    /// Balances, each on its account's own side.
    pub balances: Slots<BalanceKey, Money>,
}

impl Book {
    /// An empty book in which everything that was not put is absent: where a replay begins.
    pub fn complete() -> Self {
        Self {
            agency: None,
            periods: Slots::complete(),
            turnovers: MonthlyTurnovers::complete(),
            organisations: Slots::complete(),
            reference_rates: Slots::complete(),
            programmes: Slots::complete(),
            rules: Slots::complete(),
            budget_changes: Slots::complete(),
            evidence: Slots::complete(),
            invoices: Slots::complete(),
            rentals: Slots::complete(),
            contracts: Slots::complete(),
            loans: Slots::complete(),
            loan_keys: Slots::complete(),
            vouchers: Slots::complete(),
            claims: Slots::complete(),
            recalculations: Slots::complete(),
            objections: Slots::complete(),
            payment_batches: Slots::complete(),
            payment_lines: Slots::complete(),
            batch_claims: Slots::complete(),
            recoveries: Slots::complete(),
            reversals: Slots::complete(),
            reversible: Slots::complete(),
            live_vouchers: Slots::complete(),
            uses: Slots::complete(),
            usages: Slots::complete(),
            numbers: Slots::complete(),
            balances: Slots::complete(),
        }
    }

    /// Whether a key was looked for.
    pub fn knows(&self, key: &Key) -> bool {
        match key {
            Key::Period(k) => self.periods.knows(k),
            Key::Turnovers(k) => self.turnovers.knows(*k),
            Key::Organisation(k) => self.organisations.knows(k),
            Key::ReferenceRate(k) => self.reference_rates.knows(k),
            Key::Programme(k) => self.programmes.knows(k),
            Key::Rules(k) => self.rules.knows(k),
            Key::BudgetChange(k) => self.budget_changes.knows(k),
            Key::Evidence(k) => self.evidence.knows(k),
            Key::Invoice(k) => self.invoices.knows(k),
            Key::Rental(k) => self.rentals.knows(k),
            Key::Contract(k) => self.contracts.knows(k),
            Key::Loan(k) => self.loans.knows(k),
            Key::LoanOf(k) => self.loan_keys.knows(k),
            Key::Voucher(k) => self.vouchers.knows(k),
            Key::Claim(k) => self.claims.knows(k),
            Key::Recalculation(k) => self.recalculations.knows(k),
            Key::Objection(k) => self.objections.knows(k),
            Key::PaymentBatch(k) => self.payment_batches.knows(k),
            Key::PaymentLine(k) => self.payment_lines.knows(k),
            Key::BatchClaims(k) => self.batch_claims.knows(k),
            Key::Recovery(k) => self.recoveries.knows(k),
            Key::Reversal(k) => self.reversals.knows(k),
            Key::Reversible(k) => self.reversible.knows(k),
            Key::LiveVouchers(k) => self.live_vouchers.knows(k),
            Key::ContractUses(k) => self.uses.knows(k),
            Key::Usage(k) => self.usages.knows(k),
            Key::Number(k) => self.numbers.knows(k),
            Key::Balance(k) => self.balances.knows(k),
        }
    }

    /// Marks a key as looked for and, unless it was put, not there.
    pub fn looked_for(&mut self, key: Key) {
        match key {
            Key::Period(k) => self.periods.looked_for(k),
            Key::Turnovers(k) => self.turnovers.looked_for(k),
            Key::Organisation(k) => self.organisations.looked_for(k),
            Key::ReferenceRate(k) => self.reference_rates.looked_for(k),
            Key::Programme(k) => self.programmes.looked_for(k),
            Key::Rules(k) => self.rules.looked_for(k),
            Key::BudgetChange(k) => self.budget_changes.looked_for(k),
            Key::Evidence(k) => self.evidence.looked_for(k),
            Key::Invoice(k) => self.invoices.looked_for(k),
            Key::Rental(k) => self.rentals.looked_for(k),
            Key::Contract(k) => self.contracts.looked_for(k),
            Key::Loan(k) => self.loans.looked_for(k),
            Key::LoanOf(k) => self.loan_keys.looked_for(k),
            Key::Voucher(k) => self.vouchers.looked_for(k),
            Key::Claim(k) => self.claims.looked_for(k),
            Key::Recalculation(k) => self.recalculations.looked_for(k),
            Key::Objection(k) => self.objections.looked_for(k),
            Key::PaymentBatch(k) => self.payment_batches.looked_for(k),
            Key::PaymentLine(k) => self.payment_lines.looked_for(k),
            Key::BatchClaims(k) => self.batch_claims.looked_for(k),
            Key::Recovery(k) => self.recoveries.looked_for(k),
            Key::Reversal(k) => self.reversals.looked_for(k),
            Key::Reversible(k) => self.reversible.looked_for(k),
            Key::LiveVouchers(k) => self.live_vouchers.looked_for(k),
            Key::ContractUses(k) => self.uses.looked_for(k),
            Key::Usage(k) => self.usages.looked_for(k),
            Key::Number(k) => self.numbers.looked_for(k),
            Key::Balance(k) => self.balances.looked_for(k),
        }
    }

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

    /// A line, and its claim in the batch's index, in the order of their ids.
    fn put_line(&mut self, line: PaymentLine) {
        if let Ok(claims) = self.batch_claims.get(&line.batch) {
            let mut claims = claims.cloned().unwrap_or_default();
            if let Err(at) = claims.binary_search(&line.claim) {
                claims.insert(at, line.claim);
                self.batch_claims.put(line.batch, claims);
            }
        }
        self.payment_lines.put(line.key(), line);
    }

    /// A voucher, and whether it is live in its organisation's index, in the order of their ids.
    fn put_voucher(&mut self, voucher: Voucher) {
        let live = matches!(voucher.status, VoucherStatus::Issued | VoucherStatus::PartlyRedeemed);
        let known = self.live_vouchers.get(&voucher.organisation).ok();
        let listed = known.map(|known| known.is_some_and(|ids| ids.contains(&voucher.id)));
        if listed.is_some_and(|listed| listed != live) {
            self.live_vouchers.alter(voucher.organisation, |ids| {
                if live {
                    ids.insert(voucher.id)
                } else {
                    ids.remove(&voucher.id)
                };
            });
        }
        self.vouchers.put(voucher.id, voucher);
    }

    fn put(&mut self, change: Change) -> Result<(), Fault> {
        match change {
            Change::Agency(a) => self.agency = Some(a),
            Change::Organisation(o) => self.organisations.put(o.credit_code, *o),
            Change::Period(p) => self.periods.put(p.month, *p),
            Change::ReferenceRate(r) => {
                self.reference_rates.put(RateKey { name: r.name.clone(), date: r.date }, r);
            }
            Change::Programme(p) => self.programmes.put(p.code.clone(), p),
            Change::Rules(v) => {
                self.rules.put(RulesKey { programme: v.programme.clone(), number: v.number }, *v);
            }
            Change::BudgetChange(b) => self.budget_changes.put(b.id, b),
            Change::Evidence(e) => self.evidence.put(e.id, *e),
            Change::Invoice(i) => self.invoices.put(i.facts.number.clone(), *i),
            Change::Rental(r) => {
                let contract = ContractKey {
                    organisation: r.organisation,
                    provider: r.provider,
                    contract_no: r.contract_no.clone(),
                };
                self.contracts.put(contract, r.id);
                self.rentals.put(r.id, r);
            }
            Change::Loan(l) => {
                self.loan_keys.put(l.key(), l.id);
                self.loans.put(l.id, *l);
            }
            Change::Voucher(v) => self.put_voucher(*v),
            Change::Recovery(r) => self.recoveries.put(r.id, *r),
            Change::Reversal(r) => self.reversals.put(r.sequence, *r),
            Change::Reversible { sequence, posting } => self.reversible.put(sequence, posting),
            Change::Claim(c) => self.claims.put(c.id, *c),
            Change::Recalculation(r) => self.recalculations.put(r.key(), *r),
            Change::Objection(o) => self.objections.put(o.id, *o),
            Change::PaymentBatch(b) => self.payment_batches.put(b.id, *b),
            Change::PaymentLine(l) => self.put_line(*l),
            Change::ContractUse { rental, voucher, contract_use } => {
                let mut uses = self.uses.get(&rental)?.cloned().unwrap_or_default();
                uses.insert(voucher, contract_use);
                self.uses.put(rental, uses);
            }
            Change::Usage { key, used } => self.usages.put(key, used),
            Change::Number { series, last } => self.numbers.put(series, last),
        }
        Ok(())
    }
}
