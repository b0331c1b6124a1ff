//! Lines of the ledger as reports read them: each with what it is about, the account on its other side, and what flow of
//! money it is.
//!
//! `about` is the document whose balance the line moves: the voucher for what is committed, the award for
//! what is promised to a project or was paid ahead of its acceptance, the claim for what is payable, the recovery for what is receivable; what a reversal undoes is about what the original was about. `flow` is
//! on one line of a pair, on the side that grows, so that a flow's lines sum to it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::ReadError;
use super::reading::Part;
use super::report::{Scope, Window};
use super::turnovers;
use subsidy_core::domain::{Date, Money};
use subsidy_core::ledger::{Account, Side};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

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
                             WHEN l.kind = 'approve_awards' AND e.account = 'B2006' \
                                  THEN (SELECT a.id::text FROM awards AS a WHERE a.created = l.sequence \
                                           AND a.rank = (e.line + 1) / 2) \
                             WHEN l.kind IN ('approve_claim', 'reject_claim') AND e.account IN ('B2006', 'F1214') \
                                  THEN (SELECT coalesce(k.award, k.id)::text FROM claims AS k WHERE k.id = l.document::uuid) \
                             ELSE e.document END AS whole \
                   FROM entries AS e JOIN log AS l ON l.sequence = e.sequence \
                   LEFT JOIN entries AS c ON c.sequence = e.sequence AND c.line = ((e.line::int - 1) # 1) + 1 \
                        AND c.side <> e.side AND c.amount = e.amount AND left(c.account, 1) = left(e.account, 1) \
                   LEFT JOIN log AS o ON o.sequence = CASE WHEN l.kind = 'approve_reversal' THEN l.document::bigint END \
                  WHERE e.sequence <= $1 AND e.effective_date <= $2 AND ($3::text IS NULL OR e.programme = $3)) AS z \
           LEFT JOIN claims AS v ON v.id = CASE WHEN 'B2003' IN (z.account, z.counter) THEN z.whole::uuid END) AS y \
           LEFT JOIN budget_changes AS b ON b.id = CASE WHEN y.account = 'B1001' THEN y.about::uuid END) AS x "
    };
}

/// Who delivered, or lent, what a line is about: the provider of its claim or voucher, of a recovery's claim; empty for
/// the rest.
macro_rules! provider {
    () => {
        "(SELECT coalesce((SELECT c.provider FROM claims AS c WHERE c.id = i.id), \
                          (SELECT v.provider FROM vouchers AS v WHERE v.id = i.id), \
                          (SELECT c.provider FROM recoveries AS r JOIN claims AS c ON c.id = r.claim WHERE r.id = i.id), '') \
            FROM (SELECT CASE WHEN x.about ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN x.about::uuid END AS id) AS i)"
    };
}

