//! What waits for whom, and what changed.

use chrono::{DateTime, NaiveDate, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::ReadError;
use subsidy_core::book::{Book, Command, Fault, Keys, segregation};
use subsidy_core::calendar::ApproveCalendar;
use subsidy_core::cap_groups::ApproveCapGroup;
use subsidy_core::claims::objection::{Resolution, ResolveObjection};
use subsidy_core::claims::recalculation::ApproveRecalculation;
use subsidy_core::claims::{ApproveClaim, ReviewClaim};
use subsidy_core::domain::{Actor, RecoveryId, Sequence, TextHash};
use subsidy_core::grants::awards::{NameAward, ResolveAwardObjection};
use subsidy_core::grants::{NameCall, ReviewApplication, ScoreApplication};
use subsidy_core::organisations::ApproveBankAccount;
use subsidy_core::payments::{ApprovePaymentBatch, ApproveResult};
use subsidy_core::periods::ApproveReopening;
use subsidy_core::prefunds::ApprovePrefund;
use subsidy_core::prefunds::true_up::ApproveTrueUp;
use subsidy_core::programmes::overrides::{ApproveOverride, Overridden};
use subsidy_core::programmes::{ApproveBudgetChange, ApproveProgramme, ApproveRules};
use subsidy_core::rankings::ApproveRanking;
use subsidy_core::recoveries::ApproveRecovery;
use subsidy_core::reversals::ApproveReversal;
use subsidy_core::statutory_limits::ApproveStatutoryLimit;
use subsidy_core::tags::{ApproveTag, ApproveTagEnd, ApproveTagImport};
use subsidy_core::usage::ApproveUsageImport;
use subsidy_core::vouchers::{IssueVoucher, ReviewDecision, ReviewVoucher};
use subsidy_store::db::convert::{Unreadable, read};
use subsidy_store::db::list::{Own, PageQuery};
use subsidy_store::engine;
use subsidy_store::{rows, statement};

rows! {
    /// A document that waits.
    pub struct TaskRow {
        kind: String,
        document: String,
        action: String,
        status: String,
        programme: Option<String>,
        organisation: Option<String>,
        created: i64,
        updated_at: DateTime<Utc>,
        parent: Option<String>,
    }
}

/// Of these, what neither four eyes nor a conflict of interest would refuse: asked of each by the rule that refuses it.
pub async fn unhindered(
    conn: &AsyncPgConnection,
    tasks: Vec<TaskRow>,
    actor: &Actor,
) -> Result<Vec<TaskRow>, ReadError> {
    let asked = tasks.into_iter().map(|task| Ok((decision(&task)?, task)));
    let asked: Vec<(Option<Command>, TaskRow)> = asked.collect::<Result<_, Unreadable>>()?;
    let keys = |book: &Book| -> Keys {
        let commands = asked.iter().filter_map(|(command, _)| command.as_ref());
        let keys = |c| segregation::keys(c, book).into_iter().chain(segregation::keys_of_parties(c, book));
        commands.flat_map(keys).collect()
    };
    let book = engine::read_book(conn, keys).await?;
    let mut left = Vec::new();
    for (command, task) in asked {
        let refused = command.as_ref().map_or(Ok(false), |command| refuses(&book, command, actor));
        if !refused.map_err(|fault| Unreadable(fault.to_string()))? {
            left.push(task);
        }
    }
    Ok(left)
}

fn refuses(book: &Book, command: &Command, actor: &Actor) -> Result<bool, Fault> {
    let in_the_way = segregation::in_the_way(book, command, &actor.subject, Sequence::new(u64::MAX))?;
    Ok(in_the_way.is_some() || segregation::concerned(book, command, actor)?.is_some())
}

/// The command that a task waits for, where four eyes look at it. What they do not look at is left as it is: days, reasons,
/// and the id of a recovery that there is not yet.
fn decision(task: &TaskRow) -> Result<Option<Command>, Unreadable> {
    let document = task.document.as_str();
    let (first, second) = document.split_once('/').unwrap_or((document, ""));
    let parent = task.parent.as_deref().unwrap_or_default();
    let effective_date = None;
    Ok(Some(match (task.kind.as_str(), task.action.as_str()) {
        ("voucher", "review") => {
            let decision = ReviewDecision::Pass;
            Command::ReviewVoucher(ReviewVoucher {
                id: read(document)?,
                decision,
                reason: None,
                assessment: None,
            })
        }
        ("claim", "review") => Command::ReviewClaim(ReviewClaim {
            id: read(document)?,
            decision: ReviewDecision::Pass,
            reason: None,
            accept_incomplete_usage: false,
            assessment: None,
        }),
        ("voucher", "issue") => Command::IssueVoucher(IssueVoucher { id: read(document)?, effective_date }),
        ("claim", "approve") => Command::ApproveClaim(ApproveClaim { id: read(document)?, effective_date }),
        ("recalculation", _) => Command::ApproveRecalculation(ApproveRecalculation {
            claim: read(first)?,
            number: Some(count(second)?),
            recovery: RecoveryId::new(Uuid::nil()),
            effective_date,
        }),
        ("objection", _) => Command::ResolveObjection(ResolveObjection {
            id: read(document)?,
            claim: read(parent)?,
            decision: Resolution::Dismissed,
            reason: TextHash::new([0; 32]),
        }),
        ("ranking", _) => Command::ApproveRanking(ApproveRanking { id: read(document)? }),
        ("call", "approve") => Command::ApproveCall(NameCall { id: read(document)? }),
        ("awards", _) => Command::ApproveAwards(NameCall { id: read(document)? }),
        ("application", "review") => Command::ReviewApplication(ReviewApplication {
            id: read(document)?,
            decision: ReviewDecision::Pass,
            reason: None,
        }),
        ("application", "score") => Command::ScoreApplication(ScoreApplication {
            id: read(document)?,
            organisation: None,
            criteria: Vec::new(),
            comment: TextHash::new([0; 32]),
        }),
        ("acceptance", _) => Command::ApproveAcceptance(NameAward { id: read(document)? }),
        ("extension", _) => Command::ApproveExtension(NameAward { id: read(document)? }),
        ("award", "resolve") => Command::ResolveAwardObjection(ResolveAwardObjection {
            id: read(document)?,
            number: 1,
            decision: Resolution::Dismissed,
            reason: TextHash::new([0; 32]),
        }),
        ("payment_batch", _) => Command::ApprovePaymentBatch(ApprovePaymentBatch { id: read(document)? }),
        ("payment_result", _) => {
            Command::ApproveResult(ApproveResult { batch: read(first)?, claim: read(second)? })
        }
        ("recovery", _) => Command::ApproveRecovery(ApproveRecovery { id: read(document)? }),
        ("prefund", _) => Command::ApprovePrefund(ApprovePrefund { id: read(document)? }),
        ("true_up", _) => Command::ApproveTrueUp(ApproveTrueUp { id: read(document)? }),
        ("bank_account", _) => {
            Command::ApproveBankAccount(ApproveBankAccount { credit_code: read(document)? })
        }
        ("statutory_limit", _) => {
            Command::ApproveStatutoryLimit(ApproveStatutoryLimit { id: read(document)? })
        }
        ("claim_override", _) => Command::ApproveOverride(ApproveOverride {
            of: Overridden::Claim(read(first)?),
            number: count(second)?,
        }),
        ("voucher_override", _) => {
            let of = Overridden::Voucher(read(first)?);
            Command::ApproveOverride(ApproveOverride { of, number: count(second)? })
        }
        ("cap_group", _) => Command::ApproveCapGroup(ApproveCapGroup { code: read(document)? }),
        ("calendar", _) => Command::ApproveCalendar(ApproveCalendar { id: read(document)? }),
        ("tag", _) => Command::ApproveTag(ApproveTag { id: read(document)? }),
        ("tag_end", _) => Command::ApproveTagEnd(ApproveTagEnd { id: read(document)? }),
        ("tag_import", _) => Command::ApproveTagImport(ApproveTagImport { id: read(document)? }),
        ("period_reopening", _) => Command::ApproveReopening(ApproveReopening { month: read(document)? }),
        ("usage_import", _) => {
            Command::ApproveUsageImport(ApproveUsageImport { id: read(document)?, rental: read(parent)? })
        }
        ("reversal", _) => Command::ApproveReversal(ApproveReversal { sequence: sequence(document)? }),
        ("programme", _) => Command::ApproveProgramme(ApproveProgramme { code: read(document)? }),
        ("rules", _) => {
            Command::ApproveRules(ApproveRules { programme: read(first)?, number: count(second)? })
        }
        (kind, "approve") => Command::ApproveBudgetChange(ApproveBudgetChange {
            programme: read(task.programme.as_deref().unwrap_or_default())?,
            kind: read(kind)?,
            id: read(document)?,
        }),
        _ => return Ok(None),
    }))
}

fn count(text: &str) -> Result<u32, Unreadable> {
    text.parse().map_err(|_| Unreadable(format!("a task is about number {text:?}")))
}

fn sequence(text: &str) -> Result<Sequence, Unreadable> {
    text.parse().map(Sequence::new).map_err(|_| Unreadable(format!("a task is about leaf {text:?}")))
}

rows! {
    /// A leaf of the log.
    pub struct EventRow { sequence: i64, recorded_at: DateTime<Utc>, kind: String, document: String }
}

rows! {
    pub struct StatusChangeRow {
        sequence: i64,
        kind: String,
        document: String,
        from_status: Option<String>,
        to_status: String,
    }
}

/// For whom something waits.
#[derive(Debug, Clone, Copy)]
pub struct TaskQuery<'a> {
    pub officer: bool,
    pub approver: bool,
    pub organisation: &'a str,
    pub after: i64,
    pub limit: i64,
    /// The subject of who scores applications; empty of others.
    pub expert: &'a str,
    pub today: NaiveDate,
}

