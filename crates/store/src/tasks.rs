//! What waits for whom, since when, and by when it is due.
//!
//! The term is that of the programme's rules in force on the day on which something began to wait, so that a later version
//! makes nothing late that was in time. Which days are worked the calendar of the core says; here a day is only looked up in
//! its list of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::result::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::calendar::queries::between;
use crate::db::convert::{self, Unreadable};
use crate::{rows, statement};
use subsidy_core::calendar::{DayKind, rules};
use subsidy_core::domain::Date;
use subsidy_core::reminders::TaskKey;

/// How many days back a working day is told from a holiday: what has waited longer is late all the same.
const BACK_DAYS: u64 = 3_660;
/// How many days ahead: the longest publicity and the longest term one after the other, in working days.
const AHEAD_DAYS: u64 = 1_100;

rows! {
    /// A document that waits.
    pub struct TaskRow {
        kind: String,
        document: String,
        action: String,
        status: String,
        programme: Option<String>,
        organisation: Option<String>,
        updated_at: DateTime<Utc>,
        parent: Option<String>,
        since: NaiveDate,
        counted_from: NaiveDate,
        term_days: Option<i32>,
        due_on: Option<NaiveDate>,
        place: i64,
    }
}

/// For whom something waits.
#[derive(Debug, Clone, Copy)]
pub struct TaskQuery<'a> {
    pub officer: bool,
    pub approver: bool,
    pub organisation: &'a str,
    /// The place of the last task of the page before.
    pub after: i64,
    pub limit: i64,
    /// The subject of who scores applications; empty of others.
    pub expert: &'a str,
    /// The folded subject of who approves roles, but never their own; empty of others.
    pub security: &'a str,
    pub today: NaiveDate,
    /// The working days around today, in order.
    pub working_days: &'a [NaiveDate],
    /// Of a run that reminds: only what is due by this day and was not told of today.
    pub remind_until: Option<NaiveDate>,
}

/// The working days around a day, as the agency's calendar has them.
pub async fn working_days(conn: &AsyncPgConnection, today: Date) -> QueryResult<Vec<NaiveDate>> {
    let from = today.naive().checked_sub_days(Days::new(BACK_DAYS)).unwrap_or(today.naive());
    let until = today.naive().checked_add_days(Days::new(AHEAD_DAYS)).unwrap_or(today.naive());
    let named = between(conn, from..=until).await?;
    // a kind that is none is a fault of the row; verify says so, and the day is then what its place in the week says
    let kind = |row: &crate::calendar::CalendarDayRow| convert::read::<DayKind>(&row.kind).ok();
    let named: BTreeMap<Date, DayKind> =
        named.iter().filter_map(|row| Some((Date::from_naive(row.date), kind(row)?))).collect();
    let days = rules::working_days(Date::from_naive(from), Date::from_naive(until), &named);
    Ok(days.into_iter().map(Date::naive).collect())
}

/// What is late or due within so many days and was not told of today, whoever is to do it.
pub async fn to_remind(
    conn: &AsyncPgConnection,
    today: Date,
    days: u16,
    limit: i64,
) -> QueryResult<Vec<TaskRow>> {
    let working_days = working_days(conn, today).await?;
    let query = TaskQuery {
        officer: true,
        approver: true,
        organisation: "",
        after: -1,
        limit,
        expert: "",
        security: "",
        today: today.naive(),
        working_days: &working_days,
        remind_until: Some(today.plus_days(u64::from(days)).unwrap_or(today).naive()),
    };
    tasks(conn, query).await
}

impl TaskRow {
    /// How a reminder names it.
    pub fn key(&self) -> Result<TaskKey, Unreadable> {
        let key = format!("{}/{}/{}", self.kind, self.document, self.action);
        TaskKey::parse(&key).map_err(|_| Unreadable(format!("task {key}")))
    }
}

