//! Why the database did not do what was asked.

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the database URL is not usable: {0}")]
    Url(String),
    #[error("no TLS to the database: {0}")]
    Tls(String),
    #[error("no connection to the database")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("all connections to the database are in use")]
    Busy,
    #[error(
        "a connection stands in {found} where it needs {wanted}: a pooler that ignores start-up options (PgBouncer's \
         ignore_startup_parameters = options) cannot stand before the database"
    )]
    Misplaced { found: String, wanted: String },
    #[error(
        "a pooler that takes no start-up options (PgBouncer, in every mode) cannot stand before the database: {said}"
    )]
    Pooler { said: String },
    #[error("the database takes no writes: {why}")]
    ReadOnly { why: &'static str },
    #[error("the database refused a statement")]
    Query(#[from] diesel::result::Error),
    #[error("migration of {schema} failed")]
    Migration {
        schema: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{schema} holds a ledger: its migrations are not taken back")]
    HoldsLedger { schema: String },
}
