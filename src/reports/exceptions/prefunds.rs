//! Prefunds 预拨: years that are over, of which a bank has something left that nobody settled with it.

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Code, ExceptionRow};
use crate::reports::ReadError;
use crate::reports::report::{Link, Scope};
use subsidy_core::domain::{Date, Money};
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

rows! {
    struct PrefundLeftRow {
        programme: String,
        bank: String,
        fiscal_year: i16,
        sequence: i64,
        amount: Decimal,
    }
}

statement! {
    /// What postings up to a sequence `$1` and a day `$2` left of the years before a year `$3`. A true-up takes it to
    /// nothing.
    fn left(known_at: i64, as_of: NaiveDate, year: i32) -> Vec<PrefundLeftRow> =
        "SELECT programme, organisation AS bank, fiscal_year, max(sequence) AS sequence, \
                sum(CASE side WHEN 'D' THEN amount ELSE -amount END) AS amount \
           FROM entries WHERE account = 'F1214' AND sequence <= $1 AND effective_date <= $2 AND fiscal_year < $3 \
          GROUP BY programme, organisation, fiscal_year \
         HAVING sum(CASE side WHEN 'D' THEN amount ELSE -amount END) > 0 \
          ORDER BY fiscal_year, programme, organisation";
}

/// All of them, by year.
pub(super) async fn read(conn: &AsyncPgConnection, scope: &Scope) -> Result<Vec<ExceptionRow>, ReadError> {
    let as_of: Date = scope.as_of;
    let found = left(conn, scope.known_at, as_of.naive(), as_of.year().number()).await?;
    let only = |row: &PrefundLeftRow| scope.programme.as_ref().is_none_or(|only| row.programme == *only);
    found.into_iter().filter(only).map(row).collect()
}

fn row(found: PrefundLeftRow) -> Result<ExceptionRow, ReadError> {
    let amount: Money = convert::money(found.amount)?;
    let place = Link::of("/v1/prefunds/balances").with("programme", &found.programme);
    Ok(ExceptionRow {
        code: Code::PrefundNotTruedUp,
        document: format!("{}/{}", found.bank, found.fiscal_year),
        place: Some(place.with("bank", &found.bank)),
        sequence: found.sequence,
        programme: found.programme,
        organisation: found.bank,
        subject: String::new(),
        amount: Some((amount, None)),
        limit: None,
        occurrences: None,
        detail: format!("left of {}", found.fiscal_year),
        shown: None,
    })
}
