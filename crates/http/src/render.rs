//! From what a command left to the JSON that shows it: one view a noun, whichever command it was.

use serde_json::{Value, json};

use super::problem::Problem;
use super::view::View;
use crate::handlers::agencies::{AgencyView, today};
use crate::handlers::audit_notes::AuditNoteView;
use crate::handlers::calendar::CalendarView;
use crate::handlers::cap_groups::CapGroupView;
use crate::handlers::claims::ClaimView;
use crate::handlers::claims::objections::ObjectionView;
use crate::handlers::claims::recalculations::RecalculationView;
use crate::handlers::evidence::{EvidenceView, version as evidence_version};
use crate::handlers::grants::CallView;
use crate::handlers::grants::applications::ApplicationView;
use crate::handlers::grants::awards::{AwardView, ProposedAwardView};
use crate::handlers::loans::LoanView;
use crate::handlers::organisations::OrganisationView;
use crate::handlers::overrides::OverrideView;
use crate::handlers::payments::{PaymentBatchView, PaymentLineView};
use crate::handlers::periods::PeriodView;
use crate::handlers::prefunds::PrefundView;
use crate::handlers::prefunds::true_ups::TrueUpView;
use crate::handlers::programmes::{BudgetChangeView, ProgrammeView, RulesView};
use crate::handlers::rankings::RankingView;
use crate::handlers::recoveries::RecoveryView;
use crate::handlers::reference_rates::ReferenceRateView;
use crate::handlers::rentals::RentalView;
use crate::handlers::reports::work::ReminderView;
use crate::handlers::reversals::ReversalView;
use crate::handlers::role_grants::RoleGrantView;
use crate::handlers::statutory_limits::StatutoryLimitView;
use crate::handlers::tags::lists::TagImportView;
use crate::handlers::tags::{TagEndView, TagView};
use crate::handlers::tokens::RevocationView;
use crate::handlers::usage::imports::UsageImportView;
use crate::handlers::vouchers::VoucherView;
use subsidy_core::book::Outcome;
use subsidy_core::domain::{AgencyCode, Sequence};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::engine::Engine;
use subsidy_store::engine::submission::{Accepted, NewText, SubmitError};

/// What the views of some outcomes show beside them: what the request itself brought, else from the database.
pub async fn attachments(
    engine: &Engine,
    agency: &AgencyCode,
    texts: &[NewText],
    accepted: &[Accepted],
) -> Result<Related, Problem> {
    let mut known = Related::default();
    for text in texts {
        known.put_text(text.hash, text.body.clone());
    }
    let mut wanted = RelatedKeys::default();
    for one in accepted {
        if let Outcome::Voucher { voucher, calculation: Some(sheet) } = &one.outcome {
            known.put_sheet(voucher.id.to_string(), sheet.clone());
        }
        if let Outcome::Claim { claim, calculation: Some(sheet) } = &one.outcome {
            known.put_sheet(claim.id.to_string(), sheet.clone());
        }
        if let Outcome::Application { application, calculation: Some(sheet) } = &one.outcome {
            known.put_sheet(application.id.to_string(), sheet.clone());
        }
        if let Outcome::Recalculation { recalculation, calculation: Some(sheet) } = &one.outcome {
            known.put_sheet(recalculation.claim.to_string(), sheet.clone());
        }
        related_keys(&one.outcome, &mut wanted);
    }
    let missing = known.missing(wanted);
    // what of a loan is overdue is a matter of the day
    let dated = accepted.iter().any(|one| matches!(one.outcome, Outcome::Loan(_)));
    if dated || !missing.is_empty() {
        let conn = engine.reader(agency).await?;
        known.load(&conn, &missing).await?;
        if dated {
            known.today = Some(today(&conn, agency).await?.business_date);
        }
    }
    Ok(known)
}

