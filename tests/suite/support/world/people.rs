//! Who did what, told from the commands alone and in other words than the ledger's: nobody approves what they, or what
//! somebody rests it on, had a hand in, and nobody is refused who had none.

use std::collections::{BTreeMap, BTreeSet};

use subsidy_core::book::{Book, Change, Command, Decision, Envelope, Outcome};
use subsidy_core::claims::{ClaimPeriod, ClaimStatus};
use subsidy_core::domain::*;
use subsidy_core::programmes::overrides::Overridden;
use subsidy_core::tags::{Tag, TagSubject};
use subsidy_core::vouchers::VoucherStatus;

use super::granting;

type Hands = BTreeSet<Subject>;

/// Of a claim or a voucher.
#[derive(Debug, Default)]
struct File {
    hands: Hands,
    /// What it is for: programme and contract, loan or voucher.
    about: String,
    /// Since it came to nothing for the first time: the days that it was for, a voucher none, and whose hands were in it
    /// then. Who had a hand in it only once it was for other days had none in those.
    failed: Vec<(Option<ClaimPeriod>, Hands)>,
}

/// Everybody's hands in everything.
#[derive(Debug, Default)]
pub struct People {
    claims: BTreeMap<ClaimId, File>,
    vouchers: BTreeMap<VoucherId, File>,
    rentals: BTreeMap<RentalId, Hands>,
    loans: BTreeMap<LoanId, Hands>,
    recalculations: BTreeMap<ClaimId, Hands>,
    objections: BTreeMap<ObjectionId, (Hands, BTreeSet<Subject>)>,
    /// Who wrote a claim, its reviewers left out.
    writers: BTreeMap<ClaimId, Hands>,
    /// Everything that is proposed once, by kind and key.
    proposals: BTreeMap<String, Hands>,
    /// Rejected proposals of a bank and a year, or of what is asked back of a claim.
    rejected: BTreeMap<String, Vec<String>>,
    /// Who approved a recovery.
    approvers: BTreeMap<RecoveryId, Hands>,
    /// How often somebody was refused who had a hand in it, and how often that was an earlier document's.
    pub refused: usize,
    pub refused_twins: usize,
    /// How often somebody was refused whose own organisation it was.
    pub conflicts: usize,
}

fn overlap(one: Option<ClaimPeriod>, other: Option<ClaimPeriod>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one.from < other.until && other.from < one.until)
}

/// Who stands in the way: by the document itself, and by others.
#[derive(Debug, Default)]
struct Way {
    own: Hands,
    others: Hands,
}

impl People {
    fn of_voucher(&self, book: &Book, own: VoucherId) -> Way {
        let Some(file) = self.vouchers.get(&own) else { return Way::default() };
        let same = |(id, other): &(&VoucherId, &File)| {
            **id != own && other.about == file.about && !other.failed.is_empty()
        };
        let twins = self.vouchers.iter().filter(same).flat_map(|(_, file)| file.hands.clone());
        let rental = book.vouchers.peek(&own).expect("it is known").rental;
        let contract = self.rentals.get(&rental).into_iter().flatten().cloned();
        Way { own: file.hands.clone(), others: twins.chain(contract).collect() }
    }

    fn of_override(&self, book: &Book, of: Overridden) -> Way {
        match of {
            Overridden::Claim(id) => self.of_claim(book, id),
            Overridden::Voucher(id) => self.of_voucher(book, id),
        }
    }

