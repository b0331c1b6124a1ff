//! The schemas of values that know nothing of HTTP, for the OpenAPI document.
//!
//! A value that is a string on the wire has a pattern. Enums and structs derive their schemas where they stand.

/// A string on the wire.
#[macro_export]
macro_rules! string_schema {
    ($($type:ty as $name:literal: $example:literal, $description:literal $(, pattern $pattern:literal)? $(, format $format:ident)?;)*) => {$(
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($description))
                    .examples([serde_json::json!($example)])
                    $(.pattern(Some($pattern)))?
                    $(.format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::$format))))?
                    .into()
            }
        }
        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }
    )*};
}

use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::dated::Dated;
use crate::domain::dates::FiscalYear;
use crate::domain::money::{Amount, AmountOrZero, Figure, SignedAmount};
use crate::domain::{
    AgencyCode, ApplicationId, AwardId, BudgetChangeId, CalendarId, CallId, CapGroupCode, ClaimId,
    ContentHash, CreditCode, Date, EvidenceId, Exact, ExactPoints, Instant, Label, Line, LoanId, Money,
    NamedInvoice, ObjectionId, PaymentBatchId, Percent, Points, PrefundId, ProgrammeCode, Quantity,
    RankingId, RecoveryId, RentalId, Role, RoleGrantId, Roles, Score, Sequence, StatutoryLimitId, Subject,
    TagId, TagImportId, TrueUpId, UnitPrice, Unrounded, UsageImportId, VoucherId,
};

use crate::tags::TagName;

/// Schemas by name, as utoipa collects them.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// What JSON has a word for of its own.
const PRIMITIVES: [&str; 8] = ["bool", "i32", "i64", "u8", "u16", "u32", "u64", "String"];

/// What a member of an object looks like: lists and what JSON has a word for stand where they are used, all else is
/// named.
pub trait Member {
    /// Its schema where it is used.
    fn member() -> RefOr<Schema>;
    /// The named schemas that it needs.
    fn named(all: &mut Schemas);
}

/// A named type.
#[derive(Debug)]
pub struct One<T>(std::marker::PhantomData<T>);

/// A list of a named type.
#[derive(Debug)]
pub struct Many<T>(std::marker::PhantomData<T>);

impl<T: ToSchema> Member for One<T> {
    fn member() -> RefOr<Schema> {
        if PRIMITIVES.contains(&&*T::name()) {
            return T::schema();
        }
        Ref::from_schema_name(T::name()).into()
    }
    fn named(all: &mut Schemas) {
        T::schemas(all);
        if !PRIMITIVES.contains(&&*T::name()) {
            all.push((T::name().into_owned(), T::schema()));
        }
    }
}

impl<T: ToSchema> Member for Many<T> {
    fn member() -> RefOr<Schema> {
        ArrayBuilder::new().items(One::<T>::member()).into()
    }
    fn named(all: &mut Schemas) {
        One::<T>::named(all);
    }
}

