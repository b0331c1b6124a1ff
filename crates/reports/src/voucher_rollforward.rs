//! The voucher roll-forward 券结转表: opening + issued − redeemed − released − expired = closing, month by month.
//!
//! `closing` is what stands on B2003; `difference` is what the flows leave unexplained of it, and is zero. It comes from
//! the totals: at most half a block of sequences is read line by line, whatever is asked.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use super::formats::Column;
use super::lines::{Filter, LineQuery};
use super::report::{Report, Row, Scope};
use super::snapshot_range::SnapshotRange;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{Money, Month};
use subsidy_core::ledger::Flow;
use subsidy_store::db::convert;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

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

rows! {
    struct RollforwardRow { programme: String, month: String, flow: String, debit: Decimal, credit: Decimal }
}

statement! {
    /// Totals of blocks before `$1`; lines from `$2` to `$3` are added or, where `$4` says so, taken off. A commitment that
    /// grows out of what is available is issued.
    fn moved(
        SnapshotRange { blocks, first, last, sign }, LineQuery<'_> { as_of, programme, organisation, region }
    ) -> Vec<RollforwardRow> =
        "SELECT programme, to_char(effective_date, 'YYYY-MM') AS month, flow, sum(debit) AS debit, sum(credit) AS credit FROM ( \
             SELECT programme, effective_date, flow, debit, credit FROM totals \
              WHERE account = 'B2003' AND block < $1 AND effective_date <= $5 AND ($6::text IS NULL OR programme = $6) \
             UNION ALL \
             SELECT e.programme, e.effective_date, \
                    CASE WHEN c.account = 'B2007' THEN 'redeemed' WHEN l.kind = 'issue_voucher' THEN 'issued' \
                         WHEN l.kind = 'expire_voucher' THEN 'expired' ELSE 'released' END, \
                    CASE e.side WHEN 'D' THEN $4 * e.amount ELSE 0 END, CASE e.side WHEN 'C' THEN $4 * e.amount ELSE 0 END \
               FROM entries AS e \
               JOIN entries AS c ON c.sequence = e.sequence AND c.line = ((e.line::int - 1) # 1) + 1 \
                AND c.sequence >= $2 AND c.sequence <= $3 \
               JOIN log AS l ON l.sequence = e.sequence AND l.sequence >= $2 AND l.sequence <= $3 \
              WHERE e.sequence >= $2 AND e.sequence <= $3 AND e.account = 'B2003' AND e.effective_date <= $5 \
                AND ($6::text IS NULL OR e.programme = $6) AND ($7::text IS NULL OR e.organisation = $7) \
                AND ($8::text IS NULL OR coalesce((SELECT o.region FROM organisations AS o \
                     WHERE o.credit_code = e.organisation), '') = $8)) AS t \
         GROUP BY programme, month, flow HAVING sum(debit) > 0 OR sum(credit) > 0 \
         ORDER BY programme COLLATE \"C\", month, flow";
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct OfMonth {
    flows: [Money; 4],
    committed: Money,
}

impl OfMonth {
    /// What was debited to and credited to the commitment, and why.
    fn add(&mut self, flow: Option<Flow>, debit: Money, credit: Money) -> Result<(), OutOfRange> {
        let grown = credit.minus(debit)?;
        for (sum, of_it) in self.flows.iter_mut().zip(Flow::ALL).filter(|(_, of_it)| Some(*of_it) == flow) {
            *sum = if of_it.adds() { sum.plus(grown)? } else { sum.minus(grown)? };
        }
        self.committed = self.committed.plus(grown)?;
        Ok(())
    }

    /// What the flows say that the month added.
    fn explained(&self) -> Result<Money, OutOfRange> {
        let [issued, redeemed, released, expired] = self.flows;
        issued.minus(redeemed)?.minus(released)?.minus(expired)
    }
}

type Months = BTreeMap<String, BTreeMap<Month, OfMonth>>;

fn add(months: &mut Months, found: Vec<RollforwardRow>) -> Result<(), ReadError> {
    for row in found {
        let of_programme = months.entry(row.programme).or_default();
        let month = of_programme.entry(convert::read(&row.month)?).or_default();
        month.add(row.flow.parse().ok(), convert::money(row.debit)?, convert::money(row.credit)?)?;
    }
    Ok(())
}

/// What was moved; of an organisation or a district, which the totals do not know, from the lines, a block at a time.
async fn months(conn: &AsyncPgConnection, scope: &Scope, range: SnapshotRange) -> Result<Months, ReadError> {
    let filter = Filter::default();
    let query = LineQuery::of(scope, &filter);
    let mut months = Months::new();
    if scope.only.is_all() {
        add(&mut months, moved(conn, range, query).await?)?;
        return Ok(months);
    }
    for block in 0..=scope.known_at.div_euclid(BLOCK) {
        let (first, last) = (block * BLOCK, scope.known_at.min((block + 1) * BLOCK - 1));
        let range = SnapshotRange { blocks: 0, first, last, sign: 1 };
        add(&mut months, moved(conn, range, query).await?)?;
    }
    Ok(months)
}

/// Every programme with vouchers, from its first issue on.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope) -> Result<Report, ReadError> {
    read_from(conn, scope, SnapshotRange::of(conn, scope.known_at).await?).await
}

/// The same from some totals and some lines.
pub async fn read_from(
    conn: &AsyncPgConnection,
    scope: &Scope,
    range: SnapshotRange,
) -> Result<Report, ReadError> {
    let programmes = months(conn, scope, range).await?;
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
    let statement = || scope.only.named(scope.statement().with("programme", programme), &[]);
    let committed = || statement().with("account", "B2003");
    let from = month.first_day().to_string();
    let before = month.previous().last_day();
    let mut row = Row::default().text(programme).text(month).figure(opening, committed().until(before));
    for (amount, flow) in moved.flows.into_iter().zip(Flow::ALL) {
        row = row.figure(amount, statement().with("flow", flow.into_str()).with("from", &from).until(last));
    }
    let difference = opening.plus(moved.explained()?)?.minus(closing)?;
    Ok(row.figure(closing, committed().until(last)).amount(difference))
}