    /// Before a command is decided: who may not approve it.
    fn way(&self, book: &Book, command: &Command) -> Way {
        let proposal = |key: String| Way {
            own: self.proposals.get(&key).cloned().unwrap_or_default(),
            others: Hands::new(),
        };
        if let Some((own, others)) = granting::way(book, command) {
            let others = others.iter().filter_map(|key| self.proposals.get(key)).flatten().cloned();
            return Way { others: others.collect(), ..proposal(own) };
        }
        match command {
            Command::ApproveClaim(c) => self.of_claim(book, c.id),
            Command::ApproveRecalculation(c) => {
                let mut way = self.of_claim(book, c.claim);
                way.others.extend(self.recalculations.get(&c.claim).into_iter().flatten().cloned());
                way
            }
            Command::IssueVoucher(c) => self.of_voucher(book, c.id),
            Command::ApproveOverride(c) => self.of_override(book, c.of),
            Command::RejectOverride(c) => self.of_override(book, c.of),
            Command::ResolveObjection(c) => {
                let own = self.objections.get(&c.id).map(|(hands, _)| hands.clone()).unwrap_or_default();
                Way { own, others: self.writers.get(&c.claim).cloned().unwrap_or_default() }
            }
            Command::ApproveRoleGrant(c) => proposal(format!("role {}", c.id)),
            Command::RejectRoleGrant(c) => proposal(format!("role {}", c.id)),
            Command::ApproveStatutoryLimit(c) => proposal(format!("limit {}", c.id)),
            Command::RejectStatutoryLimit(c) => proposal(format!("limit {}", c.id)),
            Command::ApproveCapGroup(c) => proposal(format!("group {}", c.code)),
            Command::RejectCapGroup(c) => proposal(format!("group {}", c.code)),
            Command::ApproveCalendar(c) => proposal(format!("calendar {}", c.id)),
            Command::RejectCalendar(c) => proposal(format!("calendar {}", c.id)),
            Command::ApproveTag(c) => proposal(format!("tag {}", c.id)),
            Command::RejectTag(c) => proposal(format!("tag {}", c.id)),
            Command::ApproveTagEnd(c) => proposal(format!("tag end {}", c.id)),
            Command::RejectTagEnd(c) => proposal(format!("tag end {}", c.id)),
            Command::ApproveTagImport(c) => proposal(format!("list {}", c.id)),
            Command::RejectTagImport(c) => proposal(format!("list {}", c.id)),
            Command::ApproveResult(c) => proposal(format!("line {} {}", c.batch, c.claim)),
            Command::RejectResult(c) => proposal(format!("line {} {}", c.batch, c.claim)),
            Command::ApproveUsageImport(c) => self.of_import(book, c.id),
            Command::RejectUsageImport(c) => self.of_import(book, c.id),
            Command::ApproveBankAccount(c) => proposal(format!("account {}", c.credit_code)),
            Command::ApproveProgramme(c) => proposal(format!("programme {}", c.code)),
            Command::ApproveRules(c) => proposal(format!("rules {}/{}", c.programme, c.number)),
            Command::ApproveBudgetChange(c) => proposal(format!("budget {}", c.id)),
            Command::ApprovePaymentBatch(c) => proposal(format!("batch {}", c.id)),
            Command::ApproveReversal(c) => proposal(format!("reversal {}", c.sequence)),
            Command::ApproveRecovery(c) => {
                self.of_year(proposal(format!("recovery {}", c.id)), year_of(book, command))
            }
            Command::RejectRecovery(c) => {
                self.of_year(proposal(format!("recovery {}", c.id)), year_of(book, command))
            }
            Command::OffsetRecovery(c) => proposal(format!("recovery {}", c.id)),
            Command::WriteOffRecovery(c) => {
                let mut way = proposal(format!("recovery {}", c.id));
                way.own.extend(self.approvers.get(&c.id).into_iter().flatten().cloned());
                way
            }
            Command::ApprovePrefund(c) => {
                self.of_year(proposal(format!("prefund {}", c.id)), year_of(book, command))
            }
            Command::ApproveTrueUp(c) => {
                self.of_year(proposal(format!("true-up {}", c.id)), year_of(book, command))
            }
            _ => Way::default(),
        }
    }

    /// Whoever brought a billing file, or before it another in the place of the same.
    fn of_import(&self, book: &Book, id: UsageImportId) -> Way {
        let of = |key: String| self.proposals.get(&key).cloned().unwrap_or_default();
        let replaced = book.usage_imports.peek(&id).map(|import| import.replaces.clone()).unwrap_or_default();
        let others = replaced.into_iter().flat_map(|id| of(format!("replacement {id}"))).collect();
        Way { own: of(format!("import {id}")), others }
    }

    fn of_year(&self, way: Way, year: Option<String>) -> Way {
        let earlier = year.and_then(|year| self.rejected.get(&year)).into_iter().flatten();
        let hands = earlier.filter_map(|key| self.proposals.get(key)).flatten().cloned();
        Way { others: hands.collect(), ..way }
    }

    fn of_claim(&self, book: &Book, id: ClaimId) -> Way {
        let Some(file) = self.claims.get(&id) else { return Way::default() };
        let claim = book.claims.peek(&id).expect("it is known");
        let days = claim.subject.period();
        let same = |(other, twin): &(&ClaimId, &File)| **other != id && twin.about == file.about;
        let failed = self.claims.iter().filter(same).flat_map(|(_, twin)| &twin.failed);
        let met = failed.filter(|(theirs, _)| overlap(*theirs, days));
        let mut others: Hands = met.flat_map(|(_, hands)| hands.clone()).collect();
        let rental = match claim.subject.voucher() {
            Some(voucher) => Some(book.vouchers.peek(&voucher).expect("its voucher").rental),
            None => claim.subject.rental(),
        };
        others.extend(rental.and_then(|rental| self.rentals.get(&rental)).into_iter().flatten().cloned());
        let award = claim.subject.tranche().and_then(|(award, _)| book.awards.peek(&award));
        let hands = award.and_then(|award| self.proposals.get(&format!("application {}", award.application)));
        others.extend(hands.into_iter().flatten().cloned());
        let loan = claim.subject.loan();
        others.extend(loan.and_then(|loan| self.loans.get(&loan)).into_iter().flatten().cloned());
        Way { own: file.hands.clone(), others }
    }

