//! Claims in the database.

pub mod queries;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

pub mod objections;
pub mod recalculations;

use crate::db::convert::{self, Unreadable};
use crate::{columns, listed, rows, stored};
use subsidy_core::claims::{Claim, ClaimKind, ClaimPeriod, ClaimSubject, InterestTerms};
use subsidy_core::domain::{AwardId, Date, LoanId, RentalId, VoucherId};

rows! {
    pub struct ClaimRow in "claims", versioned, fixed [
        kind, programme, organisation, provider, buyer, voucher, rental, loan, award, tranche, created_by, created,
    ] {
        key { id: Uuid }
        kind: String,
        programme: String,
        organisation: String,
        provider: String,
        buyer: Option<String>,
        payee: String,
        voucher: Option<Uuid>,
        rental: Option<Uuid>,
        loan: Option<Uuid>,
        award: Option<Uuid>,
        tranche: Option<String>,
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
        other_funding: Option<Value>,
        assessment: Option<Value>,
        overrides: Value,
        amount: Decimal,
        parts: Value,
        held: Decimal,
        fiscal_year: i16,
        rules_version: i32,
        calculation: i32,
        submitted_on: Option<NaiveDate>,
        reviewed_on: Option<NaiveDate>,
        reviewed_at: Option<i64>,
        published_until: Option<NaiveDate>,
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
listed! { ClaimRow in claims, own [organisation, provider, buyer], by [status, programme, organisation], since [updated_at] }

columns! {
    Claim as ClaimRow {
        id, programme, organisation, provider, buyer, payee, status, class, invoices, evidence, other_funding, assessment, overrides, amount, parts, held, fiscal_year,
        rules_version, calculation, submitted_on, reviewed_on, reviewed_at, published_until, approved_on, batch, paid_on, recovered, reason,
        created_by, submitted_by, reviewed_by, approved_by, payments, settled, corrected, freed, redrawn, last_sheet,
        pending, recalculated_on, objections, objections_open, objection_upheld,
    }
    row |c| {
        kind: c.subject.kind().into_str().to_owned(),
        voucher: Column::write(&c.subject.voucher())?,
        rental: Column::write(&c.subject.rental())?,
        loan: Column::write(&c.subject.loan())?,
        award: Column::write(&c.subject.tranche().map(|(award, _)| award))?,
        tranche: c.subject.tranche().map(|(_, tranche)| tranche.to_string()),
        period_from: c.subject.period().map(|period| period.from.naive()),
        period_until: c.subject.period().map(|period| period.until.naive()),
        interest_paid: c.subject.interest().map(|terms| convert::decimal(terms.interest_paid)),
        penalty_interest: c.subject.interest().map(|terms| convert::decimal(terms.penalty_interest)),
        other_points: c.subject.interest().and_then(|terms| terms.other_points).map(convert::points),
        settlement: convert::json(&c.subject.settlement())?,
        usage_sequence: Column::write(&c.subject.metered())?,
        closing: c.subject.closing(),
    }
    document |row| { subject: row.subject()? }
}

impl ClaimRow {
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
            ClaimKind::GrantTranche => ClaimSubject::GrantTranche {
                award: AwardId::new(self.award.ok_or_else(lost)?),
                tranche: convert::read(self.tranche.as_deref().ok_or_else(lost)?)?,
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
}
