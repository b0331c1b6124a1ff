//! Which dates count: when is filed, signed and drawn, which costs count and for how long, and by which day a version of
//! the rules applies. What rules leave out is as the programme's window has it.

use serde::{Deserialize, Serialize};

use super::check::{invalid, not_applicable};
use super::policy::{CapYear, Prorate};
use super::{Instrument, Policy, PolicyError, ProgrammeError, ProposalStatus, RulesVersion};
use crate::domain::dates::{FiscalYear, Window};
use crate::domain::{Date, Sequence};

/// The longest term, in months.
const MONTHS_MAX: u32 = 600;

/// When something has to happen to count, both days of each included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleWindows)]
pub struct Windows {
    /// 受理期: when is applied for a voucher, or a claim submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub filing: Option<Window>,
    /// 签订期: when the contract or the loan was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signed: Option<Window>,
    /// 放款期: when a loan was drawn first. What is drawn outside it later never earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disbursed: Option<Window>,
    /// 费用发生期: the days that are paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cost: Option<Window>,
}

/// 批次: what is filed in it is paid for the days of its costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FilingRound)]
pub struct Round {
    pub filing: Window,
    pub cost: Window,
}

/// From which day a term runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TermFrom {
    FirstDrawdown,
    Signed,
}

/// 补贴期限: for how long is paid. Pauses of a loan do not lengthen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// For how many months is paid at most.
    pub months_max: u32,
    pub from: TermFrom,
}

/// By which day a version of the rules applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulesBy {
    /// That of the filing; of a voucher that of its issue.
    #[default]
    Filing,
    /// On which the contract or the loan was signed.
    Signed,
    /// On which the loan was drawn first.
    Disbursed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseDays {
    pub filed: Date,
    /// Not known of a loan that is only asked about.
    pub signed: Option<Date>,
    /// The first drawdown; none of what is no loan, or was not drawn yet.
    pub disbursed: Option<Date>,
}

impl CaseDays {
    pub const fn contract(filed: Date, signed: Date) -> Self {
        Self { filed, signed: Some(signed), disbursed: None }
    }

    const fn of(&self, by: RulesBy) -> Option<Date> {
        match by {
            RulesBy::Filing => Some(self.filed),
            RulesBy::Signed => self.signed,
            RulesBy::Disbursed => self.disbursed,
        }
    }
}

/// Why dates do not fit the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum DatesError {
    /// A day of the period is not among those that are paid for.
    #[error("{from} to {until} is paid for")]
    PeriodOutsideCosts {
        pointer: String,
        /// The first day that is paid for.
        from: Date,
        until: Date,
    },
    #[error("signed on {date}, not from {from} to {until}")]
    SignedOutsideWindow { date: Date, from: Date, until: Date },
    #[error("drawn on {date}, not from {from} to {until}")]
    DisbursedOutsideWindow { date: Date, from: Date, until: Date },
    /// The cap is of the year of the costs, and the period lies in two.
    #[error("the period lies in two years")]
    PeriodSpansYears { pointer: String },
}

crate::domain::coded! {
    DatesError: PeriodOutsideCosts SignedOutsideWindow DisbursedOutsideWindow PeriodSpansYears
}

