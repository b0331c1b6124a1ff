//! Which routes can answer which error, where that is known.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use subsidy_core::domain::{Code, Role};

use super::language::Language;
use super::route::{Handler, Method, Permission, Route};
use super::routes::ROUTES;

/// Where an error comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Every route of the ledger.
    Every,
    /// Every write.
    Writes,
    /// Every write, and what discloses a document that must have come so far.
    OfStates,
    /// Whatever takes a body.
    Bodies,
    /// Whatever gives pages of a list.
    Lists,
    /// Whatever asks for a role.
    OfRoles,
    /// Whatever approves, or decides alone on what others did: an objection, a score.
    Approvals,
    /// Whatever approves, reviews or else judges a document of an organisation.
    Judged,
    /// Whatever names something that may not be there, or reads a part of the log.
    Named,
    /// Whatever is had in several formats.
    Formats,
    /// Whatever takes a value that is of one of these types, by the names of their schemas.
    Values(&'static [&'static str]),
    /// What is written under these paths, or read of reports.
    Under(&'static [&'static str]),
    /// No route: commands at a terminal alone, or requests that find no route.
    Nowhere,
}

/// The types that each route takes, by the names of their schemas, in the order of the routes.
static TAKEN: LazyLock<Vec<BTreeSet<String>>> = LazyLock::new(|| {
    let taken = |route: &Route| {
        let mut all = Vec::new();
        route.takes.iter().for_each(|shape| (shape.named)(&mut all));
        // what is said of a file stands in the query, and is held to the same rules as a body
        if is_file(route) {
            route.query.iter().for_each(|param| (param.schema.named)(&mut all));
        }
        all.into_iter().map(|(name, _)| name).collect()
    };
    ROUTES.iter().map(taken).collect()
});

impl Place {
    pub fn routes(self) -> impl Iterator<Item = &'static Route> {
        ROUTES.iter().filter(move |route| self.has(route))
    }

    /// Whether a route can answer with it. A batch of writes can answer with whatever one of them can.
    pub fn has(self, route: &Route) -> bool {
        let batched = |other: &&Route| matches!(other.handler, Handler::Write(_));
        self.has_itself(route)
            || matches!(route.handler, Handler::Batch)
                && ROUTES.iter().filter(batched).any(|other| self.has_itself(other))
    }

    fn has_itself(self, route: &Route) -> bool {
        let changes = route.writes() || route.takes.is_some() || route.discloses();
        match self {
            Self::Every => true,
            Self::Writes => route.writes(),
            Self::OfStates => route.writes() || route.discloses(),
            Self::Bodies => route.takes.is_some(),
            Self::Lists => route.query.iter().any(|param| param.name == "cursor"),
            Self::OfRoles => route.permission != Permission::SignedIn,
            Self::Approvals => approves(route),
            Self::Judged => approves(route) || ends_with(route, &["/review", "/experts"]),
            Self::Named => {
                let of_the_log =
                    ["/v1/audit/", "/v1/reports/"].iter().any(|path| route.path.starts_with(path));
                route.takes.is_some() || route.path.contains('{') || of_the_log
            }
            Self::Formats => route.query.iter().any(|param| param.name == "format"),
            Self::Values(types) => {
                let place =
                    ROUTES.iter().position(|other| (other.method, other.path) == (route.method, route.path));
                let taken = place.and_then(|place| TAKEN.get(place));
                taken.is_some_and(|taken| types.iter().any(|name| taken.contains(*name)))
            }
            Self::Under(paths) => {
                let report = route.path.starts_with("/v1/reports/") && route.method == Method::Get;
                let computed = route.path.ends_with("/estimate");
                (changes || report || computed) && paths.iter().any(|path| route.path.starts_with(path))
            }
            Self::Nowhere => false,
        }
    }

    /// In words, for people; none where the routes are few enough to be listed.
    pub const fn words(self, language: Language) -> &'static str {
        let [chinese, english] = match self {
            Self::Every => ["/v1/ 之下的所有路由。", "Every route under /v1/."],
            Self::Writes => ["所有写操作。", "Every write."],
            Self::OfStates => [
                "所有写操作，以及取用须处于某一状态的单据的路由。",
                "Every write, and what discloses a document that must have come so far.",
            ],
            Self::Bodies => ["所有带请求体的路由。", "Every route that takes a body."],
            Self::Lists => ["所有分页的列表。", "Every list that has pages."],
            Self::OfRoles => ["所有需要特定角色的路由。", "Every route that asks for a role."],
            Self::Approvals => [
                "所有由复核人或安全管理员办理的路由，以及处理异议和专家打分。",
                "Every route on which an approver or a security administrator decides, objections are resolved or experts score.",
            ],
            Self::Judged => [
                "所有审核、复核、处理异议、指派专家和打分的路由。",
                "Every route that reviews or approves, resolves objections, names experts or scores.",
            ],
            Self::Named => [
                "所有指名某一对象的路由、带请求体的路由，以及读取日志和报表的路由。",
                "Every route that names an object or takes a body, and those that read the log or a report.",
            ],
            Self::Formats => ["所有可选格式的路由。", "Every route that can be had in several formats."],
            Self::Values(_) | Self::Under(_) | Self::Nowhere => ["", ""],
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// Whether a route takes a file as it is.
const fn is_file(route: &Route) -> bool {
    matches!(route.handler, Handler::Upload(_) | Handler::Import | Handler::BankFile)
}

/// Whether a route is an approver's, or decides alone on what others did.
fn approves(route: &Route) -> bool {
    let approvers = [Permission::Roles(&[Role::Approver]), Permission::Roles(&[Role::Security])];
    route.writes() && (approvers.contains(&route.permission) || ends_with(route, &["/resolve", "/scores"]))
}

fn ends_with(route: &Route, endings: &[&str]) -> bool {
    route.writes() && endings.iter().any(|ending| route.path.ends_with(ending))
}

/// Where a code comes from.
#[rustfmt::skip]
pub fn of(code: Code) -> Place {
    use Code as C;
    match code {
        C::InvalidPath | C::InvalidQuery | C::Unauthenticated | C::SubjectVariant | C::Internal | C::Unavailable
        | C::LedgerRewound | C::KeysDoNotFit => Place::Every,
        C::IdempotencyKeyMissing | C::IdempotencyKeyInvalid | C::IdempotencyKeyReused | C::VersionConflict
        | C::ReadOnly | C::OutcomeUnknown => Place::Writes,
        C::WrongState => Place::OfStates,
        C::MalformedJson | C::UnreadableBody | C::UnsupportedMediaType | C::TooLarge | C::UnknownField
        | C::MissingField | C::DuplicateField | C::InvalidType | C::InvalidValue | C::ValueRefused => Place::Bodies,
        C::InvalidCursor => Place::Lists,
        C::Forbidden | C::RoleNotGranted => Place::OfRoles,
        C::SamePerson => Place::Approvals,
        C::ConflictOfInterest => Place::Judged,
        C::NotFound => Place::Named,
        C::FormatNotSupported => Place::Formats,
        C::Busy => Place::Every,
        _ => VALUES.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, types)| Place::Values(types))
            .or_else(|| UNDER.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, paths)| Place::Under(paths)))
            .unwrap_or(Place::Nowhere),
    }
}

