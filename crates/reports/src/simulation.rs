//! Rules tried on what was decided already 规则试算: what is read for it, all in one snapshot, and its rows.

use chrono::NaiveDate;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::ReadError;
use super::formats::Column;
use super::report::{Link, Report, Row};
use subsidy_core::book::simulation::{
    AvailableMove, Past, PastDocument, PastKind, Question, Simulation, Tried, needs, simulate,
};
use subsidy_core::book::{Envelope, Stop};
use subsidy_core::domain::{AgencyCode, Date, Instant, Sequence, Stamp};
use subsidy_store::claims::ClaimRow;
use subsidy_store::db::convert::{self, Unreadable};
use subsidy_store::engine::{read_book, store};
use subsidy_store::vouchers::VoucherRow;
use subsidy_store::{rows, statement};

/// The most vouchers and claims of a programme on which rules are tried: a thousand take
/// two tenths of a second where nothing is optimised.
pub const DOCUMENTS_MAX: usize = 20_000;

rows! {
    struct PastSheetRow { document: Uuid, decided_at: i64, sheet: Value }
}

rows! {
    struct AvailableMoveRow { sequence: i64, day: NaiveDate, amount: Decimal }
}

/// Of which programme, filed until when, and how many.
#[derive(Debug, Clone, Copy)]
struct Filed<'a> {
    programme: &'a str,
    until: NaiveDate,
    limit: i64,
}

/// Of which vouchers and claims.
#[derive(Debug, Clone, Copy)]
struct Ids<'a> {
    vouchers: &'a [Uuid],
    claims: &'a [Uuid],
}

