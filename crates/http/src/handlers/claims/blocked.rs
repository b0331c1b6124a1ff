//! Why a claim is not paid today: what the database knows of those whom it is about.

use crate::handler::ReadRequest;
use crate::handlers::agencies::today;
use crate::handlers::loans::estimate::{available, listed};
use crate::problem::Problem;
use crate::view;
use subsidy_core::claims::backing::Parties;
use subsidy_core::claims::blocked::{self, Block, BlockCode, Standings};
use subsidy_core::claims::objection::ObjectionStatus;
use subsidy_core::claims::recalculation::{Recalculation, RecalculationKey};
use subsidy_core::claims::{Claim, ClaimStatus, ClaimSubject};
use subsidy_core::domain::Date;
use subsidy_core::domain::money::Amount;
use subsidy_core::grants::awards::{Award, AwardObjection};
use subsidy_core::loans::Loan;
use subsidy_core::organisations::Organisation;
use subsidy_core::programmes::eligibility::CaseTags;
use subsidy_core::programmes::{Applicant, RulesKey, RulesVersion};
use subsidy_core::tags::TagSubject;
use subsidy_core::vouchers::Voucher;
use subsidy_store::db::pool::Connection;

/// What stands in the way of a claim today.
pub(super) async fn blocks(
    request: &ReadRequest,
    conn: &Connection,
    claim: &Claim,
) -> Result<Vec<Block>, Problem> {
    let today = today(conn, &request.agency).await?;
    let key = RulesKey { programme: claim.programme.clone(), number: claim.rules_version };
    let rules: RulesVersion = view::find(conn, &key, |_| true).await?;
    let organisation: Organisation = view::find(conn, &claim.organisation, |_| true).await?;
    let other = Parties::of(claim).other();
    let supplier: Organisation = view::find(conn, &other, |_| true).await?;
    let (project, filed, investment) = match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => {
            let voucher: Voucher = view::find(conn, voucher, |_| true).await?;
            (TagSubject::Rental(voucher.rental), voucher.submitted_on, None)
        }
        ClaimSubject::RentalSubsidy { rental, .. } => {
            (TagSubject::Rental(*rental), claim.filed_on(today.business_date), None)
        }
        ClaimSubject::InterestSubsidy { loan, .. } => {
            let known: Loan = view::find(conn, loan, |_| true).await?;
            let investment = known.project.investment.map(Amount::money);
            (TagSubject::Loan(*loan), claim.filed_on(today.business_date), investment)
        }
        ClaimSubject::GrantTranche { .. } => {
            (TagSubject::Organisation(claim.organisation), claim.filed_on(today.business_date), None)
        }
    };
    let [of_organisation, of_supplier] = [claim.organisation, other].map(TagSubject::Organisation);
    let subjects = [of_organisation, of_supplier, project].iter().map(TagSubject::id).collect();
    let held = listed(conn, subjects).await?;
    let tags = CaseTags {
        organisation: held.get(&of_organisation),
        supplier: held.get(&of_supplier),
        project: held.get(&project),
    };
    let applicant = Applicant {
        organisation: &organisation,
        supplier: &supplier,
        investment,
        tags,
        filed,
        today: today.business_date,
    };
    let payee: Organisation = view::find(conn, &claim.payee, |_| true).await?;
    let recalculated_on = match claim.pending {
        Some(number) => {
            let key = RecalculationKey { claim: claim.id, number };
            Some(view::find::<Recalculation>(conn, &key, |_| true).await?.proposed_on)
        }
        None => None,
    };
    let standings = Standings {
        rules: &rules,
        applicant,
        payee: &payee,
        available: available(conn, &claim.programme).await?,
        recalculated_on,
        closed_through: today.closed_through,
        today: today.business_date,
    };
    let zone = today.zone.tz();
    let mut blocks = blocked::blocked(claim, &standings, |known| known.revision.updated_at.date_in(zone));
    if let ClaimSubject::GrantTranche { award, .. } = &claim.subject
        && matches!(claim.status, ClaimStatus::Submitted | ClaimStatus::Reviewed)
    {
        let award: Award = view::find(conn, award, |_| true).await?;
        blocks.extend(of_the_award(&award, today.business_date));
    }
    Ok(blocks)
}

/// A tranche is approved once its award was published long enough and no objection to that stands.
fn of_the_award(award: &Award, today: Date) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(until) = award.published_until.filter(|until| today <= *until) {
        let since = Some(award.awarded_on);
        blocks.push(Block { code: BlockCode::PublicityRunning, since, detail: until.to_string() });
    }
    let stands = |objection: &&AwardObjection| objection.status != ObjectionStatus::Dismissed;
    let count = award.objections.iter().filter(stands).count();
    if count > 0 {
        blocks.push(Block { code: BlockCode::ObjectionOpen, since: None, detail: count.to_string() });
    }
    blocks
}
