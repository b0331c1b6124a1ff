//! Loans: borrowed, drawn, repaid, late, and what the banks say of them.

use rand::Rng;
use subsidy_core::domain::dated::in_force;
use subsidy_core::loans::events::{Owed, history};
use subsidy_core::loans::*;

use super::*;

impl World {
    /// A loan, what happens to one, or what its bank confirms.
    pub(super) fn lending(&mut self, book: &Book, today: Date) -> Command {
        match self.rng.gen_range(0..10) {
            0..3 => self.borrow(today),
            3..7 => {
                let (id, loan) = self.loan(book);
                let count = self.rng.gen_range(1..3);
                let events = (0..count).map(|_| self.loan_event(loan, today)).collect();
                Command::RecordLoanEvents(Box::new(RecordLoanEvents { id, events }))
            }
            _ => {
                let (id, loan) = self.loan(book);
                let signed = loan.map_or(today, |loan| loan.signed_on);
                let last =
                    loan.and_then(|loan| loan.interest.last()).map_or(signed, |paid| paid.period.until);
                let from = if self.one_in(3) { self.after(signed, today) } else { last };
                let until = self.after(from, today);
                Command::ConfirmInterest(ConfirmInterest {
                    id,
                    period: InterestPeriod { from, until },
                    interest_paid: Money::from_fen(self.fen(0, 9)),
                    penalty_interest: Money::ZERO,
                })
            }
        }
    }

    /// A claim for interest: most times of a loan's days that no claim takes yet.
    pub(super) fn subsidy(&mut self, book: &Book, known: Option<&Claim>, today: Date) -> ClaimRequest {
        let drawn: Vec<_> = book.loans.iter().filter(|(_, l)| !l.events.is_empty()).collect();
        let (loan, of) = match known.and_then(|claim| claim.subject.loan()) {
            Some(loan) => (loan, book.loans.peek(&loan)),
            None if drawn.is_empty() || self.one_in(12) => self.loan(book),
            None => {
                let (id, loan) = drawn[self.rng.gen_range(0..drawn.len())];
                (*id, Some(loan))
            }
        };
        let begun = of.map_or(today, |loan| loan.events.first().map_or(loan.signed_on, |event| event.date));
        let uses = book.loan_uses.peek(&loan);
        let taken = uses.into_iter().flatten().filter(|(_, other)| other.live).map(|(_, o)| o.period.until);
        let free = taken.max().unwrap_or(begun).max(begun);
        let from = if self.one_in(4) { self.after(begun, today) } else { free };
        let until = if self.one_in(2) { today } else { self.after(from, today) };
        let funded = of.is_some_and(|loan| prefunding::has(book, loan.bank));
        let lender = programme(if funded && !self.one_in(3) { PREFUNDING } else { self.pick(&LENDING) });
        ClaimRequest::InterestSubsidy {
            programme: known.map_or(lender, |claim| claim.programme.clone()),
            loan,
            terms: InterestTerms {
                period: ClaimPeriod { from, until },
                interest_paid: Money::from_fen(if self.one_in(25) { 0 } else { self.fen(5, 10) }),
                penalty_interest: Money::ZERO,
                other_points: self.maybe(6, |_| Points::parse("0.75").expect("points")),
            },
        }
    }

    /// What is other than a claim for interest said.
    pub(super) fn known_better(&mut self, terms: InterestTerms, today: Date) -> ClaimChanges {
        let days = self.rng.gen_range(-10..10);
        let until = Date::from_naive(terms.period.until.naive() + TimeDelta::days(days)).min(today);
        let factor = self.rng.gen_range(50..150);
        ClaimChanges {
            period: self.maybe(3, |_| ClaimPeriod { until, ..terms.period }),
            interest_paid: self
                .maybe(2, |_| Money::from_fen((terms.interest_paid.fen() / 100 * factor).max(1))),
            other_points: self.maybe(5, |_| Points::parse("0.5").expect("points")),
            ..ClaimChanges::default()
        }
    }

    fn borrow(&mut self, today: Date) -> Command {
        let back = self.rng.gen_range(-1..700);
        let signed_on = Date::from_naive(today.naive() - TimeDelta::days(back));
        let mut command = RegisterLoan {
            id: LoanId::new(self.id()),
            organisation: organisation(self.rng.gen_range(0..ORGANISATIONS + 1)),
            bank: organisation(ORGANISATIONS + self.rng.gen_range(0..PROVIDERS + 1)),
            loan_no: line(&format!("贷{}", self.rng.gen_range(0..40))),
            annual_rate_percent: percent(self.pick(&["3.25", "2.8", "3.1", "0", "4", "101"])),
            signed_on,
            matures_on: match self.rng.gen_range(0..20) {
                0 => date("2024-01-01"),
                // soon, so that some interest accrues after it
                1..6 => Date::from_naive(signed_on.naive() + TimeDelta::days(self.rng.gen_range(1..200))),
                _ => date("2034-06-20"),
            },
            project: Project { code: label("P1"), name: line("智算中心"), investment: None },
            events: Vec::new(),
        };
        if self.one_in(2) {
            let change = Change::Drawdown(self.amount(7, 11));
            command.events.push(LoanEvent { date: self.after(signed_on, today), change });
        }
        Command::RegisterLoan(Box::new(command))
    }

