//! Whose part in what a command is, and how the sets grow with it.

use std::collections::BTreeMap;

use super::{attempts, days};
use crate::book::guards::clawback;
use crate::book::{Book, Change, Command, Decision, Envelope, Fault, Outcome};
use crate::claims::ClaimStatus;
use crate::domain::{Stamp, Subject};
use crate::people::{Days, Matter, Part, Participants};
use crate::programmes::overrides::Overridden;
use crate::usage::ImportUsage;
use crate::vouchers::{ReviewDecision, VoucherStatus};

/// The kinds of command that make somebody a part of a set.
pub const PARTS: &[&str] = &[
    "propose_bank_account",
    "approve_bank_account",
    "propose_calendar",
    "propose_override",
    "propose_cap_group",
    "propose_role_grant",
    "propose_statutory_limit",
    "propose_tag",
    "propose_tag_end",
    "approve_tag_end",
    "propose_tag_import",
    "register_evidence",
    "settle_payment",
    "propose_programme",
    "propose_rules",
    "propose_budget_change",
    "propose_prefund",
    "propose_true_up",
    "register_rental",
    "import_usage",
    "register_loan",
    "record_loan_events",
    "confirm_interest",
    "apply_for_voucher",
    "review_voucher",
    "draft_claim",
    "rewrite_claim",
    "submit_claim",
    "withdraw_claim",
    "review_claim",
    "raise_objection",
    "resolve_objection",
    "propose_recalculation",
    "approve_recalculation",
    "propose_call",
    "propose_ranking",
    "draft_application",
    "rewrite_application",
    "submit_application",
    "withdraw_application",
    "review_application",
    "score_application",
    "propose_awards",
    "raise_award_objection",
    "propose_acceptance",
    "approve_acceptance",
    "propose_extension",
    "propose_payment_batch",
    "propose_recovery",
    "approve_recovery",
    "propose_reversal",
];

/// A command's part in a matter.
fn part(command: &Command) -> Option<(Matter, Part)> {
    let reviewed =
        |decision| if decision == ReviewDecision::Return { Part::Returned } else { Part::Reviewed };
    Some(match command {
        Command::ProposeBankAccount(c) => (Matter::bank_account(c.credit_code), Part::Created),
        Command::ApproveBankAccount(c) => (Matter::bank_account(c.credit_code), Part::Approved),
        Command::ProposeCalendar(c) => (Matter::calendar(c.id), Part::Created),
        Command::ProposeCapGroup(c) => (Matter::cap_group(&c.code), Part::Created),
        Command::ProposeRoleGrant(c) => (Matter::role_grant(c.id), Part::Created),
        Command::ProposeStatutoryLimit(c) => (Matter::statutory_limit(c.id), Part::Created),
        Command::ProposeTag(c) => (Matter::tag(c.id), Part::Created),
        Command::ProposeTagEnd(c) => (Matter::tag_end(c.id), Part::Created),
        Command::ApproveTagEnd(c) => (Matter::tag_end(c.id), Part::Approved),
        Command::ProposeTagImport(c) => (Matter::tag_import(c.id), Part::Created),
        Command::SettlePayment(c) => (Matter::payment_line(c.batch, c.claim), Part::Recorded),
        Command::ProposeProgramme(c) => (Matter::programme(&c.code), Part::Created),
        Command::ProposeBudgetChange(c) => (Matter::budget_change(c.id), Part::Created),
        Command::ProposePrefund(c) => (Matter::prefund(c.id), Part::Created),
        Command::ProposeTrueUp(c) => (Matter::true_up(c.id), Part::Created),
        Command::RegisterRental(c) => (Matter::rental(c.id), Part::Recorded),
        Command::ImportUsage(c) => (Matter::rental(c.rental), Part::Recorded),
        Command::RegisterLoan(c) => (Matter::loan(c.id), Part::Recorded),
        Command::RecordLoanEvents(c) => (Matter::loan(c.id), Part::Recorded),
        Command::ConfirmInterest(c) => (Matter::loan(c.id), Part::Recorded),
        Command::ApplyForVoucher(c) => (Matter::voucher(c.id), Part::Created),
        Command::ReviewVoucher(c) => (Matter::voucher(c.id), reviewed(c.decision)),
        Command::DraftClaim(c) => (Matter::claim(c.id), Part::Created),
        Command::RewriteClaim(c) => (Matter::claim(c.id), Part::Rewrote),
        Command::SubmitClaim(c) => (Matter::claim(c.id), Part::Submitted),
        Command::WithdrawClaim(c) => (Matter::claim(c.id), Part::Withdrew),
        Command::ReviewClaim(c) => (Matter::claim(c.id), reviewed(c.decision)),
        Command::ProposeOverride(c) => match c.of {
            Overridden::Claim(id) => (Matter::claim(id), Part::Proposed),
            Overridden::Voucher(id) => (Matter::voucher(id), Part::Proposed),
        },
        Command::RaiseObjection(c) => (Matter::objection(c.id), Part::Objected),
        Command::ResolveObjection(c) => (Matter::claim(c.claim), Part::Reviewed),
        Command::ProposeRecalculation(c) => (Matter::recalculations(c.claim), Part::Proposed),
        Command::ProposeRanking(c) => (Matter::ranking(c.id), Part::Created),
        Command::ProposeCall(c) => (Matter::call(c.id), Part::Created),
        Command::DraftApplication(c) => (Matter::application(c.id), Part::Created),
        Command::RewriteApplication(c) => (Matter::application(c.id), Part::Rewrote),
        Command::SubmitApplication(c) => (Matter::application(c.id), Part::Submitted),
        Command::WithdrawApplication(c) => (Matter::application(c.id), Part::Withdrew),
        Command::ReviewApplication(c) => (Matter::application(c.id), reviewed(c.decision)),
        Command::ScoreApplication(c) => (Matter::application(c.id), Part::Reviewed),
        Command::ProposeAwards(c) => (Matter::awards(c.id), Part::Created),
        Command::RaiseAwardObjection(c) => (Matter::award_objections(c.id), Part::Objected),
        Command::ProposeAcceptance(c) => (Matter::acceptance(c.id), Part::Created),
        Command::ProposeExtension(c) => (Matter::extension(c.id), Part::Created),
        Command::ProposePaymentBatch(c) => (Matter::payment_batch(c.id), Part::Created),
        Command::ProposeRecovery(c) => (Matter::recovery(c.id), Part::Created),
        Command::ApproveRecovery(c) => (Matter::recovery(c.id), Part::Approved),
        Command::ProposeReversal(c) => (Matter::reversal(c.sequence), Part::Created),
        _ => return None,
    })
}

