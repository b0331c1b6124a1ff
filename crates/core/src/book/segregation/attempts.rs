//! Attempts 前次: what was returned, withdrawn, rejected or cancelled, by what a later document has in common with it.

use crate::book::{Book, Fault};
use crate::claims::{Claim, ClaimSubject};
use crate::domain::{PrefundId, RecoveryId, TrueUpId, VoucherId};
use crate::people::Matter;

/// At the same claim: of a redemption, on the same voucher.
pub(super) fn of_claim(claim: &Claim) -> Matter {
    let ground = match &claim.subject {
        ClaimSubject::VoucherRedemption { voucher, .. } => Matter::voucher(*voucher),
        ClaimSubject::RentalSubsidy { rental, .. } => Matter::rental(*rental),
        ClaimSubject::InterestSubsidy { loan, .. } => Matter::loan(*loan),
        ClaimSubject::GrantTranche { award, .. } => Matter::award(*award),
    };
    Matter::attempts(&claim.programme, &ground)
}

/// At a voucher for the same contract; none where there is no such voucher.
pub(super) fn of_voucher(id: VoucherId, book: &Book) -> Result<Option<Matter>, Fault> {
    let voucher = book.vouchers.get(&id)?;
    Ok(voucher.map(|voucher| Matter::attempts(&voucher.programme, &Matter::rental(voucher.rental))))
}

/// At asking back money of the same claim.
pub(super) fn of_recovery(id: RecoveryId, book: &Book) -> Result<Option<Matter>, Fault> {
    let recovery = book.recoveries.get(&id)?;
    Ok(recovery.map(|one| Matter::attempts(&one.programme, &Matter::recoveries(one.claim))))
}

/// At paying the same bank ahead in the same year.
pub(super) fn of_prefund(id: PrefundId, book: &Book) -> Result<Option<Matter>, Fault> {
    let year = |prefund: &crate::prefunds::Prefund| {
        Matter::bank_year("prefund", prefund.bank, prefund.fiscal_year.number())
    };
    Ok(book.prefunds.get(&id)?.map(|prefund| Matter::attempts(&prefund.programme, &year(prefund))))
}

/// At settling the same year with the same bank.
pub(super) fn of_true_up(id: TrueUpId, book: &Book) -> Result<Option<Matter>, Fault> {
    let year = |true_up: &crate::prefunds::true_up::TrueUp| {
        Matter::bank_year("true_up", true_up.bank, true_up.fiscal_year.number())
    };
    Ok(book.true_ups.get(&id)?.map(|true_up| Matter::attempts(&true_up.programme, &year(true_up))))
}