    /// A command that was refused as the same person's, or for a conflict, was so rightly.
    pub fn refused(&mut self, book: &Book, envelope: &Envelope, code: &str) {
        let (who, way) = (&envelope.actor.subject, self.way(book, &envelope.command));
        match code {
            "same_person" => {
                assert!(
                    way.own.contains(who) || way.others.contains(who),
                    "{who} had no hand in it: {envelope:?}"
                );
                self.refused += 1;
                self.refused_twins += usize::from(!way.own.contains(who));
            }
            "conflict_of_interest" => {
                let posting = matches!(envelope.command, Command::ApproveReversal(_));
                assert!(posting || concerns(book, envelope), "{envelope:?}");
                self.conflicts += 1;
            }
            _ => {}
        }
    }

    /// A command that was accepted was rightly; `before` is the book that it was decided over.
    pub fn accepted(&mut self, before: &Book, envelope: &Envelope, decision: &Decision) {
        let (who, command) = (envelope.actor.subject.clone(), &envelope.command);
        let way = self.way(before, command);
        assert!(
            !way.own.contains(&who) && !way.others.contains(&who),
            "{who} had a hand in it: {envelope:?}"
        );
        assert!(!concerns(before, envelope), "of their own organisation: {envelope:?}");
        self.proposed(before, envelope, decision);
        match (command, &decision.outcome) {
            (Command::RegisterRental(c), _) => drop(self.rentals.entry(c.id).or_default().insert(who)),
            (Command::ImportUsage(c), _) => drop(self.rentals.entry(c.rental).or_default().insert(who)),
            (Command::RegisterLoan(c), _) => drop(self.loans.entry(c.id).or_default().insert(who)),
            (Command::RecordLoanEvents(c), _) => drop(self.loans.entry(c.id).or_default().insert(who)),
            (Command::ConfirmInterest(c), _) => drop(self.loans.entry(c.id).or_default().insert(who)),
            (Command::ProposeRecalculation(c), _) => {
                self.recalculations.entry(c.claim).or_default().insert(who);
            }
            (Command::ProposeOverride(c), _) => match c.of {
                Overridden::Claim(id) => drop(self.claims.entry(id).or_default().hands.insert(who)),
                Overridden::Voucher(id) => drop(self.vouchers.entry(id).or_default().hands.insert(who)),
            },
            (Command::RaiseObjection(c), _) => drop(self.objections.entry(c.id).or_default().0.insert(who)),
            (Command::ResolveObjection(c), _) => {
                let file = self.claims.entry(c.claim).or_default();
                file.hands.insert(who);
                if !file.failed.is_empty() {
                    let days = before.claims.peek(&c.claim).and_then(|claim| claim.subject.period());
                    file.failed.push((days, file.hands.clone()));
                }
            }
            (_, Outcome::Voucher { voucher, .. }) => {
                let file = self.vouchers.entry(voucher.id).or_default();
                file.about = format!("{} {}", voucher.programme, voucher.rental);
                if matches!(command, Command::ApplyForVoucher(_) | Command::ReviewVoucher(_)) {
                    file.hands.insert(who);
                }
                let free = voucher.status == VoucherStatus::Cancelled && voucher.balance.redeemed.is_zero();
                if free || matches!(voucher.status, VoucherStatus::Returned | VoucherStatus::Rejected) {
                    file.failed.push((None, file.hands.clone()));
                }
            }
            (_, Outcome::Claim { claim, .. }) => {
                let file = self.claims.entry(claim.id).or_default();
                let s = &claim.subject;
                let award = s.tranche().map(|(award, _)| award);
                let rests = (s.voucher(), s.rental(), s.loan(), award);
                file.about = format!("{} {rests:?}", claim.programme);
                let wrote = matches!(
                    command,
                    Command::DraftClaim(_)
                        | Command::RewriteClaim(_)
                        | Command::SubmitClaim(_)
                        | Command::WithdrawClaim(_)
                );
                if wrote {
                    self.writers.entry(claim.id).or_default().insert(who.clone());
                }
                if wrote || matches!(command, Command::ReviewClaim(_)) {
                    file.hands.insert(who);
                }
                use ClaimStatus::{Approved, Rejected, Returned, Withdrawn};
                let failed = matches!(claim.status, Returned | Rejected | Withdrawn);
                if failed || !file.failed.is_empty() && claim.status != Approved {
                    file.failed.push((claim.subject.period(), file.hands.clone()));
                }
            }
            _ => {}
        }
    }

