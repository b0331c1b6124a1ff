//! Several writes as one statement.
//!
//! What every batch writes (the head, the log, the lines and what counts them) is one `WITH`: the server binds, plans
//! and answers once instead of a dozen times, which is most of what a batch of one costs. The parts see the tables as
//! they were before the statement; triggers run when all of them are done.
//!
//! The text depends on which parts have rows, so use it for parts that are few: each combination is prepared once and
//! kept for the connection's life.

use std::borrow::Cow;
use std::fmt::Write as _;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::statement::{SqlValue, Statement, exactly};

/// What is no number, so that a statement fails whose changes did not find their rows.
pub(super) const ROWS_MISSED: &str = "a change did not find its rows";

/// A write that waits to be sent with others.
pub struct Write<'a> {
    sql: Cow<'static, str>,
    arguments: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
    /// How many rows it must find, where it finds any.
    finds: Option<usize>,
}

impl<'a> Write<'a> {
    pub fn insert<Id>(statement: Statement<'a, Id>) -> Self {
        let (sql, arguments) = statement.into_parts();
        Self { sql: Cow::Borrowed(sql), arguments, finds: None }
    }

    /// A change of so many rows, no fewer.
    pub fn update<Id>(statement: Statement<'a, Id>, rows: usize) -> Self {
        Self { finds: Some(rows), ..Self::insert(statement) }
    }

    /// Only where this holds too; `$$` in it stands for the value.
    pub fn guard<V>(mut self, condition: &str, value: V) -> Self
    where
        V: SqlValue + ToSql<V::Sql, Pg> + Send + 'a,
        Pg: HasSqlType<V::Sql>,
    {
        let (_, argument) = Statement::<()>::new("").bind(value).into_parts();
        self.arguments.extend(argument);
        let condition = condition.replace("$$", &format!("${}", self.arguments.len()));
        self.sql = Cow::Owned(format!("{} AND {condition}", self.sql));
        self
    }

    /// What becomes of new rows that are there already.
    pub fn on_conflict(mut self, verb: &str) -> Self {
        self.sql = Cow::Owned(format!("{} ON CONFLICT {verb}", self.sql));
        self
    }

    /// Sends it by itself.
    ///
    /// # Errors
    ///
    /// The database's, and [`diesel::result::Error::NotFound`] where a change found fewer rows than it was to find.
    pub async fn run(self, conn: &AsyncPgConnection) -> QueryResult<()> {
        let sent = BatchedStatement { sql: self.sql, arguments: self.arguments };
        let found = sent.execute(&mut &*conn).await?;
        self.finds.map_or(Ok(()), |rows| exactly(found, rows))
    }
}

impl std::fmt::Debug for Write<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Write")
            .field("sql", &self.sql)
            .field("finds", &self.finds)
            .finish_non_exhaustive()
    }
}

/// Writes that go together.
#[derive(Default)]
pub struct StatementBatch<'a> {
    sql: String,
    arguments: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
    /// How many rows each change is to find.
    finds: Vec<i64>,
}

impl<'a> StatementBatch<'a> {
    /// Adds a write; one without rows is none.
    pub fn add(&mut self, write: Option<Write<'a>>) {
        let Some(write) = write else { return };
        let before = self.arguments.len();
        self.sql.push_str(if before == 0 { "WITH " } else { ", " });
        match write.finds {
            Some(rows) => {
                push(&mut self.sql, format_args!("found_{} AS (", self.finds.len()));
                self.finds.push(i64::try_from(rows).unwrap_or(i64::MAX));
            }
            None => push(&mut self.sql, format_args!("written_{before} AS (")),
        }
        renumber(&mut self.sql, &write.sql, before);
        self.sql.push_str(if write.finds.is_some() { " RETURNING 1)" } else { ")" });
        self.arguments.extend(write.arguments);
    }

    /// Sends them. A change that finds fewer rows than it was to find fails all of them, in the database: nothing else
    /// need be asked before the commit.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn run(mut self, conn: &AsyncPgConnection) -> QueryResult<()> {
        self.sql.push_str(" SELECT (CASE WHEN ARRAY[");
        for place in 0..self.finds.len() {
            let comma = if place == 0 { "" } else { ", " };
            push(&mut self.sql, format_args!("{comma}(SELECT count(*) FROM found_{place})"));
        }
        let (_, expected) = Statement::<()>::new("").bind(self.finds).into_parts();
        self.arguments.extend(expected);
        let last = self.arguments.len();
        push(
            &mut self.sql,
            format_args!("]::bigint[] = ${last} THEN '1' ELSE '{ROWS_MISSED}' END)::integer"),
        );
        let sent = BatchedStatement { sql: Cow::Owned(self.sql), arguments: self.arguments };
        sent.execute(&mut &*conn).await.map(|_| ())
    }
}

impl std::fmt::Debug for StatementBatch<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StatementBatch").field("sql", &self.sql).finish_non_exhaustive()
    }
}

/// Writing to a string cannot fail.
fn push(sql: &mut String, text: std::fmt::Arguments<'_>) {
    sql.write_fmt(text).unwrap_or_default();
}

/// The text, its `$n` counted from a number on.
fn renumber(out: &mut String, sql: &str, from: usize) {
    let mut pieces = sql.split('$');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = piece.split_at(digits);
        push(out, format_args!("${}{rest}", number.parse::<usize>().unwrap_or_default() + from));
    }
}

/// A text and its arguments.
struct BatchedStatement<'a> {
    sql: Cow<'static, str>,
    arguments: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
}

impl QueryFragment<Pg> for BatchedStatement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.sql);
        self.arguments.iter().try_for_each(|argument| argument.walk_ast(out.reborrow()))
    }
}

/// Known to the cache by its text.
impl QueryId for BatchedStatement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for BatchedStatement<'_> {
    type SqlType = Untyped;
}

#[cfg(test)]
mod tests {
    use super::renumber;

    #[test]
    fn arguments_are_counted_on() {
        let mut sql = String::new();
        renumber(&mut sql, "INSERT INTO t SELECT * FROM unnest($1, $2) -- $10", 7);
        assert_eq!(sql, "INSERT INTO t SELECT * FROM unnest($8, $9) -- $17");
    }
}
