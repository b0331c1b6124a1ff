//! The list of tags: by the leaf that proposed each, and within an imported list line by line.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::BoxFuture;

use crate::db::list::{ListQuery, ListRow, Narrow, columns};
use crate::schema::tags;
use crate::tags::TagRow;

/// More than the lines of any list.
const LINES: i64 = 1_024;

impl ListRow for TagRow {
    fn created(&self) -> i64 {
        self.created.saturating_mul(LINES).saturating_add(i64::from(self.line))
    }

    fn list<'a>(
        mut conn: &'a AsyncPgConnection,
        list: &'a ListQuery,
    ) -> BoxFuture<'a, QueryResult<Vec<Self>>> {
        let (leaf, line) = (list.after.div_euclid(LINES), list.after.rem_euclid(LINES));
        let line = i32::try_from(line).unwrap_or(i32::MAX);
        let after = tags::created.gt(leaf).or(tags::created.eq(leaf).and(tags::line.gt(line)));
        let query = tags::table
            .select(columns::<Self>())
            .into_boxed()
            // an outsider sees the approved ones of its organisation
            .narrow(&list.own, |own| {
                tags::status.eq("approved").and(tags::subject.eq_any([
                    &own.organisation,
                    &own.provider,
                    &own.bank,
                ]))
            })
            .narrow(&list.tag, |tag| tags::tag.eq(tag))
            .narrow(&list.subject, |subject| tags::subject.eq(subject))
            .narrow(&list.status, |status| tags::status.eq(status))
            .narrow(&list.on, |on| {
                let open = tags::valid_until.is_null().or(tags::valid_until.ge(on).assume_not_null());
                tags::status.eq("approved").and(tags::valid_from.le(on)).and(open)
            })
            .filter(after)
            .order((tags::created, tags::line))
            .limit(list.limit);
        Box::pin(async move { query.load(&mut conn).await })
    }
}