    /// What is proposed once and approved once.
    fn proposed(&mut self, before: &Book, envelope: &Envelope, decision: &Decision) {
        let who = envelope.actor.subject.clone();
        for key in granting::part(&envelope.command) {
            self.proposals.entry(key).or_default().insert(who.clone());
        }
        let key = match (&envelope.command, &decision.outcome) {
            (Command::ProposeBankAccount(c), _) => format!("account {}", c.credit_code),
            (Command::ApproveBankAccount(c), _) => {
                self.proposals.remove(&format!("account {}", c.credit_code));
                return;
            }
            (Command::ProposeCalendar(c), _) => format!("calendar {}", c.id),
            (Command::ProposeCapGroup(c), _) => format!("group {}", c.code),
            (Command::ProposeTag(c), _) => format!("tag {}", c.id),
            (Command::ProposeTagImport(c), _) => format!("list {}", c.id),
            (Command::ProposeTagEnd(c), _) => format!("tag end {}", c.id),
            (Command::ApproveTagEnd(c), _) => {
                self.proposals.remove(&format!("tag end {}", c.id));
                return;
            }
            (Command::ProposeRoleGrant(c), _) => format!("role {}", c.id),
            (Command::ProposeStatutoryLimit(c), _) => format!("limit {}", c.id),
            (Command::SettlePayment(c), _) => format!("line {} {}", c.batch, c.claim),
            (Command::ImportUsage(c), _) => {
                for id in &c.replaces {
                    self.proposals.entry(format!("replacement {id}")).or_default().insert(who.clone());
                }
                format!("import {}", c.id)
            }
            (Command::ApproveAcceptance(_), _) => {
                for change in &decision.effects.changes {
                    if let Change::Recovery(recovery) = change {
                        self.approvers.entry(recovery.id).or_default().insert(who.clone());
                        let key = format!("recovery {}", recovery.id);
                        self.proposals.entry(key).or_default().insert(recovery.created_by.clone());
                    }
                }
                return;
            }
            (Command::RegisterEvidence(_), _) => {
                for change in &decision.effects.changes {
                    if let Change::Recovery(recovery) = change {
                        let key = format!("recovery {}", recovery.id);
                        self.proposals.entry(key).or_default().insert(who.clone());
                    }
                }
                return;
            }
            (Command::ProposeProgramme(c), _) => format!("programme {}", c.code),
            (Command::ProposeRules(_), Outcome::Rules(v)) => format!("rules {}/{}", v.programme, v.number),
            (Command::ProposeBudgetChange(c), _) => format!("budget {}", c.id),
            (Command::ProposePaymentBatch(c), _) => format!("batch {}", c.id),
            (Command::ProposeReversal(c), _) => format!("reversal {}", c.sequence),
            (Command::ProposeRecovery(c), _) => format!("recovery {}", c.id),
            (Command::ProposePrefund(c), _) => format!("prefund {}", c.id),
            (Command::ProposeTrueUp(c), _) => format!("true-up {}", c.id),
            (Command::RejectPrefund(c), _) => {
                let year = year_of(before, &envelope.command).expect("its year");
                self.rejected.entry(year).or_default().push(format!("prefund {}", c.id));
                return;
            }
            (Command::RejectTrueUp(c), _) => {
                let year = year_of(before, &envelope.command).expect("its year");
                self.rejected.entry(year).or_default().push(format!("true-up {}", c.id));
                return;
            }
            (Command::RejectRecovery(c), _) => {
                let claim = year_of(before, &envelope.command).expect("its claim");
                self.rejected.entry(claim).or_default().push(format!("recovery {}", c.id));
                return;
            }
            (Command::ApproveRecovery(c), _) => {
                self.approvers.entry(c.id).or_default().insert(who);
                return;
            }
            (Command::ApproveRecalculation(_), Outcome::Recalculation { recalculation, .. }) => {
                if let Some(recovery) = recalculation.recovery {
                    self.approvers.entry(recovery).or_default().insert(who);
                    let key = format!("recovery {recovery}");
                    self.proposals.entry(key).or_default().insert(recalculation.created_by.clone());
                }
                return;
            }
            _ => return,
        };
        self.proposals.entry(key).or_default().insert(who);
    }
}

