//! What a recalculated claim moves on its voucher.

use super::redemption::{is_over, status_of};
use super::{Voucher, VoucherStatus};
use crate::domain::money::OutOfRange;
use crate::domain::{Date, Money, Stamp};

/// A claim of the voucher that is recalculated.
#[derive(Debug, Clone, Copy)]
pub struct Correction {
    /// CNY that it draws more than it did; below zero where it draws less.
    pub drawn: Money,
    /// CNY of it that came in of what was asked back: the voucher is charged with it already, and the pot has it.
    pub redrawn: Money,
    /// Whether it closes the voucher: what nobody holds is released.
    pub closing: bool,
}

/// What a recalculated claim may draw that the voucher is charged with `own` for already: while the voucher is usable, what is available, and of
/// what was released when it was closed so much as may be committed again.
pub fn room_to_correct(
    voucher: &Voucher,
    own: Money,
    committable: Money,
    day: Date,
) -> Result<Money, OutOfRange> {
    let more = match voucher.status {
        VoucherStatus::Issued | VoucherStatus::PartlyRedeemed | VoucherStatus::Redeemed => {
            voucher.balance.available()?.plus(committable.min(voucher.balance.released))?
        }
        VoucherStatus::Submitted
        | VoucherStatus::Reviewed
        | VoucherStatus::Returned
        | VoucherStatus::Rejected
        | VoucherStatus::Expired
        | VoucherStatus::Cancelled
        | VoucherStatus::Suspended => Money::ZERO,
    };
    own.plus(if is_over(voucher, day) { Money::ZERO } else { more })
}

/// What a recalculation moved between a voucher and the available appropriation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// CNY that is committed again: it had been released.
    pub taken_back: Money,
    /// CNY that is committed again: it had come back to the pot.
    pub redrawn: Money,
    /// CNY that is released.
    pub released: Money,
}

/// The voucher after one of its claims was recalculated. What is given back is available again, where the voucher was
/// not closed or cancelled; past the last usable day the next expiry takes it.
pub fn correct(
    voucher: &Voucher,
    correction: &Correction,
    stamp: &Stamp,
) -> Result<(Voucher, Moved), OutOfRange> {
    let mut balance = voucher.balance;
    let redrawn = correction.redrawn;
    let drawn = correction.drawn.minus(redrawn)?;
    let refunded_to_prefund = drawn.negated()?.max(Money::ZERO);
    let shut = voucher.closed || voucher.status == VoucherStatus::Cancelled;
    let taken_back = drawn.minus(balance.available()?)?.max(Money::ZERO);
    balance.released = balance.released.minus(taken_back)?;
    balance.redeemed = balance.redeemed.plus(drawn)?;
    let released = match (correction.closing, shut) {
        (true, _) => balance.available()?,
        (false, true) => refunded_to_prefund,
        (false, false) => Money::ZERO,
    };
    balance.released = balance.released.plus(released)?;
    let status = status_of(voucher, &balance)?;
    let closed = voucher.closed || correction.closing;
    let revision = voucher.revision.next(stamp);
    Ok((
        Voucher { status, balance, closed, revision, ..voucher.clone() },
        Moved { taken_back, redrawn, released },
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::super::VoucherBalance;
    use super::*;
    use crate::domain::{
        CreditCode, Instant, ProgrammeCode, RentalId, Revision, Sequence, Subject, VoucherId,
    };

    fn stamp(day: &str) -> Stamp {
        let recorded_at = Instant::parse("2025-01-01T00:00:00.000000Z").unwrap();
        Stamp { sequence: Sequence::new(9), recorded_at, business_date: Date::parse(day).unwrap() }
    }

    fn voucher(balance: VoucherBalance, status: VoucherStatus) -> Voucher {
        let firm = CreditCode::parse("91310000MA1FL0000N").unwrap();
        Voucher {
            id: VoucherId::new(uuid::Uuid::nil()),
            number: None,
            programme: ProgrammeCode::parse("p").unwrap(),
            organisation: firm,
            provider: firm,
            rental: RentalId::new(uuid::Uuid::nil()),
            status,
            suspended_from: None,
            balance,
            closed: false,
            submitted_on: Date::parse("2025-01-01").unwrap(),
            reviewed_on: None,
            valid_from: Date::parse("2025-01-01").ok(),
            valid_until: Date::parse("2025-06-30").ok(),
            fiscal_year: None,
            rules_version: 1,
            tier: None,
            calculation: 1,
            other_funding: None,
            assessment: None,
            overrides: Vec::new(),
            reason: None,
            created_by: Subject::parse("firm").unwrap(),
            reviewed_by: None,
            issued_by: None,
            reminded_days: None,
            revision: Revision::first(&stamp("2025-01-01")),
        }
    }

    proptest! {
        #[test]
        fn a_recalculation_keeps_every_part_of_a_face_and_their_sum(
            [own, others, held, released, available] in [1_i64..1_000_000, 0..1_000_000, 0..1_000_000, 0..1_000_000, 0..1_000_000],
            wanted in 1_i64..3_000_000,
            over in any::<bool>(), closing in any::<bool>(),
            status in proptest::sample::select(vec![
                VoucherStatus::PartlyRedeemed, VoucherStatus::Redeemed, VoucherStatus::Suspended, VoucherStatus::Expired,
                VoucherStatus::Cancelled,
            ]),
        ) {
            let fen = Money::from_fen;
            let face = fen(own + others + held + released + available);
            let balance = VoucherBalance {
                face, redeemed: fen(own + others), held: fen(held), released: fen(released), expired: Money::ZERO,
            };
            let day = stamp(if over { "2025-07-01" } else { "2025-06-30" });
            let before = voucher(balance, status);
            let room = room_to_correct(&before, fen(own), fen(released), day.business_date).unwrap();
            prop_assert!(!over || room == fen(own), "past the last day it draws no more than it did");
            let drawn = fen(wanted).min(room).minus(fen(own)).unwrap();
            let (after, moved) = correct(&before, &Correction { drawn, redrawn: Money::ZERO, closing }, &day).unwrap();
            let left = after.balance.available().unwrap();
            let parts = [after.balance.redeemed, after.balance.held, after.balance.released, left];
            prop_assert!(parts.iter().all(|part| *part >= Money::ZERO), "{:?}", after.balance);
            prop_assert_eq!(Money::sum(parts).unwrap(), face);
            prop_assert_eq!(after.balance.redeemed, balance.redeemed.plus(drawn).unwrap());
            let net = moved.released.minus(moved.taken_back).unwrap();
            prop_assert_eq!(after.balance.released, balance.released.plus(net).unwrap());
            prop_assert!(!closing || left.is_zero());
            let open = after.status == VoucherStatus::PartlyRedeemed;
            let ended = matches!(after.status, VoucherStatus::Redeemed | VoucherStatus::Expired);
            prop_assert!(!ended || (left.is_zero() && after.balance.held.is_zero()));
            prop_assert!(!open || left.is_positive() || after.balance.held.is_positive());
        }
    }
}
