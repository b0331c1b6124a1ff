//! Claims in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

pub mod objections;
pub mod recalculations;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
use subsidy_core::claims::{Claim, ClaimKind, ClaimPeriod, ClaimSubject, InterestTerms};
use subsidy_core::domain::{ClaimId, Date, LoanId, PaymentBatchId, RentalId, VoucherId};

rows! {
    pub struct ClaimRow in "claims", versioned, fixed [
        kind, programme, organisation, provider, voucher, rental, loan, created_by, created,
    ] {
        key { id: Uuid }
        kind: String,
        programme: String,
        organisation: String,
        provider: String,
        payee: String,
        voucher: Option<Uuid>,
        rental: Option<Uuid>,
        loan: Option<Uuid>,
        period_from: Option<NaiveDate>,
        period_until: Option<NaiveDate>,
        interest_paid: Option<Decimal>,
        penalty_interest: Option<Decimal>,
        other_points: Option<Decimal>,
        status: String,
        class: String,
        settlement: Value,
        usage_sequence: Option<i64>,
        closing: bool,
        invoices: Value,
        evidence: Value,
        amount: Decimal,
        parts: Value,
        held: Decimal,
        fiscal_year: i16,
        rules_version: i32,
        calculation: i32,
        submitted_on: Option<NaiveDate>,
        reviewed_on: Option<NaiveDate>,
        reviewed_at: Option<i64>,
        approved_on: Option<NaiveDate>,
        batch: Option<Uuid>,
        paid_on: Option<NaiveDate>,
        recovered: Decimal,
        reason: Option<Vec<u8>>,
        created_by: String,
        submitted_by: Option<String>,
        reviewed_by: Option<String>,
        approved_by: Option<String>,
        payments: Value,
        settled: Value,
        corrected: Decimal,
        freed: Decimal,
        redrawn: Decimal,
        last_sheet: i32,
        pending: Option<i32>,
        recalculated_on: Option<NaiveDate>,
        objections: i32,
        objections_open: i32,
        objection_upheld: bool,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Claim as ClaimRow, |id| id.uuid() }
listed! { ClaimRow in claims, own [organisation, provider], by [status, programme, organisation], since [updated_at] }

impl ClaimRow {
    /// The row of a claim.
    pub fn new(c: &Claim) -> Result<Self, Unreadable> {
        Ok(Self {
            id: c.id.uuid(),
            kind: c.subject.kind().into_str().to_owned(),
            programme: c.programme.to_string(),
            organisation: c.organisation.to_string(),
            provider: c.provider.to_string(),
            payee: c.payee.to_string(),
            voucher: c.subject.voucher().map(VoucherId::uuid),
            rental: c.subject.rental().map(RentalId::uuid),
            loan: c.subject.loan().map(LoanId::uuid),
            period_from: c.subject.period().map(|period| period.from.naive()),
            period_until: c.subject.period().map(|period| period.until.naive()),
            interest_paid: c.subject.interest().map(|terms| convert::decimal(terms.interest_paid)),
            penalty_interest: c.subject.interest().map(|terms| convert::decimal(terms.penalty_interest)),
            other_points: c.subject.interest().and_then(|terms| terms.other_points).map(convert::points),
            status: c.status.into_str().to_owned(),
            class: c.class.into_str().to_owned(),
            settlement: convert::json(&c.subject.settlement())?,
            usage_sequence: c.subject.metered().map(convert::sequence),
            closing: c.subject.closing(),
            invoices: convert::json(&c.invoices)?,
            evidence: convert::json(&c.evidence)?,
            amount: convert::decimal(c.amount),
            parts: convert::json(&c.parts)?,
            held: convert::decimal(c.held),
            fiscal_year: convert::year(Some(c.fiscal_year)),
            rules_version: convert::count(c.rules_version),
            calculation: convert::count(c.calculation),
            submitted_on: c.submitted_on.map(Date::naive),
            reviewed_on: c.reviewed_on.map(Date::naive),
            reviewed_at: c.reviewed_at.map(convert::sequence),
            approved_on: c.approved_on.map(Date::naive),
            batch: c.batch.map(PaymentBatchId::uuid),
            paid_on: c.paid_on.map(Date::naive),
            recovered: convert::decimal(c.recovered),
            reason: hash(c.reason),
            created_by: c.created_by.to_string(),
            submitted_by: c.submitted_by.as_ref().map(ToString::to_string),
            reviewed_by: c.reviewed_by.as_ref().map(ToString::to_string),
            approved_by: c.approved_by.as_ref().map(ToString::to_string),
            payments: convert::json(&c.payments)?,
            settled: convert::json(&c.settled)?,
            corrected: convert::decimal(c.corrected),
            freed: convert::decimal(c.freed),
            redrawn: convert::decimal(c.redrawn),
            last_sheet: convert::count(c.last_sheet),
            pending: c.pending.map(convert::count),
            recalculated_on: c.recalculated_on.map(Date::naive),
            objections: convert::count(c.objections),
            objections_open: convert::count(c.objections_open),
            objection_upheld: c.objection_upheld,
            created: convert::sequence(c.revision.created),
            version: convert::sequence(c.revision.version),
            updated_at: c.revision.updated_at.utc(),
        })
    }

    fn subject(&self) -> Result<ClaimSubject, Unreadable> {
        let lost = || Unreadable(format!("claim {} without what it is for", self.id));
        let settlement = convert::read_json(&self.settlement)?;
        Ok(match convert::read::<ClaimKind>(&self.kind)? {
            ClaimKind::VoucherRedemption => ClaimSubject::VoucherRedemption {
                voucher: VoucherId::new(self.voucher.ok_or_else(lost)?),
                settlement,
                closing: self.closing,
            },
            ClaimKind::RentalSubsidy => ClaimSubject::RentalSubsidy {
                rental: RentalId::new(self.rental.ok_or_else(lost)?),
                period: self.period()?,
                settlement,
                usage: self.usage_sequence.map(convert::read_sequence).transpose()?,
            },
            ClaimKind::InterestSubsidy => ClaimSubject::InterestSubsidy {
                loan: LoanId::new(self.loan.ok_or_else(lost)?),
                terms: InterestTerms {
                    period: self.period()?,
                    interest_paid: convert::money(self.interest_paid.ok_or_else(lost)?)?,
                    penalty_interest: convert::money(self.penalty_interest.ok_or_else(lost)?)?,
                    other_points: self.other_points.map(convert::read_points).transpose()?,
                },
            },
        })
    }

    fn period(&self) -> Result<ClaimPeriod, Unreadable> {
        let lost = || Unreadable(format!("claim {} without its days", self.id));
        Ok(ClaimPeriod {
            from: Date::from_naive(self.period_from.ok_or_else(lost)?),
            until: Date::from_naive(self.period_until.ok_or_else(lost)?),
        })
    }

    /// The claim of a row.
    pub fn read(&self) -> Result<Claim, Unreadable> {
        Ok(Claim {
            id: ClaimId::new(self.id),
            subject: self.subject()?,
            programme: convert::read(&self.programme)?,
            organisation: convert::read(&self.organisation)?,
            provider: convert::read(&self.provider)?,
            payee: convert::read(&self.payee)?,
            status: convert::read(&self.status)?,
            class: convert::read(&self.class)?,
            invoices: convert::read_json(&self.invoices)?,
            evidence: convert::read_json(&self.evidence)?,
            amount: convert::money(self.amount)?,
            parts: convert::read_json(&self.parts)?,
            held: convert::money(self.held)?,
            fiscal_year: convert::read_year(self.fiscal_year)?
                .ok_or_else(|| Unreadable("a claim without a year".to_owned()))?,
            rules_version: convert::read_count(self.rules_version)?,
            calculation: convert::read_count(self.calculation)?,
            submitted_on: self.submitted_on.map(Date::from_naive),
            reviewed_on: self.reviewed_on.map(Date::from_naive),
            reviewed_at: self.reviewed_at.map(convert::read_sequence).transpose()?,
            approved_on: self.approved_on.map(Date::from_naive),
            batch: self.batch.map(PaymentBatchId::new),
            paid_on: self.paid_on.map(Date::from_naive),
            recovered: convert::money(self.recovered)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            submitted_by: convert::read_opt(self.submitted_by.as_deref())?,
            reviewed_by: convert::read_opt(self.reviewed_by.as_deref())?,
            approved_by: convert::read_opt(self.approved_by.as_deref())?,
            payments: convert::read_json(&self.payments)?,
            settled: convert::read_json(&self.settled)?,
            corrected: convert::money(self.corrected)?,
            freed: convert::money(self.freed)?,
            redrawn: convert::money(self.redrawn)?,
            last_sheet: convert::read_count(self.last_sheet)?,
            pending: self.pending.map(convert::read_count).transpose()?,
            recalculated_on: self.recalculated_on.map(Date::from_naive),
            objections: convert::read_count(self.objections)?,
            objections_open: convert::read_count(self.objections_open)?,
            objection_upheld: self.objection_upheld,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
