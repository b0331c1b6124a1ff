//! `COPY`: rows in PostgreSQL's text format, sent as they come. For ledgers that are made elsewhere and brought whole; the
//! service itself writes by statements.

use std::io::Cursor;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::SinkExt;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::pool::DatabaseError;
use super::rows::Table;
use super::session::Session;
use super::target::Target;
use subsidy_core::domain::agency_code::AgencyCode;

/// Bytes that are sent together.
const PIECE_BYTES: usize = 1 << 18;

/// Why rows were not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// No connection.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database refused; the source says why.
    #[error("the database refused what was copied")]
    Refused(#[from] tokio_postgres::Error),
}

/// A value as `COPY` reads it, with the tab behind it.
pub trait Copied {
    /// Written behind what is there.
    fn copied(&self, line: &mut Vec<u8>);
}

/// Ends a line where its last value ended.
pub fn end(line: &mut Vec<u8>) {
    line.pop();
    line.push(b'\n');
}

fn escaped(bytes: &[u8], line: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'\\' => line.extend(b"\\\\"),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'\t' => line.extend(b"\\t"),
            other => line.push(*other),
        }
    }
    line.push(b'\t');
}

macro_rules! plain {
    ($($type:ty),+) => { $(impl Copied for $type {
        fn copied(&self, line: &mut Vec<u8>) {
            line.extend(self.to_string().as_bytes());
            line.push(b'\t');
        }
    })+ };
}
plain!(i16, i32, i64, bool, Decimal, Uuid, NaiveDate);

impl Copied for String {
    fn copied(&self, line: &mut Vec<u8>) {
        escaped(self.as_bytes(), line);
    }
}

impl Copied for DateTime<Utc> {
    fn copied(&self, line: &mut Vec<u8>) {
        line.extend(self.to_rfc3339_opts(chrono::SecondsFormat::Micros, true).as_bytes());
        line.push(b'\t');
    }
}

impl Copied for serde_json::Value {
    fn copied(&self, line: &mut Vec<u8>) {
        escaped(self.to_string().as_bytes(), line);
    }
}

impl Copied for Vec<u8> {
    fn copied(&self, line: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        line.extend(b"\\\\x");
        line.extend(self.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        line.push(b'\t');
    }
}

impl<T: Copied> Copied for Option<T> {
    fn copied(&self, line: &mut Vec<u8>) {
        match self {
            Some(value) => value.copied(line),
            None => line.extend(b"\\N\t"),
        }
    }
}

/// A connection that rows are copied over.
#[derive(Debug)]
pub struct Copying(tokio_postgres::Client);

impl Copying {
    /// As the role that serves, in the agency's schema: with the rights of the service and no other.
    pub async fn open(target: &Target, agency: &AgencyCode) -> Result<Self, CopyError> {
        Ok(Self(target.client(&Session::copying(agency)).await?))
    }

    /// As whoever the URL says, wherever.
    pub async fn plainly(target: &Target) -> Result<Self, CopyError> {
        Ok(Self(target.client(&Session::plain()).await?))
    }

    /// Statements without arguments.
    pub async fn run(&self, sql: &str) -> Result<(), CopyError> {
        Ok(self.0.batch_execute(sql).await?)
    }

    /// A statement whose arguments are all texts: it says itself what they are.
    pub async fn told(&self, sql: &str, arguments: &[Option<String>]) -> Result<u64, CopyError> {
        let arguments: Vec<_> =
            arguments.iter().map(|text| -> &(dyn tokio_postgres::types::ToSql + Sync) { text }).collect();
        Ok(self.0.execute(sql, &arguments).await?)
    }

    /// Rows of a table; how many.
    pub async fn rows<R: Table, E: From<CopyError>>(
        &self,
        rows: impl IntoIterator<Item = Result<R, E>>,
    ) -> Result<u64, E> {
        let columns: Vec<String> = R::COLUMNS.iter().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("COPY {} ({}) FROM STDIN", R::NAME, columns.join(", "));
        let sink = self.0.copy_in::<_, Cursor<Vec<u8>>>(sql.as_str()).await.map_err(CopyError::from)?;
        let mut sink = std::pin::pin!(sink);
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        for row in rows {
            row?.copied(&mut piece);
            if piece.len() >= PIECE_BYTES {
                let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE_BYTES));
                sink.send(Cursor::new(full)).await.map_err(CopyError::from)?;
            }
        }
        sink.send(Cursor::new(piece)).await.map_err(CopyError::from)?;
        Ok(sink.finish().await.map_err(CopyError::from)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[&dyn Copied]) -> String {
        let mut line = Vec::new();
        values.iter().for_each(|value| value.copied(&mut line));
        end(&mut line);
        String::from_utf8_lossy(&line).into_owned()
    }

    #[test]
    fn what_separates_values_is_escaped_and_nothing_is_told_from_empty() {
        let (text, none, empty) = ("a\tb\\c\nd\r".to_owned(), None::<String>, String::new());
        assert_eq!(line(&[&text, &none, &empty, &7_i64]), "a\\tb\\\\c\\nd\\r\t\\N\t\t7\n");
    }

    #[test]
    fn bytes_and_documents_are_read_back_as_they_are() {
        let bytes = vec![0_u8, 0xab, 0xff];
        assert_eq!(line(&[&bytes]), "\\\\x00abff\n");
        assert_eq!(line(&[&serde_json::json!({"a": "\"\n"})]), "{\"a\":\"\\\\\"\\\\n\"}\n");
    }
}
