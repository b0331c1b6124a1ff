//! What a claim rests on: a voucher, a contract, or a loan.

use super::claims::{facts, rules_today, step, voucher};
use super::interest_claims::{self, LoanBasis};
use super::payments::dimensions;
use super::rental_claims::{self, RentalBasis};
use super::{Context, named, programmes};
use crate::book::effects::{Change, Effects};
use crate::book::refusal::Stop;
use crate::claims::backing::Parties;
use crate::claims::rental_claims as settlement;
use crate::claims::rental_claims::Asked;
use crate::claims::{Claim, ClaimRequest, ClaimSubject, WriteClaim, rules};
use crate::domain::{Date, Money};
use crate::ledger::Posting;
use crate::programmes::calculation::Calculation;
use crate::programmes::{ProgrammeError, RulesVersion};
use crate::vouchers::{Voucher, VoucherError};

/// What a claim rests on.
pub(super) enum ClaimBasis<'a> {
    Voucher(&'a Voucher),
    Rental(RentalBasis<'a>),
    Loan(LoanBasis<'a>),
}

impl<'a> ClaimBasis<'a> {
    /// What a draft names. Another's is not there.
    pub(super) fn asked(context: Context<'a>, command: &WriteClaim) -> Result<Self, Stop> {
        Ok(match &command.request {
            ClaimRequest::VoucherRedemption { voucher, .. } => {
                let voucher =
                    context.book.vouchers.get(voucher)?.filter(|v| context.acts_for(v.organisation));
                Self::Voucher(named(voucher, "/voucher_id")?)
            }
            ClaimRequest::RentalSubsidy { programme, rental, period, .. } => {
                Self::Rental(RentalBasis::asked(context, programme, *rental, *period)?)
            }
            ClaimRequest::InterestSubsidy { programme, loan, terms } => {
                Self::Loan(LoanBasis::asked(context, command.id, programme, *loan, *terms)?)
            }
        })
    }

    /// That of a claim which was written.
    pub(super) fn of(context: Context<'a>, claim: &'a Claim) -> Result<Self, Stop> {
        Ok(match &claim.subject {
            ClaimSubject::VoucherRedemption { .. } => Self::Voucher(voucher(context, claim)?),
            ClaimSubject::RentalSubsidy { rental, period, .. } => {
                Self::Rental(RentalBasis::of(context, claim, *rental, *period)?)
            }
            ClaimSubject::InterestSubsidy { loan, terms } => {
                Self::Loan(LoanBasis::of(context, claim, *loan, *terms)?)
            }
        })
    }

    /// Whose claim it is, and who supplied or lent.
    pub(super) const fn parties(&self) -> Parties {
        match self {
            Self::Voucher(voucher) => {
                Parties { organisation: voucher.organisation, provider: voucher.provider }
            }
            Self::Rental(lease) => lease.parties(),
            Self::Loan(borrowing) => borrowing.parties(),
        }
    }

    /// The rules in force today.
    pub(super) fn rules_today(&self, context: Context<'a>) -> Result<&'a RulesVersion, Stop> {
        match self {
            Self::Voucher(voucher) => rules_today(context, voucher),
            Self::Rental(lease) => lease.rules_today(context),
            Self::Loan(borrowing) => borrowing.rules_today(context),
        }
    }

    /// What the claim is held against; `own` is what it holds of a voucher.
    pub(super) fn facts(
        &self,
        context: Context<'a>,
        rules: &'a RulesVersion,
        (asked, own): (Asked<'_>, Money),
        day: Date,
    ) -> Result<rules::Facts<'a>, Stop> {
        match self {
            Self::Voucher(voucher) => facts(context, voucher, rules, own, day),
            Self::Rental(lease) => lease.facts(context, rules, asked, day),
            Self::Loan(borrowing) => borrowing.facts(context, rules, day),
        }
    }

    /// What the claim is for, as it is known now.
    pub(super) fn known(
        &self,
        context: Context<'_>,
        rules: &RulesVersion,
        subject: ClaimSubject,
    ) -> Result<ClaimSubject, Stop> {
        match self {
            Self::Voucher(_) | Self::Loan(_) => Ok(subject),
            Self::Rental(lease) => lease.metered(context, rules, subject),
        }
    }

    /// Whether the rules let in what it rests on.
    pub(super) fn let_in(&self, rules: &RulesVersion) -> Result<(), VoucherError> {
        match self {
            Self::Voucher(_) | Self::Loan(_) => Ok(()),
            Self::Rental(lease) => settlement::scenario(lease.rental, rules),
        }
    }

    /// The sheet of a claim.
    pub(super) fn sheet(
        &self,
        context: Context<'a>,
        subject: &ClaimSubject,
        number: u32,
        facts: &rules::Facts<'a>,
    ) -> Result<Calculation, Stop> {
        match self {
            Self::Voucher(_) | Self::Rental(_) => Ok(rules::calculate(subject.settlement(), number, facts)?),
            Self::Loan(borrowing) => borrowing.sheet(context, number, facts),
        }
    }

    /// The day before which nothing that rests on it can count: what has a period is subsidised when that is over.
    pub(super) const fn earliest(&self) -> Option<Date> {
        match self {
            Self::Voucher(voucher) => voucher.valid_from,
            Self::Rental(lease) => Some(lease.period.until),
            Self::Loan(borrowing) => Some(borrowing.earliest()),
        }
    }
}

/// What a claim takes of the contract or the loan that it rests on, for as long as it counts; nothing where that stays.
/// `sheet` is the one that the step made.
pub(super) fn used(
    context: Context<'_>,
    claim: &Claim,
    sheet: Option<&Calculation>,
) -> Result<Option<Change>, Stop> {
    match &claim.subject {
        ClaimSubject::VoucherRedemption { .. } => Ok(None),
        ClaimSubject::RentalSubsidy { .. } => rental_claims::used(context, claim, sheet),
        ClaimSubject::InterestSubsidy { loan, terms } => {
            interest_claims::used(context, claim, (*loan, *terms), sheet)
        }
    }
}

/// The amount of a claim that draws on no voucher committed and accrued in one posting, in the year of its approval.
pub(super) fn granted(
    context: Context<'_>,
    before: &Claim,
    (claim, sheet): (Claim, &Calculation),
    day: Date,
) -> Result<(Effects, Claim), Stop> {
    let available = programmes::available(context.book, &claim.programme)?;
    if claim.amount > available {
        return Err(ProgrammeError::PotExhausted { available, requested: claim.amount }.into());
    }
    let claim = Claim { fiscal_year: day.year(), ..claim };
    let mut effects = step(Some(before.status), &claim);
    effects.changes.extend(super::claims::counted(context, &claim, Some(day), (claim.amount, day))?);
    effects.changes.extend(used(context, &claim, Some(sheet))?);
    let at = dimensions(&claim);
    let accounts @ [commitment, _] = [claim.class.commitment(), claim.class.expense()];
    effects.posting = Posting::commit(claim.amount, commitment, &at).and(Posting::accrue(
        &claim.parts,
        accounts,
        &at,
        claim.payee,
    ));
    effects.effective_date = Some(day);
    Ok((effects, claim))
}
