//! Array statements: any number of rows of a table in one [`Statement`].
//!
//! [`rows!`](crate::rows) declares a table once and makes the struct, its loading and its verbs. The SQL of each verb is
//! made once, from the columns' names, around `unnest` of one array per column.

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::result::{Error, QueryResult};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use rust_decimal::Decimal;
use uuid::Uuid;

pub use super::display::ColumnText;
#[doc(hidden)]
pub use super::sql_text::SqlText;
pub use super::statement::{Answer, SqlOf, SqlValue, Statement, exactly};
use super::statement_batch::Write;

/// A row of a table, with the values that tell it from all others.
pub trait Row {
    type Key: Key;
    fn key(&self) -> Self::Key;
}

/// A table's rows as an auditor reads them: held against others of the same key, found by keys, walked.
pub trait Table: Row + Sized + Send + Sync + 'static {
    const NAME: &'static str;
    /// The names of its columns, those of the key first.
    const COLUMNS: &'static [&'static str];
    /// How many columns the key has.
    const KEY_COLUMNS: usize;

    /// Its values as a sheet shows them, in the order of the columns.
    fn cells(&self) -> Vec<String>;

    /// The same as a line that `COPY` takes.
    fn copied(&self, line: &mut Vec<u8>);

    /// The columns in which two rows differ: each with its name, this row's value, the other's.
    fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)>;

    /// The rows that are there; one that is absent is left out.
    fn read<'a>(conn: &'a AsyncPgConnection, keys: &'a [Self::Key]) -> BoxFuture<'a, QueryResult<Vec<Self>>>;

    /// The next rows in the order of their keys: after the one key that is given, else from the first.
    fn page<'a>(
        conn: &'a AsyncPgConnection,
        after: &'a [Self::Key],
        limit: i64,
    ) -> BoxFuture<'a, QueryResult<Vec<Self>>>;

    /// Opens a cursor over all rows in the order of their keys, texts by their bytes. It needs a transaction and lives as
    /// long; a table has one in a transaction.
    fn walk(conn: &AsyncPgConnection) -> BoxFuture<'_, QueryResult<()>>;

    /// The next rows of the cursor; none after the last.
    fn walk_on(conn: &AsyncPgConnection) -> BoxFuture<'_, QueryResult<Vec<Self>>>;

    fn count(conn: &AsyncPgConnection) -> BoxFuture<'_, QueryResult<i64>>;
}

/// A table whose rows say which sequence changed them last.
pub trait Versioned: Table {
    fn version(&self) -> i64;

    /// New rows; none where there are none.
    fn inserting(rows: &[Self]) -> Option<Write<'_>>;

    /// Changed rows, each of which must still have its old version. Of a table that is never updated: none.
    fn updating<'a>(rows: &'a [Self], old_versions: &'a [i64]) -> QueryResult<Option<Write<'a>>>;
}

crate::rows! {
    #[doc(hidden)]
    pub struct CountRow { count: i64 }
}

/// A primary key: one column's value or a tuple of them.
pub trait Key: Sized + Sync {
    /// Of each of its columns whether it is a text.
    const TEXTS: &'static [bool];

    fn bind_all<'a, Id>(keys: &'a [Self], statement: Statement<'a, Id>) -> Statement<'a, Id>;
}

/// A value that is a column of a key.
pub trait KeyPart {
    const IS_TEXT: bool = false;
}

macro_rules! key_of_one {
    ($($rust:ty $(: $text:literal)?),+ $(,)?) => { $(
        impl KeyPart for $rust {
            $(const IS_TEXT: bool = $text;)?
        }

        impl Key for $rust {
            const TEXTS: &'static [bool] = &[<Self as KeyPart>::IS_TEXT];

            fn bind_all<'a, Id>(keys: &'a [Self], statement: Statement<'a, Id>) -> Statement<'a, Id> {
                statement.bind_column(keys, |key| key)
            }
        }
    )+ };
}
key_of_one!(i16, i32, i64, bool, Decimal, String: true, Vec<u8>, Uuid, NaiveDate);

