//! The overlap register 重复资助登记: contracts that carry vouchers of more than one programme.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::ReadError;
use super::formats::Column;
use super::report::{Link, Report, Row, Scope};
use crate::{rows, statement};

const COLUMNS: &[Column] = &[
    Column::plain("合同 rental", 38),
    Column::plain("合同号 contract_no", 24),
    Column::plain("单位 organisation", 24),
    Column::plain("服务商 provider", 24),
    Column::counts("专项数 programmes", 10),
    Column::plain("专项 programme", 24),
    Column::plain("券 voucher", 38),
    Column::plain("状态 status", 16),
    Column::summed("承诺 issued", 20),
    Column::summed("兑付 redeemed", 20),
];

rows! {
    struct OverlapFound {
        rental: Uuid,
        contract_no: String,
        organisation: String,
        provider: String,
        programmes: i64,
        programme: String,
        voucher: Uuid,
        status: String,
    }
}

statement! {
    /// Vouchers that were not refused, by the last of their steps that was known.
    fn overlaps(known_at: i64, programme: Option<&str>, limit: i64) -> Vec<OverlapFound> =
        "WITH live AS ( \
             SELECT v.id, v.rental, v.programme, t.to_status AS status FROM vouchers AS v \
               JOIN LATERAL (SELECT s.to_status FROM transitions AS s \
                    WHERE s.document = v.id::text AND s.kind = 'voucher' AND s.sequence <= $1 \
                    ORDER BY s.sequence DESC, s.ordinal DESC LIMIT 1) AS t ON true \
              WHERE v.created <= $1 AND t.to_status NOT IN ('rejected', 'returned', 'cancelled')), \
         many AS ( \
             SELECT rental, count(DISTINCT programme) AS programmes FROM live GROUP BY rental \
             HAVING count(DISTINCT programme) > 1 AND ($2::text IS NULL OR bool_or(programme = $2))) \
         SELECT l.rental, r.contract_no, r.organisation, r.provider, m.programmes, l.programme, l.id AS voucher, l.status \
           FROM many AS m JOIN live AS l ON l.rental = m.rental JOIN rentals AS r ON r.id = m.rental \
          ORDER BY r.contract_no COLLATE \"C\", l.rental, l.programme COLLATE \"C\", l.id LIMIT $3";
}

/// A row a voucher. What it was issued for and what was redeemed of it come from the ledger's lines.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope) -> Result<Report, ReadError> {
    let mut rows = Vec::new();
    for found in overlaps(conn, scope.known_at, scope.programme.as_deref(), Scope::rows()).await? {
        rows.push(row(conn, scope, &found).await?);
    }
    Ok(Report::of(["overlaps", "重复资助登记"], COLUMNS, rows))
}

async fn row(conn: &AsyncPgConnection, scope: &Scope, found: &OverlapFound) -> Result<Row, ReadError> {
    let voucher = found.voucher.to_string();
    let statement =
        |flow: &str| scope.statement().with("flow", flow).with("voucher", &voucher).until(scope.as_of);
    let [issued, redeemed] = super::lines::of_voucher(conn, scope, &voucher).await?;
    Ok(Row::default()
        .linked(found.rental, Link::of(&format!("/v1/rentals/{}", found.rental)))
        .text(&found.contract_no)
        .text(&found.organisation)
        .text(&found.provider)
        .count(found.programmes)
        .text(&found.programme)
        .linked(&voucher, Link::of(&format!("/v1/vouchers/{voucher}")))
        .text(&found.status)
        .figure(issued, statement("issued"))
        .figure(redeemed, statement("redeemed")))
}