impl Policy {
    /// Holds what the rules say of dates to the instrument.
    pub(super) fn check_dates(&self, instrument: Instrument) -> Result<(), PolicyError> {
        let windows = self.windows.unwrap_or_default();
        let named = [
            ("/windows/filing", windows.filing),
            ("/windows/signed", windows.signed),
            ("/windows/disbursed", windows.disbursed),
            ("/windows/cost", windows.cost),
        ];
        let backwards = |window: &Window| window.until < window.from;
        if let Some((field, _)) = named.iter().find(|(_, window)| window.as_ref().is_some_and(backwards)) {
            return Err(invalid(*field));
        }
        if let Some(rounds) = &self.rounds {
            // each round has a window for filing and one for costs
            let twice = windows.filing.is_some() || windows.cost.is_some();
            if !(1..=100).contains(&rounds.len()) || twice {
                return Err(invalid("/rounds"));
            }
            let wrong = |round: &Round| backwards(&round.filing) || backwards(&round.cost);
            if let Some(index) = rounds.iter().position(wrong) {
                return Err(invalid(format!("/rounds/{index}")));
            }
        }
        if self.term.is_some_and(|term| !(1..=MONTHS_MAX).contains(&term.months_max)) {
            return Err(invalid("/term/months_max"));
        }
        let only_loans = [
            ("/windows/disbursed", windows.disbursed.is_some()),
            ("/term/from", self.term.is_some_and(|term| term.from == TermFrom::FirstDrawdown)),
            ("/rules_by", self.rules_by == Some(RulesBy::Disbursed)),
        ];
        let misplaced = only_loans.iter().find(|(_, there)| *there).map(|(field, _)| *field);
        match (instrument, misplaced) {
            (Instrument::InterestSubsidy, _) => Ok(()),
            (Instrument::Voucher, _) if self.term.is_some() => Err(not_applicable("/term")),
            (_, Some(field)) => Err(not_applicable(field)),
            (_, None) => Ok(()),
        }
    }

    /// Every window of costs that the rules name.
    fn costs(&self) -> impl Iterator<Item = Window> + '_ {
        let rounds = self.rounds.iter().flatten().map(|round| round.cost);
        self.windows.and_then(|windows| windows.cost).into_iter().chain(rounds)
    }

    /// The days that are paid for, of what is filed on a day, where the rules say.
    pub fn cost_window(&self, filed: Date) -> Option<Window> {
        let round = self.rounds.iter().flatten().find(|round| round.filing.contains(filed));
        round.map(|round| round.cost).or_else(|| self.windows.and_then(|windows| windows.cost))
    }

    /// The days on which interest may earn, whenever it is filed.
    pub fn earning(&self, programme: Window) -> Window {
        let hull = |all: Window, one: Window| Window {
            from: all.from.min(one.from),
            until: all.until.max(one.until),
        };
        self.costs().reduce(hull).unwrap_or(programme)
    }

    /// Whether the rules take what is filed on a day. None: they do not say when.
    pub fn takes_filing(&self, day: Date) -> Option<bool> {
        let filing = self.windows.and_then(|windows| windows.filing).map(|window| window.contains(day));
        let rounds = self.rounds.as_ref();
        filing.or_else(|| rounds.map(|rounds| rounds.iter().any(|round| round.filing.contains(day))))
    }

    /// The year in which a period counts against the annual cap, where that is of the year of the costs. `last` is its last
    /// day.
    pub fn cost_year(&self, from: Date, last: Date, pointer: &str) -> Result<Option<FiscalYear>, DatesError> {
        match self.cap_year() {
            CapYear::Approval => Ok(None),
            CapYear::Cost if from.year() == last.year() => Ok(Some(last.year())),
            CapYear::Cost => Err(DatesError::PeriodSpansYears { pointer: pointer.to_owned() }),
        }
    }

    /// The first day that is paid for no more under the term; none where there is no term, or its day is not known.
    pub fn term_ends(&self, signed: Option<Date>, first_drawdown: Option<Date>) -> Option<Date> {
        let term = self.term?;
        let from = match term.from {
            TermFrom::FirstDrawdown => first_drawdown,
            TermFrom::Signed => signed,
        };
        from.and_then(|day| day.plus_months(term.months_max))
    }
}

/// Whether what is filed on a day is taken: within the window for filing, else within the programme's.
pub fn filing_open(rules: &Policy, programme: &Window, day: Date) -> Result<(), ProgrammeError> {
    if rules.takes_filing(day).unwrap_or_else(|| programme.contains(day)) {
        return Ok(());
    }
    Err(ProgrammeError::WindowClosed { date: day })
}

