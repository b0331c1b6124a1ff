//! The command line: one file a command. Data goes to standard output, all else to standard error; the exit code is 0,
//! 1 for a failure, 2 for a usage that cannot be meant, 3 for a ledger that does not verify.

pub mod agency;
mod backup;
pub mod commands;
mod completions;
mod database_url;
mod demo;
mod doctor;
mod export;
mod failure;
mod interest;
mod keep_up;
mod keys;
mod language;
mod logs;
mod migrate;
mod openapi;
pub mod opened;
pub mod output;
pub mod programme;
pub mod reminders;
pub mod serve;
mod settings;
mod stop;
mod token;
mod toml_file;
mod usage;
mod user;
pub mod verify;
mod web;

use std::process::ExitCode;

use clap::Parser;

pub use failure::Failure;
use logs::LogFormat;
use opened::DatabaseRole;
pub use settings::{GlobalArgs, ListenArgs, Settings};
use subsidy_store::keys::Keys;
use verify::VerifyFailure;
use verify::memory::Memory;

/// The environment, for whoever reads `--help`.
const ENVIRONMENT: &str = "\
Environment:
  DATABASE_URL                   a PostgreSQL server (15 or later); without it a private cluster in the data folder
                                 is used, started when nobody runs it
  SUBSIDY_LEDGER_DATA            --data
  SUBSIDY_LEDGER_CONFIG          --config
  SUBSIDY_LEDGER_EVIDENCE        --evidence-store: a folder, or s3://BUCKET[/PREFIX]; AWS_ACCESS_KEY_ID,
                                 AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT, AWS_ALLOW_HTTP as usual
  SUBSIDY_LEDGER_LISTEN          --listen
  SUBSIDY_LEDGER_PUBLIC_URL      where browsers reach the service, such as https://ledger.example.gov.cn
  SUBSIDY_LEDGER_LOG             what is logged: info, debug, warn,subsidy=debug, …
  SUBSIDY_LEDGER_LOG_FORMAT      --log
  SUBSIDY_LEDGER_FONT            a font with Chinese, for papers as PDF
  SUBSIDY_LEDGER_OWN_TOKENS      whether tokens that `subsidy-ledger token` signs are taken: on, off
  SUBSIDY_LEDGER_ROLES           whose word roles are: token, or granted by two people
  SUBSIDY_LEDGER_SIGN_IN_ISSUER, _AUDIENCE, _KEYS
                                 an OpenID Connect provider whose tokens are taken; more in [sign_in] of the file
  SUBSIDY_LEDGER_SIGN_IN_CLIENT_ID, _CLIENT_SECRET
                                 what the console is to that provider: people sign in to its pages there

Exit codes: 0 done, 1 failed, 2 usage, 3 the ledger does not verify";

#[derive(Debug, Parser)]
#[command(name = "subsidy-ledger", version, about, after_help = ENVIRONMENT, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Serve the pages and the REST API
    Serve(ListenArgs),
    /// Serve with a demonstration in the data folder, and say how to try it
    Demo(demo::DemoArgs),
    /// Bring the database to this release, or say how far it is
    Migrate(migrate::MigrateArgs),
    /// Agencies: create, list, semantics, accept-log, erase-text, subject
    #[command(subcommand)]
    Agency(agency::AgencyCommand),
    /// Print a bearer token (needs the keys folder alone, no database)
    Token(token::TokenArgs),
    /// Accounts of the service's own: add, list, reset, disable, enable
    #[command(subcommand)]
    User(user::UserCommand),
    /// The keys folder: new-token-key
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Programmes: check, import
    #[command(subcommand)]
    Programme(programme::ProgrammeCommand),
    /// Interest subsidies: run
    #[command(subcommand)]
    Interest(interest::InterestCommand),
    /// Metered usage: import
    #[command(subcommand)]
    Usage(usage::UsageCommand),
    /// Print a URL that psql takes
    ///
    /// In the private cluster the URL lives only as long as somebody has the cluster open: a `serve`, a `demo`, or
    /// another command that still runs.
    DatabaseUrl(database_url::DatabaseUrlArgs),
    /// Verify the ledger: hashes, root, full replay, every row; or an export, or a receipt, without any database
    Verify(verify::VerifyArgs),
    /// Write an agency's whole ledger into a folder that verifies by itself
    Export(export::ExportArgs),
    /// Write the database, the evidence and a checkpoint of each log into a folder, and the keys into another
    Backup(backup::BackupArgs),
    /// Put a backup into an empty database, and verify it
    Restore(backup::restore::RestoreArgs),
    /// Check what the service needs
    Doctor(doctor::DoctorArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Print completions for a shell
    Completions(completions::CompletionsArgs),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // help goes to standard output and is no error
            let printed = error.print();
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return ExitCode::from(if printed.is_ok() { code } else { 1 });
        }
    };
    conclude(run(&cli))
}

