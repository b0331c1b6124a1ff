//! People 经手人: who took part in what, and by which id each of them is known.
//!
//! A *matter* is a document, or what several documents have in common: a contract, a loan, the attempts that came to
//! nothing. Its set only grows, and each entry says with which leaf it began: what a set was before any leaf can be told
//! for ever, so the rule that refuses an approval and the report that looks for one ask the same function.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    ApplicationId, AwardId, BudgetChangeId, CalendarId, CallId, CapGroupCode, ClaimId, CreditCode, Date,
    FoldedSubject, LoanId, ObjectionId, PaymentBatchId, PrefundId, ProgrammeCode, RankingId, RecoveryId,
    RentalId, Revision, RoleGrantId, Sequence, Stamp, StatutoryLimitId, Subject, TagId, TagImportId,
    TrueUpId, UsageImportId, VoucherId,
};

/// What people take part in, by its kind and key: `claim/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Matter(String);

/// Matters that a key names alone.
macro_rules! matters {
    ($($(#[$doc:meta])* $kind:ident($key:ty);)*) => {$(
        $(#[$doc])*
        pub fn $kind(key: $key) -> Self {
            Self::of(stringify!($kind), &key)
        }
    )*};
}

impl Matter {
    fn of(kind: &str, key: &dyn fmt::Display) -> Self {
        Self(format!("{kind}/{key}"))
    }

    matters! {
        /// Changes of an organisation's bank account.
        bank_account(CreditCode);
        budget_change(BudgetChangeId);
        /// Money paid to a bank ahead.
        prefund(PrefundId);
        /// A yearly settlement with a bank.
        true_up(TrueUpId);
        /// A contract and what was metered of it.
        rental(RentalId);
        /// A loan and what happened to it.
        loan(LoanId);
        /// A billing file that is to take the place of others.
        usage_import(UsageImportId);
        /// Proposals to replace a billing file.
        replacements(UsageImportId);
        /// Caps that programmes share, and every change of them.
        cap_group(&CapGroupCode);
        /// That somebody may have a role.
        role_grant(RoleGrantId);
        /// Another statutory limit.
        statutory_limit(StatutoryLimitId);
        /// A change of the calendar.
        calendar(CalendarId);
        tag(TagId);
        /// Proposals to end a tag.
        tag_end(TagId);
        /// A list that was imported.
        tag_import(TagImportId);
        voucher(VoucherId);
        claim(ClaimId);
        recalculations(ClaimId);
        objection(ObjectionId);
        /// A call for applications.
        call(CallId);
        /// A call's list of awards.
        awards(CallId);
        application(ApplicationId);
        /// An award, as what attempts at a tranche have in common.
        award(AwardId);
        /// Objections to an award.
        award_objections(AwardId);
        acceptance(AwardId);
        /// A later deadline of an award.
        extension(AwardId);
        ranking(RankingId);
        payment_batch(PaymentBatchId);
        recovery(RecoveryId);
        /// All that is asked back of a claim.
        recoveries(ClaimId);
        /// The reversal of a leaf.
        reversal(Sequence);
    }

    pub fn programme(code: &ProgrammeCode) -> Self {
        Self::of("programme", code)
    }

    /// A version of a programme's rules.
    pub fn rules(programme: &ProgrammeCode, number: u32) -> Self {
        Self::of("rules", &format_args!("{programme}/{number}"))
    }

    /// What the bank says of a claim in a payment batch.
    pub fn payment_line(batch: PaymentBatchId, claim: ClaimId) -> Self {
        Self::of("payment_line", &format_args!("{batch}/{claim}"))
    }

    /// What under a programme was returned, withdrawn, rejected or cancelled, of the same contract, loan, voucher, paid
    /// claim or year of a bank: `ground` is the matter of the first three, or names the last two.
    pub fn attempts(programme: &ProgrammeCode, ground: &Self) -> Self {
        Self::of("attempts", &format_args!("{programme}/{ground}"))
    }

    /// A bank's year, as what attempts have in common.
    pub fn bank_year(kind: &str, bank: CreditCode, year: i32) -> Self {
        Self::of(kind, &format_args!("{bank}/{year}"))
    }

    /// A matter as it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Its kind and key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Matter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a person did in a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Wrote or proposed it first.
    Created,
    /// Proposed a further sheet of it.
    Proposed,
    /// Recorded the contract or the loan, or what was used or happened of it.
    Recorded,
    Rewrote,
    Submitted,
    Withdrew,
    /// Looked at it before its approval.
    Reviewed,
    /// Looked at it and sent it back.
    Returned,
    Objected,
    /// Let it happen. Who did so is in nobody's way, but for what gives up what was approved.
    Approved,
}

impl Part {
    /// What a caller is told: what they did before.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Proposed => "proposed",
            Self::Recorded => "recorded",
            Self::Rewrote => "rewrote",
            Self::Submitted => "submitted",
            Self::Withdrew => "withdrew",
            Self::Reviewed | Self::Returned => "reviewed",
            Self::Objected => "objected",
            Self::Approved => "approved",
        }
    }
}