statement! {
    fn vouchers(Filed<'_> { programme, until, limit }) -> Vec<VoucherRow> =
        "SELECT * FROM vouchers WHERE programme = $1 AND submitted_on <= $2 AND status NOT IN ('returned', 'rejected') \
         ORDER BY created, id LIMIT $3";
    fn claims(Filed<'_> { programme, until, limit }) -> Vec<ClaimRow> =
        "SELECT * FROM claims WHERE programme = $1 AND submitted_on <= $2 \
         AND status IN ('submitted', 'reviewed', 'approved', 'paid') ORDER BY created, id LIMIT $3";
    /// The sheets that count of these documents, each with the leaf of the one by which it was decided first.
    fn sheets(Ids<'_> { vouchers, claims }) -> Vec<PastSheetRow> =
        "SELECT v.id AS document, c.sequence AS decided_at, c.sheet FROM vouchers AS v \
           JOIN calculations AS c ON c.document = v.id::text AND c.version = v.calculation WHERE v.id = ANY($1) \
         UNION ALL \
         SELECT k.id, d.sequence, c.sheet FROM claims AS k \
           JOIN calculations AS c ON c.document = k.id::text AND c.version = k.calculation \
           JOIN calculations AS d ON d.document = k.id::text AND d.version = coalesce((SELECT min(r.previous) \
                FROM recalculations AS r WHERE r.claim = k.id AND r.status = 'approved'), k.calculation) \
          WHERE k.id = ANY($2)";
    /// What each leaf made the available appropriation more by.
    fn moves(programme: &str) -> Vec<AvailableMoveRow> =
        "SELECT sequence, min(effective_date) AS day, sum(CASE side WHEN 'C' THEN amount ELSE -amount END) AS amount \
           FROM entries WHERE account = 'B2001' AND programme = $1 GROUP BY sequence ORDER BY sequence";
}

/// Why nothing is tried.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The rules could not be proposed, or a sum is out of range.
    #[error(transparent)]
    Stopped(#[from] Stop),
    #[error("more than {DOCUMENTS_MAX} vouchers and claims")]
    TooManyDocuments,
}

impl From<diesel::result::Error> for SimulationError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Read(error.into())
    }
}

impl From<Unreadable> for SimulationError {
    fn from(error: Unreadable) -> Self {
        Self::Read(error.into())
    }
}

/// Tries rules on a programme's past, and says up to where the log was read. Nothing is written.
pub async fn run(
    conn: &AsyncPgConnection,
    (agency, question): (&AgencyCode, &Question),
    (envelope, today): (&Envelope, Date),
) -> Result<(Simulation, Sequence), SimulationError> {
    (&mut &*conn).batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let found = in_snapshot(conn, (agency, question), (envelope, today)).await;
    (&mut &*conn).batch_execute("ROLLBACK").await?;
    found
}

async fn in_snapshot(
    conn: &AsyncPgConnection,
    (agency, question): (&AgencyCode, &Question),
    (envelope, business_date): (&Envelope, Date),
) -> Result<(Simulation, Sequence), SimulationError> {
    let head = store::head(conn).await?.ok_or_else(|| Unreadable("no head".to_owned()))?;
    let head = head.read(agency)?;
    let programme = question.programme.code.as_str();
    let limit = i64::try_from(DOCUMENTS_MAX + 1).unwrap_or(i64::MAX);
    let filed = Filed { programme, until: question.filed.until.naive(), limit };
    let (vouchers, claims) = (vouchers(conn, filed).await?, claims(conn, filed).await?);
    if vouchers.len() + claims.len() > DOCUMENTS_MAX {
        return Err(SimulationError::TooManyDocuments);
    }
    let past = past(conn, &vouchers, &claims).await?;
    let moves = moves(conn, programme).await?.iter().map(moved).collect::<Result<Vec<_>, _>>()?;
    let mut book = read_book(conn, |book| needs(book, question, &past)).await.map_err(ReadError::from)?;
    book.agency = head.agency;
    let stamp = Stamp { sequence: head.next, recorded_at: Instant::new(chrono::Utc::now()), business_date };
    let simulation = simulate(book, question, (&past, &moves), (envelope, &stamp))?;
    Ok((simulation, convert::read_sequence(convert::sequence(head.next) - 1)?))
}

fn moved(row: &AvailableMoveRow) -> Result<AvailableMove, Unreadable> {
    Ok(AvailableMove {
        sequence: convert::read_sequence(row.sequence)?,
        day: Date::from_naive(row.day),
        amount: convert::money(row.amount)?,
    })
}

async fn past(
    conn: &AsyncPgConnection,
    vouchers: &[VoucherRow],
    claims: &[ClaimRow],
) -> Result<Vec<Past>, SimulationError> {
    let [of_vouchers, of_claims]: [Vec<Uuid>; 2] =
        [vouchers.iter().map(|row| row.id).collect(), claims.iter().map(|row| row.id).collect()];
    let found = sheets(conn, Ids { vouchers: &of_vouchers, claims: &of_claims }).await?;
    let found: std::collections::BTreeMap<Uuid, &PastSheetRow> =
        found.iter().map(|row| (row.document, row)).collect();
    let mut past = Vec::with_capacity(vouchers.len() + claims.len());
    let mut add = |id: Uuid, document: PastDocument| -> Result<(), Unreadable> {
        let row = found.get(&id).ok_or_else(|| Unreadable(format!("{id} has lost its sheet")))?;
        let (sheet, decided_at) = (convert::read_json(&row.sheet)?, convert::read_sequence(row.decided_at)?);
        past.push(Past { document, sheet, decided_at });
        Ok(())
    };
    for row in vouchers {
        add(row.id, PastDocument::Voucher(Box::new(row.read()?)))?;
    }
    for row in claims {
        add(row.id, PastDocument::Claim(Box::new(row.read()?)))?;
    }
    Ok(past)
}

const COLUMNS: &[Column] = &[
    Column::plain("类别 kind", 10),
    Column::plain("单据 document", 38),
    Column::plain("编号 number", 24),
    Column::plain("单位 organisation", 20),
    Column::plain("申报日 filed_on", 12),
    Column::plain("状态 status", 16),
    Column::counts("规则版本 rules_version", 10),
    Column::summed("原金额 old", 20),
    Column::summed("新金额 new", 20),
    Column::summed("差额 difference", 20),
    Column::counts("档次 tier", 8),
    Column::plain("核减 reductions", 40),
    Column::plain("拒绝代码 refusal", 26),
    Column::plain("不可比 not_comparable", 20),
];

/// The rows as a file has them.
pub fn report(simulation: &Simulation) -> Report {
    Report::of(["rules-simulation", "规则试算"], COLUMNS, simulation.rows.iter().map(row).collect())
}

fn row(one: &Tried) -> Row {
    let (kind, path) = match one.kind {
        PastKind::Voucher => ("voucher", "vouchers"),
        PastKind::Claim => ("claim", "claims"),
    };
    let word = |value: Option<&'static str>| value.unwrap_or_default();
    let cuts: Vec<String> =
        one.reductions.iter().map(|cut| format!("{} {}", convert::text(&cut.code), cut.amount)).collect();
    let row = Row::default()
        .text(kind)
        .linked(one.id, Link::of(&format!("/v1/{path}/{}", one.id)))
        .text(one.number.as_deref().unwrap_or_default())
        .text(one.organisation)
        .text(one.filed_on)
        .text(one.status)
        .count(i64::from(one.rules_version))
        .amount(one.old)
        .amount(one.new)
        .amount(one.difference);
    let row = match one.tier {
        Some(tier) => row.count(i64::from(tier)),
        None => row.empty(),
    };
    row.text(cuts.join("; "))
        .text(word(one.refusal.map(|code| code.into_str())))
        .text(one.not_comparable.map(|why| convert::text(&why)).unwrap_or_default())
}
