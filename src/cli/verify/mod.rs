//! `verify`: replays every leaf of a ledger and holds the database to it. Exit code 3 and every place
//! that differs, the first bad sequence first, where something was changed behind the service's back.

pub(super) mod evidence;
pub mod memory;
pub(super) mod offline;
mod report;

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::cli::Failure;
use crate::cli::language::say;
use memory::Memory;
use report::{Checked, Compared};
use subsidy_core::audit::note::VerifierKey;
use subsidy_core::audit::since::{KeptCheckpoint, Older};
use subsidy_core::audit::verify::Finding;
use subsidy_core::domain::{AgencyCode, Sequence};
use subsidy_files::objects::Objects;
use subsidy_proofs::verify::ledgers::{Listed, ledgers};
use subsidy_proofs::verify::{Outside, Progress, Verdict, VerifyError, verify_against};
use subsidy_store::db::pool::Database;
use subsidy_store::engine::origin;
use subsidy_store::keys::Keys;

/// What is verified.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct VerifyArgs {
    /// The agency; all of them without it
    #[arg(long, value_parser = AgencyCode::parse)]
    pub agency: Option<AgencyCode>,
    /// An older checkpoint, kept elsewhere: the log must have only grown since. As many as there are
    #[arg(long, value_name = "CHECKPOINT_FILE")]
    pub since: Vec<PathBuf>,
    /// Verify the export in a folder: neither database nor keys are needed
    #[arg(long, value_name = "DIR", conflicts_with = "agency")]
    pub export: Option<PathBuf>,
    /// Verify a receipt (the answer of GET /v1/audit/proof/{sequence}): neither database nor keys are needed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["agency", "export", "since"])]
    pub receipt: Option<PathBuf>,
    /// The agency's verifier key as you were given it; without it the one in the export or receipt is believed
    #[arg(long, value_name = "VKEY_FILE", conflicts_with = "agency")]
    pub key: Option<PathBuf>,
    /// Of an export, the signature, the tree, the tiles and older checkpoints alone: nothing is decided again
    #[arg(long, requires = "export")]
    pub tree: bool,
    /// Read every file of evidence too, and hold it to the digest in the ledger
    #[arg(long, conflicts_with_all = ["export", "receipt"])]
    pub evidence: bool,
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
}

impl VerifyArgs {
    /// Whether no database is needed.
    pub const fn is_offline(&self) -> bool {
        self.export.is_some() || self.receipt.is_some()
    }

    /// The older checkpoints.
    fn kept(&self) -> Result<Vec<KeptCheckpoint>, VerifyFailure> {
        let read = |path: &PathBuf| {
            let kept = KeptCheckpoint { name: path.display().to_string(), note: text(path)? };
            if kept.is_checkpoint() {
                Ok(kept)
            } else {
                Err(VerifyFailure::NoCheckpoint { path: path.clone() })
            }
        };
        self.since.iter().map(read).collect()
    }

    /// The key that the checker was given.
    fn trusted(&self) -> Result<Option<VerifierKey>, VerifyFailure> {
        let read = |path: &PathBuf| {
            let key = VerifierKey::parse(text(path)?.trim());
            key.map_err(|source| VerifyFailure::Key { path: path.clone(), source })
        };
        self.key.as_ref().map(read).transpose()
    }
}