/// Days that a claim is for: the first counts, the last does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Days {
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

impl Days {
    /// Whether a day lies in both.
    pub fn overlap(self, other: Self) -> bool {
        self.from < other.until && other.from < self.until
    }
}

/// One person's part in a matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participation {
    pub subject: Subject,
    pub part: Part,
    /// The leaf from which on it counts.
    pub sequence: Sequence,
    /// Of an attempt that had days: which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Days>,
}

/// The set of those who took part in a matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participants {
    pub matter: Matter,
    /// Who and how, in the order of the log.
    pub people: Vec<Participation>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Participants {
    pub const fn none(matter: Matter, stamp: &Stamp) -> Self {
        Self { matter, people: Vec::new(), revision: Revision::first(stamp) }
    }

    /// Adds somebody's part, unless it stands there since the last approval. Says whether it did not.
    ///
    /// An approval is news wherever something was proposed after the last, though the same person approves again: what
    /// it settles must not count against those who propose next.
    pub fn add(&mut self, subject: &Subject, part: Part, days: Option<Days>, stamp: &Stamp) -> bool {
        let same = |one: &Participation| one.subject == *subject && one.part == part && one.days == days;
        let known = match part {
            Part::Approved => self.people.last().is_some_and(same),
            _ => self.since_approval(stamp.sequence.next()).any(same),
        };
        if known {
            return false;
        }
        let one = Participation { subject: subject.clone(), part, sequence: stamp.sequence, days };
        self.people.push(one);
        self.revision = self.revision.next(stamp);
        true
    }

    /// Entries that were there before a leaf, from the last approval on, which is one of them.
    fn since_approval(&self, before: Sequence) -> impl Iterator<Item = &Participation> {
        let there = self.people.iter().take_while(move |one| one.sequence < before);
        let approved = there.clone().map(|one| one.part == Part::Approved);
        let first = approved.enumerate().filter(|(_, approved)| *approved).last();
        there.skip(first.map_or(0, |(index, _)| index))
    }

    /// Whether an entry says that it was sent back once.
    pub fn was_returned(&self) -> bool {
        self.people.iter().any(|one| one.part == Part::Returned)
    }
}

/// Whose parts in a matter stand in the way of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedParts {
    /// Everybody's but the approvers'.
    Everybody,
    /// Those since the last approval, of what is proposed time and again.
    SinceApproval,
    /// The approvers' too, where what was approved is given up.
    Approvers,
    /// All but the reviewers' and the approvers', where what is judged is not what was reviewed.
    Writers,
}

/// A set that an approval is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub matter: Matter,
    pub counted: CountedParts,
    /// Whether it is the document's own: else that of what it rests on or takes the place of.
    pub own: bool,
    /// Where only attempts of some days count: which.
    pub days: Option<Days>,
}

impl Hold {
    /// A document's own set.
    pub const fn own(matter: Matter) -> Self {
        Self { matter, counted: CountedParts::Everybody, own: true, days: None }
    }

    /// The set of what a document rests on or takes the place of.
    pub const fn other(matter: Matter) -> Self {
        Self { matter, counted: CountedParts::Everybody, own: false, days: None }
    }

    /// What a person did in a set before a leaf that keeps them from this approval.
    pub fn part_of(&self, set: &Participants, subject: &Subject, before: Sequence) -> Option<Part> {
        let folded = subject.folded();
        let counts = |one: &&Participation| {
            let overlaps = one.days.zip(self.days).is_none_or(|(theirs, ours)| theirs.overlap(ours));
            let part = match self.counted {
                CountedParts::Everybody | CountedParts::SinceApproval => one.part != Part::Approved,
                CountedParts::Approvers => true,
                CountedParts::Writers => {
                    !matches!(one.part, Part::Approved | Part::Reviewed | Part::Returned)
                }
            };
            // two spellings of one person are one person
            let theirs = one.subject == *subject || one.subject.folded() == folded;
            theirs && overlaps && part
        };
        let found = if self.counted == CountedParts::SinceApproval {
            set.since_approval(before).find(counts)
        } else {
            set.people.iter().take_while(|one| one.sequence < before).find(counts)
        };
        found.map(|one| one.part)
    }
}

/// A subject that acted: no other that a person would take for it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The subject as it is compared: case, width and composition folded.
    pub folded: FoldedSubject,
    /// The subject as it acted first, or as an operator said that it is right.
    pub subject: Subject,
    /// Spellings under which the same person acted before an operator said so, in order.
    pub former: Vec<Subject>,
    /// Where it stands in the log.
    pub revision: Revision,
}

