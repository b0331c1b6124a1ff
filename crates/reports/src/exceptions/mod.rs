//! The exception list 疑点清单: what an auditor looks at first, in the order of the log. A row is a question, not a finding.
//!
//! Every row follows from what was known at the sequence and leads to what it is about: its document, its leaf, the
//! lines or the sheet. Hours and weekdays are the agency's, of when a leaf was recorded. The log is read a window of
//! sequences at a time, so that no statement runs long; what prefunds left of years that are over stands at the end, when
//! all was read. Who approved what they were in the way of is told by the rule that refuses it.

mod acts;
mod papers;
mod parties;
mod periods;
pub mod prefunds;
pub mod raised;

use std::collections::BTreeSet;

use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};

use self::acts::ListContext;
use self::prefunds::Prefunds;
use self::raised::RaisedQuestions;
use super::ReadError;
use super::formats::Column;
use super::four_eyes::{self, Approvals};
use super::known::KnownSums;
use super::reading::{self, Part};
use super::report::{Link, Row, Scope, Window};
use super::scope::At;
use subsidy_core::book::Duty;
use subsidy_core::domain::{AgencyCode, Money};

/// What a row says.
pub const COLUMNS: &[Column] = &[
    Column::plain("疑点 code", 24),
    Column::plain("单据 document", 38),
    Column::counts("序号 sequence", 10),
    Column::plain("专项 programme", 24),
    Column::plain("单位 organisation", 24),
    Column::plain("经手 subject", 18),
    Column::amounts("金额 amount", 20),
    Column::amounts("限额 limit", 20),
    Column::counts("次数 occurrences", 10),
    Column::plain("说明 detail", 60),
];

pub const NAME: [&str; 2] = ["exceptions", "疑点清单"];

/// Sequences of a window: of each of them a statement answers at most a few rows.
const WINDOW: i64 = 4_096;
/// The same of a page.
const SHORT_WINDOW: i64 = 1_024;
/// The same where no approval is read, or it is known which raise a question: most of the time would go into the planning of
/// statements that find nothing.
const LONG_WINDOW: i64 = 65_536;
/// The same of a page.
const LONG_WINDOW_OF_PAGE: i64 = 32_768;
/// So many of these approvals are read together at most, each with its sheet.
const APPROVALS_MOST: usize = 512;

/// What is asked about.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Code {
    /// An amount just below what the rules, or the question, set as its limit.
    BelowThreshold,
    /// A file that shows an invoice that another file shows too.
    DuplicateInvoice,
    /// An invoice dated after the day on which it was brought, or before the contract that it is claimed for began.
    InvoiceDate,
    /// Organisations say of one invoice what contradicts.
    InvoiceDisputed,
    NightApproval,
    /// More than the rules let one document, year or life have.
    OverCap,
    /// A closed month that takes postings again, with those after it.
    PeriodReopened,
    /// Left of a bank's prefunds of a year that is over.
    PrefundNotTruedUp,
    /// A cap relaxed for one claim or voucher.
    Override,
    /// A claim that takes of an invoice which a red one took back.
    RedInvoice,
    /// A contract or a loan between organisations that belong together.
    RelatedParty,
    /// An amount that no cut made round.
    RoundAmount,
    /// Approved by somebody of the document's own set: four eyes leave none.
    SameDocument,
    /// Approved by somebody of the set of what it rests on or takes the place of: four eyes leave none.
    SamePerson,
    /// Other statutory limits than those that every agency begins with, approved.
    StatutoryLimit,
    /// Approved on a Saturday or a Sunday.
    WeekendApproval,
}

/// From when to when it is night: hours of the agency's zone, the first counts, the last does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// 0 to 23.
    pub from: u32,
    /// 0 to 23.
    pub until: u32,
}

impl Night {
    /// Whether an hour is in it. A night of no length has none.
    const fn holds(self, hour: u32) -> bool {
        if self.from <= self.until {
            self.from <= hour && hour < self.until
        } else {
            self.from <= hour || hour < self.until
        }
    }
}

/// What counts as an exception, and which are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub code: Option<Code>,
    /// From what percentage of a limit on an amount is just below it, 1 to 99.
    pub near_percent: u8,
    /// CNY of a limit that no rule knows, such as the one from which a second signature is needed.
    pub threshold: Option<Money>,
    pub night: Night,
    /// CNY: multiples of it are round.
    pub round_unit: Money,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            code: None,
            near_percent: 95,
            threshold: None,
            night: Night { from: 21, until: 7 },
            round_unit: Money::from_fen(1_000_000),
        }
    }
}

impl Question {
    /// Whether it takes for an exception what is taken where nothing is said; of one code or of all.
    fn is_usual(&self) -> bool {
        *self == Self { code: self.code, ..Self::default() }
    }

