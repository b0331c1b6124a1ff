//! `backup`: a folder with the database, the files of evidence and a checkpoint of each log; the keys go into another.
//!
//! The checkpoints are taken first and the evidence last: the database of the backup holds at least what the
//! checkpoints say, and every row of it finds its file. The manifest is written last of all: a folder without it is a
//! backup that was not finished.

mod manifest;
mod programs;
pub mod restore;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{SubsecRound, Utc};
use futures_util::TryStreamExt;
use serde_json::json;

use self::manifest::{BackedUp, MANIFEST, Manifest};
use super::opened::{DatabaseRole, Opened};
use super::output::{self, Form};
use super::{Failure, Settings, opened};
use crate::cli::language::say;
use subsidy_core::audit::note::{Checkpoint, SigningKey};
use subsidy_core::domain::{AgencyCode, ContentHash};
use subsidy_files::objects::{Objects, Place};
use subsidy_store::db::columns::Column;
use subsidy_store::db::convert;
use subsidy_store::db::pool::Database;
use subsidy_store::engine::{fit, origin, store};
use subsidy_store::evidence::queries;
use subsidy_store::keys::{Keys, ensure_folder, replace};

/// The database, in the custom format of `pg_dump`.
const DUMP: &str = "database.dump";
/// A signed checkpoint of each log: `checkpoints/<agency>`.
const CHECKPOINTS: &str = "checkpoints";
/// The files of evidence, each under its SHA-256.
const EVIDENCE: &str = "evidence";

#[derive(Debug, Clone, clap::Args)]
pub struct BackupArgs {
    /// The folder to write into: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Another folder, for the keys: whoever has both can read account numbers. Without it the keys are not in the backup
    #[arg(long, value_name = "DIR")]
    keys_out: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

/// Reads while the service runs.
pub async fn run(args: &BackupArgs, settings: &Settings) -> Result<(), Failure> {
    let folder = settings.keys_folder();
    let keys =
        Keys::open(&folder).map_err(Failure::doing("a backup needs the keys: they sign its checkpoints"))?;
    empty(&args.out)?;
    if let Some(keys_out) = &args.keys_out {
        empty(keys_out)?;
        apart(&args.out, keys_out)?;
    }
    let manifest = opened::reading(settings, async |opened| written(opened, &keys, &args.out).await).await?;
    let copied = args.keys_out.as_ref().map(|to| copy_keys(&folder, to)).transpose()?;
    // with it the backup is whole
    manifest.write(&args.out.join(MANIFEST))?;
    if args.form.json {
        return output::json(&json!({ "out": args.out, "keys_out": args.keys_out, "manifest": manifest }));
    }
    for BackedUp { agency, size, .. } in &manifest.agencies {
        output::line(format_args!("agency {agency}: {size} entries"))?;
    }
    let (files, out) = (manifest.evidence, args.out.display());
    output::line(format_args!("backed up to {out}: the database and {files} files of evidence"))?;
    match (&args.keys_out, copied) {
        (Some(to), Some(count)) => output::line(format_args!("{count} keys copied to {}", to.display())),
        _ => {
            output::note("the keys are not in this backup: keep a sealed copy of them apart (--keys-out DIR)")
        }
    }
}

/// A folder of its own, which only its owner enters: a dump holds everything.
fn empty(folder: &Path) -> Result<(), Failure> {
    let doing = || format!("cannot use the folder {}", folder.display());
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(Failure::doing(doing()))?;
    }
    ensure_folder(folder).map_err(Failure::doing(doing()))?;
    match fs::read_dir(folder).map_err(Failure::doing(doing()))?.next() {
        None => Ok(()),
        Some(_) => Err(Failure::Usage(say!(
            "{0} 不是空的：备份要放在单独的目录中",
            "{0} is not empty: a backup goes into a folder of its own",
            folder.display()
        ))),
    }
}

/// Whoever gets the one folder must not get the other with it.
fn apart(out: &Path, keys_out: &Path) -> Result<(), Failure> {
    let (out, keys_out) = (fs::canonicalize(out)?, fs::canonicalize(keys_out)?);
    if keys_out.starts_with(&out) || out.starts_with(&keys_out) {
        return Err(Failure::Usage(say!(
            "--keys-out 与 --out 一个在另一个之内：两者都拿到的人可以读出账号",
            "--keys-out lies within --out, or around it: whoever has both can read account numbers"
        )));
    }
    Ok(())
}

