//! Papers 发票: invoices on several files, of which organisations say different things, of another time, taken back.
//!
//! Files and claims stand in the window in which they were brought or drafted. Whether a red invoice left a claim without
//! backing is told by what holds the invoice now.

use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Code, ExceptionRow};
use crate::ReadError;
use crate::report::{Link, Window};
use subsidy_core::domain::Money;
use subsidy_store::db::convert;
use subsidy_store::{rows, statement};

/// What is asked about papers.
pub(super) const CODES: [Code; 4] =
    [Code::DuplicateInvoice, Code::InvoiceDate, Code::InvoiceDisputed, Code::RedInvoice];

rows! {
    struct PaperRow {
        kind: String,
        document: String,
        sequence: i64,
        programme: String,
        organisation: String,
        subject: String,
        amount: Option<Decimal>,
        remaining: Option<Decimal>,
        code: String,
        number: String,
        detail: String,
    }
}

/// A file of an invoice as a row; `detail` is what else there is to say.
macro_rules! file {
    ($detail:literal) => {
        concat!(
            "SELECT 'evidence' AS kind, e.id::text AS document, e.created AS sequence, '' AS programme, e.organisation, \
                    e.created_by AS subject, (e.invoice ->> 'amount')::numeric AS amount, NULL::numeric AS remaining, \
                    e.invoice_code AS code, e.invoice_number AS number, ",
            $detail,
            " AS detail FROM evidence AS e "
        )
    };
}

statement! {
    /// Files that show an invoice, brought after `$1` up to `$2`, which other files known at `$3` show too; and how many do.
    fn shown_twice(Window { after, until }; known_at: i64) -> Vec<PaperRow> =
        concat!(
            file!("d.files || ' files'"),
            "JOIN LATERAL (SELECT count(*) AS files FROM evidence AS d \
                 WHERE d.invoice_number = e.invoice_number AND d.invoice_code = e.invoice_code AND d.kind = 'invoice' \
                   AND d.created <= $3) AS d ON d.files > 1 \
              WHERE e.created > $1 AND e.created <= $2 AND e.kind = 'invoice'",
        );
    /// Files whose organisation says of an invoice what contradicts another organisation's file known at `$3`: another
    /// amount or buyer, or no buyer, which makes each the buyer.
    fn contradicting(Window { after, until }; known_at: i64) -> Vec<PaperRow> =
        concat!(
            file!("coalesce((SELECT s.confirmed FROM invoices AS s WHERE s.organisation = e.organisation \
                    AND s.code = e.invoice_code AND s.number = e.invoice_number), '') \
                    || ' ' || coalesce(e.invoice ->> 'buyer', '')"),
            "WHERE e.created > $1 AND e.created <= $2 AND e.kind = 'invoice' AND EXISTS (SELECT FROM evidence AS d \
                 WHERE d.invoice_number = e.invoice_number AND d.invoice_code = e.invoice_code AND d.kind = 'invoice' \
                   AND d.created <= $3 AND d.organisation <> e.organisation \
                   AND ((e.invoice ->> 'amount') IS DISTINCT FROM (d.invoice ->> 'amount') \
                     OR ((e.invoice ->> 'buyer') = (d.invoice ->> 'buyer')) IS NOT TRUE))",
        );
    /// Files of invoices dated later than the business date on which they were brought.
    fn too_late(Window { after, until }) -> Vec<PaperRow> =
        concat!(
            file!("'issued ' || (e.invoice ->> 'issued_on') || ', brought ' || e.brought_on"),
            "WHERE e.created > $1 AND e.created <= $2 AND e.kind = 'invoice' \
                AND (e.invoice ->> 'issued_on')::date > e.brought_on",
        );
    /// Claims drafted after `$1` up to `$2` with invoices dated before the first day of their contract.
    fn too_early(Window { after, until }) -> Vec<PaperRow> =
        "SELECT 'claim' AS kind, k.id::text AS document, k.created AS sequence, k.programme, k.organisation, \
                k.created_by AS subject, (p.part ->> 'amount')::numeric AS amount, NULL::numeric AS remaining, \
                i.code, i.number, \
                'issued ' || i.issued_on || ', contract from ' || r.from_date || ', evidence ' || (p.part ->> 'evidence_id') AS detail \
           FROM claims AS k CROSS JOIN LATERAL jsonb_array_elements(k.invoices) AS p(part) \
           JOIN invoices AS i ON i.organisation = k.organisation AND i.number = p.part #>> '{invoice,number}' \
                AND i.code = coalesce(p.part #>> '{invoice,code}', '') \
           LEFT JOIN vouchers AS v ON v.id = k.voucher \
           JOIN rentals AS r ON r.id = coalesce(k.rental, v.rental) \
          WHERE k.created > $1 AND k.created <= $2 AND i.issued_on < r.from_date";
    /// Claims that hold of what a red invoice brought after `$1` up to `$2` takes back: its organisation's where more is
    /// held than is left, and others' in any case.
    fn taken_back(Window { after, until }) -> Vec<PaperRow> =
        "SELECT 'claim' AS kind, h.hold ->> 'claim' AS document, e.created AS sequence, k.programme, o.organisation, \
                e.created_by AS subject, (h.hold ->> 'amount')::numeric AS amount, \
                greatest(coalesce(o.amount, 0) - o.reversed, 0) AS remaining, o.code, o.number, \
                k.status || ', red ' || e.invoice_number AS detail \
           FROM evidence AS e \
           JOIN invoices AS o ON o.number = e.invoice #>> '{original,number}' \
                AND o.code = coalesce(e.invoice #>> '{original,code}', '') \
          CROSS JOIN LATERAL jsonb_array_elements(o.holds) AS h(hold) \
           JOIN claims AS k ON k.id = (h.hold ->> 'claim')::uuid \
          WHERE e.created > $1 AND e.created <= $2 AND e.kind = 'invoice' \
            AND (o.organisation <> e.organisation OR o.allocated > greatest(coalesce(o.amount, 0) - o.reversed, 0))";
}

