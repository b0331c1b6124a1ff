//! Commands: every change that can be asked for, and who asks.

use serde::{Deserialize, Serialize};

use crate::agencies::{AcceptLog, CreateAgency, MoveBusinessDate, SwitchSemantics};
use crate::calendar::{ApproveCalendar, ProposeCalendar, RejectCalendar};
use crate::claims::objection::{RaiseObjection, ResolveObjection};
use crate::claims::recalculation::{ApproveRecalculation, ProposeRecalculation, RejectRecalculation};
use crate::claims::{ApproveClaim, NameClaim, RejectClaim, ReviewClaim, WriteClaim};
use crate::domain::{Actor, Date, Sequence};
use crate::erasures::EraseText;
use crate::evidence::{ConfirmInvoice, RegisterEvidence};
use crate::loans::{ConfirmInterest, RecordLoanEvents, RegisterLoan};
use crate::organisations::{ApproveBankAccount, ChangeStanding, ProposeBankAccount, RegisterOrganisation};
use crate::payments::{
    ApprovePaymentBatch, ApproveReturn, ProposePaymentBatch, ReadAccounts, RejectPaymentBatch, RejectReturn,
    SettlePayment,
};
use crate::people::NameSubject;
use crate::periods::{ApproveReopening, ClosePeriod, ProposeReopening, RejectReopening};
use crate::prefunds::true_up::{ApproveTrueUp, ProposeTrueUp, RejectTrueUp};
use crate::prefunds::{ApprovePrefund, ProposePrefund, RejectPrefund};
use crate::programmes::{
    ApproveBudgetChange, ApproveProgramme, ApproveRules, ProposeBudgetChange, ProposeProgramme, ProposeRules,
};
use crate::recoveries::{
    ApproveRecovery, OffsetRecovery, ProposeRecovery, ReceiveRecovery, RejectRecovery, WriteOffRecovery,
};
use crate::reference_rates::LoadReferenceRate;
use crate::rentals::RegisterRental;
use crate::reversals::{ApproveReversal, ProposeReversal};
use crate::usage::{ApproveUsageImport, ImportUsage, RejectUsageImport};
use crate::vouchers::{
    ApplyForVoucher, ChangeVoucher, ExpireVoucher, IssueVoucher, RemindVoucher, ReviewVoucher,
};

/// The header of a group: the leaves that follow it, one a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenGroup {
    /// How many leaves follow, 1 to 1,000; of a run, which is told where it begins, perhaps none.
    pub members: u32,
    /// Of a run: the day that it is made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// Of a run that reminds: how many days ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($type:ty) $kind:literal;)*) => {
        /// A change that is asked for.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Command {
            $($(#[$doc])* #[serde(rename = $kind)] $name($type),)*
        }

        impl Command {
            /// Every kind, as it stands in the log.
            pub const KINDS: &'static [&'static str] = &[$($kind,)*];

            /// Its kind, as it stands in the log.
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$name(_) => $kind,)* }
            }
        }
    };
}

