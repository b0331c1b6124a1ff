//! What is read of organisations.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::list::{PageQuery, columns};
use crate::organisations::OrganisationRow;
use crate::schema::{organisations, rentals};

/// Organisations that a contract names as its provider and that are not blocked, in the order of their registration.
pub async fn providers(mut conn: &AsyncPgConnection, page: PageQuery) -> QueryResult<Vec<OrganisationRow>> {
    let provided = rentals::table.filter(rentals::provider.eq(organisations::credit_code));
    organisations::table
        .filter(organisations::status.eq("active").and(exists(provided)))
        .filter(organisations::created.gt(page.after))
        .order(organisations::created)
        .limit(page.limit)
        .select(columns::<OrganisationRow>())
        .load(&mut conn)
        .await
}
