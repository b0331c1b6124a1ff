//! Pages of a list: keyset by the sequence that created each document, in a cursor that carries its filters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subsidy_core::domain::Code;

use super::extract::Query;
use super::problem::Problem;
use subsidy_store::db::list::PageQuery;

/// Most documents on a page.
pub const LIMIT_MAX: usize = 200;

/// Documents on a page where the caller does not say.
pub const LIMIT: usize = 50;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    after: i64,
    filters: String,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The key that it begins after.
    pub after: i64,
    limit: usize,
    filters: String,
}

/// A part of a list, as it is answered.
#[derive(Debug, Serialize)]
pub struct Listed<T> {
    pub data: Vec<T>,
    /// Where the next page begins; none on the last.
    pub next_cursor: Option<String>,
}

impl Page {
    /// The page that a query asks for of the list at `path`.
    /// Errors: `invalid_query` for the limit, `invalid_cursor` for a cursor of another list or other filters.
    pub fn of(path: &str, query: &Query) -> Result<Self, Problem> {
        let limit = limit(query)?;
        let filters = filters(path, query);
        let after = match query.text("cursor") {
            None => -1,
            Some(text) => {
                let cursor = decode(text).filter(|cursor| cursor.filters == filters);
                cursor.ok_or_else(|| Problem::new(Code::InvalidCursor))?.after
            }
        };
        Ok(Self { after, limit, filters })
    }

    /// How many rows to ask the database for: one more than are shown.
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(0) + 1
    }

    /// The same by its key.
    pub fn query(&self) -> PageQuery {
        PageQuery { after: self.after, limit: self.rows() }
    }

    /// Drops the row too many and says where the next page begins.
    pub fn cut<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> i64) -> (Vec<T>, Option<String>) {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|last| self.cursor(key(last)));
        (rows, next)
    }

    /// How many rows are shown.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// The cursor of the page that begins after a key.
    pub fn cursor(&self, after: i64) -> String {
        let cursor = Cursor { after, filters: self.filters.clone() };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    }
}

/// How many rows of a page a query asks for. Error: `invalid_query`.
pub fn limit(query: &Query) -> Result<usize, Problem> {
    let limit = query.number::<usize>("limit")?.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::new(Code::InvalidQuery).with("parameter", "limit"));
    }
    Ok(limit)
}

fn decode(text: &str) -> Option<Cursor> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// What tells one list from another: the path and every filter.
pub fn filters(path: &str, query: &Query) -> String {
    let mut hash = Sha256::new();
    hash.update(path);
    for (name, value) in query.others(&["limit", "cursor"]) {
        hash.update([0]);
        hash.update(name);
        hash.update([0]);
        hash.update(value);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize().iter().take(12).copied().collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn page(path: &str, query: &str) -> Result<Page, Problem> {
        Page::of(path, &Query::parse(query, &["limit", "cursor", "status"]).unwrap())
    }

    #[test]
    fn a_cursor_goes_on_where_its_page_ended() {
        let first = page("/v1/vouchers", "limit=2&status=issued").unwrap();
        assert_eq!((first.after, first.rows()), (-1, 3));
        let (rows, next) = first.cut(vec![5, 7, 9], |row| *row);
        assert_eq!(rows, [5, 7]);
        let next = next.unwrap();
        let second = page("/v1/vouchers", &format!("limit=9&status=issued&cursor={next}")).unwrap();
        assert_eq!((second.after, second.rows()), (7, 10));
        assert_eq!(second.cut(vec![9], |row| *row), (vec![9], None));
    }

    #[test]
    fn a_cursor_is_of_one_list_with_its_filters() {
        let next = page("/v1/vouchers", "limit=1").unwrap().cut(vec![1, 2], |r| *r).1.unwrap();
        for (path, query) in [
            ("/v1/rentals", format!("cursor={next}")),
            ("/v1/vouchers", format!("status=issued&cursor={next}")),
            ("/v1/vouchers", "cursor=AAAA".to_owned()),
            ("/v1/vouchers", "cursor=".to_owned()),
        ] {
            assert_eq!(page(path, &query).unwrap_err().code(), Code::InvalidCursor);
        }
    }

    #[test]
    fn a_limit_out_of_range_is_refused() {
        for wrong in ["0", "201", "-1", "x", ""] {
            assert_eq!(
                page("/", &format!("limit={wrong}")).unwrap_err().code(),
                Code::InvalidQuery,
                "{wrong}"
            );
        }
        assert!(page("/", "limit=200").is_ok());
    }
}
