//! `migrate`: brings `public` and every agency's schema to this release, or says how far they are.

use crate::cli::language::say;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::opened::DatabaseRole;
use super::output::{self, Form};
use super::{Failure, Settings, opened};
use subsidy_store::db::migrate;
use subsidy_store::db::migrate::SchemaState;

#[derive(Debug, Clone, clap::Args)]
pub struct MigrateArgs {
    #[command(subcommand)]
    command: Option<MigrateCommand>,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum MigrateCommand {
    /// Bring every schema to this release (what `migrate` alone does)
    Up,
    /// How far every schema is
    Status(Form),
}

pub async fn run(args: &MigrateArgs, settings: &Settings) -> Result<(), Failure> {
    match &args.command {
        None | Some(MigrateCommand::Up) => up(settings).await,
        Some(MigrateCommand::Status(form)) => status(settings, *form).await,
    }
}

async fn up(settings: &Settings) -> Result<(), Failure> {
    let schemas = opened::with(settings, async |opened| {
        // drawn on a terminal alone
        let bar =
            ProgressBar::no_length().with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")?);
        let mut total = 0;
        migrate::up_each(&opened.url(DatabaseRole::Owner), |schema, done, of| {
            bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            bar.set_message(schema.to_owned());
            total = of;
        })
        .await?;
        bar.finish_and_clear();
        Ok(total)
    })
    .await?;
    output::line(say!("{schemas} 个模式均为最新", "{schemas} schemas are up to date"))
}

async fn status(settings: &Settings, form: Form) -> Result<(), Failure> {
    let states = opened::reading(settings, async |opened| {
        Ok(migrate::states(&opened.url(DatabaseRole::Owner), true).await?)
    })
    .await?;
    if form.json {
        let rows: Vec<_> = states
            .iter()
            .map(|state| json!({"schema": state.schema, "applied": state.applied, "known": state.known}))
            .collect();
        return output::json(&rows);
    }
    let width = states.iter().map(|state| state.schema.len()).max().unwrap_or(0);
    for state in &states {
        let SchemaState { schema, applied, known } = state;
        let verdict = match applied.cmp(known) {
            std::cmp::Ordering::Less => say!("落后", "behind"),
            std::cmp::Ordering::Equal => say!("最新", "up to date"),
            std::cmp::Ordering::Greater => say!("属于较新的版本", "of a newer release"),
        };
        output::line(say!(
            "{schema:width$}  {applied} / {known}  {verdict}",
            "{schema:width$}  {applied} of {known}  {verdict}"
        ))?;
    }
    Ok(())
}
