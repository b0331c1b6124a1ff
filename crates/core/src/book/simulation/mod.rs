//! Rules tried on what was decided already: every voucher and every claim of a programme computed again, as if the rules had
//! been others from the beginning.
//!
//! Nothing is decided here and nothing changes. Each document is asked by the guards that asked it when it was decided, over
//! a book that has the other rules alone; it stands in the order in which it drew on the caps, and what waits behind. What was
//! used of a cap is what its sheet says, and what those before it take more or less now. So the rules in force change nothing.
//!
//! ```text
//! minimums          what the claims of a cost year come to together
//! past              what is tried, each with the sheet that counts
//! trial             one document under some rules
//! running           what is used of caps and left on vouchers, as those before it have it
//! totals            who gains, who loses, and for how long the appropriation would have been enough
//! ```

mod minimums;
mod past;
mod running;
pub mod totals;
mod trial;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::context::{Context, Decide};
use super::refusal::{Refusal, Stop};
use super::{Book, Change, Envelope, Fault, Key, Keys};
use crate::domain::dates::Window;
use crate::domain::{Code, CreditCode, Date, Money, Sequence, Stamp, TextHash};
use crate::loans::BorrowerKey;
use crate::programmes::bounds::Reduction;
use crate::programmes::calculation::{Calculation, YearMinimum};
use crate::programmes::interest::Bound;
use crate::programmes::{CapUsageKey, Policy, Programme, ProposeRules, RulesVersion};
use crate::rentals::allocations::{ContractAllocations, ContractHolder};
use crate::tags::TagSubject;
use crate::vouchers::{Voucher, VoucherStatus};
use minimums::Bases;
use past::{Case, cap_year};
pub use past::{Past, PastDocument, PastKind};
use running::{Running, scope_of};
use trial::Trial;

/// What a leaf made a programme's available appropriation more by, or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvailableMove {
    pub sequence: Sequence,
    pub day: Date,
    pub amount: Money,
}

/// Rules that nobody proposed yet, and the past that they are tried on.
#[derive(Debug, Clone)]
pub struct Question {
    pub programme: Programme,
    pub rules: Policy,
    /// The day from which they would be proposed; the first of the programme's window where none is said.
    pub effective_from: Option<Date>,
    /// When was filed what is tried; what was filed before is as it was.
    pub filed: Window,
    /// Of which kind the answer is; of both where left out.
    pub kind: Option<PastKind>,
}

/// Why a document has no new amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotComparable {
    /// Experts and an acceptance decide what a project is granted.
    DecidedByExperts,
    /// Under its own rules it would not come to its amount today: what it rests on is not what it was, or it was set by hand.
    FactsChanged,
}

/// A document under the other rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub kind: PastKind,
    pub id: Uuid,
    /// Of a voucher that was issued.
    pub number: Option<String>,
    pub organisation: CreditCode,
    pub filed_on: Date,
    pub status: &'static str,
    pub rules_version: u32,
    pub old: Money,
    /// What it was where it is not comparable, 0.00 where it is refused.
    pub new: Money,
    pub difference: Money,
    pub tier: Option<u32>,
    pub reductions: Vec<Reduction>,
    /// What keeps days, principal or points from earning.
    pub bound_by: Vec<Bound>,
    /// What the rules ask of the bases of its cost year, with those of the other claims that are tried.
    pub year_minimum: Option<YearMinimum>,
    pub refusal: Option<Code>,
    pub not_comparable: Option<NotComparable>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    pub rows: Vec<Tried>,
    pub organisations: BTreeMap<CreditCode, totals::Totals>,
    pub totals: totals::Totals,
    pub budget: totals::BudgetEffect,
}

