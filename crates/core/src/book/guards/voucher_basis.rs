//! Redemptions: the voucher that each draws on.

use super::parties::party;
use super::{cap_usage, programmes};
use crate::book::Fault;
use crate::book::context::Context;
use crate::book::refusal::Stop;
use crate::claims::{Claim, rules};
use crate::domain::{Date, Money};
use crate::programmes::rules::in_force;
use crate::programmes::{CapUsageKey, Counts, ProgrammeError, RulesVersion};
use crate::vouchers::Voucher;
use crate::vouchers::redemption::{self};

pub(crate) fn voucher<'a>(context: Context<'a>, claim: &Claim) -> Result<&'a Voucher, Stop> {
    let lost = || Fault::Broken(format!("claim {} has lost its voucher", claim.id));
    let id = claim.subject.voucher().ok_or_else(lost)?;
    Ok(context.book.vouchers.get(&id)?.ok_or_else(lost)?)
}

/// The rules in force today.
pub(crate) fn rules_today<'a>(context: Context<'a>, voucher: &Voucher) -> Result<&'a RulesVersion, Stop> {
    let lost = || Fault::Broken(format!("voucher {} has lost its programme", voucher.id));
    let programme = context.book.programmes.get(&voucher.programme)?.ok_or_else(lost)?;
    let today = context.stamp.business_date;
    let versions = programmes::versions(context.book, programme)?;
    Ok(in_force(versions, today).ok_or(ProgrammeError::WindowClosed { date: today })?)
}

/// What a redemption is held against, all of it loaded.
pub(crate) fn facts<'a>(
    context: Context<'a>,
    voucher: &'a Voucher,
    rules: &'a RulesVersion,
    own: Money,
    day: Date,
) -> Result<rules::Facts<'a>, Stop> {
    redemption::open(voucher)?;
    // the last usable day is held against the day of the deed: an approval dated back brings nothing back
    let room = redemption::room(voucher, own, context.stamp.business_date)?;
    let used = |year| {
        let key = CapUsageKey::new(&voucher.programme, voucher.organisation, year, Counts::Redemption);
        cap_usage::amount(context, &key)
    };
    Ok(rules::Facts {
        rules,
        organisation: party(context, [voucher.organisation, voucher.provider], rules)?,
        provider: voucher.provider,
        fiscal_year: voucher.fiscal_year,
        room: Some(room),
        net_off: None,
        documents: None,
        used_in_year: used(Some(day.year()))?,
        used_in_all: used(None)?,
        day,
    })
}
