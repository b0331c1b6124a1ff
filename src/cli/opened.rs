//! The database as every command finds it: `DATABASE_URL`, else the private cluster in the data folder, started when
//! nobody runs it and left again at the end.
//!
//! The private cluster is brought up to date by whoever opens it; a server elsewhere only by `migrate`.

use std::sync::Arc;

use super::commands::no_agency;
use super::{Failure, Settings};
use crate::auth::keys::Keys;
use crate::db::cluster::{Cluster, DATABASE, Keeper, SUPERUSER};
use crate::db::migrate::{self, SchemaState};
use crate::db::pool::Database;
use crate::domain::AgencyCode;
use crate::engine::Engine;
use crate::engine::seen::Seen;

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DatabaseRole {
    /// Owns the schemas and migrates them; in the private cluster its superuser
    Owner,
    /// Serves: reads, writes, appends; changes nothing that is posted
    App,
    /// Reads
    Auditor,
}

impl DatabaseRole {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => SUPERUSER,
            Self::App => "subsidy_app",
            Self::Auditor => "subsidy_auditor",
        }
    }
}

/// A database that was found.
#[derive(Debug)]
pub struct Opened<'a> {
    settings: &'a Settings,
    cluster: Option<Cluster>,
}

/// Opens the database, does `work`, and leaves the database again, however the work ended.
pub async fn with<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(&Opened<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let opened = Opened::find(settings).await?;
    let done = work(&opened).await;
    let closed = opened.close().await;
    let done = done?;
    closed.map(|()| done)
}

impl<'a> Opened<'a> {
    async fn find(settings: &'a Settings) -> Result<Self, Failure> {
        let cluster = match settings.database_url {
            Some(_) => None,
            None => {
                let data = settings.data.clone();
                Some(tokio::task::spawn_blocking(move || Cluster::open(&data)).await??)
            }
        };
        Ok(Self { settings, cluster })
    }

    async fn close(self) -> Result<(), Failure> {
        if let Some(cluster) = self.cluster {
            tokio::task::spawn_blocking(move || cluster.close()).await??;
        }
        Ok(())
    }

    /// The settings that it was found by.
    pub const fn settings(&self) -> &Settings {
        self.settings
    }

    /// Whether it is the private cluster.
    pub const fn is_private(&self) -> bool {
        self.cluster.is_some()
    }

    /// Whoever keeps the private cluster's server up.
    pub fn keeper(&self) -> Option<Keeper> {
        self.cluster.as_ref().map(Cluster::keeper)
    }

    /// Where to connect as a role. Elsewhere the user is who the URL says: what connects takes the role on itself.
    pub fn url(&self, role: DatabaseRole) -> String {
        match &self.cluster {
            Some(cluster) => cluster.url(role.name(), DATABASE),
            None => self.settings.database_url.clone().unwrap_or_default(),
        }
    }

    /// Connections that may read, and write as the service does.
    pub async fn connect(&self) -> Result<Database, Failure> {
        let url = self.url(DatabaseRole::App);
        Ok(Database::connect(self.settings.database_config(&url)).await?)
    }

    /// A door to the ledgers.
    pub async fn engine(&self, keys: Keys) -> Result<Engine, Failure> {
        let seen = Seen::kept_in(self.settings.data.join("seen"));
        Ok(Engine::remembering(self.connect().await?, Arc::new(keys), seen))
    }

    /// Sees to it that what all agencies share is up to date.
    pub async fn ensure_shared(&self) -> Result<(), Failure> {
        self.bring_on(&self.states(false).await?, |_| true).await
    }

    /// Sees to it that there is such an agency, and that its schema is up to date.
    pub async fn ensure_agency(&self, agency: &AgencyCode) -> Result<(), Failure> {
        let (states, schema) = (self.states(true).await?, agency.schema());
        self.bring_on(&states, |state| state.schema == "public" || state.schema == schema).await?;
        if states.iter().any(|state| state.schema == schema) { Ok(()) } else { Err(no_agency(agency)) }
    }

    /// Sees to it that all that this process may bring up to date is; who is behind elsewhere is only logged.
    pub async fn ensure_served(&self) -> Result<(), Failure> {
        let states = self.states(true).await?;
        self.bring_on(&states, |state| state.schema == "public").await?;
        for SchemaState { schema, applied, known } in states.iter().filter(|state| state.is_behind()) {
            if !self.is_private() {
                tracing::warn!(
                    schema,
                    applied,
                    known,
                    "a schema is behind: its agency answers 503 until `migrate`"
                );
            }
        }
        Ok(())
    }

    async fn states(&self, agencies: bool) -> Result<Vec<SchemaState>, Failure> {
        Ok(migrate::states(&self.url(DatabaseRole::Owner), agencies).await?)
    }

    /// The private cluster is migrated; elsewhere what is needed must be up to date already.
    async fn bring_on(
        &self,
        states: &[SchemaState],
        needed: impl Fn(&SchemaState) -> bool,
    ) -> Result<(), Failure> {
        let mut behind = states.iter().filter(|state| state.is_behind());
        if self.is_private() {
            return match behind.next() {
                Some(_) => Ok(migrate::up(&self.url(DatabaseRole::Owner)).await?),
                None => Ok(()),
            };
        }
        match behind.find(|state| needed(state)) {
            None => Ok(()),
            Some(SchemaState { schema, applied, known }) => Err(Failure::new(format!(
                "schema {schema} has had {applied} of {known} migrations: run `subsidy-ledger migrate` first"
            ))),
        }
    }
}
