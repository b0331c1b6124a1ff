//! Prefunds: banks paid ahead, and settled with.

use rand::Rng;
use subsidy_core::ledger::parts;
use subsidy_core::prefunds::true_up::*;
use subsidy_core::prefunds::*;

use super::*;

impl World {
    /// Money to a bank, or a year of it settled.
    pub(super) fn prefunding(&mut self, book: &Book, today: Date) -> Command {
        match self.rng.gen_range(0..24) {
            0..7 => self.propose_prefund(book, today),
            7..14 => Command::ApprovePrefund(ApprovePrefund { id: self.prefund(book) }),
            14..16 => Command::RejectPrefund(RejectPrefund { id: self.prefund(book), reason: self.hash() }),
            16..20 => self.propose_true_up(book, today),
            20..22 => Command::ApproveTrueUp(ApproveTrueUp { id: self.true_up(book) }),
            _ => Command::RejectTrueUp(RejectTrueUp { id: self.true_up(book), reason: self.hash() }),
        }
    }

    fn propose_prefund(&mut self, book: &Book, today: Date) -> Command {
        let number = if self.one_in(9) { self.pick(&LENDING) } else { PREFUNDING };
        let banks: Vec<_> = book.loans.iter().map(|(_, loan)| loan.bank).collect();
        let bank = if banks.is_empty() || self.one_in(12) {
            organisation(ORGANISATIONS + self.rng.gen_range(0..PROVIDERS + 1))
        } else {
            self.pick(&banks)
        };
        let ahead = i32::from(self.one_in(3));
        Command::ProposePrefund(Box::new(ProposePrefund {
            id: PrefundId::new(self.id()),
            programme: programme(number),
            bank,
            amount: self.amount(6, 10),
            fiscal_year: year(today.year().number() + ahead),
            document: line("预拨1号"),
            effective_date: self.maybe(3, |w| w.day(today)),
        }))
    }

    /// A prefund, most times one that waits.
    fn prefund(&mut self, book: &Book) -> PrefundId {
        let found = self.found(&book.prefunds, 12, |prefund| prefund.status == PrefundStatus::Proposed);
        found.unwrap_or_else(|| PrefundId::new(self.id()))
    }

    /// Most times of a year to come, so that what is deducted goes on; most times with what the ledger has.
    fn propose_true_up(&mut self, book: &Book, today: Date) -> Command {
        let open: Vec<_> = book.prefund_years.iter().filter(|(_, y)| !y.closed).map(|(_, y)| y).collect();
        let ahead: Vec<_> = open.iter().copied().filter(|y| y.fiscal_year > today.year()).collect();
        let from = if ahead.is_empty() || self.one_in(5) { &open } else { &ahead };
        let any = PrefundYearKey {
            programme: programme(PREFUNDING),
            bank: organisation(ORGANISATIONS),
            year: today.year(),
        };
        let known = if from.is_empty() || self.one_in(15) { None } else { Some(self.pick(from)) };
        let key = known.map_or(any, PrefundYear::key);
        let deducted = known.map_or(Money::ZERO, |year| year.deducted);
        let left = known.map(|year| parts::sum(&year.left).expect("a sum"));
        let wrong = self.one_in(9);
        let day = if self.one_in(6) { self.day(today) } else { today };
        Command::ProposeTrueUp(Box::new(ProposeTrueUp {
            id: TrueUpId::new(self.id()),
            programme: key.programme,
            bank: key.bank,
            fiscal_year: key.year,
            action: if self.one_in(2) {
                TrueUpAction::Roll { date: self.maybe(3, |_| day) }
            } else {
                TrueUpAction::Return { bank_reference: line("R1"), date: day }
            },
            statement: Statement {
                deducted: if wrong { money("0.07") } else { deducted },
                left: left.filter(|_| self.one_in(2)),
            },
            document: line("清算1号"),
            reason: self.maybe(3, Self::hash),
        }))
    }

    /// A true-up, most times one that waits.
    fn true_up(&mut self, book: &Book) -> TrueUpId {
        let found = self.found(&book.true_ups, 12, |true_up| true_up.status == TrueUpStatus::Proposed);
        found.unwrap_or_else(|| TrueUpId::new(self.id()))
    }
}

/// Whether a bank has anything to deduct from.
pub(super) fn has(book: &Book, bank: CreditCode) -> bool {
    let open = book.prefund_years.iter().filter(|(_, year)| year.bank == bank && !year.closed);
    open.map(|(_, year)| year).any(|year| !year.left.is_empty())
}

/// A bank's years add up, each from prefunds, claims and true-ups themselves, and together to what the books say it has.
pub(super) fn check(book: &Book) {
    let mut paid: BTreeMap<PrefundYearKey, i64> = BTreeMap::new();
    for (_, prefund) in book.prefunds.iter().filter(|(_, p)| p.status == PrefundStatus::Approved) {
        assert_ne!(prefund.decided_by.as_ref(), Some(&prefund.created_by), "{prefund:?}");
        assert_eq!(parts::sum(&prefund.parts), Ok(prefund.amount), "{prefund:?}");
        *paid.entry(prefund.key()).or_default() += prefund.amount.fen();
    }
    let mut deducted: BTreeMap<PrefundYearKey, i64> = BTreeMap::new();
    for (_, claim) in book.claims.iter() {
        for payment in &claim.payments {
            let SettledBy::Prefund(year) = payment.by else { continue };
            assert_eq!((claim.status, claim.payee), (ClaimStatus::Paid, claim.provider), "{claim:?}");
            let key = PrefundYearKey { programme: claim.programme.clone(), bank: claim.provider, year };
            *deducted.entry(key).or_default() += payment.amount.fen();
        }
    }
    let mut held: BTreeMap<BalanceKey, i64> = BTreeMap::new();
    let mut opened: BTreeMap<PrefundYearKey, i64> = BTreeMap::new();
    for (key, year) in book.prefund_years.iter() {
        let left = parts::sum(&year.left).expect("a sum").fen();
        assert!(left >= 0, "{year:?}");
        let sum = year.opening.fen() + year.paid.fen()
            - year.deducted.fen()
            - year.rolled.fen()
            - year.returned.fen();
        assert_eq!(sum, left, "{year:?}");
        assert_eq!(year.paid.fen(), paid.remove(key).unwrap_or_default(), "{year:?}");
        assert_eq!(year.deducted.fen(), deducted.remove(key).unwrap_or_default(), "{year:?}");
        assert!(!year.closed || left == 0, "{year:?}");
        let settled = year.true_up.and_then(|id| book.true_ups.peek(&id)).map(|t| t.status);
        let expected = if year.closed {
            Some(TrueUpStatus::Approved)
        } else {
            year.true_up.map(|_| TrueUpStatus::Proposed)
        };
        assert_eq!(settled, expected, "{year:?}");
        if year.rolled.is_positive() {
            opened.insert(key.next().expect("a year"), year.rolled.fen());
        }
        let of_bank = BalanceKey { payee: Some(key.bank), ..BalanceKey::of(Account::F1214, &key.programme) };
        *held.entry(of_bank).or_default() += left;
    }
    assert!(paid.is_empty() && deducted.is_empty(), "{paid:?} {deducted:?}");
    for (key, year) in book.prefund_years.iter() {
        assert_eq!(year.opening.fen(), opened.get(key).copied().unwrap_or_default(), "{year:?}");
    }
    for (key, fen) in granting::advances(book) {
        *held.entry(key).or_default() += fen;
    }
    same_balances(
        book,
        Account::F1214,
        held,
        "what banks and grantees have ahead is what is left of their years, and advances not asked back",
    );
}