/// What there is to ask about the papers of a window.
pub(super) async fn read(
    conn: &AsyncPgConnection,
    window: Window,
    known_at: i64,
    code: Code,
) -> Result<Vec<ExceptionRow>, ReadError> {
    let found = match code {
        Code::DuplicateInvoice => shown_twice(conn, window, known_at).await?,
        Code::InvoiceDisputed => contradicting(conn, window, known_at).await?,
        Code::RedInvoice => taken_back(conn, window).await?,
        _ => {
            let mut found = too_late(conn, window).await?;
            found.extend(too_early(conn, window).await?);
            found
        }
    };
    found.into_iter().map(|found| row(found, code)).collect()
}

fn row(found: PaperRow, code: Code) -> Result<ExceptionRow, ReadError> {
    let list = || {
        let list = Link::of("/v1/evidence?kind=invoice").with("invoice_number", &found.number);
        list.with("invoice_code", &found.code)
    };
    let place = match found.kind.as_str() {
        "claim" => format!("/v1/claims/{}", found.document),
        _ => format!("/v1/evidence/{}", found.document),
    };
    let name = format!("{} {}", found.code, found.number);
    let detail = format!("{} {}", name.trim(), found.detail);
    let money = |amount: Option<Decimal>| -> Result<Option<Money>, ReadError> {
        Ok(amount.map(convert::money).transpose()?)
    };
    Ok(ExceptionRow {
        code,
        place: Some(Link::of(&place)),
        sequence: found.sequence,
        amount: money(found.amount)?.map(|amount| (amount, None)),
        limit: money(found.remaining)?,
        occurrences: None,
        detail: detail.trim().to_owned(),
        shown: Some(list()),
        document: found.document,
        programme: found.programme,
        organisation: found.organisation,
        subject: found.subject,
    })
}