async fn written(opened: &Opened<'_>, keys: &Keys, out: &Path) -> Result<Manifest, Failure> {
    opened.ensure_shared().await?;
    // the owner may be the auditor of every agency
    let url = opened.url(DatabaseRole::Owner);
    let database = Database::connect(opened.settings().database_config(&url)).await?;
    let mut agencies = Vec::new();
    fs::create_dir(out.join(CHECKPOINTS))?;
    for row in store::agencies(&*database.admin().await?).await? {
        fit::check(keys, &row)?;
        let (backed_up, note) = checkpoint(&database, keys, convert::read(&row.code)?).await?;
        replace(&out.join(CHECKPOINTS).join(backed_up.agency.as_str()), note.as_bytes())?;
        agencies.push(backed_up);
    }
    programs::dump(&url, &out.join(DUMP))?;
    let mut evidence = 0;
    for BackedUp { agency, .. } in &agencies {
        evidence += copy_evidence(&database, opened.settings(), agency, &out.join(EVIDENCE)).await?;
    }
    let checkpoints = agencies.iter().map(|one| format!("{CHECKPOINTS}/{}", one.agency));
    let files = manifest::files(out, checkpoints.chain([DUMP.to_owned()]))?;
    let made_at = Utc::now().trunc_subsecs(0);
    Ok(Manifest { release: env!("CARGO_PKG_VERSION").to_owned(), made_at, agencies, files, evidence })
}

/// What an agency's log is now, signed.
async fn checkpoint(
    database: &Database,
    keys: &Keys,
    agency: AgencyCode,
) -> Result<(BackedUp, String), Failure> {
    let row = store::head(&*database.auditor(&agency).await?).await?;
    let row = row.ok_or_else(|| {
        Failure::new(say!(
            "机构 {agency} 没有账簿：请先完成它的建立",
            "agency {agency} has no ledger: finish its creation first"
        ))
    })?;
    let frontier = row.read(&agency)?.frontier;
    let missing = || Failure::new(say!("没有机构 {agency} 的密钥", "no key of agency {agency}"));
    let seed = keys.log_key(&agency)?.ok_or_else(missing)?;
    let (size, root) = (frontier.size(), frontier.root());
    let origin = origin(&agency);
    let key = SigningKey::from_seed(&origin, seed.expose())?;
    let note = Checkpoint { origin, size, root }.sign(&key)?;
    Ok((BackedUp { agency, size, root: ContentHash::new(root) }, note))
}

/// Copies every file of evidence of an agency, and holds each to its digest. Answers how many there are.
async fn copy_evidence(
    database: &Database,
    settings: &Settings,
    agency: &AgencyCode,
    to: &Path,
) -> Result<u64, Failure> {
    let (mut count, mut stores) = (0, None);
    queries::each_kept(database, agency, async |row| {
        let (from, to) = match &stores {
            Some(stores) => stores,
            None => stores.insert((settings.objects_to_read()?, store_in(to)?)),
        };
        let copied = copy_object(from, to, Column::read(&row.sha256)?).await;
        count += 1;
        copied.map_err(|failure| {
            let (id, why) = (row.evidence, failure.line());
            Failure::new(say!(
                "机构 {agency} 的证明材料 {id} 无法备份：{why}",
                "evidence {id} of agency {agency} cannot be backed up: {why}"
            ))
        })
    })
    .await?;
    Ok(count)
}

/// The files of evidence of a backup.
fn store_in(folder: &Path) -> Result<Objects, Failure> {
    let runtime = tokio::runtime::Handle::current();
    Ok(Objects::open(&Place::Folder(folder.to_owned()), folder.join("incoming"), &runtime)?)
}

/// Copies an object. Error: it is missing, or its bytes are not those of its digest; then nothing is kept.
async fn copy_object(from: &Objects, to: &Objects, sha256: ContentHash) -> Result<(), Failure> {
    let (_, mut stream) = from.read(sha256).await?;
    let mut incoming = to.incoming().await?;
    while let Some(chunk) = stream.try_next().await? {
        incoming = incoming.take(chunk).await?;
    }
    let arrived = incoming.finish().await?;
    if arrived.sha256 != sha256 {
        return Err(Failure::Unverified(format!("{sha256} holds other bytes, of sha256 {}", arrived.sha256)));
    }
    Ok(to.keep(&arrived).await?)
}

/// Copies the keys of a folder into another, and answers how many there are. What `verify` keeps there is no key.
fn copy_keys(from: &Path, to: &Path) -> Result<usize, Failure> {
    ensure_folder(&to.join("log"))?;
    let mut names = vec!["token.pem".to_owned(), "account.key".to_owned()];
    for entry in fs::read_dir(from.join("log"))? {
        let name = entry?.file_name();
        names.extend(name.to_str().filter(|name| name.ends_with(".key")).map(|name| format!("log/{name}")));
    }
    for name in &names {
        replace(&to.join(name), &fs::read(from.join(name))?)
            .map_err(Failure::doing(format!("cannot copy {name}")))?;
    }
    Ok(names.len())
}
