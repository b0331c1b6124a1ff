//! One document under some rules: asked by the guards of its own decision.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::past::{BEGINNING, Case, by_experts};
use super::{NotComparable, Past, PastDocument, Question};
use crate::agencies::DatedLimits;
use crate::book::commands::vouchers;
use crate::book::context::Context;
use crate::book::guards::claim_basis::ClaimBasis;
use crate::book::guards::programmes::version;
use crate::book::refusal::Stop;
use crate::book::{Book, Envelope, Fault};
use crate::claims::Claim;
use crate::domain::dated::Dated;
use crate::domain::{ClaimId, Date, Instant, Money, Sequence, Stamp};
use crate::loans::allocations::{Holdings, taken};
use crate::loans::{BorrowerKey, LoanAllocations};
use crate::organisations::{Organisation, Standing};
use crate::programmes::calculation::Calculation;
use crate::programmes::cap_use::{CapUses, YearBase};
use crate::programmes::inputs::Inputs;
use crate::programmes::overrides;
use crate::programmes::{CapScope, Programme, ProgrammeStatus, ProposalStatus, RulesKey, RulesVersion};
use crate::rentals::allocations::ContractAllocations;
use crate::vouchers::{Voucher, VoucherBalance, VoucherStatus};

/// The number of the only version that the book of a trial has.
const ONLY: u32 = 1;
/// More than any voucher's face: what it has left is said beside it.
const ENOUGH: Money = Money::from_fen(1_000_000_000_000_000);

