//! SQL whose text never varies, with typed arguments.
//!
//! A [`Statement`] has a static `QueryId`, so it is prepared once per connection; diesel's own `sql_query` would be
//! parsed by the server on every call. Statements run on a shared connection, so that those of one batch are in flight
//! together (`tokio::try_join!`); they reach the server in the order in which their futures are first polled.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{self, Array, HasSqlType, Nullable, SingleValue, SqlType, Untyped};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::{BoxFuture, FutureExt};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A Rust type that stands for exactly one SQL type.
pub trait SqlValue {
    type Sql: SqlType + SingleValue + 'static;
}

macro_rules! sql_value {
    ($($rust:ty => $sql:ident),+ $(,)?) => { $(impl SqlValue for $rust { type Sql = sql_types::$sql; })+ };
}
sql_value! {
    i16 => SmallInt, i32 => Integer, i64 => BigInt, bool => Bool, Decimal => Numeric,
    String => Text, &str => Text, Vec<u8> => Binary, &[u8] => Binary, serde_json::Value => Jsonb,
    Uuid => Uuid, NaiveDate => Date, DateTime<Utc> => Timestamptz,
}

impl<T> SqlValue for Option<T>
where
    T: SqlValue,
    T::Sql: SqlType<IsNull = sql_types::is_nullable::NotNull>,
{
    type Sql = Nullable<T::Sql>;
}

// `u8` is no `SqlValue`, so bytes stay bytes and every other vector is an array.
impl<T: SqlValue> SqlValue for Vec<T> {
    type Sql = Array<T::Sql>;
}

impl<T: SqlValue> SqlValue for &[T] {
    type Sql = Array<T::Sql>;
}

/// The SQL type of one column of type `T`.
pub type SqlOf<T> = <T as SqlValue>::Sql;

/// SQL that is the same on every call, known to the cache by `Id`, with its arguments.
pub struct Statement<'a, Id> {
    sql: &'static str,
    arguments: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
    id: PhantomData<fn() -> Id>,
}

impl<'a, Id> Statement<'a, Id> {
    pub fn new(sql: &'static str) -> Self {
        Self { sql, arguments: Vec::new(), id: PhantomData }
    }

    /// The next `$n`.
    pub fn bind<V>(mut self, value: V) -> Self
    where
        V: SqlValue + ToSql<V::Sql, Pg> + Send + 'a,
        Pg: HasSqlType<V::Sql>,
    {
        self.arguments.push(Box::new(Argument::<V::Sql, V> { value, sql: PhantomData }));
        self
    }

    /// The next `$n`: one column of many rows.
    pub fn bind_column<R, V>(mut self, rows: &'a [R], get: fn(&R) -> &V) -> Self
    where
        R: Sync,
        V: SqlValue + ToSql<V::Sql, Pg> + 'a,
        Pg: HasSqlType<V::Sql>,
    {
        let column = Argument::<Array<V::Sql>, _> { value: Column { rows, get }, sql: PhantomData };
        self.arguments.push(Box::new(column));
        self
    }
}

impl<'a, Id> Statement<'a, Id> {
    /// Its text and its arguments, to be sent with others.
    pub(super) fn into_parts(self) -> (&'static str, Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>) {
        (self.sql, self.arguments)
    }
}

impl<Id> std::fmt::Debug for Statement<'_, Id> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Statement").field("sql", &self.sql).finish_non_exhaustive()
    }
}

impl<Id> QueryFragment<Pg> for Statement<'_, Id> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.sql);
        self.arguments.iter().try_for_each(|argument| argument.walk_ast(out.reborrow()))
    }
}

impl<Id: 'static> QueryId for Statement<'_, Id> {
    type QueryId = Statement<'static, Id>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Id> Query for Statement<'_, Id> {
    type SqlType = Untyped;
}

/// A value sent beside the SQL, which names its place itself.
struct Argument<St, V> {
    value: V,
    sql: PhantomData<fn() -> St>,
}

impl<St, V> QueryFragment<Pg> for Argument<St, V>
where
    V: ToSql<St, Pg>,
    Pg: HasSqlType<St>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param_value_only::<St, V>(&self.value)
    }
}

/// One column of a slice of rows, as an array.
struct Column<'a, R, V> {
    rows: &'a [R],
    get: fn(&R) -> &V,
}

impl<R, V> std::fmt::Debug for Column<'_, R, V> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "[{} values]", self.rows.len())
    }
}

