//! What is read of reference rates.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::list::columns;
use crate::reference_rates::ReferenceRateRow;
use crate::schema::reference_rates;

/// All of a reference rate, in the order of the days.
pub async fn of_name(mut conn: &AsyncPgConnection, name_fold: &str) -> QueryResult<Vec<ReferenceRateRow>> {
    let rates = reference_rates::table.filter(reference_rates::name_fold.eq(name_fold));
    rates.order(reference_rates::date).select(columns::<ReferenceRateRow>()).load(&mut conn).await
}

/// The rate in force on a day.
pub async fn in_force(
    mut conn: &AsyncPgConnection,
    name_fold: &str,
    day: NaiveDate,
) -> QueryResult<Option<ReferenceRateRow>> {
    let begun = reference_rates::name_fold.eq(name_fold).and(reference_rates::date.le(day));
    let rates = reference_rates::table.filter(begun).order(reference_rates::date.desc());
    rates.select(columns::<ReferenceRateRow>()).first(&mut conn).await.optional()
}
