//! The exception list 疑点清单: what an auditor looks at first. A row is a question, not a finding.
//!
//! Every row follows from what was known at the sequence. Hours and weekdays are the agency's, of when a leaf was
//! recorded.

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::ReadError;
use super::formats::Column;
use super::report::{Link, Report, Row, Scope};
use crate::db::convert;
use crate::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("疑点 code", 24),
    Column::plain("单据 document", 38),
    Column::counts("序号 sequence", 10),
    Column::plain("专项 programme", 24),
    Column::plain("单位 organisation", 24),
    Column::plain("经手 subject", 18),
    Column::amounts("金额 amount", 20),
    Column::plain("说明 detail", 60),
];

rows! {
    struct ExceptionFound {
        code: String,
        document: String,
        sequence: i64,
        programme: String,
        organisation: String,
        subject: String,
        amount: Option<Decimal>,
        detail: String,
    }
}

statement! {
    /// `$1` the sequence, `$2` the zone, `$3` a programme or all, `$5` the day.
    fn exceptions(
        known_at: i64,
        zone: &str,
        programme: Option<&str>,
        limit: i64,
        as_of: NaiveDate,
    ) -> Vec<ExceptionFound> =
        "WITH acts AS ( \
             SELECT l.sequence, l.kind, l.document, l.subject, l.recorded_at AT TIME ZONE $2 AS at, \
                    coalesce(e.programme, '') AS programme, coalesce(e.organisation, '') AS organisation, e.amount \
               FROM log AS l \
               LEFT JOIN LATERAL (SELECT programme, max(organisation) AS organisation, sum(amount) AS amount \
                    FROM entries WHERE sequence = l.sequence AND account LIKE 'B%' AND side = 'D' GROUP BY programme) AS e ON true \
              WHERE l.sequence <= $1 AND (l.kind LIKE 'approve\\_%' OR l.kind = 'issue_voucher')), \
         sheets AS ( \
             SELECT c.document, c.sequence, coalesce(v.programme, k.programme) AS programme, \
                    coalesce(v.organisation, k.organisation) AS organisation, l.subject, \
                    (c.sheet ->> 'amount')::numeric AS amount, (c.sheet ->> 'computed')::numeric AS computed, \
                    (c.sheet #>> '{inputs,claim_cap}')::numeric AS claim_cap, \
                    (c.sheet #>> '{inputs,annual,cap}')::numeric AS cap, (c.sheet #>> '{inputs,annual,used}')::numeric AS used \
               FROM calculations AS c JOIN log AS l ON l.sequence = c.sequence \
               LEFT JOIN vouchers AS v ON v.id = c.document::uuid LEFT JOIN claims AS k ON k.id = c.document::uuid \
              WHERE c.sequence <= $1) \
         SELECT * FROM ( \
             SELECT 'weekend_approval' AS code, document, sequence, programme, organisation, subject, amount, \
                    kind || ' ' || to_char(at, 'YYYY-MM-DD HH24:MI') AS detail \
               FROM acts WHERE extract(isodow FROM at) > 5 \
             UNION ALL \
             SELECT 'night_approval', document, sequence, programme, organisation, subject, amount, \
                    kind || ' ' || to_char(at, 'YYYY-MM-DD HH24:MI') \
               FROM acts WHERE extract(hour FROM at) < 7 OR extract(hour FROM at) >= 21 \
             UNION ALL \
             SELECT 'round_amount', document, sequence, programme, organisation, subject, amount, kind \
               FROM acts WHERE kind IN ('issue_voucher', 'approve_claim') AND amount % 10000 = 0 \
             UNION ALL \
             SELECT 'same_person', subject, max(sequence), '', '', subject, NULL, \
                    'raised ' || count(*) FILTER (WHERE raised) || ', approved ' || count(*) FILTER (WHERE NOT raised) \
               FROM (SELECT sequence, subject, kind NOT LIKE 'approve\\_%' AND kind <> 'issue_voucher' AS raised FROM log \
                      WHERE sequence <= $1 AND (kind LIKE 'approve\\_%' OR kind LIKE 'propose\\_%' OR kind LIKE 'review\\_%' \
                            OR kind IN ('issue_voucher', 'apply_for_voucher', 'draft_claim', 'submit_claim'))) AS steps \
              GROUP BY subject HAVING bool_or(raised) AND bool_or(NOT raised) \
             UNION ALL \
             SELECT 'related_party', r.id::text, r.created, '', r.organisation, r.created_by, r.total, \
                    r.contract_no || ' ' || r.provider \
               FROM rentals AS r JOIN organisations AS o ON o.credit_code = r.organisation \
               JOIN organisations AS p ON p.credit_code = r.provider \
              WHERE r.created <= $1 AND o.created <= $1 AND p.created <= $1 \
                AND (o.related ? r.provider OR p.related ? r.organisation OR o.controller = p.controller) \
             UNION ALL \
             SELECT 'duplicate_invoice', e.id::text, e.created, '', e.organisation, e.created_by, \
                    (e.invoice ->> 'amount')::numeric, concat_ws(' ', nullif(e.invoice_code, ''), e.invoice_number) \
               FROM evidence AS e \
              WHERE e.created <= $1 AND e.kind = 'invoice' AND EXISTS (SELECT FROM evidence AS d WHERE d.created <= $1 \
                    AND d.id <> e.id AND d.invoice_code = e.invoice_code AND d.invoice_number = e.invoice_number) \
             UNION ALL \
             SELECT 'over_cap', document, sequence, programme, organisation, subject, amount, \
                    'limit ' || least(claim_cap, cap - used) \
               FROM sheets WHERE amount > least(claim_cap, cap - used) \
             UNION ALL \
             SELECT 'below_threshold', document, sequence, programme, organisation, subject, amount, \
                    'limit ' || least(claim_cap, cap - used) \
               FROM sheets WHERE computed >= least(claim_cap, cap - used) * 0.95 AND computed < least(claim_cap, cap - used) \
             UNION ALL \
             SELECT 'prefund_not_trued_up', organisation || '/' || fiscal_year, max(sequence), programme, organisation, '', \
                    sum(CASE side WHEN 'D' THEN amount ELSE -amount END), 'left of ' || fiscal_year \
               FROM entries WHERE account = 'F1214' AND sequence <= $1 AND effective_date <= $5 \
              GROUP BY programme, organisation, fiscal_year \
             HAVING fiscal_year < extract(year FROM $5) AND sum(CASE side WHEN 'D' THEN amount ELSE -amount END) > 0 \
         ) AS x WHERE $3::text IS NULL OR programme = $3 OR programme = '' \
         ORDER BY code COLLATE \"C\", sequence, document COLLATE \"C\" LIMIT $4";
}

/// All of them, by code and sequence.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope, zone: &str) -> Result<Report, ReadError> {
    let as_of = scope.as_of.naive();
    let found =
        exceptions(conn, scope.known_at, zone, scope.programme.as_deref(), Scope::rows(), as_of).await?;
    let rows = found.into_iter().map(row).collect::<Result<_, _>>()?;
    Ok(Report::of(["exceptions", "疑点清单"], COLUMNS, rows))
}

fn row(found: ExceptionFound) -> Result<Row, ReadError> {
    let leaf = Link::of(&format!("/v1/audit/entries/{}", found.sequence));
    let row = Row::default()
        .text(found.code)
        .text(found.document)
        .linked(found.sequence, leaf)
        .text(found.programme)
        .text(found.organisation)
        .text(found.subject);
    let row = match found.amount {
        Some(amount) => row.amount(convert::money(amount)?),
        None => row.empty(),
    };
    Ok(row.text(found.detail))
}