string_schema! {
    Money as "Money": "1360000.00", "CNY with two decimals.", pattern r"^-?[0-9]+\.[0-9]{2}$";
    Amount as "Amount": "1360000.00", "CNY above zero, at most two decimals.", pattern r"^[0-9]{1,12}(\.[0-9]{1,2})?$";
    AmountOrZero as "AmountOrZero": "0.00", "CNY not below zero, at most two decimals.", pattern r"^[0-9]{1,12}(\.[0-9]{1,2})?$";
    SignedAmount as "SignedAmount": "-500.00", "CNY of either sign, not zero.", pattern r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$";
    Figure as "Figure": "0.00", "CNY of either sign or nothing, at most two decimals.", pattern r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$";
    Exact as "Exact": "1024691.356", "CNY, unrounded.", pattern r"^-?[0-9]+\.[0-9]{2,10}$";
    Unrounded as "Unrounded": "766666.66666666666666666666", "CNY, unrounded; after twenty decimals the rest is cut off.", pattern r"^[0-9]+\.[0-9]{2,20}$";
    Percent as "Percent": "20", "A percentage.", pattern r"^[0-9]{1,4}(\.[0-9]{1,6})?$";
    Points as "Points": "1.5", "Percentage points of interest.", pattern r"^[0-9]{1,2}(\.[0-9]{1,6})?$";
    ExactPoints as "ExactPoints": "1.5", "Percentage points of interest, exact.", pattern r"^[0-9]{1,5}(\.[0-9]{1,14})?$";
    Date as "Date": "2025-03-01", "A date in the agency's zone.", format Date;
    crate::audit_notes::Noted as "Noted": "claim/01940000-0000-7000-8000-000000000001", "What a note is about, by kind and key: award, claim, leaf (by its sequence), loan, organisation, payment_batch, programme, recovery, rental or voucher.";
    crate::domain::Month as "Month": "2025-03", "A calendar month.", pattern "^[0-9]{4}-(0[1-9]|1[0-2])$";
    Instant as "Instant": "2025-03-01T02:03:04.567890Z", "An instant in UTC.", format DateTime;
    CreditCode as "CreditCode": "91310000MA1FL0000N", "Unified social credit code (GB 32100-2015).", pattern "^[0-9A-HJ-NP-RTUW-Y]{18}$";
    ProgrammeCode as "ProgrammeCode": "bj-voucher", "A programme's code.", pattern "^[a-z0-9][a-z0-9_-]{0,39}$";
    AgencyCode as "AgencyCode": "sh_drc", "An agency's code.", pattern "^[a-z0-9_]{1,40}$";
    CapGroupCode as "CapGroupCode": "ai-aid", "The code of caps that several programmes share.", pattern r"^[a-z0-9][a-z0-9_-]{0,39}$";
    Quantity as "Quantity": "12345.678", "How much, at most six decimals.", pattern r"^[0-9]{1,12}(\.[0-9]{1,6})?$";
    UnitPrice as "UnitPrice": "0.05", "CNY for one of a unit, at most six decimals.", pattern r"^[0-9]{1,9}(\.[0-9]{1,6})?$";
    Subject as "Subject": "u-1024", "An opaque id of a person or a machine.", pattern "^[!-~]{1,128}$";
    Label as "Label": "compute", "1 to 64 characters on one line.", pattern r"^\S(.{0,62}\S)?$";
    Line as "Line": "京财预〔2025〕1号", "1 to 200 characters on one line.", pattern r"^\S(.{0,198}\S)?$";
    EvidenceId as "EvidenceId": "01890a5d-ac96-774b-bcce-b302099a8057", "The id of evidence.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    ContentHash as "ContentHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "SHA-256 of a file.", pattern "^[0-9a-f]{64}$";
    NamedInvoice as "InvoiceNumber": "24312000000012345678", "20 digits, or a code and 8 digits with a hyphen between them.", pattern "^([0-9]{20}|([0-9]{10}([0-9]{2})?-)?[0-9]{8})$";
    VoucherId as "VoucherId": "01890a5d-ac96-774b-bcce-b302099a8057", "A voucher's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    ClaimId as "ClaimId": "01890a5d-ac96-774b-bcce-b302099a8057", "A claim's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    PaymentBatchId as "PaymentBatchId": "01890a5d-ac96-774b-bcce-b302099a8057", "A payment batch's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    ObjectionId as "ObjectionId": "01890a5d-ac96-774b-bcce-b302099a8057", "An objection's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    UsageImportId as "UsageImportId": "01890a5d-ac96-774b-bcce-b302099a8057", "An import's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    RecoveryId as "RecoveryId": "01890a5d-ac96-774b-bcce-b302099a8057", "A recovery's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    RentalId as "RentalId": "01890a5d-ac96-774b-bcce-b302099a8057", "A rental's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    LoanId as "LoanId": "01890a5d-ac96-774b-bcce-b302099a8057", "A loan's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    PrefundId as "PrefundId": "01890a5d-ac96-774b-bcce-b302099a8057", "A prefund's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    CalendarId as "CalendarId": "01890a5d-ac96-774b-bcce-b302099a8058", "The id of a change of the calendar.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    TagId as "TagId": "01890a5d-ac96-774b-bcce-b302099a8057", "A tag's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    TagImportId as "TagImportId": "01890a5d-ac96-774b-bcce-b302099a8057", "The id of a list that was imported.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    TagName as "TagName": "little_giant", "The name of a list.", pattern "^[a-z0-9_]{1,40}$";
    crate::reminders::TaskKey as "TaskKey": "claim/01940000-0000-7000-8000-000000000001/approve", "A task by what waits and what is to be done: kind, document and action.", pattern "^[a-z_]+/.+/[a-z_]+$";
    crate::domain::AuditNoteId as "AuditNoteId": "01890a5d-ac96-774b-bcce-b302099a8059", "The id of an audit note.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    RoleGrantId as "RoleGrantId": "01890a5d-ac96-774b-bcce-b302099a8059", "The id of a role grant.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    StatutoryLimitId as "StatutoryLimitId": "01890a5d-ac96-774b-bcce-b302099a8059", "The id of a statutory limit.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    TrueUpId as "TrueUpId": "01890a5d-ac96-774b-bcce-b302099a8057", "A true-up's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    BudgetChangeId as "BudgetChangeId": "01890a5d-ac96-774b-bcce-b302099a8057", "A budget change's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    CallId as "CallId": "01890a5d-ac96-774b-bcce-b302099a8057", "The id of a call for applications.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    ApplicationId as "ApplicationId": "01890a5d-ac96-774b-bcce-b302099a8057", "An application's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    AwardId as "AwardId": "01890a5d-ac96-774b-bcce-b302099a8057", "An award's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    RankingId as "RankingId": "01890a5d-ac96-774b-bcce-b302099a8057", "A ranking's id.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    Score as "Score": "85.5", "A score or a measured value; a whole number may be written as one.", pattern r"^[0-9]{1,12}(\.[0-9]{1,6})?$";
    crate::organisations::BankCode as "BankCode": "102290000012", "CNAPS bank code.", pattern "^[0-9]{12}$";
}

