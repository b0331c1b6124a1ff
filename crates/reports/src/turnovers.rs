//! Turnovers by what an auditor asks for: programme, month, funding level, organisation, district, fiscal year.
//!
//! What the totals know (programme, month, level, fiscal year) comes from them and from the lines of half a block at most, whatever day
//! and sequence it is asked for. Organisations and districts are on the lines alone: these are read a block at a time. A
//! line's organisation is the one it is about, the payee where it says what is owed; its district is the region that the
//! organisation registered with, which nothing changes later. Lines of the agency's own have neither.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use super::formats::Column;
use super::known::{KnownSums, Summed};
use super::report::{Dimension, NONE, Only, Report, Row, Scope, Window};
use super::scope::At;
use super::snapshot_range::SnapshotRange;
use subsidy_core::domain::{AgencyCode, Month};
use subsidy_core::ledger::accounts::BookCode;
use subsidy_core::ledger::{Account, Turnover};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("专项 programme", 24),
    Column::plain("月份 month", 10),
    Column::plain("资金级次 level", 12),
    Column::plain("单位 organisation", 24),
    Column::plain("区域 region", 16),
    Column::plain("预算年度 fiscal_year", 10),
    Column::plain("科目 account", 12),
    Column::plain("名称 name", 20),
    Column::summed("借方 debit", 20),
    Column::summed("贷方 credit", 20),
    Column::amounts("变动 movement", 20),
    Column::plain("方向 side", 10),
];

/// Where a turnover belongs: a value a dimension, in their order; empty where it is not told apart, or where a line says
/// none.
pub type Place = [String; 6];

rows! {
    pub struct TurnoverRow {
        programme: String,
        month: String,
        level: String,
        organisation: String,
        region: String,
        fiscal_year: String,
        account: String,
        debit: Decimal,
        credit: Decimal,
    }
}

/// What is told apart, and of which lines.
#[derive(Debug, Clone, Copy)]
struct TurnoverQuery<'a> {
    as_of: NaiveDate,
    programme: Option<&'a str>,
    by_programme: bool,
    by_month: bool,
    by_level: bool,
    by_organisation: bool,
    by_region: bool,
    by_fiscal_year: bool,
    level: Option<&'a str>,
    organisation: Option<&'a str>,
    region: Option<&'a str>,
    fiscal_year: Option<&'a str>,
}

statement! {
    /// Totals of blocks before `$1`; lines from `$2` to `$3` are added or, where `$4` says so, taken off. `$7` to `$10`:
    /// whether programmes, months, levels, fiscal years are told apart; `$13` and `$14`: of which accounts, where not of all.
    fn of_totals(
        SnapshotRange { blocks, first, last, sign }, TurnoverQuery<'_> { as_of, programme, by_programme, by_month, by_level, by_fiscal_year, level, fiscal_year }; from_account: Option<&str>, before_account: &str
    ) -> Vec<TurnoverRow> =
        "SELECT programme, coalesce(to_char(month, 'YYYY-MM'), '') AS month, level, '' AS organisation, '' AS region, \
                fiscal_year, account, sum(debit) AS debit, sum(credit) AS credit \
           FROM (SELECT CASE WHEN $7 THEN programme ELSE '' END AS programme, \
                        CASE WHEN $8 THEN date_trunc('month', effective_date::timestamp) END AS month, \
                        CASE WHEN $9 THEN level ELSE '' END AS level, \
                        CASE WHEN $10 THEN fiscal_year::text ELSE '' END AS fiscal_year, \
                        account, sum(debit) AS debit, sum(credit) AS credit \
                   FROM totals \
                  WHERE ($13::text IS NULL OR account < $14) AND ($13::text IS NULL OR account >= $13) \
                    AND block < $1 AND effective_date <= $5 AND ($6::text IS NULL OR programme = $6) \
                    AND ($11::text IS NULL OR level = $11) AND ($12::text IS NULL OR fiscal_year::text = $12) \
                  GROUP BY 1, 2, 3, 4, account \
                 UNION ALL \
                 SELECT CASE WHEN $7 THEN programme ELSE '' END, \
                        CASE WHEN $8 THEN date_trunc('month', effective_date::timestamp) END, \
                        CASE WHEN $9 THEN level ELSE '' END, CASE WHEN $10 THEN fiscal_year::text ELSE '' END, account, CASE side WHEN 'D' THEN $4 * sum(amount) ELSE 0 END, \
                        CASE side WHEN 'C' THEN $4 * sum(amount) ELSE 0 END \
                   FROM entries \
                  WHERE sequence >= $2 AND sequence <= $3 \
                    AND ($13::text IS NULL OR account < $14) AND ($13::text IS NULL OR account >= $13) \
                    AND effective_date <= $5 AND ($6::text IS NULL OR programme = $6) \
                    AND ($11::text IS NULL OR level = $11) AND ($12::text IS NULL OR fiscal_year::text = $12) \
                  GROUP BY 1, 2, 3, 4, account, side) AS t \
          GROUP BY programme, t.month, level, fiscal_year, account HAVING sum(debit) > 0 OR sum(credit) > 0";
    /// Lines after `$1` up to `$2`.
    fn of_lines(
        Window { after, until }, TurnoverQuery<'_> { as_of, programme, by_programme, by_month, by_level, by_organisation, by_region, by_fiscal_year, level, organisation, region, fiscal_year }
    ) -> Vec<TurnoverRow> =
        "SELECT programme, coalesce(to_char(month, 'YYYY-MM'), '') AS month, level, organisation, region, fiscal_year, account, debit, credit \
           FROM (SELECT CASE WHEN $5 THEN e.programme ELSE '' END AS programme, \
                CASE WHEN $6 THEN date_trunc('month', e.effective_date::timestamp) END AS month, \
                CASE WHEN $7 THEN e.level ELSE '' END AS level, \
                CASE WHEN $8 THEN e.organisation ELSE '' END AS organisation, \
                CASE WHEN $9 THEN coalesce(o.region, '') ELSE '' END AS region, \
                CASE WHEN $10 THEN e.fiscal_year::text ELSE '' END AS fiscal_year, e.account, \
                sum(CASE e.side WHEN 'D' THEN e.amount ELSE 0 END) AS debit, \
                sum(CASE e.side WHEN 'C' THEN e.amount ELSE 0 END) AS credit \
           FROM entries AS e LEFT JOIN organisations AS o ON o.credit_code = e.organisation \
          WHERE e.sequence > $1 AND e.sequence <= $2 AND e.effective_date <= $3 \
            AND ($4::text IS NULL OR e.programme = $4) AND ($11::text IS NULL OR e.level = $11) \
            AND ($12::text IS NULL OR e.organisation = $12) AND ($13::text IS NULL OR coalesce(o.region, '') = $13) \
            AND ($14::text IS NULL OR e.fiscal_year::text = $14) \
          GROUP BY 1, 2, 3, 4, 5, 6, e.account) AS s";
}

