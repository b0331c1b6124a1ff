//! Whether a folder of keys is the one that a ledger was made with.
//!
//! The register knows each agency's public key, and a check value of the secret that its account numbers are sealed with.
//! A restored database beside a new folder of keys looks whole and is not: what is sealed cannot be opened, what is sealed
//! from then on is lost with that folder, and checkpoints go out under a key that nobody knows. So nothing is served,
//! sealed or signed with keys that do not fit.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::store::{self, AgencyRow};
use super::submission::{Submission, SubmitError};
use super::{Engine, origin};
use crate::db::pool::DatabaseError;
use crate::keys::keyed::key_check;
use crate::keys::{KeyError, Keys, Secret};
use subsidy_core::agencies::Agency;
use subsidy_core::audit::note::{NoteError, SigningKey};
use subsidy_core::domain::{AgencyCode, Instant};

/// Why a folder of keys does not fit a ledger.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("{path}, the key of agency {agency}, is missing: put it back from the backup of the keys")]
    Missing { agency: String, path: PathBuf },
    /// A key is another one.
    #[error(
        "{path} is not the key that agency {agency} was made with: put that one back from the backup of the keys"
    )]
    Another { agency: String, path: PathBuf },
    /// A key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key cannot be used.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The register cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What the register says of an agency, whose log began at an instant.
///
/// # Errors
/// [`NoteError`]: no key for the origin.
pub fn register_row(
    agency: &Agency,
    account: &Secret,
    seed: &Secret,
    began: Instant,
) -> Result<AgencyRow, NoteError> {
    let origin = origin(&agency.code);
    let verifier_key = SigningKey::from_seed(&origin, seed.expose())?.verifier_key().to_string();
    Ok(AgencyRow {
        code: agency.code.to_string(),
        name: agency.name.to_string(),
        zone: agency.zone.to_string(),
        sandbox: agency.sandbox,
        origin,
        verifier_key,
        account_check: key_check(account, &agency.code).to_vec(),
        created_at: began.utc(),
    })
}

/// Holds the keys to what the register says of an agency.
///
/// # Errors
/// [`Unfit`], naming the file.
pub fn check(keys: &Keys, row: &AgencyRow) -> Result<(), Unfit> {
    let code = AgencyCode::parse(&row.code)
        .map_err(|_| Unfit::Another { agency: row.code.clone(), path: keys.account_path() })?;
    let another = |path| Unfit::Another { agency: row.code.clone(), path };
    let missing = || Unfit::Missing { agency: row.code.clone(), path: keys.log_path(&code) };
    if key_check(keys.account_key(), &code).as_slice() != row.account_check {
        return Err(another(keys.account_path()));
    }
    let seed = keys.log_key(&code)?.ok_or_else(missing)?;
    let own = SigningKey::from_seed(&origin(&code), seed.expose())?.verifier_key().to_string();
    if own == row.verifier_key { Ok(()) } else { Err(another(keys.log_path(&code))) }
}

/// Agencies whose keys were found to fit, by this process.
#[derive(Debug, Default)]
pub struct Fitting(Mutex<BTreeSet<AgencyCode>>);

impl Engine {
    /// Account numbers that were sealed with another ledger's keys are not taken: nobody could ever open them.
    pub async fn ensure_sealed_well(&self, submission: &Submission) -> Result<(), SubmitError> {
        if submission.accounts.is_empty() {
            return Ok(());
        }
        self.ensure_keys_fit(&submission.agency).await.map_err(|error| match error {
            Unfit::Database(_) => SubmitError::Unavailable,
            error => {
                tracing::error!(%error, agency = %submission.agency, "the keys do not fit the ledger");
                SubmitError::KeysDoNotFit
            }
        })
    }

    /// Sees to it that the keys at hand are those of an agency, before anything is sealed or signed with them: it may have
    /// been made after this process began. One that is not in the register yet has no keys to compare with.
    ///
    /// # Errors
    /// [`Unfit`], naming the file.
    pub async fn ensure_keys_fit(&self, agency: &AgencyCode) -> Result<(), Unfit> {
        let fitting = &self.0.fitting.0;
        if fitting.lock().unwrap_or_else(PoisonError::into_inner).contains(agency) {
            return Ok(());
        }
        let conn = self.database().admin().await?;
        let rows = store::agencies(&conn).await.map_err(DatabaseError::from)?;
        let Some(row) = rows.iter().find(|row| row.code == agency.as_str()) else { return Ok(()) };
        check(self.keys(), row)?;
        fitting.lock().unwrap_or_else(PoisonError::into_inner).insert(agency.clone());
        Ok(())
    }
}