/// The documents of an organisation `$1`, which provides as `$2`.
macro_rules! own_documents {
    () => {
        "SELECT id::text AS document FROM vouchers WHERE organisation = $1 OR provider = $2 \
         UNION ALL SELECT id::text FROM claims WHERE organisation = $1 OR provider = $2 \
         UNION ALL SELECT id::text FROM rentals WHERE organisation = $1 OR provider = $2 \
         UNION ALL SELECT id::text FROM loans WHERE organisation = $1 \
         UNION ALL SELECT id::text FROM applications WHERE organisation = $1 \
         UNION ALL SELECT id::text FROM awards WHERE organisation = $1 \
         UNION ALL SELECT id::text FROM evidence WHERE organisation = $1 \
         UNION ALL SELECT credit_code FROM organisations WHERE credit_code IN ($1, $2)"
    };
}

statement! {
    /// A page of what waits for an officer, an approver, or the organisation that a voucher went back to; what
    /// four eyes would refuse, [`unhindered`] leaves out. Version 1 of the rules is approved with its programme.
    pub fn tasks(TaskQuery<'_> { officer, approver, organisation, after, limit, expert, today }) -> Vec<TaskRow> =
        "SELECT * FROM ( \
             SELECT 'voucher' AS kind, id::text AS document, \
                    CASE status WHEN 'submitted' THEN 'review' WHEN 'reviewed' THEN 'issue' ELSE 'apply' END AS action, \
                    status, programme, organisation, created, updated_at, NULL AS parent \
               FROM vouchers \
              WHERE status IN ('submitted', 'reviewed', 'returned') \
                AND ($1 AND status = 'submitted' \
                  OR $2 AND status = 'reviewed' \
                  OR status = 'returned' AND organisation = $3) \
             UNION ALL \
             SELECT 'claim', id::text, \
                    CASE status WHEN 'submitted' THEN 'review' WHEN 'reviewed' THEN 'approve' ELSE 'submit' END, \
                    status, programme, organisation, created, updated_at, NULL \
               FROM claims \
              WHERE status IN ('submitted', 'reviewed', 'returned') \
                AND ($1 AND status = 'submitted' \
                  OR $2 AND status = 'reviewed' \
                  OR status = 'returned' AND organisation = $3) \
             UNION ALL \
             SELECT 'claim_override', c.id || '/' || (o ->> 'number'), 'approve', 'proposed', c.programme, c.organisation, \
                    c.created, c.updated_at, NULL \
               FROM claims AS c, jsonb_array_elements(c.overrides) AS o \
              WHERE $2 AND c.status IN ('submitted', 'reviewed') AND o ->> 'status' = 'proposed' \
             UNION ALL \
             SELECT 'voucher_override', v.id || '/' || (o ->> 'number'), 'approve', 'proposed', v.programme, v.organisation, \
                    v.created, v.updated_at, NULL \
               FROM vouchers AS v, jsonb_array_elements(v.overrides) AS o \
              WHERE $2 AND v.status IN ('submitted', 'reviewed') AND o ->> 'status' = 'proposed' \
             UNION ALL \
             SELECT 'recalculation', r.claim || '/' || r.number, 'approve', r.status, c.programme, c.organisation, \
                    r.created, r.updated_at, NULL \
               FROM recalculations AS r JOIN claims AS c ON c.id = r.claim \
              WHERE $2 AND r.status = 'proposed' \
             UNION ALL \
             SELECT 'objection', o.id::text, 'resolve', o.status, c.programme, c.organisation, o.created, o.updated_at, o.claim::text \
               FROM objections AS o JOIN claims AS c ON c.id = o.claim \
              WHERE $1 AND o.status = 'open' \
             UNION ALL \
             SELECT 'ranking', id::text, 'approve', status, programme, NULL, created, updated_at, NULL \
               FROM rankings WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'call', id::text, 'approve', status, programme, NULL, created, updated_at, NULL \
               FROM calls WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'awards', id::text, 'approve', 'proposed', programme, NULL, created, updated_at, NULL \
               FROM calls WHERE $2 AND status = 'open' AND list <> '[]' \
             UNION ALL \
             SELECT 'application', id::text, CASE status WHEN 'submitted' THEN 'review' ELSE 'apply' END, status, \
                    programme, organisation, created, updated_at, NULL \
               FROM applications WHERE $1 AND status = 'submitted' OR status = 'returned' AND organisation = $3 \
             UNION ALL \
             SELECT 'application', id::text, 'score', status, programme, organisation, created, updated_at, NULL \
               FROM applications WHERE $6 <> '' AND status = 'passed' \
                AND experts @> jsonb_build_array(jsonb_build_object('subject', $6::text)) \
                AND NOT scores @> jsonb_build_array(jsonb_build_object('subject', $6::text)) \
             UNION ALL \
             SELECT CASE WHEN acceptance IS NULL THEN 'extension' ELSE 'acceptance' END, id::text, 'approve', 'proposed', \
                    programme, organisation, version, updated_at, NULL \
               FROM awards WHERE $2 AND status = 'awarded' AND num_nonnulls(acceptance, extension) > 0 \
             UNION ALL \
             SELECT 'award', id::text, 'resolve', status, programme, organisation, version, updated_at, NULL \
               FROM awards WHERE $1 AND objections @> '[{\"status\": \"open\"}]' \
             UNION ALL \
             SELECT 'call', c.id::text, 'accept', 'overdue', c.programme, NULL, c.created, c.updated_at, NULL \
               FROM calls AS c WHERE $1 AND EXISTS (SELECT FROM awards AS a WHERE a.call = c.id \
                AND a.status = 'awarded' AND a.acceptance IS NULL AND a.due_on < $7) \
             UNION ALL \
             SELECT 'payment_batch', id::text, 'approve', status, NULL, NULL, created, updated_at, NULL \
               FROM payment_batches WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'payment_result', l.batch || '/' || l.claim, 'approve', 'proposed', c.programme, c.organisation, \
                    l.created, l.updated_at, NULL \
               FROM payment_lines AS l JOIN claims AS c ON c.id = l.claim \
              WHERE $2 AND l.proposed_result IS NOT NULL \
             UNION ALL \
             SELECT 'recovery', id::text, 'approve', status, programme, organisation, created, updated_at, NULL \
               FROM recoveries WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'prefund', id::text, 'approve', status, programme, bank, created, updated_at, NULL \
               FROM prefunds WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'true_up', id::text, 'approve', status, programme, bank, created, updated_at, NULL \
               FROM true_ups WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'bank_account', credit_code, 'approve', 'proposed', NULL, credit_code, created, updated_at, NULL \
               FROM organisations WHERE $2 AND account_change IS NOT NULL \
             UNION ALL \
             SELECT 'statutory_limit', id::text, 'approve', status, NULL, NULL, created, updated_at, NULL \
               FROM statutory_limits WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'cap_group', code, 'approve', status, NULL, NULL, created, updated_at, NULL \
               FROM cap_groups WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'calendar', id::text, 'approve', status, NULL, NULL, created, updated_at, NULL \
               FROM calendar_changes WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'tag', id::text, 'approve', status, NULL, CASE kind WHEN 'organisation' THEN subject END, created, updated_at, NULL \
               FROM tags WHERE $2 AND status = 'proposed' AND import IS NULL \
             UNION ALL \
             SELECT 'tag_end', id::text, 'approve', 'proposed', NULL, CASE kind WHEN 'organisation' THEN subject END, created, updated_at, NULL \
               FROM tags WHERE $2 AND ending ->> 'status' = 'proposed' \
             UNION ALL \
             SELECT 'tag_import', id::text, 'approve', status, NULL, NULL, created, updated_at, NULL \
               FROM tag_imports WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'period_reopening', month, 'approve', 'proposed', NULL, NULL, created, updated_at, NULL \
               FROM periods WHERE $2 AND reopening IS NOT NULL \
             UNION ALL \
             SELECT 'usage_import', i.id::text, 'approve', i.status, NULL, r.organisation, i.created, i.updated_at, i.rental::text \
               FROM usage_imports AS i JOIN rentals AS r ON r.id = i.rental \
              WHERE $2 AND i.status = 'proposed' \
             UNION ALL \
             SELECT 'claim', c.id::text, 'recalculate', c.status, c.programme, c.organisation, c.created, c.updated_at, NULL \
               FROM claims AS c JOIN rental_usage AS u ON u.rental = c.rental AND u.replaced <> '[]' \
              WHERE $1 AND c.status IN ('approved', 'paid') AND c.pending IS NULL \
                AND EXISTS (SELECT FROM jsonb_array_elements(u.replaced) AS m \
                     WHERE (m ->> 'at')::bigint > c.usage_sequence \
                       AND to_date(m ->> 'month', 'YYYY-MM') < c.period_until \
                       AND to_date(m ->> 'month', 'YYYY-MM') + interval '1 month' > c.period_from) \
             UNION ALL \
             SELECT 'reversal', sequence::text, 'approve', status, NULL, NULL, created, updated_at, NULL \
               FROM reversals WHERE $2 AND status = 'proposed' \
             UNION ALL \
             SELECT 'programme', code, 'approve', status, code, NULL, created, updated_at, NULL \
               FROM programmes WHERE $2 AND status = 'draft' \
             UNION ALL \
             SELECT 'rules', programme || '/' || number, 'approve', status, programme, NULL, created, updated_at, NULL \
               FROM rules_versions WHERE $2 AND status = 'proposed' AND number > 1 \
             UNION ALL \
             SELECT kind, id::text, 'approve', status, programme, NULL, created, updated_at, NULL \
               FROM budget_changes WHERE $2 AND status = 'proposed' \
         ) AS t WHERE created > $4 ORDER BY created LIMIT $5";
    /// A page of everything that changed.
    pub fn events(PageQuery { after, limit }) -> Vec<EventRow> =
        "SELECT sequence, recorded_at, kind, document FROM log WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    /// A page of what changed on a party's own documents: their steps, and what is no step and yet news.
    pub fn own_events(Own { organisation, provider }, PageQuery { after, limit }) -> Vec<EventRow> =
        concat!(
            "SELECT sequence, recorded_at, kind, document FROM log WHERE sequence IN ( \
                 SELECT t.sequence FROM transitions AS t JOIN (", own_documents!(), ") AS own \
                   ON own.document = t.document WHERE t.sequence > $3 \
                 UNION ALL SELECT sequence FROM log WHERE sequence > $3 AND kind IN ('remind_voucher', 'expire_voucher') \
                   AND document IN (SELECT id::text FROM vouchers WHERE organisation = $1 OR provider = $2) \
                 UNION ALL SELECT sequence FROM log WHERE sequence > $3 AND document IN ($1, $2) \
                   AND kind IN ('propose_bank_account', 'approve_bank_account', 'reject_bank_account')) \
             ORDER BY sequence LIMIT $4"
        );
    /// The steps of some leaves.
    pub fn transitions(sequences: &[i64]) -> Vec<StatusChangeRow> =
        "SELECT sequence, kind, document, from_status, to_status FROM transitions \
         WHERE sequence = ANY($1) ORDER BY sequence, ordinal";
    /// The steps of some leaves on a party's own documents.
    pub fn own_transitions(Own { organisation, provider }; sequences: &[i64]) -> Vec<StatusChangeRow> =
        concat!(
            "SELECT t.sequence, t.kind, t.document, t.from_status, t.to_status FROM transitions AS t JOIN (",
            own_documents!(), ") AS own \
               ON own.document = t.document WHERE t.sequence = ANY($3) ORDER BY t.sequence, t.ordinal"
        );
}
