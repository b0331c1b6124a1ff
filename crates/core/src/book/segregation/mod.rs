//! Segregation of duties 职责分离: who is in the way of an approval, and whose documents nobody may judge.
//!
//! A document's *set* is who created, rewrote, submitted, withdrew or reviewed it, who recorded its contract or loan, and
//! the sets of what it takes the place of: attempts under the same programme on the same contract, loan or voucher that
//! were returned, withdrawn, rejected or cancelled (of claims with days: where they overlap). A recalculation adds who
//! proposed one of the claim before. Who approved, issued or rejected as an approver is in no set, except where what was
//! approved is given up. A payment batch's set is its own.
//!
//! [`in_the_way`] is the rule that refuses and the question that the reports ask: there is no other.
//!
//! A new document that takes two people has a [`Matter`], a line in `parts::part` for whoever proposes it, one in [`holds`]
//! for whoever approves it, and, where it is an organisation's, one in `parties`; `decide` calls `may_approve`. An approval
//! that is held against nobody is a fault.

mod attempts;
mod grants;
mod overrides;
mod parts;
pub(super) mod tagged;

use super::refusal::AccessError;
use super::{Book, Change, Command, Envelope, Fault, Key, Keys};
use crate::claims::{Claim, ClaimSubject};
use crate::domain::{
    Actor, ClaimId, CreditCode, RecoveryId, RentalId, Sequence, Stamp, Subject, UsageImportId, VoucherId,
};
use crate::people::{CountedParts, Days, Hold, Matter, Part, Person};
use crate::reversals::PostingOrigin;
pub use parts::PARTS;
pub(super) use parts::recorded;

/// What keeps a person from an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InTheWay {
    /// What they did before.
    pub part: Part,
    /// Whether with the document itself; else with what it rests on or takes the place of.
    pub own: bool,
}

/// What a person did before a leaf that keeps them from a command; none where nothing does.
pub fn in_the_way(
    book: &Book,
    command: &Command,
    subject: &Subject,
    before: Sequence,
) -> Result<Option<InTheWay>, Fault> {
    for hold in holds(command, book)? {
        let Some(set) = book.participants.get(&hold.matter)? else { continue };
        if let Some(part) = hold.part_of(set, subject, before) {
            return Ok(Some(InTheWay { part, own: hold.own }));
        }
    }
    Ok(None)
}

/// The keys that [`in_the_way`] and `recorded` read, as far as the book shows them already.
pub fn keys(command: &Command, book: &Book) -> Keys {
    let mut keys = Keys::new();
    match command {
        Command::SubmitClaim(c) | Command::WithdrawClaim(c) => document(c.id, book, &mut keys),
        Command::RewriteClaim(c) => document(c.id, book, &mut keys),
        Command::ReviewClaim(c) => document(c.id, book, &mut keys),
        Command::ApproveClaim(c) => document(c.id, book, &mut keys),
        Command::RejectClaim(c) => document(c.id, book, &mut keys),
        Command::ApproveRecalculation(c) => document(c.claim, book, &mut keys),
        Command::ResolveObjection(c) => document(c.claim, book, &mut keys),
        Command::ApproveUsageImport(c) => keys.extend([Key::UsageImport(c.id), Key::Rental(c.rental)]),
        Command::RejectUsageImport(c) => keys.extend([Key::UsageImport(c.id), Key::Rental(c.rental)]),
        Command::ApproveResult(c) => drop(keys.insert(Key::Claim(c.claim))),
        Command::RejectResult(c) => drop(keys.insert(Key::Claim(c.claim))),
        Command::ApproveRanking(c) => drop(keys.insert(Key::Ranking(c.id))),
        Command::RejectRanking(c) => drop(keys.insert(Key::Ranking(c.id))),
        Command::ReviewVoucher(c) => drop(keys.insert(Key::Voucher(c.id))),
        Command::ApproveAwards(c) => drop(keys.insert(Key::Call(c.id))),
        Command::RejectAwards(c) => drop(keys.insert(Key::Call(c.id))),
        Command::ReviewApplication(c) => drop(keys.insert(Key::Application(c.id))),
        Command::ScoreApplication(c) => drop(keys.insert(Key::Application(c.id))),
        Command::ResolveAwardObjection(c) => drop(keys.insert(Key::Award(c.id))),
        Command::ApproveAcceptance(c) | Command::ApproveExtension(c) => drop(keys.insert(Key::Award(c.id))),
        Command::CancelAward(c) | Command::RejectAcceptance(c) | Command::RejectExtension(c) => {
            keys.insert(Key::Award(c.id));
        }
        Command::ProposeOverride(c) => overrides::keys(c.of, book, &mut keys),
        Command::ApproveOverride(c) => overrides::keys(c.of, book, &mut keys),
        Command::RejectOverride(c) => overrides::keys(c.of, book, &mut keys),
        Command::IssueVoucher(c) => drop(keys.insert(Key::Voucher(c.id))),
        Command::CancelVoucher(c) => drop(keys.insert(Key::Voucher(c.id))),
        Command::ApproveRecovery(c) => drop(keys.insert(Key::Recovery(c.id))),
        Command::RejectRecovery(c) => drop(keys.insert(Key::Recovery(c.id))),
        Command::ApprovePrefund(c) => drop(keys.insert(Key::Prefund(c.id))),
        Command::RejectPrefund(c) => drop(keys.insert(Key::Prefund(c.id))),
        Command::ApproveTrueUp(c) => drop(keys.insert(Key::TrueUp(c.id))),
        Command::RejectTrueUp(c) => drop(keys.insert(Key::TrueUp(c.id))),
        _ => {}
    }
    // what is not known yet is asked for first; the sets follow
    let holds = holds(command, book).unwrap_or_default().into_iter().map(|hold| hold.matter);
    let written = parts::matters(command, book).unwrap_or_default();
    keys.extend(holds.chain(written).map(Key::Participants));
    keys
}