/// The bank and the year of a prefund or a true-up, the claim of a recovery.
fn year_of(book: &Book, command: &Command) -> Option<String> {
    let prefund = |id| {
        book.prefunds.peek(id).map(|p| format!("prefund {} {} {:?}", p.programme, p.bank, p.fiscal_year))
    };
    let true_up = |id| {
        book.true_ups.peek(id).map(|t| format!("true-up {} {} {:?}", t.programme, t.bank, t.fiscal_year))
    };
    let recovery = |id| book.recoveries.peek(id).map(|one| format!("recovery {}", one.claim));
    match command {
        Command::ApproveRecovery(c) => recovery(&c.id),
        Command::RejectRecovery(c) => recovery(&c.id),
        Command::ApprovePrefund(c) => prefund(&c.id),
        Command::RejectPrefund(c) => prefund(&c.id),
        Command::ApproveTrueUp(c) => true_up(&c.id),
        Command::RejectTrueUp(c) => true_up(&c.id),
        _ => None,
    }
}

/// Whether the caller judges a voucher or a claim of the organisation that they act for, or anything else of it.
fn concerns(book: &Book, envelope: &Envelope) -> bool {
    let Some(own) = envelope.actor.organisation else { return false };
    let kind = envelope.command.kind();
    let judges = [
        "review_",
        "issue_",
        "approve_",
        "reject_",
        "cancel_",
        "suspend_",
        "reinstate_",
        "resolve_",
        "offset_",
        "write_off_",
        "block_",
        "unblock_",
        "score_",
    ];
    if !judges.iter().any(|prefix| kind.starts_with(prefix)) {
        return false;
    }
    let document = envelope.command.document();
    let claim = |id: ClaimId| {
        book.claims.peek(&id).is_some_and(|c| [c.organisation, c.provider, c.payee].contains(&own))
    };
    let known = |id: &str| ClaimId::parse(id).is_ok_and(claim);
    let voucher = VoucherId::parse(&document)
        .is_ok_and(|id| book.vouchers.peek(&id).is_some_and(|v| [v.organisation, v.provider].contains(&own)));
    let recovery = RecoveryId::parse(&document)
        .is_ok_and(|id| book.recoveries.peek(&id).is_some_and(|recovery| recovery.organisation == own));
    let batch = PaymentBatchId::parse(&document)
        .is_ok_and(|id| book.payment_lines.iter().any(|(key, _)| key.batch == id && claim(key.claim)));
    let bank = PrefundId::parse(&document)
        .is_ok_and(|id| book.prefunds.peek(&id).is_some_and(|prefund| prefund.bank == own))
        || TrueUpId::parse(&document)
            .is_ok_and(|id| book.true_ups.peek(&id).is_some_and(|true_up| true_up.bank == own));
    let rental = |id: RentalId| {
        book.rentals.peek(&id).is_some_and(|rental| [rental.organisation, rental.provider].contains(&own))
    };
    let tagged = |tag: &Tag| match tag.subject {
        TagSubject::Organisation(code) => code == own,
        TagSubject::Rental(id) => rental(id),
        TagSubject::Loan(id) => {
            book.loans.peek(&id).is_some_and(|loan| [loan.organisation, loan.bank].contains(&own))
        }
    };
    let tag = |id: TagId| book.tags.peek(&id).is_some_and(tagged);
    let list = |id: TagImportId| book.tags.iter().any(|(_, tag)| tag.import == Some(id) && tagged(tag));
    let other = match &envelope.command {
        Command::ApproveTag(c) => tag(c.id),
        Command::RejectTag(c) => tag(c.id),
        Command::ApproveTagEnd(c) => tag(c.id),
        Command::RejectTagEnd(c) => tag(c.id),
        Command::ApproveTagImport(c) => list(c.id),
        Command::RejectTagImport(c) => list(c.id),
        Command::ApproveUsageImport(c) => rental(c.rental),
        Command::RejectUsageImport(c) => rental(c.rental),
        Command::OffsetRecovery(c) => claim(c.claim),
        Command::ResolveObjection(c) => claim(c.claim),
        Command::ApproveRecalculation(c) => claim(c.claim),
        Command::RejectRecalculation(c) => claim(c.claim),
        // what a posting moved is looked at by the ledger alone
        Command::ApproveReversal(_) => return false,
        _ => false,
    };
    granting::of(book, &document, own)
        || known(&document)
        || voucher
        || recovery
        || batch
        || bank
        || other
        || document == own.to_string()
}
