//! The overlap register 重复资助登记: contracts, loans and invoices that carry vouchers or claims of more than one programme.
//!
//! A row is a question, not a finding: rules may let two programmes pay for the same thing, or take off what the other
//! pays. Documents stand in it by the last of their steps that was known; drafts, and what was refused or taken back, do
//! not. All is read a window of sequences at a time; what rests on more than one programme is little, and kept.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::lines::open::{OfDocuments, of_documents};
use super::report::{Link, ROWS_MAX, Report, Row, Scope};
use crate::domain::Money;
use crate::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("类别 kind", 10),
    Column::plain("对象 subject", 38),
    Column::plain("编号 number", 24),
    Column::plain("单位 organisation", 24),
    Column::plain("对方 counterparty", 24),
    Column::counts("专项数 programmes", 10),
    Column::plain("专项 programme", 24),
    Column::plain("单据类别 document_kind", 10),
    Column::plain("单据 document", 38),
    Column::plain("状态 status", 16),
    Column::summed("承诺 issued", 20),
    Column::summed("兑付 redeemed", 20),
    Column::summed("核定待支付 approved", 20),
    Column::summed("已支付 expended", 20),
];

/// Sequences of a window.
const WINDOW: i64 = 4_096;

rows! {
    struct UseFound {
        kind: String,
        subject: String,
        number: String,
        organisation: String,
        counterparty: String,
        programme: String,
        document_kind: String,
        document: String,
        status: String,
    }
}

/// The last step of a document `{document}` of a kind `{kind}` that was known at `$3`, where it counts.
macro_rules! step_of {
    ($kind:literal, $document:literal) => {
        concat!(
            "JOIN LATERAL (SELECT s.to_status FROM transitions AS s WHERE s.document = ",
            $document,
            "::text AND s.kind = ",
            $kind,
            " AND s.sequence <= $3 ORDER BY s.sequence DESC, s.ordinal DESC LIMIT 1) AS t \
             ON t.to_status NOT IN ('draft', 'rejected', 'returned', 'cancelled', 'withdrawn') "
        )
    };
}

statement! {
    /// Contracts made after `$1` up to `$2` with what rests on them, where that is of two programmes or more.
    fn contracts(after: i64, until: i64, known_at: i64) -> Vec<UseFound> =
        concat!(
            "SELECT 'contract' AS kind, r.id::text AS subject, r.contract_no AS number, r.organisation, \
                    r.provider AS counterparty, u.programme, u.kind AS document_kind, u.document::text AS document, \
                    t.to_status AS status \
               FROM rentals AS r JOIN contract_uses AS u ON u.rental = r.id ",
            step_of!("u.kind", "u.document"),
            "WHERE r.created > $1 AND r.created <= $2 \
                AND EXISTS (SELECT FROM contract_uses AS o WHERE o.rental = r.id AND o.programme <> u.programme) \
              ORDER BY r.created, u.programme COLLATE \"C\", u.document",
        );
    fn loans(after: i64, until: i64, known_at: i64) -> Vec<UseFound> =
        concat!(
            "SELECT 'loan' AS kind, n.id::text AS subject, n.loan_no AS number, n.organisation, \
                    n.bank AS counterparty, u.programme, 'claim' AS document_kind, u.claim::text AS document, \
                    t.to_status AS status \
               FROM loans AS n JOIN loan_uses AS u ON u.loan = n.id ",
            step_of!("'claim'", "u.claim"),
            "WHERE n.created > $1 AND n.created <= $2 \
                AND EXISTS (SELECT FROM loan_uses AS o WHERE o.loan = n.id AND o.programme <> u.programme) \
              ORDER BY n.created, u.programme COLLATE \"C\", u.claim",
        );
    /// Claims made after `$1` up to `$2` with each invoice that they took by what was last written of them.
    fn invoiced(after: i64, until: i64, known_at: i64) -> Vec<UseFound> =
        concat!(
            "SELECT DISTINCT 'invoice' AS kind, e.invoice_code AS subject, e.invoice_number AS number, k.organisation, \
                    coalesce(k.provider, '') AS counterparty, k.programme, 'claim' AS document_kind, \
                    k.id::text AS document, t.to_status AS status \
               FROM claims AS k ",
            step_of!("'claim'", "k.id"),
            "JOIN LATERAL ( \
                 SELECT convert_from(l.leaf, 'UTF8')::jsonb #> ARRAY['command', l.kind, 'invoices'] AS parts \
                   FROM calculations AS c JOIN log AS l ON l.sequence = c.sequence AND l.kind IN ('draft_claim', 'rewrite_claim') \
                  WHERE c.document = k.id::text AND c.sequence <= $3 ORDER BY c.version DESC LIMIT 1) AS w ON w.parts IS NOT NULL \
             JOIN LATERAL jsonb_array_elements(w.parts) AS part ON true \
             JOIN evidence AS e ON e.id = (part ->> 'evidence_id')::uuid \
             WHERE k.created > $1 AND k.created <= $2",
        );
}