/// A billing file's part beside that in its contract: in itself, and in what it is to replace.
fn imported(command: &ImportUsage) -> impl Iterator<Item = (Matter, Part)> {
    let replaced = command.replaces.iter().map(|id| (Matter::replacements(*id), Part::Proposed));
    std::iter::once((Matter::usage_import(command.id), Part::Created)).chain(replaced)
}

/// The sets that a command may add to.
pub(super) fn matters(command: &Command, book: &Book) -> Result<Vec<Matter>, Fault> {
    let mut matters: Vec<Matter> = part(command).map(|(matter, _)| matter).into_iter().collect();
    match command {
        Command::ApproveRecalculation(c) => matters.push(Matter::recovery(c.recovery)),
        Command::ImportUsage(c) => matters.extend(imported(c).map(|(matter, _)| matter)),
        Command::ApproveAcceptance(c) => {
            let award = book.awards.get(&c.id)?;
            let claims = award.into_iter().flat_map(|award| award.tranches.iter().filter_map(|t| t.claim));
            matters.extend(claims.map(|claim| Matter::recovery(clawback::id(c.id.uuid(), claim))));
        }
        Command::ProposeRules(c) => {
            let programme = book.programmes.get(&c.programme)?;
            matters.extend(programme.map(|p| Matter::rules(&p.code, p.versions.saturating_add(1))));
        }
        _ => {}
    }
    if let Some((own, others)) = attempt(command, book)? {
        matters.extend([own, others]);
    }
    Ok(matters)
}

/// A document that a command may end or send back, and the attempts that it then belongs to.
fn attempt(command: &Command, book: &Book) -> Result<Option<(Matter, Matter)>, Fault> {
    let (own, others) = match command {
        Command::ReviewVoucher(c) => (Matter::voucher(c.id), attempts::of_voucher(c.id, book)?),
        Command::CancelVoucher(c) => (Matter::voucher(c.id), attempts::of_voucher(c.id, book)?),
        Command::RejectPrefund(c) => (Matter::prefund(c.id), attempts::of_prefund(c.id, book)?),
        Command::RejectTrueUp(c) => (Matter::true_up(c.id), attempts::of_true_up(c.id, book)?),
        Command::RejectRecovery(c) => (Matter::recovery(c.id), attempts::of_recovery(c.id, book)?),
        Command::RewriteClaim(c) => of_claim(c.id, book)?,
        Command::SubmitClaim(c) | Command::WithdrawClaim(c) => of_claim(c.id, book)?,
        Command::ReviewClaim(c) => of_claim(c.id, book)?,
        Command::RejectClaim(c) => of_claim(c.id, book)?,
        Command::ResolveObjection(c) => of_claim(c.claim, book)?,
        _ => return Ok(None),
    };
    Ok(others.map(|others| (own, others)))
}

fn of_claim(id: crate::domain::ClaimId, book: &Book) -> Result<(Matter, Option<Matter>), Fault> {
    Ok((Matter::claim(id), book.claims.get(&id)?.map(attempts::of_claim)))
}

