//! What `needs` asks for is enough: every command is decided alike over the loaded slice and over the whole book.

use crate::support;

use std::collections::BTreeMap;

use subsidy_core::book::segregation::PARTS;
use subsidy_core::book::{
    Book, Change, Command, Envelope, Key, Loaded, Outcome, ROUNDS_MAX, Stop, caller, decide, needs,
};
use subsidy_core::claims::recalculation::{ApproveRecalculation, ClaimChanges, ProposeRecalculation};
use subsidy_core::claims::{Claim, ClaimStatus};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{ClaimId, Date, Money, Month, RecoveryId, Stamp, TextHash};
use subsidy_core::ledger::{Account, Line, Side};
use subsidy_core::recoveries::rules::outstanding;
use subsidy_core::recoveries::{ReceiveRecovery, Recovery};
use subsidy_core::{documents, indexes};
use support::seed::seed;
use support::world::people::People;
use support::world::{Auditor, World, by, instant, stamp};

/// Exactly what a ledger would load for this command: nothing, then what it asks for, round by round.
fn slice(envelope: &Envelope, stamp: &Stamp, whole: &Book) -> Book {
    let command = &envelope.command;
    let mut book = Book { agency: whole.agency.clone(), ..Book::default() };
    for round in 0.. {
        let wanted: Vec<Key> = needs(command, stamp, &book)
            .into_iter()
            .chain([caller(&envelope.actor.subject)])
            .filter(|k| !book.knows(k))
            .collect();
        if wanted.is_empty() {
            break;
        }
        assert!(round < ROUNDS_MAX, "after {round} rounds {command:?} still wants {wanted:?}");
        for key in wanted {
            copy(&key, whole, &mut book);
            book.looked_for(key);
        }
    }
    book
}

