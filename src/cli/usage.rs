//! `usage import`: a billing file brought from the command line, of any size, with a bar that says how far it is.
//!
//! It goes the way of the REST verb: staged outside the lock, made to count by one command. Importing the same file again
//! adds nothing; another file for the same time says whether it replaces or adds.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::commands::{self, Ask, EngineReply, actor, fresh_key, unanswered};
use super::language::{language, say};
use super::output::{self, Form};
use super::{Failure, Settings, opened};
use subsidy_core::book::{Command, Outcome};
use subsidy_core::domain::{AgencyCode, ContentHash, Instant, RentalId, Role, Subject, UsageImportId};
use subsidy_core::usage::{Finding, Mode, RowError, UsageImport};
use subsidy_files::billing_files::error::IntakeError;
use subsidy_files::billing_files::file::Billing;
use subsidy_files::billing_files::intake::stage;
use subsidy_files::billing_files::limits::ERRORS_KEPT_MAX;
use subsidy_files::billing_files::rows::ImportRequest;
use subsidy_http::error::Entry;
use subsidy_http::handlers::usage::errors::{ErrorsFile, written};
use subsidy_http::handlers::usage::imports::RowErrorView;
use subsidy_store::engine::Engine;
use subsidy_store::rentals::RentalRow;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum UsageCommand {
    /// Import a billing file (FOCUS 1.0 to 1.4, CSV or Parquet, packed or not) of a contract
    Import(ImportArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ModeArg {
    /// Every row is good, or nothing counts
    Strict,
    /// Good rows count, the others are reported
    Lenient,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Strict => Self::Strict,
            ModeArg::Lenient => Self::Lenient,
        }
    }
}

#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// The file
    file: PathBuf,
    /// The agency whose ledger it is for
    #[arg(long, value_name = "CODE")]
    agency: AgencyCode,
    /// The contract
    #[arg(long, value_name = "ID")]
    rental: RentalId,
    /// How the file is taken
    #[arg(long, value_enum, default_value = "strict")]
    mode: ModeArg,
    /// The import whose place the file takes in the billing periods that it brings
    #[arg(long, value_name = "IMPORT")]
    replaces: Vec<UsageImportId>,
    /// The file adds to what counts of the same time; rows that are repeated count once
    #[arg(long)]
    adds: bool,
    /// The encoding of its text, where that is not UTF-8: gb18030, utf-16le …
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Write what is wrong with its rows into this file: .json, .csv or .xlsx
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Who brings it, an officer: an opaque id
    #[arg(long, value_name = "ID", default_value = "operator", value_parser = commands::subject)]
    subject: Subject,
    #[command(flatten)]
    form: Form,
}

pub async fn run(command: &UsageCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        UsageCommand::Import(args) => import(args, settings).await,
    }
}

/// What became of the file.
enum ImportOutcome {
    Counted(Box<UsageImport>, Vec<RowError>),
    Refused { rejected: u32, findings: Vec<Finding>, errors: Vec<RowError> },
}

async fn import(args: &ImportArgs, settings: &Settings) -> Result<(), Failure> {
    let report = args.errors.as_deref().map(ending).transpose()?;
    let sha256 = digest(&args.file)?;
    let done = opened::existing(settings, async |opened| {
        opened.ensure_agency(&args.agency).await?;
        let engine = opened.engine().await?;
        let done = bring(&engine, args, sha256).await;
        engine.shut_down().await;
        done
    })
    .await?;
    let errors = match &done {
        ImportOutcome::Counted(_, errors) | ImportOutcome::Refused { errors, .. } => errors,
    };
    if let Some((path, file)) = args.errors.as_deref().zip(report) {
        save(path, file, errors, sha256)?;
    }
    show(args, &done)
}

fn ending(path: &Path) -> Result<ErrorsFile, Failure> {
    let file = path.extension().and_then(|ending| ending.to_str()?.parse().ok());
    file.ok_or_else(|| {
        let path = path.display();
        Failure::Usage(say!(
            "{path}：错误清单的文件名以 .json、.csv 或 .xlsx 结尾",
            "{path}: errors are written as .json, .csv or .xlsx"
        ))
    })
}

fn digest(path: &Path) -> Result<ContentHash, Failure> {
    let doing = || Failure::doing(cannot_read(path));
    let (mut file, mut hash) = (File::open(path).map_err(doing())?, Sha256::new());
    let mut chunk = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut chunk).map_err(doing())?;
        match chunk.get(..read).filter(|bytes| !bytes.is_empty()) {
            Some(bytes) => hash.update(bytes),
            None => return Ok(ContentHash::new(hash.finalize().into())),
        }
    }
}

