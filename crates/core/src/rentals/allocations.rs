//! What rests on a contract: vouchers, which stand for the whole of it, and claims, each for its own days.
//!
//! It is what "not funded twice" is held against: by other programmes, which may suffer none beside them or take off
//! what these pay, each yuan once; and within a programme, where no day and item is settled twice unless invoices tell
//! the settlements apart.

use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::domain::dates::FiscalYear;
use crate::domain::money::OutOfRange;
use crate::domain::{ClaimId, Date, Money, Month, ProgrammeCode, VoucherId};
use crate::programmes::Level;
use crate::programmes::documents::{InvoiceAmount, ItemAmount};
use crate::programmes::funding::part_of;
use crate::programmes::stacking::{Levels, Stacked};

/// Who rests on a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractHolder {
    Voucher(VoucherId),
    /// A claim that draws on no voucher.
    Claim(ClaimId),
}

impl ContractHolder {
    /// What kind of document it is, as it is written.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Voucher(_) => "voucher",
            Self::Claim(_) => "claim",
        }
    }

    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Voucher(id) => id.uuid(),
            Self::Claim(id) => id.uuid(),
        }
    }
}

/// A voucher or a claim on a contract, as the next one for the same contract sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractAllocation {
    pub programme: ProgrammeCode,
    /// CNY that it pays or would pay.
    pub amount: Money,
    /// Whose money it is, and beside whose its programme pays nothing.
    pub stacked: Stacked,
    /// Whether it counts: not once it was returned, rejected, or cancelled unused; a claim from its submission on.
    pub live: bool,
    /// Which part of the contract a claim is for; none of a voucher.
    pub settled: Option<Box<Settled>>,
}

/// The part of a contract that a claim is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its days.
    pub days: Days,
    /// What it claims of which item, CNY with tax, in the order of items.
    pub items: Vec<ItemAmount>,
    /// Whether invoices back it.
    pub invoiced: bool,
    /// Whether it was written from metered usage.
    pub metered: bool,
    /// What other programmes pay and was taken off it.
    pub netted: Vec<Netted>,
    /// What counts of which invoice, CNY, in the order of their numbers.
    pub invoices: Vec<InvoiceAmount>,
    /// CNY of its base that counts for the minimum of its cost year; 0.00 where the rules have none, and while it is returned.
    pub base: Money,
}

/// Days: the first counts, the last does not (算头不算尾).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

impl Days {
    /// Whether they share a day.
    pub fn meet(self, other: Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    /// The first month and the last; a month counts whole.
    pub fn months(self) -> (Month, Month) {
        let last = self.until.naive().pred_opt().map_or(self.from, Date::from_naive);
        (Month::of(self.from), Month::of(last))
    }

    /// How many there are.
    fn count(self) -> i128 {
        i128::from(self.until.naive().signed_duration_since(self.from.naive()).num_days().max(0))
    }

    /// How many of them are days of another's.
    fn in_common(self, other: Self) -> i128 {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }.count()
    }

    /// The year of the last day.
    pub fn last_year(self) -> FiscalYear {
        self.until.naive().pred_opt().map_or(self.from, Date::from_naive).year()
    }

    /// From the first of both to the last of both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), until: self.until.max(other.until) }
    }
}

/// A part of a contract.
#[derive(Debug, Clone, Copy)]
pub struct ContractPart {
    /// Its days; none of a redemption.
    pub days: Option<Days>,
    /// CNY that is settled of it.
    pub amount: Money,
    /// CNY of the contract, above zero.
    pub whole: Money,
}

/// What was taken off a claim for what another pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Netted {
    pub by: ContractHolder,
    /// Whose money it is.
    pub level: Level,
    /// CNY of it.
    pub amount: Money,
}

/// All that rests on one contract, in the order of their ids. Nearly always one: a sorted list is a tenth of the
/// smallest map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContractAllocations(Vec<(ContractHolder, ContractAllocation)>);

impl ContractAllocations {
    /// What a voucher or a claim uses.
    pub fn get(&self, user: &ContractHolder) -> Option<&ContractAllocation> {
        let at = self.0.binary_search_by_key(user, |(id, _)| *id).ok()?;
        self.0.get(at).map(|(_, contract_use)| contract_use)
    }

