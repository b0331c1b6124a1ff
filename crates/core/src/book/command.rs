//! Commands: every change that can be asked for, who asks, and what kind of step it is where two people have to take part.

use serde::{Deserialize, Serialize};

use crate::agencies::{AcceptLog, CreateAgency, MoveBusinessDate, SwitchSemantics};
use crate::audit_notes::WriteAuditNote;
use crate::calendar::{ApproveCalendar, ProposeCalendar, RejectCalendar};
use crate::cap_groups::{ApproveCapGroup, ProposeCapGroup, RejectCapGroup};
use crate::claims::objection::{RaiseObjection, ResolveObjection};
use crate::claims::recalculation::{ApproveRecalculation, ProposeRecalculation, RejectRecalculation};
use crate::claims::{ApproveClaim, NameClaim, RejectClaim, ReviewClaim, WriteClaim};
use crate::domain::{Actor, Date, Sequence};
use crate::erasures::EraseText;
use crate::evidence::{ConfirmInvoice, RegisterEvidence};
use crate::grants::awards::{
    NameAward, ProposeAcceptance, ProposeExtension, RaiseAwardObjection, RejectAward, ResolveAwardObjection,
};
use crate::grants::{
    NameApplication, NameCall, NameExperts, ProposeAwards, ProposeCall, RejectCall, ReviewApplication,
    ScoreApplication, WriteApplication,
};
use crate::loans::{ConfirmInterest, RecordLoanEvents, RegisterLoan};
use crate::organisations::{ApproveBankAccount, ChangeStanding, ProposeBankAccount, RegisterOrganisation};
use crate::payments::{
    ApprovePaymentBatch, ApproveResult, ProposePaymentBatch, ReadAccounts, RejectPaymentBatch, RejectResult,
    SettlePayment,
};
use crate::people::NameSubject;
use crate::periods::{ClosePeriod, ReopenPeriod};
use crate::prefunds::true_up::{ApproveTrueUp, ProposeTrueUp, RejectTrueUp};
use crate::prefunds::{ApprovePrefund, ProposePrefund, RejectPrefund};
use crate::programmes::overrides::{ApproveOverride, ProposeOverride, RejectOverride};
use crate::programmes::{
    ApproveBudgetChange, ApproveProgramme, ApproveRules, ProposeBudgetChange, ProposeProgramme, ProposeRules,
};
use crate::rankings::{ApproveRanking, ProposeRanking, RejectRanking};
use crate::recoveries::{
    ApproveRecovery, OffsetRecovery, ProposeRecovery, ReceiveRecovery, RejectRecovery, WriteOffRecovery,
};
use crate::reference_rates::LoadReferenceRate;
use crate::reminders::RemindTask;
use crate::rentals::RegisterRental;
use crate::reversals::{ApproveReversal, ProposeReversal};
use crate::revocations::RevokeTokens;
use crate::role_grants::{ApproveRoleGrant, EndRoleGrant, ProposeRoleGrant, RejectRoleGrant};
use crate::statutory_limits::{ApproveStatutoryLimit, ProposeStatutoryLimit, RejectStatutoryLimit};
use crate::tags::{
    ApproveTag, ApproveTagEnd, ApproveTagImport, ProposeTag, ProposeTagEnd, ProposeTagImport, RejectTag,
    RejectTagEnd, RejectTagImport,
};
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

/// A step's part in the separation of duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Duty {
    /// 提出: asks for something that somebody else approves.
    Raises,
    /// 审核: looks at what was asked for, before it is approved.
    Reviews,
    /// 批准: lets happen what somebody else asked for; four eyes hold between the two.
    Approves,
    /// 记录: writes down what happened, or acts alone.
    Records,
}

impl Duty {
    pub const ALL: [Self; 4] = [Self::Raises, Self::Reviews, Self::Approves, Self::Records];

    /// The part of a kind of command.
    pub fn of(kind: &str) -> Self {
        Command::DUTIES.iter().find(|(known, _)| *known == kind).map_or(Self::Records, |(_, duty)| *duty)
    }

    /// The kinds of command that take this part; those that record are the others.
    pub fn kinds(self) -> Vec<&'static str> {
        let asks = Command::DUTIES.iter().filter(|(_, duty)| *duty != Self::Records);
        asks.filter(|(_, duty)| *duty == self).map(|(kind, _)| *kind).collect()
    }
}