pub type Turnovers = BTreeMap<(Place, Account), Turnover>;

fn add(sums: &mut Turnovers, found: TurnoverRow) -> Result<(), ReadError> {
    let account = Account::parse(&found.account).ok_or(Unreadable(found.account))?;
    let place =
        [found.programme, found.month, found.level, found.organisation, found.region, found.fiscal_year];
    let more = Turnover { debit: convert::money(found.debit)?, credit: convert::money(found.credit)? };
    let sum = sums.entry((place, account)).or_default();
    *sum = sum.plus(more)?;
    Ok(())
}

impl Summed for Turnovers {
    type Read = Vec<TurnoverRow>;

    /// By programme, month, level and fiscal year, as the totals know them.
    async fn read(
        &self,
        conn: &AsyncPgConnection,
        (_, scope): (&At, &Scope),
        window: Window,
    ) -> Result<Self::Read, ReadError> {
        let all = TurnoverQuery {
            as_of: scope.as_of.naive(),
            programme: scope.programme.as_deref(),
            by_programme: true,
            by_month: true,
            by_level: true,
            by_organisation: false,
            by_region: false,
            by_fiscal_year: true,
            level: None,
            organisation: None,
            region: None,
            fiscal_year: None,
        };
        Ok(of_lines(conn, window, all).await?)
    }

    fn add(&mut self, read: Self::Read) -> Result<(), ReadError> {
        read.into_iter().try_for_each(|found| add(self, found))
    }
}

/// What a process knows of an agency.
#[derive(Debug, Clone, Copy)]
pub struct TurnoverSums<'a> {
    pub agency: &'a AgencyCode,
    pub at: &'a At,
    pub sums: &'a KnownSums<Turnovers>,
}

/// From where turnovers are read.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The totals as far as they go, and the lines after them.
    Totals,
    /// Some totals and some lines.
    Range(SnapshotRange),
    /// What the process knows, where the scope is of all days and the sum is at hand; else the totals.
    Known(TurnoverSums<'a>),
}

impl TurnoverSums<'_> {
    /// What was turned over, where the scope is of all days and of nothing that the sum does not tell apart.
    async fn sums(
        self,
        conn: &AsyncPgConnection,
        scope: &Scope,
        by: &[Dimension],
        book: Option<BookCode>,
    ) -> Result<Option<Turnovers>, ReadError> {
        let Self { agency, at, sums } = self;
        let Only { level, fiscal_year, .. } = &scope.only;
        let of_all =
            Scope { only: Only { level: None, fiscal_year: None, ..scope.only.clone() }, ..scope.clone() };
        let is_of = |only: &Option<String>, value: &String| only.as_ref().is_none_or(|only| only == value);
        let part = |all: &Turnovers| -> Result<Turnovers, ReadError> {
            let mut found = Turnovers::new();
            let asked = all.iter().filter(|(([programme, _, of_level, _, _, year], account), _)| {
                is_of(&scope.programme, programme)
                    && is_of(level, of_level)
                    && is_of(fiscal_year, year)
                    && book.is_none_or(|book| account.book() == book)
            });
            for ((place, account), turnover) in asked {
                let told = Dimension::ALL.iter().zip(place);
                let told =
                    told.map(|(one, value)| if by.contains(one) { value.clone() } else { String::new() });
                let place: Vec<String> = told.collect();
                let place = Place::try_from(place).unwrap_or_default();
                let sum = found.entry((place, *account)).or_default();
                *sum = sum.plus(*turnover)?;
            }
            Ok(found)
        };
        sums.read_at_hand(conn, (agency, at, &of_all), part).await?.transpose()
    }
}

