//! `export`: an agency's whole ledger in a folder, for whoever is to verify it without us.

mod tables;

use std::path::PathBuf;

use serde_json::json;

use super::commands::no_agency;
use super::opened::DatabaseRole;
use super::output::{self, Form};
use super::verify::{progress_bar, show};
use super::{Failure, Settings, opened};
use crate::cli::language::say;
use subsidy_core::audit::note::SigningKey;
use subsidy_core::domain::AgencyCode;
use subsidy_proofs::exports::{ExportError, write};
use subsidy_store::db::pool::Database;
use subsidy_store::engine::{fit, origin, store};
use subsidy_store::keys::Keys;

#[derive(Debug, Clone, clap::Args)]
pub struct ExportArgs {
    /// The agency
    #[arg(long)]
    agency: AgencyCode,
    /// The folder to write into: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Instead of the log: the tables that audit software reads, as CSV and Parquet
    #[arg(long, value_enum, value_name = "SHAPE")]
    tables: Option<tables::Shape>,
    #[command(flatten)]
    form: Form,
}

/// Reads as the auditor does, in one snapshot; the keys folder is needed to sign what was read.
pub async fn run(args: &ExportArgs, settings: &Settings) -> Result<(), Failure> {
    if let Some(shape) = args.tables {
        return tables::run(shape, (&args.agency, &args.out), args.form, settings).await;
    }
    let (keys, key) = signing_key(args, settings)?;
    let written = opened::reading(settings, async |opened| {
        let url = opened.url(DatabaseRole::Auditor);
        let database = Database::connect(opened.settings().database_config(&url)).await?;
        // a ledger is not signed with another one's key
        let register = store::agencies(&*database.admin().await?).await?;
        let row = register.iter().find(|row| row.code == args.agency.as_str());
        fit::check(&keys, row.ok_or_else(|| no_agency(&args.agency))?)?;
        let bar = progress_bar(format!("agency {}", args.agency));
        let written = write(&database, &args.agency, &args.out, &key, |progress| show(&bar, progress)).await;
        bar.finish_and_clear();
        written.map_err(|error| match error {
            ExportError::NoAgency(agency) => no_agency(&agency),
            ExportError::NotEmpty(_) => Failure::Usage(error.to_string()),
            ExportError::NotTheLog => Failure::Unverified(error.to_string()),
            other => other.into(),
        })
    })
    .await?;
    let (size, lines) = (written.checkpoint.size, written.lines);
    let (folder, key) = (args.out.display(), key.verifier_key());
    if args.form.json {
        return output::json(&json!({
            "agency": args.agency, "out": args.out, "entries": size, "lines": lines, "key": key.to_string(),
        }));
    }
    output::line(format_args!(
        "agency {}: exported {size} entries, {lines} lines posted, to {folder}",
        args.agency
    ))
}

/// The key of the agency's log. Looked for before anything is read; a folder that is not there is not made.
fn signing_key(args: &ExportArgs, settings: &Settings) -> Result<(Keys, SigningKey), Failure> {
    let (folder, agency) = (settings.keys_folder(), &args.agency);
    let missing = || {
        let folder = folder.display();
        Failure::new(say!(
            "{folder} 中没有机构 {agency} 的密钥：请在服务存放密钥的地方导出",
            "no key of agency {agency} in {folder}: export where the service keeps its keys"
        ))
    };
    if !folder.is_dir() {
        return Err(missing());
    }
    let keys = Keys::open(&folder)?;
    let seed = keys.log_key(agency)?.ok_or_else(missing)?;
    let key = SigningKey::from_seed(&origin(agency), seed.expose())?;
    Ok((keys, key))
}
