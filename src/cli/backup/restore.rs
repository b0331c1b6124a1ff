//! `restore`: puts a backup where no ledger is, and verifies it.
//!
//! Evidence and keys come first and the database last, in one transaction: what was interrupted is begun anew, and a
//! database that is there has its files and its keys.

use std::fs;
use std::path::{Path, PathBuf};

use subsidy_store::db::convert::Unreadable;

use super::manifest::Manifest;
use super::{CHECKPOINTS, DUMP, EVIDENCE, copy_keys, copy_object, programs, store_in};
use crate::cli::language::say;
use crate::cli::opened::{DatabaseRole, Opened};
use crate::cli::verify::VerifyArgs;
use crate::cli::{Failure, Settings, opened, output, verified};
use subsidy_core::domain::ContentHash;
use subsidy_store::db::migrate;
use subsidy_store::keys::{Keys, ensure_folder};

#[derive(Debug, Clone, clap::Args)]
pub struct RestoreArgs {
    /// The backup's folder
    #[arg(value_name = "DIR")]
    from: PathBuf,
    /// The folder that the backup's keys were copied to. Without it the keys have to be in the data folder already
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

/// Restores into the database that `DATABASE_URL` names, else into a private cluster that it makes.
pub async fn run(args: &RestoreArgs, settings: &Settings) -> Result<(), Failure> {
    let manifest = Manifest::read(&args.from)?;
    manifest.check(&args.from)?;
    let folder = settings.keys_folder();
    opened::with(settings, async |opened| {
        refuse_a_ledger(opened).await?;
        place_keys(args.keys.as_deref(), &folder)?;
        let files = place_evidence(settings, &args.from.join(EVIDENCE)).await?;
        if files < manifest.evidence {
            let all = manifest.evidence;
            return Err(Failure::Unverified(format!(
                "the backup names {all} files of evidence and holds {files}"
            )));
        }
        let url = opened.url(DatabaseRole::Owner);
        migrate::make_roles(&url).await?;
        programs::restore(&url, &args.from.join(DUMP))
    })
    .await?;
    output::line(format_args!("restored what was backed up at {}", manifest.made_at))?;
    let since = manifest.agencies.iter().map(|one| args.from.join(CHECKPOINTS).join(one.agency.as_str()));
    let all = VerifyArgs { since: since.collect(), evidence: manifest.evidence > 0, ..VerifyArgs::default() };
    verified(&all, settings).await
}

/// A backup never goes over what is there.
async fn refuse_a_ledger(opened: &Opened<'_>) -> Result<(), Failure> {
    let states = migrate::states(&opened.url(DatabaseRole::Owner), true).await?;
    match states.iter().find(|state| state.applied > 0) {
        None => Ok(()),
        Some(state) => Err(Failure::new(say!(
            "模式 {0} 已存在：请恢复到空的数据库（另一个 DATABASE_URL，或空的 --data）",
            "schema {0} is there already: restore into an empty database (another DATABASE_URL, or an empty --data)",
            state.schema
        ))),
    }
}

/// Copies the keys, or sees that there are some. Other keys than the backup's are never overwritten.
fn place_keys(from: Option<&Path>, folder: &Path) -> Result<(), Failure> {
    let Some(from) = from else {
        let doing = "the keys are neither in the data folder nor given (--keys DIR)";
        return Keys::open(folder).map(drop).map_err(Failure::doing(doing));
    };
    Keys::open(from).map_err(Failure::doing("--keys holds no keys"))?;
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    ensure_folder(folder)?;
    let account = folder.join("account.key");
    if account.exists() && fs::read(&account)? != fs::read(from.join("account.key"))? {
        return Err(Failure::new(say!(
            "{0} 中是另一账簿的密钥：请移走",
            "{0} holds keys of another ledger: move them away",
            folder.display()
        )));
    }
    copy_keys(from, folder).map(drop)
}

/// Copies every file of a backup's evidence to where the service keeps it, and answers how many there are.
async fn place_evidence(settings: &Settings, folder: &Path) -> Result<u64, Failure> {
    if !folder.is_dir() {
        return Ok(0);
    }
    let (from, to, mut count) = (store_in(folder)?, settings.objects()?, 0);
    for sha256 in digests(&folder.join("sha256"))? {
        copy_object(&from, &to, sha256).await?;
        count += 1;
    }
    Ok(count)
}

/// The digests that the files `sha256/ab/cdef…` are named by.
fn digests(folder: &Path) -> Result<Vec<ContentHash>, Failure> {
    let names = |folder: &Path| -> Result<Vec<String>, Failure> {
        let entries =
            fs::read_dir(folder).map_err(Failure::doing(format!("cannot read {}", folder.display())))?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    };
    let mut found = Vec::new();
    for two in names(folder)? {
        for rest in names(&folder.join(&two))? {
            let read = format!("{two}{rest}").parse();
            found.push(read.map_err(|_| Unreadable(format!("{two}/{rest} is no file of evidence")))?);
        }
    }
    Ok(found)
}
