//! The end of the log, and the tables that say what is so now.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;

use super::page::{Naming, PAGE, by_keys};
use super::stream::{CALCULATIONS, Stream, TILES};
use super::{VerifyError, usage};
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::book::Loaded;
use subsidy_core::documents;
use subsidy_core::domain::{Instant, Sequence};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::migrate::SCHEMA_VERSION;
use subsidy_store::db::rows::{Row, Table, Versioned};
use subsidy_store::documents::Stored;
use subsidy_store::engine::store;
use subsidy_store::engine::store::{CalculationRow, Head, HeadRow, NumberRow, TileRow};
use subsidy_store::ledger::{BalanceRow, TotalRow};
use subsidy_store::loans::allocations::LoanAllocationRow;
use subsidy_store::programmes::UsageRow;
use subsidy_store::rentals::allocations::ContractAllocationRow;

const HEAD: Naming<HeadRow> = Naming { place: |_| "head".to_owned(), sequence: |row| row.next_sequence };

/// The last leaf, which answers for what nothing else does.
fn last(stream: &Stream) -> Sequence {
    Sequence::new(stream.replay.next().number().saturating_sub(1))
}

/// The head, what lies beyond the log's end, and the answers that name leaves. Answers whether the log has all
/// the leaves that the head counts: else the tables say more than can be replayed.
pub(super) async fn log_ends(
    conn: &AsyncPgConnection,
    head: Option<&HeadRow>,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<bool, VerifyError> {
    let size = stream.replay.next();
    let finding = |sequence, place: &str, stored: Option<String>, replayed: Option<String>| Finding {
        sequence,
        place: place.to_owned(),
        stored,
        replayed,
    };
    for beyond in store::beyond(conn, convert::sequence(size)).await? {
        let place = format!("{} sequence {}", beyond.name, beyond.sequence);
        findings.add(finding(size, &place, Some(String::new()), None));
    }
    if head.is_some_and(|head| head.next_sequence > convert::sequence(size)) {
        findings.add(finding(size, "log", None, Some(size.to_string())));
        return Ok(false);
    }
    match (head, &stream.replay.book().agency) {
        (Some(head), Some(replayed)) => {
            let expected = Head {
                next: size,
                frontier: stream.replay.frontier().clone(),
                recorded_at: stream.replay.recorded_at().unwrap_or(Instant::new(head.recorded_at)),
                refusals: u64::try_from(head.refusals).unwrap_or_default(),
                schema_version: SCHEMA_VERSION,
                agency: None,
            };
            // how many refusals there are is held to them and to a key
            let expected =
                HeadRow { refusals_mac: head.refusals_mac.clone(), ..HeadRow::new(&expected, replayed)? };
            findings.add_all(HEAD.differs(head, &expected, last(stream)));
        }
        (None, Some(_)) => findings.add(finding(last(stream), "head", None, Some(String::new()))),
        (Some(_), None) => findings.add(finding(size, "head", Some(String::new()), None)),
        (None, None) => {}
    }
    Ok(true)
}

/// Every table of documents, counters, balances and sums.
pub(super) async fn tables(
    conn: &AsyncPgConnection,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let (book, last) = (stream.replay.book(), last(stream));
    macro_rules! tables {
        ({ $($key:ident($book_key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => {
            $(documents::<$type>(conn, &book.$loaded, last, findings).await?;)*
        };
    }
    documents! { tables }
    usage::rows(conn, stream, findings).await?;
    counters(conn, stream, findings).await?;
    sums(conn, stream, findings).await?;
    surplus_of_keyed(conn, stream, findings).await
}

/// The documents of a table: each says itself which sequence changed it last.
async fn documents<D: Stored>(
    conn: &AsyncPgConnection,
    loaded: &Loaded<D::Key, D>,
    last: Sequence,
    findings: &mut Findings,
) -> Result<(), VerifyError>
where
    <D::Row as Row>::Key: Ord,
{
    let naming = Naming::<D::Row> { place: D::place, sequence: D::Row::version };
    let rows = || {
        loaded.iter().map(|(_, document)| {
            let row = document.to_row()?;
            let version = convert::read_sequence(row.version())?;
            Ok((row, version))
        })
    };
    table(conn, &naming, rows, last, findings).await
}

async fn counters(
    conn: &AsyncPgConnection,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let (book, touched, last) = (stream.replay.book(), &stream.touched, last(stream));
    let naming = Naming::<ContractAllocationRow> {
        place: |r| format!("contract_uses {} {}", r.rental, r.document),
        sequence: |_| -1,
    };
    let uses = || {
        let all = book.uses.iter().flat_map(|(rental, uses)| uses.iter().map(|(v, u)| (*rental, *v, u)));
        all.map(|(rental, user, used)| {
            let sequence = touched.uses.get(&(rental, user)).copied().unwrap_or(last);
            Ok((ContractAllocationRow::new(rental, user, used)?, sequence))
        })
    };
    table(conn, &naming, uses, last, findings).await?;
    let naming = Naming::<LoanAllocationRow> {
        place: |r| format!("loan_uses {} {}", r.loan, r.claim),
        sequence: |_| -1,
    };
    let uses = || {
        let all = book.loan_uses.iter().flat_map(|(loan, uses)| uses.iter().map(|(c, u)| (*loan, *c, u)));
        all.map(|(loan, claim, taken)| {
            let sequence = touched.loan_uses.get(&(loan, claim)).copied().unwrap_or(last);
            Ok((LoanAllocationRow::new(loan, claim, taken)?, sequence))
        })
    };
    table(conn, &naming, uses, last, findings).await?;
    let naming = Naming::<UsageRow> {
        place: |r| {
            let of: Vec<&str> = [&r.programme, &r.scope]
                .into_iter()
                .map(String::as_str)
                .filter(|of| !of.is_empty())
                .collect();
            format!("usages {} {} {} {}", of.join(" "), r.organisation, r.year, r.counts)
        },
        sequence: |_| -1,
    };
    let usages = || keyed(&book.usages, &touched.usages, last, |key, used| Ok(UsageRow::new(key, *used)));
    table(conn, &naming, usages, last, findings).await?;
    let naming = Naming::<NumberRow> { place: |r| format!("numbers {}", r.series), sequence: |_| -1 };
    table(
        conn,
        &naming,
        || keyed(&book.numbers, &touched.numbers, last, |key, number| NumberRow::new(key, *number)),
        last,
        findings,
    )
    .await
}

/// What postings add up to.
async fn sums(conn: &AsyncPgConnection, stream: &Stream, findings: &mut Findings) -> Result<(), VerifyError> {
    let (book, touched, last) = (stream.replay.book(), &stream.touched, last(stream));
    let naming = Naming::<BalanceRow> {
        place: |r| format!("balances {} {} {}", r.account, r.programme, r.payee).trim_end().to_owned(),
        sequence: |_| -1,
    };
    let balances =
        || keyed(&book.balances, &touched.balances, last, |key, amount| Ok(BalanceRow::new(key, *amount)));
    table(conn, &naming, balances, last, findings).await?;
    let naming = Naming::<TotalRow> {
        place: |r| {
            let place = format!(
                "totals {} {} {} {} {}",
                r.account, r.programme, r.fiscal_year, r.effective_date, r.flow
            );
            place.trim_end().to_owned()
        },
        sequence: |_| -1,
    };
    let totals = || stream.totals.rows().map(|(row, last)| Ok((row, convert::read_sequence(last)?)));
    table(conn, &naming, totals, last, findings).await
}

/// Rows of a book's loaded, with the last sequence that touched each.
fn keyed<'a, K: Ord + Clone + std::fmt::Debug, V: Clone, R>(
    loaded: &'a Loaded<K, V>,
    touched: &'a BTreeMap<K, Sequence>,
    last: Sequence,
    row: impl Fn(&K, &V) -> Result<R, Unreadable> + 'a,
) -> impl Iterator<Item = Result<(R, Sequence), Unreadable>> + 'a {
    loaded.iter().map(move |(key, value)| Ok((row(key, value)?, touched.get(key).copied().unwrap_or(last))))
}

/// Sheets and tiles were compared as they were made; here only those that nothing made.
async fn surplus_of_keyed(
    conn: &AsyncPgConnection,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let sheets = &stream.touched.sheets;
    let made: u64 = sheets.values().map(|(count, _)| u64::from(*count)).sum();
    if CalculationRow::count(conn).await? != i64::try_from(made).unwrap_or(i64::MAX) {
        let known = |row: &CalculationRow| {
            let count = sheets.get(&row.document).map_or(0, |(count, _)| *count);
            row.version > 0 && row.version <= convert::count(count)
        };
        surplus(conn, &CALCULATIONS, known, last(stream), findings).await?;
    }
    if TileRow::count(conn).await? != i64::try_from(stream.tiles_full).unwrap_or(i64::MAX) {
        let size = stream.replay.next().number();
        let known = |row: &TileRow| {
            let (level, index) = (u32::try_from(row.level), u64::try_from(row.index));
            let tiles = level.ok().and_then(|level| size.checked_shr(8 * (level + 1))).unwrap_or(0);
            index.is_ok_and(|index| index < tiles)
        };
        surplus(conn, &TILES, known, last(stream), findings).await?;
    }
    Ok(())
}

/// A table against all rows that it should have.
pub(super) async fn table<R: Table, I>(
    conn: &AsyncPgConnection,
    naming: &Naming<R>,
    rows: impl Fn() -> I,
    last: Sequence,
    findings: &mut Findings,
) -> Result<(), VerifyError>
where
    R::Key: Ord,
    I: Iterator<Item = Result<(R, Sequence), Unreadable>>,
{
    let (mut count, mut missing, mut all) = (0, 0, rows());
    loop {
        let some = all.by_ref().take(usize::from(PAGE)).collect::<Result<Vec<_>, _>>()?;
        if some.is_empty() {
            break;
        }
        count += some.len();
        missing += by_keys(conn, naming, &some, findings).await?;
    }
    if R::count(conn).await? == i64::try_from(count - missing).unwrap_or(i64::MAX) {
        return Ok(());
    }
    let keys = rows().map(|row| row.map(|(row, _)| row.key())).collect::<Result<BTreeSet<_>, _>>()?;
    surplus(conn, naming, |row| keys.contains(&row.key()), last, findings).await
}

/// Walks a table for rows that no leaf makes. One that says no sequence, or none of the log's, is the last
/// leaf's to answer for.
async fn surplus<R: Table>(
    conn: &AsyncPgConnection,
    naming: &Naming<R>,
    known: impl Fn(&R) -> bool,
    last: Sequence,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let mut after: Vec<R::Key> = Vec::new();
    loop {
        let rows = R::page(conn, &after, i64::from(PAGE)).await?;
        for row in rows.iter().filter(|row| !known(row)) {
            let said = u64::try_from((naming.sequence)(row)).map_or(last, Sequence::new);
            findings.add(naming.surplus(row, said.min(last)));
        }
        match rows.last() {
            Some(row) if rows.len() == usize::from(PAGE) => after = vec![row.key()],
            _ => return Ok(()),
        }
    }
}
