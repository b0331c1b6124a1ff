//! A report: rows under columns, every figure with the path of the rows that sum to it.
//!
//! What it shows is a function of what it was asked and of rows that never change up to `known_at`: an answer for an
//! earlier sequence is the same bytes for ever, whatever is posted later.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::formats::{Cell, Column, Table};
use subsidy_core::domain::{Date, Instant, Money};

/// What rows are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Dimension {
    /// 专项
    Programme,
    /// 月份, of the effective date.
    Month,
    /// 资金级次
    Level,
    /// 单位
    Organisation,
    /// 区域
    Region,
    /// 预算年度, of the appropriation or the commitment.
    FiscalYear,
}

impl Dimension {
    /// All of them, in the order of their columns.
    pub const ALL: [Self; 6] =
        [Self::Programme, Self::Month, Self::Level, Self::Organisation, Self::Region, Self::FiscalYear];
}

/// The most rows of a report.
pub const ROWS_MAX: usize = 100_000;

/// Up to where a report reads, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The last day that counts.
    pub as_of: Date,
    /// The last sequence that counts.
    pub known_at: i64,
    /// When that sequence was recorded.
    pub recorded_at: Instant,
    pub programme: Option<String>,
    /// What else of the lines counts.
    pub only: Only,
}

/// Sequences after one up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub after: i64,
    pub until: i64,
}

impl Window {
    /// The sequences after one up to the last, so many at most; none after the last.
    pub fn next(after: i64, last: i64, size: i64) -> Option<Self> {
        (after < last).then(|| Self { after, until: after.saturating_add(size).min(last) })
    }

    /// Those of some sequences that are in it, in order.
    pub fn within(self, all: &BTreeSet<i64>) -> impl Iterator<Item = i64> {
        all.range(self.after.saturating_add(1)..=self.until).copied()
    }
}

/// How a question names lines that say nothing of a level, an organisation or a district.
pub const NONE: &str = "none";

/// Lines of one funding level, organisation, district or fiscal year; empty for those that say none, nothing for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// 资金级次
    pub level: Option<String>,
    /// 单位
    pub organisation: Option<String>,
    /// 区域: the region that the organisation registered with.
    pub region: Option<String>,
    /// 预算年度: every line has one.
    pub fiscal_year: Option<String>,
}

impl Only {
    /// Whether all lines count.
    pub const fn is_all(&self) -> bool {
        self.level.is_none()
            && self.organisation.is_none()
            && self.region.is_none()
            && self.fiscal_year.is_none()
    }

    /// A link to the same lines, or to a part of them.
    #[must_use]
    pub fn named(&self, link: Link, parts: &[(Dimension, &str)]) -> Link {
        let of_scope = [
            (Dimension::Level, &self.level),
            (Dimension::Organisation, &self.organisation),
            (Dimension::Region, &self.region),
            (Dimension::FiscalYear, &self.fiscal_year),
        ];
        of_scope.into_iter().fold(link, |link, (dimension, only)| {
            let part = parts.iter().find(|(one, _)| *one == dimension).map(|(_, value)| *value);
            match part.or(only.as_deref()) {
                Some(value) => link.with(dimension.into_str(), if value.is_empty() { NONE } else { value }),
                None => link,
            }
        })
    }
}

impl Scope {
    /// Every sequence that counts, so many at a time: after which one, up to which. Each window is a statement of its own.
    pub fn windows(&self, size: i64) -> impl Iterator<Item = Window> + use<> {
        let next = move |after, last| Window::next(after, last, size);
        let last = self.known_at;
        std::iter::successors(next(-1, last), move |window| next(window.until, last))
    }

    /// The sequences after one that count, so many at most; none after the last.
    pub fn window(&self, after: i64, size: i64) -> Option<Window> {
        Window::next(after, self.known_at, size)
    }

    /// The account statement whose movement is a figure.
    pub fn statement(&self) -> Link {
        Link::new("account-statement").with("known_at", &self.known_at.to_string())
    }
}

/// What stands in the query of a link as it is.
pub const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// A path to rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    pub fn new(report: &str) -> Self {
        Self(format!("/v1/reports/{report}"))
    }

    pub fn of(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// With a parameter; one without a value is left out.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if value.is_empty() {
            return self;
        }
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0 += &format!("{name}={}", utf8_percent_encode(value, QUERY));
        self
    }

    /// The last day that counts.
    #[must_use]
    pub fn until(self, day: Date) -> Self {
        self.with("as_of", &day.to_string())
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

/// A row, and where its figures come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// By the column's place: the path of the rows that sum to the figure.
    pub links: Vec<(usize, Link)>,
}

impl Row {
    #[must_use]
    pub fn text(mut self, text: impl ToString) -> Self {
        let text = text.to_string();
        self.cells.push(if text.is_empty() { Cell::Empty } else { Cell::Text(text) });
        self
    }

    /// CNY.
    #[must_use]
    pub fn amount(mut self, amount: Money) -> Self {
        self.cells.push(Cell::Amount(amount));
        self
    }

    /// CNY, and the path of the rows that sum to it.
    #[must_use]
    pub fn figure(mut self, amount: Money, link: Link) -> Self {
        self.links.push((self.cells.len(), link));
        self.amount(amount)
    }

    #[must_use]
    pub fn count(mut self, count: i64) -> Self {
        self.cells.push(Cell::Count(count));
        self
    }

    /// How many, and the path of those rows.
    #[must_use]
    pub fn counted(mut self, count: i64, link: Link) -> Self {
        self.links.push((self.cells.len(), link));
        self.count(count)
    }

    /// A text, and the path of the rows that it is about.
    #[must_use]
    pub fn linked(mut self, text: impl ToString, link: Link) -> Self {
        self.links.push((self.cells.len(), link));
        self.text(text)
    }

    #[must_use]
    pub fn empty(mut self) -> Self {
        self.cells.push(Cell::Empty);
        self
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it is called: the last part of its path, and in Chinese.
    pub name: [&'static str; 2],
    /// What is shown of it.
    pub table: Table,
    /// By row: the column's place and the path.
    pub links: Vec<Vec<(usize, Link)>>,
}

impl Report {
    pub fn of(name: [&'static str; 2], columns: &'static [Column], rows: Vec<Row>) -> Self {
        let (rows, links) = rows.into_iter().map(|row| (row.cells, row.links)).unzip();
        Self { name, table: Table { columns, rows }, links }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_what_it_is_asked_and_nothing_else() {
        let link = Link::new("account-statement")
            .with("level", "市级&x=1")
            .with("flow", "")
            .with("account", "B2003,B2004");
        let expected = "/v1/reports/account-statement?level=%E5%B8%82%E7%BA%A7%26x%3D1&account=B2003,B2004";
        assert_eq!(link.text(), expected);
    }

    #[test]
    fn links_stand_by_the_columns_of_their_figures() {
        let row = Row::default()
            .text("p")
            .figure(Money::from_fen(1), Link::new("a"))
            .empty()
            .counted(2, Link::new("b"));
        assert_eq!(row.links.iter().map(|(column, _)| *column).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(row.cells.len(), 4);
    }
}
