//! What a decision changes.

use serde::{Deserialize, Serialize};

use super::Series;
use crate::agencies::Agency;
use crate::audit_notes::AuditNote;
use crate::calendar::CalendarChange;
use crate::cap_groups::CapGroup;
use crate::claims::objection::Objection;
use crate::claims::recalculation::Recalculation;
use crate::claims::{Claim, ClaimStatus};
use crate::documents;
use crate::domain::{ClaimId, Date, LoanId, Money, PaymentBatchId, RentalId, Sequence};
use crate::erasures::Erasure;
use crate::evidence::{Evidence, Invoice};
use crate::grants::awards::Award;
use crate::grants::{Application, Call};
use crate::ledger::Posting;
use crate::loans::{Loan, LoanAllocation};
use crate::organisations::Organisation;
use crate::payments::{PaymentBatch, PaymentLine};
use crate::periods::Period;
use crate::prefunds::Prefund;
use crate::prefunds::true_up::TrueUp;
use crate::programmes::calculation::Calculation;
use crate::programmes::overrides::{Overridden, Override};
use crate::programmes::{BudgetChange, CapUsage, CapUsageKey, Programme, RulesVersion};
use crate::rankings::Ranking;
use crate::recoveries::Recovery;
use crate::reference_rates::ReferenceRate;
use crate::reminders::Reminder;
use crate::rentals::Rental;
use crate::rentals::allocations::{ContractAllocation, ContractHolder};
use crate::reversals::{Reversal, Reversible};
use crate::revocations::Revocation;
use crate::role_grants::RoleGrant;
use crate::statutory_limits::StatutoryLimit;
use crate::tags::{Tag, TagImport};
use crate::usage::UsageImport;
use crate::vouchers::{Voucher, VoucherStatus};

macro_rules! changes {
    ({ $($document:ident($key:ty) in $loaded:ident: $type:ty, $book_key:expr;)* }) => {
        /// What is otherwise after a decision: a document, or what the indexes and counters hold.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Change {
            $($document(Box<$type>),)*
            Agency(Agency),
            /// A posting that can be reversed: this one.
            Reversible {
                sequence: Sequence,
                /// What it was made for.
                posting: Reversible,
            },
            /// What rests on a contract.
            ContractAllocation {
                rental: RentalId,
                /// The voucher or the claim.
                user: ContractHolder,
                contract_use: ContractAllocation,
            },
            /// A claim on a loan.
            LoanAllocation {
                loan: LoanId,
                claim: ClaimId,
                loan_use: Box<LoanAllocation>,
            },
            /// What an organisation used of a programme.
            Usage {
                /// Whose, of which, when.
                key: CapUsageKey,
                /// How much, and since when it is not more.
                used: CapUsage,
            },
            /// The last number of a series.
            Number {
                series: Series,
                last: u64,
            },
        }
    };
}
documents! { changes }

/// A document's step from one state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// What kind of document: `voucher`, `programme`, …
    pub kind: &'static str,
    pub document: String,
    /// The state it was in; none where it is new.
    pub from: Option<&'static str>,
    /// The state it is in.
    pub to: &'static str,
}

impl Transition {
    /// The step of a document from one state, none where it is new, to another.
    pub fn new<S: Into<&'static str>>(
        kind: &'static str,
        document: &impl ToString,
        from: Option<S>,
        to: S,
    ) -> Self {
        Self { kind, document: document.to_string(), from: from.map(S::into), to: to.into() }
    }

    /// The step of a voucher that another document changed; none where it stays.
    pub fn voucher(from: VoucherStatus, voucher: &Voucher) -> Option<Self> {
        (from != voucher.status).then(|| Self::new("voucher", &voucher.id, Some(from), voucher.status))
    }
}

/// A calculation sheet and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSheet {
    pub document: String,
    pub sheet: Calculation,
}

/// All that a decision changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Documents as they are after it.
    pub changes: Vec<Change>,
    pub posting: Posting,
    /// The day on which it is posted; where nothing is posted, none.
    pub effective_date: Option<Date>,
    pub transitions: Vec<Transition>,
    /// New calculation sheets; no rule reads them.
    pub sheets: Vec<NewSheet>,
}

impl From<Change> for Effects {
    fn from(change: Change) -> Self {
        Self { changes: vec![change], ..Self::default() }
    }
}

impl Effects {
    /// A document changed, with its step.
    pub fn step(change: Change, step: Transition) -> Self {
        Self { transitions: vec![step], ..Self::from(change) }
    }

