//! Lines of the ledger as reports read them: each with what it is about, the account on its other side, and what flow of
//! money it is.
//!
//! `about` is the document whose balance the line moves: the voucher for what is committed, the claim for what is
//! payable, the recovery for what is receivable; what a reversal undoes is about what the original was about. `flow` is
//! on one line of a pair, on the side that grows, so that a flow's lines sum to it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::ReadError;
use super::report::Scope;
use super::trial_balance::BLOCK;
use crate::db::convert::{self, Unreadable};
use crate::domain::{Date, Money};
use crate::ledger::{Account, Side};
use crate::{rows, statement};

/// Lines up to a sequence `$1` and a day `$2`, of a programme `$3` or of all.
macro_rules! lines {
    () => {
        "(SELECT y.*, CASE WHEN 'B2003' IN (y.account, y.counter) THEN coalesce(y.of_claim, y.whole) ELSE '' END AS voucher, CASE \
                 WHEN y.account = 'B1001' THEN CASE WHEN b.kind = 'adjustment' THEN 'adjusted' ELSE 'appropriated' END \
                 WHEN y.account = 'B2003' AND y.kind = 'issue_voucher' THEN 'issued' \
                 WHEN y.counter = 'B2003' AND y.account = 'B2007' THEN 'redeemed' \
                 WHEN y.counter = 'B2003' AND y.account IN ('B2001', 'B2009') AND y.kind <> 'issue_voucher' \
                      THEN CASE WHEN y.kind = 'expire_voucher' THEN 'expired' ELSE 'released' END \
                 ELSE '' END AS flow \
           FROM (SELECT z.*, v.voucher::text AS of_claim, \
                        CASE WHEN z.account = 'B2003' AND v.voucher IS NOT NULL THEN v.voucher::text ELSE z.whole END AS about \
           FROM (SELECT e.sequence, e.line, e.account, e.side::text AS side, e.amount, e.programme, e.organisation, e.level, \
                        e.fiscal_year, e.effective_date, l.kind, l.subject, l.recorded_at, \
                        coalesce(c.account, '') AS counter, \
                        CASE WHEN l.kind = 'approve_reversal' THEN o.document \
                             WHEN l.kind = 'offset_recovery' AND e.account IN ('B2007', 'F2302') \
                                  THEN convert_from(l.leaf, 'UTF8')::jsonb #>> '{command,offset_recovery,claim}' \
                             WHEN l.kind = 'approve_recalculation' AND e.account = 'F1212' \
                                  THEN convert_from(l.leaf, 'UTF8')::jsonb #>> '{command,approve_recalculation,recovery}' \
                             ELSE l.document END AS whole \
                   FROM entries AS e JOIN log AS l ON l.sequence = e.sequence \
                   LEFT JOIN entries AS c ON c.sequence = e.sequence AND c.line = ((e.line::int - 1) # 1) + 1 \
                        AND c.side <> e.side AND c.amount = e.amount AND left(c.account, 1) = left(e.account, 1) \
                   LEFT JOIN log AS o ON o.sequence = CASE WHEN l.kind = 'approve_reversal' THEN l.document::bigint END \
                  WHERE e.sequence <= $1 AND e.effective_date <= $2 AND ($3::text IS NULL OR e.programme = $3)) AS z \
           LEFT JOIN claims AS v ON v.id = CASE WHEN 'B2003' IN (z.account, z.counter) THEN z.whole::uuid END) AS y \
           LEFT JOIN budget_changes AS b ON b.id = CASE WHEN y.account = 'B1001' THEN y.about::uuid END) AS x "
    };
}

/// Lines of some accounts `$4` (none: all), a flow `$5`, an organisation `$6`, a level `$7`, a document `$8`, a voucher `$9`,
/// a district `$10`.
macro_rules! filtered {
    () => {
        "WHERE (cardinality($4::text[]) = 0 OR x.account = ANY($4)) AND ($5::text IS NULL OR x.flow = $5) \
           AND ($6::text IS NULL OR x.organisation = $6) AND ($7::text IS NULL OR x.level = $7) \
           AND ($8::text IS NULL OR x.about = $8) AND ($9::text IS NULL OR x.voucher = $9) \
           AND ($10::text IS NULL OR coalesce((SELECT o.region FROM organisations AS o \
                WHERE o.credit_code = x.organisation), '') = $10) "
    };
}

/// The lines themselves, filtered.
macro_rules! listed {
    () => {
        concat!(
            "SELECT x.sequence, x.line, x.account, x.side, x.amount, x.programme, x.organisation, x.level, x.fiscal_year, \
                    x.effective_date, x.recorded_at, x.kind, x.subject, x.counter, x.about, x.flow FROM ",
            lines!(),
            filtered!(),
        )
    };
}

