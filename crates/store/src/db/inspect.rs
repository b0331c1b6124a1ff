//! What a server says about itself, for whoever checks whether the service can run on it; and what a person could do
//! to it by hand, for whoever shows that it is found.

use std::time::Duration;

use chrono::{DateTime, Utc};

use diesel_async::SimpleAsyncConnection;

use super::error::DatabaseError;
use super::session::Session;
use super::target::Target;
use crate::{rows, statement};
use subsidy_core::domain::AgencyCode;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

rows! {
    /// A server, as the URL's own role sees it.
    pub struct Server {
        version: i32,
        at: DateTime<Utc>,
        role: String,
        roles: String,
        encrypted: bool,
    }
}

impl Server {
    /// The service's roles that are there and that the URL's own role may take on.
    pub fn roles(&self) -> Vec<&str> {
        self.roles.split_whitespace().collect()
    }
}

statement! {
    fn server() -> Option<Server> =
        "SELECT current_setting('server_version_num')::integer AS version, clock_timestamp() AS at, \
                current_user::text AS role, \
                (SELECT coalesce(string_agg(rolname::text, ' ' ORDER BY rolname), '') FROM pg_roles \
                  WHERE rolname IN ('subsidy_app', 'subsidy_auditor', 'subsidy_owner') \
                    AND pg_has_role(current_user, oid, 'MEMBER')) AS roles, \
                coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted";
}

/// Asks the server at a URL.
pub async fn inspect(url: &str) -> Result<Server, DatabaseError> {
    let conn = Target::parse(url, CONNECT_TIMEOUT)?.open(&Session::plain()).await?;
    server(&conn).await?.ok_or(DatabaseError::Query(diesel::result::Error::NotFound))
}

/// Runs statements in an agency's schema as the URL's own role, past the one door.
pub async fn by_hand(url: &str, agency: &AgencyCode, sql: &str) -> Result<(), DatabaseError> {
    let mut conn = Target::parse(url, CONNECT_TIMEOUT)?.open(&Session::plain()).await?;
    conn.batch_execute(&format!("SET search_path = {}, pg_temp", agency.schema())).await?;
    Ok(conn.batch_execute(sql).await?)
}
