//! Approvals 批准: when they were made, by whom, and how their amounts lie to what the rules let them be.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Timelike, Utc};
use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Code, ExceptionRow, Question, kinds};
use crate::ReadError;
use crate::four_eyes::Approval;
use crate::report::{Link, Window};
use subsidy_core::book::Duty;
use subsidy_core::book::segregation::InTheWay;
use subsidy_core::calendar::{DayKind, rules};
use subsidy_core::domain::dates::Zone;
use subsidy_core::domain::money::{Amount, OutOfRange};
use subsidy_core::domain::{Date, Money};
use subsidy_core::programmes::calculation::{Calculation, CapUse};
use subsidy_store::calendar::queries;
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

rows! {
    struct ActRow {
        sequence: i64,
        kind: String,
        document: String,
        subject: String,
        recorded_at: DateTime<Utc>,
        programme: String,
        organisation: String,
        posted: bool,
        amount: Option<Decimal>,
        sheet: Option<Value>,
        claim_cap: Option<String>,
        voucher: bool,
    }
}

statement! {
    /// Approvals `$3` after `$1` up to `$2`, all or some `$4`, each with what it posted, the sheet in force and the cap of its rules. A
    /// commitment and what is owed from it stand in
    /// one posting: the amount is what the last of them comes to.
    fn acts(Window { after, until }; approving: &[String], some: Option<&[i64]>) -> Vec<ActRow> =
        "SELECT l.sequence, l.kind, l.document, l.subject, l.recorded_at, \
                coalesce(e.programme, v.programme, k.programme, CASE WHEN l.kind IN ('approve_programme', 'approve_rules') \
                         THEN split_part(l.document, '/', 1) END, '') AS programme, \
                coalesce(nullif(e.organisation, ''), v.organisation, k.organisation, \
                         CASE WHEN l.kind = 'approve_bank_account' THEN l.document END, '') AS organisation, \
                e.programme IS NOT NULL AS posted, coalesce(e.amount, p.total) AS amount, s.sheet, \
                r.rules #>> '{caps,claim}' AS claim_cap, v.id IS NOT NULL AS voucher \
           FROM (SELECT * FROM log WHERE sequence > $1 AND sequence <= $2 AND kind = ANY($3) \
                    AND ($4::bigint[] IS NULL OR sequence = ANY($4))) AS l \
           LEFT JOIN LATERAL ( \
               SELECT max(a.programme) AS programme, max(a.organisation) AS organisation, \
                      coalesce(max(a.amount) FILTER (WHERE a.side = 'C' AND a.account = CASE l.kind \
                          WHEN 'issue_voucher' THEN 'B2003' WHEN 'approve_claim' THEN 'B2007' WHEN 'approve_awards' THEN 'B2006' END), max(a.amount)) AS amount \
                 FROM (SELECT account, side, max(programme) AS programme, max(organisation) AS organisation, \
                              sum(amount) AS amount \
                         FROM entries WHERE sequence = l.sequence GROUP BY account, side) AS a) AS e ON true \
           LEFT JOIN LATERAL ( \
               SELECT c.sheet FROM calculations AS c WHERE c.document = l.document AND c.sequence <= l.sequence \
                ORDER BY c.version DESC LIMIT 1) AS s ON true \
           LEFT JOIN vouchers AS v ON v.id = CASE WHEN l.kind IN ('issue_voucher', 'approve_override') THEN l.document::uuid END \
           LEFT JOIN claims AS k \
                  ON k.id = CASE WHEN l.kind IN ('approve_claim', 'approve_payment_result', 'approve_recalculation', 'approve_override') THEN l.document::uuid END \
           LEFT JOIN payment_batches AS p ON p.id = CASE WHEN l.kind = 'approve_payment_batch' THEN l.document::uuid END \
           LEFT JOIN rules_versions AS r \
                  ON r.programme = coalesce(v.programme, k.programme) AND r.number::text = s.sheet ->> 'rules_version' \
          ORDER BY l.sequence";
}

/// What is asked about approvals.
pub(super) const CODES: [Code; 9] = [
    Code::BelowThreshold,
    Code::NightApproval,
    Code::Override,
    Code::OverCap,
    Code::RoundAmount,
    Code::SameDocument,
    Code::SamePerson,
    Code::StatutoryLimit,
    Code::WeekendApproval,
];

/// What a list looks at.
#[derive(Debug)]
pub(super) struct ListContext {
    pub zone: Zone,
    /// What the days are as known at the end of the list.
    pub calendar: Calendar,
    /// What was approved by somebody who was in the way.
    pub own: Vec<Approval>,
    /// The approvals that raise a question, where that is known.
    pub some: Option<BTreeSet<i64>>,
}