impl Person {
    /// One that acts for the first time.
    pub fn new(subject: &Subject, stamp: &Stamp) -> Self {
        let (folded, subject) = (subject.folded(), subject.clone());
        Self { folded, subject, former: Vec::new(), revision: Revision::first(stamp) }
    }

    /// The same person under the spelling that is right.
    pub fn named(&self, subject: &Subject, stamp: &Stamp) -> Self {
        let former = self.former.iter().chain([&self.subject]).cloned().collect();
        Self { subject: subject.clone(), former, revision: self.revision.next(stamp), ..self.clone() }
    }
}

/// `agency subject`: which spelling of a subject is right, where another acted first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameSubject {
    pub subject: Subject,
}

/// Why no spelling is named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PersonError {
    #[error("nobody of that name acted")]
    SubjectUnknown,
    #[error("it is right already")]
    SubjectNamed,
}

crate::domain::coded!(PersonError: SubjectUnknown SubjectNamed);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::Instant;

    fn stamp(sequence: u64) -> Stamp {
        Stamp {
            sequence: Sequence::new(sequence),
            recorded_at: Instant::new(chrono::DateTime::UNIX_EPOCH),
            business_date: Date::parse("2025-01-02").unwrap(),
        }
    }

    fn who(name: &str) -> Subject {
        Subject::parse(name).unwrap()
    }

    fn days(from: &str, until: &str) -> Option<Days> {
        Some(Days { from: Date::parse(from).unwrap(), until: Date::parse(until).unwrap() })
    }

    #[test]
    fn a_part_counts_from_its_leaf_on_and_stands_there_once() {
        let mut set = Participants::none(Matter::stored("claim/1".to_owned()), &stamp(3));
        assert!(set.add(&who("eve"), Part::Created, None, &stamp(3)));
        assert!(!set.add(&who("eve"), Part::Created, None, &stamp(4)));
        assert!(set.add(&who("eve"), Part::Rewrote, None, &stamp(5)));
        let hold = Hold::own(set.matter.clone());
        let part = |subject, before| hold.part_of(&set, &who(subject), Sequence::new(before));
        assert_eq!(part("eve", 3), None);
        assert_eq!(part("eve", 4), Some(Part::Created));
        assert_eq!(part("mal", 9), None);
    }

    #[test]
    fn attempts_of_other_days_are_in_nobodys_way() {
        let mut set = Participants::none(Matter::stored("attempts/p/loan/1".to_owned()), &stamp(1));
        set.add(&who("eve"), Part::Created, days("2025-01-01", "2025-02-01"), &stamp(1));
        let of = |days| Hold { days, ..Hold::other(set.matter.clone()) };
        let part = |hold: Hold| hold.part_of(&set, &who("eve"), Sequence::new(9));
        assert_eq!(part(of(days("2025-01-31", "2025-03-01"))), Some(Part::Created));
        assert_eq!(part(of(days("2025-02-01", "2025-03-01"))), None);
        assert_eq!(part(of(None)), Some(Part::Created));
    }

    #[test]
    fn what_is_proposed_time_and_again_forgets_at_each_approval_and_a_write_off_remembers_approvers() {
        let mut set = Participants::none(Matter::stored("bank_account/a".to_owned()), &stamp(1));
        set.add(&who("eve"), Part::Created, None, &stamp(1));
        set.add(&who("chen"), Part::Approved, None, &stamp(2));
        set.add(&who("lin"), Part::Created, None, &stamp(3));
        let hold = |counted| Hold { counted, ..Hold::own(set.matter.clone()) };
        let part = |counted, subject: &str, before| {
            hold(counted).part_of(&set, &who(subject), Sequence::new(before))
        };
        assert_eq!(part(CountedParts::SinceApproval, "eve", 9), None);
        assert_eq!(part(CountedParts::SinceApproval, "eve", 2), Some(Part::Created));
        assert_eq!(part(CountedParts::SinceApproval, "lin", 9), Some(Part::Created));
        assert_eq!(part(CountedParts::Everybody, "eve", 9), Some(Part::Created));
        assert_eq!(part(CountedParts::Everybody, "chen", 9), None);
        assert_eq!(part(CountedParts::Approvers, "chen", 9), Some(Part::Approved));
        assert!(set.add(&who("eve"), Part::Created, None, &stamp(4)), "it is news again");
        assert!(
            set.add(&who("chen"), Part::Approved, None, &stamp(5)),
            "the same approver settles what came since"
        );
        assert!(!set.add(&who("chen"), Part::Approved, None, &stamp(5)), "nothing came since");
        set.add(&who("mei"), Part::Created, None, &stamp(6));
        let part = |subject: &str| {
            Hold { counted: CountedParts::SinceApproval, ..Hold::own(set.matter.clone()) }.part_of(
                &set,
                &who(subject),
                Sequence::new(9),
            )
        };
        assert_eq!(part("lin"), None, "approved by the second approval of chen");
        assert_eq!(part("mei"), Some(Part::Created));
    }
}