fn related_keys(outcome: &Outcome, wanted: &mut RelatedKeys) {
    match outcome {
        Outcome::Agency(_)
        | Outcome::Group { .. }
        | Outcome::AccountsRead { .. }
        | Outcome::Erasure(_)
        | Outcome::Revocation(_)
        | Outcome::ReferenceRate(_)
        | Outcome::Programme(_)
        | Outcome::Rental(_)
        | Outcome::UsageImport(_)
        | Outcome::Loan(_) => {}
        Outcome::AuditNote(note) => AuditNoteView::related_keys(note, wanted),
        Outcome::TaskReminder(reminder) => ReminderView::related_keys(reminder, wanted),
        Outcome::RoleGrant(grant) => RoleGrantView::related_keys(grant, wanted),
        Outcome::Period(period) => PeriodView::related_keys(period, wanted),
        Outcome::Calendar(change) => CalendarView::related_keys(change, wanted),
        Outcome::CapGroup(group) => CapGroupView::related_keys(group, wanted),
        Outcome::StatutoryLimit(limit) => StatutoryLimitView::related_keys(limit, wanted),
        Outcome::Tag(tag) | Outcome::TagEnd(tag) => TagView::related_keys(tag, wanted),
        Outcome::TagImport(list) => TagImportView::related_keys(list, wanted),
        Outcome::Organisation(organisation) => OrganisationView::related_keys(organisation, wanted),
        Outcome::Evidence { evidence, invoice } => {
            EvidenceView::related_keys(evidence, invoice.as_deref(), wanted)
        }
        Outcome::Rules(version) => RulesView::related_keys(version, wanted),
        Outcome::BudgetChange(change) => BudgetChangeView::related_keys(change, wanted),
        Outcome::Voucher { voucher, .. }
        | Outcome::Expiry { voucher, .. }
        | Outcome::Reminder { voucher, .. } => {
            VoucherView::related_keys(voucher, wanted);
        }
        Outcome::Prefund(prefund) => PrefundView::related_keys(prefund, wanted),
        Outcome::TrueUp(true_up) => TrueUpView::related_keys(true_up, wanted),
        Outcome::Recovery(recovery) => RecoveryView::related_keys(recovery, wanted),
        Outcome::Reversal(reversal) => ReversalView::related_keys(reversal, wanted),
        Outcome::Override { made, .. } => OverrideView::related_keys(made, wanted),
        Outcome::Claim { claim, .. } => ClaimView::related_keys(claim, wanted),
        Outcome::Call(call) | Outcome::AwardsProposed(call) => CallView::related_keys(call, wanted),
        Outcome::Application { application, .. } => ApplicationView::related_keys(application, wanted),
        Outcome::Award(award) | Outcome::AwardProposal(award) => AwardView::related_keys(award, wanted),
        Outcome::Ranking(ranking) => RankingView::related_keys(ranking, wanted),
        Outcome::Recalculation { recalculation, .. } => {
            RecalculationView::related_keys(recalculation, wanted)
        }
        Outcome::Objection(objection) => ObjectionView::related_keys(objection, wanted),
        Outcome::PaymentBatch(batch) => PaymentBatchView::related_keys(batch, wanted),
        Outcome::Payment { batch, line } => {
            PaymentBatchView::related_keys(batch, wanted);
            PaymentLineView::related_keys(line, wanted);
        }
    }
}

pub fn resource(outcome: &Outcome, attached: &Related) -> Result<Value, Problem> {
    let value = match outcome {
        Outcome::Agency(agency) => serde_json::to_value(AgencyView::of(agency)),
        Outcome::Group { members } => Ok(json!({"members": members})),
        Outcome::AccountsRead { batch, generation, execution_date, lines, total } => Ok(json!({
            "batch": batch, "generation": generation, "execution_date": execution_date, "lines": lines, "total": total,
        })),
        Outcome::Period(period) => serde_json::to_value(PeriodView::of(period, attached)),
        Outcome::Organisation(organisation) => {
            serde_json::to_value(OrganisationView::of(organisation, attached))
        }
        Outcome::Erasure(erasure) => serde_json::to_value(erasure),
        Outcome::AuditNote(note) => serde_json::to_value(AuditNoteView::of(note, attached)),
        Outcome::TaskReminder(reminder) => serde_json::to_value(ReminderView::of(reminder, attached)),
        Outcome::Revocation(revocation) => serde_json::to_value(RevocationView::of(revocation)),
        Outcome::RoleGrant(grant) => serde_json::to_value(RoleGrantView::of(grant, attached)),
        Outcome::ReferenceRate(rate) => serde_json::to_value(ReferenceRateView::of(rate, attached)),
        Outcome::Calendar(change) => serde_json::to_value(CalendarView::of(change, attached)),
        Outcome::CapGroup(group) => serde_json::to_value(CapGroupView::of(group, attached)),
        Outcome::Override { made, .. } => serde_json::to_value(OverrideView::of(made, attached)),
        Outcome::StatutoryLimit(limit) => serde_json::to_value(StatutoryLimitView::of(limit, attached)),
        Outcome::Tag(tag) => serde_json::to_value(TagView::of(tag, attached)),
        Outcome::TagEnd(tag) => serde_json::to_value(TagEndView::of(tag, attached)),
        Outcome::TagImport(list) => serde_json::to_value(TagImportView::of(list, attached)),
        Outcome::Programme(programme) => serde_json::to_value(ProgrammeView::of(programme)),
        Outcome::Rules(version) => serde_json::to_value(RulesView::of(version, attached)),
        Outcome::BudgetChange(change) => serde_json::to_value(BudgetChangeView::of(change, attached)),
        Outcome::Evidence { evidence, invoice } => {
            serde_json::to_value(EvidenceView::of(evidence, invoice.as_deref(), attached))
        }
        Outcome::Rental(rental) => serde_json::to_value(RentalView::of(rental, attached)),
        Outcome::UsageImport(import) => serde_json::to_value(UsageImportView::of(import, attached)),
        Outcome::Loan(loan) => serde_json::to_value(LoanView::of(loan, attached.today)),
        Outcome::Voucher { voucher, .. }
        | Outcome::Expiry { voucher, .. }
        | Outcome::Reminder { voucher, .. } => serde_json::to_value(VoucherView::of(voucher, attached)),
        Outcome::Prefund(prefund) => serde_json::to_value(PrefundView::of(prefund, attached)),
        Outcome::TrueUp(true_up) => serde_json::to_value(TrueUpView::of(true_up, attached)),
        Outcome::Reversal(reversal) => serde_json::to_value(ReversalView::of(reversal, attached)),
        Outcome::Recovery(recovery) => serde_json::to_value(RecoveryView::of(recovery, attached)),
        Outcome::Claim { claim, .. } => serde_json::to_value(ClaimView::of(claim, attached)),
        Outcome::Call(call) => serde_json::to_value(CallView::of(call, attached)),
        Outcome::AwardsProposed(call) => serde_json::to_value(CallView::of(call, attached).proposed()),
        Outcome::Application { application, .. } => {
            serde_json::to_value(ApplicationView::of(application, attached))
        }
        Outcome::Award(award) => serde_json::to_value(AwardView::of(award, attached)),
        Outcome::AwardProposal(award) => serde_json::to_value(ProposedAwardView::of(award, attached)),
        Outcome::Ranking(ranking) => serde_json::to_value(RankingView::of(ranking, attached)),
        Outcome::Recalculation { recalculation, .. } => {
            serde_json::to_value(RecalculationView::of(recalculation, attached))
        }
        Outcome::Objection(objection) => serde_json::to_value(ObjectionView::of(objection, attached)),
        Outcome::PaymentBatch(batch) => serde_json::to_value(PaymentBatchView::of(batch, attached)),
        Outcome::Payment { batch, line } => {
            let lines = std::iter::once(line.as_ref());
            serde_json::to_value(PaymentBatchView::of(batch, attached).with_lines(lines, attached))
        }
    };
    value.map_err(Problem::from)
}