/// What there is to ask about the approvals of a window.
pub(super) async fn read(
    conn: &AsyncPgConnection,
    window: Window,
    (context, question): (&ListContext, &Question),
) -> Result<Vec<ExceptionRow>, ReadError> {
    let mut found = Vec::new();
    if !CODES.into_iter().any(|code| question.asks(code)) {
        return Ok(found);
    }
    let some: Option<Vec<i64>> = context.some.as_ref().map(|all| window.within(all).collect());
    if some.as_ref().is_some_and(Vec::is_empty) {
        return Ok(found);
    }
    for act in acts(conn, window, &kinds(Duty::Approves), some.as_deref()).await? {
        let (limits, local) = (Limits::of(&act)?, act.recorded_at.with_timezone(&context.zone.tz()));
        let at = local.format("%Y-%m-%d %H:%M").to_string();
        let by = context.own.iter().find(|approval| approval.sequence == act.sequence);
        let by = by.map(|approval| approval.by);
        for code in CODES.into_iter().filter(|code| question.asks(*code)) {
            let how = (&limits, &context.calendar);
            if let Some(limit) = asks(code, (local, by, &act.kind), how, question) {
                let role = by.filter(|_| matches!(code, Code::SameDocument | Code::SamePerson));
                let said = role.map_or_else(|| at.clone(), |by| format!("{at} {}", by.part.role()));
                found.push(act.found(code, limit, &said)?);
            }
        }
    }
    Ok(found)
}

/// An approval, and whether it raises a question on any day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalDay {
    pub sequence: i64,
    /// The day in the agency's zone. Whether it is a holiday is for the calendar that is known when somebody asks.
    pub day: Date,
    pub is_raised: bool,
}

/// The approvals of a window, and whether each raises a question of the usual list by itself: who was in the way, and which
/// days are holidays, is known elsewhere.
pub(super) async fn raised(
    conn: &AsyncPgConnection,
    window: Window,
    zone: Zone,
) -> Result<Vec<ApprovalDay>, ReadError> {
    let (question, calendar) = (Question::default(), Calendar::new());
    let mut found = Vec::new();
    for act in acts(conn, window, &kinds(Duty::Approves), None).await? {
        let (limits, local) = (Limits::of(&act)?, act.recorded_at.with_timezone(&zone.tz()));
        let by_itself = CODES.into_iter().filter(|code| *code != Code::WeekendApproval);
        let mut asked =
            by_itself.map(|code| asks(code, (local, None, &act.kind), (&limits, &calendar), &question));
        found.push(ApprovalDay {
            sequence: act.sequence,
            day: Date::from_naive(local.date_naive()),
            is_raised: asked.any(|asked| asked.is_some()),
        });
    }
    Ok(found)
}

/// What the days are that the calendar named.
pub(super) type Calendar = BTreeMap<Date, DayKind>;

/// The calendar as it was when the log ended at a sequence.
pub(super) async fn calendar(conn: &AsyncPgConnection, until: i64) -> Result<Calendar, ReadError> {
    let found = queries::known_at(conn, until).await?;
    let day = |found: &queries::DayKindRow| Ok((Date::from_naive(found.date), convert::read(&found.kind)?));
    found.iter().map(day).collect()
}

/// Whether nobody is expected to work: on a weekend that is no workday, and on a holiday of the week.
pub(super) fn is_holiday(day: Date, calendar: &Calendar) -> bool {
    rules::kind_of(day, calendar.get(&day).copied()) == DayKind::Holiday
}

/// Whether an approval raises a question, and which limit it is about.
fn asks(
    code: Code,
    (local, by, kind): (DateTime<Tz>, Option<InTheWay>, &str),
    (limits, calendar): (&Limits, &Calendar),
    question: &Question,
) -> Option<Option<Money>> {
    let is_so = match code {
        Code::OverCap => return limits.passed().map(Some),
        Code::BelowThreshold => return limits.near(question).map(Some),
        Code::WeekendApproval => is_holiday(Date::from_naive(local.date_naive()), calendar),
        Code::NightApproval => question.night.holds(local.hour()),
        Code::SameDocument => by.is_some_and(|by| by.own),
        Code::SamePerson => by.is_some_and(|by| !by.own),
        Code::StatutoryLimit => kind == "approve_statutory_limit",
        Code::Override => kind == "approve_override",
        Code::RoundAmount => limits.uncut && limits.grant.is_some_and(|amount| question.round(amount)),
        Code::DuplicateInvoice
        | Code::InvoiceDate
        | Code::InvoiceDisputed
        | Code::PeriodReopened
        | Code::PrefundNotTruedUp
        | Code::RedInvoice
        | Code::RelatedParty => false,
    };
    is_so.then_some(None)
}

/// How a grant lies to what limits it, CNY.
#[derive(Debug, Default, PartialEq, Eq)]
struct Limits {
    /// What is granted: of a voucher or a claim.
    grant: Option<Money>,
    /// Whether no cap cut it, so that it is what was asked for.
    uncut: bool,
    /// The caps of its rules, and what is left of those that count over a year and a life.
    caps: Vec<Money>,
    /// What else it may not pass: the voucher's balance, the interest paid.
    ceilings: Vec<Money>,
}

