//! Rules that say which dates count.

use rand::Rng;
use subsidy_core::book::Book;
use subsidy_core::claims::Claim;
use subsidy_core::domain::Date;
use subsidy_core::domain::dates::{FiscalYear, Window};
use subsidy_core::programmes::policy::{CapYear, Round, RulesBy, Term, TermFrom, Windows};
use subsidy_core::programmes::{Instrument, Policy, RulesKey};

use super::{World, date};

impl World {
    /// Says something of dates in some rules, as the instrument allows.
    pub(super) fn dates(&mut self, policy: &mut Policy, instrument: Instrument) {
        let (voucher, loan) = (instrument == Instrument::Voucher, instrument == Instrument::InterestSubsidy);
        if instrument == Instrument::Grant || self.one_in(2) {
            return;
        }
        if let Some(annual) = policy.caps.annual.as_mut().filter(|_| !voucher) {
            annual.year = self.maybe(2, |w| w.pick(&[CapYear::Cost, CapYear::Cost, CapYear::Approval]));
        }
        let from_drawdown = loan && self.one_in(2);
        policy.term = self.maybe(4, |w| Term {
            months_max: w.rng.gen_range(2..30),
            from: if from_drawdown { TermFrom::FirstDrawdown } else { TermFrom::Signed },
        });
        policy.term = policy.term.filter(|_| !voucher);
        policy.rules_by = self.maybe(3, |w| w.pick(&[RulesBy::Filing, RulesBy::Signed, RulesBy::Disbursed]));
        policy.rules_by = policy.rules_by.filter(|by| loan || *by != RulesBy::Disbursed);
        let mut window = |n| self.maybe(n, Self::wide);
        let windows = Windows {
            filing: window(6),
            signed: window(6),
            disbursed: window(3).filter(|_| loan),
            cost: window(4),
        };
        if self.one_in(5) {
            let round = |world: &mut Self| Round { filing: world.wide(), cost: world.wide() };
            policy.rounds = Some(vec![round(self), round(self)]);
            policy.windows = Some(Windows { filing: None, cost: None, ..windows });
        } else {
            policy.windows = (windows != Windows::default()).then_some(windows);
        }
    }

    fn wide(&mut self) -> Window {
        let from = self.pick(&["2023-01-01", "2024-01-01", "2024-06-01", "2025-01-01"]);
        let until = self.pick(&["2025-04-30", "2025-12-31", "2026-12-31", "2027-12-31"]);
        Window { from: date(from), until: date(until) }
    }
}

/// The year whose cap counts a claim that was approved.
pub fn cap_year(book: &Book, claim: &Claim) -> Option<FiscalYear> {
    let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    let by_cost = book.rules.peek(&key).expect("its rules").rules.cap_year() == CapYear::Cost;
    let last = claim.subject.period().filter(|_| by_cost).and_then(|period| period.last());
    last.or(claim.approved_on).map(Date::year)
}
