//! The list of awards, by the leaf that made each and within it by rank; and what is read of grants beside lists.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::BoxFuture;

use crate::db::list::{ListQuery, ListRow, Narrow, PageQuery, columns};
use crate::grants::{ApplicationRow, AwardRow};
use crate::schema::awards;
use crate::statement;

/// More than the awards of any leaf.
const RANKS: i64 = 1_024;

/// A place in the list as the leaf and the rank after which a page begins.
fn place(after: i64) -> (i64, i32) {
    (after.div_euclid(RANKS), i32::try_from(after.rem_euclid(RANKS)).unwrap_or(i32::MAX))
}

impl ListRow for AwardRow {
    fn created(&self) -> i64 {
        self.created.saturating_mul(RANKS).saturating_add(i64::from(self.rank))
    }

    fn list<'a>(
        mut conn: &'a AsyncPgConnection,
        list: &'a ListQuery,
    ) -> BoxFuture<'a, QueryResult<Vec<Self>>> {
        let (leaf, rank) = place(list.after);
        let query = awards::table
            .select(columns::<Self>())
            .into_boxed()
            .narrow(&list.own, |own| awards::organisation.eq(&own.organisation))
            .narrow(&list.status, |status| awards::status.eq(status))
            .narrow(&list.programme, |programme| awards::programme.eq(programme))
            .narrow(&list.organisation, |organisation| awards::organisation.eq(organisation))
            .narrow(&list.call, |call| awards::call.eq(call))
            .narrow(&list.updated_since, |since| awards::updated_at.ge(since))
            .filter(awards::created.gt(leaf).or(awards::created.eq(leaf).and(awards::rank.gt(rank))))
            .order((awards::created, awards::rank))
            .limit(list.limit);
        Box::pin(async move { query.load(&mut conn).await })
    }
}

statement! {
    /// A page of the applications that an expert was named for.
    pub fn for_expert(PageQuery { after, limit }; subject: &str) -> Vec<ApplicationRow> =
        "SELECT * FROM applications WHERE created > $1 \
            AND experts @> jsonb_build_array(jsonb_build_object('subject', $3::text)) ORDER BY created LIMIT $2";
}

/// A page of the awards that are published on a day.
pub async fn published(
    mut conn: &AsyncPgConnection,
    page: PageQuery,
    today: NaiveDate,
) -> QueryResult<Vec<AwardRow>> {
    let (leaf, rank) = place(page.after);
    let now = awards::published_until.ge(today).and(awards::status.eq("awarded"));
    let after = awards::created.gt(leaf).or(awards::created.eq(leaf).and(awards::rank.gt(rank)));
    awards::table
        .select(columns::<AwardRow>())
        .filter(now)
        .filter(after)
        .order((awards::created, awards::rank))
        .limit(page.limit)
        .load(&mut conn)
        .await
}