/// The one list of commands: payload, kind in the log, duty, and the document that it is about, as the log and the work
/// lists name it. Commands that share a payload name what tells them apart in `book::commands`.
macro_rules! commands {
    ($then:ident) => {
        $then! {
        /// The first leaf of a log.
            CreateAgency(CreateAgency) "create_agency" Records, |c| c.code;
        /// A newer meaning of the rules.
            SwitchSemantics(SwitchSemantics) "switch_semantics" Records, |_| "agency";
        /// A log that was wound back is gone on with.
            AcceptLog(AcceptLog) "accept_log" Records, |_| "agency";
        /// Which spelling of a subject is right.
            NameSubject(NameSubject) "name_subject" Records, |_| "agency";
        /// A sandbox's business date.
            MoveBusinessDate(MoveBusinessDate) "move_business_date" Records, |_| "agency";
        /// A free text erased, on an order.
            EraseText(EraseText) "erase_text" Records, |c| c.sha256;
        /// Tokens that serve no more.
            RevokeTokens(RevokeTokens) "revoke_tokens" Records, |c| c.tokens;
        /// Whoever is to do it is told that a task is late, or about to be due.
            RemindTask(RemindTask) "remind_task" Records, |c| c.task.parts().1;
        /// A role that somebody is to have.
            ProposeRoleGrant(Box<ProposeRoleGrant>) "propose_role_grant" Raises, |c| c.id;
        /// A role that somebody may have on its days.
            ApproveRoleGrant(ApproveRoleGrant) "approve_role_grant" Approves, |c| c.id;
            RejectRoleGrant(RejectRoleGrant) "reject_role_grant" Records, |c| c.id;
        /// A role taken away at once.
            EndRoleGrant(EndRoleGrant) "end_role_grant" Records, |c| c.id;
        /// What an auditor remarks.
            WriteAuditNote(WriteAuditNote) "write_audit_note" Records, |c| c.about.parts().1;
        /// A month, and every one before it, takes no more postings.
            ClosePeriod(ClosePeriod) "close_period" Records, |c| c.month;
        /// A month, and every one after it, takes postings again.
            ReopenPeriod(ReopenPeriod) "reopen_period" Records, |c| c.month;
        /// A header before the leaves of one request on many documents.
            OpenGroup(OpenGroup) "open_group" Records, |_| "group";
            LoadReferenceRate(LoadReferenceRate) "load_reference_rate" Records, |c| format!("{}/{}", c.name, c.date);
        /// Other statutory limits of the agency.
            ProposeStatutoryLimit(ProposeStatutoryLimit) "propose_statutory_limit" Raises, |c| c.id;
        /// The limits that everything is held to from now on.
            ApproveStatutoryLimit(ApproveStatutoryLimit) "approve_statutory_limit" Approves, |c| c.id;
            RejectStatutoryLimit(RejectStatutoryLimit) "reject_statutory_limit" Records, |c| c.id;
        /// Caps that programmes share, or other ones.
            ProposeCapGroup(ProposeCapGroup) "propose_cap_group" Raises, |c| c.code;
        /// What the programmes of a group are held to from now on.
            ApproveCapGroup(ApproveCapGroup) "approve_cap_group" Approves, |c| c.code;
            RejectCapGroup(RejectCapGroup) "reject_cap_group" Records, |c| c.code;
        /// Holidays, and workdays in their stead.
            ProposeCalendar(Box<ProposeCalendar>) "propose_calendar" Raises, |c| c.id;
        /// A change of the calendar in force.
            ApproveCalendar(ApproveCalendar) "approve_calendar" Approves, |c| c.id;
        /// A cap that is to be relaxed for one claim or voucher.
            ProposeOverride(Box<ProposeOverride>) "propose_override" Raises, |c| c.of;
        /// A cap relaxed from now on.
            ApproveOverride(ApproveOverride) "approve_override" Approves, |c| c.of;
            RejectOverride(RejectOverride) "reject_override" Records, |c| c.of;
        /// A change of the calendar refused.
            RejectCalendar(RejectCalendar) "reject_calendar" Records, |c| c.id;
        /// Somebody or something on a list.
            ProposeTag(Box<ProposeTag>) "propose_tag" Raises, |c| c.id;
        /// A tag that rules read from now on.
            ApproveTag(ApproveTag) "approve_tag" Approves, |c| c.id;
            RejectTag(RejectTag) "reject_tag" Records, |c| c.id;
        /// A tag that is to end earlier.
            ProposeTagEnd(ProposeTagEnd) "propose_tag_end" Raises, |c| c.id;
            ApproveTagEnd(ApproveTagEnd) "approve_tag_end" Approves, |c| c.id;
        /// A tag that stays as it is.
            RejectTagEnd(RejectTagEnd) "reject_tag_end" Records, |c| c.id;
        /// Many tags, to be decided as a whole.
            ProposeTagImport(Box<ProposeTagImport>) "propose_tag_import" Raises, |c| c.id;
            ApproveTagImport(ApproveTagImport) "approve_tag_import" Approves, |c| c.id;
            RejectTagImport(RejectTagImport) "reject_tag_import" Records, |c| c.id;
            RegisterOrganisation(Box<RegisterOrganisation>) "register_organisation" Records, |c| c.credit_code;
        /// An organisation begins nothing new.
            BlockOrganisation(ChangeStanding as Block) "block_organisation" Records, |c| c.credit_code;
        /// An organisation may begin again.
            UnblockOrganisation(ChangeStanding as Unblock) "unblock_organisation" Records, |c| c.credit_code;
        /// A bank account that is to take the place of another.
            ProposeBankAccount(Box<ProposeBankAccount>) "propose_bank_account" Raises, |c| c.credit_code;
        /// The account that payments go to from now on.
            ApproveBankAccount(ApproveBankAccount) "approve_bank_account" Approves, |c| c.credit_code;
        /// A proposed account refused.
            RejectBankAccount(ChangeStanding as RejectAccount) "reject_bank_account" Records, |c| c.credit_code;
            ProposeProgramme(Box<ProposeProgramme>) "propose_programme" Raises, |c| c.code;
            ApproveProgramme(ApproveProgramme) "approve_programme" Approves, |c| c.code;
        /// A version of a programme's rules.
            ProposeRules(Box<ProposeRules>) "propose_rules" Raises, |c| c.programme;
        /// A version in force from its day on.
            ApproveRules(ApproveRules) "approve_rules" Approves, |c| format!("{}/{}", c.programme, c.number);
            ProposeBudgetChange(ProposeBudgetChange) "propose_budget_change" Raises, |c| c.id;
        /// A change of a budget, posted.
            ApproveBudgetChange(ApproveBudgetChange) "approve_budget_change" Approves, |c| c.id;
        /// A file that backs claims.
            RegisterEvidence(Box<RegisterEvidence>) "register_evidence" Records, |c| c.id;
        /// An officer's word for what an organisation says of an invoice.
            ConfirmInvoice(ConfirmInvoice) "confirm_invoice" Records, |c| c.evidence;
            RegisterRental(Box<RegisterRental>) "register_rental" Records, |c| c.id;
        /// A billing file of a contract.
            ImportUsage(Box<ImportUsage>) "import_usage" Raises, |c| c.id;
        /// A billing file that takes the place of what claims used, in force.
            ApproveUsageImport(ApproveUsageImport) "approve_usage_import" Approves, |c| c.id;
        /// A billing file that was to do so, refused.
            RejectUsageImport(RejectUsageImport) "reject_usage_import" Records, |c| c.id;
            RegisterLoan(Box<RegisterLoan>) "register_loan" Records, |c| c.id;
        /// What happened to a loan.
            RecordLoanEvents(Box<RecordLoanEvents>) "record_loan_events" Records, |c| c.id;
        /// What the bank says was paid on a loan.
            ConfirmInterest(ConfirmInterest) "confirm_interest" Records, |c| c.id;
        /// Money to be paid to a bank ahead.
            ProposePrefund(Box<ProposePrefund>) "propose_prefund" Raises, |c| c.id;
        /// Money paid to a bank ahead, posted.
            ApprovePrefund(ApprovePrefund) "approve_prefund" Approves, |c| c.id;
            RejectPrefund(RejectPrefund) "reject_prefund" Records, |c| c.id;
        /// A year of a bank's prefunds to be settled.
            ProposeTrueUp(Box<ProposeTrueUp>) "propose_true_up" Raises, |c| c.id;
        /// A year of a bank's prefunds settled: what is left rolls or came back.
            ApproveTrueUp(ApproveTrueUp) "approve_true_up" Approves, |c| c.id;
            RejectTrueUp(RejectTrueUp) "reject_true_up" Records, |c| c.id;
            ApplyForVoucher(ApplyForVoucher) "apply_for_voucher" Raises, |c| c.id;
            ReviewVoucher(ReviewVoucher) "review_voucher" Reviews, |c| c.id;
        /// A voucher issued: the budget is committed.
            IssueVoucher(IssueVoucher) "issue_voucher" Approves, |c| c.id;
        /// A voucher taken back: the commitment is released.
            CancelVoucher(ChangeVoucher as Cancel) "cancel_voucher" Records, |c| c.id;
        /// A voucher not usable for now.
            SuspendVoucher(ChangeVoucher as Suspend) "suspend_voucher" Records, |c| c.id;
        /// A suspended voucher usable again.
            ReinstateVoucher(ChangeVoucher as Reinstate) "reinstate_voucher" Records, |c| c.id;
        /// A voucher past its last usable day: what nobody holds is released.
            ExpireVoucher(ExpireVoucher) "expire_voucher" Records, |c| c.id;
        /// Its holder is told that a voucher is about to expire.
            RemindVoucher(RemindVoucher) "remind_voucher" Records, |c| c.id;
            DraftClaim(Box<WriteClaim> as Draft) "draft_claim" Raises, |c| c.id;
        /// A draft or a returned claim with other inputs.
            RewriteClaim(Box<WriteClaim> as Rewrite) "rewrite_claim" Raises, |c| c.id;
        /// A claim filed: its amount is held.
            SubmitClaim(NameClaim as Submit) "submit_claim" Raises, |c| c.id;
        /// A claim taken back.
            WithdrawClaim(NameClaim as Withdraw) "withdraw_claim" Records, |c| c.id;
            ReviewClaim(ReviewClaim) "review_claim" Reviews, |c| c.id;
        /// A claim approved: its amount is owed.
            ApproveClaim(ApproveClaim) "approve_claim" Approves, |c| c.id;
        /// A reviewed claim refused.
            RejectClaim(RejectClaim) "reject_claim" Records, |c| c.id;
        /// A further sheet of an approved or a paid claim.
            ProposeRecalculation(Box<ProposeRecalculation>) "propose_recalculation" Raises, |c| c.claim;
        /// A further sheet in force: the difference is posted or asked back.
            ApproveRecalculation(ApproveRecalculation) "approve_recalculation" Approves, |c| c.claim;
        /// A further sheet refused.
            RejectRecalculation(RejectRecalculation) "reject_recalculation" Records, |c| c.claim;
        /// An objection to a claim that is published.
            RaiseObjection(RaiseObjection) "raise_objection" Records, |c| c.id;
        /// An objection upheld or dismissed.
            ResolveObjection(ResolveObjection) "resolve_objection" Reviews, |c| c.id;
        /// What may be applied for, and when.
            ProposeCall(Box<ProposeCall>) "propose_call" Raises, |c| c.id;
        /// A call that takes applications.
            ApproveCall(NameCall as OpenCall) "approve_call" Approves, |c| c.id;
            RejectCall(RejectCall as RefuseCall) "reject_call" Records, |c| c.id;
            DraftApplication(Box<WriteApplication> as DraftApplication) "draft_application" Raises, |c| c.id;
        /// A draft or a returned application with other inputs.
            RewriteApplication(Box<WriteApplication> as RewriteApplication) "rewrite_application" Raises, |c| c.id;
            SubmitApplication(NameApplication as SubmitApplication) "submit_application" Raises, |c| c.id;
            WithdrawApplication(NameApplication as WithdrawApplication) "withdraw_application" Records, |c| c.id;
            ReviewApplication(ReviewApplication) "review_application" Reviews, |c| c.id;
        /// Who is to score an application.
            NameExperts(NameExperts) "name_experts" Records, |c| c.id;
        /// What an expert finds of it.
            ScoreApplication(ScoreApplication) "score_application" Reviews, |c| c.id;
        /// The applications of a call that are to be granted.
            ProposeAwards(ProposeAwards) "propose_awards" Raises, |c| c.id;
        /// Awards in force: their amounts are committed.
            ApproveAwards(NameCall as ApproveAwards) "approve_awards" Approves, |c| c.id;
            RejectAwards(RejectCall as RefuseAwards) "reject_awards" Records, |c| c.id;
        /// An objection to an award that is published.
            RaiseAwardObjection(RaiseAwardObjection) "raise_award_objection" Records, |c| c.id;
            ResolveAwardObjection(ResolveAwardObjection) "resolve_award_objection" Reviews, |c| c.id;
        /// An award given up: the commitment is released.
            CancelAward(RejectAward as CancelAward) "cancel_award" Records, |c| c.id;
            ProposeAcceptance(ProposeAcceptance) "propose_acceptance" Raises, |c| c.id;
        /// A project accepted: the award is settled.
            ApproveAcceptance(NameAward as Accept) "approve_acceptance" Approves, |c| c.id;
            RejectAcceptance(RejectAward as RefuseAcceptance) "reject_acceptance" Records, |c| c.id;
            ProposeExtension(ProposeExtension) "propose_extension" Raises, |c| c.id;
            ApproveExtension(NameAward as Extend) "approve_extension" Approves, |c| c.id;
            RejectExtension(RejectAward as RefuseExtension) "reject_extension" Records, |c| c.id;
        /// Organisations measured against each other.
            ProposeRanking(Box<ProposeRanking>) "propose_ranking" Raises, |c| c.id;
            ApproveRanking(ApproveRanking) "approve_ranking" Approves, |c| c.id;
            RejectRanking(RejectRanking) "reject_ranking" Records, |c| c.id;
        /// Approved claims to be paid together.
            ProposePaymentBatch(Box<ProposePaymentBatch>) "propose_payment_batch" Raises, |c| c.id;
        /// A batch for the bank.
            ApprovePaymentBatch(ApprovePaymentBatch) "approve_payment_batch" Approves, |c| c.id;
        /// A batch refused: its claims are free.
            RejectPaymentBatch(RejectPaymentBatch) "reject_payment_batch" Records, |c| c.id;
        /// What the bank says of a line.
            SettlePayment(SettlePayment) "settle_payment" Records, |c| c.claim;
        /// A line's result, as another person confirms it.
            ApproveResult(ApproveResult) "approve_payment_result" Approves, |c| c.claim;
        /// A line's result that another person refused.
            RejectResult(RejectResult) "reject_payment_result" Records, |c| c.claim;
        /// Account numbers read in clear, for a file to the bank.
            ReadAccounts(ReadAccounts) "read_accounts" Records, |c| c.batch;
        /// Money of a paid claim that is to come back.
            ProposeRecovery(Box<ProposeRecovery>) "propose_recovery" Raises, |c| c.id;
            ApproveRecovery(ApproveRecovery) "approve_recovery" Approves, |c| c.id;
            RejectRecovery(RejectRecovery) "reject_recovery" Records, |c| c.id;
        /// Money that came back.
            ReceiveRecovery(ReceiveRecovery) "receive_recovery" Records, |c| c.id;
        /// What is due of a claim, kept for a recovery.
            OffsetRecovery(OffsetRecovery) "offset_recovery" Approves, |c| c.id;
        /// What is outstanding, given up.
            WriteOffRecovery(WriteOffRecovery) "write_off_recovery" Approves, |c| c.id;
        /// A posting to be reversed.
            ProposeReversal(ProposeReversal) "propose_reversal" Raises, |c| c.sequence;
            ApproveReversal(ApproveReversal) "approve_reversal" Approves, |c| c.sequence;
        }
    };
}
pub(super) use commands;

