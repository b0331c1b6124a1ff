//! What becomes of a face value once claims draw on it: held, redeemed, released, expired.
//!
//! The parts and what is available sum to the face at every step. What a claim holds outlives the last usable
//! day until the claim is decided; expiry takes what is available and leaves what is held.

use super::{Voucher, VoucherBalance, VoucherError, VoucherStatus};
use crate::domain::money::OutOfRange;
use crate::domain::{Date, Money, Stamp};

/// Whether claims may draw on a voucher at all.
pub fn open(voucher: &Voucher) -> Result<(), VoucherError> {
    match (voucher.status, voucher.valid_until) {
        (VoucherStatus::Issued | VoucherStatus::PartlyRedeemed, _) => Ok(()),
        (VoucherStatus::Expired, Some(valid_until)) => Err(VoucherError::VoucherExpired { valid_until }),
        (status, _) => Err(VoucherError::WrongState { status: status.as_str().to_owned() }),
    }
}

/// Whether a day is past the last usable one.
pub fn is_over(voucher: &Voucher, day: Date) -> bool {
    voucher.valid_until.is_some_and(|last| day > last)
}

/// What a claim may draw that holds `own` already: past the last usable day no more than that. Error: it is over,
/// and nothing is held.
pub fn room(voucher: &Voucher, own: Money, day: Date) -> Result<Money, VoucherError> {
    match voucher.valid_until {
        Some(valid_until) if day > valid_until && own.is_zero() => {
            Err(VoucherError::VoucherExpired { valid_until })
        }
        Some(valid_until) if day > valid_until => Ok(own),
        Some(_) | None => {
            let available = voucher.balance.available().unwrap_or_default();
            Ok(own.plus(available).unwrap_or(own))
        }
    }
}

/// The voucher with a claim's hold changed from one amount to another.
pub fn hold(voucher: &Voucher, from: Money, to: Money, stamp: &Stamp) -> Result<Voucher, OutOfRange> {
    let held = voucher.balance.held.minus(from)?.plus(to)?;
    Ok(Voucher {
        balance: VoucherBalance { held, ..voucher.balance },
        revision: voucher.revision.next(stamp),
        ..voucher.clone()
    })
}

/// A claim approved.
#[derive(Debug, Clone, Copy)]
pub struct Redemption {
    /// CNY that it held.
    pub held: Money,
    /// CNY that is paid.
    pub amount: Money,
    /// Whether it closes the voucher: what nobody holds is released.
    pub closing: bool,
}

/// The voucher after a redemption, and what is released.
pub fn redeem(
    voucher: &Voucher,
    redemption: &Redemption,
    stamp: &Stamp,
) -> Result<(Voucher, Money), OutOfRange> {
    let mut balance = voucher.balance;
    balance.held = balance.held.minus(redemption.held)?;
    balance.redeemed = balance.redeemed.plus(redemption.amount)?;
    let released = if redemption.closing { balance.available()? } else { Money::ZERO };
    balance.released = balance.released.plus(released)?;
    let spent = balance.available()?.is_zero() && balance.held.is_zero();
    let status = match (spent, balance.expired.is_positive()) {
        (true, true) => VoucherStatus::Expired,
        (true, false) => VoucherStatus::Redeemed,
        (false, _) => VoucherStatus::PartlyRedeemed,
    };
    let voucher = Voucher { status, balance, revision: voucher.revision.next(stamp), ..voucher.clone() };
    Ok((voucher, released))
}

/// A voucher whose last usable day lies before `day`, and what expires of it. While a claim holds a part it keeps
/// its status.
pub fn expire(voucher: &Voucher, day: Date, stamp: &Stamp) -> Result<(Voucher, Money), VoucherError> {
    let wrong = |status: &str| VoucherError::WrongState { status: status.to_owned() };
    match voucher.status {
        VoucherStatus::Issued | VoucherStatus::PartlyRedeemed | VoucherStatus::Suspended => {}
        status => return Err(wrong(status.as_str())),
    }
    let available = voucher.balance.available().unwrap_or_default();
    if !is_over(voucher, day) || available.is_zero() {
        return Err(wrong(voucher.status.as_str()));
    }
    let expired = voucher.balance.expired.plus(available).unwrap_or(voucher.balance.expired);
    let held = voucher.balance.held.is_positive();
    let expired = Voucher {
        status: if held { voucher.status } else { VoucherStatus::Expired },
        suspended_from: voucher.suspended_from.filter(|_| held),
        balance: VoucherBalance { expired, ..voucher.balance },
        revision: voucher.revision.next(stamp),
        ..voucher.clone()
    };
    Ok((expired, available))
}

/// A voucher whose last usable day is not over yet and comes within `days` of `day`, its holder told so, and what is left
/// on it. Once for each horizon: who was told a week ahead is not told a month ahead afterwards.
pub fn remind(
    voucher: &Voucher,
    day: Date,
    days: u16,
    stamp: &Stamp,
) -> Result<(Voucher, Money), VoucherError> {
    let wrong = || VoucherError::WrongState { status: voucher.status.as_str().to_owned() };
    match voucher.status {
        VoucherStatus::Issued | VoucherStatus::PartlyRedeemed | VoucherStatus::Suspended => {}
        VoucherStatus::Submitted
        | VoucherStatus::Reviewed
        | VoucherStatus::Returned
        | VoucherStatus::Rejected
        | VoucherStatus::Redeemed
        | VoucherStatus::Expired
        | VoucherStatus::Cancelled => return Err(wrong()),
    }
    let available = voucher.balance.available().unwrap_or_default();
    let horizon = day.plus_days(u64::from(days)).unwrap_or(day);
    let near = voucher.valid_until.is_some_and(|last| last <= horizon);
    let near = near && !is_over(voucher, stamp.business_date);
    let told = voucher.reminded_days.is_some_and(|told| told <= days);
    if !near || told || available.is_zero() {
        return Err(wrong());
    }
    let revision = voucher.revision.next(stamp);
    Ok((Voucher { reminded_days: Some(days), revision, ..voucher.clone() }, available))
}