/// Codes of values that are refused, and the types that refuse with them.
#[rustfmt::skip]
const VALUES: &[(&[Code], &[&str])] = &[
    (&[Code::InvalidAmount], &["Amount", "AmountOrZero", "SignedAmount", "Figure", "Money"]),
    (&[Code::InvalidPercent], &["Percent"]),
    (&[Code::InvalidPoints], &["Points"]),
    (&[Code::InvalidQuantity], &["Quantity", "UnitPrice"]),
    (&[Code::InvalidScore], &["Score"]),
    (&[Code::InvalidText], &["Label", "Line", "Subject", "Title"]),
    (&[Code::InvalidReason], &["Reason"]),
    (&[Code::InvalidDate], &["Date"]),
    (&[Code::InvalidAbout], &["Noted"]),
    (&[Code::InvalidFiscalYear], &["FiscalYear", "NewAppropriation", "NewLapse"]),
    (&[Code::InvalidId], &["ApplicationId", "AwardId", "CallId", "ClaimId", "EvidenceId", "LoanId", "RentalId", "VoucherId", "TagSubjectView"]),
    (&[Code::InvalidProgrammeCode], &["ProgrammeCode"]),
    (&[Code::InvalidCapGroupCode], &["CapGroupCode"]),
    (&[Code::InvalidBankCode], &["BankCode"]),
    (&[Code::InvalidBudgetCode], &["BudgetCodes"]),
    (&[Code::InvalidTag], &["TagName"]),
    (&[Code::InvalidAccountNumber], &["AccountNumber"]),
    (&[Code::CreditCodeCharset, Code::CreditCodeChecksum], &["CreditCode", "TagSubjectView"]),
];

