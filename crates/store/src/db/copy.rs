//! `COPY`: rows in PostgreSQL's text format, sent as they come. For ledgers that are made elsewhere and brought whole; the
//! service itself writes by statements.

use std::io::Cursor;

use futures_util::SinkExt;

use super::error::DatabaseError;
use super::rows::Table;
use super::session::Session;
use super::target::Target;
use subsidy_core::domain::agency_code::AgencyCode;

/// Bytes that are sent together.
const PIECE_BYTES: usize = 1 << 18;

/// Why rows were not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the database refused what was copied")]
    Refused(#[from] tokio_postgres::Error),
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