/// Says on standard error why a command failed, and gives the exit code that says so too. A reader that closed its pipe
/// is no failure.
pub fn conclude(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            let said = output::note(format_args!("error: {}", failure.line()));
            ExitCode::from(if said.is_ok() { failure.exit_code() } else { 1 })
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let listen = match &cli.command {
        Command::Serve(listen) => Some(listen),
        Command::Demo(args) => args.serves(),
        _ => None,
    };
    let settings = Settings::read(&cli.global, listen.unwrap_or(&ListenArgs::default()))?;
    match listen {
        Some(_) => logs::start(settings.log.unwrap_or_else(LogFormat::suitable), "info,actix_server=warn")?,
        None => logs::start(LogFormat::Text, "warn")?,
    }
    match &cli.command {
        Command::Token(args) => token::run(args, &settings),
        Command::Keys(command) => keys::run(*command, &settings),
        Command::Openapi => openapi::run(),
        Command::Completions(args) => completions::run(args),
        Command::Verify(args) if args.is_offline() => {
            verdict(verify::offline::run(args, &mut std::io::stdout()).map_err(VerifyFailure::into_failure)?)
        }
        command => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(with_database(command, &settings))
        }
    }
}

async fn with_database(command: &Command, settings: &Settings) -> Result<(), Failure> {
    match command {
        Command::Serve(_) => serve::run(settings).await,
        Command::Demo(args) => demo::run(args, settings).await,
        Command::Migrate(args) => migrate::run(args, settings).await,
        Command::Agency(command) => agency::run(command, settings).await,
        Command::User(command) => user::run(command, settings).await,
        Command::Programme(command) => programme::run(command, settings).await,
        Command::Interest(command) => interest::run(command, settings).await,
        Command::Usage(command) => usage::run(command, settings).await,
        Command::DatabaseUrl(args) => database_url::run(args, settings).await,
        Command::Verify(args) => verified(args, settings).await,
        Command::Export(args) => export::run(args, settings).await,
        Command::Backup(args) => backup::run(args, settings).await,
        Command::Restore(args) => backup::restore::run(args, settings).await,
        Command::Doctor(args) => doctor::run(args, settings).await,
        Command::Token(_) | Command::Keys(_) | Command::Openapi | Command::Completions(_) => Ok(()),
    }
}

/// Verification writes nothing. With the keys it reads as the service does, for it opens the sealed numbers; else as the
/// auditor.
async fn verified(args: &verify::VerifyArgs, settings: &Settings) -> Result<(), Failure> {
    let folder = settings.keys_folder();
    let keys = match Keys::open(&folder) {
        Ok(keys) => Some(keys),
        Err(error) => {
            output::note(format_args!("verified without the keys: {error}"))?;
            None
        }
    };
    opened::reading(settings, async |opened| {
        match &args.agency {
            Some(agency) => opened.ensure_agency(agency).await?,
            None => opened.ensure_shared().await?,
        }
        let role = if keys.is_some() { DatabaseRole::Owner } else { DatabaseRole::Auditor };
        let url = opened.url(role);
        let database =
            subsidy_store::db::pool::Database::connect(opened.settings().database_config(&url)).await?;
        let files = args.evidence.then(|| opened.settings().objects_to_read()).transpose()?;
        let beside =
            verify::Beside { files, keys, memory: Memory::beside(&folder, settings.data.join("seen")) };
        let verified = verify::run_with(args, &database, &beside, &mut std::io::stdout()).await;
        verdict(verified.map_err(VerifyFailure::into_failure)?)
    })
    .await
}

fn verdict(verifies: bool) -> Result<(), Failure> {
    if verifies { Ok(()) } else { Err(Failure::Unverified("the ledger does not verify".to_owned())) }
}