/// Sets that grow with one command.
struct Growing<'a> {
    book: &'a Book,
    stamp: &'a Stamp,
    sets: BTreeMap<Matter, (Participants, bool)>,
}

impl Growing<'_> {
    fn set(&mut self, matter: &Matter) -> Result<&mut (Participants, bool), Fault> {
        let known = self.book.participants.get(matter)?;
        let none = || (Participants::none(matter.clone(), self.stamp), false);
        let begin = || known.map_or_else(none, |set| (set.clone(), false));
        Ok(self.sets.entry(matter.clone()).or_insert_with(begin))
    }

    fn add(
        &mut self,
        matter: &Matter,
        (subject, part): (&Subject, Part),
        days: Option<Days>,
    ) -> Result<(), Fault> {
        let stamp = self.stamp;
        let (set, grew) = self.set(matter)?;
        *grew |= set.add(subject, part, days, stamp);
        Ok(())
    }

    /// Everybody of a document's own set is of the attempts from now on.
    fn copy(&mut self, own: &Matter, others: &Matter, days: Option<Days>) -> Result<(), Fault> {
        let people = self.set(own)?.0.people.clone();
        people.iter().try_for_each(|one| self.add(others, (&one.subject, one.part), days))
    }
}

/// The sets as they are after a command.
pub(in crate::book) fn recorded(
    book: &Book,
    envelope: &Envelope,
    decision: &Decision,
    stamp: &Stamp,
) -> Result<Vec<Change>, Fault> {
    let outcome = &decision.outcome;
    let (command, subject) = (&envelope.command, &envelope.actor.subject);
    let mut growing = Growing { book, stamp, sets: BTreeMap::new() };
    if let Some((matter, part)) = part(command) {
        growing.add(&matter, (subject, part), None)?;
    }
    // who brings a red invoice, or says that the bank paid in spite of one, proposes what is asked back
    for change in &decision.effects.changes {
        let asks_back = matches!(
            command,
            Command::RegisterEvidence(_) | Command::SettlePayment(_) | Command::ApproveResult(_)
        );
        if let (true, Change::Recovery(recovery)) = (asks_back, change) {
            growing.add(&Matter::recovery(recovery.id), (subject, Part::Created), None)?;
        }
    }
    // what an acceptance asks back is decided with it: by who proposed that, and by who approved it
    if let Command::ApproveAcceptance(_) = command {
        for change in &decision.effects.changes {
            let Change::Recovery(recovery) = change else { continue };
            let matter = Matter::recovery(recovery.id);
            growing.add(&matter, (&recovery.created_by, Part::Created), None)?;
            growing.add(&matter, (subject, Part::Approved), None)?;
        }
    }
    if let Command::ImportUsage(c) = command {
        imported(c).try_for_each(|(matter, part)| growing.add(&matter, (subject, part), None))?;
    }
    match outcome {
        Outcome::Rules(version) if matches!(command, Command::ProposeRules(_)) => {
            growing.add(
                &Matter::rules(&version.programme, version.number),
                (subject, Part::Created),
                None,
            )?;
        }
        // it is decided with the recalculation: by who proposed that, and by who approved it
        Outcome::Recalculation { recalculation, .. } => {
            if let Some(recovery) = recalculation.recovery.map(Matter::recovery) {
                growing.add(&recovery, (&recalculation.created_by, Part::Created), None)?;
                growing.add(&recovery, (subject, Part::Approved), None)?;
            }
        }
        _ => {}
    }
    if let Some((own, others)) = attempt(command, book)? {
        let (failed, days) = match outcome {
            Outcome::Claim { claim, .. } => (has_failed(claim.status), days(claim)),
            Outcome::Voucher { voucher, .. } => (made_room(voucher), None),
            Outcome::Objection(objection) => {
                let claim = book.claims.get(&objection.claim)?;
                (claim.is_some_and(|claim| has_failed(claim.status)), claim.and_then(days))
            }
            _ => (true, None),
        };
        // what was sent back once is an earlier attempt for good, whatever becomes of it
        if failed || growing.set(&own)?.0.was_returned() {
            growing.copy(&own, &others, days)?;
        }
    }
    let grown = growing.sets.into_values().filter(|(_, grew)| *grew);
    Ok(grown.map(|(set, _)| Change::Participants(Box::new(set))).collect())
}

const fn has_failed(status: ClaimStatus) -> bool {
    matches!(status, ClaimStatus::Returned | ClaimStatus::Withdrawn | ClaimStatus::Rejected)
}

/// Whether another voucher may be applied for in its place.
fn made_room(voucher: &crate::vouchers::Voucher) -> bool {
    match voucher.status {
        VoucherStatus::Returned | VoucherStatus::Rejected => true,
        VoucherStatus::Cancelled => voucher.balance.redeemed.is_zero(),
        _ => false,
    }
}