statement! {
    /// A page of what waits for an officer, an approver, or the organisation that a voucher went back to: what is late or due
    /// first on top, then what has no term, each since when it waits. What four eyes would refuse is not left out here.
    /// Version 1 of the rules is approved with its programme. One leaf makes many awards, so that a place in the list is the
    /// leaf and a digest of the task, which stays where it is when others are done between two pages. A sandbox's days are
    /// those to which it was moved.
    pub fn tasks(TaskQuery<'_> { officer, approver, organisation, after, limit, expert, today, working_days, remind_until, security })
        -> Vec<TaskRow> =
        "WITH terms AS MATERIALIZED ( \
             SELECT programme, rules -> 'service_days' AS days, effective_from AS begins, \
                    lead(effective_from) OVER (PARTITION BY programme ORDER BY effective_from, number) AS ends \
               FROM rules_versions WHERE status = 'approved' \
         ), moves AS MATERIALIZED ( \
             SELECT sequence, coalesce( \
                    convert_from(leaf, 'UTF8')::jsonb #>> '{command,move_business_date,date}', \
                    convert_from(leaf, 'UTF8')::jsonb #>> '{command,create_agency,business_date}')::date AS day \
               FROM log WHERE (SELECT sandbox FROM head) AND kind IN ('move_business_date', 'create_agency') \
         ), waiting AS ( \
             SELECT 'voucher' AS kind, id::text AS document, \
                    CASE status WHEN 'submitted' THEN 'review' WHEN 'reviewed' THEN 'issue' ELSE 'apply' END AS action, \
                    status, programme, organisation, created, updated_at, NULL AS parent, version, \
                    CASE status WHEN 'submitted' THEN submitted_on WHEN 'reviewed' THEN reviewed_on END AS day, \
                    NULL::date AS counted, NULL::int AS term \
               FROM vouchers \
              WHERE status IN ('submitted', 'reviewed', 'returned') \
                AND ($1 AND status = 'submitted' \
                  OR $2 AND status = 'reviewed' \
                  OR status = 'returned' AND organisation = $3) \
             UNION ALL \
             SELECT 'claim', id::text, \
                    CASE status WHEN 'submitted' THEN 'review' WHEN 'reviewed' THEN 'approve' ELSE 'submit' END, \
                    status, programme, organisation, created, updated_at, NULL, version, \
                    CASE status WHEN 'submitted' THEN submitted_on WHEN 'reviewed' THEN reviewed_on END, \
                    CASE status WHEN 'reviewed' THEN greatest(reviewed_on, published_until) END, NULL \
               FROM claims \
              WHERE status IN ('submitted', 'reviewed', 'returned') \
                AND ($1 AND status = 'submitted' \
                  OR $2 AND status = 'reviewed' \
                  OR status = 'returned' AND organisation = $3) \
             UNION ALL \
             SELECT 'claim_override', c.id || '/' || (o ->> 'number'), 'approve', 'proposed', c.programme, c.organisation, \
                    c.created, c.updated_at, NULL, c.version, NULL, NULL, NULL \
               FROM claims AS c, jsonb_array_elements(c.overrides) AS o \
              WHERE $2 AND c.status IN ('submitted', 'reviewed') AND o ->> 'status' = 'proposed' \
             UNION ALL \
             SELECT 'voucher_override', v.id || '/' || (o ->> 'number'), 'approve', 'proposed', v.programme, v.organisation, \
                    v.created, v.updated_at, NULL, v.version, NULL, NULL, NULL \
               FROM vouchers AS v, jsonb_array_elements(v.overrides) AS o \
              WHERE $2 AND v.status IN ('submitted', 'reviewed') AND o ->> 'status' = 'proposed' \
             UNION ALL \
             SELECT 'recalculation', r.claim || '/' || r.number, 'approve', r.status, c.programme, c.organisation, \
                    r.created, r.updated_at, NULL, r.version, r.proposed_on, NULL, NULL \
               FROM recalculations AS r JOIN claims AS c ON c.id = r.claim \
              WHERE $2 AND r.status = 'proposed' \
             UNION ALL \
             SELECT 'objection', o.id::text, 'resolve', o.status, c.programme, c.organisation, o.created, o.updated_at, o.claim::text, o.version, NULL, NULL, NULL \
               FROM objections AS o JOIN claims AS c ON c.id = o.claim \
              WHERE $1 AND o.status = 'open' \
             UNION ALL \
             SELECT 'ranking', id::text, 'approve', status, programme, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM rankings WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'call', id::text, 'approve', status, programme, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM calls WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'awards', id::text, 'approve', 'proposed', programme, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM calls WHERE $2 AND status = 'open' AND list <> '[]' \
             UNION ALL \
             SELECT 'application', id::text, CASE status WHEN 'submitted' THEN 'review' ELSE 'apply' END, status, \
                    programme, organisation, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM applications WHERE $1 AND status = 'submitted' OR status = 'returned' AND organisation = $3 \
             UNION ALL \
             SELECT 'application', id::text, 'score', status, programme, organisation, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM applications WHERE $6 <> '' AND status = 'passed' \
                AND experts @> jsonb_build_array(jsonb_build_object('subject', $6::text)) \
                AND NOT scores @> jsonb_build_array(jsonb_build_object('subject', $6::text)) \
             UNION ALL \
             SELECT CASE WHEN acceptance IS NULL THEN 'extension' ELSE 'acceptance' END, id::text, 'approve', 'proposed', \
                    programme, organisation, version, updated_at, NULL, version, NULL, NULL, NULL \
               FROM awards WHERE $2 AND status = 'awarded' AND num_nonnulls(acceptance, extension) > 0 \
             UNION ALL \
             SELECT 'award', id::text, 'resolve', status, programme, organisation, version, updated_at, NULL, version, NULL, NULL, NULL \
               FROM awards WHERE $1 AND objections @> '[{\"status\": \"open\"}]' \
             UNION ALL \
             SELECT 'award', id::text, 'accept', 'overdue', programme, organisation, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM awards WHERE $1 AND status = 'awarded' AND acceptance IS NULL AND due_on < $7 \
             UNION ALL \
             SELECT 'payment_batch', b.id::text, 'approve', b.status, NULL, NULL, b.created, b.updated_at, NULL, b.version, NULL, \
                    first.approved_on, first.term \
               FROM payment_batches AS b LEFT JOIN LATERAL ( \
                    SELECT c.approved_on, (s.days ->> 'payment')::int AS term \
                      FROM payment_lines AS l JOIN claims AS c ON c.id = l.claim JOIN terms AS s ON s.programme = c.programme \
                       AND s.begins <= c.approved_on AND (s.ends IS NULL OR c.approved_on < s.ends) \
                     WHERE l.batch = b.id AND s.days ->> 'payment' IS NOT NULL \
                     ORDER BY ($8::date[])[width_bucket(c.approved_on, $8::date[]) + (s.days ->> 'payment')::int] LIMIT 1 \
                    ) AS first ON true \
              WHERE $2 AND b.status = 'proposed' \
             UNION ALL \
             SELECT 'payment_result', l.batch || '/' || l.claim, 'approve', 'proposed', c.programme, c.organisation, \
                    l.created, l.updated_at, NULL, l.version, NULL, NULL, NULL \
               FROM payment_lines AS l JOIN claims AS c ON c.id = l.claim \
              WHERE $2 AND l.proposed_result IS NOT NULL \
             UNION ALL \
             SELECT 'recovery', id::text, 'approve', status, programme, organisation, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM recoveries WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'prefund', id::text, 'approve', status, programme, bank, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM prefunds WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'true_up', id::text, 'approve', status, programme, bank, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM true_ups WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'bank_account', credit_code, 'approve', 'proposed', NULL, credit_code, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM organisations WHERE $2 AND account_change IS NOT NULL \
             UNION ALL \
             SELECT 'statutory_limit', id::text, 'approve', status, NULL, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM statutory_limits WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'cap_group', code, 'approve', status, NULL, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM cap_groups WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'calendar', id::text, 'approve', status, NULL, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM calendar_changes WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'tag', id::text, 'approve', status, NULL, CASE kind WHEN 'organisation' THEN subject END, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM tags WHERE $2 AND status = 'proposed' AND import IS NULL \
             UNION ALL \
             SELECT 'tag_end', id::text, 'approve', 'proposed', NULL, CASE kind WHEN 'organisation' THEN subject END, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM tags WHERE $2 AND ending ->> 'status' = 'proposed' \
             UNION ALL \
             SELECT 'tag_import', id::text, 'approve', status, NULL, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM tag_imports WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'usage_import', i.id::text, 'approve', i.status, NULL, r.organisation, i.created, i.updated_at, i.rental::text, i.version, NULL, NULL, NULL \
               FROM usage_imports AS i JOIN rentals AS r ON r.id = i.rental \
              WHERE $2 AND i.status = 'proposed' \
             UNION ALL \
             SELECT 'claim', c.id::text, 'recalculate', c.status, c.programme, c.organisation, c.created, c.updated_at, NULL, c.version, NULL, NULL, NULL \
               FROM claims AS c JOIN rental_usage AS u ON u.rental = c.rental AND u.replaced <> '[]' \
              WHERE $1 AND c.status IN ('approved', 'paid') AND c.pending IS NULL \
                AND EXISTS (SELECT FROM jsonb_array_elements(u.replaced) AS m \
                     WHERE (m ->> 'at')::bigint > c.usage_sequence \
                       AND to_date(m ->> 'month', 'YYYY-MM') < c.period_until \
                       AND to_date(m ->> 'month', 'YYYY-MM') + interval '1 month' > c.period_from) \
             UNION ALL \
             SELECT 'role_grant', id::text, 'approve', status, NULL, organisation, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM role_grants WHERE $10 <> '' AND status = 'proposed' AND folded <> $10 \
             UNION ALL \
             SELECT 'reversal', sequence::text, 'approve', status, NULL, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM reversals WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'programme', code, 'approve', status, code, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM programmes WHERE $2 AND status = 'draft' \
             UNION ALL \
             SELECT 'rules', programme || '/' || number, 'approve', status, programme, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM rules_versions WHERE $2 AND status = 'proposed' AND number > 1 \
             UNION ALL \
             SELECT kind, id::text, 'approve', status, programme, NULL, created, updated_at, NULL, version, NULL, NULL, NULL \
               FROM budget_changes WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'programme', programme, 'pay', 'approved', programme, NULL, min(created), max(updated_at), NULL, max(version), \
                    min(approved_on), NULL, NULL \
               FROM claims WHERE $1 AND status = 'approved' AND batch IS NULL AND pending IS NULL GROUP BY programme \
         ), dated AS ( \
             SELECT t.*, coalesce(t.day, \
                    (SELECT m.day FROM moves AS m WHERE m.sequence <= t.version ORDER BY m.sequence DESC LIMIT 1), \
                    (t.updated_at AT TIME ZONE (SELECT zone FROM head))::date) AS since, \
                    CASE t.action WHEN 'review' THEN 'review' WHEN 'issue' THEN 'approval' WHEN 'approve' THEN 'approval' \
                                  WHEN 'resolve' THEN 'objection' WHEN 'pay' THEN 'payment' END AS step \
               FROM waiting AS t \
         ), termed AS ( \
             SELECT d.*, coalesce(d.counted, d.since) AS counted_from, coalesce(d.term, (s.days ->> d.step)::int) AS term_days \
               FROM dated AS d LEFT JOIN terms AS s ON s.programme = d.programme \
                AND s.begins <= d.since AND (s.ends IS NULL OR d.since < s.ends) \
         ), ended AS ( \
             SELECT *, ($8::date[])[width_bucket(counted_from, $8::date[]) + term_days] AS due_on \
               FROM termed \
         ), placed AS ( \
             SELECT *, (least(coalesce(due_on - DATE '1970-01-01', 65535), 65535)::bigint << 47) \
                     | (greatest(least(since - DATE '1970-01-01', 65535), 0)::bigint << 31) \
                     | ((created & 32767) << 16) \
                     | ('x' || left(md5(kind || document || action), 4))::bit(16)::bigint AS place \
               FROM ended \
         ) SELECT kind, document, action, status, programme, organisation, updated_at, parent, since, counted_from, \
                  term_days, due_on, place FROM placed AS p \
            WHERE place > $4 AND ($9::date IS NULL OR due_on <= $9 AND NOT EXISTS ( \
                  SELECT FROM reminders AS r WHERE r.task = p.kind || '/' || p.document || '/' || p.action AND r.told_on >= $7)) \
            ORDER BY place LIMIT $5";
}