async fn bring(engine: &Engine, args: &ImportArgs, sha256: ContentHash) -> Result<ImportOutcome, Failure> {
    let wanted = ImportRequest {
        agency: args.agency.clone(),
        id: UsageImportId::new(Uuid::now_v7()),
        rental: args.rental,
        mode: args.mode.into(),
        replaces: args.replaces.clone(),
        adds: args.adds,
        sha256,
        dry_run: false,
        errors_max: ERRORS_KEPT_MAX,
    };
    known(engine, args).await?;
    let cannot = Failure::doing(cannot_read(&args.file));
    let file = File::open(&args.file).and_then(Billing::of).map_err(cannot)?.declared(encoding(args)?);
    let bar = bar(args.form.json);
    let staged = stage(engine.database(), &wanted, file, |rows| bar.set_position(rows.into())).await;
    bar.finish_and_clear();
    let staged = match staged {
        Ok(staged) => staged,
        Err(IntakeError::Refused { findings, errors, rejected, .. }) => {
            return Ok(ImportOutcome::Refused { rejected, findings, errors });
        }
        Err(error) => return Err(Failure::doing(not_imported(&args.file))(error)),
    };
    let (errors, command) = (staged.errors.clone(), Command::ImportUsage(Box::new(staged.command.clone())));
    let ask = Ask::new(actor(&args.subject, Role::Officer), fresh_key(), command);
    let said = ask.of(engine, &args.agency, &sha256.to_string()).await;
    // what nobody knows the outcome of may count yet: its rows stay until the next import looks
    staged
        .settle(!matches!(said, Ok(EngineReply::Refused { .. })))
        .await
        .map_err(Failure::doing(say!("无法清理暂存的数据", "cannot tidy up")))?;
    match said.map_err(unanswered(&args.agency))? {
        EngineReply::Accepted(outcome) => {
            let Outcome::UsageImport(import) = *outcome else {
                return Err(Failure::new(say!(
                    "账簿答复的是另一种单据",
                    "the ledger answered with another document"
                )));
            };
            Ok(ImportOutcome::Counted(import, errors))
        }
        EngineReply::Refused { line, .. } => {
            let not_imported = not_imported(&args.file);
            Err(Failure::new(say!("{not_imported}：{line}", "{not_imported}: {line}")))
        }
    }
}

/// The encoding that the caller names, where it names any.
fn encoding(args: &ImportArgs) -> Result<Option<&'static Encoding>, Failure> {
    let Some(name) = &args.encoding else { return Ok(None) };
    let unknown = || {
        Failure::Usage(say!(
            "不认识编码 {name}：请写 utf-8、gb18030 或 utf-16le",
            "nobody knows the encoding {name}: utf-8, gb18030 or utf-16le"
        ))
    };
    Encoding::for_label(name.as_bytes()).ok_or_else(unknown).map(Some)
}

/// Whether there is such a contract, before a large file is read.
async fn known(engine: &Engine, args: &ImportArgs) -> Result<(), Failure> {
    let doing = say!("无法读取账簿", "cannot read the ledger");
    let conn = engine.reader(&args.agency).await.map_err(Failure::doing(doing.clone()))?;
    let rows = RentalRow::by_keys(&conn, &[args.rental.uuid()]).await;
    match rows.map_err(Failure::doing(doing))?.is_empty() {
        false => Ok(()),
        true => {
            let ImportArgs { agency, rental, .. } = args;
            Err(Failure::new(say!(
                "机构 {agency} 没有合同 {rental}",
                "agency {agency} has no contract {rental}"
            )))
        }
    }
}

fn cannot_read(path: &Path) -> String {
    let path = path.display();
    say!("无法读取 {path}", "cannot read {path}")
}

fn not_imported(path: &Path) -> String {
    let path = path.display();
    say!("{path} 未导入", "{path} was not imported")
}

/// Rows read, on standard error; nothing for a program.
fn bar(json: bool) -> ProgressBar {
    if json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let form = ProgressStyle::with_template("{spinner} {human_pos} rows  {per_sec}  {elapsed}");
    bar.with_style(form.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

fn views(errors: &[RowError]) -> Vec<RowErrorView> {
    errors.iter().map(|error| RowErrorView::of(error, language())).collect()
}

fn save(path: &Path, file: ErrorsFile, errors: &[RowError], sha256: ContentHash) -> Result<(), Failure> {
    let doing = say!("无法写入 {0}", "cannot write {0}", path.display());
    let about = [("sha256", sha256.to_string()), ("errors", errors.len().to_string())];
    let bytes = written(&views(errors), file, Instant::new(chrono::Utc::now()), &about);
    std::fs::write(path, bytes.map_err(Failure::doing(doing.clone()))?).map_err(Failure::doing(doing))
}

fn show(args: &ImportArgs, done: &ImportOutcome) -> Result<(), Failure> {
    match done {
        ImportOutcome::Counted(import, _) if args.form.json => output::json(&json!({
            "import_id": import.id, "status": import.status, "rows": import.rows, "accepted": import.accepted, "repeated": import.repeated,
            "rejected": import.rejected, "billed_total": import.billed_total, "billed_exact": import.billed,
        })),
        ImportOutcome::Counted(import, _) => output::pairs(&[
            ("import", import.id.to_string()),
            ("status", import.status.into_str().to_owned()),
            ("rows", import.rows.to_string()),
            ("accepted", import.accepted.to_string()),
            ("repeated", import.repeated.to_string()),
            ("rejected", import.rejected.to_string()),
            ("billed", format!("{} CNY", import.billed_total)),
        ]),
        ImportOutcome::Refused { rejected, findings, .. } => {
            for finding in findings {
                let (column, code) = (finding.column.as_deref().unwrap_or_default(), finding.code);
                let (found, expected) = (finding.found.as_deref().unwrap_or_default(), code.expected());
                let remedy = Entry::of(code.code()).words(language()).remedy;
                let (code, rows, row) = (code.as_str(), finding.rows, finding.row);
                output::note(say!(
                    "{code} {column}：{rows} 行，首见于第 {row} 行：{found}（应为 {expected}）。{remedy}",
                    "{code} {column}: {rows} rows, first {row}: {found} (expected {expected}). {remedy}"
                ))?;
            }
            let not_imported = not_imported(&args.file);
            Err(Failure::new(say!(
                "{not_imported}：{rejected} 行有误（见 --errors）",
                "{not_imported}: {rejected} rows are wrong (see --errors)"
            )))
        }
    }
}