/// A book with one version of the rules, and what stood beside a document when it was decided.
pub(super) struct Trial<'a> {
    book: Book,
    whole: Book,
    programme: Programme,
    envelope: &'a Envelope,
    versions: BTreeMap<u32, RulesVersion>,
    /// When what is tried was made, and what rests on the same contracts and loans: none of these is left out.
    created: BTreeMap<Uuid, Sequence>,
    /// Those that the new rules refuse.
    refused: BTreeSet<Uuid>,
    /// The principal that claims earn on under the new rules.
    principal: BTreeMap<ClaimId, Vec<Dated<Money>>>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(whole: Book, question: &Question, past: &[Past], envelope: &'a Envelope) -> Self {
        let programme =
            Programme { versions: ONLY, status: ProgrammeStatus::Active, ..question.programme.clone() };
        let mut book = whole.clone();
        book.usages = crate::book::Loaded::complete();
        book.programmes.load(programme.code.clone(), programme.clone());
        let organisations: Vec<Organisation> =
            whole.organisations.iter().map(|(_, one)| one.clone()).collect();
        for organisation in organisations {
            let open = Organisation { status: Standing::Active, ..organisation };
            book.organisations.load(open.credit_code, open);
        }
        // those of the claims may be of vouchers that are not tried
        let vouchers: Vec<Voucher> = whole.vouchers.iter().map(|(_, one)| one.clone()).collect();
        for voucher in vouchers {
            book.vouchers.load(voucher.id, usable(voucher));
        }
        let of_it = whole.rules.iter().filter(|(key, _)| key.programme == programme.code);
        let versions = of_it.map(|(key, version)| (key.number, version.clone())).collect();
        let vouchers = whole.vouchers.iter().map(|(id, one)| (id.uuid(), one.revision.created));
        let claims = whole.claims.iter().map(|(id, one)| (id.uuid(), one.revision.created));
        let created =
            past.iter().map(|one| (one.id(), one.created())).chain(vouchers).chain(claims).collect();
        let (refused, principal) = (BTreeSet::new(), BTreeMap::new());
        Self { book, whole, programme, envelope, versions, created, refused, principal }
    }

    pub(super) const fn whole(&self) -> &Book {
        &self.whole
    }

    pub(super) fn case(&self, one: &Past) -> Case {
        one.case(&self.whole)
    }

    /// By whom caps may count a document.
    pub(super) fn scopes(&self, case: &Case) -> Vec<CapScope> {
        let project = case.loan.and_then(|loan| self.whole.loans.peek(&loan));
        let project = project.map(|loan| CapScope::Project(loan.project.code.folded()));
        let contract = case.rental.map(CapScope::Contract);
        [CapScope::Organisation]
            .into_iter()
            .chain(contract)
            .chain(case.loan.map(CapScope::Loan))
            .chain(project)
            .collect()
    }

    /// The rules under which it was decided.
    pub(super) fn own_rules(&self, one: &Past) -> Result<&RulesVersion, Fault> {
        let number = one.sheet.rules_version;
        self.versions.get(&number).ok_or_else(|| Fault::Broken(format!("there are no rules {number}")))
    }

    /// Its own rules, where it comes to its amount under them still.
    pub(super) fn comparable(&mut self, one: &Past) -> Result<Result<RulesVersion, NotComparable>, Stop> {
        if by_experts(one) {
            return Ok(Err(NotComparable::DecidedByExperts));
        }
        let own = self.own_rules(one)?.clone();
        let Inputs { annual, lifetime, groups, voucher_balance, .. } = &one.sheet.inputs;
        let used = |cap: &Option<crate::programmes::calculation::CapUse>| {
            cap.as_ref().map_or(Money::ZERO, |cap| cap.used)
        };
        let recorded = CapUses { in_year: used(annual), in_all: used(lifetime), groups: groups.clone() };
        match self.sheet(one, &own, (recorded, *voucher_balance, false)) {
            Ok(sheet) if sheet.amount == one.sheet.amount => Ok(Ok(own)),
            Ok(_) | Err(Stop::Refused(_)) => Ok(Err(NotComparable::FactsChanged)),
            Err(fault @ Stop::Fault(_)) => Err(fault),
        }
    }

    /// What it takes of a loan under the new rules; refused, it takes nothing of anything.
    pub(super) fn holds(&mut self, one: &Past, sheet: Option<&Calculation>) {
        match (sheet, &one.document) {
            (Some(sheet), PastDocument::Claim(claim)) => {
                self.principal.insert(claim.id, taken(&sheet.segments).1);
            }
            (Some(_), PastDocument::Voucher(_)) => {}
            (None, _) => {
                self.refused.insert(one.id());
            }
        }
    }

    /// The sheet of a document under some rules, with so much used of its caps and left on its voucher. `new` says whether
    /// what stands beside it is as the new rules have it.
    pub(super) fn sheet(
        &mut self,
        one: &Past,
        rules: &RulesVersion,
        (used, room, new): (CapUses, Option<Money>, bool),
    ) -> Result<Calculation, Stop> {
        self.beside(one, new);
        self.under(one, rules);
        let case = self.case(one);
        match &one.document {
            PastDocument::Voucher(voucher) => {
                let stamp = at(case.day, one.decided_at);
                let voucher = Voucher { rules_version: ONLY, ..(**voucher).clone() };
                vouchers::tried(self.context(&stamp), &voucher, case.day, used)
            }
            PastDocument::Claim(claim) => {
                let claim = Claim { rules_version: ONLY, ..(**claim).clone() };
                self.claim(one, &claim, (used, room))
            }
        }
    }

    fn claim(
        &self,
        one: &Past,
        claim: &Claim,
        (used, room): (CapUses, Option<Money>),
    ) -> Result<Calculation, Stop> {
        let case = self.case(one);
        let [filed, decided] = [case.filed, case.day.max(case.filed)].map(|day| at(day, one.decided_at));
        ClaimBasis::of(self.context(&filed), claim)?.rules_today(self.context(&filed))?;
        let context = self.context(&decided);
        let (basis, rules) = (ClaimBasis::of(context, claim)?, version(&self.book, &claim.programme, ONLY)?);
        let mut facts = basis.facts(context, rules, (claim.into(), Money::ZERO), case.day)?;
        facts.applicant.eligible(&rules.rules)?;
        basis.let_in(rules)?;
        facts.used = used;
        // what the other claims of the year come to is known once all of them are tried
        let inputs = &one.sheet.inputs;
        let known = inputs.year_minimum.filter(|_| inputs.paid_before);
        let beside = known.map_or(Money::ZERO, |of| of.beside);
        let same_loan = known.and_then(|of| of.same_loan);
        facts.year_base = facts.year_base.map(|of| YearBase { beside, same_loan, ..of });
        facts.paid_before = inputs.paid_before;
        if facts.room.is_some() {
            facts.room = room;
        }
        if claim.subject.rental().is_some() {
            // as they were known
            facts.documents.clone_from(&one.sheet.inputs.documents);
            let lines = claim.subject.settlement();
            facts.tier = rules.rules.tier(
                &facts.applicant,
                lines,
                (facts.documents.as_ref(), facts.assessment.as_ref()),
            )?;
            facts.policy = overrides::relaxed(rules.rules.under(facts.tier), &facts.overrides);
        }
        basis.sheet(context, &claim.subject, one.sheet.version, &facts)
    }

    const fn context<'b>(&'b self, stamp: &'b Stamp) -> Context<'b> {
        Context {
            book: &self.book,
            envelope: self.envelope,
            actor: &self.envelope.actor,
            if_match: None,
            stamp,
        }
    }

    /// Puts the rules that are tried, and the limits to which the sheet was held.
    fn under(&mut self, one: &Past, rules: &RulesVersion) {
        let only = RulesVersion {
            number: ONLY,
            effective_from: BEGINNING,
            status: ProposalStatus::Approved,
            approved_on: None,
            ..rules.clone()
        };
        self.book.rules.load(RulesKey { programme: self.programme.code.clone(), number: ONLY }, only);
        if let (Some(agency), Some(interest)) = (&mut self.book.agency, &one.sheet.inputs.interest) {
            let limits = interest.statutory;
            let since = Sequence::new(0);
            agency.limits =
                vec![DatedLimits { since, points_max: limits.points_max, window_until: limits.window_until }];
        }
    }

    /// Puts what rested on the same contract or loan when it was decided.
    fn beside(&mut self, one: &Past, new: bool) {
        let case = self.case(one);
        let (created, refused) = (&self.created, &self.refused);
        let there = |id: Uuid| {
            let earlier = created.get(&id).is_some_and(|at| *at < one.decided_at);
            earlier && !(new && refused.contains(&id))
        };
        if let Some(rental) = case.rental
            && let Some(uses) = self.whole.uses.peek(&rental)
        {
            let uses = uses.iter().filter(|(user, _)| there(user.uuid()));
            let uses: ContractAllocations = uses.map(|(user, one)| (*user, one.clone())).collect();
            self.book.uses.load(rental, uses);
        }
        let Some(loan) = case.loan else { return };
        if let Some(uses) = self.whole.loan_uses.peek(&loan) {
            let uses = uses.iter().filter(|(id, _)| there(id.uuid()));
            let uses: LoanAllocations = uses.map(|(id, one)| (*id, one.clone())).collect();
            self.book.loan_uses.load(loan, uses);
        }
        let borrower =
            BorrowerKey { programme: self.programme.code.clone(), organisation: case.organisation };
        if let Some(holdings) = self.whole.holdings.peek(&borrower) {
            let held = |(id, held): (&ClaimId, &Vec<Dated<Money>>)| {
                let now = self.principal.get(id).filter(|_| new).unwrap_or(held);
                (*id, now.clone())
            };
            let holdings: Holdings = holdings.iter().filter(|(id, _)| there(id.uuid())).map(held).collect();
            self.book.holdings.load(borrower, holdings);
        }
    }
}

/// A voucher on which claims may draw, whatever became of it since.
fn usable(voucher: Voucher) -> Voucher {
    Voucher {
        status: VoucherStatus::Issued,
        valid_until: None,
        balance: VoucherBalance { face: ENOUGH, ..VoucherBalance::default() },
        ..voucher
    }
}

fn at(business_date: Date, sequence: Sequence) -> Stamp {
    Stamp { sequence, recorded_at: Instant::beginning(business_date, chrono_tz::UTC), business_date }
}