    /// A claim changed, with its step from one state to another.
    pub fn claim(from: Option<ClaimStatus>, claim: &Claim) -> Self {
        let step = Transition::new("claim", &claim.id, from, claim.status);
        Self::step(Change::Claim(Box::new(claim.clone())), step)
    }

    /// A voucher changed, with its step from one state to another.
    pub fn voucher(from: Option<VoucherStatus>, voucher: &Voucher) -> Self {
        let step = Transition::new("voucher", &voucher.id, from, voucher.status);
        Self::step(Change::Voucher(Box::new(voucher.clone())), step)
    }
}

/// What the caller is answered: the document as the command left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Agency(Agency),
    Group {
        /// How many leaves follow.
        members: u32,
    },
    /// A text that was erased.
    Erasure(Box<Erasure>),
    AuditNote(Box<AuditNote>),
    /// A task that was told of.
    TaskReminder(Box<Reminder>),
    /// Tokens that serve no more.
    Revocation(Box<Revocation>),
    /// Who may have which role.
    RoleGrant(Box<RoleGrant>),
    /// A month that was closed.
    Period(Box<Period>),
    Organisation(Box<Organisation>),
    ReferenceRate(ReferenceRate),
    Calendar(Box<CalendarChange>),
    /// Caps that programmes share.
    CapGroup(Box<CapGroup>),
    StatutoryLimit(Box<StatutoryLimit>),
    Tag(Box<Tag>),
    /// A call of which awards were proposed.
    AwardsProposed(Box<Call>),
    /// An award of which an acceptance or a later deadline was proposed.
    AwardProposal(Box<Award>),
    /// A tag whose end was proposed or decided.
    TagEnd(Box<Tag>),
    /// A list; its tags follow from the command.
    TagImport(Box<TagImport>),
    Programme(Programme),
    Rules(Box<RulesVersion>),
    BudgetChange(BudgetChange),
    /// A file that backs claims, with the invoice that it shows.
    Evidence {
        evidence: Box<Evidence>,
        /// The invoice as it is known after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice: Option<Box<Invoice>>,
    },
    Rental(Box<Rental>),
    /// A billing file of a contract.
    UsageImport(Box<UsageImport>),
    Loan(Box<Loan>),
    /// Money paid to a bank ahead.
    Prefund(Box<Prefund>),
    /// A year of a bank's prefunds settled.
    TrueUp(Box<TrueUp>),
    /// A voucher, with its sheet where the command made one.
    Voucher {
        voucher: Box<Voucher>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calculation: Option<Calculation>,
    },
    /// A voucher past its last usable day.
    Expiry {
        voucher: Box<Voucher>,
        /// CNY that expired now.
        amount: Money,
    },
    /// A voucher that is about to expire.
    Reminder {
        voucher: Box<Voucher>,
        /// CNY on it that nobody holds.
        amount: Money,
    },
    /// A cap of a claim or voucher that is to be relaxed, or was.
    Override {
        of: Overridden,
        made: Box<Override>,
    },
    /// A claim, with its sheet where the command made one.
    Claim {
        claim: Box<Claim>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calculation: Option<Calculation>,
    },
    /// A recalculation of a claim, with its sheet where the command made one.
    Recalculation {
        recalculation: Box<Recalculation>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calculation: Option<Calculation>,
    },
    /// An objection to a claim.
    Objection(Box<Objection>),
    /// What may be applied for, with its list of awards.
    Call(Box<Call>),
    /// An application, with its sheet where the command made one.
    Application {
        application: Box<Application>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        calculation: Option<Calculation>,
    },
    /// What a project was granted.
    Award(Box<Award>),
    Ranking(Box<Ranking>),
    PaymentBatch(Box<PaymentBatch>),
    /// A line of a payment batch, with the batch as it left it.
    Payment {
        batch: Box<PaymentBatch>,
        line: Box<PaymentLine>,
    },
    /// Account numbers were read in clear.
    AccountsRead {
        batch: PaymentBatchId,
        /// How many of its lines had their result before.
        generation: u32,
        /// When the bank is to pay.
        execution_date: Date,
        lines: u32,
        /// CNY of these lines.
        total: Money,
    },
    Recovery(Box<Recovery>),
    Reversal(Box<Reversal>),
}

/// An accepted command: what it changes and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub effects: Effects,
    pub outcome: Outcome,
}
