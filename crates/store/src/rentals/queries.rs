//! What is read of rentals.

use crate::db::list::{Own, PageQuery};
use crate::rentals::RentalRow;
use crate::statement;

statement! {
    /// A page of those with usage, of all or of a party's own, oldest first.
    pub fn metered(PageQuery { after, limit }, Own { organisation, provider }; all: bool) -> Vec<RentalRow> =
        "SELECT r.* FROM rentals AS r JOIN rental_usage AS u ON u.rental = r.id \
         WHERE r.created > $1 AND ($5 OR r.organisation = $3 OR r.provider = $4) ORDER BY r.created LIMIT $2";
    /// A page of those of whose invoices claims in these states take, directly or for a voucher, of all or of a party's
    /// own, oldest first.
    pub fn invoiced(
        PageQuery { after, limit }, Own { organisation, provider }; all: bool, holding: &[String]
    ) -> Vec<RentalRow> =
        "SELECT r.* FROM rentals AS r WHERE r.created > $1 AND ($5 OR r.organisation = $3 OR r.provider = $4) AND ( \
             EXISTS (SELECT FROM claims AS c \
                 WHERE c.rental = r.id AND c.status = ANY($6) AND jsonb_array_length(c.invoices) > 0) \
             OR EXISTS (SELECT FROM contract_uses AS u JOIN claims AS c ON c.voucher = u.document \
                 WHERE u.rental = r.id AND u.kind = 'voucher' AND c.status = ANY($6) \
                 AND jsonb_array_length(c.invoices) > 0)) \
         ORDER BY r.created LIMIT $2";
}