fn text(path: &Path) -> Result<String, VerifyFailure> {
    std::fs::read_to_string(path).map_err(|source| VerifyFailure::File { path: path.to_owned(), source })
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFailure {
    #[error("{path} cannot be read")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} holds no verifier key")]
    Key {
        path: PathBuf,
        #[source]
        source: subsidy_core::audit::note::NoteError,
    },
    #[error("{path} holds no signed checkpoint")]
    NoCheckpoint { path: PathBuf },
    #[error("{path} is no receipt: {why}")]
    NoReceipt { path: PathBuf, why: String },
    #[error("{path} holds no export: it has neither a checkpoint nor tiles")]
    NoExport { path: PathBuf },
    #[error("there is no agency in this database: nothing was verified")]
    NoAgencies,
    /// A key was given where none is asked for.
    #[error("--key goes with --export or --receipt; a database has the key in its register")]
    KeyForDatabase,
    #[error("the export was not verified")]
    Export(#[from] subsidy_proofs::exports::CheckError),
    /// A ledger could not be read to its end.
    #[error("agency {agency} was not verified")]
    Agency {
        agency: AgencyCode,
        #[source]
        source: VerifyError,
    },
    #[error("the evidence of agency {agency} was not verified")]
    Evidence {
        agency: AgencyCode,
        #[source]
        source: evidence::EvidenceFailure,
    },
    #[error("the agencies cannot be listed")]
    Agencies(#[source] VerifyError),
    #[error("the verdict cannot be written")]
    Output(#[from] std::io::Error),
}

impl VerifyFailure {
    /// What the process ends with: a file that is not what it was given as cannot be meant.
    pub fn into_failure(self) -> Failure {
        match &self {
            Self::NoCheckpoint { .. }
            | Self::NoReceipt { .. }
            | Self::NoExport { .. }
            | Self::Key { .. }
            | Self::KeyForDatabase => Failure::Usage(self.to_string()),
            _ => self.into(),
        }
    }
}

/// What is at hand beside the database.
#[derive(Debug, Default)]
pub struct Beside {
    /// The files of evidence, where they are to be read.
    pub files: Option<Objects>,
    /// The keys that the ledgers were made with.
    pub keys: Option<Keys>,
    /// What was last verified here.
    pub memory: Option<Memory>,
}

/// Verifies one agency or all, in order, each to its end, and says so on `out`. Answers whether all verify. The
/// database is one that an auditor may connect to.
pub async fn run(
    args: &VerifyArgs,
    database: &Database,
    out: &mut (impl Write + Send),
) -> Result<bool, VerifyFailure> {
    run_with(args, database, &Beside::default(), out).await
}

/// The same, with what is at hand beside the database.
pub async fn run_with(
    args: &VerifyArgs,
    database: &Database,
    beside: &Beside,
    out: &mut (impl Write + Send),
) -> Result<bool, VerifyFailure> {
    if args.key.is_some() {
        return Err(VerifyFailure::KeyForDatabase);
    }
    let listed = match &args.agency {
        Some(agency) => vec![Listed { agency: agency.clone(), is_registered: true, has_ledger: true }],
        None => ledgers(database).await.map_err(VerifyFailure::Agencies)?,
    };
    let kept = args.kept()?;
    let mut all = Vec::with_capacity(listed.len());
    let mut strayed = false;
    let strays = strays(&kept, &listed);
    for Listed { agency, is_registered, has_ledger } in listed {
        let of_agency = origin(&agency);
        // with --agency every checkpoint has to be one of it; without, each is the business of its own log
        let own = |one: &&KeptCheckpoint| args.agency.is_some() || one.origin() == Some(of_agency.as_str());
        let own: Vec<KeptCheckpoint> = kept.iter().filter(own).cloned().collect();
        let seen = seen(beside, &agency)?;
        let outside = Compared::new(own.len(), &seen);
        let against = Outside { kept: &own, seen, keys: beside.keys.as_ref() };
        let mut verdict = match has_ledger {
            true => with_bar(database, &agency, &against).await.map_err(of(&agency))?,
            false => unregistered(&agency, true),
        };
        match &verdict {
            // a schema whose log was never begun holds no ledger
            Verdict::Good(verified) if !is_registered && verified.leaves == 0 => continue,
            Verdict::Good(_) if !is_registered => verdict = unregistered(&agency, false),
            Verdict::Good(_) | Verdict::Bad(_) => {}
        }
        if let (Verdict::Good(verified), Some(memory)) = (&verdict, &beside.memory)
            && let Err(error) = memory.keep(&agency, verified)
        {
            tracing::warn!(%error, path = %memory.path(&agency).display(), "what was verified is not kept for the next time");
        }
        let evidence = match &beside.files {
            Some(files) if has_ledger => Some(evidence::read(database, files, &agency).await?),
            _ => None,
        };
        let checked = Checked { agency, verdict, outside, evidence };
        if !args.json {
            checked.write(out)?;
        }
        all.push(checked);
    }
    if all.is_empty() {
        return Err(VerifyFailure::NoAgencies);
    }
    if args.json {
        let all: Vec<Value> = all.iter().map(Checked::object).collect();
        writeln!(out, "{:#}", Value::Array(all))?;
    }
    for stray in args.agency.is_none().then_some(strays).into_iter().flatten() {
        let told = say!(
            "{stray}：此处没有该检查点所指的日志",
            "{stray}: no log here is the one that this checkpoint names"
        );
        writeln!(out, "{told}")?;
        strayed = true;
    }
    out.flush()?;
    Ok(!strayed && all.iter().all(Checked::is_good))
}

fn of(agency: &AgencyCode) -> impl FnOnce(VerifyError) -> VerifyFailure + '_ {
    |source| VerifyFailure::Agency { agency: agency.clone(), source }
}

/// What was last seen here of an agency.
fn seen(beside: &Beside, agency: &AgencyCode) -> Result<Vec<Older>, VerifyFailure> {
    let Some(memory) = &beside.memory else { return Ok(Vec::new()) };
    memory.of(agency).map_err(|source| VerifyFailure::File { path: memory.path(agency), source })
}

/// The register and the ledgers that are there differ.
fn unregistered(agency: &AgencyCode, is_registered: bool) -> Verdict {
    let (stored, replayed) = if is_registered {
        (Some("registered".to_owned()), Some("no ledger".to_owned()))
    } else {
        (None, Some(agency.to_string()))
    };
    let place = format!("public.agencies code {agency}");
    Verdict::Bad(Finding { sequence: Sequence::default(), place, stored, replayed }.into())
}

/// The checkpoints of logs that are none of these agencies'.
fn strays(kept: &[KeptCheckpoint], listed: &[Listed]) -> Vec<String> {
    let logs: Vec<String> = listed.iter().map(|one| origin(&one.agency)).collect();
    let stray = |one: &&KeptCheckpoint| !logs.iter().any(|log| one.origin() == Some(log));
    kept.iter().filter(stray).map(|one| one.name.clone()).collect()
}

async fn with_bar(
    database: &Database,
    agency: &AgencyCode,
    outside: &Outside<'_>,
) -> Result<Verdict, VerifyError> {
    let bar = progress_bar(format!("agency {agency}"));
    let verdict = verify_against(database, agency, outside, |progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    verdict
}

/// A bar on standard error, and on a terminal alone.
pub(super) fn progress_bar(message: String) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {human_pos}/{human_len} {per_sec}, {eta} left");
    let bar = ProgressBar::no_length().with_message(message);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

pub(super) fn show(bar: &ProgressBar, Progress { done, total }: Progress) {
    bar.set_length(total);
    bar.set_position(done);
}