    fn asks(&self, code: Code) -> bool {
        self.code.is_none_or(|only| only == code)
    }

    /// Whether an amount is just below a limit.
    fn near(&self, amount: Money, limit: Money) -> bool {
        let share = i128::from(limit.fen()) * i128::from(self.near_percent);
        amount < limit && i128::from(amount.fen()) * 100 >= share
    }

    fn round(&self, amount: Money) -> bool {
        amount.is_positive() && amount.fen().checked_rem(self.round_unit.fen()) == Some(0)
    }
}

/// A row before it is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ExceptionRow {
    code: Code,
    document: String,
    /// Where the document is; none of a person.
    place: Option<Link>,
    sequence: i64,
    programme: String,
    organisation: String,
    subject: String,
    /// CNY, and where it stands.
    amount: Option<(Money, Option<Link>)>,
    limit: Option<Money>,
    occurrences: Option<(i64, Link)>,
    detail: String,
    /// Where what the detail says can be seen.
    shown: Option<Link>,
}

impl ExceptionRow {
    fn row(self) -> Row {
        let row = Row::default().text(self.code.into_str());
        let row = match self.place {
            Some(place) => row.linked(self.document, place),
            None => row.text(self.document),
        };
        let row = row
            .linked(self.sequence, Link::of(&format!("/v1/audit/entries/{}", self.sequence)))
            .text(self.programme)
            .text(self.organisation)
            .text(self.subject);
        let row = match self.amount {
            Some((amount, Some(link))) => row.figure(amount, link),
            Some((amount, None)) => row.amount(amount),
            None => row.empty(),
        };
        let row = match self.limit {
            Some(limit) => row.amount(limit),
            None => row.empty(),
        };
        let row = match self.occurrences {
            Some((count, link)) => row.counted(count, link),
            None => row.empty(),
        };
        match self.shown {
            Some(link) => row.linked(self.detail, link),
            None => row.text(self.detail),
        }
    }
}

/// How far a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// All windows up to a sequence.
    After(i64),
    /// What is known when all was read, too.
    Ended,
}

/// What a process knows of where there is something to ask.
#[derive(Debug, Clone, Copy)]
pub struct ExceptionSums<'a> {
    pub approvals: &'a KnownSums<Approvals>,
    pub raised: &'a KnownSums<RaisedQuestions>,
    pub prefunds: &'a KnownSums<Prefunds>,
}

/// A reading that goes on window by window.
#[derive(Debug)]
pub struct Reading {
    scope: Scope,
    question: Question,
    place: Place,
    context: ListContext,
    /// The reopenings of months, where they are known.
    reopenings: Option<BTreeSet<i64>>,
    /// What is known when all was read.
    last: Vec<ExceptionRow>,
}

/// How many sequences after one have no more of some approvals than are read together.
fn size_of_few(raised: &BTreeSet<i64>, after: i64) -> i64 {
    let one_too_many = raised.range(after.saturating_add(1)..).nth(APPROVALS_MOST);
    one_too_many.map_or(i64::MAX, |beyond| beyond.saturating_sub(after).saturating_sub(1))
}

fn kinds(duty: Duty) -> Vec<String> {
    duty.kinds().iter().map(|kind| (*kind).to_owned()).collect()
}

impl Reading {
    /// Before the first row, or at a place.
    pub async fn begin(
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &At, &Scope),
        question: Question,
        (known, place): (ExceptionSums<'_>, Option<Place>),
    ) -> Result<Self, ReadError> {
        let (_, at, scope) = of;
        let asks = question.asks(Code::SameDocument) || question.asks(Code::SamePerson);
        let own = if asks { four_eyes::in_the_way(conn, of, known.approvals).await? } else { Vec::new() };
        let calendar = acts::calendar(conn, scope.known_at).await?;
        let mut context = ListContext { zone: at.zone, calendar, own, some: None };
        let mut reopenings = None;
        let asks_leaves =
            question.asks(Code::PeriodReopened) || acts::CODES.iter().any(|code| question.asks(*code));
        if asks_leaves && question.is_usual() && known.raised.is_at_hand(of) {
            let say = |raised: &RaisedQuestions| {
                let is_holiday = |day| acts::is_holiday(day, &context.calendar);
                (raised.approvals(scope.known_at, is_holiday), raised.reopenings())
            };
            let (mut some, reopened) = known.raised.read_with_later(conn, of, say).await?;
            some.extend(context.own.iter().map(|approval| approval.sequence));
            (context.some, reopenings) = (Some(some), Some(reopened));
        }
        let mut last = Vec::new();
        if question.asks(Code::PrefundNotTruedUp) {
            last = prefunds::read(conn, of, known.prefunds).await?;
        }
        let place = place.unwrap_or(Place::After(-1));
        Ok(Self { scope: scope.clone(), question, place, context, reopenings, last })
    }