/// Lines of some accounts `$4` (none: all), a flow `$5`, an organisation `$6`, a level `$7`, a document `$8`, a voucher `$9`,
/// a district `$10`, a fiscal year `$11`, a provider `$12`.
macro_rules! filtered {
    () => {
        concat!("WHERE (cardinality($4::text[]) = 0 OR x.account = ANY($4)) AND ($5::text IS NULL OR x.flow = $5) \
           AND ($6::text IS NULL OR x.organisation = $6) AND ($7::text IS NULL OR x.level = $7) \
           AND ($8::text IS NULL OR x.about = $8) AND ($9::text IS NULL OR x.voucher = $9) \
           AND ($10::text IS NULL OR coalesce((SELECT o.region FROM organisations AS o \
                WHERE o.credit_code = x.organisation), '') = $10) \
           AND ($11::text IS NULL OR x.fiscal_year::text = $11) AND ($12::text IS NULL OR ", provider!(), " = $12) ")
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

mod documents;
pub mod open;
pub mod parties;
pub mod walk;

rows! {
    pub struct LineRow {
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
    pub struct AccountSumRow { account: String, side: String, amount: Decimal }
}

/// Which lines: those that a scope and a filter let through, after one of them.
#[derive(Debug, Clone, Copy)]
pub struct LineQuery<'a> {
    pub until: i64,
    pub as_of: NaiveDate,
    pub programme: Option<&'a str>,
    pub accounts: &'a [String],
    pub flow: Option<&'a str>,
    pub organisation: Option<&'a str>,
    pub level: Option<&'a str>,
    pub document: Option<&'a str>,
    pub voucher: Option<&'a str>,
    pub region: Option<&'a str>,
    pub fiscal_year: Option<&'a str>,
    pub provider: Option<&'a str>,
    pub after: i64,
    pub line: i16,
}

impl<'a> LineQuery<'a> {
    /// From the first line on.
    pub fn of(scope: &'a Scope, filter: &'a Filter) -> Self {
        Self {
            until: scope.known_at,
            as_of: scope.as_of.naive(),
            programme: scope.programme.as_deref(),
            accounts: &filter.accounts,
            flow: filter.flow.as_deref(),
            organisation: scope.only.organisation.as_deref(),
            level: scope.only.level.as_deref(),
            document: filter.document.as_deref(),
            voucher: filter.voucher.as_deref(),
            region: scope.only.region.as_deref(),
            fiscal_year: scope.only.fiscal_year.as_deref(),
            provider: filter.provider.as_deref(),
            after: -1,
            line: i16::MAX,
        }
    }
}

statement! {
    fn sum_lines(
        LineQuery<'_> { until, as_of, programme, accounts, flow, organisation, level, document, voucher, region, fiscal_year, provider, after }; from: NaiveDate
    ) -> Vec<AccountSumRow> =
        concat!(
            "SELECT x.account, x.side, sum(x.amount) AS amount FROM ",
            lines!(),
            filtered!(),
            "AND x.effective_date < $14 AND x.sequence > $13 GROUP BY x.account, x.side",
        );
}

/// What lines are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these accounts; none for all.
    pub accounts: Vec<String>,
    pub flow: Option<String>,
    pub document: Option<String>,
    /// Of this voucher: its commitment, and what was redeemed and released of it.
    pub voucher: Option<String>,
    /// About claims, vouchers and recoveries of this provider or bank; empty for lines that are about none.
    pub provider: Option<String>,
    /// Effective on or after.
    pub from: Option<Date>,
}

impl Filter {
    /// Whether it asks for whole accounts, of which the totals know.
    const fn is_of_accounts(&self) -> bool {
        self.flow.is_none() && self.document.is_none() && self.voucher.is_none() && self.provider.is_none()
    }
}

impl LineRow {
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

/// What the lines before the first day come to.
pub async fn opening(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    filter: &Filter,
) -> Result<Money, ReadError> {
    let Some(from) = filter.from else { return Ok(Money::ZERO) };
    if filter.is_of_accounts() {
        return of_accounts(conn, scope, (&filter.accounts, from)).await;
    }
    if filter.document.is_some() || filter.voucher.is_some() {
        return of_document(conn, scope, (filter, from)).await;
    }
    let mut opening = Money::ZERO;
    for Window { after, until } in scope.windows(BLOCK) {
        let query = LineQuery { after, until, ..LineQuery::of(scope, filter) };
        for sum in sum_lines(conn, query, from.naive()).await? {
            opening = opening.plus(movement(&sum.account, &sum.side, sum.amount)?)?;
        }
    }
    Ok(opening)
}

/// A scope that ends before a day.
fn before(scope: &Scope, from: Date) -> Scope {
    let last = from.naive().pred_opt().map_or(from, Date::from_naive);
    Scope { as_of: scope.as_of.min(last), ..scope.clone() }
}

/// What the few lines of a document come to before a day.
async fn of_document(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    (filter, from): (&Filter, Date),
) -> Result<Money, ReadError> {
    let filter = Filter { from: None, ..filter.clone() };
    let mut lines = walk::ByDay::begin(conn, before(scope, from), filter, None).await?;
    let mut opening = Money::ZERO;
    while let Some(lines) = lines.next(conn, Part::Long).await? {
        opening =
            lines.iter().try_fold(opening, |sum, line| Ok::<_, ReadError>(sum.plus(line.movement()?)?))?;
    }
    Ok(opening)
}

/// What accounts, or all of them, had before a day.
async fn of_accounts(
    conn: &diesel_async::AsyncPgConnection,
    scope: &Scope,
    (accounts, from): (&[String], Date),
) -> Result<Money, ReadError> {
    let mut opening = Money::ZERO;
    let scope = before(scope, from);
    for ((_, account), turnover) in turnovers::sums(conn, &scope, &[]).await? {
        if accounts.is_empty() || accounts.iter().any(|code| code == account.code()) {
            opening = opening.plus(turnover.balance(account.side())?)?;
        }
    }
    Ok(opening)
}
