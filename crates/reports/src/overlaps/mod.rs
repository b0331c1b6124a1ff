//! The overlap register 重复资助登记: contracts, loans and invoices that carry vouchers or claims of more than one programme, and
//! organisations with awards and rankings of more than one, or of one for the same project or year.
//!
//! A row is a question, not a finding: rules may let two programmes pay for the same thing, or take off what the other
//! pays. Documents stand in it by the last of their steps that was known; drafts, and what was refused or taken back, do
//! not. All is read a window of sequences at a time; the lines of some documents are summed together.

mod found;
pub mod invoices;

use std::collections::BTreeSet;
use std::vec;

use diesel_async::AsyncPgConnection;

use self::found::Search;
use self::invoices::TakenInvoices;
use super::ReadError;
use super::formats::Column;
use super::known::KnownSums;
use super::lines::open::{OfDocuments, of_documents};
use super::reading::{self, Part};
use super::report::{Link, ROWS_MAX, Report, Row, Scope};
use super::scope::At;
use subsidy_core::domain::{AgencyCode, Money};
use subsidy_store::rows;

const WINDOW: i64 = 4_096;

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
use step_of;

/// What a row says.
pub const COLUMNS: &[Column] = &[
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

pub const NAME: [&str; 2] = ["overlaps", "重复资助登记"];
/// Documents whose lines are summed in one walk over the ledger.
const TOGETHER: usize = 32_768;
const PAGE: usize = 4_096;

rows! {
    /// A document that rests on a contract, a loan or an invoice; when what it rests on was made, or of an invoice the claim.
    struct AllocationRow {
        kind: String,
        subject: String,
        number: String,
        organisation: String,
        counterparty: String,
        programme: String,
        document_kind: String,
        document: String,
        status: String,
        created: i64,
    }
}

/// What rests on one thing.
type ContractAllocations = Vec<AllocationRow>;

fn programmes(uses: &ContractAllocations) -> BTreeSet<&str> {
    uses.iter().map(|one| one.programme.as_str()).collect()
}

/// What each document of some was issued, redeemed, approved and paid for, from the ledger's lines.
async fn sums(
    conn: &AsyncPgConnection,
    scope: &Scope,
    found: &[ContractAllocations],
) -> Result<OfDocuments, ReadError> {
    let documents: BTreeSet<&str> = found.iter().flatten().map(|one| one.document.as_str()).collect();
    let documents: Vec<String> = documents.into_iter().map(str::to_owned).collect();
    // no document is older than what it rests on, and a claim is as old as itself
    let first = found.iter().flatten().map(|one| one.created).min().unwrap_or_default();
    of_documents(conn, scope, (first, &documents)).await
}

fn rows_of(scope: &Scope, uses: &ContractAllocations, sums: &OfDocuments) -> Vec<Row> {
    let programmes = i64::try_from(programmes(uses).len()).unwrap_or(i64::MAX);
    uses.iter().map(|one| row(scope, one, programmes, sums)).collect()
}

/// The whole register, where it is short enough. Error: more than a report has rows, before any line is summed.
pub async fn read(
    conn: &AsyncPgConnection,
    of: (&AgencyCode, &At, &Scope),
    known: &KnownSums<TakenInvoices>,
) -> Result<Report, ReadError> {
    let scope = of.2;
    let found = Search::begin(conn, of, known).await?.next(conn, ROWS_MAX + 1).await?;
    if found.iter().map(Vec::len).sum::<usize>() > ROWS_MAX {
        return Err(ReadError::TooManyRows { limit: ROWS_MAX });
    }
    let sums = sums(conn, scope, &found).await?;
    let rows = found.iter().flat_map(|uses| rows_of(scope, uses, &sums)).collect();
    Ok(Report::of(NAME, COLUMNS, rows))
}

/// The same rows in the same order, some documents at a time.
#[derive(Debug)]
pub struct Reading {
    search: Search,
    /// Found and not yet shown, and what their documents come to.
    found: vec::IntoIter<ContractAllocations>,
    sums: OfDocuments,
}

impl Reading {
    /// Before the first row.
    pub async fn begin(
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &At, &Scope),
        known: &KnownSums<TakenInvoices>,
    ) -> Result<Self, ReadError> {
        let search = Search::begin(conn, of, known).await?;
        Ok(Self { search, found: Vec::new().into_iter(), sums: OfDocuments::new() })
    }
}

impl reading::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection, _: Part) -> Result<Option<Vec<Row>>, ReadError> {
        if self.found.as_slice().is_empty() {
            let found = self.search.next(conn, TOGETHER).await?;
            self.sums = sums(conn, self.search.scope(), &found).await?;
            self.found = found.into_iter();
        }
        let mut rows = Vec::new();
        while rows.len() < PAGE
            && let Some(uses) = self.found.next()
        {
            rows.extend(rows_of(self.search.scope(), &uses, &self.sums));
        }
        Ok(Some(rows).filter(|rows| !rows.is_empty()))
    }
}

fn row(scope: &Scope, found: &AllocationRow, programmes: i64, sums: &OfDocuments) -> Row {
    let document = &found.document;
    let row = Row::default().text(&found.kind);
    let row = match found.kind.as_str() {
        "contract" => row.linked(&found.subject, Link::of(&format!("/v1/rentals/{}", found.subject))),
        "organisation" => {
            row.linked(&found.subject, Link::of(&format!("/v1/organisations/{}", found.subject)))
        }
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
