//! Who a claim or a voucher is between, and on which lists they are.

use crate::book::context::{Context, Reads};
use crate::book::refusal::Stop;
use crate::book::{Book, Fault, Key};
use crate::claims::backing::Parties;
use crate::claims::{Claim, ClaimSubject};
use crate::domain::money::Amount;
use crate::domain::{CreditCode, Date, ProgrammeCode};
use crate::organisations::{Organisation, rules as organisations};
use crate::programmes::eligibility::CaseTags;
use crate::programmes::{Applicant, RulesKey, RulesVersion};
use crate::rentals::RentalError;
use crate::tags::{HeldTags, TagSubject};

/// Who asks, from whom, for which contract or loan, and when that was filed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between {
    pub(crate) organisation: CreditCode,
    /// The provider or the bank.
    pub(crate) supplier: CreditCode,
    pub(crate) project: TagSubject,
    /// Lists are read of this day; a redemption reads that of its voucher.
    pub(crate) filed: Date,
}

impl Between {
    /// Who applies for a grant, or is ranked, has to do with nobody else.
    pub(crate) const fn alone(organisation: CreditCode, filed: Date) -> Self {
        Self { organisation, supplier: organisation, project: TagSubject::Organisation(organisation), filed }
    }
}

/// The lists of an organisation, where the rules read some.
pub(crate) fn read_alone(of: (&ProgrammeCode, Option<u32>), organisation: CreditCode, reads: &mut Reads<'_>) {
    reads.insert(Key::Organisation(organisation));
    read_lists(of, [organisation; 2], TagSubject::Organisation(organisation), reads);
}

/// An organisation that is not blocked and that the rules let in.
pub(crate) fn let_in<'a>(
    context: Context<'a>,
    (organisation, filed): (CreditCode, Date),
    rules: &RulesVersion,
) -> Result<Applicant<'a>, Stop> {
    let applicant = party(context, &Between::alone(organisation, filed), rules)?;
    applicant.eligible(&rules.rules)?;
    Ok(applicant)
}

/// The keys of [`party`] of a claim.
pub(crate) fn read(claim: &Claim, reads: &mut Reads<'_>) {
    let between = [claim.organisation, Parties::of(claim).other()];
    reads.extend(between.map(Key::Organisation));
    let project = match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => {
            reads.insert(Key::Voucher(*voucher));
            let Some(voucher) = reads.book.vouchers.peek(voucher) else { return };
            TagSubject::Rental(voucher.rental)
        }
        ClaimSubject::RentalSubsidy { rental, .. } => TagSubject::Rental(*rental),
        ClaimSubject::InterestSubsidy { loan, .. } => TagSubject::Loan(*loan),
        ClaimSubject::GrantTranche { .. } => TagSubject::Organisation(claim.organisation),
    };
    read_lists((&claim.programme, Some(claim.rules_version)), between, project, reads);
}

/// The lists of those that a case is between, where any version of its rules that is known asks for them.
pub(crate) fn read_lists(
    (programme, version): (&ProgrammeCode, Option<u32>),
    between: [CreditCode; 2],
    project: TagSubject,
    reads: &mut Reads<'_>,
) {
    if !any_reads_lists(reads.book, programme, version) {
        return;
    }
    let subjects = between.map(TagSubject::Organisation).into_iter().chain([project]);
    reads.extend(subjects.map(Key::TagsOf));
    if let TagSubject::Loan(loan) = project {
        reads.insert(Key::Loan(loan));
    }
}

fn any_reads_lists(book: &Book, programme: &ProgrammeCode, version: Option<u32>) -> bool {
    let versions = book.programmes.peek(programme).map_or(0, |p| p.versions);
    (1..=versions).chain(version).any(|number| {
        let key = RulesKey { programme: programme.clone(), number };
        book.rules.peek(&key).is_some_and(|version| version.rules.reads_lists())
    })
}

/// What a claim that was written is between.
pub(crate) fn of_claim(context: Context<'_>, claim: &Claim) -> Result<Between, Fault> {
    let filed = claim.filed_on(context.stamp.business_date);
    let (project, filed) = match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => {
            let lost = || Fault::Broken(format!("claim {} has lost its voucher", claim.id));
            let voucher = context.book.vouchers.get(voucher)?.ok_or_else(lost)?;
            (TagSubject::Rental(voucher.rental), voucher.submitted_on)
        }
        ClaimSubject::RentalSubsidy { rental, .. } => (TagSubject::Rental(*rental), filed),
        ClaimSubject::InterestSubsidy { loan, .. } => (TagSubject::Loan(*loan), filed),
        ClaimSubject::GrantTranche { .. } => (TagSubject::Organisation(claim.organisation), filed),
    };
    Ok(Between { organisation: claim.organisation, supplier: Parties::of(claim).other(), project, filed })
}

/// What the rules may ask of those whom a case is between.
pub(crate) fn applicant<'a>(
    context: Context<'a>,
    between: &Between,
    rules: &RulesVersion,
) -> Result<Applicant<'a>, Fault> {
    let known = |code: CreditCode| -> Result<&'a Organisation, Fault> {
        let lost = || Fault::Broken(format!("{code} has a contract and is not registered"));
        context.book.organisations.get(&code)?.ok_or_else(lost)
    };
    let (mut tags, mut investment) = (CaseTags::default(), None);
    if rules.rules.reads_lists() {
        let held = |subject| -> Result<Option<&'a HeldTags>, Fault> { context.book.tags_of.get(&subject) };
        tags = CaseTags {
            organisation: held(TagSubject::Organisation(between.organisation))?,
            supplier: held(TagSubject::Organisation(between.supplier))?,
            project: held(between.project)?,
        };
        if let TagSubject::Loan(loan) = between.project {
            let loan = context.book.loans.get(&loan)?;
            investment = loan.and_then(|loan| loan.project.investment).map(Amount::money);
        }
    }
    Ok(Applicant {
        organisation: known(between.organisation)?,
        supplier: known(between.supplier)?,
        investment,
        tags,
        filed: between.filed,
        today: context.stamp.business_date,
    })
}

/// The same of an organisation that is not blocked, and not related to the provider where the rules refuse that.
pub(crate) fn party<'a>(
    context: Context<'a>,
    between: &Between,
    rules: &RulesVersion,
) -> Result<Applicant<'a>, Stop> {
    organisations::may_begin(context.book.organisations.get(&between.organisation)?, between.organisation)?;
    let applicant = applicant(context, between, rules)?;
    // who applies for a grant, or is ranked, has no provider
    if !matches!(between.project, TagSubject::Organisation(_)) {
        unrelated(&applicant, rules)?;
    }
    Ok(applicant)
}

pub(crate) fn unrelated(applicant: &Applicant<'_>, rules: &RulesVersion) -> Result<(), RentalError> {
    if applicant.is_refused_as_related(&rules.rules) {
        return Err(RentalError::RelatedProvider { provider: applicant.supplier.credit_code });
    }
    Ok(())
}
