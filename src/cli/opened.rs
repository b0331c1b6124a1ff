//! The database as every command finds it: `DATABASE_URL`, else the private cluster in the data folder, started when
//! nobody runs it and left again at the end.
//!
//! The private cluster is brought up to date by whoever works in it; a server elsewhere only by `migrate`. Who only reads
//! makes nothing and changes nothing: in a folder without a ledger it says so.

use std::sync::Arc;

use super::commands::no_agency;
use super::language::say;
use super::{Failure, Settings};
use subsidy_core::domain::AgencyCode;
use subsidy_store::db::cluster::{Cluster, DATABASE, Keeper, SUPERUSER};
use subsidy_store::db::migrate;
use subsidy_store::db::migrate::SchemaState;
use subsidy_store::db::pool::Database;
use subsidy_store::engine::seen::SeenLogs;
use subsidy_store::engine::{Engine, fit, store};
use subsidy_store::keys::Keys;

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

/// What a command may do with the private cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Make it where it is missing.
    Begin,
    /// Bring the one that is there up to date.
    Work,
    /// Look at the one that is there.
    Read,
}

/// A database that was found.
#[derive(Debug)]
pub struct Opened<'a> {
    settings: &'a Settings,
    purpose: Purpose,
    cluster: Option<Cluster>,
}

/// Opens the database, does `work`, and leaves the database again, however the work ended. A private cluster that is
/// missing is made: for whoever begins a ledger.
pub async fn with<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(&Opened<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    opened_for(Purpose::Begin, settings, work).await
}

/// The same for work in a ledger that is there.
pub async fn existing<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(&Opened<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    opened_for(Purpose::Work, settings, work).await
}

/// The same for whoever only looks.
pub async fn reading<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(&Opened<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    opened_for(Purpose::Read, settings, work).await
}

async fn opened_for<T>(
    purpose: Purpose,
    settings: &Settings,
    work: impl AsyncFnOnce(&Opened<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let opened = Opened::find(settings, purpose).await?;
    let done = work(&opened).await;
    let closed = opened.close().await;
    let done = done?;
    closed.map(|()| done)
}

impl<'a> Opened<'a> {
    async fn find(settings: &'a Settings, purpose: Purpose) -> Result<Self, Failure> {
        let cluster = match settings.database_url {
            Some(_) => None,
            None if purpose != Purpose::Begin && !Cluster::is_in(&settings.data) => {
                let data = settings.data.display();
                return Err(Failure::new(say!(
                    "{data} 中没有账簿：请指明 --data 或 DATABASE_URL；用 `subsidy-ledger agency create` 新建",
                    "no ledger in {data}: say --data or DATABASE_URL; `subsidy-ledger agency create` begins one"
                )));
            }
            None => {
                let data = settings.data.clone();
                Some(tokio::task::spawn_blocking(move || Cluster::open(&data)).await??)
            }
        };
        Ok(Self { settings, purpose, cluster })
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

    /// A door to the ledgers, with the keys that they were made with.
    pub async fn engine(&self) -> Result<Engine, Failure> {
        let database = self.connect().await?;
        let keys = self.keys(&database).await?;
        let seen = SeenLogs::kept_in(self.settings.data.join("seen"));
        Ok(Engine::remembering(database, Arc::new(keys), seen))
    }

    /// The keys. They are made where no ledger is yet; where there is one, they must be its own: else what is sealed from
    /// now on is lost as soon as the right ones are put back.
    async fn keys(&self, database: &Database) -> Result<Keys, Failure> {
        let folder = self.settings.keys_folder();
        if self.purpose == Purpose::Begin && !self.has_ledger(database).await? {
            return Ok(Keys::open_or_make(&folder)?);
        }
        let doing =
            say!("{0} 中的密钥与此账簿不符", "the keys in {0} do not fit this ledger", folder.display());
        let keys = Keys::open(&folder).map_err(Failure::doing(doing.clone()))?;
        for row in store::agencies(&*database.admin().await?).await? {
            fit::check(&keys, &row).map_err(Failure::doing(doing.clone()))?;
        }
        Ok(keys)
    }

    /// Whether any agency's log has begun: the register names it, or a schema holds it. A schema without a head is what an
    /// interrupted creation left: nothing was sealed or signed for it yet.
    async fn has_ledger(&self, database: &Database) -> Result<bool, Failure> {
        if !store::agencies(&*database.admin().await?).await?.is_empty() {
            return Ok(true);
        }
        for state in self.states(true).await? {
            let Some(code) = state.schema.strip_prefix("agency_") else { continue };
            let conn = database.reader(&AgencyCode::parse(code)?).await?;
            if state.is_behind() || store::head(&conn).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
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
        if self.is_private() && self.purpose != Purpose::Read {
            return match behind.next() {
                Some(_) => Ok(migrate::up(&self.url(DatabaseRole::Owner)).await?),
                None => Ok(()),
            };
        }
        match behind.find(|state| needed(state)) {
            None => Ok(()),
            Some(SchemaState { schema, applied, known }) => Err(Failure::new(say!(
                "模式 {schema} 共 {known} 次迁移，只做了 {applied} 次：请先运行 `subsidy-ledger migrate`",
                "schema {schema} has had {applied} of {known} migrations: run `subsidy-ledger migrate` first"
            ))),
        }
    }
}