/// A claim, and of a redemption the voucher, which names the contract.
fn document(id: ClaimId, book: &Book, keys: &mut Keys) {
    keys.insert(Key::Claim(id));
    let voucher = book.claims.peek(&id).and_then(|claim| claim.subject.voucher());
    keys.extend(voucher.map(Key::Voucher));
    let award = book.claims.peek(&id).and_then(|claim| claim.subject.tranche());
    keys.extend(award.map(|(award, _)| Key::Award(award)));
}

/// The sets that an approval is held against; of what is no approval, or names nothing that is there, none.
pub fn holds(command: &Command, book: &Book) -> Result<Vec<Hold>, Fault> {
    let own = |matter| Ok(vec![Hold::own(matter)]);
    match command {
        Command::ApproveBankAccount(c) => Ok(vec![since_approval(Matter::bank_account(c.credit_code))]),
        Command::ApproveRoleGrant(c) => own(Matter::role_grant(c.id)),
        Command::RejectRoleGrant(c) => own(Matter::role_grant(c.id)),
        Command::ApproveStatutoryLimit(c) => own(Matter::statutory_limit(c.id)),
        Command::RejectStatutoryLimit(c) => own(Matter::statutory_limit(c.id)),
        Command::ApproveCapGroup(c) => own(Matter::cap_group(&c.code)),
        Command::RejectCapGroup(c) => own(Matter::cap_group(&c.code)),
        Command::ApproveCalendar(c) => own(Matter::calendar(c.id)),
        Command::RejectCalendar(c) => own(Matter::calendar(c.id)),
        Command::ApproveTag(c) => own(Matter::tag(c.id)),
        Command::RejectTag(c) => own(Matter::tag(c.id)),
        Command::ApproveTagEnd(c) => Ok(vec![since_approval(Matter::tag_end(c.id))]),
        Command::RejectTagEnd(c) => Ok(vec![since_approval(Matter::tag_end(c.id))]),
        Command::ApproveTagImport(c) => own(Matter::tag_import(c.id)),
        Command::RejectTagImport(c) => own(Matter::tag_import(c.id)),
        Command::ApproveResult(c) => own(Matter::payment_line(c.batch, c.claim)),
        Command::RejectResult(c) => own(Matter::payment_line(c.batch, c.claim)),
        Command::ApproveUsageImport(c) => of_import(c.id, book),
        Command::RejectUsageImport(c) => of_import(c.id, book),
        Command::ApproveProgramme(c) => own(Matter::programme(&c.code)),
        Command::ApproveRules(c) => own(Matter::rules(&c.programme, c.number)),
        Command::ApproveBudgetChange(c) => own(Matter::budget_change(c.id)),
        Command::ApproveRanking(c) => own(Matter::ranking(c.id)),
        Command::RejectRanking(c) => own(Matter::ranking(c.id)),
        Command::ApproveCall(c) => own(Matter::call(c.id)),
        Command::RejectCall(c) => own(Matter::call(c.id)),
        Command::ScoreApplication(c) => own(Matter::application(c.id)),
        Command::ApproveAwards(c) => grants::of_list(c.id, book),
        Command::RejectAwards(c) => own(Matter::awards(c.id)),
        Command::ResolveAwardObjection(c) => grants::of_award(Matter::award_objections(c.id), c.id, book),
        Command::ApproveAcceptance(c) => grants::of_award(Matter::acceptance(c.id), c.id, book),
        Command::RejectAcceptance(c) => own(Matter::acceptance(c.id)),
        Command::ApproveExtension(c) => grants::of_award(Matter::extension(c.id), c.id, book),
        Command::RejectExtension(c) => own(Matter::extension(c.id)),
        Command::ApprovePaymentBatch(c) => own(Matter::payment_batch(c.id)),
        Command::ApproveRecovery(c) => held_recovery(c.id, book),
        Command::RejectRecovery(c) => held_recovery(c.id, book),
        Command::OffsetRecovery(c) => own(Matter::recovery(c.id)),
        Command::WriteOffRecovery(c) => {
            Ok(vec![Hold { counted: CountedParts::Approvers, ..Hold::own(Matter::recovery(c.id)) }])
        }
        Command::ApproveReversal(c) => own(Matter::reversal(c.sequence)),
        Command::ApprovePrefund(c) => {
            let others = attempts::of_prefund(c.id, book)?;
            Ok(with(Hold::own(Matter::prefund(c.id)), others.map(Hold::other)))
        }
        Command::ApproveTrueUp(c) => {
            let others = attempts::of_true_up(c.id, book)?;
            Ok(with(Hold::own(Matter::true_up(c.id)), others.map(Hold::other)))
        }
        Command::IssueVoucher(c) => held_voucher(c.id, book),
        Command::ApproveClaim(c) => of_claim(c.id, book),
        Command::ApproveOverride(c) => overrides::holds(c.of, book),
        Command::RejectOverride(c) => overrides::holds(c.of, book),
        Command::ApproveRecalculation(c) => {
            let own = Hold::own(Matter::recalculations(c.claim));
            Ok(with(own, of_claim(c.claim, book)?))
        }
        // who reviewed a claim may judge an objection to it, who wrote it may not
        Command::ResolveObjection(c) => {
            let claim = Hold { counted: CountedParts::Writers, ..Hold::other(Matter::claim(c.claim)) };
            Ok(with(Hold::own(Matter::objection(c.id)), [claim]))
        }
        _ => Ok(Vec::new()),
    }
}