macro_rules! key_of_many {
    ($(($($part:ident . $place:tt),+))+) => { $(
        impl<$($part),+> Key for ($($part,)+)
        where
            $($part: KeyPart + SqlValue + ToSql<SqlOf<$part>, Pg> + Sync + 'static, Pg: HasSqlType<SqlOf<$part>>,)+
        {
            const TEXTS: &'static [bool] = &[$($part::IS_TEXT),+];

            fn bind_all<'a, Id>(keys: &'a [Self], statement: Statement<'a, Id>) -> Statement<'a, Id> {
                statement$(.bind_column(keys, |key| &key.$place))+
            }
        }
    )+ };
}
key_of_many! {
    (A.0, B.1)
    (A.0, B.1, C.2)
    (A.0, B.1, C.2, D.3)
    (A.0, B.1, C.2, D.3, E.4)
    (A.0, B.1, C.2, D.3, E.4, F.5)
    (A.0, B.1, C.2, D.3, E.4, F.5, G.6)
}

#[doc(hidden)]
pub fn same_length(rows: usize, versions: usize) -> QueryResult<()> {
    if rows == versions {
        return Ok(());
    }
    Err(Error::QueryBuilderError(format!("{rows} rows to update, {versions} old versions").into()))
}

/// Declares a table's rows: see the module. `appended` tables are never updated, nor are `once` ones, which hold documents
/// that never change; `keyed` ones are updated by key alone, `versioned` ones only at the version that was read. What is `fixed` stays as it was inserted: no update names it, and the role that
/// serves has no right to change it.
#[macro_export]
macro_rules! rows {
    (
        $(#[$meta:meta])* $vis:vis struct $row:ident in $table:literal, $mode:ident
        $(, fixed [$($fixed:ident),+ $(,)?])? {
            key { $($key:ident : $key_type:ty),+ $(,)? }
            $($name:ident : $type:ty),* $(,)?
        }
    ) => {
        $crate::rows!(@struct [$(#[$meta])*] $vis $row { $($key: $key_type,)+ $($name: $type,)* });

        impl $crate::db::rows::Row for $row {
            type Key = $crate::rows!(@key_type $($key_type),+);
            fn key(&self) -> Self::Key {
                $crate::rows!(@key_value self $($key),+)
            }
        }

        const _: () = {
            use $crate::db::rows::{Answer, Key, Row, Statement, SqlText};
            use $crate::db::statement_batch::Write;
            use diesel::result::QueryResult;
            use diesel_async::AsyncPgConnection;

            static TEXTS: std::sync::LazyLock<SqlText> =
                std::sync::LazyLock::new(|| SqlText::new(
                    $table,
                    (&[$(stringify!($key)),+], <<$row as Row>::Key as Key>::TEXTS),
                    &[$(stringify!($name)),*],
                    &[$($(stringify!($fixed)),+)?],
                ));

            fn columns<'a, Id>(statement: Statement<'a, Id>, rows: &'a [$row]) -> Statement<'a, Id> {
                statement
                    $(.bind_column(rows, |row: &$row| &row.$key))+
                    $(.bind_column(rows, |row: &$row| &row.$name))*
            }

            #[allow(dead_code, reason = "not every table needs every verb")]
            impl $row {
                /// All rows in one statement.
                pub async fn insert(conn: &AsyncPgConnection, rows: &[$row]) -> QueryResult<usize> {
                    struct Insert;
                    if rows.is_empty() {
                        return Ok(0);
                    }
                    usize::of(conn, columns(Statement::<Insert>::new(&TEXTS.insert), rows)).await
                }

                /// The same, to be sent with others.
                pub fn inserting(rows: &[$row]) -> Option<Write<'_>> {
                    let statement = || columns(Statement::<()>::new(&TEXTS.insert), rows);
                    (!rows.is_empty()).then(|| Write::insert(statement()))
                }

                /// The rows that are there; one that is absent is left out.
                pub async fn by_keys(
                    conn: &AsyncPgConnection,
                    keys: &[<$row as Row>::Key],
                ) -> QueryResult<Vec<$row>> {
                    struct ByKeys;
                    if keys.is_empty() {
                        return Ok(Vec::new());
                    }
                    Vec::of(conn, Key::bind_all(keys, Statement::<ByKeys>::new(&TEXTS.by_keys))).await
                }
            }

            impl $crate::db::rows::Table for $row {
                const NAME: &'static str = $table;
                const COLUMNS: &'static [&'static str] =
                    &[$(stringify!($key),)+ $(stringify!($name)),*];
                const KEY_COLUMNS: usize = [$(stringify!($key)),+].len();

                fn cells(&self) -> Vec<String> {
                    use $crate::db::rows::ColumnText;
                    vec![$(self.$key.cell(),)+ $(self.$name.cell()),*]
                }

                fn copied(&self, line: &mut Vec<u8>) {
                    use $crate::db::display::Copied;
                    $(self.$key.copied(line);)+
                    $(self.$name.copied(line);)*
                    $crate::db::display::end(line);
                }

                fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
                    use $crate::db::rows::ColumnText;
                    let mut found = Vec::new();
                    $(if self.$key != other.$key {
                        found.push((stringify!($key), self.$key.shown(), other.$key.shown()));
                    })+
                    $(if self.$name != other.$name {
                        found.push((stringify!($name), self.$name.shown(), other.$name.shown()));
                    })*
                    found
                }

                fn read<'a>(
                    conn: &'a AsyncPgConnection,
                    keys: &'a [<$row as Row>::Key],
                ) -> futures_util::future::BoxFuture<'a, QueryResult<Vec<$row>>> {
                    Box::pin(<$row>::by_keys(conn, keys))
                }

                fn page<'a>(
                    conn: &'a AsyncPgConnection,
                    after: &'a [<$row as Row>::Key],
                    limit: i64,
                ) -> futures_util::future::BoxFuture<'a, QueryResult<Vec<$row>>> {
                    struct FirstPage;
                    struct NextPage;
                    if after.is_empty() {
                        return Vec::of(conn, Statement::<FirstPage>::new(&TEXTS.first_page).bind(limit));
                    }
                    let next = Key::bind_all(after, Statement::<NextPage>::new(&TEXTS.next_page));
                    Vec::of(conn, next.bind(limit))
                }

                fn walk(conn: &AsyncPgConnection) -> futures_util::future::BoxFuture<'_, QueryResult<()>> {
                    struct Walk;
                    Box::pin(async move {
                        usize::of(conn, Statement::<Walk>::new(&TEXTS.walk)).await.map(drop)
                    })
                }

                fn walk_on(
                    conn: &AsyncPgConnection,
                ) -> futures_util::future::BoxFuture<'_, QueryResult<Vec<$row>>> {
                    struct WalkOn;
                    Vec::of(conn, Statement::<WalkOn>::new(&TEXTS.walk_on))
                }

                fn count(
                    conn: &AsyncPgConnection,
                ) -> futures_util::future::BoxFuture<'_, QueryResult<i64>> {
                    struct Count;
                    let rows = Option::<$crate::db::rows::CountRow>::of(
                        conn,
                        Statement::<Count>::new(&TEXTS.count),
                    );
                    Box::pin(async move { Ok(rows.await?.map_or(0, |row| row.count)) })
                }
            }

            $crate::rows!(@update $mode $row);
        };
    };
    (
        $(#[$meta:meta])* $vis:vis struct $row:ident { $($name:ident : $type:ty),+ $(,)? }
    ) => {
        $crate::rows!(@struct [$(#[$meta])*] $vis $row { $($name: $type,)+ });
    };

    (@struct [$($meta:tt)*] $vis:vis $row:ident { $($name:ident : $type:ty,)+ }) => {
        $($meta)*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $row { $(pub $name: $type),+ }

        impl diesel::deserialize::QueryableByName<diesel::pg::Pg> for $row {
            fn build<'a>(
                row: &impl diesel::row::NamedRow<'a, diesel::pg::Pg>,
            ) -> diesel::deserialize::Result<Self> {
                Ok(Self {
                    $($name: diesel::row::NamedRow::get::<$crate::db::rows::SqlOf<$type>, $type>(
                        row,
                        stringify!($name),
                    )?),+
                })
            }
        }
    };

    (@key_type $one:ty) => { $one };
    (@key_type $($many:ty),+) => { ($($many),+) };
    (@key_value $self:ident $one:ident) => { $self.$one.clone() };
    (@key_value $self:ident $($many:ident),+) => { ($($self.$many.clone()),+) };

    (@update appended $row:ident) => {};
    (@update once $row:ident) => {
        impl $crate::db::rows::Versioned for $row {
            fn version(&self) -> i64 {
                self.version
            }

            fn inserting(rows: &[Self]) -> Option<Write<'_>> {
                Self::inserting(rows)
            }

            fn updating<'a>(_: &'a [Self], _: &'a [i64]) -> QueryResult<Option<Write<'a>>> {
                Ok(None)
            }
        }
    };
    (@update keyed $row:ident) => {
        #[allow(dead_code, reason = "not every table needs every verb")]
        impl $row {
            /// All columns of the rows but the fixed ones, by key; no key twice.
            pub async fn update(conn: &AsyncPgConnection, rows: &[$row]) -> QueryResult<usize> {
                struct Update;
                if rows.is_empty() {
                    return Ok(0);
                }
                usize::of(conn, columns(Statement::<Update>::new(&TEXTS.update), rows)).await
            }

            /// The same, to be sent with others.
            pub fn updating(rows: &[$row]) -> Option<Write<'_>> {
                let statement = || columns(Statement::<()>::new(&TEXTS.update), rows);
                (!rows.is_empty()).then(|| Write::update(statement(), rows.len()))
            }
        }
    };
    (@update versioned $row:ident) => {
        #[allow(dead_code, reason = "not every table needs every verb")]
        impl $row {
            /// All columns but the fixed ones of the rows that still have their old version; no key twice.
            pub async fn update(
                conn: &AsyncPgConnection,
                rows: &[$row],
                old_versions: &[i64],
            ) -> QueryResult<usize> {
                struct Update;
                $crate::db::rows::same_length(rows.len(), old_versions.len())?;
                if rows.is_empty() {
                    return Ok(0);
                }
                let statement = columns(Statement::<Update>::new(&TEXTS.update_version), rows);
                usize::of(conn, statement.bind(old_versions)).await
            }
        }

        impl $crate::db::rows::Versioned for $row {
            fn version(&self) -> i64 {
                self.version
            }

            fn inserting(rows: &[Self]) -> Option<Write<'_>> {
                Self::inserting(rows)
            }

            fn updating<'a>(rows: &'a [Self], old_versions: &'a [i64]) -> QueryResult<Option<Write<'a>>> {
                $crate::db::rows::same_length(rows.len(), old_versions.len())?;
                let statement = || columns(Statement::<()>::new(&TEXTS.update_version), rows);
                let update = || Write::update(statement().bind(old_versions), rows.len());
                Ok((!rows.is_empty()).then(update))
            }
        }
    };
}
