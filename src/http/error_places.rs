//! Which routes can answer which error, where that is known.

use subsidy_core::domain::{Code, Role};

use super::language::Language;
use super::route::{Method, Permission, Route};
use super::routes::ROUTES;

/// Where an error comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Every route of the ledger.
    Every,
    /// Every write.
    Writes,
    /// Whatever takes a body.
    Bodies,
    /// Whatever gives pages of a list.
    Lists,
    /// Whatever asks for a role.
    OfRoles,
    /// Whatever approves.
    Approvals,
    /// What is written under these paths, or read of reports.
    Under(&'static [&'static str]),
    Unknown,
}

impl Place {
    pub fn routes(self) -> impl Iterator<Item = &'static Route> {
        ROUTES.iter().filter(move |route| self.has(route))
    }

    fn has(self, route: &Route) -> bool {
        match self {
            Self::Every => true,
            Self::Writes => route.writes(),
            Self::Bodies => route.takes.is_some(),
            Self::Lists => route.query.iter().any(|param| param.name == "cursor"),
            Self::OfRoles => route.permission != Permission::SignedIn,
            Self::Approvals => route.writes() && route.permission == Permission::Roles(&[Role::Approver]),
            Self::Under(paths) => {
                let report = route.path.starts_with("/v1/reports/") && route.method == Method::Get;
                let changes = route.writes() || route.takes.is_some() || route.discloses();
                (changes || report) && paths.iter().any(|path| route.path.starts_with(path))
            }
            Self::Unknown => false,
        }
    }

    /// In words, for people; none where the routes are few enough to be listed.
    pub const fn words(self, language: Language) -> &'static str {
        let [chinese, english] = match self {
            Self::Every => ["/v1/ 之下的所有路由。", "Every route under /v1/."],
            Self::Writes => ["所有写操作。", "Every write."],
            Self::Bodies => ["所有带请求体的路由。", "Every route that takes a body."],
            Self::Lists => ["所有分页的列表。", "Every list that has pages."],
            Self::OfRoles => ["所有需要特定角色的路由。", "Every route that asks for a role."],
            Self::Approvals => ["所有由复核人办理的路由。", "Every route on which an approver decides."],
            Self::Under(_) | Self::Unknown => ["", ""],
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// Where a code comes from.
#[rustfmt::skip]
pub fn of(code: Code) -> Place {
    use Code as C;
    match code {
        C::InvalidPath | C::InvalidQuery | C::Unauthenticated | C::SubjectVariant | C::Internal | C::Unavailable
        | C::LedgerRewound => Place::Every,
        C::IdempotencyKeyMissing | C::IdempotencyKeyInvalid | C::IdempotencyKeyReused | C::VersionConflict | C::Busy
        | C::ReadOnly | C::OutcomeUnknown => Place::Writes,
        C::MalformedJson | C::UnreadableBody | C::UnsupportedMediaType | C::TooLarge | C::UnknownField
        | C::MissingField | C::DuplicateField | C::InvalidType | C::InvalidValue | C::ValueRefused => Place::Bodies,
        C::InvalidCursor => Place::Lists,
        C::Forbidden => Place::OfRoles,
        C::SamePerson | C::ConflictOfInterest => Place::Approvals,
        _ => UNDER.iter().find(|(codes, _)| codes.contains(&code)).map_or(Place::Unknown, |(_, paths)| Place::Under(paths)),
    }
}

/// Codes of one noun, and the paths under which they are answered.
#[rustfmt::skip]
const UNDER: &[(&[Code], &[&str])] = &[
    (&[Code::TooManyRows], &["/v1/reports"]),
    (&[Code::MonthNotOver, Code::PeriodUnbalanced], &["/v1/periods"]),
    (&[Code::ReferenceRateExists], &["/v1/reference-rates"]),
    (&[Code::OrganisationExists, Code::AccountNameDiffers], &["/v1/organisations"]),
    (&[Code::ProgrammeExists, Code::InvalidWindow, Code::NothingToLapse,
       Code::FiscalYearOutsideWindow, Code::FiscalYearClosed, Code::TargetTwice, Code::InvalidBudgetCode,
       Code::RulesFieldMissing, Code::RulesFieldNotApplicable, Code::RulesInvalid, Code::StatutoryPointsCap,
       Code::StatutoryWindow], &["/v1/programmes"]),
    (&[Code::UsageFileRefused, Code::UsageNothingTaken, Code::UsageNotFocus, Code::UsageFileMalformed,
       Code::UsagePackedUnreadable, Code::UsagePackedSeveral, Code::UsagePackedParquet, Code::UsageEncodingUnknown,
       Code::UsageColumnMissing, Code::UsageColumnRepeated, Code::UsageColumnRenamed,
       Code::UsageColumnUnreadable, Code::UsageColumnInexact, Code::UsageMoved, Code::DeliveryOverlaps,
       Code::ReplacesNothing, Code::ReplacementPending, Code::ReplacementStale, Code::UsageTotalsTooMany,
       Code::UsageInvoicesTooMany, Code::UsageFileBeyondLimits, Code::UsageOutOfRange, Code::UsageRateUnknown,
       Code::RowRagged, Code::NotUtf8, Code::ValueMissing, Code::ValueUnknown, Code::ValueTooLong,
       Code::InvalidNumber, Code::NumberFormatted, Code::NumberForm, Code::NumberTooPrecise, Code::InvalidDatetime,
       Code::DatetimeAmbiguous, Code::DatetimeFraction, Code::DatetimeNoSeconds, Code::DatetimeNoZone,
       Code::DatetimeOffset, Code::DatetimeWords, Code::DatetimeDateOnly, Code::ServiceCategoryUnknown,
       Code::ColumnRenamed, Code::ColumnLeftOut, Code::ColumnInexact, Code::FileEncoding, Code::FileDelimiter,
       Code::FilePacked, Code::PeriodBackwards, Code::PeriodTooLong, Code::InvalidCurrency,
       Code::ExchangeRateMissing, Code::CorrectionNamesNothing], &["/v1/rentals/{id}/usage"]),
    (&[Code::FileType, Code::InvoiceNumber, Code::InvoiceContradicts, Code::OriginalInvoice, Code::NothingToConfirm,
       Code::InvoiceConfirmed, Code::InvoiceInUse], &["/v1/evidence"]),
    (&[Code::ContractExists], &["/v1/rentals"]),
    (&[Code::LoanExists, Code::RepaymentExceedsPrincipal, Code::OverdueExceedsPrincipal,
       Code::ClearedExceedsOverdue, Code::PrincipalTooLarge, Code::BeforeSigning, Code::ExtensionNotLater,
       Code::AfterMaturity, Code::PausedAlready, Code::NotPaused, Code::NotYetHappened, Code::TooManyEvents,
       Code::InterestConfirmed, Code::TooManyConfirmations], &["/v1/loans"]),
    (&[Code::RateTooHigh, Code::RulesOrProgramme], &["/v1/loans", "/v1/interest-subsidies"]),
    (&[Code::PrefundNotAllowed, Code::PrefundTruedUp, Code::NothingPrefunded, Code::TrueUpPending, Code::TrueUpStale,
       Code::StatementDiffers, Code::NothingToReturn], &["/v1/prefunds"]),
    (&[Code::ContractAlreadyUsed, Code::NotEligible, Code::AmountChanged, Code::RelatedProvider],
     &["/v1/vouchers", "/v1/claims"]),
    (&[Code::ValidityOutOfRange], &["/v1/vouchers"]),
    (&[Code::RedInvoice, Code::InvoiceReversed, Code::InvoiceDisputed, Code::NotAnInvoice,
       Code::InvoiceAmountMissing, Code::InvoiceBuyerDiffers, Code::InvoiceSellerDiffers, Code::EvidenceReused,
       Code::DuplicateEvidence, Code::PeriodNotOver, Code::InterestPeriodOverlaps, Code::TooManySegments,
       Code::VoucherExpired, Code::RentalPeriodOutside, Code::RentalPeriodOverlaps, Code::UsagePeriodNotMonths,
       Code::UsageMissing, Code::UsageIncomplete, Code::SettlementOrUsage, Code::ChangeNotApplicable, Code::RentalDiffers,
       Code::LoanDiffers, Code::ClaimKindDiffers, Code::VoucherDiffers, Code::EligibilityChanged,
       Code::PublicityRunning, Code::RecalculationPending, Code::RecalculationStale, Code::ObjectionOpen,
       Code::ObjectionUpheld, Code::TooManyObjections, Code::BelowMinimum, Code::AmountBelowMinimum,
       Code::InterestPaidBelowMinimum, Code::QuantityMissing, Code::UnitDiffers, Code::TaxPercentMissing], &["/v1/claims"]),
    (&[Code::OtherFundingMissing, Code::OtherFundingClashes], &["/v1/vouchers", "/v1/claims", "/v1/interest-subsidies"]),
    (&[Code::AssessmentMissing, Code::AssessmentAboveFiled], &["/v1/vouchers", "/v1/claims"]),
    (&[Code::OverrideNotAllowed, Code::OverrideOutOfRange], &["/v1/vouchers", "/v1/claims"]),
    (&[Code::NoWorkingDay], &["/v1/calendar", "/v1/payment-batches"]),
    (&[Code::ClaimNotPayable, Code::ClaimInBatch, Code::ExecutionDateStale, Code::AmountDiffers,
       Code::BackingWithdrawn, Code::ResultTooEarly, Code::ResultTwice, Code::BankFileUnreadable,
       Code::BankFileUnknown, Code::BankFileNoMapping, Code::BankFileColumn, Code::BankFileCell, Code::NameTooLong,
       Code::NameLetterRefused,
       Code::BankAccountChanged, Code::BankAccountMissing, Code::AccountNumberUnverified],
     &["/v1/payment-batches"]),
    (&[Code::ExceedsOutstanding, Code::OffsetMismatch, Code::TooManyReceipts], &["/v1/recoveries"]),
    (&[Code::BankReferenceUsed], &["/v1/payment-batches", "/v1/recoveries", "/v1/prefunds/true-ups"]),
    (&[Code::NotReversible, Code::AlreadyReversed, Code::NotLatest, Code::BelowFloor], &["/v1/ledger/transactions"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_that_is_known_has_routes() {
        for code in Code::ALL {
            let place = of(*code);
            assert!(place == Place::Unknown || place.routes().next().is_some(), "{code}");
        }
        let paths = || UNDER.iter().flat_map(|(_, paths)| *paths);
        assert!(paths().all(|path| ROUTES.iter().any(|route| route.path.starts_with(path))));
    }
}
