//! The list of rankings: outsiders see those that are published.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::BoxFuture;

use crate::db::list::{ListQuery, ListRow, Narrow, columns};
use crate::rankings::RankingRow;
use crate::schema::rankings;

impl ListRow for RankingRow {
    fn created(&self) -> i64 {
        self.created
    }

    fn list<'a>(
        mut conn: &'a AsyncPgConnection,
        list: &'a ListQuery,
    ) -> BoxFuture<'a, QueryResult<Vec<Self>>> {
        let query = rankings::table
            .select(columns::<Self>())
            .into_boxed()
            .narrow(&list.own, |_| rankings::status.eq("approved"))
            .narrow(&list.status, |status| rankings::status.eq(status))
            .narrow(&list.programme, |programme| rankings::programme.eq(programme))
            .narrow(&list.updated_since, |since| rankings::updated_at.ge(since))
            .filter(rankings::created.gt(list.after))
            .order(rankings::created)
            .limit(list.limit);
        Box::pin(async move { query.load(&mut conn).await })
    }
}