fn with(own: Hold, others: impl IntoIterator<Item = Hold>) -> Vec<Hold> {
    std::iter::once(own).chain(others).collect()
}

/// Whoever proposed since the last approval what is proposed time and again.
fn since_approval(matter: Matter) -> Hold {
    Hold { counted: CountedParts::SinceApproval, ..Hold::own(matter) }
}

/// Whoever proposed a billing file, or before it another in the place of the same.
fn of_import(id: UsageImportId, book: &Book) -> Result<Vec<Hold>, Fault> {
    let import = book.usage_imports.get(&id)?;
    let replaced = import.into_iter().flat_map(|import| &import.replaces);
    Ok(with(Hold::own(Matter::usage_import(id)), replaced.map(|id| Hold::other(Matter::replacements(*id)))))
}

/// Whoever proposed a recovery, or in vain another of the same claim.
fn held_recovery(id: RecoveryId, book: &Book) -> Result<Vec<Hold>, Fault> {
    let others = attempts::of_recovery(id, book)?;
    Ok(with(Hold::own(Matter::recovery(id)), others.map(Hold::other)))
}

/// The sets of a voucher, of its contract, and of attempts at the same.
fn held_voucher(id: VoucherId, book: &Book) -> Result<Vec<Hold>, Fault> {
    let others = attempts::of_voucher(id, book)?.map(Hold::other);
    let contract = book.vouchers.get(&id)?.map(|voucher| Hold::other(Matter::rental(voucher.rental)));
    Ok(with(Hold::own(Matter::voucher(id)), others.into_iter().chain(contract)))
}

