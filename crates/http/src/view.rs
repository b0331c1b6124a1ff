//! Documents as they are answered: a page of a list, or one by its key.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::handler::{ReadRequest, Reply, decode_all, with_related};
use super::page::Page;
use super::problem::Problem;
use subsidy_core::book::Document;
use subsidy_core::domain::{Code, CreditCode, Instant, ProgrammeCode, Sequence};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::convert;
use subsidy_store::db::list::{ListQuery, ListRow};
use subsidy_store::db::pool::Connection;
use subsidy_store::db::rows::{Table, Versioned};
use subsidy_store::documents::Stored;

/// How documents of a noun are shown.
pub trait View: Serialize + Sized {
    type Document: Stored<Row: ListRow>;

    /// Asks for what the view shows beside the document.
    fn related_keys(_: &Self::Document, _: &mut RelatedKeys) {}

    fn of(document: &Self::Document, related: &Related) -> Self;
}

/// The page of a list that a caller asks for, and its filters.
#[derive(Debug)]
pub struct List {
    pub page: Page,
    pub query: ListQuery,
}

impl ReadRequest {
    /// The list that is asked for, of what the caller may see. `S` is what a status can be; `()` where there is none.
    /// Error: `invalid_query`, naming the filter.
    pub fn list<S: DeserializeOwned>(&self) -> Result<List, Problem> {
        let (page, query, visibility) = (self.page()?, &self.query, self.visibility());
        let query = ListQuery {
            after: page.after,
            limit: page.rows(),
            own: Some(visibility.parties()).filter(|_| !visibility.all),
            programme: query.value::<ProgrammeCode>("programme")?.map(|code| code.to_string()),
            organisation: query.value::<CreditCode>("organisation")?.map(|code| code.to_string()),
            updated_since: query.value::<Instant>("updated_since")?.map(Instant::utc),
            status: query.word::<S>("status")?.and(query.text("status")).map(str::to_owned),
            bank: query.value::<CreditCode>("bank")?.map(|code| code.to_string()),
            ..ListQuery::default()
        };
        Ok(List { page, query })
    }
}

/// The documents of a page, and where the next one begins.
pub async fn documents<D: Stored<Row: ListRow>>(
    conn: &Connection,
    list: &List,
) -> Result<(Vec<D>, Option<String>), Problem> {
    let (rows, next) = list.page.cut(D::Row::list(conn, &list.query).await?, ListRow::created);
    Ok((decode_all(&rows, D::from_row)?, next))
}

/// A page of a list, as views.
pub async fn list<V: View>(request: &ReadRequest, list: &List) -> Result<Reply, Problem> {
    listed::<V>(&request.reader().await?, list).await
}

/// The same on a connection that looked for what the list belongs to.
pub async fn listed<V: View>(conn: &Connection, list: &List) -> Result<Reply, Problem> {
    let (found, next) = documents::<V::Document>(conn, list).await?;
    let related = with_related(conn, &found, V::related_keys).await?;
    Reply::list((found.iter().map(|one| V::of(one, &related)).collect(), next))
}

/// The document of a key. Error: `not_found`, also where the caller may not see it.
pub async fn find<D: Stored>(
    conn: &Connection,
    key: &D::Key,
    can_see: impl FnOnce(&D) -> bool,
) -> Result<D, Problem> {
    versioned(conn, key, can_see).await.map(|(found, _)| found)
}

async fn versioned<D: Stored>(
    conn: &Connection,
    key: &D::Key,
    can_see: impl FnOnce(&D) -> bool,
) -> Result<(D, Sequence), Problem> {
    let rows = D::Row::read(conn, &[D::columns(key)]).await?;
    let row = rows.first().ok_or_else(|| Problem::new(Code::NotFound))?;
    let found = Some(D::from_row(row)?).filter(can_see).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok((found, convert::read_sequence(row.version())?))
}

/// A document as its view.
pub async fn show<V: View>(
    request: &ReadRequest,
    key: &<V::Document as Document>::Key,
    can_see: impl FnOnce(&V::Document) -> bool,
) -> Result<Reply, Problem> {
    shown::<V>(&request.reader().await?, key, can_see).await
}

/// The same on a connection that looked for what the document belongs to.
pub async fn shown<V: View>(
    conn: &Connection,
    key: &<V::Document as Document>::Key,
    can_see: impl FnOnce(&V::Document) -> bool,
) -> Result<Reply, Problem> {
    let (found, version) = versioned(conn, key, can_see).await?;
    let related = with_related(conn, std::slice::from_ref(&found), V::related_keys).await?;
    Reply::document(&V::of(&found, &related), version)
}
