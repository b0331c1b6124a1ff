//! Prefunds 预拨: years that are over, of which a bank has something left that nobody settled with it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Code, ExceptionRow};
use crate::ReadError;
use crate::known::{KnownSums, Summed};
use crate::report::{Link, Scope, Window};
use crate::scope::At;
use subsidy_core::domain::{AgencyCode, Money};
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

rows! {
    /// What lines of a window come to, and the last of them.
    pub struct PrefundTurnoverRow { programme: String, bank: String, fiscal_year: i16, sequence: i64, amount: Decimal }
}

statement! {
    /// What was prefunded less what was used and came back, after `$1` up to `$2`, up to a day `$3`.
    fn turned_over(Window { after, until }; as_of: NaiveDate) -> Vec<PrefundTurnoverRow> =
        "SELECT programme, organisation AS bank, fiscal_year, max(sequence) AS sequence, \
                sum(CASE side WHEN 'D' THEN amount ELSE -amount END) AS amount \
           FROM entries WHERE account = 'F1214' AND sequence > $1 AND sequence <= $2 AND effective_date <= $3 \
          GROUP BY programme, organisation, fiscal_year";
}

/// What is left of a bank's prefunds of a year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Left {
    amount: Money,
    /// The last posting.
    sequence: i64,
}

/// What is left by fiscal year, programme and bank. A true-up takes it to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefunds(BTreeMap<(i16, String, String), Left>);

impl Summed for Prefunds {
    type Read = Vec<PrefundTurnoverRow>;

    async fn read(
        &self,
        conn: &AsyncPgConnection,
        (_, scope): (&At, &Scope),
        window: Window,
    ) -> Result<Self::Read, ReadError> {
        Ok(turned_over(conn, window, scope.as_of.naive()).await?)
    }

    fn add(&mut self, read: Self::Read) -> Result<(), ReadError> {
        for found in read {
            let left = self.0.entry((found.fiscal_year, found.programme, found.bank)).or_default();
            left.amount = left.amount.plus(convert::money(found.amount)?)?;
            left.sequence = left.sequence.max(found.sequence);
        }
        Ok(())
    }
}

/// All of years that are over, by year.
pub(super) async fn read(
    conn: &AsyncPgConnection,
    of: (&AgencyCode, &At, &Scope),
    known: &KnownSums<Prefunds>,
) -> Result<Vec<ExceptionRow>, ReadError> {
    let Prefunds(all) = known.read(conn, of, Prefunds::clone).await?;
    let (scope, only) = (of.2, of.2.programme.as_ref());
    let is_over = |year: i16| i32::from(year) < scope.as_of.year().number();
    let over = all.into_iter().filter(|((year, programme, _), left)| {
        is_over(*year) && left.amount.is_positive() && only.is_none_or(|only| programme == only)
    });
    Ok(over.map(|((year, programme, bank), left)| row(year, programme, bank, left)).collect())
}

fn row(fiscal_year: i16, programme: String, bank: String, left: Left) -> ExceptionRow {
    let place = Link::of("/v1/prefunds/balances").with("programme", &programme);
    ExceptionRow {
        code: Code::PrefundNotTruedUp,
        document: format!("{bank}/{fiscal_year}"),
        place: Some(place.with("bank", &bank)),
        sequence: left.sequence,
        programme,
        organisation: bank,
        subject: String::new(),
        amount: Some((left.amount, None)),
        limit: None,
        occurrences: None,
        detail: format!("left of {fiscal_year}"),
        shown: None,
    }
}
