//! The codes by which callers know an error.

/// Why a request is not answered with what it asked for. Written in snake case; a code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
#[rustfmt::skip]
pub enum Code {
    // not about one noun
    MalformedJson, UnreadableBody, IdempotencyKeyMissing, IdempotencyKeyInvalid, InvalidPath, InvalidQuery,
    #[strum(serialize = "invalid_query/word")] InvalidQueryWord,
    InvalidCursor, Unauthenticated, TokenRefused, TokenExpired, TokenTooEarly, TokenLifetime, TokenKeyUnknown,
    TokenIssuer, TokenAudience, TokenClient, TokenType, TokenOwn, TokenSubject, TokenAgency, TokenRoles,
    TokenOrganisation, TokenOrganisationMissing, TokenRevoked, Forbidden,
    #[strum(serialize = "forbidden/role")] RoleMissing, RoleNotGranted, SandboxOnly, SamePerson, SubjectVariant, ConflictOfInterest,
    NotFound, UnknownPath, MethodNotAllowed, VersionConflict, TooLarge, UnsupportedMediaType, UnsupportedEncoding,
    IdempotencyKeyReused, Internal, Busy, Unavailable, LedgerRewound, ReadOnly, KeysDoNotFit, FontMissing, FontLacksLetter, OutcomeUnknown,
    // values
    UnknownField, MissingField, DuplicateField, InvalidType, InvalidValue,
    #[strum(serialize = "invalid_value/word")] InvalidWord, TextUnknown, TextErased, ValueRefused,
    InvalidAmount, InvalidPercent, InvalidPoints, InvalidQuantity, InvalidText,
    #[strum(serialize = "invalid_text/letter")] InvalidTextLetter,
    #[strum(serialize = "invalid_text/private_letter")] InvalidTextPrivateLetter, InvalidReason,
    #[strum(serialize = "invalid_reason/letter")] InvalidReasonLetter,
    #[strum(serialize = "invalid_reason/private_letter")] InvalidReasonPrivateLetter, InvalidDate, InvalidMonth,
    InvalidInstant, InvalidAbout, InvalidZone, InvalidFiscalYear, InvalidId, InvalidHash, InvalidProgrammeCode, InvalidCapGroupCode, InvalidBankCode, InvalidBudgetCode, InvalidTag,
    InvalidAccountNumber, CreditCodeCharset, CreditCodeChecksum, TooManyRows, FormatNotSupported,
    // when, and the agency
    PeriodClosed, EffectiveDateInFuture, EffectiveDateTooEarly, BusinessDateBackwards, AgencyExists,
    SemanticsUnknown, SubjectUnknown, SubjectNamed, NothingLost, WrongState,
    #[strum(serialize = "wrong_state/among")] WrongStateAmong, ReasonMissing, MonthNotOver,
    PeriodUnbalanced,
    // reference rates, organisations
    ReferenceRateExists, OrganisationExists, AccountNameDiffers, OrganisationBlocked, OrganisationNotRegistered,
    // roles
    RoleOrganisation, RoleAlreadyGranted, OwnRole,
    // tags
    TagOfImport, TagEndNotEarlier, TagListRefused, TagLineTwice, TagListMedia,
    // programmes
    ProgrammeExists, InvalidWindow, NothingToLapse, PotExhausted, WindowClosed,
    FiscalYearOutsideWindow, FiscalYearClosed, TargetTwice,
    ProgrammeNotActive, WrongInstrument, RulesFieldMissing, RulesFieldNotApplicable, RulesInvalid,
    StatutoryPointsCap, StatutoryWindow, PeriodOutsideCosts, SignedOutsideWindow, DisbursedOutsideWindow,
    PeriodSpansYears, CapGroupUnknown,
    // calculations
    BelowMinimum, AmountBelowMinimum, InterestPaidBelowMinimum, TaxPercentMissing, QuantityMissing, UnitDiffers, NothingToPay,
    ItemsUnknown, AnnualCapExhausted, GroupCapExhausted, OverrideNotAllowed, OverrideOutOfRange, OtherFundingMissing, OtherFundingClashes, AssessmentMissing, AssessmentAboveFiled, AmountOutOfRange,
    // metered usage
    UsageFileRefused, UsageNothingTaken, UsageNotFocus, UsageFileMalformed, UsagePackedUnreadable,
    UsagePackedSeveral, UsagePackedParquet, UsageEncodingUnknown, UsageMediaType, UsageColumnMissing,
    UsageColumnRepeated, UsageColumnRenamed, UsageColumnInexact, UsageColumnUnreadable, UsageMoved, DeliveryOverlaps, ReplacesNothing, ReplacementPending,
    ReplacementStale, UsageIncomplete, UsageTotalsTooMany, UsageInvoicesTooMany, UsageFileBeyondLimits,
    UsageOutOfRange, UsageRateUnknown, RowRagged, NotUtf8, ValueMissing, ValueUnknown, ValueLetters, ValueTooLong, InvalidNumber,
    NumberFormatted, NumberForm, NumberTooPrecise, InvalidDatetime, DatetimeAmbiguous, DatetimeFraction, DatetimeNoSeconds,
    DatetimeNoZone, DatetimeOffset, DatetimeWords, DatetimeDateOnly, ServiceCategoryUnknown, ColumnRenamed, ColumnLeftOut,
    ColumnInexact, FileEncoding, FileDelimiter, FilePacked, PeriodBackwards, PeriodTooLong, InvalidCurrency,
    ExchangeRateMissing, CorrectionNamesNothing,
    // evidence, and what backs a claim
    FileType, EvidenceMissing, EvidenceAltered, MalformedXml, InvoiceNumber, InvoiceNumberContradicts, InvoiceContradicts, OriginalInvoice,
    NothingToConfirm, InvoiceConfirmed, RedInvoice, InvoiceReversed, InvoiceDisputed, InvoiceInUse, InvoiceOnly,
    NotAnInvoice, InvoiceAmountMissing, InvoiceBuyerDiffers, InvoiceSellerDiffers, EvidenceReused,
    DuplicateEvidence,
    // rentals, vouchers
    ContractExists, RelatedProvider, InvalidPeriod, LoanExists, InvalidTerm, EmptyPeriod, RateTooHigh,
    RepaymentExceedsPrincipal, OverdueExceedsPrincipal, ClearedExceedsOverdue, PrincipalTooLarge, BeforeSigning,
    ExtensionNotLater, PausedAlready, NotPaused, AfterMaturity, NotYetHappened, TooManyEvents, PrefundNotAllowed, PrefundExhausted,
    PrefundTruedUp, NothingPrefunded, TrueUpPending, TrueUpStale, StatementDiffers, NothingToReturn,
    TrueUpReferenceNotApplicable, FieldNotApplicable, PeriodNotOver, InterestConfirmed, InterestPeriodOverlaps,
    TooManySegments, TooManyConfirmations, ReferenceRateMissing, LoanRateAboveCeiling, RulesOrProgramme,
    ContractAlreadyUsed, NotEligible, ProviderNotListed, BankNotListed, ProjectNotEligible, NoTier, VoucherExpired, RentalPeriodOutside, RentalPeriodOverlaps,
    UsagePeriodNotMonths, UsageMissing, SettlementOrUsage, ChangeNotApplicable, RentalDiffers, LoanDiffers,
    ChangesMissing, ClaimKindDiffers, VoucherDiffers, EligibilityChanged, PublicityRunning, RecalculationPending,
    AmountChanged, RecalculationStale, ObjectionOpen, ObjectionUpheld, TooManyObjections, ClaimNotPayable,
    ClaimInBatch, NothingPayable, DayTwice, NoWorkingDay, ExecutionDateStale, AmountDiffers, BackingWithdrawn, ResultTooEarly,
    ReturnReferenceUsed, BankReferenceUsed, ReceiptRecorded, ResultTwice, BankFileUnreadable, BankFileUnknown,
    BankFileNoMapping, BankFileColumn, BankFileCell, NameTooLong, PayerNameTooLong, NameLetterRefused,
    BankAccountChanged, BankAccountMissing, AccountNumberUnverified, ExceedsOutstanding, OffsetMismatch,
    TooManyReceipts, NotReversible, AlreadyReversed, NotLatest, BelowFloor, ValidityOutOfRange,
    // grants
    InvalidScore, ProjectTooLong, TooManyApplications, ApplicationDiffers, ExpertNamed, TooManyExperts, ScoreGiven,
    FilingOpen, ExpertsMissing, ScoresMissing, NothingToAward, AwardsOutOfOrder, AwardTooLarge, QuotaExceeded, TrancheUnknown,
    TrancheClaimed, TrancheNotDue, TrancheDiffers, TrancheOpen, EntitlementTooLarge,
    ExtendedAlready, DeadlineNotLater,
    // rankings
    EntryTwice, ValuesDiffer, YearNotBegun,
}

impl Code {
    /// Every one, in their order.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;
}

/// Every refusal has the code of its name; one that holds another refusal has that one's.
macro_rules! coded {
    ($type:ty: $($variant:ident)* $(; $($inner:ident)+)?) => {
        impl $type {
            /// By which callers know it.
            pub const fn code(&self) -> $crate::domain::Code {
                match self {
                    $(Self::$variant { .. } => $crate::domain::Code::$variant,)*
                    $($(Self::$inner(refusal) => refusal.code(),)+)?
                }
            }
        }
    };
}
pub(crate) use coded;
