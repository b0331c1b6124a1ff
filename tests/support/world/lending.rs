//! Loans: borrowed, drawn, repaid, late, and what the banks say of them.

use rand::Rng;
use subsidy_ledger::loans::events::{Owed, history};
use subsidy_ledger::loans::*;

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

    fn borrow(&mut self, today: Date) -> Command {
        let back = self.rng.gen_range(-1..700);
        let signed_on = Date::from_naive(today.naive() - TimeDelta::days(back));
        let mut command = RegisterLoan {
            id: LoanId::new(self.id()),
            organisation: organisation(self.rng.gen_range(0..ORGANISATIONS + 1)),
            bank: organisation(ORGANISATIONS + self.rng.gen_range(0..PROVIDERS + 1)),
            loan_no: line(&format!("贷{}", self.rng.gen_range(0..40))),
            annual_rate_percent: percent(self.pick(&["3.25", "2.8", "0", "101"])),
            signed_on,
            matures_on: date(if self.one_in(20) { "2024-01-01" } else { "2034-06-20" }),
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
        let steps =
            loan.map(|l| history(l.annual_rate_percent, &l.events, |_| String::new()).unwrap_or_default());
        let last = steps.as_ref().and_then(|steps| steps.last());
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
        let change = match self.rng.gen_range(0..10) {
            0..4 => Change::Drawdown(self.amount(7, 11)),
            4..6 => Change::Repayment(part(self, owed.principal)),
            6 => Change::RateChange(percent(self.pick(&["3", "2.95", "100.5"]))),
            7..9 => Change::Overdue(part(self, owed.in_time())),
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