/// What was turned over, told apart by some dimensions, of what the scope lets through.
pub async fn sums(conn: &AsyncPgConnection, scope: &Scope, by: &[Dimension]) -> Result<Turnovers, ReadError> {
    sums_from(conn, scope, by, Source::Totals, None).await
}

/// The same from a source, where what is told apart is in it; else from the lines. Of one `book` that one alone is read of a
/// source; who asks passes over the others' lines.
pub async fn sums_from(
    conn: &AsyncPgConnection,
    scope: &Scope,
    by: &[Dimension],
    source: Source<'_>,
    book: Option<BookCode>,
) -> Result<Turnovers, ReadError> {
    let mut sums = Turnovers::new();
    let [by_programme, by_month, by_level, by_organisation, by_region, by_fiscal_year] =
        Dimension::ALL.map(|one| by.contains(&one));
    let query = TurnoverQuery {
        as_of: scope.as_of.naive(),
        programme: scope.programme.as_deref(),
        by_programme,
        by_month,
        by_level,
        by_organisation,
        by_region,
        by_fiscal_year,
        level: scope.only.level.as_deref(),
        organisation: scope.only.organisation.as_deref(),
        region: scope.only.region.as_deref(),
        fiscal_year: scope.only.fiscal_year.as_deref(),
    };
    if !by_organisation && !by_region && query.organisation.is_none() && query.region.is_none() {
        if let Source::Known(known) = source
            && let Some(sums) = known.sums(conn, scope, by, book).await?
        {
            return Ok(sums);
        }
        let range = match source {
            Source::Range(range) => range,
            Source::Totals | Source::Known(_) => SnapshotRange::of(conn, scope.known_at).await?,
        };
        // a book's accounts begin with its letter
        let (from, before) = match book {
            Some(BookCode::B) => (Some("B"), "C"),
            Some(BookCode::F) => (Some("F"), "G"),
            Some(BookCode::Y) => (Some("Y"), "Z"),
            None => (None, ""),
        };
        let found = of_totals(conn, range, query, from, before).await?;
        found.into_iter().try_for_each(|found| add(&mut sums, found))?;
        return Ok(sums);
    }
    for window in scope.windows(BLOCK) {
        let found = of_lines(conn, window, query).await?;
        found.into_iter().try_for_each(|found| add(&mut sums, found))?;
    }
    Ok(sums)
}

/// A row a place and account, each figure with the statement whose lines sum to it.
pub async fn read(
    conn: &AsyncPgConnection,
    (scope, known): (&Scope, TurnoverSums<'_>),
    by: &[Dimension],
) -> Result<Report, ReadError> {
    let sums = sums_from(conn, scope, by, Source::Known(known), None).await?;
    let rows = sums.iter().map(|((place, account), turnover)| row(scope, (by, place), *account, *turnover));
    Ok(Report::of(["turnovers", "发生额"], COLUMNS, rows.collect::<Result<_, _>>()?))
}

fn row(
    scope: &Scope,
    (by, place): (&[Dimension], &Place),
    account: Account,
    turnover: Turnover,
) -> Result<Row, ReadError> {
    let parts = Dimension::ALL.into_iter().zip(place).filter(|(one, _)| by.contains(one));
    let parts: Vec<(Dimension, &str)> = parts.map(|(one, value)| (one, value.as_str())).collect();
    let mut link = scope.statement().with("account", account.code());
    let mut until = scope.as_of;
    let (mut row, mut programme) = (Row::default(), scope.programme.as_deref());
    for one in Dimension::ALL {
        let value = parts.iter().find(|(part, _)| *part == one).map(|(_, value)| *value);
        match (one, value) {
            (Dimension::Programme, Some(code)) => programme = Some(code),
            (Dimension::Month, Some(month)) => {
                let month: Month = convert::read(month)?;
                link = link.with("from", &month.first_day().to_string());
                until = until.min(month.last_day());
            }
            (_, _) => {}
        }
        row = row.text(value.map(shown).unwrap_or_default());
    }
    link = scope.only.named(link.with("programme", programme.unwrap_or_default()), &parts);
    Ok(row
        .text(account.code())
        .text(account.name_zh())
        .amount(turnover.debit)
        .amount(turnover.credit)
        .figure(turnover.balance(account.side())?, link.until(until))
        .text(account.side().into_str()))
}

/// What a line says, or that it says none.
pub fn shown(value: &str) -> &str {
    if value.is_empty() { NONE } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_has_a_name_of_its_own() {
        assert_eq!(Dimension::ALL.map(|dimension| dimension.into_str().parse()), Dimension::ALL.map(Ok));
        assert!("colour".parse::<Dimension>().is_err());
    }
}