/// The sets of a claim, of its contract or loan, and of attempts at the same.
fn of_claim(id: ClaimId, book: &Book) -> Result<Vec<Hold>, Fault> {
    let Some(claim) = book.claims.get(&id)? else { return Ok(vec![Hold::own(Matter::claim(id))]) };
    let others = Hold { days: days(claim), ..Hold::other(attempts::of_claim(claim)) };
    let ground = match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => {
            book.vouchers.get(voucher)?.map(|voucher| Matter::rental(voucher.rental))
        }
        ClaimSubject::RentalSubsidy { rental, .. } => Some(Matter::rental(*rental)),
        ClaimSubject::InterestSubsidy { loan, .. } => Some(Matter::loan(*loan)),
        ClaimSubject::GrantTranche { award, .. } => {
            book.awards.get(award)?.map(|award| Matter::application(award.application))
        }
    };
    Ok(with(Hold::own(Matter::claim(id)), std::iter::once(others).chain(ground.map(Hold::other))))
}

/// The days of a claim that has some.
fn days(claim: &Claim) -> Option<Days> {
    claim.subject.period().map(|period| Days { from: period.from, until: period.until })
}

/// The caller, written down where they act for the first time. Error: another subject acted that differs in case, width or
/// composition alone, which a person would take for the same.
pub(super) fn recognise(
    book: &Book,
    subject: &Subject,
    stamp: &Stamp,
) -> Result<Option<Change>, super::Stop> {
    match book.people.get(&subject.folded())? {
        None => Ok(Some(Change::Person(Box::new(Person::new(subject, stamp))))),
        Some(known) if known.subject == *subject => Ok(None),
        Some(_) => Err(AccessError::SubjectVariant.into()),
    }
}

/// Nobody reviews, approves or else judges a document of the organisation that their token names.
pub(super) fn impartial(book: &Book, envelope: &Envelope) -> Result<(), super::Stop> {
    match concerned(book, &envelope.command, &envelope.actor)? {
        Some(organisation) => Err(AccessError::ConflictOfInterest { organisation }.into()),
        None => Ok(()),
    }
}

/// The organisation for which somebody acts, where a command judges a document of it.
pub fn concerned(book: &Book, command: &Command, actor: &Actor) -> Result<Option<CreditCode>, Fault> {
    let Some(own) = actor.organisation else { return Ok(None) };
    Ok(parties(command, book)?.contains(&own).then_some(own))
}

/// The keys that [`concerned`] reads beyond [`keys`], as far as the book shows them already.
pub fn keys_of_parties(command: &Command, book: &Book) -> Keys {
    match command {
        Command::ApprovePaymentBatch(c) => {
            let claims = book.batch_claims.peek(&c.id).into_iter().flatten().copied().map(Key::Claim);
            claims.chain([Key::BatchClaims(c.id)]).collect()
        }
        Command::ApproveReversal(c) => {
            let made = book.reversible.peek(&c.sequence).map(|posting| match &posting.made {
                PostingOrigin::BudgetChange(id) => Key::BudgetChange(*id),
                PostingOrigin::Payment { claim, .. } | PostingOrigin::Deduction { claim } => {
                    Key::Claim(*claim)
                }
                PostingOrigin::Prefund(id) => Key::Prefund(*id),
                PostingOrigin::Receipt { recovery, .. } | PostingOrigin::WriteOff { recovery, .. } => {
                    Key::Recovery(*recovery)
                }
            });
            made.into_iter().chain([Key::Reversible(c.sequence)]).collect()
        }
        Command::ApproveTag(_)
        | Command::RejectTag(_)
        | Command::ApproveTagEnd(_)
        | Command::RejectTagEnd(_)
        | Command::ApproveTagImport(_)
        | Command::RejectTagImport(_) => tagged::keys(command, book),
        _ => Keys::new(),
    }
}