commands! {
    /// The first leaf of a log.
    CreateAgency(CreateAgency) "create_agency";
    /// A newer meaning of the rules.
    SwitchSemantics(SwitchSemantics) "switch_semantics";
    /// A log that was wound back is gone on with.
    AcceptLog(AcceptLog) "accept_log";
    /// Which spelling of a subject is right.
    NameSubject(NameSubject) "name_subject";
    /// A sandbox's business date.
    MoveBusinessDate(MoveBusinessDate) "move_business_date";
    /// A free text erased, on an order.
    EraseText(EraseText) "erase_text";
    /// A month, and every one before it, takes no more postings.
    ClosePeriod(ClosePeriod) "close_period";
    /// A month, and every one after it, is to take postings again.
    ProposeReopening(ProposeReopening) "propose_period_reopening";
    /// A month, and every one after it, takes postings again.
    ApproveReopening(ApproveReopening) "approve_period_reopening";
    /// A month that stays closed.
    RejectReopening(RejectReopening) "reject_period_reopening";
    /// A header before the leaves of one request on many documents.
    OpenGroup(OpenGroup) "open_group";
    /// A dated reference rate.
    LoadReferenceRate(LoadReferenceRate) "load_reference_rate";
    /// Holidays, and workdays in their stead.
    ProposeCalendar(Box<ProposeCalendar>) "propose_calendar";
    /// A change of the calendar in force.
    ApproveCalendar(ApproveCalendar) "approve_calendar";
    /// A change of the calendar refused.
    RejectCalendar(RejectCalendar) "reject_calendar";
    /// A new organisation.
    RegisterOrganisation(Box<RegisterOrganisation>) "register_organisation";
    /// An organisation begins nothing new.
    BlockOrganisation(ChangeStanding) "block_organisation";
    /// An organisation may begin again.
    UnblockOrganisation(ChangeStanding) "unblock_organisation";
    /// A bank account that is to take the place of another.
    ProposeBankAccount(Box<ProposeBankAccount>) "propose_bank_account";
    /// The account that payments go to from now on.
    ApproveBankAccount(ApproveBankAccount) "approve_bank_account";
    /// A proposed account refused.
    RejectBankAccount(ChangeStanding) "reject_bank_account";
    /// A programme in draft.
    ProposeProgramme(Box<ProposeProgramme>) "propose_programme";
    /// A programme active.
    ApproveProgramme(ApproveProgramme) "approve_programme";
    /// A version of a programme's rules.
    ProposeRules(Box<ProposeRules>) "propose_rules";
    /// A version in force from its day on.
    ApproveRules(ApproveRules) "approve_rules";
    /// A change of a budget.
    ProposeBudgetChange(ProposeBudgetChange) "propose_budget_change";
    /// A change of a budget, posted.
    ApproveBudgetChange(ApproveBudgetChange) "approve_budget_change";
    /// A file that backs claims.
    RegisterEvidence(Box<RegisterEvidence>) "register_evidence";
    /// An officer's word for what an organisation says of an invoice.
    ConfirmInvoice(ConfirmInvoice) "confirm_invoice";
    /// A contract.
    RegisterRental(Box<RegisterRental>) "register_rental";
    /// A billing file of a contract.
    ImportUsage(Box<ImportUsage>) "import_usage";
    /// A billing file that takes the place of what claims used, in force.
    ApproveUsageImport(ApproveUsageImport) "approve_usage_import";
    /// A billing file that was to do so, refused.
    RejectUsageImport(RejectUsageImport) "reject_usage_import";
    /// A loan.
    RegisterLoan(Box<RegisterLoan>) "register_loan";
    /// What happened to a loan.
    RecordLoanEvents(Box<RecordLoanEvents>) "record_loan_events";
    /// What the bank says was paid on a loan.
    ConfirmInterest(ConfirmInterest) "confirm_interest";
    /// Money to be paid to a bank ahead.
    ProposePrefund(Box<ProposePrefund>) "propose_prefund";
    /// Money paid to a bank ahead, posted.
    ApprovePrefund(ApprovePrefund) "approve_prefund";
    /// A prefund refused.
    RejectPrefund(RejectPrefund) "reject_prefund";
    /// A year of a bank's prefunds to be settled.
    ProposeTrueUp(Box<ProposeTrueUp>) "propose_true_up";
    /// A year of a bank's prefunds settled: what is left rolls or came back.
    ApproveTrueUp(ApproveTrueUp) "approve_true_up";
    /// A true-up refused.
    RejectTrueUp(RejectTrueUp) "reject_true_up";
    /// A voucher applied for.
    ApplyForVoucher(ApplyForVoucher) "apply_for_voucher";
    /// A voucher reviewed.
    ReviewVoucher(ReviewVoucher) "review_voucher";
    /// A voucher issued: the budget is committed.
    IssueVoucher(IssueVoucher) "issue_voucher";
    /// A voucher taken back: the commitment is released.
    CancelVoucher(ChangeVoucher) "cancel_voucher";
    /// A voucher not usable for now.
    SuspendVoucher(ChangeVoucher) "suspend_voucher";
    /// A suspended voucher usable again.
    ReinstateVoucher(ChangeVoucher) "reinstate_voucher";
    /// A voucher past its last usable day: what nobody holds is released.
    ExpireVoucher(ExpireVoucher) "expire_voucher";
    /// Its holder is told that a voucher is about to expire.
    RemindVoucher(RemindVoucher) "remind_voucher";
    /// A claim in draft.
    DraftClaim(Box<WriteClaim>) "draft_claim";
    /// A draft or a returned claim with other inputs.
    RewriteClaim(Box<WriteClaim>) "rewrite_claim";
    /// A claim filed: its amount is held.
    SubmitClaim(NameClaim) "submit_claim";
    /// A claim taken back.
    WithdrawClaim(NameClaim) "withdraw_claim";
    /// A claim reviewed.
    ReviewClaim(ReviewClaim) "review_claim";
    /// A claim approved: its amount is owed.
    ApproveClaim(ApproveClaim) "approve_claim";
    /// A reviewed claim refused.
    RejectClaim(RejectClaim) "reject_claim";
    /// A further sheet of an approved or a paid claim.
    ProposeRecalculation(Box<ProposeRecalculation>) "propose_recalculation";
    /// A further sheet in force: the difference is posted or asked back.
    ApproveRecalculation(ApproveRecalculation) "approve_recalculation";
    /// A further sheet refused.
    RejectRecalculation(RejectRecalculation) "reject_recalculation";
    /// An objection to a claim that is published.
    RaiseObjection(RaiseObjection) "raise_objection";
    /// An objection upheld or dismissed.
    ResolveObjection(ResolveObjection) "resolve_objection";
    /// Approved claims to be paid together.
    ProposePaymentBatch(Box<ProposePaymentBatch>) "propose_payment_batch";
    /// A batch for the bank.
    ApprovePaymentBatch(ApprovePaymentBatch) "approve_payment_batch";
    /// A batch refused: its claims are free.
    RejectPaymentBatch(RejectPaymentBatch) "reject_payment_batch";
    /// What the bank says of a line.
    SettlePayment(SettlePayment) "settle_payment";
    /// A payment that came back, as another person confirms it.
    ApproveReturn(ApproveReturn) "approve_payment_return";
    /// A payment that stands, though somebody recorded that it came back.
    RejectReturn(RejectReturn) "reject_payment_return";
    /// Account numbers read in clear, for a file to the bank.
    ReadAccounts(ReadAccounts) "read_accounts";
    /// Money of a paid claim that is to come back.
    ProposeRecovery(Box<ProposeRecovery>) "propose_recovery";
    /// A recovery decided.
    ApproveRecovery(ApproveRecovery) "approve_recovery";
    /// A recovery refused.
    RejectRecovery(RejectRecovery) "reject_recovery";
    /// Money that came back.
    ReceiveRecovery(ReceiveRecovery) "receive_recovery";
    /// What is due of a claim, kept for a recovery.
    OffsetRecovery(OffsetRecovery) "offset_recovery";
    /// What is outstanding, given up.
    WriteOffRecovery(WriteOffRecovery) "write_off_recovery";
    /// A posting to be reversed.
    ProposeReversal(ProposeReversal) "propose_reversal";
    /// A posting reversed.
    ApproveReversal(ApproveReversal) "approve_reversal";
}

