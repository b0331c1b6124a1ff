//! The ledger's transactions: what each leaf of the log posted.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::report::Window;
use subsidy_store::db::list::PageQuery;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

rows! {
    /// A leaf of the log.
    pub struct TransactionRow {
        sequence: i64,
        kind: String,
        effective_date: Option<NaiveDate>,
        recorded_at: DateTime<Utc>,
        subject: String,
        document: String,
    }
}

rows! {
    /// A line that a leaf posted.
    pub struct TransactionLineRow {
        sequence: i64,
        account: String,
        side: String,
        amount: Decimal,
        programme: String,
        organisation: String,
        level: String,
    }
}

rows! {
    struct BlockRow { block: i64 }
}

rows! {
    /// The bytes of a leaf.
    pub struct LeafBytes { leaf: Vec<u8> }
}

/// What one line of a transaction must meet.
#[derive(Debug, Clone, Copy)]
struct LinesOf<'a> {
    programme: Option<&'a str>,
    organisation: Option<&'a str>,
    account: Option<&'a str>,
    from: Option<NaiveDate>,
    last: Option<NaiveDate>,
}

statement! {
    /// One transaction; leaves that post nothing are none.
    pub fn get(sequence: i64) -> Option<TransactionRow> =
        "SELECT sequence, kind, effective_date, recorded_at, subject, document FROM log \
         WHERE sequence = $1 AND line_count > 0";
    /// Transactions after a sequence up to another, of which at least one line meets all filters, in the order of the log.
    fn within(
        Window { after, until }, LinesOf<'_> { programme, organisation, account, from, last }; limit: i64
    ) -> Vec<TransactionRow> =
        "SELECT l.sequence, l.kind, l.effective_date, l.recorded_at, l.subject, l.document FROM log AS l \
          WHERE l.sequence > $1 AND l.sequence <= $2 AND l.line_count > 0 AND l.sequence IN ( \
                SELECT e.sequence FROM entries AS e WHERE e.sequence > $1 AND e.sequence <= $2 \
                   AND ($3::text IS NULL OR e.programme = $3) AND ($4::text IS NULL OR e.organisation = $4) \
                   AND ($5::text IS NULL OR e.account = $5) AND ($6::date IS NULL OR e.effective_date >= $6) \
                   AND ($7::date IS NULL OR e.effective_date <= $7)) \
          ORDER BY l.sequence LIMIT $8";
    /// The same about a document: its steps, and what may post while its state stays, such as a part of what is owed that
    /// comes in.
    fn about(
        PageQuery { after, limit }, LinesOf<'_> { programme, organisation, account, from, last }; document: &str
    ) -> Vec<TransactionRow> =
        "SELECT l.sequence, l.kind, l.effective_date, l.recorded_at, l.subject, l.document FROM log AS l \
          WHERE l.sequence IN ( \
                SELECT t.sequence FROM transitions AS t WHERE t.document = $8 AND t.sequence > $1 \
                 UNION ALL \
                SELECT k.sequence FROM log AS k WHERE k.document = $8 AND k.sequence > $1 \
                   AND k.kind IN ('approve_payment_result', 'expire_voucher', 'offset_recovery', 'receive_recovery', 'settle_payment')) \
            AND l.document = $8 AND l.line_count > 0 AND EXISTS ( \
                SELECT FROM entries AS e WHERE e.sequence = l.sequence \
                   AND ($3::text IS NULL OR e.programme = $3) AND ($4::text IS NULL OR e.organisation = $4) \
                   AND ($5::text IS NULL OR e.account = $5) AND ($6::date IS NULL OR e.effective_date >= $6) \
                   AND ($7::date IS NULL OR e.effective_date <= $7)) \
          ORDER BY l.sequence LIMIT $2";
    fn all(PageQuery { after, limit }) -> Vec<TransactionRow> =
        "SELECT sequence, kind, effective_date, recorded_at, subject, document FROM log \
          WHERE sequence > $1 AND line_count > 0 ORDER BY sequence LIMIT $2";
    /// Blocks of sequences from one on that hold lines of a programme, an account, some days.
    fn blocks(LinesOf<'_> { programme, account, from, last }; first: i64) -> Vec<BlockRow> =
        "SELECT DISTINCT block FROM totals WHERE block >= $5 AND ($1::text IS NULL OR programme = $1) \
            AND ($2::text IS NULL OR account = $2) AND ($3::date IS NULL OR effective_date >= $3) \
            AND ($4::date IS NULL OR effective_date <= $4) ORDER BY block";
    /// The lines of some transactions.
    pub fn entries(sequences: &[i64]) -> Vec<TransactionLineRow> =
        "SELECT sequence, account, side::text AS side, amount, programme, organisation, level FROM entries \
         WHERE sequence = ANY($1) ORDER BY sequence, line";
    /// A leaf as it was hashed.
    pub fn leaf(sequence: i64) -> Option<LeafBytes> = "SELECT leaf FROM log WHERE sequence = $1";
}

/// Sequences that are looked through by one statement.
const WINDOW: i64 = 4_096;
/// How many of them for one page: it may end early, with a cursor.
const WINDOWS_MAX: u32 = 3;

/// Which transactions: at least one of their lines meets all of it.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// 专项
    pub programme: Option<String>,
    /// 单位
    pub organisation: Option<String>,
    /// 科目
    pub account: Option<String>,
    pub document: Option<String>,
    /// Effective on or after.
    pub from: Option<NaiveDate>,
    /// Effective on or before.
    pub until: Option<NaiveDate>,
}

/// A page of transactions after a sequence, and after which one the next begins; none on the last. A page may hold fewer
/// than it could: what is rare is looked for window by window, in blocks that the totals know to hold it.
pub async fn page(
    conn: &AsyncPgConnection,
    after: i64,
    filter: &Filter,
    rows: usize,
) -> QueryResult<(Vec<TransactionRow>, Option<i64>)> {
    let limit = i64::try_from(rows).unwrap_or(i64::MAX).saturating_add(1);
    let [programme, organisation, account] =
        [&filter.programme, &filter.organisation, &filter.account].map(Option::as_deref);
    let (from, last) = (filter.from, filter.until);
    let lines = LinesOf { programme, organisation, account, from, last };
    if let Some(document) = &filter.document {
        return Ok(cut(about(conn, PageQuery { after, limit }, lines, document).await?, rows));
    }
    if [programme, organisation, account].iter().all(Option::is_none) && from.is_none() && last.is_none() {
        return Ok(cut(all(conn, PageQuery { after, limit }).await?, rows));
    }
    let (mut page, mut after, mut windows) = (Vec::new(), after, 0);
    for block in blocks(conn, lines, after.saturating_add(1).div_euclid(BLOCK)).await? {
        after = after.max(block.block * BLOCK - 1);
        let last = (block.block + 1) * BLOCK - 1;
        while after < last {
            if windows == WINDOWS_MAX {
                return Ok((page, Some(after)));
            }
            let until = after.saturating_add(WINDOW).min(last);
            let left = limit.saturating_sub(i64::try_from(page.len()).unwrap_or(0));
            page.extend(within(conn, Window { after, until }, lines, left).await?);
            if page.len() > rows {
                return Ok(cut(page, rows));
            }
            (after, windows) = (until, windows + 1);
        }
    }
    Ok((page, None))
}

/// Without the one too many.
fn cut(mut page: Vec<TransactionRow>, rows: usize) -> (Vec<TransactionRow>, Option<i64>) {
    let more = page.len() > rows;
    page.truncate(rows);
    let next = page.last().filter(|_| more).map(|last| last.sequence);
    (page, next)
}
