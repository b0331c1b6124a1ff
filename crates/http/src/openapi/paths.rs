//! What stands in the braces of paths: the type of each parameter, and what it is.

use subsidy_core::domain::{
    ApplicationId, AwardId, BudgetChangeId, CalendarId, CallId, CapGroupCode, ClaimId, CreditCode,
    EvidenceId, LoanId, Month, ObjectionId, PaymentBatchId, PrefundId, ProgrammeCode, RankingId, RecoveryId,
    RentalId, RoleGrantId, Sequence, StatutoryLimitId, TagId, TagImportId, TrueUpId, UsageImportId,
    VoucherId,
};

use crate::handlers::reports::exports::ExportId;
use crate::handlers::verifications::VerificationId;
use crate::route::{Segment, Shape, of};

/// A parameter of a path.
#[derive(Debug, Clone, Copy)]
pub struct PathParameter {
    pub name: &'static str,
    pub about: &'static str,
    pub schema: Shape,
}

/// The beginnings of paths up to a parameter, the type of that parameter, and what it is.
#[rustfmt::skip]
const PARAMETERS: &[(&str, Shape, &str)] = &[
    ("/v1/applications/{id}", of::<ApplicationId>(), "The id of the application, as its draft was answered."),
    ("/v1/audit/entries/{sequence}", of::<Sequence>(), "The place of the leaf in the audit log, from 1."),
    ("/v1/audit/proof/{sequence}", of::<Sequence>(), "The place of the leaf in the audit log, from 1."),
    ("/v1/audit/tile/{*path}", of::<String>(), "Level and number of the tile as C2SP tlog-tiles writes them, such as 0/000 or entries/000.p/7; its slashes are written as they are."),
    ("/v1/audit/verifications/{id}", of::<VerificationId>(), "The id of the verification, as it was answered when it began."),
    ("/v1/awards/{id}", of::<AwardId>(), "The id of the award."),
    ("/v1/awards/{id}/objections/{number}", of::<u32>(), "Which objection to the award, counted from 1."),
    ("/v1/calendar/{id}", of::<CalendarId>(), "The id of the change of the calendar."),
    ("/v1/calls/{id}", of::<CallId>(), "The id of the call for applications."),
    ("/v1/cap-groups/{code}", of::<CapGroupCode>(), "The code of the caps that programmes share."),
    ("/v1/claims/{id}", of::<ClaimId>(), "The id of the claim, as its draft was answered."),
    ("/v1/claims/{id}/objections/{objection}", of::<ObjectionId>(), "The id of the objection to the claim."),
    ("/v1/claims/{id}/overrides/{number}", of::<u32>(), "Which override of the claim, counted from 1."),
    ("/v1/claims/{id}/recalculations/{version}", of::<u32>(), "The version of the calculation sheet that the recalculation made."),
    ("/v1/evidence/{id}", of::<EvidenceId>(), "The id of the evidence, as its upload was answered."),
    ("/v1/ledger/transactions/{sequence}", of::<Sequence>(), "The place in the audit log of the leaf that posted the transaction."),
    ("/v1/loans/{id}", of::<LoanId>(), "The id of the loan."),
    ("/v1/organisations/{credit_code}", of::<CreditCode>(), "The unified social credit code of the organisation."),
    ("/v1/payment-batches/{id}", of::<PaymentBatchId>(), "The id of the payment batch."),
    ("/v1/payment-batches/{id}/results/{claim}", of::<ClaimId>(), "The id of the claim whose line it is about."),
    ("/v1/periods/{month}", of::<Month>(), "The month of the accounting period, such as 2025-03."),
    ("/v1/prefunds/true-ups/{id}", of::<TrueUpId>(), "The id of the true-up."),
    ("/v1/prefunds/{id}", of::<PrefundId>(), "The id of the prefund."),
    ("/v1/programmes/{code}", of::<ProgrammeCode>(), "The code of the programme."),
    ("/v1/programmes/{code}/adjustments/{id}", of::<BudgetChangeId>(), "The id of the adjustment that was proposed."),
    ("/v1/programmes/{code}/appropriations/{id}", of::<BudgetChangeId>(), "The id of the appropriation that was proposed."),
    ("/v1/programmes/{code}/lapse/{id}", of::<BudgetChangeId>(), "The id of the lapse that was proposed."),
    ("/v1/programmes/{code}/rules/{version}", of::<u32>(), "Which version of the programme's rules, counted from 1."),
    ("/v1/rankings/{id}", of::<RankingId>(), "The id of the ranking."),
    ("/v1/rankings/{id}/certificates/{credit_code}", of::<CreditCode>(), "The unified social credit code of the organisation that the ranking names."),
    ("/v1/recoveries/{id}", of::<RecoveryId>(), "The id of the recovery."),
    ("/v1/rentals/{id}", of::<RentalId>(), "The id of the rental, which is that of its contract."),
    ("/v1/rentals/{id}/usage/imports/{import}", of::<UsageImportId>(), "The id of the import, as the billing file was answered."),
    ("/v1/report-exports/{id}", of::<ExportId>(), "The id of the export, as it was answered when it began."),
    ("/v1/role-grants/{id}", of::<RoleGrantId>(), "The id of the role that was proposed."),
    ("/v1/statutory-limits/{id}", of::<StatutoryLimitId>(), "The id of the statutory limits that were proposed."),
    ("/v1/tags/imports/{id}", of::<TagImportId>(), "The id of the imported list."),
    ("/v1/tags/{id}", of::<TagId>(), "The id of the tag."),
    ("/v1/vouchers/{id}", of::<VoucherId>(), "The id of the voucher, as its application was answered."),
    ("/v1/vouchers/{id}/overrides/{number}", of::<u32>(), "Which override of the voucher, counted from 1."),
];

/// The parameters of a path, in its order. One that the table does not know is left out.
pub fn parameters(path: &'static str) -> impl Iterator<Item = PathParameter> {
    Segment::all(path).filter_map(Segment::parameter).filter_map(move |name| {
        let place =
            PARAMETERS.iter().find(|(begins, ..)| ends_with(begins, name) && begins_with(path, begins));
        place.map(|(_, schema, about)| PathParameter { name, about, schema: *schema })
    })
}

/// Whether the last segment of a path is a parameter of this name.
fn ends_with(path: &str, name: &str) -> bool {
    Segment::all(path).last().and_then(Segment::parameter) == Some(name)
}

/// Whether a path begins with all segments of another.
fn begins_with(path: &str, beginning: &str) -> bool {
    path.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::ROUTES;

    #[test]
    fn every_parameter_of_a_path_has_its_line_and_every_line_its_route() {
        for route in ROUTES {
            let named: Vec<_> = Segment::all(route.path).filter_map(Segment::parameter).collect();
            let known: Vec<_> = parameters(route.path).map(|parameter| parameter.name).collect();
            assert_eq!(named, known, "{}", route.path);
        }
        for (begins, ..) in PARAMETERS {
            assert!(ROUTES.iter().any(|route| begins_with(route.path, begins)), "{begins}");
        }
    }
}
