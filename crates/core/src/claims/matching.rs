//! What was contracted, metered, invoiced, claimed and paid of a contract, held side by side: each figure where it is,
//! and what does not match. Nothing is decided from it; what limits a claim is in `rental_claims`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Claim, backing, payable};
use crate::domain::money::OutOfRange;
use crate::domain::{ClaimId, Date, InvoiceNumber, Money, Month, RoundingMode};
use crate::evidence::Invoice;
use crate::rentals::Rental;
use crate::rentals::allocations::{ContractAllocations, ContractHolder, Days};
use crate::usage::{Metered, RentalUsage, rules};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceCode {
    /// Rows name an invoice that nobody brought.
    InvoiceMissing,
    /// An invoice that claims take of and that no row names, where rows of the contract name others.
    InvoiceNotMetered,
    /// What rows come to under an invoice is not its amount.
    InvoiceDiffers,
    /// Usage of a month that no claim is for and no redemption of a voucher settles.
    UsageNotClaimed,
    /// Redemptions of vouchers settle more than was metered beside what other claims are for, where anything was.
    RedeemedBeyondUsage,
    /// A claim was computed from usage that was replaced since: what is metered now less what it counts. It is to be
    /// recalculated.
    UsageReplaced,
    /// A claim settles more than its invoices or its usage show.
    NotDocumented,
    /// An approved claim that is not paid in full.
    NotPaid,
    /// Claims settle more than was contracted. The contract limits nothing.
    BeyondContract,
}

/// Something that does not match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub code: DifferenceCode,
    /// Which invoice, month or claim; nothing where it is the contract itself.
    pub of: Option<String>,
    /// CNY by which it differs: metered less invoiced, settled less documented or metered, approved less paid.
    pub amount: Money,
}

/// An invoice, and what rows come to under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceMatch {
    /// As the rows write it, or as the claims take it.
    pub invoice: String,
    /// CNY, tax included; none where nobody brought it or said its amount.
    pub amount: Option<Money>,
    /// CNY of the rows that name it, exact; none where no row does.
    pub metered: Option<Metered>,
    /// CNY of it that claims on the contract take.
    pub claimed: Money,
}

/// A claim, and what documents show of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimMatch<'a> {
    pub claim: &'a Claim,
    /// CNY that it settles, ineligible items included.
    pub settled: Money,
    /// CNY that it takes of invoices; none where it names none.
    pub invoiced: Option<Money>,
    /// CNY that was metered in its months; none where nothing was.
    pub metered: Option<Money>,
    /// CNY of what it settles that documents show; of a draft what it settles.
    pub documented: Money,
    /// CNY that was approved.
    pub approved: Money,
    /// CNY that the bank paid or an offset took.
    pub paid: Money,
}

/// A month's usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthMatch {
    pub month: Month,
    /// CNY, exact.
    pub metered: Metered,
    /// The claims that count and are for it, whatever the programme.
    pub claims: Vec<ClaimId>,
    /// CNY of it that no claim is for and no redemption settles.
    pub unclaimed: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching<'a> {
    /// By month.
    pub months: Vec<MonthMatch>,
    pub invoices: Vec<InvoiceMatch>,
    pub claims: Vec<ClaimMatch<'a>>,
    /// What does not match.
    pub differences: Vec<Difference>,
}

/// What is known of a contract.
#[derive(Debug)]
pub struct MatchingFacts<'a> {
    pub rental: &'a Rental,
    pub usage: Option<&'a RentalUsage>,
    /// What rows come to, by the invoice that they name.
    pub metered: BTreeMap<String, Metered>,
    /// Invoices that were brought, by their number.
    pub invoices: BTreeMap<String, Invoice>,
    pub claims: &'a [Claim],
    pub uses: &'a ContractAllocations,
    /// CNY that redemptions of its vouchers settle.
    pub redeemed: Money,
}

/// What redemptions of vouchers settle: they are for no days of their contract, but for so much of it. Error: out of
/// range.
pub fn redeemed(claims: &[Claim]) -> Result<Money, OutOfRange> {
    let counts = |claim: &&Claim| claim.subject.voucher().is_some() && backing::holds(claim.status);
    let lines = claims.iter().filter(counts).flat_map(|claim| claim.subject.settlement());
    Money::sum(lines.map(|line| line.amount.money()))
}