    /// How many sequences the next window has.
    fn size(&self, after: i64, part: Part) -> i64 {
        let long = part.pick(LONG_WINDOW, LONG_WINDOW_OF_PAGE);
        if !acts::CODES.into_iter().any(|code| self.question.asks(code)) {
            return long;
        }
        match &self.context.some {
            Some(raised) => size_of_few(raised, after).min(long),
            None => part.pick(WINDOW, SHORT_WINDOW),
        }
    }

    async fn window(&self, conn: &AsyncPgConnection, window: Window) -> Result<Vec<ExceptionRow>, ReadError> {
        let mut found = acts::read(conn, window, (&self.context, &self.question)).await?;
        let asks = |code: &Code| self.question.asks(*code);
        if self.question.asks(Code::RelatedParty) {
            found.extend(parties::read(conn, window, self.scope.known_at).await?);
        }
        let has_reopening = |all: &BTreeSet<i64>| window.within(all).next().is_some();
        if self.question.asks(Code::PeriodReopened) && self.reopenings.as_ref().is_none_or(has_reopening) {
            found.extend(periods::read(conn, window, self.context.zone).await?);
        }
        for code in papers::CODES.into_iter().filter(asks) {
            found.extend(papers::read(conn, window, self.scope.known_at, code).await?);
        }
        // what belongs to no programme is everybody's question
        let programme = self.scope.programme.as_deref();
        found.retain(|row| programme.is_none_or(|only| row.programme == only || row.programme.is_empty()));
        // one claim may have several questions of a kind: a page goes on after rows by their number, so that all are ordered
        let key = |row: &ExceptionRow| {
            let amount = row.amount.as_ref().map(|(amount, _)| *amount);
            (row.sequence, row.code, row.document.clone(), row.detail.clone(), amount)
        };
        found.sort_by_cached_key(key);
        Ok(found)
    }
}

impl reading::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection, part: Part) -> Result<Option<Vec<Row>>, ReadError> {
        let Place::After(after) = self.place else { return Ok(None) };
        let window = self.scope.window(after, self.size(after, part));
        let found = match window {
            Some(window) => self.window(conn, window).await?,
            None => std::mem::take(&mut self.last),
        };
        self.place = window.map_or(Place::Ended, |window| Place::After(window.until));
        Ok(Some(found.into_iter().map(ExceptionRow::row).collect()))
    }
}

impl reading::Paged for Reading {
    type Place = Place;

    fn place(&self) -> Place {
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_may_pass_midnight_and_one_without_length_has_no_hour() {
        let hours =
            |from, until| -> Vec<u32> { (0..24).filter(|h| Night { from, until }.holds(*h)).collect() };
        assert_eq!(hours(21, 7), [0, 1, 2, 3, 4, 5, 6, 21, 22, 23]);
        assert_eq!(hours(0, 6), [0, 1, 2, 3, 4, 5]);
        assert!(hours(5, 5).is_empty());
    }

    #[test]
    fn just_below_begins_at_its_percentage_and_ends_before_the_limit() {
        let question = Question::default();
        let near = |fen| question.near(Money::from_fen(fen), Money::from_fen(1_000_000));
        assert_eq!([949_999, 950_000, 999_999, 1_000_000].map(near), [false, true, true, false]);
        assert!(!question.near(Money::ZERO, Money::ZERO));
    }

    #[test]
    fn a_round_amount_is_a_multiple_above_zero() {
        let question = Question::default();
        assert_eq!(
            [0, 1_000_000, 1_000_001, 3_000_000].map(|fen| question.round(Money::from_fen(fen))),
            [false, true, false, true]
        );
    }

    #[test]
    fn a_window_ends_before_one_approval_too_many() {
        let most = i64::try_from(APPROVALS_MOST).unwrap_or_default();
        let dense: BTreeSet<i64> = (0..=most).collect();
        assert_eq!(size_of_few(&dense, -1), most, "0 to 511");
        assert_eq!(size_of_few(&dense, 0), i64::MAX, "the rest of them");
        let apart: BTreeSet<i64> = (0..2 * most).map(|place| place * 10 + 3).collect();
        assert_eq!(size_of_few(&apart, 2), most * 10, "3 and so on, not the one after");
        assert_eq!(size_of_few(&apart, 3), most * 10 + 9);
        assert_eq!(size_of_few(&BTreeSet::new(), 7), i64::MAX);
    }

    #[test]
    fn every_code_has_a_name_of_its_own() {
        let codes = <Code as strum::VariantArray>::VARIANTS;
        assert!(codes.iter().all(|code| code.into_str().parse() == Ok(*code)));
    }
}
