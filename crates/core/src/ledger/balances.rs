//! Balances: what postings add up to, and the floors that they may not break.

use std::collections::BTreeMap;

use super::accounts::{Account, Side};
use super::postings::{Line, Posting};
use crate::domain::money::OutOfRange;
use crate::domain::{CreditCode, Money, ProgrammeCode};

/// Which balance: per account and programme, and per payee where the account is kept so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BalanceKey {
    pub account: Account,
    /// 专项
    pub programme: ProgrammeCode,
    /// The payee, for accounts kept per payee.
    pub payee: Option<CreditCode>,
}

impl BalanceKey {
    /// A balance that is kept per programme.
    pub fn of(account: Account, programme: &ProgrammeCode) -> Self {
        Self { account, programme: programme.clone(), payee: None }
    }

    /// A balance that is kept per programme and payee.
    pub fn of_payee(account: Account, programme: &ProgrammeCode, payee: CreditCode) -> Self {
        Self { payee: Some(payee), ..Self::of(account, programme) }
    }

    /// The balance of an account that may be kept per payee.
    pub fn kept(account: Account, programme: &ProgrammeCode, payee: CreditCode) -> Self {
        Self { payee: Some(payee).filter(|_| account.per_payee()), ..Self::of(account, programme) }
    }

    /// The balance that a line moves.
    pub fn of_line(line: &Line) -> Self {
        let payee = if line.account.per_payee() { line.organisation } else { None };
        Self { account: line.account, programme: line.programme.clone(), payee }
    }
}

/// Why a posting cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A balance with a floor would go below zero.
    #[error("{} of {} would go below zero", .0.account, .0.programme)]
    BelowFloor(BalanceKey),
    /// A sum left the range.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// What a posting moves, folded once per balance, each on its account's own side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deltas(BTreeMap<BalanceKey, Money>);

impl Deltas {
    /// Of one posting. Error: out of range.
    pub fn of(posting: &Posting) -> Result<Self, OutOfRange> {
        let mut deltas = BTreeMap::new();
        for line in posting.lines() {
            let moved = if line.side == line.account.side() { line.amount } else { line.amount.negated()? };
            let sum: &mut Money = deltas.entry(BalanceKey::of_line(line)).or_default();
            *sum = sum.plus(moved)?;
        }
        Ok(Self(deltas))
    }

    /// Key and change, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&BalanceKey, Money)> {
        self.0.iter().map(|(key, delta)| (key, *delta))
    }
}

/// The balance after a change. Error: below the account's floor, or out of range.
pub fn moved(key: &BalanceKey, balance: Money, delta: Money) -> Result<Money, LedgerError> {
    let after = balance.plus(delta)?;
    if key.account.has_floor() && after < Money::ZERO {
        return Err(LedgerError::BelowFloor(key.clone()));
    }
    Ok(after)
}

/// A line's amount as (debit, credit).
pub const fn turnover(line: &Line) -> (Money, Money) {
    match line.side {
        Side::Debit => (line.amount, Money::ZERO),
        Side::Credit => (Money::ZERO, line.amount),
    }
}