/// The resource as the last member of a group left it, with what each of them was about.
pub fn group(members: &[Accepted], attached: &Related) -> Result<Value, Problem> {
    let last = members.last().ok_or(SubmitError::Fault)?;
    let Outcome::Payment { batch, .. } = &last.outcome else { return resource(&last.outcome, attached) };
    let lines = members.iter().filter_map(|member| match &member.outcome {
        Outcome::Payment { line, .. } => Some(line.as_ref()),
        _ => None,
    });
    let view = PaymentBatchView::of(batch, attached).with_lines(lines, attached);
    serde_json::to_value(view).map_err(Problem::from)
}

/// The version of what it shows, for `ETag`.
pub fn version(outcome: &Outcome) -> Option<Sequence> {
    let revision = match outcome {
        Outcome::Agency(_)
        | Outcome::Group { .. }
        | Outcome::AccountsRead { .. }
        | Outcome::Erasure(_)
        | Outcome::Override { .. } => return None,
        Outcome::AuditNote(note) => note.revision,
        Outcome::TaskReminder(reminder) => reminder.revision,
        Outcome::Revocation(revocation) => revocation.revision,
        Outcome::RoleGrant(grant) => grant.revision,
        Outcome::Period(period) => period.revision,
        Outcome::Organisation(organisation) => organisation.revision,
        Outcome::ReferenceRate(rate) => rate.revision,
        Outcome::Calendar(change) => change.revision,
        Outcome::CapGroup(group) => group.revision,
        Outcome::StatutoryLimit(limit) => limit.revision,
        Outcome::Tag(tag) | Outcome::TagEnd(tag) => tag.revision,
        Outcome::TagImport(list) => list.revision,
        Outcome::Programme(programme) => programme.revision,
        Outcome::Rules(version) => version.revision,
        Outcome::BudgetChange(change) => change.revision,
        Outcome::Evidence { evidence, invoice } => {
            return Some(evidence_version(evidence, invoice.as_deref()));
        }
        Outcome::Rental(rental) => rental.revision,
        Outcome::UsageImport(import) => import.revision,
        Outcome::Loan(loan) => loan.revision,
        Outcome::Voucher { voucher, .. }
        | Outcome::Expiry { voucher, .. }
        | Outcome::Reminder { voucher, .. } => voucher.revision,
        Outcome::Prefund(prefund) => prefund.revision,
        Outcome::TrueUp(true_up) => true_up.revision,
        Outcome::Recovery(recovery) => recovery.revision,
        Outcome::Reversal(reversal) => reversal.revision,
        Outcome::Claim { claim, .. } => claim.revision,
        Outcome::Call(call) | Outcome::AwardsProposed(call) => call.revision,
        Outcome::Application { application, .. } => application.revision,
        Outcome::Award(award) | Outcome::AwardProposal(award) => award.revision,
        Outcome::Ranking(ranking) => ranking.revision,
        Outcome::Recalculation { recalculation, .. } => recalculation.revision,
        Outcome::Objection(objection) => objection.revision,
        Outcome::PaymentBatch(batch) | Outcome::Payment { batch, .. } => batch.revision,
    };
    Some(revision.version)
}

/// The same resource as a preview.
pub fn previewed(mut resource: Value) -> Value {
    if let Value::Object(members) = &mut resource {
        members.insert("dry_run".to_owned(), Value::Bool(true));
    }
    resource
}