impl<R, V, St> ToSql<Array<St>, Pg> for Column<'_, R, V>
where
    V: ToSql<St, Pg>,
    St: 'static,
    Pg: HasSqlType<St>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let values: Vec<&V> = self.rows.iter().map(self.get).collect();
        ToSql::<Array<St>, Pg>::to_sql(values.as_slice(), &mut out.reborrow())
    }
}

/// What a statement answers: `usize` for the rows it changed, `Vec` or `Option` for the rows it found.
pub trait Answer: Sized {
    fn of<'a, Id: 'static>(
        conn: &'a AsyncPgConnection,
        statement: Statement<'a, Id>,
    ) -> BoxFuture<'a, QueryResult<Self>>;
}

impl Answer for usize {
    fn of<'a, Id: 'static>(
        conn: &'a AsyncPgConnection,
        statement: Statement<'a, Id>,
    ) -> BoxFuture<'a, QueryResult<Self>> {
        async move { statement.execute(&mut &*conn).await }.boxed()
    }
}

impl<R> Answer for Vec<R>
where
    R: QueryableByName<Pg> + Send + 'static,
{
    fn of<'a, Id: 'static>(
        conn: &'a AsyncPgConnection,
        statement: Statement<'a, Id>,
    ) -> BoxFuture<'a, QueryResult<Self>> {
        async move { statement.load(&mut &*conn).await }.boxed()
    }
}

impl<R: QueryableByName<Pg> + Send + 'static> Answer for Option<R> {
    fn of<'a, Id: 'static>(
        conn: &'a AsyncPgConnection,
        statement: Statement<'a, Id>,
    ) -> BoxFuture<'a, QueryResult<Self>> {
        async move { Ok(Vec::<R>::of(conn, statement).await?.into_iter().next()) }.boxed()
    }
}

/// An update that met fewer rows than it was given has lost a race it was told it could not lose.
pub fn exactly(count: usize, expected: usize) -> QueryResult<()> {
    if count == expected { Ok(()) } else { Err(Error::NotFound) }
}

/// Hand-written SQL with typed arguments: `fn name(argument: type, …) -> answer = "… $1 …";`
///
/// Two arguments of one type could be given in each other's place, so a statement that has two does not compile: they are
/// fields of a struct, which stands before the others: `fn name(Window { after, until }; kind: &str) -> …`.
#[macro_export]
macro_rules! statement {
    ($(
        $(#[$meta:meta])* $vis:vis fn $name:ident $arguments:tt -> $answer:ty = $sql:expr;
    )+) => { $(
        $crate::statement!(@one [$(#[$meta])*] [$vis] $name $arguments [$answer] $sql);
    )+ };
    (@one $meta:tt $vis:tt $name:ident ($($argument:ident : $type:ty),* $(,)?) $answer:tt $sql:expr) => {
        $crate::statement!(@fn $meta $vis $name [] [$($argument: $type),*] $answer $sql);
    };
    (
        @one $meta:tt $vis:tt $name:ident
        ($($query:ident $(<$of:tt>)? { $($field:ident),+ }),+ $(; $($argument:ident : $type:ty),+)?)
        $answer:tt $sql:expr
    ) => {
        $crate::statement!(
            @fn $meta $vis $name [$($query [$($of)?] { $($field),+ })+] [$($($argument: $type),+)?] $answer $sql
        );
    };
    (
        @fn [$(#[$meta:meta])*] [$vis:vis] $name:ident
        [$($query:ident [$($of:tt)?] { $($field:ident),+ })*] [$($argument:ident : $type:ty),*] [$answer:ty] $sql:expr
    ) => {
        // two arguments of one type are two impls for it, which conflict
        const _: () = {
            #[allow(dead_code, reason = "the compiler compares its impls")]
            trait OnlyOne {}
            $(impl OnlyOne for $type {})*
        };

        $(#[$meta])*
        $vis async fn $name(
            conn: &diesel_async::AsyncPgConnection,
            $($query { $($field),+, .. }: $query<$($of)?>,)*
            $($argument: $type),*
        ) -> diesel::result::QueryResult<$answer> {
            struct Id;
            const SQL: &str = $sql;
            let statement =
                $crate::db::statement::Statement::<Id>::new(SQL)$($(.bind($field))+)*$(.bind($argument))*;
            <$answer as $crate::db::statement::Answer>::of(conn, statement).await
        }
    };
}
