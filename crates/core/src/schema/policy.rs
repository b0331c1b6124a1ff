//! The schemas of programmes' rules and of calculation sheets.

use super::{Many, One, object_schema, word_schema};
use crate::calendar::{CalendarStatus, DayKind};
use crate::claims::backing::InvoicePart;
use crate::claims::objection::{ObjectionStatus, Resolution};
use crate::claims::recalculation::RecalculationStatus;
use crate::claims::{ClaimKind, ClaimPeriod, ClaimStatus};
use crate::domain::dates::{FiscalYear, Window};
use crate::domain::money::Amount;
use crate::domain::{
    Date, EvidenceId, Exact, Label, Line, Money, NamedInvoice, Percent, Points, Rounding, RoundingMode,
    RoundingScope, Unrounded,
};
use crate::evidence::{Confirmation, EvidenceKind, MediaType};
use crate::organisations::{Category, Size, Standing};
use crate::payments::{BatchStatus, LineStatus, PaymentResult};
use crate::periods::PeriodStatus;
use crate::prefunds::PrefundStatus;
use crate::prefunds::true_up::TrueUpStatus;
use crate::programmes::SettledLine;
use crate::programmes::calculation::{
    Calculation, CapUse, Inputs, Reduction, ReductionCode, ShareAmount, SheetLine,
};
use crate::programmes::documents::{Documents, InvoiceCut, InvoiceCutCode, ItemAmount, MeteredRoom};
use crate::programmes::interest::{Bound, InterestInputs, Segment};
use crate::programmes::policy::{
    AnnualCap, Base, CapYear, Caps, DayCount, Eligibility, Expense, ItemMapping, ItemRatio, Payee,
    PointsRule, Policy, RateCeiling, RelatedProvider, Released, Round, RulesBy, Share, ShareOfReference,
    Stacking, Term, TermFrom, Windows,
};
use crate::programmes::{
    BudgetChangeKind, BudgetChangeStatus, Counts, Instrument, LegalBasis, ProgrammeStatus, ProposalStatus,
    Title,
};
use crate::recoveries::RecoveryStatus;
use crate::reversals::ReversalStatus;
use crate::vouchers::{ReviewDecision, VoucherStatus};

