//! Grants: the rules of a call, who is related to an applicant, and the award that a claim for a tranche rests on.

use super::parties::{self, Between, party};
use super::programmes;
use crate::book::context::{Context, Reads, named};
use crate::book::effects::Change;
use crate::book::refusal::{AccessError, Stop};
use crate::book::{Book, Fault, Key};
use crate::claims::{Claim, ClaimStatus, rules as claims};
use crate::domain::money::Amount;
use crate::domain::{AwardId, CreditCode, Date, Label, Percent, ProgrammeCode};
use crate::grants::awards::{Award, Tranche};
use crate::grants::{rules, tranches};
use crate::organisations::{Organisation, rules as organisations};
use crate::programmes::calculation::Calculation;
use crate::programmes::cap_use::CapUses;
use crate::programmes::grants::GrantRules;
use crate::programmes::{RulesVersion, SettledLine};

/// The award and the tranche that a claim is for.
pub(crate) struct AwardBasis<'a> {
    pub(crate) award: &'a Award,
    tranche: &'a Tranche,
    due: Amount,
}

/// What a version of a programme's rules says of grants.
pub(crate) fn grant_rules<'a>(
    book: &'a Book,
    programme: &ProgrammeCode,
    number: Option<u32>,
) -> Result<(&'a RulesVersion, &'a GrantRules), Fault> {
    let lost = || Fault::Broken(format!("{programme} has no rules for grants"));
    let version = programmes::version(book, programme, number.ok_or_else(lost)?)?;
    Ok((version, version.rules.grant.as_ref().ok_or_else(lost)?))
}

/// The keys of [`grant_rules`].
pub(crate) fn rules_key(programme: &ProgrammeCode, number: Option<u32>) -> Option<Key> {
    number.map(|number| programmes::key(programme, number))
}

/// Who works for the applicant, or for whom it is related to, does not judge its application. One that is not registered is
/// known by its code alone.
pub(crate) fn unrelated(
    context: Context<'_>,
    applicant: CreditCode,
    others: impl IntoIterator<Item = CreditCode>,
) -> Result<(), Stop> {
    let known = &context.book.organisations;
    let own = known.get(&applicant)?;
    for organisation in others {
        let listed = own.is_some_and(|own| own.related.contains(&organisation));
        let both = own.zip(known.get(&organisation)?);
        let related = both.is_some_and(|(one, other)| organisations::related(one, other));
        if organisation == applicant || listed || related {
            return Err(AccessError::ConflictOfInterest { organisation }.into());
        }
    }
    Ok(())
}

/// An award and its rules.
pub(crate) fn read(id: AwardId, reads: &mut Reads<'_>) {
    reads.insert(Key::Award(id));
    let Some(award) = reads.book.awards.peek(&id) else { return };
    parties::read_alone((&award.programme, Some(award.rules_version)), award.organisation, reads);
    reads.insert(Key::Programme(award.programme.clone()));
    reads.extend(rules_key(&award.programme, Some(award.rules_version)));
}

impl<'a> AwardBasis<'a> {
    /// What a draft names. Another's award is not there.
    pub(crate) fn from_request(context: Context<'a>, (id, tranche): (AwardId, &Label)) -> Result<Self, Stop> {
        let award = context.book.awards.get(&id)?.filter(|award| context.acts_for(award.organisation));
        Self::with(named(award, "/award_id")?, tranche)
    }

    /// That of a claim which was written.
    pub(crate) fn of(context: Context<'a>, claim: &Claim) -> Result<Self, Stop> {
        let (award, tranche) = award_of(context, claim)?;
        Self::with(award, tranche)
    }

    fn with(award: &'a Award, name: &Label) -> Result<Self, Stop> {
        let (tranche, due) = tranches::due(award, name)?;
        Ok(Self { award, tranche, due })
    }

    /// The rules that the award was made under.
    pub(crate) fn rules(&self, context: Context<'a>) -> Result<&'a RulesVersion, Stop> {
        Ok(grant_rules(context.book, &self.award.programme, Some(self.award.rules_version))?.0)
    }

    pub(crate) fn facts(
        &self,
        context: Context<'a>,
        rules: &'a RulesVersion,
        day: Date,
    ) -> Result<claims::Facts<'a>, Stop> {
        let organisation = self.award.organisation;
        Ok(claims::Facts {
            rules,
            policy: rules.rules.under(None),
            tier: None,
            applicant: party(context, &Between::alone(organisation, self.award.awarded_on), rules)?,
            fiscal_year: Some(self.award.fiscal_year),
            room: None,
            others: None,
            beside: Vec::new(),
            declared: None,
            assessment: None,
            overrides: Vec::new(),
            documents: None,
            prorated: None,
            cap_year: day.year(),
            year_base: None,
            paid_before: false,
            used: CapUses::default(),
            day,
        })
    }

    /// The sheet of the tranche: all that is due of it.
    pub(crate) fn sheet(
        &self,
        (rules, organisation): (&RulesVersion, &Organisation),
        number: u32,
    ) -> Result<Calculation, Stop> {
        let line = SettledLine::new(self.tranche.name.clone(), self.due, None);
        Ok(rules::graded((rules, organisation), &[line], (Percent::HUNDRED, None), number)?)
    }

    /// The day before which nothing of it can be approved.
    pub(crate) fn earliest(&self) -> Date {
        let accepted = self.award.settled.as_ref().map(|settled| settled.accepted_on);
        accepted.unwrap_or(self.award.awarded_on)
    }
}

fn award_of<'a, 'c>(context: Context<'a>, claim: &'c Claim) -> Result<(&'a Award, &'c Label), Stop> {
    let lost = || Fault::Broken(format!("claim {} has lost its award", claim.id));
    let (id, tranche) = claim.subject.tranche().ok_or_else(lost)?;
    Ok((context.book.awards.get(&id)?.ok_or_else(lost)?, tranche))
}

/// The award once a claim holds its tranche, or holds it no more; nothing where that stays.
pub(crate) fn used(context: Context<'_>, claim: &Claim) -> Result<Option<Change>, Stop> {
    use ClaimStatus::{Approved, Paid, Returned, Reviewed, Submitted};
    let holds = matches!(claim.status, Submitted | Reviewed | Returned | Approved | Paid);
    let (award, tranche) = award_of(context, claim)?;
    let held = tranches::held(award, tranche, (claim.id, holds), context.stamp)?;
    Ok(held.map(|award| Change::Award(Box::new(award))))
}