impl PartialSchema for Roles {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(One::<Role>::member())
            .description(Some("The roles that somebody has."))
            .into()
    }
}

impl ToSchema for Roles {
    fn schemas(all: &mut Schemas) {
        One::<Role>::named(all);
    }
}

macro_rules! integer_schema {
    ($($type:ty as $name:literal: $minimum:literal to $maximum:literal, $description:literal;)*) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::Integer)
                    .description(Some($description))
                    .minimum(Some($minimum))
                    .maximum(Some($maximum))
                    .into()
            }
        }
        impl ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }
    )*};
}

integer_schema! {
    FiscalYear as "FiscalYear": 1900_i64 to 2999_i64, "A calendar and fiscal year.";
    Sequence as "Sequence": 0_i64 to 9_007_199_254_740_991_i64, "A position in the agency's audit log.";
}

macro_rules! dated_schema {
    ($($of:ty as $name:literal: $description:literal;)*) => {$(
        impl PartialSchema for Dated<$of> {
            fn schema() -> RefOr<Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .description(Some($description))
                    .property("date", One::<Date>::member())
                    .property("value", One::<$of>::member())
                    .required("date")
                    .required("value")
                    .into()
            }
        }
        impl ToSchema for Dated<$of> {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn schemas(all: &mut Schemas) {
                One::<Date>::named(all);
                One::<$of>::named(all);
            }
        }
    )*};
}

dated_schema! {
    Percent as "DatedPercent": "A percentage from a day on.";
    Money as "DatedMoney": "CNY from a day on.";
    ExactPoints as "DatedPoints": "Percentage points of interest from a day on.";
}
