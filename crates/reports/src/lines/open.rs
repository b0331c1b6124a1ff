//! What lines come to by the documents that they are about, read a block of sequences at a time.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Filter, LineQuery, movement};
use crate::ReadError;
use crate::known::Summed;
use crate::report::{Scope, Window};
use crate::scope::At;
use subsidy_core::domain::Money;
use subsidy_store::db::convert;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

rows! {
    /// What lines of a document come to.
    struct DocumentTurnoverRow { document: String, flow: String, account: String, side: String, amount: Decimal }
}

rows! {
    /// What a document's lines on an account come to, and since when they do.
    pub struct OpenItemRow {
        account: String,
        about: String,
        programme: String,
        organisation: String,
        amount: Decimal,
        since: Option<NaiveDate>,
    }
}

/// What is open of a document on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenItem {
    /// B2003, B2006, B2007, F1212, or F1214 of an award.
    pub account: String,
    /// The voucher, the award, the claim, the recovery.
    pub about: String,
    /// 专项
    pub programme: String,
    /// 单位
    pub organisation: String,
    /// CNY.
    pub amount: Money,
    /// Since when it first was.
    pub since: Option<NaiveDate>,
}

statement! {
    /// By voucher what was issued and redeemed, by claim what moved on B2007 and B2008, after a sequence `$4`.
    fn moved(LineQuery<'_> { until, as_of, programme, after }; documents: &[String]) -> Vec<DocumentTurnoverRow> =
        concat!(
            "SELECT m.document, m.flow, m.account, m.side, sum(m.amount) AS amount FROM ( \
             SELECT p.document, p.flow, x.account, x.side, x.amount FROM ",
            lines!(),
            "CROSS JOIN LATERAL (VALUES (x.voucher, x.flow), (x.about, '')) AS p (document, flow) \
              WHERE x.sequence > $4 AND x.account IN ('B2003', 'B2007', 'B2008') AND p.document = ANY($5) \
                AND CASE WHEN p.flow = '' THEN x.account IN ('B2007', 'B2008') ELSE p.flow IN ('issued', 'redeemed') END \
             ) AS m GROUP BY m.document, m.flow, m.account, m.side",
        );
    /// By document what lines after a sequence `$6` come to; of prefunds and advances only those of awards.
    fn open(LineQuery<'_> { until, as_of, programme, organisation, region, after }) -> Vec<OpenItemRow> =
        concat!(
            "SELECT x.account, x.about, x.programme, max(x.organisation) AS organisation, \
                    sum(CASE WHEN (x.side = 'D') = (x.account IN ('F1212', 'F1214')) THEN x.amount ELSE -x.amount END) AS amount, \
                    min(x.effective_date) FILTER (WHERE (x.side = 'D') = (x.account IN ('F1212', 'F1214'))) AS since FROM ",
            lines!(),
            "WHERE (x.account IN ('B2003', 'B2006', 'B2007', 'F1212') OR x.account = 'F1214' AND EXISTS (SELECT FROM awards AS a \
                     WHERE a.id = CASE WHEN x.kind IN ('approve_claim', 'reject_claim', 'approve_acceptance') \
                                       THEN x.about::uuid END)) \
                AND ($4::text IS NULL OR x.organisation = $4) \
                AND ($5::text IS NULL OR coalesce((SELECT o.region FROM organisations AS o \
                     WHERE o.credit_code = x.organisation), '') = $5) \
                AND x.sequence > $6 GROUP BY x.account, x.about, x.programme",
        );
}

/// What lines of a document on an account come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OpenSum {
    organisation: String,
    amount: Money,
    since: Option<NaiveDate>,
}

/// What is open of each voucher, award, claim and recovery, by account, document and programme; also what no longer is, for
/// it may be again, and then is since the first day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenItems(BTreeMap<[String; 3], OpenSum>);

impl OpenItems {
    /// What is open of a programme, or of all, by account, day and document.
    pub fn of(&self, programme: Option<&str>) -> Vec<OpenItem> {
        let found = self.0.iter().filter(|(_, sum)| !sum.amount.is_zero());
        let found = found.filter(|([.., of], _)| programme.is_none_or(|only| of == only));
        let mut open: Vec<OpenItem> = found
            .map(|([account, about, programme], sum)| OpenItem {
                account: account.clone(),
                about: about.clone(),
                programme: programme.clone(),
                organisation: sum.organisation.clone(),
                amount: sum.amount,
                since: sum.since,
            })
            .collect();
        open.sort_by(|a, b| (&a.account, a.since, &a.about).cmp(&(&b.account, b.since, &b.about)));
        open
    }
}

impl Summed for OpenItems {
    type Read = Vec<OpenItemRow>;

    async fn read(
        &self,
        conn: &AsyncPgConnection,
        (_, scope): (&At, &Scope),
        Window { after, until }: Window,
    ) -> Result<Self::Read, ReadError> {
        let filter = Filter::default();
        Ok(open(conn, LineQuery { after, until, ..LineQuery::of(scope, &filter) }).await?)
    }

    fn add(&mut self, read: Self::Read) -> Result<(), ReadError> {
        for found in read {
            let sum = self.0.entry([found.account, found.about, found.programme]).or_default();
            sum.organisation = std::mem::take(&mut sum.organisation).max(found.organisation);
            sum.amount = sum.amount.plus(convert::money(found.amount)?)?;
            sum.since = [sum.since, found.since].into_iter().flatten().min();
        }
        Ok(())
    }
}

/// By document and by flow (of a voucher) or account (of a claim): CNY, each account on its own side.
pub type OfDocuments = BTreeMap<(String, String), Money>;

/// What vouchers were issued for and what was redeemed of them, what of claims waits to be paid and was paid; of all
/// programmes, a block of sequences at a time, from the one that holds the first of them on.
pub async fn of_documents(
    conn: &AsyncPgConnection,
    scope: &Scope,
    (first, documents): (i64, &[String]),
) -> Result<OfDocuments, ReadError> {
    let mut sums = OfDocuments::new();
    if documents.is_empty() {
        return Ok(sums);
    }
    let filter = Filter::default();
    for Window { after, until } in scope.windows(BLOCK).filter(|window| window.until >= first) {
        let query = LineQuery { after, until, programme: None, ..LineQuery::of(scope, &filter) };
        for found in moved(conn, query, documents).await? {
            let movement = movement(&found.account, &found.side, found.amount)?;
            let key = if found.flow.is_empty() { found.account } else { found.flow };
            let sum = sums.entry((found.document, key)).or_default();
            *sum = sum.plus(movement)?;
        }
    }
    Ok(sums)
}