word_schema! {
    Category as "Category": "private_enterprise" "state_owned_enterprise" "university" "research_institute" "government_department";
    Size as "Size": "micro" "small" "medium" "large";
    PeriodStatus as "PeriodStatus": "open" "closed";
    Standing as "Standing": "active" "blocked";
    RelatedProvider as "RelatedProvider": "refuse" "allow";
    Payee as "Payee": "enterprise" "provider" "bank";
    Stacking as "Stacking": "exclusive" "net_off" "allow";
    Expense as "Expense": "subsidy" "procurement";
    Base as "Base": "tax_inclusive" "tax_exclusive";
    DayCount as "DayCount": "actual/360" "actual/365" "actual/actual" "30e/360" "actual/actual-icma";
    RoundingMode as "RoundingMode": "half_up" "half_even" "down";
    RoundingScope as "RoundingScope": "claim" "line";
    Counts as "Counts": "issue" "redemption";
    Released as "Released": "frees" "stays";
    CapYear as "CapYear": "approval" "cost";
    TermFrom as "TermFrom": "first_drawdown" "signed";
    RulesBy as "RulesBy": "filing" "signed" "disbursed";
    Bound as "Bound": "term" "pause" "disbursed";
    Instrument as "Instrument": "voucher" "rental_subsidy" "interest_subsidy" "grant";
    ProgrammeStatus as "ProgrammeStatus": "draft" "active";
    ProposalStatus as "ProposalStatus": "proposed" "approved";
    BudgetChangeStatus as "BudgetChangeStatus": "proposed" "approved" "reversed";
    CalendarStatus as "CalendarStatus": "proposed" "approved" "rejected";
    DayKind as "DayKind": "holiday" "workday";
    BudgetChangeKind as "BudgetChangeKind": "appropriation" "adjustment" "lapse";
    ReductionCode as "ReductionCode": "net_off" "claim_cap" "voucher_balance" "paid_interest_ceiling" "lifetime_cap" "annual_cap";
    InvoiceCutCode as "InvoiceCutCode": "invoice_beyond_usage";
    ReviewDecision as "ReviewDecision": "pass" "return" "reject";
    Confirmation as "InvoiceConfirmedBy": "typed" "einvoice" "officer";
    EvidenceKind as "EvidenceKind": "invoice" "contract" "delivery" "payment" "bank_statement" "loan_contract" "review" "other";
    MediaType as "MediaType": "application/pdf" "image/png" "image/jpeg" "application/ofd" "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" "application/xml" "text/csv" "text/plain";
    ClaimKind as "ClaimKind": "voucher_redemption" "rental_subsidy" "interest_subsidy";
    ClaimStatus as "ClaimStatus": "draft" "submitted" "reviewed" "approved" "paid" "returned" "rejected" "withdrawn";
    RecalculationStatus as "RecalculationStatus": "proposed" "approved" "rejected";
    ObjectionStatus as "ObjectionStatus": "open" "upheld" "dismissed";
    Resolution as "ObjectionDecision": "upheld" "dismissed";
    BatchStatus as "PaymentBatchStatus": "proposed" "approved" "settled" "rejected";
    LineStatus as "PaymentLineStatus": "open" "paid" "returned" "dropped";
    PaymentResult as "PaymentOutcome": "paid" "returned";
    ReversalStatus as "ReversalStatus": "proposed" "approved";
    PrefundStatus as "PrefundStatus": "proposed" "approved" "rejected" "reversed";
    TrueUpStatus as "TrueUpStatus": "proposed" "approved" "rejected";
    RecoveryStatus as "RecoveryStatus": "proposed" "approved" "settled" "rejected";
    VoucherStatus as "VoucherStatus": "submitted" "reviewed" "returned" "rejected" "issued" "partly_redeemed" "redeemed" "expired" "cancelled" "suspended";
}

