//! Parties and papers 关联与重复: contracts and loans between organisations that belong together, invoices that several
//! files show.

use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Code, Found};
use crate::db::convert;
use crate::reports::ReadError;
use crate::reports::report::Link;
use crate::{rows, statement};

rows! {
    struct PartyFound {
        kind: String,
        document: String,
        sequence: i64,
        organisation: String,
        subject: String,
        amount: Option<Decimal>,
        number: String,
        other: String,
    }
}

statement! {
    /// Contracts and loans made after `$1` up to `$2`, of parties that were known at `$3` to belong together.
    fn related(after: i64, until: i64, known_at: i64) -> Vec<PartyFound> =
        "SELECT d.* FROM ( \
             SELECT 'rental' AS kind, id::text AS document, created AS sequence, organisation, created_by AS subject, \
                    total AS amount, contract_no AS number, provider AS other \
               FROM rentals WHERE created > $1 AND created <= $2 \
             UNION ALL \
             SELECT 'loan', id::text, created, organisation, created_by, NULL, loan_no, bank \
               FROM loans WHERE created > $1 AND created <= $2) AS d \
           LEFT JOIN organisations AS o ON o.credit_code = d.organisation AND o.created <= $3 \
           LEFT JOIN organisations AS p ON p.credit_code = d.other AND p.created <= $3 \
          WHERE o.related ? d.other OR p.related ? d.organisation OR o.controller = p.controller";
    /// Files that show an invoice, brought after `$1` up to `$2`, which another file known at `$3` shows too.
    fn shown_twice(after: i64, until: i64, known_at: i64) -> Vec<PartyFound> =
        "SELECT 'evidence' AS kind, e.id::text AS document, e.created AS sequence, e.organisation, e.created_by AS subject, \
                (e.invoice ->> 'amount')::numeric AS amount, e.invoice_number AS number, e.invoice_code AS other \
           FROM evidence AS e \
          WHERE e.created > $1 AND e.created <= $2 AND e.kind = 'invoice' \
            AND EXISTS (SELECT FROM evidence AS d \
                 WHERE d.invoice_number = e.invoice_number AND d.invoice_code = e.invoice_code AND d.kind = 'invoice' \
                   AND d.created <= $3 AND d.id <> e.id)";
}

/// What there is to ask about what was brought in a window.
pub(super) async fn read(
    conn: &AsyncPgConnection,
    (after, until): (i64, i64),
    known_at: i64,
    code: Code,
) -> Result<Vec<Found>, ReadError> {
    let found = if code == Code::RelatedParty {
        related(conn, after, until, known_at).await?
    } else {
        shown_twice(conn, after, until, known_at).await?
    };
    found.into_iter().map(|found| row(found, code)).collect()
}

fn row(found: PartyFound, code: Code) -> Result<Found, ReadError> {
    let rooms = if found.kind == "evidence" { "evidence".to_owned() } else { format!("{}s", found.kind) };
    let (detail, shown) = if found.kind == "evidence" {
        let list = Link::of("/v1/evidence?kind=invoice").with("invoice_number", &found.number);
        let detail = format!("{} {}", found.other, found.number).trim().to_owned();
        (detail, list.with("invoice_code", &found.other))
    } else {
        let other = Link::of(&format!("/v1/organisations/{}", found.other));
        (format!("{} {}", found.number, found.other), other)
    };
    Ok(Found {
        code,
        place: Some(Link::of(&format!("/v1/{rooms}/{}", found.document))),
        document: found.document,
        sequence: found.sequence,
        programme: String::new(),
        organisation: found.organisation,
        subject: found.subject,
        amount: found.amount.map(convert::money).transpose()?.map(|amount| (amount, None)),
        limit: None,
        occurrences: None,
        detail,
        shown: Some(shown),
    })
}
