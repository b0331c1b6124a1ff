//! What the lists of all nouns ask for, and how diesel's queries take it.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_dsl::methods::FilterDsl;
use diesel::result::QueryResult;
use diesel::sql_types::Untyped;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::rows::{Table, Versioned};

/// A page of what a caller sees of a noun, narrowed by the filters that it names. A filter is called by the column that
/// it is compared with.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub after: i64,
    pub limit: i64,
    /// Whose documents alone are seen; none where all are.
    pub own: Option<Own>,
    pub status: Option<String>,
    pub kind: Option<String>,
    /// 专项
    pub programme: Option<String>,
    pub organisation: Option<String>,
    /// One of these.
    pub credit_codes: Option<Vec<String>>,
    /// What its name has in it, capital or not.
    pub name_part: Option<String>,
    pub bank: Option<String>,
    pub invoice_number: Option<String>,
    /// Of an older invoice; others have an empty one.
    pub invoice_code: Option<String>,
    pub call: Option<Uuid>,
    pub claim: Option<Uuid>,
    pub rental: Option<Uuid>,
    pub created_by: Option<String>,
    /// What a note is about, by its kind and key.
    pub about: Option<String>,
    pub name_fold: Option<String>,
    pub tag: Option<String>,
    /// Who or what is on a list; who has a role.
    pub subject: Option<String>,
    pub role: Option<String>,
    /// The day on which a tag counts.
    pub on: Option<NaiveDate>,
    /// The day on which a task was told of last.
    pub told_on: Option<NaiveDate>,
    /// Changed at or after.
    pub updated_since: Option<DateTime<Utc>>,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub until: Option<NaiveDate>,
}

/// A page by its key: what comes after it, so many rows.
#[derive(Debug, Clone, Copy)]
pub struct PageQuery {
    pub after: i64,
    pub limit: i64,
}

/// The parties that a caller is, where it sees only what is its own; empty where it is none.
#[derive(Debug, Clone, Default)]
pub struct Own {
    pub organisation: String,
    pub provider: String,
    pub bank: String,
    /// The organisation as one that bought what its provider claims for.
    pub buyer: String,
}

/// Rows of which there is a list. Each noun says with [`listed!`](crate::listed) what narrows it.
pub trait ListRow: Versioned {
    /// The sequence that made it.
    fn created(&self) -> i64;

    /// A page, in the order in which the documents were made.
    fn list<'a>(conn: &'a AsyncPgConnection, list: &'a ListQuery) -> BoxFuture<'a, QueryResult<Vec<Self>>>;
}

/// Says which columns tell whose a row is, which ones a list is narrowed by, and when a row changed:
/// `listed! { LoanRow in loans, own [organisation, bank], by [organisation, bank], since [updated_at] }`.
#[macro_export]
macro_rules! listed {
    (
        $row:ident in $table:ident $(, own [$own:ident $(, $other:ident)*])? $(, by [$($filter:ident),+])?
        $(, any [$column:ident in $values:ident])? $(, part [$text:ident in $part:ident])? $(, since [$changed:ident])?
    ) => {
        impl $crate::db::list::ListRow for $row {
            fn created(&self) -> i64 {
                self.created
            }

            fn list<'a>(
                mut conn: &'a diesel_async::AsyncPgConnection,
                list: &'a $crate::db::list::ListQuery,
            ) -> futures_util::future::BoxFuture<'a, diesel::result::QueryResult<Vec<Self>>> {
                use $crate::db::list::Narrow;
                use $crate::schema::$table;
                use diesel::prelude::*;

                let query = $table::table
                    .select($crate::db::list::columns::<$row>())
                    .into_boxed()
                    $(.narrow(&list.own, |own| {
                        $table::$own.eq(&own.$own)$(.or($table::$other.eq(&own.$other)))*
                    }))?
                    $($(.narrow(&list.$filter, |value| $table::$filter.eq(value)))+)?
                    $(.narrow(&list.$values, |values| $table::$column.eq_any(values)))?
                    $(.narrow(&list.$part, |part| $table::$text.ilike($crate::db::list::pattern(part))))?
                    $(.narrow(&list.updated_since, |since| $table::$changed.ge(since)))?
                    .filter($table::created.gt(list.after))
                    .order($table::created)
                    .limit(list.limit);
                Box::pin(async move { diesel_async::RunQueryDsl::load(query, &mut conn).await })
            }
        }
    };
}

/// The pattern of `LIKE` for whatever has a text in it.
pub fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for letter in part.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// A boxed query takes a filter only where one is given.
pub trait Narrow: Sized {
    fn narrow<'v, V, P>(self, value: &'v Option<V>, predicate: impl FnOnce(&'v V) -> P) -> Self
    where
        Self: FilterDsl<P, Output = Self>,
    {
        match value {
            Some(value) => self.filter(predicate(value)),
            None => self,
        }
    }
}

impl<Q> Narrow for Q {}

/// See [`columns`].
pub struct Columns<R>(PhantomData<fn() -> R>);

/// All columns of a row, which are read by their names: `schema` needs to hold only those that queries compare.
pub fn columns<R: Table>() -> Columns<R> {
    Columns(PhantomData)
}

impl<R> std::fmt::Debug for Columns<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Columns")
    }
}

impl<R> Expression for Columns<R> {
    type SqlType = Untyped;
}

impl<R, Source> AppearsOnTable<Source> for Columns<R> {}

impl<R, Source> SelectableExpression<Source> for Columns<R> {}

impl<R> ValidGrouping<()> for Columns<R> {
    type IsAggregate = is_aggregate::No;
}

impl<R: 'static> QueryId for Columns<R> {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R: Table> QueryFragment<Pg> for Columns<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (place, column) in R::COLUMNS.iter().enumerate() {
            if place > 0 {
                out.push_sql(", ");
            }
            out.push_identifier(R::NAME)?;
            out.push_sql(".");
            out.push_identifier(column)?;
        }
        Ok(())
    }
}