/// Holds them side by side. Error: out of range.
pub fn matched<'a>(known: &MatchingFacts<'a>) -> Result<Matching<'a>, OutOfRange> {
    let months = months(known)?;
    let invoices = invoices(known)?;
    let claims = known.claims.iter().map(|claim| of_claim(known, claim)).collect::<Result<Vec<_>, _>>()?;
    let mut differences = Vec::new();
    invoices_differ(&invoices, &mut differences)?;
    for month in months.iter().filter(|month| !month.unclaimed.is_zero()) {
        let (of, amount) = (Some(month.month.to_string()), month.unclaimed);
        differences.push(Difference { code: DifferenceCode::UsageNotClaimed, of, amount });
    }
    let beyond = known.redeemed.minus(left_to_redeem(&months)?)?;
    if !months.is_empty() && beyond.is_positive() {
        differences.push(Difference { code: DifferenceCode::RedeemedBeyondUsage, of: None, amount: beyond });
    }
    for found in &claims {
        let pairs = [
            (DifferenceCode::UsageReplaced, replaced(known, found)?),
            (DifferenceCode::NotDocumented, found.settled.minus(found.documented)?),
            (DifferenceCode::NotPaid, found.approved.minus(found.paid)?),
        ];
        for (code, amount) in pairs.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            differences.push(Difference { code, of: Some(found.claim.id.to_string()), amount });
        }
    }
    let counted = claims.iter().filter(|found| backing::holds(found.claim.status));
    let beyond = Money::sum(counted.map(|found| found.settled))?.minus(known.rental.total)?;
    if beyond.is_positive() {
        differences.push(Difference { code: DifferenceCode::BeyondContract, of: None, amount: beyond });
    }
    Ok(Matching { months, invoices, claims, differences })
}

/// What is metered now less what a claim counts, where usage of its months was replaced since it was computed; nothing of
/// one that settles lines of its own and counts no more than is metered.
fn replaced(known: &MatchingFacts<'_>, found: &ClaimMatch<'_>) -> Result<Money, OutOfRange> {
    let claim = found.claim;
    let (Some(usage), Some(period)) = (known.usage, claim.subject.period()) else { return Ok(Money::ZERO) };
    let read = claim.subject.metered();
    let months = Days::from(period).months();
    let stale = usage.replaced_after(read.unwrap_or(claim.revision.created), months);
    let change = found.metered.unwrap_or_default().minus(found.documented)?;
    let concerned = backing::holds(claim.status) && stale && (read.is_some() || change < Money::ZERO);
    Ok(if concerned { change } else { Money::ZERO })
}

fn months(known: &MatchingFacts<'_>) -> Result<Vec<MonthMatch>, OutOfRange> {
    let mut sums: BTreeMap<Month, Metered> = BTreeMap::new();
    for total in known.usage.map_or(&[][..], |usage| &usage.totals) {
        let sum = sums.entry(total.month).or_default();
        *sum = sum.plus(total.amount)?;
    }
    let claims = |month: Month| {
        let of = known.uses.iter().filter(|(_, one)| one.live).filter_map(|(user, one)| match user {
            ContractHolder::Claim(id) => Some((*id, one.settled.as_deref()?.days)),
            ContractHolder::Voucher(_) => None,
        });
        let meets = |from: Date, until| from <= month.last_day() && month.first_day() < until;
        of.filter(|(_, days)| meets(days.from, days.until)).map(|(id, _)| id).collect()
    };
    let mut months = Vec::with_capacity(sums.len());
    for (month, metered) in sums {
        let claims: Vec<ClaimId> = claims(month);
        let unclaimed = if claims.is_empty() { metered.round()? } else { Money::ZERO };
        months.push(MonthMatch { month, metered, claims, unclaimed });
    }
    settle(&mut months, known.redeemed)?;
    Ok(months)
}

/// CNY of the months that no claim is for.
fn left_to_redeem(months: &[MonthMatch]) -> Result<Money, OutOfRange> {
    let left = months.iter().filter(|month| month.claims.is_empty()).map(|month| month.metered.round());
    Money::sum(left.collect::<Result<Vec<_>, _>>()?)
}

/// Takes what redemptions settle off the months that no claim is for, the oldest first: they settle usage in the order
/// in which it came, and corrections of a later month with it.
fn settle(months: &mut [MonthMatch], redeemed: Money) -> Result<(), OutOfRange> {
    if redeemed.is_zero() {
        return Ok(());
    }
    let mut left = left_to_redeem(months)?.minus(redeemed)?.max(Money::ZERO);
    for month in months.iter_mut().rev() {
        month.unclaimed = month.unclaimed.min(left).max(Money::ZERO);
        left = left.minus(month.unclaimed)?;
    }
    Ok(())
}

