//! What waits for whom, and what changed.

use chrono::{DateTime, Utc};

use subsidy_store::{rows, statement};

rows! {
    /// A document that waits.
    pub struct TaskFound {
        kind: String,
        document: String,
        action: String,
        status: String,
        programme: Option<String>,
        organisation: Option<String>,
        created: i64,
        updated_at: DateTime<Utc>,
    }
}

rows! {
    /// A leaf of the log.
    pub struct EventFound { sequence: i64, recorded_at: DateTime<Utc>, kind: String, document: String }
}

rows! {
    /// A document's step.
    pub struct TransitionFound {
        sequence: i64,
        kind: String,
        document: String,
        from_status: Option<String>,
        to_status: String,
    }
}

statement! {
    /// A page of what waits for an officer, an approver, or the organisation that a voucher went back to. What four eyes
    /// would refuse does not wait for its subject. Version 1 of the rules is approved with its programme.
    pub fn tasks(
        officer: bool,
        approver: bool,
        subject: &str,
        organisation: &str,
        after: i64,
        limit: i64,
    ) -> Vec<TaskFound> =
        "SELECT * FROM ( \
             SELECT 'voucher' AS kind, id::text AS document, \
                    CASE status WHEN 'submitted' THEN 'review' WHEN 'reviewed' THEN 'issue' ELSE 'apply' END AS action, \
                    status, programme, organisation, created, updated_at \
               FROM vouchers \
              WHERE status IN ('submitted', 'reviewed', 'returned') \
                AND ($1 AND status = 'submitted' \
                  OR $2 AND status = 'reviewed' AND created_by <> $3 AND reviewed_by IS DISTINCT FROM $3 \
                  OR status = 'returned' AND organisation = $4) \
             UNION ALL \
             SELECT 'claim', id::text, \
                    CASE status WHEN 'submitted' THEN 'review' WHEN 'reviewed' THEN 'approve' ELSE 'submit' END, \
                    status, programme, organisation, created, updated_at \
               FROM claims \
              WHERE status IN ('submitted', 'reviewed', 'returned') \
                AND ($1 AND status = 'submitted' \
                  OR $2 AND status = 'reviewed' AND created_by <> $3 AND submitted_by IS DISTINCT FROM $3 \
                     AND reviewed_by IS DISTINCT FROM $3 \
                  OR status = 'returned' AND organisation = $4) \
             UNION ALL \
             SELECT 'recalculation', r.claim || '/' || r.number, 'approve', r.status, c.programme, c.organisation, \
                    r.created, r.updated_at \
               FROM recalculations AS r JOIN claims AS c ON c.id = r.claim \
              WHERE $2 AND r.status = 'proposed' AND r.created_by <> $3 AND c.created_by <> $3 \
                AND c.submitted_by IS DISTINCT FROM $3 AND c.reviewed_by IS DISTINCT FROM $3 \
             UNION ALL \
             SELECT 'objection', o.id::text, 'resolve', o.status, c.programme, c.organisation, o.created, o.updated_at \
               FROM objections AS o JOIN claims AS c ON c.id = o.claim \
              WHERE $1 AND o.status = 'open' AND o.created_by <> $3 AND c.created_by <> $3 \
                AND c.submitted_by IS DISTINCT FROM $3 \
             UNION ALL \
             SELECT 'payment_batch', id::text, 'approve', status, NULL, NULL, created, updated_at \
               FROM payment_batches WHERE $2 AND status = 'proposed' AND created_by <> $3 \
             UNION ALL \
             SELECT 'payment_return', l.batch || '/' || l.claim, 'approve', 'proposed', c.programme, c.organisation, \
                    l.created, l.updated_at \
               FROM payment_lines AS l JOIN claims AS c ON c.id = l.claim \
              WHERE $2 AND l.proposed_return IS NOT NULL AND NOT l.recorded_by @> to_jsonb($3::text) \
             UNION ALL \
             SELECT 'recovery', id::text, 'approve', status, programme, organisation, created, updated_at \
               FROM recoveries WHERE $2 AND status = 'proposed' AND created_by <> $3 \
             UNION ALL \
             SELECT 'prefund', id::text, 'approve', status, programme, bank, created, updated_at \
               FROM prefunds WHERE $2 AND status = 'proposed' AND created_by <> $3 \
             UNION ALL \
             SELECT 'true_up', id::text, 'approve', status, programme, bank, created, updated_at \
               FROM true_ups WHERE $2 AND status = 'proposed' AND created_by <> $3 \
             UNION ALL \
             SELECT 'bank_account', credit_code, 'approve', 'proposed', NULL, credit_code, created, updated_at \
               FROM organisations WHERE $2 AND account_change ->> 'proposed_by' <> $3 \
             UNION ALL \
             SELECT 'calendar', id::text, 'approve', status, NULL, NULL, created, updated_at \
               FROM calendar_changes WHERE $2 AND status = 'proposed' AND created_by <> $3 \
             UNION ALL \
             SELECT 'period_reopening', month, 'approve', 'proposed', NULL, NULL, created, updated_at \
               FROM periods WHERE $2 AND reopening ->> 'proposed_by' <> $3 \
             UNION ALL \
             SELECT 'usage_import', i.id::text, 'approve', i.status, NULL, r.organisation, i.created, i.updated_at \
               FROM usage_imports AS i JOIN rentals AS r ON r.id = i.rental \
              WHERE $2 AND i.status = 'proposed' AND i.created_by <> $3 \
             UNION ALL \
             SELECT 'claim', c.id::text, 'recalculate', c.status, c.programme, c.organisation, c.created, c.updated_at \
               FROM claims AS c JOIN rental_usage AS u ON u.rental = c.rental AND u.replaced <> '[]' \
              WHERE $1 AND c.status IN ('approved', 'paid') AND c.pending IS NULL \
                AND EXISTS (SELECT FROM jsonb_array_elements(u.replaced) AS m \
                     WHERE (m ->> 'at')::bigint > c.usage_sequence \
                       AND to_date(m ->> 'month', 'YYYY-MM') < c.period_until \
                       AND to_date(m ->> 'month', 'YYYY-MM') + interval '1 month' > c.period_from) \
             UNION ALL \
             SELECT 'reversal', sequence::text, 'approve', status, NULL, NULL, created, updated_at \
               FROM reversals WHERE $2 AND status = 'proposed' AND created_by <> $3 \
             UNION ALL \
             SELECT 'programme', code, 'approve', status, code, NULL, created, updated_at \
               FROM programmes WHERE $2 AND status = 'draft' AND created_by <> $3 \
             UNION ALL \
             SELECT 'rules', programme || '/' || number, 'approve', status, programme, NULL, created, updated_at \
               FROM rules_versions WHERE $2 AND status = 'proposed' AND number > 1 AND created_by <> $3 \
             UNION ALL \
             SELECT kind, id::text, 'approve', status, programme, NULL, created, updated_at \
               FROM budget_changes WHERE $2 AND status = 'proposed' AND created_by <> $3 \
         ) AS t WHERE created > $5 ORDER BY created LIMIT $6";
    /// A page of everything that changed.
    pub fn events(after: i64, limit: i64) -> Vec<EventFound> =
        "SELECT sequence, recorded_at, kind, document FROM log WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    /// A page of what changed on a party's own documents: their steps, and what is no step and yet news.
    pub fn own_events(after: i64, organisation: &str, provider: &str, limit: i64) -> Vec<EventFound> =
        "SELECT sequence, recorded_at, kind, document FROM log WHERE sequence IN ( \
             SELECT t.sequence FROM transitions AS t JOIN ( \
                 SELECT id::text AS document FROM vouchers WHERE organisation = $2 OR provider = $3 \
                 UNION ALL SELECT id::text FROM claims WHERE organisation = $2 OR provider = $3 \
                 UNION ALL SELECT id::text FROM rentals WHERE organisation = $2 OR provider = $3 \
             UNION ALL SELECT id::text FROM loans WHERE organisation = $2 \
                 UNION ALL SELECT id::text FROM evidence WHERE organisation = $2 \
                 UNION ALL SELECT credit_code FROM organisations WHERE credit_code IN ($2, $3)) AS own \
               ON own.document = t.document WHERE t.sequence > $1 \
             UNION ALL SELECT sequence FROM log WHERE sequence > $1 AND kind IN ('remind_voucher', 'expire_voucher') \
               AND document IN (SELECT id::text FROM vouchers WHERE organisation = $2 OR provider = $3) \
             UNION ALL SELECT sequence FROM log WHERE sequence > $1 AND document IN ($2, $3) \
               AND kind IN ('propose_bank_account', 'approve_bank_account', 'reject_bank_account')) \
         ORDER BY sequence LIMIT $4";
    /// The steps of some leaves.
    pub fn transitions(sequences: &[i64]) -> Vec<TransitionFound> =
        "SELECT sequence, kind, document, from_status, to_status FROM transitions \
         WHERE sequence = ANY($1) ORDER BY sequence, ordinal";
    /// The steps of some leaves on a party's own documents.
    pub fn own_transitions(sequences: &[i64], organisation: &str, provider: &str) -> Vec<TransitionFound> =
        "SELECT t.sequence, t.kind, t.document, t.from_status, t.to_status FROM transitions AS t JOIN ( \
             SELECT id::text AS document FROM vouchers WHERE organisation = $2 OR provider = $3 \
             UNION ALL SELECT id::text FROM claims WHERE organisation = $2 OR provider = $3 \
             UNION ALL SELECT id::text FROM rentals WHERE organisation = $2 OR provider = $3 \
             UNION ALL SELECT id::text FROM loans WHERE organisation = $2 \
             UNION ALL SELECT id::text FROM evidence WHERE organisation = $2 \
             UNION ALL SELECT credit_code FROM organisations WHERE credit_code IN ($2, $3)) AS own \
           ON own.document = t.document WHERE t.sequence = ANY($1) ORDER BY t.sequence, t.ordinal";
}
