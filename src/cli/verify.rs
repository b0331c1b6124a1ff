//! `verify`: replays every leaf of a ledger and holds the database to it. Exit code 3 and the first bad
//! sequence where something was changed behind the service's back.

pub(super) mod evidence;
pub(super) mod offline;

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::audit::note::VerifierKey;
use crate::audit::since::Kept;
use crate::audit::verify::Finding;
use crate::db::pool::Database;
use crate::domain::AgencyCode;
use crate::engine::origin;
use crate::engine::verify::{Progress, Verdict, Verified, VerifyError, verify_since};
use crate::objects::Objects;

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
    fn kept(&self) -> Result<Vec<Kept>, VerifyFailure> {
        let read = |path: &PathBuf| Ok(Kept { name: path.display().to_string(), note: text(path)? });
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
    /// A file that was given cannot be read.
    #[error("{path} cannot be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key that was given is none.
    #[error("{path} holds no verifier key")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: crate::audit::note::NoteError,
    },
    /// A key was given where none is asked for.
    #[error("--key goes with --export or --receipt; a database has the key in its register")]
    KeyForDatabase,
    /// The folder gave no verdict.
    #[error("the export was not verified")]
    Export(#[from] crate::engine::export::CheckError),
    /// A ledger could not be read to its end.
    #[error("agency {agency} was not verified")]
    Agency {
        /// Which.
        agency: AgencyCode,
        /// Why.
        #[source]
        source: VerifyError,
    },
    /// The store of evidence could not be read.
    #[error("the evidence of agency {agency} was not verified")]
    Evidence {
        /// Which.
        agency: AgencyCode,
        /// Why.
        #[source]
        source: evidence::EvidenceFailure,
    },
    /// The agencies could not be listed.
    #[error("the agencies cannot be listed")]
    Agencies(#[source] VerifyError),
    /// The verdict could not be written.
    #[error("the verdict cannot be written")]
    Output(#[from] std::io::Error),
}

/// Verifies one agency or all, in order, each to its end, and says so on `out`. Answers whether all verify. The
/// database is one that an auditor may connect to.
pub async fn run(
    args: &VerifyArgs,
    database: &Database,
    out: &mut (impl Write + Send),
) -> Result<bool, VerifyFailure> {
    run_with(args, database, None, out).await
}

/// The same, with the files of evidence where they are to be read.
pub async fn run_with(
    args: &VerifyArgs,
    database: &Database,
    files: Option<&Objects>,
    out: &mut (impl Write + Send),
) -> Result<bool, VerifyFailure> {
    let agencies = match &args.agency {
        Some(agency) => vec![agency.clone()],
        None => agencies(database).await.map_err(VerifyFailure::Agencies)?,
    };
    if args.key.is_some() {
        return Err(VerifyFailure::KeyForDatabase);
    }
    let kept = args.kept()?;
    let mut verdicts = Vec::with_capacity(agencies.len());
    let mut strayed = false;
    let strays = strays(&kept, &agencies);
    for agency in agencies {
        let of_agency = origin(&agency);
        // with --agency every checkpoint has to be one of it; without, each is the business of its own log
        let own = |one: &&Kept| args.agency.is_some() || one.origin() == Some(of_agency.as_str());
        let own: Vec<Kept> = kept.iter().filter(own).cloned().collect();
        let verdict = with_bar(database, &agency, &own).await;
        let verdict = verdict.map_err(|source| VerifyFailure::Agency { agency: agency.clone(), source })?;
        let read = match files {
            Some(files) => Some(evidence::read(database, files, &agency).await?),
            None => None,
        };
        if !args.json {
            for line in read.iter().flat_map(|read| read.lines(&agency)) {
                writeln!(out, "{line}")?;
            }
            writeln!(out, "{}", line(&agency, &verdict))?;
        }
        verdicts.push((agency, verdict, read));
    }
    if args.json {
        let all = verdicts.iter().map(|(agency, verdict, read)| object(agency, verdict, read.as_ref()));
        let all: Vec<Value> = all.collect();
        writeln!(out, "{:#}", Value::Array(all))?;
    }
    for stray in args.agency.is_none().then_some(strays).into_iter().flatten() {
        writeln!(out, "{stray}: no log here is the one that this checkpoint names")?;
        strayed = true;
    }
    out.flush()?;
    let whole = |read: &Option<evidence::Read>| read.as_ref().is_none_or(evidence::Read::is_whole);
    Ok(!strayed
        && verdicts.iter().all(|(_, verdict, read)| matches!(verdict, Verdict::Good(_)) && whole(read)))
}

/// The checkpoints of logs that are none of these agencies'.
fn strays(kept: &[Kept], agencies: &[AgencyCode]) -> Vec<String> {
    let logs: Vec<String> = agencies.iter().map(origin).collect();
    let stray = |one: &&Kept| !logs.iter().any(|log| one.origin() == Some(log));
    kept.iter().filter(stray).map(|one| one.name.clone()).collect()
}

async fn agencies(database: &Database) -> Result<Vec<AgencyCode>, VerifyError> {
    let conn = database.admin().await?;
    let rows = crate::engine::store::agencies(&conn).await?;
    let read = |row: &crate::engine::store::AgencyRow| crate::db::convert::read(&row.code);
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

async fn with_bar(database: &Database, agency: &AgencyCode, kept: &[Kept]) -> Result<Verdict, VerifyError> {
    let bar = progress_bar(format!("agency {agency}"));
    let verdict = verify_since(database, agency, kept, |progress| show(&bar, progress)).await;
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

/// How far it is.
pub(super) fn show(bar: &ProgressBar, Progress { done, total }: Progress) {
    bar.set_length(total);
    bar.set_position(done);
}

/// A verdict for people.
fn line(agency: &AgencyCode, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Good(Verified { leaves, lines, .. }) => {
            format!("agency {agency}: {lines} lines posted, verified {leaves} entries")
        }
        Verdict::Bad(finding) => format!("agency {agency}: {finding}"),
    }
}

/// A verdict for programs.
fn object(agency: &AgencyCode, verdict: &Verdict, read: Option<&evidence::Read>) -> Value {
    let mut object = match verdict {
        Verdict::Good(Verified { leaves, lines, root }) => {
            let root: String = root.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "agency": agency, "verified": true, "entries": leaves, "lines": lines, "root": root })
        }
        Verdict::Bad(finding) => {
            let Finding { sequence, place, stored, replayed } = finding;
            json!({
                "agency": agency, "verified": false, "sequence": sequence, "place": place,
                "stored": stored, "replayed": replayed, "message": finding.to_string(),
            })
        }
    };
    if let (Some(members), Some(read)) = (object.as_object_mut(), read) {
        members.insert("evidence".to_owned(), read.object());
    }
    object
}