fn invoices(known: &MatchingFacts<'_>) -> Result<Vec<InvoiceMatch>, OutOfRange> {
    let mut found: BTreeMap<String, InvoiceMatch> = BTreeMap::new();
    let empty = |invoice: &str| InvoiceMatch {
        invoice: invoice.to_owned(),
        amount: known.invoices.get(invoice).and_then(|one| one.facts.amount),
        metered: known.metered.get(invoice).copied(),
        claimed: Money::ZERO,
    };
    for invoice in known.metered.keys() {
        found.entry(invoice.clone()).or_insert_with(|| empty(invoice));
    }
    for claim in known.claims {
        for (number, held) in backing::held(claim)? {
            let written = written(&number, known);
            let one = found.entry(written.clone()).or_insert_with(|| empty(&written));
            one.claimed = one.claimed.plus(held)?;
        }
    }
    Ok(found.into_values().collect())
}

/// An invoice's number as rows write it: without the code where they leave that out.
fn written(number: &InvoiceNumber, known: &MatchingFacts<'_>) -> String {
    let whole = number.to_string();
    let bare = number.number();
    if !known.metered.contains_key(&whole) && known.metered.contains_key(bare) {
        bare.to_owned()
    } else {
        whole
    }
}

fn invoices_differ(invoices: &[InvoiceMatch], to: &mut Vec<Difference>) -> Result<(), OutOfRange> {
    use DifferenceCode::{InvoiceDiffers, InvoiceMissing, InvoiceNotMetered};
    let any = invoices.iter().any(|one| one.metered.is_some());
    for one in invoices {
        let metered = one.metered.map(Metered::round).transpose()?;
        let (code, amount) = match (one.amount, metered) {
            (None, Some(metered)) => (InvoiceMissing, metered),
            (Some(amount), None) if any => (InvoiceNotMetered, Money::ZERO.minus(amount)?),
            (Some(amount), Some(metered)) if amount != metered => (InvoiceDiffers, metered.minus(amount)?),
            (None | Some(_), None) | (Some(_), Some(_)) => continue,
        };
        to.push(Difference { code, of: Some(one.invoice.clone()), amount });
    }
    Ok(())
}

fn of_claim<'a>(known: &MatchingFacts<'a>, claim: &'a Claim) -> Result<ClaimMatch<'a>, OutOfRange> {
    use super::ClaimStatus::{Approved, Paid};
    let settled = Money::sum(claim.subject.settlement().iter().map(|line| line.amount.money()))?;
    let invoiced = Money::sum(claim.invoices.iter().map(|part| part.amount))?;
    let shown = known.uses.get(&ContractHolder::Claim(claim.id)).and_then(|one| one.settled.as_deref());
    // to the fen item by item, as the lines show it
    let shown = shown.map(|shown| shown.items.iter().map(|of| of.amount.round(RoundingMode::HalfUp)));
    let documented =
        shown.map(|mut items| items.try_fold(Money::ZERO, |sum, one| sum.plus(one?))).transpose()?;
    let metered = metered(known, claim)?.map(Metered::round).transpose()?;
    let decided = matches!(claim.status, Approved | Paid);
    Ok(ClaimMatch {
        claim,
        settled,
        invoiced: (!claim.invoices.is_empty()).then_some(invoiced),
        metered,
        documented: documented.unwrap_or(settled),
        approved: if decided { claim.amount } else { Money::ZERO },
        // what a recalculation asked back was paid and is no longer of the claim
        paid: payable::received(claim)?.minus(claim.corrected)?,
    })
}

/// What was metered in the months of a claim; none where nothing was.
fn metered(known: &MatchingFacts<'_>, claim: &Claim) -> Result<Option<Metered>, OutOfRange> {
    let (Some(usage), Some(period)) = (known.usage, claim.subject.period()) else { return Ok(None) };
    let (from, until) = Days::from(period).months();
    let totals: Vec<_> =
        usage.totals.iter().filter(|one| from <= one.month && one.month <= until).cloned().collect();
    if totals.is_empty() { Ok(None) } else { rules::sum(&totals).map(Some) }
}
