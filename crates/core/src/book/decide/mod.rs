//! `decide`: a command answered from the book. Guard clauses first, in the order in which callers are
//! told: not found, other version, other state, same person, date, rule.

mod agencies;
mod backing;
mod calendar;
mod claim_basis;
mod claims;
mod deductions;
mod evidence;
mod interest_claims;
mod loans;
mod objections;
mod offsets;
mod organisations;
mod payments;
mod periods;
mod prefunds;
mod programmes;
mod recalculation;
mod recoveries;
mod refunded_to_prefund;
mod rental_claims;
mod rentals;
mod reversals;
mod true_ups;
mod usage;
mod vouchers;

use super::duty::Duty;
use super::effects::{Change, Decision};
use super::refusal::{AccessError, DateError, Stop};
use super::reversible::reversible;
use super::segregation::{self, InTheWay};
use super::{Book, Command, Envelope};
use crate::agencies::Agency;
use crate::book::Fault;
use crate::domain::{Actor, CreditCode, Date, Month, Revision, Role, Sequence, Stamp};

/// What every decision has at hand.
#[derive(Debug, Clone, Copy)]
struct Context<'a> {
    book: &'a Book,
    envelope: &'a Envelope,
    actor: &'a Actor,
    if_match: Option<Sequence>,
    stamp: &'a Stamp,
}

/// Decides a command. It is a function of the book, the command and the stamp, and of nothing else.
pub fn decide(book: &Book, envelope: &Envelope, stamp: &Stamp) -> Result<Decision, Stop> {
    let newcomer = segregation::recognise(book, &envelope.actor.subject, stamp)?;
    let mut decision = decided(book, envelope, stamp)?;
    decision.effects.changes.extend(newcomer);
    // of reviews and rejections; an approval has said so before
    segregation::impartial(book, envelope)?;
    let kind = envelope.command.kind();
    if Duty::of(kind) == Duty::Approves && segregation::holds(&envelope.command, book)?.is_empty() {
        return Err(Fault::Broken(format!("{kind} is held against nobody")).into());
    }
    let grown = segregation::recorded(book, envelope, &decision, stamp)?;
    decision.effects.changes.extend(grown);
    let effects = &decision.effects;
    let posting = effects
        .effective_date
        .and_then(|day| reversible(&envelope.command, &decision.outcome, &effects.posting, day));
    if let Some(posting) = posting {
        decision.effects.changes.push(Change::Reversible { sequence: stamp.sequence, posting });
    }
    Ok(decision)
}

fn decided(book: &Book, envelope: &Envelope, stamp: &Stamp) -> Result<Decision, Stop> {
    let context = Context { book, envelope, actor: &envelope.actor, if_match: envelope.if_match, stamp };
    match &envelope.command {
        Command::CreateAgency(c) => agencies::create(context, c),
        Command::SwitchSemantics(c) => agencies::switch_semantics(context, c),
        Command::AcceptLog(c) => agencies::accept_log(context, c),
        Command::NameSubject(c) => agencies::name_subject(context, c),
        Command::MoveBusinessDate(c) => agencies::move_business_date(context, c),
        Command::OpenGroup(c) => agencies::open_group(context, c),
        Command::EraseText(c) => agencies::erase_text(context, c),
        Command::ClosePeriod(c) => periods::close(context, c),
        Command::ProposeReopening(c) => periods::propose_reopening(context, c),
        Command::ApproveReopening(c) => periods::approve_reopening(context, c),
        Command::RejectReopening(c) => periods::reject_reopening(context, c),
        Command::ProposeCalendar(c) => calendar::propose(context, c),
        Command::ApproveCalendar(c) => calendar::approve(context, c),
        Command::RejectCalendar(c) => calendar::reject(context, c),
        Command::LoadReferenceRate(c) => organisations::load_reference_rate(context, c),
        Command::RegisterOrganisation(c) => organisations::register(context, c),
        Command::BlockOrganisation(c) => organisations::block(context, c),
        Command::UnblockOrganisation(c) => organisations::unblock(context, c),
        Command::ProposeBankAccount(c) => organisations::propose_account(context, c),
        Command::ApproveBankAccount(c) => organisations::approve_account(context, c),
        Command::RejectBankAccount(c) => organisations::reject_account(context, c),
        Command::ProposeProgramme(c) => programmes::propose(context, c),
        Command::ApproveProgramme(c) => programmes::approve(context, c),
        Command::ProposeRules(c) => programmes::propose_rules(context, c),
        Command::ApproveRules(c) => programmes::approve_rules(context, c),
        Command::ProposeBudgetChange(c) => programmes::propose_budget_change(context, c),
        Command::ApproveBudgetChange(c) => programmes::approve_budget_change(context, c),
        Command::RegisterEvidence(c) => evidence::register(context, c),
        Command::ConfirmInvoice(c) => evidence::confirm(context, c),
        Command::RegisterRental(c) => rentals::register(context, c),
        Command::ImportUsage(c) => usage::import(context, c),
        Command::ApproveUsageImport(c) => usage::approve(context, c),
        Command::RejectUsageImport(c) => usage::reject(context, c),
        Command::RegisterLoan(c) => loans::register(context, c),
        Command::RecordLoanEvents(c) => loans::record_events(context, c),
        Command::ConfirmInterest(c) => loans::confirm(context, c),
        Command::ProposePrefund(c) => prefunds::propose(context, c),
        Command::ApprovePrefund(c) => prefunds::approve(context, c),
        Command::RejectPrefund(c) => prefunds::reject(context, c),
        Command::ProposeTrueUp(c) => true_ups::propose(context, c),
        Command::ApproveTrueUp(c) => true_ups::approve(context, c),
        Command::RejectTrueUp(c) => true_ups::reject(context, c),
        Command::ApplyForVoucher(c) => vouchers::apply(context, c),
        Command::ReviewVoucher(c) => vouchers::review(context, c),
        Command::IssueVoucher(c) => vouchers::issue(context, c),
        Command::CancelVoucher(c) => vouchers::cancel(context, c),
        Command::SuspendVoucher(c) => vouchers::suspend(context, c),
        Command::ReinstateVoucher(c) => vouchers::reinstate(context, c),
        Command::ExpireVoucher(c) => vouchers::expire(context, c),
        Command::RemindVoucher(c) => vouchers::remind(context, c),
        Command::DraftClaim(c) => claims::draft(context, c),
        Command::RewriteClaim(c) => claims::write(context, c),
        Command::SubmitClaim(c) => claims::submit(context, c),
        Command::WithdrawClaim(c) => claims::withdraw(context, c),
        Command::ReviewClaim(c) => claims::review(context, c),
        Command::ApproveClaim(c) => claims::approve(context, c),
        Command::RejectClaim(c) => claims::reject(context, c),
        Command::ProposeRecalculation(c) => recalculation::propose(context, c),
        Command::ApproveRecalculation(c) => recalculation::approve(context, c),
        Command::RejectRecalculation(c) => recalculation::reject(context, c),
        Command::RaiseObjection(c) => objections::raise(context, c),
        Command::ResolveObjection(c) => objections::resolve(context, c),
        Command::ProposePaymentBatch(c) => payments::propose(context, c),
        Command::ApprovePaymentBatch(c) => payments::approve(context, c),
        Command::RejectPaymentBatch(c) => payments::reject(context, c),
        Command::SettlePayment(c) => payments::settle(context, c),
        Command::ApproveReturn(c) => payments::approve_return(context, c),
        Command::RejectReturn(c) => payments::reject_return(context, c),
        Command::ReadAccounts(c) => payments::read_accounts(context, c),
        Command::ProposeRecovery(c) => recoveries::propose(context, c),
        Command::ApproveRecovery(c) => recoveries::approve(context, c),
        Command::RejectRecovery(c) => recoveries::reject(context, c),
        Command::ReceiveRecovery(c) => recoveries::receive(context, c),
        Command::OffsetRecovery(c) => offsets::offset(context, c),
        Command::WriteOffRecovery(c) => recoveries::write_off(context, c),
        Command::ProposeReversal(c) => reversals::propose(context, c),
        Command::ApproveReversal(c) => reversals::approve(context, c),
    }
}