/// The keys of [`simulate`], as far as the book shows them.
pub fn needs(book: &Book, question: &Question, past: &[Past]) -> Keys {
    let code = &question.programme.code;
    let mut keys = Keys::from([Key::Programme(code.clone())]);
    let versions =
        (1..=question.programme.versions).map(|number| super::guards::programmes::key(code, number));
    keys.extend(versions);
    let known = book.rules.iter().map(|(_, version)| &version.rules);
    let policies: Vec<&Policy> = known.chain([&question.rules]).collect();
    let reads_lists = policies.iter().any(|policy| policy.reads_lists());
    for policy in policies {
        keys.extend(policy.reference_names().map(|name| Key::RateSeries(name.folded())));
        keys.extend(policy.caps.groups.iter().flatten().cloned().map(Key::CapGroup));
    }
    for one in past {
        if let PastDocument::Claim(claim) = &one.document {
            keys.extend(claim.subject.voucher().map(Key::Voucher));
        }
        let case = one.case(book);
        keys.extend([case.organisation, case.supplier].map(Key::Organisation));
        if let Some(rental) = case.rental {
            keys.extend([Key::Rental(rental), Key::ContractUses(rental), Key::RentalUsage(rental)]);
            // when each was filed says what stood beside
            let users = book.uses.peek(&rental).into_iter().flat_map(ContractAllocations::iter);
            keys.extend(users.map(|(user, _)| match user {
                ContractHolder::Voucher(id) => Key::Voucher(*id),
                ContractHolder::Claim(id) => Key::Claim(*id),
            }));
        }
        if let Some(loan) = case.loan {
            keys.extend(book.loan_uses.peek(&loan).into_iter().flatten().map(|(id, _)| Key::Claim(*id)));
            let borrower = BorrowerKey { programme: code.clone(), organisation: case.organisation };
            let held = book.holdings.peek(&borrower).into_iter().flatten().map(|(id, _)| Key::Claim(*id));
            keys.extend(held);
            keys.extend([Key::Loan(loan), Key::LoanAllocations(loan), Key::Holdings(borrower)]);
        }
        if reads_lists {
            let project = case.rental.map(TagSubject::Rental).or(case.loan.map(TagSubject::Loan));
            let between = [case.organisation, case.supplier].map(TagSubject::Organisation);
            keys.extend(between.into_iter().chain(project).map(Key::TagsOf));
        }
        for group in question.rules.caps.groups.iter().flatten() {
            let years = [Some(case.day.year()), None];
            keys.extend(
                years.map(|year| Key::Usage(CapUsageKey::group(group.clone(), case.organisation, year))),
            );
        }
    }
    keys
}

/// The rules as they would be proposed. Error: what refuses the proposal.
fn proposed(context: Context<'_>, question: &Question) -> Result<RulesVersion, Stop> {
    let command = ProposeRules {
        programme: question.programme.code.clone(),
        effective_from: question.effective_from.unwrap_or(question.programme.window.from),
        rules: question.rules.clone(),
        reason: TextHash::new([0; 32]),
    };
    let decision = command.decide(context)?;
    let version = decision.effects.changes.into_iter().find_map(|change| match change {
        Change::Rules(version) => Some(*version),
        _ => None,
    });
    Ok(version.ok_or_else(|| Fault::Broken("a proposal of rules proposes none".to_owned()))?)
}

/// What happens to a document, in the order of the log.
enum Event<'a> {
    Decided(&'a Past),
    /// A voucher of which nothing is left.
    Ended(&'a Voucher),
}

/// What waits comes after all that was decided, in the order of its sheets.
fn events<'a>(book: &Book, past: &'a [Past]) -> Vec<(Sequence, Event<'a>)> {
    use VoucherStatus::{Cancelled, Expired, Redeemed};
    let mut events: Vec<_> = past.iter().map(|one| (one.decided_at, Event::Decided(one))).collect();
    let ended = past.iter().filter_map(|one| match &one.document {
        PastDocument::Voucher(voucher) if matches!(voucher.status, Cancelled | Expired | Redeemed) => {
            Some((voucher.revision.version, Event::Ended(voucher)))
        }
        PastDocument::Voucher(_) | PastDocument::Claim(_) => None,
    });
    events.extend(ended);
    // what ends with the leaf that decides a claim ends after it
    events.sort_by_key(|(at, event)| match event {
        Event::Decided(one) => (!one.case(book).counted, *at, false),
        Event::Ended(_) => (false, *at, true),
    });
    events
}

/// Tries rules on what is past. `envelope` says who asks; the book holds what [`needs`] asks for, and the agency.
pub fn simulate(
    book: Book,
    question: &Question,
    (past, moves): (&[Past], &[AvailableMove]),
    (envelope, stamp): (&Envelope, &Stamp),
) -> Result<Simulation, Stop> {
    let context = Context { book: &book, envelope, actor: &envelope.actor, if_match: None, stamp };
    let new = proposed(context, question)?;
    let ordered = events(&book, past);
    let mut trial = Trial::new(book, question, past, envelope);
    let mut running = Running::new(question.programme.code.clone());
    let (mut rows, mut shifts, mut bases) = (Vec::new(), Vec::new(), Bases::default());
    for (at, event) in ordered {
        match event {
            Event::Decided(one) => {
                let tried = decided(&mut trial, (&mut running, &mut bases), one, (question, &new))?;
                let case = trial.case(one);
                let was = committed(one, trial.own_rules(one)?, tried.old);
                let anew = question.filed.contains(case.filed) && tried.not_comparable.is_none();
                let now = if anew { committed(one, &new, tried.new) } else { was };
                if case.counted {
                    shifts.push((at, was.minus(now)?));
                }
                let asked = question.filed.contains(case.filed)
                    && question.kind.is_none_or(|kind| kind == tried.kind);
                rows.extend(asked.then_some(tried));
            }
            Event::Ended(voucher) => shifts.push((at, running.ended(voucher)?)),
        }
    }
    for row in &mut rows {
        row.year_minimum = bases.of(row.id)?;
    }
    totals::summed(rows, moves, &shifts)
}