impl Command {
    /// The document that it is about, as the log and the work lists name it.
    pub fn document(&self) -> String {
        match self {
            Self::CreateAgency(c) => c.code.to_string(),
            Self::SwitchSemantics(_) | Self::AcceptLog(_) | Self::MoveBusinessDate(_) => "agency".to_owned(),
            Self::EraseText(c) => c.sha256.to_string(),
            Self::NameSubject(_) => "agency".to_owned(),
            Self::ClosePeriod(c) => c.month.to_string(),
            Self::ProposeReopening(c) => c.month.to_string(),
            Self::ApproveReopening(c) => c.month.to_string(),
            Self::RejectReopening(c) => c.month.to_string(),
            Self::OpenGroup(_) => "group".to_owned(),
            Self::LoadReferenceRate(c) => format!("{}/{}", c.name, c.date),
            Self::ProposeCalendar(c) => c.id.to_string(),
            Self::ApproveCalendar(c) => c.id.to_string(),
            Self::RejectCalendar(c) => c.id.to_string(),
            Self::RegisterOrganisation(c) => c.credit_code.to_string(),
            Self::BlockOrganisation(c) | Self::UnblockOrganisation(c) => c.credit_code.to_string(),
            Self::ProposeBankAccount(c) => c.credit_code.to_string(),
            Self::ApproveBankAccount(c) => c.credit_code.to_string(),
            Self::RejectBankAccount(c) => c.credit_code.to_string(),
            Self::ProposeProgramme(c) => c.code.to_string(),
            Self::ApproveProgramme(c) => c.code.to_string(),
            Self::ProposeRules(c) => c.programme.to_string(),
            Self::ApproveRules(c) => format!("{}/{}", c.programme, c.number),
            Self::ProposeBudgetChange(c) => c.id.to_string(),
            Self::ApproveBudgetChange(c) => c.id.to_string(),
            Self::RegisterEvidence(c) => c.id.to_string(),
            Self::ConfirmInvoice(c) => c.evidence.to_string(),
            Self::RegisterRental(c) => c.id.to_string(),
            Self::ImportUsage(c) => c.id.to_string(),
            Self::ApproveUsageImport(c) => c.id.to_string(),
            Self::RejectUsageImport(c) => c.id.to_string(),
            Self::RegisterLoan(c) => c.id.to_string(),
            Self::RecordLoanEvents(c) => c.id.to_string(),
            Self::ConfirmInterest(c) => c.id.to_string(),
            Self::ProposePrefund(c) => c.id.to_string(),
            Self::ApprovePrefund(c) => c.id.to_string(),
            Self::RejectPrefund(c) => c.id.to_string(),
            Self::ProposeTrueUp(c) => c.id.to_string(),
            Self::ApproveTrueUp(c) => c.id.to_string(),
            Self::RejectTrueUp(c) => c.id.to_string(),
            Self::ApplyForVoucher(c) => c.id.to_string(),
            Self::ReviewVoucher(c) => c.id.to_string(),
            Self::IssueVoucher(c) => c.id.to_string(),
            Self::CancelVoucher(c) | Self::SuspendVoucher(c) | Self::ReinstateVoucher(c) => c.id.to_string(),
            Self::ExpireVoucher(c) => c.id.to_string(),
            Self::RemindVoucher(c) => c.id.to_string(),
            Self::DraftClaim(c) | Self::RewriteClaim(c) => c.id.to_string(),
            Self::SubmitClaim(c) | Self::WithdrawClaim(c) => c.id.to_string(),
            Self::ReviewClaim(c) => c.id.to_string(),
            Self::ApproveClaim(c) => c.id.to_string(),
            Self::RejectClaim(c) => c.id.to_string(),
            Self::ProposeRecalculation(c) => c.claim.to_string(),
            Self::ApproveRecalculation(c) => c.claim.to_string(),
            Self::RejectRecalculation(c) => c.claim.to_string(),
            Self::RaiseObjection(c) => c.id.to_string(),
            Self::ResolveObjection(c) => c.id.to_string(),
            Self::ProposePaymentBatch(c) => c.id.to_string(),
            Self::ApprovePaymentBatch(c) => c.id.to_string(),
            Self::RejectPaymentBatch(c) => c.id.to_string(),
            Self::SettlePayment(c) => c.claim.to_string(),
            Self::ApproveReturn(c) => c.claim.to_string(),
            Self::RejectReturn(c) => c.claim.to_string(),
            Self::ReadAccounts(c) => c.batch.to_string(),
            Self::ProposeRecovery(c) => c.id.to_string(),
            Self::ApproveRecovery(c) => c.id.to_string(),
            Self::RejectRecovery(c) => c.id.to_string(),
            Self::ReceiveRecovery(c) => c.id.to_string(),
            Self::OffsetRecovery(c) => c.id.to_string(),
            Self::WriteOffRecovery(c) => c.id.to_string(),
            Self::ProposeReversal(c) => c.sequence.to_string(),
            Self::ApproveReversal(c) => c.sequence.to_string(),
        }
    }
}

/// A command, who asks for it, and which version of the document they saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Who.
    pub actor: Actor,
    /// `If-Match`: the version that the document must have. Not in the log: what was accepted matched.
    pub if_match: Option<Sequence>,
    /// What.
    pub command: Command,
}