impl Limits {
    fn of(act: &ActRow) -> Result<Self, OutOfRange> {
        // one that cannot be read is a matter of the recalculation
        let sheet = act.sheet.as_ref().and_then(|sheet| convert::read_json::<Calculation>(sheet).ok());
        let Some(sheet) = sheet else { return Ok(Self::default()) };
        let inputs = &sheet.inputs;
        let of_rules = act.claim_cap.as_deref().and_then(|cap| Amount::parse(cap).ok()).map(Amount::money);
        let left = |cap: &Option<CapUse>| cap.as_ref().map(|cap| cap.cap.minus(cap.used)).transpose();
        let caps = [of_rules, inputs.claim_cap, left(&inputs.annual)?, left(&inputs.lifetime)?];
        let paid = inputs.interest.as_ref().map(|interest| interest.interest_paid);
        Ok(Self {
            grant: Some(sheet.amount),
            uncut: sheet.reductions.is_empty(),
            caps: caps.into_iter().flatten().collect(),
            ceilings: [inputs.voucher_balance, paid].into_iter().flatten().collect(),
        })
    }

    /// The least of all limits, where the grant is above it.
    fn passed(&self) -> Option<Money> {
        let least = self.caps.iter().chain(&self.ceilings).min().copied()?;
        self.grant.filter(|grant| *grant > least).map(|_| least)
    }

    /// The least cap that the grant is just below.
    fn near(&self, question: &Question) -> Option<Money> {
        let grant = self.grant?;
        let limits = self.caps.iter().copied().chain(question.threshold);
        limits.filter(|limit| question.near(grant, *limit)).min()
    }
}

impl ActRow {
    fn found(&self, code: Code, limit: Option<Money>, at: &str) -> Result<ExceptionRow, ReadError> {
        let lines = || Link::of(&format!("/v1/ledger/transactions/{}", self.sequence));
        let amount = self.amount.map(convert::money).transpose()?;
        Ok(ExceptionRow {
            code,
            document: self.document.clone(),
            place: Some(self.place()),
            sequence: self.sequence,
            programme: self.programme.clone(),
            organisation: self.organisation.clone(),
            subject: self.subject.clone(),
            amount: amount.map(|amount| (amount, self.posted.then(lines))),
            limit,
            occurrences: None,
            detail: format!("{} {at}", self.kind),
            shown: None,
        })
    }

    /// Where the document can be read.
    fn place(&self) -> Link {
        let (document, leaf) = (&self.document, format!("/v1/audit/entries/{}", self.sequence));
        Link::of(&match self.kind.as_str() {
            "issue_voucher" => format!("/v1/vouchers/{document}"),
            "approve_override" if self.voucher => format!("/v1/vouchers/{document}"),
            "approve_claim" | "approve_recalculation" | "approve_override" => {
                format!("/v1/claims/{document}")
            }
            "approve_programme" | "approve_rules" | "approve_budget_change" if !self.programme.is_empty() => {
                format!("/v1/programmes/{}", self.programme)
            }
            "approve_payment_batch" => format!("/v1/payment-batches/{document}"),
            "approve_payment_result" => format!("/v1/claims/{document}"),
            "approve_recovery" | "offset_recovery" | "write_off_recovery" => {
                format!("/v1/recoveries/{document}")
            }
            "approve_prefund" => format!("/v1/prefunds/{document}"),
            "approve_true_up" => format!("/v1/prefunds/true-ups/{document}"),
            "approve_bank_account" => format!("/v1/organisations/{document}"),
            "approve_calendar" => format!("/v1/calendar/{document}"),
            "approve_cap_group" => format!("/v1/cap-groups/{document}"),
            "approve_statutory_limit" => format!("/v1/statutory-limits/{document}"),
            "approve_tag" | "approve_tag_end" => format!("/v1/tags/{document}"),
            "approve_tag_import" => format!("/v1/tags/imports/{document}"),
            "approve_reversal" => format!("/v1/ledger/transactions/{document}"),
            // kinds without a page of their own lead to what was said
            _ => leaf,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(grant: i64, caps: &[i64], ceilings: &[i64]) -> Limits {
        let all = |fen: &[i64]| fen.iter().copied().map(Money::from_fen).collect();
        Limits { grant: Some(Money::from_fen(grant)), uncut: true, caps: all(caps), ceilings: all(ceilings) }
    }

    #[test]
    fn the_least_limit_counts_and_the_limit_itself_is_not_above_it() {
        assert_eq!(limits(100, &[100, 200], &[300]).passed(), None);
        assert_eq!(limits(101, &[200, 100], &[300]).passed(), Some(Money::from_fen(100)));
        assert_eq!(limits(301, &[400], &[300]).passed(), Some(Money::from_fen(300)));
        assert_eq!(limits(301, &[], &[]).passed(), None);
        assert_eq!(Limits::default().passed(), None);
    }

    #[test]
    fn just_below_is_said_of_caps_and_of_the_threshold_asked_for_and_not_of_a_balance() {
        let mut question = Question::default();
        assert_eq!(limits(96, &[100], &[]).near(&question), Some(Money::from_fen(100)));
        assert_eq!(limits(96, &[200], &[100]).near(&question), None);
        question.threshold = Some(Money::from_fen(97));
        assert_eq!(limits(96, &[100], &[]).near(&question), Some(Money::from_fen(97)));
    }
}