fn copy(key: &Key, from: &Book, to: &mut Book) {
    fn one<K: Ord + Clone + std::fmt::Debug, V: Clone>(key: &K, from: &Loaded<K, V>, to: &mut Loaded<K, V>) {
        if let Some(value) = from.get(key).expect("the whole book knows everything") {
            to.load(key.clone(), value.clone());
        }
    }
    macro_rules! copy {
        (
            { $($document:ident($key:ty) in $documents:ident: $type:ty, $of:expr;)* }
            { $($(#[$doc:meta])* $index:ident($index_key:ty) in $indexes:ident: $value:ty;)* }
        ) => {
            match key {
                $(Key::$document(k) => one(k, &from.$documents, &mut to.$documents),)*
                $(Key::$index(k) => one(k, &from.$indexes, &mut to.$indexes),)*
                Key::Turnovers(k) => {
                    for (month, turnovers) in
                        from.turnovers.through(*k).expect("the whole book knows everything")
                    {
                        to.turnovers.load(month, *turnovers);
                    }
                }
            }
        };
    }
    documents! { indexes copy }
}

/// What was changed in the slice stands so in the whole book.
fn same_changes(part: &Book, whole: &Book) {
    macro_rules! same {
        (
            { $($document:ident($key:ty) in $documents:ident: $type:ty, $of:expr;)* }
            { $($(#[$doc:meta])* $index:ident($index_key:ty) in $indexes:ident: $value:ty;)* }
        ) => {
            same!($($documents)* $($indexes)*);
        };
        ($($loaded:ident)*) => {
            $(for changed in part.$loaded.changed() {
                assert_eq!(whole.$loaded.get(changed.key), Ok(Some(changed.now)));
            })*
        };
    }
    documents! { indexes same }
    assert_eq!(part.agency, whole.agency);
    for (month, turnovers) in
        whole.turnovers.through(Month::of(support::world::date("2999-12-31"))).expect("all")
    {
        if let Some(mut known) = part.turnovers.through(month) {
            assert_eq!(known.find(|(of, _)| *of == month), Some((month, turnovers)));
        }
    }
}

#[test]
fn every_command_is_decided_alike_over_its_slice_and_over_the_whole_book() {
    let seed = seed();
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    let mut auditor_issued = 0;
    let mut auditor_cuts = 0;
    let mut auditor_allocated = 0;
    let mut auditor_tiered = 0;
    // refused as the same person, for an earlier document or a contract among them, and for a conflict
    let mut held = [0; 3];
    // six runs, and more where chance left the world poor
    for run in 0..200_u64 {
        let counts = [auditor_issued > 100, auditor_cuts > 50, auditor_allocated > 30, auditor_tiered > 50];
        if run >= 6 && is_rich(&answers) && counts == [true; 4] {
            break;
        }
        let mut world = World::new(seed.wrapping_add(run));
        let mut book = Book::complete();
        let mut auditor = Auditor::default();
        let mut people = People::default();
        let mut next = 0;
        for step in 0..1_500 {
            let envelope = world.next(&book);
            let stamp = stamp(&book, next, instant(1_762_128_000_000_000 + step), &envelope.command);
            let mut part = slice(&envelope, &stamp, &book);
            let over_slice = decide(&part, &envelope, &stamp);
            let decided = decide(&book, &envelope, &stamp);
            assert_eq!(over_slice, decided, "seed {seed}, run {run}, step {step}: {envelope:?}");
            let answer = match decided {
                Ok(decision) => {
                    people.accepted(&book, &envelope, &decision);
                    if decision.effects.changes.iter().any(|change| matches!(change, Change::Participants(_)))
                    {
                        assert!(
                            PARTS.contains(&envelope.command.kind())
                                || ENDS.contains(&envelope.command.kind())
                        );
                    }
                    book.apply(&decision.effects).expect("the whole book takes it");
                    part.apply(&decision.effects).expect("the slice takes it");
                    same_changes(&part, &book);
                    auditor.check(&book, &envelope.command, &decision);
                    next += 1;
                    let deducts = |line: &Line| line.account == Account::F1214 && line.side == Side::Credit;
                    if decision.effects.posting.lines().iter().any(deducts) {
                        *answers
                            .entry(format!("accepted {} of a prefund", envelope.command.kind()))
                            .or_default() += 1;
                    }
                    if let Some(kind) = of_interest(&decision.outcome, &envelope.command, &book) {
                        *answers.entry(kind).or_default() += 1;
                    }
                    format!("accepted {}", envelope.command.kind())
                }
                Err(Stop::Refused(refusal)) => {
                    let value = serde_json::to_value(&refusal).expect("a refusal is data");
                    people.refused(&book, &envelope, value["code"].as_str().expect("a code"));
                    format!("refused {}", value["code"].as_str().expect("a code"))
                }
                Err(Stop::Fault(fault)) => {
                    panic!("seed {seed}, run {run}, step {step}: {fault} at {envelope:?}")
                }
            };
            *answers.entry(answer).or_default() += 1;
        }
        held[0] += people.refused;
        held[1] += people.refused_twins;
        held[2] += people.conflicts;
        auditor_issued += auditor.issued;
        auditor_cuts += auditor.cuts;
        auditor_allocated += auditor.allocated;
        auditor_tiered += auditor.tiered;
    }
    eprintln!("{answers:#?}");
    assert!(held.iter().all(|count| *count > 10), "{held:?} people were in the way: the world is too poor");
    assert!(auditor_issued > 100, "only {auditor_issued} vouchers were issued: the world is too poor");
    for kind in later_kinds() {
        assert!(accepted(&answers, kind) > 10, "{kind} is hardly ever accepted: the world is too poor");
    }
    assert!(auditor_tiered > 50, "only {auditor_tiered} sheets are of a tier: the world is too poor");
    assert!(auditor_allocated > 30, "only {auditor_allocated} steps changed what is taken of invoices");
    for (kind, least) in AT_LEAST {
        let count = accepted(&answers, kind);
        assert!(count >= least, "{kind} {count} times: the world is too poor");
    }
    for code in REFUSALS {
        assert!(answers.contains_key(&format!("refused {code}")), "{code} is never the answer");
    }
    assert!(auditor_cuts > 50, "only {auditor_cuts} cuts were made: the caps are too high");
}

/// What ends a document, and with it makes its people those of an attempt.
const ENDS: [&str; 5] =
    ["cancel_voucher", "reject_claim", "reject_prefund", "reject_recovery", "reject_true_up"];

/// What was accepted of a claim for interest.
fn of_interest(outcome: &Outcome, command: &Command, book: &Book) -> Option<String> {
    let claim = match outcome {
        Outcome::Claim { claim, .. } => claim.id,
        Outcome::Recalculation { recalculation, .. } => recalculation.claim,
        _ => return None,
    };
    book.claims.peek(&claim)?.subject.loan().map(|_| format!("accepted {} of interest", command.kind()))
}

/// Commands that need others before them.
fn later_kinds() -> impl Iterator<Item = &'static &'static str> {
    let parts = [
        "_claim",
        "expire_",
        "remind_",
        "payment",
        "recovery",
        "account",
        "calendar",
        "tag",
        "recalculation",
        "raise_objection",
        "resolve_objection",
        "loan",
        "interest",
        "prefund",
        "true_up",
        "evidence",
        "import_usage",
        "_period",
        "_reversal",
        "_role_grant",
    ];
    Command::KINDS.iter().filter(move |kind| parts.iter().any(|part| kind.contains(part)))
}

/// What is rare, and how often at least. An acceptance rests on so much that chance does not come to it: the tests of grants
/// hold those.
const AT_LEAST: [(&str, usize); 7] = [
    ("approve_awards", 2),
    ("approve_cap_group", 2),
    ("approve_statutory_limit", 2),
    ("approve_claim of interest", 4),
    ("approve_recalculation of interest", 4),
    ("approve_claim of a prefund", 5),
    ("approve_recalculation of a prefund", 2),
];

/// Refusals that each rest on much that went before.
const REFUSALS: [&str; 21] = [
    "not_eligible",
    "provider_not_listed",
    "bank_not_listed",
    "no_tier",
    "eligibility_changed",
    "prefund_exhausted",
    "prefund_trued_up",
    "prefund_not_allowed",
    "statement_differs",
    "true_up_pending",
    "interest_period_overlaps",
    "period_not_over",
    "effective_date_too_early",
    "amount_changed",
    "loan_rate_above_ceiling",
    "evidence_reused",
    "invoice_buyer_differs",
    "invoice_contradicts",
    "own_role",
    "role_already_granted",
    "role_organisation",
];

fn accepted(answers: &BTreeMap<String, usize>, kind: &str) -> usize {
    answers.get(&format!("accepted {kind}")).copied().unwrap_or(0)
}

/// Whether every later command was accepted often enough to say something.
fn is_rich(answers: &BTreeMap<String, usize>) -> bool {
    later_kinds().all(|kind| accepted(answers, kind) > 10)
        && AT_LEAST.iter().all(|(kind, least)| accepted(answers, kind) >= *least)
        && REFUSALS.iter().all(|code| answers.contains_key(&format!("refused {code}")))
}

/// A recalculation proposed and approved; none where a rule refuses it. The claim's amount after it.
fn recalculated(book: &mut Book, next: &mut u64, claim: ClaimId, changes: ClaimChanges) -> Option<Money> {
    let reason = TextHash::new([7; 32]);
    act(
        book,
        next,
        "checker-1",
        Command::ProposeRecalculation(Box::new(ProposeRecalculation {
            claim,
            changes,
            reason,
            accept_incomplete_usage: true,
        })),
    )?;
    let recovery = RecoveryId::new(uuid::Uuid::from_u128(u128::from(*next)));
    let approval = ApproveRecalculation { claim, number: None, recovery, effective_date: None };
    act(book, next, "checker-2", Command::ApproveRecalculation(approval))?;
    book.claims.peek(&claim).map(|claim| claim.amount)
}

fn act(book: &mut Book, next: &mut u64, subject: &str, command: Command) -> Option<()> {
    let envelope = by(subject, command);
    let stamp = stamp(book, *next, instant(1_772_128_000_000_000), &envelope.command);
    match decide(book, &envelope, &stamp) {
        Ok(decision) => book.apply(&decision.effects).expect("the book takes it"),
        Err(Stop::Refused(_)) => return None,
        Err(Stop::Fault(fault)) => panic!("{fault} at {envelope:?}"),
    }
    *next += 1;
    Some(())
}

/// What is said of a claim, so much of it in percent: what it says now at 100.
fn said(claim: &Claim, percent: i64) -> ClaimChanges {
    let part = |money: Money| Money::from_fen((money.fen() / 100 * percent).max(1));
    if let Some(terms) = claim.subject.interest() {
        let interest_paid = if percent == 100 { terms.interest_paid } else { part(terms.interest_paid) };
        return ClaimChanges { interest_paid: Some(interest_paid), ..ClaimChanges::default() };
    }
    if percent == 100 && claim.subject.metered().is_some() {
        return ClaimChanges { usage: true, ..ClaimChanges::default() };
    }
    let mut lines = claim.subject.settlement().to_vec();
    for line in lines.iter_mut().filter(|_| percent != 100) {
        line.amount = Amount::of(part(line.amount.money())).expect("above zero");
        line.metered = None;
    }
    ClaimChanges { settlement: Some(lines), ..ClaimChanges::default() }
}

/// A third of what the claim's newest recovery is owed comes in; which, and how much.
fn receive(book: &mut Book, next: &mut u64, claim: ClaimId, today: Date) -> Option<(Recovery, Money)> {
    let owed = book.recoveries.iter().filter(|(_, one)| one.claim == claim);
    let newest = owed.max_by_key(|(_, one)| one.revision.created)?.1.clone();
    let amount = Amount::of(Money::from_fen(outstanding(&newest).expect("a sum").fen() / 3))?;
    let bank_reference = support::world::line(&format!("R{next}"));
    let receipt = ReceiveRecovery { id: newest.id, amount, date: today, bank_reference };
    act(book, next, "checker-1", Command::ReceiveRecovery(receipt))?;
    Some((newest, amount.money()))
}

/// The amount that a claim of `first` comes back to. What an office asked back by itself, not in a recalculation, and
/// not for fraud, is free under the cap once it came in, for this claim as for others: `before` tells how much of it the
/// claim takes, had the money come in before it was recalculated down.
fn expected(
    before: &mut Book,
    next: &mut u64,
    (claim, first): (&Claim, Money),
    (received, today): (Option<&(Recovery, Money)>, Date),
) -> Money {
    let of_a_recalculation =
        |id| before.recalculations.iter().any(|(_, one)| one.claim == claim.id && one.recovery == Some(id));
    let known = |id| before.recoveries.peek(&id).is_some();
    let Some((recovery, amount)) = received else { return first };
    if recovery.fraud || !known(recovery.id) || of_a_recalculation(recovery.id) {
        return first;
    }
    receive(before, next, claim.id, today).expect("the same money");
    let more = recalculated(before, next, claim.id, said(claim, 100)).expect("an amount");
    assert!(first <= more && more <= first.plus(*amount).expect("a sum"), "{first} {more}: {claim:?}");
    more
}

#[test]
fn a_recalculation_down_and_up_again_comes_back_to_the_same_amount() {
    let seed = seed();
    let (mut same, mut came_in) = (0, 0);
    for run in 0..60_u64 {
        if same > 40 && came_in > 10 {
            break;
        }
        let mut world = World::new(seed.wrapping_add(1_000 + run));
        let mut book = Book::complete();
        let mut next = 0;
        for step in 0..1_500 {
            let envelope = world.next(&book);
            let stamp = stamp(&book, next, instant(1_762_128_000_000_000 + step), &envelope.command);
            if let Ok(decision) = decide(&book, &envelope, &stamp) {
                book.apply(&decision.effects).expect("the book takes it");
                next += 1;
            }
        }
        let today = book.agency.as_ref().and_then(|agency| agency.business_date).expect("a day");
        let paid = book.claims.iter().filter(|(_, claim)| claim.status == ClaimStatus::Paid);
        for (place, claim) in paid.map(|(_, claim)| claim.clone()).enumerate() {
            let (mut book, mut next) = (book.clone(), next);
            let Some(first) = recalculated(&mut book, &mut next, claim.id, said(&claim, 100)) else {
                continue;
            };
            // what is due of it first is not asked back, it goes
            if book.claims.peek(&claim.id).is_none_or(|now| now.status != ClaimStatus::Paid) {
                continue;
            }
            let mut before = book.clone();
            let percent = [20, 50, 90][place % 3];
            if recalculated(&mut book, &mut next, claim.id, said(&claim, percent)).is_none() {
                continue;
            }
            let received = if place % 2 == 0 { receive(&mut book, &mut next, claim.id, today) } else { None };
            let Some(last) = recalculated(&mut book, &mut next, claim.id, said(&claim, 100)) else {
                continue;
            };
            let expected = expected(&mut before, &mut next, (&claim, first), (received.as_ref(), today));
            assert_eq!(last, expected, "seed {seed}, run {run}: {claim:?}");
            (same, came_in) = (same + 1, came_in + usize::from(received.is_some()));
        }
    }
    eprintln!("{same} came back, {came_in} after money had come in");
    assert!(same > 20 && came_in > 3, "{same} {came_in}: the world is too poor");
}
