//! What is read of claims.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::claims::ClaimRow;
use crate::claims::objections::ObjectionRow;
use crate::claims::recalculations::RecalculationRow;
use crate::{rows, statement};

rows! {
    /// A claim that is published.
    pub struct PublishedFound {
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
    pub fn get(id: Uuid) -> Option<ClaimRow> = "SELECT * FROM claims WHERE id = $1";
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
    ) -> Vec<ClaimRow> =
        "SELECT * FROM claims WHERE created > $1 AND ($2 OR organisation = $3 OR provider = $4) \
         AND ($5::text IS NULL OR status = $5) AND ($6::text IS NULL OR programme = $6) \
         AND ($7::text IS NULL OR organisation = $7) AND ($8::timestamptz IS NULL OR updated_at >= $8) \
         ORDER BY created LIMIT $9";
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
    /// A page of a claim's recalculations, oldest first.
    pub fn recalculations(claim: Uuid, after: i64, limit: i64) -> Vec<RecalculationRow> =
        "SELECT * FROM recalculations WHERE claim = $1 AND created > $2 ORDER BY created LIMIT $3";
    /// A page of the objections to a claim, of all or of a subject's own, oldest first.
    pub fn objections(claim: Uuid, after: i64, all: bool, subject: &str, limit: i64) -> Vec<ObjectionRow> =
        "SELECT * FROM objections WHERE claim = $1 AND created > $2 AND ($3 OR created_by = $4) \
         ORDER BY created LIMIT $5";
    /// A page of the claims that are published on a day: reviewed, and not more than so many days ago as the rules of
    /// their submission ask for.
    pub fn published(today: NaiveDate, after: i64, limit: i64) -> Vec<PublishedFound> =
        "SELECT c.id, c.kind, c.programme, c.organisation, o.name, c.amount, c.reviewed_on, \
                c.reviewed_on + (r.rules ->> 'publicity_days')::int AS until, c.created \
           FROM claims AS c JOIN organisations AS o ON o.credit_code = c.organisation \
           JOIN rules_versions AS r ON r.programme = c.programme AND r.number = c.rules_version \
          WHERE c.status = 'reviewed' AND c.created > $2 AND (r.rules ->> 'publicity_days')::int > 0 \
            AND c.reviewed_on + (r.rules ->> 'publicity_days')::int >= $1 \
          ORDER BY c.created LIMIT $3";
}