object_schema! {
    ClaimPeriod as "ClaimPeriod" { from: One<Date>, until: One<Date> }
    Title as "Title" { zh: One<Line>, en: One<Line> }
    LegalBasis as "LegalBasis" { document: One<Line>, valid_from?_: One<Date>, valid_until?_: One<Date> }
    Eligibility as "Eligibility" {
        categories?_: Many<Category>, sizes?_: Many<Size>, startup_only?_: One<bool>, regions?_: Many<Label>,
        related_provider?_: One<RelatedProvider>,
    }
    AnnualCap as "AnnualCap" { amount: One<Amount>, counts: Many<Counts>, released?_: One<Released>, year?_: One<CapYear> }
    Windows as "RuleWindows" { filing?_: One<Window>, signed?_: One<Window>, disbursed?_: One<Window>, cost?_: One<Window> }
    Round as "FilingRound" { filing: One<Window>, cost: One<Window> }
    Term as "Term" { months_max: One<u32>, from: One<TermFrom> }
    Caps as "Caps" { claim?_: One<Amount>, annual?_: One<AnnualCap>, lifetime?_: One<Amount>, minimum_base?_: One<Amount> }
    Share as "Share" { level: One<Label>, percent: One<Percent> }
    ItemMapping as "ItemMapping" { service_category: One<Label>, item: One<Label> }
    ItemRatio as "ItemRatio" { item: One<Label>, ratio_percent: One<Percent>, startup_ratio_percent?_: One<Percent> }
    ShareOfReference as "ShareOfReference" { name: One<Label>, percent: One<Percent> }
    PointsRule as "PointsRule" {
        max: One<Points>, share_of_contract_rate_percent?_: One<Percent>, share_of_reference?_: One<ShareOfReference>,
    }
    RateCeiling as "RateCeiling" { reference: One<Label>, spread_bp: One<i32> }
    Rounding as "Rounding" { mode?_: One<RoundingMode>, scope?_: One<RoundingScope> }
    Policy as "Rules" {
        eligibility?_: One<Eligibility>, caps?_: One<Caps>, rounding?_: One<Rounding>, shares?_: Many<Share>,
        payee?_: One<Payee>, publicity_days?_: One<u32>, item_map?_: Many<ItemMapping>, stacking?_: One<Stacking>,
        expense?_: One<Expense>, items?_: Many<ItemRatio>, base?_: One<Base>, validity_months?_: One<u32>,
        one_per_contract?_: One<bool>, scenarios?_: Many<Label>, points?_: One<PointsRule>, day_count?_: One<DayCount>,
        rate_ceiling?_: One<RateCeiling>, principal_cap?_: One<Amount>, prefund?_: One<bool>,
        windows?_: One<Windows>, rounds?_: Many<Round>, term?_: One<Term>, rules_by?_: One<RulesBy>,
    }
    InvoicePart as "InvoicePart" { evidence_id: One<EvidenceId>, amount: One<Amount> }
    SettledLine as "SettledLine" { item: One<Label>, amount: One<Amount>, tax_percent?_: One<Percent>, metered?_: One<Exact> }
    SheetLine as "SheetLine" {
        item: One<Label>, amount: One<Money>, metered?_: One<Exact>, documented?_: One<Exact>, tax_percent?_: One<Percent>, eligible: One<bool>, base: One<Exact>,
        ratio_percent?_: One<Percent>, exact: One<Exact>, subsidy: One<Money>,
    }
    Reduction as "Reduction" { code: One<ReductionCode>, amount: One<Money> }
    ShareAmount as "ShareAmount" { level: One<Label>, amount: One<Money> }
    CapUse as "CapUse" { year?_: One<FiscalYear>, cap: One<Money>, used: One<Money>, released?_: One<Released> }
    ItemAmount as "ItemAmount" { item: One<Label>, amount: One<Exact> }
    MeteredRoom as "MeteredRoom" { total: One<Exact>, items: Many<ItemAmount> }
    InvoiceCut as "InvoiceCut" {
        code: One<InvoiceCutCode>, invoice: One<NamedInvoice>, taken: One<Money>, metered: One<Exact>, amount: One<Exact>,
    }
    Documents as "Documents" { invoiced?_: One<Money>, metered?_: One<MeteredRoom>, cuts?_: Many<InvoiceCut> }
    Inputs as "Inputs" {
        startup: One<bool>, base?_: One<Base>, net_off?_: One<Money>, documents?_: One<Documents>, claim_cap?_: One<Money>,
        voucher_balance?_: One<Money>, lifetime?_: One<CapUse>,
        annual?_: One<CapUse>, interest?_: One<InterestInputs>,
    }
    Calculation as "Calculation" {
        version: One<u32>, rules_version: One<u32>, rules_sha256: One<String>, inputs: One<Inputs>,
        lines?_: Many<SheetLine>, segments?_: Many<Segment>, exact: One<Unrounded>, computed: One<Money>, rounding: One<Rounding>,
        reductions: Many<Reduction>, amount: One<Money>, shares: Many<ShareAmount>,
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};
    use utoipa::ToSchema;

    use super::*;

    /// Reads and writes `full`, which has every member, and finds all of them in the schema and no others.
    pub(in crate::schema) fn lists_its_members<T: ToSchema + serde::Serialize + DeserializeOwned>(
        full: Value,
    ) {
        let written = serde_json::to_value(serde_json::from_value::<T>(full.clone()).unwrap()).unwrap();
        let schema = serde_json::to_value(T::schema()).unwrap();
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&written), names(&full), "{}", T::name());
        assert_eq!(names(&schema["properties"]), names(&full), "{}", T::name());
    }

    #[test]
    fn the_schema_of_rules_lists_their_members() {
        lists_its_members::<Eligibility>(json!({
            "categories": ["university"], "sizes": ["micro"], "startup_only": true, "regions": ["x"],
            "related_provider": "allow",
        }));
        let caps = json!({
            "claim": "1.00", "annual": {"amount": "1.00", "counts": ["issue"], "released": "stays", "year": "cost"}, "lifetime": "1.00",
            "minimum_base": "1.00",
        });
        lists_its_members::<Caps>(caps.clone());
        lists_its_members::<AnnualCap>(caps["annual"].clone());
        let year = json!({"from": "2025-01-01", "until": "2025-12-31"});
        let windows = json!({"filing": year, "signed": year, "disbursed": year, "cost": year});
        lists_its_members::<Windows>(windows.clone());
        let round = json!({"filing": year, "cost": year});
        lists_its_members::<Round>(round.clone());
        lists_its_members::<Policy>(json!({
            "eligibility": {}, "caps": caps, "rounding": {}, "shares": [{"level": "city", "percent": "100"}],
            "payee": "bank", "publicity_days": 5, "item_map": [{"service_category": "Compute", "item": "compute"}],
            "stacking": "allow", "expense": "subsidy", "items": [{"item": "x", "ratio_percent": "20"}],
            "base": "tax_inclusive", "validity_months": 6, "one_per_contract": true, "scenarios": ["x"],
            "points": {"max": "1.5"}, "day_count": "30e/360", "rate_ceiling": {"reference": "LPR5Y", "spread_bp": -70},
            "principal_cap": "1.00", "prefund": true, "windows": windows, "rounds": [round],
            "term": {"months_max": 36, "from": "signed"}, "rules_by": "disbursed",
        }));
    }

    #[test]
    fn the_schema_of_a_sheet_lists_its_members() {
        let line = json!({
            "item": "x", "amount": "1.00", "metered": "1.004", "documented": "1.00", "tax_percent": "6", "eligible": true, "base": "1.00", "ratio_percent": "20",
            "exact": "0.20", "subsidy": "0.20",
        });
        lists_its_members::<SheetLine>(line.clone());
        let cap = json!({"year": 2025, "cap": "1.00", "used": "0.00", "released": "stays"});
        lists_its_members::<CapUse>(cap.clone());
        let documents = json!({
            "invoiced": "1.00", "metered": {"total": "1.00", "items": [{"item": "x", "amount": "1.00"}]},
            "cuts": [{
                "code": "invoice_beyond_usage", "invoice": "24312000000012345678", "taken": "1.00", "metered": "0.40",
                "amount": "0.60",
            }],
        });
        lists_its_members::<Documents>(documents.clone());
        let inputs = json!({
            "startup": false, "base": "tax_inclusive", "net_off": "0.00", "documents": documents, "claim_cap": "1.00",
            "voucher_balance": "1.00", "lifetime": cap, "annual": cap, "interest": {
                "from": "2025-01-01", "until": "2025-02-01", "window": {"from": "2025-01-01", "until": "2025-12-31"},
                "loan": [], "interest_paid": "1.00",
            },
        });
        let segment = json!({
            "from": "2025-01-01", "until": "2025-02-01", "days": 31, "principal": "1.00", "eligible_principal": "1.00",
            "annual_rate_percent": "3.25", "points": "1.5", "basis": "360", "exact": "0.00", "subsidy": "0.00",
        });
        lists_its_members::<Inputs>(inputs.clone());
        lists_its_members::<Calculation>(json!({
            "version": 1, "rules_version": 1, "rules_sha256": "", "inputs": inputs, "lines": [line],
            "segments": [segment], "exact": "0.20",
            "computed": "0.20", "rounding": {"mode": "down", "scope": "line"},
            "reductions": [{"code": "annual_cap", "amount": "0.01"}], "amount": "0.19", "shares": [],
        }));
    }

    #[test]
    fn every_status_is_in_its_schema() {
        let schema = serde_json::to_value(<VoucherStatus as utoipa::PartialSchema>::schema()).unwrap();
        let words: Vec<_> = VoucherStatus::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(schema["enum"], json!(words));
        let schema = serde_json::to_value(<ClaimStatus as utoipa::PartialSchema>::schema()).unwrap();
        let words: Vec<_> = ClaimStatus::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(schema["enum"], json!(words));
    }
}