impl<'a> Context<'a> {
    fn agency(&self) -> Result<&'a Agency, Stop> {
        self.book
            .agency
            .as_ref()
            .ok_or_else(|| Fault::Broken("the agency has no first leaf".to_owned()).into())
    }

    /// The document is the version that the caller saw.
    fn same_version(&self, revision: &Revision) -> Result<(), AccessError> {
        match self.if_match {
            Some(seen) if seen != revision.version => {
                Err(AccessError::VersionConflict { version: Some(revision.version) })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A document that does not exist yet has no version that a caller could have seen.
    fn no_version(&self) -> Result<(), AccessError> {
        if self.if_match.is_some() { Err(AccessError::VersionConflict { version: None }) } else { Ok(()) }
    }

    /// Four eyes: the document is not that of the caller's organisation, and the caller is not in its set.
    fn may_approve(&self) -> Result<(), Stop> {
        segregation::impartial(self.book, self.envelope)?;
        let (command, subject) = (&self.envelope.command, &self.actor.subject);
        match segregation::in_the_way(self.book, command, subject, self.stamp.sequence)? {
            Some(InTheWay { part, .. }) => {
                Err(AccessError::SamePerson { role: part.role().to_owned() }.into())
            }
            None => Ok(()),
        }
    }

    /// Whether the caller may act for an organisation: an officer for any, an enterprise for its own.
    fn acts_for(&self, organisation: CreditCode) -> bool {
        self.actor.has(Role::Officer)
            || self.actor.has(Role::Enterprise) && self.actor.organisation == Some(organisation)
    }

    /// The day a posting counts from. A closed month takes none: that is said before anything else about the day.
    fn effective_date(&self, asked: Option<Date>) -> Result<Date, DateError> {
        let business_date = self.stamp.business_date;
        let period = Month::of(asked.unwrap_or(business_date));
        if self.book.agency.as_ref().is_some_and(|agency| agency.is_closed(period)) {
            return Err(DateError::PeriodClosed { period });
        }
        match asked {
            Some(effective_date) if effective_date > business_date => {
                Err(DateError::EffectiveDateInFuture { effective_date, business_date })
            }
            Some(effective_date) => Ok(effective_date),
            None => Ok(business_date),
        }
    }
}

/// A document that the path names, or 404.
fn found<T>(document: Option<&T>) -> Result<&T, AccessError> {
    document.ok_or(AccessError::NotFound { pointer: None })
}

/// A document that a member of the body names, or 404 pointing at it.
fn named<'a, T>(document: Option<&'a T>, pointer: &str) -> Result<&'a T, AccessError> {
    document.ok_or_else(|| AccessError::NotFound { pointer: Some(pointer.to_owned()) })
}
