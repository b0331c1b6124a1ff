//! What is read of vouchers.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::statement;
use crate::vouchers::VoucherRow;

statement! {
    pub fn get(id: Uuid) -> Option<VoucherRow> = "SELECT * FROM vouchers WHERE id = $1";
    /// A page of all, or of a party's own, oldest first.
    #[allow(clippy::too_many_arguments, reason = "one a filter")]
    pub fn page(
        after: i64,
        all: bool,
        own_organisation: &str,
        own_provider: &str,
        status: Option<&str>,
        programme: Option<&str>,
        organisation: Option<&str>,
        updated_since: Option<DateTime<Utc>>,
        limit: i64,
    ) -> Vec<VoucherRow> =
        "SELECT * FROM vouchers WHERE created > $1 AND ($2 OR organisation = $3 OR provider = $4) \
         AND ($5::text IS NULL OR status = $5) AND ($6::text IS NULL OR programme = $6) \
         AND ($7::text IS NULL OR organisation = $7) AND ($8::timestamptz IS NULL OR updated_at >= $8) \
         ORDER BY created LIMIT $9";
}
