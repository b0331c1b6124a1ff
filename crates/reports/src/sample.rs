//! Monetary-unit sampling 货币单元抽样: every fen of the population has the same chance, and anyone can draw it again.
//!
//! The population is the lines that make an account grow, in the order of the log. Line them up fen by fen: a line of
//! 12.34 takes the next 1,234 places. Chosen are the lines that hold the places start, start + interval, start + 2 ×
//! interval, … where start = 1 + (the number that the first 12 hexadecimal digits of SHA-256(seed) write) mod interval in
//! fen. A spreadsheet does the same with a running sum: a line is chosen when
//! FLOOR((after − start) / interval) > FLOOR((before − start) / interval).

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ReadError;
use super::formats::Column;
use super::lines::walk::ByLog;
use super::lines::{Filter, LineRow};
use super::reading::{self, Part};
use super::report::{Link, Row, Scope};
use subsidy_core::domain::Money;

/// What a row says.
pub const COLUMNS: &[Column] = &[
    Column::counts("序号 sequence", 10),
    Column::counts("行 line", 6),
    Column::days("日期 effective_date", 12),
    Column::plain("记录 kind", 22),
    Column::plain("科目 account", 10),
    Column::plain("专项 programme", 24),
    Column::plain("单位 organisation", 24),
    Column::plain("单据 document", 38),
    Column::summed("金额 amount", 20),
    Column::amounts("此前累计 cumulative_before", 22),
    Column::amounts("累计 cumulative", 22),
    Column::amounts("首个命中点 selected_at", 22),
    Column::counts("命中次数 hits", 8),
];

pub const NAME: [&str; 2] = ["sample", "货币单元抽样"];

/// How a sample is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    pub seed: String,
    /// CNY between two places, above zero.
    pub interval: Money,
    /// Whose growth is the population.
    pub account: String,
}

/// The first place: 1 to the interval, in fen.
pub fn start(seed: &str, interval: Money) -> Money {
    let digest = Sha256::digest(seed.as_bytes());
    let number = digest.iter().take(6).fold(0_i64, |number, byte| number * 256 + i64::from(*byte));
    Money::from_fen(1 + number.rem_euclid(interval.fen().max(1)))
}

/// Which places after `before` and up to `after` are chosen: the first of them, and how many.
fn chosen(before: i64, after: i64, start: i64, interval: i64) -> Option<(i64, i64)> {
    let upto = |place: i64| (place - start).div_euclid(interval);
    let (skipped, hits) = (upto(before), upto(after) - upto(before));
    // places below the start are none
    let (skipped, hits) = if before < start { (-1, upto(after) + 1) } else { (skipped, hits) };
    (hits > 0).then(|| (start + (skipped + 1) * interval, hits))
}

/// After which line a part of the population begins, and what the lines up to it come to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    sequence: i64,
    line: i16,
    before: Money,
}

/// The lines that are chosen, as the population passes: nothing is kept of the others.
#[derive(Debug)]
pub struct Reading {
    lines: ByLog,
    interval: Money,
    start: Money,
    before: Money,
}

impl Reading {
    /// Before the first line, or at a place.
    pub fn new(scope: Scope, draw: &Draw, place: Option<Place>) -> Self {
        let filter = Filter { accounts: vec![draw.account.clone()], ..Filter::default() };
        let (after, before) = place.map(|place| ((place.sequence, place.line), place.before)).unzip();
        let (lines, start) = (ByLog::new(scope, filter, after), start(&draw.seed, draw.interval));
        Self { lines, interval: draw.interval, start, before: before.unwrap_or(Money::ZERO) }
    }
}

impl reading::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection, part: Part) -> Result<Option<Vec<Row>>, ReadError> {
        let Some(lines) = self.lines.next(conn, part).await? else { return Ok(None) };
        let mut rows = Vec::new();
        for line in lines {
            let amount = line.movement()?;
            if !amount.is_positive() {
                continue;
            }
            let (before, after) = (self.before, self.before.plus(amount)?);
            let places = chosen(before.fen(), after.fen(), self.start.fen(), self.interval.fen());
            if let Some((place, hits)) = places {
                rows.push(row(&line, [amount, before, after, Money::from_fen(place)], hits));
            }
            self.before = after;
        }
        Ok(Some(rows))
    }
}

impl reading::Paged for Reading {
    type Place = Place;

    fn place(&self) -> Place {
        let (sequence, line) = self.lines.after();
        Place { sequence, line, before: self.before }
    }
}

fn row(line: &LineRow, [amount, before, after, place]: [Money; 4], hits: i64) -> Row {
    Row::default()
        .linked(line.sequence, Link::of(&format!("/v1/ledger/transactions/{}", line.sequence)))
        .count(i64::from(line.line))
        .text(line.effective_date)
        .text(&line.kind)
        .text(&line.account)
        .text(&line.programme)
        .text(&line.organisation)
        .text(&line.about)
        .amount(amount)
        .amount(before)
        .amount(after)
        .amount(place)
        .count(hits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_start_is_what_the_digest_says() {
        // SHA-256("2025") begins d59eced1ded0…, 0xd59eced1ded0 = 234,868,203,249,360
        let digits = hex::encode(Sha256::digest("2025"));
        let number = i64::from_str_radix(digits.get(..12).unwrap_or_default(), 16).unwrap_or_default();
        assert_eq!(start("2025", Money::from_fen(1_000)).fen(), 1 + number % 1_000);
        assert_eq!(start("x", Money::from_fen(1)).fen(), 1);
    }

    proptest! {
        #[test]
        fn every_place_is_on_one_line_and_every_line_has_its_places(
            amounts in proptest::collection::vec(1_i64..5_000, 1..40), interval in 1_i64..3_000, seed in "[a-z]{0,8}",
        ) {
            let start = start(&seed, Money::from_fen(interval)).fen();
            prop_assert!((1..=interval).contains(&start));
            let mut before = 0;
            let mut hits = 0;
            for amount in &amounts {
                let after = before + amount;
                let places: Vec<i64> =
                    (before + 1..=after).filter(|place| *place >= start && (place - start) % interval == 0).collect();
                let found = chosen(before, after, start, interval);
                prop_assert_eq!(found.map_or(0, |(_, hits)| hits), i64::try_from(places.len()).unwrap_or(0));
                prop_assert_eq!(found.map(|(place, _)| place), places.first().copied());
                hits += found.map_or(0, |(_, hits)| hits);
                before = after;
            }
            prop_assert_eq!(hits, if before < start { 0 } else { (before - start) / interval + 1 });
        }
    }
}