/// Whose document a command judges; of what judges nothing, nobody's.
fn parties(command: &Command, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    match command {
        Command::BlockOrganisation(c) | Command::UnblockOrganisation(c) | Command::RejectBankAccount(c) => {
            Ok(vec![c.credit_code])
        }
        Command::ApproveBankAccount(c) => Ok(vec![c.credit_code]),
        Command::ApprovePrefund(c) => of_prefund(c.id, book),
        Command::RejectPrefund(c) => of_prefund(c.id, book),
        Command::ApproveTrueUp(c) => of_true_up(c.id, book),
        Command::RejectTrueUp(c) => of_true_up(c.id, book),
        Command::ApproveTag(_)
        | Command::RejectTag(_)
        | Command::ApproveTagEnd(_)
        | Command::RejectTagEnd(_)
        | Command::ApproveTagImport(_)
        | Command::RejectTagImport(_) => tagged::parties(command, book),
        Command::ApproveOverride(c) => overrides::parties(c.of, book),
        Command::RejectOverride(c) => overrides::parties(c.of, book),
        Command::ReviewVoucher(c) => of_voucher(c.id, book),
        Command::IssueVoucher(c) => of_voucher(c.id, book),
        Command::CancelVoucher(c) | Command::SuspendVoucher(c) | Command::ReinstateVoucher(c) => {
            of_voucher(c.id, book)
        }
        Command::ApproveRanking(c) => grants::ranked(c.id, book),
        Command::RejectRanking(c) => grants::ranked(c.id, book),
        Command::ReviewApplication(c) => grants::of_application(c.id, book),
        Command::ScoreApplication(c) => grants::of_application(c.id, book),
        Command::ApproveAwards(c) => grants::listed(c.id, book),
        Command::RejectAwards(c) => grants::listed(c.id, book),
        Command::ResolveAwardObjection(c) => grants::granted(c.id, book),
        Command::ApproveAcceptance(c) | Command::ApproveExtension(c) => grants::granted(c.id, book),
        Command::CancelAward(c) | Command::RejectAcceptance(c) | Command::RejectExtension(c) => {
            grants::granted(c.id, book)
        }
        Command::ReviewClaim(c) => parties_of(c.id, book),
        Command::ApproveClaim(c) => parties_of(c.id, book),
        Command::RejectClaim(c) => parties_of(c.id, book),
        Command::ApproveRecalculation(c) => parties_of(c.claim, book),
        Command::RejectRecalculation(c) => parties_of(c.claim, book),
        Command::ResolveObjection(c) => parties_of(c.claim, book),
        Command::ApproveResult(c) => parties_of(c.claim, book),
        Command::RejectResult(c) => parties_of(c.claim, book),
        Command::ApproveUsageImport(c) => of_rental(c.rental, book),
        Command::RejectUsageImport(c) => of_rental(c.rental, book),
        Command::ApprovePaymentBatch(c) => of_batch(c.id, book),
        Command::RejectPaymentBatch(c) => of_batch(c.id, book),
        Command::ApproveRecovery(c) => of_recovery(c.id, book),
        Command::RejectRecovery(c) => of_recovery(c.id, book),
        Command::WriteOffRecovery(c) => of_recovery(c.id, book),
        Command::OffsetRecovery(c) => {
            let mut parties = of_recovery(c.id, book)?;
            parties.extend(parties_of(c.claim, book)?);
            Ok(parties)
        }
        Command::ApproveReversal(c) => of_posting(c.sequence, book),
        _ => Ok(Vec::new()),
    }
}

fn of_prefund(id: crate::domain::PrefundId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    Ok(book.prefunds.get(&id)?.map(|prefund| prefund.bank).into_iter().collect())
}

fn of_true_up(id: crate::domain::TrueUpId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    Ok(book.true_ups.get(&id)?.map(|true_up| true_up.bank).into_iter().collect())
}

fn of_voucher(id: VoucherId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    let voucher = book.vouchers.get(&id)?;
    Ok(voucher.map(|voucher| vec![voucher.organisation, voucher.provider]).unwrap_or_default())
}

fn of_rental(id: RentalId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    Ok(book.rentals.get(&id)?.map(|rental| vec![rental.organisation, rental.provider]).unwrap_or_default())
}

/// Whose claim it is, who provided or lent, who bought, and who is paid.
fn parties_of(id: ClaimId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    let claim = book.claims.get(&id)?;
    let parties = |c: &Claim| [c.organisation, c.provider, c.payee].into_iter().chain(c.buyer).collect();
    Ok(claim.map(parties).unwrap_or_default())
}

fn of_batch(id: crate::domain::PaymentBatchId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    let mut parties = Vec::new();
    for claim in book.batch_claims.get(&id)?.into_iter().flatten() {
        parties.extend(parties_of(*claim, book)?);
    }
    Ok(parties)
}

fn of_recovery(id: RecoveryId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    Ok(book.recoveries.get(&id)?.map(|recovery| recovery.organisation).into_iter().collect())
}

/// Whose money a posting moved.
fn of_posting(sequence: Sequence, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    let Some(posting) = book.reversible.get(&sequence)? else { return Ok(Vec::new()) };
    match &posting.made {
        PostingOrigin::BudgetChange(_) => Ok(Vec::new()),
        PostingOrigin::Payment { claim, .. } | PostingOrigin::Deduction { claim } => parties_of(*claim, book),
        PostingOrigin::Prefund(id) => of_prefund(*id, book),
        PostingOrigin::Receipt { recovery, .. } | PostingOrigin::WriteOff { recovery, .. } => {
            of_recovery(*recovery, book)
        }
    }
}