pub mod open;

rows! {
    /// A line.
    pub struct LineFound {
        sequence: i64,
        line: i16,
        account: String,
        side: String,
        amount: Decimal,
        programme: String,
        organisation: String,
        level: String,
        fiscal_year: i16,
        effective_date: NaiveDate,
        recorded_at: DateTime<Utc>,
        kind: String,
        subject: String,
        counter: String,
        about: String,
        flow: String,
    }
}

rows! {
    /// A sum of lines.
    pub struct SumFound { account: String, side: String, amount: Decimal }
}

rows! {
    /// A day, and a block of sequences that hold lines of it.
    pub struct SegmentFound { day: NaiveDate, block: i64 }
}

statement! {
    fn found(
        known_at: i64,
        as_of: NaiveDate,
        programme: Option<&str>,
        accounts: &[String],
        flow: Option<&str>,
        organisation: Option<&str>,
        level: Option<&str>,
        document: Option<&str>,
        voucher: Option<&str>,
        region: Option<&str>,
        from: Option<NaiveDate>,
        limit: i64,
    ) -> Vec<LineFound> =
        concat!(
            listed!(),
            "AND ($11::date IS NULL OR x.effective_date >= $11) ORDER BY x.effective_date, x.sequence, x.line LIMIT $12",
        );
    /// Where lines may stand, by day: what the totals of a block count, some line of the block holds.
    fn segments(
        last: i64,
        as_of: NaiveDate,
        programme: Option<&str>,
        accounts: &[String],
        level: Option<&str>,
        from: Option<NaiveDate>,
    ) -> Vec<SegmentFound> =
        "SELECT DISTINCT effective_date AS day, block FROM totals \
          WHERE block <= $1 AND effective_date <= $2 AND ($3::text IS NULL OR programme = $3) \
            AND (cardinality($4::text[]) = 0 OR account = ANY($4)) AND ($5::text IS NULL OR level = $5) \
            AND ($6::date IS NULL OR effective_date >= $6) ORDER BY day, block";
    /// Lines of a day after one of them, by their key.
    fn within(
        known_at: i64,
        day: NaiveDate,
        programme: Option<&str>,
        accounts: &[String],
        flow: Option<&str>,
        organisation: Option<&str>,
        level: Option<&str>,
        document: Option<&str>,
        voucher: Option<&str>,
        region: Option<&str>,
        after: i64,
        line: i16,
        limit: i64,
    ) -> Vec<LineFound> =
        concat!(
            listed!(),
            "AND x.effective_date = $2 AND (x.sequence, x.line) > ($11::bigint, $12::smallint) \
             ORDER BY x.sequence, x.line LIMIT $13",
        );
    /// Lines up to a sequence after one of them, by their key.
    fn next(
        until: i64,
        as_of: NaiveDate,
        programme: Option<&str>,
        accounts: &[String],
        flow: Option<&str>,
        organisation: Option<&str>,
        level: Option<&str>,
        document: Option<&str>,
        voucher: Option<&str>,
        region: Option<&str>,
        after: i64,
        line: i16,
        limit: i64,
    ) -> Vec<LineFound> =
        concat!(
            listed!(),
            "AND x.sequence >= $11 AND (x.sequence, x.line) > ($11::bigint, $12::smallint) \
             ORDER BY x.sequence, x.line LIMIT $13",
        );
    fn before(
        known_at: i64,
        as_of: NaiveDate,
        programme: Option<&str>,
        accounts: &[String],
        flow: Option<&str>,
        organisation: Option<&str>,
        level: Option<&str>,
        document: Option<&str>,
        voucher: Option<&str>,
        region: Option<&str>,
        from: NaiveDate,
        after: i64,
    ) -> Vec<SumFound> =
        concat!(
            "SELECT x.account, x.side, sum(x.amount) AS amount FROM ",
            lines!(),
            filtered!(),
            "AND x.effective_date < $11 AND x.sequence > $12 GROUP BY x.account, x.side",
        );
}

/// What lines are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these accounts; none for all.
    pub accounts: Vec<String>,
    /// Of this flow.
    pub flow: Option<String>,
    /// About this document.
    pub document: Option<String>,
    /// Of this voucher: its commitment, and what was redeemed and released of it.
    pub voucher: Option<String>,
    /// Effective on or after.
    pub from: Option<Date>,
}

impl LineFound {
    /// What the line adds to its account's balance, on the account's own side.
    pub fn movement(&self) -> Result<Money, ReadError> {
        movement(&self.account, &self.side, self.amount)
    }
}

