//! What becomes of a face value once claims draw on it: held, redeemed, released, expired.
//!
//! The parts and what is available sum to the face at every step. What a claim holds outlives the last usable
//! day until the claim is decided; expiry takes what is available and leaves what is held. Once a last claim closed the
//! voucher nothing of it is available any more: what a claim held and does not take is released.

use super::{Voucher, VoucherBalance, VoucherError, VoucherStatus};
use crate::domain::money::OutOfRange;
use crate::domain::{Date, Money, Stamp, WrongState};

/// Whether claims may draw on a voucher at all.
pub fn open(voucher: &Voucher) -> Result<(), VoucherError> {
    match (voucher.status, voucher.valid_until) {
        (VoucherStatus::Issued | VoucherStatus::PartlyRedeemed, _) => Ok(()),
        (VoucherStatus::Expired, Some(valid_until)) => Err(VoucherError::VoucherExpired { valid_until }),
        (status, _) => {
            Ok(WrongState::unless(status, &[VoucherStatus::Issued, VoucherStatus::PartlyRedeemed])?)
        }
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
        Some(_) | None => Ok(own.plus(voucher.balance.available()?)?),
    }
}

/// The voucher with a claim's hold changed from one amount to another, and what is released: nothing where it was not
/// closed.
pub fn hold(
    voucher: &Voucher,
    from: Money,
    to: Money,
    stamp: &Stamp,
) -> Result<(Voucher, Money), OutOfRange> {
    let held = voucher.balance.held.minus(from)?.plus(to)?;
    let balance = VoucherBalance { held, ..voucher.balance };
    let revision = voucher.revision.next(stamp);
    if !voucher.closed {
        return Ok((Voucher { balance, revision, ..voucher.clone() }, Money::ZERO));
    }
    let (balance, released) = shut(balance)?;
    let status = status_of(voucher, &balance)?;
    Ok((Voucher { status, balance, revision, ..voucher.clone() }, released))
}

/// A balance of which nothing is available any more, and what of it is released.
fn shut(balance: VoucherBalance) -> Result<(VoucherBalance, Money), OutOfRange> {
    let released = balance.available()?;
    Ok((VoucherBalance { released: balance.released.plus(released)?, ..balance }, released))
}

/// The status of a voucher that was redeemed, once its balance moved. One that was suspended or cancelled stays so.
pub(super) fn status_of(voucher: &Voucher, balance: &VoucherBalance) -> Result<VoucherStatus, OutOfRange> {
    use VoucherStatus::{Cancelled, Expired, PartlyRedeemed, Redeemed, Suspended};
    let spent = balance.available()?.is_zero() && balance.held.is_zero();
    Ok(match (voucher.status, spent) {
        (status @ (Cancelled | Suspended), _) => status,
        (_, false) => PartlyRedeemed,
        (_, true) if balance.expired.is_positive() => Expired,
        (_, true) => Redeemed,
    })
}

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
    let closed = voucher.closed || redemption.closing;
    let (balance, released) = if closed { shut(balance)? } else { (balance, Money::ZERO) };
    let status = status_of(voucher, &balance)?;
    let revision = voucher.revision.next(stamp);
    Ok((Voucher { status, balance, closed, revision, ..voucher.clone() }, released))
}

/// A voucher whose last usable day lies before `day`, and what expires of it. While a claim holds a part it keeps
/// its status.
pub fn expire(voucher: &Voucher, day: Date, stamp: &Stamp) -> Result<(Voucher, Money), VoucherError> {
    let live = [VoucherStatus::Issued, VoucherStatus::PartlyRedeemed, VoucherStatus::Suspended];
    WrongState::unless(voucher.status, &live)?;
    let available = voucher.balance.available()?;
    if !is_over(voucher, day) || available.is_zero() {
        return Err(WrongState::is(voucher.status.into_str()).into());
    }
    let expired = voucher.balance.expired.plus(available)?;
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
    let wrong = || VoucherError::from(WrongState::is(voucher.status.into_str()));
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
    let available = voucher.balance.available()?;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{Instant, ProgrammeCode, RentalId, Revision, Sequence, VoucherId};

    fn stamp(day: Date) -> Stamp {
        let recorded_at = Instant::parse("2025-01-02T03:04:05Z").unwrap();
        Stamp { sequence: Sequence::new(9), recorded_at, business_date: day }
    }

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn voucher(valid_until: Date, face: i64, held: i64) -> Voucher {
        let code = |text: &str| text.parse().unwrap();
        Voucher {
            id: VoucherId::new(Uuid::nil()),
            number: None,
            programme: ProgrammeCode::parse("p").unwrap(),
            organisation: code("91310000MA1FL0000N"),
            provider: code("91440300MA5F00011B"),
            rental: RentalId::new(Uuid::nil()),
            status: VoucherStatus::Issued,
            suspended_from: None,
            balance: VoucherBalance {
                face: Money::from_fen(face),
                held: Money::from_fen(held),
                ..VoucherBalance::default()
            },
            closed: false,
            submitted_on: Date::parse("2025-01-01").unwrap(),
            reviewed_on: None,
            valid_from: Some(date("2025-01-02")),
            valid_until: Some(valid_until),
            fiscal_year: None,
            rules_version: 1,
            tier: None,
            calculation: 1,
            other_funding: None,
            assessment: None,
            overrides: Vec::new(),
            reason: None,
            created_by: "lin".parse().unwrap(),
            reviewed_by: None,
            issued_by: None,
            reminded_days: None,
            revision: Revision::first(&stamp(date("2025-01-02"))),
        }
    }

    proptest! {
        /// Day by day over a voucher's last year: a reminder comes from the first day of its horizon to the last usable
        /// day, once, and never for what is held.
        #[test]
        fn a_reminder_comes_once_for_a_horizon_and_within_it(
            days in 1_u16..=366, ahead in 0_u64..=400, nearer in 1_u16..=366, face in 1_i64..1_000, held in 0_i64..1_000,
        ) {
            let today = date("2025-06-30");
            let last = today.plus_days(ahead).unwrap();
            let voucher = voucher(last, face.max(held), held);
            let told = remind(&voucher, today, days, &stamp(today));
            let due = ahead <= u64::from(days) && face > held;
            prop_assert_eq!(told.is_ok(), due);
            if let Ok((told, amount)) = told {
                prop_assert_eq!(amount, voucher.balance.available().unwrap());
                prop_assert_eq!((told.reminded_days, told.balance), (Some(days), voucher.balance));
                let again = remind(&told, today, nearer, &stamp(today)).is_ok();
                prop_assert_eq!(again, nearer < days && ahead <= u64::from(nearer));
            }
        }

        #[test]
        fn expiry_spares_what_is_held_and_takes_all_else_once(face in 1_i64..1_000, held in 0_i64..1_000) {
            let (last, after) = (date("2025-06-30"), date("2025-07-01"));
            let voucher = voucher(last, face.max(held), held);
            prop_assert!(expire(&voucher, last, &stamp(after)).is_err(), "the last usable day is one");
            prop_assert!(remind(&voucher, last, 366, &stamp(after)).is_err(), "what is over is not reminded of");
            match expire(&voucher, after, &stamp(after)) {
                Err(_) => prop_assert!(face <= held),
                Ok((expired, amount)) => {
                    prop_assert_eq!(amount, Money::from_fen(face - held));
                    prop_assert_eq!(expired.balance.held, Money::from_fen(held));
                    prop_assert_eq!(expired.status == VoucherStatus::Expired, held == 0);
                    prop_assert!(expire(&expired, after, &stamp(after)).is_err());
                }
            }
        }
    }
}