    /// Puts what a voucher or a claim uses.
    pub fn insert(&mut self, user: ContractHolder, contract_use: ContractAllocation) {
        match self.0.binary_search_by_key(&user, |(id, _)| *id) {
            Ok(at) => {
                if let Some(slot) = self.0.get_mut(at) {
                    slot.1 = contract_use;
                }
            }
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (user, contract_use));
            }
        }
    }

    /// Everyone and what it uses.
    pub fn iter(&self) -> impl Iterator<Item = (&ContractHolder, &ContractAllocation)> {
        self.0.iter().map(|(id, contract_use)| (id, contract_use))
    }

    /// What counts beside one, in the order of ids.
    pub fn beside(&self, own: ContractHolder) -> impl Iterator<Item = (ContractHolder, &ContractAllocation)> {
        self.0.iter().filter(move |(id, one)| *id != own && one.live).map(|(id, one)| (*id, one))
    }

    /// The claims of a programme that count beside one.
    pub fn claims<'a>(
        &'a self,
        own: ContractHolder,
        programme: &'a ProgrammeCode,
    ) -> impl Iterator<Item = (ContractHolder, &'a Settled)> {
        self.beside(own)
            .filter(move |(_, one)| one.programme == *programme)
            .filter_map(|(id, one)| Some((id, one.settled.as_deref()?)))
    }

    /// What others pay for a part of the contract, by whose money it is: of a voucher, which stands for the whole contract, the
    /// share that the part has of the contract's amount; of a claim, where the part has days, that of its days in common. A joint
    /// ceiling takes each yuan off once so, whichever part is claimed first. Error: out of range.
    pub fn beside_part(
        &self,
        own: ContractHolder,
        programme: &ProgrammeCode,
        part: ContractPart,
    ) -> Result<Vec<(Level, Money)>, OutOfRange> {
        let ContractPart { days, amount, whole } = part;
        let others = self.beside(own).filter(|(_, one)| one.programme != *programme);
        let of = |(_, other): (ContractHolder, &ContractAllocation)| {
            let theirs = other.settled.as_deref().map(|settled| settled.days);
            let falls = match days.zip(theirs) {
                Some((days, theirs)) => part_of(other.amount, days.in_common(theirs), theirs.count()),
                None => part_of(other.amount, i128::from(amount.fen()), i128::from(whole.fen())),
            };
            Ok((other.stacked.level, falls?))
        };
        others.map(of).collect()
    }

    /// What others pay for these days and no claim of the programme took off yet: of a voucher, which stands for the
    /// whole contract, what is left of it; of a claim, where its days meet these. Error: out of range.
    pub fn paid_by_others(
        &self,
        own: ContractHolder,
        programme: &ProgrammeCode,
        days: Days,
    ) -> Result<Vec<Netted>, OutOfRange> {
        let mut open = Vec::new();
        for (by, other) in self.beside(own).filter(|(_, one)| one.programme != *programme) {
            if other.settled.as_ref().is_some_and(|settled| !settled.days.meet(days)) {
                continue;
            }
            let taken = self.claims(own, programme).flat_map(|(_, claim)| &claim.netted);
            let taken = Money::sum(taken.filter(|one| one.by == by).map(|one| one.amount))?;
            let amount = other.amount.minus(taken)?;
            if amount.is_positive() {
                open.push(Netted { by, level: other.stacked.level, amount });
            }
        }
        Ok(open)
    }
}

/// What a sum takes of these, as far as it is money of these levels, the first first. Error: out of range.
pub fn netted(open: &[Netted], levels: Levels, mut sum: Money) -> Result<Vec<Netted>, OutOfRange> {
    let mut taken = Vec::new();
    for one in open.iter().filter(|one| levels.contains(one.level)) {
        let amount = one.amount.min(sum);
        if amount.is_positive() {
            sum = sum.minus(amount)?;
            taken.push(Netted { amount, ..*one });
        }
    }
    Ok(taken)
}

impl FromIterator<(ContractHolder, ContractAllocation)> for ContractAllocations {
    fn from_iter<I: IntoIterator<Item = (ContractHolder, ContractAllocation)>>(uses: I) -> Self {
        let mut all = Self::default();
        for (user, contract_use) in uses {
            all.insert(user, contract_use);
        }
        all
    }
}