/// What rests on one thing.
type Uses = Vec<UseFound>;

fn programmes(uses: &Uses) -> BTreeSet<&str> {
    uses.iter().map(|one| one.programme.as_str()).collect()
}

/// Contracts and loans, each with all of its documents, then invoices.
async fn found(conn: &AsyncPgConnection, scope: &Scope) -> Result<Vec<Uses>, ReadError> {
    let mut groups: Vec<Uses> = Vec::new();
    let mut invoices: BTreeMap<(String, String), Uses> = BTreeMap::new();
    for (after, until) in scope.windows(WINDOW) {
        let mut rows = contracts(conn, after, until, scope.known_at).await?;
        rows.extend(loans(conn, after, until, scope.known_at).await?);
        for row in rows {
            match groups
                .last_mut()
                .filter(|group| group.first().is_some_and(|one| one.subject == row.subject))
            {
                Some(group) => group.push(row),
                None => groups.push(vec![row]),
            }
        }
        groups.retain(|group| programmes(group).len() > 1);
        for row in invoiced(conn, after, until, scope.known_at).await? {
            invoices.entry((row.subject.clone(), row.number.clone())).or_default().push(row);
        }
    }
    invoices.retain(|_, uses| programmes(uses).len() > 1);
    for uses in invoices.values_mut() {
        uses.sort_by(|a, b| (&a.programme, &a.document).cmp(&(&b.programme, &b.document)));
    }
    groups.extend(invoices.into_values());
    let programme = scope.programme.as_deref();
    groups.retain(|group| programme.is_none_or(|only| programmes(group).contains(only)));
    Ok(groups)
}

/// A row a document. What was issued, redeemed, approved and paid comes from the ledger's lines.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope) -> Result<Report, ReadError> {
    let groups = found(conn, scope).await?;
    let documents: BTreeSet<&str> = groups.iter().flatten().map(|one| one.document.as_str()).collect();
    if documents.len() > ROWS_MAX {
        return Err(ReadError::TooManyRows { limit: ROWS_MAX });
    }
    let documents: Vec<String> = documents.into_iter().map(str::to_owned).collect();
    let sums = of_documents(conn, scope, &documents).await?;
    let mut rows = Vec::new();
    for group in &groups {
        let programmes = i64::try_from(programmes(group).len()).unwrap_or(i64::MAX);
        rows.extend(group.iter().map(|one| row(scope, one, programmes, &sums)));
    }
    Ok(Report::of(["overlaps", "重复资助登记"], COLUMNS, rows))
}

fn row(scope: &Scope, found: &UseFound, programmes: i64, sums: &OfDocuments) -> Row {
    let document = &found.document;
    let row = Row::default().text(&found.kind);
    let row = match found.kind.as_str() {
        "contract" => row.linked(&found.subject, Link::of(&format!("/v1/rentals/{}", found.subject))),
        "loan" => row.linked(&found.subject, Link::of(&format!("/v1/loans/{}", found.subject))),
        _ => {
            let list = Link::of("/v1/evidence?kind=invoice").with("invoice_number", &found.number);
            let name = format!("{} {}", found.subject, found.number);
            row.linked(name.trim(), list.with("invoice_code", &found.subject))
        }
    };
    let row = row
        .text(&found.number)
        .text(&found.organisation)
        .text(&found.counterparty)
        .count(programmes)
        .text(&found.programme)
        .text(&found.document_kind)
        .linked(document, Link::of(&format!("/v1/{}s/{document}", found.document_kind)))
        .text(&found.status);
    let of = |what: &str| sums.get(&(document.clone(), what.to_owned())).copied().unwrap_or(Money::ZERO);
    let statement = || scope.statement().until(scope.as_of);
    if found.document_kind == "voucher" {
        let of_flow = |flow: &str| (of(flow), statement().with("flow", flow).with("voucher", document));
        let (issued, redeemed) = (of_flow("issued"), of_flow("redeemed"));
        return row.figure(issued.0, issued.1).figure(redeemed.0, redeemed.1).empty().empty();
    }
    let on = |account: &str| (of(account), statement().with("account", account).with("document", document));
    let (approved, expended) = (on("B2007"), on("B2008"));
    row.empty().empty().figure(approved.0, approved.1).figure(expended.0, expended.1)
}
