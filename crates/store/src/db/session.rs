//! What a session is for, and the question that every new connection is asked before it is used: does it stand in its
//! schema, as its role, on a server that does what the session needs?
//!
//! Schema, role and limits are start-up options. A pooler may ignore them without a word, and a standby takes the same
//! login as the primary: unasked, one agency's connection would read and write another's ledger.

use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;

use super::error::DatabaseError;
use subsidy_core::domain::agency_code::AgencyCode;

/// What the client waits beyond the server's own limit for a statement, before it gives the server up.
const BEYOND: Duration = Duration::from_secs(5);

/// What a session needs of its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// It writes: neither a standby nor a server that is set read-only will do.
    Write,
    /// It reads, and is not to write: it is made read-only once it stands where it should. As a start-up option that
    /// would make every primary look read-only to whoever looks for one.
    Read,
    Any,
}

/// How a writer's statements are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plans {
    /// Once, over keys, however small the tables are at that time.
    #[default]
    ByKey,
    /// As the server likes: one whose schemas lie on several servers plans each statement for its place.
    Server,
}

/// A session: with which options it starts, and what must then be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    options: String,
    schema: String,
    role: Option<&'static str>,
    access: Access,
    /// How long the server may say nothing to a statement.
    silence_max: Option<Duration>,
}

impl Session {
    /// As whoever the URL says, in `public`.
    pub fn plain() -> Self {
        Self {
            options: "-c search_path=public,pg_temp".to_owned(),
            schema: "public".to_owned(),
            role: None,
            access: Access::Any,
            silence_max: None,
        }
    }

    /// The URL's own role in `public`.
    pub fn admin() -> Self {
        Self {
            options: "-c search_path=public,pg_temp -c jit=off -c statement_timeout=5s".to_owned(),
            silence_max: Some(Duration::from_secs(5) + BEYOND),
            ..Self::plain()
        }
    }

    fn of(agency: &AgencyCode, role: &'static str, access: Access, options: &str) -> Self {
        let schema = agency.schema();
        let options =
            format!("-c search_path={schema},pg_temp -c role={role} -c jit=off -c lock_timeout=5s {options}");
        Self { options, schema, role: Some(role), access, silence_max: None }
    }

    /// `subsidy_app` in the agency's schema. The writer finds every row by key: plans made while tables are small must
    /// stay good when they are not. The warning that a standby did not confirm a commit must reach it.
    pub fn writer(agency: &AgencyCode, plans: Plans) -> Self {
        let planned = match plans {
            Plans::ByKey => {
                "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
            }
            Plans::Server => "",
        };
        let own = format!(
            "-c statement_timeout=10s -c idle_in_transaction_session_timeout=15s -c client_min_messages=warning {planned}"
        );
        let silence_max = Some(Duration::from_secs(10) + BEYOND);
        Self { silence_max, ..Self::of(agency, "subsidy_app", Access::Write, &own) }
    }

    /// `subsidy_app` in the agency's schema, read-only. A reader's filters may all be left out: which index serves is
    /// known when it is known what is asked for. What a report groups by is to fit in memory: sorted on disk it takes
    /// twice as long.
    pub fn reader(agency: &AgencyCode) -> Self {
        let own = "-c statement_timeout=5s -c idle_in_transaction_session_timeout=15s \
                   -c plan_cache_mode=force_custom_plan -c work_mem=16MB";
        let silence_max = Some(Duration::from_secs(5) + BEYOND);
        Self { silence_max, ..Self::of(agency, "subsidy_app", Access::Read, own) }
    }

    /// `subsidy_auditor` in the agency's schema, read-only, for work that takes its time.
    pub fn auditor(agency: &AgencyCode) -> Self {
        let own = "-c plan_cache_mode=force_custom_plan -c work_mem=16MB";
        Self::of(agency, "subsidy_auditor", Access::Read, own)
    }

    /// `subsidy_app` in the agency's schema, for rows that are copied.
    pub fn copying(agency: &AgencyCode) -> Self {
        Self::of(agency, "subsidy_app", Access::Write, "-c statement_timeout=0")
    }

    /// `subsidy_owner` in a schema that may not be there yet.
    pub fn owner(schema: &str) -> Self {
        Self {
            options: format!(
                "-c search_path={schema},pg_temp -c role=subsidy_owner -c jit=off -c client_min_messages=warning \
                 -c lock_timeout=60s"
            ),
            schema: schema.to_owned(),
            role: Some("subsidy_owner"),
            access: Access::Write,
            silence_max: None,
        }
    }

    pub fn options(&self) -> &str {
        &self.options
    }

    /// How long the server may say nothing to a statement; none where statements may take any time.
    pub const fn silence_max(&self) -> Option<Duration> {
        self.silence_max
    }

    /// All that is to be known, asked at once. Whoever only reads is made read-only in the same breath, where it stands
    /// right: a pooler's connection that is somebody else's is left as it is.
    pub fn question(&self) -> String {
        let read_only = match (self.access, self.role) {
            (Access::Read, Some(role)) => format!(
                "CASE WHEN current_user = '{role}' AND current_setting('search_path') LIKE '{},%' \
                 THEN set_config('default_transaction_read_only', 'on', false) END",
                self.schema
            ),
            _ => "NULL".to_owned(),
        };
        format!(
            "SELECT current_schema(), current_user, pg_is_in_recovery(), current_setting('transaction_read_only'), \
                    current_setting('search_path'), {read_only}"
        )
    }

    /// Whether the session stands as it should. `read_write` is whether the URL asks for the primary.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Misplaced`] and [`DatabaseError::ReadOnly`].
    pub fn check(&self, said: &[SimpleQueryMessage], read_write: bool) -> Result<(), DatabaseError> {
        let row = said.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let said = |place: usize| row.and_then(|row| row.try_get(place).ok().flatten()).unwrap_or_default();
        let (schema, user, path) = (said(0), said(1), said(4));
        // the path shows that the options arrived; an agency whose schema is not there yet has none
        let stands = path.split(',').next() == Some(&self.schema)
            && (schema == self.schema || schema.is_empty() || schema.starts_with("pg_temp"));
        if !stands || self.role.is_some_and(|role| role != user) {
            return Err(DatabaseError::Misplaced {
                found: format!("schema {schema} by the path {path}, role {user}"),
                wanted: format!(
                    "schema {0} by the path {0},pg_temp, role {1}",
                    self.schema,
                    self.role.unwrap_or("any")
                ),
            });
        }
        let standby = said(2) == "t";
        if (self.access == Access::Write || read_write) && (standby || said(3) == "on") {
            let why = if standby { "it is a standby" } else { "it is set read-only" };
            return Err(DatabaseError::ReadOnly { why });
        }
        Ok(())
    }
}