/// What an amount adds to an account's balance, on the account's own side.
pub fn movement(account: &str, side: &str, amount: Decimal) -> Result<Money, ReadError> {
    let account = Account::parse(account).ok_or_else(|| Unreadable(account.to_owned()))?;
    let amount = convert::money(amount)?;
    let grows = (side == "D") == (account.side() == Side::Debit);
    Ok(if grows { amount } else { amount.negated()? })
}

/// The lines that a filter lets through, by day and sequence; at most one more than a report has rows.
pub async fn read(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
) -> Result<Vec<LineFound>, ReadError> {
    let lines = found(
        conn,
        scope.known_at,
        scope.as_of.naive(),
        scope.programme.as_deref(),
        &filter.accounts,
        filter.flow.as_deref(),
        scope.only.organisation.as_deref(),
        scope.only.level.as_deref(),
        filter.document.as_deref(),
        filter.voucher.as_deref(),
        scope.only.region.as_deref(),
        filter.from.map(Date::naive),
        Scope::rows(),
    );
    Ok(lines.await?)
}

/// What the lines before the first day come to.
pub async fn opening(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
) -> Result<Money, ReadError> {
    let Some(from) = filter.from else { return Ok(Money::ZERO) };
    let (mut opening, mut after) = (Money::ZERO, -1);
    while after < scope.known_at {
        let until = after.saturating_add(BLOCK).min(scope.known_at);
        let sums = before(
            conn,
            until,
            scope.as_of.naive(),
            scope.programme.as_deref(),
            &filter.accounts,
            filter.flow.as_deref(),
            scope.only.organisation.as_deref(),
            scope.only.level.as_deref(),
            filter.document.as_deref(),
            filter.voucher.as_deref(),
            scope.only.region.as_deref(),
            from.naive(),
            after,
        );
        for sum in sums.await? {
            opening = opening.plus(movement(&sum.account, &sum.side, sum.amount)?)?;
        }
        after = until;
    }
    Ok(opening)
}

/// The days that a filter may find lines on, each with its blocks, in order.
pub async fn days(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
) -> Result<Vec<SegmentFound>, ReadError> {
    let found = segments(
        conn,
        scope.known_at.div_euclid(BLOCK),
        scope.as_of.naive(),
        scope.programme.as_deref(),
        &filter.accounts,
        scope.only.level.as_deref(),
        filter.from.map(Date::naive),
    );
    Ok(found.await?)
}

/// Lines of a day and a block after one of them, by their key; at most so many.
pub async fn of_day(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
    (segment, (after, line)): (&SegmentFound, (i64, i16)),
    limit: i64,
) -> Result<Vec<LineFound>, ReadError> {
    let lines = within(
        conn,
        scope.known_at.min((segment.block + 1) * BLOCK - 1),
        segment.day,
        scope.programme.as_deref(),
        &filter.accounts,
        filter.flow.as_deref(),
        scope.only.organisation.as_deref(),
        scope.only.level.as_deref(),
        filter.document.as_deref(),
        filter.voucher.as_deref(),
        scope.only.region.as_deref(),
        after,
        line,
        limit,
    );
    Ok(lines.await?)
}

/// Lines in the order of the log, page by page, each page by its key.
#[derive(Debug)]
pub struct ByLog {
    scope: Scope,
    filter: Filter,
    /// The last line that was read.
    at: (i64, i16),
}

/// Lines of a page.
const PAGE: i64 = 8_192;

impl ByLog {
    /// Before the first line.
    pub const fn new(scope: Scope, filter: Filter) -> Self {
        Self { scope, filter, at: (-1, i16::MAX) }
    }

    /// The next lines; none after the last.
    pub async fn next(
        &mut self,
        conn: &diesel_async::AsyncPgConnection,
    ) -> Result<Option<Vec<LineFound>>, ReadError> {
        let (scope, filter) = (&self.scope, &self.filter);
        while self.at.0 < scope.known_at {
            let until = self.at.0.saturating_add(BLOCK).min(scope.known_at);
            let lines = next(
                conn,
                until,
                scope.as_of.naive(),
                scope.programme.as_deref(),
                &filter.accounts,
                filter.flow.as_deref(),
                scope.only.organisation.as_deref(),
                scope.only.level.as_deref(),
                filter.document.as_deref(),
                filter.voucher.as_deref(),
                scope.only.region.as_deref(),
                self.at.0,
                self.at.1,
                PAGE,
            );
            let lines = lines.await?;
            let full = i64::try_from(lines.len()).unwrap_or(PAGE) >= PAGE;
            let last = lines.last().filter(|_| full).map(|last| (last.sequence, last.line));
            self.at = last.unwrap_or((until, i16::MAX));
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }
}