/// CNY that the decision of a document commits under rules: nothing of what draws on a voucher, which was committed with it, nor
/// of what a bank deducts from what it was paid ahead.
fn committed(one: &Past, rules: &RulesVersion, amount: Money) -> Money {
    match &one.document {
        PastDocument::Claim(claim) if claim.subject.voucher().is_some() || rules.rules.prefunds() => {
            Money::ZERO
        }
        PastDocument::Claim(_) | PastDocument::Voucher(_) => amount,
    }
}

/// Tries one document, and counts what it takes.
fn decided(
    trial: &mut Trial<'_>,
    (running, bases): (&mut Running, &mut Bases),
    one: &Past,
    (question, new): (&Question, &RulesVersion),
) -> Result<Tried, Stop> {
    let case = trial.case(one);
    let old = one.sheet.amount;
    let scope = scope_of(trial.scopes(&case), &new.rules);
    let mut tried = Tried { difference: Money::ZERO, ..blank(one, &case) };
    if !question.filed.contains(case.filed) {
        bases.add(one, scope, &one.sheet)?;
    } else {
        match trial.comparable(one)? {
            Err(reason) => {
                bases.add(one, scope, &one.sheet)?;
                tried.not_comparable = Some(reason);
            }
            Ok(own) => match anew(trial, running, one, (&own, new)) {
                Ok(sheet) => {
                    tried.new = sheet.amount;
                    tried.tier = sheet.tier;
                    tried.bound_by = bounds(&sheet);
                    trial.holds(one, Some(&sheet));
                    bases.add(one, scope, &sheet)?;
                    tried.reductions = sheet.reductions;
                }
                Err(Stop::Refused(refusal)) => {
                    tried.new = Money::ZERO;
                    tried.refusal = Some(refusal.code());
                    trial.holds(one, None);
                    running.refused(one, refusal);
                }
                Err(fault @ Stop::Fault(_)) => return Err(fault),
            },
        }
        tried.difference = tried.new.minus(old)?;
    }
    running.decided(one, &case, trial.scopes(&case), (old, tried.new), (trial.own_rules(one)?, new))?;
    Ok(tried)
}

fn blank(one: &Past, case: &Case) -> Tried {
    let (number, status) = match &one.document {
        PastDocument::Voucher(voucher) => (voucher.number.clone(), voucher.status.into_str()),
        PastDocument::Claim(claim) => (None, claim.status.into_str()),
    };
    Tried {
        kind: one.kind(),
        id: one.id(),
        number,
        organisation: case.organisation,
        filed_on: case.filed,
        status,
        rules_version: one.sheet.rules_version,
        old: one.sheet.amount,
        new: one.sheet.amount,
        difference: Money::ZERO,
        tier: None,
        reductions: Vec::new(),
        bound_by: Vec::new(),
        year_minimum: None,
        refusal: None,
        not_comparable: None,
    }
}

fn bounds(sheet: &Calculation) -> Vec<Bound> {
    let mut found: Vec<Bound> = Vec::new();
    for bound in sheet.segments.iter().flat_map(|segment| &segment.bound_by) {
        if !found.contains(bound) {
            found.push(*bound);
        }
    }
    found
}

/// The sheet under the new rules.
fn anew(
    trial: &mut Trial<'_>,
    running: &Running,
    one: &Past,
    (own, new): (&RulesVersion, &RulesVersion),
) -> Result<Calculation, Stop> {
    let case = trial.case(one);
    if let Some(refusal) = running.voucher_refused(one) {
        return Err(Stop::Refused(refusal));
    }
    let year = cap_year(one, &case, new)?;
    let used = running.used(trial.whole(), (one, &case), trial.scopes(&case), ((own, new), year))?;
    let room = running.room(one)?;
    trial.sheet(one, new, (used, room, true))
}

/// A refusal is kept for what rests on it.
type Refused = BTreeMap<Uuid, Refusal>;