/// Whether a contract or a loan was signed when the rules ask for it.
pub fn signed_in_time(rules: &Policy, date: Date) -> Result<(), DatesError> {
    match rules.windows.and_then(|windows| windows.signed) {
        Some(window) if !window.contains(date) => {
            Err(DatesError::SignedOutsideWindow { date, from: window.from, until: window.until })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a loan was drawn first when the rules ask for it; of one that was not drawn nothing earns anyway.
pub fn disbursed_in_time(rules: &Policy, first_drawdown: Option<Date>) -> Result<(), DatesError> {
    let window = rules.windows.and_then(|windows| windows.disbursed);
    match window.zip(first_drawdown) {
        Some((window, date)) if !window.contains(date) => {
            Err(DatesError::DisbursedOutsideWindow { date, from: window.from, until: window.until })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether every day from the first to the last of a contract or of a period is paid for, as far as the rules say which are;
/// under rules that prorate, whether any is. `pointer` is that of what has these days in the body.
pub fn within_costs(
    rules: &Policy,
    (programme, days): (Window, &CaseDays),
    (period, pointer): (Window, &str),
) -> Result<(), DatesError> {
    let Some(Window { from, until }) = paid_days(rules, programme, days) else { return Ok(()) };
    let inside = match rules.prorate {
        Some(Prorate::ByDay) => counted(period, Window { from, until }) > 0,
        None => from <= period.from && period.until <= until,
    };
    if inside {
        return Ok(());
    }
    Err(DatesError::PeriodOutsideCosts { pointer: pointer.to_owned(), from, until })
}

/// The days that are paid for of a case, as far as the rules say which are; under rules that prorate, always.
pub fn paid_days(rules: &Policy, programme: Window, days: &CaseDays) -> Option<Window> {
    let ends = rules.term_ends(days.signed, days.disbursed);
    let cost = rules.cost_window(days.filed);
    if cost.is_none() && ends.is_none() && rules.prorate.is_none() {
        return None;
    }
    let Window { from, until } = cost.unwrap_or(programme);
    let last = ends.and_then(|day| day.naive().pred_opt()).map(Date::from_naive);
    Some(Window { from, until: last.map_or(until, |last| until.min(last)) })
}

/// The version that applies to a case: of those that are approved, and whose own day of the case lies on or after their
/// `effective_from`, the one with the latest, of several the newest.
pub fn applying<'a>(
    versions: impl IntoIterator<Item = &'a RulesVersion>,
    days: &CaseDays,
) -> Result<&'a RulesVersion, ProgrammeError> {
    let mut closed = days.filed;
    let applies = |version: &&RulesVersion| {
        let day = days.of(version.rules.rules_by.unwrap_or_default());
        let begun = day.is_some_and(|day| version.effective_from <= day);
        if !begun {
            closed = day.unwrap_or(closed);
        }
        begun
    };
    let approved = versions.into_iter().filter(|version| version.status == ProposalStatus::Approved);
    let latest = approved.filter(applies).max_by_key(|version| (version.effective_from, version.number));
    latest.ok_or(ProgrammeError::WindowClosed { date: closed })
}

/// The same for what was filed at a place of the log: not those that were approved after it and dated back, else whoever
/// approves both could change what was filed already.
pub fn governing<'a>(
    versions: impl IntoIterator<Item = &'a RulesVersion>,
    days: &CaseDays,
    filed: Sequence,
) -> Result<&'a RulesVersion, ProgrammeError> {
    // its approval is the last that happens to a version
    let later = |version: &RulesVersion| version.revision.version > filed;
    let dated_back =
        |version: &RulesVersion| version.approved_on.is_some_and(|day| version.effective_from < day);
    applying(versions.into_iter().filter(|version| !(later(version) && dated_back(version))), days)
}

/// How many days of a contract or a period are paid for; of one that has a single day, that day.
pub fn counted(of: Window, paid: Window) -> u32 {
    let both = Window { from: of.from.max(paid.from), until: of.until.min(paid.until) };
    if of.from == of.until && both.from <= both.until { 1 } else { length(both) }
}

/// Days from the first to the last, which does not count.
pub(super) fn length(window: Window) -> u32 {
    let days = window.until.naive().signed_duration_since(window.from.naive()).num_days();
    u32::try_from(days).unwrap_or(0)
}
