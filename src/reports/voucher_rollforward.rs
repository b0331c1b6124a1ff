//! The voucher roll-forward 券结转表: opening + issued − redeemed − released − expired = closing, month by month.
//!
//! `closing` is what stands on B2003; `difference` is what the flows leave unexplained of it, and is zero.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::lines::{self, Moved};
use super::report::{Report, Row, Scope};
use crate::domain::money::OutOfRange;
use crate::domain::{Money, Month};

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("月份 month", 10),
    Column::amounts("期初 opening", 20),
    Column::summed("签发 issued", 20),
    Column::summed("兑付 redeemed", 20),
    Column::summed("释放 released", 20),
    Column::summed("到期 expired", 20),
    Column::amounts("期末 closing", 20),
    Column::summed("差异 difference", 14),
];

/// The flows, in the order of their columns.
const FLOWS: [&str; 4] = ["issued", "redeemed", "released", "expired"];

/// What a month moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct OfMonth {
    flows: [Money; 4],
    committed: Money,
}

impl OfMonth {
    fn add(&mut self, moved: &Moved) -> Result<(), OutOfRange> {
        for (sum, _) in self.flows.iter_mut().zip(FLOWS).filter(|(_, flow)| *flow == moved.flow) {
            *sum = sum.plus(moved.amount)?;
        }
        if moved.account == "B2003" {
            self.committed = self.committed.plus(moved.amount)?;
        }
        Ok(())
    }

    /// What the flows say that the month added.
    fn explained(&self) -> Result<Money, OutOfRange> {
        let [issued, redeemed, released, expired] = self.flows;
        issued.minus(redeemed)?.minus(released)?.minus(expired)
    }
}

/// Every programme with vouchers, from its first issue on.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope) -> Result<Report, ReadError> {
    let mut programmes: BTreeMap<String, BTreeMap<Month, OfMonth>> = BTreeMap::new();
    for moved in lines::of_vouchers(conn, scope).await? {
        let months = programmes.entry(moved.programme.clone()).or_default();
        months.entry(moved.month).or_default().add(&moved)?;
    }
    let mut rows = Vec::new();
    for (programme, months) in &programmes {
        let Some(first) = months.keys().next() else { continue };
        let mut opening = Money::ZERO;
        for month in first.through(Month::of(scope.as_of)) {
            let moved = months.get(&month).copied().unwrap_or_default();
            let closing = opening.plus(moved.committed)?;
            rows.push(row(scope, (programme, month), opening, &moved, closing)?);
            opening = closing;
        }
    }
    Ok(Report::of(["voucher-rollforward", "券结转表"], COLUMNS, rows))
}

fn row(
    scope: &Scope,
    (programme, month): (&str, Month),
    opening: Money,
    moved: &OfMonth,
    closing: Money,
) -> Result<Row, OutOfRange> {
    let last = month.last_day().min(scope.as_of);
    let statement = || scope.statement().with("programme", programme);
    let committed = || statement().with("account", "B2003");
    let from = month.first_day().to_string();
    let before = month.previous().last_day();
    let mut row = Row::default().text(programme).text(month).figure(opening, committed().until(before));
    for (amount, flow) in moved.flows.into_iter().zip(FLOWS) {
        row = row.figure(amount, statement().with("flow", flow).with("from", &from).until(last));
    }
    let difference = opening.plus(moved.explained()?)?.minus(closing)?;
    Ok(row.figure(closing, committed().until(last)).amount(difference))
}