macro_rules! enumerate {
    ($($(#[$doc:meta])* $name:ident($type:ty $(as $apart:ident)?) $kind:literal $duty:ident, |$c:pat_param| $document:expr;)*) => {
        /// A change that is asked for.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Command {
            $($(#[$doc])* #[serde(rename = $kind)] $name($type),)*
        }

        impl Command {
            /// Every kind, as it stands in the log.
            pub const KINDS: &'static [&'static str] = &[$($kind,)*];

            /// Every kind with its duty.
            const DUTIES: &'static [(&'static str, Duty)] = &[$(($kind, Duty::$duty),)*];

            /// Its kind, as it stands in the log.
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$name(_) => $kind,)* }
            }

            /// The document that it is about, as the log and the work lists name it.
            pub fn document(&self) -> String {
                match self { $(Self::$name($c) => $document.to_string(),)* }
            }
        }
    };
}

commands!(enumerate);

/// A command, who asks for it, and which version of the document they saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub actor: Actor,
    /// `If-Match`: the version that the document must have. Not in the log: what was accepted matched.
    pub if_match: Option<Sequence>,
    pub command: Command,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_named_once_and_every_proposal_and_approval_has_its_duty() {
        for (index, kind) in Command::KINDS.iter().enumerate() {
            assert!(!Command::KINDS.iter().skip(index + 1).any(|other| other == kind), "{kind} twice");
            let expected = match kind.split('_').next() {
                Some("propose") => Some(Duty::Raises),
                Some("review") => Some(Duty::Reviews),
                Some("approve" | "issue") => Some(Duty::Approves),
                _ => None,
            };
            assert!(expected.is_none_or(|duty| Duty::of(kind) == duty), "{kind}");
        }
        assert_eq!(Duty::of("open_group"), Duty::Records);
        assert_eq!(Duty::ALL.map(|duty| duty.into_str().parse()), Duty::ALL.map(Ok));
    }
}
