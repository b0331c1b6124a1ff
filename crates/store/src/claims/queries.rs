//! What is read of claims.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::claims::ClaimRow;
use crate::db::list::PageQuery;
use crate::{rows, statement};

rows! {
    pub struct PublishedClaimRow {
        id: Uuid,
        kind: String,
        programme: String,
        organisation: String,
        name: String,
        amount: Decimal,
        reviewed_on: NaiveDate,
        until: NaiveDate,
        created: i64,
    }
}

rows! {
    /// A claim, and the contract that it rests on.
    pub struct ClaimOfRow { rental: Uuid, id: Uuid }
}

statement! {
    /// The claims on a contract and on the vouchers that rest on it, oldest first.
    pub fn of_rental(rental: Uuid) -> Vec<ClaimRow> =
        "SELECT * FROM claims WHERE rental = $1 \
         UNION ALL SELECT c.* FROM contract_uses AS u JOIN claims AS c ON c.voucher = u.document \
         WHERE u.rental = $1 AND u.kind = 'voucher' ORDER BY created";
    /// The claims on contracts and on the vouchers that rest on them, oldest first.
    pub fn of_rentals(rentals: &[Uuid]) -> Vec<ClaimOfRow> =
        "SELECT rental, id FROM claims WHERE rental = ANY($1) \
         UNION ALL SELECT u.rental, c.id FROM contract_uses AS u JOIN claims AS c ON c.voucher = u.document \
         WHERE u.rental = ANY($1) AND u.kind = 'voucher'";
    /// A page of the claims that are published on a day.
    pub fn published(PageQuery { after, limit }; today: NaiveDate) -> Vec<PublishedClaimRow> =
        "SELECT c.id, c.kind, c.programme, c.organisation, o.name, c.amount, c.reviewed_on, \
                c.published_until AS until, c.created \
           FROM claims AS c JOIN organisations AS o ON o.credit_code = c.organisation \
          WHERE c.status = 'reviewed' AND c.created > $1 AND c.published_until >= $3 \
          ORDER BY c.created LIMIT $2";
}