/// Codes of one noun, and the paths under which they are answered.
#[rustfmt::skip]
const UNDER: &[(&[Code], &[&str])] = &[
    (&[Code::PeriodClosed, Code::EffectiveDateInFuture, Code::EffectiveDateTooEarly],
     &["/v1/programmes", "/v1/vouchers", "/v1/claims", "/v1/payment-batches", "/v1/recoveries", "/v1/prefunds", "/v1/calls",
       "/v1/awards", "/v1/ledger/transactions"]),
    (&[Code::BusinessDateBackwards], &["/v1/business-date"]),
    (&[Code::ReasonMissing], &["/v1/vouchers", "/v1/claims", "/v1/applications"]),
    (&[Code::OrganisationBlocked, Code::OrganisationNotRegistered],
     &["/v1/rentals", "/v1/loans", "/v1/vouchers", "/v1/claims", "/v1/evidence", "/v1/calls", "/v1/applications", "/v1/awards",
       "/v1/rankings", "/v1/prefunds", "/v1/payment-batches", "/v1/recoveries"]),
    (&[Code::TagOfImport, Code::TagEndNotEarlier, Code::TagListRefused, Code::TagLineTwice], &["/v1/tags"]),
    (&[Code::InvalidWindow], &["/v1/programmes", "/v1/calls", "/v1/tags", "/v1/interest-subsidies"]),
    (&[Code::RulesFieldMissing, Code::RulesFieldNotApplicable, Code::RulesInvalid, Code::StatutoryPointsCap,
       Code::StatutoryWindow], &["/v1/programmes", "/v1/interest-subsidies", "/v1/calls"]),
    (&[Code::CapGroupUnknown], &["/v1/programmes"]),
    (&[Code::FiscalYearOutsideWindow, Code::FiscalYearClosed], &["/v1/programmes", "/v1/prefunds"]),
    (&[Code::PotExhausted],
     &["/v1/programmes", "/v1/vouchers", "/v1/claims", "/v1/calls", "/v1/awards", "/v1/prefunds", "/v1/recoveries",
       "/v1/ledger/transactions"]),
    (&[Code::ProgrammeNotActive, Code::WrongInstrument, Code::WindowClosed],
     &["/v1/programmes", "/v1/vouchers", "/v1/claims", "/v1/calls", "/v1/applications", "/v1/awards", "/v1/rankings",
       "/v1/prefunds", "/v1/interest-subsidies"]),
    (&[Code::PeriodOutsideCosts, Code::SignedOutsideWindow, Code::DisbursedOutsideWindow, Code::PeriodSpansYears],
     &["/v1/vouchers", "/v1/claims", "/v1/interest-subsidies"]),
    (&[Code::BelowMinimum, Code::AmountBelowMinimum, Code::InterestPaidBelowMinimum, Code::QuantityMissing,
       Code::UnitDiffers, Code::TaxPercentMissing, Code::ItemsUnknown, Code::NothingToPay, Code::AnnualCapExhausted,
       Code::GroupCapExhausted, Code::NoTier], &["/v1/vouchers", "/v1/claims", "/v1/interest-subsidies"]),
    (&[Code::AmountOutOfRange],
     &["/v1/programmes", "/v1/vouchers", "/v1/claims", "/v1/interest-subsidies", "/v1/rankings", "/v1/recoveries",
       "/v1/prefunds", "/v1/periods"]),
    (&[Code::NotEligible],
     &["/v1/vouchers", "/v1/claims", "/v1/calls", "/v1/applications", "/v1/rankings", "/v1/payment-batches",
       "/v1/interest-subsidies"]),
    (&[Code::ProviderNotListed, Code::BankNotListed, Code::ProjectNotEligible],
     &["/v1/vouchers", "/v1/claims", "/v1/payment-batches", "/v1/interest-subsidies"]),
    (&[Code::RelatedProvider], &["/v1/rentals", "/v1/vouchers", "/v1/claims", "/v1/payment-batches"]),
    (&[Code::EligibilityChanged], &["/v1/claims", "/v1/payment-batches"]),
    (&[Code::ReferenceRateMissing, Code::LoanRateAboveCeiling, Code::TooManySegments],
     &["/v1/claims", "/v1/interest-subsidies"]),
    (&[Code::FieldNotApplicable], &["/v1/loans", "/v1/interest-subsidies", "/v1/prefunds/true-ups"]),
    (&[Code::InvalidPeriod], &["/v1/rentals", "/v1/loans", "/v1/claims", "/v1/interest-subsidies"]),
    (&[Code::PeriodNotOver], &["/v1/claims", "/v1/loans"]),
    (&[Code::VoucherExpired], &["/v1/vouchers", "/v1/claims"]),
    (&[Code::UsageIncomplete], &["/v1/claims", "/v1/rentals/{id}/usage"]),
    (&[Code::PrefundNotAllowed, Code::PrefundExhausted, Code::PrefundTruedUp, Code::NothingPrefunded],
     &["/v1/prefunds", "/v1/claims", "/v1/recoveries", "/v1/ledger/transactions"]),
    (&[Code::PublicityRunning, Code::ObjectionOpen, Code::ObjectionUpheld, Code::TooManyObjections],
     &["/v1/claims", "/v1/awards"]),
    (&[Code::ProjectTooLong, Code::TooManyApplications, Code::ApplicationDiffers, Code::ExpertNamed, Code::TooManyExperts,
       Code::ScoreGiven], &["/v1/applications"]),
    (&[Code::FilingOpen, Code::ExpertsMissing, Code::ScoresMissing, Code::NothingToAward, Code::AwardsOutOfOrder,
       Code::AwardTooLarge, Code::QuotaExceeded], &["/v1/calls"]),
    (&[Code::TrancheUnknown, Code::TrancheClaimed, Code::TrancheNotDue, Code::TrancheDiffers],
     &["/v1/claims"]),
    (&[Code::TrancheOpen, Code::EntitlementTooLarge, Code::ExtendedAlready, Code::DeadlineNotLater], &["/v1/awards"]),
    (&[Code::EntryTwice, Code::ValuesDiffer, Code::YearNotBegun], &["/v1/rankings"]),
    (&[Code::TooManyRows], &["/v1/reports"]),
    (&[Code::MonthNotOver, Code::PeriodUnbalanced], &["/v1/periods"]),
    (&[Code::ReferenceRateExists], &["/v1/reference-rates"]),
    (&[Code::RoleOrganisation, Code::RoleAlreadyGranted, Code::OwnRole], &["/v1/role-grants"]),
    (&[Code::OrganisationExists, Code::AccountNameDiffers], &["/v1/organisations"]),
    (&[Code::ProgrammeExists, Code::NothingToLapse, Code::TargetTwice], &["/v1/programmes"]),
    (&[Code::UsageFileRefused, Code::UsageNothingTaken, Code::UsageNotFocus, Code::UsageFileMalformed,
       Code::UsagePackedUnreadable, Code::UsagePackedSeveral, Code::UsagePackedParquet, Code::UsageEncodingUnknown,
       Code::UsageColumnMissing, Code::UsageColumnRepeated, Code::UsageColumnRenamed,
       Code::UsageColumnUnreadable, Code::UsageColumnInexact, Code::UsageMoved, Code::DeliveryOverlaps,
       Code::ReplacesNothing, Code::ReplacementPending, Code::ReplacementStale, Code::UsageTotalsTooMany,
       Code::UsageInvoicesTooMany, Code::UsageFileBeyondLimits, Code::UsageOutOfRange, Code::UsageRateUnknown,
       Code::RowRagged, Code::NotUtf8, Code::ValueMissing, Code::ValueUnknown, Code::ValueLetters, Code::ValueTooLong,
       Code::InvalidNumber, Code::NumberFormatted, Code::NumberForm, Code::NumberTooPrecise, Code::InvalidDatetime,
       Code::DatetimeAmbiguous, Code::DatetimeFraction, Code::DatetimeNoSeconds, Code::DatetimeNoZone,
       Code::DatetimeOffset, Code::DatetimeWords, Code::DatetimeDateOnly, Code::ServiceCategoryUnknown,
       Code::ColumnRenamed, Code::ColumnLeftOut, Code::ColumnInexact, Code::FileEncoding, Code::FileDelimiter,
       Code::FilePacked, Code::PeriodBackwards, Code::PeriodTooLong, Code::InvalidCurrency,
       Code::ExchangeRateMissing, Code::CorrectionNamesNothing], &["/v1/rentals/{id}/usage"]),
    (&[Code::FileType, Code::InvoiceNumber, Code::InvoiceContradicts, Code::OriginalInvoice, Code::NothingToConfirm,
       Code::InvoiceConfirmed, Code::InvoiceInUse, Code::EvidenceMissing, Code::EvidenceAltered], &["/v1/evidence"]),
    (&[Code::ContractExists], &["/v1/rentals"]),
    (&[Code::LoanExists, Code::RepaymentExceedsPrincipal, Code::OverdueExceedsPrincipal,
       Code::ClearedExceedsOverdue, Code::PrincipalTooLarge, Code::BeforeSigning, Code::ExtensionNotLater,
       Code::AfterMaturity, Code::PausedAlready, Code::NotPaused, Code::NotYetHappened, Code::TooManyEvents,
       Code::InterestConfirmed, Code::TooManyConfirmations], &["/v1/loans"]),
    (&[Code::RateTooHigh, Code::RulesOrProgramme], &["/v1/loans", "/v1/interest-subsidies"]),
    (&[Code::TrueUpPending, Code::TrueUpStale, Code::StatementDiffers, Code::NothingToReturn], &["/v1/prefunds"]),
    (&[Code::ContractAlreadyUsed, Code::AmountChanged], &["/v1/vouchers", "/v1/claims"]),
    (&[Code::ValidityOutOfRange], &["/v1/vouchers"]),
    (&[Code::RedInvoice, Code::InvoiceReversed, Code::InvoiceDisputed, Code::NotAnInvoice,
       Code::InvoiceAmountMissing, Code::InvoiceBuyerDiffers, Code::InvoiceSellerDiffers, Code::EvidenceReused,
       Code::DuplicateEvidence, Code::InterestPeriodOverlaps,
       Code::RentalPeriodOutside, Code::RentalPeriodOverlaps, Code::UsagePeriodNotMonths,
       Code::UsageMissing, Code::SettlementOrUsage, Code::ChangeNotApplicable, Code::RentalDiffers,
       Code::LoanDiffers, Code::ClaimKindDiffers, Code::VoucherDiffers,
       Code::RecalculationPending, Code::RecalculationStale], &["/v1/claims"]),
    (&[Code::OtherFundingMissing, Code::OtherFundingClashes], &["/v1/vouchers", "/v1/claims", "/v1/interest-subsidies"]),
    (&[Code::AssessmentMissing, Code::AssessmentAboveFiled], &["/v1/vouchers", "/v1/claims"]),
    (&[Code::OverrideNotAllowed, Code::OverrideOutOfRange], &["/v1/vouchers", "/v1/claims"]),
    (&[Code::NoWorkingDay], &["/v1/calendar", "/v1/calls", "/v1/claims", "/v1/payment-batches", "/v1/tasks"]),
    (&[Code::NothingPayable, Code::ClaimNotPayable, Code::ClaimInBatch, Code::ExecutionDateStale, Code::AmountDiffers,
       Code::BackingWithdrawn, Code::ResultTooEarly, Code::ResultTwice, Code::BankFileUnreadable,
       Code::BankFileUnknown, Code::BankFileNoMapping, Code::BankFileColumn, Code::BankFileCell, Code::NameTooLong,
       Code::NameLetterRefused,
       Code::BankAccountChanged, Code::BankAccountMissing, Code::AccountNumberUnverified],
     &["/v1/payment-batches"]),
    (&[Code::ExceedsOutstanding], &["/v1/recoveries", "/v1/claims"]),
    (&[Code::OffsetMismatch, Code::TooManyReceipts], &["/v1/recoveries"]),
    (&[Code::BankReferenceUsed], &["/v1/payment-batches", "/v1/recoveries", "/v1/prefunds/true-ups"]),
    (&[Code::NotReversible, Code::AlreadyReversed, Code::NotLatest, Code::BelowFloor], &["/v1/ledger/transactions"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Entry;

    /// Codes that no route answers: people, agencies and erasures are matters of the operator at a terminal, papers are
    /// pages of the console, and no body holds a month, an instant or a digest.
    #[rustfmt::skip]
    const NOWHERE: [Code; 14] = [
        Code::MethodNotAllowed, Code::FontMissing, Code::FontLacksLetter, Code::TextUnknown, Code::TextErased, Code::InvalidMonth, Code::InvalidInstant,
        Code::InvalidZone, Code::InvalidHash, Code::AgencyExists, Code::SemanticsUnknown, Code::SubjectUnknown,
        Code::SubjectNamed, Code::NothingLost,
    ];

    #[test]
    fn every_code_has_its_place() {
        let main = Entry::all().filter(|entry| entry.is_main()).map(|entry| entry.code);
        let unsaid: Vec<_> = main.filter(|code| of(*code) == Place::Nowhere).collect();
        assert_eq!(unsaid, NOWHERE, "say in this file where the others come from");
    }

    #[test]
    fn every_place_that_is_known_has_routes() {
        for code in Code::ALL {
            let place = of(*code);
            assert!(place == Place::Nowhere || place.routes().next().is_some(), "{code}");
        }
        let types: BTreeSet<&String> = TAKEN.iter().flatten().collect();
        for name in VALUES.iter().flat_map(|(_, types)| *types) {
            assert!(types.iter().any(|known| known == name), "no body has a {name}");
        }
        let paths = || UNDER.iter().flat_map(|(_, paths)| *paths);
        assert!(paths().all(|path| ROUTES.iter().any(|route| route.path.starts_with(path))));
    }
}