    /// A loan, most times one that is there.
    fn loan<'a>(&mut self, book: &'a Book) -> (LoanId, Option<&'a Loan>) {
        let all: Vec<_> = book.loans.iter().map(|(_, loan)| loan).collect();
        if all.is_empty() || self.one_in(30) {
            return (LoanId::new(self.id()), None);
        }
        let loan = all[self.rng.gen_range(0..all.len())];
        (loan.id, Some(loan))
    }

    /// A day between two, or rarely one outside.
    fn after(&mut self, from: Date, until: Date) -> Date {
        let days = (until.naive() - from.naive()).num_days().max(0);
        let days = if self.one_in(25) { -1 } else { self.rng.gen_range(0..days + 2) };
        Date::from_naive(from.naive() + TimeDelta::days(days))
    }

    fn loan_event(&mut self, loan: Option<&Loan>, today: Date) -> LoanEvent {
        let known = loan.map(|l| history(l.signed(), &l.events, |_| String::new()).expect("it was taken"));
        let last = known.as_ref().and_then(|known| known.steps.last());
        let owed = last.map_or(Owed::nothing(percent("3")), |step| step.value);
        let since = last.map(|step| step.date).or(loan.map(|l| l.signed_on)).unwrap_or(today);
        let from = if self.one_in(4) { loan.map_or(today, |l| l.signed_on) } else { since };
        let part = |world: &mut Self, of: Money| {
            let fen = if of.fen() > 1 && !world.one_in(12) {
                world.rng.gen_range(1..of.fen())
            } else {
                of.fen() + 1
            };
            Amount::parse(&Money::from_fen(fen).to_string()).expect("an amount")
        };
        if self.one_in(8) {
            let matures_on = known.as_ref().and_then(|known| known.matures_on).unwrap_or(today);
            let later = Date::from_naive(matures_on.naive() + TimeDelta::days(self.rng.gen_range(0..90)));
            return LoanEvent { date: self.after(from, today), change: Change::Extension(later) };
        }
        if self.one_in(6) {
            let date = self.after(since, today);
            let wrong = self.one_in(12);
            let change = if owed.paused != wrong { Change::Resume } else { Change::Pause };
            return LoanEvent { date, change };
        }
        let change = match self.rng.gen_range(0..10) {
            0..4 => Change::Drawdown(self.amount(7, 11)),
            4..6 => Change::Repayment(part(self, owed.principal)),
            6 => Change::RateChange(percent(self.pick(&["3", "2.95", "100.5"]))),
            7..9 => Change::Overdue(part(self, owed.in_time().unwrap_or(Money::ZERO))),
            _ => Change::OverdueCleared(part(self, owed.overdue)),
        };
        LoanEvent { date: self.after(from, today), change }
    }
}

/// Who lends, and says what was paid.
pub fn bank(code: CreditCode) -> Actor {
    Actor {
        subject: Subject::parse(&format!("bank-{code}")).expect("a subject"),
        roles: Role::Bank.into(),
        organisation: Some(code),
    }
}

/// Every claim that counts takes its days; no day of a loan is taken twice by one programme, nor by two of which one
/// suffers none beside it.
pub fn check_loans(book: &Book) {
    let mut live = 0;
    for (loan, uses) in book.loan_uses.iter() {
        let all: Vec<_> = uses.iter().filter(|(_, taken)| taken.live).collect();
        live += all.len();
        for (place, (id, one)) in all.iter().enumerate() {
            let claim = book.claims.peek(id).expect("its claim");
            let period = claim.subject.period().expect("its days").of_interest();
            assert_eq!((claim.subject.loan(), period), (Some(*loan), one.period), "{claim:?}");
            for (_, other) in &all[place + 1..] {
                let beside = one.programme != other.programme && !one.stacked.clashes(other.stacked);
                assert!(beside || !one.period.overlaps(&other.period), "{one:?} {other:?}");
            }
        }
    }
    let holding = book
        .claims
        .iter()
        .filter(|(_, c)| c.subject.loan().is_some() && subsidy_core::claims::backing::holds(c.status));
    assert_eq!(holding.count(), live, "claims that count and what they take");
    let held: usize = book.holdings.iter().map(|(_, holdings)| holdings.len()).sum();
    assert_eq!(held, live, "what claims hold of the cap");
}

/// After a step of a claim: its organisation earns on no day on more than the cap of the claim's rules, unless the claim
/// earns nothing on that day.
pub fn check_principal_cap(book: &Book, claim: &Claim) {
    let Some(own) = claim.subject.loan().and_then(|loan| book.loan_uses.peek(&loan)?.get(&claim.id)) else {
        return;
    };
    let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    let cap = book.rules.peek(&key).expect("its rules").rules.principal_cap;
    let Some(cap) = cap.filter(|_| own.live) else { return };
    let holder = BorrowerKey { programme: own.programme.clone(), organisation: own.organisation };
    let holdings = book.holdings.peek(&holder).expect("its holdings");
    let days = holdings.values().flatten().map(|step| step.date);
    for day in days.filter(|day| in_force(&own.principal, *day).unwrap_or_default().is_positive()) {
        let sum = holdings.values().map(|steps| in_force(steps, day).unwrap_or_default());
        assert!(Money::sum(sum).expect("a sum") <= cap.money(), "{claim:?} on {day}");
    }
}
