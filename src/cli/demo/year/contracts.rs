//! Rentals whose subsidy follows from what was settled: a contract, and a claim for each quarter of it.

use super::super::cases::Firm;
use super::super::seed::{actor, of};
use super::plan::{Fate, Filing, Plan, claim, turn, workday};
use crate::cli::Failure;
use subsidy_core::book::Command;
use subsidy_core::claims::objection::{RaiseObjection, Resolution, ResolveObjection};
use subsidy_core::claims::{ClaimPeriod, ClaimRequest};
use subsidy_core::domain::money::{Amount, AmountOrZero};
use subsidy_core::domain::{
    Actor, CreditCode, Date, Label, Line, Money, ObjectionId, ProgrammeCode, RentalId, Role,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::assessment::{AssessedItem, Assessment};
use subsidy_core::rentals::RegisterRental;
use subsidy_core::tags::TagSubject;

/// A programme's contracts, each with a claim for every quarter.
#[derive(Clone, Copy)]
pub(super) struct Scheme {
    pub(super) programme: &'static str,
    pub(super) firms: &'static [Firm],
    pub(super) providers: &'static [Firm],
    pub(super) prefix: &'static str,
    pub(super) count: u64,
    /// The first is signed then, another every so many days.
    pub(super) first: Date,
    pub(super) every: u64,
    /// How many quarters each is claimed for.
    pub(super) quarters: u32,
    /// Percent that is paid, and days from the review to the approval.
    pub(super) percent: i64,
    pub(super) wait: u64,
    /// The lists that contracts are on in turn, and the notice that names them.
    pub(super) lists: &'static [&'static str],
    /// Where the turns begin in which claims fare well or not.
    pub(super) fates: u64,
    /// Whether anybody objects to what is published.
    pub(super) objections: bool,
    /// Whether the rules ask for an assessment at the review.
    pub(super) assessed: bool,
}

/// CNY that is settled in a quarter.
const SETTLED: [i64; 8] = [386_000, 1_124_500, 268_300, 742_900, 1_960_000, 455_250, 128_700, 893_400];

impl Scheme {
    pub(super) fn plan(&self, plan: &mut Plan) -> Result<(), Failure> {
        for number in 0..self.count {
            self.contract(plan, number)?;
        }
        Ok(())
    }

    fn contract(&self, plan: &mut Plan, number: u64) -> Result<(), Failure> {
        let (firm, provider) = (turn(self.firms, number * 5 + 2)?, turn(self.providers, number)?);
        let signed = workday(self.first, number * self.every);
        let no = format!("{}-{}-{:03}", self.prefix, signed.year().number(), 21 + number * 4);
        let id = RentalId::new(Plan::id(&format!("rental {no}"), signed));
        let quarter = turn(&SETTLED, number)? * 100 + i64::try_from(number)? * 3_117;
        let total = Amount::parse(&Money::from_fen(quarter * 5).to_string())?;
        let enterprise = of(Role::Enterprise, firm.code)?;
        let register = RegisterRental {
            id,
            organisation: CreditCode::parse(firm.code)?,
            provider: CreditCode::parse(provider.code)?,
            contract_no: Line::parse(&no)?,
            signed_on: signed,
            from: signed,
            until: signed.plus_months(12).unwrap_or(signed),
            order_no: None,
            scenario: None,
            lines: vec![SettledLine::new(Label::parse("compute")?, total, None)],
        };
        let registered = workday(signed, 4);
        let register = Command::RegisterRental(Box::new(register));
        plan.step(registered, format!("rental {no}"), enterprise.clone(), register);
        if !self.lists.is_empty() {
            let document = format!("成科计〔{}〕{} 号 项目立项清单", registered.year().number(), 30 + number);
            super::books::list(
                plan,
                registered,
                (turn(self.lists, number)?, &document),
                &[TagSubject::Rental(id)],
            )?;
        }
        for place in 0..self.quarters {
            let (Some(from), Some(until)) =
                (signed.plus_months(place * 3), signed.plus_months(place * 3 + 3))
            else {
                continue;
            };
            let key = format!("{no} {}", place + 1);
            let fen = quarter + quarter * i64::from(place) / 7;
            let sum = Money::from_fen(fen).to_string();
            let settled = Amount::parse(&sum)?;
            let request = ClaimRequest::RentalSubsidy {
                programme: ProgrammeCode::parse(self.programme)?,
                rental: id,
                period: ClaimPeriod { from, until },
                settlement: vec![SettledLine::new(Label::parse("compute")?, settled, None)],
                usage: false,
            };
            let day = workday(until, 6);
            let fate = match (self.fates + number * 3 + u64::from(place)) % 13 {
                5 => Fate::Amended,
                9 => Fate::Returned,
                11 => Fate::Rejected,
                _ => Fate::Paid,
            };
            let write = claim(&key, day, request);
            let objected = self.objections && (number + u64::from(place)).is_multiple_of(3);
            let upheld = objected && number % 5 == 1;
            let lines =
                vec![AssessedItem { item: Label::parse("compute")?, amount: AmountOrZero::parse(&sum)? }];
            let assessment = self.assessed.then_some(Assessment { lines, ratio_percent: None });
            let filing = Filing {
                key: key.clone(),
                firm: enterprise.clone(),
                day,
                write: write.clone(),
                fate: if objected { Fate::Paid } else { fate },
                amount: Money::from_fen(fen * self.percent / 100),
                wait: if upheld { 3_650 } else { self.wait },
                assessment,
                batched: true,
            };
            plan.file(filing)?;
            if objected {
                let other = turn(self.firms, number * 5 + 9)?;
                let day = workday(workday(workday(day, 2), 4), 2);
                object(plan, (&key, write.id), (of(Role::Enterprise, other.code)?, day), upheld)?;
            }
        }
        Ok(())
    }
}

/// Somebody objects while a claim is published; an officer finds for or against it.
fn object(
    plan: &mut Plan,
    (key, claim): (&str, subsidy_core::domain::ClaimId),
    (by, day): (Actor, Date),
    upheld: bool,
) -> Result<(), Failure> {
    let id = ObjectionId::new(Plan::id(&format!("objection {key}"), day));
    let raise = |text| Command::RaiseObjection(RaiseObjection { id, claim, text });
    let said = "公示金额与我单位了解的租用规模不符，请核实";
    plan.explained(day, format!("objection {key}"), by, said, raise);
    let (decision, why) = if upheld {
        (Resolution::Upheld, "经核实，部分算力转供关联企业使用，异议成立")
    } else {
        (Resolution::Dismissed, "经与供方对账，用量与结算一致，异议不成立")
    };
    let resolve = |reason| Command::ResolveObjection(ResolveObjection { id, claim, decision, reason });
    plan.explained(workday(day, 3), format!("resolve objection {key}"), actor(Role::Officer)?, why, resolve);
    Ok(())
}
