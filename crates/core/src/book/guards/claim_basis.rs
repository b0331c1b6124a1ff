//! What a claim rests on: a voucher, a contract, a loan, or an award.

use super::award_basis::{self, AwardBasis};
use super::cap_usage::{self, Counted};
use super::loan_basis::{self, LoanBasis};
use super::rental_basis::{self, RentalBasis};
use super::year_bases::{self, Own};
use super::{parties, programmes, voucher_basis};
use crate::book::Key;
use crate::book::context::{Context, Reads, named};
use crate::book::effects::Change;
use crate::book::refusal::Stop;
use crate::claims::backing::Parties;
use crate::claims::rental_claims::ClaimOutline;
use crate::claims::{Claim, ClaimPeriod, ClaimRequest, ClaimSubject, WriteClaim, rules};
use crate::domain::{Date, Money};
use crate::grants::GrantError;
use crate::programmes::calculation::Calculation;
use crate::programmes::overrides;
use crate::programmes::{Counts, EligibilityError, RulesVersion};
use crate::rentals::allocations::ContractHolder;
use crate::tags::TagSubject;
use crate::vouchers::Voucher;

/// What a claim rests on.
pub(crate) enum ClaimBasis<'a> {
    Voucher(&'a Voucher),
    Rental(RentalBasis<'a>),
    Loan(LoanBasis<'a>),
    Award(AwardBasis<'a>),
}

/// What a draft names, what that names, and what the caps count.
pub(crate) fn read_asked(request: &ClaimRequest, reads: &mut Reads<'_>) {
    let (of, supplier, project) = match request {
        ClaimRequest::VoucherRedemption { voucher, .. } => {
            reads.insert(Key::Voucher(*voucher));
            let Some(found) = reads.book.vouchers.peek(voucher) else { return };
            voucher_basis::read(found, reads);
            (Counted::voucher(found), found.provider, TagSubject::Rental(found.rental))
        }
        ClaimRequest::RentalSubsidy { programme: code, rental, .. } => {
            programmes::read(code, reads);
            rental_basis::read(*rental, reads);
            let Some(found) = reads.book.rentals.peek(rental) else { return };
            let of = Counted::contract(code, found.organisation, *rental);
            (of, found.provider, TagSubject::Rental(*rental))
        }
        ClaimRequest::InterestSubsidy { programme: code, loan, .. } => {
            programmes::read(code, reads);
            loan_basis::read(*loan, reads);
            loan_basis::read_rates(code, reads);
            let Some(found) = reads.book.loans.peek(loan) else { return };
            loan_basis::read_holdings(code, found.organisation, reads);
            (Counted::loan(code, found.organisation, *loan), found.bank, TagSubject::Loan(*loan))
        }
        ClaimRequest::GrantTranche { award, .. } => return award_basis::read(*award, reads),
    };
    programmes::read(of.programme, reads);
    let between = [of.organisation, supplier];
    reads.extend(between.map(Key::Organisation));
    parties::read_lists((of.programme, None), between, project, reads);
    read_caps(of, request, reads);
    if let ClaimRequest::RentalSubsidy { programme, rental, .. } = request
        && let Some(found) = reads.book.rentals.peek(rental)
    {
        for claimant in rental_basis::claimants(programme, found, reads.book) {
            read_caps(Counted::contract(programme, claimant, *rental), request, reads);
        }
    }
}

/// What caps and minimums count of whose claim a draft may be.
fn read_caps(of: Counted<'_>, request: &ClaimRequest, reads: &mut Reads<'_>) {
    cap_usage::read(of, Some(reads.today.year()), Counts::Redemption, reads);
    let cost_year = request.period().and_then(ClaimPeriod::last).map(Date::year);
    cap_usage::read(of, cost_year, Counts::Redemption, reads);
    if let Some(period) = request.period() {
        year_bases::read(of, period.last_year(), reads);
    }
}

/// What the cap of the year counts in which the period of a claim is to lie that is written anew.
pub(crate) fn read_cost_year(command: &WriteClaim, reads: &mut Reads<'_>) {
    let Some(claim) = reads.book.claims.peek(&command.id) else { return };
    let cost_year = command.request.period().and_then(ClaimPeriod::last).map(Date::year);
    cap_usage::read(Counted::peeked(claim, reads), cost_year, Counts::Redemption, reads);
    if let Some(period) = command.request.period() {
        year_bases::read(Counted::peeked(claim, reads), period.last_year(), reads);
    }
}

/// The voucher, the contract or the loan that a claim rests on.
pub(crate) fn read(claim: &Claim, reads: &mut Reads<'_>) {
    match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => {
            reads.insert(Key::Voucher(*voucher));
            let Some(voucher) = reads.book.vouchers.peek(voucher) else { return };
            voucher_basis::read(voucher, reads);
            if voucher.closed {
                cap_usage::read_released(voucher, reads);
            }
        }
        ClaimSubject::RentalSubsidy { rental, .. } => {
            rental_basis::read(*rental, reads);
            reads.extend([Key::Programme(claim.programme.clone()), programmes::rules_key(claim)]);
        }
        ClaimSubject::InterestSubsidy { loan, .. } => {
            loan_basis::read(*loan, reads);
            loan_basis::read_holdings(&claim.programme, claim.organisation, reads);
            reads.extend([Key::Programme(claim.programme.clone()), programmes::rules_key(claim)]);
            loan_basis::read_rates(&claim.programme, reads);
        }
        ClaimSubject::GrantTranche { award, .. } => award_basis::read(*award, reads),
    }
    read_bases(claim, reads);
}

/// The sums that a claim's base counts in: those of the year of its period, and of the year that it counted in before.
fn read_bases(claim: &Claim, reads: &mut Reads<'_>) {
    let (book, of) = (reads.book, Counted::peeked(claim, reads));
    let counted = match &claim.subject {
        ClaimSubject::RentalSubsidy { rental, .. } => {
            rental_basis::counted_year(book.uses.peek(rental), claim.id)
        }
        ClaimSubject::InterestSubsidy { loan, .. } => {
            loan_basis::counted_year(book.loan_uses.peek(loan), claim.id)
        }
        ClaimSubject::VoucherRedemption { .. } | ClaimSubject::GrantTranche { .. } => None,
    };
    let year = claim.subject.period().map(ClaimPeriod::last_year);
    for year in [year, counted].into_iter().flatten() {
        year_bases::read(of, year, reads);
    }
}

impl<'a> ClaimBasis<'a> {
    /// What a draft names. Another's is not there.
    pub(crate) fn from_request(context: Context<'a>, command: &WriteClaim) -> Result<Self, Stop> {
        Ok(match &command.request {
            ClaimRequest::VoucherRedemption { voucher, .. } => {
                let voucher =
                    context.book.vouchers.get(voucher)?.filter(|v| context.acts_for(v.organisation));
                Self::Voucher(named(voucher, "/voucher_id")?)
            }
            ClaimRequest::RentalSubsidy { programme, rental, period, .. } => {
                Self::Rental(RentalBasis::from_request(context, programme, *rental, *period)?)
            }
            ClaimRequest::InterestSubsidy { programme, loan, terms } => {
                Self::Loan(LoanBasis::from_request(context, command.id, programme, *loan, *terms)?)
            }
            ClaimRequest::GrantTranche { award, tranche } => {
                Self::Award(AwardBasis::from_request(context, (*award, tranche))?)
            }
        })
    }

    /// That of a claim which was written.
    pub(crate) fn of(context: Context<'a>, claim: &'a Claim) -> Result<Self, Stop> {
        Ok(match &claim.subject {
            ClaimSubject::VoucherRedemption { .. } => Self::Voucher(voucher_basis::voucher(context, claim)?),
            ClaimSubject::RentalSubsidy { rental, period, .. } => {
                Self::Rental(RentalBasis::of(context, claim, *rental, *period)?)
            }
            ClaimSubject::InterestSubsidy { loan, terms } => {
                Self::Loan(LoanBasis::of(context, claim, *loan, *terms)?)
            }
            ClaimSubject::GrantTranche { .. } => Self::Award(AwardBasis::of(context, claim)?),
        })
    }

    /// Whose claim it is, and who supplied or lent.
    pub(crate) const fn parties(&self) -> Parties {
        match self {
            Self::Voucher(voucher) => {
                Parties { organisation: voucher.organisation, provider: voucher.provider, buyer: None }
            }
            Self::Rental(rental) => rental.parties(),
            Self::Loan(loan) => loan.parties(),
            Self::Award(AwardBasis { award, .. }) => {
                Parties { organisation: award.organisation, provider: award.organisation, buyer: None }
            }
        }
    }

    /// The rules that apply to what is filed today.
    pub(crate) fn rules_today(&self, context: Context<'a>) -> Result<&'a RulesVersion, Stop> {
        match self {
            Self::Voucher(voucher) => voucher_basis::rules_today(context, voucher),
            Self::Rental(rental) => rental.rules_today(context),
            Self::Loan(loan) => loan.rules_today(context),
            Self::Award(basis) => basis.rules(context),
        }
    }

    /// What the claim is held against; `own` is what it holds of a voucher.
    pub(crate) fn facts(
        &self,
        context: Context<'a>,
        rules: &'a RulesVersion,
        (asked, own): (ClaimOutline<'_>, Money),
        day: Date,
    ) -> Result<rules::Facts<'a>, Stop> {
        let facts = match self {
            Self::Voucher(voucher) => {
                let settlement = asked.subject.settlement();
                voucher_basis::facts(context, voucher, rules, (settlement, own), day)
            }
            Self::Rental(rental) => rental.facts(context, rules, asked, day),
            Self::Loan(loan) => loan.facts(context, rules, day),
            Self::Award(basis) => basis.facts(context, rules, day),
        }?;
        let declared = asked.other_funding.map(<[_]>::to_vec);
        let overrides = overrides::counting(asked.overrides);
        let policy = overrides::relaxed(facts.policy, &overrides);
        Ok(rules::Facts { declared, assessment: asked.assessment.cloned(), overrides, policy, ..facts })
    }

    /// What the claim is for, as it is known now.
    pub(crate) fn known(
        &self,
        context: Context<'_>,
        rules: &RulesVersion,
        subject: ClaimSubject,
    ) -> Result<ClaimSubject, Stop> {
        match self {
            Self::Voucher(_) | Self::Loan(_) | Self::Award(_) => Ok(subject),
            Self::Rental(rental) => rental.metered(context, rules, subject),
        }
    }

    /// Whether the rules let in what it rests on.
    pub(crate) fn let_in(&self, rules: &RulesVersion) -> Result<(), EligibilityError> {
        match self {
            Self::Voucher(_) | Self::Loan(_) | Self::Award(_) => Ok(()),
            Self::Rental(rental) => rental.let_in(rules),
        }
    }

    /// The sheet of a claim.
    pub(crate) fn sheet(
        &self,
        context: Context<'a>,
        subject: &ClaimSubject,
        number: u32,
        facts: &rules::Facts<'a>,
    ) -> Result<Calculation, Stop> {
        match self {
            Self::Voucher(_) | Self::Rental(_) => Ok(rules::calculate(subject.settlement(), number, facts)?),
            Self::Loan(loan) => loan.sheet(context, number, facts),
            Self::Award(basis) => basis.sheet((facts.rules, facts.applicant.organisation), number),
        }
    }

    /// The day before which nothing that rests on it can count: what has a period is subsidised when that is over.
    pub(crate) fn earliest(&self) -> Option<Date> {
        match self {
            Self::Voucher(voucher) => voucher.valid_from,
            Self::Rental(rental) => Some(rental.period.until),
            Self::Loan(loan) => Some(loan.earliest()),
            Self::Award(basis) => Some(basis.earliest()),
        }
    }

    /// Whether what it rests on is published long enough, and no objection to that stands.
    pub(crate) fn published(&self, today: Date) -> Result<(), GrantError> {
        match self {
            Self::Voucher(_) | Self::Rental(_) | Self::Loan(_) => Ok(()),
            Self::Award(basis) => basis.award.published(today),
        }
    }
}

/// What a claim counts for the minimum of which year, or its loan for that of its period; nothing of what has no period.
pub(crate) fn counted_base(
    context: Context<'_>,
    claim: &Claim,
    now: ClaimPeriod,
) -> Result<Option<Own>, Stop> {
    match &claim.subject {
        ClaimSubject::RentalSubsidy { rental, period, .. } => {
            let known = context.book.uses.get(rental)?;
            let known = known.and_then(|known| known.get(&ContractHolder::Claim(claim.id)));
            Ok(Some(rental_basis::counted_base(known, *period)))
        }
        ClaimSubject::InterestSubsidy { loan, .. } => {
            let known = context.book.loan_uses.get(loan)?.cloned().unwrap_or_default();
            Ok(Some(loan_basis::counted_base(&known, (&claim.programme, claim.id), now)))
        }
        ClaimSubject::VoucherRedemption { .. } | ClaimSubject::GrantTranche { .. } => Ok(None),
    }
}

/// What a claim takes of the contract or the loan that it rests on, for as long as it counts; nothing where that stays.
/// `sheet` is the one that the step made.
pub(crate) fn used(
    context: Context<'_>,
    claim: &Claim,
    sheet: Option<&Calculation>,
) -> Result<Vec<Change>, Stop> {
    match &claim.subject {
        ClaimSubject::VoucherRedemption { .. } => Ok(Vec::new()),
        ClaimSubject::RentalSubsidy { .. } => rental_basis::used(context, claim, sheet),
        ClaimSubject::InterestSubsidy { loan, terms } => {
            loan_basis::used(context, claim, (*loan, *terms), sheet)
        }
        ClaimSubject::GrantTranche { .. } => Ok(award_basis::used(context, claim)?.into_iter().collect()),
    }
}
