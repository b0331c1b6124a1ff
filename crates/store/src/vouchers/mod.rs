//! Vouchers in the database.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, statement, stored};
use subsidy_core::domain::{Date, RentalId, VoucherId};
use subsidy_core::vouchers::{Voucher, VoucherBalance};

rows! {
    pub struct VoucherRow in "vouchers", versioned, fixed [
        programme, organisation, provider, rental, submitted_on, created_by, created,
    ] {
        key { id: Uuid }
        number: Option<String>,
        programme: String,
        organisation: String,
        provider: String,
        rental: Uuid,
        status: String,
        suspended_from: Option<String>,
        face: Decimal,
        redeemed: Decimal,
        held: Decimal,
        released: Decimal,
        expired: Decimal,
        available: Decimal,
        closed: bool,
        submitted_on: NaiveDate,
        valid_from: Option<NaiveDate>,
        valid_until: Option<NaiveDate>,
        fiscal_year: Option<i16>,
        rules_version: i32,
        calculation: i32,
        reason: Option<Vec<u8>>,
        created_by: String,
        reviewed_by: Option<String>,
        issued_by: Option<String>,
        reminded_days: Option<i16>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A voucher that is due.
    pub struct DueRow { id: Uuid }
}

statement! {
    /// Vouchers whose last usable day lies before a day, with something that nobody holds.
    pub fn vouchers_due(day: NaiveDate, limit: i64) -> Vec<DueRow> =
        "SELECT id FROM vouchers WHERE valid_until < $1 AND available > 0 \
         AND status IN ('issued', 'partly_redeemed', 'suspended') ORDER BY valid_until, created LIMIT $2";
}

/// From which last usable day to which, both included.
#[derive(Debug, Clone, Copy)]
pub struct LastDays {
    pub from: NaiveDate,
    pub until: NaiveDate,
}

statement! {
    /// Vouchers whose last usable day lies between two days, with something that nobody holds, and which were not
    /// reminded of so near to it.
    pub fn vouchers_expiring(LastDays { from, until }; days: i16, limit: i64) -> Vec<DueRow> =
        "SELECT id FROM vouchers WHERE valid_until BETWEEN $1 AND $2 AND available > 0 \
         AND status IN ('issued', 'partly_redeemed', 'suspended') AND (reminded_days IS NULL OR reminded_days > $3) \
         ORDER BY valid_until, created LIMIT $4";
}

rows! {
    /// A voucher that claims may draw on.
    pub struct LiveRow { organisation: String, id: Uuid }
}

statement! {
    /// The vouchers of these organisations that claims may draw on, in the order of their ids.
    pub fn live_of(organisations: &[String]) -> Vec<LiveRow> =
        "SELECT organisation, id FROM vouchers WHERE organisation = ANY($1) \
         AND status IN ('issued', 'partly_redeemed') ORDER BY organisation, id";
}

stored! { Voucher as VoucherRow, |id| id.uuid(); const WITH_EVERY_BATCH: bool = true; }
listed! { VoucherRow in vouchers, own [organisation, provider], by [status, programme, organisation], since [updated_at] }

impl VoucherRow {
    /// The row of a voucher.
    pub fn new(v: &Voucher) -> Result<Self, Unreadable> {
        let available = v.balance.available().map_err(|e| Unreadable(e.to_string()))?;
        Ok(Self {
            id: v.id.uuid(),
            number: v.number.clone(),
            programme: v.programme.to_string(),
            organisation: v.organisation.to_string(),
            provider: v.provider.to_string(),
            rental: v.rental.uuid(),
            status: v.status.into_str().to_owned(),
            suspended_from: v.suspended_from.map(|s| s.into_str().to_owned()),
            face: convert::decimal(v.balance.face),
            redeemed: convert::decimal(v.balance.redeemed),
            held: convert::decimal(v.balance.held),
            released: convert::decimal(v.balance.released),
            expired: convert::decimal(v.balance.expired),
            available: convert::decimal(available),
            closed: v.closed,
            submitted_on: v.submitted_on.naive(),
            valid_from: v.valid_from.map(Date::naive),
            valid_until: v.valid_until.map(Date::naive),
            fiscal_year: v.fiscal_year.map(|y| convert::year(Some(y))),
            rules_version: convert::count(v.rules_version),
            calculation: convert::count(v.calculation),
            reason: hash(v.reason),
            created_by: v.created_by.to_string(),
            reviewed_by: v.reviewed_by.as_ref().map(ToString::to_string),
            issued_by: v.issued_by.as_ref().map(ToString::to_string),
            reminded_days: v.reminded_days.map(|days| i16::try_from(days).unwrap_or(i16::MAX)),
            created: convert::sequence(v.revision.created),
            version: convert::sequence(v.revision.version),
            updated_at: v.revision.updated_at.utc(),
        })
    }

    /// The voucher of a row.
    pub fn read(&self) -> Result<Voucher, Unreadable> {
        Ok(Voucher {
            id: VoucherId::new(self.id),
            number: self.number.clone(),
            programme: convert::read(&self.programme)?,
            organisation: convert::read(&self.organisation)?,
            provider: convert::read(&self.provider)?,
            rental: RentalId::new(self.rental),
            status: convert::read(&self.status)?,
            suspended_from: convert::read_opt(self.suspended_from.as_deref())?,
            balance: VoucherBalance {
                face: convert::money(self.face)?,
                redeemed: convert::money(self.redeemed)?,
                held: convert::money(self.held)?,
                released: convert::money(self.released)?,
                expired: convert::money(self.expired)?,
            },
            closed: self.closed,
            submitted_on: Date::from_naive(self.submitted_on),
            valid_from: self.valid_from.map(Date::from_naive),
            valid_until: self.valid_until.map(Date::from_naive),
            fiscal_year: self.fiscal_year.map(convert::read_year).transpose()?.flatten(),
            rules_version: convert::read_count(self.rules_version)?,
            calculation: convert::read_count(self.calculation)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            reviewed_by: convert::read_opt(self.reviewed_by.as_deref())?,
            issued_by: convert::read_opt(self.issued_by.as_deref())?,
            reminded_days: self.reminded_days.map(|days| u16::try_from(days).unwrap_or_default()),
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
