//! Parties 关联: contracts and loans between organisations that belong together.

use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Code, ExceptionRow};
use crate::ReadError;
use crate::report::{Link, Window};
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

rows! {
    struct PartyRow {
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
    fn related(Window { after, until }; known_at: i64) -> Vec<PartyRow> =
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
}

/// What there is to ask about the parties of what was made in a window.
pub(super) async fn read(
    conn: &AsyncPgConnection,
    window: Window,
    known_at: i64,
) -> Result<Vec<ExceptionRow>, ReadError> {
    let found = related(conn, window, known_at).await?;
    found.into_iter().map(row).collect()
}

fn row(found: PartyRow) -> Result<ExceptionRow, ReadError> {
    Ok(ExceptionRow {
        code: Code::RelatedParty,
        place: Some(Link::of(&format!("/v1/{}s/{}", found.kind, found.document))),
        document: found.document,
        sequence: found.sequence,
        programme: String::new(),
        organisation: found.organisation,
        subject: found.subject,
        amount: found.amount.map(convert::money).transpose()?.map(|amount| (amount, None)),
        limit: None,
        occurrences: None,
        detail: format!("{} {}", found.number, found.other),
        shown: Some(Link::of(&format!("/v1/organisations/{}", found.other))),
    })
}
